"""Loads: whole parties packed into a vehicle, and how much of the fleet's work they are."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from safepassage.model.fleet import VehicleGroup
from safepassage.model.people import NeedCount
from safepassage.planner.surge.fleet_problem import FleetProblem, Kind, Vehicle
from safepassage.planner.surge.fleet_schedule import Parties, Schedule
from safepassage.planner.surge.fleet_travel import UNREACHABLE_S

_MANY = 10**9
# A stop that is left with a few people costs somebody another call there (s).
_CLOSING_S = 900.0
# Most that all wheelchair or stretcher places of a vehicle are worth, in loads of the largest vehicle.
_SPECIAL = 0.5


@dataclass(frozen=True, slots=True)
class Load:
    """
    Parties taken at one stop.

    Attributes
    ----------
    parties : Parties
        Who.
    needs : NeedCount
        In persons by need class.
    havens : frozenset of int
        Havens that all of them may be brought to.
    """

    parties: Parties
    needs: NeedCount
    havens: frozenset[int]


class Worth:
    """
    How much of the fleet's work a load is: what a well filled vehicle would need for it.

    Parameters
    ----------
    problem : FleetProblem
        The task.

    Attributes
    ----------
    cycle_s : list of int
        For each stop, the shortest round trip to a safe haven, stops and breaks included (s).
    base : list of int
        That haven; -1 where none is reached.
    closing_s : float
        What it is worth to leave nobody at a stop, so that no vehicle has to call there again (s).
    share : list of list of float
        For each group and kind, the share of a vehicle that one party fills, by worth.
    party_s : list of float
        For each kind, the time of the largest vehicle that one party is worth (s); 0 where nothing may
        bring it anywhere.
    """

    def __init__(self, problem: FleetProblem) -> None:
        rounds = [_shortest_round(problem, stop) for stop in range(problem.n_assembly_points)]
        self.cycle_s = [time_s for time_s, _ in rounds]
        self.base = [haven for _, haven in rounds]
        self._handling_s = [_full_handling_s(problem, group) for group in problem.groups]
        self.closing_s = _CLOSING_S
        weight = _place_weights(problem)
        full = [
            group.seats * weight[0] + group.wheelchair_places * weight[1] + group.stretcher_places * weight[2]
            for group in problem.groups
        ]
        self.share = [
            [_weighed(kind.party.needs, weight) / max(value, 1e-9) for kind in problem.kinds]
            for value in full
        ]
        self.party_s = [
            self.cycle_s[kind.stop] * _weighed(kind.party.needs, weight) if problem.havens_of[k] else 0.0
            for k, kind in enumerate(problem.kinds)
        ]

    def full_s(self, group: int, stop: int) -> float:
        """Vehicle time that a full load at a stop takes a group, getting on and off included (s)."""
        return self.cycle_s[stop] + self._handling_s[group]


def _shortest_round(problem: FleetProblem, stop: int) -> tuple[int, int]:
    """Time of the shortest round trip to a safe place, or else to a station, and that place."""
    travel, place = problem.travel, problem.stops[stop].place
    rounds = [
        (not haven.safe, travel.free_time_s(haven.place, place) + travel.free_time_s(place, haven.place), k)
        for k, haven in enumerate(problem.havens)
    ]
    reached = [item for item in rounds if item[1] < UNREACHABLE_S]
    if not reached:
        return 0, -1
    _, drive_s, haven = min(reached)
    policy = problem.scenario.policy
    breaks_s = drive_s * policy.break_s / policy.drive_before_break_s
    return math.ceil(drive_s + breaks_s + 2 * policy.boarding.stop_s), haven


def _full_handling_s(problem: FleetProblem, group: VehicleGroup) -> float:
    boarding = problem.scenario.policy.boarding
    full = NeedCount(group.seats, group.wheelchair_places, group.stretcher_places)
    return boarding.board_s(full) + boarding.alight_s(full)


def _place_weights(problem: FleetProblem) -> tuple[float, float, float]:
    """
    What a seat, a wheelchair place and a stretcher place are worth, in loads of the largest vehicle.

    A seat is worth its share of that load wherever it is. The other places are worth far more, or the few
    vehicles that have them would be sent for people whom any bus can take; and the more, the fewer of them
    there are for the people who need them.
    """
    needs = sum((kind.party.needs.times(kind.count) for kind in problem.kinds), NeedCount())
    groups = problem.groups
    seats = _crowding(needs.seats, [(group.count, group.seats) for group in groups])
    wheelchairs = _crowding(needs.wheelchair, [(group.count, group.wheelchair_places) for group in groups])
    stretchers = _crowding(needs.stretcher, [(group.count, group.stretcher_places) for group in groups])

    def special(crowding: float, most: int) -> float:
        return _SPECIAL / max(1, most) * min(1.0, max(0.2, crowding / max(seats, 1e-9)))

    return (
        1.0 / max([1, *(group.seats for group in groups)]),
        special(wheelchairs, max((group.wheelchair_places for group in groups), default=0)),
        special(stretchers, max((group.stretcher_places for group in groups), default=0)),
    )


def _crowding(people: int, places: list[tuple[int, int]]) -> float:
    """People for each place of a kind."""
    return people / max(1, sum(count * number for count, number in places))


def _weighed(needs: NeedCount, weight: tuple[float, float, float]) -> float:
    return needs.seats * weight[0] + needs.wheelchair * weight[1] + needs.stretcher * weight[2]


def pack(schedule: Schedule, vehicle: Vehicle, stop_number: int) -> Load | None:
    """
    What an empty vehicle takes of those left at a stop, the hardest to place first.

    Parameters
    ----------
    schedule : Schedule
        Who is left.
    vehicle : Vehicle
        Who fetches them.
    stop_number : int
        Where.

    Returns
    -------
    Load or None
        None where nobody can get on.
    """
    problem = schedule.problem
    group, stop = problem.groups[vehicle.group], problem.stops[stop_number]
    seats, wheelchairs, stretchers = group.seats, group.wheelchair_places, group.stretcher_places
    persons = int(min(stop.waiting_cap, _MANY))
    parties: list[tuple[int, int]] = []
    havens = frozenset(range(len(problem.havens)))
    for k in problem.kinds_at[stop_number]:
        kind, common = problem.kinds[k], havens & problem.havens_of[k]
        if not common or not kind.suits[vehicle.group] or not serves(vehicle, kind, stop.site):
            continue
        seat, wheelchair, stretcher, total = kind.size
        number = min(
            schedule.remaining[k],
            seats // seat if seat else _MANY,
            wheelchairs // wheelchair if wheelchair else _MANY,
            stretchers // stretcher if stretcher else _MANY,
            persons // total,
        )
        if number > 0:
            havens = common
            parties.append((k, number))
            seats -= number * seat
            wheelchairs -= number * wheelchair
            stretchers -= number * stretcher
            persons -= number * total
    return Load(tuple(parties), needs_of(problem, parties), havens) if parties else None


def needs_of(problem: FleetProblem, parties: Iterable[tuple[int, int]]) -> NeedCount:
    """Persons of parties by need class."""
    return sum((problem.kinds[k].party.needs.times(number) for k, number in parties), NeedCount())


def serves(vehicle: Vehicle, kind: Kind, site: str) -> bool:
    """Whether the pins let a vehicle fetch people of a kind at a site."""
    names = {kind.settlement, site}
    if names & vehicle.never_sites:
        return False
    return not vehicle.only_sites or bool(names & vehicle.only_sites)


def may_end_at(vehicle: Vehicle, site: str) -> bool:
    """Whether the pins let a vehicle bring people to a haven."""
    return site not in vehicle.never_sites and (not vehicle.only_havens or site in vehicle.only_havens)
