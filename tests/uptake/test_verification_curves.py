"""Departure curves against their formulas and published points."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safepassage.errors import ModelError
from safepassage.uptake.curves import (
    DepartureCurve,
    Logistic,
    LogNormal,
    Message,
    Observed,
    Rayleigh,
    Sequential,
    drill_curve,
    warning_messages,
)
from safepassage.uptake.households import final_share

CURVES: list[DepartureCurve] = [
    Rayleigh(3600.0),
    Logistic(5400.0, 1200.0),
    LogNormal(3600.0, 0.8),
    drill_curve(),
    Sequential((Message(0.0, 0.2), Message(3600.0, 0.5))),
]


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: type(curve).__name__)
@given(level=st.floats(0.001, 0.999))
def test_a_share_and_its_time_are_inverse(curve: DepartureCurve, level: float) -> None:
    share = level * final_share(curve)
    assert float(curve.share(curve.time_s(np.array([share])))[0]) == pytest.approx(share, abs=1e-9)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: type(curve).__name__)
def test_nobody_leaves_before_the_order_and_nobody_comes_back(curve: DepartureCurve) -> None:
    shares = curve.share(np.linspace(-100.0, 200_000.0, 500))
    assert shares[0] == 0
    assert (np.diff(shares) >= 0).all()
    assert shares[-1] == pytest.approx(final_share(curve), abs=1e-6)


def test_rayleigh_by_hand() -> None:
    # 1 - exp(-1/2) at its scale.
    assert float(Rayleigh(3600.0).share(np.array([3600.0]))[0]) == pytest.approx(1 - math.exp(-0.5))


def test_half_have_left_by_the_median() -> None:
    assert float(LogNormal(7200.0, 1.3).share(np.array([7200.0]))[0]) == pytest.approx(0.5)


def test_the_drill_as_reported() -> None:
    minutes = np.array([15.0, 30.0, 45.0, 60.0, 90.0])
    assert drill_curve().share(60 * minutes) == pytest.approx([0.79, 0.91, 0.93, 0.97, 1.0])


def test_messages_reach_those_who_have_not_left() -> None:
    curve = Sequential((Message(0.0, 0.2), Message(3600.0, 0.5)), lag_s=(0.0, 600.0))
    # 20 % on the first; half of the other 80 % on the second; 40 % never.
    assert curve.share(np.array([600.0, 3900.0, 9e9])) == pytest.approx([0.2, 0.4, 0.6])
    assert curve.time_s(np.array([0.61]))[0] == math.inf


def test_the_four_steps_of_a_warning() -> None:
    curve = Sequential(warning_messages(0.0, 3000.0, 4800.0, 6600.0))
    assert final_share(curve) == pytest.approx(1 - 0.99 * 0.95 * 0.70 * 0.60)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Rayleigh(0.0),
        lambda: Logistic(1.0, -1.0),
        lambda: LogNormal(1.0, 0.0),
        lambda: Observed(((0.0, 0.0), (1.0, 0.9))),
        lambda: Observed(((1.0, 0.0), (0.0, 1.0))),
        lambda: Sequential(()),
        lambda: Sequential((Message(5.0, 0.1), Message(1.0, 0.1))),
        lambda: Message(0.0, 1.2),
    ],
)
def test_impossible_curves_are_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(ModelError):
        make()
