"""Capacities for the bound: changes in time, and whether the destinations have room for everyone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ortools.graph.python import max_flow

from safepassage.errors import ModelError
from safepassage.model.arrays import FloatArray
from safepassage.model.network import RoadNetwork
from safepassage.planner.surge.bound_graph import FlowGraph
from safepassage.planner.surge.bound_windows import TimeGrid
from safepassage.planner.surge.demand import SurgeDemand
from safepassage.units import per_hour_to_per_s

# Room at destinations is compared in thousandths of a PCU: enough to tell one vehicle.
ROOM_UNIT_PER_PCU = 1000


@dataclass(frozen=True, slots=True)
class CapacityChange:
    """
    A link's capacity from some time on, until its next change.

    Attributes
    ----------
    link : int
        Link index.
    start_s : float
        From when on (seconds since the start), at least 0.
    capacity_pcu_per_h : float
        Capacity of the whole link (PCU/h); 0 closes it.
    """

    link: int
    start_s: float
    capacity_pcu_per_h: float

    def __post_init__(self) -> None:
        if not (self.start_s >= 0 and np.isfinite(self.start_s)):
            raise ModelError(f"start_s of a capacity change is {self.start_s}; give a time >= 0")
        if not (self.capacity_pcu_per_h >= 0 and np.isfinite(self.capacity_pcu_per_h)):
            raise ModelError(
                f"capacity_pcu_per_h of a change is {self.capacity_pcu_per_h}; give a finite number >= 0"
            )


def highest_capacity(network: RoadNetwork, changes: Sequence[CapacityChange]) -> FloatArray:
    """
    Highest capacity that each link ever has.

    Parameters
    ----------
    network : RoadNetwork
        Roads.
    changes : sequence of CapacityChange
        Changes in time.

    Returns
    -------
    float64[n_links]
        PCU/h.

    Raises
    ------
    ModelError
        If a change names a link that does not exist.
    """
    capacity = network.capacity_pcu_per_h.copy()
    # A change at time 0 replaces the network's own figure.
    for change in _in_order(network, changes):
        if change.start_s == 0:
            capacity[change.link] = change.capacity_pcu_per_h
    for change in changes:
        capacity[change.link] = max(capacity[change.link], change.capacity_pcu_per_h)
    return capacity


def capacity_by_cell(
    network: RoadNetwork,
    graph: FlowGraph,
    grid: TimeGrid,
    changes: Sequence[CapacityChange],
    unit_per_pcu: int,
) -> dict[int, FloatArray]:
    """
    Units that may enter each arc of varying capacity, cell by cell.

    Parameters
    ----------
    network : RoadNetwork
        Roads.
    graph : FlowGraph
        Arcs.
    grid : TimeGrid
        Cells.
    changes : sequence of CapacityChange
        Changes in time.
    unit_per_pcu : int
        Flow units a PCU.

    Returns
    -------
    dict of int to float64[n]
        By arc; the last value goes on for ever. The capacity is integrated over each cell.
    """
    ordered = _in_order(network, changes)
    if not ordered:
        return {}
    last_s = max(change.start_s for change in ordered)
    n_cells = int(min(grid.cell_of(last_s) + 2, grid.most_cells))
    arc_of_link = {int(link): arc for arc, link in enumerate(graph.link) if link >= 0}
    units: dict[int, FloatArray] = {}
    for link in sorted({change.link for change in ordered}):
        if link in arc_of_link:
            own = [change for change in ordered if change.link == link]
            starts = np.array([0.0, *(change.start_s for change in own)])
            capacity = np.array(
                [network.capacity_pcu_per_h[link], *(change.capacity_pcu_per_h for change in own)]
            )
            units[arc_of_link[link]] = unit_per_pcu * _entered(grid, n_cells, starts, capacity)
    return units


def _in_order(network: RoadNetwork, changes: Sequence[CapacityChange]) -> list[CapacityChange]:
    for change in changes:
        if not 0 <= change.link < network.n_links:
            raise ModelError(
                f"a capacity change names link {change.link}; give one of {network.n_links} links"
            )
    return sorted(changes, key=lambda change: (change.link, change.start_s))


def _entered(grid: TimeGrid, n_cells: int, starts_s: FloatArray, capacity: FloatArray) -> FloatArray:
    """PCU that a piecewise constant capacity lets enter in each cell."""
    before = np.concatenate([np.zeros(1), np.cumsum(np.diff(starts_s) * capacity[:-1])])

    def total(time_s: FloatArray) -> FloatArray:
        piece = np.searchsorted(starts_s, time_s, side="right") - 1
        passed: FloatArray = before[piece] + (time_s - starts_s[piece]) * capacity[piece]
        return passed

    entered = []
    for part in grid.parts(n_cells):
        start_s: FloatArray = part.start_s + grid.step_s * np.arange(part.count, dtype=np.float64)
        stop_s: FloatArray = np.maximum(np.minimum(start_s + grid.step_s, part.end_s), start_s)
        entered.append(per_hour_to_per_s(1.0) * (total(stop_s) - total(start_s)))
    return np.concatenate(entered)


def unserved_pcu(graph: FlowGraph, demand: SurgeDemand) -> float:
    """
    Traffic for which no destination in reach has room, however long it takes.

    Parameters
    ----------
    graph : FlowGraph
        Arcs; their rates do not matter.
    demand : SurgeDemand
        Origins and destinations of the graph.

    Returns
    -------
    float
        PCU, to a thousandth.
    """
    amounts = np.floor(demand.amount_pcu * ROOM_UNIT_PER_PCU).astype(np.int64)
    total = int(amounts.sum())
    room = np.minimum(demand.destination_capacity_pcu * ROOM_UNIT_PER_PCU, total)
    source, sink = graph.n_nodes, graph.n_nodes + 1
    solver = max_flow.SimpleMaxFlow()
    for tail, head, capacity in (
        (graph.tail, graph.head, np.full(len(graph.tail), total)),
        (np.full(len(amounts), source), graph.origin_node, amounts),
        (graph.destination_node, np.full(len(room), sink), np.ceil(room)),
    ):
        solver.add_arcs_with_capacity(
            np.asarray(tail, np.int32), np.asarray(head, np.int32), np.asarray(capacity, np.int64)
        )
    solver.solve(source, sink)
    return (total - int(solver.optimal_flow())) / ROOM_UNIT_PER_PCU
