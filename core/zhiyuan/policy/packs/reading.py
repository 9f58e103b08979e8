"""Reading one ``pack.toml``: every fault is found in one go, with its line, and none is guessed away."""

import hashlib
import re
import tomllib
from dataclasses import replace
from datetime import date, datetime
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, cast

from zhiyuan.kernel.issues import Issue, Parameter
from zhiyuan.policy.keys import BINDING_MARKS, Mark, RuleKey
from zhiyuan.policy.packs.format import (
    PACK_FILE,
    Document,
    Pack,
    PackProblem,
    PackValue,
    Reading,
    id_of_place,
    place_code,
)
from zhiyuan.policy.packs.lines import Lines, lines_of, nearest
from zhiyuan.policy.registry import declared
from zhiyuan.policy.values import is_plausible_date, parse

_ID = re.compile(r"[a-z]{2}(-law|-[a-z0-9]+)?@[0-9A-Za-z][0-9A-Za-z.-]{0,19}")
_LARGEST = 1_000_000
_NOT_RULES: Final = ("pack", "documents")
_HEAD_WORDS: Final = frozenset(
    {"id", "area", "name", "parent", "version", "effective_from", "effective_to", "extends", "replaces", "cites"}
    | {"law", "stub", "source", "sections_of_plugins"}
)  # fmt: skip
_VALUE_WORDS: Final = frozenset(
    {"value", "add", "mark", "document", "clause", "note", "from", "to", "severity"}
)
_DOCUMENT_WORDS: Final = frozenset({"key", "title", "issuer", "number", "date"})
_MARKS: Final = ("S", "L", "P", "D", "I")
_AT_LINE = re.compile(r"at line (\d+)")


def read_pack(folder: Path) -> Reading:
    """Read the pack in ``folder``. Answers problems instead of raising, also for a file that is no TOML at all."""
    file = folder / PACK_FILE
    try:
        raw = file.read_bytes()
        if len(raw) > _LARGEST:
            raise ValueError(f"larger than {_LARGEST} bytes")
        text = raw.decode("utf-8-sig")
        data = tomllib.loads(text)
    except (OSError, ValueError) as error:
        at = _AT_LINE.search(str(error))
        issue = Issue("policy.pack_unreadable", params={"reason": str(error)[:200]})
        return Reading(None, (PackProblem(issue, file, int(at[1]) if at else 1),))
    return _Reader(file, data, lines_of(text), hashlib.sha256(raw).hexdigest()).read()


