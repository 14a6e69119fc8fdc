"""Places that maps hold and textbooks do not: a village on a roundabout, an island, driving on the left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from safepassage.district.class_table import ClassTable
from safepassage.errors import InputError
from safepassage.formats.scenario_folder import check_scenario
from safepassage.model.sites import SiteKind
from safepassage.workflows.plan import plan_folder
from safepassage.workflows.prepare import PrepareInputs, PrepareOptions, prepare_scenario
from tests.district.conftest import built
from tests.district.made_map import MadeMap


def test_a_village_on_a_roundabout_can_be_planned(tmp_path: Path) -> None:
    made = MadeMap()
    angles = np.linspace(0, 2 * np.pi, 9)[:-1]
    for ref, angle in enumerate(angles.tolist(), start=1):
        made.node(ref, np.cos(angle) / 2, np.sin(angle) / 2)
    made.way(1, [*range(1, 9), 1], highway="residential", junction="roundabout", name="Ring")
    made.node(20, 0, 0.1, place="village", name="Коло", population="120")
    sites = tmp_path / "sites.csv"
    sites.write_text("kind,name,lat,lon\nexit,Out,49.7,37.595\n", "utf-8")
    inputs = PrepareInputs(made.write(tmp_path / "ring.osm.pbf"), sites=sites)
    result = prepare_scenario(inputs, tmp_path / "out", PrepareOptions())
    assert result.report.people_placed == 120
    network = result.scenario.network
    # One way round: every node has one link out.
    assert np.bincount(network.from_node).max() == 1
    assert not [fault for fault in check_scenario(tmp_path / "out") if fault.severity == "error"]
    plan = plan_folder(tmp_path / "out", tmp_path / "plan").content
    assert plan.outcome.people == 120
    assert plan.outcome.safe > 0


def island(*, motor: str) -> MadeMap:
    made = MadeMap()
    for ref, (x, y) in {1: (0, 0), 2: (1, 0), 3: (1.2, 0), 4: (4, 0), 5: (5, 0), 6: (9, 0)}.items():
        made.node(ref, x, y)
    made.way(1, [1, 2, 3], highway="residential", name="Harbour street")
    made.way(2, [3, 4], route="ferry", motor_vehicle=motor, name="Ferry")
    made.way(3, [4, 5, 6], highway="primary", name="Coast road")
    made.node(20, 0.2, 0, place="village", name="Острів", population="300")
    made.node(21, 5, 0.2, place="town", name="Берег", population="50")
    return made


def test_an_island_with_a_ferry_for_cars_leaves_by_it(tmp_path: Path) -> None:
    inputs = PrepareInputs(island(motor="yes").write(tmp_path / "island.osm.pbf"))
    result = prepare_scenario(inputs, tmp_path / "out", PrepareOptions())
    assert all(place.node for place in result.scenario.settlements)
    (ferry,) = {name for name in result.report.crossings if name.startswith("ferry")}
    links = [k for k, name in enumerate(result.scenario.network.crossing) if name == ferry]
    assert max(result.scenario.network.capacity_pcu_per_h[links]) <= 40


def test_an_island_with_a_ferry_on_foot_is_told_to_be_cut_off(tmp_path: Path) -> None:
    inputs = PrepareInputs(island(motor="no").write(tmp_path / "island.osm.pbf"))
    result = prepare_scenario(inputs, tmp_path / "out", PrepareOptions())
    assert result.report.people_in == result.report.people_placed == 350
    (lost,) = result.report.cut_off
    assert (lost.name, lost.people) == ("Острів", 300)
    assert any("Острів" in words for words in result.report.sentences())


def test_traffic_on_the_left_keeps_its_directions(tmp_path: Path, table: ClassTable) -> None:
    """Directions are those of the way's drawing, whichever side people drive on."""
    made = MadeMap()
    for ref, (x, y) in {1: (0, 0), 2: (1, 0.1), 3: (2, 0), 4: (1, -0.1)}.items():
        made.node(ref, x, y)
    made.way(1, [1, 2, 3], highway="trunk", oneway="yes", driving_side="left", name="North side")
    made.way(2, [3, 4, 1], highway="trunk", oneway="yes", driving_side="left", name="South side")
    made.node(5, 3, 0)
    made.node(6, -1, 0)
    made.way(3, [6, 1], highway="trunk")
    made.way(4, [3, 5], highway="trunk")
    roads = built(made, tmp_path, table)
    network = roads.network
    sides = [k for k, name in enumerate(roads.facts.name) if name.endswith("side")]
    assert len(sides) == 2
    for k in sides:
        course = network.link_course(k)
        way = [made.place_of(ref) for ref in (1, 2, 3, 4, 1)]
        places = [way.index(point) for point in course[:-1]]
        assert places == sorted(places)


def test_a_town_without_places_needs_a_table_or_a_raster(tmp_path: Path) -> None:
    made = MadeMap()
    for ref in range(1, 5):
        made.node(ref, ref, 0)
    made.way(1, [1, 2, 3, 4], highway="primary", name="Only road")
    path = made.write(tmp_path / "bare.osm.pbf")
    with pytest.raises(InputError, match="--settlements"):
        prepare_scenario(PrepareInputs(path), tmp_path / "out", PrepareOptions())
    people = tmp_path / "people.csv"
    people.write_text("name,population,lat,lon\nBlock 1,90,49.7,37.62\n", "utf-8")
    inputs = PrepareInputs(path, settlements=people)
    result = prepare_scenario(inputs, tmp_path / "out", PrepareOptions())
    assert result.report.people_placed == 90
    assert [site.kind for site in result.scenario.sites].count(SiteKind.EXIT) == 2


def test_a_ring_that_leads_nowhere_is_refused(tmp_path: Path, table: ClassTable) -> None:
    made = MadeMap()
    for ref, (x, y) in {1: (0, 0), 2: (1, 1), 3: (2, 0)}.items():
        made.node(ref, x, y)
    made.way(1, [1, 2, 3, 1], highway="residential", oneway="yes")
    with pytest.raises(InputError, match="lead anywhere"):
        built(made, tmp_path, table)
