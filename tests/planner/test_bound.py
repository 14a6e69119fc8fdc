from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from safepassage.errors import InfeasibleError, ModelError
from safepassage.planner.surge.bound import arrival_ceiling, clearance_bound, t_star_steps
from safepassage.planner.surge.bound_capacity import CapacityChange
from tests.planner.bound_cases import demand_of, network_of


def test_one_link_takes_its_free_flow_time_and_one_headway_less_than_vehicles() -> None:
    network = network_of([(0, 1, 125.0, 360.0)])
    bound = clearance_bound(network, demand_of({0: 11}, [1]))
    assert bound.continuous_s == pytest.approx(125.0 + 10 * 10.0, abs=1e-3)
    assert bound.farthest_s == pytest.approx(125.0)
    # Rounded down the link takes 2 steps; 11 vehicles at 6 a step need 2 more.
    assert bound.t_star_steps == 4
    assert bound.bound_s == bound.continuous_s
    assert bound.binding_part == "continuous"
    assert bound.binding_link.tolist() == [0]
    assert bound.binding_origin.tolist() == [0]
    assert bound.demand_pcu == 11


def test_a_long_vehicle_may_pass_whole_as_the_cut_closes() -> None:
    network = network_of([(0, 1, 125.0, 360.0)])
    bound = clearance_bound(network, demand_of({0: 11}, [1]), largest_vehicle_pcu=2.0)
    assert bound.continuous_s == pytest.approx(125.0 + 9 * 10.0, abs=1e-3)


def test_times_are_not_rounded_on_a_long_thin_road() -> None:
    # Each link rounds down to one step, half of what driving takes.
    network = network_of([(node, node + 1, 110.0, 600.0) for node in range(10)])
    bound = clearance_bound(network, demand_of({0: 5}, [10]))
    assert bound.farthest_s == pytest.approx(1100.0)
    assert bound.bound_s == pytest.approx(1100.0 + 4 * 6.0, abs=1e-3)
    assert bound.discrete_s < 700.0


def test_the_farthest_single_vehicle_binds_where_there_is_no_queue() -> None:
    network = network_of([(0, 1, 100.0, 600.0), (1, 2, 50.0, 600.0)])
    bound = clearance_bound(network, demand_of({0: 1, 1: 1}, [2]))
    assert bound.bound_s == pytest.approx(150.0)
    assert bound.binding_part == "farthest"
    assert bound.binding_origin.tolist() == [0]
    assert bound.binding_link.size == 0


def test_the_set_behind_a_bottleneck_binds_and_not_everyone() -> None:
    # Node 0 and 1 share a slow bridge; node 2 lies at a wide road.
    links = [(0, 1, 60.0, 1800.0), (1, 3, 60.0, 60.0), (2, 3, 60.0, 1800.0)]
    network = network_of(links, crossing={1: "bridge"})
    bound = clearance_bound(network, demand_of({0: 30, 1: 31, 2: 100}, [3]))
    assert bound.binding_origin.tolist() == [0, 1]
    assert bound.binding_link.tolist() == [1]
    assert bound.bound_s == pytest.approx(60.0 + 60 * 60.0, abs=1e-3)


def test_two_routes_share_the_traffic() -> None:
    # 1 vehicle a minute each; the longer way helps from minute 3 on: f (T - tau) = (T - 1) + (T - 3) >= 10.
    network = network_of([(0, 1, 60.0, 60.0), (0, 1, 180.0, 60.0)])
    demand = demand_of({0: 10}, [1])
    for rounding in ("up_whole", "up_sixtieths", "down_sixtieths"):
        assert t_star_steps(network, demand, step_s=60.0, rounding=rounding) == 7
    bound = clearance_bound(network, demand)
    # In whole vehicles 5 take each way: the last of 6 on the short one arrives at minute 6.
    assert 5 * 60.0 <= bound.bound_s <= 6 * 60.0


def test_rounding_of_times_and_capacities() -> None:
    network = network_of([(0, 1, 90.0, 90.0)])
    demand = demand_of({0: 6}, [1])
    # 1.5 vehicles a minute: up takes 1 (whole) or 1.5 a step and 2 steps, down takes 1.5 and 1 step.
    assert t_star_steps(network, demand, step_s=60.0, rounding="up_whole") == 8
    assert t_star_steps(network, demand, step_s=60.0, rounding="up_sixtieths") == 6
    assert t_star_steps(network, demand, step_s=60.0, rounding="down_sixtieths") == 5


