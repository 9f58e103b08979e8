"""What is known about welcome calls. Each question is one statement, however many people it is about."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlmodel import col, select

from zhiyuan.sdk import Tx, minutes_of
from zhiyuan.sdk.anchors import SignUp
from zhiyuan_welcome_call.models import WelcomeCallCall


def calls_of(tx: Tx, person_ids: Collection[UUID]) -> dict[UUID, WelcomeCallCall]:
    """Return the calls made to these people, by person."""
    query = select(WelcomeCallCall).where(col(WelcomeCallCall.person_id).in_(person_ids))
    return {call.person_id: call for call in tx.session.exec(query)}


def waiting_for_a_call(tx: Tx, person_ids: Collection[UUID]) -> set[UUID]:
    """Return those who have neither been called nor ever served: newcomers who may not come yet."""
    served = {person_id for person_id, minutes in minutes_of(tx, person_ids).items() if minutes > 0}
    return set(person_ids) - served - calls_of(tx, person_ids).keys()


def people_of_sign_ups(tx: Tx, sign_up_ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """Return who signed up, by sign-up."""
    query = select(SignUp.id, SignUp.person_id).where(col(SignUp.id).in_(sign_up_ids))
    return dict(tx.session.exec(query).all())
