"""``zhiyuan policy``: which rules there are, which value is in force where, and why."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any, NoReturn

import click

from zhiyuan import policy as rules
from zhiyuan.cli.context import open_runtime
from zhiyuan.cli.failures import tell
from zhiyuan.cli.output import emit, fail, json_option
from zhiyuan.cli.policy_packs import diff, lint, list_packs
from zhiyuan.declarations import declare_rules
from zhiyuan.kernel.actor import operator
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations import queries as organizations
from zhiyuan.policy import ExplanationLink, PlaceChain, RuleKey
from zhiyuan.policy.service import SET_RULE_VALUES, SetRuleValue
from zhiyuan.policy.values import encode
from zhiyuan.regions import queries as regions
from zhiyuan.sites import queries as sites

_DATE = click.DateTime(["%Y-%m-%d"])


@click.group()
def policy() -> None:
    """Rules: list the keys, explain a value, set one."""
    declare_rules()


policy.add_command(lint)
policy.add_command(diff)


@policy.command("list")
@click.option("--owner", help="Only the rules of one owner: core, or a plugin id.")
@click.option("--packs", "of_packs", is_flag=True, help="List the packs of rules instead, with their dates.")
@json_option
def list_(owner: str | None, of_packs: bool, as_json: bool) -> None:
    """List every rule with its unit, merge word and default; or every pack."""
    if of_packs:
        list_packs(as_json=as_json)
        return
    with open_runtime():  # Plugins declare their rules while the installation opens.
        keys = [key for _, key in sorted(rules.declared().items()) if owner in (None, rules.owner_of(key.id))]
    width = max((len(key.id) for key in keys), default=0)
    lines = [
        f"{key.id:<{width}}  {_told(key.default)} {key.unit or ''} ({key.merge})  {key.doc}" for key in keys
    ]
    emit("\n".join(lines), {"rules": [_key(key) for key in keys]}, as_json)


@policy.command()
@click.argument("key")
@click.option("--place", help="A division code, or site: and the short name of a site.")
@click.option("--organization", help="The code of an organization.")
@click.option("--on", type=_DATE, help="The day that decides. Default: today.")
@json_option
def explain(
    key: str, place: str | None, organization: str | None, on: datetime | None, as_json: bool
) -> None:
    """Show the value of the rule KEY at a place or organization, and every value behind it."""
    if place is not None and organization is not None:
        raise click.UsageError("Give --place or --organization, not both.")
    with open_runtime() as runtime, runtime.database.reading() as tx:
        rule = _known(key, as_json=as_json)
        day = on.date() if on else tx.now.date()
        if organization is not None:
            chain = _chain_of_organization(tx, organization, day, as_json=as_json)
        else:
            chain = _chain_of_place(tx, place, day, as_json=as_json) if place else ()
        answer = rules.explain(tx, rule, chain, day)
    data = {
        "key": answer.key,
        "value": encode(answer.value),
        "unit": answer.unit,
        "merge": answer.merge,
        "on": day,
        "places": list(chain),
        "chain": [{**asdict(link), "value": encode(link.value)} for link in answer.chain],
    }
    lines = [f"{answer.key} = {_told(answer.value)} {answer.unit or ''} on {day}".replace("  ", " ")]
    lines.extend(_line(link) for link in reversed(answer.chain))
    emit("\n".join(lines), data, as_json)


@policy.command("set")
@click.argument("key")
@click.argument("value")
@click.option("--place", required=True, help="A division code, or site: and the short name of a site.")
@click.option("--from", "begin", type=_DATE, required=True, help="The first day on which it holds.")
@click.option("--to", "end", type=_DATE, help="The first day on which it no longer holds.")
@click.option("--document", help="The document that says so.")
@click.option("--clause", help="The clause of the document.")
@json_option
def set_(
    key: str,
    value: str,
    place: str,
    begin: datetime,
    end: datetime | None,
    document: str | None,
    clause: str | None,
    as_json: bool,
) -> None:
    """Set the rule KEY to VALUE at a place from a day on. Earlier values stay, for the days before."""
    with open_runtime() as runtime:
        with runtime.database.reading() as tx:
            chain = _chain_of_place(tx, place, begin.date(), as_json=as_json)
        item = SetRuleValue(
            actor=operator(),
            organization_id=None,
            place=chain[0],
            key=key,
            value=value,
            effective_from=begin.date(),
            effective_to=end.date() if end else None,
            document=document,
            clause=clause,
            above=chain[1:],
        )
        outcome = runtime.bus.submit_one(SET_RULE_VALUES, item)
    data = {"status": outcome.status, "id": outcome.id, "key": key, "place": chain[0], "value": value}
    emit(f"{outcome.status}: {key} = {value} at {chain[0]} from {begin:%Y-%m-%d}", data, as_json)


def _known(key: str, *, as_json: bool) -> RuleKey[Any]:
    rule = rules.declared_key(key)
    if rule is None:
        _refuse(Issue("policy.unknown_key", field="key", params={"key": key}), as_json=as_json)
    return rule


def _chain_of_place(tx: Tx, place: str, day: date, *, as_json: bool) -> PlaceChain:
    if not place.startswith("site:"):
        return regions.region_chain(tx, place, day)
    site = sites.by_slug(tx, place.removeprefix("site:"))
    if site is None:
        _refuse(Issue("policy.bad_place", field="place", params={"place": place}), as_json=as_json)
    chain = sites.place_chain(tx, site.root_organization_id, day)
    return (place, *(above for above in chain if not above.startswith("site:")))


def _chain_of_organization(tx: Tx, code: str, day: date, *, as_json: bool) -> PlaceChain:
    found = organizations.by_codes(tx, [code])
    if code not in found:
        _refuse(Issue("organizations.not_found", field="organization"), as_json=as_json)
    return sites.place_chain(tx, found[code], day)


def _refuse(issue: Issue, *, as_json: bool) -> NoReturn:
    told = tell([issue])[0]
    fail(f"{told.message} {told.cure}", {"error": issue.code, "issues": [asdict(told)]}, as_json)


def _key(key: RuleKey[Any]) -> dict[str, Any]:
    return {
        "key": key.id,
        "owner": rules.owner_of(key.id),
        "kind": key.kind.__name__,
        "unit": key.unit,
        "default": encode(key.default),
        "minimum": None if key.lower_bound() is None else encode(key.lower_bound()),
        "maximum": None if key.upper_bound() is None else encode(key.upper_bound()),
        "choices": list(key.choices) if key.choices else None,
        "merge": key.merge,
        "as_of": key.as_of,
        "doc": key.doc,
    }


def _line(link: ExplanationLink) -> str:
    source = " ".join(part for part in (link.document, link.clause) if part)
    where = link.place or "default"
    since = f" from {link.effective_from}" if link.effective_from else ""
    note = "overridden" if link.overridden else "in force"
    return f"  {where:<16} {_told(link.value)} [{link.mark}]{since} {note} {source}".rstrip()


def _told(value: Any) -> str:
    return ", ".join(encode(value)) if isinstance(value, frozenset) else str(encode(value))
