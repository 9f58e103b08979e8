"""Making activities and changing what is said about them."""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, text, tuple_, update

from zhiyuan.accounts.permissions import ACTIVITIES_MANAGE
from zhiyuan.activities import policy
from zhiyuan.activities.schemas import ActivityDetails, ChangeActivity, CreateActivity
from zhiyuan.activities.service.checks import Limits, checked_activity
from zhiyuan.activities.service.permits import lacking
from zhiyuan.activities.service.rules import Rules
from zhiyuan.activities.service.spans import widen
from zhiyuan.activities.tables import AnyRow, activity, activity_external_id, organization
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.clock import local_date
from zhiyuan.kernel.commands import Outcome, refused
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.text import clean_text
from zhiyuan.kernel.uow import Tx

_Key = tuple[str, str]
"""Scheme and value of an external id."""

CLOSED: Final = ("settled", "cancelled")
"""States in which nothing about an activity changes any more."""

_ORGANIZATIONS: Final = select(organization.c.id, organization.c.time_zone).where(
    organization.c.id.in_(bindparam("ids", expanding=True))
)
_KNOWN: Final = select(
    activity_external_id.c.id,
    activity_external_id.c.scheme,
    activity_external_id.c.value,
    activity_external_id.c.source_digest,
    activity_external_id.c.activity_id,
).where(
    tuple_(activity_external_id.c.scheme, activity_external_id.c.value).in_(
        bindparam("external_ids", expanding=True)
    )
)
_LOCK: Final = (
    select(activity)
    .where(activity.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(activity.c.id)
    .with_for_update(key_share=True)
)
_INSERT: Final = insert(activity)
_INSERT_EXTERNAL: Final = insert(activity_external_id)
_UPDATE_DIGEST: Final = (
    update(activity_external_id)
    .where(activity_external_id.c.id == bindparam("b_id"))
    .values(source_digest=bindparam("b_digest"))
)
_CHANGED_COLUMNS: Final = (
    "organization_id", "guaranteeing_organization_id", "title", "summary", "description", "service_kind",
    "recipient_category", "mode", "place_text", "region_code", "latitude", "longitude", "time_zone", "starts_on",
    "ends_on", "wanted_count", "leader_name", "recorder_name", "is_volunteer_service", "is_hazardous",
    "is_emergency", "risks", "guarantees", "recruit_from", "recruit_to", "audience", "approval", "extra",
)  # fmt: skip
_UPDATE: Final = (
    update(activity)
    .where(activity.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in _CHANGED_COLUMNS})
)
# One importer at a time finds out which external ids are new; others wait here instead of failing on the unique key.
_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(7210001)")


@dataclass(slots=True)
class _Draft:
    """An activity as it stands in the database, or will."""

    values: dict[str, Any]
    is_new: bool
    has_changed: bool = False


class _Batch:
    """What creating or changing a batch needs to know, read once; and what it will write."""

    def __init__(
        self,
        tx: Tx,
        details: Iterable[ActivityDetails],
        organization_ids: Iterable[UUID | None],
        activity_ids: Iterable[UUID],
    ) -> None:
        self.tx = tx
        rows = tx.connection.execute(_LOCK, {"ids": sorted(set(activity_ids))}).mappings()
        self.drafts: dict[UUID, _Draft] = {row["id"]: _Draft(dict(row), is_new=False) for row in rows}
        places = {place for place in organization_ids if place is not None}
        places |= {draft.values["organization_id"] for draft in self.drafts.values()}
        asked = places | {
            one.guaranteeing_organization_id for one in details if one.guaranteeing_organization_id
        }
        found = tx.connection.execute(_ORGANIZATIONS, {"ids": list(asked)})
        self.zones: dict[UUID, str] = {row.id: row.time_zone for row in found}
        self._rules = Rules(tx, places & self.zones.keys())
        self._limits: dict[UUID, Limits] = {}

    def checked(self, details: ActivityDetails, organization_id: UUID) -> dict[str, Any] | list[Issue]:
        """Return the columns that ``details`` make at an organization known to exist, or every issue."""
        guarantor = details.guaranteeing_organization_id
        values = checked_activity(details, self.limits(organization_id), self.zones[organization_id])
        if guarantor is not None and guarantor not in self.zones:
            unknown = Issue("activities.unknown_organization", field="guaranteeing_organization_id")
            return [unknown, *(values if isinstance(values, list) else ())]
        return values if isinstance(values, list) else {**values, "organization_id": organization_id}

    def limits(self, organization_id: UUID) -> Limits:
        """Return the bounds in force at an organization today."""
        if organization_id not in self._limits:
            self._limits[organization_id] = limits_at(
                self._rules, self.tx, organization_id, self.zones[organization_id]
            )
        return self._limits[organization_id]

    def put(self, activity_id: UUID, values: dict[str, Any]) -> list[str]:
        """Lay ``values`` over a draft and return the names of the columns that differ now."""
        draft = self.drafts[activity_id]
        if values["starts_on"] is None and draft.values["starts_on"] is not None:
            # Dates read off the shifts stay when nobody names others.
            values = {**values, "starts_on": draft.values["starts_on"], "ends_on": draft.values["ends_on"]}
        differing = [name for name in _CHANGED_COLUMNS if draft.values[name] != values[name]]
        draft.values.update(values)
        draft.has_changed = draft.has_changed or bool(differing)
        return differing

    def add(self, values: dict[str, Any]) -> UUID:
        """Add a draft that is not in the database yet, and return its id."""
        activity_id = new_id()
        made = {"id": activity_id, "status": "draft", "status_reason": None, "published_at": None}
        self.drafts[activity_id] = _Draft({**values, **made, "created_at": self.tx.now}, is_new=True)
        return activity_id

    def save(self) -> None:
        """Write new and changed activities, one statement of each kind."""
        connection = self.tx.connection
        if rows := [draft.values for draft in self.drafts.values() if draft.is_new]:
            connection.execute(_INSERT, rows)
        changed = [draft.values for draft in self.drafts.values() if draft.has_changed and not draft.is_new]
        if changed:
            connection.execute(
                _UPDATE,
                [
                    {"b_id": row["id"], **{f"b_{name}": row[name] for name in _CHANGED_COLUMNS}}
                    for row in changed
                ],
            )
            widen(self.tx, [row["id"] for row in changed])


