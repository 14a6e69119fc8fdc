"""Cases of kinematic-wave theory on links in a row (triangular diagram; exact within one headway)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.simulator.curves import Run
from tests.simulator.made_networks import Road, at_rate, cars, network

HEADWAY_S = 1.25


def test_free_flow() -> None:
    run = Run(network([Road(0, 1)]), cars([([0], at_rate(0.5, 0, 500))]))
    travel_s = run.result.leg_arrive_s - run.result.leg_depart_s
    np.testing.assert_allclose(travel_s, 50.0, atol=1e-6)
    assert travel_s.sum() == pytest.approx(12_500)
    assert run.on_link(0, 300) / 1000 == pytest.approx(0.025, abs=0.001)


def test_saturation() -> None:
    run = Run(network([Road(0, 1)]), cars([([0], at_rate(2, 0, 500))]))
    entries, exits, _ = run.passages(0)
    np.testing.assert_allclose(np.diff(entries), HEADWAY_S, atol=1e-6)
    np.testing.assert_allclose(exits - entries, 50.0, atol=1e-6)
    assert run.on_link(0, 400) == 40


def test_two_speeds_in_series_without_delay() -> None:
    roads = [Road(0, 1), Road(1, 2, speed_m_per_s=10.0, capacity_per_h=2400.0)]
    run = Run(network(roads), cars([([0, 1], at_rate(0.5, 0, 500))]))
    np.testing.assert_allclose(run.result.leg_arrive_s - run.result.leg_depart_s, 150.0, atol=1e-6)


def test_bottleneck_at_a_node() -> None:
    demand = np.concatenate((at_rate(0.8, 0, 500), at_rate(0.4, 500, 1500)))
    run = Run(network([Road(0, 1)], service_per_h={1: 2400.0}), cars([([0], demand)]))
    delay_s = run.delay_s(50.0)
    assert len(delay_s) == 800
    assert delay_s.mean() == pytest.approx(31.25, abs=1.5)
    assert delay_s.sum() == pytest.approx(25_000, abs=800 * 1.5)
    assert run.exits_between(0, 100, 700) == pytest.approx(400, abs=1)
    assert run.on_link(0, 400) == pytest.approx(66.7, abs=1)
    entries, exits, _ = run.passages(0)
    at_400 = np.searchsorted(entries, 400)
    assert exits[at_400] - entries[at_400] == pytest.approx(100.0, abs=1.5)
    waiting = [int(np.sum(demand + 50 <= t)) - int(np.sum(exits <= t)) for t in np.arange(0, 1600, 1.25)]
    assert max(waiting) == pytest.approx(66.7, abs=1)
    assert exits[delay_s > 0.01].max() == pytest.approx(800, abs=2.5)


def test_queue_of_a_bottleneck_reaches_the_start_of_the_link() -> None:
    run = Run(network([Road(0, 1)], service_per_h={1: 2400.0}), cars([([0], at_rate(0.8, 0, 500))]))
    entries, _, _ = run.passages(0)
    late = entries - run.demand.leg_not_before_s > 0.1
    assert entries[late].min() == pytest.approx(250, abs=1.5)


@pytest.fixture(scope="module")
def spillback() -> Run:
    demand = np.concatenate((at_rate(0.8, 0, 400), at_rate(0.4, 400, 800), at_rate(0.1, 800, 2000)))
    roads = [Road(0, 1), Road(1, 2), Road(2, 3)]
    return Run(network(roads, service_per_h={2: 1440.0}), cars([([0, 1, 2], demand)]))


def test_spillback_shock_reaches_the_upstream_link(spillback: Run) -> None:
    entries, exits, _ = spillback.passages(0)
    assert exits[exits - entries > 50.1].min() == pytest.approx(300, abs=2.5)


def test_spillback_stands_on_both_links(spillback: Run) -> None:
    for time_s in (450.0, 600.0, 800.0):
        assert spillback.on_link(0, time_s) == pytest.approx(80, abs=1)
        assert spillback.on_link(1, time_s) == pytest.approx(120, abs=1)


def test_spillback_queue_moves_at_the_speed_of_theory(spillback: Run) -> None:
    entries, exits, _ = spillback.passages(1)
    at_500 = np.searchsorted(entries, 500)
    assert 1000 / (exits[at_500] - entries[at_500]) == pytest.approx(10 / 3, abs=0.05)


def test_spillback_dissolves(spillback: Run) -> None:
    delay_s = spillback.delay_s(150.0)
    _, exits, legs = spillback.passages(1)
    # A vehicle that is barely delayed may come within one interval of the last demand (10 s).
    assert exits[delay_s[legs] > 2.5].max() == pytest.approx(1433, abs=10)
    assert delay_s.mean() == pytest.approx(230.5, abs=2.5)


def test_cumulative_curves() -> None:
    rates = (0.2, 0.5, 0.6, 0.2)
    demand = np.concatenate([at_rate(rate, 500 * k, 500 * (k + 1)) for k, rate in enumerate(rates)])
    run = Run(network([Road(0, 1)], service_per_h={1: 1800.0}), cars([([0], demand)]))
    arrive_s = run.result.leg_arrive_s
    assert np.sum(run.result.leg_depart_s < 1500) == 650
    assert np.sum(arrive_s <= 1500) == pytest.approx(575, abs=1)
    # A(t) = D(t + TT(t)): the n-th to depart is the n-th to arrive.
    assert (np.diff(arrive_s) > 0).all()


@pytest.mark.parametrize("length_m", [5.0, 7.0, 10.0, 15.0, 20.0, 30.0])
def test_short_links_carry_their_capacity(length_m: float) -> None:
    roads = [Road(k, k + 1, length_m, 13.9, 1800.0, 1 / 7.5) for k in range(10)]
    run = Run(network(roads), cars([(range(10), np.zeros(1000))]))
    arrive_s = run.result.leg_arrive_s
    assert 999 / (arrive_s[-1] - arrive_s[0]) >= 0.98 * 0.5


@pytest.mark.parametrize("length_m", [5.0, 10.0, 20.0, 1000.0])
def test_a_bus_takes_two_headways_on_every_link(length_m: float) -> None:
    roads = [Road(k, k + 1, length_m, 13.9, 1800.0, 1 / 7.5) for k in range(10)]
    run = Run(network(roads), cars([(range(10), np.zeros(200))], pcu=2))
    arrive_s = run.result.leg_arrive_s
    assert (arrive_s[-1] - arrive_s[0]) / 199 == pytest.approx(4.0, rel=0.02)


def test_a_bus_takes_two_places() -> None:
    # The second link is closed for good: the first one fills up.
    roads = [Road(0, 1, 75.0, 13.9, 1800.0, 1 / 7.5), Road(1, 2, capacity_per_h=0.0)]
    full_of_cars = Run(network(roads), cars([([0, 1], np.zeros(50))]))
    full_of_buses = Run(network(roads), cars([([0, 1], np.zeros(50))], pcu=2))
    assert full_of_cars.on_link(0, 1e6) == 10
    assert full_of_buses.on_link(0, 1e6) == 5
