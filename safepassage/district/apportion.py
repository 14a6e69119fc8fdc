"""Whole persons divided by shares, none lost and none made."""

from __future__ import annotations

import math
from collections.abc import Sequence


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """
    Divide whole persons in proportion to weights.

    Parameters
    ----------
    total : int
        Persons, >= 0.
    weights : sequence of float
        None negative; where all are zero the parts are as equal as can be.

    Returns
    -------
    list of int
        Parts that sum to ``total``, by largest remainders; of equal remainders the first comes first.
    """
    if not weights:
        if total:
            raise ValueError("nobody to give people to")
        return []
    whole = math.fsum(weights)
    shares = [weight / whole for weight in weights] if whole > 0 else [1 / len(weights)] * len(weights)
    exact = [total * share for share in shares]
    parts = [math.floor(value) for value in exact]
    order = sorted(range(len(parts)), key=lambda k: (parts[k] - exact[k], k))
    for k in order[: total - sum(parts)]:
        parts[k] += 1
    assert sum(parts) == total
    return parts
