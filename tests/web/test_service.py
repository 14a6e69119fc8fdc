"""The service: logins, ledger, replays, bodies, headers, and nothing that makes it fail."""

from __future__ import annotations

import gzip
import json
import logging
from typing import Any

import pyotp
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from starlette.testclient import TestClient

from safepassage.operations.desk import Desk
from safepassage.operations.login import Door
from safepassage.operations.maintenance import forget
from safepassage.operations.safety.roles import Role
from safepassage.web.access import COOKIE
from safepassage.web.app import create_app
from tests.operations.conftest import PASSWORD
from tests.operations.field import FieldDevice, Watch, document
from tests.web.conftest import Visit
from tests.web.test_access import fill


def test_login_needs_name_password_and_a_fresh_code(desk: Desk, visit: Visit, watch: Watch) -> None:
    seed = Door(desk).open_account("olha", "red", Role.HOTLINE, PASSWORD, by="admin")
    client = visit("")

    def attempt(password: str, code: str) -> int:
        body = {"name": "olha", "password": password, "code": code}
        return int(client.post("/v1/login", json=body).status_code)

    code = pyotp.TOTP(seed).at(watch.now_ms // 1000)
    assert attempt("wrong", code) == 401
    assert attempt(PASSWORD, "000000" if code != "000000" else "111111") == 401
    assert attempt(PASSWORD, code) == 200
    assert client.get("/v1/me").json()["role"] == "hotline"
    assert attempt(PASSWORD, code) == 401
    assert client.post("/v1/logout").status_code == 204
    assert client.get("/v1/me").status_code == 401


def test_failures_lock_an_account_longer_and_longer(desk: Desk, visit: Visit, watch: Watch) -> None:
    Door(desk).open_account("olha", "red", Role.HOTLINE, PASSWORD, by="admin")
    client = visit("")
    body = {"name": "olha", "password": "wrong", "code": "1"}
    answers = [client.post("/v1/login", json=body).status_code for _attempt in range(6)]
    assert answers == [401, 401, 401, 401, 429, 429]
    watch.now_ms += 2001
    assert client.post("/v1/login", json=body).status_code == 401
    watch.now_ms += 2001
    assert client.post("/v1/login", json=body).status_code == 429


def test_sessions_travel_in_cookies_that_scripts_cannot_read(desk: Desk, watch: Watch) -> None:
    seed = Door(desk).open_account("olha", "red", Role.HOTLINE, PASSWORD, by="admin")
    client = TestClient(create_app(desk), base_url="https://testserver")
    code = pyotp.TOTP(seed).at(watch.now_ms // 1000)
    answer = client.post("/v1/login", json={"name": "olha", "password": PASSWORD, "code": code})
    words = answer.headers["set-cookie"].lower()
    assert COOKIE in words
    assert all(word in words for word in ("httponly", "secure", "samesite=strict"))


def test_the_ledger_reconciles_at_every_moment(desk: Desk, visit: Visit, watch: Watch) -> None:
    began = watch.now_ms
    fill(desk)
    watch.now_ms += 1000
    client = visit("analyst")
    now = client.get("/v1/ledger").json()
    assert now["total"]["eligible"] == 2
    assert now["total"]["refused"] == 1
    assert client.get(f"/v1/ledger?at_ms={began - 1}").json()["rows"] == []
    visit("site").post("/v1/events", json={"kind": "person.check_in", "subject": "child",
                                          "payload": {"stage": "transit", "site": "centre"}})  # fmt: skip
    assert client.get("/v1/ledger").json()["total"]["self_evacuated"] == 1
    past = client.get(f"/v1/ledger?at_ms={watch.now_ms - 500}").json()
    assert past == now


def test_persons_are_found_across_spellings(desk: Desk, visit: Visit) -> None:
    fill(desk)
    client = visit("hotline")
    for spelling in ("Олена Коваленко", "Olena Kovalenko", "kovalenko", "Elena Kovalenko", "Оленa"):
        found = client.post("/v1/search", json={"name": spelling}).json()["records"]
        assert [item["id"] for item in found][:1] == ["p1"], spelling
    assert client.post("/v1/search", json={"phone": "380 50 111-22-33"}).json()["records"][0]["id"] == "p1"


def test_who_was_forgotten_is_not_found_by_name(desk: Desk, visit: Visit) -> None:
    fill(desk)
    client = visit("hotline")
    assert client.post("/v1/search", json={"name": "Olena Kovalenko"}).json()["records"]
    forget(desk, "person", "p1", actor="admin")
    assert client.post("/v1/search", json={"name": "Olena Kovalenko"}).json()["records"] == []


def test_second_entries_are_proposed_and_never_merged(desk: Desk, visit: Visit) -> None:
    fill(desk)
    register = {
        "settlement": "s1",
        "given_name": "Олена",
        "family_name": "Коваленко",
        "age_from": 71,
        "age_to": 71,
    }
    visit("hotline").post(
        "/v1/events", json={"kind": "person.register", "subject": "p7", "payload": register}
    )
    client = visit("dispatcher")
    pairs = client.get("/v1/duplicates").json()["candidates"]
    assert [(pair["first"], pair["second"]) for pair in pairs] == [("p1", "p7")]
    assert client.get("/v1/ledger").json()["total"]["eligible"] == 3
    client.post("/v1/events", json={"kind": "person.link", "subject": "p7", "payload": {"same_as": "p1"}})
    assert client.get("/v1/ledger").json()["total"]["eligible"] == 2
    client.post("/v1/events", json={"kind": "person.unlink", "subject": "p7", "payload": {}})
    assert client.get("/v1/ledger").json()["total"]["eligible"] == 3


def test_a_packed_batch_is_taken_and_a_bomb_is_not(desk: Desk, visit: Visit) -> None:
    phone = FieldDevice("phone", account="site")
    token = Door(desk).enrol_device("phone", "site", phone.enrolled.public_key, by="admin")
    client = visit("")
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Encoding": "gzip",
        "Content-Type": "application/json",
    }
    events = [
        document(phone.say("person.check_in", f"p{number}", stage="transit", site="x"))
        for number in range(20)
    ]
    body = gzip.compress(json.dumps({"events": events}).encode())
    first = client.post("/v1/sync", content=body, headers=headers).json()["receipts"]
    assert {receipt["status"] for receipt in first} == {"accepted"}
    assert client.post("/v1/sync", content=body, headers=headers).json()["receipts"] == first
    bomb = gzip.compress(b" " * 40_000_000)
    assert client.post("/v1/sync", content=bomb, headers=headers).status_code == 413
    assert client.post("/v1/sync", content=b"\x1f\x8bnonsense", headers=headers).status_code == 400
    assert client.post("/v1/login", content=b"x" * 4_000_001).status_code == 413


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE event; --", "<img src=x onerror=alert(1)>", '=HYPERLINK("x")', "\ud800", "\0"]
)
def test_hostile_text_stays_text(visit: Visit, text: str) -> None:
    client = visit("hotline")
    body = json.dumps(
        {"kind": "person.register", "subject": "p1", "payload": {"settlement": "s1", "given_name": text}}
    )
    answer = client.post("/v1/events", content=body, headers={"Content-Type": "application/json"})
    if text in ("\ud800", "\0"):
        assert answer.status_code == 422
        return
    assert answer.status_code == 200
    shown = client.get("/v1/records/person/p1")
    assert shown.json()["given_name"] == text
    assert shown.headers["content-type"].startswith("application/json")
    assert shown.headers["x-content-type-options"] == "nosniff"


