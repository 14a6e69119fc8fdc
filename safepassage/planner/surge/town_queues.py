"""A town's cars dealt to street groups: how many groups, which routes they take, which household is where."""

from __future__ import annotations

import numpy as np

from safepassage.model.arrays import FloatArray, OffsetArray
from safepassage.planner.surge.cars import CarQueue

MOST_GROUPS = 3
_LEAST_SHARE = 0.03
_LEAST_CARS = 20
_NOTHING = 1e-9


def too_small(shares: FloatArray, cars: int) -> list[int]:
    """
    Routes that cannot keep their share: beyond the largest few, or too few cars for a group.

    Parameters
    ----------
    shares : float64[n_routes]
        Share of the cars on each route.
    cars : int
        Cars in all.

    Returns
    -------
    list of int
        Those with some share that are not among the routes of the groups, the smallest share first.
    """
    kept = set(main_routes(shares, cars))
    used = np.flatnonzero(shares > _NOTHING).tolist()
    return sorted((k for k in used if k not in kept), key=lambda k: (float(shares[k]), k))


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
