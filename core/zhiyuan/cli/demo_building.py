"""Builds the demonstration through the same commands that everybody uses, at moments of a clock that it sets itself.

Doing it again changes nothing: everything carries an external id of the scheme ``demo``. What lies in the past is made
once; coming activities are made for each week in which the demonstration is built.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from zhiyuan.accounts import passwords
from zhiyuan.accounts import queries as accounts
from zhiyuan.accounts import service as account_service
from zhiyuan.accounts.schemas import CreateAccount
from zhiyuan.activities import queries as activities
from zhiyuan.activities import service as activity_service
from zhiyuan.activities.schemas import ActivityDetails
from zhiyuan.activities.service import (
    AddShift,
    ChangeActivityState,
    CheckIn,
    CheckOut,
    CreateActivity,
    SignUpRequest,
)
from zhiyuan.cli.demo_content import HARBOUR, HARBOUR_PARTNERS, PLACES, REGIONS, SIGN_INS, DemoPlace
from zhiyuan.cli.demo_files import import_regions, import_samples
from zhiyuan.kernel.actor import operator
from zhiyuan.kernel.commands import Command, ItemT, Outcome
from zhiyuan.kernel.errors import RuleViolation
from zhiyuan.kernel.external_ids import ExternalId
from zhiyuan.organizations import queries as organizations
from zhiyuan.organizations import service as organization_service
from zhiyuan.organizations.policy import TARGET_PERCENT, TARGET_POPULATION
from zhiyuan.organizations.schemas import CreateOrganization, JoinOrganization
from zhiyuan.people import queries as people
from zhiyuan.people import service as people_service
from zhiyuan.people.schemas import PersonDetails
from zhiyuan.people.service import RegisterPerson
from zhiyuan.policy.service import SET_RULE_VALUES, SetRuleValue
from zhiyuan.records import certificates
from zhiyuan.records import queries as records
from zhiyuan.records import service as record_service
from zhiyuan.records.schemas import ConfirmRecord, IssueCertificate, RecordAttendance
from zhiyuan.regions import service as region_service
from zhiyuan.regions.schemas import ImportRegion
from zhiyuan.runtime import Runtime
from zhiyuan.sites import queries as sites
from zhiyuan.sites import service as site_service
from zhiyuan.sites.schemas import CreateSite

SCHEME = "demo"
_ACTOR = operator("cli")
_SINCE = date(2025, 1, 1)


class DemoClock:
    """A clock that stands where the demonstration needs it."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        """Return the instant it was last set to."""
        return self.instant


@dataclass
class Built:
    """What a run found or made. ``counts`` are of things made this time."""

    counts: dict[str, int] = field(default_factory=dict)
    certificates: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def add(self, kind: str, outcomes: Sequence[Outcome]) -> None:
        """Count what was made, under a plural noun."""
        made = sum(outcome.status not in ("unchanged", "updated") for outcome in outcomes)
        self.counts[kind] = self.counts.get(kind, 0) + made


class Builder:
    """One run on one installation. ``password`` is what new sign-ins get."""

    def __init__(self, runtime: Runtime, clock: DemoClock, password: str) -> None:
        self._runtime = runtime
        self._clock = clock
        self._now = clock.instant
        self._password = password
        self.built = Built()

    def build(self) -> Built:
        """Build everything, the places one after another."""
        self._clock.instant = self._now - timedelta(days=21)
        self._regions()
        roots = {place.slug: self._organizations(place) for place in PLACES}
        for place in PLACES:
            self._people(place, roots[place.slug])
        self._sign_ins(roots)
        self._samples()
        for place in PLACES:
            self._past(place, roots[place.slug])
            self._coming(place, roots[place.slug])
        self._clock.instant = self._now
        return self.built

    def _do(self, kind: str, command: Command[ItemT], items: Sequence[ItemT]) -> list[Outcome]:
        outcomes = self._runtime.bus.submit(command, items)
        refused = [issue for outcome in outcomes if not outcome.is_done for issue in outcome.issues]
        if refused:
            raise RuleViolation(refused)
        self.built.add(kind, outcomes)
        return outcomes

    def _regions(self) -> None:
        created, missing = import_regions(self._runtime)
        self.built.left_out.extend(missing)
        if not missing:
            self.built.counts["regions"] = created
            return
        self._do(
            "regions",
            region_service.IMPORT_REGIONS,
            [
                ImportRegion(
                    actor=_ACTOR, organization_id=None, code=code, name=name, level=level, parent_code=above
                )
                for code, name, level, above in REGIONS
            ],
        )

    def _samples(self) -> None:
        summaries, missing = import_samples(self._runtime)
        self.built.left_out.extend(missing)
        for name, summary in summaries.items():
            self.built.counts[name] = summary.created + summary.updated

    def _target(self, place: DemoPlace) -> None:
        keys = (TARGET_PERCENT.id, TARGET_POPULATION.id)
        values = [
            SetRuleValue(
                actor=_ACTOR, organization_id=None, place=f"site:{place.slug}", key=key, value=value, effective_from=_SINCE
            )
            for key, value in zip(keys, place.target or (), strict=False)
        ]  # fmt: skip
        self._do("rules", SET_RULE_VALUES, values)

    def _organizations(self, place: DemoPlace) -> UUID:
        tree: list[tuple[str, str, str, str | None]] = [(place.slug, place.name, place.level_name, None)]
        tree += [(code, name, place.branch_level, place.slug) for code, name in place.branches]
        outcomes = self._do(
            "organizations",
            organization_service.CREATE,
            [
                CreateOrganization(
                    actor=_ACTOR,
                    organization_id=None,
                    code=code,
                    name=name,
                    kind="association" if above is None else "branch",
                    level_name=level,
                    parent_code=above,
                    region_code=place.region_code if above is None else None,
                    time_zone=place.time_zone,
                    external_id=ExternalId(SCHEME, code),
                )
                for code, name, level, above in tree
            ],
        )
        root_id = outcomes[0].id
        if root_id is None:
            raise RuleViolation(outcomes[0].issues)
        with self._runtime.database.reading() as tx:
            known = sites.by_slug(tx, place.slug)
        if known is None:
            site = CreateSite(
                actor=_ACTOR,
                organization_id=root_id,
                slug=place.slug,
                name=place.name,
                path_prefix=place.prefix,
                languages=place.languages,
                time_zone=place.time_zone,
            )
            self._do("sites", site_service.CREATE, [site])
        self._target(place)
        return root_id

    def _people(self, place: DemoPlace, root_id: UUID) -> None:
        outcomes = self._do(
            "people",
            people_service.REGISTER,
            [
                RegisterPerson(
                    actor=_ACTOR,
                    organization_id=root_id,
                    details=PersonDetails(name=name, birth_date=date(1970 + 3 * number, 1 + number, 11)),
                    external_id=ExternalId(SCHEME, f"{place.slug}-{number}"),
                )
                for number, name in enumerate(place.people)
            ],
        )
        branches = self._branches(place)
        joining = [
            JoinOrganization(
                actor=_ACTOR,
                organization_id=branches[number % len(branches)],
                person_id=outcome.id,
                role="volunteer",
                valid_from=_SINCE,
            )
            for number, outcome in enumerate(outcomes)
            if outcome.id is not None
        ]
        self._do("memberships", organization_service.JOIN, joining)

    def _branches(self, place: DemoPlace) -> list[UUID]:
        codes = [code for code, _ in place.branches if code != HARBOUR_PARTNERS]
        with self._runtime.database.reading() as tx:
            found = organizations.by_codes(tx, codes)
        return [found[code] for code in codes]

    def _sign_ins(self, roots: dict[str, UUID]) -> None:
        with self._runtime.database.reading() as tx:
            known = accounts.by_logins(tx, [entry.login for entry in SIGN_INS])
        for entry in SIGN_INS:
            person_id = None
            if entry.name is not None:
                person = RegisterPerson(
                    actor=_ACTOR,
                    organization_id=roots[HARBOUR.slug],
                    details=PersonDetails(name=entry.name, birth_date=date(1988, 8, 8)),
                    external_id=ExternalId(SCHEME, f"account-{entry.login}"),
                )
                person_id = self._do("people", people_service.REGISTER, [person])[0].id
            if person_id is not None:
                joining = [
                    JoinOrganization(
                        actor=_ACTOR,
                        organization_id=where,
                        person_id=person_id,
                        role=role,
                        valid_from=_SINCE,
                    )
                    for place in entry.places
                    for where, role in (
                        (roots[place.slug], entry.role),
                        (self._branches(place)[0], "volunteer"),
                    )
                    if role is not None
                ]
                self._do("memberships", organization_service.JOIN, joining)
            if entry.login not in known:
                account = CreateAccount(
                    actor=_ACTOR,
                    organization_id=None,
                    login=entry.login,
                    person_id=person_id,
                    password_hash=passwords.hashed(self._password),
                    is_operator=entry.role is None,
                )
                self._do("accounts", account_service.CREATE, [account])

    def _activity(
        self, place: DemoPlace, number: int, value: str, day: date, *, shifts: Sequence[tuple[int, int, int]]
    ) -> tuple[UUID, UUID, list[UUID]] | None:
        """Publish one activity with shifts (first hour, last hour, places); ``None`` when it is there already."""
        _, title, summary, where, position = place.activities[number]
        with self._runtime.database.reading() as tx:
            if activities.by_external_ids(tx, SCHEME, [value]):
                return None
        branches = self._branches(place)
        here = branches[number % len(branches)]
        details = ActivityDetails(
            title=title,
            summary=summary,
            place_text=where,
            starts_on=day,
            ends_on=day,
            leader_name=place.people[0],
            recorder_name=place.people[-1],
        )
        item = CreateActivity(
            actor=_ACTOR, organization_id=here, details=details, external_id=ExternalId(SCHEME, value)
        )
        activity_id = self._do("activities", activity_service.CREATE, [item])[0].id
        if activity_id is None:
            return None
        zone = ZoneInfo(place.time_zone)
        adding = [
            AddShift(
                actor=_ACTOR,
                organization_id=here,
                activity_id=activity_id,
                position=position,
                starts_at=datetime.combine(day, time(first), zone).astimezone(UTC),
                ends_at=datetime.combine(day, time(last), zone).astimezone(UTC),
                capacity=capacity,
                waitlist_limit=5,
                external_key=f"{first}",
            )
            for first, last, capacity in shifts
        ]
        shift_ids = [
            outcome.id for outcome in self._do("shifts", activity_service.ADD_SHIFTS, adding) if outcome.id
        ]
        self._step(activity_service.PUBLISH, here, activity_id)
        return activity_id, here, shift_ids

    def _step(self, command: Command[ChangeActivityState], here: UUID, activity_id: UUID) -> None:
        item = ChangeActivityState(actor=_ACTOR, organization_id=here, activity_id=activity_id)
        self._do("steps", command, [item])

    def _volunteers(self, place: DemoPlace) -> list[UUID]:
        values = [f"{place.slug}-{number}" for number in range(len(place.people))]
        with self._runtime.database.reading() as tx:
            found = people.by_external_ids(tx, SCHEME, [*values, "account-volunteer"])
        invited = [found["account-volunteer"]] if place in SIGN_INS[-1].places else []
        return invited + [found[value] for value in values[:-1]]

    def _past(self, place: DemoPlace, root_id: UUID) -> None:
        """An activity of ten days ago: signed up, checked in and out, recorded; the last record still waits."""
        day = (self._now.astimezone(ZoneInfo(place.time_zone)) - timedelta(days=10)).date()
        self._clock.instant = self._now - timedelta(days=14)
        made = self._activity(place, 0, f"past-{place.slug}", day, shifts=[(9, 12, 20)])
        if made is None:
            return
        activity_id, here, shift_ids = made
        wishes = [
            SignUpRequest(actor=_ACTOR, organization_id=here, shift_id=shift_ids[0], person_id=person_id)
            for person_id in self._volunteers(place)
        ]
        sign_ups = [
            outcome.id for outcome in self._do("sign-ups", activity_service.SIGN_UP, wishes) if outcome.id
        ]
        zone = ZoneInfo(place.time_zone)
        self._clock.instant = datetime.combine(day, time(9), zone).astimezone(UTC)
        self._step(activity_service.START, here, activity_id)
        for number, sign_up_id in enumerate(sign_ups):
            self._clock.instant = datetime.combine(day, time(8, 50 + number), zone).astimezone(UTC)
            coming = CheckIn(actor=_ACTOR, organization_id=here, sign_up_id=sign_up_id, method="hand")
            self._do("check-ins", activity_service.CHECK_IN, [coming])
        for number, sign_up_id in enumerate(sign_ups):
            self._clock.instant = datetime.combine(day, time(12, 2 + number), zone).astimezone(UTC)
            going = CheckOut(actor=_ACTOR, organization_id=here, sign_up_id=sign_up_id, method="hand")
            self._do("check-outs", activity_service.CHECK_OUT, [going])
        self._step(activity_service.FINISH, here, activity_id)
        observed = [
            RecordAttendance(actor=_ACTOR, organization_id=here, sign_up_id=sign_up_id)
            for sign_up_id in sign_ups
        ]
        self._do("records", record_service.RECORD_ATTENDANCE, observed)
        self._clock.instant += timedelta(days=1)
        with self._runtime.database.reading() as tx:
            waiting = records.awaiting_confirmation(tx, root_id)
        right = [
            ConfirmRecord(actor=_ACTOR, organization_id=row.organization_id, record_id=row.id)
            for row in waiting[:-2]
        ]
        self._do("confirmations", record_service.CONFIRM, right)
        if place in SIGN_INS[-1].places and right:
            self._certificate(place, root_id, waiting[0].person_id)

    def _certificate(self, place: DemoPlace, root_id: UUID, person_id: UUID) -> None:
        item = IssueCertificate(
            actor=_ACTOR, organization_id=root_id, person_id=person_id, locale=place.languages[0]
        )
        issued = self._do("certificates", certificates.ISSUE, [item])[0]
        with self._runtime.database.reading() as tx:
            view = certificates.get(tx, issued.id) if issued.id else None
        if view is not None:
            self.built.certificates.append((view.number, view.check_code))

    def _coming(self, place: DemoPlace, root_id: UUID) -> None:
        """Activities of the coming days, the first of them with a few people signed up and one shift full."""
        self._clock.instant = self._now
        today = self._now.astimezone(ZoneInfo(place.time_zone)).date()
        year, week, _ = today.isocalendar()
        for number in range(len(place.activities)):
            day = today + timedelta(days=1 + 2 * number)
            value = f"{place.activities[number][0]}-{year}-{week}"
            made = self._activity(place, number, value, day, shifts=[(9, 12, 12), (14, 17, 3)])
            if made is None or number > 0:
                continue
            _, here, shift_ids = made
            wishes = [
                SignUpRequest(actor=_ACTOR, organization_id=here, shift_id=shift_id, person_id=person_id)
                for person_id in self._volunteers(place)[1:5]
                for shift_id in shift_ids
            ]
            self._do("sign-ups", activity_service.SIGN_UP, wishes)
