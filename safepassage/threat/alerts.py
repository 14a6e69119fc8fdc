"""Air-raid alerts as an alternating renewal process: fitted to what was heard, drawn for a future."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from safepassage.errors import ModelError
from safepassage.model.arrays import FloatArray

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class AlertProcess:
    """
    Alerts and the quiet between them, each of exponential length.

    Attributes
    ----------
    mean_alert_s, mean_quiet_s : float
        Mean lengths (s), positive.
    alerts : int
        Number of alerts that it was fitted to; 0 where the figures are given.
    """

    mean_alert_s: float
    mean_quiet_s: float
    alerts: int = 0

    def __post_init__(self) -> None:
        if not (self.mean_alert_s > 0 and self.mean_quiet_s > 0):
            raise ModelError(
                f"alerts of {self.mean_alert_s} s and quiet of {self.mean_quiet_s} s; give positive means"
            )

    @property
    def share(self) -> float:
        """Share of the time under alert, 0 to 1."""
        return self.mean_alert_s / (self.mean_alert_s + self.mean_quiet_s)

    @property
    def stretch(self) -> float:
        """How many times longer work takes that rests during alerts, in the long run."""
        return 1 / (1 - self.share)


def fit_alerts(intervals: Sequence[Interval], *, from_s: float, until_s: float) -> AlertProcess:
    """
    Fit the process to alerts of a stretch of time.

    Parameters
    ----------
    intervals : sequence of (start_s, end_s)
        Alerts; those that overlap or touch are one.
    from_s, until_s : float
        The stretch of time that was watched (s); alerts are cut to it.

    Returns
    -------
    AlertProcess
        Mean alert and mean quiet, so that number and share of the alerts are met.

    Raises
    ------
    ModelError
        If no alert or no quiet lies in that time.
    """
    inside = merged(
        [
            (max(start, from_s), min(end, until_s))
            for start, end in intervals
            if end > from_s and start < until_s
        ]
    )
    under_alert = sum(end - start for start, end in inside)
    quiet = until_s - from_s - under_alert
    if not inside or not quiet > 0:
        raise ModelError(f"{len(inside)} alerts and {quiet:g} s of quiet; give a longer time")
    return AlertProcess(under_alert / len(inside), quiet / len(inside), len(inside))


def merged(intervals: Sequence[Interval]) -> list[Interval]:
    """
    Join intervals that overlap or touch.

    Parameters
    ----------
    intervals : sequence of (start, end)
        In any order.

    Returns
    -------
    list of (start, end)
        Ascending and disjoint.
    """
    joined: list[Interval] = []
    for start, end in sorted(intervals):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def draw_alerts(process: AlertProcess, until_s: float, random: np.random.Generator) -> FloatArray:
    """
    Draw the alerts of one future.

    Parameters
    ----------
    process : AlertProcess
        How often and how long.
    until_s : float
        End of the time that is drawn (s).
    random : Generator
        The future's stream of alerts.

    Returns
    -------
    float64[n, 2]
        Start and end of each alert (s), ascending; the first may hold at time zero, the last may end late.
    """
    on = random.random() < process.share
    time_s, alerts = 0.0, []
    while time_s < until_s:
        length_s = random.exponential(process.mean_alert_s if on else process.mean_quiet_s)
        if on and length_s > 0:
            alerts.append((time_s, time_s + length_s))
        time_s += length_s
        on = not on
    return np.array(alerts, np.float64).reshape(-1, 2)


def after_pauses(times_s: FloatArray, pauses_s: FloatArray) -> FloatArray:
    """
    Put off what would begin in a pause to the pause's end.

    Parameters
    ----------
    times_s : float64[n]
        Wanted times (s).
    pauses_s : float64[m, 2]
        Start and end of each pause (s), ascending and disjoint.

    Returns
    -------
    float64[n]
        Times outside the pauses, none earlier than wanted; ``inf`` where a pause has no end.
    """
    if not len(pauses_s):
        return times_s
    place = np.searchsorted(pauses_s[:, 0], times_s, side="right") - 1
    end_s = pauses_s[np.maximum(place, 0), 1]
    moved: FloatArray = np.where((place >= 0) & (times_s < end_s), end_s, times_s)
    return moved
