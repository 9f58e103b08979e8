"""From an empty installation to a confirmed record, through the interface alone: what the first program does."""


def test_an_operator_builds_everything_and_a_record_is_confirmed(as_, clock):
    root = as_("root")
    root.one("/organizations", code="storm", name="Storm Harbour Volunteers", time_zone="UTC")
    people = [
        outcome["id"]
        for outcome in root.ask(
            "/people",
            [
                {"organization": "storm", "name": f"Volunteer {n}", "birth_date": "1990-01-01"}
                for n in range(3)
            ],
        )
    ]
    activity = root.one(
        "/activities", organization="storm", title="Sandbags along the harbour", time_zone="UTC"
    )["id"]
    shift = root.one(
        "/shifts",
        activity_id=activity,
        starts_at="2026-03-02T12:20:00+00:00",
        ends_at="2026-03-02T14:20:00Z",
        capacity=2,
    )["id"]
    assert root.one("/activities/publish", activity_id=activity)["status"] == "published"

    outcomes = root.ask("/sign-ups", [{"shift_id": shift, "person_id": person} for person in people])
    assert [outcome["status"] for outcome in outcomes] == ["accepted", "accepted", "waitlisted"]
    assert root.one("/sign-ups/cancel", sign_up_id=outcomes[0]["id"])["status"] == "cancelled"

    page = root.get(f"/shifts/{shift}/sign-ups").json()
    assert [row["status"] for row in page["items"]] == ["cancelled", "accepted", "accepted"]
    assert page["next_after"] is None
    assert (
        root.one("/attendance/check-in", sign_up_id=outcomes[1]["id"], method="hand")["status"]
        == "checked_in"
    )
    clock.move(hours=2)
    assert (
        root.one("/attendance/check-out", sign_up_id=outcomes[1]["id"], method="hand")["status"]
        == "checked_out"
    )

    made = root.one("/records/from-attendance", sign_up_id=outcomes[1]["id"])
    assert made["status"] == "created"
    waiting = root.get("/records/awaiting-confirmation", organization="storm").json()["items"]
    assert [row["id"] for row in waiting] == [made["id"]]
    assert root.one("/records/confirm", record_id=made["id"])["status"] == "confirmed"
    corrected = root.one(
        "/records/correct", record_id=made["id"], changes={"minutes": 60}, reason="The sheet says so."
    )
    assert corrected["status"] == "corrected"
    totals = root.get("/records/totals", organization="storm").json()["items"]
    assert [(row["person_id"], row["minutes"]) for row in totals] == [(people[1], 60)]
    assert root.one("/records/void", record_id=corrected["id"], reason="By mistake.")["status"] == "voided"
    assert (
        next(entry["kind"] for entry in root.get(f"/records/{made['id']}/history").json()["items"])
        == "recorded"
    )
