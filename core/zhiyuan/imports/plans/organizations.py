"""Rows that are organizations, placed below the organization of the command unless they name the one above."""

from collections.abc import Sequence

from zhiyuan.imports.mapping import compile_id
from zhiyuan.imports.plans.plan import Fate, Plan, Ready, Setting, Submit, digest_of, fate_of
from zhiyuan.imports.readers import Row
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.schemas import CreateOrganization
from zhiyuan.organizations.service import CREATE


class OrganizationsPlan(Plan):
    """A row above another in the tree has to stand above it in the file too."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        spec = setting.mapping.external_id
        self._scheme = spec.scheme if spec else ""
        self._id = compile_id(spec, setting.table) if spec else None

    def convert(self, row: Row) -> Ready:
        """See :class:`Plan`."""
        ready = self._read(row)
        if self._id is not None:
            self._identify(ready, self._id.read(row.cells, []), self._scheme, ready.told)
        else:
            ready.digest = digest_of(ready.told)
        return ready

    def carry_out(self, tx: Tx, submit: Submit, chunk: Sequence[Ready]) -> list[Fate]:
        """See :class:`Plan`."""
        outcomes = submit(CREATE, [self._item(ready) for ready in chunk])
        return [fate_of(outcome, ready.warnings) for outcome, ready in zip(outcomes, chunk, strict=True)]

    def _item(self, ready: Ready) -> CreateOrganization:
        told = dict(ready.told)
        return CreateOrganization(
            actor=self.setting.actor,
            organization_id=self.setting.organization_id,
            parent_id=None if told.get("parent_code") else self.setting.organization_id,
            external_id=ready.external_id,
            source_digest=ready.digest if ready.external_id else None,
            **{"name": "", **told},
        )
