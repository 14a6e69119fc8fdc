"""The linear program that shares cars over routes so that the busiest road is done as early as possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from safepassage.model.arrays import FloatArray, OffsetArray
from safepassage.planner.surge.car_route import CarRoute


@dataclass(frozen=True, slots=True, eq=False)
class RouteShares:
    """
    Solution of the program and its prices.

    Attributes
    ----------
    shares : list of float64
        For each queue the share of its cars on each of its routes.
    resource_price : float64[n_resources]
        Seconds of clearance for one more car on a resource.
    destination_price : float64[n_destinations]
        The same for one more person at a destination.
    queue_price : float64[n_queues]
        Cost of the last route that a queue uses.
    """

    shares: list[FloatArray]
    resource_price: FloatArray
    destination_price: FloatArray
    queue_price: FloatArray


@dataclass(slots=True)
class _Entries:
    """Entries of a sparse matrix while it is built."""

    rows: list[OffsetArray]
    columns: list[OffsetArray]
    values: list[FloatArray]

    def add(self, rows: OffsetArray, column: int, values: FloatArray) -> None:
        self.rows.append(rows)
        self.columns.append(np.full(len(rows), column))
        self.values.append(values)

    def matrix(self, shape: tuple[int, int]) -> csr_matrix:
        at = (np.concatenate(self.rows), np.concatenate(self.columns))
        return csr_matrix((np.concatenate(self.values), at), shape=shape)


def share_cars(
    candidates: Sequence[Sequence[CarRoute]],
    cars: FloatArray,
    people: FloatArray,
    capacity_per_s: FloatArray,
    room: FloatArray,
    *,
    way_weight: float,
) -> RouteShares | None:
    """
    Minimise the time at which the last resource is done, and a little of the time on the way.

    Parameters
    ----------
    candidates : sequence of sequence of CarRoute
        Routes of each queue.
    cars, people : float64[n_queues]
        Cars and persons of each queue.
    capacity_per_s : float64[n_resources]
        PCU a second; ``inf`` where unlimited.
    room : float64[n_destinations]
        Persons each destination takes.
    way_weight : float
        Seconds of clearance worth one second of mean travel time.

    Returns
    -------
    RouteShares or None
        None where the destinations cannot hold everybody.

    Notes
    -----
    A resource r is done no earlier than its first car can reach it, plus the work it has, plus the
    shortest way on from it: T >= first_r + sum of cars / capacity + last_r.
    """
    columns = [(i, route) for i, routes in enumerate(candidates) for route in routes]
    used = np.unique(np.concatenate([route.resources for _, route in columns])).astype(np.int64)
    used = used[np.isfinite(capacity_per_s[used])]
    row_of = np.full(len(capacity_per_s), -1)
    row_of[used] = np.arange(used.size)
    limited = np.flatnonzero(np.isfinite(room))
    room_row = {int(end): used.size + k for k, end in enumerate(limited)}
    entries = _Entries([], [], [])
    first_s, last_s = np.full(used.size, np.inf), np.full(used.size, np.inf)
    for column, (i, route) in enumerate(columns):
        here = row_of[route.resources] >= 0
        rows = row_of[route.resources[here]]
        entries.add(rows, column, cars[i] / capacity_per_s[route.resources[here]])
        np.minimum.at(first_s, rows, route.reached_s[here])
        np.minimum.at(last_s, rows, route.free_flow_s - route.reached_s[here])
        if route.destination in room_row:
            entries.add(np.array([room_row[route.destination]]), column, people[i : i + 1])
    n = len(columns)
    entries.add(np.arange(used.size), n, np.full(used.size, -1.0))
    way_s = np.array([cars[i] * route.free_flow_s for i, route in columns]) / cars.sum()
    queue_of = np.array([i for i, _ in columns])
    solved = cast("Any", linprog)(
        np.append(way_weight * way_s, 1.0),
        A_ub=entries.matrix((used.size + limited.size, n + 1)),
        b_ub=np.concatenate([-(first_s + last_s), room[limited]]),
        A_eq=csr_matrix((np.ones(n), (queue_of, np.arange(n))), shape=(len(candidates), n + 1)),
        b_eq=np.ones(len(candidates)),
        method="highs-ds",
    )
    if solved.status != 0:
        return None
    prices = -np.asarray(solved.ineqlin.marginals)
    resource_price = np.zeros(len(capacity_per_s))
    resource_price[used] = prices[: used.size] / capacity_per_s[used]
    destination_price = np.zeros(len(room))
    destination_price[limited] = prices[used.size :]
    ends = np.cumsum([len(routes) for routes in candidates])[:-1]
    return RouteShares(
        np.split(solved.x[:n], ends), resource_price, destination_price, np.asarray(solved.eqlin.marginals)
    )
