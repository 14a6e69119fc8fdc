"""Travel times of vehicles between the places they call at; the one door through which delays come in."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from safepassage.model.arrays import OffsetArray
from safepassage.planner.surge.paths import Paths

UNREACHABLE_S = 10**9
_NOT_YET = -1
# Delays change slowly; a callable is asked once for each such stretch of time.
_SLOWDOWN_STEP_S = 1800

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

    Attributes
    ----------
    nodes : tuple of int
        Network node of each place.
    slice_s : int
        Travel times are the same for all departures within so much time (s).
    """

    def __init__(self, paths: Paths, nodes: Sequence[int], slowdown: Slowdown | None = None) -> None:
        self._paths = paths
        self.nodes = tuple(nodes)
        self._slowdown = slowdown
        self.slice_s = _SLOWDOWN_STEP_S
        self._free = [[_NOT_YET] * len(nodes) for _ in nodes]
        self._slowed: dict[tuple[int, int, int], int] = {}

    def free_time_s(self, origin: int, destination: int) -> int:
        """Free-flow time between two places (s), rounded up; `UNREACHABLE_S` without a way."""
        time_s = self._free[origin][destination]
        if time_s == _NOT_YET:
            exact_s = self._paths.time_s(self.nodes[origin], self.nodes[destination])
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
        way = self._paths.links(self.nodes[origin], self.nodes[destination])
        return tuple(self._paths.network.link_id[link] for link in way)

    def table(self, horizon_s: float) -> OffsetArray:
        """
        All travel times at once.

        Parameters
        ----------
        horizon_s : float
            Until when times may change (s).

        Returns
        -------
        int64[n_slices, n_places, n_places]
            Seconds, from row to column; one slice where times do not depend on the time of day.
        """
        steady = self._slowdown is None or isinstance(self._slowdown, Mapping)
        n_slices = 1 if steady else math.ceil(horizon_s / self.slice_s)
        places = range(len(self.nodes))
        return np.array(
            [
                [[self.time_s(a, b, k * self.slice_s) for b in places] for a in places]
                for k in range(max(1, n_slices))
            ],
            np.int64,
        ).reshape(-1, len(places), len(places))

    def _factor(self, origin: int, destination: int, step: int) -> float:
        ends = (self.nodes[origin], self.nodes[destination])
        if isinstance(self._slowdown, Mapping):
            return self._slowdown.get(ends, 1.0)
        return self._slowdown(*ends, step * _SLOWDOWN_STEP_S) if self._slowdown else 1.0
