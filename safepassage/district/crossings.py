"""Which bridges, fords and ferries cross a river, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence

import shapely

from safepassage.model.network import LonLat


def crossing_names(
    courses: Sequence[Sequence[LonLat]],
    structures: Sequence[str],
    names: Sequence[str],
    rivers: Sequence[Sequence[LonLat]],
    river_names: Sequence[str],
) -> list[str]:
    """
    Names of the crossings of water among roads.

    Parameters
    ----------
    courses : sequence of sequence of (lon, lat)
        Roads.
    structures : sequence of str
        What each is: ``bridge``, ``ford``, ``ferry`` or something else.
    names : sequence of str
        Names of the roads.
    rivers : sequence of sequence of (lon, lat)
        Courses of rivers and canals.
    river_names : sequence of str
        Their names.

    Returns
    -------
    list of str
        Such as ``bridge: Oskil, Shevchenko street``; empty where a road crosses no river. Fords and
        ferries cross water whether a river is drawn there or not. A river drawn as a tunnel or culvert
        below the road is not told from one under a bridge, but only bridges are looked at.
    """
    result = ["" for _course in courses]
    candidates = [k for k, kind in enumerate(structures) if kind in ("bridge", "ford", "ferry")]
    if not candidates:
        return result
    lines = [shapely.LineString(courses[k]) for k in candidates]
    river = {k: "" for k, kind in enumerate(structures) if kind in ("ford", "ferry")}
    if rivers:
        tree = shapely.STRtree([shapely.LineString(course) for course in rivers])
        road, water = tree.query(lines, predicate="intersects")
        for place, number in sorted(zip(road.tolist(), water.tolist(), strict=True)):
            found = river_names[number]
            river[candidates[place]] = river.get(candidates[place]) or found
    for k, water_name in river.items():
        said = ", ".join(dict.fromkeys(part for part in (water_name, names[k]) if part))
        result[k] = f"{structures[k]}: {said}" if said else structures[k]
    return result
