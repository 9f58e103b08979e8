"""What this room says when it refuses."""

from zhiyuan.kernel.issues import IssueText

ISSUES: tuple[IssueText, ...] = (
    IssueText("organizations.not_found", "There is no such organization.", "Check the code or address."),
    IssueText("organizations.name_missing", "An organization needs a name.", "Enter its full name."),
    IssueText(
        "organizations.markup_in_name",
        "A name cannot hold < or >.",
        "Write the name without these characters.",
    ),
    IssueText(
        "organizations.bad_code",
        "%(value)s cannot stand in an address.",
        "Use 2 to 59 small letters a-z, digits and hyphens, beginning with a letter or digit.",
    ),
    IssueText(
        "organizations.bad_external_id",
        "The name given elsewhere is empty or too long.",
        "Use up to 60 characters for the scheme and 200 for the value.",
    ),
    IssueText(
        "organizations.bad_region_code",
        "%(value)s is no division code.",
        "Use the code of the standard, for example 530802.",
    ),
    IssueText(
        "organizations.unknown_region",
        "No division with the code %(value)s is known here.",
        "Check the code, or import the table of divisions that has it.",
    ),
    IssueText(
        "organizations.bad_kind", "%(value)s is no kind of organization.", "Choose a kind from the list."
    ),
    IssueText(
        "organizations.bad_status",
        "%(value)s is no state of an organization.",
        "Choose a state from the list.",
    ),
    IssueText(
        "organizations.bad_time_zone",
        "%(value)s is no time zone.",
        "Give an IANA name such as Asia/Shanghai.",
    ),
    IssueText(
        "organizations.bad_credit_code",
        "%(value)s is no unified social credit code: its length, letters or check character are wrong.",
        "Copy the 18 characters from the certificate of registration, or leave the field empty.",
    ),
    IssueText(
        "organizations.code_taken",
        "Another organization has the code %(value)s already.",
        "Choose another code.",
    ),
    IssueText(
        "organizations.unknown_parent",
        "The organization above (%(value)s) does not exist.",
        "Bring in the organization above first, or name one that is here.",
    ),
    IssueText(
        "organizations.unknown_carrier",
        "The carrier organization does not exist, or is the organization itself.",
        "Name a registered organization that carries this team.",
    ),
    IssueText(
        "organizations.cycle",
        "An organization cannot stand below itself.",
        "Choose a place that is not part of what you move.",
    ),
    IssueText(
        "organizations.outside_of_scope",
        "This reaches outside of the part of the tree that you manage.",
        "Ask somebody who manages both places.",
    ),
    IssueText(
        "organizations.unknown_detail",
        "%(value)s is no detail that can be changed here.",
        "Places in the tree and states have commands of their own.",
    ),
    IssueText("organizations.detail_missing", "%(value)s cannot be empty.", "Give a value."),
    IssueText(
        "organizations.state_out_of_order",
        "An organization that is %(before)s cannot become %(after)s.",
        "Go through the states in their order.",
        words={"before": "organization", "after": "organization"},
    ),
    IssueText(
        "organizations.reason_missing",
        "Suspending or dissolving an organization needs a reason.",
        "Write the reason in a sentence.",
    ),
    IssueText(
        "organizations.living_below",
        "Organizations below this one are not dissolved.",
        "Move or dissolve them first.",
    ),
    IssueText(
        "organizations.unknown_person", "This person is not registered here.", "Register the person first."
    ),
    IssueText("organizations.unknown_role", "%(value)s is no role.", "Choose among: %(choices)s."),
    IssueText(
        "organizations.role_above_own",
        "You cannot give or take the role %(value)s: it is above your own here.",
        "Ask somebody who holds that role here or above.",
        words={"value": "role"},
    ),
    IssueText(
        "organizations.leaves_before_joining",
        "The role ends before it begins.",
        "Give a date after the beginning.",
    ),
)
