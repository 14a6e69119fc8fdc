"""The compiled kernel and the plain reference agree on every tick."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from safepassage.simulator import play
from safepassage.simulator.reference import play_reference
from tests.simulator.random_cases import random_case, random_conditions


@settings(max_examples=300)
@given(case=st.integers(0, 2**32), seed=st.integers(0, 3))
def test_kernel_equals_reference(case: int, seed: int) -> None:
    network, demand = random_case(case)
    played = play(network, demand, seed=seed, record_entries=True)
    expected = play_reference(network, demand, seed=seed)
    np.testing.assert_array_equal(played.leg_depart_tick, expected.leg_depart_tick)
    np.testing.assert_array_equal(played.leg_entered_tick, expected.leg_entered_tick)
    np.testing.assert_array_equal(played.leg_arrive_tick, expected.leg_arrive_tick)
    assert played.unfinished_vehicles == expected.unfinished_vehicles
    for leg, ticks in enumerate(expected.entries):
        entries = played.entry_s[played.entry_offset[leg] : played.entry_offset[leg + 1]]
        np.testing.assert_array_equal(np.rint(entries[: len(ticks)] * 1e6), ticks)
        assert np.isnan(entries[len(ticks) :]).all()


@settings(max_examples=50)
@given(case=st.integers(0, 2**32), horizon_s=st.floats(0, 120))
def test_kernel_equals_reference_at_a_horizon(case: int, horizon_s: float) -> None:
    network, demand = random_case(case)
    played = play(network, demand, horizon_s=horizon_s)
    expected = play_reference(network, demand, horizon_s=horizon_s)
    np.testing.assert_array_equal(played.leg_arrive_tick, expected.leg_arrive_tick)
    assert played.leg_arrive_tick.max(initial=0) <= horizon_s * 1e6


@settings(max_examples=200)
@given(case=st.integers(0, 2**32), seed=st.integers(0, 3))
def test_kernel_equals_reference_while_conditions_change(case: int, seed: int) -> None:
    network, demand = random_case(case)
    conditions = random_conditions(case, network)
    played = play(network, demand, seed=seed, conditions=conditions)
    expected = play_reference(network, demand, seed=seed, conditions=conditions)
    np.testing.assert_array_equal(played.leg_entered_tick, expected.leg_entered_tick)
    np.testing.assert_array_equal(played.leg_arrive_tick, expected.leg_arrive_tick)
    assert played.unfinished_vehicles == expected.unfinished_vehicles
