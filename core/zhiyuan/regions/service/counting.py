"""Keeping published head counts."""

from collections.abc import Sequence

from sqlalchemy import bindparam, insert, select, update

from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.regions.models import RegionPopulation
from zhiyuan.regions.schemas import ImportPopulation

_EARLIEST, _LATEST = 1800, 2199
_population = RegionPopulation.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_UPDATE = (
    update(_population)
    .where(_population.c.id == bindparam("row_id"))
    .values(count=bindparam("new_count"), source=bindparam("new_source"))
)


def import_population(tx: Tx, items: Sequence[ImportPopulation]) -> list[Outcome]:
    """Keep each head count: ``created``, ``updated`` (another count or source was kept) or ``unchanged``.

    One count per division, kind and year; two that differ in one batch are refused from the second on.
    """
    rows = tx.connection.execute(
        select(_population).where(
            _population.c.code.in_({item.code for item in items}),
            _population.c.year.in_({item.year for item in items}),
        )
    ).mappings()
    known = {
        (row["code"], row["kind"], row["year"]): (row["id"], row["count"], row["source"]) for row in rows
    }
    fresh = set[tuple[str, str, int]]()
    added, changed = [], []
    outcomes: list[Outcome] = []
    for item in items:
        what = (item.code, item.kind, item.year)
        issue = _issue(item)
        kept = known.get(what)
        if issue is None and kept is not None and what in fresh and kept[1] != item.count:
            issue = Issue("regions.counted_twice", field="count", params={"value": item.code})
        if issue is not None:
            outcomes.append(refused(issue))
        elif kept is None:
            row_id = new_id()
            added.append(
                {
                    "id": row_id,
                    "code": item.code,
                    "kind": item.kind,
                    "year": item.year,
                    "count": item.count,
                    "source": item.source,
                }
            )
            known[what] = (row_id, item.count, item.source)
            outcomes.append(Outcome("created", row_id))
        elif kept[1] == item.count and kept[2] == item.source:
            outcomes.append(Outcome("unchanged", kept[0]))
        else:
            changed.append({"row_id": kept[0], "new_count": item.count, "new_source": item.source})
            known[what] = (kept[0], item.count, item.source)
            outcomes.append(Outcome("updated", kept[0]))
        fresh.add(what)
    if added:
        tx.connection.execute(insert(_population), added)
    if changed:
        tx.connection.execute(_UPDATE, changed)
    if added or changed:
        detail = {"rows": len(added) + len(changed), "first": items[0].code}
        tx.audit(Audit(items[0].actor, "regions.import_population", "region_population", None, None, detail))
    return outcomes


def _issue(item: ImportPopulation) -> Issue | None:
    if not item.count.is_finite() or item.count < 0:
        return Issue("regions.bad_count", field="count", params={"value": str(item.count)[:40]})
    if not _EARLIEST <= item.year <= _LATEST:
        return Issue("regions.bad_date", field="year", params={"value": item.year})
    if not item.source.strip() or len(item.source) > 200:
        return Issue("regions.source_missing", field="source")
    if not 0 < len(item.kind) <= 30 or not 0 < len(item.code) <= 20:
        return Issue("regions.bad_code", field="code", params={"value": item.code[:40]})
    return None
