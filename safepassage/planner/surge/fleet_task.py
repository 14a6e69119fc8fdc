"""The fleet's task as the fleet bound wants it: stops, safe places, vehicles and runs as arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from safepassage.model.arrays import FloatArray
from safepassage.model.people import NeedClass
from safepassage.model.plan import Assignment, Mode
from safepassage.planner.surge.fleet_bound import FleetBound, fleet_bound
from safepassage.planner.surge.fleet_bound_task import NEEDS, FleetGroup, FleetService, FleetTask
from safepassage.planner.surge.fleet_problem import FleetProblem, Haven, build_problem
from safepassage.planner.surge.fleet_search import sources_of
from safepassage.planner.surge.paths import Paths
from safepassage.planner.surge.problem import SurgeProblem
from safepassage.units import SECONDS_PER_HOUR

_Places = Sequence[Sequence[int]]
"""Place numbers; of those in one list the nearest counts."""
_Times = Callable[[_Places, _Places], FloatArray]


def bound_fleet(problem: SurgeProblem, assignments: Sequence[Assignment]) -> FleetBound | None:
    """
    Bound the fleet's clearance for the people whom a plan brings out.

    Parameters
    ----------
    problem : SurgeProblem
        Who must be fetched and over which roads.
    assignments : sequence of Assignment
        Of the plan: so many people of each need class have to be brought by any plan compared with it.

    Returns
    -------
    FleetBound or None
        None where the plan brings nobody by fleet or service.
    """
    served = _served(assignments)
    if not sum(served.values()):
        return None
    paths = Paths(problem.open_roads)
    task = make_task(build_problem(problem.scenario, problem.carless, paths), paths)
    return fleet_bound(task, served=served)


def _served(assignments: Sequence[Assignment]) -> Mapping[NeedClass, int]:
    fetched = [part.needs for part in assignments if part.mode != Mode.CAR]
    return {need: sum(getattr(needs, need.value) for needs in fetched) for need in NEEDS}


def make_task(problem: FleetProblem, paths: Paths) -> FleetTask:
    """
    Put a fleet problem into arrays.

    Parameters
    ----------
    problem : FleetProblem
        Everything numbered.
    paths : Paths
        Ways over roads that any plan could use.

    Returns
    -------
    FleetTask
        Exact free-flow times; people who may gather at several points as if at the nearest of them.
    """
    sources, points = sources_of(problem), points_of(problem)
    safe = [haven for haven in problem.havens if haven.safe]
    haven_places = [[haven.place] for haven in safe]

    nodes = problem.travel.nodes

    def times_s(origins: _Places, destinations: _Places) -> FloatArray:
        return np.array(
            [
                [
                    min(paths.time_s(nodes[a], nodes[b]) for a in ends for b in others)
                    for others in destinations
                ]
                for ends in origins
            ],
            np.float64,
        ).reshape(len(origins), len(destinations))

    people = np.zeros((len(points), len(NEEDS)), np.int64)
    for kind in problem.kinds:
        if kind.stop >= 0:
            people[sources[kind.stop]] += [
                kind.count * getattr(kind.party.needs, need.value) for need in NEEDS
            ]
    policy = problem.scenario.policy
    return FleetTask(
        people=people,
        groups=tuple(_groups(problem, times_s, points)),
        stop_to_destination_s=times_s(points, haven_places),
        destination_to_stop_s=times_s(haven_places, points),
        destination_takes=np.array([_takes(haven) for haven in safe], np.bool_).reshape(-1, len(NEEDS)),
        services=tuple(_services(problem, times_s, points)),
        boarding=policy.boarding,
        drive_before_break_s=policy.drive_before_break_s,
        break_s=policy.break_s,
        open_windows=problem.scenario.open_windows(),
    )


def points_of(problem: FleetProblem) -> list[list[int]]:
    """
    Assembly points between which vehicles may choose; the bound takes the nearest of them for each way.

    Parameters
    ----------
    problem : FleetProblem
        Everything numbered.

    Returns
    -------
    list of list of int
        Place numbers, in the order of the task's stops.
    """
    sources = sources_of(problem)
    points: list[list[int]] = [[] for _ in range(max(sources, default=-1) + 1)]
    for stop, source in enumerate(sources):
        points[source].append(problem.stops[stop].place)
    return points


def _takes(haven: Haven) -> list[bool]:
    special = (NeedClass.WHEELCHAIR, NeedClass.STRETCHER)
    return [
        (haven.accessible or need not in special) and (not haven.hospital or need != NeedClass.SEAT)
        for need in NEEDS
    ]


def _groups(problem: FleetProblem, times_s: _Times, points: _Places) -> list[FleetGroup]:
    groups = []
    for number, group in enumerate(problem.groups):
        vehicles = [vehicle for vehicle in problem.vehicles if vehicle.group == number]
        if not vehicles:
            continue
        begins_s = min(vehicle.available_s for vehicle in vehicles)
        ends_s = max(vehicle.duty_ends_s for vehicle in vehicles)
        groups.append(
            FleetGroup(
                count=len(vehicles),
                seats=group.seats,
                wheelchair_places=group.wheelchair_places,
                stretcher_places=group.stretcher_places,
                depot_to_stop_s=times_s([[vehicles[0].place]], points)[0],
                available_from_s=float(begins_s),
                crew_hours=(ends_s - begins_s) / SECONDS_PER_HOUR,
            )
        )
    return groups


def _services(problem: FleetProblem, times_s: _Times, points: _Places) -> list[FleetService]:
    services = []
    for name in dict.fromkeys(run.service for run in problem.runs):
        runs = [run for run in problem.runs if run.service == name]
        haven = problem.havens[runs[0].haven]
        station = haven.place
        there_s = times_s(points, [[station]])[:, 0]
        services.append(
            FleetService(
                depart_s=np.array([run.depart_s for run in runs], np.float64),
                arrive_s=np.array([run.arrive_s for run in runs], np.float64),
                seats=runs[0].seats,
                wheelchair_places=runs[0].wheelchair_places,
                stretcher_places=runs[0].stretcher_places,
                stop_to_station_s=there_s,
                station_to_stop_s=times_s([[station]], points)[0],
                walking_stop=tuple(int(stop) for stop in np.flatnonzero(there_s == 0)),
                waiting_cap_persons=haven.waiting_cap,
            )
        )
    return services
