"""Shadow evacuation: people whom the order does not cover leave too, and load the roads."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import dijkstra

from safepassage.model.arrays import FloatArray, IndexArray, OffsetArray
from safepassage.model.scenario import Scenario
from safepassage.rehearsal.assumptions import Assumptions
from safepassage.simulator.demand import TrafficDemand
from safepassage.threat.barriers import turns

Links = tuple[int, ...]


class ShadowTraffic:
    """
    Cars of people out of scope, on the fastest way to a safe place; read only.

    They are traffic and not counted as people of the plan; they do not turn for closures.

    Parameters
    ----------
    scenario : Scenario
        Where.
    demand : TrafficDemand
        Of the plan, whose routes come first.
    assumptions : Assumptions
        How many leave and when.
    """

    def __init__(self, scenario: Scenario, demand: TrafficDemand, assumptions: Assumptions) -> None:
        ways, cars = _ways_out(scenario) if assumptions.shadow_share > 0 else ([], [])
        self._route: IndexArray = (demand.n_routes + np.repeat(np.arange(len(ways)), cars)).astype(np.int32)
        self._share, self._delay_s = assumptions.shadow_share, assumptions.shadow_delay_s
        self._horizon_s = scenario.horizon_s
        self.n_cars = len(self._route)
        lengths = np.cumsum([len(way) for way in ways])
        self.first_own_route = demand.n_routes + len(ways)
        self.route_offset: OffsetArray = np.concatenate(
            [demand.route_offset, demand.route_offset[-1] + lengths]
        ).astype(np.int64)
        self.route_link: IndexArray = np.concatenate(
            [demand.route_link, np.array([link for way in ways for link in way], np.int32)]
        )

    def cars(self, draw: FloatArray, delay_draw: FloatArray) -> tuple[FloatArray, IndexArray]:
        """
        Cars that leave in a future.

        Parameters
        ----------
        draw, delay_draw : float64
            Of each car: uniform, exponential.

        Returns
        -------
        start_s : float64[n]
            When each leaves (s), none after the horizon.
        route : int32[n]
            Its route.
        """
        start_s = delay_draw[: self.n_cars] * self._delay_s
        leaves = (draw[: self.n_cars] < self._share) & (start_s < self._horizon_s)
        return start_s[leaves], self._route[leaves]


def shadow_cars(scenario: Scenario) -> int:
    """
    Cars of the people out of scope, whether they have a way or not.

    Parameters
    ----------
    scenario : Scenario
        Where.

    Returns
    -------
    int
        How many draws a future needs for them.
    """
    return sum(_cars_of(scenario))


def _cars_of(scenario: Scenario) -> list[int]:
    return [
        0 if place.in_scope else int(place.people.total * place.car_share / scenario.policy.persons_per_car)
        for place in scenario.settlements
    ]


def _ways_out(scenario: Scenario) -> tuple[list[Links], list[int]]:
    """For each settlement out of scope its fastest way out and its cars; none where there is no way."""
    network = scenario.network
    index = {node: k for k, node in enumerate(network.node_id)}
    safe = np.zeros(network.n_nodes, np.bool_)
    safe[[index[site.node] for site in scenario.sites if site.safe and site.node]] = True
    open_links = network.capacity_pcu_per_h > 0
    allowed = turns(network).tocoo()
    keep = open_links[allowed.row] & open_links[allowed.col]
    graph = sp.csr_array((allowed.data[keep], (allowed.row[keep], allowed.col[keep])), shape=allowed.shape)
    ends = np.flatnonzero(safe[network.to_node] & open_links)
    ways: list[Links] = []
    cars: list[int] = []
    for place, number in zip(scenario.settlements, _cars_of(scenario), strict=True):
        begins = np.flatnonzero((network.from_node == index.get(place.node, -1)) & open_links)
        way = _fastest(network.free_flow_time_s, graph, begins, ends) if number else ()
        if way:
            ways.append(way)
            cars.append(number)
    return ways, cars


def _fastest(time_s: FloatArray, graph: sp.csr_array, begins: np.ndarray, ends: np.ndarray) -> Links:
    if not len(begins) or not len(ends):
        return ()
    distance, before = dijkstra(graph, indices=begins, return_predecessors=True)
    total = distance[:, ends] + time_s[begins][:, None]
    if not np.isfinite(total).any():
        return ()
    start, place = divmod(int(np.argmin(total)), len(ends))
    at = int(ends[place])
    chain = [at]
    while before[start][at] >= 0:
        at = int(before[start][at])
        chain.append(at)
    return tuple(reversed(chain))
