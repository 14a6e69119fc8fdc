"""What people hand in: each file is refused with words that help, or read with a warning; nobody is lost."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import rasterio
import shapely
from affine import Affine

from safepassage.errors import InputError
from safepassage.workflows.prepare import PrepareInputs, PrepareOptions, PrepareResult, prepare_scenario

Fill = Callable[[Any, Any], None]


def prepared(tmp_path: Path, **inputs: Any) -> PrepareResult:
    result = prepare_scenario(PrepareInputs(**inputs), tmp_path / "out", PrepareOptions())
    report = result.report
    assert report.people_in == report.people_placed + report.people_not_placed
    assert report.people_placed == sum(place.people.total for place in result.scenario.settlements)
    return result


def told(result: PrepareResult) -> str:
    return " | ".join(map(str, result.report.warnings))


def table(folder: Path, text: str | bytes) -> Path:
    path = folder / "people.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def workbook(folder: Path, fill: Fill) -> Path:
    book = openpyxl.Workbook()
    fill(book.active, book)
    path = folder / "people.xlsx"
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("text", "people", "lost", "words"),
    [
        ("\ufeffНаселений пункт;Населення\nЗахід;2 400,4\nСхідне;10\n", 2410, 0, "fraction"),
        ("name,population\nЗахід,2.400\nСхідне,300\n", 2700, 0, "between thousands: 2400"),
        ("name,population\nЗахід,2.400\nСхідне,300.5\n", 303, 0, "fraction"),
        ("name,population\nЗахід,2400\nСхідне,300\nРазом,2700\n", 2700, 0, "sums the others"),
        ("name,population\nЗахід,2400\nзахід,5\n", 2400, 5, ""),
        ("name,children\nЗахід,50\n", 50, 0, "only some groups"),
        ("name,population\nЗахід,0\n", 0, 0, "nobody is in the scenario"),
        ("name,population,lat,lon\nX,5,37.61,49.71\nЗахід,1,,\n", 6, 0, "have changed places"),
        ("name,population,lat,lon\nX,5,12,12\nЗахід,1,,\n", 6, 0, "far from the map"),
        ('name,population\nСхідне,1\n"Захід,2400\nY,300\n', 1, 0, "several lines"),
    ],
)
def test_tables_that_are_read_with_a_warning(
    town_file: Path, tmp_path: Path, text: str, people: int, lost: int, words: str
) -> None:
    result = prepared(tmp_path, osm=town_file, settlements=table(tmp_path, text))
    assert (result.report.people_placed, result.report.people_not_placed) == (people, lost)
    assert words in told(result)


def test_one_row_in_another_encoding(town_file: Path, tmp_path: Path) -> None:
    data = "Назва,Населення\n".encode() + "Захід,2400\n".encode("cp1251") + "Східне,300\n".encode()
    result = prepared(tmp_path, osm=town_file, settlements=table(tmp_path, data))
    assert result.report.people_placed == 2700
    assert "row 2: the row is not UTF-8" in told(result)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,population\nЗахід,-5\n", "row 2, population is '-5'"),
        ("name,population\nЗахід,1e300\n", "so many people"),
        ("name,population\nЗахід,99999999999\n", "so many people"),
        ("name,population\nНемає,5\nНіде,7\n", "Немає.*no place of this name"),
        ("name,population,lat,lon\nX,5,1e9,5\n", "no position in degrees"),
        ("", "no row of headers"),
        ("name,population\n", "no rows"),
        (b"name,population\n\x00,3\n", "no text"),
    ],
)
def test_tables_that_are_refused(town_file: Path, tmp_path: Path, text: str | bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        prepared(tmp_path, osm=town_file, settlements=table(tmp_path, text))
    assert not (tmp_path / "out").exists()


def merged_headers(sheet: Any, _book: Any) -> None:
    """A title, and headers of two rows merged across and down."""
    sheet["A1"] = "Список населених пунктів"
    sheet["A2"], sheet["B2"], sheet["C2"] = "Громада", "Населений пункт", "Населення"
    sheet["C3"], sheet["D3"] = "всього", "діти"
    for area in ("A1:D1", "C2:D2", "A2:A3", "B2:B3"):
        sheet.merge_cells(area)
    sheet.append(["Одна", "Захід", 2400, 300])
    sheet.append(["Одна", "Східне", 300, 20])


def one_number_for_two(sheet: Any, _book: Any) -> None:
    for row in (["Назва", "Населення"], ["Захід", 2400], ["Східне", None]):
        sheet.append(row)
    sheet.merge_cells("B2:B3")


def second_sheet(sheet: Any, book: Any) -> None:
    sheet["A1"] = "Read me"
    data = book.create_sheet("Data")
    for row in (["Назва", "Населення"], ["Захід", 2400]):
        data.append(row)


@pytest.mark.parametrize(
    ("fill", "people", "words"),
    [
        (merged_headers, 2700, "merged cells"),
        (one_number_for_two, 2400, "one number stands for several rows"),
        (second_sheet, 2400, "only Data is read"),
    ],
)
def test_workbooks_that_are_read_with_a_warning(
    town_file: Path, tmp_path: Path, fill: Fill, people: int, words: str
) -> None:
    result = prepared(tmp_path, osm=town_file, settlements=workbook(tmp_path, fill))
    assert result.report.people_placed == people
    assert words in told(result)


def test_a_formula_that_nobody_computed_is_refused(town_file: Path, tmp_path: Path) -> None:
    def fill(sheet: Any, _book: Any) -> None:
        for row in (["Назва", "Населення"], ["Захід", "=1200*2"]):
            sheet.append(row)

    with pytest.raises(InputError, match=r"row 2, B is '=1200\*2'.*no value"):
        prepared(tmp_path, osm=town_file, settlements=workbook(tmp_path, fill))


@pytest.mark.parametrize("attack", ["entities", "bomb"])
def test_hostile_workbooks_are_refused(town_file: Path, tmp_path: Path, attack: str) -> None:
    good = workbook(tmp_path, lambda sheet, _book: sheet.append(["Назва", "Населення"]))
    declared = b'<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    bad = io.BytesIO()
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            data = source.read(item)
            if item.filename == "xl/worksheets/sheet1.xml" and attack == "entities":
                data = declared + data.replace(b"<v>0</v>", b"<v>&b;</v>")
            target.writestr(item.filename, data)
        if attack == "bomb":
            with target.open("xl/media/big.bin", "w", force_zip64=True) as stream:
                for _block in range(70):
                    stream.write(bytes(1 << 24))
    path = tmp_path / "bad.xlsx"
    path.write_bytes(bad.getvalue())
    with pytest.raises(InputError, match=r"cannot be read|unpacks to"):
        prepared(tmp_path, osm=town_file, settlements=path)


def raster(folder: Path, values: np.ndarray, *, left: float = 37.58, nodata: float | None = -1) -> Path:
    path = folder / "pop.tif"
    height, width = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=1, dtype="float32", crs="EPSG:4326",
        transform=Affine(0.001, 0, left, 0, -0.001, 49.75), nodata=nodata,
    ) as sink:  # fmt: skip
        sink.write(values.astype(np.float32), 1)
    return path


def test_rasters_with_strange_cells(town_file: Path, tmp_path: Path) -> None:
    values = np.full((100, 120), 0.5)
    values[30:40] = np.inf
    names = table(tmp_path, "name\nЗахід\nСхідне\n")
    result = prepared(tmp_path, osm=town_file, settlements=names, population=raster(tmp_path, values))
    assert "cells hold no number" in told(result)
    assert result.report.people_in > 1000
    with pytest.raises(InputError, match="a cell of the raster holds 1e\\+30 people"):
        prepared(tmp_path, osm=town_file, population=raster(tmp_path, np.full((100, 120), 1e30)))


def test_other_files_are_no_rasters(town_file: Path, tmp_path: Path) -> None:
    secret = raster(tmp_path, np.ones((100, 120)))
    virtual = tmp_path / "v.tif"
    virtual.write_text(
        '<VRTDataset rasterXSize="120" rasterYSize="100"><SRS>EPSG:4326</SRS>'
        '<VRTRasterBand dataType="Float32" band="1">'
        f"<SimpleSource><SourceFilename>{secret}</SourceFilename></SimpleSource>"
        "</VRTRasterBand></VRTDataset>",
        "utf-8",
    )
    with pytest.raises(InputError, match="cannot be read"):
        prepared(tmp_path, osm=town_file, population=virtual)


def test_a_packed_bomb_is_no_extract(tmp_path: Path) -> None:
    path = tmp_path / "bomb.osm.gz"
    with gzip.open(path, "wb") as stream:
        stream.write(b'<osm version="0.6">')
        for _block in range(80):
            stream.write(b" " * (1 << 20))
    with pytest.raises(InputError, match="far more than it holds"):
        prepared(tmp_path, osm=path)


def test_entities_are_no_extract(tmp_path: Path) -> None:
    path = tmp_path / "bomb.osm"
    path.write_text(
        '<!DOCTYPE osm [<!ENTITY a "aa">]><osm version="0.6"><node id="1" lat="1" lon="1"/></osm>', "utf-8"
    )
    with pytest.raises(InputError, match="entities"):
        prepared(tmp_path, osm=path)


@pytest.mark.parametrize(
    ("box", "words"), [("170,-20,-170,10", "180th meridian"), ("nan,1,2,3", "no box"), ("3,1,2,3", "no box")]
)
def test_boxes_that_cannot_be(town_file: Path, tmp_path: Path, box: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        prepared(tmp_path, osm=town_file, box=box)


def test_metres_are_measured_where_the_roads_are(town_file: Path, tmp_path: Path) -> None:
    assert prepared(tmp_path, osm=town_file, box="-180,-90,180,90").report.projection == "EPSG:32637"


def test_ground_that_is_occupied_all_over_names_its_people(town_file: Path, tmp_path: Path) -> None:
    occupied = tmp_path / "all.geojson"
    occupied.write_text(shapely.to_geojson(shapely.box(30, 40, 45, 55)), "utf-8")
    assert json.loads(occupied.read_text("utf-8"))["type"] == "Polygon"
    with pytest.raises(InputError, match="occupied or forbidden"):
        prepared(tmp_path, osm=town_file, occupied=occupied)
