"""Onward travel: from the hub, where people are already safe, to places that take them in."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from safepassage.model.people import NeedCount
from safepassage.planner.surge.fleet_clock import boarding_s, time_job, tour_of
from safepassage.planner.surge.fleet_loads import may_end_at, needs_of
from safepassage.planner.surge.fleet_problem import NO_RUN, FleetProblem
from safepassage.planner.surge.fleet_schedule import Call, Parties, Schedule, Timetable


@dataclass(slots=True)
class Waiting:
    """
    Alike parties that one job left at a hub.

    Attributes
    ----------
    since_s : int
        When they had got off (s).
    kind : int
        Kind number.
    number : int
        Parties still there.
    """

    since_s: int
    kind: int
    number: int


@dataclass(frozen=True, slots=True)
class Riders:
    """
    Who takes a scheduled departure.

    Attributes
    ----------
    run : int
        Run number.
    parties : Parties
        Who.
    """

    run: int
    parties: Parties


@dataclass(frozen=True, slots=True)
class Onward:
    """
    How people go on from hubs.

    Attributes
    ----------
    riders : tuple of Riders
        With scheduled services.
    jobs : tuple of Timetable
        With vehicles; they are committed to the schedule too.
    staying : tuple of (haven, Parties)
        Who stays at a hub because nothing takes them on.
    """

    riders: tuple[Riders, ...]
    jobs: tuple[Timetable, ...]
    staying: tuple[tuple[int, Parties], ...]


def plan_onward(
    schedule: Schedule, *, before: Sequence[Timetable] = (), ridden: Mapping[int, Parties] | None = None
) -> Onward:
    """
    Take everybody on from the hubs, when vehicles have fetched all they can.

    Parameters
    ----------
    schedule : Schedule
        Finished as far as fetching goes; onward jobs are added to it.
    before : sequence of Timetable
        Jobs of an earlier plan that are done or under way, in time order.
    ridden : mapping of int to Parties, optional
        Who took which scheduled departure already, by run number.

    Returns
    -------
    Onward
        First come, first served; scheduled services before vehicles.
    """
    problem = schedule.problem
    queues: dict[int, list[Waiting]] = {haven: [] for haven in problem.hub_stop}
    jobs = [*before, *(job for jobs in schedule.jobs for job in jobs)]
    for job in jobs:
        if job.haven in queues:
            queues[job.haven] += [
                Waiting(job.done_s, kind, number) for call in job.calls for kind, number in call.parties
            ]
    for queue in queues.values():
        queue.sort(key=lambda item: (item.since_s, item.kind))
    hub_of = {stop: haven for haven, stop in problem.hub_stop.items()}
    for job in before:
        if job.calls[0].stop in hub_of:
            _let_go(queues[hub_of[job.calls[0].stop]], job.calls[0].parties)
    riders = _ride(schedule, queues, ridden or {})
    jobs_onward = _drive(schedule, queues)
    staying = tuple(
        (haven, tuple((item.kind, item.number) for item in queue if item.number))
        for haven, queue in queues.items()
    )
    return Onward(riders, jobs_onward, staying)


def _let_go(queue: list[Waiting], parties: Parties) -> list[tuple[Waiting, int]]:
    """Take out parties who are known to have gone on, those who came first."""
    gone: list[tuple[Waiting, int]] = []
    for kind, wanted in parties:
        left = wanted
        for item in queue:
            if item.kind == kind and item.number and left:
                taken = min(item.number, left)
                gone.append((item, taken))
                item.number -= taken
                left -= taken
        assert not left, "somebody goes on from a hub who never came there"
    return gone


def _ride(
    schedule: Schedule, queues: dict[int, list[Waiting]], ridden: Mapping[int, Parties]
) -> tuple[Riders, ...]:
    problem = schedule.problem
    found = []
    for k, run in enumerate(problem.runs):
        if run.haven not in queues:
            continue
        if k in ridden:
            _let_go(queues[run.haven], ridden[k])
            schedule.room[run.to_site] -= needs_of(problem, ridden[k]).total
            found.append(Riders(k, ridden[k]))
            continue
        taken = schedule.run_places[k]
        space = NeedCount(
            max(0, run.seats - taken.seats),
            max(0, run.wheelchair_places - taken.wheelchair),
            max(0, run.stretcher_places - taken.stretcher),
        )
        there = [item for item in queues[run.haven] if item.since_s <= run.depart_s]
        chosen = _boarding(problem, there, space, schedule.room[run.to_site], None)
        if chosen:
            parties = _take(chosen)
            schedule.room[run.to_site] -= needs_of(problem, parties).total
            found.append(Riders(k, parties))
    return tuple(found)


def _drive(schedule: Schedule, queues: dict[int, list[Waiting]]) -> tuple[Timetable, ...]:
    problem = schedule.problem
    vehicles = [(schedule.free_s(vehicle), vehicle) for vehicle in range(len(problem.vehicles))]
    heapq.heapify(vehicles)
    jobs = []
    while vehicles and any(item.number for queue in queues.values() for item in queue):
        _, vehicle = heapq.heappop(vehicles)
        best = min(
            (offer for hub in queues for offer in _offers(schedule, queues[hub], vehicle, hub)),
            key=lambda offer: (offer[0].done_s, offer[0].haven),
            default=None,
        )
        if best is None:
            continue
        job, chosen = best
        _take(chosen)
        schedule.commit(job)
        jobs.append(job)
        heapq.heappush(vehicles, (job.done_s, vehicle))
    return tuple(jobs)


def _offers(
    schedule: Schedule, queue: list[Waiting], vehicle: int, hub: int
) -> list[tuple[Timetable, list[tuple[Waiting, int]]]]:
    problem = schedule.problem
    item = problem.vehicles[vehicle]
    group = problem.groups[item.group]
    space = NeedCount(group.seats, group.wheelchair_places, group.stretcher_places)
    offers = []
    for haven, place in enumerate(problem.havens):
        if not place.final or not may_end_at(item, place.site):
            continue
        chosen = _boarding(problem, queue, space, schedule.room[place.site], haven)
        if not chosen:
            continue
        parties = tuple((waiting.kind, number) for waiting, number in chosen)
        needs = needs_of(problem, parties)
        boarding = problem.scenario.policy.boarding
        call = Call(problem.hub_stop[hub], parties, needs.total, boarding_s(boarding, needs))
        ready_s = max(waiting.since_s for waiting, _ in chosen)
        job = time_job(schedule, vehicle, tour_of(problem, (call,), needs), haven, ready_s)
        if job is not None:
            offers.append((job, chosen))
    return offers


def _boarding(
    problem: FleetProblem, queue: list[Waiting], space: NeedCount, room: float, haven: int | None
) -> list[tuple[Waiting, int]]:
    """Who of a queue gets on: those who need places first, then in order of arrival."""
    seats, wheelchairs, stretchers = space.seat, space.wheelchair, space.stretcher
    room = int(min(room, 1e9))
    chosen = []
    needy_first = sorted(queue, key=lambda item: not problem.kinds[item.kind].party.needs_places)
    for item in needy_first if wheelchairs + stretchers else queue:
        if not item.number or (haven is not None and haven not in problem.havens_of[item.kind]):
            continue
        needs = problem.kinds[item.kind].party.needs
        number = min(
            item.number,
            seats // needs.seats if needs.seats else item.number,
            wheelchairs // needs.wheelchair if needs.wheelchair else item.number,
            stretchers // needs.stretcher if needs.stretcher else item.number,
            room // needs.total,
        )
        if number > 0:
            chosen.append((item, number))
            seats -= number * needs.seats
            wheelchairs -= number * needs.wheelchair
            stretchers -= number * needs.stretcher
            room -= number * needs.total
        if not seats + wheelchairs + stretchers:
            break
    return chosen


def _take(chosen: list[tuple[Waiting, int]]) -> Parties:
    for item, number in chosen:
        item.number -= number
    return tuple((item.kind, number) for item, number in chosen)


def riders_from_stations(schedule: Schedule) -> tuple[Riders, ...]:
    """
    Who takes which scheduled departure from a station that vehicles brought them to.

    Parameters
    ----------
    schedule : Schedule
        Finished.

    Returns
    -------
    tuple of Riders
        One a departure that anybody takes.
    """
    on: dict[int, list[tuple[int, int]]] = {}
    for jobs in schedule.jobs:
        for job in jobs:
            if job.run != NO_RUN:
                on.setdefault(job.run, []).extend(pair for call in job.calls for pair in call.parties)
    return tuple(Riders(run, tuple(parties)) for run, parties in sorted(on.items()))