class _Reader:
    """One file being read, and what was found wrong with it so far."""

    def __init__(self, file: Path, data: dict[str, Any], lines: Lines, digest: str) -> None:
        self.file, self.data, self.lines, self.digest = file, data, lines, digest
        self.problems: list[PackProblem] = []
        self.documents: dict[str, Document] = {}

    def read(self) -> Reading:
        head = self.data.get("pack")
        if not isinstance(head, dict):
            self._refuse("policy.pack_head_missing", [])
            return Reading(None, tuple(self.problems))
        self._unknown_words(head, _HEAD_WORDS, "pack")
        self._read_documents(head)
        pack = self._head(head)
        if pack is None:
            return Reading(None, tuple(self.problems))
        pack = self._rules(pack, head)
        return Reading(None if self.problems else pack, tuple(self.problems))

    def _head(self, head: dict[str, Any]) -> Pack | None:
        identity, version = self._word(head, "id"), self._word(head, "version")
        if identity is not None and version is not None and "@" not in identity:
            identity = f"{identity}@{version}"
        area = self._word(head, "area")
        begin, end = self._day(head, "effective_from", "pack"), self._day(head, "effective_to", "pack")
        is_law = head.get("law") is True
        for name, found in (("id", identity), ("area", area), ("effective_from", begin)):
            if found is None and name not in head:
                self._refuse("policy.pack_word_missing", [("pack", name), ("pack", "")], name=name)
        if identity is None or area is None or begin is None:
            return None
        area = place_code(area)
        place, _, number = identity.partition("@")
        country, _, rest = place.partition("-")
        identity = f"{country}-{place_code(rest)}@{number}" if rest else identity
        expected = id_of_place(area, is_law=is_law)
        if not _ID.fullmatch(identity) or identity.partition("@")[0] != expected:
            self._refuse("policy.pack_bad_id", [("pack", "id")], id=identity, expected=f"{expected}@VERSION")
        if end is not None and end <= begin:
            where = [("pack", "effective_to")]
            self._refuse("policy.dates_out_of_order", where, start=begin.isoformat(), end=end.isoformat())
        cites = head.get("cites", [])
        if not isinstance(cites, list) or not all(isinstance(cite, str) for cite in cites):
            self._refuse("policy.pack_wrong_word", [("pack", "cites")], name="cites")
            cites = []
        return Pack(
            id=identity,
            area=area,
            name=self._word(head, "name") or identity,
            effective_from=begin,
            effective_to=end,
            file=self.file,
            line=nearest(self.lines, [("pack", "id"), ("pack", "")]),
            parent=self._word(head, "parent"),
            extends=self._word(head, "extends"),
            replaces=self._word(head, "replaces"),
            cites=tuple(cites),
            is_law=is_law,
            is_stub=head.get("stub") is True,
            documents=tuple(self.documents.values()),
            digest=self.digest,
        )

    def _read_documents(self, head: dict[str, Any]) -> None:
        told = self.data.get("documents", head.get("source", []))
        for number, entry in enumerate(told if isinstance(told, list) else [None]):
            if not isinstance(entry, dict) or not isinstance(entry.get("title"), str):
                self._refuse("policy.pack_document_without_title", [("documents", ""), ("pack", "source")])
                continue
            self._unknown_words(entry, _DOCUMENT_WORDS, "documents")
            key = str(entry.get("key", f"document-{number + 1}"))
            dated = entry.get("date")
            self.documents[key] = Document(
                key,
                entry["title"],
                issuer=entry.get("issuer"),
                number=entry.get("number"),
                dated=dated if type(dated) is date else None,
            )

    def _rules(self, pack: Pack, head: dict[str, Any]) -> Pack:
        absent = head.get("sections_of_plugins", [])
        values: list[PackValue] = []
        inherited: list[tuple[str, int]] = []
        dormant: list[str] = []
        for section, entries in self.data.items():
            if section in _NOT_RULES:
                continue
            if not isinstance(entries, dict):
                self._refuse("policy.pack_no_section", [("", section)], name=section)
                continue
            for name, told in entries.items():
                where = [(section, name), (section, "")]
                key = declared().get(f"{section}.{name}")
                if key is None and section in absent:
                    dormant.append(f"{section}.{name}")
                elif key is None:
                    self._unknown_key(f"{section}.{name}", where)
                elif (
                    isinstance(told, dict) and told.get("mark") == "I" and not {"value", "add"} & told.keys()
                ):
                    inherited.append((key.id, nearest(self.lines, where)))
                else:
                    dated = told if isinstance(told, list) and told and isinstance(told[0], dict) else [told]
                    read = [self._value(key, entry, where, pack) for entry in dated]
                    values.extend(value for value in read if value is not None)
                    self._overlaps(key, [value for value in read if value is not None], where)
        return replace(pack, values=tuple(values), inherited=tuple(inherited), dormant=tuple(dormant))

    def _value(
        self, key: RuleKey[Any], told: object, where: list[tuple[str, str]], pack: Pack
    ) -> PackValue | None:
        before = len(self.problems)
        if not isinstance(told, dict):
            self._refuse("policy.pack_value_without_origin", where, key=key.id)
            return None
        self._unknown_words(told, _VALUE_WORDS, where[0][0], where)
        document, mark = self._origin(key, told, where)
        raw = told.get("add", told.get("value"))
        value = Issue("policy.pack_value_missing", params={"key": key.id}) if raw is None else parse(key, raw)
        if isinstance(value, Issue):
            self._refuse(value.code, where, document, **dict(value.params))
        begin = self._day(told, "from", where[0][0], where) or pack.effective_from
        end = self._day(told, "to", where[0][0], where) or pack.effective_to
        late = pack.effective_to is not None and end is not None and end > pack.effective_to
        if (end is not None and end <= begin) or begin < pack.effective_from or late:
            span = f"{pack.effective_from} - {pack.effective_to or ''}".rstrip()
            self._refuse(
                "policy.pack_value_dates", where, document, key=key.id, start=str(begin), end=str(end or "-"), span=span
            )  # fmt: skip
        if len(self.problems) > before:
            return None
        name = document.name if document is not None else None
        line = nearest(self.lines, where)
        clause, note = told.get("clause"), told.get("note")
        return PackValue(key.id, value, cast(Mark, mark), name, clause, note, begin, end, line)

    def _origin(
        self, key: RuleKey[Any], told: dict[str, Any], where: list[tuple[str, str]]
    ) -> tuple[Document | None, str]:
        mark = told.get("mark", "S" if told.get("clause") else None)
        cited = told.get("document")
        if cited is None and mark == "S" and self.documents:
            cited = next(iter(self.documents))
        document = self.documents.get(cited) if isinstance(cited, str) else None
        if mark not in _MARKS[:4]:
            self._refuse("policy.pack_value_without_origin", where, key=key.id)
        elif cited is not None and document is None:
            known = ", ".join(self.documents) or "-"
            self._refuse("policy.pack_unknown_document", where, key=key.id, name=str(cited), known=known)
        elif mark in BINDING_MARKS and (document is None or not _said(told.get("clause"))):
            self._refuse("policy.pack_source_missing", where, document, key=key.id, mark=str(mark))
        elif mark not in BINDING_MARKS and not _said(told.get("note")):
            self._refuse("policy.pack_reason_missing", where, document, key=key.id, mark=str(mark))
        return document, str(mark)

    def _overlaps(self, key: RuleKey[Any], values: list[PackValue], where: list[tuple[str, str]]) -> None:
        ordered = sorted(values, key=lambda value: value.effective_from)
        for earlier, later in pairwise(ordered):
            if earlier.effective_to is None or later.effective_from < earlier.effective_to:
                self._refuse(
                    "policy.pack_values_overlap", where, key=key.id, start=later.effective_from.isoformat()
                )

    def _unknown_key(self, key: str, where: list[tuple[str, str]]) -> None:
        close = get_close_matches(key, list(declared()), n=1, cutoff=0.6)
        self._refuse("policy.pack_unknown_key", where, key=key, close=close[0] if close else "-")

    def _unknown_words(
        self,
        told: dict[str, Any],
        known: frozenset[str],
        section: str,
        where: list[tuple[str, str]] | None = None,
    ) -> None:
        for name in told.keys() - known:
            places = [*(where or []), (section, name), (section, "")]
            self._refuse("policy.pack_unknown_word", places, name=name, known=", ".join(sorted(known)))

    def _word(self, head: dict[str, Any], name: str) -> str | None:
        value = head.get(name)
        if value is not None and not _said(value):
            self._refuse("policy.pack_wrong_word", [("pack", name)], name=name)
            return None
        return cast(str | None, value)

    def _day(
        self, told: dict[str, Any], name: str, section: str, where: list[tuple[str, str]] | None = None
    ) -> date | None:
        value = told.get(name)
        if value is None:
            return None
        if type(value) is not date or isinstance(value, datetime):
            self._refuse(
                "policy.pack_wrong_date", [*(where or []), (section, name)], name=name, value=str(value)
            )
            return None
        if not is_plausible_date(value):
            self._refuse(
                "policy.implausible_date", [*(where or []), (section, name)], value=value.isoformat()
            )
            return None
        return value

    def _refuse(
        self,
        code: str,
        where: list[tuple[str, str]],
        document: Document | None = None,
        **params: Parameter,
    ) -> None:
        if document is None and self.documents:
            document = next(iter(self.documents.values()))
        key = params.get("key")
        issue = Issue(code, params=params, rule=str(key) if key else None)
        self.problems.append(
            PackProblem(issue, self.file, nearest(self.lines, where), document.name if document else None)
        )


def _said(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
