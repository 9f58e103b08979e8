"""Changing what is in the tree: details, places, states."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.text import clean_text
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.models import Organization, OrganizationPath
from zhiyuan.organizations.schemas import ChangeOrganization, ChangeOrganizationState, MoveOrganization
from zhiyuan.organizations.service import checks, tree
from zhiyuan.organizations.service.creating import DETAILS
from zhiyuan.organizations.words import STATES, STATES_WITH_REASON
from zhiyuan.regions.queries import canonical_codes

_REQUIRED = frozenset({"name", "code", "kind", "time_zone"})
_MOST_REASON = 500
_organization = Organization.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_path = OrganizationPath.__table__  # type: ignore[attr-defined]  # likewise


def change_organizations(tx: Tx, items: Sequence[ChangeOrganization]) -> list[Outcome]:
    """Write new details. ``updated`` or ``unchanged``; nothing of an item is written when one detail is refused."""
    tree.lock_tree(tx)
    rows = _rows(tx, {item.organization_id for item in items if item.organization_id is not None})
    regions = canonical_codes(
        tx, {str(value) for item in items if (value := item.details.get("region_code"))}
    )
    return [_change(tx, item, rows, regions) for item in items]


def move_organizations(tx: Tx, items: Sequence[MoveOrganization]) -> list[Outcome]:
    """Hang each subject under its new parent, one after the other. ``updated`` or ``unchanged``; cycles are refused."""
    tree.lock_tree(tx)
    return [_move(tx, item) for item in items]


def change_states(tx: Tx, items: Sequence[ChangeOrganizationState]) -> list[Outcome]:
    """Bring each organization into its new state. The outcome's status is the state, or ``unchanged``."""
    tree.lock_tree(tx)
    rows = _rows(tx, {item.organization_id for item in items if item.organization_id is not None})
    return [_change_state(tx, item, rows) for item in items]


def _rows(tx: Tx, ids: set[UUID]) -> dict[UUID, dict[str, Any]]:
    found = tx.connection.execute(select(_organization).where(_organization.c.id.in_(ids)))
    return {row["id"]: dict(row) for row in found.mappings()}


def _change(
    tx: Tx, item: ChangeOrganization, rows: dict[UUID, dict[str, Any]], regions: Mapping[str, str]
) -> Outcome:
    row = rows.get(item.organization_id) if item.organization_id is not None else None
    if row is None:
        return _not_found()
    unknown = sorted(set(item.details) - set(DETAILS))
    if unknown:
        return refused(
            Issue("organizations.unknown_detail", field=unknown[0], params={"value": unknown[0][:60]})
        )
    details, issues = checks.checked(item.details)
    issues.extend(
        Issue("organizations.detail_missing", field=name, params={"value": name})
        for name in sorted(_REQUIRED & set(details))
        if details[name] is None and name != "name"
    )
    if (region := details.get("region_code")) is not None:
        details["region_code"] = regions.get(region, region)
    issues.extend(_clashes(tx, row, details))
    if issues:
        return refused(*issues)
    changed = {name: value for name, value in details.items() if row[name] != value}
    if not changed:
        return Outcome("unchanged", row["id"])
    tx.connection.execute(update(_organization).where(_organization.c.id == row["id"]).values(changed))
    row.update(changed)
    tx.audit(
        Audit(
            item.actor,
            "organizations.change",
            "organization",
            row["id"],
            row["id"],
            {"fields": sorted(changed)},
        )
    )
    return Outcome("updated", row["id"])


def _clashes(tx: Tx, row: Mapping[str, Any], details: Mapping[str, Any]) -> list[Issue]:
    issues = []
    code, carrier = details.get("code"), details.get("carrier_id")
    if code is not None and code != row["code"] and _exists(tx, _organization.c.code == code):
        issues.append(Issue("organizations.code_taken", field="code", params={"value": code}))
    if carrier is not None and (carrier == row["id"] or not _exists(tx, _organization.c.id == carrier)):
        issues.append(Issue("organizations.unknown_carrier", field="carrier_id"))
    return issues