def limits_at(rules: Rules, tx: Tx, organization_id: UUID, zone: str) -> Limits:
    """Return the bounds in force at an organization today, by its own calendar."""
    today = local_date(tx.now, zone)
    return Limits(
        earliest_year=rules.value(policy.EARLIEST_YEAR, organization_id, today),
        latest_year=today.year + rules.value(policy.LATEST_YEARS_AHEAD, organization_id, today),
        largest_capacity=rules.value(policy.LARGEST_CAPACITY, organization_id, today),
        description_maximum=rules.value(policy.DESCRIPTION_MAXIMUM, organization_id, today),
        shift_longest_minutes=rules.value(policy.SHIFT_LONGEST_MINUTES, organization_id, today),
    )


def create(tx: Tx, items: Sequence[CreateActivity]) -> list[Outcome]:
    """Make activities in state ``draft``, or bring known ones up to date: ``created``, ``updated``, ``unchanged``.

    A later item of the batch with the same external id acts on the activity the earlier one made. An activity known
    under the external id may be moved to another organization only by who manages activities at both.
    """
    keys = [_key(item) for item in items]
    given = [item.source_digest or _digest(item) for item in items]
    if any(keys) and not tx.is_sqlite:
        tx.connection.execute(_ONE_AT_A_TIME)
    known = _known(tx, {key for key in keys if key is not None})
    news = {
        key
        for key, digest in zip(keys, given, strict=True)
        if key in known and known[key].source_digest != digest
    }
    batch = _Batch(
        tx,
        [item.details for item in items],
        [item.organization_id for item in items],
        [known[key].activity_id for key in news],
    )
    forbidden = _moving_without_permission(tx, batch, items, {key: known[key] for key in news})
    ids = {key: row.activity_id for key, row in known.items()}
    digests = {key: row.source_digest for key, row in known.items()}
    told: set[_Key] = set()
    outcomes: list[Outcome] = []
    for index, (item, key, digest) in enumerate(zip(items, keys, given, strict=True)):
        if item.organization_id is None or item.organization_id not in batch.zones:
            outcomes.append(refused(Issue("activities.unknown_organization", field="organization_id")))
            continue
        if key is not None and (issue := _bad_key(key)) is not None:
            outcomes.append(refused(issue))
            continue
        activity_id = ids.get(key) if key is not None else None
        if key is not None and activity_id is not None and digests[key] == digest:
            outcomes.append(Outcome("unchanged", activity_id))
            continue
        if index in forbidden:
            outcomes.append(refused(Issue("activities.external_id_elsewhere", field="external_id")))
            continue
        values = batch.checked(item.details, item.organization_id)
        if isinstance(values, list):
            outcomes.append(refused(*values))
        elif activity_id is None:
            activity_id = batch.add(values)
            _audit(
                tx, item.actor, "activities.create", activity_id, item.organization_id, {"status": "draft"}
            )
            outcomes.append(Outcome("created", activity_id))
        elif (status := batch.drafts[activity_id].values["status"]) in CLOSED:
            outcomes.append(refused(Issue("activities.wrong_state", params={"status": status})))
            continue
        elif differing := batch.put(activity_id, values):
            _audit(
                tx, item.actor, "activities.change", activity_id, item.organization_id, {"fields": differing}
            )
            outcomes.append(Outcome("updated", activity_id))
        else:
            # The row reads otherwise and says the same: only its digest is kept.
            _audit(tx, item.actor, "activities.reread", activity_id, item.organization_id, {})
            outcomes.append(Outcome("unchanged", activity_id))
        if key is not None and outcomes[-1].is_done:
            ids[key], digests[key] = activity_id, digest
            told.add(key)
    batch.save()
    _save_digests(tx, known, {key: (ids[key], digests[key]) for key in told})
    return outcomes


