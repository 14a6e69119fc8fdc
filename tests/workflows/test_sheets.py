"""Sheets from a plan folder: release, files, and what goes wrong."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from safepassage.errors import InputError
from safepassage.workflows.plan import PlanResult, plan_folder
from safepassage.workflows.sheets import DRIVERS, POLICE, SETTLEMENTS, write_sheets


@pytest.fixture(scope="module")
def planned(valley_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> PlanResult:
    return plan_folder(valley_folder, tmp_path_factory.mktemp("sheets") / "plan")


def test_every_vehicle_with_a_tour_gets_a_sheet_and_all_are_closed_to_others(planned: PlanResult) -> None:
    result = write_sheets(planned.output)
    vehicles = {trip.vehicle for trip in planned.content.plan.trips if trip.mode == "fleet"}
    assert result.counts == {DRIVERS: len(vehicles), POLICE: 1}
    files = [file for file in result.folder.rglob("*") if file.is_file()]
    assert len([file for file in files if file.suffix == ".pdf"]) == len(vehicles) + 1
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert all(file.read_bytes().startswith(b"%PDF") for file in files if file.suffix == ".pdf")


def test_times_of_settlements_stay_secret_until_somebody_releases_them(
    planned: PlanResult, tmp_path: Path
) -> None:
    target = tmp_path / "sheets"
    with pytest.raises(InputError, match="released-by"):
        write_sheets(planned.output, target, kinds=[SETTLEMENTS])
    assert not target.exists()
    place = planned.content.plan.assignments[0].settlement
    result = write_sheets(
        planned.output, target, kinds=[SETTLEMENTS], settlements=[place], released_by="Head of district"
    )
    assert result.counts == {SETTLEMENTS: 1}
    release = json.loads((target / "release.json").read_text("utf-8"))
    assert release["released_by"] == "Head of district"
    assert release["settlements"] == [place]
    assert {file.suffix for file in (target / SETTLEMENTS).iterdir()} == {".pdf", ".txt"}


def test_an_unknown_settlement_is_named_with_those_that_exist(planned: PlanResult) -> None:
    with pytest.raises(InputError) as caught:
        write_sheets(planned.output, kinds=[SETTLEMENTS], settlements=["nowhere", "void"], released_by="x")
    assert [fault.value for fault in caught.value.faults] == ["nowhere", "void"]
    assert "name one of" in str(caught.value)


def test_sheets_can_be_printed_again(planned: PlanResult, tmp_path: Path) -> None:
    first = write_sheets(planned.output, tmp_path / "again", kinds=[POLICE])
    before = (first.folder / "police" / "police.pdf").read_bytes()
    second = write_sheets(planned.output, tmp_path / "again", kinds=[POLICE])
    assert (second.folder / "police" / "police.pdf").read_bytes() == before
