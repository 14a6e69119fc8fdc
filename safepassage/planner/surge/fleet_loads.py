"""Loads: whole parties packed into a vehicle at one stop, and neighbouring stops that fill it up."""

from __future__ import annotations

import math
from dataclasses import dataclass

from safepassage.model.people import NeedCount
from safepassage.planner.surge.fleet_clock import boarding_s
from safepassage.planner.surge.fleet_problem import FleetProblem, Kind, Vehicle
from safepassage.planner.surge.fleet_schedule import Call, Parties, Schedule
from safepassage.planner.surge.fleet_travel import UNREACHABLE_S

_MOST_CALLS = 4


@dataclass(frozen=True, slots=True)
class Load:
    """
    Parties taken at one stop.

    Attributes
    ----------
    parties : Parties
        Who.
    needs : NeedCount
        In persons.
    havens : frozenset of int
        Havens that all of them, and those on board before, may be brought to.
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
        For each stop, the shortest round trip to a haven, stops included (s).
    base : list of int
        Place of that haven.
    share : list of list of float
        For each group and kind, the share of a vehicle that one party fills; places are weighed by
        how many people the fleet has for each.
    """

    def __init__(self, problem: FleetProblem) -> None:
        rounds = [_shortest_round(problem, stop) for stop in range(problem.n_assembly_points)]
        self.cycle_s = [time_s for time_s, _ in rounds]
        self.base = [place for _, place in rounds]
        weight = _place_weights(problem)
        full = [
            group.seats * weight[0] + group.wheelchair_places * weight[1] + group.stretcher_places * weight[2]
            for group in problem.groups
        ]
        self.share = [
            [_weighed(kind.party.needs, weight) / max(value, 1e-9) for kind in problem.kinds]
            for value in full
        ]

    def work_s(self, group: int, stop: int, parties: Parties) -> float:
        """Vehicle time that parties at a stop are worth to a group (s)."""
        share = self.share[group]
        return self.cycle_s[stop] * sum(share[kind] * number for kind, number in parties)


def _shortest_round(problem: FleetProblem, stop: int) -> tuple[int, int]:
    place = problem.stops[stop].place
    rounds = [
        (problem.travel.free_time_s(haven.place, place) + problem.travel.free_time_s(place, haven.place), k)
        for k, haven in enumerate(problem.havens)
    ]
    drive_s, haven = min(rounds, default=(UNREACHABLE_S, -1))
    if drive_s >= UNREACHABLE_S:
        return 0, place
    return drive_s + math.ceil(2 * problem.scenario.policy.boarding.stop_s), problem.havens[haven].place


def _place_weights(problem: FleetProblem) -> tuple[float, float, float]:
    """People for each place of a kind, which is what makes a kind of place scarce."""
    needs = sum((kind.party.needs.times(kind.count) for kind in problem.kinds), NeedCount())
    counted = [(group.seats, group.wheelchair_places, group.stretcher_places) for group in problem.groups]
    places = [
        sum(group.count * places[k] for group, places in zip(problem.groups, counted, strict=True))
        for k in range(3)
    ]
    demand = (needs.seats, needs.wheelchair, needs.stretcher)
    seat, wheelchair, stretcher = (
        wanted / there if there else 0.0 for wanted, there in zip(demand, places, strict=True)
    )
    return seat, wheelchair, stretcher


def _weighed(needs: NeedCount, weight: tuple[float, float, float]) -> float:
    return needs.seats * weight[0] + needs.wheelchair * weight[1] + needs.stretcher * weight[2]


