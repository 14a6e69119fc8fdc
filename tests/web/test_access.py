"""The access matrix: every role against every noun, kind and action, as the table declares and no further."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any

import pytest

from safepassage.operations.desk import Command, Desk
from safepassage.operations.reading import ReadingRoom
from safepassage.operations.records import NOUNS
from safepassage.operations.safety.roles import DOES, READS, SAYS, Action, Role, Scope
from safepassage.operations.store import accounts
from safepassage.operations.vocabulary import KINDS
from tests.operations.field import FieldDevice, Watch, document
from tests.web.conftest import Visit

# Who may see what does not depend on the database; what does is tested on both.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

SECRETS = {
    "given_name": "Olena", "family_name": "Kovalenko", "phone": "+380501112233", "document": "MK776655",
    "health": "insulin", "birth_date": "1950-02-03", "languages": "uk", "sex": "f",
}  # fmt: skip
ACTION_CALLS: dict[Action, tuple[str, str, Any]] = {
    Action.LEDGER: ("GET", "/v1/ledger", None),
    Action.SEARCH: ("POST", "/v1/search", {"name": "Olena"}),
    Action.DUPLICATES: ("GET", "/v1/duplicates", None),
    Action.AUDIT: ("GET", "/v1/audit", None),
    Action.REVIEW_HELD: ("GET", "/v1/held", None),
    Action.BREAK_GLASS: ("POST", "/v1/break-glass", {"reason": "a child is missing at the gate"}),
    Action.DEVICES: (
        "POST",
        "/v1/devices",
        {"device": "new", "account": "field", "public_key": "A" * 43 + "="},
    ),
}


def fill(desk: Desk) -> None:
    """One record of most nouns, with every sensitive field."""

    def say(role: Role, kind: str, subject: str, /, **payload: Any) -> str:
        return desk.say(Command(kind, subject, payload), actor=str(role), agency="red", role=role).place

    say(
        Role.AUTHORISER,
        "order.draft",
        "o1",
        number="1",
        issuer="i",
        settlements=["s1"],
        kind="mandatory",
    )
    say(Role.HOTLINE, "household.register", "h1", settlement="s1", address="Lisova 7", phone="+380509998877")
    say(
        Role.HOTLINE,
        "person.register",
        "p1",
        settlement="s1",
        household="h1",
        age_from=70,
        age_to=75,
        **SECRETS,
    )
    say(Role.HOTLINE, "person.register", "child", settlement="s1", age_from=4, age_to=5, given_name="Taras")
    say(Role.HOTLINE, "request.open", "q1", settlement="s1", channel="hotline", seat=1,
        contact="+380671234567", address="Lisova 7", words="cannot walk")  # fmt: skip
    say(Role.DISPATCHER, "trip.plan", "t1", agency="red", vehicle="AX1234BB", seats=9, destination="centre",
        driver="driver", route=["kupiansk", "shevchenkove"], departs_ms=5)  # fmt: skip
    say(Role.DISPATCHER, "trip.give_seat", "t1", person="p1")
    say(Role.FIELD, "refusal.record", "r1", person="p1", form_version="1", text_hash="",
        reason_code="housing", words="will not leave the cow", witnesses="two neighbours")  # fmt: skip
    say(Role.DISPATCHER, "site.declare", "centre", settlement="s9", beds=5)
    say(Role.FIELD, "crew.go", "c1", agency="red", due_ms=5)
    say(Role.HOTLINE, "claim.report", "k1", about="bridge", predicate="open", value="no", source="a")
    say(Role.TRACING, "tracing.open", "f1", sought="p1", enquirer="sister Halyna")


def allowed_names(role: Role, noun: str) -> set[str]:
    access = READS[role][noun]
    plain = {name.removeprefix("secrets.") for name in access.shown}
    return plain | {"status", "overdue"}


@pytest.mark.parametrize("role", list(Role))
def test_every_noun_shows_what_is_declared_and_no_more(role: Role, desk: Desk, visit: Visit) -> None:
    fill(desk)
    client = visit(str(role))
    for noun in NOUNS:
        answer = client.get(f"/v1/records/{noun}")
        if noun not in READS[role]:
            assert answer.status_code == 403
            assert client.get(f"/v1/records/{noun}/p1").status_code == 403
            continue
        assert answer.status_code == 200
        for record in answer.json()["records"]:
            assert set(record) <= allowed_names(role, noun)
            single = client.get(f"/v1/records/{noun}/{record['id']}").json()
            assert single == record
    persons = {item["id"] for item in client.get("/v1/records/person").json().get("records", [])}
    expected = {Scope.OWN_TRIPS: {"p1"}, Scope.MINORS: {"child"}, Scope.ALL: {"p1", "child"}}
    assert persons == (expected[READS[role]["person"].scope] if "person" in READS[role] else set())


@pytest.mark.parametrize("role", list(Role))
def test_no_answer_holds_sealed_text_that_is_not_declared(role: Role, desk: Desk, visit: Visit) -> None:
    fill(desk)
    client = visit(str(role))
    declared = {
        name for access in READS[role].values() for name in access.shown if name.startswith("secrets.")
    }
    pages = [client.get(f"/v1/records/{noun}").text for noun in NOUNS]
    pages += [
        client.get("/v1/stream?rounds=1").text,
        client.get("/v1/ledger").text,
        client.get("/metrics").text,
    ]
    pages += [client.post("/v1/search", json={"name": "Olena"}).text, client.get("/v1/audit").text]
    pages += [
        client.post("/v1/search", json={"phone": SECRETS["phone"]}).text,
        client.get("/v1/duplicates").text,
    ]
    everything = "\n".join(pages)
    for name, text in SECRETS.items():
        if f"secrets.{name}" not in declared:
            assert f'"{text}"' not in everything, name
    if "secrets.words" not in declared:
        assert "cow" not in everything
        assert "cannot walk" not in everything


@pytest.mark.parametrize("role", list(Role))
def test_every_kind_is_said_by_its_roles_alone(role: Role, desk: Desk, visit: Visit) -> None:
    client = visit(str(role))
    for kind in KINDS:
        answer = client.post("/v1/events", json={"kind": kind, "subject": "x", "payload": {"unknown": 1}})
        assert answer.status_code == (422 if kind in SAYS[role] else 403), kind
    with desk.database.reading():
        assert client.get("/health").json()["events"] == 0


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("action", list(ACTION_CALLS))
def test_every_action_is_done_by_its_roles_alone(role: Role, action: Action, visit: Visit) -> None:
    method, path, body = ACTION_CALLS[action]
    answer = visit(str(role)).request(method, path, json=body)
    assert (answer.status_code < 300) == (action in DOES[role])
    assert answer.status_code in (200, 201, 403)


def test_nobody_sees_anything_without_a_login(visit: Visit) -> None:
    client = visit("")
    app_paths = client.get("/openapi.json").json()["paths"]
    for path, methods in app_paths.items():
        for method in methods:
            if path in ("/health", "/metrics", "/v1/login", "/v1/logout"):
                continue
            filled = path.format(noun="person", record_id="p1", event_id="e", device_id="d", trip_id="t1")
            body: dict[str, str] | None = None if method == "get" else {}
            assert client.request(method, filled, json=body).status_code in (401, 422)
            assert "p1" not in client.request(method, filled, json=body).text


def test_a_device_syncs_what_its_owner_may_see_and_a_lost_one_sees_nothing(desk: Desk, visit: Visit) -> None:
    fill(desk)
    phone = FieldDevice("phone", account="driver")
    admin = visit("admin")
    body = {"device": "phone", "account": "driver", "public_key": phone.enrolled.public_key}
    token = admin.post("/v1/devices", json=body).json()["token"]
    client = visit("")
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.post("/v1/sync", json={}, headers=headers).json()
    assert {(item["noun"], item["id"]) for item in answer["records"]} == {("trip", "t1"), ("person", "p1")}
    person = next(item for item in answer["records"] if item["noun"] == "person")
    assert person == {"noun": "person", "id": "p1", "need": "seat", "trip": "t1", "given_name": "Olena"}
    assert client.post("/v1/sync", json={"cursor": answer["cursor"]}, headers=headers).json()["records"] == []
    assert admin.post("/v1/devices/phone/revoke").status_code == 204
    assert client.get("/v1/records/trip", headers=headers).status_code == 403
    assert client.post("/v1/sync", json={}, headers=headers).json()["records"] == []


@pytest.mark.parametrize("role", list(Role))
def test_no_address_of_the_service_tells_a_role_what_it_may_not_read(
    role: Role, desk: Desk, visit: Visit
) -> None:
    """Every address that the description names, whatever it is for, asked with what exists."""
    fill(desk)
    client = visit(str(role))
    declared = {name.removeprefix("secrets.") for access in READS[role].values() for name in access.shown}
    found = []
    paths = client.get("/openapi.json").json()["paths"]
    assert len(paths) > 15
    for path, methods in paths.items():
        for method in methods:
            for noun, record_id in (("person", "p1"), ("request", "q1"), ("household", "h1"), ("trip", "t1")):
                filled = path.format_map(
                    {"noun": noun, "record_id": record_id, "event_id": "e", "device_id": "d"}
                    | dict.fromkeys(re.findall(r"{(\w+)}", path), record_id)
                    | {"noun": noun}
                )
                if "stream" in path:
                    filled += "?rounds=1"
                body = None if method == "get" else {"name": "Olena", "apply": False}
                answer = client.request(method.upper(), filled, json=body)
                assert answer.status_code < 500, (method, filled)
                found += [
                    (filled, name)
                    for name, text in SECRETS.items()
                    if name not in declared and f'"{text}"' in answer.text
                ]
    assert found == []


def test_boards_count_for_those_who_may_count(desk: Desk, visit: Visit, watch: Watch) -> None:
    fill(desk)
    watch.now_ms += 60_000
    for role in Role:
        answer = visit(str(role)).get("/v1/board")
        assert (answer.status_code == 200) == (Action.LEDGER in DOES[role])
    seen = visit("dispatcher").get("/v1/board").json()
    assert seen["persons"] == {"refused": 1, "unknown": 1}
    assert seen["states"]["trip"] == {"planned": 1}
    assert seen["sites"] == [{"id": "centre", "status": "open", "beds": 5, "staying": 0}]
    assert [crew["id"] for crew in seen["overdue_crews"]] == ["c1"]
    assert visit("analyst").get("/v1/board").json()["overdue_crews"] == []
    assert seen["alert"] == "unknown"


def test_a_route_is_shown_from_its_release_on(desk: Desk, visit: Visit, watch: Watch) -> None:
    fill(desk)
    client = visit("hotline")
    before = client.get("/v1/records/trip/t1")
    assert "route" not in before.json()
    release = watch.now_ms + 3_600_000
    command = Command("trip.release", "t1", {"release_at_ms": release})
    desk.say(command, actor="authoriser", agency="red", role=Role.AUTHORISER)
    seen = client.get("/v1/records/trip/t1")
    assert "route" not in seen.json()
    assert "release_at_ms" not in seen.json()
    watch.now_ms = release - 1
    tag = {"If-None-Match": seen.headers["etag"]}
    assert client.get("/v1/records/trip/t1", headers=tag).status_code == 304
    watch.now_ms = release
    after = client.get("/v1/records/trip/t1", headers=tag)
    assert after.status_code == 200
    assert after.json()["route"] == ["kupiansk", "shevchenkove"]


@pytest.mark.parametrize("where", ["list", "sync", "stream"])
def test_no_other_way_shows_a_route_before_its_release(
    desk: Desk, visit: Visit, watch: Watch, where: str
) -> None:
    fill(desk)
    phone = FieldDevice("phone", account="hotline")
    body = {"device": "phone", "account": "hotline", "public_key": phone.enrolled.public_key}
    token = visit("admin").post("/v1/devices", json=body).json()["token"]
    release = watch.now_ms + 3_600_000
    command = Command("trip.release", "t1", {"release_at_ms": release})
    desk.say(command, actor="authoriser", agency="red", role=Role.AUTHORISER)

    def seen() -> str:
        if where == "sync":
            headers = {"Authorization": f"Bearer {token}"}
            return visit("").post("/v1/sync", json={}, headers=headers).text
        return visit("hotline").get("/v1/records/trip" if where == "list" else "/v1/stream?rounds=1").text

    for moment, shown in ((release - 1, False), (release, True), (release + 1, True)):
        watch.now_ms = moment
        assert ("shevchenkove" in seen()) == shown
        assert '"t1"' in seen()


def test_who_has_logged_out_is_told_nothing_more(desk: Desk, visit: Visit) -> None:
    fill(desk)
    client = visit("hotline")
    rounds = 0

    class Leaving(ReadingRoom):
        def changes(self, *parts: Any, **named: Any) -> Any:
            nonlocal rounds
            rounds += 1
            with desk.database.writing() as connection:
                accounts.end_sessions_of(connection, "hotline")
            return super().changes(*parts, **named)

    service = client.app.state.service  # type: ignore[attr-defined]
    client.app.state.service = replace(service, reading=Leaving(desk))  # type: ignore[attr-defined]
    text = client.get("/v1/stream").text
    assert rounds == 1
    assert text.count("data:") == 1


def test_a_stream_goes_on_where_the_line_was_lost(desk: Desk, visit: Visit) -> None:
    fill(desk)
    client = visit("dispatcher")
    first = client.get("/v1/stream?rounds=1").text
    place = first.partition("id: ")[2].partition("\n")[0]
    again = client.get("/v1/stream?rounds=1", headers={"Last-Event-ID": place}).text
    assert "data:" in first
    assert "data:" not in again
    beyond = client.get("/v1/stream?rounds=1", headers={"Last-Event-ID": "999999.x"}).text
    assert beyond.count("data:") == 1


def test_a_device_learns_what_has_not_come(visit: Visit) -> None:
    phone = FieldDevice("phone", account="site")
    body = {"device": "phone", "account": "site", "public_key": phone.enrolled.public_key}
    token = visit("admin").post("/v1/devices", json=body).json()["token"]
    events = [
        document(phone.say("person.check_in", f"p{number}", stage="transit", site="x")) for number in range(6)
    ]
    headers = {"Authorization": f"Bearer {token}"}
    sent = {"events": [events[0], *events[3:5]]}
    answer = visit("").post("/v1/sync", json=sent, headers=headers).json()
    assert (answer["known_up_to"], answer["missing"]) == (5, [[2, 3]])
    answer = visit("").post("/v1/sync", json={"events": events}, headers=headers).json()
    assert (answer["known_up_to"], answer["missing"]) == (6, [])


def test_breaking_glass_shows_more_for_a_while_and_is_written_down(
    desk: Desk, visit: Visit, watch: Watch
) -> None:
    fill(desk)
    client = visit("dispatcher")
    assert "health" not in client.get("/v1/records/person/p1").json()
    client.post("/v1/break-glass", json={"reason": "unconscious at the gate"})
    assert client.get("/v1/records/person/p1").json()["health"] == "insulin"
    watch.now_ms += 31 * 60_000
    assert "health" not in client.get("/v1/records/person/p1").json()
    rows = visit("auditor").get("/v1/audit").json()["rows"]
    assert any(row["action"] == "glass.break" and "unconscious" in row["detail"] for row in rows)
    assert any(row["action"] == "person.read" and row["detail"] == "break-glass" for row in rows)


def test_the_table_names_fields_that_exist(desk: Desk) -> None:
    assert desk.exercise
    for role, nouns in READS.items():
        for noun, access in nouns.items():
            known = {item.name for item in fields(NOUNS[noun])}
            plain = {name for name in access.shown | access.once_released if not name.startswith("secrets.")}
            assert plain <= known, (role, noun)
            assert "secrets" not in plain
