"""Rows that are people: registered, and joined to the organization of the command."""

from collections.abc import Sequence

from zhiyuan.imports.mapping import compile_id
from zhiyuan.imports.plans.plan import Fate, Plan, Ready, Setting, Submit, digest_of, fate_of
from zhiyuan.imports.readers import Row
from zhiyuan.kernel.commands import Outcome
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.schemas import JoinOrganization
from zhiyuan.organizations.service import JOIN
from zhiyuan.people.schemas import PersonDetails
from zhiyuan.people.service import REGISTER, RegisterPerson


class PeoplePlan(Plan):
    """Without an external id in the mapping, people are found again by document number only."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        spec = setting.mapping.external_id
        self._scheme = spec.scheme if spec else ""
        self._id = compile_id(spec, setting.table) if spec else None

    def convert(self, row: Row) -> Ready:
        """See :class:`Plan`."""
        ready = self._read(row)
        if self._id is not None:
            self._identify(ready, self._id.read(row.cells, []), self._scheme, [ready.told, ready.extra])
        else:
            ready.digest = digest_of([ready.told, ready.extra])
        return ready

    def carry_out(self, tx: Tx, submit: Submit, chunk: Sequence[Ready]) -> list[Fate]:
        """See :class:`Plan`. Joining is part of the row's success; a row that only joins counts as ``updated``."""
        outcomes = list(submit(REGISTER, [self._item(ready) for ready in chunk]))
        place = self.setting.organization_id
        if place is not None:
            registered = [index for index, outcome in enumerate(outcomes) if outcome.is_done and outcome.id]
            joins = [
                JoinOrganization(
                    actor=self.setting.actor,
                    organization_id=place,
                    person_id=outcomes[index].id,  # type: ignore[arg-type]  # those without an id were left out
                    valid_from=chunk[index].told.get("registered_on"),
                )
                for index in registered
            ]
            for index, joined in zip(registered, submit(JOIN, joins), strict=True):
                outcomes[index] = _together(outcomes[index], joined)
        return [fate_of(outcome, ready.warnings) for outcome, ready in zip(outcomes, chunk, strict=True)]

    def _item(self, ready: Ready) -> RegisterPerson:
        return RegisterPerson(
            actor=self.setting.actor,
            organization_id=self.setting.organization_id,
            details=PersonDetails(**{"name": "", **ready.told}, extra=ready.extra),
            external_id=ready.external_id,
            source_digest=ready.digest if ready.external_id else None,
            places=self.setting.places,
        )


def _together(registered: Outcome, joined: Outcome) -> Outcome:
    if not joined.is_done:
        return Outcome(joined.status, registered.id, (*registered.issues, *joined.issues))
    if registered.status == "unchanged" and joined.status in ("created", "updated"):
        return Outcome("updated", registered.id, registered.issues)
    return registered
