"""Numbers as text that reads back to the very same number, also through a change of unit."""

from __future__ import annotations

import math
from collections.abc import Callable


def shortest(value: float) -> str:
    """
    The shortest text that reads back to a finite number.

    Parameters
    ----------
    value : float
        The number.

    Returns
    -------
    str
        Without a decimal point where it is whole.
    """
    value = float(value)
    if (
        value.is_integer()
        and abs(value) < 1e15
        and math.copysign(1.0, value) == math.copysign(1.0, value + 0)
    ):
        return str(int(value))
    return repr(value)


def original(target: float, guess: float, to_model: Callable[[float], float]) -> float:
    """
    The number in a file that a conversion turns into exactly a given number.

    Parameters
    ----------
    target : float
        The number inside the program.
    guess : float
        The conversion undone in floating point, right but for the last digits.
    to_model : callable
        The conversion the reader applies.

    Returns
    -------
    float
        The one with the fewest digits; `guess` where no number is turned into the target.
    """
    for digits in range(1, 18):
        candidate = float(f"{guess:.{digits}g}")
        if to_model(candidate) == target:
            return candidate
    for direction in (-math.inf, math.inf):
        candidate = guess
        for _step in range(8):
            candidate = math.nextafter(candidate, direction)
            if to_model(candidate) == target:
                return candidate
    return guess
