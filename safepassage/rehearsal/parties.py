"""The people of a plan as parties that travel together, ready to be played many times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from safepassage.model.arrays import FlagArray, FloatArray, IndexArray, OffsetArray
from safepassage.model.people import PeopleCount
from safepassage.model.plan import Leg, Mode, Plan, Trip
from safepassage.model.scenario import Scenario
from safepassage.simulator.plan_traffic import PlanTraffic, plan_traffic

NONE = -1
GROUPS = ("adults", "children", "older", "low_mobility")


@dataclass(frozen=True, slots=True, eq=False)
class Ride:
    """
    A boarding from home: people of one settlement who board one vehicle at one stop.

    Attributes
    ----------
    settlement : int
        Index in scope.
    trip : int
        Index in the plan.
    board_leg : int
        Leg of the demand that they board.
    first_party, end_party : int
        Their parties.
    seats_only : bool
        Whether anybody may take a seat that stays free.
    """

    settlement: int
    trip: int
    board_leg: int
    first_party: int
    end_party: int
    seats_only: bool


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """
    A train or bus to a timetable that takes people on from a place that is not safe.

    Attributes
    ----------
    site : int
        Index of the place in ``PlanParties.transfer_sites``.
    departs_s, arrives_s : float
        When it leaves, and when it reaches safety (s).
    places : int
        Persons that the plan puts on it there.
    """

    site: int
    departs_s: float
    arrives_s: float
    places: int


@dataclass(frozen=True, slots=True, eq=False)
class PlanParties:
    """
    A plan, ready to be played many times.

    Attributes
    ----------
    traffic : PlanTraffic
        Vehicles and legs.
    n_cars : int
        The first so many parties are cars, and vehicles, and legs.
    persons : int64[n]
        Whole persons of each party.
    settlement : int32[n]
        Index in scope.
    slot : int64[n]
        Place of the party's household in the draws of the district.
    board_leg, alight_leg : int32[n]
        Leg on which the party leaves home and on which it gets off.
    course : int32[n]
        Index in ``courses``.
    transfer : int32[n]
        Index of the unsafe place where the party gets off; -1 where that place is safe.
    safe : bool[n]
        Whether the party ends up safe if all goes as planned.
    composition : float64[n, 4]
        Share of each of `GROUPS` in the party.
    group_size : float64[n]
        Persons who wait with the party at its stop; 0 for cars.
    ride : int32[n]
        Index in ``rides``; -1 for cars.
    rides : tuple of Ride
        Boardings from home, by settlement and then by trip.
    services : tuple of Service
        By departure.
    courses : tuple of tuple of int
        Links from home to safety.
    slot_start : int64[n_settlements + 1]
        Where each settlement's places in the draws begin.
    remainder : int64[n_settlements]
        Persons whom the plan does not bring out.
    people : int64[n_settlements]
        All persons in scope.
    home_composition : float64[n_settlements, 4]
        Share of each of `GROUPS` at home.
    leg_vehicle_name : tuple of str
        Fleet vehicle of each vehicle of the demand after the cars.
    transfer_sites : tuple of str
        Ids of the unsafe places where people get off.
    """

    traffic: PlanTraffic
    n_cars: int
    persons: OffsetArray
    settlement: IndexArray
    slot: OffsetArray
    board_leg: IndexArray
    alight_leg: IndexArray
    course: IndexArray
    transfer: IndexArray
    safe: FlagArray
    composition: FloatArray
    group_size: FloatArray
    ride: IndexArray
    rides: tuple[Ride, ...]
    services: tuple[Service, ...]
    courses: tuple[tuple[int, ...], ...]
    slot_start: OffsetArray
    remainder: OffsetArray
    people: OffsetArray
    home_composition: FloatArray
    leg_vehicle_name: tuple[str, ...]
    transfer_sites: tuple[str, ...]


def plan_parties(scenario: Scenario, plan: Plan) -> PlanParties:
    """
    Divide the people of a plan into parties.

    Parameters
    ----------
    scenario : Scenario
        Where.
    plan : Plan
        What is to be played.

    Returns
    -------
    PlanParties
        Persons of the parties and the remainder add up to the people in scope.
    """
    traffic = plan_traffic(scenario.network, plan.routes, plan.waves, plan.trips, scenario.policy.boarding)
    draft = _Draft(scenario, plan, traffic)
    draft.add_cars()
    draft.add_rides()
    return draft.finished()


def whole_persons(people: int, vehicles: int) -> list[int]:
    """
    Whole persons in each vehicle or household, as even as can be.

    Parameters
    ----------
    people, vehicles : int
        How many are spread over how many.

    Returns
    -------
    list of int
        Adds up to ``people``.
    """
    return [people * (k + 1) // vehicles - people * k // vehicles for k in range(vehicles)]


@dataclass(slots=True)
class _Draft:
    scenario: Scenario
    plan: Plan
    traffic: PlanTraffic
    rows: list[tuple[int, ...]] = field(default_factory=list)
    shares: list[tuple[float, ...]] = field(default_factory=list)
    waiting: list[float] = field(default_factory=list)
    rides: list[Ride] = field(default_factory=list)
    courses: dict[tuple[int, ...], int] = field(default_factory=dict)
    transfer_sites: dict[str, int] = field(default_factory=dict)
    households: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    link_index: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.link_index = {link: k for k, link in enumerate(self.scenario.network.link_id)}

    def _course(self, links: Sequence[str]) -> int:
        course = tuple(self.link_index[link] for link in links)
        return self.courses.setdefault(course, len(self.courses))

    def _add(
        self,
        settlement: int,
        persons: int,
        legs: tuple[int, int],
        course: int,
        transfer: int,
        safe: int,
        ride: int,
    ) -> None:
        ordinal = self.households[settlement]
        self.households[settlement] += 1
        self.rows.append((settlement, persons, *legs, course, transfer, safe, ride, ordinal))

    def add_cars(self) -> None:
        """Add one party a car, in the order of the demand's vehicles."""
        place = {item.id: k for k, item in enumerate(self.scenario.in_scope)}
        routes = {route.id: route for route in self.plan.routes}
        safe_sites = {site.id for site in self.scenario.sites if site.safe}
        course_of = {route.id: self._course(route.links) for route in self.plan.routes}
        for wave in self.plan.waves:
            safe = int(routes[wave.route].destination in safe_sites)
            for persons in whole_persons(wave.people.total, wave.vehicles):
                leg = len(self.rows)
                self._add(
                    place[wave.settlement], persons, (leg, leg), course_of[wave.route], NONE, safe, NONE
                )
                self.shares.append(_shares(wave.people))
                self.waiting.append(0.0)

    def add_rides(self) -> None:
        """Add one party a household that boards at an assembly point, by settlement and then by trip."""
        place = {item.id: k for k, item in enumerate(self.scenario.in_scope)}
        safe_sites = {site.id for site in self.scenario.sites if site.safe}
        stations = {service.from_site for service in self.scenario.services}
        boardings = [
            (place[load.settlement], number, stop, which)
            for number, trip in enumerate(self.plan.trips)
            if trip.mode == Mode.FLEET
            for stop, leg in enumerate(trip.legs)
            if leg.site not in safe_sites and leg.site not in stations
            for which, load in enumerate(leg.board)
        ]
        for settlement, number, stop, which in sorted(boardings):
            self._add_ride(settlement, number, stop, which)

    def _add_ride(self, settlement: int, number: int, stop: int, which: int) -> None:
        trip = self.plan.trips[number]
        load = trip.legs[stop].board[which]
        safe_sites = {site.id for site in self.scenario.sites if site.safe}
        first_leg = self.traffic.trip_leg[number]
        first_party = len(self.rows)
        sizes = whole_persons(load.people.total, max(load.households, 1))
        standing = sum(item.people.total for item in trip.legs[stop].board)
        stops = _stops_of(trip, stop, load.settlement, which)
        aboard = 0
        for persons in sizes:
            end = next((at for at, until in stops if aboard < until), stops[-1][0])
            aboard += persons
            links = [link for leg in trip.legs[stop + 1 : end + 1] for link in leg.links]
            site = trip.legs[end].site
            transfer = NONE
            if site not in safe_sites:
                transfer = self.transfer_sites.setdefault(site, len(self.transfer_sites))
            legs = (first_leg + stop, first_leg + end - 1)
            self._add(settlement, persons, legs, self._course(links), transfer, 1, len(self.rides))
            self.shares.append(_shares(load.people))
            self.waiting.append(float(standing))
        only = load.needs.wheelchair + load.needs.stretcher == 0
        self.rides.append(Ride(settlement, number, first_leg + stop, first_party, len(self.rows), only))

    def _services(self) -> list[Service]:
        safe_sites = {site.id for site in self.scenario.sites if site.safe}
        services = []
        for trip in self.plan.trips:
            for stop, leg in enumerate(trip.legs):
                if leg.board and leg.site in self.transfer_sites:
                    after = [item for item in trip.legs[stop + 1 :] if item.site in safe_sites]
                    if trip.mode == Mode.SERVICE and after:
                        number = sum(load.people.total for load in leg.board)
                        site = self.transfer_sites[leg.site]
                        services.append(Service(site, float(leg.depart_s), float(after[0].arrive_s), number))
        return sorted(services, key=lambda service: (service.departs_s, service.site))

    def finished(self) -> PlanParties:
        """Put everything into arrays."""
        rows = np.array(self.rows, np.int64).reshape(-1, 9)
        scope = self.scenario.in_scope
        people = np.array([place.people.total for place in scope], np.int64)
        slot_start = np.concatenate([[0], np.cumsum(people)])
        covered = np.bincount(rows[:, 0], weights=rows[:, 1], minlength=len(scope)).astype(np.int64)
        remainder = people - covered
        assert (remainder >= 0).all()
        names = list(dict.fromkeys(trip.vehicle for trip in self.plan.trips if trip.mode == Mode.FLEET))
        return PlanParties(
            traffic=self.traffic,
            n_cars=int(self.traffic.car_wave.size),
            persons=rows[:, 1].copy(),
            settlement=rows[:, 0].astype(np.int32),
            # A plan with more vehicles than people would run over; then the last place is drawn twice.
            slot=np.minimum(
                slot_start[rows[:, 0]] + rows[:, 8], np.maximum(slot_start[rows[:, 0] + 1] - 1, 0)
            ),
            board_leg=rows[:, 2].astype(np.int32),
            alight_leg=rows[:, 3].astype(np.int32),
            course=rows[:, 4].astype(np.int32),
            transfer=rows[:, 5].astype(np.int32),
            safe=rows[:, 6].astype(np.bool_),
            composition=np.array(self.shares, np.float64).reshape(-1, len(GROUPS)),
            group_size=np.array(self.waiting, np.float64),
            ride=rows[:, 7].astype(np.int32),
            rides=tuple(self.rides),
            services=tuple(self._services()),
            courses=tuple(self.courses),
            slot_start=slot_start,
            remainder=remainder,
            people=people,
            home_composition=np.array([_shares(place.people) for place in scope]).reshape(-1, len(GROUPS)),
            leg_vehicle_name=tuple(names),
            transfer_sites=tuple(self.transfer_sites),
        )


def _shares(people: PeopleCount) -> tuple[float, ...]:
    return tuple(getattr(people, name) / max(people.total, 1) for name in GROUPS)


def _stops_of(trip: Trip, stop: int, settlement: str, which: int) -> list[tuple[int, int]]:
    """Where people of a settlement get off after a stop, with how many have got off until then."""
    before = sum(
        load.people.total
        for leg in trip.legs[: stop + 1]
        for load in leg.board
        if load.settlement == settlement
    )
    own = [load for load in trip.legs[stop].board if load.settlement == settlement]
    place = sum(load.settlement == settlement for load in trip.legs[stop].board[:which])
    before -= sum(load.people.total for load in own[place:])
    stops, off = [], 0
    for at in range(1, len(trip.legs)):
        off += _off(trip.legs[at], settlement)
        if at > stop and off > before:
            stops.append((at, off - before))
    return stops or [(len(trip.legs) - 1, 0)]


def _off(leg: Leg, settlement: str) -> int:
    return sum(load.people.total for load in leg.alight if load.settlement == settlement)
