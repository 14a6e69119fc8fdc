"""Accepting events: receipts, replays, review, sealing and what stays whole."""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from safepassage.model.ledger import PersonState
from safepassage.operations.desk import Command, Desk, NotAllowedError, SetAsideError
from safepassage.operations.fold.view import Why
from safepassage.operations.maintenance import first_broken_event, forget, rebuild
from safepassage.operations.reading import unsealed
from safepassage.operations.records.movement import Trip
from safepassage.operations.records.people import Person
from safepassage.operations.safety.roles import Role
from safepassage.operations.store import audit, devices, events, records
from safepassage.operations.store.tables import audit as audit_table
from safepassage.operations.store.tables import event as event_table
from tests.operations.conftest import enrol
from tests.operations.field import DAY_MS, FieldDevice, Watch, document, folded

CANARIES = {
    "given_name": "Кенарка",
    "document": "CANARY123456",
    "phone": "+380671112233",
    "health": "canary-oxygen",
}


def say(desk: Desk, role: Role, kind: str, subject: str, /, **payload: Any) -> str:
    return desk.say(Command(kind, subject, payload), actor=str(role), agency="red", role=role).place


def bus(desk: Desk, trip: str = "t1", seats: int = 2) -> None:
    say(
        desk,
        Role.DISPATCHER,
        "trip.plan",
        trip,
        agency="red",
        vehicle="bus",
        seats=seats,
        destination="centre",
    )
    say(desk, Role.DISPATCHER, "trip.confirm", trip)
    say(desk, Role.DISPATCHER, "trip.open_boarding", trip)


def test_a_person_is_brought_out_and_the_trip_closes_only_then(desk: Desk) -> None:
    say(desk, Role.HOTLINE, "person.register", "p1", settlement="s1", age_from=40, age_to=40)
    say(desk, Role.HOTLINE, "person.register", "p2", settlement="s1", age_from=40, age_to=40)
    bus(desk)
    say(desk, Role.DISPATCHER, "trip.give_seat", "t1", person="p1")
    say(desk, Role.DISPATCHER, "trip.give_seat", "t1", person="p2")
    say(desk, Role.FIELD, "person.check_in", "p1", stage="boarding", trip="t1")
    say(desk, Role.FIELD, "trip.depart", "t1")
    say(desk, Role.FIELD, "trip.arrive", "t1")
    with desk.database.reading() as connection:
        trip, absent = records.find(connection, "trip/t1"), records.find(connection, "person/p2")
    assert isinstance(trip, Trip)
    assert isinstance(absent, Person)
    assert ([seat.person for seat in trip.manifest], trip.manifest_number[:2], absent.trip) == (
        ["p1"],
        "M-",
        "",
    )
    with pytest.raises(SetAsideError) as caught:
        say(desk, Role.DISPATCHER, "trip.close", "t1")
    assert caught.value.receipt.reason == Why.UNACCOUNTED_PERSONS
    say(desk, Role.SITE, "person.check_in", "p1", stage="transit", site="centre")
    say(desk, Role.DISPATCHER, "trip.close", "t1")
    with desk.database.reading() as connection:
        assert records.person_counts(connection) == Counter(
            {("s1", "evacuated_assisted"): 1, ("s1", "unknown"): 1}
        )


def test_what_is_refused_leaves_nothing_behind(desk: Desk) -> None:
    bus(desk, seats=1)
    for person in ("p1", "p2"):
        say(desk, Role.HOTLINE, "person.register", person, settlement="s1", age_from=40, age_to=40)
    say(desk, Role.DISPATCHER, "trip.give_seat", "t1", person="p1")
    with desk.database.reading() as connection:
        before = (events.count(connection), records.digest(connection))
    with pytest.raises(SetAsideError) as caught:
        say(desk, Role.DISPATCHER, "trip.give_seat", "t1", person="p2")
    assert caught.value.receipt.reason == Why.NO_ROOM
    with pytest.raises(NotAllowedError):
        say(desk, Role.HOTLINE, "trip.depart", "t1")
    with desk.database.reading() as connection:
        assert (events.count(connection), records.digest(connection)) == before


