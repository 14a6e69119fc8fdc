"""
Fork-free routes: at every junction all cars go the same way.

A tree leads from every node to some destination. Trees follow from prices on roads and places: the more
work a road has in the trees tried so far, the dearer it is in the next. The tree whose busiest road is done
first is taken.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from safepassage.model.arrays import FlagArray, FloatArray, IndexArray
from safepassage.planner.surge.car_route import CarRoute, make_route, resource_capacity_per_s
from safepassage.planner.surge.paths import Paths
from safepassage.planner.surge.pin_rules import rules_of
from safepassage.planner.surge.problem import SurgeProblem

_TREES = 24
_MOST_REPAIRS = 60
# csgraph drops explicit zeros.
_LEAST_COST = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class _Tree:
    """The way on from every node."""

    following: IndexArray
    """The link that everybody takes from each node; -1 at destinations and where none leads on."""


def fork_free_routes(problem: SurgeProblem) -> list[CarRoute]:
    """
    Give every queue a route in one tree.

    Parameters
    ----------
    problem : SurgeProblem
        Queues and roads; every queue reaches some destination.

    Returns
    -------
    list of CarRoute
        In the order of the queues. Whose pins force a route or rule out the tree's destination takes its
        own way, and so does whoever the tree cannot serve because of a forbidden turn.
    """
    return _Search(problem).run()


def forks_of(chains: Sequence[Sequence[str]], from_node: Sequence[str]) -> tuple[str, ...]:
    """
    Find junctions at which routes part.

    Parameters
    ----------
    chains : sequence of sequence of str
        Links of routes.
    from_node : sequence of str
        In the same order and nesting flattened, the node where each link starts.

    Returns
    -------
    tuple of str
        Node ids, sorted.
    """
    nodes = iter(from_node)
    taken: dict[str, set[str]] = {}
    for chain in chains:
        for link in chain:
            taken.setdefault(next(nodes), set()).add(link)
    return tuple(sorted(node for node, links in taken.items() if len(links) > 1))


class _Search:
    def __init__(self, problem: SurgeProblem) -> None:
        self.problem = problem
        self.network = problem.roads
        self.capacity_per_s = resource_capacity_per_s(self.network)
        self.places = [problem.node_index[site.node] for site in problem.destinations]
        self.room = np.array([site.capacity_persons for site in problem.destinations])
        self.origins = [problem.origin(queue.settlement) for queue in problem.queues]
        self.rules = [rules_of(problem.scenario, queue.settlement) for queue in problem.queues]

    def run(self) -> list[CarRoute]:
        """Try trees and keep the best."""
        work_s = np.zeros(self.capacity_per_s.size)
        extra_s = np.zeros(len(self.places))
        best: tuple[tuple[float, float], list[CarRoute]] | None = None
        for k in range(_TREES):
            routes = self._routes(self._tree(work_s * (k / _TREES), extra_s))
            load_s, people = self._load(routes)
            over = np.maximum(people - self.room, 0.0)
            score = (float(over.sum()), self._done_s(routes, load_s))
            if best is None or score < best[0]:
                best = (score, routes)
            work_s += (load_s - work_s) / (k + 1)
            extra_s += np.where(over > 0, 600.0, 0.0)
        assert best is not None
        return best[1]

    def _tree(self, priced_s: FloatArray, extra_s: FloatArray) -> _Tree:
        network = self.network
        price_s, gate_s = np.split(priced_s, [network.n_links])
        cost = np.maximum(network.free_flow_time_s + price_s + gate_s[network.to_node], _LEAST_COST)
        usable: FlagArray = network.capacity_pcu_per_h > 0
        for _repair in range(_MOST_REPAIRS):
            following = self._grow(cost, usable, extra_s)
            wrong = self._forbidden_link(following)
            if wrong < 0:
                break
            usable = usable.copy()
            usable[wrong] = False
        return _Tree(following)

    def _grow(self, cost: FloatArray, usable: FlagArray, extra_s: FloatArray) -> IndexArray:
        """From every node the first link of the cheapest way to a destination."""
        network, n = self.network, self.network.n_nodes
        links = np.flatnonzero(usable)
        # Parallel links: the cheaper one counts; a sparse matrix would add them up.
        order = links[np.lexsort((links, cost[links]))]
        pair = network.to_node[order].astype(np.int64) * n + network.from_node[order]
        _pairs, first = np.unique(pair, return_index=True)
        chosen = order[first]
        nodes = np.array(self.places)
        rows = np.concatenate([network.to_node[chosen], np.full(nodes.size, n)])
        columns = np.concatenate([network.from_node[chosen], nodes])
        values = np.concatenate([cost[chosen], extra_s + _LEAST_COST])
        graph = csr_matrix((values, (rows, columns)), shape=(n + 1, n + 1))
        _time, before = dijkstra(graph, indices=n, return_predecessors=True)  # type: ignore[call-overload]
        link_of = {(int(network.from_node[link]), int(network.to_node[link])): int(link) for link in chosen}
        following = np.full(n, -1, np.int32)
        for node in range(n):
            if 0 <= before[node] < n:
                following[node] = link_of[node, int(before[node])]
        return following

    def _forbidden_link(self, following: IndexArray) -> int:
        """A link of the tree from which the way on may not be taken; -1 where there is none."""
        network = self.network
        banned = network.movement_capacity_pcu_per_h <= 0
        for before, after in zip(
            network.movement_in_link[banned].tolist(), network.movement_out_link[banned].tolist(), strict=True
        ):
            tail, node = network.from_node[before], network.from_node[after]
            if following[tail] == before and following[node] == after:
                return int(before)
        return -1

    def _routes(self, tree: _Tree) -> list[CarRoute]:
        return [self._route(queue, tree) for queue in range(len(self.origins))]

    def _route(self, queue: int, tree: _Tree) -> CarRoute:
        problem, rules = self.problem, self.rules[queue]
        if rules.forced_links:
            return self._made([problem.link_index[link] for link in rules.forced_links], queue)
        at = self.origins[queue]
        links: list[int] = []
        while tree.following[at] >= 0 and len(links) <= self.network.n_nodes:
            links.append(int(tree.following[at]))
            at = int(self.network.to_node[links[-1]])
        names = tuple(self.network.link_id[link] for link in links)
        if self._end(at, queue) is not None and names not in rules.forbidden_routes:
            return self._made(links, queue)
        return self._own_way(queue)

    def _own_way(self, queue: int) -> CarRoute:
        """The shortest allowed way, whatever the others do."""
        paths: Paths = self.problem.paths
        ends = [
            (paths.time_s(self.origins[queue], place), place)
            for k, place in enumerate(self.places)
            if self.rules[queue].allows(self.problem.destinations[k].id)
        ]
        _time, place = min(end for end in ends if math.isfinite(end[0]))
        return self._made(list(paths.links(self.origins[queue], place)), queue)

    def _end(self, node: int, queue: int) -> int | None:
        for k, place in enumerate(self.places):
            if place == node and self.rules[queue].allows(self.problem.destinations[k].id):
                return k
        return None

    def _made(self, links: list[int], queue: int) -> CarRoute:
        node = int(self.network.to_node[links[-1]]) if links else self.origins[queue]
        end = self._end(node, queue)
        return make_route(self.network, links, self.places.index(node) if end is None else end)

    def _load(self, routes: Sequence[CarRoute]) -> tuple[FloatArray, FloatArray]:
        """Work of every road and gate (s), and people at every destination."""
        work_s = np.zeros(self.capacity_per_s.size)
        people = np.zeros(len(self.places))
        for queue, route in zip(self.problem.queues, routes, strict=True):
            work_s[route.resources] += queue.cars / self.capacity_per_s[route.resources]
            people[route.destination] += queue.people.total
        return work_s, people

    def _done_s(self, routes: Sequence[CarRoute], work_s: FloatArray) -> float:
        """When the last road is done: its first car's way, its work, the shortest way on from it."""
        first_s, last_s = np.full(work_s.size, np.inf), np.full(work_s.size, np.inf)
        for route in routes:
            np.minimum.at(first_s, route.resources, route.reached_s)
            np.minimum.at(last_s, route.resources, route.free_flow_s - route.reached_s)
        used = work_s > 0
        return float((first_s[used] + work_s[used] + last_s[used]).max(initial=0.0))
