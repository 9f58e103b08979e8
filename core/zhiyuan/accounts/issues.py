"""What accounts may object to, and what would cure it."""

from zhiyuan.kernel.issues import IssueText

ISSUES: tuple[IssueText, ...] = (
    IssueText(
        "accounts.sign_in_refused",
        "The login name or the password is not right, or the account is locked for a while.",
        "Check both and try again. After %(limit)s wrong tries an account rests for %(minutes)s minutes.",
    ),
    IssueText("accounts.login_missing", "A login name is needed.", "Type 1 to 120 characters."),
    IssueText(
        "accounts.login_not_allowed",
        "This login name has characters that are not allowed.",
        "Use letters, digits and the signs . _ - + @ without spaces.",
    ),
    IssueText(
        "accounts.login_taken",
        "This login name is in use already.",
        "Choose another one, or reset the password of the existing account.",
    ),
    IssueText(
        "accounts.password_too_short",
        "The password is too short.",
        "Choose at least %(minimum)s characters; several words in a row are easy to keep in mind.",
    ),
    IssueText(
        "accounts.password_too_long", "The password is too long.", "Choose at most %(maximum)s characters."
    ),
    IssueText(
        "accounts.password_is_login",
        "The password is the same as the login name.",
        "Choose a password that nobody can guess from your name.",
    ),
    IssueText(
        "accounts.person_unknown",
        "There is no such person.",
        "Check the number, or register the person first.",
    ),
    IssueText("accounts.account_unknown", "There is no such account.", "Check the login name."),
    IssueText("accounts.token_unknown", "There is no such token.", "List the tokens and choose one of them."),
    IssueText("accounts.scope_missing", "A token needs at least one scope.", "Name what it may do."),
    IssueText(
        "accounts.scope_unknown",
        "There is no scope called %(scope)s.",
        "Choose from: %(known)s.",
    ),
    IssueText(
        "accounts.expiry_in_the_past",
        "The token would have expired already.",
        "Choose a day in the future, or leave it open.",
    ),
)
