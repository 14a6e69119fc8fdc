"""The commands by which lists and files come into the ledger and leave it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from safepassage.cli.main import app
from safepassage.operations.courier import open_parcel, pack
from tests.operations.field import FieldDevice

RUN = CliRunner()


@pytest.fixture
def data(tmp_path: Path) -> list[str]:
    """Make a ledger with a hotline, a tracing desk and a field team."""
    place = ["--data", str(tmp_path / "ledger")]
    assert RUN.invoke(app, ["admin", "init", *place]).exit_code == 0
    for role in ("hotline", "tracing", "field"):
        assert RUN.invoke(app, ["admin", "user", role, "red", role, *place]).exit_code == 0
    return place


def test_a_list_is_tried_entered_and_known(data: list[str], tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("піб,телефон\nКоваль Олена,0501234567\n", "utf-8")
    command = ["admin", "import", str(file), "--as", "hotline", *data]
    assert "Would be entered: 1 person" in RUN.invoke(app, [*command, "--dry-run"]).output
    assert "Entered: 1 person" in RUN.invoke(app, command).output
    assert "In the ledger already: 1 person" in RUN.invoke(app, command).output


def test_what_is_wrong_with_a_list_is_told_whole(data: list[str], tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("піб,телефон,стать\nКоваль Олена,12,?\n", "utf-8")
    command = ["admin", "import", str(file), *data]
    told = RUN.invoke(app, [*command, "--as", "hotline"])
    assert told.exit_code == 2
    assert "phone" in told.output
    assert "sex" in told.output
    assert RUN.invoke(app, [*command, "--as", "nobody"]).exit_code == 2
    assert "import.people" in RUN.invoke(app, [*command, "--as", "field", "--map", "phone=телефон"]).output
    assert RUN.invoke(app, [*command, "--as", "hotline", "--map", "phone"]).exit_code == 2


def test_a_file_for_other_registries_is_written_for_its_owner_alone(data: list[str], tmp_path: Path) -> None:
    file = tmp_path / "out.xml"
    command = ["admin", "export", str(file), *data]
    assert RUN.invoke(app, [*command, "--as", "hotline"]).exit_code == 2
    assert RUN.invoke(app, [*command, "--as", "tracing"]).exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert "zesty.ca/pfif/1.4" in file.read_text("utf-8")
    again = RUN.invoke(app, ["admin", "import", str(file), "--as", "hotline", *data])
    assert "Entered: nothing" in again.output


def test_a_parcel_is_taken_in_at_the_machine(data: list[str], tmp_path: Path) -> None:
    phone = FieldDevice("phone", account="field")
    enrol = ["admin", "device", "phone", "--account", "field", "--public-key", phone.enrolled.public_key]
    assert RUN.invoke(app, [*enrol, *data]).exit_code == 0
    key = RUN.invoke(app, ["admin", "usb-key", *data]).output.strip()
    content, reply = pack([phone.say("person.register", "p1")], "phone", phone.key, key)
    file, answer = tmp_path / "phone.parcel", tmp_path / "answer.parcel"
    file.write_bytes(content)
    assert RUN.invoke(app, ["admin", "usb", str(file), "--answer", str(answer), *data]).exit_code == 0
    assert open_parcel(answer.read_bytes(), reply)["receipts"][0]["status"] == "accepted"
    file.write_bytes(b"rubbish")
    assert RUN.invoke(app, ["admin", "usb", str(file), "--answer", str(answer), *data]).exit_code == 2
