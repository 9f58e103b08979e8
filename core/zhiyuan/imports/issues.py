"""Texts of the reasons that imports give."""

from typing import Final

from zhiyuan.kernel.issues import IssueText

_FILES: Final = (
    IssueText("imports.not_a_file", "%(path)s is not a file.", "Give the path of a file."),
    IssueText(
        "imports.file_unreadable", "%(path)s cannot be opened: %(reason)s.", "Check the path and its rights."
    ),
    IssueText(
        "imports.file_too_large",
        "The file has %(size)s bytes; at most %(maximum)s are read.",
        "Split the file, or raise the setting max_upload_bytes.",
    ),
    IssueText(
        "imports.file_empty", "There is no row in the file.", "Check that the right file or sheet was saved."
    ),
    IssueText(
        "imports.file_changed",
        "The file changed while it was read; nothing was written.",
        "Wait until it is saved, and start again.",
    ),
    IssueText(
        "imports.not_a_table",
        "This is not a table.",
        "Save it as CSV, XLSX, ODS or JSON.",
    ),
    IssueText(
        "imports.not_text",
        "The file is neither text nor a spreadsheet that can be read.",
        "Save it as CSV in UTF-8, or as XLSX or ODS.",
    ),
    IssueText(
        "imports.old_spreadsheet",
        "This is a spreadsheet of the old kind, or one locked by a password.",
        "Open it and save it as XLSX without a password.",
    ),
    IssueText(
        "imports.broken_encoding",
        "The bytes in line %(line)s, from byte %(byte)s of the file, are no characters of %(encoding)s.",
        "Save the file anew in UTF-8, or name its encoding in the mapping under file.encoding.",
    ),
    IssueText(
        "imports.broken_quotes",
        "Around line %(line)s a quotation mark opens a cell that does not end.",
        "Double the quotation marks inside cells, or remove them.",
    ),
    IssueText(
        "imports.zip_bomb",
        "The file unpacks to far more than a table holds (at most %(maximum)s bytes, %(ratio)s times its size).",
        "Save only the table as a new file.",
    ),
    IssueText(
        "imports.sheet_too_wide",
        "The sheet spans more than %(maximum)s cells.",
        "Delete stray cells far from the table, or save it as CSV.",
    ),
    IssueText(
        "imports.spreadsheet_broken", "The spreadsheet is damaged.", "Open it and save it as a new file."
    ),
    IssueText(
        "imports.spreadsheet_locked",
        "The spreadsheet is locked by a password.",
        "Save it without a password.",
    ),
    IssueText("imports.too_many_rows", "The file has more than %(maximum)s rows.", "Split the file."),
    IssueText(
        "imports.too_many_columns",
        "The header names %(found)s columns; at most %(maximum)s are read.",
        "Delete the columns that are not needed.",
    ),
    IssueText(
        "imports.header_too_long", "A column has a name of more than %(maximum)s characters.", "Shorten it."
    ),
    IssueText(
        "imports.column_twice",
        "The column %(column)s stands twice in the file.",
        "Rename or delete one of them.",
    ),
    IssueText(
        "imports.column_without_name",
        "Column number %(column)s has no name in the header but holds something in row %(row)s.",
        "Name the column, or empty it.",
    ),
    IssueText(
        "imports.json_broken",
        "This is not JSON from line %(line)s, column %(column)s on.",
        "Export the file again.",
    ),
    IssueText("imports.json_constant", "%(word)s is no value in JSON.", "Leave the value out."),
    IssueText(
        "imports.json_not_objects",
        "Entry %(number)s of the array is not an object.",
        "Give an array of objects, one for each row.",
    ),
    IssueText(
        "imports.json_too_deep",
        "Objects stand inside one another more than %(maximum)s deep.",
        "Export a flat list.",
    ),
)
_MAPPINGS: Final = (
    IssueText(
        "imports.mapping_unreadable", "The mapping %(path)s cannot be opened: %(reason)s.", "Check the path."
    ),
    IssueText(
        "imports.mapping_not_toml", "The mapping %(path)s is not TOML: %(reason)s.", "Correct that line."
    ),
    IssueText(
        "imports.mapping_unknown_key",
        "The mapping has the key %(key)s, which means nothing here.",
        "Remove it, or compare its spelling with the reference of mappings.",
    ),
    IssueText(
        "imports.mapping_unknown_field",
        "The mapping fills %(key)s, a field that does not exist.",
        "Use one of: %(known)s.",
    ),
    IssueText("imports.mapping_wrong", "The mapping is wrong at %(key)s: %(reason)s.", "Correct that key."),
    IssueText("imports.mapping_field_missing", "The mapping lacks %(field)s.", "Add it."),
    IssueText(
        "imports.mapping_other_kind",
        "The mapping is for %(mapping_kind)s, not for %(kind)s.",
        "Choose the mapping that belongs to the command.",
    ),
    IssueText(
        "imports.column_missing",
        "The file has no column %(column)s. It has: %(columns)s.",
        "Correct the mapping, or mark the field optional there.",
    ),
    IssueText(
        "imports.column_ambiguous",
        "The mapping's column %(column)s may be any of: %(columns)s.",
        "Write it in the mapping exactly as in the file.",
    ),
    IssueText(
        "imports.sheet_missing", "There is no sheet %(sheet)s; there are: %(sheets)s.", "Correct file.sheet."
    ),
    IssueText(
        "imports.encoding_unknown", "%(encoding)s is no encoding.", "Use for example utf-8 or gb18030."
    ),
    IssueText(
        "imports.separator_unknown",
        "%(separator)s is no separator of columns.",
        "Use a comma, a semicolon, a tab or a bar.",
    ),
    IssueText("imports.time_zone_unknown", "%(zone)s is no time zone.", "Use a name such as Asia/Shanghai."),
    IssueText(
        "imports.organization_unknown",
        "There is no organization %(organization)s.",
        "Create it first, or check the code.",
    ),
    IssueText(
        "imports.organization_needed",
        "These rows need an organization that they belong to.",
        "Name it with --organization.",
    ),
)
_CELLS: Final = (
    IssueText(
        "imports.too_many_cells", "The row has more cells than the header.", "Check its quotation marks."
    ),
    IssueText(
        "imports.cell_too_long",
        "The cell in %(column)s has %(length)s characters; at most %(maximum)s are read.",
        "Shorten it; a missing quotation mark may have swallowed other cells.",
    ),
    IssueText("imports.cell_empty", "The cell is empty and must not be.", "Fill it in."),
    IssueText(
        "imports.cell_hidden",
        "The cell holds the stand-in for a protected value.",
        "Copy the value from the file that was imported first.",
    ),
    IssueText(
        "imports.row_without_id", "The row has no identifier.", "Fill in the identifier, or delete the row."
    ),
    IssueText(
        "imports.id_twice",
        "The same identifier stands in an earlier row with other values.",
        "Keep the row that is right.",
    ),
    IssueText(
        "imports.row_without_person", "The row does not say whose hours these are.", "Fill in the person."
    ),
    IssueText(
        "imports.person_unknown",
        "Nobody is known by this identifier.",
        "Import the people first, or correct the identifier.",
    ),
    IssueText(
        "imports.value_unknown", "The mapping does not know this value.", "Use one of: %(known)s, or add it."
    ),
    IssueText("imports.not_an_integer", "This is not a whole number.", "Write it in digits, for example 12."),
    IssueText("imports.not_a_number", "This is not a number.", "Write it in digits, for example 2.5."),
    IssueText(
        "imports.comma_ambiguous",
        "The comma may part thousands or a fraction.",
        "Write a fraction with a point, and thousands without anything.",
    ),
    IssueText("imports.number_too_large", "The number is larger than %(maximum)s.", "Check the digits."),
    IssueText(
        "imports.minutes_negative",
        "The time is negative.",
        "Write the hours served; corrections are made apart.",
    ),
    IssueText("imports.count_negative", "The count is negative.", "Write 0 or more."),
    IssueText(
        "imports.hours_rounded",
        "The hours are no whole number of minutes; they were taken as %(minutes)s minutes.",
        "Nothing needs to be done if that is right.",
    ),
    IssueText("imports.not_a_boolean", "This is neither yes nor no.", "Write yes or no."),
    IssueText(
        "imports.not_a_date",
        "This is not a date in a form that the mapping lists.",
        "Write it in one of: %(formats)s, or add its form to the mapping.",
    ),
    IssueText(
        "imports.year_implausible",
        "The year %(year)s cannot be right; years from %(first)s to %(last)s are believed.",
        "Correct the year.",
    ),
    IssueText("imports.not_a_clock_time", "This is not a time of day.", "Write it like 16:30 or 4:30 pm."),
    IssueText(
        "imports.not_a_time",
        "This is not a date with a time.",
        "Write it in one of: %(formats)s.",
    ),
    IssueText(
        "imports.time_in_gap",
        "At %(time)s clocks in %(zone)s were put forward, so that time did not exist.",
        "Correct the time, or the time zone in the mapping.",
    ),
    IssueText(
        "imports.time_ambiguous",
        "At %(time)s clocks in %(zone)s were put back, so that time came twice; the first was taken.",
        "Nothing needs to be done if that is right.",
    ),
    IssueText(
        "imports.end_before_start",
        "The end lies before the start.",
        "Correct one of them, or allow overnight for the end in the mapping.",
    ),
    IssueText(
        "imports.coordinates_impossible",
        "There is no such latitude or longitude.",
        "Write the latitude first, from -90 to 90.",
    ),
    IssueText(
        "imports.database_refused",
        "The database cannot keep a value of this row.",
        "Look for unusual characters or numbers in it.",
    ),
)

ISSUES: Final = (*_FILES, *_MAPPINGS, *_CELLS)
"""Declared with the other domains' texts by the composition root."""
