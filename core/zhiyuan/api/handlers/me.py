"""Who the caller is."""

from typing import Final

from litestar import get

from zhiyuan.accounts import queries as accounts
from zhiyuan.api.calls import Call, asking, problems, shown
from zhiyuan.api.reach import nothing_here
from zhiyuan.api.schemas.me import Me, ShownRole
from zhiyuan.web.guards import SIGNED_IN
from zhiyuan.web.visit import Installation, visit_of

TAGS: Final = ["me"]


@get(
    "/me", operation_id="me_get", tags=TAGS, opt=SIGNED_IN, responses=problems(), sync_to_thread=True,
)  # fmt: skip
def get_me(request: Call, runtime: Installation) -> Me:
    """Return the account behind the token, its roles, and the scopes of the token."""
    visit = visit_of(request)
    if visit.account is None:
        raise nothing_here()
    with asking(request, runtime) as (tx, _):
        roles = accounts.roles_of(tx, visit.person_id) if visit.person_id is not None else []
    return Me(
        account_id=visit.account.id,
        login=visit.account.login,
        display_name=visit.account.display_name,
        person_id=visit.person_id,
        is_operator=visit.account.is_operator,
        language=visit.language,
        scopes=sorted(visit.actor.scopes or ()),
        roles=[shown(ShownRole, role) for role in roles],
    )


HANDLERS = [get_me]
