"""When a vehicle can do a job: driving, boarding, breaks, curfew, opening times, crowds, trains."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from safepassage.model.people import NeedCount
from safepassage.model.policy import Boarding, Policy
from safepassage.planner.surge.fleet_problem import NO_RUN, FleetProblem
from safepassage.planner.surge.fleet_schedule import Call, Schedule, Timetable, waiting_intervals
from safepassage.planner.surge.fleet_travel import UNREACHABLE_S

# Each try moves the boarding past one obstacle; a place with more obstacles than this is no use today.
_MOST_TRIES = 60


def boarding_s(boarding: Boarding, needs: NeedCount) -> int:
    """How long people take to get on at one stop, the fixed time of the stop included (s)."""
    return math.ceil(boarding.stop_s + _handling_s(boarding, needs))


def alighting_s(boarding: Boarding, needs: NeedCount) -> int:
    """How long people take to get off at one stop, the fixed time of the stop included (s)."""
    return math.ceil(boarding.stop_s + 0.5 * _handling_s(boarding, needs))


def _handling_s(boarding: Boarding, needs: NeedCount) -> float:
    return (
        boarding.seat_s * needs.seats
        + boarding.wheelchair_s * needs.wheelchair
        + boarding.stretcher_s * needs.stretcher
    )


def window_start_s(windows: Sequence[tuple[int, int]], earliest_s: float, duration_s: float) -> int | None:
    """
    The first moment from which something can be done inside one window.

    Parameters
    ----------
    windows : sequence of (start_s, end_s)
        Ascending and disjoint.
    earliest_s, duration_s : float
        Not before, and how long it takes (s).

    Returns
    -------
    int or None
        None where no window is left that is long enough.
    """
    for start_s, end_s in windows:
        begin_s = max(start_s, math.ceil(earliest_s))
        if begin_s + duration_s <= end_s:
            return begin_s
    return None


@dataclass(frozen=True, slots=True)
class _Loaded:
    """The part of a job with people on board."""

    arrive_s: tuple[int, ...]
    depart_s: tuple[int, ...]
    rest_s: tuple[int, ...]
    reach_s: int
    driven_s: int


def time_job(
    schedule: Schedule, vehicle: int, calls: tuple[Call, ...], haven_number: int, ready_s: float = 0.0
) -> Timetable | None:
    """
    The earliest a vehicle can do a job after all it has to do already.

    Parameters
    ----------
    schedule : Schedule
        What is planned so far; not modified.
    vehicle : int
        Vehicle number.
    calls : tuple of Call
        Stops and who gets on, in driving order.
    haven_number : int
        Where everybody gets off.
    ready_s : float
        The people are not there before (s).

    Returns
    -------
    Timetable or None
        None where the job cannot be done: no road, no room, no open window, no train, crew's day over.

    Notes
    -----
    From the first boarding to the last arrival everything lies in one window, so nobody waits at an
    assembly point or sits in a vehicle overnight; the empty drive may lie in an earlier window. A
    vehicle that has to wait does so where it stands, not at the assembly point. A break is taken
    before the drive that would exceed the limit, if possible before people board.
    """
    problem = schedule.problem
    policy, travel = problem.scenario.policy, problem.travel
    first = problem.stops[calls[0].stop]
    free_s, here, before_s = schedule.free_s(vehicle), schedule.place(vehicle), schedule.driven_s(vehicle)
    drive_s = travel.time_s(here, first.place, free_s)
    if drive_s >= UNREACHABLE_S:
        return None
    rest_start_s = _rest_s(policy, before_s, drive_s)
    start_s = window_start_s(problem.windows, free_s + rest_start_s, drive_s)
    if start_s is None:
        return None
    arrive_s = start_s + drive_s
    driven_s = _driven_s(policy, before_s, drive_s, rest_start_s)
    loaded_s = _loaded_drive_s(problem, calls, haven_number, arrive_s)
    rest_stop_s = _rest_s(policy, driven_s, loaded_s) if driven_s and loaded_s < UNREACHABLE_S else 0
    begin_s = math.ceil(max(arrive_s + rest_stop_s, first.opens_s, ready_s))
    for _ in range(_MOST_TRIES):
        rested = rest_stop_s > 0
        waited = begin_s - arrive_s >= policy.break_s
        driven_then_s = 0 if rested else drive_s if waited else driven_s
        loaded = _loaded(problem, calls, haven_number, begin_s, driven_then_s)
        job = Timetable(
            vehicle, calls, haven_number, NO_RUN, start_s, (arrive_s, *loaded.arrive_s[1:]), loaded.depart_s,
            loaded.reach_s, loaded.reach_s + alighting_s(policy.boarding, _on_board(calls)),
            (rest_start_s, rest_stop_s + loaded.rest_s[0], *loaded.rest_s[1:]),
            loaded.driven_s, loaded.reach_s,
        )  # fmt: skip
        moved_s = _begin_that_fits(schedule, job, begin_s)
        if moved_s is None:
            return None
        if moved_s == begin_s:
            return _leaving_late(problem, _with_run(schedule, job), here, begin_s - rest_stop_s)
        begin_s = moved_s
    return None


def _on_board(calls: tuple[Call, ...]) -> NeedCount:
    return sum((call.needs for call in calls), NeedCount())


def _rest_s(policy: Policy, driven_s: int, drive_s: int) -> int:
    """Break to take before a drive; several where the drive alone is longer than a crew may drive."""
    breaks = max(0, math.ceil((driven_s + drive_s) / policy.drive_before_break_s) - 1)
    return math.ceil(breaks * policy.break_s) if driven_s or breaks else 0


def _driven_s(policy: Policy, driven_s: int, drive_s: int, rest_s: int) -> int:
    if not rest_s:
        return driven_s + drive_s
    return math.ceil(drive_s % policy.drive_before_break_s) if drive_s else 0


def _loaded_drive_s(problem: FleetProblem, calls: tuple[Call, ...], haven: int, at_s: int) -> int:
    places = [problem.stops[call.stop].place for call in calls] + [problem.havens[haven].place]
    return sum(problem.travel.time_s(a, b, at_s) for a, b in pairwise(places))


def _loaded(
    problem: FleetProblem, calls: tuple[Call, ...], haven: int, begin_s: int, driven_s: int
) -> _Loaded:
    policy = problem.scenario.policy
    arrivals, departures, rests = [], [], []
    at_s = begin_s
    for k, call in enumerate(calls):
        arrivals.append(at_s)
        stop = problem.stops[call.stop]
        onward = problem.stops[calls[k + 1].stop].place if k + 1 < len(calls) else problem.havens[haven].place
        ready_s = math.ceil(max(at_s, stop.opens_s)) + call.board_s
        leg_s = problem.travel.time_s(stop.place, onward, ready_s)
        rest_s = _rest_s(policy, driven_s, leg_s) if leg_s < UNREACHABLE_S else 0
        driven_s = _driven_s(policy, driven_s, leg_s, rest_s)
        departures.append(ready_s + rest_s)
        rests.append(rest_s)
        at_s = ready_s + rest_s + leg_s
    return _Loaded(tuple(arrivals), tuple(departures), tuple(rests), at_s, driven_s)


def _begin_that_fits(schedule: Schedule, job: Timetable, begin_s: int) -> int | None:
    """The same moment where nothing is in the way, a later one to try next, or None."""
    problem = schedule.problem
    haven = problem.havens[job.haven]
    if job.done_s > problem.vehicles[job.vehicle].duty_ends_s or job.reach_s > haven.closes_s:
        return None
    window_s = window_start_s(problem.windows, begin_s, job.reach_s - begin_s)
    if window_s is None or window_s > begin_s:
        return window_s
    if job.reach_s < haven.opens_s:
        return begin_s + math.ceil(haven.opens_s - job.reach_s)
    for call, depart_s in zip(job.calls, job.depart_s, strict=True):
        if depart_s > problem.stops[call.stop].closes_s:
            return None
    for stop, (from_s, until_s, persons) in waiting_intervals(problem, job):
        cap = problem.stops[stop].waiting_cap
        crowd = schedule.stop_crowd[stop]
        if persons > cap:
            return None
        if crowd.intervals and crowd.peak(from_s, until_s) + persons > cap:
            return begin_s + max(1, math.ceil(crowd.next_leaving(from_s) - from_s))
    return _begin_with_room(schedule, job, begin_s)


def _begin_with_room(schedule: Schedule, job: Timetable, begin_s: int) -> int | None:
    problem = schedule.problem
    haven, persons = problem.havens[job.haven], job.persons
    if haven.final:
        return begin_s if schedule.room[haven.site] >= persons else None
    crowd = schedule.haven_crowd[job.haven]
    run = _next_run(schedule, job) if not haven.safe else NO_RUN
    if not haven.safe and run == NO_RUN:
        return None
    until_s = math.inf if run == NO_RUN else problem.runs[run].depart_s
    if crowd.peak(job.reach_s, until_s) + persons <= haven.waiting_cap:
        return begin_s
    leaving_s = crowd.next_leaving(job.reach_s)
    return None if math.isinf(leaving_s) else begin_s + max(1, math.ceil(leaving_s - job.reach_s))


def _next_run(schedule: Schedule, job: Timetable) -> int:
    """The first departure that the passengers reach and that has places for all of them."""
    problem, needs = schedule.problem, job.needs
    for k, run in enumerate(problem.runs):
        if run.haven != job.haven or run.depart_s < job.done_s:
            continue
        taken = schedule.run_places[k]
        if (
            run.seats - taken.seats >= needs.seats
            and run.wheelchair_places - taken.wheelchair >= needs.wheelchair
            and run.stretcher_places - taken.stretcher >= needs.stretcher
            and schedule.room[run.to_site] >= needs.total
        ):
            return k
    return NO_RUN


def _with_run(schedule: Schedule, job: Timetable) -> Timetable:
    if schedule.problem.havens[job.haven].safe:
        return job
    run = _next_run(schedule, job)
    return replace(job, run=run, safe_s=schedule.problem.runs[run].arrive_s)


def _leaving_late(problem: FleetProblem, job: Timetable, here: int, needed_s: int) -> Timetable:
    """The same job with the wait before the empty drive instead of at the assembly point."""
    stop = problem.stops[job.calls[0].stop].place
    start_s = needed_s - (job.arrive_s[0] - job.start_s)
    drive_s = problem.travel.time_s(here, stop, start_s)
    fits = start_s + drive_s <= needed_s and window_start_s(problem.windows, start_s, drive_s) == start_s
    if start_s <= job.start_s or not fits:
        return job
    return replace(job, start_s=start_s, arrive_s=(start_s + drive_s, *job.arrive_s[1:]))
