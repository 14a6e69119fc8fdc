"""Cars under way when a plan is made anew: waves that stay, cars sent another way, cars turned back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from safepassage.model.households import form_households
from safepassage.model.people import PeopleCount, Settlement
from safepassage.model.plan import Leg, Mode, Route, Trip, Wave
from safepassage.planner.surge.cars import CarQueue, queue_of
from safepassage.planner.surge.pin_rules import rules_of
from safepassage.planner.surge.problem import SurgeProblem
from safepassage.planner.surge.snapshot import Snapshot

_Way = tuple[tuple[int, ...], str]
_AS_PLANNED: _Way = ((), "as planned")
_STAYS: _Way = ((), "stays")
_TURNS_BACK: _Way = ((), "turns back")


@dataclass(slots=True)
class CarsUnderWay:
    """
    What of the cars' plan stays.

    Attributes
    ----------
    routes : list of Route
        Of the waves.
    waves : list of Wave
        Done, begun or announced, by settlement and time; a wave of which some are sent another way is
        cut in pieces.
    ahead : list of Trip
        What they still have to drive, as traffic beside which others are planned.
    diverted, turned_back : int
        Cars.
    """

    routes: list[Route] = field(default_factory=list)
    waves: list[Wave] = field(default_factory=list)
    ahead: list[Trip] = field(default_factory=list)
    diverted: int = 0
    turned_back: int = 0

    def kept(self, settlement: str) -> tuple[int, PeopleCount]:
        """Whole households and people of a settlement in the waves that stay."""
        waves = [wave for wave in self.waves if wave.settlement == settlement]
        return sum(wave.households for wave in waves), sum((wave.people for wave in waves), PeopleCount())


def cars_under_way(problem: SurgeProblem, snapshot: Snapshot, *, hold_all: bool = False) -> CarsUnderWay:
    """
    Keep the waves that are announced, and find ways for cars whose road is closed ahead of them.

    Parameters
    ----------
    problem : SurgeProblem
        Roads as they are known now.
    snapshot : Snapshot
        Where the cars are.
    hold_all : bool
        Keep later waves as well, unless their road is closed.

    Returns
    -------
    CarsUnderWay
        Cars that have not left stay at home where their road is closed, and are planned anew.
    """
    keeper = _Keeper(problem, snapshot)
    told_s = snapshot.at_s + problem.scenario.policy.call_ahead_s
    for number, wave in enumerate(snapshot.plan.waves):
        if wave.start_s <= told_s or (hold_all and keeper.is_open(wave)):
            keeper.keep(number, wave)
    return keeper.found


class _Keeper:
    def __init__(self, problem: SurgeProblem, snapshot: Snapshot) -> None:
        self.problem = problem
        self.snapshot = snapshot
        self.closed = problem.roads.capacity_pcu_per_h <= 0
        self.routes = {route.id: route for route in snapshot.plan.routes}
        self.found = CarsUnderWay()
        self.ways: dict[tuple[int, str], _Way] = {}

    def is_open(self, wave: Wave) -> bool:
        """Whether no road of a wave is closed."""
        links = [self.problem.link_index[link] for link in self.routes[wave.route].links]
        return not self.closed[links].any()

    def keep(self, number: int, wave: Wave) -> None:
        """Keep a wave, whole or in pieces."""
        cars = self.snapshot.cars_of(number).tolist()
        route = self.routes[wave.route]
        links = tuple(self.problem.link_index[link] for link in route.links)
        ways = [self._way(car, links, route, wave.settlement) for car in cars]
        pieces, first = [], 0
        for way, group in groupby(ways):
            end = first + len(list(group))
            pieces.append((way, first, end))
            first = end
        for k, (way, start, end) in enumerate(pieces, start=1):
            if way == _TURNS_BACK:
                self.found.turned_back += end - start
            if way in (_TURNS_BACK, _STAYS):
                continue
            name = wave.id if len(pieces) == 1 else f"{wave.id}.{k}"
            piece = wave if len(pieces) == 1 else _piece(wave, name, start, end)
            taken = route if way == _AS_PLANNED else self._diverted(route, way, name)
            if way != _AS_PLANNED:
                self.found.diverted += end - start
            self._add(replace(piece, route=taken.id), taken, cars[start:end])

    def _way(self, car: int, links: tuple[int, ...], route: Route, settlement: str) -> _Way:
        entered = int(self.snapshot.entered[car])
        if self.snapshot.ended[car] or not self.closed[list(links[entered:])].any():
            return _AS_PLANNED
        if not entered:
            return _STAYS
        key = (links[entered - 1], route.destination)
        if key not in self.ways:
            self.ways[key] = self._onward(links[entered - 1], route.destination, settlement)
        onward, end = self.ways[key]
        return (links[:entered] + onward, end) if end else _TURNS_BACK

    def _onward(self, link: int, destination: str, settlement: str) -> _Way:
        """Links after this one and the site they lead to: the same place if possible, else the nearest."""
        problem, rules = self.problem, rules_of(self.problem.scenario, settlement)
        sites = [site for site in problem.destinations if rules.allows(site.id)]
        ways = {site.id: problem.paths.onward(link, problem.node_index[site.node]) for site in sites}
        found = {site: way for site, way in ways.items() if way is not None}
        if not found:
            return (), ""
        end = destination if destination in found else min(found, key=lambda site: self._time_s(found[site]))
        return found[end], end

    def _time_s(self, links: Sequence[int]) -> float:
        return float(self.problem.roads.free_flow_time_s[list(links)].sum())

    def _diverted(self, route: Route, way: _Way, name: str) -> Route:
        links, end = way
        network = self.problem.roads
        return Route(
            id=f"{name}>{end}",
            settlement=route.settlement,
            destination=end,
            links=tuple(network.link_id[link] for link in links),
            length_m=float(network.length_m[list(links)].sum()),
            free_flow_s=self._time_s(links),
        )

    def _add(self, wave: Wave, route: Route, cars: Sequence[int]) -> None:
        self.found.waves.append(wave)
        if route not in self.found.routes:
            self.found.routes.append(route)
        links = tuple(self.problem.link_index[link] for link in route.links)
        departures = wave.departures_s()
        for car, depart_s in zip(cars, departures, strict=True):
            if self.snapshot.ended[car]:
                continue
            entered = int(self.snapshot.entered[car])
            # On its way a car is taken to reach the end of its link about now.
            start_s = math.ceil(max(self.snapshot.at_s, depart_s))
            rest = tuple(self.problem.roads.link_id[link] for link in links[entered:])
            self.found.ahead.append(drive_ahead(f"car {car}", rest, start_s))


def drive_ahead(
    vehicle: str, links: tuple[str, ...], start_s: int, *, pcu: int = 1, escorted: bool = False
) -> Trip:
    """
    The rest of a drive as traffic beside which others are planned.

    Parameters
    ----------
    vehicle : str
        Whose.
    links : tuple of str
        Link ids still to be driven.
    start_s : int
        From when (s).
    pcu : int
        Passenger-car units.
    escorted : bool
        Passes gates without stopping.

    Returns
    -------
    Trip
        Without passengers.
    """
    legs = (Leg("", (), start_s, start_s), Leg("", links, start_s, start_s))
    return Trip(f"{vehicle} ahead", vehicle, "", Mode.FLEET, pcu, escorted, legs)


def _piece(wave: Wave, name: str, start: int, end: int) -> Wave:
    """Cars of a wave from one number to another, with an even share of its people."""
    spacing = (wave.end_s - wave.start_s) / wave.vehicles
    start_s = wave.start_s + int(spacing * start)

    def share(number: int) -> int:
        return number * end // wave.vehicles - number * start // wave.vehicles

    people = wave.people
    return Wave(
        id=name,
        settlement=wave.settlement,
        route=wave.route,
        start_s=start_s,
        end_s=max(start_s + 1, wave.start_s + int(spacing * end)),
        vehicles=end - start,
        households=share(wave.households),
        people=PeopleCount(
            share(people.adults), share(people.children), share(people.older), share(people.low_mobility)
        ),
    )


def cars_left(queue: CarQueue, place: Settlement, households: int, people: PeopleCount) -> CarQueue | None:
    """
    The car households of a settlement that are not under way.

    Parameters
    ----------
    queue : CarQueue
        All of them.
    place : Settlement
        Whose.
    households : int
        Households under way, the first in the queue where it was not split.
    people : PeopleCount
        Persons under way.

    Returns
    -------
    CarQueue or None
        None where everybody is under way. Where street groups or diverted cars left out of order,
        households are formed anew from the people who remain, every group in whole persons.
    """
    rest = queue.people - people
    if not rest.total:
        return None
    exact = queue.part(households)
    if exact.people == rest:
        return exact
    alone = replace(place, people=rest, wheelchair=0, stretcher=0, car_share=1.0)
    groups = [replace(group, has_car=True) for group in form_households(alone)]
    left = queue_of(queue.settlement, groups)
    assert left.people == rest
    return left