def test_logs_and_faults_hold_no_personal_data(visit: Visit, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    client = visit("hotline")
    payload = {"settlement": "s1", "given_name": "Kanarka", "nonsense": "Kanarka"}
    answer = client.post("/v1/events", json={"kind": "person.register", "subject": "p1", "payload": payload})
    assert answer.status_code == 422
    client.post("/v1/search", json={"name": "Kanarka"})
    client.get("/v1/records/person/kanarka-7")
    assert "anarka" not in answer.text
    ours = [record.getMessage() for record in caplog.records if record.name == "safepassage.web"]
    assert len(ours) == 3
    assert not any("anarka" in line for line in ours)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("account", ["field", "admin"])
def test_nothing_makes_the_service_fail(desk: Desk, visit: Visit, account: str) -> None:
    fill(desk)
    client = visit(account)
    schema = schemathesis.openapi.from_asgi("/openapi.json", client.app)
    cookies = dict(client.cookies)

    failures: list[tuple[str, str, int]] = []
    calm = settings(
        max_examples=12, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None
    )
    found = list(schema.exclude(path_regex="stream").get_all_operations())
    assert len(found) > 15
    for result in found:
        assert isinstance(result, Ok)
        operation = result.ok()

        @calm
        @given(operation.as_strategy())
        def run(case: schemathesis.Case[Any]) -> None:
            answer = case.call(cookies=cookies)
            if answer.status_code >= 500:
                failures.append((case.method, case.path, answer.status_code))

        run()
    assert failures == []
