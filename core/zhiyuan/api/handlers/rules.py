"""Rules: which there are, and what holds at an organization, with the reasons."""

from datetime import date
from typing import Annotated, Final

from litestar import get
from litestar.params import FromPath, QueryParameter

from zhiyuan import policy
from zhiyuan.accounts.permissions import ORGANIZATIONS_VIEW
from zhiyuan.api.calls import Call, asking, problems
from zhiyuan.api.paging import usable_text
from zhiyuan.api.reach import nothing_here
from zhiyuan.api.schemas.rules import ExplainedRule, ShownLink, ShownRule, ShownRules
from zhiyuan.kernel.clock import local_date
from zhiyuan.organizations import queries as organizations
from zhiyuan.policy.values import encode
from zhiyuan.sites.queries import place_chain
from zhiyuan.web.guards import needs
from zhiyuan.web.visit import Installation

TAGS: Final = ["rules"]


@get(
    "/rules", operation_id="rules_list", tags=TAGS, opt=needs(ORGANIZATIONS_VIEW), responses=problems(),
    sync_to_thread=False,  # reads nothing but memory
)  # fmt: skip
def list_rules() -> ShownRules:
    """List every rule there is, with its default."""
    return ShownRules(
        items=[
            ShownRule(
                key=key.id,
                kind=key.kind.__name__,
                unit=key.unit,
                merge=key.merge,
                as_of=key.as_of,
                about=key.doc,
                default=encode(key.default),
            )
            for _, key in sorted(policy.declared().items())
        ]
    )


@get(
    "/rules/{key:str}", operation_id="rules_explain", tags=TAGS, opt=needs(ORGANIZATIONS_VIEW),
    responses=problems(404), sync_to_thread=True,
)  # fmt: skip
def explain_rule(
    request: Call,
    runtime: Installation,
    key: FromPath[str],
    organization: Annotated[
        str, QueryParameter(max_length=59, description="Code of the organization asked about.")
    ],
    on: Annotated[date | None, QueryParameter(description="Local date; today when empty.")] = None,
) -> ExplainedRule:
    """Return the value of a rule at an organization on a date, with every value that had a say."""
    usable_text(organization=organization)
    rule = policy.declared_key(key)
    with asking(request, runtime) as (tx, reach):
        place = reach.place(organization, ORGANIZATIONS_VIEW)
        if rule is None:
            raise nothing_here()
        day = on or local_date(tx.now, organizations.time_zones(tx, [place.id])[place.id])
        told = policy.explain(tx, rule, place_chain(tx, place.id, day), day)
    return ExplainedRule(
        key=told.key,
        value=encode(told.value),
        unit=told.unit,
        merge=told.merge,
        on=told.on,
        chain=[
            ShownLink(
                layer=link.layer,
                place=link.place,
                value=encode(link.value),
                mark=link.mark,
                document=link.document,
                clause=link.clause,
                effective_from=link.effective_from,
                effective_to=link.effective_to,
                overridden=link.overridden,
            )
            for link in told.chain
        ],
    )


HANDLERS = [list_rules, explain_rule]
