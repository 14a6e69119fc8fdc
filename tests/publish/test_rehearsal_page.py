"""The page of a rehearsal: the figures of the JSON, in both languages, and names stay names."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from safepassage.formats.scenario_folder import read_scenario
from safepassage.i18n import _
from safepassage.publish.curve_drawing import round_steps
from safepassage.publish.rehearsal_page import rehearsal_tables, render_rehearsal, risk_map
from safepassage.publish.wording import in_all_languages, translated
from safepassage.workflows.plan import plan_folder
from safepassage.workflows.rehearse import RehearseOptions, rehearse_plan

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def written(valley_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Figures and page of the valley, rehearsed in a few futures."""
    folder = tmp_path_factory.mktemp("rehearsal")
    plan_folder(valley_folder, folder / "plan")
    rehearse_plan(
        valley_folder,
        folder / "plan",
        folder / "figures.json",
        page=folder / "page.html",
        options=RehearseOptions(futures=20),
    )
    return folder


def test_the_page_says_the_figures_in_both_languages_and_loads_nothing(written: Path) -> None:
    page = (written / "page.html").read_text("utf-8")
    facts = json.loads((written / "figures.json").read_text("utf-8"))
    assert facts["digest"][:12] in page
    assert page.count("<svg") == 3
    assert not re.search(r'(src|href)="https?:', page)
    assert 'data-audience="commission"' in page
    assert "For the commission only" in page
    assert "Лише для комісії" in page
    assert page.count("<section") >= 9


def test_names_from_tables_are_shown_as_text(valley_folder: Path, written: Path) -> None:
    scenario = read_scenario(valley_folder).scenario
    places = tuple(replace(place, name_uk=HOSTILE, name_en=HOSTILE) for place in scenario.settlements)
    facts = json.loads((written / "figures.json").read_text("utf-8"))
    page = render_rehearsal(
        replace(scenario, settlements=places), facts, [translated(HOSTILE)], language="en"
    )
    assert HOSTILE not in page
    assert "&lt;img" in page


def test_the_map_draws_every_settlement_and_the_roads_that_cost_people(
    valley_folder: Path, written: Path
) -> None:
    scenario = read_scenario(valley_folder).scenario
    facts = json.loads((written / "figures.json").read_text("utf-8"))
    drawing = str(risk_map(scenario, facts))
    assert drawing.count('class="risk ') == len(scenario.in_scope)
    losses = [
        road["played"]["stranded"] if road["played"] else road["no_other_way"] for road in facts["weak_links"]
    ]
    costly = [loss for loss in losses if loss > 0]
    assert (drawing.count('class="weak"') > 0) == bool(costly)


@pytest.mark.parametrize("top", [1e-3, 0.7, 1.0, 9.0, 10_872.0])
def test_axes_have_round_steps_up_to_the_top(top: float) -> None:
    steps = round_steps(top, 4)
    assert 3 <= len(steps) <= 6
    assert steps[0] == 0
    assert steps[-1] <= top * (1 + 1e-9)
    assert all(float(f"{step:.3g}") == pytest.approx(step) for step in steps)


def test_a_claimed_loss_is_told_from_a_confirmed_one(valley_folder: Path, written: Path) -> None:
    scenario = read_scenario(valley_folder).scenario
    facts = json.loads((written / "figures.json").read_text("utf-8"))
    assert "said_lost" not in {table["key"] for table in rehearsal_tables(scenario, facts)}
    facts["said_lost"] = [
        {"road": "River bridge", "loss": "confirmed"},
        {"road": "field_track", "loss": "claimed"},
    ]
    (table,) = (table for table in rehearsal_tables(scenario, facts) if table["key"] == "said_lost")
    assert [[str(cell) for cell in row] for row in table["rows"]] == [
        [str(translated("River bridge")), str(in_all_languages(lambda: _("confirmed lost")))],
        ["field_track", str(in_all_languages(lambda: _("claimed lost, not confirmed")))],
    ]
    assert str(table["rows"][0][1]) != str(table["rows"][1][1])
