"""
One route and one destination a settlement, so that no road, crossing or gate is overloaded.

Column generation over routes: a small linear program shares the settlements' cars over the routes
found so far so that the busiest road is done as early as possible; its dual prices make the next
routes. Each settlement then takes one route, and moves between its routes even the load out.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from safepassage.i18n import _
from safepassage.model.arrays import FloatArray, IndexArray
from safepassage.model.plan import ReasonCode
from safepassage.planner.surge.car_route import CarRoute, make_route, resource_capacity_per_s
from safepassage.planner.surge.cars import CarQueue
from safepassage.planner.surge.fork_free import fork_free_routes
from safepassage.planner.surge.many_origins import has_many_origins, reserved_routes
from safepassage.planner.surge.paths import Paths
from safepassage.planner.surge.pin_rules import rules_of, shortest_but
from safepassage.planner.surge.problem import SurgeProblem, car_demand, unserved_queue
from safepassage.planner.surge.reserve import reserve_routes
from safepassage.planner.surge.route_program import RouteShares, even_shares, share_cars

# A minute saved on the way is worth as much as 0.6 s of clearance: it only breaks ties.
_WEIGHT_OF_WAY = 0.01
_MOST_ROUNDS = 40
_MOST_RESERVED = 3
_LEAST_GAIN = 1e-6
_EVENNESS = 16.0


@dataclass(frozen=True, slots=True, eq=False)
class RouteChoice:
    """
    The route of every settlement, and what else it could take.

    Attributes
    ----------
    chosen : list of int
        For each queue the index of its route among ``candidates``.
    candidates : list of list of CarRoute
        Routes found for each queue.
    work : int
        Rounds of column generation.
    shares : list of float64
        For each queue the share of its cars on each of its routes, were it free to split.
    """

    chosen: list[int]
    candidates: list[list[CarRoute]]
    work: int
    shares: list[FloatArray]

    def route(self, queue: int) -> CarRoute:
        """
        The route that a queue takes.

        Parameters
        ----------
        queue : int
            Index of the queue.

        Returns
        -------
        CarRoute
            Its route.
        """
        return self.candidates[queue][self.chosen[queue]]


def choose_routes(problem: SurgeProblem) -> RouteChoice:
    """
    Give every settlement one route to one destination.

    Parameters
    ----------
    problem : SurgeProblem
        Queues and roads; every queue reaches some destination.

    Returns
    -------
    RouteChoice
        In the order of the problem's queues. Destination capacities are kept where whole
        settlements fit; `fit_destinations` shortens queues where they do not.
    """
    if not problem.queues:
        return RouteChoice([], [], 0, [])
    if problem.scenario.policy.fork_free:
        routes = fork_free_routes(problem)
        return RouteChoice([0] * len(routes), [[route] for route in routes], 0, [np.ones(1)] * len(routes))
    if has_many_origins(problem):
        candidates, shares = reserved_routes(problem)
        search = RouteSearch(problem, candidates)
        return RouteChoice(search.even_out(search.round_shares(shares)), candidates, 0, shares)
    search = RouteSearch(problem)
    rounds = 0
    solved = search.share()
    if solved and search.add_routes(solved):
        # Where nothing but the nearest way is worth its price, reservations have nothing to add.
        search.add_reserved()
        rounds, solved = 1, search.share()
    while solved and rounds < _MOST_ROUNDS and search.add_routes(solved):
        rounds += 1
        solved = search.share()
    # Where the destinations cannot hold everybody, each takes its nearest and is shortened later.
    shares = solved.shares if solved else [np.eye(1, len(routes))[0] for routes in search.candidates]
    chosen = search.even_out(search.round_shares(shares))
    return RouteChoice(chosen, search.candidates, rounds, list(shares))


@dataclass(eq=False)
class RouteSearch:
    """
    Routes of every queue while they are generated, and programs that share the cars over them.

    Attributes
    ----------
    problem : SurgeProblem
        Queues and roads.
    candidates : list of list of CarRoute
        Routes found for each queue; the nearest way to each destination by default.
    """

    problem: SurgeProblem
    candidates: list[list[CarRoute]] = field(default_factory=list)

    def __post_init__(self) -> None:
        network = self.problem.roads
        self.capacity_per_s = resource_capacity_per_s(network)
        self.cars = np.array([queue.cars for queue in self.problem.queues], dtype=np.float64)
        self.people = np.array([queue.people.total for queue in self.problem.queues], dtype=np.float64)
        self.origins = [self.problem.origin(queue.settlement) for queue in self.problem.queues]
        self.places = [self.problem.node_index[site.node] for site in self.problem.destinations]
        self.room = np.array([site.capacity_persons for site in self.problem.destinations])
        self.rules = [rules_of(self.problem.scenario, queue.settlement) for queue in self.problem.queues]
        self.candidates = self.candidates or [self._first_routes(queue) for queue in range(len(self.cars))]

    def _first_routes(self, queue: int) -> list[CarRoute]:
        forced = self.rules[queue].forced_links
        network = self.problem.roads
        if forced:
            index = {link: k for k, link in enumerate(network.link_id)}
            links = [index[link] for link in forced]
            end = int(network.to_node[links[-1]])
            # Of two destinations at one place the one that is allowed counts.
            place = self._destination_at(end, queue)
            return [make_route(network, links, self.places.index(end) if place is None else place)]
        ways = [
            (self.problem.paths.time_s(self.origins[queue], place), k)
            for k, place in enumerate(self.places)
            if self.rules[queue].allows(self.problem.destinations[k].id)
        ]
        near = sorted(way for way in ways if math.isfinite(way[0]))
        chains = [(self._shortest(queue, self.places[k]), k) for _, k in near]
        return [make_route(network, chain, k) for chain, k in chains if chain is not None]

    def _shortest(self, queue: int, place: int) -> tuple[int, ...] | None:
        """The shortest way that no pin rules out; None where there is none."""
        chain = self.problem.paths.links(self.origins[queue], place)
        if not self._is_forbidden(queue, chain):
            return chain
        return shortest_but(
            self.problem.roads, self.origins[queue], place, lambda links: self._is_forbidden(queue, links)
        )

    def _is_forbidden(self, queue: int, chain: Sequence[int]) -> bool:
        forbidden = self.rules[queue].forbidden_routes
        return bool(forbidden) and tuple(self.problem.roads.link_id[link] for link in chain) in forbidden

    def add_reserved(self) -> None:
        """Start as well from the ways that a capacity-reserving plan without regard to form uses most."""
        reserved = reserve_routes(
            self.problem.roads,
            car_demand(self.problem),
            open_windows=self.problem.scenario.open_windows(),
        )
        amount = np.bincount(
            reserved.booking_route, weights=reserved.booking_amount_pcu, minlength=reserved.n_routes
        )
        for route in np.argsort(-amount, kind="stable").tolist():
            origin = int(reserved.route_origin[route])
            links = tuple(reserved.links_of(route).tolist())
            known = self.candidates[origin]
            if self.rules[origin].forced_links or len(known) >= len(self.places) + _MOST_RESERVED:
                continue
            end = self._destination_at(int(self.problem.roads.to_node[links[-1]]), origin)
            new = all(other.links != links for other in known) and not self._is_forbidden(origin, links)
            if end is not None and new:
                known.append(make_route(self.problem.roads, links, end))

    def _destination_at(self, node: int, queue: int) -> int | None:
        """The first destination at a node that the queue may be brought to."""
        return next(
            (
                k
                for k, place in enumerate(self.places)
                if place == node and self.rules[queue].allows(self.problem.destinations[k].id)
            ),
            None,
        )

    def share(self) -> RouteShares | None:
        """Share the cars over the routes found so far; None where the destinations cannot hold them."""
        return share_cars(
            self.candidates, self.cars, self.people, self.capacity_per_s, self.room, way_weight=_WEIGHT_OF_WAY
        )

    def share_evenly(
        self, finish_s: float, banned: Collection[tuple[int, int]], way_weight: float
    ) -> RouteShares | None:
        """
        Share the cars so that every road is done by a time, with slack wherever there can be.

        Parameters
        ----------
        finish_s : float
            When every road should be done (s).
        banned : collection of (int, int)
            Queues and candidates that get nothing.
        way_weight : float
            Cost of one second of mean travel time.

        Returns
        -------
        RouteShares or None
            None where the destinations cannot hold everybody.
        """
        return even_shares(
            self.candidates,
            self.cars,
            self.people,
            self.capacity_per_s,
            self.room,
            finish_s=finish_s,
            way_weight=way_weight,
            banned=banned,
        )

    def add_routes(self, solved: RouteShares, way_weight: float = _WEIGHT_OF_WAY) -> bool:
        """
        Add every route that the prices make worth its while.

        Parameters
        ----------
        solved : RouteShares
            With prices.
        way_weight : float
            Cost of one second of mean travel time in the program that was solved.

        Returns
        -------
        bool
            False where no route is.
        """
        network = self.problem.roads
        road_price, node_price = np.split(solved.resource_price, [network.n_links])
        cost = road_price + node_price[network.to_node]
        cost += way_weight / self.cars.sum() * network.free_flow_time_s
        # A price for one car is tiny; the search compares seconds.
        scale = float(self.cars.sum())
        priced = Paths(network, link_cost_s=cost * scale)
        added = False
        for i, routes in enumerate(self.candidates):
            if self.rules[i].forced_links:
                continue
            cost_s, end = min(
                (
                    self.cars[i] * priced.time_s(self.origins[i], place) / scale
                    + self.people[i] * solved.destination_price[k],
                    k,
                )
                for k, place in enumerate(self.places)
                if self.rules[i].allows(self.problem.destinations[k].id)
            )
            paid_s = float(solved.queue_price[i])
            if cost_s < paid_s - _LEAST_GAIN * max(1.0, abs(paid_s)):
                links = priced.links(self.origins[i], self.places[end])
                new = all(route.links != links for route in routes)
                if new and not self._is_forbidden(i, links):
                    routes.append(make_route(network, links, end))
                    added = True
        return added

    def round_shares(self, shares: list[FloatArray]) -> list[int]:
        """Each queue takes the route with the largest share that still has room, large queues first."""
        room = self.room.copy()
        chosen = [0] * len(self.cars)
        for i in sorted(range(len(self.cars)), key=lambda i: (-self.people[i], i)):
            order = sorted(range(len(shares[i])), key=lambda k: (-round(float(shares[i][k]), 9), k))
            ends = [self.candidates[i][k].destination for k in order]
            fits = [k for k, end in zip(order, ends, strict=True) if room[end] >= self.people[i]]
            chosen[i] = fits[0] if fits else max(order, key=lambda k: room[self.candidates[i][k].destination])
            room[self.candidates[i][chosen[i]].destination] -= self.people[i]
        return chosen

    def even_out(self, chosen: list[int]) -> list[int]:
        """Move single settlements between their routes while that lowers the busiest roads' times."""
        done_s = _Load(self, chosen)
        for _round in range(10):
            moved = False
            for i, routes in enumerate(self.candidates):
                for k in range(len(routes)):
                    if k != chosen[i] and done_s.improves(i, chosen[i], k):
                        done_s.move(i, chosen[i], k)
                        chosen[i] = k
                        moved = True
            if not moved:
                break
        return chosen


