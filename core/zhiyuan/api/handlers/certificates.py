"""Certificates: issued, listed, printed, revoked, and looked up by strangers."""

from typing import Annotated, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from zhiyuan.accounts.permissions import CERTIFICATES_ISSUE
from zhiyuan.api.calls import Batch, Call, Said, asking, problems, shown
from zhiyuan.api.paging import USUAL, After, Limit, begun, mark_of_full, usable_text
from zhiyuan.api.reach import nothing_here
from zhiyuan.api.schemas.base import Outcomes
from zhiyuan.api.schemas.certificates import (
    CertifiedItem,
    CheckedCertificate,
    NewCertificate,
    NewCertificates,
    RevokedCertificate,
    RevokedCertificates,
    ShownCertificate,
    ShownCertificates,
)
from zhiyuan.kernel.issues import Issue
from zhiyuan.people import masking
from zhiyuan.records import certificates
from zhiyuan.records.schemas import CertificateView, IssueCertificate, RevokeCertificate
from zhiyuan.web.downloads import pdf_response
from zhiyuan.web.guards import PUBLIC, needs
from zhiyuan.web.limits import Brake
from zhiyuan.web.visit import Installation, visit_of

TAGS: Final = ["certificates"]
_LOOK_UPS_PER_MINUTE: Final = 60
_LONGEST: Final = 60

_brake: Final = Brake(_LOOK_UPS_PER_MINUTE)


