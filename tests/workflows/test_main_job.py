"""The main job from folder to report: what is written, that people add up, and what goes wrong cleanly."""

from __future__ import annotations

import csv
import json
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from safepassage.errors import InfeasibleError, InputError, OutputError
from safepassage.formats.plan_folder import read_plan_folder
from safepassage.formats.plan_json import dump_plan
from safepassage.progress import NoProgress
from safepassage.workflows.plan import PlanResult, plan_folder
from safepassage.workflows.report import report_plan
from safepassage.workflows.simulate import simulate_plan

START = "from safepassage.cli.start import run; run()"
HOSTILE = "<img src=x onerror=alert(1)>"
FORMULA = '=HYPERLINK("http://example.org")'


@pytest.fixture(scope="module")
def valley_plan(valley_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> PlanResult:
    """The valley, planned once."""
    return plan_folder(valley_folder, tmp_path_factory.mktemp("plans") / "valley")


@pytest.fixture
def copy_of(valley_folder: Path, tmp_path: Path) -> Path:
    """A copy of the valley to spoil."""
    return Path(shutil.copytree(valley_folder, tmp_path / "valley"))


def edit(table: Path, change: Callable[[dict[str, str]], dict[str, str] | None]) -> None:
    """Rewrite the rows of a table; None drops a row."""
    with table.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    kept = [row for row in (change(dict(row)) for row in rows) if row is not None]
    with table.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(kept)


def open_assumption(folder: Path) -> None:
    """Take out the assumption that fixes the bridge's capacity."""
    settings = folder / "scenario.toml"
    settings.write_text(settings.read_text("utf-8").split("[assumption.bridge_capacity]")[0], "utf-8")


def test_everybody_is_in_the_plan_or_named(valley_plan: PlanResult) -> None:
    plan, outcome = valley_plan.content.plan, valley_plan.content.outcome
    served = sum(part.people.total for part in plan.assignments)
    assert served + valley_plan.unserved_people == 800
    assert outcome.people == outcome.safe + outcome.on_the_way + outcome.at_home == 800
    assert outcome.safe == served


def test_no_played_time_beats_its_bound(valley_plan: PlanResult) -> None:
    certificate = valley_plan.content.plan.certificate
    assert certificate is not None
    assert {row.name for row in certificate.clearance} >= {"all", "cars", "fleet", "fleet_wheelchair"}
    for row in certificate.clearance:
        assert row.value_s >= row.bound_s - 1.0, row


def test_the_plan_folder_is_closed_to_others_and_reads_back(valley_plan: PlanResult) -> None:
    assert stat.S_IMODE(valley_plan.output.stat().st_mode) == 0o700
    for file in valley_plan.output.rglob("*"):
        assert stat.S_IMODE(file.stat().st_mode) == (0o700 if file.is_dir() else 0o600), file
    back = read_plan_folder(valley_plan.output)
    assert back.plan == valley_plan.content.plan
    assert back.outcome == valley_plan.content.outcome
    assert back.folder.scenario == valley_plan.content.folder.scenario


def test_the_same_inputs_give_the_same_bytes(
    valley_plan: PlanResult, valley_folder: Path, tmp_path: Path
) -> None:
    again = plan_folder(valley_folder, tmp_path / "again")
    files = [file for file in sorted(valley_plan.output.rglob("*")) if file.is_file()]
    assert files
    for file in files:
        other = again.output / file.relative_to(valley_plan.output)
        assert other.read_bytes() == file.read_bytes(), file


def test_threads_do_not_change_the_plan(valley_plan: PlanResult, valley_folder: Path, tmp_path: Path) -> None:
    run_command("plan", str(valley_folder), "-o", str(tmp_path / "p"), threads="2")
    assert (tmp_path / "p" / "plan.json").read_bytes() == dump_plan(valley_plan.content.plan)


def test_playing_the_plan_again_gives_the_same_outcome(valley_plan: PlanResult, valley_folder: Path) -> None:
    again = simulate_plan(valley_folder, valley_plan.output)
    assert again.outcome == valley_plan.content.outcome


def test_a_plan_of_another_scenario_is_refused(valley_plan: PlanResult, copy_of: Path) -> None:
    edit(copy_of / "link.csv", lambda row: row | {"lanes": "2"} if row["link_id"] == "cross_road" else row)
    with pytest.raises(InputError, match="another state of the scenario"):
        simulate_plan(copy_of, valley_plan.output)


def test_the_report_can_be_written_again(valley_plan: PlanResult, tmp_path: Path) -> None:
    report = report_plan(valley_plan.output, tmp_path / "page.html")
    assert report.page.read_text("utf-8") == (valley_plan.output / "report.html").read_text("utf-8")


def test_a_closure_that_cuts_everybody_off_is_no_plan(copy_of: Path, tmp_path: Path) -> None:
    cut = {"bridge", "west_road", "hub_road", "south_road"}
    open_assumption(copy_of)
    edit(copy_of / "link.csv", lambda row: row | {"capacity": "0"} if row["link_id"] in cut else row)
    with pytest.raises(InfeasibleError, match="nobody can be brought to safety"):
        plan_folder(copy_of, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_cut_off_bank_is_named_and_the_rest_is_planned(copy_of: Path, tmp_path: Path) -> None:
    edit(copy_of / "link.csv", lambda row: row | {"capacity": "0"} if row["link_id"] == "bridge" else row)
    open_assumption(copy_of)
    result = plan_folder(copy_of, tmp_path / "out")
    assert result.unserved_people == 800 - 180
    assert all(part.nobody_could for part in result.content.plan.unserved)
    assert result.content.outcome.safe == 180


def test_more_people_than_places_are_named(copy_of: Path, tmp_path: Path) -> None:
    edit(copy_of / "site.csv", lambda row: None if row["site_id"] == "exit_south" else row)
    edit(
        copy_of / "site.csv",
        lambda row: row | {"capacity": "300"} if row["site_id"] in {"reception_city", "hub"} else row,
    )
    result = plan_folder(copy_of, tmp_path / "out")
    assert result.unserved_people > 0
    assert "no_beds" in {part.reason_code.value for part in result.content.plan.unserved}


def test_nobody_to_fetch_and_no_fleet_is_a_plan_of_cars(copy_of: Path, tmp_path: Path) -> None:
    edit(
        copy_of / "settlement.csv",
        lambda row: row | {"car_share": "1", "wheelchair": "0", "stretcher": "0", "low_mobility": "0"},
    )
    for name in ("fleet.csv", "service.csv"):
        (copy_of / name).unlink()
    result = plan_folder(copy_of, tmp_path / "out")
    assert result.content.plan.trips == ()
    assert result.content.outcome.safe + result.unserved_people == result.content.outcome.people


def test_no_fleet_names_those_without_a_car(copy_of: Path, tmp_path: Path) -> None:
    (copy_of / "fleet.csv").unlink()
    (copy_of / "service.csv").unlink()
    result = plan_folder(copy_of, tmp_path / "out")
    assert {part.reason_code.value for part in result.content.plan.unserved} == {"no_suitable_vehicle"}
    assert all(part.nobody_could for part in result.content.plan.unserved)


def test_hostile_names_stay_inert_everywhere(copy_of: Path, tmp_path: Path) -> None:
    edit(
        copy_of / "settlement.csv",
        lambda row: row | ({"name_en": HOSTILE, "name_uk": FORMULA} if row["name_en"] == "Verba" else {}),
    )
    result = plan_folder(copy_of, tmp_path / "out")
    page = (result.output / "report.html").read_text("utf-8")
    assert HOSTILE not in page
    for table in (result.output / "tables").glob("*.csv"):
        with table.open(newline="", encoding="utf-8") as stream:
            assert not [cell for row in csv.reader(stream) for cell in row if cell.startswith("=")]


def test_a_place_that_cannot_be_written_is_named(valley_folder: Path, tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("not a folder")
    with pytest.raises(OutputError, match="file"):
        plan_folder(valley_folder, blocker / "plan")


def test_a_folder_of_other_things_is_not_overwritten(valley_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_text("dear")
    with pytest.raises(OutputError, match="holds files"):
        plan_folder(valley_folder, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["photo.jpg"]


def run_command(*arguments: str, threads: str = "1") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", START, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"NUMBA_NUM_THREADS": threads, "OMP_NUM_THREADS": threads},
    )


class FullDisk(NoProgress):
    """Leaves room for small files only, from the moment that the results are written."""

    def __init__(self) -> None:
        self.before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def start(self, task: str, total: int | None = None) -> None:  # noqa: ARG002 - an observer's signature
        if task == "Writing the report":
            resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, self.before[1]))

    def empty(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self.before)


def test_a_full_disk_leaves_nothing_half_written(valley_folder: Path, tmp_path: Path) -> None:
    disk = FullDisk()
    try:
        with pytest.raises(OutputError, match="cannot be written"):
            plan_folder(valley_folder, tmp_path / "p", progress=disk)
    finally:
        disk.empty()
    assert list(tmp_path.iterdir()) == []


def test_stopping_leaves_nothing_half_written(valley_folder: Path, tmp_path: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-c", START, "plan", str(valley_folder),
         "-o", str(tmp_path / "p")],
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    # Long enough to be past start-up, short enough to be before the end; either way nothing is torn.
    time.sleep(1.5)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=120)
    assert "Traceback" not in said
    assert running.returncode in {0, 130}
    left = list(tmp_path.iterdir())
    assert left == [] if running.returncode == 130 else [folder.name for folder in left] == ["p"]


def test_exit_codes_tell_what_happened(copy_of: Path, tmp_path: Path) -> None:
    assert run_command("check", str(copy_of)).returncode == 0
    assert run_command("check", str(tmp_path / "nowhere")).returncode == 2
    edit(copy_of / "site.csv", lambda row: None if row["kind"] == "assembly_point" else row)
    (copy_of / "fleet.csv").unlink()
    (copy_of / "service.csv").unlink()
    done = run_command("plan", str(copy_of), "-o", str(tmp_path / "p"), "--json")
    assert done.returncode == 4, done.stderr
    assert json.loads(done.stdout)["unserved"] > 0
    edit(copy_of / "site.csv", lambda row: row | {"safe": "0"})
    assert run_command("plan", str(copy_of), "-o", str(tmp_path / "q")).returncode == 3
