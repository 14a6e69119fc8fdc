"""
HXL: tables of humanitarian figures whose second row says what each column holds.

The rows are written here and not by ``libhxl``, which needs a GPL package at run time.

References
----------
Humanitarian Exchange Language, version 1.1, hxlstandard.org.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from safepassage.formats.csv_text import csv_line, guarded


@dataclass(frozen=True, slots=True)
class HxlColumn:
    """
    A column.

    Attributes
    ----------
    header : str
        For people.
    tag : str
        For machines, such as ``#affected+evacuated``.
    """

    header: str
    tag: str


LEDGER_COLUMNS = (
    HxlColumn("as of", "#date+reported"),
    HxlColumn("settlement", "#adm4+name+origin"),
    HxlColumn("code", "#adm4+code+origin"),
    HxlColumn("people covered by the order", "#affected+ind"),
    HxlColumn("willing to leave", "#affected+ind+willing"),
    HxlColumn("refused", "#affected+ind+refused"),
    HxlColumn("brought out", "#affected+ind+evacuated+assisted"),
    HxlColumn("left by themselves", "#affected+ind+evacuated+self"),
    HxlColumn("unknown", "#affected+ind+unknown"),
    HxlColumn("returned", "#affected+ind+returned"),
)


def hxl_csv(columns: Sequence[HxlColumn], rows: Iterable[Sequence[str]]) -> str:
    """
    Write a table with its row of tags.

    Parameters
    ----------
    columns : sequence of HxlColumn
        Two or more columns.
    rows : iterable of sequence of str
        A text for each column.

    Returns
    -------
    str
        CSV; no cell runs as a formula in a spreadsheet.
    """
    lines = [[column.header for column in columns], [column.tag for column in columns]]
    lines += [[guarded(cell) for cell in row] for row in rows]
    return "".join(csv_line(line) for line in lines)