class Packer:
    """
    Packs loads from what remains in a schedule, remembering what has not changed.

    Parameters
    ----------
    schedule : Schedule
        Read, never modified.
    worth : Worth
        How loads are valued.
    """

    def __init__(self, schedule: Schedule, worth: Worth) -> None:
        self.schedule = schedule
        self.worth = worth
        self._kept: dict[tuple[int, int], tuple[int, Load | None]] = {}

    def single(self, vehicle: Vehicle, stop: int) -> Load | None:
        """What an empty vehicle would take at a stop; None for nothing."""
        if vehicle.only_sites or vehicle.never_sites:
            return self._packed(vehicle, stop, NeedCount(), None)
        key = (vehicle.group, stop)
        version = self.schedule.version[stop]
        if key not in self._kept or self._kept[key][0] != version:
            self._kept[key] = (version, self._packed(vehicle, stop, NeedCount(), None))
        return self._kept[key][1]

    def calls(self, vehicle: Vehicle, stop: int, patience: float) -> tuple[tuple[Call, ...], frozenset[int]]:
        """
        A load from a stop, filled up at stops near it where that saves time.

        Parameters
        ----------
        vehicle : Vehicle
            Who drives.
        stop : int
            Where to begin.
        patience : float
            How much a detour may cost, as a multiple of the work it saves.

        Returns
        -------
        tuple of Call, frozenset of int
            In driving order, and the havens that everybody may be brought to; empty where nobody gets on.
        """
        problem, boarding = self.schedule.problem, self.schedule.problem.scenario.policy.boarding
        load = self.single(vehicle, stop)
        if load is None:
            return (), frozenset()
        tour = [stop]
        taken = {stop: load}
        needs, havens = load.needs, load.havens
        while len(tour) < _MOST_CALLS and needs.seats < problem.groups[vehicle.group].seats:
            best = self._best_addition(vehicle, tour, taken, needs, havens, patience)
            if best is None:
                break
            position, extra_stop, extra = best
            tour.insert(position, extra_stop)
            taken[extra_stop] = extra
            needs, havens = needs + extra.needs, extra.havens
        calls = tuple(
            Call(at, taken[at].parties, taken[at].needs, boarding_s(boarding, taken[at].needs)) for at in tour
        )
        return calls, havens

    def _best_addition(
        self,
        vehicle: Vehicle,
        tour: list[int],
        taken: dict[int, Load],
        needs: NeedCount,
        havens: frozenset[int],
        patience: float,
    ) -> tuple[int, int, Load] | None:
        problem, best, most = self.schedule.problem, None, 0.0
        end = self.worth.base[tour[0]]
        for other in problem.neighbours[tour[0]]:
            if other in taken or self.single(vehicle, other) is None:
                continue
            load = self._packed(vehicle, other, needs, havens)
            if load is None:
                continue
            work_s = self.worth.work_s(vehicle.group, other, load.parties)
            position, detour_s = self._cheapest_position(tour, other, end)
            gain = patience * work_s - detour_s - problem.scenario.policy.boarding.stop_s
            if gain > most:
                best, most = (position, other, load), gain
        return best

    def _cheapest_position(self, tour: list[int], other: int, end: int) -> tuple[int, int]:
        problem = self.schedule.problem
        travel, place = problem.travel, problem.stops[other].place
        places = [problem.stops[stop].place for stop in tour] + [end]
        before = [end, *places[:-1]]
        costs = [
            travel.free_time_s(a, place) + travel.free_time_s(place, b) - travel.free_time_s(a, b)
            for a, b in zip(before, places, strict=True)
        ]
        position = min(range(len(costs)), key=costs.__getitem__)
        return position, costs[position]

    def _packed(
        self, vehicle: Vehicle, stop_number: int, on_board: NeedCount, havens: frozenset[int] | None
    ) -> Load | None:
        problem, remaining = self.schedule.problem, self.schedule.remaining
        group = problem.groups[vehicle.group]
        stop = problem.stops[stop_number]
        seats = group.seats - on_board.seats
        wheelchairs = group.wheelchair_places - on_board.wheelchair
        stretchers = group.stretcher_places - on_board.stretcher
        persons = stop.waiting_cap
        parties = []
        total = NeedCount()
        for k in problem.kinds_at[stop_number]:
            kind = problem.kinds[k]
            if not remaining[k] or not kind.suits[vehicle.group] or not serves(vehicle, kind, stop.site):
                continue
            common = problem.havens_of[k] if havens is None else problem.havens_of[k] & havens
            if not common:
                continue
            needs = kind.party.needs
            number = min(
                remaining[k],
                seats // needs.seats if needs.seats else remaining[k],
                wheelchairs // needs.wheelchair if needs.wheelchair else remaining[k],
                stretchers // needs.stretcher if needs.stretcher else remaining[k],
                int(min(persons, 1e9) // needs.total),
            )
            if number <= 0:
                continue
            havens = common
            taken = needs.times(number)
            parties.append((k, number))
            total += taken
            seats -= taken.seats
            wheelchairs -= taken.wheelchair
            stretchers -= taken.stretcher
            persons -= taken.total
        return Load(tuple(parties), total, havens) if parties and havens else None


def serves(vehicle: Vehicle, kind: Kind, site: str) -> bool:
    """Whether the pins let a vehicle fetch people of a kind at a site."""
    names = {kind.settlement, site}
    if names & vehicle.never_sites:
        return False
    return not vehicle.only_sites or bool(names & vehicle.only_sites)


def may_end_at(vehicle: Vehicle, site: str) -> bool:
    """Whether the pins let a vehicle bring people to a haven."""
    return site not in vehicle.never_sites and (not vehicle.only_havens or site in vehicle.only_havens)