def test_a_node_with_a_service_rate_is_a_bottleneck() -> None:
    network = network_of([(0, 1, 60.0, 1800.0), (1, 2, 60.0, 1800.0)], service={1: 60.0})
    bound = clearance_bound(network, demand_of({0: 61}, [2]))
    assert bound.bound_s == pytest.approx(120.0 + 60 * 60.0, abs=1e-3)


def test_a_forbidden_turn_is_not_used() -> None:
    links = [(0, 1, 60.0, 600.0), (1, 3, 60.0, 600.0), (1, 2, 60.0, 600.0), (2, 3, 60.0, 600.0)]
    free = clearance_bound(network_of(links), demand_of({0: 1}, [3]))
    banned = clearance_bound(network_of(links, movements=[(0, 1, 0.0)]), demand_of({0: 1}, [3]))
    assert free.bound_s == pytest.approx(120.0)
    assert banned.bound_s == pytest.approx(180.0)


def test_a_turn_with_a_capacity_is_a_bottleneck() -> None:
    links = [(0, 1, 60.0, 1800.0), (1, 2, 60.0, 1800.0)]
    network = network_of(links, movements=[(0, 1, 60.0)])
    bound = clearance_bound(network, demand_of({0: 61}, [2]))
    assert bound.bound_s == pytest.approx(120.0 + 60 * 60.0, abs=1e-3)


def test_a_full_destination_sends_the_rest_farther() -> None:
    network = network_of([(0, 1, 60.0, 3600.0), (0, 2, 1200.0, 3600.0)])
    near = clearance_bound(network, demand_of({0: 10}, {1: np.inf, 2: np.inf}))
    full = clearance_bound(network, demand_of({0: 10}, {1: 4, 2: np.inf}))
    assert near.bound_s < 120.0
    assert 1200.0 <= full.bound_s <= 1206.0


def test_departures_that_are_ready_late_arrive_late() -> None:
    network = network_of([(0, 1, 60.0, 60.0)])
    bound = clearance_bound(network, demand_of({0: 10}, [1], ready=[3600.0]))
    assert bound.bound_s == pytest.approx(3600.0 + 60.0 + 9 * 60.0, abs=1e-3)
    assert bound.farthest_s == pytest.approx(3660.0)


def test_people_at_a_destination_are_safe_as_soon_as_they_are_ready() -> None:
    network = network_of([(0, 1, 60.0, 60.0)])
    bound = clearance_bound(network, demand_of({1: 500, 0: 1}, [1]))
    assert bound.bound_s == pytest.approx(60.0)


def test_unreachable_origins_are_named_and_left_out() -> None:
    network = network_of([(0, 1, 60.0, 60.0), (3, 2, 60.0, 60.0), (1, 4, 60.0, 0.0)])
    bound = clearance_bound(network, demand_of({2: 7, 0: 3, 4: 0}, [1]))
    assert bound.unreachable_origin.tolist() == [0]
    assert bound.demand_pcu == 3
    assert bound.binding_origin.tolist() == [1]


def test_nobody_can_leave() -> None:
    network = network_of([(0, 1, 60.0, 0.0)])
    with pytest.raises(InfeasibleError, match="none of the 1 origins"):
        clearance_bound(network, demand_of({0: 3}, [1]))


def test_too_little_room() -> None:
    network = network_of([(0, 1, 60.0, 60.0), (0, 2, 60.0, 60.0)])
    with pytest.raises(InfeasibleError, match="no room for 3 of 10"):
        clearance_bound(network, demand_of({0: 10}, {1: 5, 2: 2}))


def test_nobody_to_move() -> None:
    bound = clearance_bound(network_of([(0, 1, 60.0, 60.0)]), demand_of({0: 0}, [1]))
    assert (bound.bound_s, bound.t_star_steps, bound.demand_pcu) == (0.0, 0, 0.0)


def test_traffic_may_wait_on_the_way_where_a_road_opens_late() -> None:
    """
    A node is cut off before the road beyond it opens.

    A bound that lets traffic wait at its origin only reports that nobody ever arrives.
    """
    network = network_of([(0, 1, 60.0, 60.0), (1, 2, 60.0, 60.0)])
    changes = [CapacityChange(0, 900.0, 0.0), CapacityChange(1, 0.0, 0.0), CapacityChange(1, 1200.0, 60.0)]
    bound = clearance_bound(network, demand_of({0: 10}, [2]), capacity_changes=changes)
    assert bound.t_star_steps == 31
    assert bound.bound_s >= 29 * 60.0 - 60.0


