"""Arrival grids and dated polygons of a scenario folder, against answers that follow from their making."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.warp import transform, transform_bounds

from safepassage.errors import InputError
from safepassage.formats.scenario_folder import (
    check_scenario,
    read_scenario,
    scenario_hash,
    write_scenario,
)
from safepassage.model.scenario import Scenario
from safepassage.model.threat import ThreatEntryKind

# Cells of 0.01 degrees; no place of the valley lies at the edge of one.
WEST, NORTH, STEP, N_COLUMNS, N_ROWS = 29.797, 50.103, 0.01, 40, 30
DRY = -9999.0


@pytest.fixture
def folder(tmp_path: Path, valley_folder: Path) -> Path:
    """A copy of the valley that a test may change."""
    return Path(shutil.copytree(valley_folder, tmp_path / "valley"))


def placed(west: float, north: float, step: float = STEP) -> Affine:
    return Affine(step, 0, west, 0, -step, north)


def dry_grid() -> np.ndarray:
    return np.full((N_ROWS, N_COLUMNS), DRY, np.float32)


def cell(latitude: float, longitude: float) -> tuple[int, int]:
    return int((NORTH - latitude) / STEP), int((longitude - WEST) / STEP)


def write_grid(path: Path, values: np.ndarray, **profile: Any) -> None:
    about = {
        "driver": "GTiff",
        "dtype": values.dtype,
        "count": 1,
        "height": values.shape[0],
        "width": values.shape[1],
        "crs": "EPSG:4326",
        "transform": placed(WEST, NORTH),
        "nodata": DRY,
    } | profile
    with rasterio.open(path, "w", **about) as target:
        target.write(values, 1)


def add_settings(folder: Path, *lines: str) -> None:
    path = folder / "scenario.toml"
    path.write_text(path.read_text() + "\n[hazard]\n" + "\n".join(lines) + "\n")


def arrivals(scenario: Scenario, kind: ThreatEntryKind) -> dict[str, float]:
    return {entry.subject: entry.start_s for entry in scenario.threat.of_kind(kind)}


def problems(folder: Path) -> str:
    faults = [fault for fault in check_scenario(folder) if fault.severity == "error"]
    assert all(fault.remedy for fault in faults)
    return "\n".join(f"{fault.file}:{fault.row}:{fault.column}: {fault.problem}" for fault in faults)


def test_water_closes_the_roads_it_reaches_and_gives_settlements_a_deadline(folder: Path) -> None:
    values = dry_grid()
    values[cell(50.03, 30.1)] = 90.0
    values[cell(50.0, 30.06)] = 30.0
    write_grid(folder / "arrival.tif", values)
    add_settings(folder, 'arrival_grid = "arrival.tif"', 'unit = "min"')
    scenario = read_scenario(folder).scenario
    assert arrivals(scenario, ThreatEntryKind.ARRIVAL) == {"A-VERBA": 5400.0}
    closed = arrivals(scenario, ThreatEntryKind.CLOSURE)
    assert closed["bridge"] == closed["bridge_back"] == 1800.0
    assert closed["east_road"] == closed["field_track"] == 1800.0
    assert closed["verba_road"] == closed["cross_road_back"] == 5400.0
    assert not {"lypa_road", "city_road", "dub_road", "klen_road"} & closed.keys()


def test_hours_a_zero_of_its_own_and_a_shift_are_heeded(folder: Path) -> None:
    values = np.full((N_ROWS, N_COLUMNS), np.nan, np.float32)
    values[cell(49.975, 30.09)] = 2.5
    write_grid(folder / "fire.tif", values, nodata=None)
    add_settings(
        folder,
        'arrival_grid = "fire.tif"',
        'unit = "h"',
        'counted_from = "2023-08-10T04:00:00+01:00"',
        "shift_min = -15",
    )
    assert arrivals(read_scenario(folder).scenario, ThreatEntryKind.ARRIVAL) == {"C-KLEN": 2.25 * 3600}


def test_a_projected_grid_gives_the_same_answer(folder: Path) -> None:
    west, south, east, north = transform_bounds("EPSG:4326", "EPSG:32636", 29.7, 49.7, 30.3, 50.2)
    grid = placed(west, north, 200.0)
    values = np.full((int((north - south) / 200), int((east - west) / 200)), DRY, np.float64)
    x, y = transform("EPSG:4326", "EPSG:32636", [30.12], [50.0])
    column, row = int((x[0] - west) / 200), int((north - y[0]) / 200)
    values[row - 1 : row + 2, column - 1 : column + 2] = 45
    write_grid(folder / "arrival.tif", values, crs="EPSG:32636", transform=grid)
    add_settings(folder, 'arrival_grid = "arrival.tif"', 'unit = "min"')
    scenario = read_scenario(folder).scenario
    assert arrivals(scenario, ThreatEntryKind.ARRIVAL) == {"B-LYPA": 2700.0}
    roads = {"lypa_road", "cross_road"}
    assert arrivals(scenario, ThreatEntryKind.CLOSURE) == dict.fromkeys(
        sorted(roads | {f"{name}_back" for name in roads}), 2700.0
    )


def asc_text(no_data: str = f"NODATA_value {DRY}\n") -> str:
    values = dry_grid()
    values[cell(50.02, 30.035)] = 60
    rows = "\n".join(" ".join(f"{value:g}" for value in row) for row in values.tolist())
    south = NORTH - N_ROWS * STEP
    head = f"ncols {N_COLUMNS}\nnrows {N_ROWS}\nxllcorner {WEST}\nyllcorner {south:.4f}\ncellsize {STEP}\n"
    return head + no_data + rows + "\n"


def test_an_asc_grid_needs_a_projection_stated_beside_it(folder: Path) -> None:
    (folder / "toa.asc").write_text(asc_text())
    add_settings(folder, 'arrival_grid = "toa.asc"', 'unit = "min"')
    assert "names no projection" in problems(folder)
    with (folder / "scenario.toml").open("a") as stream:
        stream.write('crs = "EPSG:4326"\n')
    folder_read = read_scenario(folder)
    assert arrivals(folder_read.scenario, ThreatEntryKind.ARRIVAL) == {"D-DUB": 3600.0}


def test_the_folder_that_is_written_holds_grid_and_polygons(folder: Path, tmp_path: Path) -> None:
    (folder / "toa.asc").write_text(asc_text())
    (folder / "toa.prj").write_text(rasterio.crs.CRS.from_epsg(4326).to_wkt(version="WKT1_ESRI"))
    add_settings(folder, 'arrival_grid = "toa.asc"', 'unit = "min"', 'counted_from = "2023-08-10T06:00:00Z"')
    write_areas(folder, area(50.02, 30.05))
    first = read_scenario(folder)
    write_scenario(first, tmp_path / "again")
    for name in ("toa.asc", "toa.prj", "threat.geojson"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()
    assert not (tmp_path / "again" / "threat.csv").exists()
    second = read_scenario(tmp_path / "again")
    assert second.scenario == first.scenario
    assert second.hazard == first.hazard
    # Without its files the same entries stand in the table, once.
    write_scenario(first.scenario, tmp_path / "again", replace=True)
    bare = read_scenario(tmp_path / "again")
    assert scenario_hash(bare.scenario) == scenario_hash(first.scenario)
    assert not bare.hazard.entry_ids


@pytest.mark.parametrize(
    ("profile", "change", "settings", "words"),
    [
        ({"nodata": None}, 5.0, (), "no value for cells that nothing reaches"),
        ({"nodata": None}, -1.0, ("no_data = 7",), "negative times"),
        ({"nodata": None}, 3e9, ("no_data = -9999",), "beyond a year"),
        ({"crs": None}, DRY, (), "names no projection"),
        ({}, DRY, ('crs = "EPSG:32636"',), "[hazard] states EPSG:32636"),
        ({"crs": None}, DRY, ('crs = "nowhere"',), "projection nowhere is not known"),
        ({"transform": placed(10.0, NORTH)}, DRY, (), "does not touch the district"),
        ({"crs": "EPSG:32636"}, DRY, (), "does not touch the district"),
        ({"transform": placed(WEST, 50.02)}, DRY, (), "does not cover the settlement"),
    ],
)
def test_grids_that_cannot_be_used_are_named(
    folder: Path, profile: dict[str, Any], change: float, settings: tuple[str, ...], words: str
) -> None:
    values = dry_grid()
    if "nodata" in profile and change > 0 and not settings:
        values[:] = 0
    values[cell(50.0, 30.1)] = change
    write_grid(folder / "arrival.tif", values, **profile)
    add_settings(folder, 'arrival_grid = "arrival.tif"', 'unit = "min"', *settings)
    assert words in problems(folder)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (('arrival_grid = "gone.tif"', 'unit = "h"'), "hazard.arrival_grid: the file is missing"),
        (('arrival_grid = "../node.tif"', 'unit = "h"'), "this is no name of a grid"),
        (('arrival_grid = "node.csv"', 'unit = "h"'), "this is no name of a grid"),
        (('arrival_grid = "broken.tif"', 'unit = "h"'), "the grid cannot be read"),
        (('arrival_grid = "broken.tif"',), "the unit of the grid's times is missing"),
        (('arrival_grid = "broken.tif"', 'unit = "days"'), "hazard.unit: the word is not known"),
        (('unit = "h"', 'counted_from = "2023-08-10T06:00:00"'), "the time has no zone"),
    ],
)
def test_settings_of_a_grid_are_checked(folder: Path, lines: tuple[str, ...], words: str) -> None:
    (folder / "broken.tif").write_bytes(b"II*\0 no more than a mark")
    add_settings(folder, *lines)
    assert words in problems(folder)


def area(latitude: float, longitude: float, half: float = 0.02, **properties: Any) -> dict[str, Any]:
    west, east, south, north = longitude - half, longitude + half, latitude - half, latitude + half
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    about = {"kind": "closure", "from": "2023-08-10T08:00:00+03:00", "until": "2023-08-10T09:00:00+03:00"}
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "geometry": geometry, "properties": {"id": "flood"} | about | properties}


def dated(feature: dict[str, Any], moment: str) -> dict[str, Any]:
    feature["properties"]["from"] = moment
    return feature


def write_areas(folder: Path, *features: dict[str, Any]) -> None:
    document = {"type": "FeatureCollection", "features": list(features)}
    (folder / "threat.geojson").write_text(json.dumps(document))


def test_a_closure_polygon_shuts_the_roads_that_touch_it_for_its_time(folder: Path) -> None:
    # Around Dub, whose only road leads south from it.
    write_areas(folder, area(50.02, 30.035, 0.005, probability=0.5, source="scouts", reliability="B"))
    entries = read_scenario(folder).scenario.threat.entries
    assert [(entry.id, entry.kind, entry.subject) for entry in entries] == [
        ("flood:road:dub_road", ThreatEntryKind.CLOSURE, "dub_road"),
        ("flood:road:dub_road_back", ThreatEntryKind.CLOSURE, "dub_road_back"),
    ]
    assert {(entry.start_s, entry.end_s, entry.probability) for entry in entries} == {(7200, 10800, 0.5)}
    assert {(entry.claim.source, entry.claim.reliability) for entry in entries} == {("scouts", "B")}


def test_a_polygon_of_arrival_also_gives_settlements_inside_a_deadline(folder: Path) -> None:
    write_areas(folder, area(50.02, 30.035, 0.005, kind="arrival", until=None))
    scenario = read_scenario(folder).scenario
    assert arrivals(scenario, ThreatEntryKind.ARRIVAL) == {"D-DUB": 7200.0}
    assert arrivals(scenario, ThreatEntryKind.CLOSURE) == {"dub_road": 7200.0, "dub_road_back": 7200.0}
    assert {entry.end_s for entry in scenario.threat.entries} == {math.inf}


def test_smoke_slows_and_an_event_of_the_past_has_a_place(folder: Path) -> None:
    smoke = area(50.02, 30.035, 0.005, id="smoke", kind="speed", factor=0.4)
    event = dated(area(50.0, 30.1, id="hit", kind="event", until=None), "2023-08-09T08:00:00+03:00")
    write_areas(folder, smoke, event)
    threat = read_scenario(folder).scenario.threat
    assert {(e.subject, e.factor) for e in threat.of_kind(ThreatEntryKind.SPEED)} == {
        ("dub_road", 0.4),
        ("dub_road_back", 0.4),
    }
    (hit,) = threat.of_kind(ThreatEntryKind.EVENT)
    assert (hit.latitude_deg, hit.longitude_deg) == pytest.approx((50.0, 30.1))


def crossing_itself() -> dict[str, Any]:
    bow = area(50.0, 30.0)
    ring = bow["geometry"]["coordinates"][0]
    ring[1], ring[2] = ring[2], ring[1]
    return bow


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        (crossing_itself(), "threat.geojson:1:geometry: the polygon crosses itself"),
        (dated(area(50.0, 30.0), "2023-08-10T08:00:00"), "threat.geojson:1:from: the time has no zone"),
        (area(50.0, 30.0, until="later"), "threat.geojson:1:until: this is no time"),
        (area(50.0, 30.0, kind="event"), "threat.geojson:1:from: the event lies in the future"),
        (area(50.0, 30.0, kind="clossure"), "threat.geojson:1:kind: the word is not known"),
        (area(50.0, 30.0, until="2023-08-10T07:00:00+03:00"), "until: the entry ends before it starts"),
        (area(50.0, 30.0, probability=1.5), "threat.geojson:1:probability: this is no share"),
        (area(50.0, 30.0, kind="speed", factor=0), "threat.geojson:1:factor: the speed would be 0"),
        (area(50.0, 30.0, credibility=[1]), "threat.geojson:1:reliability: this is no grade"),
        (area(50.0, 300.0), "threat.geojson:1:geometry: the polygon is not in degrees"),
    ],
)
def test_polygons_that_cannot_be_used_are_named(folder: Path, feature: dict[str, Any], words: str) -> None:
    write_areas(folder, feature)
    assert words in problems(folder)
    with pytest.raises(InputError):
        read_scenario(folder)


def test_ids_are_given_once(folder: Path) -> None:
    write_areas(folder, area(50.0, 30.0), area(50.0, 30.1))
    assert "threat.geojson:2:id: the id is given before" in problems(folder)


@pytest.mark.parametrize("text", ["[]", "{", '{"type": "FeatureCollection", "features": [3]}'])
def test_files_without_features_are_named(folder: Path, text: str) -> None:
    (folder / "threat.geojson").write_text(text)
    assert "threat.geojson" in problems(folder)
