"""When a vehicle can do a job: driving, boarding, breaks, curfew, opening times, crowds, trains."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from safepassage.model.people import NeedCount
from safepassage.model.policy import Boarding, Policy
from safepassage.planner.surge.fleet_problem import NO_RUN, FleetProblem, Haven
from safepassage.planner.surge.fleet_schedule import Call, Schedule, Timetable, Tour, waiting_intervals
from safepassage.planner.surge.fleet_travel import UNREACHABLE_S

# Each try moves the boarding past one obstacle; a place with more obstacles than this is no use today.
_MOST_TRIES = 60


def boarding_s(boarding: Boarding, needs: NeedCount) -> int:
    """How long people take to get on at one stop, the fixed time of the stop included (s)."""
    return math.ceil(boarding.stop_s + boarding.board_s(needs))


def alighting_s(boarding: Boarding, needs: NeedCount) -> int:
    """How long people take to get off at one stop, the fixed time of the stop included (s)."""
    return math.ceil(boarding.stop_s + boarding.alight_s(needs))


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


class _Loaded(NamedTuple):
    """The part of a job with people on board."""

    arrive_s: list[int]
    depart_s: list[int]
    rest_s: list[int]
    reach_s: int
    driven_s: int


def tour_of(problem: FleetProblem, calls: tuple[Call, ...], needs: NeedCount) -> Tour:
    """
    A tour with the time its people take to get off.

    Parameters
    ----------
    problem : FleetProblem
        The task.
    calls : tuple of Call
        Stops in driving order.
    needs : NeedCount
        Everybody who gets on.

    Returns
    -------
    Tour
        Ready to be timed.
    """
    return Tour(calls, needs, needs.total, alighting_s(problem.scenario.policy.boarding, needs))


def time_job(
    schedule: Schedule, vehicle: int, tour: Tour, haven_number: int, ready_s: float = 0.0
) -> Timetable | None:
    """
    The earliest a vehicle can do a job after all it has to do already.

    Parameters
    ----------
    schedule : Schedule
        What is planned so far; not modified.
    vehicle : int
        Vehicle number.
    tour : Tour
        Stops and who gets on.
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
    haven, first = problem.havens[haven_number], problem.stops[tour.calls[0].stop]
    if haven.final and schedule.room[haven.site] < tour.persons:
        return None
    free_s, here, before_s = schedule.free_s(vehicle), schedule.place(vehicle), schedule.driven_s(vehicle)
    drive_s = travel.time_s(here, first.place, free_s)
    loaded_s = _loaded_drive_s(problem, tour, haven, free_s + drive_s)
    if drive_s + loaded_s >= UNREACHABLE_S:
        return None
    rest_start_s = _rest_s(policy, before_s, drive_s)
    start_s = window_start_s(problem.windows, free_s + rest_start_s, drive_s)
    if start_s is None:
        return None
    arrive_s = start_s + drive_s
    driven_s = _driven_s(policy, before_s, drive_s, rest_start_s)
    rest_stop_s = _rest_s(policy, driven_s, loaded_s) if driven_s else 0
    begin_s = math.ceil(max(arrive_s + rest_stop_s, first.opens_s, ready_s))
    for _ in range(_MOST_TRIES):
        waited = begin_s - arrive_s >= policy.break_s
        driven_then_s = 0 if rest_stop_s else drive_s if waited else driven_s
        loaded = _loaded(problem, tour, haven, begin_s, driven_then_s)
        moved_s, run = _begin_that_fits(schedule, vehicle, tour, haven_number, begin_s, loaded)
        if moved_s is None:
            return None
        if moved_s == begin_s:
            break
        begin_s = moved_s
    else:
        return None
    start_s, arrive_s = _leaving_late(problem, here, first.place, (start_s, arrive_s), begin_s - rest_stop_s)
    return Timetable(
        vehicle=vehicle,
        tour=tour,
        haven=haven_number,
        run=run,
        start_s=start_s,
        arrive_s=(arrive_s, *loaded.arrive_s[1:]),
        depart_s=tuple(loaded.depart_s),
        reach_s=loaded.reach_s,
        done_s=loaded.reach_s + tour.alight_s,
        rest_s=(rest_start_s, rest_stop_s + loaded.rest_s[0], *loaded.rest_s[1:]),
        driven_s=loaded.driven_s,
        safe_s=loaded.reach_s if run == NO_RUN else problem.runs[run].arrive_s,
    )


def _rest_s(policy: Policy, driven_s: int, drive_s: int) -> int:
    """Break to take before a drive; several where the drive alone is longer than a crew may drive."""
    if driven_s + drive_s <= policy.drive_before_break_s:
        return 0
    breaks = math.ceil((driven_s + drive_s) / policy.drive_before_break_s) - 1
    return math.ceil(breaks * policy.break_s)


