"""
Departure curves: by when those who leave have set out.

A curve maps a time after the order to the share of leavers who have set out, and a share back to its time, so
that a household's time is the curve's at a random share.

References
----------
Tweedie et al. (1986), A methodology for estimating emergency evacuation times (Rayleigh).
Fu and Wilmot (2004), A sequential logit dynamic travel demand model for hurricane evacuation.
Murray-Tuite and Wolshon (2013), Evacuation transportation modeling (a review).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

from safepassage.errors import ModelError
from safepassage.uptake.particles import Array

# A drill at Roxborough, as reported: minutes and share out.
DRILL = ((0.0, 0.0), (15.0, 0.79), (30.0, 0.91), (45.0, 0.93), (60.0, 0.97), (90.0, 1.0))


class DepartureCurve(Protocol):
    """By when those who leave have set out."""

    def share(self, time_s: Array) -> Array:
        """Share that has set out by a time (s after the order)."""

    def time_s(self, share: Array) -> Array:
        """Time by which a share has set out (s after the order); infinite where it never does."""


@dataclass(frozen=True, slots=True)
class Rayleigh:
    """
    Slow at first, then a rise, then a tail: ``1 - exp(-(t / scale)^2 / 2)``.

    Attributes
    ----------
    scale_s : float
        Time of the steepest rise (s).
    """

    scale_s: float

    def __post_init__(self) -> None:
        _require_positive(self, "scale_s")

    def share(self, time_s: Array) -> Array:
        """Share that has set out by a time."""
        return np.asarray(-np.expm1(-((np.maximum(time_s, 0) / self.scale_s) ** 2) / 2), np.float64)

    def time_s(self, share: Array) -> Array:
        """Time by which a share has set out."""
        with np.errstate(divide="ignore"):
            return np.asarray(self.scale_s * np.sqrt(-2 * np.log1p(-share)), np.float64)


@dataclass(frozen=True, slots=True)
class Logistic:
    """
    An S curve, cut off at the order: nobody leaves before it.

    Attributes
    ----------
    half_s : float
        Middle of the uncut curve (s).
    width_s : float
        Time in which the odds grow e-fold (s).
    """

    half_s: float
    width_s: float

    def __post_init__(self) -> None:
        _require_positive(self, "width_s")

    def share(self, time_s: Array) -> Array:
        """Share that has set out by a time."""
        before = self._before
        raw = expit((np.maximum(time_s, 0) - self.half_s) / self.width_s)
        return np.asarray((raw - before) / (1 - before), np.float64)

    def time_s(self, share: Array) -> Array:
        """Time by which a share has set out."""
        before = self._before
        raw = before + (1 - before) * np.asarray(share)
        return np.asarray(self.half_s + self.width_s * logit(raw), np.float64)

    @property
    def _before(self) -> float:
        return float(expit(-self.half_s / self.width_s))


@dataclass(frozen=True, slots=True)
class LogNormal:
    """
    A steep rise and a long tail.

    Attributes
    ----------
    median_s : float
        Time by which half have set out (s).
    spread : float
        Standard deviation of the log of the time.
    """

    median_s: float
    spread: float

    def __post_init__(self) -> None:
        _require_positive(self, "median_s", "spread")

    def share(self, time_s: Array) -> Array:
        """Share that has set out by a time."""
        with np.errstate(divide="ignore"):
            scaled = (np.log(np.maximum(time_s, 0)) - np.log(self.median_s)) / self.spread
        return np.asarray(ndtr(scaled), np.float64)

    def time_s(self, share: Array) -> Array:
        """Time by which a share has set out."""
        return np.asarray(self.median_s * np.exp(self.spread * ndtri(share)), np.float64)


@dataclass(frozen=True, slots=True)
class Observed:
    """
    A curve through observed points, straight between them.

    Attributes
    ----------
    points : tuple of (float, float)
        Time (s) and share, both rising; the first share is 0 and the last is 1.
    """

    points: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        times, shares = self._columns()
        rising = bool((np.diff(times) > 0).all() and (np.diff(shares) > 0).all())
        if len(times) < 2 or not rising or shares[0] != 0 or shares[-1] != 1 or times[0] < 0:
            raise ModelError("an observed departure curve rises from share 0 to share 1; correct its points")

    def share(self, time_s: Array) -> Array:
        """Share that has set out by a time."""
        return np.asarray(np.interp(time_s, *self._columns()), np.float64)

    def time_s(self, share: Array) -> Array:
        """Time by which a share has set out."""
        times, shares = self._columns()
        return np.asarray(np.interp(share, shares, times), np.float64)

    def _columns(self) -> tuple[Array, Array]:
        times, shares = np.array(self.points, dtype=np.float64).reshape(-1, 2).T
        return times, shares


@dataclass(frozen=True, slots=True)
class Message:
    """
    A message and who follows it.

    Attributes
    ----------
    time_s : float
        When it comes (s after the order).
    share : float
        Of those who have not left, who leaves on it, 0 to 1.
    """

    time_s: float
    share: float

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ModelError(f"message at {self.time_s} s: share is {self.share}; give 0 to 1")


@dataclass(frozen=True, slots=True)
class Sequential:
    """
    People decide anew at each message; some never do.

    Attributes
    ----------
    messages : tuple of Message
        Ascending by time.
    lag_s : (float, float)
        Shortest and longest time from the decision to the departure (s).

    Notes
    -----
    Unlike the other curves its final share may be below 1: what is missing stays at home.
    """

    messages: tuple[Message, ...]
    lag_s: tuple[float, float] = (300.0, 1200.0)

    def __post_init__(self) -> None:
        times = [message.time_s for message in self.messages]
        if not times or times != sorted(times):
            raise ModelError("messages of a departure curve come in the order of their times; sort them")
        if not 0 <= self.lag_s[0] < self.lag_s[1]:
            raise ModelError(f"lag of a departure curve is {self.lag_s} s; give a rising pair >= 0")

    def share(self, time_s: Array) -> Array:
        """Share that has set out by a time."""
        low, high = self.lag_s
        total = np.zeros_like(np.asarray(time_s, dtype=np.float64))
        for message, part in zip(self.messages, self._parts(), strict=True):
            total += part * np.clip((time_s - message.time_s - low) / (high - low), 0, 1)
        return total

    def time_s(self, share: Array) -> Array:
        """Time by which a share has set out; infinite beyond the share that ever leaves."""
        share = np.asarray(share, dtype=np.float64)
        edges = np.concatenate(([0.0], np.cumsum(self._parts())))
        times = np.full_like(share, np.inf)
        low, high = self.lag_s
        for k, message in enumerate(self.messages):
            here = (share >= edges[k]) & (share < edges[k + 1])
            # Within a message, the place inside its part is the place inside the lag.
            place = (share[here] - edges[k]) / (edges[k + 1] - edges[k])
            times[here] = message.time_s + low + (high - low) * place
        return times

    def _parts(self) -> Array:
        undecided, parts = 1.0, []
        for message in self.messages:
            parts.append(undecided * message.share)
            undecided -= parts[-1]
        return np.array(parts)


def drill_curve() -> Observed:
    """
    The curve of a well-prepared drill.

    Returns
    -------
    Observed
        Fast: most are out within a quarter of an hour.
    """
    return Observed(tuple((60.0 * minutes, share) for minutes, share in DRILL))


def warning_messages(
    advice_s: float, watch_s: float, warning_s: float, evacuate_s: float
) -> tuple[Message, ...]:
    """
    The four steps of an Australian warning, with the shares of one model of it.

    Parameters
    ----------
    advice_s, watch_s, warning_s, evacuate_s : float
        When advice, "watch and act", emergency warning and "evacuate now" come (s), ascending.

    Returns
    -------
    tuple of Message
        1, 5, 30 and 40 % of those who have not left; a modelling choice, not data.
    """
    steps = zip((advice_s, watch_s, warning_s, evacuate_s), (0.01, 0.05, 0.30, 0.40), strict=True)
    return tuple(Message(time_s, share) for time_s, share in steps)


def _require_positive(curve: object, *names: str) -> None:
    for name in names:
        value = getattr(curve, name)
        if not value > 0:
            raise ModelError(f"departure curve: {name} is {value}; give a positive number")