def test_the_author_of_an_order_cannot_authorise_it(desk: Desk) -> None:
    say(
        desk,
        Role.AUTHORISER,
        "order.draft",
        "o1",
        number="1",
        issuer="head",
        kind="mandatory",
        settlements=["s1"],
    )
    say(desk, Role.AUTHORISER, "order.review", "o1")
    with pytest.raises(SetAsideError) as caught:
        say(desk, Role.AUTHORISER, "order.authorise", "o1")
    assert caught.value.receipt.reason == Why.AUTHOR_AUTHORISES
    second = Command("order.authorise", "o1", {})
    desk.say(second, actor="second-authoriser", agency="red", role=Role.AUTHORISER)
    say(desk, Role.AUTHORISER, "order.publish", "o1")
    say(desk, Role.AUTHORISER, "zone.set", "s1", status="order", order="o1", eligible=10)
    with pytest.raises(SetAsideError):
        say(desk, Role.AUTHORISER, "zone.set", "s1", status="normal")
    say(desk, Role.AUTHORISER, "zone.set", "s1", status="lifted")
    say(desk, Role.AUTHORISER, "zone.set", "s1", status="normal")


def test_nobody_refuses_for_a_child_under_a_compulsory_order(desk: Desk) -> None:
    kind = "compulsory_children"
    say(desk, Role.AUTHORISER, "order.draft", "o1", number="1", issuer="head", kind=kind, settlements=["s1"])
    say(desk, Role.AUTHORISER, "order.review", "o1")
    authorise = Command("order.authorise", "o1", {})
    desk.say(authorise, actor="second-authoriser", agency="red", role=Role.AUTHORISER)
    say(desk, Role.AUTHORISER, "order.publish", "o1")
    say(desk, Role.AUTHORISER, "zone.set", "s1", status="order_children", order="o1")
    say(desk, Role.HOTLINE, "person.register", "child", settlement="s1", age_from=9, age_to=9)
    say(desk, Role.HOTLINE, "person.register", "mother", settlement="s1", age_from=35, age_to=35)
    form = {"form_version": "1", "text_hash": "", "reason_code": "housing"}
    say(desk, Role.FIELD, "refusal.record", "r1", person="mother", children=["child"], **form)
    say(desk, Role.FIELD, "refusal.record", "r2", person="child", **form)
    with desk.database.reading() as connection:
        assert records.find(connection, "refusal/r2") is None
        assert records.find(connection, "referral/r1.child") is not None
        assert records.find(connection, "referral/r2.child") is not None
        assert records.person_counts(connection) == Counter({("s1", "refused"): 1, ("s1", "unknown"): 1})


def test_a_repeated_check_in_gets_the_first_receipt(desk: Desk) -> None:
    arrival = Command("person.check_in", "stranger", {"stage": "transit", "site": "centre"})
    first = desk.say(arrival, actor="site", agency="red", role=Role.SITE)
    assert desk.say(arrival, actor="site", agency="red", role=Role.SITE) == first
    with desk.database.reading() as connection:
        assert records.occupancy(connection) == Counter({"centre": 1})


def test_over_capacity_warns_and_turns_nobody_away(desk: Desk) -> None:
    say(desk, Role.DISPATCHER, "site.declare", "centre", settlement="s9", beds=1)
    warnings = []
    for person in ("p1", "p2"):
        arrival = Command("person.check_in", person, {"stage": "transit", "site": "centre"})
        warnings.append(desk.say(arrival, actor="site", agency="red", role=Role.SITE).warnings)
    assert warnings == [(), ("over_capacity",)]


