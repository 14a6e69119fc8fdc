"""From the numbered schedule to the plan's nouns: trips with loads, and who goes which way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from safepassage.model.people import NeedCount, PeopleCount
from safepassage.model.plan import AlikeParties, Assignment, Leg, Load, Mode, Trip
from safepassage.model.policy import ThreatKind
from safepassage.planner.surge.fleet_onward import Onward, Riders
from safepassage.planner.surge.fleet_problem import FleetProblem
from safepassage.planner.surge.fleet_schedule import Parties, Schedule, Timetable


def trips_of(schedule: Schedule, riders: Iterable[Riders]) -> tuple[Trip, ...]:
    """
    All trips in the order of their departure.

    Parameters
    ----------
    schedule : Schedule
        Finished, onward jobs included.
    riders : iterable of Riders
        Who takes scheduled departures.

    Returns
    -------
    tuple of Trip
        Those of one vehicle chain in place and time.
    """
    problem = schedule.problem
    trips = [
        (job.start_s, _vehicle_trip(problem, jobs, k)) for jobs in schedule.jobs for k, job in enumerate(jobs)
    ]
    trips += [(problem.runs[item.run].depart_s, _service_trip(problem, item)) for item in riders]
    return tuple(trip for _, trip in sorted(trips, key=lambda pair: (pair[0], pair[1].id)))


def assignments_of(schedule: Schedule, onward: Onward, riders: Iterable[Riders]) -> tuple[Assignment, ...]:
    """
    How everybody who is served goes, by settlement.

    Parameters
    ----------
    schedule : Schedule
        Finished, onward jobs included.
    onward : Onward
        What happens at the hubs.
    riders : iterable of Riders
        Who takes scheduled departures from stations.

    Returns
    -------
    tuple of Assignment
        In the order of settlements, then by where they go.
    """
    problem = schedule.problem
    order = _settlement_order(problem)
    gathered = _gathered(schedule)
    ways: dict[tuple[int, Mode, str, str, str], Counter[int]] = {}

    def add(mode: Mode, destination: str, via: str, parties: Parties, stop: int | None = None) -> None:
        for k, number in parties:
            kind = problem.kinds[k]
            points = _took(gathered[k], number, kind.stop) if stop is None else {stop: number}
            for point, there in points.items():
                way = (order[kind.settlement], mode, destination, via, problem.stops[point].site)
                ways.setdefault(way, Counter())[k] += there

    for jobs in schedule.jobs:
        for job in jobs:
            haven = problem.havens[job.haven]
            for call in job.calls:
                if haven.final and _is_onward(problem, job):
                    add(Mode.FLEET, haven.site, problem.stops[call.stop].site, call.parties)
                elif haven.final:
                    add(Mode.FLEET, haven.site, "", call.parties, call.stop)
    for item in (*riders, *onward.riders):
        run = problem.runs[item.run]
        add(Mode.SERVICE, run.to_site, problem.havens[run.haven].site, item.parties)
    for hub, parties in onward.staying:
        add(Mode.FLEET, problem.havens[hub].site, "", parties)
    found = []
    for (_, mode, destination, via, point), kinds in sorted(ways.items()):
        people, needs, households = summed(problem, tuple(kinds.items()))
        settlement = problem.kinds[next(iter(kinds))].settlement
        found.append(Assignment(settlement, mode, destination, via, point, people, needs, households))
    return tuple(found)


def _gathered(schedule: Schedule) -> dict[int, Counter[int]]:
    """For each kind, how many parties that vehicles bring to hubs and stations get on at which stop."""
    problem = schedule.problem
    found: dict[int, Counter[int]] = {k: Counter() for k in range(len(problem.kinds))}
    for job in (job for jobs in schedule.jobs for job in jobs):
        if not problem.havens[job.haven].final:
            for call in job.calls:
                for k, number in call.parties:
                    found[k][call.stop] += number
    return found


def _took(left: Counter[int], number: int, otherwise: int) -> dict[int, int]:
    """Take parties out of those that got on at stops, the first stop first."""
    taken: dict[int, int] = {}
    for stop in sorted(left):
        there = min(number, left[stop])
        if there:
            taken[stop] = there
            left[stop] -= there
            number -= there
    if number:
        # They were brought there before the plan that is made anew.
        taken[otherwise] = taken.get(otherwise, 0) + number
    return taken


def _settlement_order(problem: FleetProblem) -> dict[str, int]:
    return {place.id: k for k, place in enumerate(problem.scenario.settlements)}


def _is_onward(problem: FleetProblem, job: Timetable) -> bool:
    return job.calls[0].stop >= problem.n_assembly_points


def _vehicle_trip(problem: FleetProblem, jobs: list[Timetable], number: int) -> Trip:
    job = jobs[number]
    vehicle = problem.vehicles[job.vehicle]
    group = problem.groups[vehicle.group]
    stood = problem.havens[jobs[number - 1].haven].place if number else vehicle.place
    free_s = jobs[number - 1].done_s if number else vehicle.available_s
    loads = [_loads(problem, call.parties, tell=True) for call in job.calls]
    first = problem.stops[job.calls[0].stop].place
    legs = []
    if stood == first:
        rest_s = job.rest_s[0] + job.rest_s[1]
        legs.append(Leg(problem.sites[stood], (), free_s, job.depart_s[0], loads[0], rest_s=rest_s))
    else:
        legs.append(Leg(problem.sites[stood], (), free_s, job.start_s, rest_s=job.rest_s[0]))
    at = stood
    for k, call in enumerate(job.calls):
        place = problem.stops[call.stop].place
        if k > 0 or place != stood:
            links = problem.travel.links(at, place)
            legs.append(
                Leg(
                    problem.sites[place], links, job.arrive_s[k], job.depart_s[k], loads[k],
                    rest_s=job.rest_s[k + 1],
                )
            )  # fmt: skip
        at = place
    end = problem.havens[job.haven].place
    everybody = _loads(problem, tuple(pair for call in job.calls for pair in call.parties))
    links = problem.travel.links(at, end)
    legs.append(Leg(problem.sites[end], links, job.reach_s, job.done_s, alight=everybody))
    return Trip(
        id=f"{vehicle.id}-t{number + 1:02d}",
        vehicle=vehicle.id,
        agency=group.agency,
        mode=Mode.FLEET,
        pcu=group.pcu,
        escorted=group.escorted,
        legs=tuple(legs),
        release_at_s=_release_at_s(problem),
    )


def _service_trip(problem: FleetProblem, riders: Riders) -> Trip:
    run = problem.runs[riders.run]
    number = sum(1 for other in problem.runs[: riders.run + 1] if other.service == run.service)
    boarding, alighting = (_loads(problem, riders.parties, tell=tell) for tell in (True, False))
    return Trip(
        id=f"{run.service}-t{number:02d}",
        vehicle=run.service,
        agency=run.operator,
        mode=Mode.SERVICE,
        pcu=0,
        escorted=False,
        legs=(
            Leg(problem.havens[run.haven].site, (), run.depart_s, run.depart_s, board=boarding),
            Leg(run.to_site, (), run.arrive_s, run.arrive_s, alight=alighting),
        ),
        release_at_s=_release_at_s(problem),
    )


def _release_at_s(problem: FleetProblem) -> int | None:
    """Where people threaten, no route is made known before somebody decides so."""
    return 0 if problem.scenario.policy.threat_kind == ThreatKind.NATURAL else None


def _loads(problem: FleetProblem, parties: Parties, *, tell: bool = False) -> tuple[Load, ...]:
    """Who gets on or off by settlement; with `tell` party by party, for a plan made anew halfway."""
    by_settlement: dict[str, list[tuple[int, int]]] = {}
    for kind, number in parties:
        by_settlement.setdefault(problem.kinds[kind].settlement, []).append((kind, number))
    loads = []
    for settlement in sorted(by_settlement):
        people, needs, households = summed(problem, tuple(by_settlement[settlement]))
        parts = tuple(_alike(problem, *pair) for pair in by_settlement[settlement]) if tell else ()
        loads.append(Load(settlement, households, people, needs, parts))
    return tuple(loads)


def _alike(problem: FleetProblem, kind: int, number: int) -> AlikeParties:
    party = problem.kinds[kind].party
    return AlikeParties(number, party.households, party.people, party.needs)


def summed(problem: FleetProblem, parties: Parties) -> tuple[PeopleCount, NeedCount, int]:
    """
    People, needs and whole households of parties.

    Parameters
    ----------
    problem : FleetProblem
        The task.
    parties : Parties
        Who.

    Returns
    -------
    PeopleCount, NeedCount, int
        Their sums.
    """
    people, needs, households = PeopleCount(), NeedCount(), 0
    for k, number in parties:
        party = problem.kinds[k].party
        people += party.people.times(number)
        needs += party.needs.times(number)
        households += party.households * number
    return people, needs, households
