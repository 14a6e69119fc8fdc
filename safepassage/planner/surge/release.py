"""
Releasing all settlements together: each leaves without a break, at a rate that keeps shared roads flowing.

Where many settlements share many roads, serving one after another leaves roads idle while others queue.
Here every settlement, or street group, leaves over nearly the whole time that its slowest road needs. First
the time at which each can be out is worked out from the roads' work, the most loaded road first. Then
departures are shifted within that time until no road is sent more than it carries in any step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from safepassage.model.arrays import FlagArray, FloatArray, IndexArray, OffsetArray
from safepassage.planner.surge.car_route import CarRoute

_ROUNDS = 60
# A road with less work than this share of its time is never short of room.
_LIGHT = 0.6
# No settlement is slowed to less than this share of its mean rate, so that its waves have no gaps.
_LEAST_RATE = 0.15
_LEAST_TIME_S = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class _Visits:
    """Every use of a resource by a queue: queue, resource, when it is reached, how long on from it."""

    queue: OffsetArray
    resource: OffsetArray
    reached_s: FloatArray
    onward_s: FloatArray

    @classmethod
    def of(cls, routes: Sequence[CarRoute], capacity_per_s: FloatArray) -> _Visits:
        queue = np.repeat(np.arange(len(routes)), [route.resources.size for route in routes])
        resource = np.concatenate([np.zeros(0, np.int64), *(route.resources for route in routes)])
        reached_s = np.concatenate([np.zeros(0), *(route.reached_s for route in routes)])
        whole_s = np.array([route.free_flow_s for route in routes])
        finite = np.isfinite(capacity_per_s[resource])
        return cls(queue, resource, reached_s, whole_s[queue] - reached_s).only(finite)

    def only(self, which: FlagArray) -> _Visits:
        """Some of the uses."""
        return _Visits(self.queue[which], self.resource[which], self.reached_s[which], self.onward_s[which])


def finish_times_s(routes: Sequence[CarRoute], cars: FloatArray, capacity_per_s: FloatArray) -> FloatArray:
    """
    When each queue can be out if all leave together at constant rates, the slowest roads settled first.

    Parameters
    ----------
    routes : sequence of CarRoute
        Route of each queue.
    cars : float64[n_queues]
        Cars of each queue.
    capacity_per_s : float64[n_resources]
        PCU a second.

    Returns
    -------
    float64[n_queues]
        Arrival of the last car (s).

    Notes
    -----
    Progressive filling: the resource that is done last settles the rates of the queues that use it;
    what they leave of the other resources is shared by the rest.
    """
    visits = _Visits.of(routes, capacity_per_s)
    way_s = np.array([route.free_flow_s for route in routes])
    finish_s = way_s + _LEAST_TIME_S
    settled = np.zeros(len(routes), np.bool_)
    left = capacity_per_s.astype(np.float64)
    n = len(capacity_per_s)
    while not settled.all():
        open_visits = visits.only(~settled[visits.queue])
        if not open_visits.queue.size:
            break
        work = np.bincount(open_visits.resource, cars[open_visits.queue], n)
        first_s, last_s = np.full(n, np.inf), np.full(n, np.inf)
        np.minimum.at(first_s, open_visits.resource, open_visits.reached_s)
        np.minimum.at(last_s, open_visits.resource, open_visits.onward_s)
        used = work > 0
        done_s = np.zeros(n)
        least_left = 1e-6 * capacity_per_s[used]
        done_s[used] = first_s[used] + last_s[used] + work[used] / np.maximum(left[used], least_left)
        slowest = int(np.argmax(done_s))
        ready = np.unique(open_visits.queue[open_visits.resource == slowest])
        finish_s[ready] = np.maximum(finish_s[ready], done_s[slowest])
        settled[ready] = True
        theirs = visits.only(np.isin(visits.queue, ready))
        rate = cars[theirs.queue] / np.maximum(finish_s - way_s, _LEAST_TIME_S)[theirs.queue]
        left = left - np.bincount(theirs.resource, rate, n)
    return finish_s


def departures_together(
    routes: Sequence[CarRoute],
    cars: FloatArray,
    free: FloatArray,
    row_of: IndexArray,
    may_leave: FlagArray,
    finish_s: FloatArray,
    step_s: float,
) -> FloatArray:
    """
    Spread every queue's departures over its time so that no resource is overused in any step.

    Parameters
    ----------
    routes : sequence of CarRoute
        Route of each queue.
    cars : float64[n_queues]
        Cars of each queue.
    free : float64[n_rows, n_steps]
        What is left of each resource in each step (PCU).
    row_of : int64[n_resources]
        Row of each resource.
    may_leave : bool[n_queues, n_steps]
        Steps in which each queue may leave.
    finish_s : float64[n_queues]
        When the last car of each should have arrived (s of time in which it may drive).
    step_s : float
        Length of a step (s).

    Returns
    -------
    float64[n_queues, n_steps]
        Cars leaving in each step; a row adds up to its queue's cars unless it may never leave.

    Notes
    -----
    Iterative proportional fitting: where the fullest road of a queue's way is overused departures
    shrink, elsewhere they grow, and each row is scaled back to its cars.
    """
    way_s = np.array([route.free_flow_s for route in routes])
    long = np.maximum((finish_s - way_s) / step_s, 1.0)
    # The last step of a queue's time counts in part.
    share = np.clip(long[:, None] - (np.cumsum(may_leave, axis=1) - 1), 0.0, 1.0) * may_leave
    total = share.sum(axis=1, keepdims=True)
    even = np.where(total > 0, share / np.maximum(total, 1e-9), 0.0) * cars[:, None]
    fit = _Fit(routes, even, free, row_of, step_s)
    leaving, best, least_over = even, even, np.inf
    for _round in range(_ROUNDS):
        fullest = fit.fullest(leaving)
        over = float(fullest.max(initial=0.0))
        if over < least_over:
            least_over, best = over, leaving
        if over <= 1.0:
            break
        leaving = leaving / np.sqrt(np.maximum(fullest, 1e-3))
        leaving = np.maximum(leaving, _LEAST_RATE * even)
        sums = leaving.sum(axis=1, keepdims=True)
        leaving = np.where(sums > 0, leaving * (cars[:, None] / np.maximum(sums, 1e-9)), 0.0)
    return best


class _Fit:
    """How full the fullest road of each queue's way is, for departures in each step."""

    def __init__(
        self,
        routes: Sequence[CarRoute],
        even: FloatArray,
        free: FloatArray,
        row_of: IndexArray,
        step_s: float,
    ) -> None:
        self.n_rows, self.n_steps = free.shape
        self.until = int(np.flatnonzero(even.any(axis=0)).max(initial=0)) + 1
        self.room = np.maximum(free, 1e-3)
        visits = _Visits.of(routes, np.zeros(len(row_of)))
        row = row_of[visits.resource]
        rate = even.max(axis=1, initial=0.0)
        busy = np.bincount(row, rate[visits.queue], self.n_rows) > _LIGHT * np.median(self.room, axis=1)
        kept = busy[row]
        self.queue, self.row = visits.queue[kept], row[kept]
        self.delay = np.rint(visits.reached_s[kept] / step_s).astype(np.int64)
        self.first = np.flatnonzero(np.diff(self.queue, prepend=-1))

    def fullest(self, leaving: FloatArray) -> FloatArray:
        """Use of the fullest resource on the way of those who leave in each step."""
        fullest = np.zeros(leaving.shape)
        if not self.queue.size:
            return fullest
        width = self.n_steps + 1
        at = np.minimum(np.arange(self.until)[None, :] + self.delay[:, None], self.n_steps)
        at += self.row[:, None] * width
        passing = leaving[self.queue, : self.until]
        use: FloatArray = np.bincount(at.ravel(), passing.ravel(), self.n_rows * width).astype(np.float64)
        use = use.reshape(self.n_rows, width)
        use[:, :-1] /= self.room
        use[:, -1] = 0.0
        met = use.ravel()[at]
        fullest[self.queue[self.first], : self.until] = np.maximum.reduceat(met, self.first, axis=0)
        return fullest