class _Load:
    """When every resource is done, for one choice of routes, with quick moves of one settlement."""

    def __init__(self, search: RouteSearch, chosen: list[int]) -> None:
        self.search = search
        n = len(search.capacity_per_s)
        self.work_s = np.zeros(n)
        self.offset_s = np.zeros(n)
        first_s, last_s = np.full(n, np.inf), np.full(n, np.inf)
        self.people_at = np.zeros(len(search.places))
        for i, routes in enumerate(search.candidates):
            for route in routes:
                np.minimum.at(first_s, route.resources, route.reached_s)
                np.minimum.at(last_s, route.resources, route.free_flow_s - route.reached_s)
            self._add(i, routes[chosen[i]], 1.0)
        self.offset_s = np.where(np.isfinite(first_s), first_s + last_s, 0.0)
        self.scale_s = float((self.work_s + self.offset_s).max()) or 1.0

    def _add(self, i: int, route: CarRoute, sign: float) -> None:
        np.add.at(
            self.work_s,
            route.resources,
            sign * self.search.cars[i] / self.search.capacity_per_s[route.resources],
        )
        self.people_at[route.destination] += sign * self.search.people[i]

    def _cost(self, touched: IndexArray) -> float:
        level = (self.work_s[touched] + self.offset_s[touched]) / self.scale_s
        return float(np.sum(level**_EVENNESS))

    def improves(self, i: int, old: int, new: int) -> bool:
        """Whether queue ``i`` does better on its route ``new`` than on ``old``."""
        before, after = self.search.candidates[i][old], self.search.candidates[i][new]
        room = self.search.room[after.destination] - self.people_at[after.destination]
        if after.destination != before.destination and room < self.search.people[i]:
            return False
        touched = np.union1d(before.resources, after.resources)
        way = _WEIGHT_OF_WAY * (after.free_flow_s - before.free_flow_s) / self.scale_s
        cost = self._cost(touched)
        self.move(i, old, new)
        gain = cost - self._cost(touched)
        self.move(i, new, old)
        return bool(gain > max(1e-9, way * self.search.cars[i] / self.search.cars.sum()))

    def move(self, i: int, old: int, new: int) -> None:
        """Carry out a move."""
        self._add(i, self.search.candidates[i][old], -1.0)
        self._add(i, self.search.candidates[i][new], 1.0)


