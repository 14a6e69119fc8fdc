"""The bound in time steps: the most traffic that can arrive within a number of steps, by maximum flow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ortools.graph.python import max_flow

from safepassage.errors import SafepassageError
from safepassage.model.arrays import FlagArray, FloatArray, IndexArray
from safepassage.planner.surge.bound_continuous import ParametricGraph, parametric_graph
from safepassage.planner.surge.bound_graph import FlowGraph
from safepassage.planner.surge.bound_windows import TimeGrid, WindowCells, ready_cells
from safepassage.planner.surge.kernel_bound import shortest_times

UnitArray = npt.NDArray[np.int64]

# A quotient that misses a whole number by no more than floating point does is that whole number.
RELATIVE_NOISE = 1e-12


def rounded_down(values: FloatArray) -> FloatArray:
    """
    Next lower whole number of each value, forgiving the noise of floating point.

    Parameters
    ----------
    values : float64[n]
        At least 0.

    Returns
    -------
    float64[n]
        Whole numbers.
    """
    lower: FloatArray = np.floor(values * (1 + RELATIVE_NOISE))
    return lower


def rounded_up(values: FloatArray) -> FloatArray:
    """
    Next higher whole number of each value, forgiving the noise of floating point.

    Parameters
    ----------
    values : float64[n]
        At least 0.

    Returns
    -------
    float64[n]
        Whole numbers.
    """
    upper: FloatArray = np.ceil(values * (1 - RELATIVE_NOISE))
    return upper


@dataclass(frozen=True, slots=True, eq=False)
class SteppedGraph:
    """
    A `FlowGraph` with whole time steps and whole flow units.

    Attributes
    ----------
    graph : FlowGraph
        Arcs and nodes.
    grid : TimeGrid
        The steps (cells).
    steps : int64[n_arcs]
        Travel time of each arc.
    units : float64[n_arcs]
        Whole units that may enter each arc in a cell; ``inf`` where unlimited.
    units_by_cell : dict of int to float64[n]
        For arcs whose capacity varies: whole units by cell; the last value goes on for ever.
    amount_units : int64[k]
        What starts at each origin.
    destination_units : float64[m]
        What each destination takes in; ``inf`` where unlimited.
    ready_s : float64[k]
        Earliest departures (s).
    """

    graph: FlowGraph
    grid: TimeGrid
    steps: UnitArray
    units: FloatArray
    units_by_cell: dict[int, FloatArray]
    amount_units: UnitArray
    destination_units: FloatArray
    ready_s: FloatArray

    @property
    def total_units(self) -> int:
        """Units of all origins."""
        return int(self.amount_units.sum())

    @property
    def waits_everywhere(self) -> bool:
        """
        Whether traffic may wait at every node and not at its origin only.

        With constant capacities waiting on the way brings nothing (Hoppe and Tardos 2000, The quickest
        transshipment problem); where a capacity varies it does, and a bound that forbids it is none.
        """
        return bool(self.units_by_cell)

    def parametric(self, part: WindowCells) -> ParametricGraph:
        """
        The graph for flows that repeat in time within one window.

        Parameters
        ----------
        part : WindowCells
            The window.

        Returns
        -------
        ParametricGraph
            Times in cells, rates in units a cell.
        """
        ready = ready_cells(self.ready_s, part, self.grid.step_s).astype(np.float64)
        return parametric_graph(self.graph, self.steps.astype(np.float64), self.units, ready)


@dataclass(frozen=True, slots=True, eq=False)
class CutSets:
    """
    Who is on the near side of a cut.

    Attributes
    ----------
    members : bool[k]
        Origins: they hold more than can leave.
    full : bool[m]
        Destinations: their capacity binds.
    """

    members: FlagArray
    full: FlagArray


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """
    Most that can arrive within a number of cells, and two smallest cuts (the same where there is one).

    Attributes
    ----------
    units : int
        The amount.
    nearest, farthest : CutSets
        Of the smallest cuts the one closest to the origins, and the one closest to the destinations.
    cut_arcs : int32[n]
        Arcs of the graph in the nearest cut.
    cut_runs : int
        Unbroken stretches of time in which arcs are in that cut, summed over the arcs.
    """

    units: int
    nearest: CutSets
    farthest: CutSets
    cut_arcs: IndexArray
    cut_runs: int


@dataclass(frozen=True, slots=True, eq=False)
class _Expansion:
    """Arcs of the time-expanded graph; `arc` and `cell` tell what the network's ones stand for."""

    tail: IndexArray
    head: IndexArray
    capacity: UnitArray
    arc: IndexArray
    cell: IndexArray
    origin: IndexArray
    destination: IndexArray
    source: int
    sink: int


