"""Travel times of vehicles between the places they call at; the one door through which delays come in."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from safepassage.planner.surge.paths import Paths

UNREACHABLE_S = 10**9
_NOT_YET = -1
# Delays change slowly; a quarter of an hour keeps a callable from being asked for every second.
_SLOWDOWN_STEP_S = 900

Slowdown = Mapping[tuple[int, int], float] | Callable[[int, int, int], float]
"""
Travel time as a multiple of free flow: by (origin node, destination node), or a function of those and
of the departure (s since the scenario's start).
"""


class TravelTimes:
    """
    Whole-second travel times between numbered places.

    Parameters
    ----------
    paths : Paths
        Shortest ways, without the roads that are banned.
    nodes : sequence of int
        Network node of each place.
    slowdown : Slowdown, optional
        How much slower than free flow traffic is, as measured by playing a plan; 1 where not given.
    """

    def __init__(self, paths: Paths, nodes: Sequence[int], slowdown: Slowdown | None = None) -> None:
        self._paths = paths
        self._nodes = tuple(nodes)
        self._slowdown = slowdown
        self._free = [[_NOT_YET] * len(nodes) for _ in nodes]
        self._slowed: dict[tuple[int, int, int], int] = {}

    @property
    def nodes(self) -> tuple[int, ...]:
        """Network node of each place."""
        return self._nodes

    def free_time_s(self, origin: int, destination: int) -> int:
        """Free-flow time between two places (s), rounded up; `UNREACHABLE_S` without a way."""
        time_s = self._free[origin][destination]
        if time_s == _NOT_YET:
            exact_s = self._paths.time_s(self._nodes[origin], self._nodes[destination])
            time_s = math.ceil(exact_s) if math.isfinite(exact_s) else UNREACHABLE_S
            self._free[origin][destination] = time_s
        return time_s

    def time_s(self, origin: int, destination: int, depart_s: int) -> int:
        """
        Travel time between two places at a time of day.

        Parameters
        ----------
        origin, destination : int
            Place numbers.
        depart_s : int
            Departure (s since the scenario's start).

        Returns
        -------
        int
            Seconds, rounded up; `UNREACHABLE_S` where there is no way.
        """
        free_s = self.free_time_s(origin, destination)
        if self._slowdown is None or free_s in {0, UNREACHABLE_S}:
            return free_s
        step = 0 if isinstance(self._slowdown, Mapping) else depart_s // _SLOWDOWN_STEP_S
        key = (origin, destination, step)
        if key not in self._slowed:
            self._slowed[key] = math.ceil(free_s * self._factor(origin, destination, step))
        return self._slowed[key]

    def links(self, origin: int, destination: int) -> tuple[str, ...]:
        """Ids of the links of the way between two places, in driving order."""
        way = self._paths.links(self._nodes[origin], self._nodes[destination])
        return tuple(self._paths.network.link_id[link] for link in way)

    def _factor(self, origin: int, destination: int, step: int) -> float:
        ends = (self._nodes[origin], self._nodes[destination])
        if isinstance(self._slowdown, Mapping):
            return self._slowdown.get(ends, 1.0)
        return self._slowdown(*ends, step * _SLOWDOWN_STEP_S) if self._slowdown else 1.0
