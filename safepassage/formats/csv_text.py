"""CSV text: UTF-8, commas, quotes only where needed; guarded against formulas where it is an export."""

from __future__ import annotations

from collections.abc import Iterable

_QUOTED = frozenset(',"\r\n')
_FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_line(cells: Iterable[str]) -> str:
    """
    One line of CSV.

    Parameters
    ----------
    cells : iterable of str
        Two or more texts.

    Returns
    -------
    str
        With its line end.
    """
    return ",".join(map(_cell, cells)) + "\n"


def guarded(text: str) -> str:
    """
    A text that no spreadsheet runs as a formula.

    Parameters
    ----------
    text : str
        From a table that somebody else wrote.

    Returns
    -------
    str
        With an apostrophe before a leading formula mark, which spreadsheets take as "this is text".
    """
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_MARKS) else text


def _cell(text: str) -> str:
    if _QUOTED.isdisjoint(text):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
