"""What this room says when it refuses a value."""

from zhiyuan.kernel.issues import IssueText

ISSUES: tuple[IssueText, ...] = (
    IssueText(
        "policy.unknown_key",
        "There is no rule %(key)s.",
        "Choose one that 'zhiyuan policy list' shows; a plugin's rules exist while the plugin is installed.",
    ),
    IssueText(
        "policy.wrong_type",
        "%(value)s is no value for %(key)s, which takes %(kind)s.",
        "Write %(kind)s, without a unit (the unit is %(unit)s).",
        words={"kind": "rule_kind", "unit": "unit"},
    ),
    IssueText(
        "policy.percent_for_ratio",
        "%(value)s is not a ratio between 0 and 1.",
        "Write %(ratio)s if you mean %(value)s percent.",
    ),
    IssueText(
        "policy.out_of_bounds",
        "%(value)s lies outside what %(key)s allows.",
        "Choose a value from %(minimum)s to %(maximum)s (unit: %(unit)s).",
        words={"unit": "unit"},
    ),
    IssueText("policy.unknown_choice", "%(value)s is no choice of %(key)s.", "Choose among: %(choices)s."),
    IssueText(
        "policy.implausible_date",
        "The date %(value)s cannot be meant.",
        "Give a date between 1900-01-01 and 2199-12-31.",
    ),
    IssueText(
        "policy.dates_out_of_order",
        "The value would end on %(end)s, before it begins on %(start)s.",
        "Give an end after the beginning, or none.",
    ),
    IssueText(
        "policy.bad_place",
        "%(place)s names no place.",
        "Give the code of an administrative division, or site: and the short name of a site.",
    ),
    IssueText(
        "policy.source_missing",
        "A value marked as coming from a document needs the document and the clause.",
        "Name both, or leave the mark out.",
    ),
    IssueText(
        "policy.text_too_long",
        "This text has more than %(maximum)s characters.",
        "Shorten it to %(maximum)s characters.",
    ),
    IssueText(
        "policy.places_are_shared",
        "Rules of a place apply to everybody there; an organization cannot set them.",
        "Ask the operator of this installation.",
    ),
    IssueText(
        "policy.locked",
        "%(key)s is fixed to %(value)s above this place (%(source)s).",
        "It cannot be changed here. Ask those who keep that document.",
    ),
    IssueText(
        "policy.set_twice_in_batch",
        "The same rule is set twice for %(place)s from %(start)s.",
        "Keep one of the two values.",
    ),
    IssueText(
        "policy.pack_unreadable",
        "This file is no pack: %(reason)s.",
        "Correct the TOML at this line; the file is UTF-8 and at most 1 MB.",
    ),
    IssueText(
        "policy.pack_head_missing",
        "This file has no section [pack].",
        "Begin it with [pack], and give id, area and effective_from.",
    ),
    IssueText(
        "policy.pack_word_missing",
        "The pack does not say its %(name)s.",
        "Add %(name)s below [pack].",
    ),
    IssueText(
        "policy.pack_wrong_word",
        "%(name)s has no value that can be used.",
        "Write text between quotation marks; for cites, a list of such texts.",
    ),
    IssueText(
        "policy.pack_unknown_word",
        "%(name)s is no word of a pack here.",
        "Correct the spelling. The words are: %(known)s.",
    ),
    IssueText(
        "policy.pack_bad_id",
        "The id %(id)s does not fit the place.",
        "Write %(expected)s: the code of the place, @, and a version such as 2015.1.",
    ),
    IssueText(
        "policy.pack_wrong_date",
        "%(name)s is no date: %(value)s.",
        "Write a date without quotation marks, such as 2015-07-24.",
    ),
    IssueText(
        "policy.pack_document_without_title",
        "A document has no title.",
        "Give each entry of [[documents]] a key and a title.",
    ),
    IssueText(
        "policy.pack_no_section",
        "%(name)s stands outside every section.",
        "Put the rule below its section, such as [training].",
    ),
    IssueText(
        "policy.pack_unknown_key",
        "There is no rule %(key)s.",
        "The nearest is %(close)s; 'zhiyuan policy list' shows all. For a plugin that is not installed, name its section in sections_of_plugins.",
    ),
    IssueText(
        "policy.pack_value_missing",
        "%(key)s has no value.",
        "Add value = ..., or add = [...] for a set of codes.",
    ),
    IssueText(
        "policy.pack_value_without_origin",
        "%(key)s does not say where its value comes from.",
        'Write a table with value and mark: S source, L law, P practice elsewhere, D our default, or only mark = "I" for inherited.',
    ),
    IssueText(
        "policy.pack_source_missing",
        "%(key)s is marked %(mark)s and cites no clause.",
        "Add document and clause, or mark it D with a note that says why.",
    ),
    IssueText(
        "policy.pack_reason_missing",
        "%(key)s is marked %(mark)s and gives no reason.",
        "Add a note that says where the value comes from.",
    ),
    IssueText(
        "policy.pack_unknown_document",
        "%(key)s cites the document %(name)s, which the pack does not list.",
        "List it below [[documents]]; known here: %(known)s.",
    ),
    IssueText(
        "policy.pack_value_dates",
        "The dates of %(key)s (%(start)s to %(end)s) are out of order or outside the pack's (%(span)s).",
        "Keep the value within the dates of its pack, its end after its beginning.",
    ),
    IssueText(
        "policy.pack_values_overlap",
        "%(key)s has two values on %(start)s.",
        "End the earlier value with to = %(start)s.",
    ),
    IssueText(
        "policy.pack_twice",
        "The pack %(id)s is there twice; the other is in %(other)s.",
        "Give one of them another version, or remove it.",
    ),
    IssueText(
        "policy.pack_unknown_place",
        "%(place)s is no place that is known.",
        "Write the code of a division, such as 530802, or import the table of divisions that has it.",
    ),
    IssueText(
        "policy.pack_unknown_pack",
        "%(word)s names %(id)s, and there is no such pack.",
        "Correct the name, or add a stub for a document whose text is not held.",
    ),
    IssueText(
        "policy.pack_other_place",
        "%(word)s names %(id)s, which belongs to another place.",
        "A pack extends or replaces only packs of its own place; what lies above is inherited by itself.",
    ),
    IssueText(
        "policy.pack_relation_dates",
        "%(word)s names %(id)s, which begins only on %(start)s.",
        "The later pack names the earlier one.",
    ),
    IssueText(
        "policy.pack_goes_round",
        "The parents go round in a circle from %(id)s.",
        "Name as parent only a place that lies above.",
    ),
    IssueText(
        "policy.pack_date_claimed",
        "%(id)s and %(other)s both claim %(start)s.",
        "End the earlier with effective_to, or let the later say extends (both hold) or replaces (it ends the earlier).",
    ),
    IssueText(
        "policy.pack_law_cannot_bind",
        "%(key)s cannot stand in a law layer (it merges by %(merge)s).",
        "Law layers hold values marked L, of keys that merge by locked, stricter or union.",
    ),
    IssueText(
        "policy.pack_nothing_to_inherit",
        "%(key)s is marked as inherited, and no place above gives it a value.",
        "Remove the line, or give the value.",
    ),
    IssueText(
        "policy.pack_case_wrong",
        "%(name)s: %(key)s at %(place)s on %(day)s is %(found)s, not %(expected)s.",
        "Correct the case or the pack.",
    ),
    IssueText(
        "policy.pack_case_unreadable",
        "This case cannot be tried: %(reason)s.",
        "A case has name, key, on, expect, and place unless it is the pack's own.",
    ),
)
