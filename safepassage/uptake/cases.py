"""The cases of a backtest: at each published date, every later figure at a horizon that is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from safepassage.model.uptake import FigureKind
from safepassage.uptake.streams import Stream, published

WINDOWS_D = (1, 3, 7, 14, 28)
WINDOW_TOLERANCE = 0.3


@dataclass(frozen=True, slots=True)
class Case:
    """
    One forecast to be judged.

    Attributes
    ----------
    stream : Stream
        Whose figures.
    kind : FigureKind
        Which count.
    origin, target : date
        When the forecast is made, and for when.
    window_d : int
        Horizon window (days).
    truth : float
        Share remaining that was published for the target day.
    """

    stream: Stream
    kind: FigureKind
    origin: date
    target: date
    window_d: int
    truth: float


def cases_of(streams: Iterable[Stream]) -> tuple[Case, ...]:
    """
    Every case of some streams.

    Parameters
    ----------
    streams : iterable of Stream
        With their figures.

    Returns
    -------
    tuple of Case
        By stream, kind, origin, target.
    """
    return tuple(
        Case(stream, kind, origin, target, window, share_remaining(stream, kind, value))
        for stream in streams
        for kind in FigureKind
        for origin in stream.origins
        for target, value in published(stream, kind)
        if target > origin and (window := window_of((target - origin).days))
    )


def window_of(horizon_d: int) -> int | None:
    """The window that a horizon falls in; None between windows."""
    return next((w for w in WINDOWS_D if abs(horizon_d - w) <= WINDOW_TOLERANCE * w + 1e-9), None)


def share_remaining(stream: Stream, kind: FigureKind, persons: float) -> float:
    """
    Share of those concerned whom a count does not show as gone.

    Parameters
    ----------
    stream : Stream
        Gives those concerned.
    kind : FigureKind
        What is counted.
    persons : float
        The count.

    Returns
    -------
    float
        At least 0; may exceed 1 where people came back.
    """
    share = persons / stream.people
    return max(0.0, share if kind is FigureKind.REMAINING else 1 - share)
