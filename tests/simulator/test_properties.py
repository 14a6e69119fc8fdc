"""Laws that hold for every network and demand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from safepassage.simulator import TrafficResult, Workspace, play
from tests.simulator.curves import Run
from tests.simulator.newell import assert_newell
from tests.simulator.random_cases import random_case


@settings(max_examples=150)
@given(case=st.integers(0, 2**32), seed=st.integers(0, 3))
def test_laws_of_the_model(case: int, seed: int) -> None:
    assert_newell(Run(*random_case(case), seed=seed))


@settings(max_examples=100)
@given(case=st.integers(0, 2**32))
def test_conservation_at_every_instant(case: int) -> None:
    """Every vehicle is in one place: off the road, on one link, arrived, or counted as stranded."""
    run = Run(*random_case(case))
    result, n_links = run.result, run.network.n_links
    spans = [np.stack(run.passages(link)[:2]) for link in range(n_links)]
    for time_s in np.quantile(
        np.append(result.leg_arrive_s[result.leg_arrive_tick >= 0], 0.0), [0.1, 0.5, 0.9]
    ):
        entered = np.sum(result.leg_entered_s <= time_s)
        arrived = np.sum(result.leg_arrive_s <= time_s)
        moving = run.demand.route_length[run.demand.leg_route] > 0
        arrived_without_road = np.sum((result.leg_arrive_s <= time_s) & ~moving)
        entered_without_road = np.sum((result.leg_entered_s <= time_s) & ~moving)
        on_road = sum(int(np.sum((span[0] <= time_s) & (span[1] > time_s))) for span in spans)
        assert entered - entered_without_road == on_road + arrived - arrived_without_road


@settings(max_examples=100)
@given(case=st.integers(0, 2**32))
def test_stranded_vehicles_are_counted_and_located(case: int) -> None:
    run = Run(*random_case(case))
    result = run.result
    last_leg = run.demand.leg_offset[1:] - 1
    unfinished = np.flatnonzero(result.leg_arrive_tick[last_leg] < 0)
    np.testing.assert_array_equal(result.stuck_vehicle, unfinished)
    for vehicle, link, at_origin in zip(
        result.stuck_vehicle, result.stuck_link, result.stuck_at_origin, strict=True
    ):
        legs = np.arange(run.demand.leg_offset[vehicle], run.demand.leg_offset[vehicle + 1])
        leg = int(legs[np.flatnonzero(result.leg_arrive_tick[legs] < 0)[0]])
        entered = np.flatnonzero(np.isfinite(run.entry_times(leg)))
        assert at_origin == (len(entered) == 0)
        assert link == run.links_of(leg)[entered[-1] if len(entered) else 0]


def test_same_result_whatever_the_threads_and_the_workspace() -> None:
    cases = [random_case(case) for case in range(40)]
    alone = [play(*case).digest for case in cases]

    def play_again(case: int) -> TrafficResult:
        network, demand = cases[case]
        workspace = Workspace(network)
        play(network, demand, seed=1, workspace=workspace)
        return play(network, demand, workspace=workspace)

    with ThreadPoolExecutor(4) as pool:
        assert [result.digest for result in pool.map(play_again, range(len(cases)))] == alone


def test_seed_changes_the_order_of_equals_and_nothing_is_lost() -> None:
    cases = [random_case(case) for case in range(40)]
    digests = [{play(*case, seed=seed).digest for seed in range(4)} for case in cases]
    assert max(len(found) for found in digests) > 1