def test_two_agencies_that_take_the_same_request_both_learn_of_it(desk: Desk) -> None:
    say(desk, Role.HOTLINE, "request.open", "q1", settlement="s1", channel="hotline", seat=2)
    for step in ("triage", "schedule"):
        say(desk, Role.FIELD, f"request.{step}", "q1")
    red, blue = (
        FieldDevice("red-phone", account="field"),
        FieldDevice("blue-phone", account="blue-field", agency="blue"),
    )
    first = desk.receive([document(red.say("request.assign", "q1", agency="red"))], enrol(desk, red))[0]
    second = desk.receive([document(blue.say("request.assign", "q1", agency="blue"))], enrol(desk, blue))[0]
    statuses = {first.status, second.status}
    assert statuses <= {"accepted", "set_aside"}
    with desk.database.reading() as connection:
        taken = [
            item
            for item in records.everything(connection, "conflict")
            if getattr(item, "reason", "") == "taken_twice"
        ]
    assert [getattr(item, "agencies", ()) for item in taken] in ([("blue", "red")], [])


def test_a_replay_returns_the_first_receipt_and_changes_nothing(desk: Desk) -> None:
    phone = FieldDevice("phone", account="field")
    sender = enrol(desk, phone)
    batch = [
        document(phone.say("person.check_in", f"p{number}", stage="transit", site="x")) for number in range(9)
    ]
    receipts = desk.receive(batch, sender)
    with desk.database.reading() as connection:
        before = (events.count(connection), records.digest(connection))
    assert desk.receive(list(reversed(batch)), sender) == list(reversed(receipts))
    assert desk.receive(batch + batch, sender) == receipts + receipts
    with desk.database.reading() as connection:
        assert (events.count(connection), records.digest(connection)) == before


