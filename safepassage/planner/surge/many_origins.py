"""
Routes where there are very many origins, such as every corner of a city.

A program over all their routes would be too large. The routes of a capacity-reserving plan are taken
instead: each origin gets the one it uses most, and single origins then move while that evens the load.
"""

from __future__ import annotations

import math

import numpy as np

from safepassage.model.arrays import FloatArray
from safepassage.planner.surge.car_route import CarRoute, make_route
from safepassage.planner.surge.problem import SurgeProblem, car_demand
from safepassage.planner.surge.reserve import Reservations, reserve_routes

_MOST_PAIRS = 10_000
_MOST_ROUTES = 3


def has_many_origins(problem: SurgeProblem) -> bool:
    """
    Whether a program over all routes would be too large.

    Parameters
    ----------
    problem : SurgeProblem
        Queues and destinations.

    Returns
    -------
    bool
        True above some thousands of pairs of a queue and a destination, where no pin binds a queue.
    """
    many = len(problem.queues) * len(problem.destinations) > _MOST_PAIRS
    return many and not problem.scenario.pins


def reserved_routes(problem: SurgeProblem) -> tuple[list[list[CarRoute]], list[FloatArray]]:
    """
    The nearest way of each queue and those that a capacity-reserving plan uses most.

    Parameters
    ----------
    problem : SurgeProblem
        Queues that each reach a destination.

    Returns
    -------
    candidates : list of list of CarRoute
        The nearest way first.
    shares : list of float64
        Share of each queue's cars on each of its candidates.
    """
    reserved = reserve_routes(
        problem.roads, car_demand(problem), open_windows=problem.scenario.open_windows()
    )
    amount = np.zeros(reserved.n_routes)
    np.add.at(amount, reserved.booking_route, reserved.booking_amount_pcu)
    by_origin: list[list[int]] = [[] for _ in problem.queues]
    for route in np.argsort(-amount, kind="stable").tolist():
        own = by_origin[int(reserved.route_origin[route])]
        if len(own) < _MOST_ROUTES:
            own.append(route)
    candidates, shares = [], []
    for i, own in enumerate(by_origin):
        routes, parts = _candidates(problem, i, reserved, own, amount)
        candidates.append(routes)
        shares.append(parts)
    return candidates, shares


def _candidates(
    problem: SurgeProblem, queue: int, reserved: Reservations, own: list[int], amount: FloatArray
) -> tuple[list[CarRoute], FloatArray]:
    network = problem.roads
    origin = problem.origin(problem.queues[queue].settlement)
    places = [problem.node_index[site.node] for site in problem.destinations]
    nearest = min(range(len(places)), key=lambda k: problem.paths.time_s(origin, places[k]))
    routes = [make_route(network, problem.paths.links(origin, places[nearest]), nearest)]
    parts = [0.0]
    for number in own:
        links = tuple(reserved.links_of(number).tolist())
        if links == routes[0].links:
            parts[0] += float(amount[number])
        elif links:
            routes.append(make_route(network, links, places.index(int(network.to_node[links[-1]]))))
            parts.append(float(amount[number]))
    total = math.fsum(parts)
    return routes, np.array(parts) / total if total > 0 else np.eye(1, len(routes))[0]
