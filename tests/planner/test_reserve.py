from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safepassage.errors import ModelError
from safepassage.formats.tntp import TntpUnits, read_tntp_network
from safepassage.model.network import RoadNetwork
from safepassage.planner.surge.bound import t_star_steps
from safepassage.planner.surge.demand import SurgeDemand
from safepassage.planner.surge.reserve import Reservations, reserve_routes
from safepassage.simulator import TrafficDemand, play
from tests.planner.bound_cases import demand_of, network_of, random_case

STEP_S = 60.0


def entries(network: RoadNetwork, booked: Reservations) -> npt.NDArray[np.float64]:
    """PCU that enter each link in each step."""
    steps = np.ceil(network.free_flow_time_s / booked.step_s - 1e-9).astype(int)
    table = np.zeros((network.n_links, booked.clearance_steps + 1))
    for route, depart, arrive, amount in zip(
        booked.booking_route,
        booked.booking_depart_step,
        booked.booking_arrive_step,
        booked.booking_amount_pcu,
        strict=True,
    ):
        at = int(depart)
        for link in booked.links_of(int(route)):
            table[link, at] += amount
            at += int(steps[link])
        assert at == arrive
    return table


def check_routes(network: RoadNetwork, demand: SurgeDemand, booked: Reservations) -> None:
    for route in range(booked.n_routes):
        links = booked.links_of(route)
        start = demand.origin_node[booked.route_origin[route]]
        end = demand.destination_node[booked.route_destination[route]]
        if not len(links):
            assert start == end
            continue
        assert network.from_node[links[0]] == start
        assert network.to_node[links[-1]] == end
        assert (network.to_node[links[:-1]] == network.from_node[links[1:]]).all()


def check_conserved(demand: SurgeDemand, booked: Reservations) -> None:
    origin = booked.route_origin[booked.booking_route]
    out = np.bincount(origin, weights=booked.booking_amount_pcu, minlength=demand.n_origins)
    np.testing.assert_allclose(out + booked.unserved_pcu, demand.amount_pcu)
    into = booked.route_destination[booked.booking_route]
    room = np.bincount(into, weights=booked.booking_amount_pcu, minlength=demand.n_destinations)
    assert (room <= demand.destination_capacity_pcu + 1e-9).all()


def check_capacity(network: RoadNetwork, booked: Reservations) -> None:
    """Over any stretch of steps no link takes more than its capacity and one vehicle."""
    passed = np.cumsum(entries(network, booked), axis=1)
    allowed = network.capacity_pcu_per_h[:, None] * booked.step_s / 3600.0 * np.arange(1, passed.shape[1] + 1)
    assert (passed <= allowed + 1e-6).all()


def test_one_road_is_filled_step_by_step() -> None:
    network = network_of([(0, 1, 120.0, 120.0)])
    booked = reserve_routes(network, demand_of({0: 7}, [1]))
    assert booked.booking_depart_step.tolist() == [0, 1, 2, 3]
    assert booked.booking_arrive_step.tolist() == [2, 3, 4, 5]
    assert booked.booking_amount_pcu.tolist() == [2.0, 2.0, 2.0, 1.0]
    assert booked.clearance_steps == 6
    assert booked.mean_arrival_s == pytest.approx(60.0 * (2 * 3 + 2 * 4 + 2 * 5 + 6) / 7)


def test_capacity_that_a_step_cannot_use_is_kept_for_the_next() -> None:
    network = network_of([(0, 1, 60.0, 90.0)])
    booked = reserve_routes(network, demand_of({0: 6}, [1]))
    assert booked.booking_amount_pcu.tolist() == [1.0, 2.0, 1.0, 2.0]


@pytest.mark.parametrize(("seed", "greedy_steps", "best_steps"), [(317, 8, 7), (375, 20, 18)])
def test_greedy_booking_is_put_right_by_rerouting(seed: int, greedy_steps: int, best_steps: int) -> None:
    network, demand = random_case(seed)
    assert reserve_routes(network, demand, reroute_states=0).clearance_steps == greedy_steps
    assert reserve_routes(network, demand).clearance_steps == best_steps
    assert t_star_steps(network, demand, step_s=STEP_S, rounding="up_whole") == best_steps


def test_service_of_a_node_and_room_of_a_destination_are_kept() -> None:
    links = [(0, 1, 60.0, 600.0), (1, 2, 60.0, 600.0), (0, 3, 600.0, 600.0)]
    network = network_of(links, service={1: 60.0})
    demand = demand_of({0: 12}, {2: 4, 3: np.inf})
    booked = reserve_routes(network, demand)
    check_conserved(demand, booked)
    table = entries(network, booked)
    assert table[1].max() == 1.0
    assert table[1].sum() == 4.0
    assert table[2].sum() == 8.0


def test_forbidden_turns_are_not_driven_even_at_a_served_node() -> None:
    links = [(0, 1, 60.0, 600.0), (1, 3, 60.0, 600.0), (1, 2, 60.0, 600.0), (2, 3, 60.0, 600.0)]
    for service in ({}, {1: 600.0}):
        network = network_of(links, movements=[(0, 1, 0.0)], service=service)
        booked = reserve_routes(network, demand_of({0: 3}, [3]))
        assert [booked.links_of(route).tolist() for route in range(booked.n_routes)] == [[0, 2, 3]]


def test_a_turn_with_a_capacity_is_kept() -> None:
    network = network_of([(0, 1, 60.0, 600.0), (1, 2, 60.0, 600.0)], movements=[(0, 1, 60.0)])
    booked = reserve_routes(network, demand_of({0: 5}, [2]))
    assert booked.booking_amount_pcu.tolist() == [1.0] * 5


