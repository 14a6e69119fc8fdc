"""The schedule under construction: what every vehicle does when, what is taken and what is left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from safepassage.model.people import NeedCount
from safepassage.planner.surge.fleet_problem import NO_RUN, FleetProblem

Parties = tuple[tuple[int, int], ...]
"""Pairs of kind number and how many parties of it."""


@dataclass(frozen=True, slots=True)
class Call:
    """
    A stop of a vehicle at which people get on.

    Attributes
    ----------
    stop : int
        Stop number.
    parties : Parties
        Who gets on.
    persons : int
        The same in persons.
    board_s : int
        How long it takes (s).
    """

    stop: int
    parties: Parties
    persons: int
    board_s: int


@dataclass(frozen=True, slots=True)
class Tour:
    """
    Stops of a job and everybody on board in the end.

    Attributes
    ----------
    calls : tuple of Call
        In driving order.
    needs : NeedCount
        Persons by need class.
    persons : int
        All of them.
    alight_s : int
        How long they take to get off (s).
    """

    calls: tuple[Call, ...]
    needs: NeedCount
    persons: int
    alight_s: int


@dataclass(frozen=True, slots=True)
class Timetable:
    """
    When a vehicle does a job.

    Attributes
    ----------
    vehicle : int
        Vehicle number.
    tour : Tour
        Its stops.
    haven : int
        Where everybody gets off.
    run : int
        The scheduled departure they go on with; `NO_RUN` where they stay or wait for other vehicles.
    start_s : int
        Leaves where it stood.
    arrive_s, depart_s : tuple of int
        At each call.
    reach_s, done_s : int
        Arrives at the haven and is empty again.
    rest_s : tuple of int
        Break of the crew before it starts, then within each call.
    driven_s : int
        Driving since the last break when it is done.
    safe_s : int
        When its passengers are out of danger.
    """

    vehicle: int
    tour: Tour
    haven: int
    run: int
    start_s: int
    arrive_s: tuple[int, ...]
    depart_s: tuple[int, ...]
    reach_s: int
    done_s: int
    rest_s: tuple[int, ...]
    driven_s: int
    safe_s: int

    @property
    def calls(self) -> tuple[Call, ...]:
        """Stops at which people get on."""
        return self.tour.calls

    @property
    def needs(self) -> NeedCount:
        """Everybody carried, by need class."""
        return self.tour.needs

    @property
    def persons(self) -> int:
        """Persons carried."""
        return self.tour.persons


@dataclass(slots=True)
class Crowd:
    """
    People waiting at one place.

    Attributes
    ----------
    intervals : list of (from_s, until_s, persons)
        Who waits when.
    """

    intervals: list[tuple[float, float, int]] = field(default_factory=list)

    def peak(self, from_s: float, until_s: float) -> int:
        """Most persons waiting at once between two times."""
        within = [item for item in self.intervals if item[0] < until_s and item[1] > from_s]
        moments = {from_s, *(item[0] for item in within if item[0] > from_s)}
        return max(sum(n for begin, end, n in within if begin <= at < end) for at in moments)

    def next_leaving(self, after_s: float) -> float:
        """When somebody who waits after a time leaves next; ``inf`` where nobody does."""
        return min((end for _, end, _ in self.intervals if end > after_s), default=math.inf)


class Schedule:
    """
    Jobs of all vehicles, and what they leave.

    Parameters
    ----------
    problem : FleetProblem
        The task.

    Attributes
    ----------
    remaining : list of int
        Parties of each kind that nobody fetches yet.
    jobs : list of list of Timetable
        For each vehicle, in time order.
    stop_crowd : list of Crowd
        Who waits at each stop.
    haven_crowd : list of Crowd
        Who waits at each hub or station.
    room : dict of str to float
        Persons each receiving site can still take in.
    run_places : list of NeedCount
        Places of each scheduled departure that are taken.
    """

    def __init__(self, problem: FleetProblem) -> None:
        self.problem = problem
        self.remaining = [kind.count for kind in problem.kinds]
        self.jobs: list[list[Timetable]] = [[] for _ in problem.vehicles]
        self.stop_crowd = [Crowd() for _ in problem.stops]
        self.haven_crowd = [Crowd() for _ in problem.havens]
        self.room = dict(problem.room)
        self.run_places = [NeedCount() for _ in problem.runs]

    def free_s(self, vehicle: int) -> int:
        """When a vehicle has nothing more to do (s)."""
        jobs = self.jobs[vehicle]
        return jobs[-1].done_s if jobs else self.problem.vehicles[vehicle].available_s

    def place(self, vehicle: int) -> int:
        """Where a vehicle then stands (place number)."""
        jobs = self.jobs[vehicle]
        if not jobs:
            return self.problem.vehicles[vehicle].place
        return self.problem.havens[jobs[-1].haven].place

    def driven_s(self, vehicle: int) -> int:
        """How long its crew has then driven since the last break (s)."""
        jobs = self.jobs[vehicle]
        return jobs[-1].driven_s if jobs else self.problem.vehicles[vehicle].driven_s

    def commit(self, job: Timetable) -> None:
        """Add a job at the end of its vehicle's day."""
        self.jobs[job.vehicle].append(job)
        problem = self.problem
        if job.calls[0].stop < problem.n_assembly_points:
            for call in job.calls:
                for kind, number in call.parties:
                    self.remaining[kind] -= number
        for stop, interval in waiting_intervals(problem, job.tour, job.depart_s):
            self.stop_crowd[stop].intervals.append(interval)
        haven = problem.havens[job.haven]
        if haven.final:
            self.room[haven.site] -= job.persons
            return
        until_s = math.inf if job.run == NO_RUN else problem.runs[job.run].depart_s
        self.haven_crowd[job.haven].intervals.append((job.reach_s, until_s, job.persons))
        if job.run != NO_RUN:
            self.room[problem.runs[job.run].to_site] -= job.persons
            self.run_places[job.run] += job.needs


def waiting_intervals(
    problem: FleetProblem, tour: Tour, depart_s: Sequence[int]
) -> list[tuple[int, tuple[float, float, int]]]:
    """
    Who waits at assembly points for a job, from the call or the vehicle's boarding to its departure.

    Parameters
    ----------
    problem : FleetProblem
        The task.
    tour : Tour
        Stops of the job.
    depart_s : sequence of int
        When it leaves each of them (s).

    Returns
    -------
    list of (stop, (from_s, until_s, persons))
        One entry a call at a stop with a cap.
    """
    ahead_s = problem.scenario.policy.call_ahead_s
    return [
        (call.stop, (until_s - max(ahead_s, call.board_s), until_s, call.persons))
        for call, until_s in zip(tour.calls, depart_s, strict=True)
        if problem.stops[call.stop].waiting_cap < math.inf
    ]
