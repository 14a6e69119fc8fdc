"""The bundled scenario on an extract, by the documented command."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from safepassage.cli.exit_codes import ExitCode
from safepassage.cli.main import app
from safepassage.formats.scenario_folder import check_scenario, read_scenario
from safepassage.formats.wkt import parse_line
from safepassage.model.policy import ThreatKind
from safepassage.workflows.demo import BUNDLED
from tests.district.made_map import SOUTH, STEP_DEG, WEST, MadeMap


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    """The bundled roads as if a map had drawn them."""
    made = MadeMap()
    number: dict[tuple[float, float], int] = {}

    def add(longitude: float, latitude: float) -> int:
        key = round(longitude, 6), round(latitude, 6)
        if key not in number:
            number[key] = len(number) + 1
            made.node(number[key], (longitude - WEST) / STEP_DEG, (latitude - SOUTH) / STEP_DEG)
        return number[key]

    with (BUNDLED / "node.csv").open(encoding="utf-8", newline="") as stream:
        at = {
            row["node_id"]: (float(row["x_coord"]), float(row["y_coord"])) for row in csv.DictReader(stream)
        }
    with (BUNDLED / "link.csv").open(encoding="utf-8", newline="") as stream:
        for way, row in enumerate(csv.DictReader(stream), start=1):
            ends = at[row["from_node_id"]], at[row["to_node_id"]]
            course = parse_line(row["geometry"])[1:-1] if row["geometry"] else ()
            made.way(way, [add(*point) for point in (ends[0], *course, ends[1])], highway="secondary")
    return made.write(tmp_path / "region.osm.pbf")


def test_the_documented_command_lifts_the_banner(extract: Path, tmp_path: Path) -> None:
    output = tmp_path / "kupiansk-real"
    words = ["prepare", "--osm", str(extract), "--bbox", "36.0,49.0,38.2,50.3", "--threat", "hostile"]
    for option, file in (("--settlements", "settlement"), ("--sites", "site"), ("--fleet", "fleet")):
        words += [option, str(BUNDLED / f"{file}.csv")]
    result = CliRunner().invoke(app, [*words, "--time-zone", "Europe/Kyiv", "-o", str(output), "--json"])
    assert result.exit_code == ExitCode.DONE, result.output
    facts = json.loads(result.stdout)
    assert facts["people_in"] == facts["people_placed"]
    assert [str(fault) for fault in check_scenario(output) if fault.severity == "error"] == []
    bundled, rebuilt = read_scenario(BUNDLED).scenario, read_scenario(output).scenario
    assert bundled.is_exercise
    assert not rebuilt.is_exercise
    assert rebuilt.policy.threat_kind is ThreatKind.HOSTILE
    assert rebuilt.people_in_scope == bundled.people_in_scope
    assert sum(group.count for group in rebuilt.fleet) == sum(group.count for group in bundled.fleet)
