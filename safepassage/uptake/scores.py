"""Scores of forecasts: CRPS, coverage and width, and how sure a difference between two methods is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from safepassage.uptake.particles import Array


def crps(draws: Array, truth: float, weight: Array | None = None) -> float:
    """
    Continuous ranked probability score of an ensemble; smaller is better.

    Parameters
    ----------
    draws : float64[n]
        The forecast.
    truth : float
        What came.
    weight : float64[n], optional
        Weights of the draws; equal by default.

    Returns
    -------
    float
        In the unit of the draws; the absolute error where all draws are equal.

    References
    ----------
    Gneiting and Raftery (2007), Strictly proper scoring rules, prediction, and estimation.
    """
    order = np.argsort(draws)
    x = draws[order]
    w = np.full(len(x), 1 / len(x)) if weight is None else (weight / weight.sum())[order]
    level = np.cumsum(w) - w / 2
    return float(2 * np.sum(w * (x - truth) * ((truth < x) - level)))


def quantile(draws: Array, level: float, weight: Array | None = None) -> float:
    """
    A quantile of weighted draws.

    Parameters
    ----------
    draws : float64[n]
        The draws.
    level : float
        Between 0 and 1.
    weight : float64[n], optional
        Weights of the draws; equal by default.

    Returns
    -------
    float
        The smallest draw with at least this weight at or below it.
    """
    if weight is None:
        return float(np.quantile(draws, level))
    order = np.argsort(draws)
    below = np.cumsum(weight[order]) / weight.sum()
    return float(draws[order][min(int(np.searchsorted(below, level)), len(draws) - 1)])


def mean_over_operations(scores: Mapping[str, list[float]]) -> float:
    """Mean within an operation first, then over operations."""
    return float(np.mean([np.mean(values) for values in scores.values()]))


def bootstrap_difference(
    ours: Mapping[str, list[float]], theirs: Mapping[str, list[float]], *, seed: int, draws: int = 10_000
) -> tuple[float, float]:
    """
    Interval of the difference of two mean scores when other operations had been met.

    Parameters
    ----------
    ours, theirs : mapping of str to list of float
        Scores of the same cases by operation.
    seed : int
        Of the resampling.
    draws : int
        Number of resamples.

    Returns
    -------
    (float, float)
        2.5 and 97.5 % points of theirs minus ours; both positive where ours is clearly better.
    """
    difference = np.array([np.mean(theirs[name]) - np.mean(ours[name]) for name in ours])
    random = np.random.default_rng(seed)
    picks = random.integers(0, len(difference), (draws, len(difference)))
    low, high = np.quantile(difference[picks].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)
