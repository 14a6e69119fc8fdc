"""Scores against hand-computed cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safepassage.uptake.scores import bootstrap_difference, crps, mean_over_operations, quantile


def test_the_score_of_a_point_is_its_absolute_error() -> None:
    assert crps(np.array([0.3]), 0.5) == pytest.approx(0.2)


def test_two_draws_by_hand() -> None:
    # E|X - y| = 1/2, E|X - X'|/2 = 1/4.
    assert crps(np.array([0.0, 1.0]), 0.5) == pytest.approx(0.25)


def test_a_normal_forecast_scores_as_its_closed_form() -> None:
    draws = np.random.default_rng(1).standard_normal(200_000)
    # Gneiting and Raftery (2007), eq. 5, at the mean of a standard normal.
    assert crps(draws, 0.0) == pytest.approx(2 / np.sqrt(2 * np.pi) - 1 / np.sqrt(np.pi), abs=0.003)


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=20),
    st.floats(0, 1),
)
def test_weights_count_like_repeated_draws(draws: list[float], truth: float) -> None:
    array = np.array(draws)
    weight = np.arange(1, len(draws) + 1, dtype=np.float64)
    repeated = np.repeat(array, np.arange(1, len(draws) + 1))
    assert crps(array, truth, weight) == pytest.approx(crps(repeated, truth), abs=1e-9)


def test_weighted_quantiles() -> None:
    draws, weight = np.array([3.0, 1.0, 2.0]), np.array([1.0, 8.0, 1.0])
    assert [quantile(draws, level, weight) for level in (0.05, 0.5, 0.85, 0.95)] == [1, 1, 2, 3]


def test_operations_weigh_alike() -> None:
    assert mean_over_operations({"a": [0.0, 0.0, 0.0], "b": [1.0]}) == 0.5


def test_the_interval_of_a_constant_gain_is_that_gain() -> None:
    ours, theirs = {"a": [0.1], "b": [0.3, 0.1]}, {"a": [0.2], "b": [0.4, 0.2]}
    assert bootstrap_difference(ours, theirs, seed=1) == pytest.approx((0.1, 0.1))


def test_one_lucky_operation_is_not_clear_of_zero() -> None:
    ours = {name: [0.2] for name in "abcde"}
    theirs = {**ours, "a": [0.9]}
    low, high = bootstrap_difference(ours, theirs, seed=1)
    assert low == 0.0 < high