def _exists(tx: Tx, condition: Any) -> bool:
    return tx.connection.execute(select(_organization.c.id).where(condition)).first() is not None


def _move(tx: Tx, item: MoveOrganization) -> Outcome:
    ids = {item.subject_id} | ({item.parent_id} if item.parent_id is not None else set())
    rows = _rows(tx, ids)
    if item.subject_id not in rows:
        return _not_found()
    if item.parent_id is not None and item.parent_id not in rows:
        value = {"value": str(item.parent_id)}
        return refused(Issue("organizations.unknown_parent", field="parent_id", params=value))
    if not _is_within(tx, item, ids):
        return refused(Issue("organizations.outside_of_scope", field="parent_id"))
    before = rows[item.subject_id]["parent_id"]
    if before == item.parent_id:
        return Outcome("unchanged", item.subject_id)
    if item.parent_id is not None and tree.is_below(tx, item.parent_id, item.subject_id):
        return refused(Issue("organizations.cycle", field="parent_id"))
    tree.move(tx, item.subject_id, item.parent_id)
    detail = {"from": _told(before), "to": _told(item.parent_id)}
    tx.audit(
        Audit(item.actor, "organizations.move", "organization", item.subject_id, item.subject_id, detail)
    )
    return Outcome("updated", item.subject_id)


def _is_within(tx: Tx, item: MoveOrganization, ids: set[UUID]) -> bool:
    """Tell whether both ends stand below the place where permission was asked (the place itself cannot be moved)."""
    scope = item.organization_id
    if scope is None:
        return True
    if item.parent_id is None or item.subject_id == scope:
        return False
    return tree.pairs_below(tx, [(node, scope) for node in ids]) == {(node, scope) for node in ids}


def _change_state(tx: Tx, item: ChangeOrganizationState, rows: dict[UUID, dict[str, Any]]) -> Outcome:
    row = rows.get(item.organization_id) if item.organization_id is not None else None
    if row is None:
        return _not_found()
    if item.status not in STATES:
        params = {"value": item.status[:60]}
        return refused(Issue("organizations.bad_status", field="status", params=params))
    if item.status == row["status"]:
        return Outcome("unchanged", row["id"])
    if item.status not in STATES[row["status"]]:
        params = {"before": row["status"], "after": item.status}
        return refused(Issue("organizations.state_out_of_order", field="status", params=params))
    reason = clean_text(item.reason or "", field="reason", maximum=_MOST_REASON, multiline=True)
    if isinstance(reason, Issue):
        return refused(reason)
    if not reason and item.status in STATES_WITH_REASON:
        return refused(Issue("organizations.reason_missing", field="reason"))
    if item.status == "dissolved" and _has_living_below(tx, row["id"]):
        return refused(Issue("organizations.living_below", field="status"))
    values = {"status": item.status, "status_reason": reason or None}
    tx.connection.execute(update(_organization).where(_organization.c.id == row["id"]).values(values))
    detail = {"before": row["status"], "after": item.status, "reason": reason}
    row.update(values)
    tx.audit(Audit(item.actor, "organizations.change_state", "organization", row["id"], row["id"], detail))
    return Outcome(item.status, row["id"])


def _has_living_below(tx: Tx, node: UUID) -> bool:
    found = tx.connection.execute(
        select(_organization.c.id)
        .join(_path, _path.c.descendant_id == _organization.c.id)
        .where(_path.c.ancestor_id == node, _path.c.depth > 0, _organization.c.status != "dissolved")
        .limit(1)
    )
    return found.first() is not None


def _told(node: UUID | None) -> str | None:
    return None if node is None else str(node)


def _not_found() -> Outcome:
    return refused(Issue("organizations.not_found", field="organization_id"))
