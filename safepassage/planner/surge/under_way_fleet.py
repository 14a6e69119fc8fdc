"""The fleet under way when a plan is made anew: trips that stay, and where every vehicle is free when."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from safepassage.errors import InfeasibleError
from safepassage.i18n import _
from safepassage.model.plan import AlikeParties, Leg, Load, Mode, Trip
from safepassage.planner.surge.fleet_clock import tour_of
from safepassage.planner.surge.fleet_loads import needs_of
from safepassage.planner.surge.fleet_parties import Party
from safepassage.planner.surge.fleet_problem import NO_RUN, FleetProblem, Kind, Vehicle
from safepassage.planner.surge.fleet_schedule import Call, Parties, Timetable
from safepassage.planner.surge.snapshot import Snapshot
from safepassage.planner.surge.trip_diversion import Diversion, DivertedTrip
from safepassage.planner.surge.under_way_cars import drive_ahead

Alike = tuple[str, int, object, object]
"""Settlement, households, people and needs of a party: what tells kinds apart."""


@dataclass(slots=True)
class FleetUnderWay:
    """
    What of the fleet's plan stays.

    Attributes
    ----------
    assembly_points : frozenset of str
        Site ids where people get on who come from home.
    trips : list of Trip
        Of vehicles: done, begun, or with passengers called.
    jobs : list of Timetable
        Those of them that carry people, in time order, in the numbers of the fleet problem.
    onward : list of Timetable
        Those of the jobs that take people on from a hub.
    ridden : dict of int to Parties
        Who took which scheduled departure from a hub, by run number.
    riders : dict of int to Parties
        The same of departures that people were or will be brought to by vehicles under way.
    vehicles : tuple of Vehicle
        When and where each is free.
    ahead : list of Trip
        What they still have to drive.
    diverted, broken_off : int
        Trips.
    """

    assembly_points: frozenset[str]
    trips: list[Trip] = field(default_factory=list)
    jobs: list[Timetable] = field(default_factory=list)
    onward: list[Timetable] = field(default_factory=list)
    ridden: dict[int, Parties] = field(default_factory=dict)
    riders: dict[int, Parties] = field(default_factory=dict)
    vehicles: tuple[Vehicle, ...] = ()
    ahead: list[Trip] = field(default_factory=list)
    diverted: int = 0
    broken_off: int = 0

    def fetched(self) -> Counter[int]:
        """Parties of each kind that are fetched by trips under way."""
        found: Counter[int] = Counter()
        for job in self.jobs:
            if job not in self.onward:
                for call in job.calls:
                    for kind, number in call.parties:
                        found[kind] += number
        return found


class Keeper:
    """
    Goes through the trips of a running plan.

    Parameters
    ----------
    problem : FleetProblem
        Everybody to be moved, those under way included, over roads as they are known now.
    snapshot : Snapshot
        Where the vehicles are.
    diversion : Diversion
        Finds other ways.
    hold_all : bool
        Keep later trips as well, vehicle by vehicle up to the first that cannot go as planned.
    """

    def __init__(
        self, problem: FleetProblem, snapshot: Snapshot, diversion: Diversion, *, hold_all: bool = False
    ) -> None:
        self.problem = problem
        self.snapshot = snapshot
        self.diversion = diversion
        self.hold_all = hold_all
        self.found = FleetUnderWay(
            assembly_points=frozenset(stop.site for stop in problem.stops[: problem.n_assembly_points])
        )
        self.at_hub: dict[int, list[list[int]]] = defaultdict(list)
        self._index()

    def _index(self) -> None:
        problem = self.problem
        self.place = {site: number for number, site in enumerate(problem.sites)}
        self.stop = {stop.site: number for number, stop in enumerate(problem.stops)}
        self.haven = {haven.site: number for number, haven in enumerate(problem.havens)}
        self.kinds: dict[tuple[Alike, int], int] = {}
        for number, at_stop in enumerate(problem.kinds_at):
            for k in sorted(at_stop):
                self.kinds.setdefault((_alike_kind(problem.kinds[k]), number), k)

    def keep(self) -> FleetUnderWay:
        """
        Keep what is under way and see where the vehicles are.

        Returns
        -------
        FleetUnderWay
            Without numbers yet; `number` adds them.
        """
        by_vehicle: dict[str, list[int]] = defaultdict(list)
        trips = self.snapshot.plan.trips
        for number, trip in enumerate(trips):
            if trip.mode == Mode.FLEET:
                by_vehicle[trip.vehicle].append(number)
        known = {vehicle.id: vehicle for vehicle in self.problem.vehicles}
        state = dict(known)
        kept: list[tuple[int, Trip]] = []
        for vehicle, numbers in by_vehicle.items():
            numbers.sort(key=lambda number: trips[number].legs[0].depart_s)
            own, after = self._keep_day(known.get(vehicle), numbers)
            kept += own
            if after is not None:
                state[vehicle] = after
        self.found.trips = [trip for _, trip in sorted(kept, key=lambda pair: pair[0])]
        at_s = math.ceil(self.snapshot.at_s)
        self.found.vehicles = tuple(
            replace(state[item.id], available_s=max(state[item.id].available_s, at_s))
            for item in self.problem.vehicles
        )
        return self.found

    def _keep_day(
        self, vehicle: Vehicle | None, numbers: Sequence[int]
    ) -> tuple[list[tuple[int, Trip]], Vehicle | None]:
        """The trips of one vehicle that stay, and the vehicle after them."""
        kept: list[tuple[int, Trip]] = []
        turned_s = 0
        for number in numbers:
            trip = self.snapshot.plan.trips[number]
            changed = self.diversion.follow(self.snapshot, number)
            if not self._is_under_way(trip) and (changed.changed or not self.hold_all):
                break
            self.found.diverted += changed.changed and changed.trip is not None and not changed.broken_off
            self.found.broken_off += changed.broken_off
            turned_s = changed.free_s
            if changed.trip is not None:
                kept.append((number, changed.trip))
                self._look_ahead(number, changed)
            if changed.changed:
                break
        if vehicle is None:
            return kept, None
        after = vehicle
        if kept:
            last = kept[-1][1].legs[-1]
            after = replace(
                vehicle,
                place=self.place[last.site],
                available_s=last.depart_s,
                driven_s=self._driven_s([trip for _, trip in kept]),
            )
        return kept, replace(after, available_s=max(after.available_s, turned_s))

    def _is_under_way(self, trip: Trip) -> bool:
        """Set off, or passengers called."""
        at_s = self.snapshot.at_s
        ahead_s = self.problem.scenario.policy.call_ahead_s
        return trip.legs[0].depart_s <= at_s or any(
            leg.depart_s - ahead_s <= at_s for leg in trip.legs if leg.board
        )

    def _look_ahead(self, number: int, changed: DivertedTrip) -> None:
        trip = changed.trip
        assert trip is not None
        first = self.snapshot.traffic.trip_leg[number]
        for k, (here, there) in enumerate(pairwise(trip.legs)):
            leg = first + changed.drives[k]
            if self.snapshot.ended[leg]:
                continue
            entered = int(self.snapshot.entered[leg]) if changed.drives[k] >= 0 else 0
            start_s = math.ceil(max(self.snapshot.at_s, here.depart_s))
            rest = there.links[entered:]
            if rest:
                self.found.ahead.append(
                    drive_ahead(
                        f"{trip.vehicle} {trip.id} {k}", rest, start_s, pcu=trip.pcu, escorted=trip.escorted
                    )
                )

    def _driven_s(self, trips: Sequence[Trip]) -> int:
        """Driving since the last break; waits that would count as one are not counted."""
        policy = self.problem.scenario.policy
        driven_s = 0
        for trip in trips:
            for here, there in pairwise(trip.legs):
                drive_s = there.arrive_s - here.depart_s if there.links else 0
                rested = here.rest_s > 0
                driven_s = math.ceil(drive_s % policy.drive_before_break_s) if rested else driven_s + drive_s
        return min(driven_s, math.floor(policy.drive_before_break_s))

    def number(self, problem: FleetProblem) -> None:
        """
        Give the people on the trips their numbers; those at hubs go on in the order in which they came.

        Parameters
        ----------
        problem : FleetProblem
            With everybody in it.
        """
        self.problem = problem
        self._index()
        fetching: list[Trip] = []
        onward: list[Trip] = []
        for trip in self.found.trips:
            boards = [leg for leg in trip.legs if leg.board]
            if not boards:
                continue
            (fetching if self.stop[boards[0].site] < self.problem.n_assembly_points else onward).append(trip)
        for trip in sorted(fetching, key=lambda trip: (trip.legs[-1].depart_s, trip.id)):
            self._add_job(trip, self._parties_from_home)
        runs = self._runs_ridden()
        departures = [(trip.legs[0].depart_s, trip.id, trip) for trip in onward]
        for _depart_s, _id, trip in sorted([*departures, *runs], key=lambda item: item[:2]):
            if trip.mode == Mode.FLEET:
                self._add_job(trip, self._parties_from_hub)
            else:
                run = self._run_of(trip)
                self.found.ridden[run] = self._parties_from_hub(trip.legs[0])
        self.found.jobs.sort(key=lambda job: (job.done_s, job.vehicle))
        self._board_at_stations()

    def _add_job(self, trip: Trip, parties_of: Callable[[Leg], Parties]) -> None:
        problem = self.problem
        calls = []
        boards = [leg for leg in trip.legs if leg.board]
        for leg in boards:
            parties = parties_of(leg)
            persons = sum(load.people.total for load in leg.board)
            stop_s = math.ceil(problem.scenario.policy.boarding.board_s(needs_of(problem, parties)))
            calls.append(Call(self.stop[leg.site], parties, persons, stop_s))
        last = trip.legs[-1]
        haven = self.haven[last.site]
        vehicle = next(v for v, item in enumerate(problem.vehicles) if item.id == trip.vehicle)
        needs = needs_of(problem, [pair for call in calls for pair in call.parties])
        job = Timetable(
            vehicle=vehicle,
            tour=tour_of(problem, tuple(calls), needs),
            haven=haven,
            run=NO_RUN,
            start_s=trip.legs[0].depart_s,
            arrive_s=tuple(leg.arrive_s for leg in boards),
            depart_s=tuple(leg.depart_s for leg in boards),
            reach_s=last.arrive_s,
            done_s=last.depart_s,
            rest_s=(0,) * (len(calls) + 1),
            driven_s=0,
            safe_s=last.arrive_s,
        )
        self.found.jobs.append(job)
        if calls[0].stop >= problem.n_assembly_points:
            self.found.onward.append(job)
        if haven in problem.hub_stop:
            self.at_hub[haven] += [
                [job.done_s, kind, number] for call in calls for kind, number in call.parties
            ]

    def _parties_from_home(self, leg: Leg) -> Parties:
        stop = self.stop[leg.site]
        return tuple(
            (self._kind(_alike(load, part), stop), part.count) for load in leg.board for part in _told(load)
        )

    def _kind(self, alike: Alike, stop: int) -> int:
        number = self.kinds.get((alike, stop))
        if number is None:
            raise InfeasibleError(
                _(
                    "the plan fetches people of {settlement} whom the scenario does not have; plan again"
                ).format(settlement=alike[0])
            )
        return number

    def _parties_from_hub(self, leg: Leg) -> Parties:
        queue = self.at_hub[self.haven[leg.site]]
        queue.sort(key=lambda item: (item[0], item[1]))
        found = []
        for load in leg.board:
            for part in _told(load):
                left, wanted = part.count, _alike(load, part)
                for item in queue:
                    if left and item[2] and _alike_kind(self.problem.kinds[item[1]]) == wanted:
                        taken = min(left, item[2])
                        item[2] -= taken
                        left -= taken
                        found.append((item[1], taken))
        return tuple(found)

    def _runs_ridden(self) -> list[tuple[int, str, Trip]]:
        """Scheduled departures from hubs that have left."""
        hubs = {self.problem.havens[haven].site for haven in self.problem.hub_stop}
        return [
            (trip.legs[0].depart_s, trip.id, trip)
            for trip in self.snapshot.plan.trips
            if trip.mode == Mode.SERVICE
            and trip.legs[0].site in hubs
            and trip.legs[0].depart_s <= self.snapshot.at_s
        ]

    def _run_of(self, trip: Trip) -> int:
        return next(
            k
            for k, run in enumerate(self.problem.runs)
            if (run.service, run.depart_s) == (trip.vehicle, trip.legs[0].depart_s)
        )

    def _board_at_stations(self) -> None:
        """Whoever was brought to a station takes the departure that the plan gives them."""
        problem = self.problem
        places: dict[int, Counter[Alike]] = {}
        for trip in self.snapshot.plan.trips:
            station = self.haven.get(trip.legs[0].site, -1)
            if trip.mode == Mode.SERVICE and station >= 0 and not problem.havens[station].safe:
                run = self._run_of(trip)
                places[run] = Counter()
                for load in trip.legs[0].board:
                    for part in _told(load):
                        places[run][_alike(load, part)] += part.count
        riders: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for k, job in enumerate(self.found.jobs):
            if problem.havens[job.haven].safe:
                continue
            wanted: Counter[Alike] = Counter()
            for call in job.calls:
                for kind, number in call.parties:
                    wanted[_alike_kind(problem.kinds[kind])] += number
            run = self._run_for(job, wanted, places, riders)
            if run in places:
                places[run] -= wanted
            riders[run] += [pair for call in job.calls for pair in call.parties]
            self.found.jobs[k] = replace(job, run=run, safe_s=problem.runs[run].arrive_s)
        self.found.riders = {run: tuple(parties) for run, parties in riders.items()}

    def _run_for(
        self,
        job: Timetable,
        wanted: Counter[Alike],
        places: Mapping[int, Counter[Alike]],
        riders: Mapping[int, Sequence[tuple[int, int]]],
    ) -> int:
        """The departure that the plan gives passengers; where they miss it, the next with places."""
        problem = self.problem
        later = [
            r for r, run in enumerate(problem.runs) if run.haven == job.haven and run.depart_s >= job.done_s
        ]
        for r in later:
            if all(places.get(r, Counter())[alike] >= number for alike, number in wanted.items()):
                return r
        for r in later:
            taken = needs_of(problem, riders.get(r, ())) + job.needs
            run = problem.runs[r]
            if (
                taken.seats <= run.seats
                and taken.wheelchair <= run.wheelchair_places
                and taken.stretcher <= run.stretcher_places
            ):
                return r
        raise InfeasibleError(
            _("trip of {vehicle}: no train takes its passengers on; plan again").format(
                vehicle=problem.vehicles[job.vehicle].id
            )
        )


def _alike_kind(kind: Kind) -> Alike:
    return kind.settlement, kind.party.households, kind.party.people, kind.party.needs


def _alike(load: Load, part: AlikeParties) -> Alike:
    return load.settlement, part.households, part.people, part.needs


def _told(load: Load) -> tuple[AlikeParties, ...]:
    if not load.parties:
        raise InfeasibleError(
            _("the plan does not tell which households of {settlement} travel together; plan again").format(
                settlement=load.settlement
            )
        )
    return load.parties


def with_kinds_of(problem: FleetProblem, trips: Sequence[Trip], settlements: frozenset[str]) -> FleetProblem:
    """
    Add the people on trips as kinds of their own, for settlements whose people are counted anew.

    Parameters
    ----------
    problem : FleetProblem
        With those still at home.
    trips : sequence of Trip
        That stay.
    settlements : frozenset of str
        Settlement ids.

    Returns
    -------
    FleetProblem
        With kinds appended, each with nobody left to fetch beyond those on the trips.
    """
    stop = {item.site: number for number, item in enumerate(problem.stops)}
    known = {
        (_alike_kind(problem.kinds[k]), number): k
        for number, at_stop in enumerate(problem.kinds_at)
        for k in sorted(at_stop)
    }
    kinds = list(problem.kinds)
    more: Counter[int] = Counter()
    for trip in trips:
        for leg in trip.legs:
            number = stop.get(leg.site, -1)
            if not 0 <= number < problem.n_assembly_points:
                continue
            for load in leg.board:
                if load.settlement not in settlements:
                    continue
                for part in _told(load):
                    key = (_alike(load, part), number)
                    if key not in known:
                        known[key] = len(kinds)
                        kinds.append(_new_kind(problem, load.settlement, number, part))
                    more[known[key]] += part.count
    counted = tuple(replace(kind, count=kind.count + more[k]) for k, kind in enumerate(kinds))
    at = [list(numbers) for numbers in problem.kinds_at]
    for k in range(len(problem.kinds), len(kinds)):
        at[kinds[k].stop].append(k)
    havens = problem.havens_of + (frozenset(),) * (len(kinds) - len(problem.kinds))
    return replace(problem, kinds=counted, kinds_at=tuple(map(tuple, at)), havens_of=havens)


def _new_kind(problem: FleetProblem, settlement: str, stop: int, part: AlikeParties) -> Kind:
    needs = part.needs
    size = (needs.seats, needs.wheelchair, needs.stretcher, needs.total)
    suits = (False,) * len(problem.groups)
    return Kind(settlement, stop, Party(part.households, part.people, part.needs), 0, suits, size)


def problem_left(problem: FleetProblem, found: FleetUnderWay) -> FleetProblem:
    """
    The fleet's task from now on.

    Parameters
    ----------
    problem : FleetProblem
        The whole task.
    found : FleetUnderWay
        What of it is under way.

    Returns
    -------
    FleetProblem
        In the same numbers: fewer parties, less room, vehicles where they will be free; nobody boards
        before there was time to call people.
    """
    fetched = found.fetched()
    room, waiting = dict(problem.room), Counter[int]()
    taken: Mapping[int, Parties] = {**found.riders, **found.ridden}
    for job in found.jobs:
        haven = problem.havens[job.haven]
        if haven.final:
            room[haven.site] -= job.persons
        elif job.run == NO_RUN:
            waiting[job.haven] += job.persons
    for number, parties in found.riders.items():
        room[problem.runs[number].to_site] -= needs_of(problem, parties).total
    runs = []
    for k, run in enumerate(problem.runs):
        needs = needs_of(problem, taken.get(k, ()))
        runs.append(
            replace(
                run,
                seats=run.seats - needs.seats,
                wheelchair_places=run.wheelchair_places - needs.wheelchair,
                stretcher_places=run.stretcher_places - needs.stretcher,
            )
        )
    return replace(
        problem,
        kinds=tuple(replace(kind, count=kind.count - fetched[k]) for k, kind in enumerate(problem.kinds)),
        vehicles=found.vehicles,
        room=room,
        runs=tuple(runs),
        havens=tuple(
            replace(haven, waiting_cap=haven.waiting_cap - waiting[k])
            for k, haven in enumerate(problem.havens)
        ),
    )
