"""What many futures say: bands, chances, risk, and how sure the figures are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from safepassage.errors import ModelError
from safepassage.model.arrays import FloatArray
from safepassage.rehearsal.play import COUNTS, SHARES
from safepassage.rehearsal.tally import Tally

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
MULTIPLIERS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
WORST_SHARE = 0.1
_SETTLED_MEAN, _SETTLED_ERROR = 0.01, 0.05
_NORMAL_95 = 1.959964


def expected_shortfall(values: Sequence[float] | FloatArray, level: float) -> float:
    """
    Mean of the worst share of the values (CVaR).

    Parameters
    ----------
    values : sequence of float
        One a future; larger is worse.
    level : float
        The worst ``1 - level`` counts; 0.9 is the worst decile.

    Returns
    -------
    float
        With the value on the edge counted in part, so that exactly that share is averaged.

    Raises
    ------
    ModelError
        If there is no value or the level lies outside 0 to 1.
    """
    ordered = np.sort(np.asarray(values, np.float64))[::-1]
    if not len(ordered) or not 0 <= level < 1:
        raise ModelError(f"{len(ordered)} values at level {level}; give values and 0 <= level < 1")
    weight = (1 - level) * len(ordered)
    whole = math.floor(weight + 1e-9)
    rest = max(weight - whole, 0.0)
    total = float(ordered[:whole].sum())
    if rest > 1e-9 and whole < len(ordered):
        total += rest * float(ordered[whole])
    return total / weight


def converged_at(values: Sequence[float] | FloatArray, *, batch: int = 50) -> int | None:
    """
    After how many futures a mean is sure enough.

    Parameters
    ----------
    values : sequence of float
        One a future, in order.
    batch : int, optional
        Looked at after each so many.

    Returns
    -------
    int or None
        The first number at which the mean has moved by less than 1 % over the last batch and its standard
        error is below 5 % of it; None where that was not reached, or nothing has happened yet.
    """
    numbers = np.asarray(values, np.float64)
    for count in range(2 * batch, len(numbers) + 1, batch):
        mean, before = float(numbers[:count].mean()), float(numbers[: count - batch].mean())
        error = float(numbers[:count].std(ddof=1)) / math.sqrt(count)
        if (
            mean != 0
            and abs(mean - before) <= _SETTLED_MEAN * abs(mean)
            and error <= _SETTLED_ERROR * abs(mean)
        ):
            return count
    return None


@dataclass(frozen=True, slots=True)
class Chance:
    """
    A probability that was counted, and how sure it is.

    Attributes
    ----------
    value : float
        Share of the futures.
    low, high : float
        Wilson's interval at 95 %.
    """

    value: float
    low: float
    high: float


def chance_of(happened: int, futures: int) -> Chance:
    """
    A probability with its interval.

    Parameters
    ----------
    happened, futures : int
        In how many futures of how many.

    Returns
    -------
    Chance
        With Wilson's interval, which holds near 0 and 1 too.

    Raises
    ------
    ModelError
        If there is no future.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    if futures < 1:
        raise ModelError(f"{futures} futures; give at least 1")
    share, square = happened / futures, _NORMAL_95**2 / futures
    middle = (share + square / 2) / (1 + square)
    half = math.sqrt(square * (share * (1 - share) + square / 4)) / (1 + square)
    return Chance(share, max(middle - half, 0.0), min(middle + half, 1.0))


def chance_all_out(tally: Tally, time_s: float, share: float = 1.0) -> Chance:
    """
    Probability that a share of the willing are out by a time.

    Parameters
    ----------
    tally : Tally
        Futures.
    time_s : float
        By when (s).
    share : float, optional
        One of `SHARES`; all by default.

    Returns
    -------
    Chance
        Over the futures.
    """
    out = tally.share_out_s[:, SHARES.index(share)] <= time_s
    return chance_of(int(out.sum()), tally.futures)


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """
    What the futures of one plan say.

    Attributes
    ----------
    futures : int
        How many.
    out_by_hour : float64[n_hours + 1, 5]
        Persons out of danger by each full hour at the probability levels of `LEVELS`, rounded down to a
        thousandth of the people.
    all_out : float64[n_hours + 1, 3]
        For each hour the share of futures in which 90 %, 99 % and all of the willing are out.
    clearance_s : tuple of float
        When the last of those who got out did, at each of `LEVELS`.
    people : tuple of (str, float)
        Mean persons of each of `COUNTS`.
    stranded : tuple of float
        Willing persons who were not out at the horizon, at each of `LEVELS`.
    stranded_mean : float
        Their mean.
    stranded_at : tuple of (str, float, float)
        Where those of them stood who had left home: the place as in `FutureResult`, the share of futures in
        which anybody stood there, mean persons over all futures; most persons first.
    settlements : float64[n_settlements, 6]
        Mean persons of each of `COUNTS`.
    harm_mean, harm_cvar, harm_error : float
        Expected casualties: mean over futures, mean of the worst tenth of futures, standard error.
    harm_by_settlement, harm_by_group, harm_by_phase : float64
        Means.
    harm_cvar_by_settlement, harm_cvar_by_group : float64
        Mean of the worst tenth of futures of each settlement and group by itself; they do not add up.
    harm_if_all_stay : float
        Mean if all stayed at home until the horizon.
    at_rate : tuple of (float, float, float)
        Factor on the hazard rate, mean harm with the plan, mean harm if all stay.
    converged_at : int or None
        Number of futures after which the mean harm was sure enough.
    """

    futures: int
    out_by_hour: FloatArray
    all_out: FloatArray
    clearance_s: tuple[float, ...]
    people: tuple[tuple[str, float], ...]
    stranded: tuple[float, ...]
    stranded_mean: float
    stranded_at: tuple[tuple[str, float, float], ...]
    settlements: FloatArray
    harm_mean: float
    harm_cvar: float
    harm_error: float
    harm_by_settlement: FloatArray
    harm_by_group: FloatArray
    harm_by_phase: FloatArray
    harm_cvar_by_settlement: FloatArray
    harm_cvar_by_group: FloatArray
    harm_if_all_stay: float
    at_rate: tuple[tuple[float, float, float], ...]
    converged_at: int | None


