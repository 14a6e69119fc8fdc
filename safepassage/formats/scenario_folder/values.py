"""What may stand in a cell or behind a key, and what to say of what may not."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import datetime

from safepassage.formats.scenario_folder.columns import Column, ColumnKind
from safepassage.i18n import _

FIRST_YEAR, LAST_YEAR = 1900, 2200
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def text_problem(text: str, *, is_id: bool) -> tuple[str, str] | None:
    """
    Whether a text may be shown to people.

    Parameters
    ----------
    text : str
        As written.
    is_id : bool
        Ids may not hold line breaks either.

    Returns
    -------
    tuple of (str, str) or None
        Problem and remedy.
    """
    for character in text:
        allowed = "" if is_id else "\n\r\t"
        # Cc: controls; Cs: lone surrogates. Cf: marks that turn the direction of writing hide what a
        # text says; the soft hyphen and joiners are harmless.
        category = unicodedata.category(character)
        hides = character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        if (category in ("Cc", "Cs") and character not in allowed) or hides:
            problem = _("the text holds the control character U+{code:04X}").format(code=ord(character))
            return problem, _("type the text anew")
    return None


def time_problem(text: str) -> str:
    """
    What is wrong with a time.

    Parameters
    ----------
    text : str
        As written.

    Returns
    -------
    str
        Empty where it is a moment with a zone.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return _("this is no time")
    if moment.tzinfo is None:
        return _("the time has no zone")
    # Beyond these years moments of other zones leave the calendar.
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return _("the year is out of range")
    return ""


def time_remedy() -> str:
    """How to write a time."""
    return _("write it as 2023-08-10T06:00:00+03:00")


def number_or_none(text: str) -> float | None:
    """
    Read a number.

    Parameters
    ----------
    text : str
        As written.

    Returns
    -------
    float or None
        None where the text is no number; ``inf`` and ``nan`` are read, so that they can be named.
    """
    stripped = text.strip()
    if _NUMBER.fullmatch(stripped) or stripped.lstrip("+-").lower() in ("nan", "inf", "infinity"):
        return float(stripped)
    return None


def number_problem(column: Column, value: float) -> tuple[str, str]:
    """
    What is wrong with a number that is not allowed in its column.

    Parameters
    ----------
    column : Column
        Its declaration.
    value : float
        The number.

    Returns
    -------
    tuple of (str, str)
        Problem and remedy.
    """
    remedy = _("give {range}").format(range=range_words(column))
    if not math.isfinite(value):
        return _("the number is not finite"), remedy
    if value < 0 <= column.low:
        return _("the number is negative"), remedy
    if value < column.low or (column.low_open and value <= column.low) or value > column.high:
        return _("the number is out of range"), remedy
    return _("the number is not whole"), remedy


def range_words(column: Column) -> str:
    """
    Which numbers a column takes, in words.

    Parameters
    ----------
    column : Column
        Its declaration.

    Returns
    -------
    str
        Such as ``a whole number of at least 0 (persons)``.
    """
    whole = column.kind == ColumnKind.WHOLE
    what = _("a whole number") if whole else _("a number")
    low, high = f"{column.low:.10g}", f"{column.high:.10g}"
    if math.isfinite(column.low) and math.isfinite(column.high):
        words = (
            _("{what} above {low} and up to {high}") if column.low_open else _("{what} from {low} to {high}")
        )
    elif math.isfinite(column.low):
        words = _("{what} above {low}") if column.low_open else _("{what} of at least {low}")
    else:
        words = "{what}"
    unit = f" ({column.unit})" if column.unit else ""
    return words.format(what=what, low=low, high=high) + unit
