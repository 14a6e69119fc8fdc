"""Signals, closures, holds, breakdowns, lanes that turn, gridlock: what theory and the stated rules say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from safepassage.errors import ModelError
from safepassage.simulator import (
    Conditions,
    Hold,
    HoldPoint,
    LinkChange,
    Signal,
    play,
    reversed_lanes,
)
from tests.simulator.curves import Run
from tests.simulator.made_networks import Road, at_rate, cars, network, tours


def test_signal_halves_the_capacity() -> None:
    roads = network([Road(0, 1), Road(1, 2)])
    lights = Conditions(signals=(Signal(0, cycle_s=120.0, green_start_s=0.0, green_s=60.0),))
    run = Run(roads, cars([([0, 1], at_rate(0.8, 0, 2400))]), conditions=lights)
    assert run.exits_between(0, 240, 2160) / 1920 == pytest.approx(0.4, abs=0.01)
    _, exits, _ = run.passages(0)
    assert (exits % 120 < 60).all()


def test_signal_holds_those_who_end_at_it() -> None:
    lights = Conditions(signals=(Signal(0, cycle_s=100.0, green_start_s=90.0, green_s=10.0),))
    run = Run(network([Road(0, 1)]), cars([([0], np.zeros(12))]), conditions=lights)
    # Eight pass in ten seconds of green, a headway of 1.25 s apart, the rest in the next cycle.
    expected = [90 + 1.25 * k for k in range(8)] + [190 + 1.25 * k for k in range(4)]
    np.testing.assert_allclose(run.result.leg_arrive_s, expected, atol=1e-6)


def test_closure_lets_those_on_the_link_leave_and_keeps_the_rest() -> None:
    roads = network([Road(0, 1), Road(1, 2)])
    closure = Conditions(changes=(LinkChange(200.0, 1, 0.0), LinkChange(500.0, 1, 2880.0)))
    run = Run(roads, cars([([0, 1], at_rate(0.5, 0, 400))]), conditions=closure)
    entries, exits, _ = run.passages(1)
    assert not ((entries > 200) & (entries < 500)).any()
    on_link = (entries <= 200) & (exits > 200)
    assert on_link.sum() == 24
    np.testing.assert_allclose((exits - entries)[on_link], 50.0, atol=1e-6)
    assert run.result.unfinished_vehicles == 0
    assert run.on_link(0, 499.9) == 200 - np.sum(entries <= 200)


def test_closure_for_good_strands_and_counts() -> None:
    roads = network([Road(0, 1), Road(1, 2)])
    closure = Conditions(changes=(LinkChange(200.0, 1, 0.0),))
    result = play(roads, cars([([0, 1], at_rate(0.5, 0, 400))]), conditions=closure)
    arrived = int(np.sum(result.leg_arrive_tick >= 0))
    # Those who reach the end of the first link before 200 s: departures 0, 2, ... 148 s.
    assert arrived == 75
    assert result.stuck_vehicles == 200 - 75
    assert set(result.stuck_link.tolist()) <= {0}
    assert result.gridlocks == ()


def test_capacity_that_falls_and_recovers() -> None:
    roads = network([Road(0, 1), Road(1, 2)])
    changes = (LinkChange(300.0, 1, 1440.0), LinkChange(900.0, 1, 2880.0))
    run = Run(roads, cars([([0, 1], at_rate(0.8, 0, 1500))]), conditions=Conditions(changes=changes))
    assert run.exits_between(0, 100, 300) == pytest.approx(160, abs=1)
    assert run.exits_between(0, 300, 900) == pytest.approx(240, abs=1)
    assert run.exits_between(0, 900, 1200) == pytest.approx(240, abs=2)


def test_storage_that_shrinks_removes_nobody_and_fills_no_further() -> None:
    # 200 places, all taken behind a closed link; then 50 places.
    roads = network([Road(0, 1), Road(1, 2)])
    changes = (
        LinkChange(0.0, 1, 0.0),
        LinkChange(600.0, 0, 2880.0, jam_density_pcu_per_m=0.05),
        LinkChange(700.0, 1, 2880.0),
    )
    run = Run(roads, cars([([0, 1], np.zeros(400))]), conditions=Conditions(changes=changes))
    assert run.on_link(0, 590.0) == run.on_link(0, 690.0) == 200
    entries, _, _ = run.passages(0)
    # Nobody enters before 151 have left, one a headway from 700 s on.
    assert entries[200] >= 700 + 150 * 1.25
    assert max(run.on_link(0, time_s) for time_s in np.arange(entries[200], 1500, 10)) <= 50
    assert run.result.unfinished_vehicles == 0


def test_reduced_visibility_slows_traffic_down() -> None:
    change = LinkChange(100.0, 0, 2880.0, free_speed_m_per_s=8.0)
    run = Run(network([Road(0, 1)]), cars([([0], [0.0, 200.0])]), conditions=Conditions(changes=(change,)))
    np.testing.assert_allclose(run.result.leg_arrive_s, [50.0, 325.0], atol=1e-6)


def test_alert_holds_departures_but_not_traffic() -> None:
    roads = network([Road(0, 1), Road(1, 2)])
    alert = Conditions(holds=(Hold((0, 1), HoldPoint.ORIGIN, 100.0, 400.0),))
    run = Run(roads, cars([([0, 1], [90.0, 150.0, 420.0])]), conditions=alert)
    assert run.result.leg_depart_s.tolist() == [90.0, 150.0, 420.0]
    assert run.result.leg_entered_s.tolist() == [90.0, 400.0, 420.0]
    assert run.result.leg_arrive_s[0] == 190.0


def test_alert_that_holds_everything() -> None:
    roads = network([Road(0, 1), Road(1, 2)])
    alert = Conditions(holds=(Hold((0, 1), HoldPoint.END, 100.0, 400.0),))
    run = Run(roads, cars([([0, 1], [90.0])]), conditions=alert)
    assert run.result.leg_arrive_s.tolist() == [450.0]


def test_holds_that_overlap_count_as_one() -> None:
    holds = tuple(Hold((0,), HoldPoint.ORIGIN, start, end) for start, end in ((10, 30), (20, 50), (50, 60)))
    result = play(network([Road(0, 1)]), cars([([0], [15.0])]), conditions=Conditions(holds=holds))
    assert result.leg_entered_s.tolist() == [60.0]


def test_hold_without_end_strands() -> None:
    hold = Conditions(holds=(Hold((0,), HoldPoint.ORIGIN, 10.0),))
    result = play(network([Road(0, 1)]), cars([([0], [5.0, 15.0])]), conditions=hold)
    assert result.stuck_vehicle.tolist() == [1]
    assert math.isnan(result.leg_entered_s[1])


def test_breakdown_blocks_the_vehicles_behind() -> None:
    roads = network([Road(0, 1), Road(1, 2)])
    breakdown = Conditions(holds=(Hold((0,), HoldPoint.END, 100.0, 400.0),))
    run = Run(roads, cars([([0, 1], at_rate(0.5, 0, 200))]), conditions=breakdown)
    assert run.exits_between(0, 100, 399.9) == 0
    _, exits, _ = run.passages(0)
    np.testing.assert_allclose(np.diff(exits[exits >= 400])[:50], 1.25, atol=1e-6)


def test_reversed_lane_waits_until_the_last_vehicle_has_left() -> None:
    roads = network([Road(0, 1), Road(1, 0)])
    demand = cars([([0], at_rate(2.0, 0, 1000)), ([1], at_rate(0.5, 0, 100))])
    turn = reversed_lanes(roads, losing=1, gaining=0, lanes=1.0, start_s=100.0, transition_s=10.0)
    run = Run(roads, demand, conditions=Conditions(changes=turn))
    last_exit_s = run.passages(1)[1].max()
    assert last_exit_s == 148.0
    entries, _, _ = run.passages(0)
    np.testing.assert_allclose(np.diff(entries[entries < last_exit_s]), 1.25, atol=1e-6)
    np.testing.assert_allclose(np.diff(entries[entries > last_exit_s + 1.25]), 0.625, atol=1e-6)


def ring_with_feeders(ring_weight: float, feeder_weight: float) -> Run:
    """Four ring links, a feeder and an exit at each node; every flow drives two ring links and leaves."""
    ring = [Road(k, (k + 1) % 4, weight=ring_weight) for k in range(4)]
    feeders = [Road(4 + k, k, weight=feeder_weight) for k in range(4)]
    exits = [Road(k, 8 + k) for k in range(4)]
    flows = []
    for k in range(4):
        route = [4 + k, k, (k + 1) % 4, 8 + (k + 2) % 4]
        flows.append((route, at_rate(0.7, 0 if k % 2 == 0 else 1200, 4000)))
    return Run(network([*ring, *feeders, *exits]), cars(flows))


def test_ring_with_low_priority_locks_and_is_reported() -> None:
    result = ring_with_feeders(1.0, 10.0).result
    assert [gridlock.links for gridlock in result.gridlocks] == [(0, 1, 2, 3)]
    assert 1200 < result.gridlocks[0].since_s < 4000
    arrived = int(np.sum(result.leg_arrive_tick >= 0))
    assert result.stuck_vehicles == len(result.leg_arrive_tick) - arrived > 800


def test_ring_with_high_priority_never_locks() -> None:
    result = ring_with_feeders(10.0, 1.0).result
    assert result.gridlocks == ()
    assert result.stuck_vehicles == 0


def test_gridlock_is_found_while_other_traffic_moves() -> None:
    ring = [Road(k, (k + 1) % 4, 75.0) for k in range(4)]
    roads = network([*ring, Road(4, 5)])
    flows = [([k, (k + 1) % 4, (k + 2) % 4, (k + 3) % 4], np.zeros(60)) for k in range(4)]
    result = play(roads, cars([*flows, ([4], [0.0, 5000.0])]), horizon_s=2000.0)
    assert result.stuck_vehicles == 0
    assert [gridlock.links for gridlock in result.gridlocks] == [(0, 1, 2, 3)]
    assert result.gridlocks[0].since_s < 100


def test_bus_tour_under_changing_conditions_keeps_its_stops() -> None:
    roads = network([Road(0, 1), Road(1, 0)])
    conditions = Conditions(
        changes=(LinkChange(60.0, 1, 0.0), LinkChange(120.0, 1, 2880.0)),
        holds=(Hold((0,), HoldPoint.ORIGIN, 200.0, 300.0),),
    )
    tour = tours([[0], [1]], [[(0, 0.0, 0.0), (1, 0.0, 20.0), (0, 0.0, 50.0)]], pcu=[2])
    result = play(roads, tour, conditions=conditions)
    assert result.leg_entered_s.tolist() == [0.0, 120.0, 300.0]
    assert result.leg_arrive_s.tolist() == [50.0, 170.0, 350.0]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: LinkChange(-1.0, 0, 1.0), "time_s"),
        (lambda: LinkChange(0.0, 0, -1.0), "capacity_pcu_per_h"),
        (lambda: LinkChange(0.0, 0, 1.0, jam_density_pcu_per_m=0.0), "jam_density_pcu_per_m"),
        (lambda: Hold((0,), HoldPoint.END, 5.0, 5.0), "hold ends"),
        (lambda: Signal(0, 60.0, 0.0, 0.0), "green"),
        (lambda: Conditions(signals=(Signal(0, 60.0, 0.0, 30.0),) * 2), "two signals"),
        (lambda: Conditions(changes=(LinkChange(0.0, 7, 1.0),)).check_on(network([Road(0, 1)])), "link 7"),
        (
            lambda: reversed_lanes(
                network([Road(0, 1)]), losing=0, gaining=0, lanes=2.0, start_s=0, transition_s=0
            ),
            "cannot be reversed",
        ),
    ],
)
def test_bad_conditions_are_refused(build: object, message: str) -> None:
    assert callable(build)
    with pytest.raises(ModelError, match=message):
        build()
