"""The whole way from files to a scenario folder, and everything that can be wrong with the files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from safepassage.errors import InputError, OutputError
from safepassage.formats.gmns import gmns_files
from safepassage.formats.scenario_folder import check_scenario, read_scenario
from safepassage.model.policy import ThreatKind
from safepassage.model.sites import SiteKind
from safepassage.workflows.prepare import (
    DROPPED_FILE,
    REPORT_FILE,
    PrepareInputs,
    PrepareOptions,
    PrepareResult,
    prepare_scenario,
)
from tests.district.made_map import SOUTH, STEP_DEG, WEST

USUAL = PrepareOptions(name="Town")


def area_file(folder: Path, *points: tuple[float, float]) -> Path:
    ring = [[WEST + x * STEP_DEG, SOUTH + y * STEP_DEG] for x, y in (*points, points[0])]
    path = folder / "area.geojson"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}), "utf-8")
    return path


def conserved(result: PrepareResult) -> None:
    report = result.report
    assert report.people_in == report.people_placed + report.people_not_placed
    assert report.people_placed == sum(place.people.total for place in result.scenario.settlements)


def test_a_folder_that_can_be_planned_comes_out(town_file: Path, tmp_path: Path) -> None:
    result = prepare_scenario(PrepareInputs(town_file), tmp_path / "out", USUAL)
    conserved(result)
    assert [str(fault) for fault in check_scenario(tmp_path / "out")] == []
    read = read_scenario(tmp_path / "out")
    assert read.scenario == result.scenario
    assert "School street" in read.kept["link.csv"]["name"]
    scenario = read.scenario
    assert scenario.policy.threat_kind is ThreatKind.NATURAL
    assert scenario.people_in_scope.total == 2712
    assert scenario.time_zone == "Europe/Kyiv"
    assert not scenario.is_exercise
    exits = scenario.sites_of(SiteKind.EXIT)
    assert {site.node for site in exits} == {"10", "15"}
    assert all(site.safe for site in exits)
    assert {item.id for item in scenario.assumptions} >= {"people-car", "road-capacity-primary"}
    assert len(result.report.cut_off) == 1
    assert result.report.cut_off[0].name == "Хутір"


def test_towns_are_divided_and_each_part_has_an_assembly_point(town_file: Path, tmp_path: Path) -> None:
    options = PrepareOptions(name="Town", group_size=1000)
    result = prepare_scenario(PrepareInputs(town_file), tmp_path / "out", options)
    conserved(result)
    parts = [place for place in result.scenario.settlements if place.community == "Захід"]
    assert len(parts) == 3
    assert sum(place.people.total for place in parts) == 2400
    assert len({place.node for place in parts}) == 3
    assert max(place.people.total for place in parts) < 1200
    points = {site.settlement: site for site in result.scenario.sites_of(SiteKind.ASSEMBLY_POINT)}
    assert set(points) == {place.id for place in result.scenario.settlements if place.node}
    assert "School No 1" in {site.name_uk for site in points.values()}
    kinds = {site.kind for site in result.scenario.sites}
    assert SiteKind.HOSPITAL in kinds


def test_the_same_inputs_give_the_same_bytes(town_file: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        prepare_scenario(PrepareInputs(town_file), tmp_path / name / "town", USUAL)
    names = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file())
    assert Path("town") / REPORT_FILE in names
    assert Path("town") / DROPPED_FILE in names
    for file in names:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_tables_say_who_where_and_with_what(town_file: Path, tmp_path: Path) -> None:
    people, sites, fleet = (tmp_path / name for name in ("people.csv", "sites.csv", "fleet.csv"))
    people.write_text("name;children;population\nСхід’не;50;300\nZakhid;;2500\nNowhere;;11\n", "utf-8")
    sites.write_text(
        "kind,name,lat,lon,beds,settlement\nreception,Camp,49.7,37.66,4000,\nhub,Hub,,,,Захід\n", "utf-8"
    )
    fleet.write_text("kind,count,seats,depot\nbus,3,45,Zakhid\nvan,1,8,\n", "utf-8")
    inputs = PrepareInputs(town_file, settlements=people, sites=sites, fleet=fleet)
    result = prepare_scenario(inputs, tmp_path / "out", PrepareOptions(group_size=10_000))
    conserved(result)
    scenario = result.scenario
    assert check_scenario(tmp_path / "out") == ()
    assert {place.name_en: place.people.children for place in scenario.settlements} == {
        "Skhidne": 50,
        "West Town": 450,
    }
    assert result.report.people_not_placed == 11
    assert result.report.exits == ()
    assert scenario.sites_of(SiteKind.RECEPTION)[0].capacity_persons == 4000
    assert [(group.kind, group.count, group.pcu) for group in scenario.fleet] == [
        ("bus", 3, 2),
        ("van", 1, 1),
    ]
    assert {group.depot for group in scenario.fleet} == {"depot-osm-n70"}


def test_hostile_folders_do_not_show_where_people_wait(town_file: Path, tmp_path: Path) -> None:
    options = PrepareOptions(threat_kind=ThreatKind.HOSTILE)
    scenario = prepare_scenario(PrepareInputs(town_file), tmp_path / "out", options).scenario
    assert scenario.policy.threat_kind is ThreatKind.HOSTILE
    for site in scenario.sites_of(SiteKind.ASSEMBLY_POINT, SiteKind.HOSPITAL):
        assert site.latitude_deg == round(site.latitude_deg, 2)


def test_occupied_ground_is_out_and_its_people_are_listed(town_file: Path, tmp_path: Path) -> None:
    occupied = area_file(tmp_path, (3.5, -1), (7, -1), (7, 4), (3.5, 4))
    result = prepare_scenario(PrepareInputs(town_file, occupied=occupied), tmp_path / "out", USUAL)
    conserved(result)
    assert result.report.people_not_placed == 300
    assert result.report.forbidden_km > 0
    ground = shapely.box(WEST + 3.5 * STEP_DEG, SOUTH - STEP_DEG, WEST + 7 * STEP_DEG, SOUTH + 4 * STEP_DEG)
    network = result.scenario.network
    assert not any(
        ground.intersects(shapely.LineString(network.link_course(k))) for k in range(network.n_links)
    )


def test_a_raster_gives_the_people(town_file: Path, tmp_path: Path) -> None:
    values = np.full((50, 60), -99999.0, np.float32)
    values[20:40, 5:25] = 0.75
    raster = tmp_path / "pop.tif"
    with rasterio.open(
        raster, "w", driver="GTiff", width=60, height=50, count=1, dtype="float32", crs="EPSG:32637",
        transform=Affine(100, 0, 398_000, 0, -100, 5_510_000), nodata=-99999.0,
    ) as sink:  # fmt: skip
        sink.write(values, 1)
    people = tmp_path / "people.csv"
    people.write_text("name,population\nЗахід,\nСхідне,77\n", "utf-8")
    inputs = PrepareInputs(town_file, settlements=people, population=raster)
    result = prepare_scenario(inputs, tmp_path / "out", USUAL)
    conserved(result)
    counted = {place.name_en: place.people.total for place in result.scenario.settlements}
    assert counted["Skhidne"] == 77
    assert counted["West Town"] + result.report.people_not_placed <= 300
    assert counted["West Town"] > 200


def test_a_network_of_another_format_will_do(town_file: Path, tmp_path: Path) -> None:
    roads = prepare_scenario(PrepareInputs(town_file), tmp_path / "first", USUAL).scenario.network
    folder = tmp_path / "gmns"
    folder.mkdir()
    for name, text in gmns_files(roads).items():
        (folder / name).write_text(text, "utf-8")
    people = tmp_path / "people.csv"
    people.write_text("name,population,lat,lon\nA,100,49.711,37.611\n", "utf-8")
    inputs = PrepareInputs(network=folder, settlements=people)
    result = prepare_scenario(inputs, tmp_path / "out", USUAL)
    conserved(result)
    assert result.scenario.network.n_links == roads.n_links
    assert [fault for fault in check_scenario(tmp_path / "out") if fault.severity == "error"] == []


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "cannot be read"), (b"PK\x03\x04 not a map at all", "cannot be read"), (None, "no such file")],
)
def test_foreign_extracts_are_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    extract = tmp_path / "bad.osm.pbf"
    if content is not None:
        extract.write_bytes(content)
    with pytest.raises(InputError, match=words):
        prepare_scenario(PrepareInputs(extract), tmp_path / "out", USUAL)
    assert not (tmp_path / "out").exists()


def test_a_truncated_extract_is_refused(town_file: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.osm.pbf"
    data = town_file.read_bytes()
    cut.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(InputError, match=r"cut\.osm\.pbf.*download it again"):
        prepare_scenario(PrepareInputs(cut), tmp_path / "out", USUAL)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"box": "1,2,3"}, "no box"),
        ({"box": "38,50,37,49"}, "no box"),
        ({"box": "10,10,11,11"}, "does not touch the map"),
        ({"box": "10,10,11,11", "place": "X"}, "more than one"),
        ({"place": "Захід"}, "no closed boundary"),
    ],
)
def test_areas_that_cannot_be(town_file: Path, tmp_path: Path, inputs: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        prepare_scenario(PrepareInputs(town_file, **inputs), tmp_path / "out", USUAL)  # type: ignore[arg-type]


def test_nothing_to_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--osm or --network"):
        prepare_scenario(PrepareInputs(), tmp_path / "out", USUAL)


def test_a_folder_with_files_is_not_overwritten(town_file: Path, tmp_path: Path) -> None:
    prepare_scenario(PrepareInputs(town_file), tmp_path / "out", USUAL)
    with pytest.raises(OutputError, match="holds files"):
        prepare_scenario(PrepareInputs(town_file), tmp_path / "out", USUAL)
    prepare_scenario(PrepareInputs(town_file), tmp_path / "out", PrepareOptions(replace=True))


def test_names_are_inert_on_the_way(town_file: Path, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text('name,population,lat,lon\n"<img src=x onerror=alert(1)>",9,49.711,37.611\n', "utf-8")
    result = prepare_scenario(PrepareInputs(town_file, settlements=people), tmp_path / "out", USUAL)
    assert result.scenario.settlements[0].name_uk == "<img src=x onerror=alert(1)>"
