"""Organizations, requests and throw-away plugin packages for the tests of the plugin host."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from zhiyuan.activities.schemas import SignUpCheck
from zhiyuan.kernel.actor import operator
from zhiyuan.kernel.audit import Audit
from zhiyuan.kernel.commands import Command, Item, Outcome
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.models import Organization, OrganizationPath
from zhiyuan.runtime import Runtime

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)

MANIFEST = """[plugin]
id = "{id}"
name = {{ en = "{id}" }}
version = "1.0"
hook_api = 1
requires_core = ">=0.1"
"""


@dataclass(frozen=True)
class Tree:
    """A county with a town below it and a team below that, and another county beside."""

    county: UUID
    town: UUID
    team: UUID
    other: UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Try(Item):
    """A pretended sign-up of somebody at ``organization_id``."""

    person_id: UUID


def _write(tx: Tx, items: Sequence[Try]) -> list[Outcome]:
    tx.audit(*(Audit(item.actor, "tests.try", "person", item.person_id) for item in items))
    return [Outcome("accepted", item.person_id) for item in items]


def _requests(tx: Tx, items: Sequence[Try]) -> list[SignUpCheck]:
    return [
        request(item.organization_id, key=str(index), person_id=item.person_id)
        for index, item in enumerate(items)
    ]


TRY = Command("tests.try", None, _write, hook="check_signups", requests=_requests)


def request(organization_id: UUID, *, key: str = "0", person_id: UUID | None = None) -> SignUpCheck:
    return SignUpCheck(
        key=key,
        organization_id=organization_id,
        activity_id=new_id(),
        shift_id=new_id(),
        person_id=person_id or new_id(),
        starts_at=NOW,
        ends_at=NOW + timedelta(hours=2),
    )


def tries(*organization_ids: UUID) -> list[Try]:
    return [Try(actor=operator(), organization_id=place, person_id=new_id()) for place in organization_ids]


def codes(outcome: Outcome) -> list[str]:
    return [issue.code for issue in outcome.issues]


@pytest.fixture
def tree(runtime: Runtime) -> Tree:
    """The organizations of :class:`Tree`."""
    tree = Tree(new_id(), new_id(), new_id(), new_id())
    above = {
        tree.county: [tree.county],
        tree.town: [tree.town, tree.county],
        tree.team: [tree.team, tree.town, tree.county],
        tree.other: [tree.other],
    }
    with runtime.database.uow(unaudited="test") as tx:
        for place, ancestors in above.items():
            parent = ancestors[1] if len(ancestors) > 1 else None
            tx.session.add(
                Organization(id=place, code=str(place), name="x", parent_id=parent, created_at=tx.now)
            )
            tx.session.flush()
            for depth, ancestor in enumerate(ancestors):
                tx.session.add(OrganizationPath(ancestor_id=ancestor, descendant_id=place, depth=depth))
    return tree


WritePlugin = Callable[..., EntryPoint]


@pytest.fixture
def write_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WritePlugin]:
    """A function that writes a plugin package and returns its entry point: ``write_plugin(id, code, manifest=...)``."""
    root = tmp_path / "packages"
    root.mkdir()
    monkeypatch.syspath_prepend(str(root))
    packages = []

    def write(
        plugin_id: str,
        code: str = "",
        *,
        manifest: str | None = None,
        extra: str = "",
        models: str | None = None,
    ) -> EntryPoint:
        package = f"zhiyuan_{plugin_id}"
        packages.append(package)
        folder = root / package
        (folder / "migrations" / "versions").mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / "plugin.py").write_text("from zhiyuan.sdk import *\n" + code)
        (folder / "plugin.toml").write_text((manifest or MANIFEST.format(id=plugin_id)) + extra)
        if models is not None:
            (folder / "models.py").write_text(models)
        return EntryPoint(plugin_id, package, "zhiyuan.plugins")

    yield write
    for name in [name for name in sys.modules if name.split(".")[0] in packages]:
        del sys.modules[name]


@pytest.fixture
def kit() -> Any:
    """The helpers of this module, which tests cannot import by name."""
    return SimpleNamespace(TRY=TRY, tries=tries, request=request, codes=codes)
