"""Linear programs that share cars over routes: the busiest road done early, or all roads done with slack."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy.optimize import OptimizeResult, linprog
from scipy.sparse import csr_matrix

from safepassage.model.arrays import FloatArray, OffsetArray
from safepassage.planner.surge.car_route import CarRoute

# Whole cars that merge and part lose time at roads that are all but full, so a use near 1 costs dearly.
_USE_EDGES = (0.5, 0.7, 0.8, 0.85, 0.9, 0.94, 0.97, 1.0, np.inf)
_USE_COSTS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 300.0)


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
    table = _Table.of(candidates, cars, people, capacity_per_s, room)
    n, entries = len(table.queue_of), table.entries
    entries.add(np.arange(table.used.size), n, np.full(table.used.size, -1.0))
    solved = cast("Any", linprog)(
        np.append(way_weight * table.way_s, 1.0),
        A_ub=entries.matrix((table.used.size + table.limited.size, n + 1)),
        b_ub=np.concatenate([-table.offset_s, room[table.limited]]),
        A_eq=table.one_each(n + 1),
        b_eq=np.ones(len(candidates)),
        method="highs-ds",
    )
    return None if solved.status != 0 else table.shares(solved, 1.0 / capacity_per_s[table.used])


def even_shares(
    candidates: Sequence[Sequence[CarRoute]],
    cars: FloatArray,
    people: FloatArray,
    capacity_per_s: FloatArray,
    room: FloatArray,
    *,
    finish_s: float,
    way_weight: float,
    banned: Collection[tuple[int, int]] = (),
) -> RouteShares | None:
    """
    Have every road done by a time, with as much slack on as many roads as can be.

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
    finish_s : float
        When every road should be done (s).
    way_weight : float
        Cost of one second of mean travel time.
    banned : collection of (int, int)
        Routes, as a queue and its index among the queue's candidates, that get nothing.

    Returns
    -------
    RouteShares or None
        None where the destinations cannot hold everybody. Prices are in the cost of use.

    Notes
    -----
    The use of a road is the time its work takes over the time it has, ``finish_s`` less the way to it
    and on from it. Its cost is convex and piecewise linear: nothing up to a use of 0.5, and so dear
    above 1 that it is exceeded only where nothing else is left.
    """
    table = _Table.of(candidates, cars, people, capacity_per_s, room)
    n, n_used, n_parts = len(table.queue_of), table.used.size, len(_USE_COSTS)
    entries = table.entries
    rows = np.arange(n_used)
    has_s = np.maximum(finish_s - table.offset_s, 0.1 * finish_s)
    for part in range(n_parts):
        entries.rows.append(rows)
        entries.columns.append(n + part * n_used + rows)
        entries.values.append(-has_s)
    width = n + n_parts * n_used
    upper = np.concatenate([np.full(n, np.inf), np.repeat(np.diff(_USE_EDGES), n_used)])
    upper[[table.column_of[pair] for pair in banned]] = 0.0
    solved = cast("Any", linprog)(
        np.concatenate([way_weight * table.way_s, np.repeat(_USE_COSTS, n_used)]),
        A_ub=entries.matrix((n_used + table.limited.size, width)),
        b_ub=np.concatenate([_USE_EDGES[0] * has_s, room[table.limited]]),
        A_eq=table.one_each(width),
        b_eq=np.ones(len(candidates)),
        bounds=np.column_stack([np.zeros(width), upper]),
        method="highs-ds",
    )
    return None if solved.status != 0 else table.shares(solved, 1.0 / capacity_per_s[table.used])


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """
    Rows and columns that both programs have in common.

    Attributes
    ----------
    used, limited : int64
        Resources and destinations with a row each, in this order.
    queue_of : int64[n_columns]
        Queue of each route.
    column_of : dict
        Column of each queue and route.
    offset_s : float64[n_used]
        The quickest way to each resource and on from it.
    way_s : float64[n_columns]
        What each route adds to the mean travel time.
    entries : _Entries
        Work of each route on its resources (s), and its people at its destination.
    n_resources, n_destinations : int
        Sizes of the prices.
    """

    used: OffsetArray
    limited: OffsetArray
    queue_of: OffsetArray
    column_of: dict[tuple[int, int], int]
    offset_s: FloatArray
    way_s: FloatArray
    entries: _Entries
    n_resources: int
    n_destinations: int

    @classmethod
    def of(
        cls,
        candidates: Sequence[Sequence[CarRoute]],
        cars: FloatArray,
        people: FloatArray,
        capacity_per_s: FloatArray,
        room: FloatArray,
    ) -> _Table:
        pairs = [(i, k) for i, routes in enumerate(candidates) for k in range(len(routes))]
        routes = [candidates[i][k] for i, k in pairs]
        queue_of = np.array([i for i, _ in pairs])
        column = np.repeat(np.arange(len(routes)), [route.resources.size for route in routes])
        resource = np.concatenate([route.resources for route in routes]).astype(np.int64)
        reached_s = np.concatenate([route.reached_s for route in routes])
        onward_s = np.array([route.free_flow_s for route in routes])[column] - reached_s
        finite = np.isfinite(capacity_per_s[resource])
        column, resource = column[finite], resource[finite]
        used, row = np.unique(resource, return_inverse=True)
        first_s, last_s = np.full(used.size, np.inf), np.full(used.size, np.inf)
        np.minimum.at(first_s, row, reached_s[finite])
        np.minimum.at(last_s, row, onward_s[finite])
        entries = _Entries([row], [column], [cars[queue_of[column]] / capacity_per_s[resource]])
        limited = np.flatnonzero(np.isfinite(room))
        place = np.full(len(room), -1)
        place[limited] = used.size + np.arange(limited.size)
        ends_at = place[[route.destination for route in routes]]
        ending = np.flatnonzero(ends_at >= 0)
        entries.rows.append(ends_at[ending])
        entries.columns.append(ending)
        entries.values.append(people[queue_of[ending]])
        way_s = cars[queue_of] * np.array([route.free_flow_s for route in routes]) / cars.sum()
        numbers = {pair: number for number, pair in enumerate(pairs)}
        return cls(
            used, limited, queue_of, numbers, first_s + last_s, way_s, entries, len(capacity_per_s), len(room)
        )

    def one_each(self, width: int) -> csr_matrix:
        """Rows that make the shares of each queue add up to one."""
        n = len(self.queue_of)
        return csr_matrix((np.ones(n), (self.queue_of, np.arange(n))), shape=(self.queue_of[-1] + 1, width))

    def shares(self, solved: OptimizeResult, a_car: FloatArray) -> RouteShares:
        """Read a solution; `a_car` is what one car adds to the row of each resource."""
        prices = -np.asarray(solved.ineqlin.marginals)
        resource_price = np.zeros(self.n_resources)
        resource_price[self.used] = prices[: self.used.size] * a_car
        destination_price = np.zeros(self.n_destinations)
        destination_price[self.limited] = prices[self.used.size :]
        ends = np.flatnonzero(np.diff(self.queue_of)) + 1
        return RouteShares(
            np.split(solved.x[: len(self.queue_of)], ends),
            resource_price,
            destination_price,
            np.asarray(solved.eqlin.marginals),
        )
