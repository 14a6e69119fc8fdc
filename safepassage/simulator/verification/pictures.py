"""What a case looks like: how many had left and arrived when, and where each vehicle was when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from safepassage.model.arrays import FloatArray
from safepassage.simulator.verification.readings import Readings

_MOST_TRAJECTORIES = 60
_MOST_POINTS = 400


class PictureKind(StrEnum):
    """What is drawn."""

    CUMULATIVE = "cumulative"
    SPACE_TIME = "space_time"
    DISTRIBUTION = "distribution"


@dataclass(frozen=True, slots=True)
class Line:
    """
    One line of a picture.

    Attributes
    ----------
    name : str
        ``demanded``, ``departed``, ``arrived``, ``ceiling``, ``expected``, ``obtained``, ``vehicle`` or
        ``border`` (a horizontal line where two links meet).
    x, y : tuple of float
        Points.
    steps : bool
        True where the line keeps its value until the next point.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    steps: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """
    A drawing of a case.

    Attributes
    ----------
    kind : PictureKind
        What is drawn: vehicles over seconds, metres over seconds, or shares over seconds.
    lines : tuple of Line
        In the order to draw them.
    shown, of : int
        How many vehicles are drawn of how many; equal where none was left out.
    """

    kind: PictureKind
    lines: tuple[Line, ...]
    shown: int = 0
    of: int = 0


def draw(readings: Readings) -> tuple[Picture, ...]:
    """
    Draw a played case.

    Parameters
    ----------
    readings : Readings
        The case.

    Returns
    -------
    tuple of Picture
        Cumulative curves, and a space-time diagram of the longest route of any flow.
    """
    pictures = [_cumulative(readings)]
    if readings.case.demand.n_legs and len(readings.case.demand.route_link):
        pictures.append(_space_time(readings))
    return tuple(pictures)


def step_line(name: str, times_s: FloatArray) -> Line:
    """
    How many of some moments have passed.

    Parameters
    ----------
    name : str
        Of the line.
    times_s : float64
        Moments in any order; nan never comes.

    Returns
    -------
    Line
        Steps, thinned to a few hundred.
    """
    times = np.sort(times_s[~np.isnan(times_s)])
    counts = np.arange(1, len(times) + 1)
    if len(times) > _MOST_POINTS:
        chosen = np.unique(np.linspace(0, len(times) - 1, _MOST_POINTS).round().astype(np.int64))
        times, counts = times[chosen], counts[chosen]
    return Line(name, (0.0, *times.round(2).tolist()), (0.0, *counts.astype(float).tolist()), steps=True)


def _cumulative(readings: Readings) -> Picture:
    demand, result = readings.case.demand, readings.result
    return Picture(
        PictureKind.CUMULATIVE,
        (
            step_line("demanded", demand.leg_not_before_s),
            step_line("departed", result.leg_entered_s),
            step_line("arrived", result.leg_arrive_s),
        ),
    )


def _space_time(readings: Readings) -> Picture:
    demand, result, network = readings.case.demand, readings.result, readings.case.network
    used = np.unique(demand.leg_route)
    route = int(used[np.argmax(demand.route_length[used])])
    links = demand.route_link[demand.route_offset[route] : demand.route_offset[route + 1]]
    ends_m = np.concatenate([[0.0], np.cumsum(network.length_m[links])])
    legs = np.flatnonzero(demand.leg_route == route)
    if len(legs) > _MOST_TRAJECTORIES:
        shown = legs[np.linspace(0, len(legs) - 1, _MOST_TRAJECTORIES).round().astype(np.int64)]
    else:
        shown = legs
    last_s = float(np.nanmax(np.concatenate([[0.0], result.entry_s, result.leg_arrive_s])))
    lines = [Line("border", (0.0, last_s), (float(end), float(end))) for end in ends_m]
    for leg in shown.tolist():
        first = result.entry_offset[leg]
        times = np.append(result.entry_s[first : first + len(links)], result.leg_arrive_s[leg])
        known = ~np.isnan(times)
        if known.any():
            x, y = times[known], ends_m[known]
            if not known.all():
                # It was still on this link, or waited before the next one, when the run ended.
                x, y = np.append(x, last_s), np.append(y, ends_m[int(known.sum())])
            lines.append(Line("vehicle", tuple(x.round(2).tolist()), tuple(y.round(1).tolist())))
    return Picture(PictureKind.SPACE_TIME, tuple(lines), len(shown), len(legs))
