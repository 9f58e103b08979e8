"""Which site answers a request, and which places rule at an organization."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from zhiyuan.accounts import permissions
from zhiyuan.kernel.actor import Actor
from zhiyuan.kernel.commands import Outcome
from zhiyuan.kernel.ids import new_id
from zhiyuan.organizations.schemas import CreateOrganization
from zhiyuan.organizations.service import CREATE as CREATE_ORGANIZATIONS
from zhiyuan.regions.schemas import ImportRegion
from zhiyuan.regions.service import IMPORT_REGIONS
from zhiyuan.runtime import Runtime
from zhiyuan.sites import queries, service
from zhiyuan.sites.issues import ISSUES
from zhiyuan.sites.schemas import CreateSite


def organizations(runtime: Runtime, actor: Actor, *items: dict[str, Any]) -> list[UUID]:
    """Create organizations and return their ids."""
    outcomes = runtime.bus.submit(
        CREATE_ORGANIZATIONS,
        [CreateOrganization(actor=actor, organization_id=None, **item) for item in items],
    )
    return [outcome.id for outcome in outcomes if outcome.id is not None]


@pytest.fixture
def root(runtime: Runtime, operator: Actor) -> UUID:
    """An organization in Simao."""
    return organizations(
        runtime,
        operator,
        {"name": "Simao", "code": "simao", "region_code": "530802", "time_zone": "Asia/Shanghai"},
    )[0]


def create(runtime: Runtime, actor: Actor, root: UUID | None, slug: str, **more: Any) -> Outcome:
    """Create one site."""
    item = CreateSite(actor=actor, organization_id=root, slug=slug, name=more.pop("name", slug), **more)
    return runtime.bus.submit(service.CREATE, [item])[0]


def answering(runtime: Runtime, host: str, path: str) -> str | None:
    """Return the slug of the site that answers."""
    with runtime.database.reading() as tx:
        site = queries.site_for(tx, host, path)
    return site.slug if site else None


@pytest.mark.parametrize(
    ("host", "path", "slug"),
    [
        ("simao.example.org", "/", "by-host"),
        ("SIMAO.example.org.:8000", "/activities", "by-host"),
        ("simao.example.org", "/simao/x", "by-host"),
        ("simao.example.org", "/teams/x", "by-both"),
        ("other.example.org", "/simao", "by-path"),
        ("other.example.org", "/simao/activities", "by-path"),
        ("other.example.org", "/simaoer", "default"),
        ("other.example.org", "/", "default"),
        ("[::1]:8000", "/", "default"),
        ("", "", "default"),
        ("志愿.example", "/", "chinese"),
        ("志愿.example".encode("idna").decode(), "/", "chinese"),
    ],
)
def test_the_host_wins_then_the_longest_prefix_then_the_default_site(
    runtime: Runtime, operator: Actor, root: UUID, host: str, path: str, slug: str
) -> None:
    create(runtime, operator, root, "by-host", host="Simao.Example.org")
    create(runtime, operator, root, "by-both", host="simao.example.org", path_prefix="/teams/")
    create(runtime, operator, root, "by-path", path_prefix="/simao")
    create(runtime, operator, root, "default")
    create(runtime, operator, root, "chinese", host="志愿.example")

    assert slug == answering(runtime, host, path)


def test_a_request_that_no_site_claims_is_answered_by_none(
    runtime: Runtime, operator: Actor, root: UUID
) -> None:
    create(runtime, operator, root, "by-path", path_prefix="/simao")

    assert answering(runtime, "x.example", "/") is None


def test_a_site_is_brought_up_to_date_by_its_slug(runtime: Runtime, operator: Actor, root: UUID) -> None:
    statuses = [
        create(runtime, operator, root, "simao").status,
        create(runtime, operator, root, "simao").status,
        create(
            runtime, operator, root, "simao", languages=("zh-Hans", "en"), filing_number="滇ICP备1号"
        ).status,
    ]

    assert ["created", "unchanged", "updated"] == statuses
    with runtime.database.reading() as tx:
        site = queries.by_slug(tx, "simao")
    assert site is not None
    assert ("Asia/Shanghai", ("zh-Hans", "en"), "滇ICP备1号") == (
        site.time_zone,
        site.languages,
        site.filing_number,
    )


@pytest.mark.parametrize("prefix", ["/o", "/o/", "/-", "/api", "/API/", "/static", "/schema"])
def test_what_belongs_to_the_program_cannot_be_a_prefix(
    runtime: Runtime, operator: Actor, root: UUID, prefix: str
) -> None:
    assert ["sites.reserved_prefix"] == [
        issue.code for issue in create(runtime, operator, root, "simao", path_prefix=prefix).issues
    ]


@pytest.mark.parametrize(
    ("details", "code", "field"),
    [
        ({"slug": "A"}, "sites.bad_slug", "slug"),
        ({"host": "http://x.example"}, "sites.bad_host", "host"),
        ({"host": "a b.example"}, "sites.bad_host", "host"),
        ({"path_prefix": "/a/b"}, "sites.bad_prefix", "path_prefix"),
        ({"path_prefix": "simao"}, "sites.bad_prefix", "path_prefix"),
        ({"path_prefix": "/.."}, "sites.bad_prefix", "path_prefix"),
        ({"theme": "../x"}, "sites.bad_theme", "theme"),
        ({"languages": ()}, "sites.bad_language", "languages"),
        ({"languages": ("xx-klingon",)}, "sites.bad_language", "languages"),
        ({"time_zone": "Nowhere/Land"}, "sites.bad_time_zone", "time_zone"),
        ({"name": " "}, "sites.name_missing", "name"),
        ({"name": "x\u202ey"}, "text.direction_override", "name"),
        ({"path_prefix": "/taken"}, "sites.address_taken", "path_prefix"),
        ({"path_prefix": "", "host": ""}, "sites.address_taken", "path_prefix"),
    ],
)
def test_a_bad_detail_is_refused_by_its_field(
    runtime: Runtime, operator: Actor, root: UUID, details: dict[str, Any], code: str, field: str
) -> None:
    create(runtime, operator, root, "taken", path_prefix="/taken")
    create(runtime, operator, root, "default")

    outcome = create(runtime, operator, root, **{"slug": "simao", "path_prefix": "/free", **details})

    assert [(code, field)] == [(issue.code, issue.field) for issue in outcome.issues]


def test_a_site_needs_an_organization_and_the_right_to_show_it(
    runtime: Runtime, operator: Actor, root: UUID
) -> None:
    assert "sites.unknown_root" == create(runtime, operator, new_id(), "simao").issues[0].code
    assert "commands.not_permitted" == create(runtime, Actor("web"), root, "simao").issues[0].code
    assert service.CREATE.permission in permissions.ALL


def test_places_go_from_the_site_through_the_regions_to_the_country(
    runtime: Runtime, operator: Actor, root: UUID
) -> None:
    team, elsewhere, placeless = organizations(
        runtime, operator,
        {"name": "Team", "parent_id": root},
        {"name": "Zhongshan", "parent_id": root, "region_code": "442000"},
        {"name": "No place at all"},
    )  # fmt: skip
    create(runtime, operator, root, "simao")
    create(runtime, operator, elsewhere, "zhongshan", path_prefix="/zhongshan")

    with runtime.database.reading() as tx:
        chains = queries.place_chains(tx, [root, team, elsewhere, placeless])
        single = queries.place_chain(tx, team)

    assert {
        root: ("site:simao", "530802", "5308", "53", "CN"),
        team: ("site:simao", "530802", "5308", "53", "CN"),
        elsewhere: ("site:zhongshan", "4420", "44", "CN"),
        placeless: (),
    } == chains
    assert chains[team] == single


def test_the_chain_is_that_of_the_day_asked_about(runtime: Runtime, operator: Actor) -> None:
    def state(code: str, parent: str, since: date) -> ImportRegion:
        return ImportRegion(
            actor=operator,
            organization_id=None,
            code=code,
            name=code,
            level="x",
            parent_code=parent,
            valid_from=since,
        )

    runtime.bus.submit(
        IMPORT_REGIONS, [state("K", "OLD", date(1990, 1, 1)), state("K", "NEW", date(2010, 1, 1))]
    )
    node = organizations(runtime, operator, {"name": "Node", "region_code": "K"})[0]

    with runtime.database.reading() as tx:
        chains = [queries.place_chain(tx, node, on) for on in (date(2009, 12, 31), date(2010, 1, 1), None)]

    assert [("K", "OLD"), ("K", "NEW"), ("K", "NEW")] == chains


def test_every_issue_has_one_text() -> None:
    codes = [text.code for text in ISSUES]

    assert len(codes) == len(set(codes))
