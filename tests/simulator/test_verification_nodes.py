"""Cases of kinematic-wave theory at nodes: merges, diverges, turns, served nodes."""

from __future__ import annotations

import numpy as np
import pytest

from tests.simulator.curves import Run
from tests.simulator.made_networks import Road, at_rate, cars, network, tours


def merge(first_rate: float, second_rate: float, first_weight: float, second_weight: float) -> Run:
    roads = [Road(0, 2, weight=first_weight), Road(1, 2, weight=second_weight), Road(2, 3)]
    flows = [([0, 2], at_rate(first_rate, 0, 1000)), ([1, 2], at_rate(second_rate, 0, 1000))]
    return Run(network(roads), cars(flows))


@pytest.mark.parametrize(
    ("weights", "flows"),
    [((1, 2), (0.8 / 3, 1.6 / 3)), ((2, 1), (1.6 / 3, 0.8 / 3)), ((1, 1), (0.4, 0.4)), ((3, 5), (0.3, 0.5))],
)
def test_saturated_merge_shares_by_weight(weights: tuple[int, int], flows: tuple[float, float]) -> None:
    run = merge(0.6, 0.6, *weights)
    for link in (0, 1):
        assert run.exits_between(link, 150, 900) == pytest.approx(750 * flows[link], abs=1)
    assert run.exits_between(2, 200, 900) == pytest.approx(560, abs=1)


def test_merge_leaves_unused_share_to_the_other() -> None:
    # The first flow wants less than its share; the second one gets all the rest.
    run = merge(0.2, 0.8, 1, 1)
    assert run.exits_between(0, 150, 900) == pytest.approx(150, abs=1)
    assert run.exits_between(1, 150, 900) == pytest.approx(450, abs=1)


def test_major_road_is_undelayed() -> None:
    run = merge(0.5, 0.5, 1, 100)
    major = np.flatnonzero(run.demand.leg_route == 1)
    # One vehicle of the minor road may just have entered.
    assert run.delay_s(100.0)[major].max() <= 1.25 + 1e-6
    assert run.exits_between(0, 150, 900) == pytest.approx(0.3 * 750, abs=1)


def test_merge_below_capacity_without_delay() -> None:
    run = merge(0.3, 0.3, 1, 1)
    assert run.delay_s(100.0).max() <= 1.25 + 1e-6


def test_origin_queue_has_weight_one_against_the_links() -> None:
    roads = [Road(0, 1, weight=3.0), Road(1, 2)]
    flows = [([0, 1], at_rate(0.8, 0, 1000)), ([1], at_rate(0.8, 0, 1000))]
    run = Run(network(roads), cars(flows))
    assert run.exits_between(0, 150, 900) == pytest.approx(0.6 * 750, abs=1)


def test_weights_hold_for_a_link_that_splits() -> None:
    # The minor link feeds two roads, each shared with a major link: weights count its flow as a whole
    # (theory 0.25, in whole vehicles 2 of 7); weights a turn would give it 0.4.
    roads = [Road(0, 3), Road(1, 3, weight=3.0), Road(2, 3, weight=3.0), Road(3, 4), Road(3, 5)]
    half = at_rate(0.4, 0, 2000)
    flows = [([0, 3], half), ([0, 4], half + 1.25)]
    flows += [([1, 3], at_rate(0.8, 0, 2000)), ([2, 4], at_rate(0.8, 0, 2000))]
    run = Run(network(roads), cars(flows))
    minor, major = run.exits_between(0, 300, 1800), run.exits_between(1, 300, 1800)
    assert minor / (minor + major) == pytest.approx(0.25, abs=0.04)


def test_fifo_diverge() -> None:
    roads = [Road(0, 1), Road(1, 2, capacity_per_h=720.0), Road(1, 3)]
    tens = np.arange(0, 1000, 10)
    capped = np.sort(np.concatenate((tens, tens + 4, tens + 8)))
    free = np.sort(np.concatenate((tens + 2, tens + 6)))
    run = Run(network(roads), cars([([0, 1], capped), ([0, 2], free)]))
    assert run.exits_between(0, 200, 1400) == pytest.approx(400, abs=2)
    assert run.result.clearance_s == pytest.approx(1000 + 500 + 100, abs=10)
    assert run.delay_s(100.0).mean() == pytest.approx(250, abs=5)


def test_turn_capacity_binds_its_turn_only() -> None:
    roads = [Road(0, 1), Road(0, 1), Road(1, 2)]
    flows = [([0, 2], at_rate(0.4, 0, 1000)), ([1, 2], at_rate(0.4, 0, 1000))]
    run = Run(network(roads, turns=[(0, 2, 720.0)]), cars(flows))
    assert run.exits_between(0, 150, 900) == pytest.approx(150, abs=1)
    assert run.exits_between(1, 150, 900) == pytest.approx(300, abs=1)


def test_checkpoint_serves_all_roads_together_and_lets_escorted_vehicles_pass() -> None:
    roads = network([Road(0, 2), Road(1, 2), Road(2, 3)], service_per_h={2: 360.0})
    legs = [[(k % 2, 0.0, 0.0)] for k in range(60)]
    served = Run(roads, tours([[0, 2], [1, 2]], legs))
    passing = np.sort(np.concatenate([served.passages(link)[1] for link in (0, 1)]))
    np.testing.assert_allclose(np.diff(passing), 10.0, atol=1e-6)
    escorted = Run(roads, tours([[0, 2], [1, 2]], legs, escorted=[True] * 60))
    assert escorted.result.clearance_s < 200 < served.result.clearance_s


def test_checkpoint_serves_those_who_end_there_and_counts_a_bus_twice() -> None:
    roads = network([Road(0, 1)], service_per_h={1: 360.0})
    run = Run(roads, cars([([0], np.zeros(10))], pcu=2))
    np.testing.assert_allclose(np.diff(run.result.leg_arrive_s), 20.0, atol=1e-6)


def test_checkpoint_serves_a_visit_once() -> None:
    # A vehicle that ends at the checkpoint and goes on later was served when it came.
    roads = network([Road(0, 1), Road(1, 2)], service_per_h={1: 36.0})
    run = Run(roads, tours([[0], [1]], [[(0, 0.0, 0.0), (1, 0.0, 10.0)], [(1, 0.0, 0.0)]]))
    assert run.result.leg_entered_s.tolist() == [0.0, 110.0, 0.0]
    assert run.result.leg_arrive_s[0] == 100.0