def most_arrivals(stepped: SteppedGraph, n_cells: int) -> Arrivals:
    """
    Most traffic that can arrive within the first cells.

    Parameters
    ----------
    stepped : SteppedGraph
        Graph and demand.
    n_cells : int
        Number of cells, counting the one of the arrival.

    Returns
    -------
    Arrivals
        Amount and cut.
    """
    expansion = _expanded(stepped, n_cells)
    solver = max_flow.SimpleMaxFlow()
    solver.add_arcs_with_capacity(expansion.tail, expansion.head, expansion.capacity)
    status = solver.solve(expansion.source, expansion.sink)
    if status != solver.OPTIMAL:
        raise SafepassageError(
            f"the maximum flow over {len(expansion.tail)} arcs failed with status {status}"
        )
    near = np.zeros(expansion.sink + 1, np.bool_)
    near[solver.get_source_side_min_cut()] = True
    not_far = np.ones(expansion.sink + 1, np.bool_)
    not_far[solver.get_sink_side_min_cut()] = False
    crossing = (expansion.arc >= 0) & near[expansion.tail] & ~near[expansion.head]
    cut_arc, cut_cell = expansion.arc[crossing], expansion.cell[crossing]
    order = np.lexsort((cut_cell, cut_arc))
    cut_arc, cut_cell = cut_arc[order], cut_cell[order]
    starts = (np.diff(cut_arc, prepend=-1) != 0) | (np.diff(cut_cell, prepend=-2) != 1)
    return Arrivals(
        units=int(solver.optimal_flow()),
        nearest=CutSets(near[expansion.origin], near[expansion.destination]),
        farthest=CutSets(not_far[expansion.origin], not_far[expansion.destination]),
        cut_arcs=np.unique(cut_arc),
        cut_runs=int(starts.sum()),
    )


def _expanded(stepped: SteppedGraph, n_cells: int) -> _Expansion:
    graph = stepped.graph
    to_go = _steps_to_go(stepped)
    blocks: list[tuple[IndexArray, ...]] = []
    n_nodes = 0
    n_origins, n_destinations = len(graph.origin_node), len(graph.destination_node)
    for part in stepped.grid.parts(n_cells):
        n_nodes = _expand_part(stepped, part, to_go, n_nodes, blocks)
    origin = n_nodes + np.arange(n_origins, dtype=np.int32)
    destination = n_nodes + n_origins + np.arange(n_destinations, dtype=np.int32)
    source, sink = n_nodes + n_origins + n_destinations, n_nodes + n_origins + n_destinations + 1
    columns = [np.concatenate(column) for column in zip(*blocks, strict=True)]
    tail, head, arc, cell = columns
    # Outer nodes were numbered from -1 downward while the number of inner ones was not known.
    tail = np.where(tail < 0, n_nodes - 1 - tail, tail).astype(np.int32)
    head = np.where(head < 0, n_nodes - 1 - head, head).astype(np.int32)
    total = stepped.total_units
    capacity = _capacities(stepped, arc, cell, n_cells)
    outer_units = np.minimum(stepped.destination_units, total).astype(np.int64)
    none = np.full(n_origins + n_destinations, -1, np.int32)
    return _Expansion(
        tail=np.concatenate([tail, np.full(n_origins, source, np.int32), destination]),
        head=np.concatenate([head, origin, np.full(n_destinations, sink, np.int32)]),
        capacity=np.concatenate([capacity, stepped.amount_units, outer_units]),
        arc=np.concatenate([arc, none]),
        cell=np.concatenate([cell, none]),
        origin=origin,
        destination=destination,
        source=source,
        sink=sink,
    )


