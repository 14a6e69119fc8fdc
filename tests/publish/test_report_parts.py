"""What a rehearsal and a forecast add to the report, and that those of another plan are refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from safepassage.errors import InputError
from safepassage.workflows.forecast import forecast_folder
from safepassage.workflows.plan import plan_folder
from safepassage.workflows.rehearse import RehearseOptions, rehearse_plan
from safepassage.workflows.report import report_plan


@pytest.fixture(scope="module")
def written(valley_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan, its figures and a forecast."""
    folder = tmp_path_factory.mktemp("parts")
    plan_folder(valley_folder, folder / "plan")
    rehearse_plan(
        valley_folder, folder / "plan", folder / "figures.json", options=RehearseOptions(futures=12)
    )
    forecast_folder(valley_folder, folder / "forecast")
    return folder


def test_one_report_says_how_sure_we_are_and_who_will_leave(written: Path) -> None:
    page = report_plan(
        written / "plan",
        written / "whole.html",
        rehearsal=written / "figures.json",
        forecast=written / "forecast",
    ).page.read_text("utf-8")
    facts = json.loads((written / "figures.json").read_text("utf-8"))
    forecast = json.loads((written / "forecast" / "forecast.json").read_text("utf-8"))["forecast"]
    sure, leaves = (
        re.search(rf'<section id="{key}".*?</section>', page, re.DOTALL) for key in ("how-sure", "who-leaves")
    )
    assert sure
    assert leaves
    assert f"12 futures, seed {facts['seed']}" in sure[0]
    assert facts["digest"][:12] in sure[0]
    assert f"{round(100 * facts['all_out_by']['value'])} %" in sure[0]
    assert sure[0].count('<svg class="fan"') == 2
    assert {"weak", "harm", "decisions"} <= set(re.findall(r'<h3 id="rehearsed-(\w+)"', sure[0]))
    assert f"{forecast['reports']} reports, seed {forecast['seed']}" in leaves[0]
    assert leaves[0].count('<svg class="fan"') == 1
    for said in (sure[0], leaves[0]):
        assert said.count('<span lang="en">') == said.count('<span lang="uk">') > 10


def test_without_figures_and_forecast_there_are_no_such_parts(written: Path) -> None:
    page = report_plan(written / "plan", written / "plain.html").page.read_text("utf-8")
    assert 'id="how-sure"' not in page
    assert 'href="#who-leaves"' not in page


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"plan": "other"}, "plan"),
        ({"scenario_hash": "0" * 64}, "scenario_hash"),
        ({"harm": {}}, ""),
        ({"decisions": []}, ""),
        ({"out_by_hour": []}, ""),
    ],
)
def test_figures_of_another_plan_or_with_holes_are_refused(
    written: Path, tmp_path: Path, change: dict[str, object], column: str
) -> None:
    facts = json.loads((written / "figures.json").read_text("utf-8"))
    (tmp_path / "changed.json").write_text(json.dumps(facts | change), "utf-8")
    with pytest.raises(InputError) as caught:
        report_plan(written / "plan", tmp_path / "page.html", rehearsal=tmp_path / "changed.json")
    assert caught.value.faults[0].column == column
    assert caught.value.faults[0].file == "changed.json"
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"plan": 3}'])
def test_what_is_no_rehearsal_is_refused(written: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.json").write_text(text, "utf-8")
    with pytest.raises(InputError):
        report_plan(written / "plan", tmp_path / "page.html", rehearsal=tmp_path / "odd.json")


def test_a_forecast_of_another_scenario_or_of_other_people_is_refused(written: Path, tmp_path: Path) -> None:
    document = json.loads((written / "forecast" / "forecast.json").read_text("utf-8"))
    forecast = document["forecast"]
    for change, column in (
        ({"scenario": "other"}, "scenario"),
        ({"forecast": forecast | {"people": forecast["people"] + 1}}, "forecast.people"),
        ({"forecast": forecast | {"shares": []}}, ""),
    ):
        (tmp_path / "changed.json").write_text(json.dumps(document | change), "utf-8")
        with pytest.raises(InputError) as caught:
            report_plan(written / "plan", tmp_path / "page.html", forecast=tmp_path / "changed.json")
        assert caught.value.faults[0].column == column
