"""Areas as polygons: GeoJSON files and boxes."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import shape
from shapely.validation import explain_validity

from safepassage.errors import Fault, InputError
from safepassage.formats.fault_list import FaultList
from safepassage.i18n import _

_LARGEST_BYTES = 200_000_000
_POLYGONS = ("Polygon", "MultiPolygon")


def read_area(path: Path) -> shapely.Geometry:
    """
    Read the polygons of a GeoJSON file as one area.

    Parameters
    ----------
    path : Path
        A geometry, a feature or a collection of features, in WGS84 degrees.

    Returns
    -------
    Geometry
        Their union.

    Raises
    ------
    InputError
        For polygons that cross themselves, positions outside WGS84 and files without polygons.
    """
    faults = FaultList([path.name])
    polygons = []
    for number, geometry in enumerate(_geometries(read_json(path)), start=1):
        polygon = polygon_of(path.name, number, geometry, faults)
        if polygon is not None:
            polygons.append(polygon)
    if not polygons and not faults.has_errors:
        faults.error(path.name, 0, "", "", _("the file holds no polygon"), _("draw the area as a polygon"))
    if faults.has_errors:
        raise InputError(faults.collected())
    return shapely.union_all(polygons)


def parse_box(text: str) -> shapely.Geometry:
    """
    Read ``W,S,E,N``.

    Parameters
    ----------
    text : str
        Four numbers in degrees.

    Returns
    -------
    Geometry
        A rectangle.

    Raises
    ------
    InputError
        If the text is not of that form or the box is empty.
    """
    problem = _("this is no box")
    try:
        west, south, east, north = (float(part) for part in text.split(","))
        fine = -180 <= west < east <= 180 and -90 <= south < north <= 90
    except ValueError:
        fine = False
    if not fine and text.count(",") == 3 and _crosses_date_line(text):
        problem = _("the box crosses the 180th meridian")
        raise InputError([Fault("--bbox", 0, "", text, problem, _("prepare its two sides one by one"))])
    if not fine:
        remedy = _("write west,south,east,north in degrees, as 37.1,49.4,38.2,50.2")
        raise InputError([Fault("--bbox", 0, "", text, problem, remedy)])
    return shapely.box(west, south, east, north)


def _crosses_date_line(text: str) -> bool:
    try:
        west, _south, east, _north = map(float, text.split(","))
    except ValueError:
        return False
    return 0 < west <= 180 and -180 <= east < 0


def read_json(path: Path) -> Any:  # noqa: ANN401 - JSON of any shape
    """
    Read a GeoJSON file whatever it holds.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Any
        As JSON says.

    Raises
    ------
    InputError
        If it is too large or no JSON.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise _unreadable(path, _("larger than {limit} MB").format(limit=_LARGEST_BYTES // 1_000_000))
        return json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(path, str(error)) from error


def _unreadable(path: Path, reason: str) -> InputError:
    problem = _("the area cannot be read ({reason})").format(reason=reason)
    return InputError([Fault(path.name, 0, "", "", problem, _("give a GeoJSON file with polygons"))])


def _geometries(document: Any) -> list[Any]:  # noqa: ANN401 - JSON of any shape
    if not isinstance(document, dict):
        return []
    if document.get("type") == "FeatureCollection":
        features = document.get("features")
        return (
            [found for item in features for found in _geometries(item)] if isinstance(features, list) else []
        )
    if document.get("type") == "Feature":
        return _geometries(document.get("geometry"))
    if document.get("type") == "GeometryCollection":
        return [found for item in document.get("geometries", []) for found in _geometries(item)]
    return [document]


def polygon_of(file: str, number: int, geometry: Any, faults: FaultList) -> shapely.Geometry | None:  # noqa: ANN401
    """
    Check a GeoJSON geometry that should be a polygon.

    Parameters
    ----------
    file : str
        Where it stands.
    number : int
        Its place in the file, from 1.
    geometry : dict
        As JSON says.
    faults : FaultList
        Receives what is wrong with it; a shape that is no polygon is only warned of.

    Returns
    -------
    Geometry or None
        A valid polygon in degrees.
    """
    kind = geometry.get("type")
    if kind not in _POLYGONS:
        faults.warning(
            file, number, "", str(kind), _("the shape is no polygon; it was left out"), _("draw a polygon")
        )
        return None
    try:
        polygon = shape(geometry)
        bounds = polygon.bounds
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        shapely.errors.ShapelyError,
    ) as error:
        problem = _("the polygon is broken ({reason})").format(reason=error)
        faults.error(file, number, "geometry", "", problem, _("draw it anew"))
        return None
    if polygon.is_empty or not all(map(math.isfinite, bounds)):
        faults.error(file, number, "geometry", "", _("the polygon is empty"), _("draw it anew"))
    elif not (bounds[0] >= -180 and bounds[1] >= -90 and bounds[2] <= 180 and bounds[3] <= 90):
        problem = _("the polygon is not in degrees")
        faults.error(file, number, "geometry", "", problem, _("export it in WGS84 (EPSG:4326)"))
    elif not polygon.is_valid:
        # A repaired polygon may leave out what was meant to be in: a person must look.
        problem = _("the polygon crosses itself ({where})").format(where=explain_validity(polygon))
        faults.error(file, number, "geometry", "", problem, _("repair it in a map editor"))
    else:
        return shapely.force_2d(polygon)
    return None
