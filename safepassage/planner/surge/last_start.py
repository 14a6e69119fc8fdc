"""Last safe starts: how long before a crossing is lost each settlement has to leave to get over it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from safepassage.model.arrays import FloatArray
from safepassage.model.plan import Plan, Route
from safepassage.model.playbook import LastStart
from safepassage.model.scenario import Assumption, Scenario
from safepassage.planner.surge.car_route import CarRoute, make_route, resource_capacity_per_s
from safepassage.planner.surge.crossings import without
from safepassage.planner.surge.problem import state_problem
from safepassage.simulator.plan_traffic import plan_traffic
from safepassage.simulator.run import play
from safepassage.simulator.threat_conditions import threat_conditions

_STEP_S = 60.0
_MOST_STEPS = 4320


def last_starts(scenario: Scenario, plan: Plan, *, confidence: float, seed: int) -> tuple[LastStart, ...]:
    """
    Find out by when settlements have to start to pass each crossing of the plan.

    Parameters
    ----------
    scenario : Scenario
        Roads and assumptions on crossings.
    plan : Plan
        Whose routes and order of settlements count.
    confidence : float
        With which a crossing carries at least what is counted on, 0.5 to 1: its capacity is taken from a
        triangular distribution over the range of its assumption.
    seed : int
        Of the play of the plan.

    Returns
    -------
    tuple of LastStart
        By crossing name, the settlement that has to start earliest first.

    Notes
    -----
    Times are counted back from the loss, in which everybody uses the last moments before it: each settlement
    takes the latest places left on every road on its way to the far end of the crossing. Curfews do
    not count.
    """
    names = sorted({name for name in scenario.network.crossing if name})
    passed = _passed(scenario, plan, seed)
    found = []
    for name in names:
        rows = _Crossing(scenario, plan, name, confidence).rows(passed)
        found += sorted(rows, key=lambda row: (-row.together_s, row.settlement))
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class _User:
    """Cars of a settlement that go over a crossing, and their way up to its far end."""

    settlement: str
    cars: int
    start_s: float
    way: CarRoute


class _Crossing:
    def __init__(self, scenario: Scenario, plan: Plan, name: str, confidence: float) -> None:
        self.scenario, self.plan, self.name = scenario, plan, name
        self.links = {k for k, crossing in enumerate(scenario.network.crossing) if crossing == name}
        self.capacity = resource_capacity_per_s(scenario.network)
        self.scarce = self.capacity.copy()
        for link in self.links:
            self.scarce[link] *= _share(scenario, scenario.network.link_id[link], confidence)
        index = {link: k for k, link in enumerate(scenario.network.link_id)}
        routes = {route.id: route for route in plan.routes}
        self.users = self._users(routes, index)
        lost = state_problem(without(scenario, [name]))
        cut_off = {part.settlement for part in lost.unserved}
        self.other_way = {queue.settlement for queue in lost.queues} - cut_off

    def _users(self, routes: Mapping[str, Route], index: Mapping[str, int]) -> list[_User]:
        cars: dict[tuple[str, str], int] = {}
        first: dict[tuple[str, str], float] = {}
        for wave in self.plan.waves:
            key = (wave.settlement, wave.route)
            cars[key] = cars.get(key, 0) + wave.vehicles
            first[key] = min(first.get(key, math.inf), float(wave.start_s))
        users = []
        for (settlement, route), number in cars.items():
            links = [index[link] for link in routes[route].links]
            over = [k for k, link in enumerate(links) if link in self.links]
            if over:
                way = make_route(self.scenario.network, links[: over[-1] + 1], 0)
                users.append(_User(settlement, number, first[settlement, route], way))
        return users

    def rows(
        self, passed: tuple[dict[tuple[str, str], float], dict[tuple[str, str], float]]
    ) -> list[LastStart]:
        """One row a settlement that uses the crossing by car or vehicle."""
        together, scarce = self._counted_back(self.capacity), self._counted_back(self.scarce)
        by_car, by_fleet = passed
        settlements = {user.settlement for user in self.users}
        settlements |= {place for crossing, place in by_fleet if crossing == self.name}
        rows = []
        for place in self.scenario.in_scope:
            if place.id not in settlements:
                continue
            users = [user for user in self.users if user.settlement == place.id]
            alone = [self._alone_s(user) for user in users]
            rows.append(
                LastStart(
                    crossing=self.name,
                    settlement=place.id,
                    cars=sum(user.cars for user in users),
                    alone_s=max(alone, default=0.0),
                    together_s=together.get(place.id, 0.0),
                    confident_s=scarce.get(place.id, 0.0),
                    passed_s=by_car.get((self.name, place.id), math.nan),
                    fleet_passed_s=by_fleet.get((self.name, place.id), math.nan),
                    other_way=place.id in self.other_way,
                )
            )
        return rows

    def _alone_s(self, user: _User) -> float:
        slowest = float(self.capacity[user.way.resources].min())
        return user.way.free_flow_s + (user.cars - 1) / slowest

    def _counted_back(self, capacity: FloatArray) -> dict[str, float]:
        """How long before the loss each settlement starts if everybody starts as late as they can."""
        free: dict[int, FloatArray] = {}
        for user in self.users:
            for resource in user.way.resources.tolist():
                free.setdefault(resource, np.full(_MOST_STEPS, capacity[resource] * _STEP_S))
        found: dict[str, float] = {}
        # Who leaves last in the plan stands nearest to the loss.
        for user in sorted(self.users, key=lambda user: (-user.start_s, user.settlement)):
            lead_s = _reserve_back(free, user)
            found[user.settlement] = max(found.get(user.settlement, 0.0), lead_s)
        return found


def _reserve_back(free: Mapping[int, FloatArray], user: _User) -> float:
    """Take the latest places left before the loss; how long before it the first car leaves (s)."""
    resources = user.way.resources.tolist()
    shift = [int((user.way.free_flow_s - reached) // _STEP_S) for reached in user.way.reached_s.tolist()]
    length = _MOST_STEPS - max(shift, default=0)
    room = np.min([free[r][s : s + length] for r, s in zip(resources, shift, strict=True)], axis=0)
    total = np.cumsum(np.maximum(room, 0.0))
    last = int(np.searchsorted(total, user.cars - 1e-9))
    if last >= length:
        return math.inf
    taken = np.diff(np.minimum(total[: last + 1], user.cars), prepend=0.0)
    for resource, back in zip(resources, shift, strict=True):
        free[resource][back : back + last + 1] -= taken
    return user.way.free_flow_s + (last + 1) * _STEP_S


def _share(scenario: Scenario, link: str, confidence: float) -> float:
    """Share of a link's capacity that it has at least, with a confidence, by its assumption's range."""
    target = f"link.csv:{link}:capacity"
    assumption = next((item for item in scenario.assumptions if target in item.targets), None)
    if assumption is None or assumption.value <= 0:
        return 1.0
    return _quantile(assumption, 1.0 - confidence) / assumption.value


def _quantile(assumption: Assumption, share: float) -> float:
    """Quantile of the triangular distribution with its peak at the value."""
    low, mode, high = assumption.low, assumption.value, assumption.high
    if high <= low:
        return mode
    at_mode = (mode - low) / (high - low)
    if share <= at_mode:
        return low + math.sqrt(share * (high - low) * (mode - low))
    return high - math.sqrt((1 - share) * (high - low) * (high - mode))


_Times = dict[tuple[str, str], float]


def _passed(scenario: Scenario, plan: Plan, seed: int) -> tuple[_Times, _Times]:
    """When the last car, and the last vehicle with people, of each settlement is over each crossing."""
    network = scenario.network
    traffic = plan_traffic(network, plan.routes, plan.waves, plan.trips, scenario.policy.boarding)
    conditions = threat_conditions(scenario)
    result = play(network, traffic.demand, seed=seed, record_entries=True, conditions=conditions)
    by_car: _Times = {}
    by_fleet: _Times = {}

    def see(times: _Times, leg: int, settlements: Sequence[str]) -> None:
        route = traffic.demand.leg_route[leg]
        chain = traffic.demand.route_link[
            traffic.demand.route_offset[route] : traffic.demand.route_offset[route + 1]
        ].tolist()
        entered = result.entry_s[result.entry_offset[leg] : result.entry_offset[leg + 1]]
        left = [*entered[1:].tolist(), float(result.leg_arrive_s[leg])]
        for link, time_s in zip(chain, left, strict=True):
            if network.crossing[link] and not math.isnan(time_s):
                for settlement in settlements:
                    key = (network.crossing[link], settlement)
                    times[key] = max(times.get(key, 0.0), time_s)

    for car, wave in enumerate(traffic.car_wave.tolist()):
        see(by_car, car, [plan.waves[wave].settlement])
    for number, trip in enumerate(plan.trips):
        first, aboard = traffic.trip_leg[number], set[str]()
        for k, leg in enumerate(trip.legs[:-1]):
            aboard |= {load.settlement for load in leg.board}
            if first >= 0 and aboard:
                see(by_fleet, first + k, sorted(aboard))
    return by_car, by_fleet
