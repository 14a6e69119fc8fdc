"""The clearance bound: a time before which no plan whatever can have everyone out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from safepassage.errors import InfeasibleError, ModelError
from safepassage.i18n import _
from safepassage.model.arrays import FlagArray, FloatArray, IndexArray
from safepassage.model.network import RoadNetwork
from safepassage.planner.surge.bound_capacity import (
    CapacityChange,
    capacity_by_cell,
    highest_capacity,
    unserved_pcu,
)
from safepassage.planner.surge.bound_continuous import ClockGraph, free_flow_times_s
from safepassage.planner.surge.bound_expanded import SteppedGraph, rounded_down, rounded_up
from safepassage.planner.surge.bound_graph import FlowGraph, flow_graph, reachable_origins
from safepassage.planner.surge.bound_steps import (
    StepCut,
    arrivals_ceiling_units,
    least_cells,
    proven_cells,
)
from safepassage.planner.surge.bound_windows import TimeGrid, Windows, joined_windows
from safepassage.planner.surge.demand import SurgeDemand
from safepassage.progress import NoProgress, Progress

Rounding = Literal["up_whole", "up_sixtieths", "down_sixtieths"]
Part = Literal["discrete", "continuous", "farthest"]


@dataclass(frozen=True, slots=True, eq=False)
class ClearanceBound:
    """
    Lower bound on the clearance time, with its parts and what binds.

    Attributes
    ----------
    bound_s : float
        No plan has everyone out before this time (seconds since the start): the largest of the parts.
    discrete_s : float
        From the maximum flow in time steps, travel times rounded down and capacities rounded up.
    continuous_s : float
        From the set of origins that needs longest with real travel times.
    farthest_s : float
        From the origin that is free-flow farthest.
    binding_part : {"discrete", "continuous", "farthest"}
        The part that gives the bound.
    binding_origin : int32[n]
        Origins (positions in the demand) that hold the clearance up.
    binding_link : int32[n]
        Links (network indices) that hold them up; empty where the distance does.
    unreachable_origin : int32[n]
        Origins with traffic that have no way to any destination, or whose way fits no open window. They
        are left out of every figure.
    demand_pcu : float
        Traffic of the other origins.
    t_star_steps : int
        Least number of steps within which a fluid could clear, counting the step of the arrival.
    step_s : float
        Length of a step (s).
    """

    bound_s: float
    discrete_s: float
    continuous_s: float
    farthest_s: float
    binding_part: Part
    binding_origin: IndexArray
    binding_link: IndexArray
    unreachable_origin: IndexArray
    demand_pcu: float
    t_star_steps: int
    step_s: float


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """The part of the demand that can be served, and the graph for it."""

    demand: SurgeDemand
    graph: FlowGraph
    windows: Windows
    position: IndexArray
    unreachable: IndexArray
    free_flow_s: FloatArray
    largest_vehicle_pcu: float


def clearance_bound(
    network: RoadNetwork,
    demand: SurgeDemand,
    *,
    step_s: float = 60.0,
    flow_unit_per_vehicle: int = 60,
    open_windows: Sequence[tuple[float, float]] | None = None,
    capacity_changes: Sequence[CapacityChange] = (),
    largest_vehicle_pcu: float = 1.0,
    progress: Progress | None = None,
) -> ClearanceBound:
    """
    Bound the time at which the last vehicle reaches a destination, for every possible plan.

    Parameters
    ----------
    network : RoadNetwork
        Roads.
    demand : SurgeDemand
        Origins and destinations.
    step_s : float
        Length of a time step (s).
    flow_unit_per_vehicle : int
        Flow units a passenger-car unit; whole cars a step would distort low capacities.
    open_windows : sequence of (start_s, end_s), optional
        Times in which people may be on the road; always by default.
    capacity_changes : sequence of CapacityChange
        Links whose capacity changes at given times (closures, reopened or reversed lanes).
    largest_vehicle_pcu : float
        Size of the largest vehicle (PCU).
    progress : Progress, optional
        Told of each phase.

    Returns
    -------
    ClearanceBound
        Its value and what binds.

    Raises
    ------
    InfeasibleError
        If nobody can reach a destination, the destinations cannot hold everyone, or the open windows
        end before everyone can be out.

    Notes
    -----
    Vehicles keep the free-flow time of each link and the headway ``size / capacity`` on it, obey node
    service rates, turn bans and destination capacities, and may otherwise do what they like. Three
    lower bounds hold for all of them, and so does the largest:

    *Discrete.* Put a vehicle that is at a node at time t into the step that holds t. It then crosses
    each link in at least the rounded-down number of steps and may have to wait at nodes; a fluid of
    rounded-up capacity admits that. If the largest such flow within T steps is too small, the last
    arrival lies in step T or later. Waiting on the way brings nothing where everything is constant
    (Hoppe and Tardos) and is left out there; it is allowed where a capacity varies.

    *Continuous.* For any set of origins, what can arrive within T is at most the sum of f_p (T - tau_p)
    over the shortest-path flow of the set (see `kernel_bound.quickest_flow`); time is not rounded.
    Sets: all origins, each alone, those behind each named crossing, and those behind the minimum cuts
    of the discrete part. A capacity that varies is taken at its highest.

    *Farthest.* Nobody arrives before its free-flow time.

    The first two are proven by a cut that is counted in whole vehicles: an arc of rate q that is in
    the cut for a time L lets ``q L`` pass and one vehicle more, since n vehicles need n - 1 headways.

    With open windows the time cells exist inside the windows only and no flow crosses from one window
    to the next; the continuous part adds up what each window can carry on its own, counted from
    its start, because whoever travels in a window starts and ends in it. That is tighter than
    counting open time as if it had no gaps: every window pays its first travel time anew.

    References
    ----------
    Ford and Fulkerson (1958); Klinz (in Hoppe and Tardos 2000) for the cut condition on sets of
    origins and destinations.
    """
    progress = progress or NoProgress()
    case = _case(network, demand, open_windows, capacity_changes, largest_vehicle_pcu)
    if not case.demand.n_origins:
        return _nothing_to_clear(case, step_s)
    progress.start(_("Clearance bound"), 4)
    farthest_s, farthest = _farthest(case)
    progress.advance()
    clock = ClockGraph(case.graph, case.windows, case.demand.ready_s, largest_vehicle_pcu)
    search = _SetSearch(case, clock, farthest_s)
    search.everyone()
    search.behind_crossings(network)
    progress.advance()
    stepped = _stepped(case, network, step_s, flow_unit_per_vehicle, capacity_changes)
    cells, cuts = least_cells(stepped, stepped.grid.cell_of(search.best_s) + 1)
    proven, step_cut = proven_cells(stepped, cells, cuts, largest_vehicle_pcu * flow_unit_per_vehicle)
    discrete_s = stepped.grid.cell_start_s(proven)
    progress.advance()
    for cut in cuts:
        search.try_set(cut.members, ~cut.full)
    search.each_alone(discrete_s)
    progress.advance()
    return _result(case, (discrete_s, step_cut), search, (farthest_s, farthest), (cells, step_s))


def t_star_steps(
    network: RoadNetwork, demand: SurgeDemand, *, step_s: float = 60.0, rounding: Rounding = "down_sixtieths"
) -> int:
    """
    Least number of time steps within which a fluid can clear (T*), counting the step of the arrival.

    Parameters
    ----------
    network : RoadNetwork
        Roads, with constant capacities.
    demand : SurgeDemand
        Origins and destinations.
    step_s : float
        Length of a step (s).
    rounding : {"up_whole", "up_sixtieths", "down_sixtieths"}
        ``up``: travel times rounded up and capacities down, attainable in steps; ``down``: the other
        way round, a valid bound up to one step. Capacities in whole or in sixtieths of a vehicle a step.

    Returns
    -------
    int
        T*, at least 1 where there is any demand.

    Raises
    ------
    InfeasibleError
        If some traffic can never be out.
    """
    case = _case(network, demand, None, (), 1.0)
    if case.unreachable.size:
        raise InfeasibleError(
            _("{count} origins have no way to a destination; leave them out").format(
                count=case.unreachable.size
            )
        )
    if not case.demand.n_origins:
        return 0
    unit = 1 if rounding == "up_whole" else 60
    stepped = _stepped(case, network, step_s, unit, (), up=rounding != "down_sixtieths")
    cells, _cuts = least_cells(stepped, 1)
    return cells


def arrival_ceiling(
    network: RoadNetwork,
    demand: SurgeDemand,
    times_s: npt.ArrayLike,
    *,
    step_s: float = 60.0,
    open_windows: Sequence[tuple[float, float]] | None = None,
    capacity_changes: Sequence[CapacityChange] = (),
    largest_vehicle_pcu: float = 1.0,
) -> FloatArray:
    """
    Most traffic that can have arrived by each of several times, for every possible plan.

    Parameters
    ----------
    network : RoadNetwork
        Roads.
    demand : SurgeDemand
        Origins and destinations.
    times_s : array_like of float
        Times (s).
    step_s : float
        Length of a time step (s); each time costs one maximum flow over that many steps.
    open_windows : sequence of (start_s, end_s), optional
        Times in which people may be on the road; always by default.
    capacity_changes : sequence of CapacityChange
        Links whose capacity changes at given times.
    largest_vehicle_pcu : float
        Size of the largest vehicle (PCU).

    Returns
    -------
    float64[...]
        PCU, of the shape of `times_s`.

    Notes
    -----
    The value at each time is the largest of any plan, but one plan need not reach it at every time
    (with several destinations of limited capacity an earliest-arrival flow may not exist), so the
    curve is a ceiling and not a plan.
    """
    times = np.asarray(times_s, np.float64)
    case = _case(network, demand, open_windows, capacity_changes, largest_vehicle_pcu, check_room=False)
    if not case.demand.n_origins:
        return np.zeros(times.shape)
    stepped = _stepped(case, network, step_s, 60, capacity_changes)
    clock = ClockGraph(case.graph, case.windows, case.demand.ready_s, largest_vehicle_pcu)
    total = float(case.demand.amount_pcu.sum())
    ceiling = np.zeros(times.size)
    # Whoever has arrived by a time has arrived by every later one, so a later, lower value holds earlier.
    lowest = total
    for place in np.argsort(-times.ravel(), kind="stable"):
        time_s = float(times.ravel()[place])
        if time_s >= case.windows[0][0]:
            units, cut = arrivals_ceiling_units(stepped, time_s, largest_vehicle_pcu * 60)
            rest = float(case.demand.amount_pcu[~cut.members].sum())
            rest += float(case.demand.destination_capacity_pcu[cut.full].sum())
            by_clock = rest + clock.most_arrivals(cut.members, ~cut.full, time_s)
            lowest = min(lowest, units / 60, by_clock)
        else:
            lowest = 0.0
        ceiling[place] = lowest
    return ceiling.reshape(times.shape)


def _case(
    network: RoadNetwork,
    demand: SurgeDemand,
    open_windows: Sequence[tuple[float, float]] | None,
    capacity_changes: Sequence[CapacityChange],
    largest_vehicle_pcu: float,
    *,
    check_room: bool = True,
) -> _Case:
    demand.check_against(network)
    if not largest_vehicle_pcu > 0:
        raise ModelError(f"largest_vehicle_pcu is {largest_vehicle_pcu}; give a positive number")
    windows = joined_windows(open_windows)
    capacity = highest_capacity(network, capacity_changes)
    wanted = np.flatnonzero(demand.amount_pcu > 0)
    first = flow_graph(network, _only(demand, wanted), capacity)
    times_s = free_flow_times_s(first)
    served = reachable_origins(first) & np.isfinite(
        _earliest_arrival_s(times_s, demand.ready_s[wanted], windows)
    )
    if wanted.size and not served.any():
        raise InfeasibleError(
            _("none of the {count} origins with traffic can reach a destination").format(count=wanted.size)
        )
    position = wanted[served].astype(np.int32)
    kept = _only(demand, position)
    case = _Case(
        demand=kept,
        graph=first if served.all() else flow_graph(network, kept, capacity),
        windows=windows,
        position=position,
        unreachable=wanted[~served].astype(np.int32),
        free_flow_s=times_s[served],
        largest_vehicle_pcu=largest_vehicle_pcu,
    )
    left_pcu = unserved_pcu(case.graph, kept) if check_room else 0.0
    if left_pcu > 0:
        raise InfeasibleError(
            _("the destinations in reach have no room for {left:.0f} of {total:.0f} PCU").format(
                left=np.ceil(left_pcu), total=kept.amount_pcu.sum()
            )
        )
    return case


def _only(demand: SurgeDemand, position: npt.NDArray[np.integer]) -> SurgeDemand:
    return SurgeDemand(
        origin_node=demand.origin_node[position],
        amount_pcu=demand.amount_pcu[position],
        destination_node=demand.destination_node,
        destination_capacity_pcu=demand.destination_capacity_pcu,
        ready_s=demand.ready_s[position],
    )


def _earliest_arrival_s(free_flow_s: FloatArray, ready_s: FloatArray, windows: Windows) -> FloatArray:
    """First possible arrival of each origin, inside one open window."""
    arrival_s = np.full(len(free_flow_s), np.inf)
    for start_s, end_s in reversed(windows):
        here_s = np.maximum(ready_s, start_s) + free_flow_s
        arrival_s = np.where(here_s <= end_s, here_s, arrival_s)
    return arrival_s


def _farthest(case: _Case) -> tuple[float, int]:
    arrival_s = _earliest_arrival_s(case.free_flow_s, case.demand.ready_s, case.windows)
    return float(arrival_s.max()), int(arrival_s.argmax())


def _stepped(
    case: _Case,
    network: RoadNetwork,
    step_s: float,
    unit: int,
    capacity_changes: Sequence[CapacityChange],
    *,
    up: bool = False,
) -> SteppedGraph:
    if not step_s > 0:
        raise ModelError(f"step_s is {step_s}; give a positive number")
    longer, wider = (rounded_up, rounded_down) if up else (rounded_down, rounded_up)
    grid = TimeGrid(case.windows, step_s)
    finite = np.isfinite(case.graph.rate_pcu_per_s)
    units = np.full(len(finite), np.inf)
    units[finite] = wider(case.graph.rate_pcu_per_s[finite] * step_s * unit)
    amounts = longer if up else rounded_down
    return SteppedGraph(
        graph=case.graph,
        grid=grid,
        steps=longer(case.graph.time_s / step_s).astype(np.int64),
        units=units,
        units_by_cell=capacity_by_cell(network, case.graph, grid, capacity_changes, unit),
        amount_units=amounts(case.demand.amount_pcu * unit).astype(np.int64),
        destination_units=wider(case.demand.destination_capacity_pcu * unit),
        ready_s=case.demand.ready_s,
    )


class _SetSearch:
    """Keeps the set of origins whose continuous bound is largest."""

    def __init__(self, case: _Case, clock: ClockGraph, stop_below_s: float) -> None:
        self.case = case
        self.clock = clock
        self.best_s = 0.0
        self.stop_below_s = stop_below_s
        self.members: FlagArray = np.zeros(case.demand.n_origins, np.bool_)
        self.links: IndexArray = np.zeros(0, np.int32)
        self.all_destinations = np.ones(case.demand.n_destinations, np.bool_)

    def try_set(self, members: FlagArray, free_destination: FlagArray) -> None:
        demand = self.case.demand
        need_pcu = demand.amount_pcu[members].sum() - demand.destination_capacity_pcu[~free_destination].sum()
        if not need_pcu > 0 or np.isin(demand.origin_node[members], demand.destination_node).any():
            return
        stop_below_s = max(self.best_s, self.stop_below_s)
        found = self.clock.least_time(members, free_destination, need_pcu, stop_below_s)
        if found is None:
            return
        self.best_s, cut = found
        if np.isinf(self.best_s):
            raise InfeasibleError(_("the open windows end before everyone can be out"))
        self.members = members
        links = self.case.graph.link[cut.length > 0]
        self.links = np.unique(links[links >= 0])

    def everyone(self) -> None:
        moving = ~np.isin(self.case.demand.origin_node, self.case.demand.destination_node)
        self.try_set(moving, self.all_destinations)

    def behind_crossings(self, network: RoadNetwork) -> None:
        names = np.array(network.crossing)
        for name in sorted(set(network.crossing) - {""}):
            without = np.where(names == name, 0.0, 1.0)
            cut_off = ~reachable_origins(flow_graph(network, self.case.demand, without))
            if cut_off.any():
                self.try_set(cut_off, self.all_destinations)

    def _alone_at_most_s(self) -> FloatArray:
        """What each origin alone cannot need more than: its nearest way at the lowest rate anywhere."""
        case = self.case
        if len(case.windows) > 1:
            return np.full(case.demand.n_origins, np.inf)
        slowest_pcu_per_s = float(case.graph.rate_pcu_per_s.min(initial=np.inf))
        start_s = np.maximum(case.demand.ready_s, case.windows[0][0])
        at_most_s: FloatArray = start_s + case.free_flow_s + case.demand.amount_pcu / slowest_pcu_per_s
        return at_most_s

    def each_alone(self, stop_below_s: float) -> None:
        self.stop_below_s = max(self.stop_below_s, stop_below_s)
        for origin in np.flatnonzero(self._alone_at_most_s() > max(self.best_s, self.stop_below_s)):
            members = np.zeros(self.case.demand.n_origins, np.bool_)
            members[origin] = True
            self.try_set(members, self.all_destinations)


def _result(
    case: _Case,
    discrete: tuple[float, StepCut],
    search: _SetSearch,
    farthest: tuple[float, int],
    steps: tuple[int, float],
) -> ClearanceBound:
    discrete_s, step_cut = discrete
    parts: dict[Part, float] = {
        "continuous": search.best_s,
        "discrete": discrete_s,
        "farthest": farthest[0],
    }
    binding = max(parts, key=lambda name: parts[name])
    links = case.graph.link[step_cut.arcs]
    origins, held_by = {
        "continuous": (np.flatnonzero(search.members), search.links),
        "discrete": (np.flatnonzero(step_cut.members), np.unique(links[links >= 0])),
        "farthest": (np.array([farthest[1]]), np.zeros(0, np.int32)),
    }[binding]
    return ClearanceBound(
        bound_s=parts[binding],
        discrete_s=discrete_s,
        continuous_s=search.best_s,
        farthest_s=farthest[0],
        binding_part=binding,
        binding_origin=case.position[origins],
        binding_link=held_by.astype(np.int32),
        unreachable_origin=case.unreachable,
        demand_pcu=float(case.demand.amount_pcu.sum()),
        t_star_steps=steps[0],
        step_s=steps[1],
    )


def _nothing_to_clear(case: _Case, step_s: float) -> ClearanceBound:
    none = np.zeros(0, np.int32)
    return ClearanceBound(0.0, 0.0, 0.0, 0.0, "farthest", none, none, case.unreachable, 0.0, 0, step_s)
