"""What play() accepts, refuses and reports."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from safepassage.errors import ModelError
from safepassage.simulator import TrafficDemand, Workspace, play
from tests.simulator.made_networks import Road, at_rate, cars, network, tours


def test_tour_waits_for_dwell_and_clock() -> None:
    roads = network([Road(0, 1), Road(1, 0)])
    demand = tours([[0], [1]], [[(0, 10.0, 99.0), (1, 0.0, 30.0), (0, 500.0, 30.0)]])
    result = play(roads, demand)
    # The dwell of a first leg is ignored: the vehicle is where it starts.
    assert result.leg_depart_s.tolist() == [10.0, 90.0, 500.0]
    assert result.leg_arrive_s.tolist() == [60.0, 140.0, 550.0]
    assert result.traversals == 3


def test_leg_without_links_takes_no_time() -> None:
    roads = network([Road(0, 1)])
    result = play(roads, tours([[], [0]], [[(0, 5.0, 0.0), (1, 0.0, 2.0)], [(0, 7.0, 0.0)]]))
    assert result.leg_depart_s.tolist() == [5.0, 7.0, 7.0]
    assert result.leg_entered_s.tolist() == [5.0, 7.0, 7.0]
    assert result.leg_arrive_s.tolist() == [5.0, 57.0, 7.0]


def test_nobody_enters_a_closed_link() -> None:
    roads = network([Road(0, 1), Road(1, 2, capacity_per_h=0.0)])
    result = play(roads, cars([([0, 1], [0.0, 1.0]), ([1], [0.0])]))
    assert result.stuck_vehicles == result.unfinished_vehicles == 3
    assert result.stuck_link.tolist() == [0, 0, 1]
    assert result.stuck_at_origin.tolist() == [False, False, True]
    assert math.isnan(result.clearance_s)


def test_ring_that_locks_is_reported() -> None:
    ring = network([Road(k, (k + 1) % 4, 75.0) for k in range(4)])
    flows = [([k, (k + 1) % 4, (k + 2) % 4, (k + 3) % 4], np.zeros(60)) for k in range(4)]
    result = play(ring, cars(flows))
    assert result.stuck_vehicles > 0
    arrived = int(np.sum(result.leg_arrive_tick >= 0))
    assert arrived + result.stuck_vehicles == 240


def test_horizon_leaves_the_rest_under_way() -> None:
    result = play(network([Road(0, 1)]), cars([([0], at_rate(0.5, 0, 100))]), horizon_s=100.0)
    assert np.sum(result.leg_arrive_tick >= 0) == 26
    assert result.unfinished_vehicles == 24
    assert result.stuck_vehicles == 0
    assert result.clearance_s == 100.0


def test_events_far_apart_are_found() -> None:
    times = [0.0, 1e5, 3e6, 3e6 + 1]
    result = play(network([Road(0, 1)]), cars([([0], times)]))
    np.testing.assert_allclose(result.leg_arrive_s, [50, 1e5 + 50, 3e6 + 50, 3e6 + 51.25], atol=1e-6)


def test_no_vehicles() -> None:
    result = play(network([Road(0, 1)]), cars([]))
    assert result.traversals == 0
    assert math.isnan(result.clearance_s)


def test_vehicle_without_legs_is_never_unfinished() -> None:
    assert play(network([Road(0, 1)]), tours([[0]], [[], [(0, 0.0, 0.0)]])).unfinished_vehicles == 0


def test_digest_tells_runs_apart() -> None:
    roads = network([Road(0, 1)])
    first, again = (play(roads, cars([([0], [0.0])])).digest for _ in range(2))
    assert first == again
    assert play(roads, cars([([0], [0.000001])])).digest != first


def test_workspace_of_another_network_is_refused() -> None:
    roads = network([Road(0, 1)])
    with pytest.raises(ModelError, match="another network"):
        play(roads, cars([]), workspace=Workspace(network([Road(0, 1)])))


@pytest.mark.parametrize("horizon_s", [-1.0, math.nan])
def test_bad_horizon_is_refused(horizon_s: float) -> None:
    with pytest.raises(ModelError, match="horizon_s"):
        play(network([Road(0, 1)]), cars([]), horizon_s=horizon_s)


GOOD = tours([[0], [1]], [[(0, 0.0, 0.0), (1, 0.0, 0.0)]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pcu": [0]}, "pcu"),
        ({"pcu": [128]}, "pcu"),
        ({"leg_not_before_s": [0.0, math.inf]}, "leg_not_before_s"),
        ({"leg_dwell_s": [0.0, -1.0]}, "leg_dwell_s"),
        ({"leg_dwell_s": [0.0]}, "leg_dwell_s"),
        ({"leg_route": [0, 2]}, "leg_route"),
        ({"route_offset": [0, 2, 1]}, "route_offset"),
        ({"leg_offset": [0, 1]}, "leg_offset"),
        ({"escorted": [False, True]}, "escorted"),
    ],
)
def test_demand_that_contradicts_itself_is_refused(change: dict[str, list[float]], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        replace(GOOD, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("demand", "message"),
    [
        (cars([([0, 2], [0.0])]), "l0 to l2, which do not meet"),
        (cars([([3], [0.0])]), "outside the 3 links"),
        (cars([([0, 1], [0.0])]), "l0 into l1, which is forbidden"),
        (
            tours([[2], [1]], [[(0, 0.0, 0.0), (1, 0.0, 0.0)]]),
            "starts at node n1, but .* ended at n3",
        ),
    ],
)
def test_demand_that_does_not_fit_the_network_is_refused(demand: TrafficDemand, message: str) -> None:
    roads = network([Road(0, 1), Road(1, 2), Road(2, 3)], turns=[(0, 1, 0.0)])
    with pytest.raises(ModelError, match=message):
        play(roads, demand)
