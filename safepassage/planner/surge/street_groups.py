"""
Towns in street groups: where one route a settlement is too slow, a few groups take a route each.

The program that chooses the routes says how a settlement would share its cars over several routes. Where
one route each ends clearly later than these shares, the settlements that share are split in
the same proportions, household by household, so that every group has families and the frail first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from safepassage.model.arrays import FloatArray, OffsetArray
from safepassage.planner.surge.car_route import resource_capacity_per_s
from safepassage.planner.surge.cars import CarQueue
from safepassage.planner.surge.problem import SurgeProblem
from safepassage.planner.surge.routes import RouteChoice

MOST_GROUPS = 3
_LATER = 1.02
_LEAST_SHARE = 0.03
_LEAST_CARS = 20


def split_towns(problem: SurgeProblem, choice: RouteChoice) -> tuple[SurgeProblem, RouteChoice]:
    """
    Split settlements whose cars would need too long on one route.

    Parameters
    ----------
    problem : SurgeProblem
        One queue a settlement.
    choice : RouteChoice
        One route a queue.

    Returns
    -------
    problem : SurgeProblem
        With at most `MOST_GROUPS` queues a settlement; the same where one route each is good enough, or
        where groups would not fit into the destinations.
    choice : RouteChoice
        Of these queues.
    """
    single = [
        np.eye(1, len(routes), k)[0] for routes, k in zip(choice.candidates, choice.chosen, strict=True)
    ]
    if not problem.queues or _done_s(problem, choice, single) <= _LATER * _done_s(
        problem, choice, choice.shares
    ):
        return problem, choice
    queues: list[CarQueue] = []
    split = RouteChoice([], [], choice.work, [])
    for i, queue in enumerate(problem.queues):
        routes = main_routes(choice.shares[i], queue.cars)
        for k, group in zip(routes, divide(queue, choice.shares[i][routes]), strict=True):
            queues.append(group)
            split.chosen.append(k if len(routes) > 1 else choice.chosen[i])
            split.candidates.append(choice.candidates[i])
            split.shares.append(choice.shares[i])
    if len(queues) == len(problem.queues) or not _fits(problem, queues, split):
        return problem, choice
    people = sum(queue.people.total for queue in problem.queues)
    assert people == sum(queue.people.total for queue in queues)
    return replace(problem, queues=tuple(queues)), split


def main_routes(shares: FloatArray, cars: int) -> list[int]:
    """
    The routes that get a street group each.

    Parameters
    ----------
    shares : float64[n_routes]
        Share of the cars on each route.
    cars : int
        Cars in all.

    Returns
    -------
    list of int
        The largest shares first, at most `MOST_GROUPS`; shares too small for a group are left out.
    """
    order = np.argsort(-np.round(shares, 9), kind="stable")[:MOST_GROUPS].tolist()
    return [order[0]] + [k for k in order[1:] if shares[k] >= max(_LEAST_SHARE, _LEAST_CARS / cars)]


def divide(queue: CarQueue, shares: FloatArray) -> tuple[CarQueue, ...]:
    """
    Deal the households of a queue to street groups.

    Parameters
    ----------
    queue : CarQueue
        Of a whole settlement.
    shares : float64[n_groups]
        Their sizes, in any unit.

    Returns
    -------
    tuple of CarQueue
        Every household in one of them, each in the queue's order.
    """
    if len(shares) == 1:
        return (queue,)
    rest: OffsetArray = queue.members
    groups = []
    left = float(shares.sum())
    for number, share in enumerate(shares.tolist(), start=1):
        part = share / left if number < len(shares) else 1.0
        counted = np.floor(part * np.arange(len(rest) + 1) + 0.5)
        taken = np.diff(counted) > 0
        groups.append(CarQueue(queue.settlement, rest[taken], number))
        rest, left = rest[~taken], left - share
    return tuple(group for group in groups if group.households)


def _done_s(problem: SurgeProblem, choice: RouteChoice, shares: Sequence[FloatArray]) -> float:
    """When the last road is done: its first car's way, its work, and the shortest way on from it."""
    capacity = resource_capacity_per_s(problem.roads)
    work_s = np.zeros(capacity.size)
    first_s, last_s = np.full(capacity.size, np.inf), np.full(capacity.size, np.inf)
    for queue, routes, parts in zip(problem.queues, choice.candidates, shares, strict=True):
        for route, part in zip(routes, parts.tolist(), strict=True):
            np.minimum.at(first_s, route.resources, route.reached_s)
            np.minimum.at(last_s, route.resources, route.free_flow_s - route.reached_s)
            np.add.at(work_s, route.resources, part * queue.cars / capacity[route.resources])
    used = work_s > 0
    return float((first_s[used] + work_s[used] + last_s[used]).max(initial=0.0))


def _fits(problem: SurgeProblem, queues: Sequence[CarQueue], choice: RouteChoice) -> bool:
    people = np.zeros(len(problem.destinations))
    for i, queue in enumerate(queues):
        people[choice.route(i).destination] += queue.people.total
    return all(
        number <= site.capacity_persons for number, site in zip(people, problem.destinations, strict=True)
    )
