"""Reads a table of departures: how many, or which share, had left by each minute after the order."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from safepassage.errors import InputError
from safepassage.formats.fault_list import FaultList, remedy_for_name
from safepassage.formats.scenario_folder.text_file import is_readable_text
from safepassage.i18n import _

COLUMNS = ("time_min", "share_left")


def read_departures(path: Path) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """
    Read a departure table.

    Parameters
    ----------
    path : Path
        CSV with the columns ``time_min`` (minutes after the order) and ``share_left`` (0 to 1).

    Returns
    -------
    (tuple of float, tuple of float)
        Times (s) and shares, in the order of the table.

    Raises
    ------
    InputError
        With every fault: missing columns, cells that are no numbers, times that do not rise, shares
        that fall or lie outside 0 to 1, or fewer than three rows.
    """
    faults = FaultList((path.name,))
    times: list[float] = []
    shares: list[float] = []
    for number, time_min, share in _numbers(path, faults):
        if times and time_min * 60 <= times[-1]:
            problem = _("the time does not rise")
            faults.error(path.name, number, "time_min", f"{time_min:g}", problem, _("sort the table by time"))
        if not 0 <= share <= 1:
            problem = _("the share is not between 0 and 1")
            faults.error(path.name, number, "share_left", f"{share:g}", problem, _("write 79 % as 0.79"))
        elif shares and share < shares[-1]:
            problem = _("the share falls")
            faults.error(path.name, number, "share_left", f"{share:g}", problem, _("count all who had left"))
        times.append(time_min * 60)
        shares.append(share)
    if len(times) < 3 and not faults.has_errors:
        faults.error(path.name, 0, "", "", _("fewer than three rows"), _("give at least three"))
    if faults.has_errors:
        raise InputError(faults.collected())
    return tuple(times), tuple(shares)


def _numbers(path: Path, faults: FaultList) -> list[tuple[int, float, float]]:
    if not path.is_file():
        faults.error(path.name, 0, "", "", _("the file does not exist"), _("check its name"))
        return []
    if not is_readable_text(path, faults):
        return []
    found = []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        header = [name.strip() for name in reader.fieldnames or ()]
        for name in COLUMNS:
            if name not in header:
                faults.error(
                    path.name, 1, name, "", _("the column is missing"), remedy_for_name(name, header)
                )
        if faults.has_errors:
            return []
        reader.fieldnames = header
        for row in reader:
            values = [_number(row[name], name, reader.line_num, path.name, faults) for name in COLUMNS]
            if all(math.isfinite(value) for value in values):
                found.append((reader.line_num, values[0], values[1]))
    return found


def _number(text: str | None, column: str, number: int, file: str, faults: FaultList) -> float:
    try:
        value = float((text or "").strip())
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        faults.error(file, number, column, text or "", _("is no number"), _("write it as 0.5"))
    return value
