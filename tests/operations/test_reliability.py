"""What must not fail: replays, chains of devices, copies, keys and disks."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from safepassage.operations.desk import Command, Desk
from safepassage.operations.maintenance import first_broken_event, rebuild
from safepassage.operations.reading import Reader, ReadingRoom
from safepassage.operations.rotation import finish_rotation, rotate_master_key
from safepassage.operations.safety.keys import MasterKey, SealBrokenError
from safepassage.operations.safety.roles import Role
from safepassage.operations.store import audit, events, records
from safepassage.operations.store.copies import NotEmptyError, copy_to_file, restore_from_file
from safepassage.operations.store.database import Database, StoreFullError, StoreUnavailableError
from tests.operations.conftest import enrol
from tests.operations.field import FieldDevice, document

PHONE = "+380671112233"


def arrivals(phone: FieldDevice, count: int) -> list[dict[str, Any]]:
    return [
        document(phone.say("person.check_in", f"p{number}", stage="transit", site="x"))
        for number in range(count)
    ]


def register(desk: Desk, person: str, **more: Any) -> str:
    command = Command("person.register", person, {"settlement": "s1", **more})
    return desk.say(command, actor="hotline", agency="red", role=Role.HOTLINE).place


def test_thirty_two_replays_of_a_thousand_events_count_once(desk: Desk) -> None:
    phone = FieldDevice("phone", account="field")
    sender = enrol(desk, phone)
    batch = arrivals(phone, 1000)

    def replay(seed: int) -> dict[str, Any]:
        mixed = list(batch)
        random.Random(seed).shuffle(mixed)
        return {receipt.event_id: receipt for receipt in desk.receive(mixed, sender)}

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(replay, range(32)))
    assert len(answers[0]) == 1000
    assert all(answer == answers[0] for answer in answers)
    with desk.database.reading() as connection:
        assert events.count(connection) == 1000
        assert records.occupancy(connection) == {"x": 1000}


def test_a_gap_in_the_chain_of_a_device_shows_until_it_is_filled(desk: Desk) -> None:
    phone = FieldDevice("phone", account="field")
    sender = enrol(desk, phone)
    batch = arrivals(phone, 9)
    assert [receipt.warnings for receipt in desk.receive(batch[:2], sender)] == [(), ()]
    assert [receipt.warnings for receipt in desk.receive(batch[4:6] + batch[8:], sender)] == [
        ("chain_gap",), (), ("chain_gap",),
    ]  # fmt: skip
    with desk.database.reading() as connection:
        assert events.missing_of_device(connection, "phone", 50) == (9, [(3, 4), (7, 8)])
        assert events.missing_of_device(connection, "phone", 1) == (9, [(3, 4)])
    assert {receipt.warnings for receipt in desk.receive(batch, sender)[2:4]} == {()}
    with desk.database.reading() as connection:
        assert events.missing_of_device(connection, "phone", 50) == (9, [])


def test_two_devices_under_one_key_are_told_apart_by_their_chain(desk: Desk) -> None:
    phone, copy = FieldDevice("phone", account="field"), FieldDevice("phone", account="field")
    sender = enrol(desk, phone)
    copy.skip_ids(50)
    ours, theirs = arrivals(phone, 3), arrivals(copy, 3)
    assert [receipt.warnings for receipt in desk.receive(ours, sender)] == [(), (), ()]
    second = desk.receive(theirs, sender)
    assert {receipt.warnings[-1] for receipt in second} == {"chain_fork"}
    # What was signed is never thrown away: both arms are kept, and somebody looks.
    with desk.database.reading() as connection:
        assert events.count(connection) == 6


def test_the_server_chains_what_is_said_at_its_screens(desk: Desk) -> None:
    for number in range(3):
        register(desk, f"p{number}")
    other = Desk(desk.database, desk.master, desk._device_key, now_ms=desk.now_ms)
    register(other, "p9")
    with desk.database.reading() as connection:
        links = events.links_between(connection, "server", 1, 9)
    assert [link.previous for link in links] == ["", *(link.content_hash for link in links[:-1])]


def test_a_copy_is_of_one_moment_while_others_write(desk: Desk, tmp_path: Path, master: MasterKey) -> None:
    stop = threading.Event()
    written: list[str] = []

    def keep_writing() -> None:
        while not stop.is_set():
            written.append(register(desk, f"busy{len(written)}", phone=PHONE))

    writer = threading.Thread(target=keep_writing)
    writer.start()
    while not written:
        stop.wait(0.01)
    copy_to_file(desk.database, tmp_path / "copy.sqlite")
    stop.set()
    writer.join()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    restored = Database.in_folder(elsewhere)
    restored.prepare()
    restore_from_file(tmp_path / "copy.sqlite", restored)
    with restored.reading() as connection:
        count = events.count(connection)
        assert 1 <= count <= len(written)
        assert first_broken_event(connection) is None
        assert audit.first_broken(connection, master.audit_marks) is None
        before = records.digest(connection)
    assert rebuild(restored) == count
    with restored.reading() as connection:
        assert records.digest(connection) == before
    restored.close()


def test_a_copy_restores_to_an_equal_ledger(desk: Desk, tmp_path: Path) -> None:
    for number in range(4):
        register(desk, f"p{number}", given_name="Olha", phone=PHONE)
    copy_to_file(desk.database, tmp_path / "copy.sqlite")
    before_bytes = (tmp_path / "copy.sqlite").read_bytes()
    assert not any(text.encode() in before_bytes for text in ("Olha", PHONE))
    restored = Database.in_file(tmp_path / "restored.sqlite")
    restored.prepare()
    restore_from_file(tmp_path / "copy.sqlite", restored)
    with desk.database.reading() as one, restored.reading() as two:
        assert records.digest(one) == records.digest(two)
        assert list(events.chain_rows(one)) == list(events.chain_rows(two))
        assert list(audit.rows(one)) == list(audit.rows(two))
    found = ReadingRoom(Desk(restored, desk.master, desk._device_key)).found_by(
        Reader("hotline", "red", Role.HOTLINE), "phone", PHONE
    )
    assert [person["given_name"] for person in found] == ["Olha"] * 4
    with pytest.raises(NotEmptyError):
        restore_from_file(tmp_path / "copy.sqlite", restored)
    assert (tmp_path / "copy.sqlite").read_bytes() == before_bytes
    restored.close()


def test_a_copy_comes_home_to_the_database_it_was_made_of(desk: Desk, tmp_path: Path) -> None:
    register(desk, "p1", given_name="Olha")
    with desk.database.reading() as connection:
        before = (records.digest(connection), audit.head(connection))
    copy_to_file(desk.database, tmp_path / "copy.sqlite")
    with desk.database.writing() as connection:
        for table in ("event", "record", "touch", "secret", "record_key", "audit", "account"):
            connection.execute(text(f'DELETE FROM "{table}"'))  # noqa: S608
    restore_from_file(tmp_path / "copy.sqlite", desk.database)
    with desk.database.reading() as connection:
        assert (records.digest(connection), audit.head(connection)) == before


def test_a_new_master_key_opens_what_the_old_one_sealed(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    file.write_bytes(desk.master.file_content())
    phone = FieldDevice("phone", account="field")
    sender = enrol(desk, phone)
    batch = arrivals(phone, 3)
    receipts = desk.receive(batch, sender)
    register(desk, "p9", given_name="Olha", phone=PHONE)
    rotate_master_key(desk, file, actor="admin")
    new = Desk(desk.database, MasterKey.from_file(file), desk._device_key, now_ms=desk.now_ms)
    assert new.receive(batch, sender) == receipts
    register(new, "p10", given_name="Ivan", phone=PHONE)
    found = ReadingRoom(new).found_by(Reader("hotline", "red", Role.HOTLINE), "phone", PHONE)
    assert [person["given_name"] for person in found] == ["Ivan", "Olha"]
    with desk.database.reading() as connection:
        assert audit.first_broken(connection, new.master.audit_marks) is None
        assert audit.first_broken(connection, desk.master.audit_marks) is not None
    with pytest.raises(SealBrokenError):
        register(desk, "p9")


@pytest.mark.parametrize("committed", [True, False])
def test_a_change_of_keys_that_stops_halfway_leaves_a_ledger_that_opens(
    desk: Desk, tmp_path: Path, *, committed: bool
) -> None:
    file = tmp_path / "master.key"
    old = desk.master.file_content()
    file.write_bytes(old)
    register(desk, "p1", given_name="Olha")
    if committed:
        rotate_master_key(desk, file, actor="admin")
        file.rename(tmp_path / "master.key.new")
        file.write_bytes(old)
    else:
        (tmp_path / "master.key.new").write_bytes(desk.master.followed_by(bytes(32)).file_content())
    finish_rotation(desk.database, file)
    assert not (tmp_path / "master.key.new").exists()
    opened = Desk(desk.database, MasterKey.from_file(file), desk._device_key)
    shown = ReadingRoom(opened).one(Reader("hotline", "red", Role.HOTLINE), "person", "p1")
    assert shown is not None
    assert shown["given_name"] == "Olha"


@contextmanager
def harmed(database: Database, harm: str) -> Iterator[None]:
    """A disk that is full, or may not be written; PostgreSQL stands for its server's disk."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            limit = pages if harm == "full" else 2**31 - 2
            statement = f"PRAGMA max_page_count={limit}" if harm == "full" else "PRAGMA query_only=ON"
        else:
            statement = "SET default_transaction_read_only = on"
    database.close()

    def apply(raw: Any, _record: Any) -> None:
        cursor = raw.cursor()
        cursor.execute(statement)
        cursor.close()
        if not database.is_sqlite:
            raw.commit()

    for engine in database.engines:
        event.listen(engine, "connect", apply)
    yield
    for engine in database.engines:
        event.remove(engine, "connect", apply)
    database.close()


@pytest.mark.parametrize("harm", ["full", "read_only"])
def test_a_disk_that_takes_nothing_loses_nothing(desk: Desk, harm: str) -> None:
    phone = FieldDevice("phone", account="field")
    sender = enrol(desk, phone)
    batch = arrivals(phone, 400)
    first = desk.receive(batch[:5], sender)
    with desk.database.reading() as connection:
        before = (events.count(connection), records.digest(connection), audit.head(connection))
    with harmed(desk.database, harm):
        with pytest.raises(StoreFullError):
            desk.receive(batch, sender)
        with desk.database.reading() as connection:
            assert (events.count(connection), records.digest(connection), audit.head(connection)) == before
    receipts = desk.receive(batch, sender)
    assert receipts[:5] == first
    with desk.database.reading() as connection:
        assert events.count(connection) == 400
        assert first_broken_event(connection) is None


def test_a_database_that_is_away_is_told_plainly(tmp_path: Path) -> None:
    away = Database(f"postgresql+psycopg://ledger@/postgres?host={tmp_path}")
    with pytest.raises(StoreUnavailableError), away.reading():
        pass
    with pytest.raises(StoreUnavailableError), away.writing():
        pass
    away.close()
