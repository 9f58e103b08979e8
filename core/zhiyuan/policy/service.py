"""Setting rules. Values are never edited: a change is a later row, and the rows before it stay to explain the past."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import Command, Item, Outcome, refused
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.models import VersionCounter
from zhiyuan.kernel.uow import Tx
from zhiyuan.policy.engine import explain, forget
from zhiyuan.policy.keys import BINDING_MARKS, Mark, PlaceChain, RuleKey
from zhiyuan.policy.models import RuleValue
from zhiyuan.policy.registry import declared_key
from zhiyuan.policy.values import encode, is_plausible_date, parse

_PLACE = re.compile(r"site:[a-z0-9][a-z0-9-]{0,38}|[A-Za-z0-9][A-Za-z0-9-]{0,19}")
_rules = RuleValue.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_versions = VersionCounter.__table__  # type: ignore[attr-defined]  # likewise


@dataclass(frozen=True, kw_only=True, slots=True)
class SetRuleValue(Item):
    """A value for one rule at one place from a local date on.

    ``place`` is a division code as chains write it (5308, not 530800) or ``site:<slug>``; ``above`` is the chain over
    it, most specific first, so that a lock there can be named (resolving keeps to the lock either way). ``value`` is a
    typed value, JSON, or text. ``mark`` is worked out when empty: S with document and clause, else D.
    ``organization_id`` must be None: rules of places are shared by everybody there, and belong to the installation.
    """

    place: str
    key: str
    value: Any
    effective_from: date
    effective_to: date | None = None
    document: str | None = None
    clause: str | None = None
    mark: Mark | None = None
    above: PlaceChain = ()


def set_rule_values(tx: Tx, items: Sequence[SetRuleValue]) -> list[Outcome]:
    """Add each value, or answer ``unchanged`` when the very same one holds at that place from the same date already.

    Runs inside the caller's unit of work; the new values are in force for the rest of it. ``created`` otherwise.
    """
    checked = [_checked(tx, item) for item in items]
    kept = _kept(tx, items)
    outcomes: list[Outcome] = []
    rows: list[dict[str, Any]] = []
    seen: set[tuple[str, str, date]] = set()
    for item, answer in zip(items, checked, strict=True):
        where = (item.key, item.place, item.effective_from)
        if isinstance(answer, Outcome):
            outcomes.append(answer)
        elif where in seen:
            params = {"place": item.place, "start": item.effective_from.isoformat()}
            outcomes.append(
                refused(
                    Issue("policy.set_twice_in_batch", field="effective_from", rule=item.key, params=params)
                )
            )
        elif (same := kept.get(where)) is not None and _says(same) == _says(answer):
            seen.add(where)
            outcomes.append(Outcome("unchanged", same["id"]))
        else:
            seen.add(where)
            row = {"id": new_id(), "set_at": _set_at(tx, same), **answer}
            rows.append(row)
            outcomes.append(Outcome("created", row["id"]))
            tx.audit(_audit(item, row))
    if rows:
        tx.connection.execute(insert(_rules), rows)
    if any(outcome.status == "created" for outcome in outcomes):
        _bump(tx)
        forget(tx)
    return outcomes


SET_RULE_VALUES: Final[Command[SetRuleValue]] = Command(
    name="policy.set_rule_values", permission="rules.edit", write=set_rule_values
)


def _checked(tx: Tx, item: SetRuleValue) -> dict[str, Any] | Outcome:
    """Return the row that ``item`` asks for, or the refusal with everything that is wrong with it."""
    key = declared_key(item.key)
    if key is None:
        return refused(Issue("policy.unknown_key", field="key", params={"key": item.key[:120]}))
    value = parse(key, item.value)
    issues = [*_scope_issues(item), *_date_issues(item), *_source_issues(item)]
    if isinstance(value, Issue):
        issues.append(value)
    if not issues and (lock := _lock(tx, key, item)) is not None and lock.params["value"] != _told(value):
        issues.append(lock)
    if issues:
        return refused(*(replace(issue, rule=item.key) for issue in issues))
    return {
        "key": item.key,
        "place": item.place,
        "value": encode(value),
        "effective_from": item.effective_from,
        "effective_to": item.effective_to,
        "mark": _mark(item),
        "document": item.document,
        "clause": item.clause,
    }


def _scope_issues(item: SetRuleValue) -> list[Issue]:
    issues = []
    if item.organization_id is not None:
        issues.append(Issue("policy.places_are_shared", field="place"))
    if not _PLACE.fullmatch(item.place):
        issues.append(Issue("policy.bad_place", field="place", params={"place": item.place[:80]}))
    return issues


def _date_issues(item: SetRuleValue) -> list[Issue]:
    issues = []
    for name, day in (("effective_from", item.effective_from), ("effective_to", item.effective_to)):
        if day is not None and not is_plausible_date(day):
            issues.append(Issue("policy.implausible_date", field=name, params={"value": day.isoformat()}))
    if item.effective_to is not None and item.effective_to <= item.effective_from:
        params = {"start": item.effective_from.isoformat(), "end": item.effective_to.isoformat()}
        issues.append(Issue("policy.dates_out_of_order", field="effective_to", params=params))
    return issues


def _source_issues(item: SetRuleValue) -> list[Issue]:
    issues = [
        Issue("policy.text_too_long", field=name, params={"maximum": maximum})
        for name, text, maximum in (("document", item.document, 200), ("clause", item.clause, 80))
        if text is not None and len(text) > maximum
    ]
    if _mark(item) in BINDING_MARKS and not (item.document and item.clause):
        issues.append(Issue("policy.source_missing", field="clause" if item.document else "document"))
    return issues


def _mark(item: SetRuleValue) -> Mark:
    return item.mark or ("S" if item.document and item.clause else "D")


def _lock(tx: Tx, key: RuleKey[Any], item: SetRuleValue) -> Issue | None:
    if key.merge != "locked":
        return None
    holding = explain(tx, key, item.above, item.effective_from).decisive
    if holding.mark not in BINDING_MARKS:
        return None
    source = " ".join(part for part in (holding.document, holding.clause) if part)
    params = {"key": key.id, "value": _told(holding.value), "source": source}
    return Issue("policy.locked", field="value", params=params, clause=holding.clause)


def _told(value: Any) -> str:
    return str(encode(value))


def _kept(tx: Tx, items: Sequence[SetRuleValue]) -> dict[tuple[str, str, date], dict[str, Any]]:
    """Return the latest row by (key, place, date) among the keys and places of ``items``."""
    rows = tx.connection.execute(
        select(_rules)
        .where(
            _rules.c.key.in_({item.key for item in items}), _rules.c.place.in_({item.place for item in items})
        )
        .order_by(_rules.c.set_at)
    ).mappings()
    return {(row["key"], row["place"], row["effective_from"]): dict(row) for row in rows}


def _says(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("value", "effective_to", "mark", "document", "clause"))


def _set_at(tx: Tx, same: Mapping[str, Any] | None) -> datetime:
    """Return an instant later than that of the row it comes after, so that the later one wins in any case."""
    if same is None:
        return tx.now
    before: datetime = same["set_at"]
    if before.tzinfo is None:
        before = before.replace(tzinfo=UTC)
    return max(tx.now, before + timedelta(microseconds=1))


def _bump(tx: Tx) -> None:
    """Tell every process that the rules have changed."""
    insert_row = postgresql.insert if not tx.is_sqlite else sqlite.insert
    first = insert_row(_versions).values(id=1, content=0, plugins=0, policy=0, theme=0)
    tx.connection.execute(first.on_conflict_do_nothing())
    tx.connection.execute(update(_versions).where(_versions.c.id == 1).values(policy=_versions.c.policy + 1))


def _audit(item: SetRuleValue, row: Mapping[str, Any]) -> Audit:
    detail = {
        "key": item.key,
        "place": item.place,
        "value": row["value"],
        "effective_from": item.effective_from.isoformat(),
        "document": item.document,
        "clause": item.clause,
    }
    return Audit(item.actor, "policy.set_rule_value", "rule_value", row["id"], None, detail)
