"""
One route and one destination a settlement, so that no road, crossing or gate is overloaded.

Column generation over routes: a small linear program shares the settlements' cars over the routes
found so far so that the busiest road is done as early as possible; its dual prices make the next
routes. Each settlement then takes one route, and moves between its routes even the load out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

from safepassage.model.arrays import FloatArray, IndexArray, frozen_array
from safepassage.model.network import RoadNetwork
from safepassage.model.plan import PinAction, PinKind
from safepassage.model.scenario import Scenario
from safepassage.planner.surge.cars import CarQueue
from safepassage.planner.surge.paths import Paths
from safepassage.planner.surge.problem import SurgeProblem
from safepassage.units import SECONDS_PER_HOUR

# A minute saved on the way is worth as much as 0.6 s of clearance: it only breaks ties.
_WEIGHT_OF_WAY = 0.01
_MOST_ROUNDS = 40
_EVENNESS = 16.0


@dataclass(frozen=True, slots=True, eq=False)
class CarRoute:
    """
    A way from a settlement to a destination.

    Attributes
    ----------
    links : tuple of int
        Link indices in driving order; empty where the settlement is at the destination.
    destination : int
        Index into the problem's destinations.
    resources : int32[n]
        What the route uses: link indices, and ``n_links + node`` for nodes that serve at a rate.
    reached_s : float64[n]
        Free-flow time from the departure to each resource (s).
    free_flow_s : float
        Free-flow time of the whole way (s).
    """

    links: tuple[int, ...]
    destination: int
    resources: IndexArray
    reached_s: FloatArray
    free_flow_s: float


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
    """

    chosen: list[int]
    candidates: list[list[CarRoute]]
    work: int

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


def resource_capacity_per_s(network: RoadNetwork) -> FloatArray:
    """
    Capacity of every link, then of every node, in PCU a second.

    Parameters
    ----------
    network : RoadNetwork
        Roads.

    Returns
    -------
    float64[n_links + n_nodes]
        ``inf`` for nodes that hold nobody up.
    """
    both = np.concatenate([network.capacity_pcu_per_h, network.node_service_pcu_per_h])
    rate: FloatArray = both / SECONDS_PER_HOUR
    return rate


def make_route(network: RoadNetwork, links: Sequence[int], destination: int) -> CarRoute:
    """
    Work out what a chain of links uses and when it is reached.

    Parameters
    ----------
    network : RoadNetwork
        Roads.
    links : sequence of int
        Link indices in driving order.
    destination : int
        Index of the destination.

    Returns
    -------
    CarRoute
        The route.
    """
    way = np.asarray(links, dtype=np.int32)
    passed_s = np.concatenate([[0.0], np.cumsum(network.free_flow_time_s[way])])
    nodes = network.to_node[way]
    serving = np.isfinite(network.node_service_pcu_per_h[nodes])
    return CarRoute(
        links=tuple(int(link) for link in way),
        destination=destination,
        resources=frozen_array(np.concatenate([way, network.n_links + nodes[serving]]), np.int32),
        reached_s=frozen_array(np.concatenate([passed_s[:-1], passed_s[1:][serving]]), np.float64),
        free_flow_s=float(passed_s[-1]),
    )


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
        return RouteChoice([], [], 0)
    search = _RouteSearch(problem)
    rounds = 0
    shares = search.share()
    while rounds < _MOST_ROUNDS and search.add_routes():
        rounds += 1
        shares = search.share()
    chosen = search.even_out(search.round_shares(shares))
    return RouteChoice(chosen, search.candidates, rounds)


