"""Two neighbours who know nothing of each other, and a token for everybody."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from litestar.testing import TestClient

from zhiyuan.accounts import service as accounts
from zhiyuan.accounts.permissions import SCOPES
from zhiyuan.accounts.schemas import CreateAccount, CreateToken
from zhiyuan.accounts.tokens import digest, new_token
from zhiyuan.kernel.actor import Actor
from zhiyuan.organizations import service as organizations
from zhiyuan.organizations.schemas import CreateOrganization, JoinOrganization
from zhiyuan.people.schemas import PersonDetails
from zhiyuan.people.service import REGISTER, RegisterPerson
from zhiyuan.runtime import Runtime
from zhiyuan.sites.models import Site
from zhiyuan.web.app import create_app

PEOPLE = {
    "volunteer": ("Wang Xiaoming", "volunteer", "harbour-east"),
    "organizer": ("Li Hua", "organizer", "harbour-east"),
    "manager": ("Chen Jing", "manager", "harbour"),
    "neighbour": ("Zhao Lei", "manager", "mountain"),
    "climber": ("Sun Yue", "volunteer", "mountain"),
}
"""Login -> name, role, where."""


class Caller:
    """A program with one token."""

    def __init__(self, client: TestClient, token: str | None) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, **query: Any):
        """Ask for something."""
        return self._client.get(f"/api/v1{path}", params=query, headers=self._headers)

    def post(self, path: str, items: Any, **headers: str):
        """Send a batch."""
        body = items if isinstance(items, dict) and "items" in items else {"items": items}
        return self._client.post(f"/api/v1{path}", json=body, headers={**self._headers, **headers})

    def ask(self, path: str, items: list[dict[str, Any]], **headers: str) -> list[dict[str, Any]]:
        """Send a batch that is answered, and return the outcomes."""
        answer = self.post(path, items, **headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["outcomes"]

    def one(self, path: str, **item: Any) -> dict[str, Any]:
        """Send one item and return its outcome."""
        (outcome,) = self.ask(path, [item])
        return outcome


@dataclass
class World:
    """Ids of organizations by code and of people by login; ``tokens`` in clear."""

    runtime: Runtime
    operator: Actor
    places: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)
    accounts: dict[str, UUID] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, login: str, scopes: tuple[str, ...] | None = None, **more: Any) -> str:
        """Make a token of an account, by default with every scope."""
        token = new_token()
        item = CreateToken(
            actor=self.operator, organization_id=None, account_id=self.accounts[login], token_hash=digest(token),
            scopes=scopes or tuple(sorted(SCOPES)), **more,
        )  # fmt: skip
        self.runtime.bus.submit_one(accounts.CREATE_TOKEN, item)
        return token


@pytest.fixture
def world(runtime: Runtime, operator: Actor) -> World:
    """The harbour with its eastern branch, the mountain next door, their people, and accounts for all."""
    made = World(runtime, operator)
    bus = runtime.bus
    for code, parent in (("harbour", None), ("harbour-east", "harbour"), ("mountain", None)):
        item = CreateOrganization(
            actor=operator, organization_id=None, name=code.title(), code=code, parent_code=parent,
            time_zone="Asia/Shanghai", status="active",
        )  # fmt: skip
        made.places[code] = bus.submit_one(organizations.CREATE, item).id
    with runtime.database.uow(unaudited="test") as tx:
        for slug, prefix, root in (("main", "", "harbour"), ("mountain", "/mountain", "mountain")):
            tx.session.add(
                Site(
                    slug=slug, name=slug, path_prefix=prefix, root_organization_id=made.places[root],
                    time_zone="Asia/Shanghai", created_at=tx.now,
                )
            )  # fmt: skip
    for login, (name, role, code) in PEOPLE.items():
        place = made.places[code]
        person = RegisterPerson(
            actor=operator,
            organization_id=place,
            details=PersonDetails(name=name, birth_date=date(1990, 5, 1)),
        )
        made.people[login] = bus.submit_one(REGISTER, person).id
        join = JoinOrganization(
            actor=operator,
            organization_id=place,
            person_id=made.people[login],
            role=role,
            valid_from=date(2020, 1, 1),
        )
        bus.submit_one(organizations.JOIN, join)
        account = CreateAccount(
            actor=operator, organization_id=None, login=login, person_id=made.people[login]
        )
        made.accounts[login] = bus.submit_one(accounts.CREATE, account).id
    root = CreateAccount(actor=operator, organization_id=None, login="root", is_operator=True)
    made.accounts["root"] = bus.submit_one(accounts.CREATE, root).id
    for login in made.accounts:
        made.tokens[login] = made.token(login)
    return made


@pytest.fixture
def client(runtime: Runtime) -> Iterator[TestClient]:
    """The application, answering."""
    with TestClient(create_app(runtime), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def as_(client: TestClient, world: World):
    """Return callers by login; ``None`` is somebody without a token."""

    def caller(login: str | None) -> Caller:
        return Caller(client, world.tokens[login] if login else None)

    return caller


@pytest.fixture
def with_token(client: TestClient):
    """Return callers by token."""
    return lambda token: Caller(client, token)


@dataclass(frozen=True)
class Scene:
    """One of everything at the eastern harbour: ids as the interface gives them out."""

    draft: str
    activity: str
    shift: str
    sign_up: str
    record: str
    confirmed: str
    certificate: str


@pytest.fixture
def scene(as_, world: World) -> Scene:
    """A draft, a published activity whose shift the volunteer has a place at, two records, a certificate."""
    organizer, manager = as_("organizer"), as_("manager")
    draft = organizer.one("/activities", organization="harbour-east", title="Not told yet")["id"]
    activity = organizer.one("/activities", organization="harbour-east", title="Clean the quay")["id"]
    shift = organizer.one(
        "/shifts",
        activity_id=activity,
        starts_at="2026-03-02T12:20:00Z",
        ends_at="2026-03-02T14:20:00Z",
        capacity=2,
    )["id"]
    assert organizer.one("/activities/publish", activity_id=activity)["status"] == "published"
    volunteer = str(world.people["volunteer"])
    sign_up = as_("volunteer").one("/sign-ups", shift_id=shift, person_id=volunteer)
    assert sign_up["status"] == "accepted", sign_up
    told = {
        "organization": "harbour-east",
        "person_id": volunteer,
        "title": "Sorted nets",
        "service_date": "2026-02-27",
        "minutes": 90,
    }
    record, confirmed = (
        organizer.one("/records", **told, status=status)["id"] for status in ("pending", "confirmed")
    )
    certificate = manager.one("/certificates", organization="harbour", person_id=volunteer)
    assert certificate["status"] == "issued", certificate
    return Scene(draft, activity, shift, sign_up["id"], record, confirmed, certificate["id"])
