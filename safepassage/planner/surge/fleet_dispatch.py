"""Dispatch: the vehicle that is free first gets the job that does most work in its time."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from safepassage.planner.surge.fleet_clock import time_job
from safepassage.planner.surge.fleet_loads import Packer, Worth, may_end_at
from safepassage.planner.surge.fleet_problem import NO_RUN, FleetProblem
from safepassage.planner.surge.fleet_schedule import Call, Schedule, Timetable
from safepassage.planner.surge.fleet_travel import UNREACHABLE_S

_SHORTLIST = 5


@dataclass(frozen=True, slots=True)
class Taste:
    """
    What the dispatcher prefers.

    Attributes
    ----------
    urgency : float
        Weight of stops that will take long to empty, against work done per time.
    patience : float
        How much a detour to a further stop may cost, as a multiple of the work it saves.
    noise : float
        Size of the random part of a job's score.
    latest_run_s : float
        Trains that arrive later are left alone (s).
    """

    urgency: float = 0.15
    patience: float = 1.2
    noise: float = 0.0
    latest_run_s: float = math.inf


Chooser = Callable[[Schedule, int], Timetable | None]
"""Picks the next job of a vehicle, or None where there is nothing it can do."""


def dispatch(schedule: Schedule, vehicles: list[int], choose: Chooser) -> None:
    """
    Give jobs to vehicles until everybody is fetched or no vehicle can do more.

    Parameters
    ----------
    schedule : Schedule
        Jobs are added to it.
    vehicles : list of int
        Those that may be used.
    choose : Chooser
        Picks the jobs.
    """
    free = [(schedule.free_s(vehicle), vehicle) for vehicle in vehicles]
    heapq.heapify(free)
    while free and any(schedule.remaining):
        _, vehicle = heapq.heappop(free)
        job = choose(schedule, vehicle)
        if job is not None:
            schedule.commit(job)
            heapq.heappush(free, (job.done_s, vehicle))


class BestWork:
    """
    Chooses the job with the most work done per time of the vehicle.

    Parameters
    ----------
    schedule : Schedule
        Whose remaining people are packed.
    worth : Worth
        How loads are valued.
    taste : Taste
        Preferences.
    random : Random
        Source of the random part.
    """

    def __init__(self, schedule: Schedule, worth: Worth, taste: Taste, random: Random) -> None:
        self.worth = worth
        self.packer = Packer(schedule, worth)
        self.taste = taste
        self.random = random
        self._longest_s = max(worth.cycle_s, default=1) + 1

    def __call__(self, schedule: Schedule, vehicle: int) -> Timetable | None:
        """
        Pick a vehicle's next job.

        Parameters
        ----------
        schedule : Schedule
            What is planned so far.
        vehicle : int
            Vehicle number.

        Returns
        -------
        Timetable or None
            None where there is nothing it can do.
        """
        stops = self._shortlist(schedule, vehicle)
        best, most = None, -math.inf
        for begin in range(0, len(stops), _SHORTLIST):
            for stop in stops[begin : begin + _SHORTLIST]:
                calls, havens = self.packer.calls(
                    schedule.problem.vehicles[vehicle], stop, self.taste.patience
                )
                for job in self._timed(schedule, vehicle, calls, havens):
                    score = self._score(schedule, job)
                    if score > most:
                        best, most = job, score
            if best is not None:
                break
        return best

    def _shortlist(self, schedule: Schedule, vehicle: int) -> list[int]:
        """Stops with people for the vehicle, the most promising first."""
        problem = schedule.problem
        item = problem.vehicles[vehicle]
        place = schedule.place(vehicle)
        ranked = []
        for stop in range(problem.n_assembly_points):
            load = self.packer.single(item, stop)
            if load is None:
                continue
            cycle_s = self.worth.cycle_s[stop]
            there_s = problem.travel.free_time_s(place, problem.stops[stop].place)
            work_s = self.worth.work_s(item.group, stop, load.parties)
            score = work_s / (cycle_s / 2 + min(there_s, UNREACHABLE_S) + 1) + self._extra(schedule, stop)
            ranked.append((-score, stop))
        return [stop for _, stop in sorted(ranked)]

    def _timed(
        self, schedule: Schedule, vehicle: int, calls: tuple[Call, ...], havens: frozenset[int]
    ) -> list[Timetable]:
        item = schedule.problem.vehicles[vehicle]
        jobs = []
        for haven in sorted(havens):
            if may_end_at(item, schedule.problem.havens[haven].site):
                job = time_job(schedule, vehicle, calls, haven)
                if job is not None and (job.run == NO_RUN or job.safe_s <= self.taste.latest_run_s):
                    jobs.append(job)
        return jobs

    def _score(self, schedule: Schedule, job: Timetable) -> float:
        problem = schedule.problem
        group = problem.vehicles[job.vehicle].group
        work_s = sum(self.worth.work_s(group, call.stop, call.parties) for call in job.calls)
        handling_s = sum(call.board_s for call in job.calls) + job.done_s - job.reach_s
        stops_s = (len(job.calls) + 1) * problem.scenario.policy.boarding.stop_s
        first = job.calls[0].stop
        back_s = problem.travel.free_time_s(problem.havens[job.haven].place, problem.stops[first].place)
        used_s = job.done_s - schedule.free_s(job.vehicle) - handling_s + stops_s + back_s
        return work_s / max(used_s, 1) + self._extra(schedule, first)

    def _extra(self, schedule: Schedule, stop: int) -> float:
        """The rest of a score: how long the stop will keep vehicles busy, and chance."""
        problem = schedule.problem
        cap = problem.stops[stop].waiting_cap
        persons = sum(
            schedule.remaining[k] * problem.kinds[k].party.needs.total for k in problem.kinds_at[stop]
        )
        queue_s = persons / max(cap, 1) * problem.scenario.policy.call_ahead_s
        urgency = self.taste.urgency * (self.worth.cycle_s[stop] + queue_s) / self._longest_s
        return urgency + self.taste.noise * self.random.random()


class NearestStop:
    """
    The simplest dispatcher: the nearest stop with people left, then the nearest haven.

    Parameters
    ----------
    schedule : Schedule
        Whose remaining people are packed.
    worth : Worth
        How loads are valued.
    """

    def __init__(self, schedule: Schedule, worth: Worth) -> None:
        self.packer = Packer(schedule, worth)

    def __call__(self, schedule: Schedule, vehicle: int) -> Timetable | None:
        """
        Pick a vehicle's next job.

        Parameters
        ----------
        schedule : Schedule
            What is planned so far.
        vehicle : int
            Vehicle number.

        Returns
        -------
        Timetable or None
            None where there is nothing it can do.
        """
        problem, item = schedule.problem, schedule.problem.vehicles[vehicle]
        here = schedule.place(vehicle)
        near = sorted(
            range(problem.n_assembly_points),
            key=lambda stop: (problem.travel.free_time_s(here, problem.stops[stop].place), stop),
        )
        for stop in near:
            calls, havens = self.packer.calls(item, stop, patience=0.0)
            ends = sorted(havens, key=lambda k: _haven_order(problem, stop, k))
            for haven in ends:
                if may_end_at(item, problem.havens[haven].site):
                    job = time_job(schedule, vehicle, calls, haven)
                    if job is not None:
                        return job
        return None


def _haven_order(problem: FleetProblem, stop: int, haven: int) -> tuple[int, int]:
    return problem.travel.free_time_s(problem.stops[stop].place, problem.havens[haven].place), haven
