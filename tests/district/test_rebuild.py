"""The bundled scenario on an extract, by the documented command."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import shapely
from typer.testing import CliRunner

from safepassage.cli.exit_codes import ExitCode
from safepassage.cli.main import app
from safepassage.formats.scenario_folder import check_scenario, read_scenario
from safepassage.formats.wkt import parse_line
from safepassage.model.network import RoadNetwork
from safepassage.model.scenario import Scenario
from safepassage.workflows.demo import BUNDLED
from tests.district.made_map import SOUTH, STEP_DEG, WEST, MadeMap

RIVER_X = (37.629, 37.602)
Covers = Callable[[tuple[float, float]], bool]


def extract(path: Path, covers: Covers, *, bridges: bool = True) -> Path:
    """The map of `bundled_map` as a file."""
    return bundled_map(covers, bridges=bridges).write(path)


def bundled_map(covers: Covers, *, bridges: bool = True) -> MadeMap:
    """The bundled roads as if a map had drawn them, with a river, its crossings and one more bridge."""
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
            course = (ends[0], *(parse_line(row["geometry"])[1:-1] if row["geometry"] else ()), ends[1])
            wanted = bridges or not row["crossing"]
            # Both directions of a crossing have a row; a map has one way.
            if wanted and not row["link_id"].endswith("-eastbound") and all(map(covers, course)):
                tags = {"bridge": "yes"} if row["crossing"] else {}
                made.way(way, [add(*point) for point in course], highway="secondary", **tags)
    made.way(9001, [add(37.629, 49.9), add(37.629, 49.5)], waterway="river", name="Оскіл")
    made.way(9002, [add(37.629, 49.5), add(37.602, 49.3)], waterway="river", name="Оскіл")
    if bridges:
        # Before the war there was another one, close to the next village.
        made.way(9003, [add(37.614, 49.713), add(37.624, 49.76)], highway="primary")
        made.way(9004, [add(37.624, 49.76), add(37.634, 49.76)], highway="primary", bridge="yes", name="Old")
        made.way(9005, [add(37.634, 49.76), add(37.631, 49.71)], highway="primary")
    return made


def everything(_point: tuple[float, float]) -> bool:
    return True


def rebuild(path: Path, output: Path, *more: str) -> tuple[dict[str, object], Scenario]:
    words = ["prepare", "--osm", str(path), "--rebuild", str(BUNDLED), *more, "-o", str(output), "--json"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == ExitCode.DONE, result.output
    faults = [str(fault) for fault in check_scenario(output) if fault.severity == "error"]
    assert faults == []
    return json.loads(result.stdout), read_scenario(output).scenario


@pytest.fixture(scope="module")
def bundled() -> Scenario:
    return read_scenario(BUNDLED).scenario


def crossing_links(network: RoadNetwork, name: str) -> list[int]:
    return [k for k, crossing in enumerate(network.crossing) if crossing == name]


def test_a_map_of_the_whole_district_lifts_the_banner(tmp_path: Path, bundled: Scenario) -> None:
    facts, rebuilt = rebuild(extract(tmp_path / "region.osm.pbf", everything), tmp_path / "real")
    assert bundled.is_exercise
    assert not rebuilt.is_exercise
    assert facts["people_in"] == facts["people_placed"]
    assert rebuilt.people_in_scope == bundled.people_in_scope
    same = ("settlements", "fleet", "services", "order", "reported", "policy", "start", "seed", "threat")
    for name in same[1:]:
        assert getattr(rebuilt, name) == getattr(bundled, name), name
    assert [place.people for place in rebuilt.settlements] == [place.people for place in bundled.settlements]
    assert sum(not place.node for place in rebuilt.settlements) == sum(
        not place.node for place in bundled.settlements
    )
    for name in ("Oskil at Kupiansk", "Oskil at Borova"):
        old, new = crossing_links(bundled.network, name), crossing_links(rebuilt.network, name)
        assert {rebuilt.network.link_id[k] for k in new} == {bundled.network.link_id[k] for k in old}
        assert set(rebuilt.network.capacity_pcu_per_h[new]) == set(bundled.network.capacity_pcu_per_h[old])
    (closed,) = {name for name in rebuilt.network.crossing if "Old" in name}
    assert (rebuilt.network.capacity_pcu_per_h[crossing_links(rebuilt.network, closed)] == 0).all()
    assert any("is closed" in str(word) for word in facts["warnings"])  # type: ignore[attr-defined]
    assert any("--occupied" in str(word) for word in facts["warnings"])  # type: ignore[attr-defined]
    kept = {item.id for item in rebuilt.assumptions}
    assert {"crossing_kupiansk_westbound", "checkpoint_rate", "road-capacity-secondary"} <= kept
    assert "regional_road_speed" not in kept


def test_a_map_of_half_the_district_keeps_it(tmp_path: Path, bundled: Scenario) -> None:
    path = extract(tmp_path / "west.osm.pbf", lambda point: point[0] < 37.7)
    facts, rebuilt = rebuild(path, tmp_path / "real")
    assert rebuilt.is_exercise
    assert rebuilt.people_in_scope == bundled.people_in_scope
    assert all(place.node for place in rebuilt.in_scope)
    left = rebuilt.network.schematic
    assert 0 < left.sum() < bundled.network.schematic.sum()
    # Only roads that the map lacks are still drawn.
    for k in left.nonzero()[0].tolist():
        assert max(point[0] for point in rebuilt.network.link_course(k)) > 37.7
    assert any("EXERCISE stays" in str(word) for word in facts["warnings"])  # type: ignore[attr-defined]


def test_a_crossing_that_the_map_lacks_stays_drawn(tmp_path: Path, bundled: Scenario) -> None:
    path = extract(tmp_path / "region.osm.pbf", everything, bridges=False)
    facts, rebuilt = rebuild(path, tmp_path / "real")
    network = rebuilt.network
    assert rebuilt.is_exercise
    drawn = {network.link_id[k] for k in network.schematic.nonzero()[0].tolist()}
    assert drawn == {k for k in bundled.network.link_id if k.startswith("crossing-")}
    assert any("no crossing near" in str(word) for word in facts["warnings"])  # type: ignore[attr-defined]


def test_occupied_ground_is_left_out(tmp_path: Path) -> None:
    path = extract(tmp_path / "region.osm.pbf", everything)
    ground = shapely.box(37.95, 49.4, 39.0, 50.0)
    occupied = tmp_path / "occupied.geojson"
    occupied.write_text(shapely.to_geojson(ground), "utf-8")
    facts, rebuilt = rebuild(path, tmp_path / "real", "--occupied", str(occupied))
    assert not any("--occupied" in str(word) for word in facts["warnings"])  # type: ignore[attr-defined]
    network = rebuilt.network
    courses = [shapely.LineString(network.link_course(k)) for k in range(network.n_links)]
    assert not shapely.intersects(ground, courses).any()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--settlements", "x.csv"), "--rebuild"),
        (("--bbox", "1,2,3,4"), "--rebuild"),
    ],
)
def test_what_does_not_go_together(tmp_path: Path, more: tuple[str, ...], words: str) -> None:
    path = extract(tmp_path / "region.osm.pbf", everything)
    line = ["prepare", "--osm", str(path), "--rebuild", str(BUNDLED), *more, "-o", str(tmp_path / "out")]
    result = CliRunner().invoke(app, line)
    assert result.exit_code == ExitCode.BAD_INPUT
    assert words in result.output


def test_a_map_of_elsewhere_is_refused(tmp_path: Path, town_file: Path) -> None:
    made = MadeMap()
    for ref in (1, 2):
        made.node(ref, 500 + ref, 0)
    made.way(1, [1, 2], highway="primary")
    path = made.write(tmp_path / "far.osm.pbf")
    line = ["prepare", "--osm", str(path), "--rebuild", str(BUNDLED), "-o", str(tmp_path / "out")]
    result = CliRunner().invoke(app, line)
    assert result.exit_code == ExitCode.BAD_INPUT
    assert "does not touch the scenario" in " ".join(result.output.split())
    # A town in the middle of it has roads, but none to Kharkiv.
    line = ["prepare", "--osm", str(town_file), "--rebuild", str(BUNDLED), "-o", str(tmp_path / "out")]
    assert CliRunner().invoke(app, line).exit_code in (ExitCode.DONE, ExitCode.BAD_INPUT)
