"""A made ledger for the benchmarks: people with names, sites, desks and gates, and a running service."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from safepassage.operations.desk import Desk
from safepassage.operations.safety.keys import MasterKey, new_device_key
from safepassage.operations.safety.passwords import password_hash, token_hash
from safepassage.operations.safety.roles import Role
from safepassage.operations.store import accounts, devices
from safepassage.operations.store.chunks import chunks
from safepassage.operations.store.database import Database
from tests.operations.conftest import postgres_programs
from tests.operations.field import FieldDevice, document

GIVEN = ["Олена", "Іван", "Марія", "Петро", "Ганна", "Юрій", "Оксана", "Василь", "Надія", "Микола",
         "Світлана", "Андрій", "Тетяна", "Сергій", "Любов", "Олександр", "Катерина", "Дмитро", "Віра",
         "Богдан"]  # fmt: skip
ROOTS = ["Ковал", "Шевч", "Бондар", "Ткач", "Кравч", "Мельн", "Поліщ", "Лис", "Савч", "Рудн", "Мороз",
         "Гонч", "Литв", "Панч", "Клим", "Яким", "Федор", "Гриц", "Демч", "Захар"]  # fmt: skip
ENDINGS = ["енко", "ук", "ишин", "ець", "ів", "чук", "ський", "ик", "ович", "аченко"]
SETTLEMENTS = 37
SITES = 6


def token_of(account: str) -> str:
    """Session token of an account of the made ledger."""
    return f"session-of-{account}"


def fill(desk: Desk, persons: int, users: int) -> None:
    """
    Register people, open sites and begin sessions.

    Parameters
    ----------
    desk : Desk
        Over an empty store.
    persons, users : int
        How many of each; users are gates and hotline by turns.
    """
    hashed, now = password_hash("x"), desk.now_ms()
    loader = FieldDevice("loader", account="loader", watch=desk.now_ms)  # type: ignore[arg-type]
    with desk.database.writing() as connection:
        accounts.add(connection, accounts.Account("loader", "red", Role.HOTLINE, hashed))
        accounts.add(connection, accounts.Account("dispatcher", "red", Role.DISPATCHER, hashed))
        for number in range(users):
            role = Role.SITE if number % 3 == 0 else Role.HOTLINE
            accounts.add(connection, accounts.Account(f"user{number}", "red", role, hashed))
        for name in ("dispatcher", *(f"user{number}" for number in range(users))):
            accounts.begin_session(connection, token_hash(token_of(name)), name, now + 10**9)
        devices.add(connection, loader.enrolled, "loader")
    dice = random.Random(11)
    told = []
    for number in range(persons):
        age = dice.randrange(1, 90)
        told.append(
            document(
                loader.say(
                    "person.register",
                    f"p{number}",
                    settlement=f"s{dice.randrange(SETTLEMENTS)}",
                    given_name=dice.choice(GIVEN),
                    family_name=f"{dice.choice(ROOTS)}{dice.choice('аеиоуя')}{dice.choice(ENDINGS)}",
                    phone=f"+38050{number:07d}",
                    age_from=age,
                    age_to=age,
                )
            )
        )
    for some in chunks(told, 2000):
        assert {receipt.status for receipt in desk.receive(some, loader.enrolled)} == {"accepted"}


def made_desk(database: Database, folder: Path) -> Desk:
    """Desk over an empty store, with its keys in a folder."""
    database.prepare()
    (folder / "master.key").write_bytes(bytes(range(32)))
    (folder / "device.key").write_bytes(new_device_key().private_bytes_raw())
    return Desk(database, MasterKey.from_file(folder / "master.key"), new_device_key())


@contextmanager
def served(folder: Path, url: str) -> Iterator[tuple[int, int]]:
    """Port and process id of a running `safepassage serve`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    program = str(Path(sys.executable).with_name("safepassage"))
    command = [program, "serve", "--data", str(folder), "--port", str(port)]
    with subprocess.Popen(
        [*command, *(["--database", url] if url else [])], stderr=subprocess.DEVNULL
    ) as process:
        wait_until_up(port)
        yield port, process.pid
        process.terminate()


def wait_until_up(port: int) -> None:
    """Ask for the health of a service until it answers."""
    while True:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            connection.getresponse().read()
            connection.close()
            return
        except OSError:
            time.sleep(0.05)


@contextmanager
def store(kind: str) -> Iterator[str]:
    """Address of an empty store; a PostgreSQL with its usual care for the disk is started for it."""
    if kind == "sqlite":
        yield ""
        return
    with _postgres() as url:
        yield url


@contextmanager
def _postgres() -> Iterator[str]:
    programs = postgres_programs()
    with tempfile.TemporaryDirectory(prefix="sp-pg-") as name:
        folder = Path(name)
        as_user: list[str] = ["runuser", "-u", "nobody", "--"] if os.getuid() == 0 else []
        if as_user:
            shutil.chown(folder, "nobody")
        data = folder / "data"
        run: Any = subprocess.run
        make = [programs / "initdb", "-D", data, "-U", "ledger", "-A", "trust", "-E", "UTF8"]
        run([*as_user, *make], check=True, capture_output=True, cwd=folder)
        control = [*as_user, programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w"]
        settings = f"-k {folder} -c listen_addresses=''"
        run([*control, "-o", settings, "start"], check=True, capture_output=True, cwd=folder)
        try:
            yield f"postgresql+psycopg://ledger@/postgres?host={folder}"
        finally:
            run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd=folder)
