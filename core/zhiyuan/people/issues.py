"""Texts of the reasons that the people domain gives."""

from typing import Final

from zhiyuan.kernel.issues import IssueText

ISSUES: Final = (
    IssueText("people.name_missing", "There is no name.", "Give the name by which this person is known."),
    IssueText(
        "people.name_holds_markup",
        "The name holds the sign %(character)s, which no name has.",
        "Give the plain name without any formatting.",
    ),
    IssueText(
        "people.unknown_value",
        "%(value)s is not one of the values that this field knows.",
        "Use one of: %(known)s.",
    ),
    IssueText(
        "people.birth_date_in_future",
        "The birth date lies in the future.",
        "Check the year; two-digit years may have been read as the wrong century.",
    ),
    IssueText(
        "people.birth_date_too_early",
        "The birth date lies before %(earliest)s.",
        "Check the year, or leave the birth date empty when it is not known.",
    ),
    IssueText(
        "people.dates_reversed",
        "The date of leaving lies before the date of registration.",
        "Check both dates.",
    ),
    IssueText(
        "people.document_length",
        "An identity number of this kind has 18 characters; this one has %(length)s.",
        "Compare it with the document, or choose another kind of document.",
    ),
    IssueText(
        "people.document_characters",
        "An identity number of this kind has 17 digits and a last character that is a digit or X.",
        "Compare it with the document, or choose another kind of document.",
    ),
    IssueText(
        "people.document_date",
        "The date inside the identity number is not a day that has been.",
        "Compare digits 7 to 14 with the document.",
    ),
    IssueText(
        "people.document_check_digit",
        "The check digit of the identity number does not fit its other digits, so one of them is wrong.",
        "Compare every digit with the document.",
    ),
    IssueText(
        "people.document_differs_from_birth_date",
        "The birth date and the date inside the identity number differ.",
        "Correct whichever is wrong; the birth date was kept as told.",
    ),
    IssueText(
        "people.phone_not_understood",
        "This cannot be read as a phone number; it was kept as written.",
        "Give the number with its country code, for example +86 138 0013 8000.",
    ),
    IssueText(
        "people.email_not_understood",
        "This cannot be read as a mail address; it was kept as written.",
        "Give an address like name@example.org.",
    ),
    IssueText(
        "people.twice_in_batch",
        "The same person stands twice in one request with different details.",
        "Keep the row that is right.",
    ),
    IssueText("people.not_found", "There is no such person here.", "Check who was meant."),
    IssueText(
        "people.status_not_next",
        "Somebody who is %(before)s cannot become %(after)s.",
        "Look at the person again; somebody else may have changed it.",
        words={"before": "person", "after": "person"},
    ),
    IssueText("people.reason_missing", "There is no reason.", "Say why, for whoever asks later."),
    IssueText(
        "people.belongs_elsewhere",
        "This external id belongs to a person of another organization.",
        "Ask that organization, or use a scheme of your own.",
    ),
    IssueText(
        "people.merged",
        "This person was merged into another one and is not changed any more.",
        "Change the person that remained.",
    ),
    IssueText(
        "people.possible_duplicate",
        "Somebody with the same %(shared)s is known already: volunteer %(number)s. Both were kept.",
        "Compare the two, and merge them if they are one person.",
        words={"shared": "field"},
    ),
    IssueText(
        "people.possible_duplicate_elsewhere",
        "Somebody with the same %(shared)s is known already where you have no role. Both were kept.",
        "If they may be one person, ask whoever runs this installation to compare the two.",
    ),
)
"""Declared with the other domains' texts by the composition root."""
