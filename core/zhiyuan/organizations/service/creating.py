"""Bringing organizations into the tree, new or known, in batches."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, tuple_, update

from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.models import Organization, OrganizationExternalId
from zhiyuan.organizations.schemas import CreateOrganization
from zhiyuan.organizations.service import checks, codes, tree
from zhiyuan.regions.queries import canonical_codes

DETAILS: Final = (
    "name", "code", "kind", "level_name", "region_code", "unified_social_credit_code", "legal_form", "carrier_id",
    "time_zone", "contact_name", "contact_public",
)  # fmt: skip
"""Columns that a caller may give; None keeps what is there."""

_DEFAULTS: Final = dict.fromkeys(DETAILS) | {"kind": "organization"}
_organization = Organization.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
_external = OrganizationExternalId.__table__  # type: ignore[attr-defined]  # likewise

_UPDATE = update(_organization).where(_organization.c.id == bindparam("row_id")).values(
    {name: bindparam(f"new_{name}") for name in DETAILS}
)  # fmt: skip
_UPDATE_DIGEST = (
    update(_external).where(_external.c.id == bindparam("row_id")).values(source_digest=bindparam("digest"))
)


def write_organizations(tx: Tx, items: Sequence[CreateOrganization]) -> list[Outcome]:
    """Create what is new, update what differs, leave alone what is the same; answer each item in order.

    A few statements for the whole batch. ``created``, ``updated`` or ``unchanged``. An item that names the same
    organization as one before it in the batch sees what that one did.
    """
    tree.lock_tree(tx)
    outcomes: list[Outcome] = []
    for batch in _without_repeats(items):
        outcomes.extend(_Batch(tx, batch).written())
    return outcomes


def _without_repeats(items: Sequence[CreateOrganization]) -> Iterator[Sequence[CreateOrganization]]:
    """Cut ``items`` so that within each piece no two name the same organization."""
    start, seen = 0, set[object]()
    for index, item in enumerate(items):
        names = {name for name in (item.external_id, item.code) if name is not None}
        if names & seen:
            yield items[start:index]
            start, seen = index, set()
        seen |= names
    if start < len(items):
        yield items[start:]


@dataclass(slots=True)
class _Known:
    """What the database says about the things that a batch names."""

    external: dict[tuple[str, str], Any] = field(default_factory=dict)
    by_code: dict[str, UUID] = field(default_factory=dict)
    rows: dict[UUID, Mapping[str, Any]] = field(default_factory=dict)
    regions: dict[str, str] = field(default_factory=dict)
    below: set[tuple[UUID, UUID]] = field(default_factory=set)


class _Batch:
    """One batch in which no organization is named twice."""

    def __init__(self, tx: Tx, items: Sequence[CreateOrganization]) -> None:
        self._tx = tx
        self._items = items
        self._known = _look_up(tx, items)
        self._new: dict[UUID, dict[str, Any]] = {}
        self._waiting: list[dict[str, Any]] = []
        self._new_codes: dict[str, UUID] = {}
        self._scopes: dict[UUID, UUID | None] = {}
        self._changed: list[dict[str, Any]] = []
        self._externals: list[dict[str, Any]] = []
        self._digests: list[dict[str, Any]] = []

    def written(self) -> list[Outcome]:
        """Decide every item, then write what was decided."""
        generated = self._generated_codes()
        outcomes = [self._decide(item, generated.get(index)) for index, item in enumerate(self._items)]
        self._insert_waiting()
        connection = self._tx.connection
        if self._changed:
            connection.execute(_UPDATE, self._changed)
        if self._externals:
            connection.execute(insert(_external), self._externals)
        if self._digests:
            connection.execute(_UPDATE_DIGEST, self._digests)
        return outcomes

    def _insert_waiting(self) -> None:
        if self._waiting:
            self._tx.connection.execute(insert(_organization), self._waiting)
            tree.add_paths(self._tx, {row["id"]: row["parent_id"] for row in self._waiting})
            self._waiting = []

    def _generated_codes(self) -> dict[int, str]:
        missing = [
            index
            for index, item in enumerate(self._items)
            if item.code is None
            and self._existing(item) is None
            and not checks.checked({"name": item.name})[1]
        ]
        given = {item.code for item in self._items if item.code is not None} | set(self._known.by_code)
        made = codes.codes_for(self._tx, [self._items[index].name for index in missing], given)
        return dict(zip(missing, made, strict=True))

    def _existing(self, item: CreateOrganization) -> UUID | None:
        if item.external_id is not None:
            link = self._known.external.get((item.external_id.scheme, item.external_id.value))
            if link is not None:
                return link["organization_id"]  # type: ignore[no-any-return]  # a row of Any
        return self._known.by_code.get(item.code) if item.code is not None else None

    def _decide(self, item: CreateOrganization, generated: str | None) -> Outcome:
        existing = self._existing(item)
        link = self._link(item)
        if existing is not None and link is not None and _is_same_digest(link, item):
            return Outcome("unchanged", existing)
        given = {name: getattr(item, name) for name in DETAILS if getattr(item, name) is not None}
        details, issues = checks.checked(given | ({"status": item.status} if item.status else {}))
        parent = self._parent(item)
        if isinstance(parent, Issue):
            issues.append(parent)
            parent = None
        issues.extend(self._reference_issues(item, details, existing, parent))
        if issues:
            return refused(*issues)
        warnings = self._placed(details)
        if existing is None:
            outcome = self._create(item, details | ({"code": generated} if generated else {}), parent)
        else:
            outcome = self._change(item, existing, details, parent)
        if outcome.is_done and outcome.id is not None:
            self._keep_link(item, outcome.id, link)
        return Outcome(outcome.status, outcome.id, (*warnings, *outcome.issues))

    def _parent(self, item: CreateOrganization) -> UUID | Issue | None:
        if item.parent_id is not None:
            return (
                item.parent_id if item.parent_id in self._known.rows else _unknown_parent(str(item.parent_id))
            )
        if item.parent_code is None:
            return None
        found = self._new_codes.get(item.parent_code) or self._known.by_code.get(item.parent_code)
        return found or _unknown_parent(item.parent_code)

    def _reference_issues(
        self, item: CreateOrganization, details: Mapping[str, Any], existing: UUID | None, parent: UUID | None
    ) -> Iterator[Issue]:
        external = item.external_id
        if external is not None and not (0 < len(external.scheme) <= 60 and 0 < len(external.value) <= 200):
            yield Issue("organizations.bad_external_id", field="external_id")
        code = details.get("code")
        if code is not None and existing is not None and self._known.by_code.get(code, existing) != existing:
            yield Issue("organizations.code_taken", field="code", params={"value": code})
        carrier = details.get("carrier_id")
        if carrier is not None and (carrier not in self._known.rows or carrier == existing):
            yield Issue("organizations.unknown_carrier", field="carrier_id")
        if not self._reaches(item, existing, parent):
            yield Issue("organizations.outside_of_scope", field="parent_id")

    def _reaches(self, item: CreateOrganization, existing: UUID | None, parent: UUID | None) -> bool:
        """Tell whether the place where permission was asked stands above everything that the item touches."""
        scope = item.organization_id
        if scope is None:
            return True
        if parent is None and existing is None:
            return False
        if parent is not None and parent in self._scopes:
            if self._scopes[parent] != scope:
                return False
        elif parent is not None and (parent, scope) not in self._known.below:
            return False
        return existing is None or (existing, scope) in self._known.below

    def _placed(self, details: dict[str, Any]) -> list[Issue]:
        """Write the region as the table of regions writes it; warn when that table does not know it."""
        region = details.get("region_code")
        if region is None:
            return []
        if region in self._known.regions:
            details["region_code"] = self._known.regions[region]
            return []
        return [
            Issue(
                "organizations.unknown_region", severity="warn", field="region_code", params={"value": region}
            )
        ]

    def _create(self, item: CreateOrganization, details: dict[str, Any], parent: UUID | None) -> Outcome:
        node = new_id()
        above = None if parent is None else self._new.get(parent) or self._known.rows.get(parent)
        row = {
            **_DEFAULTS,
            "time_zone": above["time_zone"] if above else "UTC",
            "status": "active",
            **details,
        }
        self._new[node] = {**row, "id": node, "parent_id": parent, "created_at": self._tx.now}
        self._waiting.append(self._new[node])
        self._new_codes[row["code"]] = node
        self._scopes[node] = item.organization_id
        detail = {"code": row["code"], "parent": str(parent) if parent else None}
        self._tx.audit(Audit(item.actor, "organizations.create", "organization", node, node, detail))
        return Outcome("created", node)

    def _change(
        self, item: CreateOrganization, node: UUID, details: dict[str, Any], parent: UUID | None
    ) -> Outcome:
        row = self._known.rows[node]
        details.pop("status", None)  # States change by their own command, with a reason.
        changed = [name for name, value in details.items() if row[name] != value]
        moves = parent is not None and parent != row["parent_id"]
        if moves and parent is not None:
            self._insert_waiting()
            if tree.is_below(self._tx, parent, node):
                return refused(Issue("organizations.cycle", field="parent_id"))
            tree.move(self._tx, node, parent)
        if changed:
            merged = {**{name: row[name] for name in DETAILS}, **details}
            self._changed.append({"row_id": node, **{f"new_{name}": value for name, value in merged.items()}})
        if not changed and not moves:
            return Outcome("unchanged", node)
        detail = {"fields": sorted([*changed, *(["parent_id"] if moves else [])])}
        self._tx.audit(Audit(item.actor, "organizations.change", "organization", node, node, detail))
        return Outcome("updated", node)

    def _link(self, item: CreateOrganization) -> Mapping[str, Any] | None:
        if item.external_id is None:
            return None
        return self._known.external.get((item.external_id.scheme, item.external_id.value))

    def _keep_link(self, item: CreateOrganization, node: UUID, link: Mapping[str, Any] | None) -> None:
        if item.external_id is None:
            return
        if link is None:
            self._externals.append(
                {
                    "id": new_id(),
                    "organization_id": node,
                    "scheme": item.external_id.scheme,
                    "value": item.external_id.value,
                    "source_digest": item.source_digest,
                }
            )
        elif item.source_digest is not None and link["source_digest"] != item.source_digest:
            self._digests.append({"row_id": link["id"], "digest": item.source_digest})
        else:
            return
        self._tx.audit(Audit(item.actor, "organizations.identify", "organization", node, node))


def _is_same_digest(link: Mapping[str, Any], item: CreateOrganization) -> bool:
    return item.source_digest is not None and link["source_digest"] == item.source_digest


def _unknown_parent(told: str) -> Issue:
    return Issue("organizations.unknown_parent", field="parent_id", params={"value": told[:60]})


def _look_up(tx: Tx, items: Sequence[CreateOrganization]) -> _Known:
    known = _Known()
    externals = {(item.external_id.scheme, item.external_id.value) for item in items if item.external_id}
    if externals:
        found = tx.connection.execute(
            select(_external).where(tuple_(_external.c.scheme, _external.c.value).in_(sorted(externals)))
        )
        known.external = {(row["scheme"], row["value"]): dict(row) for row in found.mappings()}
    named = {code for item in items for code in (item.code, item.parent_code) if code is not None}
    ids = {row["organization_id"] for row in known.external.values()}
    ids |= {node for item in items for node in (item.parent_id, item.carrier_id) if node is not None}
    rows = tx.connection.execute(
        select(_organization).where(_organization.c.code.in_(named) | _organization.c.id.in_(ids))
    )
    known.rows = {row["id"]: dict(row) for row in rows.mappings()}
    known.by_code = {row["code"]: node for node, row in known.rows.items()}
    known.regions = canonical_codes(tx, {item.region_code for item in items if item.region_code is not None})
    scopes = {item.organization_id for item in items if item.organization_id is not None}
    known.below = tree.pairs_below(tx, [(node, scope) for node in known.rows for scope in scopes])
    return known
