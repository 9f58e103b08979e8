"""What this room says when it refuses."""

from zhiyuan.kernel.issues import IssueText

ISSUES: tuple[IssueText, ...] = (
    IssueText(
        "sites.unknown_root", "The organization that the site shows does not exist.", "Name one that is here."
    ),
    IssueText(
        "sites.bad_slug",
        "%(value)s cannot be the short name of a site.",
        "Use 2 to 39 small letters a-z, digits and hyphens, beginning with a letter or digit.",
    ),
    IssueText(
        "sites.slug_taken", "Another site has the short name %(value)s already.", "Choose another one."
    ),
    IssueText("sites.name_missing", "A site needs a name.", "Enter the name that visitors read."),
    IssueText(
        "sites.bad_host", "%(value)s is no host name.", "Write only the name, such as volunteers.example.org."
    ),
    IssueText(
        "sites.bad_prefix",
        "%(value)s is no path prefix.",
        "Write one segment such as /simao: small letters a-z, digits and hyphens.",
    ),
    IssueText(
        "sites.reserved_prefix", "%(value)s belongs to the program itself.", "Choose another path prefix."
    ),
    IssueText(
        "sites.address_taken",
        "The site %(value)s answers at this host and path already.",
        "Choose another host name or path prefix.",
    ),
    IssueText(
        "sites.default_is_the_operators",
        "The site that answers everything else belongs to the operator of this installation.",
        "Give a host name or a path prefix.",
    ),
    IssueText("sites.bad_theme", "%(value)s is no name of a theme.", "Choose an installed theme."),
    IssueText(
        "sites.bad_language",
        "%(value)s: a language is missing or unknown.",
        "Use tags such as en or zh-Hans.",
    ),
    IssueText(
        "sites.bad_time_zone", "%(value)s is no time zone.", "Give an IANA name such as Asia/Shanghai."
    ),
)
