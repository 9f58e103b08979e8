"""Golden examples beside a pack: what the rules must answer at a place on a day. Tried by lint and by tests."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from zhiyuan.kernel.issues import Issue
from zhiyuan.policy.packs.format import CASES_FILE, Pack, PackProblem
from zhiyuan.policy.packs.library import Library
from zhiyuan.policy.registry import declared_key
from zhiyuan.policy.values import encode, parse


@dataclass(frozen=True, slots=True)
class Case:
    """One example: ``key`` at ``place`` on ``on`` must be ``expect``; ``clause`` must stand behind it if given."""

    name: str
    place: str
    key: str
    on: date
    expect: Any
    clause: str | None = None


def try_cases(library: Library, pack: Pack) -> tuple[PackProblem, ...]:
    """Return what is wrong with the cases of ``pack``: those that cannot be read, and those answered otherwise."""
    file = pack.file.parent / CASES_FILE
    if not file.is_file():
        return ()
    try:
        text = file.read_text(encoding="utf-8-sig")
        entries = tomllib.loads(text).get("cases", [])
    except ValueError as error:
        issue = Issue("policy.pack_case_unreadable", params={"reason": str(error)[:200]})
        return (PackProblem(issue, file, 1),)
    problems: list[PackProblem] = []
    starts = _starts(text)
    for entry in entries:
        line = next(starts, 1)
        case = _case(entry, pack)
        issue_found = case if isinstance(case, Issue) else _answer(library, case)
        if issue_found is not None:
            problems.append(PackProblem(issue_found, file, line))
    return tuple(problems)


def _case(entry: object, pack: Pack) -> Case | Issue:
    if not isinstance(entry, dict):
        return Issue("policy.pack_case_unreadable", params={"reason": str(entry)[:200]})
    try:
        case = Case(**{"place": pack.area, **entry})
        key = declared_key(str(case.key))
    except TypeError:
        return Issue("policy.pack_case_unreadable", params={"reason": str(entry)[:200]})
    if key is None:
        return Issue("policy.unknown_key", params={"key": case.key}, rule=case.key)
    if type(case.on) is not date:
        return Issue("policy.pack_case_unreadable", params={"reason": f"on = {case.on}"})
    expect = parse(key, case.expect)
    if isinstance(expect, Issue):
        return expect
    return Case(case.name, case.place, case.key, case.on, expect, case.clause)


def _answer(library: Library, case: Case) -> Issue | None:
    key = declared_key(case.key)
    assert key is not None, "the case was read with its key"
    found = library.explain(key, library.chain(case.place), case.on)
    clauses = {link.clause for link in found.chain if not link.overridden}
    if found.value == case.expect and (case.clause is None or case.clause in clauses):
        return None
    params = {
        "name": case.name,
        "key": case.key,
        "place": case.place,
        "day": case.on.isoformat(),
        "found": f"{encode(found.value)} {found.decisive.clause or ''}".strip(),
        "expected": f"{encode(case.expect)} {case.clause or ''}".strip(),
    }
    return Issue("policy.pack_case_wrong", params=params, rule=case.key)


def _starts(text: str) -> Iterator[int]:
    header = "[[cases]]"
    return (number for number, line in enumerate(text.splitlines(), start=1) if line.strip() == header)
