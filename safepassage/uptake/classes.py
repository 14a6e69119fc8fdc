"""Divides draws of people who left among classes, in whole persons that always add up."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from safepassage.model.people import PeopleCount
from safepassage.uptake.particles import Array

GROUPS = ("adults", "children", "older", "low_mobility")
# Assumptions: how readily a class leaves beside adults. Those who cannot walk leave late, with help.
READINESS: Mapping[str, float] = {"adults": 1.0, "older": 0.8, "low_mobility": 0.6}
_BISECTIONS = 40


def divide(away: Array, children_share: Array, listed: Array, people: PeopleCount) -> dict[str, Array]:
    """
    Who of those away belongs to which class.

    Parameters
    ----------
    away : float64[n_days, n_draws]
        Whole persons who are away.
    children_share : float64[n_days, n_draws]
        Share of the children who are away, from draws of their own.
    listed : float64[n_days, n_draws]
        Whole persons concerned.
    people : PeopleCount
        Those concerned by class, as the list said at first.

    Returns
    -------
    dict of str to float64[n_days, n_draws]
        Whole persons away by class; they sum to `away`, and none exceeds its class.
    """
    size = listing(listed, people)
    # Many out means many children out: both were set moving by the same events.
    paired = np.empty_like(children_share)
    paired[:, np.argsort(away[-1], kind="stable")] = children_share[
        :, np.argsort(children_share[-1], kind="stable")
    ]
    others = sum(size[group] for group in READINESS)
    low, high = np.maximum(away - others, 0), np.minimum(size["children"], away)
    out = {"children": np.clip(np.rint(paired * size["children"]), low, high)}
    out |= _by_readiness(away - out["children"], size)
    return _settled(out, away, size)


def listing(listed: Array, people: PeopleCount) -> dict[str, Array]:
    """
    Those concerned by class, in whole persons, when the list turns out longer or shorter.

    Parameters
    ----------
    listed : float64[...]
        Whole persons concerned.
    people : PeopleCount
        As the list said at first.

    Returns
    -------
    dict of str to float64[...]
        They sum to `listed`.
    """
    counts = np.array([getattr(people, group) for group in GROUPS], dtype=np.float64)
    edges = np.rint(np.cumsum(counts)[:, None, None] / max(people.total, 1) * listed)
    sizes = np.diff(edges, axis=0, prepend=0.0)
    return dict(zip(GROUPS, sizes, strict=True))


def _by_readiness(wanted: Array, size: Mapping[str, Array]) -> dict[str, Array]:
    """Shares ``1 - exp(-w x)`` of the classes with one ``x`` that moves as many as are wanted."""
    low, high = np.zeros_like(wanted), np.full_like(wanted, 60.0)
    for _step in range(_BISECTIONS):
        middle = (low + high) / 2
        moved = sum(size[group] * -np.expm1(-weight * middle) for group, weight in READINESS.items())
        enough = moved >= wanted
        high, low = np.where(enough, middle, high), np.where(enough, low, middle)
    return {group: np.rint(size[group] * -np.expm1(-weight * high)) for group, weight in READINESS.items()}


def _settled(out: dict[str, Array], away: Array, size: Mapping[str, Array]) -> dict[str, Array]:
    """Hand the persons that rounding left over to classes with room."""
    left = away - sum(out.values())
    for group in GROUPS:
        taken = np.clip(left, -out[group], size[group] - out[group])
        out[group] = out[group] + taken
        left = left - taken
    assert not left.any()
    return out
