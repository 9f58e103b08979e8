"""Certificates of an organization: issue, hand out, revoke."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from zhiyuan.accounts.permissions import CERTIFICATES_ISSUE
from zhiyuan.kernel.errors import NotFound, RuleViolation
from zhiyuan.kernel.i18n import LOCALES, gettext_noop
from zhiyuan.kernel.issues import Issue
from zhiyuan.kernel.uow import Tx
from zhiyuan.organizations import queries as organizations
from zhiyuan.people import queries as people
from zhiyuan.records import certificates
from zhiyuan.records.schemas import CertificateView, IssueCertificate, RevokeCertificate
from zhiyuan.web.console.frame import console_page
from zhiyuan.web.downloads import pdf_response
from zhiyuan.web.flash import redirect
from zhiyuan.web.forms import Form, FormData
from zhiyuan.web.guards import needs
from zhiyuan.web.threads import in_thread
from zhiyuan.web.visit import Asked, Installation, Visit, visit_of

_SECTION = "/certificates"
_NUMBER = 20
_REASON = 300


@get("/o/{org_code:str}/certificates", opt=needs(CERTIFICATES_ISSUE), include_in_schema=False)
@in_thread
def certificate_list(request: Asked, runtime: Installation, person: FromQuery[str] = "") -> Response[str]:
    """List the newest certificates, with a form for one more."""
    shown = {"number": person[:_NUMBER], "locale": visit_of(request).language}
    return _list(request, runtime, Form(shown=shown))


@post("/o/{org_code:str}/certificates", opt=needs(CERTIFICATES_ISSUE), include_in_schema=False)
@in_thread
def issue(request: Asked, runtime: Installation, data: FormData) -> Response[str]:
    """Certify the confirmed service of one volunteer, named by number."""
    visit = visit_of(request)
    form = Form(data)
    number = form.text("number", maximum=_NUMBER, required=True)
    period_from, period_to = form.day("period_from"), form.day("period_to")
    locale = form.choice("locale", LOCALES, default=visit.language)
    with runtime.database.reading() as tx:
        person_id = people.by_numbers(tx, [number]).get(number) if number else None
    if number and person_id is None:
        form.refuse(Issue("accounts.person_unknown", field="number"))
    if form.is_sound and person_id is not None:
        item = IssueCertificate(
            actor=visit.actor,
            organization_id=visit.here.id,
            person_id=person_id,
            period_from=period_from,
            period_to=period_to,
            locale=locale or visit.language,
        )
        try:
            runtime.bus.submit_one(certificates.ISSUE, item)
        except RuleViolation as refusal:
            form.refuse(*refusal.issues)
        else:
            return redirect(visit, f"/o/{visit.here.code}/certificates", flash="certificate.issued")
    return _list(request, runtime, form, status=422)


@get(
    "/o/{org_code:str}/certificates/{certificate_id:uuid}/file",
    opt=needs(CERTIFICATES_ISSUE),
    include_in_schema=False,
    media_type="application/pdf",
)
@in_thread
def certificate_file(
    request: Asked, runtime: Installation, certificate_id: FromPath[UUID]
) -> Response[bytes]:
    """Answer one certificate as a PDF."""
    with runtime.database.reading() as tx:
        view = _here(tx, visit_of(request), certificate_id)
        return pdf_response(
            certificates.pdf(tx, certificate_id, public_url=runtime.settings.public_url), view.number
        )


@get(
    "/o/{org_code:str}/certificates/{certificate_id:uuid}/revoke",
    opt=needs(CERTIFICATES_ISSUE),
    include_in_schema=False,
)
@in_thread
def revoke_page(request: Asked, runtime: Installation, certificate_id: FromPath[UUID]) -> Response[str]:
    """Say what revoking does, and ask for the reason."""
    return _revoke(request, runtime, certificate_id, Form())


@post(
    "/o/{org_code:str}/certificates/{certificate_id:uuid}/revoke",
    opt=needs(CERTIFICATES_ISSUE),
    include_in_schema=False,
)
@in_thread
def revoke(
    request: Asked, runtime: Installation, certificate_id: FromPath[UUID], data: FormData
) -> Response[str]:
    """Revoke one certificate."""
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        view = _here(tx, visit, certificate_id)
    form = Form(data)
    reason = form.text("reason", maximum=_REASON, required=True)
    if form.is_sound and reason is not None:
        item = RevokeCertificate(
            actor=visit.actor,
            organization_id=view.organization_id,
            certificate_id=certificate_id,
            reason=reason,
        )
        try:
            runtime.bus.submit_one(certificates.REVOKE, item)
        except RuleViolation as refusal:
            form.refuse(*refusal.issues)
        else:
            return redirect(visit, f"/o/{visit.here.code}/certificates", flash="certificate.revoked")
    return _revoke(request, runtime, certificate_id, form, status=422)


def _here(tx: Tx, visit: Visit, certificate_id: UUID) -> CertificateView:
    view = certificates.get(tx, certificate_id)
    if view is None or view.organization_id not in organizations.below(tx, visit.here.id):
        raise NotFound("web.certificate_unknown", gettext_noop("There is no such certificate here."))
    return view


def _list(request: Asked, runtime: Installation, form: Form, *, status: int = 200) -> Response[str]:
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        rows = certificates.of_organization(tx, visit.here.id)
        names = people.names(tx, {row.person_id for row in rows})
    return console_page(
        request,
        "console/certificates.html",
        section=_SECTION,
        status=status,
        rows=rows,
        names=names,
        form=form,
    )


def _revoke(
    request: Asked, runtime: Installation, certificate_id: UUID, form: Form, *, status: int = 200
) -> Response[str]:
    visit = visit_of(request)
    with runtime.database.reading() as tx:
        view = _here(tx, visit, certificate_id)
        name = people.names(tx, [view.person_id]).get(view.person_id, "")
    return console_page(
        request,
        "console/revoke.html",
        section=_SECTION,
        status=status,
        certificate=view,
        name=name,
        form=form,
    )


HANDLERS = [certificate_list, issue, certificate_file, revoke_page, revoke]
