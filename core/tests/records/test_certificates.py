"""Certificates say what the ledger says, hold on a stranger's machine, and fall with their records."""

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText
from pypdf.generic import DecodedStreamObject, NameObject, NumberObject

from zhiyuan.kernel.crypto import new_keyring
from zhiyuan.kernel.ids import new_id
from zhiyuan.records import queries
from zhiyuan.records.certificates import ISSUE, REVOKE, by_number, get, look_up, pdf, statement, verify_pdf
from zhiyuan.records.certificates.glyphs import missing, printable
from zhiyuan.records.certificates.numbers import is_well_formed, number
from zhiyuan.records.certificates.page import page_digest
from zhiyuan.records.schemas import IssueCertificate, RevokeCertificate
from zhiyuan.records.signing import trust_of

_URL = "https://zhiyuan.example.org"
_RARE = "龚䶮𬭎㛃𠅤龘"


def _issue(ledger: Any, place: Any, person: Any, **options: Any) -> Any:
    item = IssueCertificate(
        **{"actor": ledger.operator, "organization_id": place, "person_id": person, **options}
    )
    return ledger.runtime.bus.submit(ISSUE, [item])[0]


def _view(ledger: Any, certificate_id: Any) -> Any:
    with ledger.runtime.database.reading() as tx:
        return get(tx, certificate_id)


def _pdf(ledger: Any, certificate_id: Any) -> bytes:
    with ledger.runtime.database.reading() as tx:
        return pdf(tx, certificate_id, public_url=_URL)


def _trust(ledger: Any) -> Any:
    return trust_of(ledger.runtime.database.keyring)


def test_a_certificate_adds_up_to_the_total(ledger: Any) -> None:
    city = ledger.organization("city")
    team = ledger.organization("team", city)
    person = ledger.person()
    ledger.submit([ledger.item(place, person, minutes=45 + n) for n, place in enumerate((city, city, team))])
    ledger.record(city, person, status="pending", minutes=1000)
    ledger.record(city, person, minutes=0, no_show_count=1)

    outcome = _issue(ledger, city, person)

    view = _view(ledger, outcome.id)
    with ledger.runtime.database.reading() as tx:
        assert (
            view.minutes == queries.minutes_of(tx, [person])[person] == queries.totals(tx)[0].minutes == 138
        )
        told = statement(tx, outcome.id)
    assert [(item.minutes, item.unit) for item in told.items] == [
        (45, "city 志愿者协会"),
        (46, "city 志愿者协会"),
        (47, "team 志愿者协会"),
    ]
    assert ledger.problems() == set()