def test_a_road_that_closes_for_ever_too_early() -> None:
    network = network_of([(0, 1, 60.0, 60.0)])
    changes = [CapacityChange(0, 300.0, 0.0)]
    assert clearance_bound(network, demand_of({0: 5}, [1]), capacity_changes=changes).t_star_steps == 6
    with pytest.raises(InfeasibleError, match="stay closed"):
        clearance_bound(network, demand_of({0: 6}, [1]), capacity_changes=changes)


def test_closed_hours_stop_the_road_and_every_window_pays_the_way_anew() -> None:
    network = network_of([(0, 1, 600.0, 60.0)])
    windows = [(0.0, 1800.0), (3600.0, 5400.0), (9000.0, 12600.0)]
    # A window of 30 minutes lets 20 + 1 vehicles arrive, so 50 vehicles need the third one.
    bound = clearance_bound(network, demand_of({0: 50}, [1]), open_windows=windows)
    assert bound.continuous_s == pytest.approx(9000.0 + 600.0 + (50 - 42 - 1) * 60.0, abs=0.1)
    assert bound.discrete_s >= 9000.0
    assert bound.bound_s >= 9600.0


def test_a_way_longer_than_every_window_is_no_way() -> None:
    network = network_of([(0, 1, 3000.0, 60.0), (2, 1, 600.0, 60.0)])
    bound = clearance_bound(network, demand_of({0: 1, 2: 1}, [1]), open_windows=[(0.0, 1800.0)])
    assert bound.unreachable_origin.tolist() == [0]
    assert bound.bound_s == pytest.approx(600.0)


def test_windows_that_end_too_early() -> None:
    network = network_of([(0, 1, 600.0, 60.0)])
    with pytest.raises(InfeasibleError, match="windows end"):
        clearance_bound(network, demand_of({0: 50}, [1]), open_windows=[(0.0, 1800.0)])


@pytest.mark.parametrize("windows", [[(10.0, 10.0)], [(-20.0, -10.0)], []])
def test_windows_that_are_none(windows: Sequence[tuple[float, float]]) -> None:
    with pytest.raises(ModelError, match="window"):
        clearance_bound(network_of([(0, 1, 60.0, 60.0)]), demand_of({0: 1}, [1]), open_windows=windows)


def test_the_ceiling_rises_from_nobody_to_everybody() -> None:
    network = network_of([(0, 1, 120.0, 60.0)])
    ceiling = arrival_ceiling(network, demand_of({0: 20}, [1]), [0.0, 60.0, 119.0, 120.0, 600.0, 6000.0])
    assert ceiling.tolist() == pytest.approx([0.0, 0.0, 0.0, 1.0, 9.0, 20.0], abs=1e-3)


def test_the_ceiling_stands_still_in_closed_hours() -> None:
    network = network_of([(0, 1, 120.0, 60.0)])
    ceiling = arrival_ceiling(
        network,
        demand_of({0: 40}, [1]),
        [600.0, 900.0, 1799.0],
        open_windows=[(0.0, 600.0), (1800.0, 3600.0)],
    )
    assert ceiling.tolist() == pytest.approx([9.0, 9.0, 9.0], abs=1e-3)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"origin_node": [5]}, "origin_node"),
        ({"amount_pcu": [-1.0]}, "amount_pcu"),
        ({"ready_s": [np.nan]}, "ready_s"),
        ({"destination_node": []}, "destination"),
        ({"destination_capacity_pcu": [-2.0]}, "destination_capacity_pcu"),
    ],
)
def test_a_wrong_demand_is_refused_by_name(wrong: dict[str, object], named: str) -> None:
    from safepassage.planner.surge.demand import SurgeDemand

    right: dict[str, object] = {"origin_node": [0], "amount_pcu": [1.0], "destination_node": [1]}
    with pytest.raises(ModelError, match=named):
        clearance_bound(network_of([(0, 1, 60.0, 60.0)]), SurgeDemand(**(right | wrong)))  # type: ignore[arg-type]