@post(
    "/certificates", operation_id="certificates_issue", tags=TAGS, opt=needs(CERTIFICATES_ISSUE), status_code=200,
    responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def issue_certificates(request: Call, runtime: Installation, data: JSONBody[NewCertificates]) -> Outcomes:
    """Certify people's confirmed service: `issued` or `refused`. Volunteers may ask for their own."""
    batch = Batch(request, runtime, data.items)
    with batch.reaching() as reach:
        places = reach.organizations(item.organization for item in data.items)
        own = reach.own_organizations(item.organization for item in data.items)
        people = reach.people(item.person_id for item in data.items)

    def plan(item: NewCertificate, said: Said) -> IssueCertificate | Issue:
        organization_id = places.get(item.organization)
        if organization_id is None and item.person_id == said.actor.person_id:
            organization_id = own.get(item.organization)
        if organization_id is None:
            return Issue("api.unknown_organization", field="organization")
        if item.person_id not in people:
            return Issue("records.unknown_person", field="person_id")
        return IssueCertificate(
            actor=said.actor,
            organization_id=organization_id,
            idempotency_key=said.key,
            person_id=item.person_id,
            period_from=item.period_from,
            period_to=item.period_to,
            include_below=item.include_below,
            locale=item.locale,
        )

    return batch.carry_out(certificates.ISSUE, plan)


@post(
    "/certificates/revoke", operation_id="certificates_revoke", tags=TAGS, opt=needs(CERTIFICATES_ISSUE),
    status_code=200, responses=problems(413, 503), sync_to_thread=True,
)  # fmt: skip
def revoke_certificates(
    request: Call, runtime: Installation, data: JSONBody[RevokedCertificates]
) -> Outcomes:
    """Declare certificates no longer valid: `revoked`, `unchanged` or `refused`."""
    batch = Batch(request, runtime, data.items)
    with batch.reaching() as reach:
        known = reach.certificates(item.certificate_id for item in data.items)

    def plan(item: RevokedCertificate, said: Said) -> RevokeCertificate | Issue:
        if item.certificate_id not in known:
            return Issue("records.unknown_certificate", field="certificate_id")
        return RevokeCertificate(
            actor=said.actor,
            organization_id=known[item.certificate_id],
            idempotency_key=said.key,
            certificate_id=item.certificate_id,
            reason=item.reason,
        )

    return batch.carry_out(certificates.REVOKE, plan)


@get(
    "/certificates", operation_id="certificates_list", tags=TAGS, opt=needs(CERTIFICATES_ISSUE),
    responses=problems(404), sync_to_thread=True,
)  # fmt: skip
def list_certificates(
    request: Call,
    runtime: Installation,
    organization: Annotated[
        str | None,
        QueryParameter(max_length=59, description="Code: issued there or below; without it one's own."),
    ] = None,
    after: After = None,
    limit: Limit = USUAL,
) -> ShownCertificates:
    """List certificates, latest first: those issued at an organization and below it, or one's own."""
    visit = visit_of(request)
    usable_text(organization=organization, after=after)
    with asking(request, runtime) as (tx, reach):
        if organization is not None:
            place = reach.place(organization, CERTIFICATES_ISSUE)
            rows = certificates.page(tx, place.id, after=begun(after), limit=limit)
        elif visit.person_id is not None:
            rows = certificates.page(tx, None, person_id=visit.person_id, after=begun(after), limit=limit)
        else:
            raise nothing_here()
    return ShownCertificates(
        items=[shown(ShownCertificate, row) for row in rows],
        next_after=mark_of_full(rows, limit, lambda row: row.id.hex),
    )


@get(
    "/certificates/{certificate_id:uuid}", operation_id="certificates_get", tags=TAGS, opt=needs(CERTIFICATES_ISSUE),
    responses=problems(404), sync_to_thread=True,
)  # fmt: skip
def get_certificate(request: Call, runtime: Installation, certificate_id: FromPath[UUID]) -> ShownCertificate:
    """Return one certificate: one's own, or one issued where one may issue them."""
    view, _ = _one(request, runtime, certificate_id, drawn=False)
    return shown(ShownCertificate, view)


@get(
    "/certificates/{certificate_id:uuid}/pdf", operation_id="certificates_pdf", tags=TAGS,
    opt=needs(CERTIFICATES_ISSUE), responses=problems(404), media_type="application/pdf", sync_to_thread=True,
)  # fmt: skip
def certificate_pdf(request: Call, runtime: Installation, certificate_id: FromPath[UUID]) -> Response[bytes]:
    """Return one certificate as a signed PDF."""
    view, drawing = _one(request, runtime, certificate_id, drawn=True)
    return pdf_response(drawing, view.number)


@get(
    "/certificates/verify/{number:str}", operation_id="certificates_verify", tags=TAGS, opt=PUBLIC,
    responses=problems(404, 429), security=[{}], sync_to_thread=True,
)  # fmt: skip
def verify_certificate(
    request: Call,
    runtime: Installation,
    number: FromPath[str],
    code: Annotated[
        str, QueryParameter(max_length=_LONGEST, description="The check code that stands on it.")
    ],
) -> CheckedCertificate:
    """Tell a stranger who has number and check code what a certificate says, and whether it still holds."""
    visit = visit_of(request)
    _brake.pass_or_refuse(visit.actor.address, visit.now)
    usable_text(number=number, code=code)
    with asking(request, runtime) as (tx, _):
        found = certificates.look_up(tx, number[:_LONGEST], code)
    if found is None:
        raise nothing_here()
    return CheckedCertificate(
        number=found.number,
        state=found.state,
        person_name_masked=masking.name(found.person_name),
        person_number=found.person_number,
        organization_name=found.organization_name,
        minutes=found.minutes,
        entries=found.entries,
        period_from=found.period_from,
        period_to=found.period_to,
        items=[shown(CertifiedItem, item) for item in found.items],
        issued_at=found.issued_at,
        revoked_at=found.revoked_at,
        revoked_reason=found.revoked_reason,
    )


def _one(
    request: Call, runtime: Installation, certificate_id: UUID, *, drawn: bool
) -> tuple[CertificateView, bytes]:
    visit = visit_of(request)
    with asking(request, runtime) as (tx, reach):
        view = certificates.get(tx, certificate_id) if reach.certificates([certificate_id]) else None
        if view is None:
            raise nothing_here()
        if view.person_id != visit.person_id:
            reach.require(CERTIFICATES_ISSUE, view.organization_id)
        public_url = runtime.settings.public_url
        return view, certificates.pdf(tx, certificate_id, public_url=public_url) if drawn else b""


HANDLERS = [
    issue_certificates,
    revoke_certificates,
    list_certificates,
    get_certificate,
    certificate_pdf,
    verify_certificate,
]
