"""The simplest dispatch: every vehicle goes to the nearest people left and to the nearest haven."""

from __future__ import annotations

import heapq

from safepassage.planner.surge.fleet_clock import boarding_s, time_job, tour_of
from safepassage.planner.surge.fleet_loads import may_end_at, pack
from safepassage.planner.surge.fleet_problem import FleetProblem
from safepassage.planner.surge.fleet_schedule import Call, Schedule, Timetable


def dispatch_nearest(problem: FleetProblem) -> Schedule:
    """
    Give jobs to vehicles, the one that is free first being next, until none can do more.

    Parameters
    ----------
    problem : FleetProblem
        The task.

    Returns
    -------
    Schedule
        Every job calls at one stop.
    """
    schedule = Schedule(problem)
    free = [(vehicle.available_s, number) for number, vehicle in enumerate(problem.vehicles)]
    heapq.heapify(free)
    while free and any(schedule.remaining):
        _, vehicle = heapq.heappop(free)
        job = _nearest_job(schedule, vehicle)
        if job is not None:
            schedule.commit(job)
            heapq.heappush(free, (job.done_s, vehicle))
    return schedule


def _nearest_job(schedule: Schedule, vehicle: int) -> Timetable | None:
    problem, item = schedule.problem, schedule.problem.vehicles[vehicle]
    travel, boarding = problem.travel, problem.scenario.policy.boarding
    here = schedule.place(vehicle)
    stops = range(problem.n_assembly_points)
    for stop in sorted(stops, key=lambda s: (travel.free_time_s(here, problem.stops[s].place), s)):
        load = pack(schedule, item, stop)
        if load is None:
            continue
        call = Call(stop, load.parties, load.needs.total, boarding_s(boarding, load.needs))
        tour = tour_of(problem, (call,), load.needs)
        place = problem.stops[stop].place
        for haven in sorted(
            load.havens, key=lambda h: (travel.free_time_s(place, problem.havens[h].place), h)
        ):
            if may_end_at(item, problem.havens[haven].site):
                job = time_job(schedule, vehicle, tour, haven)
                if job is not None:
                    return job
    return None
