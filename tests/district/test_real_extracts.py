"""Real extracts and networks: named ways against their raw tags, published networks as scenario folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import osmium
import pytest

from safepassage.district.class_table import read_class_table
from safepassage.district.projection import projection_for
from safepassage.district.roads import BuiltRoads, build_roads
from safepassage.formats.osm import read_osm
from safepassage.formats.scenario_folder import check_scenario
from safepassage.workflows.convert import read_network
from safepassage.workflows.prepare import PrepareInputs, PrepareOptions, prepare_scenario

pytestmark = pytest.mark.acceptance
NAMED_WAYS = 20
EXTRACTS = {"andorra": (1.6, 42.5), "liechtenstein-2013-08-03": (9.5, 47.1)}


@pytest.fixture(params=EXTRACTS)
def extract(request: pytest.FixtureRequest, shared_data: Path) -> Path:
    return shared_data / "osm" / f"{request.param}.osm.pbf"


@pytest.fixture
def network(extract: Path) -> BuiltRoads:
    table = read_class_table()
    place = EXTRACTS[extract.name.removesuffix(".osm.pbf")]
    return build_roads(read_osm(extract, table.classes), table, projection_for(*place))


def raw_tags(extract: Path) -> dict[int, dict[str, str]]:
    """Tags of all ways, read without the program's reader."""
    ways = {}
    for item in osmium.FileProcessor(extract, osmium.osm.WAY):
        if isinstance(item, osmium.osm.Way):
            ways[item.id] = dict(item.tags)
    return ways


def raw_courses(extract: Path, wanted: set[int]) -> dict[int, list[tuple[float, float]]]:
    """Positions of the nodes of some ways, in the order of their drawing."""
    courses = {}
    for item in osmium.FileProcessor(extract).with_locations():
        if isinstance(item, osmium.osm.Way) and item.id in wanted:
            courses[item.id] = [(node.lon, node.lat) for node in item.nodes if node.location.valid()]
    return courses


def runs_along(course: tuple[tuple[float, float], ...], way: list[tuple[float, float]]) -> bool:
    """Whether a link runs along the drawing of its way (True) or against it (False)."""
    order = [way.index(point) for point in course]
    assert order in (sorted(order), sorted(order, reverse=True))
    return order == sorted(order)


def links_of_ways(roads: BuiltRoads) -> dict[int, list[int]]:
    """Links that were made of one way alone."""
    found: dict[int, list[int]] = {}
    for link, source in enumerate(roads.network.source):
        words = source.removeprefix("OSM way ").split()
        if len(words) == 1:
            found.setdefault(int(words[0]), []).append(link)
    return found


def telling(tags: dict[str, str]) -> int:
    """How many of the things that are compared the tags tell in plain numbers."""
    plain = tags.get("maxspeed", "").isdigit() + tags.get("lanes", "").isdigit()
    return plain + ("oneway" in tags) + 2 * ("bridge" in tags)


def test_named_ways_are_as_their_tags_say(extract: Path, network: BuiltRoads) -> None:
    tags_of, links_of = raw_tags(extract), links_of_ways(network)
    named = [way for way in links_of if tags_of[way].get("name") and "junction" not in tags_of[way]]
    chosen = sorted(named, key=lambda way: (-telling(tags_of[way]), way))[:NAMED_WAYS]
    assert len(chosen) == NAMED_WAYS
    assert sum("bridge" in tags_of[way] for way in chosen) >= 3
    courses = raw_courses(extract, set(chosen))
    for way in chosen:
        tags, links = tags_of[way], links_of[way]
        one_way = tags.get("oneway") in ("yes", "1", "-1", "true")
        along = [runs_along(network.network.link_course(link), courses[way]) for link in links]
        if one_way:
            assert set(along) == {tags["oneway"] != "-1"}, (way, tags)
        else:
            assert along.count(True) == along.count(False), (way, tags)
        for link in links:
            assert network.facts.name[link] == tags["name"]
            assert network.network.facility_type[link] == tags["highway"]
            bridge = tags.get("bridge", "no") != "no"
            assert (network.facts.structure[link] == "bridge") == bridge, (way, tags)
            if tags.get("lanes", "").isdigit():
                total = int(tags["lanes"])
                assert network.network.lanes[link] == (total if one_way else max(1, total // 2)), (way, tags)
            if tags.get("maxspeed", "").isdigit() and not {"surface", "smoothness"} & set(tags):
                speed = network.network.free_speed_m_per_s[link] * 3.6
                assert speed == pytest.approx(int(tags["maxspeed"])), (way, tags)


def test_real_extracts_become_folders_in_order(extract: Path, tmp_path: Path) -> None:
    result = prepare_scenario(PrepareInputs(extract), tmp_path / "out", PrepareOptions())
    # The old extract gives no settlement a number of people, which the check warns of.
    assert [str(fault) for fault in check_scenario(tmp_path / "out") if fault.severity == "error"] == []
    assert result.report.people_in == result.report.people_placed + result.report.people_not_placed
    assert result.report.dropped_km < 0.02 * result.report.road_km


@pytest.mark.parametrize(
    ("file", "crs", "nodes", "links"),
    [
        ("castlemaine/network.xml.gz", "EPSG:28355", 22_259, 43_828),
        ("surfcoast/network-2021-epsg32754.xml.gz", "EPSG:32754", 5_187, 10_145),
    ],
)
def test_published_networks_load_whole(
    shared_data: Path, tmp_path: Path, file: str, crs: str, nodes: int, links: int
) -> None:
    path = shared_data / "networks" / file
    roads = read_network(path, crs=crs).network
    assert (roads.n_nodes, roads.n_links) == (nodes, links)
    middle = float(np.median(roads.longitude_deg)), float(np.median(roads.latitude_deg))
    assert 143 < middle[0] < 145
    assert -39 < middle[1] < -36.5
    people = tmp_path / "people.csv"
    people.write_text(
        f"name,population,lat,lon\nTown,1000,{middle[1]},{middle[0]}\n",
        "utf-8",
    )
    inputs = PrepareInputs(network=path, crs=crs, settlements=people)
    prepare_scenario(inputs, tmp_path / "out", PrepareOptions())
    assert [str(fault) for fault in check_scenario(tmp_path / "out") if fault.severity == "error"] == []
