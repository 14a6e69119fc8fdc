"""The alert is what its feed has just said; everything else is unknown, and never clear."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from safepassage.operations.desk import Command, Desk
from safepassage.operations.safety.passwords import token_hash
from safepassage.operations.safety.roles import Role
from safepassage.operations.store import accounts
from safepassage.web.access import COOKIE
from safepassage.web.alerts import FRESH_MS, Alert, AlertWatch
from safepassage.web.app import create_app
from tests.operations.field import START_MS, Watch


def written(tmp_path: Path, content: str) -> Path:
    file = tmp_path / "alert.json"
    file.write_text(content, encoding="utf-8")
    return file


def said(state: str, at_ms: int) -> str:
    return json.dumps({"state": state, "at_ms": at_ms})


@pytest.mark.parametrize(
    "content",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        '{"state":"clear"}',
        '{"state":"clear","at_ms":"soon"}',
        '{"state":["clear"],"at_ms":1}',
        "[" * 9000,
        said("green", START_MS),
        said("clear", START_MS - FRESH_MS - 1),
        said("clear", START_MS + 60_000),
    ],
)
def test_what_the_feed_has_not_just_said_is_unknown(tmp_path: Path, content: str) -> None:
    assert AlertWatch(written(tmp_path, content), lambda: START_MS).state() is Alert.UNKNOWN


def test_a_feed_that_has_died_is_unknown_and_never_clear(tmp_path: Path) -> None:
    watch = Watch()
    file = written(tmp_path, json.dumps({"state": "clear", "at_ms": START_MS}))
    alerts = AlertWatch(file, watch)
    assert alerts.state() is Alert.CLEAR
    watch.now_ms += FRESH_MS + 1
    assert alerts.state() is Alert.UNKNOWN
    file.unlink()
    assert alerts.state() is Alert.UNKNOWN
    assert AlertWatch(None, watch).state() is Alert.UNKNOWN


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_boarding_does_not_begin_while_the_alert_is_red(desk: Desk, watch: Watch, tmp_path: Path) -> None:
    plan: dict[str, Any] = {"agency": "red", "vehicle": "bus", "seats": 5, "destination": "x"}
    for kind, payload in (("trip.plan", plan), ("trip.confirm", {})):
        command = Command(kind, "t1", payload)
        desk.say(command, actor="dispatcher", agency="red", role=Role.DISPATCHER)
    file = written(tmp_path, json.dumps({"state": "red", "at_ms": watch.now_ms}))
    client = TestClient(create_app(desk, secure_cookies=False, alert_file=file))
    with desk.database.writing() as connection:
        accounts.begin_session(connection, token_hash("x"), "dispatcher", 2**50)
    client.cookies.set(COOKIE, "x")
    body = {"kind": "trip.open_boarding", "subject": "t1"}
    assert client.get("/health").json()["alert"] == "red"
    refused = client.post("/v1/events", json=body)
    assert (refused.status_code, refused.json()["receipt"]["reason"]) == (409, "alert_red")
    # Who is at the gate is taken in, alert or not.
    arrival = {"kind": "person.check_in", "subject": "p1", "payload": {"stage": "assembly", "site": "x"}}
    with desk.database.writing() as connection:
        accounts.begin_session(connection, token_hash("y"), "site", 2**50)
    gate = TestClient(client.app, cookies={COOKIE: "y"})
    assert gate.post("/v1/events", json=arrival).status_code == 200
    file.write_text(json.dumps({"state": "clear", "at_ms": watch.now_ms}), encoding="utf-8")
    assert client.post("/v1/events", json=body).status_code == 200
