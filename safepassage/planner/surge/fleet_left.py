"""The fleet's work from a moment of a running plan on, put together with what is under way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from safepassage.model.people import NeedClass
from safepassage.model.plan import Assignment, Mode, Trip, Unserved
from safepassage.planner.surge.fleet_bound import FleetBound, fleet_bound
from safepassage.planner.surge.fleet_loads import Worth
from safepassage.planner.surge.fleet_onward import Riders, plan_onward, riders_from_stations
from safepassage.planner.surge.fleet_problem import FleetProblem, Stop
from safepassage.planner.surge.fleet_schedule import Parties, Schedule
from safepassage.planner.surge.fleet_search import search_fleet
from safepassage.planner.surge.fleet_task import make_task, points_of
from safepassage.planner.surge.fleet_trips import assignments_of, trips_of
from safepassage.planner.surge.fleet_unserved import unserved_of
from safepassage.planner.surge.paths import Paths
from safepassage.planner.surge.under_way_fleet import FleetUnderWay, problem_left
from safepassage.progress import Progress


@dataclass(frozen=True, slots=True)
class FleetPart:
    """
    The fleet's part of a plan made anew.

    Attributes
    ----------
    new_trips : tuple of Trip
        Of vehicles, planned now.
    services : tuple of Trip
        Scheduled departures with everybody who takes them, past ones among them.
    assignments : tuple of Assignment
        Of everybody who is served, under way or not.
    unserved : tuple of Unserved
        Who is not.
    clearance_s : float
        When the last of those served is out of danger, as planned (s).
    work : tuple of (str, int)
        Work allowed and done.
    """

    new_trips: tuple[Trip, ...]
    services: tuple[Trip, ...]
    assignments: tuple[Assignment, ...]
    unserved: tuple[Unserved, ...]
    clearance_s: float
    work: tuple[tuple[str, int], ...]


def plan_fleet_left(
    problem: FleetProblem,
    found: FleetUnderWay,
    *,
    at_s: float,
    room: Mapping[str, float],
    seed: int,
    iterations: int,
    progress: Progress,
) -> FleetPart:
    """
    Plan what vehicles do when they are done with what is under way.

    Parameters
    ----------
    problem : FleetProblem
        The whole task, over roads as they are known now.
    found : FleetUnderWay
        What of it is under way.
    at_s : float
        Now (s).
    room : mapping of str to float
        Persons that sites take in beside those who drive, by site id.
    seed, iterations : int
        Of the search.
    progress : Progress
        Observer.

    Returns
    -------
    FleetPart
        Everybody who is under way or served later is in ``assignments``, everybody else in ``unserved``.
    """
    whole = replace(problem, room={**problem.room, **room})
    left = problem_left(whole, found)
    left = replace(left, stops=_called_ahead(left, found, at_s))
    schedule = search_fleet(left, Worth(left), seed=seed, iterations=iterations, progress=progress)
    onward = plan_onward(schedule, before=found.jobs, ridden=found.ridden)
    riders = _merged(found.riders, riders_from_stations(schedule))
    trips = trips_of(schedule, (*riders, *onward.riders))
    together = Schedule(whole)
    for job in found.jobs:
        together.jobs[job.vehicle].append(job)
    for vehicle, jobs in enumerate(schedule.jobs):
        together.jobs[vehicle] += jobs
    assignments = assignments_of(together, onward, riders)
    unserved = unserved_of(schedule)
    everybody = sum(kind.count * kind.party.people.total for kind in whole.kinds)
    assigned = sum(part.people.total for part in assignments)
    assert assigned + sum(part.people.total for part in unserved) == everybody
    return FleetPart(
        new_trips=_renumbered([trip for trip in trips if trip.mode == Mode.FLEET], found),
        services=tuple(trip for trip in trips if trip.mode == Mode.SERVICE),
        assignments=assignments,
        unserved=unserved,
        clearance_s=max((float(job.safe_s) for jobs in together.jobs for job in jobs), default=0.0),
        work=(("fleet_iterations", iterations), ("fleet_jobs", sum(map(len, schedule.jobs)))),
    )


def _called_ahead(problem: FleetProblem, found: FleetUnderWay, at_s: float) -> tuple[Stop, ...]:
    """Stops open to new trips when there was time to call passengers and those called before have gone."""
    policy = problem.scenario.policy
    ahead_s = max(0.0, policy.call_ahead_s - policy.boarding.stop_s)
    largest = max((group.seats for group in problem.groups), default=0)
    last_s: Counter[int] = Counter()
    crowd: Counter[int] = Counter()
    for job in found.jobs:
        for call, depart_s in zip(job.calls, job.depart_s, strict=True):
            if depart_s > at_s:
                last_s[call.stop] = max(last_s[call.stop], depart_s)
                crowd[call.stop] += call.persons
    stops = list(problem.stops)
    for number in range(problem.n_assembly_points):
        stop = stops[number]
        opens_s = at_s + ahead_s
        if crowd[number] + largest > stop.waiting_cap:
            opens_s = max(opens_s, last_s[number] + ahead_s)
        stops[number] = replace(stop, opens_s=max(stop.opens_s, opens_s))
    return tuple(stops)


def _merged(before: Mapping[int, Parties], now: tuple[Riders, ...]) -> tuple[Riders, ...]:
    on = {run: list(parties) for run, parties in before.items()}
    for item in now:
        on.setdefault(item.run, []).extend(item.parties)
    return tuple(Riders(run, tuple(parties)) for run, parties in sorted(on.items()))


def _renumbered(trips: list[Trip], found: FleetUnderWay) -> tuple[Trip, ...]:
    """Trips of a vehicle are numbered on from those that stay."""
    before = Counter(trip.vehicle for trip in found.trips)
    number: Counter[str] = Counter()
    renamed = []
    for trip in trips:
        number[trip.vehicle] += 1
        renamed.append(replace(trip, id=f"{trip.vehicle}-t{before[trip.vehicle] + number[trip.vehicle]:02d}"))
    return tuple(renamed)


def bound_fleet_left(
    problem: FleetProblem, found: FleetUnderWay, assignments: Sequence[Assignment], paths: Paths
) -> FleetBound | None:
    """
    Bound when those whom the fleet still fetches can be out.

    Parameters
    ----------
    problem : FleetProblem
        The whole task.
    found : FleetUnderWay
        What of it is under way.
    assignments : sequence of Assignment
        Of the new plan: so many people have to be brought by any plan compared with it.
    paths : Paths
        Ways that any plan could use from now on.

    Returns
    -------
    FleetBound or None
        None where nobody is left to fetch.

    Notes
    -----
    A group's vehicles stand at different places. The bound takes each group as if all of its vehicles
    were at the best of them, as early as the first is free; that only makes the bound smaller.
    """
    fetched = found.fetched()
    served = {}
    for need in NeedClass:
        wanted = sum(getattr(part.needs, need.value) for part in assignments if part.mode != Mode.CAR)
        aboard = sum(
            number * getattr(problem.kinds[kind].party.needs, need.value) for kind, number in fetched.items()
        )
        served[need] = wanted - aboard
    if not sum(served.values()):
        return None
    left = problem_left(problem, found)
    task = make_task(left, paths)
    nodes = left.travel.nodes
    points = points_of(left)
    groups = []
    numbers = [g for g in range(len(left.groups)) if any(vehicle.group == g for vehicle in left.vehicles)]
    for number, group in zip(numbers, task.groups, strict=True):
        there_s = [
            [
                vehicle.available_s
                - group.available_from_s
                + min(paths.time_s(nodes[vehicle.place], nodes[place]) for place in places)
                for places in points
            ]
            for vehicle in left.vehicles
            if vehicle.group == number
        ]
        groups.append(replace(group, depot_to_stop_s=np.min(np.array(there_s, np.float64), axis=0)))
    return fleet_bound(replace(task, groups=tuple(groups)), served=served)
