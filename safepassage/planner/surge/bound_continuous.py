"""The bound in continuous time: how long a set of origins needs at least, with real travel times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from safepassage.model.arrays import FlagArray, FloatArray, IndexArray, OffsetArray
from safepassage.planner.surge.bound_graph import FlowGraph
from safepassage.planner.surge.bound_windows import Windows
from safepassage.planner.surge.kernel_bound import quickest_flow, shortest_times

# Cuts are evaluated in floating point: an arc that is in a cut for less time than this is taken to lie on
# its edge, and the same time is deducted from the bound.
EDGE_S = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class ParametricGraph:
    """
    A `FlowGraph` with a source before its origins and a sink behind its destinations, in residual form.

    Attributes
    ----------
    first, leaving, end : ndarray
        Residual arcs by tail, as `kernel_bound` describes.
    cost : float64[2 a]
        Travel times, negative backward.
    rate : float64[a]
        Rates of the graph's arcs, then of those from the source (one an origin), then of those to
        the sink (one a destination).
    n_graph_arcs : int
        Arcs of the graph itself.
    n_origins : int
        Origins of the graph.
    source, sink : int
        The added nodes.
    """

    first: OffsetArray
    leaving: IndexArray
    end: IndexArray
    cost: FloatArray
    rate: FloatArray
    n_graph_arcs: int
    n_origins: int
    source: int
    sink: int


def parametric_graph(
    graph: FlowGraph, time: FloatArray, rate: FloatArray, ready: FloatArray
) -> ParametricGraph:
    """
    Add the source and the sink, and list the residual arcs by node.

    Parameters
    ----------
    graph : FlowGraph
        Arcs and nodes.
    time : float64[n_arcs]
        Travel time to use, in any unit.
    rate : float64[n_arcs]
        Rate to use, an amount in that unit of time.
    ready : float64[k]
        Earliest departure of each origin in that unit.

    Returns
    -------
    ParametricGraph
        A copy; the graph is not changed.
    """
    n_origins, n_destinations = len(graph.origin_node), len(graph.destination_node)
    source, sink = graph.n_nodes, graph.n_nodes + 1
    tail = np.concatenate(
        [graph.tail, np.full(n_origins, source), graph.destination_node], dtype=np.int32, casting="same_kind"
    )
    head = np.concatenate(
        [graph.head, graph.origin_node, np.full(n_destinations, sink)], dtype=np.int32, casting="same_kind"
    )
    forward = np.concatenate([time, ready, np.zeros(n_destinations)])
    end = np.empty(2 * len(tail), np.int32)
    end[0::2], end[1::2] = head, tail
    cost = np.empty(2 * len(tail))
    cost[0::2], cost[1::2] = forward, -forward
    starts = end.reshape(-1, 2)[:, ::-1].ravel()
    leaving = np.argsort(starts, kind="stable").astype(np.int32)
    first = np.searchsorted(starts[leaving], np.arange(sink + 2)).astype(np.int64)
    rates = np.concatenate([rate, np.full(n_origins + n_destinations, np.inf)])
    return ParametricGraph(first, leaving, end, cost, rates, len(graph.tail), n_origins, source, sink)


@dataclass(frozen=True, slots=True, eq=False)
class FlowCut:
    """
    What a set of origins can bring over within a time, and the cut that proves it.

    Attributes
    ----------
    time : float
        The time.
    amount : float
        Most that can arrive within it.
    rate : float
        Rate of arrival at that time.
    length : float64[n_graph_arcs]
        For how long each arc of the graph counts in the cut; 0 where it does not.
    """

    time: float
    amount: float
    rate: float
    length: FloatArray


def flow_cut(
    parametric: ParametricGraph,
    members: FlagArray,
    free_destination: FlagArray,
    *,
    need: float = np.inf,
    horizon: float = np.inf,
    stop_below: float = -np.inf,
) -> FlowCut:
    """
    Least time in which a set of origins can bring an amount over, or most within a horizon.

    Parameters
    ----------
    parametric : ParametricGraph
        The graph.
    members : bool[k]
        Origins that send.
    free_destination : bool[m]
        Destinations that take in.
    need : float
        Amount to bring over.
    horizon : float
        Longest time of interest.
    stop_below : float
        Times at or below this one need not be exact.

    Returns
    -------
    FlowCut
        At the lesser of the least time and the horizon.
    """
    room = np.zeros(2 * len(parametric.rate))
    room[0::2] = parametric.rate
    outer = room[2 * parametric.n_graph_arcs :: 2]
    outer[: parametric.n_origins][~members] = 0.0
    outer[parametric.n_origins :][~free_destination] = 0.0
    label = np.empty(parametric.sink + 1)
    time, amount, rate = quickest_flow(
        parametric.first, parametric.leaving, parametric.end, parametric.cost, room,
        parametric.source, parametric.sink, need, horizon, stop_below, label,
    )  # fmt: skip
    forward = slice(0, 2 * parametric.n_graph_arcs, 2)
    backward = slice(1, 2 * parametric.n_graph_arcs, 2)
    if np.isinf(time):
        return FlowCut(time, amount, rate, np.zeros(parametric.n_graph_arcs))
    length = label[parametric.end[forward]] - label[parametric.end[backward]] - parametric.cost[forward]
    return FlowCut(time, amount, rate, np.maximum(length, 0.0))


def cut_amount(parametric: ParametricGraph, cut: FlowCut, largest_vehicle: float) -> float:
    """
    Most traffic in whole vehicles that can pass a cut.

    Parameters
    ----------
    parametric : ParametricGraph
        The graph of the cut.
    cut : FlowCut
        From `flow_cut`.
    largest_vehicle : float
        Size of the largest vehicle, in the unit of the amounts.

    Returns
    -------
    float
        Valid whatever potentials the cut was made from.

    Notes
    -----
    An arc of rate q that counts for a time L lets ``q L`` of a fluid pass. Whole vehicles that keep
    the headway ``size / q`` behind each vehicle can pass that much *before* the last one, so at most
    ``q L`` plus one vehicle.
    """
    counted = cut.length > EDGE_S
    lengths = cut.length[counted]
    return float(np.dot(parametric.rate[: parametric.n_graph_arcs][counted], lengths)) + (
        largest_vehicle * int(counted.sum())
    )


def least_time(
    parametric: ParametricGraph,
    members: FlagArray,
    free_destination: FlagArray,
    need: float,
    *,
    horizon: float = np.inf,
    largest_vehicle: float = 1.0,
    stop_below: float = -np.inf,
) -> FlowCut | None:
    """
    A time before which whole vehicles cannot have brought an amount over, with the cut that proves it.

    Parameters
    ----------
    parametric : ParametricGraph
        The graph.
    members : bool[k]
        Origins that send.
    free_destination : bool[m]
        Destinations that take in.
    need : float
        Amount to bring over.
    horizon : float
        Longest time of interest.
    largest_vehicle : float
        Size of the largest vehicle.
    stop_below : float
        Times at or below this one are of no interest.

    Returns
    -------
    FlowCut or None
        A cut that less than `need` can pass; None where no time above `stop_below` was proven.

    Notes
    -----
    Starts from the fluid's least time and steps back until the cut of that time, counted in whole
    vehicles, is too small. Every returned time is proven by its own cut.
    """
    cut = flow_cut(parametric, members, free_destination, need=need, horizon=horizon, stop_below=stop_below)
    while cut.time > max(stop_below, 0.0):
        excess = cut_amount(parametric, cut, largest_vehicle) - need
        if excess < 0:
            return cut
        if cut.rate <= 0:
            return None
        earlier = cut.time - (excess / cut.rate) * (1 + 1e-9) - EDGE_S
        if earlier <= max(stop_below, 0.0):
            return None
        cut = flow_cut(parametric, members, free_destination, horizon=earlier)
    return None


class ClockGraph:
    """
    A `FlowGraph` on the clock, where people may be on the road in windows only.

    Parameters
    ----------
    graph : FlowGraph
        The graph in seconds.
    windows : tuple of (start_s, end_s)
        Open times.
    ready_s : float64[k]
        Earliest departures (s).
    largest_vehicle_pcu : float
        Size of the largest vehicle (PCU).

    Notes
    -----
    Whoever travels does so within one window, so each window carries at most what its own cut lets
    pass, counted from the window's start; the amounts of the windows add up.
    """

    def __init__(
        self, graph: FlowGraph, windows: Windows, ready_s: FloatArray, largest_vehicle_pcu: float
    ) -> None:
        self.graph = graph
        self.windows = windows
        self.ready_s = ready_s
        self.largest_vehicle_pcu = largest_vehicle_pcu
        self._parametric: dict[bytes, ParametricGraph] = {}

    def least_time(
        self, members: FlagArray, free_destination: FlagArray, need_pcu: float, stop_below_s: float
    ) -> tuple[float, FlowCut] | None:
        """
        Clock time before which whole vehicles cannot have brought an amount over.

        Parameters
        ----------
        members : bool[k]
            Origins that send.
        free_destination : bool[m]
            Destinations that take in.
        need_pcu : float
            Amount to bring over (PCU).
        stop_below_s : float
            Clock times at or below this one are of no interest.

        Returns
        -------
        clock time, FlowCut, or None
            The time, ``inf`` where the windows end before, and the cut in the window of that time;
            None where no time above `stop_below_s` was proven.
        """
        whole = None
        for start_s, end_s in self.windows:
            parametric = self._from(start_s)
            # The cut of a time counts arrivals before it; who arrives as the window ends counts too.
            length_s = end_s - start_s + 2 * EDGE_S
            if length_s < np.inf:
                whole = flow_cut(parametric, members, free_destination, horizon=length_s)
                passed = cut_amount(parametric, whole, self.largest_vehicle_pcu)
                if passed < need_pcu:
                    need_pcu -= passed
                    continue
            cut = least_time(
                parametric, members, free_destination, need_pcu,
                horizon=length_s, largest_vehicle=self.largest_vehicle_pcu, stop_below=stop_below_s - start_s,
            )  # fmt: skip
            if cut is not None:
                return start_s + cut.time - EDGE_S, cut
            return None if whole is None or start_s <= stop_below_s else (start_s, whole)
        return None if whole is None else (np.inf, whole)

    def most_arrivals(self, members: FlagArray, free_destination: FlagArray, time_s: float) -> float:
        """
        Most traffic of a set of origins that can have arrived at some destinations.

        Parameters
        ----------
        members : bool[k]
            Origins that send.
        free_destination : bool[m]
            Destinations that take in.
        time_s : float
            Clock time (s).

        Returns
        -------
        float
            PCU in whole vehicles, without the destinations' capacities.
        """
        amount = 0.0
        for start_s, end_s in self.windows:
            if start_s > time_s:
                break
            parametric = self._from(start_s)
            length_s = min(end_s, time_s) - start_s + 2 * EDGE_S
            cut = flow_cut(parametric, members, free_destination, horizon=length_s)
            amount += cut_amount(parametric, cut, self.largest_vehicle_pcu)
        return amount

    def _from(self, start_s: float) -> ParametricGraph:
        offset_s = np.maximum(self.ready_s - start_s, 0.0)
        key = offset_s.tobytes()
        if key not in self._parametric:
            graph = self.graph
            self._parametric[key] = parametric_graph(graph, graph.time_s, graph.rate_pcu_per_s, offset_s)
        return self._parametric[key]


def free_flow_times_s(graph: FlowGraph) -> FloatArray:
    """
    Free-flow time of each origin to its nearest destination.

    Parameters
    ----------
    graph : FlowGraph
        The graph in seconds.

    Returns
    -------
    float64[k]
        Seconds, without the wait for the origin's ready time; ``inf`` where there is no way.
    """
    reverse = FlowGraph(
        graph.n_nodes, graph.head, graph.tail, graph.time_s, graph.rate_pcu_per_s, graph.link,
        graph.destination_node, graph.origin_node,
    )  # fmt: skip
    ready = np.zeros(len(graph.destination_node))
    parametric = parametric_graph(reverse, graph.time_s, graph.rate_pcu_per_s, ready)
    forward_cost = parametric.cost.copy()
    forward_cost[1::2] = np.inf
    times: FloatArray = shortest_times(
        parametric.first, parametric.leaving, parametric.end, forward_cost, parametric.source
    )[graph.origin_node]
    return times