def test_parallel_replays_count_once(desk: Desk) -> None:
    phone = FieldDevice("phone", account="field")
    sender = enrol(desk, phone)
    batch = [
        document(phone.say("person.check_in", f"p{number}", stage="transit", site="x"))
        for number in range(40)
    ]
    answers: list[Any] = []

    def replay(seed: int) -> None:
        mixed = list(batch)
        random.Random(seed).shuffle(mixed)
        answers.append({receipt.event_id: receipt for receipt in desk.receive(mixed, sender)})

    threads = [threading.Thread(target=replay, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert all(answer == answers[0] for answer in answers)
    with desk.database.reading() as connection:
        assert events.count(connection) == 40


def test_forged_and_foreign_events_are_told_apart(desk: Desk, watch: Watch) -> None:
    phone, thief = FieldDevice("phone", account="field"), FieldDevice("thief", account="field")
    sender = enrol(desk, phone)
    good = phone.say("person.check_in", "p1", stage="transit", site="x")
    changed = replace(phone.say("person.check_in", "p2", stage="transit", site="x"), subject="p3")
    forbidden = phone.say("order.authorise", "o1")
    watch.now_ms -= 9 * DAY_MS
    documents: list[Any] = [
        document(good), document(changed), document(thief.say("person.check_in", "p4", stage="transit")),
        document(replace(good, subject="p5")), {"event_id": 7}, "nonsense", document(forbidden),
    ]  # fmt: skip
    receipts = desk.receive(documents, sender)
    assert [(receipt.status, receipt.reason) for receipt in receipts] == [
        ("held", "clock_ahead"), ("refused", "bad_signature"), ("refused", "bad_signature"),
        ("refused", "id_reused"), ("refused", "malformed"), ("refused", "malformed"),
        ("held", "not_permitted"),
    ]  # fmt: skip
    assert desk.release_held(good.event_id, actor="authoriser", apply=True).status == "accepted"


def test_what_a_lost_device_sends_goes_to_review_and_is_not_lost(desk: Desk, watch: Watch) -> None:
    phone = FieldDevice("phone", account="field")
    enrol(desk, phone)
    with desk.database.writing() as connection:
        devices.revoke(connection, "phone", watch())
        sender = devices.find(connection, "phone")
    assert sender is not None
    event = phone.say("person.check_in", "p1", stage="transit", site="x")
    assert desk.receive([document(event)], sender)[0].reason == "device_revoked"
    with desk.database.reading() as connection:
        assert [item[0] for item in devices.waiting(connection)] == [event.event_id]
        assert records.find(connection, "person/p1") is None
    assert desk.release_held(event.event_id, actor="authoriser", apply=True).status == "accepted"
    with desk.database.reading() as connection:
        person = records.find(connection, "person/p1")
        assert devices.waiting(connection) == []
    assert isinstance(person, Person)
    assert person.state is PersonState.ARRIVED_TRANSIT


def stored_bytes(desk: Desk, request: pytest.FixtureRequest) -> list[bytes]:
    """Every file of the database, journals included."""
    file = desk.database.engine.url.database
    assert file is not None
    if desk.database.is_sqlite:
        return [path.read_bytes() for path in Path(file).parent.iterdir()]
    folder: Path = request.getfixturevalue("postgres_folder")
    with desk.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("CHECKPOINT")
    return [path.read_bytes() for path in (folder / "data").rglob("*") if path.is_file()]


def test_sensitive_text_is_found_nowhere_in_the_files(desk: Desk, request: pytest.FixtureRequest) -> None:
    say(desk, Role.HOTLINE, "person.register", "p1", settlement="s1", **CANARIES)
    phone = FieldDevice("phone", account="field")
    words = {
        "person": "p1",
        "form_version": "1",
        "text_hash": "",
        "reason_code": "other",
        "words": "canary-words",
    }
    desk.receive([document(phone.say("refusal.record", "r1", **words))], enrol(desk, phone))
    contents = stored_bytes(desk, request)
    assert sum(b"refusal" in content for content in contents) >= 1
    for canary in (*CANARIES.values(), "canary-words"):
        assert not any(canary.encode() in content for content in contents)


def test_a_rebuild_gives_the_same_bytes(desk: Desk) -> None:
    test_a_person_is_brought_out_and_the_trip_closes_only_then(desk)
    phone = FieldDevice("phone", account="field")
    late = [phone.say("person.check_in", "p9", stage="transit", site="x"), phone.say("claim.report", "c",
            about="bridge", predicate="open", value="no", source="s")]  # fmt: skip
    desk.receive([document(event) for event in reversed(late)], enrol(desk, phone))
    with desk.database.reading() as connection:
        before = (records.digest(connection), records.person_counts(connection))
        everything = list(events.in_order(connection))
        expected = folded(everything)
        assert dict(records.bodies(connection)) == expected
    rebuild(desk.database)
    with desk.database.reading() as connection:
        assert (records.digest(connection), records.person_counts(connection)) == before


def test_forgetting_leaves_a_placeholder_and_a_whole_chain(desk: Desk) -> None:
    say(desk, Role.HOTLINE, "person.register", "p1", settlement="s1", **CANARIES)
    forget(desk, "person", "p1", actor="admin")
    with desk.database.reading() as connection:
        assert records.find(connection, "person/p1") is not None
        assert first_broken_event(connection) is None
    with desk.database.reading() as connection:
        person = records.find(connection, "person/p1")
        assert isinstance(person, Person)
        assert unsealed(connection, desk.master, [person]) == {}


@pytest.mark.parametrize("harm", ["alter", "delete", "swap"])
def test_tampering_with_the_audit_is_noticed(desk: Desk, harm: str) -> None:
    for number in range(4):
        say(desk, Role.HOTLINE, "person.register", f"p{number}", settlement="s1")
    marks = desk.master.audit_marks
    with desk.database.writing() as connection:
        assert audit.first_broken(connection, marks) is None
        if harm == "alter":
            connection.execute(audit_table.update().where(audit_table.c.number == 2).values(actor="nobody"))
        elif harm == "delete":
            connection.execute(audit_table.delete().where(audit_table.c.number == 2))
        else:
            for old, new in ((2, -1), (3, 2), (-1, 3)):
                connection.execute(audit_table.update().where(audit_table.c.number == old).values(number=new))
        assert audit.first_broken(connection, marks) == 2


def test_tampering_with_the_log_is_noticed(desk: Desk) -> None:
    for number in range(4):
        say(desk, Role.HOTLINE, "person.register", f"p{number}", settlement="s1")
    with desk.database.writing() as connection:
        assert first_broken_event(connection) is None
        body = event_table.c.body
        changed = event_table.update().where(event_table.c.position == 3).values(body=body + " ")
        connection.execute(changed)
        assert first_broken_event(connection) == 3
