"""Three plain forecasts to beat, each with a spread from the errors it made at other places."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from safepassage.model.uptake import FigureKind
from safepassage.uptake.cases import Case, share_remaining
from safepassage.uptake.particles import Array
from safepassage.uptake.priors import pulse_name
from safepassage.uptake.streams import Stream, published

_GRID_MIDDLE_D = np.concatenate((np.linspace(-20, 60, 41), np.linspace(70, 300, 24)))
_GRID_SCALE_D = np.geomspace(0.4, 40, 25)
_WEEK_D = 7.0


Point = Callable[[Case, Mapping[tuple[str, int], float]], float]


@dataclass(frozen=True, slots=True)
class Spread:
    """
    A plain forecast with a spread.

    Attributes
    ----------
    draws, weight : float64[n]
        Point forecast plus the errors of other places, each place of equal weight.
    """

    draws: Array
    weight: Array


def last_rate(case: Case, _hazards: Mapping[tuple[str, int], float]) -> float:
    """The last rate continues."""
    known = _known(case)
    (before_d, before), (now_d, now) = known[-2:] if len(known) > 1 else (known[0], known[0])
    rate = (now - before) / (now_d - before_d) if now_d > before_d else 0.0
    return float(np.clip(now + rate * (case.stream.time_d(case.target) - now_d), 0, max(1.0, now)))


def logistic(case: Case, hazards: Mapping[tuple[str, int], float]) -> float:
    """One logistic curve through all known figures; with fewer than three, the last rate."""
    known = _known(case)
    if len(known) < 3:
        return last_rate(case, hazards)
    times, gone = np.array([time for time, _ in known]), 1 - np.array([share for _, share in known])
    middle, scale = np.meshgrid(_GRID_MIDDLE_D, _GRID_SCALE_D)
    curve = 1 / (1 + np.exp(-np.clip((times[:, None, None] - middle) / scale, -50, 50)))
    height = np.clip(np.sum(curve * gone[:, None, None], 0) / np.sum(curve**2, 0), 0, 1)
    misfit = np.sum((height * curve - gone[:, None, None]) ** 2, 0)
    best = np.unravel_index(np.argmin(misfit), misfit.shape)
    end_d = case.stream.time_d(case.target)
    at_end = height[best] / (1 + np.exp(-np.clip((end_d - middle[best]) / scale[best], -50, 50)))
    return float(np.clip(1 - at_end, 0, 1))


def regime_hazard(case: Case, hazards: Mapping[tuple[str, int], float]) -> float:
    """The mean hazard of the regime at other places, from the last known share on."""
    now_d, now = _known(case)[-1]
    end_d = case.stream.time_d(case.target)
    # Days are taken one by one: the regime ages with the order.
    share = now
    for start in np.arange(now_d, end_d, 1.0):
        share *= np.exp(-hazards[regime(case.stream, case.origin, start)] * min(1.0, end_d - start))
    return float(share)


BASELINES: Mapping[str, Point] = {
    "last rate": last_rate, "logistic curve": logistic, "regime hazard": regime_hazard,
}  # fmt: skip


def regime(stream: Stream, known: date, time_d: float) -> tuple[str, int]:
    """
    Regime of a day: what set people moving last, and how long ago.

    Parameters
    ----------
    stream : Stream
        Whose people.
    known : date
        Later events are not known.
    time_d : float
        The day (days since the start).

    Returns
    -------
    (str, int)
        Family of the last event, and 0 in its first week, 1 later.
    """
    past = [event for event in stream.events if event.day <= known and stream.time_d(event.day) <= time_d + 1]
    if not past:
        return f"none {stream.people_class.value}", 1
    last = past[-1]
    return pulse_name(last.kind, stream.people_class), int(time_d - stream.time_d(last.day) >= _WEEK_D)


def regime_hazards(streams: Sequence[Stream]) -> dict[tuple[str, int], float]:
    """
    Mean hazards by regime.

    Parameters
    ----------
    streams : sequence of Stream
        Of other places.

    Returns
    -------
    dict of (str, int) to float
        Mean over streams of the hazard (per day) between published figures; regimes never met have the
        mean of all.
    """
    found: dict[tuple[str, int], dict[str, list[tuple[float, float]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for stream in streams:
        for kind in FigureKind:
            course = [(stream.time_d(day), share_remaining(stream, kind, value))
                      for day, value in published(stream, kind)]  # fmt: skip
            if stream.open_start:
                course.insert(0, (0.0, 1.0))
            for (start, before), (end, after) in itertools.pairwise(course):
                if end > start and before > 0:
                    hazard = -np.log(max(after, 0.01) / max(before, 0.01)) / (end - start)
                    key = regime(stream, stream.origins[-1], start)
                    found[key][stream.operation].append((max(hazard, 0.0), end - start))
    mean = {key: float(np.mean([np.average([h for h, _ in pairs], weights=[d for _, d in pairs])
                                for pairs in by.values()])) for key, by in found.items()}  # fmt: skip
    overall = float(np.mean(list(mean.values()))) if mean else 0.01
    return defaultdict(lambda: overall, mean)


def with_spread(centre: float, errors: Sequence[tuple[str, float]], top: float) -> Spread:
    """
    Lay errors of other places around a point.

    Parameters
    ----------
    centre : float
        The point forecast.
    errors : sequence of (str, float)
        Place, and truth less forecast, at the same window.
    top : float
        Largest share possible.

    Returns
    -------
    Spread
        Shares between 0 and `top`.
    """
    if not errors:
        return Spread(np.array([centre]), np.ones(1))
    count = Counter(place for place, _ in errors)
    draws = np.clip(centre + np.array([error for _, error in errors]), 0, top)
    return Spread(draws, np.array([1 / count[place] for place, _ in errors]))


def _known(case: Case) -> list[tuple[float, float]]:
    """Course of the count up to the origin; of any other count where it has none yet."""
    stream = case.stream
    kinds = [case.kind, FigureKind.TOTAL, FigureKind.REMAINING, FigureKind.ASSISTED, FigureKind.SELF]
    for kind in kinds:
        course = [(stream.time_d(day), share_remaining(stream, kind, value))
                  for day, value in published(stream, kind, case.origin)]  # fmt: skip
        if course:
            break
    if stream.open_start or not course:
        course.insert(0, (0.0, 1.0))
    return course
