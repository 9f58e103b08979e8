"""What tests of imports share."""

import os
from pathlib import Path
from uuid import UUID

import pytest

from zhiyuan.kernel.actor import Actor
from zhiyuan.organizations.schemas import CreateOrganization
from zhiyuan.organizations.service import CREATE
from zhiyuan.runtime import Runtime


@pytest.fixture
def shared_data() -> Path:
    """The folder of files made by others; tests that need them are skipped without it."""
    folder = os.environ.get("ZHIYUAN_SHARED_DATA")
    if not folder:
        pytest.skip("ZHIYUAN_SHARED_DATA does not name the folder of real files")
    return Path(folder)


@pytest.fixture
def mappings() -> Path:
    """The mappings that the documentation shows."""
    return next(
        folder / "docs/examples/mappings" for folder in Path(__file__).parents if (folder / "docs").is_dir()
    )


@pytest.fixture
def place(runtime: Runtime, operator: Actor) -> str:
    """The code of an organization in New York."""
    item = CreateOrganization(
        actor=operator, organization_id=None, name="Here", code="here", time_zone="America/New_York"
    )
    runtime.bus.submit_one(CREATE, item)
    return "here"


@pytest.fixture
def place_id(runtime: Runtime, place: str) -> UUID:
    """The id of that organization."""
    from zhiyuan.organizations import queries

    with runtime.database.reading() as tx:
        return queries.by_codes(tx, [place])[place]