def change(tx: Tx, items: Sequence[ChangeActivity]) -> list[Outcome]:
    """Replace what is said about activities: ``updated``, ``unchanged`` or refused with every issue."""
    batch = _Batch(tx, [item.details for item in items], [], [item.activity_id for item in items])
    outcomes = []
    for item in items:
        draft = batch.drafts.get(item.activity_id)
        if draft is None or item.organization_id not in (None, draft.values["organization_id"]):
            outcomes.append(refused(Issue("activities.unknown_activity", field="activity_id")))
            continue
        organization_id = draft.values["organization_id"]
        if draft.values["status"] in CLOSED:
            outcomes.append(
                refused(Issue("activities.wrong_state", params={"status": draft.values["status"]}))
            )
            continue
        values = batch.checked(item.details, organization_id)
        if isinstance(values, list):
            outcomes.append(refused(*values))
        elif differing := batch.put(item.activity_id, values):
            _audit(
                tx, item.actor, "activities.change", item.activity_id, organization_id, {"fields": differing}
            )
            outcomes.append(Outcome("updated", item.activity_id))
        else:
            outcomes.append(Outcome("unchanged", item.activity_id))
    batch.save()
    return outcomes


def _key(item: CreateActivity) -> _Key | None:
    return (item.external_id.scheme, item.external_id.value) if item.external_id is not None else None


def _bad_key(key: _Key) -> Issue | None:
    for told, maximum in zip(key, (60, 200), strict=True):
        cleaned = clean_text(told, field="external_id", maximum=maximum)
        if isinstance(cleaned, Issue):
            return cleaned
        if not cleaned:
            return Issue("activities.external_id_empty", field="external_id")
    return None


def _known(tx: Tx, keys: Collection[_Key]) -> dict[_Key, AnyRow]:
    if not keys:
        return {}
    return {
        (row.scheme, row.value): row for row in tx.connection.execute(_KNOWN, {"external_ids": list(keys)})
    }


def _moving_without_permission(
    tx: Tx, batch: _Batch, items: Sequence[CreateActivity], known: dict[_Key, AnyRow]
) -> set[int]:
    """Return the indexes of items that would take an activity away from an organization without a role there."""
    moving: list[tuple[int, Actor, UUID]] = []
    for index, item in enumerate(items):
        key = _key(item)
        row = known.get(key) if key is not None else None
        home = batch.drafts[row.activity_id].values["organization_id"] if row is not None else None
        if home is not None and home != item.organization_id:
            moving.append((index, item.actor, home))
    answers = lacking(tx, ACTIVITIES_MANAGE, [(actor, home) for _, actor, home in moving]) if moving else []
    return {index for (index, _, _), lacks in zip(moving, answers, strict=True) if lacks}


def _save_digests(tx: Tx, known: dict[_Key, AnyRow], told: dict[_Key, tuple[UUID, bytes]]) -> None:
    fresh = [
        {
            "id": new_id(),
            "activity_id": activity_id,
            "scheme": key[0],
            "value": key[1],
            "source_digest": digest,
        }
        for key, (activity_id, digest) in told.items()
        if key not in known
    ]
    if fresh:
        tx.connection.execute(_INSERT_EXTERNAL, fresh)
    again = [{"b_id": known[key].id, "b_digest": digest} for key, (_, digest) in told.items() if key in known]
    if again:
        tx.connection.execute(_UPDATE_DIGEST, again)


def _digest(item: CreateActivity) -> bytes:
    told = json.dumps(
        [str(item.organization_id), asdict(item.details)], default=str, sort_keys=True, ensure_ascii=False
    )
    return hashlib.sha256(told.encode(errors="surrogatepass")).digest()


def _audit(
    tx: Tx, actor: Actor, action: str, activity_id: UUID, organization_id: UUID, detail: dict[str, Any]
) -> None:
    tx.audit(Audit(actor, action, "activity", activity_id, organization_id, detail))
