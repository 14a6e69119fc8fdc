"""
Waves: when each settlement's cars leave, so that roads are busy but not jammed.

Settlements are served one after another. Each reserves, minute by minute, what is left of every road,
crossing and gate on its way, leaves as late as it can without finishing later, and is then cut into
waves on the clock grid, in whole households.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from safepassage.model.arrays import FlagArray, FloatArray, IndexArray
from safepassage.model.plan import Trip, Wave
from safepassage.planner.surge.car_route import CarRoute, resource_capacity_per_s
from safepassage.planner.surge.cars import CarQueue
from safepassage.planner.surge.problem import SurgeProblem

Spans = Sequence[tuple[float, float]]

_LONGEST_WAVE_S = 1800
_MOST_STEPS = 3000
_AMPLE = 4.0
_STEPS_S = (30, 60, 120, 300, 600)


class Timetable:
    """
    What is still free of every road, crossing and gate, step by step.

    Parameters
    ----------
    problem : SurgeProblem
        Roads, windows and horizon.
    routes : sequence of CarRoute
        Route of every queue.
    trips : sequence of Trip
        Vehicles that use the roads as well; they are let through first.
    release_factor : float
        How much more than a road's capacity is sent towards it, so that it never stands idle.
    margin_s : float
        Cars are to arrive this long before a curfew (s).
    """

    def __init__(
        self,
        problem: SurgeProblem,
        routes: Sequence[CarRoute],
        trips: Sequence[Trip] = (),
        *,
        release_factor: float = 1.0,
        margin_s: float = 0.0,
    ) -> None:
        self.problem = problem
        self.margin_s = margin_s
        self.routes = list(routes)
        self.step_s, self.n_steps = self._choose_steps()
        used = np.unique(np.concatenate([np.zeros(0, np.int32), *(route.resources for route in routes)]))
        capacity = resource_capacity_per_s(problem.roads)
        self.row_of = np.full(capacity.size, -1)
        self.row_of[used] = np.arange(used.size)
        per_step = capacity[used] * self.step_s * release_factor
        self.free = np.repeat(per_step[:, None], self.n_steps, axis=1)
        for trip in trips:
            self._reserve_trip(trip)
        _carry_over(self.free)

    def _choose_steps(self) -> tuple[int, int]:
        scenario = self.problem.scenario
        reach_s = 0.0
        work_s: dict[int, float] = {}
        capacity = resource_capacity_per_s(self.problem.roads)
        for queue, route in zip(self.problem.queues, self.routes, strict=True):
            for resource in route.resources:
                work_s[resource] = work_s.get(resource, 0.0) + queue.cars / capacity[resource]
            reach_s = max(reach_s, route.free_flow_s)
        busiest_s = max(work_s.values(), default=0.0)
        open_s, until_s = 0.0, 0.0
        # Everything has to fit with room to spare; the curfew is not time to drive.
        for start_s, end_s in scenario.open_windows():
            # The worst order seen needs less than three times the work of the busiest road; pins may ask
            # for any later time.
            ample_s = math.inf if scenario.pins else _AMPLE * busiest_s + 2 * reach_s + _LONGEST_WAVE_S
            until_s = min(end_s, start_s + ample_s)
            open_s += max(0.0, end_s - start_s - reach_s)
            if open_s > 1.5 * busiest_s + reach_s:
                break
        step_s = next((s for s in _STEPS_S if until_s / s <= _MOST_STEPS), _STEPS_S[-1])
        return step_s, max(1, int(until_s // step_s))

    def _reserve_trip(self, trip: Trip) -> None:
        network = self.problem.roads
        index = self.problem.link_index
        service = network.node_service_pcu_per_h
        for before, leg in zip(trip.legs[:-1], trip.legs[1:], strict=True):
            at_s = float(before.depart_s)
            for link_id in leg.links:
                link = index[link_id]
                self._take(link, at_s, trip.pcu)
                at_s += float(network.free_flow_time_s[link])
                node = int(network.to_node[link])
                if np.isfinite(service[node]) and not trip.escorted:
                    self._take(network.n_links + node, at_s, trip.pcu)

    def _take(self, resource: int, at_s: float, pcu: float) -> None:
        row, step = self.row_of[resource], int(at_s // self.step_s)
        if row >= 0 and step < self.n_steps:
            self.free[row, step] -= pcu

    def reserve(self, queue: int, *, earliest_s: float = 0.0, never: Spans = ()) -> FloatArray:
        """
        Reserve the way of one queue and return its departures.

        Parameters
        ----------
        queue : int
            Index among the problem's queues.
        earliest_s : float
            No car leaves before (s).
        never : sequence of (start_s, end_s)
            No car leaves within.

        Returns
        -------
        float64[n_steps]
            Cars leaving in each step; the sum falls short of the queue where time runs out.
        """
        route, cars = self.routes[queue], float(self.problem.queues[queue].cars)
        rows = self.row_of[route.resources]
        delay = (route.reached_s // self.step_s).astype(np.int64)
        steps = np.arange(self.n_steps)
        at = steps[None, :] + delay[:, None]
        inside = at < self.n_steps
        cells = self.free[rows[:, None], np.minimum(at, self.n_steps - 1)]
        available = np.where(inside, np.maximum(cells, 0.0), 0.0).min(axis=0, initial=np.inf)
        available = np.minimum(available, cars)
        available[~self.may_leave(route, earliest_s, never)] = 0.0
        taken = _compact(available, cars)
        leaving = np.flatnonzero(taken)
        for row, shift in zip(rows, delay, strict=True):
            # Two visits of one resource by a route that crosses itself both count.
            self.free[row, np.minimum(leaving + shift, self.n_steps - 1)] -= taken[leaving]
        return taken

    def may_leave(self, route: CarRoute, earliest_s: float, never: Spans = ()) -> FlagArray:
        """
        Steps in which cars may leave so that they are there before the next curfew.

        Parameters
        ----------
        route : CarRoute
            Their route.
        earliest_s : float
            No car leaves before (s).
        never : sequence of (start_s, end_s)
            No car leaves within.

        Returns
        -------
        bool[n_steps]
            True where they may.
        """
        start = np.arange(self.n_steps) * float(self.step_s)
        latest_arrival = start + self.step_s + route.free_flow_s + self.margin_s
        may = np.zeros(self.n_steps, dtype=np.bool_)
        for open_s, close_s in self.problem.scenario.open_windows():
            may |= (start >= open_s) & (latest_arrival <= close_s)
        for from_s, until_s in never:
            may &= (start + self.step_s <= from_s) | (start >= until_s)
        allowed: FlagArray = may & (start >= earliest_s)
        return allowed


def _carry_over(free: FloatArray) -> None:
    """A column of buses takes more than one step to pass: what it lacks is taken from the steps after it."""
    for row in np.flatnonzero((free < 0).any(axis=1)):
        lacking = 0.0
        for step in range(free.shape[1]):
            free[row, step] += lacking
            lacking = min(0.0, float(free[row, step]))
            free[row, step] -= lacking


def _compact(available: FloatArray, cars: float) -> FloatArray:
    """The earliest completion, reached by leaving as late as possible: few gaps, no waiting on the road."""
    taken = np.zeros_like(available)
    total = np.cumsum(available)
    if total.size == 0 or total[-1] <= 0:
        return taken
    last = min(int(np.searchsorted(total, cars - 1e-9)), total.size - 1)
    cars = min(cars, float(total[last]))
    backwards = np.cumsum(available[last::-1])
    first = last - min(int(np.searchsorted(backwards, cars - 1e-9)), last)
    span = available[first : last + 1]
    taken[first : last + 1] = np.diff(np.minimum(np.cumsum(span), cars), prepend=0.0)
    return taken


def cut_waves(
    queue: CarQueue,
    departures: FloatArray,
    *,
    step_s: int,
    grid_s: int,
    route_id: str,
    pauses: bool = False,
) -> tuple[tuple[Wave, ...], CarQueue]:
    """
    Turn reserved departures into waves of whole households on the clock grid.

    Parameters
    ----------
    queue : CarQueue
        Households in the order they leave.
    departures : float64[n_steps]
        Cars leaving in each step.
    step_s : int
        Length of a step (s).
    grid_s : int
        Waves start at multiples of this (s since the scenario's start).
    route_id : str
        Route of the waves.
    pauses : bool
        Whether the settlement may pause where it has no departures for a slot of the grid; else its waves
        follow each other without a gap.

    Returns
    -------
    waves : tuple of Wave
        In time order.
    left_behind : CarQueue
        Households beyond the departures.
    """
    gone = np.cumsum(departures)
    if gone.size == 0 or gone[-1] < 0.5:
        return (), queue
    # Fluid amounts round to whole cars at the end of every slot, never to fewer in all.
    edges_s = _slot_edges(departures, step_s, grid_s, pauses=pauses)
    waves: list[Wave] = []
    at = 0
    for start_s, end_s in pairwise(edges_s.tolist()):
        step = min(-(-end_s // step_s), gone.size) - 1
        until = int(np.searchsorted(queue.cars_gone, gone[step] + 0.5, side="right"))
        if until > at and end_s > start_s:
            leaving = queue.part(at, until)
            waves.append(
                Wave(
                    id=f"{queue.id}/{len(waves) + 1}",
                    settlement=queue.settlement,
                    route=route_id,
                    start_s=start_s,
                    end_s=end_s,
                    vehicles=leaving.cars,
                    households=leaving.households,
                    people=leaving.people,
                )
            )
            at = until
    return tuple(waves), queue.part(at)


def _slot_edges(departures: FloatArray, step_s: int, grid_s: int, *, pauses: bool) -> IndexArray:
    """Edges of the waves: the grid while cars leave, runs of slots joined up to half an hour."""
    leaving = np.flatnonzero(departures > 1e-9)
    gap_s = 2 * grid_s if pauses else np.inf
    after_pause = np.flatnonzero(np.diff(leaving) * step_s >= gap_s) + 1
    edges: list[int] = []
    length = max(grid_s, _LONGEST_WAVE_S // grid_s * grid_s)
    for run in np.split(leaving, after_pause):
        last_s = (int(run[-1]) + 1) * step_s
        edges.append(int(run[0]) * step_s // grid_s * grid_s)
        while edges[-1] < last_s:
            edges.append(min(edges[-1] + length, max(last_s, edges[-1] + step_s)))
    return np.asarray(edges, dtype=np.int32)
