"""Parcels on a stick: only the server opens them, only the device the answer, and events count once."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from safepassage.errors import InputError
from safepassage.operations import courier
from safepassage.operations.desk import Command, Desk
from safepassage.operations.login import Door
from safepassage.operations.reading import ReadingRoom
from safepassage.operations.safety.roles import Role
from safepassage.operations.store import devices
from safepassage.operations.sync import SyncDesk
from tests.operations.conftest import enrol
from tests.operations.field import FieldDevice, Watch

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def phone(desk: Desk, watch: Watch) -> FieldDevice:
    made = FieldDevice("phone", account="field", watch=watch)
    enrol(desk, made)
    return made


def taken(desk: Desk, content: bytes) -> bytes:
    return courier.take(desk, SyncDesk(desk, ReadingRoom(desk), Door(desk)), content)


def packed(desk: Desk, phone: FieldDevice, *events: Any, cursor: str = "") -> tuple[bytes, X25519PrivateKey]:
    return courier.pack(events, phone.name, phone.key, courier.public_key_of(desk), cursor=cursor)


def test_a_parcel_does_what_a_sync_does_and_counts_once(desk: Desk, phone: FieldDevice) -> None:
    said = [phone.say("person.register", f"p{number}", given_name="Олена Коваль") for number in range(3)]
    content, reply = packed(desk, phone, *said)
    assert "Олена".encode() not in content
    answer = courier.open_parcel(taken(desk, content), reply)
    assert [receipt["status"] for receipt in answer["receipts"]] == ["accepted"] * 3
    assert {record["given_name"] for record in answer["records"]} == {"Олена Коваль"}
    assert (answer["known_up_to"], answer["missing"]) == (3, [])
    again = courier.open_parcel(taken(desk, content), reply)
    assert again["receipts"] == answer["receipts"]
    content, reply = packed(desk, phone, cursor=answer["cursor"])
    assert courier.open_parcel(taken(desk, content), reply)["records"] == []


def test_all_that_changed_fits_into_one_answer(desk: Desk, phone: FieldDevice) -> None:
    commands = [Command("person.register", f"p{number}", {"given_name": "x"}) for number in range(1200)]
    desk.say_all(commands, actor="hotline", agency="red", role=Role.HOTLINE)
    content, reply = packed(desk, phone)
    assert len(courier.open_parcel(taken(desk, content), reply)["records"]) == 1200


def test_only_the_device_opens_the_answer(desk: Desk, phone: FieldDevice) -> None:
    content, _reply = packed(desk, phone)
    for other in (X25519PrivateKey.generate(), courier.server_key(desk)):
        with pytest.raises(InputError, match="another server"):
            courier.open_parcel(taken(desk, content), other)


@pytest.mark.parametrize("place", [0, 25, 60, -1])
def test_a_changed_parcel_is_refused(desk: Desk, phone: FieldDevice, place: int) -> None:
    content, _reply = packed(desk, phone, phone.say("person.register", "p1"))
    broken = bytearray(content)
    broken[place] ^= 1
    for wrong in (bytes(broken), content[:-1], content[:40], b""):
        with pytest.raises(InputError):
            taken(desk, wrong)


def test_who_is_no_device_learns_nothing(desk: Desk, phone: FieldDevice) -> None:
    stranger = FieldDevice("stranger", account="field")
    server = courier.public_key_of(desk)
    for name in ("phone", "stranger", "server"):
        content, _reply = courier.pack([], name, stranger.key, server)
        with pytest.raises(InputError, match="no enrolled device"):
            taken(desk, content)
    assert phone.enrolled.revoked_ms is None


def test_a_lost_device_delivers_for_review_and_sees_nothing(desk: Desk, phone: FieldDevice) -> None:
    content, reply = packed(desk, phone, phone.say("person.register", "p1", given_name="Олена"))
    with desk.database.writing() as connection:
        devices.revoke(connection, "phone", 1)
    answer = courier.open_parcel(taken(desk, content), reply)
    assert [(receipt["status"], receipt["reason"]) for receipt in answer["receipts"]] == [
        ("held", "device_revoked")
    ]
    assert answer["records"] == []
    assert "known_up_to" not in answer


def test_bombs_and_rubbish_inside_a_parcel_are_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    public = base64.b64decode(courier.public_key_of(desk))
    documents: tuple[Any, ...] = (
        {"a": 1},
        [],
        {"device": "phone", "events": [], "reply_key": "?"},
        {"events": "x"},
    )
    for document in documents:
        with pytest.raises(InputError):
            taken(desk, courier.seal_parcel(document, public))
    monkeypatch.setattr(courier, "canonical", lambda _document: b"[" + b" " * 70_000_000)
    with pytest.raises(InputError, match="larger"):
        taken(desk, courier.seal_parcel({}, public))
    monkeypatch.setattr(courier, "canonical", lambda _document: b"[" * 1_000_000)
    with pytest.raises(InputError, match="malformed"):
        taken(desk, courier.seal_parcel({}, public))


def test_the_key_stays_when_the_master_key_changes(desk: Desk) -> None:
    before = courier.public_key_of(desk)
    desk.master = desk.master.followed_by(bytes(range(1, 33)))
    assert courier.public_key_of(desk) == before
