"""Finds the boundary of a named district in an OpenStreetMap extract."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

import osmium
import shapely

from safepassage.errors import Fault, InputError
from safepassage.i18n import _

_NAME_KEYS = ("name", "name:uk", "name:en", "official_name", "alt_name", "name:ru", "int_name")
_LOCAL_KEYS = ("name", "name:uk")
_AREA_KEYS = ("boundary", "place")


def read_boundary(
    path: Path, name: str, fold: Callable[[str], str], loosely: Callable[[str], str]
) -> shapely.Geometry:
    """
    The boundary of a place by its name.

    Parameters
    ----------
    path : Path
        The extract.
    name : str
        Name of a district, community or town, in any language the map has.
    fold, loosely : callable
        Make names comparable; the second is tried where the first finds nothing, and must find one place.

    Returns
    -------
    Geometry
        Polygon (degrees); of several places so named, the largest.

    Raises
    ------
    InputError
        If no closed boundary of that name is in the extract.
    """
    wanted, meant = fold(name), loosely(name)
    found: list[shapely.Geometry] = []
    alike: list[shapely.Geometry] = []
    names: dict[str, str] = {}
    factory = osmium.geom.WKBFactory()
    try:
        wanted_keys = osmium.filter.KeyFilter(*_AREA_KEYS)
        for item in osmium.FileProcessor(path).with_areas(wanted_keys).with_filter(wanted_keys):
            if not isinstance(item, osmium.osm.Area):
                continue
            spoken = [value for key in _NAME_KEYS if (value := item.tags.get(key))]
            names.update((fold(word), word) for word in spoken)
            exact = wanted in map(fold, spoken)
            # Not in English, where the raion and its town have one name but for the word for the kind.
            local = [value for key in _LOCAL_KEYS if (value := item.tags.get(key))]
            if exact or meant in map(loosely, local):
                polygon = shapely.from_wkb(bytes.fromhex(factory.create_multipolygon(item)))
                (found if exact else alike).append(polygon)
    except (RuntimeError, OSError, ValueError) as error:
        problem = _("the extract cannot be read ({reason})").format(reason=error)
        remedy = _("give a whole .osm.pbf file; if this one was cut short, download it again")
        raise InputError([Fault(path.name, 0, "", "", problem, remedy)]) from error
    if not found and len(alike) == 1:
        return alike[0]
    if not found:
        near = [names[key] for key in difflib.get_close_matches(wanted, sorted(names), 3, 0.6)]
        problem = _("no closed boundary of this name is in the extract")
        remedy = _("give --area with a polygon, or --bbox")
        if near:
            remedy = _("did you mean {names}?").format(names=", ".join(near))
        raise InputError([Fault(path.name, 0, "--place", name, problem, remedy)])
    return max(found, key=lambda polygon: float(polygon.area))