def _steps_to_go(stepped: SteppedGraph) -> UnitArray:
    """Least number of steps from each node to a destination."""
    graph = stepped.graph
    reverse = FlowGraph(
        graph.n_nodes, graph.head, graph.tail, graph.time_s, graph.rate_pcu_per_s, graph.link,
        graph.destination_node, graph.origin_node,
    )  # fmt: skip
    at_once = np.zeros(len(graph.destination_node))
    return _whole(parametric_graph(reverse, stepped.steps.astype(np.float64), stepped.units, at_once))


def _whole(parametric: ParametricGraph) -> UnitArray:
    cost = parametric.cost.copy()
    cost[1::2] = np.inf
    times = shortest_times(parametric.first, parametric.leaving, parametric.end, cost, parametric.source)[
        : parametric.source
    ]
    return np.minimum(times, np.iinfo(np.int32).max // 4).astype(np.int64)


def _expand_part(
    stepped: SteppedGraph,
    part: WindowCells,
    to_go: UnitArray,
    n_nodes: int,
    blocks: list[tuple[IndexArray, ...]],
) -> int:
    """Append the arcs of one window; returns the number of nodes so far."""
    graph = stepped.graph
    n = part.count
    earliest = _whole(stepped.parametric(part))
    lifetime = np.maximum(n - to_go - earliest, 0)
    outer = np.zeros(graph.n_nodes, np.bool_)
    outer[graph.origin_node] = outer[graph.destination_node] = True
    lifetime[outer] = 0
    # Node v in cell t of the window has the number base[v] + t.
    base = n_nodes + np.cumsum(lifetime) - lifetime - earliest
    outer_number = np.zeros(graph.n_nodes, np.int64)
    outer_number[graph.origin_node] = -1 - np.arange(len(graph.origin_node))
    outer_number[graph.destination_node] = (
        -1 - len(graph.origin_node) - np.arange(len(graph.destination_node))
    )
    ready = np.zeros(graph.n_nodes, np.int64)
    ready[graph.origin_node] = ready_cells(stepped.ready_s, part, stepped.grid.step_s)

    start = np.where(outer[graph.tail], np.maximum(ready[graph.tail], 0), earliest[graph.tail])
    stop = np.maximum(n - stepped.steps - to_go[graph.head], start)
    which = np.repeat(np.arange(len(graph.tail)), stop - start)
    cell = _ranges(start, stop)
    tail, head = graph.tail[which], graph.head[which]
    blocks.append((
        np.where(outer[tail], outer_number[tail], base[tail] + cell).astype(np.int32),
        np.where(outer[head], outer_number[head], base[head] + cell + stepped.steps[which]).astype(np.int32),
        which.astype(np.int32),
        (part.first + cell).astype(np.int32),
    ))  # fmt: skip
    if stepped.waits_everywhere:
        lasting = np.flatnonzero(lifetime > 1)
        node = np.repeat(lasting, lifetime[lasting] - 1)
        at = base[node] + _ranges(earliest[lasting], earliest[lasting] + lifetime[lasting] - 1)
        none = np.full(len(at), -1, np.int32)
        blocks.append((at.astype(np.int32), (at + 1).astype(np.int32), none, none))
    return n_nodes + int(lifetime.sum())


def _ranges(start: UnitArray, stop: UnitArray) -> UnitArray:
    """All whole numbers of each range, one range after another."""
    count = stop - start
    before = np.cumsum(count) - count
    numbers: UnitArray = np.arange(int(count.sum())) + np.repeat(start - before, count)
    return numbers


def _capacities(stepped: SteppedGraph, arc: IndexArray, cell: IndexArray, n_cells: int) -> UnitArray:
    """Units that may enter each arc of the expansion; waiting has no limit."""
    share = np.concatenate([part.open_share(stepped.grid.step_s) for part in stepped.grid.parts(n_cells)])
    limited = np.isfinite(stepped.units)
    plain = np.where(limited, stepped.units, 0.0)
    capacity = np.where(limited[arc] & (arc >= 0), plain[arc] * share[cell], np.inf)
    for varying, units in stepped.units_by_cell.items():
        place = np.flatnonzero(arc == varying)
        capacity[place] = units[np.minimum(cell[place], len(units) - 1)]
    rounded: UnitArray = np.minimum(rounded_up(capacity), stepped.total_units).astype(np.int64)
    return rounded
