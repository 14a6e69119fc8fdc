"""The commands of the ledger, on a folder of their own."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from safepassage.cli.main import app
from safepassage.cli.operations import is_loopback

RUN = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "ledger"
    assert RUN.invoke(app, ["admin", "init", "--data", str(made)]).exit_code == 0
    return made


def test_a_new_ledger_is_readable_by_its_owner_alone(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("master.key", "device.key"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert RUN.invoke(app, ["admin", "init", "--data", str(folder)]).exit_code == 2


def test_the_service_refuses_the_open_network_without_tls(folder: Path) -> None:
    refused = RUN.invoke(app, ["serve", "--data", str(folder), "--host", "0.0.0.0"])  # noqa: S104 (refused)
    assert refused.exit_code == 2
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "10.0.0.1", "example.org")] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_accounts_devices_and_care(folder: Path) -> None:
    data = ["--data", str(folder)]
    opened = RUN.invoke(app, ["admin", "user", "olha", "red", "hotline", *data])
    assert re.search(r"Password: \S{16}  Codes: [A-Z2-7]{32}", opened.output)
    assert RUN.invoke(app, ["admin", "user", "ivan", "red", "king", *data]).exit_code == 2
    enrol = ["admin", "device", "phone", "--account", "olha", "--public-key", "A" * 43 + "=", *data]
    assert "Token: " in RUN.invoke(app, enrol).output
    assert RUN.invoke(app, ["admin", "device", "phone", "--revoke", *data]).exit_code == 0
    assert "0 events" in RUN.invoke(app, ["admin", "rebuild", *data]).output
    assert "whole" in RUN.invoke(app, ["admin", "verify-audit", *data]).output
    assert "0 persons" in RUN.invoke(app, ["admin", "purge-expired", *data]).output


def test_a_backup_opens_on_another_machine_with_the_keys(folder: Path, tmp_path: Path) -> None:
    data = ["--data", str(folder)]
    RUN.invoke(app, ["admin", "user", "olha", "red", "hotline", *data])
    other = tmp_path / "other"
    other.mkdir()
    copy = other / "ledger.sqlite"
    assert RUN.invoke(app, ["admin", "backup", str(copy), *data]).exit_code == 0
    assert RUN.invoke(app, ["admin", "backup", str(copy), *data]).exit_code == 2
    for name in ("master.key", "device.key"):
        (other / name).write_bytes((folder / name).read_bytes())
    assert "whole" in RUN.invoke(app, ["admin", "verify-audit", "--data", str(other)]).output


def test_a_folder_without_a_ledger_is_named(tmp_path: Path) -> None:
    assert RUN.invoke(app, ["admin", "rebuild", "--data", str(tmp_path)]).exit_code == 2
