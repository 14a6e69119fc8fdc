"""
Narrows the uptake model by figures as they come: a particle filter.

Figures are sparse, and between them the model is almost closed (`particles.advance` jumps from one to the
next), so that some ten thousand particles on plain arrays take milliseconds a figure. Parameters are kept
alive after resampling by the kernel of Liu and West, which leaves their mean and variance as they were.

References
----------
Liu and West (2001), Combined parameter and state estimation in simulation-based filtering.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from safepassage.model.uptake import DatedEvent, EventKind, Figure, FigureKind, Measure, Precision
from safepassage.uptake.particles import Array, Particles, advance, draw, still_to_come
from safepassage.uptake.priors import Prior
from safepassage.uptake.streams import Stream

# The first figures rule out most draws: a crowd meets them, and a part of it goes on.
PARTICLES = 16000
CROWD = 4
FORECAST_PARTICLES = 2000
_SHRINK = 0.97
# Reports miss the truth by a share of it and by a part of a day, with tails: some are plainly wrong.
TAIL = 4.0
EXACT_ERROR = 0.004
DAY_ERROR_D = 0.35
UNSURE_DAY_ERROR_D = 2.5
DAILY_SCATTER = 0.3


@dataclass(frozen=True, slots=True)
class _Error:
    """How a figure may miss the truth: shares of its value, below and above, and days of its date."""

    below: float
    above: float
    days: float


def _error(figure: Figure) -> _Error:
    below, above = {
        Precision.EXACT: (EXACT_ERROR, EXACT_ERROR),
        Precision.ABOUT: (0.05, 0.05),
        # "More than 70,000" is seldom much more: officials round down to the next round number.
        Precision.MORE_THAN: (0.02, 0.12),
        Precision.LESS_THAN: (0.12, 0.02),
    }[figure.precision]
    return _Error(below, above, DAY_ERROR_D if figure.sure_of_day else UNSURE_DAY_ERROR_D)


class Tracker:
    """
    Follows one stream of figures.

    Parameters
    ----------
    stream : Stream
        Whose figures.
    prior : Prior
        What is known beforehand.
    events : sequence of DatedEvent
        Events that may act; each has its own pulse.
    seed : int
        Of every draw.
    count : int
        Number of particles after the first figures; until then there are `CROWD` times as many.
    """

    def __init__(
        self,
        stream: Stream,
        prior: Prior,
        *,
        events: Sequence[DatedEvent] | None = None,
        seed: int = 0,
        count: int = PARTICLES,
    ) -> None:
        self.stream = stream
        reported = tuple(stream.events if events is None else events)
        inferred = () if stream.open_start else (DatedEvent(stream.start, EventKind.UNDER_WAY),)
        self.events = (*reported, *inferred)
        self.log_evidence = 0.0
        self._prior = prior
        self._seed = seed
        self._random = np.random.default_rng([seed, 0])
        self._particles = draw(
            prior, self.events, stream.people_class, stream.people, CROWD * count, self._random
        )
        self._count = count
        self._log_weight = np.zeros(CROWD * count)
        self._time_d = 0.0
        self._kept: dict[float, Array] = {}
        self._by_day: dict[date, list[Figure]] = defaultdict(list)
        for figure in stream.figures:
            self._by_day[figure.day].append(figure)
        self._nodes = self._node_times()
        # Days before an event has an hour are still its day: it acts from the morning on.
        self._event_times_d = np.array([float((event.day - stream.start).days) for event in self.events])
        if not stream.open_start:
            self._anchor()

    def _anchor(self) -> None:
        """Start from the first figure where the beginning is not known."""
        first = self._by_day.pop(self.stream.start)[0]
        self._time_d = self.stream.time_d(self.stream.start)
        if first.measure is not Measure.STOCK:
            share = first.value / self.stream.people
            self._particles.present -= share
            if first.kind is FigureKind.ASSISTED:
                self._particles.assisted += share
            elif first.kind is FigureKind.SELF:
                self._particles.alone += share
            else:
                self._particles.assisted += share / 2
                self._particles.alone += share / 2
        else:
            # The list is the count itself.
            self._particles.fixed[:, 3] *= 0.1

    def _node_times(self) -> list[float]:
        times = set()
        for figure in self.stream.figures:
            end = self.stream.time_d(figure.day)
            times |= {end, max(0.0, end - figure.period_days)}
        return sorted(times)

    def observe_until(self, day: date) -> None:
        """
        Take in every figure up to a day.

        Parameters
        ----------
        day : date
            Last day whose figures are known; never before an earlier one.
        """
        end_d = self.stream.time_d(day)
        for known in sorted(self._by_day):
            if known <= day:
                at_d = self.stream.time_d(known)
                for node in [node for node in self._nodes if self._time_d < node <= at_d]:
                    self._move_to(node)
                self._take_in(self._by_day.pop(known))
        self._move_to(max(self._time_d, end_d))

    def _move_to(self, time_d: float) -> None:
        advance(
            self._particles, self._prior, self._event_times_d, (self._time_d, time_d), self.stream.people,
            self._random,
        )  # fmt: skip
        self._time_d = max(self._time_d, time_d)
        self._kept[self._time_d] = np.stack((self._particles.assisted, self._particles.alone))

    def _take_in(self, figures: Sequence[Figure]) -> None:
        before = self._log_weight - _log_sum(self._log_weight)
        added = sum((self._log_likelihood(figure, figures) for figure in figures), np.zeros(len(before)))
        self.log_evidence += _log_sum(before + added)
        self._log_weight = before + added
        weight = self.weights()
        if 1 / np.sum(weight**2) < 0.5 * len(weight):
            self._resample(weight)

    def _log_likelihood(self, figure: Figure, same_day: Sequence[Figure]) -> Array:
        people = self.stream.people
        expected = people * self._expected(figure)
        error = _error(figure)
        twins = [other.value for other in same_day
                 if (other.kind, other.measure) == (figure.kind, figure.measure)]  # fmt: skip
        # Sources that contradict each other are each as wrong as they differ.
        doubt = (max(twins) - min(twins)) / 2 if len(twins) > 1 else 0.0
        share = np.where(expected > figure.value, error.above, error.below)
        moving = error.days * people * self._particles.flow
        if figure.measure is Measure.INCREMENT:
            # Buses run on some days and not on others.
            share = share + DAILY_SCATTER / np.sqrt(figure.period_days)
        sd = np.sqrt((share * figure.value) ** 2 + 1 + moving**2 + doubt**2)
        tail = np.log1p(((expected - figure.value) / sd) ** 2 / TAIL)
        likelihood: Array = -(TAIL + 1) / 2 * tail - np.log(sd)
        return likelihood

    def _expected(self, figure: Figure) -> Array:
        assert figure.kind is not None
        now = self._particles.counted(figure.kind)
        if figure.measure is not Measure.INCREMENT:
            return now
        since = self._time_d - figure.period_days
        earlier = self._kept.get(since)
        if earlier is None:
            return self._particles.flow * figure.period_days * _part(figure.kind, self._particles)
        assisted, alone = earlier
        then = {FigureKind.ASSISTED: assisted, FigureKind.SELF: alone}.get(figure.kind, assisted + alone)
        left: Array = now - then * self._particles.list_factor()
        return left

    def weights(self) -> Array:
        """Weights of the particles, summing to one."""
        weight = np.exp(self._log_weight - self._log_weight.max())
        weighted: Array = weight / weight.sum()
        return weighted

    def parameters(self) -> Array:
        """Parameters of the particles on their transformed scales, one row a particle."""
        return self._particles.fixed

    def _resample(self, weight: Array) -> None:
        fixed = self._particles.fixed
        mean = weight @ fixed
        sd = np.sqrt(np.maximum(weight @ (fixed - mean) ** 2, 0))
        index = _systematic(weight, self._count, self._random)
        self._particles = self._particles.chosen(index)
        self._kept = {time: kept[:, index] for time, kept in self._kept.items()}
        noise = np.sqrt(1 - _SHRINK**2) * sd * self._random.standard_normal((self._count, fixed.shape[1]))
        self._particles.fixed = mean + _SHRINK * (self._particles.fixed - mean) + noise
        self._log_weight = np.zeros(self._count)

    def forecast(
        self,
        days: Sequence[date],
        *,
        known: date | None = None,
        without: Collection[DatedEvent] = (),
        count: int = FORECAST_PARTICLES,
    ) -> Forecasts:
        """
        What later figures may be.

        Parameters
        ----------
        days : sequence of date
            After the last day observed, ascending.
        known : date, optional
            Events after this day are left out; by default every event acts.
        without : collection of DatedEvent
            Further events to leave out.
        count : int
            Number of draws.

        Returns
        -------
        Forecasts
            Draws for each day; the same futures whichever events act, so that they can be compared.
        """
        random = np.random.default_rng([self._seed, 1, int(self._time_d)])
        particles = self._particles.chosen(_systematic(self.weights(), count, random)).copy()
        times = self._event_times_d.copy()
        times[[(known is not None and event.day > known) or event in without for event in self.events]] = (
            np.inf
        )
        at_d = self._time_d
        shares = np.empty((5, len(days), count))
        for k, day in enumerate(days):
            until_d = max(at_d, self.stream.time_d(day))
            advance(particles, self._prior, times, (at_d, until_d), self.stream.people, random)
            at_d = until_d
            factor = particles.list_factor()
            shares[:, k] = (
                particles.assisted * factor, particles.alone * factor, particles.present * factor,
                still_to_come(particles, times, at_d) * factor, factor,
            )  # fmt: skip
        # Whole persons: the last of a small list either left or did not.
        whole = np.rint(shares * self.stream.people) / self.stream.people
        return Forecasts(tuple(days), *whole)


@dataclass(frozen=True, slots=True)
class Forecasts:
    """
    Draws of what counts will show, as shares of the stated population.

    Attributes
    ----------
    days : tuple of date
        For which days.
    assisted, alone : float64[n_days, n_draws]
        Who left with help, and who by themselves, since the start; each departure counts.
    remaining, waiting : float64[n_days, n_draws]
        Who is there, and who of them has made up their mind to leave.
    listed : float64[n_days, n_draws]
        All who are concerned, as the list turns out to be.
    """

    days: tuple[date, ...]
    assisted: Array
    alone: Array
    remaining: Array
    waiting: Array
    listed: Array

    def counted(self, kind: FigureKind) -> Array:
        """
        Draws of one kind of count.

        Parameters
        ----------
        kind : FigureKind
            Which.

        Returns
        -------
        float64[n_days, n_draws]
            Shares of the stated population.
        """
        return {
            FigureKind.ASSISTED: self.assisted,
            FigureKind.SELF: self.alone,
            FigureKind.TOTAL: self.assisted + self.alone,
            FigureKind.REMAINING: self.remaining,
        }[kind]


def _part(kind: FigureKind, particles: Particles) -> Array:
    helped = particles.assisted / np.maximum(particles.assisted + particles.alone, 1e-12)
    return {FigureKind.ASSISTED: helped, FigureKind.SELF: 1 - helped}.get(kind, np.ones(particles.count))


def _log_sum(values: Array) -> float:
    top = float(values.max())
    return top + float(np.log(np.exp(values - top).sum()))


def _systematic(weight: Array, count: int, random: np.random.Generator) -> npt.NDArray[np.intp]:
    points = (np.arange(count) + random.random()) / count
    edges = np.cumsum(weight)
    edges[-1] = 1.0
    return np.searchsorted(edges, points).astype(np.intp)
