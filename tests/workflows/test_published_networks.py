"""Networks of published evacuation studies, from their files to a played plan by the ordinary commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from benchmarks.district_castlemaine import (
    SURF_COAST_PEOPLE,
    castlemaine_sites,
    castlemaine_table,
    surf_coast_table,
)
from safepassage.cli.exit_codes import ExitCode
from safepassage.cli.main import app

pytestmark = pytest.mark.acceptance
CASTLEMAINE_PEOPLE = 10_867
# Stated, not published: what a shire might bring together.
FLEET = """kind,count,seats,wheelchair_places,stretcher_places
bus,30,45,0,0
van,12,4,2,0
ambulance,6,2,0,2
"""


def run(*words: str, codes: tuple[ExitCode, ...] = (ExitCode.DONE,)) -> dict[str, Any]:
    result = CliRunner().invoke(app, [*words, "--json"])
    assert result.exit_code in codes, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def from_files_to_outcome(folder: Path, *words: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    scenario, plan, outcome = folder / "scenario", folder / "plan", folder / "outcome.json"
    prepared = run("prepare", *words, "-o", str(scenario))
    planned = run("plan", str(scenario), "-o", str(plan), codes=(ExitCode.DONE, ExitCode.UNSERVED))
    played = run(
        "simulate", str(scenario), str(plan), "-o", str(outcome), codes=(ExitCode.DONE, ExitCode.UNSERVED)
    )
    assert outcome.stat().st_size > 0
    return prepared, planned, played


def everybody_is_told(
    prepared: dict[str, Any], planned: dict[str, Any], played: dict[str, Any], people: int
) -> None:
    """People of the files, of the scenario and of the played plan are the same, and most are brought out."""
    assert prepared["people_in"] == prepared["people_placed"] == people
    assert played["people"] == played["safe"] + played["on_the_way"] + played["at_home"] == people
    assert (planned["safe"], planned["digest"]) == (played["safe"], played["digest"])
    assert played["safe"] + planned["unserved"] == people
    assert planned["unserved"] < 0.02 * people
    assert played["stuck_vehicles"] == 0
    assert planned["bounds"]["cars"]["gap_percent"] < 5


def test_castlemaine_with_its_population(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "networks" / "castlemaine"
    persons = source / "population-archetypes_noaddr.csv.gz"
    people, sites = tmp_path / "people.csv", tmp_path / "sites.csv"
    people.write_text(castlemaine_table(persons), "utf-8")
    sites.write_text(castlemaine_sites(persons), "utf-8")
    prepared, planned, played = from_files_to_outcome(
        tmp_path, "--network", str(source / "network.xml.gz"), "--crs", "EPSG:28355",
        "--settlements", str(people), "--sites", str(sites), "--shares", "car=1",
    )  # fmt: skip
    everybody_is_told(prepared, planned, played, CASTLEMAINE_PEOPLE)


def test_surf_coast_with_made_people_and_a_fleet(shared_data: Path, tmp_path: Path) -> None:
    network = shared_data / "networks" / "surfcoast" / "network-2021-epsg32754.xml.gz"
    people, fleet = tmp_path / "people.csv", tmp_path / "fleet.csv"
    people.write_text(surf_coast_table(network), "utf-8")
    fleet.write_text(FLEET, "utf-8")
    prepared, planned, played = from_files_to_outcome(
        tmp_path, "--network", str(network), "--crs", "EPSG:32754",
        "--settlements", str(people), "--fleet", str(fleet),
    )  # fmt: skip
    everybody_is_told(prepared, planned, played, SURF_COAST_PEOPLE)
