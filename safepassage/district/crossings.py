"""Which bridges, fords and ferries cross a river, and what they are called."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from safepassage.model.network import LonLat

# Carriageways and pieces of one bridge lie closer together than this.
ONE_CROSSING_M = 300.0
_DEGREE_M = 111_200.0


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
        Such as ``bridge: Oskil, Shevchenko street``, numbered where several far apart would share a name;
        empty where a road crosses no river. Fords and
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
    _number_apart(result, courses)
    return result


def _number_apart(names: list[str], courses: Sequence[Sequence[LonLat]]) -> None:
    """Give crossings of one name that lie apart a number each, in the order of the roads; in place."""
    links: dict[str, list[int]] = defaultdict(list)
    for k, name in enumerate(names):
        if name:
            links[name].append(k)
    for name, members in links.items():
        squeeze = math.cos(math.radians(courses[members[0]][0][1]))
        lines = [shapely.LineString([(x * squeeze, y) for x, y in courses[k]]) for k in members]
        near = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=ONE_CROSSING_M / _DEGREE_M)
        graph = coo_array((np.ones(near.shape[1], np.int8), near), shape=(len(members),) * 2)
        _count, group = connected_components(graph, directed=False)
        order = list(dict.fromkeys(group.tolist()))
        for k, number in zip(members, group.tolist(), strict=True):
            if number != order[0]:
                names[k] = f"{name} ({order.index(number) + 1})"
