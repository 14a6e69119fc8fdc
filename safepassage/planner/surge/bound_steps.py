"""The search for the least number of time steps, and its proof in whole vehicles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from safepassage.errors import InfeasibleError
from safepassage.i18n import _
from safepassage.model.arrays import FlagArray, IndexArray
from safepassage.planner.surge.bound_continuous import cut_amount, flow_cut
from safepassage.planner.surge.bound_expanded import Arrivals, SteppedGraph, most_arrivals
from safepassage.planner.surge.bound_graph import FlowGraph
from safepassage.planner.surge.bound_windows import TimeGrid


@dataclass(frozen=True, slots=True, eq=False)
class StepCut:
    """
    What holds the clearance up within a number of steps.

    Attributes
    ----------
    members : bool[k]
        Origins that hold more than can leave.
    full : bool[m]
        Destinations whose capacity binds.
    arcs : int32[n]
        Arcs of the graph in the cut.
    """

    members: FlagArray
    full: FlagArray
    arcs: IndexArray


def least_cells(stepped: SteppedGraph, guess: int) -> tuple[int, list[StepCut]]:
    """
    Least number of cells within which everything can arrive (T*).

    Parameters
    ----------
    stepped : SteppedGraph
        Graph and demand.
    guess : int
        Where to begin, at least 1.

    Returns
    -------
    cells : int
        T*.
    cuts : list of StepCut
        Minimum cuts met on the way at numbers of cells that are too small, the last one closest.

    Raises
    ------
    InfeasibleError
        If the open windows end before.
    """
    within_first_window = None if stepped.waits_everywhere else _by_cuts(stepped)
    return within_first_window or _galloping(stepped, max(guess, 1))


def _by_cuts(stepped: SteppedGraph) -> tuple[int, list[StepCut]] | None:
    """
    Raise T to what the violated set of origins needs until none is violated (discrete Newton steps).

    Exact where everything is constant: a number of steps is enough if and only if it is enough for
    every set of origins and destinations alone (Klinz), and a minimum cut names a violated set. None where
    the first window is too short.
    """
    first_window = TimeGrid(stepped.grid.windows[:1], stepped.grid.step_s)
    none_full = np.zeros(len(stepped.destination_units), np.bool_)
    moving = ~np.isin(stepped.graph.origin_node, _safe_origins(stepped.graph))
    found = [StepCut(moving, none_full, np.zeros(0, np.int32))]
    cuts = list(found)
    cells = 1
    while True:
        cells = max(cells, *(_cells_of_set(stepped, cut) for cut in found))
        # The last cell of a window lies outside of it but for its first moment.
        if cells >= first_window.most_cells:
            return None
        arrivals = most_arrivals(stepped, cells)
        if arrivals.units >= stepped.total_units:
            break
        found = _cuts_of(arrivals)
        cuts += found
        cells += 1
    if cells > 1:
        cuts += _cuts_of(most_arrivals(stepped, cells - 1))
    return cells, cuts


def _safe_origins(graph: FlowGraph) -> IndexArray:
    """Nodes of the origins that are destinations themselves."""
    safe: IndexArray = graph.tail[np.isin(graph.head, graph.destination_node)]
    return safe


def _cells_of_set(stepped: SteppedGraph, cut: StepCut) -> int:
    """Least number of cells for one set of origins and the destinations that are not full."""
    need = float(stepped.amount_units[cut.members].sum()) - stepped.destination_units[cut.full].sum()
    (part,) = stepped.grid.parts(1)
    flow = flow_cut(stepped.parametric(part), cut.members, ~cut.full, need=max(need, 0.0))
    if not np.isfinite(flow.time):
        raise InfeasibleError(_("some traffic can never reach a destination with room for it"))
    return int(np.ceil(flow.time - 1e-6))


def _galloping(stepped: SteppedGraph, guess: int) -> tuple[int, list[StepCut]]:
    """Search from a guess: stride until the answer is bracketed, then halve."""
    most = stepped.grid.most_cells
    cuts: list[StepCut] = []
    too_few, stride = 0, 1
    cells = int(min(guess, most))
    settled = _cells_until_settled(stepped)
    before = -1
    while (arrivals := most_arrivals(stepped, cells)).units < stepped.total_units:
        cuts += _cuts_of(arrivals)
        if cells >= most:
            raise InfeasibleError(_("the open windows end before everyone can be out"))
        if arrivals.units == before and too_few >= settled and cells - too_few >= settled:
            raise InfeasibleError(_("roads stay closed: some traffic can never reach a destination"))
        before = arrivals.units
        too_few = cells
        cells = int(min(cells + stride, most))
        stride *= 2
    fits, stride = cells, 1
    while fits - too_few > 1:
        cells = (too_few + fits) // 2 if cuts else max(fits - stride, 1)
        arrivals = most_arrivals(stepped, cells)
        if arrivals.units >= stepped.total_units:
            fits = cells
            stride *= 2
        else:
            cuts += _cuts_of(arrivals)
            too_few = cells
    return fits, cuts


def _cells_until_settled(stepped: SteppedGraph) -> int:
    """
    Cells after which all capacities are constant and the shortest way from any node has been driven.

    If nothing more arrives for that long after that time, then nothing more ever will.
    """
    changed = max((len(units) for units in stepped.units_by_cell.values()), default=0)
    return changed + int(stepped.steps.sum())


def _cuts_of(arrivals: Arrivals) -> list[StepCut]:
    """The cut nearest to the origins last: its arcs are the ones known."""
    none = np.zeros(0, np.int32)
    return [
        StepCut(arrivals.farthest.members, arrivals.farthest.full, none),
        StepCut(arrivals.nearest.members, arrivals.nearest.full, arrivals.cut_arcs),
    ]


def proven_cells(
    stepped: SteppedGraph, cells: int, cuts: list[StepCut], largest_vehicle_units: float
) -> tuple[int, StepCut]:
    """
    Largest number of cells that is proven too small for whole vehicles.

    Parameters
    ----------
    stepped : SteppedGraph
        Graph and demand.
    cells : int
        T*, for a fluid.
    cuts : list of StepCut
        From `least_cells`.
    largest_vehicle_units : float
        Size of the largest vehicle in flow units.

    Returns
    -------
    cells : int
        At most T* - 1; the last arrival lies in this cell (counted from 0) or later.
    cut : StepCut
        The proof.
    """
    none = StepCut(
        np.zeros(len(stepped.amount_units), np.bool_),
        np.zeros(len(stepped.destination_units), np.bool_),
        np.zeros(0, np.int32),
    )
    total = float(stepped.total_units)
    last = cuts[-1] if cuts else none
    short = cells - 1
    while short > 0:
        if stepped.waits_everywhere:
            arrivals = most_arrivals(stepped, short)
            passed, last = arrivals.units + largest_vehicle_units * arrivals.cut_runs, _cuts_of(arrivals)[-1]
        else:
            passed, last = _passed_units(stepped, short, last, largest_vehicle_units)
        if passed < total:
            return short, last
        short -= 1
    return 0, none


def _passed_units(
    stepped: SteppedGraph, cells: int, cut: StepCut, largest_vehicle_units: float
) -> tuple[float, StepCut]:
    """Most units in whole vehicles within some cells, by the best cut for one set of origins."""
    passed = float(stepped.amount_units[~cut.members].sum()) + stepped.destination_units[cut.full].sum()
    arcs = np.zeros(0, np.int32)
    for part in stepped.grid.parts(cells):
        parametric = stepped.parametric(part)
        flow = flow_cut(parametric, cut.members, ~cut.full, horizon=float(part.count))
        passed += cut_amount(parametric, flow, largest_vehicle_units)
        arcs = np.union1d(arcs, np.flatnonzero(flow.length > 0)).astype(np.int32)
    return passed, StepCut(cut.members, cut.full, arcs)


def arrivals_ceiling_units(
    stepped: SteppedGraph, time_s: float, largest_vehicle_units: float
) -> tuple[float, StepCut]:
    """
    Most units in whole vehicles that can have arrived by a time.

    Parameters
    ----------
    stepped : SteppedGraph
        Graph and demand.
    time_s : float
        Clock time (s).
    largest_vehicle_units : float
        Size of the largest vehicle in flow units.

    Returns
    -------
    units : float
        The ceiling.
    cut : StepCut
        Its proof.
    """
    cell = stepped.grid.cell_of(time_s)
    cells = cell + 1 if stepped.grid.cell_start_s(cell) <= time_s else cell
    cells = int(min(cells, stepped.grid.most_cells))
    arrivals = most_arrivals(stepped, cells)
    cut = _cuts_of(arrivals)[-1]
    if stepped.waits_everywhere:
        return arrivals.units + largest_vehicle_units * arrivals.cut_runs, cut
    return _passed_units(stepped, cells, cut, largest_vehicle_units)
