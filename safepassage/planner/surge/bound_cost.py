"""
The least cost of an evacuation by car: a bound on mean arrival and on harm, from one minimum cost flow.

Cars move through cells of time. A node's clock runs ahead by the free-flow time from it to the nearest
destination, so a car on its quickest way stays in its cell whatever the length of the cells: nothing is lost
to rounding but what a detour or a wait adds within one cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from ortools.graph.python import min_cost_flow

from safepassage.model.arrays import FlagArray, FloatArray, IndexArray, OffsetArray
from safepassage.planner.surge.bound_graph import NO_LINK, FlowGraph
from safepassage.planner.surge.kernel_bound import shortest_times

_NOISE = 1e-9
_LARGEST_COST = 2**31


@dataclass(frozen=True, slots=True)
class CarClass:
    """
    Cars of one origin with equally many people.

    Attributes
    ----------
    origin : int
        Position in the graph's origins.
    cars : int
        How many.
    people : float
        In each.
    """

    origin: int
    cars: int
    people: float


@dataclass(frozen=True, slots=True, eq=False)
class CostRates:
    """
    What cars and their people pay.

    Attributes
    ----------
    at_home : callable of (int, float64[n]) to float64[n]
        Cost of one person of an origin who leaves home at given times (s).
    on_link_per_s : float64[n_links]
        Cost of one person in a car, by network link.
    late_per_s : float
        Cost of one person for each second after the free-flow arrival.
    standing_room : float64[n_links]
        Cars that can stand on each link.
    """

    at_home: Callable[[int, FloatArray], FloatArray]
    on_link_per_s: FloatArray
    late_per_s: float
    standing_room: FloatArray


def least_cost(
    graph: FlowGraph,
    classes: Sequence[CarClass],
    rates: CostRates,
    *,
    step_s: float,
    until_s: float,
    windows: Sequence[tuple[float, float]],
    destination_cars: FloatArray,
) -> float:
    """
    Bound the cost of every plan from below.

    Parameters
    ----------
    graph : FlowGraph
        Roads in seconds.
    classes : sequence of CarClass
        Who leaves.
    rates : CostRates
        Costs; they must not fall with time.
    step_s : float
        Length of a cell (s).
    until_s : float
        Later costs are not counted (s).
    windows : sequence of (start_s, end_s)
        When cars may be on the road.
    destination_cars : float64[m]
        Cars each destination takes.

    Returns
    -------
    float
        Sum over persons. Infinite where the destinations cannot hold the cars.

    Notes
    -----
    Valid because it only relaxes: a car that is at a node at time t is put into the cell of t plus the
    way still to go; delays are rounded down to cells; a link lets its capacity and one car more into a
    cell; whoever waits stands at the end of a link, where there is room for so many, and pays its rate; a
    cost counts from the start of its cell; all cars pay for detours as those with the fewest people. What
    every car must pay on the cheapest way is taken out first and counted for all its people.
    """
    return _CostGraph(graph, rates, step_s, until_s, windows).solve(classes, destination_cars)


class _CostGraph:
    """Arcs of the graph in cells, and the solver's problem."""

    def __init__(
        self,
        graph: FlowGraph,
        rates: CostRates,
        step_s: float,
        until_s: float,
        windows: Sequence[tuple[float, float]],
    ) -> None:
        self.graph, self.rates, self.step_s = graph, rates, step_s
        self.n_cells = int(np.ceil(until_s / step_s)) + 1
        self.sink = graph.n_nodes * self.n_cells
        self.windows = windows
        self.to_go_s = _to_destination(graph, graph.time_s)
        link = np.where(graph.link == NO_LINK, 0, graph.link)
        rate = np.where(graph.link == NO_LINK, 0.0, rates.on_link_per_s[link])
        self.road = rate * graph.time_s
        self.road_to_go = _to_destination(graph, self.road)
        usable = np.isfinite(self.to_go_s[graph.head]) & np.isfinite(self.to_go_s[graph.tail])
        self.arcs = np.flatnonzero(usable & (graph.rate_pcu_per_s > 0))
        waiting = np.full(graph.n_nodes, np.inf)
        stands = graph.link != NO_LINK
        np.minimum.at(waiting, graph.head[stands], rate[stands])
        self.wait_per_s = waiting
        room = np.zeros(graph.n_nodes)
        np.add.at(room, graph.head[stands], rates.standing_room[graph.link[stands]])
        self.standing = np.ceil(room + _NOISE).astype(np.int64)
        self.tails: list[OffsetArray] = []
        self.heads: list[OffsetArray] = []
        self.room: list[OffsetArray] = []
        self.costs: list[FloatArray] = []

    def solve(self, classes: Sequence[CarClass], destination_cars: FloatArray) -> float:
        """Build, solve, and add what every car pays."""
        total = sum(group.cars for group in classes)
        fewest = min(group.people for group in classes)
        self._drive_and_wait(fewest, total)
        self._arrive(destination_cars, total)
        first = self.sink + 1 + len(destination_cars)
        paid = self._leave(classes, first)
        solver = min_cost_flow.SimpleMinCostFlow()
        cost = np.concatenate(self.costs)
        scale = _LARGEST_COST / max(float(cost.max(initial=0.0)), 1e-300)
        solver.add_arcs_with_capacity_and_unit_cost(
            np.concatenate(self.tails),
            np.concatenate(self.heads),
            np.concatenate(self.room),
            np.floor(cost * scale).astype(np.int64),
        )
        for number, group in enumerate(classes):
            solver.set_node_supply(first + number, group.cars)
        solver.set_node_supply(self.sink, -total)
        if solver.solve() != solver.OPTIMAL:
            return np.inf
        return float(solver.optimal_cost()) / scale + paid

    def _add(self, tail: OffsetArray, head: OffsetArray, room: OffsetArray, cost: FloatArray) -> None:
        self.tails.append(tail)
        self.heads.append(head)
        self.room.append(room)
        self.costs.append(cost)

    def _at(self, node: IndexArray | OffsetArray, cell: OffsetArray) -> OffsetArray:
        at: OffsetArray = np.asarray(node, np.int64) * self.n_cells + cell
        return at

    def _drive_and_wait(self, fewest: float, total: int) -> None:
        graph, step_s = self.graph, self.step_s
        cell = np.arange(self.n_cells, dtype=np.int64)
        delay_s = graph.time_s + self.to_go_s[graph.head] - self.to_go_s[graph.tail]
        steps = np.floor(np.maximum(delay_s, 0.0) / step_s * (1 + _NOISE)).astype(np.int64)
        detour = self.road + self.road_to_go[graph.head] - self.road_to_go[graph.tail]
        most = np.minimum(graph.rate_pcu_per_s * step_s * (1 + _NOISE) + 1, total).astype(np.int64)
        for arc in self.arcs.tolist():
            tail, head = int(graph.tail[arc]), int(graph.head[arc])
            start = cell[self._open(tail) & (cell + steps[arc] < self.n_cells)]
            late = self.rates.late_per_s * step_s * float(steps[arc])
            paid = fewest * (max(float(detour[arc]), 0.0) + late)
            self._add(
                self._at(np.full(start.size, tail), start),
                self._at(np.full(start.size, head), start + steps[arc]),
                np.full(start.size, most[arc]),
                np.full(start.size, paid),
            )
        standing = np.flatnonzero(np.isfinite(self.wait_per_s) & np.isfinite(self.to_go_s))
        for node in standing.tolist():
            paid = fewest * step_s * (float(self.wait_per_s[node]) + self.rates.late_per_s)
            here = self._at(np.full(self.n_cells - 1, node), cell[:-1])
            room = np.full(here.size, min(int(self.standing[node]), total))
            self._add(here, here + 1, room, np.full(here.size, paid))

    def _open(self, node: int) -> FlagArray:
        """Cells in which some car may be on the road at a node."""
        start_s = np.arange(self.n_cells) * self.step_s - self.to_go_s[node]
        may = np.zeros(self.n_cells, np.bool_)
        for open_s, close_s in self.windows:
            may |= (start_s + self.step_s > open_s) & (start_s < close_s)
        return may

    def _arrive(self, destination_cars: FloatArray, total: int) -> None:
        """Into the destinations, and for those still on the way at the end for nothing."""
        cell = np.arange(self.n_cells, dtype=np.int64)
        for number, (node, most) in enumerate(
            zip(self.graph.destination_node.tolist(), destination_cars.tolist(), strict=True)
        ):
            # One node gathers a destination's arrivals of all cells, so that its room counts once.
            gate = np.array([self.sink + 1 + number])
            here = self._at(np.full(cell.size, node), cell)
            self._add(here, np.repeat(gate, cell.size), np.full(cell.size, total), np.zeros(cell.size))
            room = np.array([int(min(most + 1.0, total))])
            self._add(gate, np.array([self.sink]), room, np.zeros(1))
        for node in np.flatnonzero(np.isfinite(self.to_go_s)).tolist():
            here = self._at(np.array([node]), cell[-1:])
            self._add(here, np.array([self.sink]), np.array([total]), np.zeros(1))

    def _leave(self, classes: Sequence[CarClass], first: int) -> float:
        """From home in each cell; what all must pay is taken out and returned."""
        paid = 0.0
        cell = np.arange(self.n_cells, dtype=np.int64)
        for number, group in enumerate(classes):
            node = int(self.graph.origin_node[group.origin])
            leave_s = np.maximum(cell * self.step_s - self.to_go_s[node], 0.0)
            arrive_s = np.maximum(cell * self.step_s, self.to_go_s[node])
            cost = self.rates.at_home(group.origin, leave_s) + self.rates.late_per_s * arrive_s
            # A car of the first cell may leave at any time in it, and none leaves before the start.
            useful = cell >= int(self.to_go_s[node] / self.step_s * (1 + _NOISE))
            each = float(cost.min(initial=0.0) + self.road_to_go[node])
            paid += group.people * group.cars * each
            start = cell[useful]
            self._add(
                np.full(start.size, first + number),
                self._at(np.full(start.size, node), start),
                np.full(start.size, group.cars),
                group.people * (cost[useful] - cost.min(initial=0.0)),
            )
        return paid


def _to_destination(graph: FlowGraph, cost: FloatArray) -> FloatArray:
    """Least cost from every node to its nearest destination."""
    n, ends = graph.n_nodes, graph.destination_node
    tails = np.concatenate([graph.head, np.full(len(ends), n, np.int32)])
    heads = np.concatenate([graph.tail, ends]).astype(np.int32)
    costs = np.concatenate([cost, np.zeros(len(ends))])
    leaving = np.argsort(tails, kind="stable").astype(np.int32)
    first = np.searchsorted(tails[leaving], np.arange(n + 2)).astype(np.int64)
    least: FloatArray = shortest_times(first, leaving, heads, costs, n)[:n]
    return least
