"""What many futures say: bands, chances, risk, and how sure the figures are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from safepassage.errors import ModelError
from safepassage.model.arrays import FloatArray
from safepassage.rehearsal.play import COUNTS, SHARES, FutureResult

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
MULTIPLIERS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
_SETTLED_MEAN, _SETTLED_ERROR = 0.01, 0.05


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


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """
    What the futures of one plan say.

    Attributes
    ----------
    futures : int
        How many.
    out_by_hour : float64[n_hours + 1, 5]
        Persons out of danger by each full hour at the probability levels of `LEVELS`.
    all_out : float64[n_hours + 1, 3]
        For each hour the share of futures in which 90 %, 99 % and all of the willing are out.
    clearance_s : tuple of float
        When the last of those who got out did, at each of `LEVELS`.
    people : tuple of (str, float)
        Mean persons of each of `COUNTS`.
    stranded : tuple of float
        Willing persons who were not out at the horizon, at each of `LEVELS`.
    settlements : float64[n_settlements, 6]
        Mean persons of each of `COUNTS`.
    harm_mean, harm_cvar, harm_error : float
        Expected casualties: mean over futures, mean of the worst tenth of futures, standard error.
    harm_by_settlement, harm_by_group, harm_by_phase : float64
        Means.
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
    settlements: FloatArray
    harm_mean: float
    harm_cvar: float
    harm_error: float
    harm_by_settlement: FloatArray
    harm_by_group: FloatArray
    harm_by_phase: FloatArray
    harm_if_all_stay: float
    at_rate: tuple[tuple[float, float, float], ...]
    converged_at: int | None


def summary_of(results: Sequence[FutureResult]) -> Summary:
    """
    Sum up.

    Parameters
    ----------
    results : sequence of FutureResult
        At least one, by number.

    Returns
    -------
    Summary
        Quantiles are of the lower kind: values that occurred.
    """
    counts = np.array([result.counts for result in results])
    hours = np.array([result.out_by_hour for result in results])
    harm = np.array([result.harm.total for result in results])
    stays = np.array([result.harm.if_all_stay for result in results])
    clearance = np.array([result.clearance_s for result in results])
    clearance = clearance[~np.isnan(clearance)]
    when = np.array([result.share_out_s for result in results])
    hour_s = 3600.0 * np.arange(hours.shape[1])
    stranded = counts[:, :, COUNTS.index("on_the_way") :].sum(axis=(1, 2))
    all_out = np.stack([(when[:, k, None] <= hour_s).mean(axis=0) for k in range(len(SHARES))], axis=1)
    return Summary(
        futures=len(results),
        out_by_hour=_quantiles(hours).T,
        all_out=all_out,
        clearance_s=tuple(_quantiles(clearance).tolist()) if len(clearance) else (),
        people=tuple(zip(COUNTS, counts.sum(axis=1).mean(axis=0).tolist(), strict=True)),
        stranded=tuple(_quantiles(stranded).tolist()),
        settlements=counts.mean(axis=0),
        harm_mean=float(harm.mean()),
        harm_cvar=expected_shortfall(harm, 0.9),
        harm_error=float(harm.std(ddof=1) / math.sqrt(len(harm))) if len(harm) > 1 else math.nan,
        harm_by_settlement=np.array([result.harm.by_settlement for result in results]).mean(axis=0),
        harm_by_group=np.array([result.harm.by_group for result in results]).mean(axis=0),
        harm_by_phase=np.array([result.harm.by_phase for result in results]).mean(axis=0),
        harm_if_all_stay=float(stays.mean()),
        at_rate=tuple(
            (
                factor,
                float(np.mean([result.harm.at_rate(factor) for result in results])),
                factor * float(stays.mean()),
            )
            for factor in MULTIPLIERS
        ),
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
    better : float
        Share of futures in which the other plan does less harm.
    """

    futures: int
    harm: float
    harm_error: float
    harm_error_apart: float
    stranded: float
    stranded_error: float
    better: float


def compared(results: Sequence[FutureResult], others: Sequence[FutureResult]) -> Comparison:
    """
    Compare two plans future by future.

    Parameters
    ----------
    results, others : sequence of FutureResult
        Of the same futures, at least two.

    Returns
    -------
    Comparison
        Negative differences are in favour of the other plan.

    Raises
    ------
    ModelError
        If the futures differ or are fewer than two.
    """
    numbers = [result.number for result in results]
    if len(numbers) < 2 or numbers != [result.number for result in others]:
        raise ModelError("compare two plans in the same futures, at least two")
    harm = np.array([[item.harm.total for item in row] for row in (results, others)])
    left = COUNTS.index("on_the_way")
    stranded = np.array([[float(item.counts[:, left:].sum()) for item in row] for row in (results, others)])
    root = math.sqrt(len(numbers))
    difference, behind = harm[1] - harm[0], stranded[1] - stranded[0]
    return Comparison(
        futures=len(numbers),
        harm=float(difference.mean()),
        harm_error=float(difference.std(ddof=1) / root),
        harm_error_apart=float(np.hypot(*harm.std(axis=1, ddof=1)) / root),
        stranded=float(behind.mean()),
        stranded_error=float(behind.std(ddof=1) / root),
        better=float((difference < 0).mean()),
    )
