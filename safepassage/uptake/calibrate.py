"""Fits a departure curve and a participation to a table of people who had left by each time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from safepassage.errors import ModelError
from safepassage.uptake.curves import DepartureCurve, Logistic, LogNormal, Rayleigh
from safepassage.uptake.particles import Array

_FAMILIES: dict[str, tuple[Callable[[Array], DepartureCurve], int]] = {
    "rayleigh": (lambda p: Rayleigh(float(np.exp(p[0]))), 1),
    "logistic": (lambda p: Logistic(float(np.exp(p[0])), float(np.exp(p[1]))), 2),
    "lognormal": (lambda p: LogNormal(float(np.exp(p[0])), float(np.exp(p[1]))), 2),
}


@dataclass(frozen=True, slots=True)
class Calibrated:
    """
    A curve that fits a table.

    Attributes
    ----------
    family : str
        ``rayleigh``, ``logistic`` or ``lognormal``.
    curve : DepartureCurve
        The curve.
    participation : float
        Share that leaves in the end.
    rms_error : float
        Root mean square difference of shares.
    """

    family: str
    curve: DepartureCurve
    participation: float
    rms_error: float


def calibrate(
    times_s: Sequence[float], shares: Sequence[float], families: Sequence[str] = tuple(_FAMILIES)
) -> Calibrated:
    """
    Fit every family and keep the best.

    Parameters
    ----------
    times_s : sequence of float
        Ascending, after the order (s).
    shares : sequence of float
        Share of all people that had left by then, 0 to 1, not falling.
    families : sequence of str
        Which curves to try.

    Returns
    -------
    Calibrated
        With the smallest error; of equals the earlier family, which has fewer parameters.

    Raises
    ------
    ModelError
        If there are fewer than three points, or they are not ascending shares.
    """
    times, wanted = np.array(times_s, dtype=np.float64), np.array(shares, dtype=np.float64)
    if len(times) < 3 or len(times) != len(wanted):
        raise ModelError(f"calibration needs at least three times with a share each; {len(times)} given")
    if (np.diff(times) <= 0).any() or (np.diff(wanted) < 0).any() or wanted.min() < 0 or wanted.max() > 1:
        raise ModelError("calibration needs ascending times and shares of 0 to 1 that do not fall")
    return min((_fit(family, times, wanted) for family in families), key=_error)


def _error(fit: Calibrated) -> float:
    return round(fit.rms_error, 9)


def _fit(family: str, times: Array, wanted: Array) -> Calibrated:
    make, shape_count = _FAMILIES[family]
    middle = float(np.interp(wanted[-1] / 2, wanted + 1e-9 * np.arange(len(wanted)), times))
    start = np.array(
        [np.log(max(middle, 1.0)), np.log(0.5 if family == "lognormal" else max(middle, 1.0) / 3)]
    )
    start = np.append(start[:shape_count], wanted[-1])

    def misfit(parameters: Array) -> Array:
        return np.asarray(parameters[-1] * make(parameters).share(times) - wanted, np.float64)

    low = np.array([-10.0] * shape_count + [max(float(wanted[-1]) - 1e-6, 0.0)])
    high = np.array([25.0] * shape_count + [1.0 + 1e-6])
    found = least_squares(misfit, np.clip(start, low, high), bounds=(low, high))
    return Calibrated(
        family, make(found.x), float(np.clip(found.x[-1], 0, 1)), float(np.sqrt(np.mean(found.fun**2)))
    )
