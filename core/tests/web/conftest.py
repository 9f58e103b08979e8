"""A small installation with a site, people, accounts and a browser."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from litestar.testing import TestClient

from zhiyuan.accounts import passwords
from zhiyuan.accounts.models import Account
from zhiyuan.kernel.ids import new_id
from zhiyuan.organizations.models import Membership, Organization, OrganizationPath
from zhiyuan.people.models import Person
from zhiyuan.runtime import Runtime
from zhiyuan.sites.models import Site
from zhiyuan.web.app import create_app
from zhiyuan.web.limits import Brake
from zhiyuan.web.portal import sign_in, verify

PASSWORD = "correct horse battery"
HASH = passwords.hashed(PASSWORD)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """Ids of what the fixture made: a root with a branch, and a second root that is another site's."""

    root: UUID
    branch: UUID
    elsewhere: UUID
    volunteer: UUID
    organizer: UUID
    manager: UUID
    stranger: UUID


class Browser:
    """A browser that follows no redirect by itself and fills in form tokens."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, path: str, **named: object):
        """Ask for a page."""
        return self.client.get(path, follow_redirects=False, **named)

    def post(self, path: str, data: dict | None = None, **named: object):
        """Send a form with its token."""
        token = self.client.cookies.get("zhiyuan_form")
        if token is None:
            self.client.get("/sign-in")
            token = self.client.cookies.get("zhiyuan_form")
        return self.client.post(
            path, data={"_csrf_token": token, **(data or {})}, follow_redirects=False, **named
        )

    def sign_in(self, login: str, password: str = PASSWORD):
        """Sign in with the password that every account here has."""
        return self.post("/sign-in", {"login": login, "password": password})


@pytest.fixture(autouse=True)
def fresh_brakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every test its own tries: the clock stands still, so those of all tests would fall into one minute."""
    for module in (sign_in, verify):
        monkeypatch.setattr(module, "_brake", Brake(60))


@pytest.fixture
def place(runtime: Runtime) -> Place:
    """Two sites: a root with a branch as the default one, and /else with an organization of its own."""
    ids = Place(*(new_id() for _ in range(7)))
    with runtime.database.uow(unaudited="test") as tx:
        for key, code, name, parent in (
            (ids.root, "root", "Harbour Volunteers", None),
            (ids.branch, "branch", "Harbour East", ids.root),
            (ids.elsewhere, "else", "Mountain Helpers", None),
        ):
            tx.session.add(
                Organization(
                    id=key, code=code, name=name, parent_id=parent, time_zone="Asia/Shanghai", created_at=NOW
                )
            )
            tx.session.flush()
        for above, below, depth in (
            (ids.root, ids.root, 0),
            (ids.branch, ids.branch, 0),
            (ids.root, ids.branch, 1),
            (ids.elsewhere, ids.elsewhere, 0),
        ):
            tx.session.add(OrganizationPath(ancestor_id=above, descendant_id=below, depth=depth))
        for slug, name, prefix, root in (
            ("main", "Harbour Volunteers", "", ids.root),
            ("else", "Mountain Helpers", "/else", ids.elsewhere),
        ):
            tx.session.add(
                Site(
                    slug=slug,
                    name=name,
                    path_prefix=prefix,
                    root_organization_id=root,
                    time_zone="Asia/Shanghai",
                    created_at=NOW,
                )
            )
        people = (
            (ids.volunteer, "Wang Xiaoming", "volunteer", ids.branch),
            (ids.organizer, "Li Hua", "organizer", ids.branch),
            (ids.manager, "Chen Jing", "manager", ids.root),
            (ids.stranger, "Zhao Lei", "manager", ids.elsewhere),
        )
        for number, (key, name, role, where) in enumerate(people, 1):
            tx.session.add(
                Person(id=key, number=f"V{number:06}", name=name, birth_date=date(1990, 5, 1), created_at=NOW)
            )
            tx.session.flush()
            tx.session.add(
                Membership(person_id=key, organization_id=where, role=role, valid_from=date(2020, 1, 1))
            )
            login = name.split()[1].lower()
            tx.session.add(Account(login=login, person_id=key, password_hash=HASH, created_at=NOW))
        tx.session.add(Account(login="root", password_hash=HASH, is_operator=True, created_at=NOW))
    return ids


@pytest.fixture
def client(runtime: Runtime) -> Iterator[TestClient]:
    """The application, answering."""
    with TestClient(create_app(runtime), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def browser(client: TestClient) -> Browser:
    """A fresh browser."""
    return Browser(client)


def later(**by: float) -> datetime:
    """Return an instant after the frozen clock's."""
    return NOW + timedelta(**by)
