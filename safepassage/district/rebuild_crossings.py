"""Crossings of rivers that a scenario tells of, found among the bridges of a map."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely

from safepassage.district.projection import Projection
from safepassage.i18n import _
from safepassage.model.network import LonLat, RoadNetwork

REACH_M = 3000.0

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class CarriedOver:
    """
    A map's roads with a scenario's crossings.

    Attributes
    ----------
    network : RoadNetwork
        Bridges that the scenario tells of have its names, capacities and speeds, and the first link of
        each direction its id; other crossings of the same river are closed.
    missing : int64[n]
        Links of the old network that cross where the map has no crossing.
    said : tuple of (problem, remedy)
        What was closed and what is missing, in words.
    """

    network: RoadNetwork
    missing: Int64s
    said: tuple[tuple[str, str], ...]


def carry_over(
    old: RoadNetwork,
    new: RoadNetwork,
    rivers: tuple[Sequence[Sequence[LonLat]], Sequence[str]],
    projection: Projection,
) -> CarriedOver:
    """
    Find a scenario's crossings on a map.

    Parameters
    ----------
    old : RoadNetwork
        With the crossings that are known to stand.
    new : RoadNetwork
        With those of the map.
    rivers : (sequence of courses, sequence of str)
        Rivers of the map and their names.
    projection : Projection
        Degrees to metres.

    Returns
    -------
    CarriedOver
        A map may show bridges that no longer stand: what the scenario does not tell of stays closed until
        a person opens it.
    """
    search = _Search(old, new, projection)
    taken: dict[int, int] = {}
    missing: list[int] = []
    said: list[tuple[str, str]] = []
    for name, links in search.old_crossings.items():
        found = search.match(links)
        if found:
            taken.update(found)
        else:
            missing += links
            problem = _("the map has no crossing near {name}; the drawn one is kept").format(name=name)
            said.append((problem, _("check whether it stands and where it leads")))
    watched = search.rivers_of(rivers)
    closed = [k for k, name in enumerate(new.crossing) if k not in taken and _river(name) in watched and name]
    for name in sorted({new.crossing[k] for k in closed}):
        problem = _("{name} is closed: the scenario does not tell of it").format(name=name)
        said.append((problem, _("set its capacity in link.csv if it stands")))
    return CarriedOver(_changed(old, new, taken, closed), np.array(missing, np.int64), tuple(said))


class _Search:
    def __init__(self, old: RoadNetwork, new: RoadNetwork, projection: Projection) -> None:
        self._old = old
        self._new = new
        self._projection = projection
        self.old_crossings: dict[str, list[int]] = defaultdict(list)
        for k, name in enumerate(old.crossing):
            if name:
                self.old_crossings[name].append(k)
        self._on_map: dict[str, list[int]] = defaultdict(list)
        for k, name in enumerate(new.crossing):
            if name:
                self._on_map[name].append(k)

    def match(self, links: Sequence[int]) -> dict[int, int]:
        """For each link of the nearest crossing of the map the old link of its direction."""
        place = shapely.union_all([self._line(self._old, k) for k in links])
        away = {
            name: min(float(self._line(self._new, k).distance(place)) for k in crossing)
            for name, crossing in self._on_map.items()
        }
        best = min(away, key=lambda name: (away[name], name), default=None)
        if best is None or away[best] > REACH_M:
            return {}
        return {k: max(links, key=lambda link: (self._agreement(k, link), -link)) for k in self._on_map[best]}

    def rivers_of(self, rivers: tuple[Sequence[Sequence[LonLat]], Sequence[str]]) -> frozenset[str]:
        """Names of the rivers that the old crossings lead over, as far as the map names them."""
        courses, names = rivers
        named = [k for k, name in enumerate(names) if name]
        if not named or not self.old_crossings:
            return frozenset()
        lines = [self._metres(courses[k]) for k in named]
        found = set()
        for links in self.old_crossings.values():
            place = shapely.union_all([self._line(self._old, k) for k in links])
            away = shapely.distance(lines, place)
            nearest = int(np.argmin(away))
            if float(away[nearest]) <= REACH_M:
                found.add(names[named[nearest]])
        return frozenset(found)

    def _agreement(self, new_link: int, old_link: int) -> float:
        """Cosine between the directions of two links."""
        ahead, behind = self._heading(self._new, new_link), self._heading(self._old, old_link)
        size = float(np.hypot(*ahead) * np.hypot(*behind))
        return float(ahead @ behind) / size if size else 0.0

    def _heading(self, network: RoadNetwork, link: int) -> Floats:
        course = shapely.get_coordinates(self._line(network, link))
        heading: Floats = course[-1] - course[0]
        return heading

    def _line(self, network: RoadNetwork, link: int) -> shapely.LineString:
        return self._metres(network.link_course(link))

    def _metres(self, course: Sequence[LonLat]) -> shapely.LineString:
        return shapely.LineString(self._projection.to_metres([p[0] for p in course], [p[1] for p in course]))


def _river(crossing: str) -> str:
    """The river in names such as ``bridge: Oskil, Shevchenko street``."""
    return re.sub(r" \(\d+\)$", "", crossing.partition(": ")[2].partition(",")[0])


def _changed(old: RoadNetwork, new: RoadNetwork, taken: dict[int, int], closed: Sequence[int]) -> RoadNetwork:
    if not taken and not closed:
        return new
    ids, crossing = list(new.link_id), list(new.crossing)
    capacity, speed = new.capacity_pcu_per_h.copy(), new.free_speed_m_per_s.copy()
    given: set[int] = set()
    for link, model in sorted(taken.items()):
        if model not in given and old.link_id[model] not in new.link_id:
            ids[link] = old.link_id[model]
            given.add(model)
        crossing[link] = old.crossing[model]
        capacity[link] = old.capacity_pcu_per_h[model]
        speed[link] = old.free_speed_m_per_s[model]
    capacity[list(closed)] = 0.0
    return replace(
        new,
        link_id=tuple(ids),
        crossing=tuple(crossing),
        capacity_pcu_per_h=capacity,
        free_speed_m_per_s=speed,
    )