def _driven_s(policy: Policy, driven_s: int, drive_s: int, rest_s: int) -> int:
    if not rest_s:
        return driven_s + drive_s
    return math.ceil(drive_s % policy.drive_before_break_s)


def _loaded_drive_s(problem: FleetProblem, tour: Tour, haven: Haven, at_s: int) -> int:
    places = [problem.stops[call.stop].place for call in tour.calls]
    places.append(haven.place)
    return sum(problem.travel.time_s(a, b, at_s) for a, b in pairwise(places))


def _loaded(problem: FleetProblem, tour: Tour, haven: Haven, begin_s: int, driven_s: int) -> _Loaded:
    policy, stops = problem.scenario.policy, problem.stops
    arrivals, departures, rests = [], [], []
    onward = [stops[call.stop].place for call in tour.calls[1:]]
    onward.append(haven.place)
    at_s = begin_s
    for call, to in zip(tour.calls, onward, strict=True):
        stop = stops[call.stop]
        arrivals.append(at_s)
        ready_s = math.ceil(max(at_s, stop.opens_s)) + call.board_s
        leg_s = problem.travel.time_s(stop.place, to, ready_s)
        rest_s = _rest_s(policy, driven_s, leg_s)
        driven_s = _driven_s(policy, driven_s, leg_s, rest_s)
        departures.append(ready_s + rest_s)
        rests.append(rest_s)
        at_s = ready_s + rest_s + leg_s
    return _Loaded(arrivals, departures, rests, at_s, driven_s)


def _begin_that_fits(
    schedule: Schedule, vehicle: int, tour: Tour, haven_number: int, begin_s: int, loaded: _Loaded
) -> tuple[int | None, int]:
    """The same moment where nothing is in the way, a later one to try next, or None; and the train."""
    problem = schedule.problem
    haven, reach_s = problem.havens[haven_number], loaded.reach_s
    if reach_s + tour.alight_s > problem.vehicles[vehicle].duty_ends_s or reach_s > haven.closes_s:
        return None, NO_RUN
    window_s = window_start_s(problem.windows, begin_s, reach_s - begin_s)
    if window_s is None or window_s > begin_s:
        return window_s, NO_RUN
    if reach_s < haven.opens_s:
        return begin_s + math.ceil(haven.opens_s - reach_s), NO_RUN
    for call, depart_s in zip(tour.calls, loaded.depart_s, strict=True):
        if depart_s > problem.stops[call.stop].closes_s:
            return None, NO_RUN
    for stop, (from_s, until_s, persons) in waiting_intervals(problem, tour, loaded.depart_s):
        cap, crowd = problem.stops[stop].waiting_cap, schedule.stop_crowd[stop]
        if persons > cap:
            return None, NO_RUN
        if crowd.intervals and crowd.peak(from_s, until_s) + persons > cap:
            return begin_s + max(1, math.ceil(crowd.next_leaving(from_s) - from_s)), NO_RUN
    return (
        (begin_s, NO_RUN) if haven.final else _begin_with_room(schedule, tour, haven_number, begin_s, reach_s)
    )


def _begin_with_room(
    schedule: Schedule, tour: Tour, haven_number: int, begin_s: int, reach_s: int
) -> tuple[int | None, int]:
    problem = schedule.problem
    haven, crowd = problem.havens[haven_number], schedule.haven_crowd[haven_number]
    run, until_s = NO_RUN, math.inf
    if not haven.safe:
        run = _next_run(schedule, tour, haven_number, reach_s + tour.alight_s)
        if run == NO_RUN:
            return None, NO_RUN
        until_s = problem.runs[run].depart_s
    if crowd.peak(reach_s, until_s) + tour.persons <= haven.waiting_cap:
        return begin_s, run
    leaving_s = crowd.next_leaving(reach_s)
    return (None if math.isinf(leaving_s) else begin_s + max(1, math.ceil(leaving_s - reach_s))), run


def _next_run(schedule: Schedule, tour: Tour, haven: int, ready_s: int) -> int:
    """The first departure that the passengers reach before a night and that has places for all of them."""
    problem, needs = schedule.problem, tour.needs
    night_s = next((end for start, end in problem.windows if end >= ready_s - tour.alight_s), math.inf)
    for k, run in enumerate(problem.runs):
        if run.haven != haven or run.depart_s < ready_s or run.depart_s > night_s:
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


def _leaving_late(
    problem: FleetProblem, here: int, stop: int, drive: tuple[int, int], needed_s: int
) -> tuple[int, int]:
    """Start and end of the empty drive, with any wait before it instead of at the assembly point."""
    start_s = needed_s - (drive[1] - drive[0])
    drive_s = problem.travel.time_s(here, stop, start_s)
    fits = start_s + drive_s <= needed_s and window_start_s(problem.windows, start_s, drive_s) == start_s
    return (start_s, start_s + drive_s) if start_s > drive[0] and fits else drive
