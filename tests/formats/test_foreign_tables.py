"""Tables, areas and rasters as people send them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from safepassage.errors import InputError
from safepassage.formats.area_file import parse_box, read_area
from safepassage.formats.fault_list import FaultList
from safepassage.formats.fleet_table import read_fleet_table
from safepassage.formats.raster import read_population
from safepassage.formats.settlement_table import SettlementRow, parse_number, read_settlement_table
from safepassage.formats.sites_table import read_sites_table
from safepassage.model.sites import SiteKind


def read(folder: Path, data: str | bytes, name: str = "people.csv") -> tuple[tuple[SettlementRow, ...], str]:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    faults = FaultList()
    rows = read_settlement_table(path, faults)
    return rows, "\n".join(map(str, faults.collected()))


def test_headers_below_a_title_in_ukrainian_with_semicolons(tmp_path: Path) -> None:
    rows, said = read(tmp_path, "Населення громади;;\n;;\nКод КАТОТТГ;Назва;Населення\nUA1;Мирне;1 234\n")
    assert (rows[0].code, rows[0].name, rows[0].population, rows[0].row) == ("UA1", "Мирне", 1234, 4)
    assert said == ""


def test_one_file_in_two_encodings(tmp_path: Path) -> None:
    data = "name,population\nКуп’янськ,5\n".encode() + "Ківшарівка,7\n".encode("cp1251")
    rows, said = read(tmp_path, data)
    assert [(row.name, row.population) for row in rows] == [("Куп’янськ", 5), ("Ківшарівка", 7)]
    assert "row 3" in said
    assert "CP1251" in said


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_marked_encodings(tmp_path: Path, encoding: str) -> None:
    rows, said = read(tmp_path, "name,population\nКуп’янськ,5\n".encode(encoding))
    assert rows[0].name == "Куп’янськ"
    assert said == ""


def test_fractions_are_rounded_to_the_same_total_and_told(tmp_path: Path) -> None:
    rows, said = read(tmp_path, "name,population\nA,10.4\nB,10.4\nC,10.2\nD,3\n")
    assert sum(row.population for row in rows) == 34
    assert [row.population for row in rows] == [11, 10, 10, 3]
    assert said.count("fraction") == 3


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("A,-5,,", "remove the minus sign"),
        ("A,many,,", "no number"),
        ("A,5,100,37", "no position in degrees"),
    ],
)
def test_numbers_that_cannot_be_stop_the_work(tmp_path: Path, row: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read(tmp_path, f"name,population,lat,lon\nB,1,,\n{row}\n")
    assert caught.value.faults[0].row == 3


def test_groups_that_do_not_fit_the_population(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the groups hold 12 people"):
        read(tmp_path, "name,population,children,older\nA,10,6,6\n")
    _rows, said = read(tmp_path, "name,population,adults,children,older,low_mobility\nA,10,5,1,1,1\n")
    assert "8 people only" in said


def test_unknown_numbers_are_unknown_not_nobody(tmp_path: Path) -> None:
    rows, _said = read(tmp_path, "name,population\nA,н/д\nB,\nC,0\n")
    assert [row.population for row in rows] == [-1, -1, 0]


def test_a_table_without_headers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no row of headers"):
        read(tmp_path, "1,2,3\n4,5,6\n")


def test_excel_with_merged_headers(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    rows = (
        ("Громада", None, None, None),
        ("name", "population", None, None),
        (None, "x", "children", "older"),
    )
    for row in (*rows, ("Мирне", 100, 20, 30), ("Тихе", 50.0, 5, 6)):
        sheet.append(row)
    sheet.merge_cells("A1:D1")
    sheet.merge_cells("A2:A3")
    sheet["B3"] = None
    sheet.merge_cells("B2:B3")
    path = tmp_path / "people.xlsx"
    book.save(path)
    faults = FaultList()
    found = read_settlement_table(path, faults)
    assert [(row.name, row.population, row.groups["children"]) for row in found] == [
        ("Мирне", 100, 20),
        ("Тихе", 50, 5),
    ]
    assert "merged" in str(faults.collected()[0])


def test_a_broken_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    path.write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(InputError, match="workbook cannot be read"):
        read_settlement_table(path, FaultList())


@given(st.integers(0, 10**9))
def test_numbers_are_read_as_people_write_them(number: int) -> None:
    grouped = f"{number:,}"
    for text in (
        str(number),
        grouped,
        grouped.replace(",", " "),
        grouped.replace(",", "\u00a0"),
        f"{number},0",
    ):
        assert parse_number(text) == number, text


@pytest.mark.parametrize(("text", "value"), [("1,5", 1.5), ("1,234", 1234), ("−3", -3), ("1e3", 1000)])
def test_decimals_and_signs(text: str, value: float) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize("text", ["", "inf", "nan", "1.2.3", "0x10", "1e999"])
def test_what_is_no_number(text: str) -> None:
    assert np.isnan(parse_number(text))


def test_sites_and_their_faults(tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    path.write_text("kind,name,lat,lon,beds\nreception,Camp,49,37,100\nхаб,Hub,49,37,\n", "utf-8")
    camp, hub = read_sites_table(path, FaultList())
    assert (camp.kind, camp.capacity, camp.safe) == (SiteKind.RECEPTION, 100, True)
    assert (hub.kind, hub.safe) == (SiteKind.HANDOVER_HUB, False)
    path.write_text(
        "kind,name,lat,lon,beds\nrecepcion,Camp,49,37,1\nexit,Way,,,1\nexit,Way,49,37,-1\n", "utf-8"
    )
    with pytest.raises(InputError) as caught:
        read_sites_table(path, FaultList())
    assert [fault.row for fault in caught.value.faults] == [2, 3, 4]
    assert "reception?" in str(caught.value)


def test_fleets_and_their_faults(tmp_path: Path) -> None:
    path = tmp_path / "fleet.csv"
    path.write_text("kind,count,seats\nbus,2,45\n", "utf-8")
    (bus,) = read_fleet_table(path, FaultList())
    assert (bus.count, bus.seats, bus.crew_hours) == (2, 45, 12)
    path.write_text("kind,count,seats\nbus,0,45\nbus,1,4.5\nvan,1,\n", "utf-8")
    with pytest.raises(InputError) as caught:
        read_fleet_table(path, FaultList())
    assert sorted({fault.row for fault in caught.value.faults}) == [2, 3, 4]


def polygon(*points: tuple[float, float]) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": [[list(point) for point in (*points, points[0])]]}


def test_areas_are_joined(tmp_path: Path) -> None:
    path = tmp_path / "area.geojson"
    features = [
        {"type": "Feature", "properties": {}, "geometry": polygon((37, 49), (38, 49), (38, 50), (37, 50))},
        {"type": "Feature", "properties": {}, "geometry": polygon((38, 49), (39, 49), (39, 50), (38, 50))},
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    assert read_area(path).bounds == (37, 49, 39, 50)
    assert parse_box("37,49,38,50").bounds == (37, 49, 38, 50)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (polygon((37, 49), (38, 50), (38, 49), (37, 50)), "crosses itself"),
        (polygon((398000, 5500000), (399000, 5500000), (399000, 5501000)), "not in degrees"),
        ({"type": "Polygon", "coordinates": [[[37, 49], [38]]]}, "broken|crosses|empty"),
        ({"type": "Point", "coordinates": [37, 49]}, "no polygon"),
        ([1, 2], "no polygon"),
        ("{", "cannot be read"),
    ],
)
def test_areas_that_cannot_be_used(tmp_path: Path, document: object, words: str) -> None:
    path = tmp_path / "area.geojson"
    path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    with pytest.raises(InputError, match=words):
        read_area(path)


def raster(
    folder: Path, values: np.ndarray, crs: str | None, transform: Affine, nodata: float | None
) -> Path:
    path = folder / "pop.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1, dtype="float32",
        crs=crs, transform=transform, nodata=nodata,
    ) as sink:  # fmt: skip
        sink.write(values.astype(np.float32), 1)
    return path


DEGREES = Affine(0.01, 0, 37.0, 0, -0.01, 50.0)


@pytest.mark.parametrize(
    ("crs", "transform"),
    [("EPSG:4326", DEGREES), ("ESRI:54009", Affine(500, 0, 2_600_000, 0, -500, 5_850_000))],
)
def test_rasters_in_any_projection(tmp_path: Path, crs: str, transform: Affine) -> None:
    values = np.full((100, 100), -200.0)
    values[10:20, 10:20] = 1.5
    path = raster(tmp_path, values, crs, transform, -200.0)
    cells = read_population(path, (20, 40, 45, 60), FaultList())
    assert cells.people.sum() == pytest.approx(150)
    assert cells.longitude_deg.min() > 30
    if crs == "EPSG:4326":
        assert cells.longitude_deg.min() == pytest.approx(37.105)
        assert cells.latitude_deg.max() == pytest.approx(49.895)
        part = read_population(path, (37.0999, 49.0, 37.1499, 50.0), FaultList())
        assert part.people.sum() == pytest.approx(75)


@pytest.mark.parametrize(
    ("crs", "fill", "nodata", "bounds", "words"),
    [
        (None, 1.0, None, (37, 49, 38, 50), "no projection"),
        ("EPSG:4326", 1.0, None, (10, 10, 11, 11), "does not touch"),
        ("EPSG:4326", -5.0, None, (37, 49, 38, 50), "fewer than nobody"),
    ],
)
def test_rasters_that_cannot_be_used(
    tmp_path: Path,
    crs: str | None,
    fill: float,
    nodata: float | None,
    bounds: tuple[float, float, float, float],
    words: str,
) -> None:
    path = raster(tmp_path, np.full((10, 10), fill), crs, DEGREES, nodata)
    with pytest.raises(InputError, match=words):
        read_population(path, bounds, FaultList())
    (tmp_path / "no.tif").write_text("?", "utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        read_population(tmp_path / "no.tif", bounds, FaultList())
