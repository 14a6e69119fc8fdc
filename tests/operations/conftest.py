"""Databases of both kinds, each test in an empty one; PostgreSQL is started for the tests alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from safepassage.operations.desk import Desk
from safepassage.operations.safety.keys import MasterKey, new_device_key, public_text
from safepassage.operations.safety.passwords import password_hash
from safepassage.operations.safety.roles import Role
from safepassage.operations.store import accounts, devices
from safepassage.operations.store.database import Database
from tests.operations.field import FieldDevice, Watch

PASSWORD = "correct horse battery staple"  # noqa: S105 - of made-up people
PASSWORD_HASH = password_hash(PASSWORD)


def postgres_programs() -> Path:
    """Folder of initdb and pg_ctl."""
    places = [Path(shutil.which("initdb") or "x").parent, *sorted(Path("/usr/lib/postgresql").glob("*/bin"))]
    found = next((place for place in reversed(places) if (place / "initdb").exists()), None)
    if found is None:
        pytest.fail("no PostgreSQL on this machine: run make test, or install the package postgresql")
    return found


@pytest.fixture(scope="session")
def postgres_folder() -> Iterator[Path]:
    """Socket folder of a running PostgreSQL that listens to nobody else."""
    programs = postgres_programs()
    # The server refuses to run as root; a short folder, for socket paths may not be long.
    as_user: list[str | Path] = ["runuser", "-u", "nobody", "--"] if os.getuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="sp-pg-"))
    if as_user:
        shutil.chown(folder, "nobody")
    data, log = folder / "data", folder / "log"
    make: list[str | Path] = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "ledger",
        "-A",
        "trust",
        "--no-sync",
        "-E",
        "UTF8",
    ]
    subprocess.run([*as_user, *make], check=True, capture_output=True, cwd=folder)
    settings = f"-k {folder} -c listen_addresses='' -c fsync=off -c shared_buffers=32MB"
    control: list[str | Path] = [*as_user, programs / "pg_ctl", "-D", data, "-l", log, "-w"]
    subprocess.run([*control, "-o", settings, "start"], check=True, capture_output=True, cwd=folder)
    yield folder
    subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd=folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty store, of each kind."""
    if request.param == "sqlite":
        made = Database.in_folder(tmp_path)
    else:
        folder = request.getfixturevalue("postgres_folder")
        with psycopg.connect(
            host=str(folder), user="ledger", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        made = Database(f"postgresql+psycopg://ledger@/postgres?host={folder}")
    made.prepare()
    yield made
    made.close()


@pytest.fixture
def watch() -> Watch:
    """The clock of the server."""
    return Watch()


@pytest.fixture
def master() -> MasterKey:
    """A master key of tests."""
    return MasterKey(bytes(range(32)))


@pytest.fixture
def desk(database: Database, master: MasterKey, watch: Watch) -> Desk:
    """A desk with one account a role, in the agency red."""
    made = Desk(database, master, new_device_key(), now_ms=watch)
    with database.writing() as connection:
        for role in Role:
            accounts.add(connection, accounts.Account(str(role), "red", role, PASSWORD_HASH))
        accounts.add(connection, accounts.Account("blue-field", "blue", Role.FIELD, PASSWORD_HASH))
        accounts.add(connection, accounts.Account("second-authoriser", "red", Role.AUTHORISER, PASSWORD_HASH))
    return made


def enrol(desk: Desk, device: FieldDevice, token: str = "") -> devices.Device:
    """Let a device sign events."""
    with desk.database.writing() as connection:
        devices.add(connection, device.enrolled, token or f"token of {device.name}")
    assert device.enrolled.public_key == public_text(device.key)
    return device.enrolled
