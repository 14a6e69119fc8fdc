"""Bounds against what whole vehicles can really do: exhaustive search, an independent flow, the simulator."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from safepassage.formats.tntp import TntpUnits, read_tntp_network
from safepassage.model.network import RoadNetwork
from safepassage.planner.surge.bound import Rounding, arrival_ceiling, clearance_bound, t_star_steps
from safepassage.planner.surge.bound_capacity import CapacityChange
from safepassage.planner.surge.demand import SurgeDemand
from safepassage.simulator import TrafficDemand, play
from tests.planner.bound_cases import demand_of, network_of, random_case

STEP_S = 60.0
# The simulator counts microseconds.
TICKS_S = 1e-3


def simple_ways(network: RoadNetwork, origin: int, destinations: set[int]) -> list[tuple[int, ...]]:
    ways: list[tuple[int, ...]] = []
    stack: list[tuple[int, tuple[int, ...], frozenset[int]]] = [(origin, (), frozenset({origin}))]
    while stack:
        node, way, seen = stack.pop()
        if node in destinations and way:
            ways.append(way)
            continue
        for link in np.flatnonzero(network.from_node == node):
            ahead = int(network.to_node[link])
            if ahead not in seen:
                stack.append((ahead, (*way, int(link)), seen | {ahead}))
    return ways


def best_by_exhaustion(network: RoadNetwork, demand: SurgeDemand, most_steps: int) -> float:
    """Least clearance (s) over all ways and whole-step departures; one vehicle a link and step."""
    steps = np.round(network.free_flow_time_s / STEP_S).astype(int)
    destinations = {int(node) for node in demand.destination_node}
    choices = []
    for origin, amount in zip(demand.origin_node, demand.amount_pcu, strict=True):
        ways = simple_ways(network, int(origin), destinations)
        single = [
            (start + sum(steps[link] for link in way), start, way)
            for way in ways
            for start in range(most_steps)
        ]
        choices += [single] * int(amount)
    best = np.inf
    for chosen in itertools.product(*choices):
        last = max(item[0] for item in chosen)
        if last >= best:
            continue
        entries = set()
        for _, start, way in chosen:
            at = start
            for link in way:
                entries.add((link, at))
                at += steps[link]
        if len(entries) == sum(len(way) for _, _, way in chosen):
            best = last
    return float(best) * STEP_S


def best_by_flow(network: RoadNetwork, demand: SurgeDemand) -> float:
    """Least clearance (s) of whole vehicles that keep to steps and may wait anywhere; written apart."""
    steps = np.round(network.free_flow_time_s / STEP_S).astype(int)
    units = np.round(network.capacity_pcu_per_h * STEP_S / 3600.0).astype(int)
    total = int(demand.amount_pcu.sum())
    for layers in range(1, 400):
        n = network.n_nodes * layers
        arcs = [
            (int(u) * layers + t, int(v) * layers + t + tau, c)
            for u, v, tau, c in zip(network.from_node, network.to_node, steps, units, strict=True)
            for t in range(layers - tau)
        ]
        arcs += [
            (v * layers + t, v * layers + t + 1, total)
            for v in range(network.n_nodes)
            for t in range(layers - 1)
        ]
        arcs += [
            (n, int(v) * layers + int(ready // STEP_S), int(amount))
            for v, amount, ready in zip(demand.origin_node, demand.amount_pcu, demand.ready_s, strict=True)
            if ready // STEP_S < layers
        ]
        arcs += [(int(v) * layers + t, n + 1, total) for v in demand.destination_node for t in range(layers)]
        tail, head, capacity = map(np.array, zip(*arcs, strict=True))
        graph = csr_array((capacity.astype(np.int32), (tail, head)), shape=(n + 2, n + 2))
        if maximum_flow(graph, n, n + 1).flow_value == total:
            return (layers - 1) * STEP_S
    raise AssertionError("no horizon was long enough")


TINY = [
    ([(0, 1, 60.0, 60.0), (0, 1, 180.0, 60.0)], {0: 4}, [1]),
    ([(0, 2, 60.0, 60.0), (1, 2, 60.0, 60.0), (2, 3, 60.0, 60.0)], {0: 2, 1: 2}, [3]),
    ([(0, 1, 60.0, 60.0), (0, 2, 120.0, 60.0), (1, 3, 120.0, 60.0), (2, 3, 60.0, 60.0)], {0: 4}, [3]),
    (
        [(0, 1, 60.0, 60.0), (1, 2, 60.0, 60.0), (1, 3, 240.0, 60.0), (0, 3, 300.0, 60.0)],
        {0: 3, 1: 1},
        [2, 3],
    ),
]


@pytest.mark.parametrize(("links", "amounts", "destinations"), TINY)
def test_no_schedule_of_whole_vehicles_beats_the_bound(
    links: list[tuple[int, int, float, float]], amounts: dict[int, float], destinations: list[int]
) -> None:
    network, demand = network_of(links), demand_of(amounts, destinations)
    best_s = best_by_exhaustion(network, demand, most_steps=4)
    bound = clearance_bound(network, demand)
    assert bound.bound_s <= best_s
    assert best_s <= best_by_flow(network, demand)
    # Not a bound that is valid because it says nothing.
    assert bound.bound_s >= best_s - 2 * STEP_S
    assert bound.t_star_steps * STEP_S <= best_s + STEP_S


@given(seed=st.integers(0, 10_000))
def test_an_independent_flow_with_waiting_everywhere_agrees(seed: int) -> None:
    network, demand = random_case(seed)
    steps = best_by_flow(network, demand) / STEP_S + 1
    assert t_star_steps(network, demand, step_s=STEP_S, rounding="up_whole") == steps


@given(seed=st.integers(0, 10_000))
def test_the_bound_is_valid_for_whole_vehicles(seed: int) -> None:
    network, demand = random_case(seed, most_a_step=1)
    best_s = best_by_flow(network, demand)
    bound = clearance_bound(network, demand)
    assert best_s - 3 * STEP_S <= bound.bound_s <= best_s
    for part_s in (bound.discrete_s, bound.continuous_s, bound.farthest_s):
        assert part_s <= bound.bound_s


@given(seed=st.integers(0, 10_000), step_s=st.sampled_from([7.0, 20.0, 45.0, 90.0, 240.0]))
def test_the_bound_is_valid_at_any_step(seed: int, step_s: float) -> None:
    network, demand = random_case(seed, most_a_step=1)
    assert clearance_bound(network, demand, step_s=step_s).bound_s <= best_by_flow(network, demand)


@given(seed=st.integers(0, 10_000), ready_steps=st.lists(st.integers(0, 20), min_size=3, max_size=3))
def test_the_bound_is_valid_with_late_departures(seed: int, ready_steps: list[int]) -> None:
    network, demand = random_case(seed, most_a_step=1)
    late = SurgeDemand(
        origin_node=demand.origin_node,
        amount_pcu=demand.amount_pcu,
        destination_node=demand.destination_node,
        ready_s=STEP_S * np.array(ready_steps[: demand.n_origins], np.float64),
    )
    bound = clearance_bound(network, late)
    assert clearance_bound(network, demand).bound_s <= bound.bound_s + 1e-3
    assert bound.bound_s <= best_by_flow(network, late)


@given(seed=st.integers(0, 10_000))
def test_capacities_that_do_not_really_change_change_nothing(seed: int) -> None:
    network, demand = random_case(seed)
    constant = clearance_bound(network, demand)
    same = [CapacityChange(link, 300.0, float(network.capacity_pcu_per_h[link])) for link in range(2)]
    waiting = clearance_bound(network, demand, capacity_changes=same)
    assert waiting.t_star_steps == constant.t_star_steps
    assert waiting.continuous_s == constant.continuous_s


@given(seed=st.integers(0, 10_000))
def test_one_window_that_is_long_enough_changes_nothing(seed: int) -> None:
    network, demand = random_case(seed)
    always = clearance_bound(network, demand)
    window = clearance_bound(network, demand, open_windows=[(0.0, always.bound_s + 7200.0)])
    assert window.t_star_steps == always.t_star_steps
    assert window.bound_s == pytest.approx(always.bound_s, abs=1e-3)


def played(
    network: RoadNetwork, demand: SurgeDemand, rng: np.random.Generator
) -> tuple[float, np.typing.NDArray[np.float64]]:
    """Clearance and arrivals of vehicles that take random simple ways at random times."""
    destinations = {int(node) for node in demand.destination_node}
    routes: list[tuple[int, ...]] = []
    starts: list[float] = []
    for origin, amount in zip(demand.origin_node, demand.amount_pcu, strict=True):
        ways = simple_ways(network, int(origin), destinations)
        ways.sort(key=lambda way: (len(way), way))
        for _ in range(int(amount)):
            routes.append(ways[int(rng.integers(0, min(2, len(ways))))])
            starts.append(float(rng.choice([0.0, rng.uniform(0.0, 120.0)])))
    n = len(routes)
    traffic = TrafficDemand(
        route_offset=np.cumsum([0, *map(len, routes)]),
        route_link=np.concatenate([np.array(route, np.int32) for route in routes]),
        leg_offset=np.arange(n + 1),
        leg_route=np.arange(n, dtype=np.int32),
        leg_not_before_s=np.array(starts),
        leg_dwell_s=np.zeros(n),
        pcu=np.ones(n, np.int32),
        escorted=np.zeros(n, np.bool_),
    )
    result = play(network, traffic)
    assert result.unfinished_vehicles == 0
    return result.clearance_s, result.leg_arrive_s


@given(seed=st.integers(0, 10_000))
def test_no_played_traffic_beats_the_bound_or_the_ceiling(seed: int) -> None:
    network, demand = random_case(seed)
    clearance_s, arrivals_s = played(network, demand, np.random.default_rng(seed))
    assert clearance_bound(network, demand).bound_s <= clearance_s + TICKS_S
    times_s = np.linspace(0.0, clearance_s, 9)
    ceiling = arrival_ceiling(network, demand, times_s + TICKS_S, step_s=30.0)
    arrived = (arrivals_s[None, :] <= times_s[:, None]).sum(axis=1)
    assert (arrived <= ceiling + 1e-6).all()


def test_a_single_bottleneck_is_played_at_the_bound() -> None:
    network = network_of([(0, 1, 60.0, 1800.0), (1, 2, 60.0, 240.0)])
    demand = demand_of({0: 40}, [2])
    clearance_s, _ = played(network, demand, np.random.default_rng(0))
    bound_s = clearance_bound(network, demand).bound_s
    assert bound_s == pytest.approx(120.0 + 39 * 15.0, abs=1e-3)
    assert bound_s <= clearance_s + TICKS_S


INSTANCES = ("siouxfalls-100k", "anaheim-200k")
ROUNDINGS: dict[Rounding, str] = {
    "up_whole": "times_rounded_up_whole_vehicles",
    "up_sixtieths": "times_rounded_up_sixtieths",
    "down_sixtieths": "times_rounded_down_sixtieths",
}


def instance(shared_data: Path, name: str) -> tuple[RoadNetwork, SurgeDemand, dict[str, int]]:
    stated = json.loads((shared_data / "instances" / f"{name}.json").read_text(encoding="utf-8"))
    units = TntpUnits(time_s=60.0, capacity_pcu_per_h=stated["capacity_factor"])
    network = read_tntp_network(shared_data / stated["network"], units)
    index = {node: place for place, node in enumerate(network.node_id)}
    amounts = {index[node]: float(vehicles) for node, vehicles in stated["demand"].items()}
    assert sum(amounts.values()) == stated["vehicles_total"]
    demand = demand_of(amounts, [index[str(node)] for node in stated["safe_nodes"]])
    return network, demand, stated["T_star_minutes"]


@pytest.mark.acceptance
@pytest.mark.parametrize("name", INSTANCES)
@pytest.mark.parametrize("rounding", list(ROUNDINGS))
def test_t_star_of_the_published_instances(shared_data: Path, name: str, rounding: Rounding) -> None:
    network, demand, stated = instance(shared_data, name)
    assert t_star_steps(network, demand, step_s=60.0, rounding=rounding) == stated[ROUNDINGS[rounding]]


@pytest.mark.acceptance
@pytest.mark.parametrize("name", INSTANCES)
def test_bound_of_the_published_instances_lies_below_what_is_attainable(shared_data: Path, name: str) -> None:
    network, demand, stated = instance(shared_data, name)
    bound = clearance_bound(network, demand)
    assert bound.t_star_steps == stated["times_rounded_down_sixtieths"]
    attainable_s = 60.0 * stated["times_rounded_up_sixtieths"]
    assert attainable_s - 180.0 <= bound.bound_s <= attainable_s
