"""The forecast as CSV tables that open in a spreadsheet: guarded and marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from safepassage.formats.csv_text import csv_line, guarded
from safepassage.formats.marking import marks
from safepassage.formats.numbers import shortest
from safepassage.model.policy import Audience
from safepassage.model.response import Forecast

DAILY = ("assisted", "seats", "wheelchair", "stretcher", "beds")


def forecast_tables(forecast: Forecast, *, audience: Audience, exercise: bool) -> dict[str, str]:
    """
    Everything a forecast says, as tables.

    Parameters
    ----------
    forecast : Forecast
        The forecast.
    audience : Audience
        Who may read it.
    exercise : bool
        True while any road is schematic.

    Returns
    -------
    dict of str to str
        CSV text by file name; every row carries the marks.
    """
    mark = tuple(marks(audience, exercise=exercise).values())
    levels = tuple(f"p{round(100 * level):02d}" for level in forecast.level)
    counts = [item for item in forecast.bands if item.name not in DAILY]
    return {
        "people.csv": _table(
            mark,
            ("date", "count", "group", *levels),
            (
                (day, item.name, item.group, *map(shortest, row))
                for item in counts
                for day, row in zip(forecast.dates, item.values, strict=True)
            ),
        ),
        "demand.csv": _table(
            mark,
            ("date", "place", *levels),
            (
                (day, item.name, *map(shortest, row))
                for item in forecast.bands
                if item.name in DAILY
                for day, row in zip(forecast.dates, item.values, strict=True)
            ),
        ),
        "shares.csv": _table(
            mark,
            ("share_out", "date", "probability"),
            (
                (shortest(item.share), day, shortest(chance))
                for item in forecast.shares
                for day, chance in zip(forecast.dates, item.probability, strict=True)
            ),
        ),
        "share_dates.csv": _table(
            mark,
            ("share_out", *levels),
            ((shortest(item.share), *item.dates) for item in forecast.shares),
        ),
        "events.csv": _table(
            mark,
            ("date", "event", "teams", "in_forecast", *(f"more_out_{level}" for level in levels)),
            (
                (item.day, item.kind, str(item.teams), str(int(item.asked)), *map(shortest, item.more_out))
                for item in forecast.effects
            ),
        ),
    }


def _table(mark: Sequence[str], columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    # Numbers stay numbers: a minus sign is no formula where the cell is ours.
    lines = [csv_line(("exercise", "audience", *columns))]
    lines += [csv_line((*map(guarded, mark), *row)) for row in rows]
    return "".join(lines)
