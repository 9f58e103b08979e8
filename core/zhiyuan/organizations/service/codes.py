"""Codes for organizations that come without one."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import or_, select

from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations.models import Organization
from zhiyuan.organizations.service.checks import slug
from zhiyuan.people.numbers import next_numbers

_SERIES: Final = "organizations"
_organization = Organization.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__


def codes_for(tx: Tx, names: Sequence[str], taken: set[str]) -> list[str]:
    """Return a free code for each of ``names``: from its Latin letters, else ``org-<number>``. Adds them to ``taken``.

    The caller holds the lock of the tree, so that nobody else takes them meanwhile.
    """
    bases = [slug(name) for name in names]
    used = taken | _used(tx, {base for base in bases if base is not None})
    codes = []
    for base in bases:
        code = _numbered(tx, used) if base is None else _suffixed(base, used)
        used.add(code)
        taken.add(code)
        codes.append(code)
    return codes


def _used(tx: Tx, bases: set[str]) -> set[str]:
    if not bases:
        return set()
    used = set(_select(tx, _organization.c.code.in_(bases)))
    if used:
        used.update(_select(tx, or_(*(_organization.c.code.startswith(f"{base}-") for base in used))))
    return used


def _select(tx: Tx, condition: Any) -> list[str]:
    return list(tx.connection.execute(select(_organization.c.code).where(condition)).scalars())


def _suffixed(base: str, used: set[str]) -> str:
    if base not in used:
        return base
    number = 2
    while f"{base}-{number}" in used:
        number += 1
    return f"{base}-{number}"


def _numbered(tx: Tx, used: set[str]) -> str:
    while True:
        code = f"org-{next_numbers(tx, _SERIES, 1)[0]}"
        if code not in used and not _select(tx, _organization.c.code == code):
            return code
