"""Requests drawn from the description itself: whatever they hold, no answer is a defect."""

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig

from zhiyuan.web.app import create_app

BOUNDED = settings(
    max_examples=6,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def description(client) -> dict[str, Any]:
    """The description of the interface."""
    return client.get("/schema/openapi.json").json()


def test_no_request_that_fits_the_description_is_a_defect(as_, world, scene, description, client):
    """The ids and codes are sometimes real ones, so that requests come through to the rooms behind."""
    ids = [*vars(scene).values(), *map(str, world.people.values())]
    headers = {"Authorization": f"Bearer {world.tokens['root']}"}

    def answered(case: Any, chance: Any) -> None:
        post = case.operation.method == "post"
        body = realistic(case.body, chance, ids) if post else None
        address = case.operation.path
        for name, value in (case.path_parameters or {}).items():
            real = chance.choice(ids) if name.endswith("_id") else "harbour"
            address = address.replace("{" + name + "}", str(value) if chance.random() < 0.3 else real)
        query = {
            name: "harbour" if name in ("organization", "below") and chance.random() < 0.7 else value
            for name, value in (case.query or {}).items()
        }
        answer = client.request(
            case.operation.method.upper(),
            address.replace("#", "%23").replace("?", "%3F"),
            params=query,
            headers=headers,
            content=json.dumps(body) if post else None,
        )
        assert answer.status_code < 500, (address, query, body, answer.text)
        if post and answer.status_code == 200:
            failed = [outcome for outcome in answer.json()["outcomes"] if outcome["status"] == "failed"]
            assert not failed, (address, body)

    schema = schemathesis.openapi.from_dict(description, config=SchemathesisConfig())
    met = set()
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path.startswith("/api/v1"):
            BOUNDED(given(case=operation.as_strategy(), chance=st.randoms(use_true_random=False))(answered))()
            met.add(operation.path)
    assert len(met) == sum(path.startswith("/api/v1") for path in description["paths"])


def realistic(value: Any, chance: Any, ids: list[str]) -> Any:
    """Return ``value`` with some ids and codes replaced by real ones."""
    if isinstance(value, list):
        return [realistic(entry, chance, ids) for entry in value[:5]]
    if not isinstance(value, dict):
        return None if isinstance(value, bytes) else value
    told = {}
    for name, entry in value.items():
        if isinstance(entry, str) and chance.random() < 0.7:
            if name.endswith("_id"):
                entry = chance.choice(ids)  # noqa: PLW2901
            elif name in ("organization", "parent"):
                entry = "harbour"  # noqa: PLW2901
            elif name == "time_zone":
                entry = "UTC"  # noqa: PLW2901
        told[name] = realistic(entry, chance, ids)
    return told


def test_the_description_is_the_same_for_every_process(runtime, description):
    assert create_app(runtime).openapi_schema.to_schema() == description