def summary_of(tally: Tally) -> Summary:
    """
    Sum up.

    Parameters
    ----------
    tally : Tally
        Of at least one future.

    Returns
    -------
    Summary
        Quantiles are of the lower kind: values that occurred.
    """
    n, harm, when = tally.futures, tally.harm, tally.share_out_s
    clearance = tally.clearance_s[~np.isnan(tally.clearance_s)]
    out_by_hour = tally.out_by_hour.quantiles(LEVELS)
    hour_s = 3600.0 * np.arange(len(out_by_hour))
    all_out = np.stack([(when[:, k, None] <= hour_s).mean(axis=0) for k in range(len(SHARES))], axis=1)
    places = sorted(tally.held_at.items(), key=lambda item: (-item[1][1], item[0]))
    threat, accidents = float((harm - tally.accidents).mean()), float(tally.accidents.mean())
    stay = float(tally.stay.mean())
    return Summary(
        futures=n,
        out_by_hour=out_by_hour,
        all_out=all_out,
        clearance_s=tuple(_quantiles(clearance).tolist()) if len(clearance) else (),
        people=tuple(zip(COUNTS, (tally.counts.sum(axis=0) / n).tolist(), strict=True)),
        stranded=tuple(_quantiles(tally.stranded).tolist()),
        stranded_mean=float(tally.stranded.mean()),
        stranded_at=tuple((place, times / n, persons / n) for place, (times, persons) in places),
        settlements=tally.counts / n,
        harm_mean=float(harm.mean()),
        harm_cvar=expected_shortfall(harm, 1 - WORST_SHARE),
        harm_error=float(harm.std(ddof=1) / math.sqrt(n)) if n > 1 else math.nan,
        harm_by_settlement=tally.harm_by_place.sum(axis=1) / n,
        harm_by_group=tally.harm_by_group / n,
        harm_by_phase=tally.harm_by_place.sum(axis=0) / n,
        harm_cvar_by_settlement=tally.place_harm.shortfall(1 - WORST_SHARE),
        harm_cvar_by_group=tally.group_harm.shortfall(1 - WORST_SHARE),
        harm_if_all_stay=stay,
        at_rate=tuple((factor, factor * threat + accidents, factor * stay) for factor in MULTIPLIERS),
        converged_at=converged_at(harm),
    )


def _quantiles(values: FloatArray) -> FloatArray:
    chosen: FloatArray = np.quantile(values, LEVELS, axis=0, method="inverted_cdf").astype(np.float64)
    return chosen


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    Two plans in the same futures: the other less this one.

    Attributes
    ----------
    futures : int
        How many.
    harm, harm_error : float
        Mean difference of expected casualties, and its standard error.
    harm_error_apart : float
        Standard error if each plan had been rehearsed in futures of its own.
    stranded, stranded_error : float
        The same for willing persons who were not out.
    clearance_s : float
        Mean difference of the time of the last of those who got out (s); NaN where nobody did.
    better : float
        Share of futures in which the other plan does less harm.
    """

    futures: int
    harm: float
    harm_error: float
    harm_error_apart: float
    stranded: float
    stranded_error: float
    clearance_s: float
    better: float


def compared(tally: Tally, other: Tally) -> Comparison:
    """
    Compare two plans future by future.

    Parameters
    ----------
    tally, other : Tally
        Of the same futures, at least two; those that only one of them holds are left out.

    Returns
    -------
    Comparison
        Negative differences are in favour of the other plan.

    Raises
    ------
    ModelError
        If the futures in common are fewer than two.
    """
    n = min(tally.futures, other.futures)
    if n < 2:
        raise ModelError("compare two plans in the same futures, at least two")
    root = math.sqrt(n)
    harm = np.stack([tally.harm[:n], other.harm[:n]])
    difference = harm[1] - harm[0]
    behind = other.stranded[:n] - tally.stranded[:n]
    later = (other.clearance_s[:n] - tally.clearance_s[:n])[
        ~np.isnan(tally.clearance_s[:n] + other.clearance_s[:n])
    ]
    return Comparison(
        futures=n,
        harm=float(difference.mean()),
        harm_error=float(difference.std(ddof=1) / root),
        harm_error_apart=float(np.hypot(*harm.std(axis=1, ddof=1)) / root),
        stranded=float(behind.mean()),
        stranded_error=float(behind.std(ddof=1) / root),
        clearance_s=float(later.mean()) if len(later) else math.nan,
        better=float((difference < 0).mean()),
    )
