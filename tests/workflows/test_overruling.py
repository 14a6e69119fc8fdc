"""Replanning, the playbook of lost crossings and pins through the command line, on a small district."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from safepassage.cli.main import app
from safepassage.formats.plan_json import load_plan
from safepassage.formats.playbook_json import load_playbook

RUN = CliRunner()


def _json(*arguments: str, code: int = 0) -> dict[str, object]:
    result = RUN.invoke(app, [*arguments, "--json"])
    assert result.exit_code == code, result.output
    document = json.loads(result.stdout)
    assert isinstance(document, dict)
    return document


@pytest.fixture(scope="module")
def plan_folder(valley_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("plans") / "plan"
    _json("plan", str(valley_folder), "-o", str(output))
    return output


def test_a_new_plan_supersedes_the_old_one_and_can_be_replaced_again(
    valley_folder: Path, plan_folder: Path, tmp_path: Path
) -> None:
    first = tmp_path / "first"
    told = _json(
        "replan", str(valley_folder), str(plan_folder), "--at", "+1:00", "--close", "River bridge",
        "-o", str(first), code=4,
    )  # fmt: skip
    old, new = load_plan(plan_folder / "plan.json"), load_plan(first / "plan.json")
    assert (new.revision, new.supersedes) == (2, old.id)
    assert told["safe"] > told["without_a_new_plan"]["safe"]  # type: ignore[index]
    changes = (first / "tables" / "changes.csv").read_text("utf-8").splitlines()
    assert len(changes) > 1
    assert stat.S_IMODE((first / "tables" / "changes.csv").stat().st_mode) == 0o600
    second = tmp_path / "second"
    at = "2023-08-10T08:00"
    _json("replan", str(first / "scenario"), str(first), "--at", at, "-o", str(second), code=4)
    assert load_plan(second / "plan.json").supersedes == new.id


@pytest.mark.parametrize("at", ["noon", "+x:00", "+99:00"])
def test_a_moment_that_is_none_is_refused(
    valley_folder: Path, plan_folder: Path, tmp_path: Path, at: str
) -> None:
    code = 3 if at == "+99:00" else 2
    _json("replan", str(valley_folder), str(plan_folder), "--at", at, "-o", str(tmp_path / "x"), code=code)
    assert not (tmp_path / "x").exists()


def test_the_playbook_is_for_its_owner_only(valley_folder: Path, plan_folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "book"
    _json("crossings", str(valley_folder), str(plan_folder), "--single", "-o", str(output))
    playbook = load_playbook((output / "playbook.json").read_bytes())
    assert playbook.audience.value == "commission"
    assert [row.crossings for row in playbook.losses] == [(), ("River bridge",)]
    assert stat.S_IMODE(output.stat().st_mode) == 0o700
    for name in ("playbook.json", "playbook.html", "starts.csv"):
        assert stat.S_IMODE((output / name).stat().st_mode) == 0o600
    page = (output / "playbook.html").read_text("utf-8")
    assert "River bridge" in page
    assert "<script" not in page


def test_pins_that_contradict_are_listed_and_priced(valley_folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "pins.csv"
    table.write_text(
        "pin_id,action,kind,subject,value\n"
        "city,forbid,road,city_road,\n"
        "way,force,route,A-VERBA,verba_road east_road bridge west_road hub_road city_road\n",
        "utf-8",
    )
    told = _json("pins", str(valley_folder), "--pins", str(table), code=3)
    pairs = [set(item["pins"]) for item in told["contradictions"]]  # type: ignore[attr-defined]
    assert {"city", "way"} in pairs
    assert [row["pins"] for row in told["prices"]] == [  # type: ignore[attr-defined]
        ["city", "way"], ["city"], ["way"],
    ]  # fmt: skip
