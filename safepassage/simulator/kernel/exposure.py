"""Integrates a hazard along the recorded entries of all legs in one pass."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from safepassage.simulator.kernel.compile import entry_point, step

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@step
def since_zero(up_to: Floats, rate_per_s: Floats, bin_s: float, place: int, time_s: float) -> float:
    """Integral of the rate at a place from 0 s to a time; the last bin lasts for ever."""
    row = np.int64(min(max(math.floor(time_s / bin_s), 0), len(rate_per_s) - 1))
    return up_to[row, place] + (time_s - row * bin_s) * rate_per_s[row, place]


@step
def between(
    up_to: Floats, rate_per_s: Floats, bin_s: float, place: int, start_s: float, end_s: float
) -> float:
    """Integral of the rate at a place over a stay; 0 where it ends before it starts."""
    if not end_s > start_s:
        return 0.0
    return since_zero(up_to, rate_per_s, bin_s, place, end_s) - since_zero(
        up_to, rate_per_s, bin_s, place, start_s
    )


@entry_point
def integrate(
    up_to: Floats,
    rate_per_s: Floats,
    bin_s: float,
    place: npt.NDArray[np.int32],
    start_s: Floats,
    end_s: Floats,
    out: Floats,
) -> None:
    """
    Integrate a rate over many stays.

    Parameters
    ----------
    up_to : float64[n_bins + 1, n_places]
        Integral of the rate up to the start of each bin.
    rate_per_s : float64[n_bins, n_places]
        Rates.
    bin_s : float
        Width of the bins (s).
    place : int32[n]
        Where.
    start_s, end_s : float64[n]
        From when until when (s).
    out : float64[n]
        The integrals. Overwritten.
    """
    for k in range(len(place)):
        out[k] = between(up_to, rate_per_s, bin_s, np.int64(place[k]), start_s[k], end_s[k])


@entry_point
def add_up(
    amount: Floats,
    leg: Integers,
    place: npt.NDArray[np.int32],
    leg_people: Integers,
    table: Floats,
    per_person: Floats,
) -> None:
    """
    Sum what stays amount to by group and place, and by leg.

    Parameters
    ----------
    amount : float64[n]
        Of one person, a stay.
    leg : int64[n]
        Whose stay it is.
    place : int32[n]
        Where.
    leg_people : int64[n_legs, n_groups]
        Persons by group.
    table : float64[n_groups, n_places]
        Sums by group and place. Added to.
    per_person : float64[n_legs]
        Sums by leg. Added to.
    """
    for k in range(len(amount)):
        per_person[leg[k]] += amount[k]
        for group in range(leg_people.shape[1]):
            table[group, place[k]] += amount[k] * leg_people[leg[k], group]
