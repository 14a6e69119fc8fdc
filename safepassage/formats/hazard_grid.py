"""Arrival grids of flood and wildfire (GeoTIFF, ASC): when water or fire reaches places and roads."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.crs import CRS
from rasterio.errors import CRSError, NotGeoreferencedWarning, RasterioError
from rasterio.warp import transform as warp_points
from rasterio.windows import Window

from safepassage.errors import Fault, InputError
from safepassage.i18n import _
from safepassage.model.network import LonLat
from safepassage.units import SECONDS_PER_DAY

Floats = npt.NDArray[np.float64]

GRID_ENDINGS = (".tif", ".tiff", ".asc")
SECONDS_OF_UNIT = {"min": 60.0, "h": 3600.0}
_DRIVERS = {".tif": "GTiff", ".tiff": "GTiff", ".asc": "AAIGrid"}
_WGS84 = "EPSG:4326"
_MOST_CELLS = 40_000_000
_MOST_SAMPLES = 20_000_000
# A time beyond this is a value for no data that nobody named, or a wrong unit.
_LATEST_S = 366 * SECONDS_PER_DAY


@dataclass(frozen=True, slots=True)
class GridReading:
    """
    How a grid is to be understood.

    Attributes
    ----------
    unit : str
        ``min`` or ``h``.
    crs : str
        Projection of a grid that names none itself; empty where it must.
    no_data : float
        Value of cells that nothing reaches; NaN where the file states it.
    """

    unit: str
    crs: str = ""
    no_data: float = math.nan


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """
    When water or fire arrives, after the grid's time zero.

    Attributes
    ----------
    points_s : float64[n_points]
        At each point; ``inf`` where it never does.
    lines_s : float64[n_lines]
        At the first place along each line.
    points_outside : tuple of int
        Points beyond the edge of the grid.
    lines_outside : tuple of int
        Lines of which a part lies beyond the edge of the grid.
    """

    points_s: Floats
    lines_s: Floats
    points_outside: tuple[int, ...]
    lines_outside: tuple[int, ...]


def read_arrivals(
    path: Path, reading: GridReading, points: Sequence[LonLat], lines: Sequence[Sequence[LonLat]]
) -> Arrivals:
    """
    Read when places and roads are reached.

    Parameters
    ----------
    path : Path
        GeoTIFF or ASC; its first band holds times.
    reading : GridReading
        Unit, and what the file does not say itself.
    points : sequence of (lon, lat)
        Places (WGS84).
    lines : sequence of sequence of (lon, lat)
        Courses of roads (WGS84); looked at every half cell.

    Returns
    -------
    Arrivals
        The value of the cell in which a place lies; nothing is interpolated.

    Raises
    ------
    InputError
        If the grid cannot be read, its projection or value for no data is not known, it does not touch
        the district, or it holds times that cannot be.
    """
    try:
        with warnings.catch_warnings():
            # Told below, as a fault with a remedy.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            # Other formats than these may name files and addresses of their own.
            with rasterio.open(path, driver=_DRIVERS[path.suffix.lower()]) as source:
                return _arrivals(path, source, reading, points, lines)
    except (RasterioError, OSError) as error:
        problem = _("the grid cannot be read ({reason})").format(reason=error)
        raise _bad(path, problem, _("give a GeoTIFF or ASC grid of arrival times")) from error


def _arrivals(
    path: Path,
    source: rasterio.DatasetReader,
    reading: GridReading,
    points: Sequence[LonLat],
    lines: Sequence[Sequence[LonLat]],
) -> Arrivals:
    crs = _projection(path, source, reading)
    n_points = len(points)
    vertices = np.array([*points, *(place for line in lines for place in line)], np.float64).reshape(-1, 2)
    x, y = warp_points(CRS.from_string(_WGS84), crs, vertices[:, 0].tolist(), vertices[:, 1].tolist())
    # Columns and rows of the grid, with fractions; a place that the projection cannot show is outside.
    back = ~source.transform
    east, north = np.array(x), np.array(y)
    cells = np.column_stack(
        [back.a * east + back.b * north + back.c, back.d * east + back.e * north + back.f]
    )
    owner, samples = _along(path, cells[n_points:], [len(line) for line in lines])
    inside_point = _inside(cells[:n_points], source)
    inside = _inside(samples, source)
    if not inside_point.any() and not inside.any():
        problem = _("the grid does not touch the district ({crs})").format(crs=crs)
        raise _bad(path, problem, _("check its projection, or give the grid of this district"))
    everywhere = np.vstack([cells[:n_points], samples])
    found = np.full(len(everywhere), math.inf)
    seen = np.concatenate([inside_point, inside])
    found[seen] = _values(path, source, reading, np.floor(everywhere[seen]).astype(np.int64))
    lines_s = np.full(len(lines), math.inf)
    np.minimum.at(lines_s, owner, found[n_points:])
    return Arrivals(
        found[:n_points],
        lines_s,
        tuple(np.flatnonzero(~inside_point).tolist()),
        tuple(np.unique(owner[~inside]).tolist()),
    )


def _projection(path: Path, source: rasterio.DatasetReader, reading: GridReading) -> CRS:
    try:
        stated = CRS.from_user_input(reading.crs) if reading.crs else None
    except CRSError as error:
        problem = _("the projection {crs} is not known").format(crs=reading.crs)
        raise _bad(path, problem, _("write it as EPSG:32637")) from error
    if source.crs is None and stated is None:
        remedy = _('state it as crs = "EPSG:..." in [hazard], or give a .prj file beside an ASC grid')
        raise _bad(path, _("the grid names no projection"), remedy)
    if source.crs is not None and stated is not None and source.crs != stated:
        problem = _("the grid has the projection {own}, [hazard] states {stated}").format(
            own=source.crs, stated=stated
        )
        raise _bad(path, problem, _("remove crs from [hazard], or correct it"))
    return source.crs or stated


def _along(path: Path, cells: Floats, counts: Sequence[int]) -> tuple[npt.NDArray[np.int64], Floats]:
    """Places at most half a cell apart along lines, with the line that each belongs to."""
    line = np.repeat(np.arange(len(counts)), counts)
    if not len(line):
        return line, cells
    first = np.flatnonzero(line[1:] == line[:-1])
    step = cells[first + 1] - cells[first]
    size = np.abs(step).max(axis=1, initial=0.0)
    pieces = np.ceil(2 * np.where(np.isfinite(size), size, 0.0)).astype(np.int64) + 1
    if pieces.sum() > _MOST_SAMPLES:
        problem = _("the roads cross {count} cells of the grid").format(count=int(pieces.sum()) // 2)
        raise _bad(path, problem, _("give a coarser grid"))
    segment = np.repeat(np.arange(len(first)), pieces)
    nth = np.arange(len(segment)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    share = nth / pieces[segment]
    samples = cells[first[segment]] + share[:, None] * step[segment]
    return np.concatenate([line[first[segment]], line]), np.vstack([samples, cells])


def _inside(cells: Floats, source: rasterio.DatasetReader) -> npt.NDArray[np.bool_]:
    column, row = cells[:, 0], cells[:, 1]
    within: npt.NDArray[np.bool_] = (
        (column >= 0) & (column < source.width) & (row >= 0) & (row < source.height)
    )
    return within


def _values(
    path: Path, source: rasterio.DatasetReader, reading: GridReading, cells: npt.NDArray[np.int64]
) -> Floats:
    """Arrival at cells that lie inside (s)."""
    left, top = cells.min(axis=0).tolist()
    right, bottom = (cells.max(axis=0) + 1).tolist()
    if (right - left) * (bottom - top) > _MOST_CELLS:
        problem = _("the district holds {count} cells of the grid").format(
            count=(right - left) * (bottom - top)
        )
        raise _bad(path, problem, _("give a coarser grid"))
    band = source.read(1, window=Window(left, top, right - left, bottom - top)).astype(np.float64)
    no_data = reading.no_data
    if math.isnan(no_data) and source.nodata is not None:
        no_data = float(np.dtype(source.dtypes[0]).type(source.nodata))
    if math.isnan(no_data) and source.nodata is None and not np.isnan(band).any():
        remedy = _("state it in the file, or as no_data in [hazard]")
        raise _bad(path, _("the grid states no value for cells that nothing reaches"), remedy)
    band[(band == no_data) | np.isnan(band)] = math.inf
    time_s = band * SECONDS_OF_UNIT[reading.unit]
    _check_times(path, band, time_s)
    found: Floats = time_s[cells[:, 1] - top, cells[:, 0] - left]
    return found


def _check_times(path: Path, band: Floats, time_s: Floats) -> None:
    negative = int((band < 0).sum())
    if negative:
        problem = _("{count} cells hold negative times, such as {value}").format(
            count=negative, value=f"{band.min():g}"
        )
        raise _bad(path, problem, _("state the value for no data, or count from an earlier moment"))
    late = np.isfinite(band) & (time_s > _LATEST_S)
    if late.any():
        problem = _("{count} cells hold times beyond a year, such as {value}").format(
            count=int(late.sum()), value=f"{band[late].max():g}"
        )
        raise _bad(path, problem, _("state the value for no data, or correct the unit"))


def _bad(path: Path, problem: str, remedy: str) -> InputError:
    return InputError([Fault(path.name, 0, "", "", problem, remedy)])