def test_without_confirmed_minutes_there_is_nothing_to_certify(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    ledger.record(place, person, status="pending")
    ledger.record(place, person, minutes=0)

    refused = _issue(ledger, place, person)

    assert [issue.code for issue in refused.issues] == ["records.nothing_to_certify"]
    assert _issue(ledger, place, new_id()).issues[0].code == "records.unknown_person"
    assert _issue(ledger, new_id(), person).issues[0].code == "records.unknown_organization"
    assert _issue(ledger, place, person, locale="xx").issues[0].code == "records.unknown_locale"
    assert (
        _issue(ledger, place, person, period_from=date(2026, 2, 1), period_to=date(2026, 1, 1)).issues[0].code
        == "records.period_reversed"
    )


def test_the_period_and_the_organizations_below_are_by_choice(ledger: Any) -> None:
    city = ledger.organization("city")
    team = ledger.organization("team", city)
    person = ledger.person()
    ledger.record(city, person, minutes=10, service_date=date(2026, 1, 1))
    ledger.record(city, person, minutes=20, service_date=date(2026, 2, 1))
    ledger.record(team, person, minutes=40, service_date=date(2026, 2, 1))

    def minutes(**options: Any) -> int:
        return int(_view(ledger, _issue(ledger, city, person, **options).id).minutes)

    assert minutes() == 70
    assert minutes(include_below=False) == 30
    assert minutes(period_from=date(2026, 2, 1)) == 60
    assert minutes(period_from=date(2026, 1, 1), period_to=date(2026, 1, 31)) == 10


def test_a_volunteer_may_ask_for_the_own_certificate_only(ledger: Any) -> None:
    place, person, other = ledger.organization("simao"), ledger.person(), ledger.person("别人")
    ledger.record(place, person)
    ledger.record(place, other)
    volunteer = ledger.member(person, place, role="volunteer")

    assert _issue(ledger, place, person, actor=volunteer).status == "issued"
    assert _issue(ledger, place, other, actor=volunteer).issues[0].code == "commands.not_permitted"


@pytest.mark.parametrize("change", ["void", "correct"])
def test_a_certificate_falls_with_its_record(ledger: Any, change: str) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    record_id = ledger.record(place, person)
    ledger.record(place, person, minutes=1)
    fallen = _issue(ledger, place, person).id
    other = _issue(ledger, place, person, period_from=date(2026, 3, 1)).id

    if change == "void":
        ledger.void(record_id)
    else:
        ledger.correct(record_id, minutes=1)

    assert _view(ledger, fallen).revoked_at is not None
    assert "record" in _view(ledger, other).revoked_reason
    assert ledger.problems() == set()


def test_a_certificate_is_revoked_by_hand_once(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    ledger.record(place, person)
    certificate_id = _issue(ledger, place, person).id
    item = RevokeCertificate(
        actor=ledger.operator, organization_id=place, certificate_id=certificate_id, reason="姓名有误"
    )

    first, second = (ledger.runtime.bus.submit(REVOKE, [item])[0] for _ in range(2))

    assert first.status == "revoked"
    assert second.issues[0].code == "records.already_revoked"
    view = _view(ledger, certificate_id)
    with ledger.runtime.database.reading() as tx:
        public = look_up(tx, view.number, view.check_code)
    assert (public.state, public.revoked_reason) == ("revoked", "姓名有误")


def test_a_stranger_needs_number_and_check_code(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    ledger.record(place, person)
    view = _view(ledger, _issue(ledger, place, person).id)

    with ledger.runtime.database.reading() as tx:
        told = look_up(tx, f" {view.number.lower()} ", f"{view.check_code[:5].lower()} {view.check_code[5:]}")
        assert told is not None
        assert (told.state, told.minutes, told.person_name) == ("valid", 90, "李雷")
        assert look_up(tx, view.number, "AAAAAAAAAA") is None
        assert look_up(tx, view.number, "é") is None
        assert look_up(tx, "ZY-2026-999999-9", view.check_code) is None
        assert by_number(tx, view.number) == view


def test_numbers_count_up_per_year_and_have_a_check_digit(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    ledger.record(place, person)

    numbers = [_view(ledger, _issue(ledger, place, person).id).number for _ in range(3)]

    assert numbers == [number("ZY", 2026, serial) for serial in (1, 2, 3)]
    assert all(is_well_formed(own) for own in numbers)
    assert not is_well_formed(numbers[0][:-1] + str((int(numbers[0][-1]) + 1) % 10))
    assert not is_well_formed("ZY-2026")


def test_the_pdf_verifies_with_the_public_key_alone(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person(_RARE)
    ledger.record(place, person, content="陪聊")
    document = _pdf(ledger, _issue(ledger, place, person).id)

    verdict = verify_pdf(document, _trust(ledger))

    assert (verdict.state, verdict.revocation, verdict.is_valid) == ("valid", "unknown", True)
    assert verdict.statement is not None
    assert (verdict.statement.person_name, verdict.statement.minutes) == (_RARE, 90)
    assert verdict.token is not None
    assert verify_pdf(verdict.token.encode(), _trust(ledger)).state == "valid"


@pytest.mark.parametrize("locale", ["en", "zh-Hans"])
def test_the_page_shows_what_order_67_asks_for(ledger: Any, locale: str) -> None:
    place, person = ledger.organization("simao"), ledger.person(_RARE)
    ledger.record(place, person, minutes=90, title="照料老人")
    certificate_id = _issue(ledger, place, person, locale=locale).id

    pages = PdfReader(io.BytesIO(_pdf(ledger, certificate_id))).pages
    # Typesetting puts thin gaps between Chinese and Latin; whether a reader sees them as blanks is its own affair.
    shown = "".join("".join(page.extract_text() for page in pages).split())

    view = _view(ledger, certificate_id)
    time = {"en": "1h30min", "zh-Hans": "1小时30分钟"}[locale]
    for expected in (_RARE, "照料老人", "simao志愿者协会", "2026-03-01", time, view.number, view.check_code):
        assert expected in shown


def test_nothing_that_people_typed_acts_as_markup(ledger: Any) -> None:
    place = ledger.organization("simao")
    name = '#import "x" *b* $x$ #{1+1} <l> @r `c` = _i_ "q" \\u{41}'
    person = ledger.person(name)
    ledger.record(place, person, title="#panic() $ * [", content='= x\n#image("/etc/passwd")')

    document = _pdf(ledger, _issue(ledger, place, person).id)

    shown = " ".join(PdfReader(io.BytesIO(document)).pages[0].extract_text().split())
    assert name in shown
    assert '#panic() $ * [ · = x #image("/etc/passwd")' in shown


def test_a_character_without_a_glyph_is_named_and_never_an_empty_box(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person("龘😀")
    ledger.record(place, person)

    document = _pdf(ledger, _issue(ledger, place, person).id)

    assert "龘[U+1F600]" in PdfReader(io.BytesIO(document)).pages[0].extract_text()
    assert missing(_RARE) == []
    assert missing("😀a") == ["U+1F600"]
    assert printable("a\u200db c") == "ab c"
    verdict = verify_pdf(document, _trust(ledger))
    assert verdict.statement is not None
    assert verdict.statement.person_name == "龘😀"


def test_the_same_certificate_is_drawn_the_same(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    ledger.record(place, person)
    certificate_id = _issue(ledger, place, person).id

    first, second = _pdf(ledger, certificate_id), _pdf(ledger, certificate_id)

    assert first == second


def _saved(document: bytes, change: Any = None) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(document))
    if change is not None:
        change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_file_that_was_only_saved_anew_stays_valid(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    ledger.record(place, person)
    document = _pdf(ledger, _issue(ledger, place, person).id)

    assert verify_pdf(_saved(document), _trust(ledger)).state == "valid"
    assert (
        verify_pdf(_saved(document, lambda writer: writer.compress_identical_objects()), _trust(ledger)).state
        == "valid"
    )


def _draw_over(writer: PdfWriter) -> None:
    page = writer.pages[0]
    stream = DecodedStreamObject()
    stream.set_data(page.get_contents().get_data() + b" q 1 1 1 rg 50 600 300 40 re f Q")
    page[NameObject("/Contents")] = writer._add_object(stream)


def _annotate(writer: PdfWriter) -> None:
    writer.add_annotation(0, FreeText(text="9999 hours", rect=(50, 550, 200, 650)))


def _rotate(writer: PdfWriter) -> None:
    writer.pages[0][NameObject("/Rotate")] = NumberObject(180)


def _swap_fonts(writer: PdfWriter) -> None:
    fonts = writer.pages[0]["/Resources"]["/Font"]
    names = sorted(fonts)
    first, last = fonts.raw_get(names[0]), fonts.raw_get(names[-1])
    fonts[NameObject(names[0])], fonts[NameObject(names[-1])] = last, first


def _add_page(writer: PdfWriter) -> None:
    writer.add_blank_page()


def _change_unicode_map(writer: PdfWriter) -> None:
    fonts = writer.pages[0]["/Resources"]["/Font"]
    font = fonts[min(fonts)]
    changed = DecodedStreamObject()
    changed.set_data(font["/ToUnicode"].get_data() + b"% changed")
    font[NameObject("/ToUnicode")] = writer._add_object(changed)


@pytest.mark.parametrize(
    "change", [_draw_over, _annotate, _rotate, _swap_fonts, _add_page, _change_unicode_map]
)
def test_a_changed_page_is_not_covered_by_the_intact_signature(ledger: Any, change: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    ledger.record(place, person)
    document = _pdf(ledger, _issue(ledger, place, person).id)

    verdict = verify_pdf(_saved(document, change), _trust(ledger))

    assert verdict.state == "text_not_covered"
    assert not verdict.is_valid
    assert verdict.statement is not None
    assert verdict.statement.minutes == 90


def test_changed_data_are_forged_and_a_foreign_key_is_unknown(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    ledger.record(place, person)
    document = _pdf(ledger, _issue(ledger, place, person).id)
    token = verify_pdf(document, _trust(ledger)).token
    assert token is not None
    head, body, signature = token.split(".")
    changed = f"{head}.{body[:-4]}AAAA.{signature}".encode()

    assert verify_pdf(changed, _trust(ledger)).state == "forged"
    assert verify_pdf(document, trust_of(new_keyring())).state == "unknown_key"

    def swap(writer: PdfWriter) -> None:
        files = writer.root_object["/Names"]["/EmbeddedFiles"]["/Names"]
        stream = DecodedStreamObject()
        stream.set_data(changed)
        files[1].get_object()["/EF"][NameObject("/F")] = writer._add_object(stream)
        files[1].get_object()["/EF"][NameObject("/UF")] = files[1].get_object()["/EF"].raw_get("/F")

    assert verify_pdf(_saved(document, swap), _trust(ledger)).state == "forged"


def test_the_data_of_one_certificate_do_not_cover_the_page_of_another(ledger: Any) -> None:
    place = ledger.organization("simao")
    documents = []
    for name in ("李雷", "韩梅梅"):
        person = ledger.person(name)
        ledger.record(place, person)
        documents.append(_pdf(ledger, _issue(ledger, place, person).id))

    def transplant(writer: PdfWriter) -> None:
        other = PdfReader(io.BytesIO(documents[1]))
        writer.pages[0][NameObject("/Contents")] = writer._add_object(
            _decoded(other.pages[0].get_contents().get_data())
        )

    assert verify_pdf(_saved(documents[0], transplant), _trust(ledger)).state == "text_not_covered"


def _decoded(data: bytes) -> DecodedStreamObject:
    stream = DecodedStreamObject()
    stream.set_data(data)
    return stream


def test_broken_and_hostile_files_are_told_apart(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    ledger.record(place, person)
    document = _pdf(ledger, _issue(ledger, place, person).id)
    trust = _trust(ledger)

    encrypted = io.BytesIO()
    writer = PdfWriter(clone_from=io.BytesIO(document))
    writer.encrypt("secret")
    writer.write(encrypted)
    plain = io.BytesIO()
    blank = PdfWriter()
    blank.add_blank_page(100, 100)
    blank.write(plain)

    assert verify_pdf(b"", trust).state == "unreadable"
    assert verify_pdf(b"hello", trust).state == "unreadable"
    assert verify_pdf(b"%PDF-1.7\n" + b"\x00" * 5000, trust).state == "unreadable"
    assert verify_pdf(b"\x00" * (33 * 2**20), trust).state == "unreadable"
    assert verify_pdf(encrypted.getvalue(), trust).detail == "the file is encrypted"
    assert verify_pdf(plain.getvalue(), trust).state == "no_certificate"
    for cut in range(100, len(document), len(document) // 25):
        assert verify_pdf(document[:cut], trust).state != "valid"
    for place_of_damage in range(200, len(document), len(document) // 40):
        damaged = bytearray(document)
        damaged[place_of_damage] ^= 0xFF
        assert verify_pdf(bytes(damaged), trust).state in {
            "valid", "text_not_covered", "forged", "no_certificate", "unreadable"
        }  # fmt: skip


def test_a_replaced_key_goes_on_being_good_for_what_it_signed(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    ledger.record(place, person)
    document = _pdf(ledger, _issue(ledger, place, person).id)
    former = ledger.runtime.database.keyring
    rotated = type(former)(former.fields, former.index, (*new_keyring().signing, *former.signing))

    assert verify_pdf(document, trust_of(rotated)).state == "valid"


def test_the_page_digest_is_of_the_page_alone(ledger: Any) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    ledger.record(place, person)
    document = _pdf(ledger, _issue(ledger, place, person).id)

    def attach(writer: PdfWriter) -> None:
        writer.add_attachment("note.txt", b"hello")
        writer.add_metadata({"/Producer": "somebody"})

    assert page_digest(PdfReader(io.BytesIO(document))) == page_digest(
        PdfReader(io.BytesIO(_saved(document, attach)))
    )


def test_a_certificate_of_many_records_runs_over_pages(ledger: Any, tmp_path: Path) -> None:
    place, person = ledger.organization("simao"), ledger.person()
    ledger.submit([ledger.item(place, person, minutes=n + 1) for n in range(300)])
    certificate_id = _issue(ledger, place, person).id

    document = _pdf(ledger, certificate_id)

    (tmp_path / "certificate.pdf").write_bytes(document)
    assert len(PdfReader(tmp_path / "certificate.pdf").pages) > 3
    assert verify_pdf(document, _trust(ledger)).state == "valid"
    assert json.loads(json.dumps(_view(ledger, certificate_id).minutes)) == 300 * 301 // 2
