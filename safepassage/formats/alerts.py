"""Tables of air-raid alerts (CSV with started_at and finished_at)."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from safepassage.errors import Fault, InputError
from safepassage.formats.clock import parse_time
from safepassage.formats.fault_list import FaultList
from safepassage.i18n import _

_COLUMNS = ("started_at", "finished_at")


@dataclass(frozen=True, slots=True)
class Alerts:
    """
    Alerts of a region.

    Attributes
    ----------
    intervals : tuple of (datetime, datetime)
        Start and end with zone, in file order.
    """

    intervals: tuple[tuple[datetime, datetime], ...]


def read_alerts(path: Path, faults: FaultList, *, area: str = "") -> Alerts:
    """
    Read alerts.

    Parameters
    ----------
    path : Path
        CSV with ``started_at`` and ``finished_at``, times with zone; with a column ``level`` only rows of
        the oblast or of the area are taken.
    faults : FaultList
        Receives warnings about alerts that overlap.
    area : str, optional
        Name of a raion whose own alerts count besides those of the oblast.

    Returns
    -------
    Alerts
        In file order.

    Raises
    ------
    InputError
        If the file cannot be read, or a time is wrong or has no zone.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = _("the file cannot be read ({reason})").format(reason=error)
        raise InputError([Fault(path.name, 0, "", "", problem, _("give a CSV table in UTF-8"))]) from error
    rows = csv.DictReader(io.StringIO(text))
    missing = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        problem = _("the table has no column {name}").format(name=missing[0])
        remedy = _("give the columns started_at and finished_at")
        raise InputError([Fault(path.name, 1, missing[0], "", problem, remedy)])
    intervals = []
    for row in rows:
        if row.get("level", "oblast") == "oblast" or (area and row.get("raion") == area):
            interval = _interval(path.name, rows.line_num, row, faults)
            if interval is not None:
                intervals.append(interval)
    if not faults.has_errors and not intervals:
        faults.error(path.name, 0, "", "", _("the table holds no alert"), _("give a table with alerts"))
    if faults.has_errors:
        raise InputError(faults.collected())
    _warn_of_overlaps(path.name, intervals, faults)
    return Alerts(tuple(intervals))


def _interval(
    file: str, line: int, row: dict[str, str], faults: FaultList
) -> tuple[datetime, datetime] | None:
    moments = []
    for name in _COLUMNS:
        value = row.get(name) or ""
        try:
            moments.append(parse_time(value))
        except ValueError:
            problem = _("this is no time with a time zone")
            faults.error(file, line, name, value, problem, _("write it as 2023-08-10T05:00:00+03:00"))
    if len(moments) < len(_COLUMNS):
        return None
    if moments[1] <= moments[0]:
        problem = _("the alert ends before it starts")
        faults.error(file, line, "finished_at", row["finished_at"], problem, _("correct one of the times"))
        return None
    return moments[0], moments[1]


def _warn_of_overlaps(file: str, intervals: list[tuple[datetime, datetime]], faults: FaultList) -> None:
    ordered = sorted(intervals)
    count, until = 0, None
    for start, end in ordered:
        count += until is not None and start < until
        until = end if until is None else max(until, end)
    if count:
        problem = _("{count} alerts overlap others").format(count=count)
        faults.warning(file, 0, "", "", problem, _("nothing need be done: they are joined"))