@dataclass(eq=False)
class _RouteSearch:
    """Columns, their shares and prices while routes are generated."""

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
        self.rules = [_Rules.of(self.problem.scenario, queue) for queue in self.problem.queues]
        self.road_price = np.zeros(network.n_links)
        self.node_price = np.zeros(network.n_nodes)
        self.destination_price = np.zeros(len(self.places))
        self.candidates = [self._first_routes(queue) for queue in range(len(self.cars))]

    def _first_routes(self, queue: int) -> list[CarRoute]:
        forced = self.rules[queue].forced_links
        network = self.problem.roads
        if forced:
            index = {link: k for k, link in enumerate(network.link_id)}
            links = [index[link] for link in forced]
            end = int(network.to_node[links[-1]])
            return [make_route(network, links, self.places.index(end))]
        ways = [
            (self.problem.paths.time_s(self.origins[queue], place), k)
            for k, place in enumerate(self.places)
            if self.rules[queue].allows(self.problem.destinations[k].id)
        ]
        near = sorted(way for way in ways if math.isfinite(way[0]))
        paths = self.problem.paths
        return [make_route(network, paths.links(self.origins[queue], self.places[k]), k) for _, k in near]

    def share(self) -> list[FloatArray]:
        """Solve the linear program over the routes found so far; sets the prices."""
        columns = [(i, route) for i, routes in enumerate(self.candidates) for route in routes]
        used = np.unique(np.concatenate([route.resources for _, route in columns]))
        used = used[np.isfinite(self.capacity_per_s[used])].astype(np.int64)
        row_of = np.full(len(self.capacity_per_s), -1)
        row_of[used] = np.arange(used.size)
        entries: list[tuple[IndexArray, FloatArray, int]] = []
        first_s = np.full(used.size, np.inf)
        last_s = np.full(used.size, np.inf)
        for k, (i, route) in enumerate(columns):
            rows = row_of[route.resources]
            here = rows >= 0
            rows = rows[here]
            entries.append((rows, self.cars[i] / self.capacity_per_s[route.resources[here]], k))
            np.minimum.at(first_s, rows, route.reached_s[here])
            np.minimum.at(last_s, rows, route.free_flow_s - route.reached_s[here])
        n, n_rows = len(columns), used.size
        limited = np.flatnonzero(np.isfinite(self.room))
        rows = np.concatenate([rows for rows, _, _ in entries] + [np.arange(n_rows)])
        values = np.concatenate([value for _, value, _ in entries] + [np.full(n_rows, -1.0)])
        cols = np.concatenate([np.full(len(r), k) for r, _, k in entries] + [np.full(n_rows, n)])
        room_row = {int(d): n_rows + j for j, d in enumerate(limited)}
        taken = [(room_row[c[1].destination], k, self.people[c[0]]) for k, c in enumerate(columns)
                 if c[1].destination in room_row]  # fmt: skip
        if taken:
            rows = np.concatenate([rows, [t[0] for t in taken]])
            cols = np.concatenate([cols, [t[1] for t in taken]])
            values = np.concatenate([values, [t[2] for t in taken]])
        way_s = np.array([self.cars[i] * route.free_flow_s for i, route in columns]) / self.cars.sum()
        solved = linprog(
            np.append(_WEIGHT_OF_WAY * way_s, 1.0),
            A_ub=coo_matrix((values, (rows, cols)), shape=(n_rows + len(limited), n + 1)).tocsr(),
            b_ub=np.concatenate([-(first_s + last_s), self.room[limited]]),
            A_eq=coo_matrix(
                (np.ones(n), ([i for i, _ in columns], np.arange(n))), shape=(len(self.cars), n + 1)
            ).tocsr(),
            b_eq=np.ones(len(self.cars)),
            method="highs-ds",
        )
        if solved.status != 0:
            # Whole settlements may not fit the destinations; `fit_destinations` shortens them later.
            return [np.eye(1, len(routes))[0] for routes in self.candidates]
        prices = -np.asarray(solved.ineqlin.marginals)
        self._set_prices(used, prices[:n_rows], limited, prices[n_rows:])
        self.queue_price = np.asarray(solved.eqlin.marginals)
        ends = np.cumsum([len(routes) for routes in self.candidates])[:-1]
        return np.split(solved.x[:n], ends)

    def _set_prices(
        self, used: IndexArray, prices: FloatArray, limited: IndexArray, room_prices: FloatArray
    ) -> None:
        per_car = np.zeros(len(self.capacity_per_s))
        per_car[used] = prices / self.capacity_per_s[used]
        n_links = self.problem.roads.n_links
        self.road_price, self.node_price = per_car[:n_links], per_car[n_links:]
        self.destination_price = np.zeros(len(self.places))
        self.destination_price[limited] = room_prices

    def add_routes(self) -> bool:
        """Add every route that the prices make worth its while; False where none is."""
        network = self.problem.roads
        if not hasattr(self, "queue_price"):
            return False
        way_weight = _WEIGHT_OF_WAY / self.cars.sum()
        cost = self.road_price + self.node_price[network.to_node] + way_weight * network.free_flow_time_s
        priced = Paths(network, link_cost_s=np.maximum(cost, 1e-12) * self._scale())
        added = False
        for i, routes in enumerate(self.candidates):
            if self.rules[i].forced_links:
                continue
            best = min(
                (
                    self.cars[i] * priced.time_s(self.origins[i], place) / self._scale()
                    + self.people[i] * self.destination_price[k],
                    k,
                )
                for k, place in enumerate(self.places)
                if self.rules[i].allows(self.problem.destinations[k].id)
            )
            if best[0] < self.queue_price[i] - 1e-6 * max(1.0, abs(self.queue_price[i])):
                links = priced.links(self.origins[i], self.places[best[1]])
                if all(route.links != links for route in routes):
                    routes.append(make_route(network, links, best[1]))
                    added = True
        return added

    def _scale(self) -> float:
        """Prices a car are tiny; searches compare seconds."""
        return float(self.cars.sum())

    def round_shares(self, shares: list[FloatArray]) -> list[int]:
        """Each queue takes the route with the largest share that still has room, large queues first."""
        room = self.room.copy()
        chosen = [0] * len(self.cars)
        for i in sorted(range(len(self.cars)), key=lambda i: (-self.people[i], i)):
            order = sorted(range(len(shares[i])), key=lambda k: (-round(shares[i][k], 9), k))
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

    def __init__(self, search: _RouteSearch, chosen: list[int]) -> None:
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
        return float((level**_EVENNESS).sum())

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
        return gain > max(1e-9, way * self.search.cars[i] / self.search.cars.sum())

    def move(self, i: int, old: int, new: int) -> None:
        """Carry out a move."""
        self._add(i, self.search.candidates[i][old], -1.0)
        self._add(i, self.search.candidates[i][new], 1.0)


@dataclass(frozen=True, slots=True)
class _Rules:
    """What pins say of one settlement's way."""

    forced_links: tuple[str, ...]
    forced_destinations: frozenset[str]
    forbidden_destinations: frozenset[str]

    @classmethod
    def of(cls, scenario: Scenario, queue: CarQueue) -> _Rules:
        pins = [pin for pin in scenario.pins if pin.subject == queue.settlement]
        routes = [pin for pin in pins if (pin.kind, pin.action) == (PinKind.ROUTE, PinAction.FORCE)]

        def destinations(action: PinAction) -> frozenset[str]:
            return frozenset(
                pin.value for pin in pins if (pin.kind, pin.action) == (PinKind.DESTINATION, action)
            )

        return cls(
            tuple(routes[-1].value.split()) if routes else (),
            destinations(PinAction.FORCE),
            destinations(PinAction.FORBID),
        )

    def allows(self, site_id: str) -> bool:
        if self.forced_destinations and site_id not in self.forced_destinations:
            return False
        return site_id not in self.forbidden_destinations


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
