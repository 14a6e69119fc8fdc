"""Other ways for those who know of a closure before they leave."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import dijkstra

from safepassage.model.arrays import FloatArray
from safepassage.model.scenario import Scenario
from safepassage.rehearsal.parties import PlanParties
from safepassage.threat.barriers import turns
from safepassage.threat.closures import Closure, ClosureChance

Links = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """
    A stretch of time in which drivers know the same closures.

    Attributes
    ----------
    start_s, end_s : float
        When (s).
    shut : frozenset of int
        Links that they know to be shut.
    """

    start_s: float
    end_s: float
    shut: frozenset[int]


def known_closures(
    closures: Sequence[Closure], chances: Sequence[ClosureChance], notice_s: float
) -> tuple[Known, ...]:
    """
    What drivers know when.

    Parameters
    ----------
    closures : sequence of Closure
        Of one future; those that leave some capacity change nobody's way.
    chances : sequence of ClosureChance
        What they are about.
    notice_s : float
        Time until the start or the end of a closure is known (s).

    Returns
    -------
    tuple of Known
        Ascending, without the times in which nothing is shut.
    """
    whole = [item for item in closures if chances[item.chance].factor == 0]
    times = sorted({time_s + notice_s for item in whole for time_s in (item.start_s, item.end_s)})
    stretches = []
    for start_s, end_s in zip(times, [*times[1:], math.inf], strict=False):
        shut = frozenset(
            link
            for item in whole
            if item.start_s + notice_s <= start_s < item.end_s + notice_s
            for link in chances[item.chance].links
        )
        if shut:
            stretches.append(Known(start_s, end_s, shut))
    return tuple(stretches)


class Detours:
    """
    The fastest other ways on empty roads; remembered, one object a thread.

    Parameters
    ----------
    scenario : Scenario
        Roads and safe sites.
    parties : PlanParties
        Routes of the plan.
    """

    def __init__(self, scenario: Scenario, parties: PlanParties) -> None:
        network, demand = scenario.network, parties.traffic.demand
        self._network = network
        self._time_s: FloatArray = network.free_flow_time_s
        self._turns = turns(network).tocoo()
        index = {node: k for k, node in enumerate(network.node_id)}
        self._safe_nodes = np.zeros(network.n_nodes, np.bool_)
        self._safe_nodes[[index[site.node] for site in scenario.sites if site.safe and site.node]] = True
        offset = demand.route_offset
        self.routes: list[Links] = [
            tuple(demand.route_link[offset[k] : offset[k + 1]].tolist()) for k in range(demand.n_routes)
        ]
        self._found: dict[tuple[int, frozenset[int], bool], Links | None] = {}
        self._graphs: dict[frozenset[int], sp.csr_array] = {}

    def way(self, route: int, shut: frozenset[int], *, any_safe: bool) -> Links | None:
        """
        Another way for a route.

        Parameters
        ----------
        route : int
            Index of the route.
        shut : frozenset of int
            Links that must not be used.
        any_safe : bool
            Whether another safe place will do where the route's own end cannot be reached.

        Returns
        -------
        tuple of int or None
            Links; None where there is no other way.
        """
        key = (route, shut, any_safe)
        if key not in self._found:
            self._found[key] = self._search(self.routes[route], shut, any_safe=any_safe)
        return self._found[key]

    def _search(self, links: Links, shut: frozenset[int], *, any_safe: bool) -> Links | None:
        n = self._network.n_links
        origin, end = int(self._network.from_node[links[0]]), int(self._network.to_node[links[-1]])
        graph = self._graph(shut)
        closed = np.zeros(n, np.bool_)
        closed[list(shut)] = True
        closed |= self._network.capacity_pcu_per_h == 0
        first = np.flatnonzero((self._network.from_node == origin) & ~closed)
        if not len(first):
            return None
        distance, before = dijkstra(graph, indices=first, return_predecessors=True)
        total = distance + self._time_s[first][:, None]
        ends = np.flatnonzero((self._network.to_node == end) & np.isfinite(total).any(axis=0))
        if not len(ends) and any_safe:
            reached = np.isfinite(total).any(axis=0)
            ends = np.flatnonzero(self._safe_nodes[self._network.to_node] & reached)
        if not len(ends):
            return None
        start, place = divmod(int(np.argmin(total[:, ends])), len(ends))
        at = int(ends[place])
        before = before[start]
        chain = [at]
        while before[at] >= 0:
            at = int(before[at])
            chain.append(at)
        return tuple(reversed(chain))

    def _graph(self, shut: frozenset[int]) -> sp.csr_array:
        if shut not in self._graphs:
            n = self._network.n_links
            closed = np.zeros(n, np.bool_)
            closed[list(shut)] = True
            closed |= self._network.capacity_pcu_per_h == 0
            keep = ~closed[self._turns.row] & ~closed[self._turns.col]
            self._graphs[shut] = sp.csr_array(
                (self._turns.data[keep], (self._turns.row[keep], self._turns.col[keep])), shape=(n, n)
            )
        return self._graphs[shut]
