"""From an extract to a network: simplified, connected, clipped, nothing invented."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from safepassage.district.class_table import ClassTable
from safepassage.district.projection import projection_for
from safepassage.district.roads import BuiltRoads, build_roads
from safepassage.district.segments import ellipsoid_length_m
from safepassage.errors import InputError
from safepassage.formats.osm import OsmExtract
from safepassage.model.network import RoadNetwork
from tests.district.conftest import built
from tests.district.made_map import SOUTH, STEP_DEG, WEST, MadeMap, river_town

GEOD = pyproj.Geod(ellps="WGS84")


def link_between(network: RoadNetwork, tail: str, head: str) -> int:
    index = {node: k for k, node in enumerate(network.node_id)}
    found = np.flatnonzero((network.from_node == index[tail]) & (network.to_node == index[head]))
    assert len(found) == 1, f"{tail} to {head}: {len(found)} links"
    return int(found[0])


def box(west: float, south: float, east: float, north: float) -> shapely.Geometry:
    """A box in steps of the grid."""
    return shapely.box(
        WEST + west * STEP_DEG, SOUTH + south * STEP_DEG, WEST + east * STEP_DEG, SOUTH + north * STEP_DEG
    )


def touches(network: RoadNetwork, area: shapely.Geometry) -> bool:
    return any(area.intersects(shapely.LineString(network.link_course(k))) for k in range(network.n_links))


def test_nodes_of_degree_two_go_and_their_length_and_course_stay(roads: BuiltRoads) -> None:
    network = roads.network
    assert "16" not in network.node_id
    link = link_between(network, "10", "11")
    town = river_town()
    points = [town.place_of(ref) for ref in (10, 16, 11)]
    assert network.link_course(link) == tuple(points)
    expected = GEOD.line_length([p[0] for p in points], [p[1] for p in points])
    assert network.length_m[link] == pytest.approx(expected, rel=1e-5)
    assert network.free_flow_time_s[link] == pytest.approx(expected / (60 / 3.6), rel=1e-5)


def test_both_directions_are_there_with_opposite_courses(roads: BuiltRoads) -> None:
    network = roads.network
    out, back = link_between(network, "10", "11"), link_between(network, "11", "10")
    assert network.link_course(out) == network.link_course(back)[::-1]
    assert network.link_id[back] == network.link_id[out] + "r"
    with pytest.raises(AssertionError, match="0 links"):
        link_between(network, "23", "22")


def test_figures_change_where_the_tags_change(roads: BuiltRoads) -> None:
    network = roads.network
    bridge = link_between(network, "12", "13")
    assert roads.facts.structure[bridge] == "bridge"
    assert network.crossing[bridge] == "bridge: Oskil, Main road"
    assert network.facility_type[bridge] == "primary"
    assert network.lanes[bridge] == 1
    assert sum(map(bool, network.crossing)) == 2


def test_dropped_roads_are_reported(roads: BuiltRoads) -> None:
    town = river_town()
    assert [set(course) for course in roads.dropped.courses] == [{town.place_of(40), town.place_of(41)}]
    assert roads.dropped.parts == 2
    (first, last) = roads.dropped.courses[0]
    assert roads.dropped.length_m == pytest.approx(GEOD.line_length([first[0], last[0]], [first[1], last[1]]))
    assert roads.cut.ways == {"footway": 1, "private": 1}


def test_every_node_reaches_every_other(roads: BuiltRoads) -> None:
    network = roads.network
    reach = np.eye(network.n_nodes, dtype=bool)
    for _step in range(network.n_nodes):
        reach[:, network.to_node] |= reach[:, network.from_node]
        for tail, head in zip(network.from_node, network.to_node, strict=True):
            reach[:, head] |= reach[:, tail]
    assert reach.all()


def test_carriageways_that_leave_side_by_side_are_joined(roads: BuiltRoads) -> None:
    assert roads.joined_carriageways == 1
    network = roads.network
    out = [k for k in range(network.n_links) if roads.facts.name[k] == "Road out"]
    assert len(out) == 2
    assert network.to_node[out[0]] == network.from_node[out[1]]


def test_restrictions_become_forbidden_movements(tmp_path: Path, table: ClassTable) -> None:
    town = river_town()
    town.turns.append(("no_left_turn", 1, 11, 4))
    town.turns.append(("only_straight_on", 2, 12, 1))
    town.turns.append(("no_right_turn", 9, 40, 9))
    roads = built(town, tmp_path, table)
    network = roads.network
    forbidden = {
        (network.link_id[a], network.link_id[b])
        for a, b in zip(network.movement_in_link, network.movement_out_link, strict=True)
    }

    def ids(*pairs: tuple[str, str]) -> tuple[str, ...]:
        return tuple(network.link_id[link_between(network, *pair)] for pair in pairs)

    assert ids(("10", "11"), ("11", "20")) in forbidden
    assert ids(("12", "11"), ("11", "20")) in forbidden
    assert ids(("13", "12"), ("12", "21")) in forbidden
    assert ids(("13", "12"), ("12", "13")) in forbidden
    assert ids(("13", "12"), ("12", "11")) not in forbidden
    assert (roads.turns.used, roads.turns.beside) == (2, 1)
    assert (network.movement_capacity_pcu_per_h == 0).all()


@pytest.mark.parametrize(("barrier", "stops"), [("bollard", True), ("gate", False)])
def test_nothing_leads_through_a_bollard(
    tmp_path: Path, table: ClassTable, barrier: str, stops: bool
) -> None:
    made = MadeMap()
    for ref, (x, y) in enumerate([(0, 0), (1, 0), (2, 0), (1, 1), (0, 1), (2, 1)], start=1):
        made.node(ref, x, y, **({"barrier": barrier} if ref == 2 else {}))
    made.way(1, [1, 2, 3], highway="residential")
    made.way(2, [1, 4, 3], highway="residential")
    made.way(3, [1, 5], highway="residential")
    made.way(4, [3, 6], highway="residential")
    roads = built(made, tmp_path, table)
    straight = [
        k for k in range(roads.network.n_links) if made.place_of(2) in roads.network.link_course(k)[1:-1]
    ]
    assert len(straight) == (0 if stops else 2)
    assert roads.cut.barriers == (1 if stops else 0)
    # Who lives on the blocked street still reaches it from either side.
    assert sum(name.startswith("barrier") for name in roads.network.node_id) == (2 if stops else 0)


def test_a_ford_node_makes_fords_of_the_road_around_it(tmp_path: Path, table: ClassTable) -> None:
    made = MadeMap()
    for ref in range(1, 5):
        made.node(ref, ref, 0, **({"ford": "yes"} if ref == 2 else {}))
    made.way(1, [1, 2, 3, 4], highway="tertiary", name="River lane")
    roads = built(made, tmp_path, table)
    assert sorted(set(roads.network.crossing)) == ["", "ford: River lane"]
    assert min(roads.network.length_m[[bool(name) for name in roads.network.crossing]]) > 1400


def test_bridges_of_one_name_that_lie_apart_are_told_apart(tmp_path: Path, table: ClassTable) -> None:
    made = MadeMap()
    for ref in range(1, 7):
        made.node(ref, ref, 0)
    made.way(1, [1, 2], highway="primary")
    made.way(2, [2, 3], highway="primary", bridge="yes")
    made.way(3, [3, 4, 5], highway="primary")
    made.way(4, [5, 6], highway="primary", bridge="yes")
    for ref, x in ((10, 2.5), (11, 5.5)):
        made.node(ref, x, -1)
        made.node(ref + 10, x, 1)
        made.way(ref, [ref, ref + 10], waterway="river", name="Oskil")
    network = built(made, tmp_path, table).network
    assert sorted(set(network.crossing)) == ["", "bridge: Oskil", "bridge: Oskil (2)"]


def test_roads_reach_one_point_beyond_the_area(town: OsmExtract, table: ClassTable) -> None:
    area = box(0.8, -0.5, 3.5, 2.5)
    roads = build_roads(town, table, projection_for(37.6, 49.7), area=area)
    opened = {roads.network.node_id[k] for k in roads.open_nodes}
    assert opened == {"16", "14"}
    for k in range(roads.network.n_links):
        assert area.intersects(shapely.LineString(roads.network.link_course(k)))


def test_nothing_routes_through_a_forbidden_area(town: OsmExtract, table: ClassTable) -> None:
    projection = projection_for(37.6, 49.7)
    occupied = box(0.9, 0.3, 1.1, 1.3)
    free = build_roads(town, table, projection)
    assert touches(free.network, occupied)
    roads = build_roads(town, table, projection, forbidden=occupied)
    assert not touches(roads.network, occupied)
    assert "20" not in roads.network.node_id
    assert roads.cut.forbidden_m > 2000


def test_a_forbidden_area_between_two_points_cuts_the_road(town: OsmExtract, table: ClassTable) -> None:
    sliver = box(2.4, -0.1, 2.6, 0.1)
    roads = build_roads(town, table, projection_for(37.6, 49.7), forbidden=sliver)
    assert not touches(roads.network, sliver)
    assert not {"12", "13"} <= set(roads.network.node_id)


def test_an_area_without_roads_is_refused(town: OsmExtract, table: ClassTable) -> None:
    with pytest.raises(InputError, match="no drivable road lies in the area"):
        build_roads(town, table, projection_for(37.6, 49.7), area=box(100, 100, 101, 101))


def test_anchors_keep_a_node_where_people_are(town: OsmExtract, table: ClassTable) -> None:
    projection = projection_for(37.6, 49.7)
    beside = projection.to_metres([WEST + 0.5 * STEP_DEG], [SOUTH + 0.03 * STEP_DEG])
    # The point lies on the main road, which counts as a street here.
    roads = build_roads(town, table, projection, anchors=beside)
    assert "16" in roads.network.node_id


def test_a_road_that_is_cut_by_the_extract_is_an_open_end(tmp_path: Path, table: ClassTable) -> None:
    made = MadeMap()
    for ref in range(1, 4):
        made.node(ref, ref, 0)
    made.way(1, [1, 2, 3, 999], highway="primary")
    roads = built(made, tmp_path, table)
    assert [roads.network.node_id[k] for k in roads.open_nodes] == ["3"]


@given(st.floats(-179, 178), st.floats(-70, 70), st.floats(-0.02, 0.02), st.floats(-0.02, 0.02))
def test_lengths_are_those_of_the_ellipsoid(lon: float, lat: float, east: float, north: float) -> None:
    x, y = np.array([lon, lon + east]), np.array([lat, lat + north])
    found = ellipsoid_length_m(x, y, np.array([0]), np.array([1]))[0]
    assert found == pytest.approx(GEOD.line_length(x, y), rel=2e-5, abs=1e-4)
