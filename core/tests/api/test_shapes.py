"""What a request must look like, and what is answered when it does not."""

import pytest

NOWHERE = "01a00000-0000-7000-8000-000000000000"
SHIFT = {"activity_id": NOWHERE, "starts_at": "2026-03-02T12:20:00Z", "ends_at": "2026-03-02T14:20:00Z"}

UNSOUND = [
    ("/sign-ups", [{"shift_id": NOWHERE, "person_id": NOWHERE, "colour": "red"}], "colour"),
    ("/sign-ups", [{"shift_id": "17", "person_id": NOWHERE}], "items[0].shift_id"),
    ("/sign-ups", [{"person_id": NOWHERE}], "items[0]"),
    ("/sign-ups", [], "items"),
    ("/sign-ups", [{"shift_id": NOWHERE, "person_id": NOWHERE}] * 501, "items"),
    ("/sign-ups", {"items": "all"}, "items"),
    (
        "/sign-ups",
        [{"shift_id": NOWHERE, "person_id": NOWHERE, "idempotency_key": ""}],
        "items[0].idempotency_key",
    ),
    ("/shifts", [SHIFT, {**SHIFT, "starts_at": "2026-03-02T12:20:00"}], "items[1].starts_at"),
    ("/shifts", [{**SHIFT, "ends_at": "0001-01-01T00:00:00+14:00"}], "items[0].ends_at"),
    ("/shifts", [{**SHIFT, "capacity": -1}], "items[0].capacity"),
    ("/shifts", [{**SHIFT, "capacity": 2**63}], "items[0].capacity"),
    ("/shifts", [{**SHIFT, "position": "a\0b"}], "items[0].position"),
    ("/activities", [{"organization": "harbour\0", "title": "x"}], "items[0].organization"),
    (
        "/records/correct",
        [{"record_id": NOWHERE, "changes": {"minutes": -5}, "reason": "x"}],
        "items[0].changes.minutes",
    ),
]


def test_unsound_requests_are_refused_whole_and_name_the_field(as_):
    root = as_("root")
    for path, items, field in UNSOUND:
        answer = root.post(path, items)

        assert answer.status_code == 422, (path, items if len(items) < 9 else "many", answer.text)
        assert answer.headers["content-type"].startswith("application/problem+json")
        told = answer.json()
        assert told["status"] == 422
        assert field in [issue["field"] for issue in told["issues"]], told["issues"]
        assert all(issue["message"] and issue["cure"] for issue in told["issues"])


def test_a_time_without_a_zone_is_refused_with_what_would_cure_it(as_):
    (issue,) = as_("root").post("/shifts", [{**SHIFT, "starts_at": "2026-03-02T12:20:00"}]).json()["issues"]
    assert issue["code"] == "api.no_time_zone"
    assert "+08:00" in issue["cure"]


def test_what_is_no_json_and_what_is_too_large_is_refused_without_a_defect(client, world):
    headers = {"Authorization": f"Bearer {world.tokens['root']}", "Content-Type": "application/json"}
    for body, statuses in (
        (b"{", (400,)),
        (b"\xff\xfe", (400,)),
        (b'{"items": [{"shift_id": "\\ud800"}]}', (400, 422)),
        (b'{"items":' + b"[" * 100_000, (400,)),
        (b'{"items": ["' + b"x" * 3_000_000 + b'"]}', (413,)),
    ):
        answer = client.post("/api/v1/sign-ups", content=body, headers=headers)
        assert answer.status_code in statuses, (body[:40], answer.status_code, answer.text[:300])
        assert answer.json()["code"]


def test_unusable_query_values_are_refused(as_):
    root = as_("root")
    for path, query in (
        ("/activities", {"limit": 0}),
        ("/activities", {"limit": 201}),
        ("/activities", {"after": "nonsense"}),
        ("/activities", {"search": "a\0b"}),
        ("/people", {"organization": "harbour", "after": "nonsense"}),
        ("/people", {"organization": "har\0bour"}),
        ("/organizations", {"below": "harbour", "after": "17"}),
        ("/certificates", {"organization": "harbour", "after": "17"}),
        ("/records", {"organization": "harbour", "after": "17"}),
        ("/records", {"organization": "harbour", "person_id": "17"}),
        ("/records", {"organization": "harbour", "service_from": "soon"}),
        ("/records", {"organization": "harbour", "status": "pen\0"}),
        ("/records/totals", {"organization": "harbour", "year": 0}),
        ("/records", {}),
    ):
        answer = root.get(path, **query)
        assert answer.status_code == 422, (path, query, answer.text)


def test_errors_are_told_in_the_readers_language(client, world):
    headers = {"Authorization": f"Bearer {world.tokens['root']}", "Accept-Language": "zh-CN,zh;q=0.9"}
    me = client.get("/api/v1/me", headers=headers)
    assert me.json()["language"] == "zh-Hans"
    answer = client.get("/api/v1/organizations/none", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "api.not_found")


@pytest.mark.parametrize("place", ["item", "header"])
def test_the_same_key_again_changes_nothing_and_another_request_under_it_is_refused(as_, world, place):
    root = as_("root")

    def make(title: str) -> list[dict]:
        items = [{"organization": "harbour", "title": f"{title} {number}"} for number in range(2)]
        if place == "header":
            return root.ask("/activities", items, **{"Idempotency-Key": "k1"})
        return root.ask("/activities", [{**item, "idempotency_key": f"k{n}"} for n, item in enumerate(items)])

    first, again, other = make("Quay"), make("Quay"), make("Pier")

    assert [outcome["status"] for outcome in first] == ["created", "created"]
    assert first == again
    assert [outcome["issues"][0]["code"] for outcome in other] == ["commands.key_reused"] * 2
    assert len(root.get("/activities", organization="harbour").json()["items"]) == 2


def test_one_bad_item_does_not_stop_its_neighbours_and_answers_keep_their_order(as_):
    outcomes = as_("root").ask(
        "/activities",
        [
            {"organization": "harbour", "title": "First"},
            {"organization": "no-such-place", "title": "Second"},
            {"organization": "harbour", "title": ""},
            {"organization": "harbour", "title": "Fourth"},
        ],
    )
    assert [outcome["status"] for outcome in outcomes] == ["created", "refused", "refused", "created"]
    assert [issue["code"] for issue in outcomes[1]["issues"]] == ["api.unknown_organization"]


def test_a_list_is_walked_page_by_page_without_gap_or_repeat(as_):
    root = as_("root")
    root.ask("/people", [{"organization": "harbour", "name": f"Person {number}"} for number in range(7)])
    root.ask("/activities", [{"organization": "harbour", "title": f"Title {number}"} for number in range(7)])
    people = {"organization": "harbour"}
    for path, query in (
        ("/people", people),
        ("/activities", people),
        ("/organizations", {"below": "harbour"}),
        ("/memberships", people),
    ):
        whole = [row["id"] for row in root.get(path, **query, limit=200).json()["items"]]
        walked, after = [], None
        while True:
            page = root.get(path, **query, limit=3, **({"after": after} if after else {})).json()
            walked += [row["id"] for row in page["items"]]
            after = page["next_after"]
            if after is None:
                break
        assert walked == whole, path
