"""``zhiyuan organizations``: the tree of organizations and the people in it."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import click

from zhiyuan.cli.context import open_runtime
from zhiyuan.cli.output import emit, json_option
from zhiyuan.kernel.actor import operator
from zhiyuan.kernel.errors import NotFound
from zhiyuan.kernel.external_ids import ExternalId
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations import queries, service
from zhiyuan.organizations.schemas import (
    ChangeOrganizationState,
    CreateOrganization,
    JoinOrganization,
    MoveOrganization,
    OrganizationView,
)
from zhiyuan.organizations.words import KINDS, ROLES_ASCENDING, STATES
from zhiyuan.people import queries as people
from zhiyuan.sites import queries as sites


@click.group()
def organizations() -> None:
    """The tree of organizations: look at it, add to it, move parts of it."""


@organizations.command()
@click.argument("code", required=False)
@json_option
def tree(code: str | None, as_json: bool) -> None:
    """Show everything at and below CODE, or the whole tree."""
    with open_runtime() as runtime, runtime.database.reading() as tx:
        starts = [_id(tx, code)] if code else [root.id for root in queries.roots(tx)]
        nodes = [node for start in starts for node in queries.tree(tx, start)]
    lines = [f"{'  ' * node.depth}{node.code}  {node.name}  ({node.kind}, {node.status})" for node in nodes]
    emit(
        "\n".join(lines) or "no organization yet",
        {"organizations": [asdict(node) for node in nodes]},
        as_json,
    )


@organizations.command()
@click.argument("code")
@json_option
def show(code: str, as_json: bool) -> None:
    """Show one organization, what stands above it, and the places that rule there."""
    with open_runtime() as runtime, runtime.database.reading() as tx:
        line = queries.above(tx, _id(tx, code))
        places = sites.place_chain(tx, line[0].id)
    data = {**asdict(line[0]), "above": [asdict(node) for node in line[1:]], "places": list(places)}
    lines = [
        f"{name}: {value}" for name, value in asdict(line[0]).items() if value is not None and name != "depth"
    ]
    lines.append("above: " + " < ".join(node.code for node in line[1:]))
    lines.append("places: " + " < ".join(places))
    emit("\n".join(lines), data, as_json)


@organizations.command()
@click.argument("name")
@click.option("--code", help="Stands in addresses. Default: made from the name.")
@click.option("--kind", type=click.Choice(sorted(KINDS)), help="Default: organization.")
@click.option("--level", help="What its level is called there, for example Branch.")
@click.option("--parent", help="Code of the organization above.")
@click.option("--region", help="Code of its administrative division.")
@click.option("--time-zone", help="IANA name. Default: that of the organization above.")
@click.option("--credit-code", help="Unified social credit code.")
@click.option("--external", metavar="SCHEME:VALUE", help="What another system calls it.")
@json_option
def create(name: str, as_json: bool, external: str | None, parent: str | None, **given: str | None) -> None:
    """Add an organization, or bring the one of that code or external id up to date."""
    scheme, _, value = (external or "").partition(":")
    if external is not None and not (scheme and value):
        raise click.BadParameter("write SCHEME:VALUE", param_hint="--external")
    item = CreateOrganization(
        actor=operator(),
        organization_id=None,
        name=name,
        code=given["code"],
        kind=given["kind"],
        level_name=given["level"],
        parent_code=parent,
        region_code=given["region"],
        time_zone=given["time_zone"],
        unified_social_credit_code=given["credit_code"],
        external_id=ExternalId(scheme, value) if external else None,
    )
    with open_runtime() as runtime:
        outcome = runtime.bus.submit_one(service.CREATE, item)
        with runtime.database.reading() as tx:
            view = _view(tx, outcome.id)
    warnings = [issue.code for issue in outcome.issues]
    emit(
        f"{outcome.status}: {view.code}  {view.name}",
        {"outcome": outcome.status, **asdict(view), "warnings": warnings},
        as_json,
    )


@organizations.command()
@click.argument("code")
@click.option("--parent", help="Code of the organization it should stand below.")
@click.option("--root", is_flag=True, help="Let nothing stand above it.")
@json_option
def move(code: str, parent: str | None, root: bool, as_json: bool) -> None:
    """Hang CODE, with everything below it, somewhere else."""
    if (parent is None) != root:
        raise click.UsageError("Give either --parent or --root.")
    with open_runtime() as runtime:
        with runtime.database.reading() as tx:
            subject, target = _id(tx, code), _id(tx, parent) if parent else None
        item = MoveOrganization(actor=operator(), organization_id=None, subject_id=subject, parent_id=target)
        outcome = runtime.bus.submit_one(service.MOVE, item)
    emit(f"{outcome.status}: {code}", {"status": outcome.status, "id": outcome.id}, as_json)


@organizations.command()
@click.argument("code")
@click.argument("status", type=click.Choice(list(STATES)))
@click.option("--reason", help="Needed to suspend or dissolve.")
@json_option
def state(code: str, status: str, reason: str | None, as_json: bool) -> None:
    """Bring CODE into another state."""
    with open_runtime() as runtime:
        with runtime.database.reading() as tx:
            node = _id(tx, code)
        item = ChangeOrganizationState(actor=operator(), organization_id=node, status=status, reason=reason)
        outcome = runtime.bus.submit_one(service.CHANGE_STATE, item)
    emit(f"{code}: {outcome.status}", {"status": outcome.status, "id": outcome.id}, as_json)


@organizations.command()
@click.argument("code")
@click.option("--person", required=True, help="Volunteer number.")
@click.option("--role", type=click.Choice(ROLES_ASCENDING), default="volunteer", show_default=True)
@click.option("--from", "begin", type=click.DateTime(["%Y-%m-%d"]), help="Default: today.")
@json_option
def join(code: str, person: str, role: str, begin: datetime | None, as_json: bool) -> None:
    """Give a person a role at CODE and everything below it."""
    with open_runtime() as runtime:
        with runtime.database.reading() as tx:
            node = _id(tx, code)
            found = people.by_numbers(tx, [person])
        if person not in found:
            raise NotFound(
                "organizations.unknown_person", "Nobody here has the number %(number)s.", number=person
            )
        item = JoinOrganization(
            actor=operator(),
            organization_id=node,
            person_id=found[person],
            role=role,
            valid_from=begin.date() if begin else None,
        )
        outcome = runtime.bus.submit_one(service.JOIN, item)
    emit(
        f"{outcome.status}: {person} is {role} at {code}",
        {"status": outcome.status, "id": outcome.id},
        as_json,
    )


def _id(tx: Tx, code: str) -> UUID:
    found = queries.by_codes(tx, [code])
    if code not in found:
        raise NotFound(
            "organizations.not_found", "There is no organization with the code %(value)s.", value=code
        )
    return found[code]


def _view(tx: Tx, node: Any) -> OrganizationView:
    return queries.get(tx, node)
