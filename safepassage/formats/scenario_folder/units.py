"""Units of the files and of the model, each conversion with the one that undoes it exactly."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from safepassage.formats.numbers import original, shortest

Number = TypeVar("Number", float, npt.NDArray[np.float64])


def number_text(value: float) -> str:
    """A finite number as text; empty for the infinities and NaN that stand for an empty cell."""
    return shortest(value) if np.isfinite(value) else ""


def hours_to_s(hours: Number) -> Number:
    """Hours to seconds."""
    return hours * 3600.0


def minutes_to_s(minutes: Number) -> Number:
    """Minutes to seconds."""
    return minutes * 60.0


def km_per_h_to_m_per_s(speed_km_per_h: Number) -> Number:
    """Kilometres an hour to metres a second."""
    return speed_km_per_h / 3.6


def per_lane_to_link(rate: Number, lanes: Number) -> Number:
    """A rate of one lane to that of all lanes."""
    return rate * lanes


def per_km_lane_to_link(density: Number, lanes: Number) -> Number:
    """Vehicles a kilometre of one lane to vehicles a metre of all lanes."""
    return density / 1000.0 * lanes


def hours_of(seconds: float) -> float:
    """The hours that are read as so many seconds."""
    return original(seconds, seconds / 3600.0, hours_to_s)


def minutes_of(seconds: float) -> float:
    """The minutes that are read as so many seconds."""
    return original(seconds, seconds / 60.0, minutes_to_s)


def km_per_h_of(speed_m_per_s: float) -> float:
    """The speed in km/h that is read as so many metres a second."""
    return original(speed_m_per_s, speed_m_per_s * 3.6, km_per_h_to_m_per_s)


def per_lane_of(rate: float, lanes: float) -> float:
    """The rate of one lane that is read as that of the whole link."""
    return original(rate, rate / lanes, lambda value: per_lane_to_link(value, lanes))


def per_km_lane_of(density: float, lanes: float) -> float:
    """The density a kilometre and lane that is read as that of the whole link."""
    return original(density, density / lanes * 1000.0, lambda value: per_km_lane_to_link(value, lanes))
