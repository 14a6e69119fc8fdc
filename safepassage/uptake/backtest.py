"""Judges the forecast on published figures, leaving out whole places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from safepassage.i18n import _
from safepassage.model.uptake import FigureKind
from safepassage.progress import NoProgress, Progress
from safepassage.uptake.baselines import BASELINES, Spread, regime_hazards, with_spread
from safepassage.uptake.cases import WINDOWS_D, Case, cases_of
from safepassage.uptake.fit import fit_prior
from safepassage.uptake.particles import Array
from safepassage.uptake.priors import Prior
from safepassage.uptake.scores import bootstrap_difference, crps, mean_over_operations, quantile
from safepassage.uptake.streams import Stream
from safepassage.uptake.tracker import Tracker

MODEL, MODEL_EVENTS = "model", "model, events known"
ROUNDING = 1e-9
BANDS = ((0.25, 0.75), (0.05, 0.95))


@dataclass(frozen=True, slots=True)
class Judged:
    """
    One method's forecast of one case.

    Attributes
    ----------
    case : Case
        What was forecast.
    method : str
        By what.
    crps : float
        Its score.
    median : float
        Its middle.
    band_50, band_90 : (float, float)
        Its bands.
    """

    case: Case
    method: str
    crps: float
    median: float
    band_50: tuple[float, float]
    band_90: tuple[float, float]


@dataclass(frozen=True, slots=True)
class MethodScore:
    """
    How good one method is.

    Attributes
    ----------
    method : str
        Which.
    crps : float
        Mean within an operation first, then over operations.
    by_window : tuple of (int, float)
        The same for each horizon window that has cases.
    gain_low, gain_high : float
        95 % bootstrap interval of this method's CRPS less that of the model; zero for the model itself.
    gain_events_low, gain_events_high : float
        The same against the model that knows dated events.
    coverage_50, coverage_90 : float
        Share of cases inside the bands, averaged like the score.
    width_50, width_90 : float
        Median width of the bands.
    """

    method: str
    crps: float
    by_window: tuple[tuple[int, float], ...]
    gain_low: float
    gain_high: float
    gain_events_low: float
    gain_events_high: float
    coverage_50: float
    coverage_90: float
    width_50: float
    width_90: float


@dataclass(frozen=True, slots=True)
class Backtest:
    """
    The outcome of a backtest.

    Attributes
    ----------
    judged : tuple of Judged
        Every case by every method.
    scores : tuple of MethodScore
        The model, the model with events known, then the baselines.
    """

    judged: tuple[Judged, ...]
    scores: tuple[MethodScore, ...]

    def score(self, method: str) -> MethodScore:
        """The score of one method."""
        return next(score for score in self.scores if score.method == method)

    @property
    def operations(self) -> tuple[str, ...]:
        """Operations that were scored, in order."""
        return tuple(dict.fromkeys(item.case.stream.operation for item in self.judged))

    @property
    def places(self) -> tuple[str, ...]:
        """Places that were scored, in order."""
        return tuple(dict.fromkeys(item.case.stream.place for item in self.judged))


def backtest(
    streams: Sequence[Stream],
    *,
    prior: Prior | None = None,
    seed: int = 1,
    progress: Progress | None = None,
) -> Backtest:
    """
    Forecast every case from what was known at its origin, and score it.

    Parameters
    ----------
    streams : sequence of Stream
        Figures of all places.
    prior : Prior, optional
        Used for places it was not learnt from. Every other place has a prior learnt from all other places
        of the streams.
    seed : int
        Of every draw.
    progress : Progress, optional
        Told of each place.

    Returns
    -------
    Backtest
        Scores of the model and the baselines.
    """
    progress = progress or NoProgress()
    cases = cases_of(streams)
    by_place: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_place[case.stream.place].append(case)
    progress.start(_("Forecasting each place from the others"), len(by_place))
    judged: list[Judged] = []
    for place, asked in by_place.items():
        others = [stream for stream in streams if stream.place != place]
        learnt = prior if prior and place not in prior.places else fit_prior(others, seed=seed)
        judged += judge_model(asked, learnt, seed)
        progress.advance()
    judged += _judge_baselines(cases, streams)
    return Backtest(tuple(judged), _scores(judged, seed))


def judge_model(cases: Sequence[Case], prior: Prior, seed: int) -> list[Judged]:
    """
    Forecast cases with one prior, with future events unknown and known.

    Parameters
    ----------
    cases : sequence of Case
        Of any streams.
    prior : Prior
        Not learnt from them.
    seed : int
        Of every draw.

    Returns
    -------
    list of Judged
        Two for each case.
    """
    by_stream: dict[Stream, dict[date, list[Case]]] = defaultdict(lambda: defaultdict(list))
    for case in cases:
        by_stream[case.stream][case.origin].append(case)
    judged = []
    for stream, origins in by_stream.items():
        tracker = Tracker(stream, prior, seed=seed)
        for origin in sorted(origins):
            tracker.observe_until(origin)
            for method, known in ((MODEL, origin), (MODEL_EVENTS, None)):
                targets = sorted({case.target for case in origins[origin]})
                forecasts = tracker.forecast(targets, known=known)
                for case in origins[origin]:
                    draws = forecasts.counted(case.kind)[targets.index(case.target)]
                    if case.kind is not FigureKind.REMAINING:
                        draws = np.maximum(1 - draws, 0)
                    judged.append(_judge(case, method, draws))
    return judged


def _judge_baselines(cases: Sequence[Case], streams: Sequence[Stream]) -> list[Judged]:
    hazards = {
        place: regime_hazards([stream for stream in streams if stream.place != place])
        for place in {case.stream.place for case in cases}
    }
    judged = []
    for name, point in BASELINES.items():
        centres = [point(case, hazards[case.stream.place]) for case in cases]
        errors: dict[int, list[tuple[str, float]]] = defaultdict(list)
        for case, centre in zip(cases, centres, strict=True):
            errors[case.window_d].append((case.stream.place, case.truth - centre))
        for case, centre in zip(cases, centres, strict=True):
            elsewhere = [error for error in errors[case.window_d] if error[0] != case.stream.place]
            spread = with_spread(centre, elsewhere, max(1.0, centre))
            judged.append(_judge(case, name, spread.draws, spread))
            judged.append(_judge(case, f"{name} without spread", np.array([centre])))
    return judged


def _judge(case: Case, method: str, draws: Array, spread: Spread | None = None) -> Judged:
    weight = spread.weight if spread else None
    bands = [tuple(quantile(draws, level, weight) for level in band) for band in BANDS]
    return Judged(
        case, method, crps(draws, case.truth, weight), quantile(draws, 0.5, weight),
        (bands[0][0], bands[0][1]), (bands[1][0], bands[1][1]),
    )  # fmt: skip


def _scores(judged: Sequence[Judged], seed: int) -> tuple[MethodScore, ...]:
    by_method: dict[str, list[Judged]] = defaultdict(list)
    for item in judged:
        by_method[item.method].append(item)
    by_operation = {method: _by_operation(items) for method, items in by_method.items()}
    return tuple(_score(method, items, by_operation, seed) for method, items in by_method.items())


def _score(
    method: str,
    items: Sequence[Judged],
    by_operation: Mapping[str, Mapping[str, list[float]]],
    seed: int,
) -> MethodScore:
    covered_50 = _by_operation(items, lambda item: _is_inside(item.case.truth, item.band_50))
    covered_90 = _by_operation(items, lambda item: _is_inside(item.case.truth, item.band_90))
    windows = [(window, [item for item in items if item.case.window_d == window]) for window in WINDOWS_D]
    gain = bootstrap_difference(by_operation[MODEL], by_operation[method], seed=seed)
    gain_events = bootstrap_difference(by_operation[MODEL_EVENTS], by_operation[method], seed=seed)
    return MethodScore(
        method,
        mean_over_operations(by_operation[method]),
        tuple((window, mean_over_operations(_by_operation(found))) for window, found in windows if found),
        *gain,
        *gain_events,
        mean_over_operations(covered_50),
        mean_over_operations(covered_90),
        float(np.median([item.band_50[1] - item.band_50[0] for item in items])),
        float(np.median([item.band_90[1] - item.band_90[0] for item in items])),
    )


def _is_inside(truth: float, band: tuple[float, float]) -> float:
    return float(band[0] - ROUNDING <= truth <= band[1] + ROUNDING)


def _crps_of(item: Judged) -> float:
    return item.crps


def _by_operation(
    items: Sequence[Judged], value: Callable[[Judged], float] = _crps_of
) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for item in items:
        found[item.case.stream.operation].append(value(item))
    return dict(found)
