"""What packs must keep among each other: relations, dates, and the locks that reach down from the law."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final

from zhiyuan.kernel.errors import Invalid
from zhiyuan.kernel.issues import Issue, Parameter
from zhiyuan.policy.keys import BINDING_MARKS, RuleKey
from zhiyuan.policy.packs.format import Pack, PackProblem, PackValue
from zhiyuan.policy.packs.library import Library, stratum
from zhiyuan.policy.packs.lines import lines_of, nearest
from zhiyuan.policy.registry import declared
from zhiyuan.policy.values import encode

IsPlace = Callable[[str], bool]

_LAW_WORDS: Final = ("locked", "stricter", "union")
_PROVINCES: Final = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12]")
_CHINESE_LENGTHS: Final = (2, 4, 6, 9, 12)
_FAR: Final = date.max


class PacksCannotLoad(Invalid):
    """Packs have faults; ``problems`` say which, with file and line. None of them is in force."""

    def __init__(self, problems: Sequence[PackProblem]) -> None:
        first = problems[0]
        super().__init__(
            "policy.packs_cannot_load",
            "%(count)s faults in the packs of rules, the first in %(file)s, line %(line)s (%(reason)s).",
            issues=[problem.issue for problem in problems],
            count=len(problems),
            file=str(first.file),
            line=first.line,
            reason=first.issue.code,
        )
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Assembly:
    """What came of a set of packs: the library of those that could be read, and every problem among them."""

    library: Library
    problems: tuple[PackProblem, ...]


def looks_like_a_place(code: str) -> bool:
    """Tell whether ``code`` may be a place: a Chinese division of a known province, or a country of two letters."""
    if code.isascii() and code.isdigit():
        return len(code) in _CHINESE_LENGTHS and _PROVINCES.fullmatch(code[:2]) is not None
    return len(code.partition("-")[0]) == 2 and code.isascii() and code[:2].isalpha() and code.isupper()


def assemble(packs: Iterable[Pack], *, is_place: IsPlace = looks_like_a_place) -> Assembly:
    """Put ``packs`` together and look for everything that keeps them from being used together."""
    given = list(packs)
    problems: list[PackProblem] = []
    by_id: dict[str, Pack] = {}
    for pack in given:
        if pack.id in by_id:
            problems.append(_problem(pack, "policy.pack_twice", id=pack.id, other=str(by_id[pack.id].file)))
        by_id.setdefault(pack.id, pack)
        if not is_place(pack.area):
            problems.append(_problem(pack, "policy.pack_unknown_place", word="area", place=pack.area))
    for pack in given:
        problems.extend(_relations(pack, by_id))
    library = Library(by_id.values())
    problems.extend(_claims(library, by_id))
    for pack in library:
        problems.extend(_law_words(pack))
        problems.extend(_locks(pack, library))
        problems.extend(_inherited(pack, library))
    return Assembly(library, tuple(sorted(problems, key=lambda each: (str(each.file), each.line))))


def _relations(pack: Pack, by_id: Mapping[str, Pack]) -> Iterable[PackProblem]:
    places = {other.place for other in by_id.values()}
    for word, named in (("extends", pack.extends), ("replaces", pack.replaces)):
        if named is None:
            continue
        other = by_id.get(named)
        if other is None:
            yield _problem(pack, "policy.pack_unknown_pack", word=word, id=named)
        elif other.area != pack.area or other.is_law != pack.is_law:
            yield _problem(pack, "policy.pack_other_place", word=word, id=named)
        elif other.effective_from >= pack.effective_from:
            yield _problem(
                pack, "policy.pack_relation_dates", word=word, id=named, start=str(other.effective_from)
            )
    for cited in pack.cites:
        if cited not in by_id:
            yield _problem(pack, "policy.pack_unknown_pack", word="cites", id=cited)
    if pack.parent is not None and pack.parent.partition("@")[0] not in places:
        yield _problem(pack, "policy.pack_unknown_pack", word="parent", id=pack.parent)
    elif pack.parent is not None and _goes_round(pack, by_id):
        yield _problem(pack, "policy.pack_goes_round", word="parent", id=pack.parent)


def _goes_round(pack: Pack, by_id: Mapping[str, Pack]) -> bool:
    parents = {each.place: each.parent.partition("@")[0] for each in by_id.values() if each.parent}
    seen: set[str] = set()
    place: str | None = pack.place
    while place is not None and place not in seen:
        seen.add(place)
        place = parents.get(place)
    return place is not None


def _claims(library: Library, by_id: Mapping[str, Pack]) -> Iterable[PackProblem]:
    """Two packs of one place and one stratum that hold on a common day."""
    groups: dict[tuple[str, int], list[Pack]] = {}
    for pack in library:
        groups.setdefault((pack.area, stratum(pack, by_id)), []).append(pack)
    for packs in groups.values():
        for earlier, later in pairwise(packs):
            if (earlier.effective_to or _FAR) > later.effective_from:
                yield _problem(
                    later,
                    "policy.pack_date_claimed",
                    "effective_from",
                    id=later.id,
                    other=earlier.id,
                    start=str(later.effective_from),
                )


def _law_words(pack: Pack) -> Iterable[PackProblem]:
    for value in pack.values if pack.is_law else ():
        key = declared()[value.key]
        if key.merge not in _LAW_WORDS or value.mark != "L":
            yield _value_problem(pack, value, "policy.pack_law_cannot_bind", key=key.id, merge=key.merge)


def _locks(pack: Pack, library: Library) -> Iterable[PackProblem]:
    """Values that could never be in force, because a law or a lock above says otherwise on some of their days."""
    above = library.chain(pack.area)
    for value in () if pack.is_law else pack.values:
        key = declared()[value.key]
        if key.merge not in ("locked", "stricter"):
            continue
        for other in library:
            if other.area not in above or other.id == pack.id:
                continue
            # Beside each other at one place only the law binds; above, a lock does, too.
            if not other.is_law and (other.area == pack.area or key.merge == "stricter"):
                continue
            for held in other.values:
                if (
                    held.key == key.id
                    and held.mark in BINDING_MARKS
                    and held.holds_during(value.effective_from, value.effective_to)
                    and _relaxes(key, value.value, held.value)
                ):
                    yield _locked(pack, value, held)


def _relaxes(key: RuleKey[Any], value: Any, held: Any) -> bool:
    if key.merge == "locked":
        return bool(value != held)
    return bool(key.strictness(value) < key.strictness(held))


def _locked(pack: Pack, value: PackValue, held: PackValue) -> PackProblem:
    source = " ".join(part for part in (held.document, held.clause) if part)
    params = {"key": value.key, "value": str(encode(held.value)), "source": source}
    issue = Issue("policy.locked", params=params, rule=value.key, clause=held.clause)
    return PackProblem(issue, pack.file, value.line, value.document or held.document)


def _inherited(pack: Pack, library: Library) -> Iterable[PackProblem]:
    places = library.chain(pack.area)
    held = {value.key for other in library if other.area in places for value in other.values}
    for key_id, line in pack.inherited:
        if key_id not in held:
            issue = Issue("policy.pack_nothing_to_inherit", params={"key": key_id}, rule=key_id)
            yield PackProblem(issue, pack.file, line, _first_document(pack))


def _value_problem(pack: Pack, value: PackValue, code: str, **params: Parameter) -> PackProblem:
    return PackProblem(Issue(code, params=params, rule=value.key), pack.file, value.line, value.document)


def _problem(pack: Pack, code: str, at: str | None = None, **params: Parameter) -> PackProblem:
    word = at or str(params.get("word", "id"))
    line = pack.line
    if pack.file.is_file():
        line = nearest(lines_of(pack.file.read_text(encoding="utf-8-sig")), [("pack", word), ("pack", "id")])
    return PackProblem(Issue(code, params=params), pack.file, line, _first_document(pack))


def _first_document(pack: Pack) -> str | None:
    return pack.documents[0].name if pack.documents else None
