"""What this room says when it refuses."""

from zhiyuan.kernel.issues import IssueText

ISSUES: tuple[IssueText, ...] = (
    IssueText(
        "regions.unknown_code", "No division with the code %(value)s is known here.", "Check the code."
    ),
    IssueText(
        "regions.ambiguous_name",
        "Several divisions are called %(value)s.",
        "Give one of the codes: %(codes)s.",
    ),
    IssueText(
        "regions.no_figures",
        "No head count of the kind %(kind)s is known for %(value)s.",
        "Import a census table that has it, or choose another kind.",
    ),
    IssueText("regions.bad_code", "%(value)s is no division code.", "Use 1 to 20 letters and digits."),
    IssueText(
        "regions.code_missing",
        "The row %(name)s has no code and was left out.",
        "Add the code if the place has one; totals above it count it already.",
    ),
    IssueText("regions.name_missing", "The division %(value)s has no name.", "Add the name."),
    IssueText(
        "regions.markup_in_name", "A name cannot hold < or >.", "Write the name without these characters."
    ),
    IssueText("regions.bad_level", "%(value)s is too long for a level.", "Use at most 20 characters."),
    IssueText(
        "regions.dates_out_of_order",
        "The division ends before it begins.",
        "Give an end after the beginning.",
    ),
    IssueText(
        "regions.cycle", "The division %(value)s would stand below itself.", "Correct the code above it."
    ),
    IssueText(
        "regions.renamed_without_date",
        "The table says %(value)s, but the name known since %(since)s is %(known)s.",
        "Say from when on the table holds (--valid-from).",
    ),
    IssueText(
        "regions.bad_date",
        "%(value)s is no date.",
        "Write 2003-12-01, 200312 or 2003, in the 20th or 21st century.",
    ),
    IssueText("regions.bad_count", "%(value)s is no head count.", "Write a number of people, 0 or more."),
    IssueText(
        "regions.counted_twice",
        "The table gives two different counts for %(value)s.",
        "Keep the right one.",
    ),
    IssueText(
        "regions.source_missing",
        "A head count needs a source.",
        "Say in up to 200 characters who published it.",
    ),
    IssueText(
        "regions.header_unknown",
        "The columns %(value)s are not those of a table of divisions, a history or a census.",
        "It needs a column for the code (code, 区划代码) and one for the name (name, 名称) or for head counts.",
    ),
    IssueText(
        "regions.header_twice", "Two columns are called %(value)s.", "Give every column a name of its own."
    ),
    IssueText(
        "regions.file_too_large",
        "The file has %(bytes)s bytes; at most %(maximum)s are read.",
        "Split it, or raise max_upload_bytes.",
    ),
    IssueText("regions.file_empty", "The file is empty.", "Choose the right file."),
    IssueText(
        "regions.file_not_text",
        "The file is not text in a known encoding.",
        "Save it as CSV in UTF-8.",
    ),
    IssueText("regions.file_broken", "The file is no sound table (%(reason)s).", "Save it as CSV once more."),
    IssueText(
        "regions.not_a_census",
        "The table has no column with head counts.",
        "Use 'zhiyuan regions import' for tables of divisions.",
    ),
)
