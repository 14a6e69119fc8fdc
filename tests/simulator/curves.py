"""Readings from a played result: passages, vehicles on a link, delays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from safepassage.model.network import RoadNetwork
from safepassage.simulator import Conditions, TrafficDemand, TrafficResult, play

Times = npt.NDArray[np.float64]


class Run:
    """A play with recorded entries, and the passages of its links."""

    def __init__(
        self,
        network: RoadNetwork,
        demand: TrafficDemand,
        *,
        seed: int = 0,
        conditions: Conditions | None = None,
    ) -> None:
        self.network = network
        self.demand = demand
        self.result: TrafficResult = play(
            network, demand, seed=seed, record_entries=True, conditions=conditions
        )

    def passages(self, link: int) -> tuple[Times, Times, npt.NDArray[np.int64]]:
        """Entry and exit times (inf where never) and leg of each vehicle that entered, in order of entry."""
        entries, exits, legs = [], [], []
        for leg in range(self.demand.n_legs):
            times = self.entry_times(leg)
            for k in np.flatnonzero(self.links_of(leg) == link):
                if np.isfinite(times[k]):
                    entries.append(times[k])
                    exits.append(times[k + 1])
                    legs.append(leg)
        order = np.lexsort((exits, entries))
        return np.array(entries)[order], np.array(exits)[order], np.array(legs, np.int64)[order]

    def links_of(self, leg: int) -> npt.NDArray[np.int32]:
        route = self.demand.leg_route[leg]
        return self.demand.route_link[self.demand.route_offset[route] : self.demand.route_offset[route + 1]]

    def entry_times(self, leg: int) -> Times:
        """Entry times of the leg's links and its arrival; inf where never."""
        offset = self.result.entry_offset
        times = np.append(self.result.entry_s[offset[leg] : offset[leg + 1]], self.result.leg_arrive_s[leg])
        return np.where(np.isnan(times), np.inf, times)

    def on_link(self, link: int, time_s: float) -> int:
        """Vehicles on a link at a time."""
        entries, exits, _ = self.passages(link)
        return int(np.sum((entries <= time_s) & (exits > time_s)))

    def exits_between(self, link: int, start_s: float, end_s: float) -> int:
        """Vehicles that left a link in a period."""
        _, exits, _ = self.passages(link)
        return int(np.sum((exits > start_s) & (exits <= end_s)))

    def delay_s(self, free_s: float) -> Times:
        """Time lost by each leg against a trip of `free_s`, waiting at the origin included."""
        return self.result.leg_arrive_s - self.demand.leg_not_before_s - free_s