def test_nobody_departs_before_being_ready_or_outside_the_windows() -> None:
    network = network_of([(0, 1, 120.0, 60.0)])
    late = reserve_routes(network, demand_of({0: 2}, [1], ready=[90.0]))
    assert late.booking_depart_step.tolist() == [2, 3]
    windows = [(0.0, 300.0), (1200.0, 3600.0)]
    booked = reserve_routes(network, demand_of({0: 5}, [1]), open_windows=windows)
    # In a step from 240 s to 300 s the last of the first window arrives.
    assert booked.booking_arrive_step.tolist() == [2, 3, 4, 22, 23]


def test_whoever_finds_no_way_or_no_room_is_left_over() -> None:
    network = network_of([(0, 1, 60.0, 60.0), (3, 2, 60.0, 60.0), (0, 2, 60.0, 0.0)])
    demand = demand_of({0: 5, 3: 4}, {1: 3})
    booked = reserve_routes(network, demand)
    assert booked.unserved_pcu.tolist() == [2.0, 4.0]
    check_conserved(demand, booked)


def test_whoever_is_at_a_destination_stays_there() -> None:
    network = network_of([(0, 1, 60.0, 60.0)])
    booked = reserve_routes(network, demand_of({1: 9, 0: 1}, [1]))
    stays = [route for route in range(booked.n_routes) if not len(booked.links_of(route))]
    assert len(stays) == 1
    assert booked.clearance_steps == 2
    check_conserved(demand_of({1: 9, 0: 1}, [1]), booked)


def test_nobody_at_all() -> None:
    booked = reserve_routes(network_of([(0, 1, 60.0, 60.0)]), demand_of({0: 0}, [1]))
    assert (booked.n_routes, booked.clearance_steps, booked.mean_arrival_s) == (0, 0, 0.0)


def test_a_step_must_be_positive() -> None:
    with pytest.raises(ModelError, match="step_s"):
        reserve_routes(network_of([(0, 1, 60.0, 60.0)]), demand_of({0: 1}, [1]), step_s=0.0)


@given(seed=st.integers(0, 10_000), far_first=st.booleans(), reroute=st.booleans())
def test_reservations_keep_every_capacity(seed: int, far_first: bool, reroute: bool) -> None:
    network, demand = random_case(seed)
    booked = reserve_routes(network, demand, far_first=far_first, reroute_states=100_000 * reroute)
    check_routes(network, demand, booked)
    check_conserved(demand, booked)
    check_capacity(network, booked)
    assert not booked.unserved_pcu.any()
    assert (booked.booking_amount_pcu == np.round(booked.booking_amount_pcu)).all()


@given(seed=st.integers(0, 10_000), far_first=st.booleans())
def test_rerouted_reservations_clear_at_t_star(seed: int, far_first: bool) -> None:
    network, demand = random_case(seed)
    booked = reserve_routes(network, demand, far_first=far_first)
    assert booked.clearance_steps == t_star_steps(network, demand, step_s=STEP_S, rounding="up_whole")


@given(seed=st.integers(0, 10_000))
def test_the_same_input_gives_the_same_bookings(seed: int) -> None:
    network, demand = random_case(seed)
    first, second = reserve_routes(network, demand), reserve_routes(network, demand)
    for name in Reservations.__slots__:
        assert np.array_equal(getattr(first, name), getattr(second, name))


@given(seed=st.integers(0, 10_000))
def test_reserved_routes_can_be_played(seed: int) -> None:
    """Vehicles that keep to the bookings meet next to no queue: they clear a few steps later at most."""
    network, demand = random_case(seed, most_a_step=1)
    booked = reserve_routes(network, demand)
    driving = [k for k, route in enumerate(booked.booking_route) if len(booked.links_of(int(route)))]
    route = np.repeat(booked.booking_route[driving], booked.booking_amount_pcu[driving].astype(int))
    depart = np.repeat(booked.booking_depart_step[driving], booked.booking_amount_pcu[driving].astype(int))
    n = len(route)
    result = play(
        network,
        TrafficDemand(
            route_offset=booked.route_offset,
            route_link=booked.route_link,
            leg_offset=np.arange(n + 1),
            leg_route=route,
            leg_not_before_s=STEP_S * depart.astype(np.float64),
            leg_dwell_s=np.zeros(n),
            pcu=np.ones(n, np.int32),
            escorted=np.zeros(n, np.bool_),
        ),
    )
    assert result.unfinished_vehicles == 0
    assert result.clearance_s <= STEP_S * booked.clearance_steps


@pytest.mark.acceptance
@pytest.mark.parametrize(("name", "best"), [("siouxfalls-100k", 300), ("anaheim-200k", 162)])
def test_published_instances_are_cleared_at_t_star(shared_data: Path, name: str, best: int) -> None:
    stated = json.loads((shared_data / "instances" / f"{name}.json").read_text(encoding="utf-8"))
    units = TntpUnits(time_s=60.0, capacity_pcu_per_h=stated["capacity_factor"])
    network = read_tntp_network(shared_data / stated["network"], units)
    index = {node: place for place, node in enumerate(network.node_id)}
    amounts = {index[node]: float(vehicles) for node, vehicles in stated["demand"].items()}
    demand = demand_of(amounts, [index[str(node)] for node in stated["safe_nodes"]])
    booked = reserve_routes(network, demand)
    assert booked.clearance_steps == best
    check_routes(network, demand, booked)
    check_conserved(demand, booked)
    check_capacity(network, booked)
    assert not booked.unserved_pcu.any()
