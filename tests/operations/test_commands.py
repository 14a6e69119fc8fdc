"""The commands that take care of the ledger, from an empty folder to another machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from safepassage.cli.main import app
from safepassage.cli.operations import is_loopback
from safepassage.operations.desk import Command, Desk
from safepassage.operations.reading import Reader, ReadingRoom
from safepassage.operations.safety.keys import MasterKey, new_device_key
from safepassage.operations.safety.roles import Role
from safepassage.operations.store.database import Database


def admin(*words: str | Path) -> str:
    result = CliRunner().invoke(app, ["admin", *map(str, words)])
    assert result.exit_code == 0, result.output
    return result.output


def refused(*words: str | Path) -> str:
    result = CliRunner().invoke(app, ["admin", *map(str, words)])
    assert result.exit_code != 0
    return f"{result.output} {result.exception}"


def shown(folder: Path) -> dict[str, Any] | None:
    database = Database.in_folder(folder)
    desk = Desk(database, MasterKey.from_file(folder / "master.key"), new_device_key())
    person = ReadingRoom(desk).one(Reader("olha", "red", Role.HOTLINE), "person", "p1")
    database.close()
    return person


@pytest.fixture
def ledger_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "ledger"
    admin("init", "--data", folder)
    database = Database.in_folder(folder)
    desk = Desk(database, MasterKey.from_file(folder / "master.key"), new_device_key())
    command = Command("person.register", "p1", {"settlement": "s1", "given_name": "Olena"})
    desk.say(command, actor="olha", agency="red", role=Role.HOTLINE)
    database.close()
    return folder


def test_accounts_are_opened_changed_and_closed(ledger_folder: Path) -> None:
    assert "Password" in admin("user", "olha", "red", "hotline", "--data", ledger_folder)
    refused("user", "olha", "red", "hotline", "--data", ledger_folder)
    refused("user", "ivan", "red", "queen", "--data", ledger_folder)
    assert "olha" in admin("users", "--data", ledger_folder)
    admin("role", "olha", "dispatcher", "--data", ledger_folder)
    assert "dispatcher" in admin("users", "--data", ledger_folder)
    refused("role", "nobody", "dispatcher", "--data", ledger_folder)
    refused("role", "olha", "queen", "--data", ledger_folder)
    admin("role", "olha", "--close", "--data", ledger_folder)
    assert "olha" not in admin("users", "--data", ledger_folder)


def test_a_backup_becomes_a_ledger_elsewhere(ledger_folder: Path, tmp_path: Path) -> None:
    file, elsewhere = tmp_path / "monday.ledger", tmp_path / "elsewhere"
    admin("backup", file, "--data", ledger_folder)
    refused("backup", file, "--data", ledger_folder)
    refused("restore", file, "--keys", tmp_path, "--data", elsewhere)
    assert not elsewhere.exists()
    admin("restore", file, "--keys", ledger_folder, "--data", elsewhere)
    refused("restore", file, "--keys", ledger_folder, "--data", elsewhere)
    assert shown(elsewhere) == shown(ledger_folder)
    person = shown(elsewhere)
    assert person is not None
    assert person["given_name"] == "Olena"


def test_keys_are_rotated_and_the_chains_stay_whole(ledger_folder: Path) -> None:
    before = (ledger_folder / "master.key").read_bytes()
    admin("rotate-keys", "--data", ledger_folder)
    after = (ledger_folder / "master.key").read_bytes()
    assert after[32:] == before
    assert (ledger_folder / "master.key").stat().st_mode & 0o077 == 0
    person = shown(ledger_folder)
    assert person is not None
    assert person["given_name"] == "Olena"
    assert "whole" in admin("verify-audit", "--data", ledger_folder)
    admin("rebuild", "--data", ledger_folder)


def test_a_broken_chain_is_told(ledger_folder: Path) -> None:
    database = Database.in_folder(ledger_folder)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE audit SET actor = 'nobody' WHERE number = 1")
    database.close()
    assert "chain" in refused("verify-audit", "--data", ledger_folder)


def test_only_this_machine_is_a_loopback() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "example.org")] == [  # noqa: S104
        True, True, True, False, False,
    ]  # fmt: skip


def test_what_the_key_files_must_not_be(ledger_folder: Path) -> None:
    assert (ledger_folder / "master.key").stat().st_mode & 0o077 == 0
    refused("init", "--data", ledger_folder)
