"""How much work vehicles can still do before a deadline, were every load a full one."""

from __future__ import annotations

import math

import numpy as np

from safepassage.model.arrays import FlagArray, FloatArray, OffsetArray
from safepassage.model.people import NeedCount
from safepassage.planner.surge.fleet_clock import alighting_s, boarding_s
from safepassage.planner.surge.fleet_loads import Worth
from safepassage.planner.surge.fleet_problem import FleetProblem
from safepassage.planner.surge.fleet_travel import UNREACHABLE_S
from safepassage.planner.surge.kernel_fleet_ahead import work_ahead

_STEP_S = 300
_DRIVE_UNIT_S = 600
_MOST_STEPS = 250
_MOST_STOPS = 12


class WorkAhead:
    """
    Tables of the work that a vehicle can still do, for the dispatcher to look up.

    Parameters
    ----------
    problem : FleetProblem
        The task.
    worth : Worth
        How loads are valued.
    groups : list of int
        Vehicle groups that tables are needed for, in order.

    Attributes
    ----------
    step_s, drive_unit_s : float
        Open time in one step of the last table, and driving in one of its units (s).

    Notes
    -----
    They know driving, boarding, breaks, nights and the last useful train; not crowds, room or duty
    hours. They guide the dispatcher, which checks every job against every rule.
    """

    def __init__(self, problem: FleetProblem, worth: Worth, groups: list[int]) -> None:
        self.problem = problem
        self.worth = worth
        self.groups = groups
        self.stops = _typical_stops(problem, worth)
        self.step_s = float(_STEP_S)
        self.drive_unit_s = float(_DRIVE_UNIT_S)

    def table(self, deadline_s: float) -> FloatArray:
        """
        Work still possible before a deadline.

        Parameters
        ----------
        deadline_s : float
            People must be out of danger by then (s).

        Returns
        -------
        float64[group, step, haven, unit]
            By open time since the start, where the vehicle stands and driving since the last break.
        """
        windows = _windows_before(self.problem, deadline_s)
        total_s = sum(end - start for start, end in windows)
        self.step_s = float(max(_STEP_S, math.ceil(total_s / _MOST_STEPS)))
        known: dict[tuple[int, int, int], FloatArray] = {}
        for number in self.groups:
            size = self._size(number)
            if size not in known:
                known[size] = self._group_table(number, windows)
        return np.stack([known[self._size(number)] for number in self.groups])

    def _size(self, number: int) -> tuple[int, int, int]:
        group = self.problem.groups[number]
        return (group.seats, group.wheelchair_places, group.stretcher_places)

    def _group_table(self, number: int, windows: list[tuple[float, float]]) -> FloatArray:
        problem, stops = self.problem, self.stops
        full = NeedCount(*self._size(number))
        policy = problem.scenario.policy
        places = [haven.place for haven in problem.havens]
        at = [problem.stops[stop].place for stop in stops]
        free_s = problem.travel.free_time_s
        empty_s = np.array([[free_s(place, stop) for stop in at] for place in places], np.float64)
        loaded_s = np.array([[free_s(stop, place) for place in places] for stop in at], np.float64)
        empty_s, loaded_s = empty_s.reshape(len(places), -1), loaded_s.reshape(-1, len(places))
        ends = self._window_ends(windows)
        return work_ahead(
            _steps(empty_s, self.step_s),
            _steps(loaded_s, self.step_s),
            _steps(empty_s, _DRIVE_UNIT_S),
            _steps(loaded_s, _DRIVE_UNIT_S),
            round(boarding_s(policy.boarding, full) / self.step_s),
            round(alighting_s(policy.boarding, full) / self.step_s),
            np.array([self.worth.full_s(number, stop) for stop in stops], np.float64),
            ends,
            self._arrival_counts(windows, len(ends)),
            round(policy.break_s / self.step_s),
            max(1, int(min(policy.drive_before_break_s, 24 * 3600) // _DRIVE_UNIT_S)),
        )

    def _window_ends(self, windows: list[tuple[float, float]]) -> OffsetArray:
        """The first step of the next window, for each step of open time."""
        ends = np.cumsum([end - start for start, end in windows]) / self.step_s
        steps = np.arange(max(1, math.ceil(ends[-1])) if len(ends) else 1)
        last = np.searchsorted(ends, steps, side="right")
        first: OffsetArray = np.ceil(np.append(ends, len(steps))[last]).astype(np.int64)
        return first

    def _arrival_counts(self, windows: list[tuple[float, float]], n_steps: int) -> FlagArray:
        problem = self.problem
        counts = np.ones((len(problem.havens), n_steps), np.bool_)
        deadline_s = windows[-1][1] if windows else 0.0
        for haven, place in enumerate(problem.havens):
            if not place.safe:
                departures = [
                    run.depart_s for run in problem.runs if run.haven == haven and run.arrive_s <= deadline_s
                ]
                last_s = max(departures, default=-1.0)
                open_s = sum(min(end, last_s) - start for start, end in windows if start < last_s)
                counts[haven] = np.arange(n_steps) * self.step_s < open_s
        return counts


def _steps(time_s: FloatArray, step_s: float) -> OffsetArray:
    return np.where(time_s >= UNREACHABLE_S, -1, np.rint(time_s / step_s)).astype(np.int64)


def _windows_before(problem: FleetProblem, deadline_s: float) -> list[tuple[float, float]]:
    return [
        (float(start), min(float(end), deadline_s)) for start, end in problem.windows if start < deadline_s
    ]


def _typical_stops(problem: FleetProblem, worth: Worth) -> list[int]:
    """Stops with people, evenly thinned by distance where there are many."""
    found = [
        stop for stop in range(problem.n_assembly_points) if problem.kinds_at[stop] and worth.cycle_s[stop]
    ]
    found.sort(key=lambda stop: (worth.cycle_s[stop], stop))
    stride = max(1, math.ceil(len(found) / _MOST_STOPS))
    return found[::stride]
