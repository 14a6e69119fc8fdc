"""The command from folder to figures: what it writes, compares and refuses, and nothing half-written."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from safepassage.cli.exit_codes import ExitCode
from safepassage.cli.main import app
from safepassage.errors import InputError
from safepassage.formats.plan_folder import read_plan_folder
from safepassage.formats.plan_json import dump_plan
from safepassage.formats.scenario_folder import read_scenario
from safepassage.formats.scenario_folder.content_hash import scenario_hash
from safepassage.model.plan import Plan
from safepassage.progress import NoProgress
from safepassage.rehearsal.decisions import put_off
from safepassage.rehearsal.one_more import BUS, CROSSING, HOUR
from safepassage.workflows.plan import plan_folder
from safepassage.workflows.rehearse import RehearseOptions, rehearse_plan

START = "from safepassage.cli.start import run; run()"
FUTURES = 30


@pytest.fixture(scope="module")
def valley_plan(valley_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The valley, planned once."""
    output = tmp_path_factory.mktemp("plans") / "valley"
    plan_folder(valley_folder, output)
    return output


@pytest.fixture(scope="module")
def facts(valley_folder: Path, valley_plan: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The figures of the valley as they are written."""
    output = tmp_path_factory.mktemp("rehearsals") / "rehearsal.json"
    options = RehearseOptions(futures=FUTURES, by="18:00")
    rehearse_plan(valley_folder, valley_plan, output, options=options)
    return json.loads(output.read_text("utf-8"))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", START, *arguments], capture_output=True, text=True, check=False, timeout=300
    )


def alerts_table(path: Path, rows: list[tuple[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("started_at", "finished_at"))
        writer.writerows(rows)
    return path


def test_the_document_holds_everything_and_adds_up(facts: Any, valley_folder: Path) -> None:
    assert facts["audience"] == "commission"
    assert facts["futures"] == FUTURES
    assert facts["all_out_by"]["time"].startswith("2023-08-10T18:00")
    assert 0 <= facts["all_out_by"]["low"] <= facts["all_out_by"]["value"] <= facts["all_out_by"]["high"] <= 1
    people = facts["people"]
    places = facts["settlements"]
    assert len(places) == 4
    for name, mean in people.items():
        assert sum(place[name] for place in places) == pytest.approx(mean)
    present = sum(people[name] for name in ("staying", "safe", "on_the_way", "at_home"))
    with (valley_folder / "settlement.csv").open(encoding="utf-8") as stream:
        counted = sum(
            int(row[group])
            for row in csv.DictReader(stream)
            for group in ("adults", "children", "older", "low_mobility")
        )
    assert present == pytest.approx(counted - people["absent"] + people["extra"])
    assert facts["stranded"]["mean"] == pytest.approx(people["on_the_way"] + people["at_home"])
    assert sum(place["mean_persons"] for place in facts["stranded"]["where"]) == pytest.approx(
        people["on_the_way"]
    )
    harm = facts["harm"]
    assert sum(place["harm"] for place in places) == pytest.approx(harm["mean"])
    for part in ("by_group", "by_phase"):
        assert sum(harm[part].values()) == pytest.approx(harm["mean"])
    assert harm["worst_tenth_of_futures"] >= harm["mean"]
    for place in places:
        assert place["harm_worst_tenth"] >= place["harm"] - 1e-12


def test_weak_roads_one_more_decisions_and_starts_are_told(facts: Any) -> None:
    roads = facts["weak_links"]
    assert roads[0]["persons"] > 0
    assert [road["played"] is not None for road in roads[:5]] == [True] * min(5, len(roads))
    assert {item["of"] for item in facts["one_more"]} <= {BUS, HOUR, CROSSING}
    assert BUS in {item["of"] for item in facts["one_more"]}
    assert [item["settlement"] for item in facts["decisions"]] == [
        "",
        *(p["settlement"] for p in facts["settlements"]),
    ]
    starts = facts["latest_starts"]
    assert starts["confidence"] == 0.9
    assert {item["settlement"] for item in starts["starts"]} >= {"", "A-VERBA"}
    assert facts["assumptions"]["crossing_loss"] == 0.1


def test_threads_and_runs_give_the_same_digest(facts: Any, valley_folder: Path, valley_plan: Path) -> None:
    again = rehearse_plan(valley_folder, valley_plan, options=RehearseOptions(futures=FUTURES, threads=1))
    assert again.digest == facts["digest"]
    other = rehearse_plan(valley_folder, valley_plan, options=RehearseOptions(futures=FUTURES, seed=99))
    assert other.digest != facts["digest"]


def test_another_plan_is_compared_in_the_same_futures(
    valley_folder: Path, valley_plan: Path, tmp_path: Path
) -> None:
    late = tmp_path / "plan.json"
    late.write_bytes(dump_plan(put_off(read_plan_folder(valley_plan).plan, 2 * 3600)))
    options = RehearseOptions(futures=FUTURES, compare=late)
    said = rehearse_plan(valley_folder, valley_plan, options=options).facts()["comparison"]
    assert isinstance(said, dict)
    assert said["clearance_s"] > 0
    assert said["harm"] > 0
    assert said["harm_error"] < said["harm_error_apart"]
    same = rehearse_plan(
        valley_folder, valley_plan, options=RehearseOptions(futures=FUTURES, compare=valley_plan)
    ).facts()["comparison"]
    assert isinstance(same, dict)
    assert same["harm"] == same["harm_error"] == same["stranded"] == 0


def test_alerts_are_fitted_to_a_table(valley_folder: Path, valley_plan: Path, tmp_path: Path) -> None:
    rows = [(f"2023-08-0{day}T12:00:00+03:00", f"2023-08-0{day}T18:00:00+03:00") for day in range(1, 10)]
    table = alerts_table(tmp_path / "alerts.csv", rows)
    result = rehearse_plan(valley_folder, valley_plan, options=RehearseOptions(futures=FUTURES, alerts=table))
    fitted = result.assumptions.alerts
    assert fitted is not None
    assert (fitted.alerts, fitted.mean_alert_s) == (9, 6 * 3600)


def test_the_command_prints_sentences_and_json(valley_folder: Path, valley_plan: Path) -> None:
    runner = CliRunner()
    arguments = ["rehearse", str(valley_folder), str(valley_plan), "--futures", "4"]
    told = runner.invoke(app, arguments)
    assert told.exit_code == ExitCode.DONE, told.output
    assert "For the commission only" in told.output
    as_json = runner.invoke(app, [*arguments, "--json", "--until-sure"])
    assert as_json.exit_code == ExitCode.DONE
    assert json.loads(as_json.stdout)["futures"] == 4


def test_the_template_is_printed_without_a_plan() -> None:
    printed = CliRunner().invoke(app, ["rehearse", "--print-assumptions"])
    assert printed.exit_code == 0
    assert "uptake_share = 0.8" in printed.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"by": "noon"}, "no time"),
        ({"by": "2023-08-10T18:00:00"}, "no time"),
        ({"by": "2022-08-10T18:00:00+03:00"}, "does not lie between"),
        ({"deadline": "25:00"}, "no time"),
        ({"confidence": 0.0}, "no confidence"),
        ({"confidence": 1.5}, "no confidence"),
        ({"cluster": "tcp://192.0.2.1:8786"}, "without TLS"),
        ({"forecast": Path("nothing.json")}, "no forecast"),
        ({"assumptions": Path("nothing.toml")}, "cannot be read"),
        ({"alerts": Path("nothing.csv")}, "cannot be read"),
    ],
)
def test_options_that_are_refused(
    valley_folder: Path, valley_plan: Path, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        rehearse_plan(valley_folder, valley_plan, options=RehearseOptions(futures=2, **options))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("2023-08-01T12:00:00", "2023-08-01T13:00:00")], "zone"),
        ([("2023-08-01T13:00:00+03:00", "2023-08-01T12:00:00+03:00")], r"alerts\.csv"),
        ([("2024-08-01T12:00:00+03:00", "2024-08-01T13:00:00+03:00")], "no alert lies before"),
        ([], "no alert"),
    ],
)
def test_tables_of_alerts_that_are_refused(
    valley_folder: Path, valley_plan: Path, tmp_path: Path, rows: list[tuple[str, str]], said: str
) -> None:
    table = alerts_table(tmp_path / "alerts.csv", rows)
    with pytest.raises(InputError, match=said):
        rehearse_plan(valley_folder, valley_plan, options=RehearseOptions(futures=2, alerts=table))


def test_alerts_that_overlap_count_once(valley_folder: Path, valley_plan: Path, tmp_path: Path) -> None:
    rows = [
        ("2023-08-01T12:00:00+03:00", "2023-08-01T13:00:00+03:00"),
        ("2023-08-01T12:30:00+03:00", "2023-08-01T14:00:00+03:00"),
    ]
    options = RehearseOptions(futures=2, alerts=alerts_table(tmp_path / "alerts.csv", rows))
    fitted = rehearse_plan(valley_folder, valley_plan, options=options).assumptions.alerts
    assert fitted is not None
    assert (fitted.alerts, fitted.mean_alert_s) == (1, 2 * 3600)


class Kill(NoProgress):
    """Ends this process as the system would, in the middle of the futures."""

    def advance(self, steps: int = 1) -> None:
        super().advance(steps)
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_process_leaves_the_old_figures(
    valley_folder: Path, valley_plan: Path, tmp_path: Path
) -> None:
    output = tmp_path / "rehearsal.json"
    output.write_text("old", "utf-8")
    script = (
        "from pathlib import Path\n"
        "from tests.workflows.test_rehearse import Kill\n"
        "from safepassage.workflows.rehearse import rehearse_plan\n"
        f"rehearse_plan(Path({str(valley_folder)!r}), Path({str(valley_plan)!r}), Path({str(output)!r}),"
        " progress=Kill())\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).parents[2], check=False, timeout=300
    )
    assert ended.returncode == -signal.SIGKILL
    assert output.read_text("utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["rehearsal.json"]


def test_where_figures_cannot_be_written(valley_folder: Path, valley_plan: Path, tmp_path: Path) -> None:
    ended = run(
        "rehearse",
        str(valley_folder),
        str(valley_plan),
        "--futures",
        "2",
        "-o",
        str(tmp_path / "no" / "x.json"),
    )
    assert ended.returncode == ExitCode.BAD_INPUT
    assert "Traceback" not in ended.stderr
    assert not list(tmp_path.iterdir())


THREAT = (
    "threat_id,kind,subject,start,end,latitude,longitude,factor,probability,source,reliability,"
    "credibility,heard_from\n"
)


def plan_made_for(folder: Path, plan: Path) -> Plan:
    """A plan as if it had been made for a folder, where that can be read."""
    made = read_plan_folder(plan).plan
    try:
        return replace(made, scenario_hash=scenario_hash(read_scenario(folder).scenario))
    except InputError:
        return made


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x,event,,2023-08-12T12:00:00+03:00,,50.0,30.1,,,,,,\n", "future"),
        ("x,closure,east_road,2023-08-10T12:00:00+03:00,,,,,1.5,,,,\n", "probability"),
        ("x,closure,east_road,2023-08-10T12:00:00,,,,,0.5,,,,\n", "start"),
    ],
)
def test_threats_that_cannot_be_are_refused_cleanly(
    valley_folder: Path, valley_plan: Path, tmp_path: Path, row: str, said: str
) -> None:
    spoilt = Path(shutil.copytree(valley_folder, tmp_path / "spoilt"))
    (spoilt / "threat.csv").write_text(THREAT + row, "utf-8")
    planned = tmp_path / "plan.json"
    planned.write_bytes(dump_plan(plan_made_for(spoilt, valley_plan)))
    ended = run("rehearse", str(spoilt), str(planned), "--futures", "2")
    assert ended.returncode == ExitCode.BAD_INPUT, ended.stderr
    assert said in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
