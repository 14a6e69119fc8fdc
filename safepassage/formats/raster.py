"""Population rasters (GeoTIFF: WorldPop, GHSL): cells with people, as points."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.warp import transform as warp_points
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from safepassage.errors import Fault, InputError
from safepassage.formats.fault_list import FaultList
from safepassage.i18n import _

Bounds = tuple[float, float, float, float]
Floats = npt.NDArray[np.float64]

_MOST_CELLS = 40_000_000
MOST_PEOPLE_A_CELL = 5_000_000


@dataclass(frozen=True, slots=True, eq=False)
class PeoplePoints:
    """
    Cells of a raster in which people live.

    Attributes
    ----------
    longitude_deg, latitude_deg : float64[n]
        Middles of the cells, WGS84.
    people : float64[n]
        Persons, positive, with fractions.
    crs : str
        Projection of the raster.
    """

    longitude_deg: Floats
    latitude_deg: Floats
    people: Floats
    crs: str


def read_population(path: Path, bounds: Bounds, faults: FaultList) -> PeoplePoints:
    """
    Read the people of a box.

    Parameters
    ----------
    path : Path
        GeoTIFF in any projection; its first band counts persons a cell.
    bounds : tuple of float
        West, south, east, north (degrees).
    faults : FaultList
        Receives warnings.

    Returns
    -------
    PeoplePoints
        Cells without data hold nobody.

    Raises
    ------
    InputError
        If the raster cannot be read, has no projection, does not touch the box, or counts fewer than
        nobody.
    """
    try:
        with warnings.catch_warnings():
            # Told below, as a fault with a remedy.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            # Other formats than this one may name files and addresses of their own.
            with rasterio.open(path, driver="GTiff") as source:
                return _read(path, source, bounds, faults)
    except (RasterioError, OSError) as error:
        problem = _("the raster cannot be read ({reason})").format(reason=error)
        raise _bad(path, problem, _("give a GeoTIFF with persons a cell")) from error


def _read(path: Path, source: rasterio.DatasetReader, bounds: Bounds, faults: FaultList) -> PeoplePoints:
    if source.crs is None:
        raise _bad(path, _("the raster names no projection"), _("give one that says where it lies"))
    if source.count > 1:
        problem = _("the raster has {count} bands; the first is read").format(count=source.count)
        faults.warning(path.name, 0, "", "", problem, _("check that it counts all persons"))
    wanted = transform_bounds("EPSG:4326", source.crs, *bounds, densify_pts=21)
    have = source.bounds
    box = (
        max(wanted[0], have.left), max(wanted[1], have.bottom),
        min(wanted[2], have.right), min(wanted[3], have.top),
    )  # fmt: skip
    if box[0] >= box[2] or box[1] >= box[3]:
        problem, remedy = _("the raster does not touch the area"), _("give the raster of this country")
        raise _bad(path, problem, remedy)
    grid = source.transform
    if grid.b or grid.d:
        raise _bad(path, _("the raster is turned"), _("give one whose rows run from west to east"))
    columns = sorted(((box[0] - grid.c) / grid.a, (box[2] - grid.c) / grid.a))
    rows = sorted(((box[1] - grid.f) / grid.e, (box[3] - grid.f) / grid.e))
    left, top = max(0, math.floor(columns[0])), max(0, math.floor(rows[0]))
    right, bottom = min(source.width, math.ceil(columns[1])), min(source.height, math.ceil(rows[1]))
    window = Window(left, top, right - left, bottom - top)
    if window.width * window.height > _MOST_CELLS:
        problem = _("the area holds {count} cells of the raster").format(
            count=int(window.width * window.height)
        )
        raise _bad(path, problem, _("give a coarser raster or a smaller area"))
    values = source.read(1, window=window, masked=True)
    people = np.ma.filled(values.astype(np.float64), 0.0)
    strange = int((~np.isfinite(people)).sum())
    if strange:
        problem = _("{count} cells hold no number; nobody is counted there").format(count=strange)
        faults.warning(path.name, 0, "", "", problem, _("state the raster's value for no data"))
    people = np.where(np.isfinite(people), people, 0.0)
    if people.max(initial=0.0) > MOST_PEOPLE_A_CELL:
        problem = _("a cell of the raster holds {value} people").format(value=f"{people.max():g}")
        raise _bad(path, problem, _("give a raster that counts persons a cell"))
    if (people < 0).any():
        problem = _("the raster has cells with fewer than nobody ({value})").format(value=people.min())
        raise _bad(path, problem, _("state its value for no data, or give another raster"))
    row, column = np.nonzero(people)
    x = grid.a * (column + left + 0.5) + grid.c
    y = grid.e * (row + top + 0.5) + grid.f
    longitude, latitude = warp_points(source.crs, "EPSG:4326", x.tolist(), y.tolist())
    return PeoplePoints(np.array(longitude), np.array(latitude), people[row, column], str(source.crs))


def _bad(path: Path, problem: str, remedy: str) -> InputError:
    return InputError([Fault(path.name, 0, "", "", problem, remedy)])
