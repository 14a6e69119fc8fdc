"""The participation that a forecast expects, as the uptake that a rehearsal draws from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from itertools import accumulate
from pathlib import Path
from typing import Any

from safepassage.errors import Fault, InputError
from safepassage.i18n import _

Quantiles = tuple[tuple[float, float], ...]


def read_participation(path: Path, start: date, end: date) -> Quantiles:
    """
    Read the share of people who make up their mind to leave by the end of a plan.

    Parameters
    ----------
    path : Path
        ``forecast.json``, or the folder that holds it.
    start, end : date
        First and last day of the plan.

    Returns
    -------
    tuple of (float, float)
        Level and share, both ascending: of those who have not left when the plan starts, who do not stay for
        now when it ends. A day outside the forecast counts as its nearest one.

    Raises
    ------
    InputError
        If the file is no forecast.
    """
    path = path / "forecast.json" if path.is_dir() else path
    remedy = _("give the folder or the forecast.json that forecast wrote")
    try:
        forecast = json.loads(path.read_text("utf-8"))["forecast"]
        days = [date.fromisoformat(day) for day in forecast["dates"]]
        levels = [float(level) for level in forecast["level"]]
        staying = _row(_staying(forecast), days, end)
        present = _row(forecast["remaining"], days, start)
        if not len(levels) == len(staying) == len(present):
            raise ValueError(len(levels))
    except (OSError, ValueError, KeyError, TypeError, IndexError, StopIteration, RecursionError) as error:
        problem = _("this is no forecast ({reason})").format(reason=type(error).__name__)
        raise InputError([Fault(path.name, 0, "", "", problem, remedy)]) from error
    return _participation(levels, staying, present[len(present) // 2])


def _staying(forecast: Any) -> Sequence[Sequence[float]]:  # noqa: ANN401 - JSON of any shape
    found: Sequence[Sequence[float]] = next(
        band["values"]
        for band in forecast["bands"]
        if (band["name"], band["group"]) == ("staying", "everyone")
    )
    return found


def _row(values: Sequence[Sequence[float]], days: Sequence[date], day: date) -> list[float]:
    """Values of the last day that is not later, or of the first."""
    if not len(values) == len(days) > 0:
        raise ValueError(len(values))
    place = max((k for k, known in enumerate(days) if known <= day), default=0)
    return [float(value) for value in values[place]]


def _participation(levels: Sequence[float], staying: Sequence[float], present: float) -> Quantiles:
    # Many stay where few take part, so levels run the other way round.
    pairs = sorted(
        (1 - level, min(max(1 - value / present, 0.0), 1.0) if present > 0 else 0.0)
        for level, value in zip(levels, staying, strict=True)
    )
    shares = accumulate((share for _level, share in pairs), max)
    return tuple((level, share) for (level, _share), share in zip(pairs, shares, strict=True))
