"""Who may enter at all: tokens, their scopes and their end; and the description of the interface."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from zhiyuan.accounts import service as accounts
from zhiyuan.accounts.models import ApiToken
from zhiyuan.accounts.schemas import RevokeToken
from zhiyuan.accounts.tokens import digest
from zhiyuan.api.handlers import API_HANDLERS

NAMES = Path(__file__).with_name("openapi_names.txt")


def test_nobody_enters_without_a_token_and_cookies_are_not_looked_at(as_, client, world):
    assert as_(None).get("/me").status_code == 401
    assert as_(None).post("/sign-ups", [{}]).status_code == 401
    assert client.get("/api/v1/me", headers={"Authorization": "Bearer zy_wrong"}).status_code == 401
    assert (
        client.get("/api/v1/me", headers={"Authorization": f"Basic {world.tokens['root']}"}).status_code
        == 401
    )
    client.cookies.set("zhiyuan_session", world.tokens["root"])
    assert client.get("/api/v1/me").status_code == 401


def test_a_token_opens_what_its_scopes_say_and_no_more(world, with_token):
    caller = with_token(world.token("manager", scopes=("people.view",)))

    assert caller.get("/people", organization="harbour").status_code == 200
    refused = caller.get("/records", organization="harbour")
    assert (refused.status_code, refused.json()["code"]) == (403, "web.scope_missing")
    for path in ("/people", "/sign-ups", "/records/confirm", "/organizations"):
        assert caller.post(path, [{}]).status_code == 403, path
    assert caller.get("/me").json()["scopes"] == ["people.view"]


def test_an_expired_and_a_revoked_token_open_nothing(world, with_token, clock):
    short = world.token("manager", expires_at=clock.now() + timedelta(hours=1))
    revoked = world.token("manager")
    assert with_token(short).get("/me").status_code == 200
    assert with_token(revoked).get("/me").status_code == 200
    clock.move(hours=1)
    with world.runtime.database.reading() as tx:
        table = ApiToken.__table__
        token_id = tx.connection.execute(
            select(table.c.id).where(table.c.token_hash == digest(revoked))
        ).scalar_one()
    item = RevokeToken(actor=world.operator, organization_id=None, token_id=token_id)
    world.runtime.bus.submit_one(accounts.REVOKE_TOKEN, item)

    assert with_token(short).get("/me").status_code == 401
    assert with_token(revoked).get("/me").status_code == 401


def test_the_caller_is_told_who_they_are(as_, world):
    told = as_("organizer").get("/me").json()
    assert told["login"] == "organizer"
    assert told["person_id"] == str(world.people["organizer"])
    assert [(role["organization_code"], role["role"]) for role in told["roles"]] == [
        ("harbour-east", "organizer")
    ]


def test_rules_are_explained(as_):
    organizer = as_("organizer")
    keys = [rule["key"] for rule in organizer.get("/rules").json()["items"]]
    assert keys == sorted(keys)
    for key in keys:
        told = organizer.get(f"/rules/{key}", organization="harbour-east")
        assert told.status_code == 200, told.text
        assert told.json()["chain"][0]["layer"] == "default"
    assert organizer.get("/rules/no.such_key", organization="harbour-east").status_code == 404


def test_a_certificate_is_looked_up_by_strangers_with_number_and_code_only(as_, scene):
    view = as_("manager").get(f"/certificates/{scene.certificate}").json()
    stranger = as_(None)

    found = stranger.get(f"/certificates/verify/{view['number']}", code=view["check_code"])
    assert found.status_code == 200, found.text
    told = found.json()
    assert (told["state"], told["minutes"]) == ("valid", 90)
    assert "Wang Xiaoming" not in found.text
    assert stranger.get(f"/certificates/verify/{view['number']}", code="é" * 8).status_code == 404
    assert stranger.get(f"/certificates/verify/{view['number']}", code="AAAAAAAA").status_code == 404
    assert stranger.get("/certificates/verify/none", code=view["check_code"]).status_code == 404
    revoked = as_("manager").one(
        "/certificates/revoke", certificate_id=scene.certificate, reason="By mistake."
    )
    assert revoked["status"] == "revoked"
    again = stranger.get(f"/certificates/verify/{view['number']}", code=view["check_code"]).json()
    assert (again["state"], again["revoked_reason"]) == ("revoked", "By mistake.")


def test_organizations_are_made_changed_moved_and_brought_through_states_by_their_managers(as_):
    manager = as_("manager")
    made = manager.one("/organizations", name="Harbour West", code="harbour-west", parent="harbour")
    assert made["status"] == "created"
    assert manager.one("/organizations", name="My own", code="my-own")["status"] == "refused"
    changed = manager.one("/organizations/change", organization="harbour-west", contact_name="Chen Jing")
    assert changed["status"] == "updated"
    moved = manager.one("/organizations/move", organization="harbour-west", parent="harbour-east")
    assert moved["status"] == "updated"
    told = manager.get("/organizations/harbour-west").json()
    assert (told["contact_name"], told["name"]) == ("Chen Jing", "Harbour West")
    cycle = manager.one("/organizations/move", organization="harbour-east", parent="harbour-west")
    assert cycle["status"] == "refused"
    emptied = manager.one("/organizations/change", organization="harbour-west", contact_name=None)
    assert emptied["status"] == "updated"
    ended = manager.one(
        "/organizations/change-state", organization="harbour-west", status="dissolved", reason="Over."
    )
    assert ended["status"] == "dissolved"
    codes = [row["code"] for row in manager.get("/organizations", below="harbour").json()["items"]]
    assert codes == ["harbour", "harbour-east", "harbour-west"]
    assert [row["code"] for row in manager.get("/organizations").json()["items"]] == ["harbour"]


def test_registering_people_takes_them_in_and_shows_protected_fields_masked(as_):
    manager = as_("manager")
    person = {
        "organization": "harbour-east",
        "name": "周小川",
        "phone": "13800138000",
        "email": "zhou@example.org",
    }
    made = manager.one("/people", **person)
    assert made["status"] == "created"
    told = manager.get(f"/people/{made['id']}")
    assert "13800138000" not in told.text
    assert "zhou@example.org" not in told.text
    assert told.json()["phone_masked"]
    found = manager.get("/people", organization="harbour", search="小川").json()["items"]
    assert [row["id"] for row in found] == [made["id"]]
    role = {"organization": "harbour-east", "person_id": made["id"], "role": "organizer"}
    assert manager.one("/memberships", **role)["status"] == "created"
    assert manager.one("/memberships", **{**role, "role": "administrator"})["status"] == "refused"
    clock_end = manager.one("/memberships/end", **role, valid_to="2027-01-01")
    assert clock_end["status"] == "updated"


def test_every_route_has_a_name_of_its_room_a_tag_and_words(client):
    document = client.get("/schema/openapi.json").json()
    for path, methods in document["paths"].items():
        if not path.startswith("/api/v1"):
            continue
        for told in methods.values():
            assert told["operationId"].count("_") >= 1
            assert told["tags"], path
            assert told["description"], path
            assert {"401", "422"} <= set(told["responses"]), path
    assert len({handler.operation_id for handler in API_HANDLERS}) == len(API_HANDLERS)


def test_names_that_programs_rely_on_are_the_ones_agreed(client):
    """A change here is a change for every program that was generated from the description: think, then edit the list."""
    document = client.get("/schema/openapi.json").json()
    operations = sorted(
        told["operationId"]
        for path, methods in document["paths"].items()
        if path.startswith("/api/v1")
        for told in methods.values()
    )
    names = [*operations, "", *sorted(document["components"]["schemas"])]
    assert NAMES.read_text(encoding="utf-8").splitlines() == names