def fit_destinations(problem: SurgeProblem, choice: RouteChoice) -> tuple[SurgeProblem, RouteChoice]:
    """
    Shorten the queues that their destination cannot take in whole, the last in the file first.

    Parameters
    ----------
    problem : SurgeProblem
        Queues and destinations.
    choice : RouteChoice
        A route for every queue.

    Returns
    -------
    problem : SurgeProblem
        With whoever finds no place unserved; queues of nobody are left out.
    choice : RouteChoice
        Of the queues that remain.
    """
    room = [site.capacity_persons for site in problem.destinations]
    kept, queues, bedless = [], [], []
    for i, queue in enumerate(problem.queues):
        end = choice.route(i).destination
        part = queue if queue.people.total <= room[end] else queue.first_people(int(room[end]))
        room[end] -= part.people.total
        if part.households:
            kept.append(i)
            queues.append(part)
        rest = queue.part(part.households)
        if rest.households:
            detail = _("its destination is full; raise a capacity in site.csv or add a destination")
            bedless.append(unserved_queue(rest, ReasonCode.NO_BEDS, detail, nobody_could=False))
    return (
        replace(problem, queues=tuple(queues), unserved=(*problem.unserved, *bedless)),
        RouteChoice(
            [choice.chosen[i] for i in kept],
            [choice.candidates[i] for i in kept],
            choice.work,
            [choice.shares[i] for i in kept],
        ),
    )


def load_by_destination(choice: RouteChoice, queues: Sequence[CarQueue]) -> Mapping[int, int]:
    """
    Count the people whom the chosen routes bring to each destination.

    Parameters
    ----------
    choice : RouteChoice
        Routes.
    queues : sequence of CarQueue
        In the same order.

    Returns
    -------
    mapping of int to int
        Persons by destination index.
    """
    totals: dict[int, int] = {}
    for i, queue in enumerate(queues):
        end = choice.route(i).destination
        totals[end] = totals.get(end, 0) + queue.people.total
    return totals
