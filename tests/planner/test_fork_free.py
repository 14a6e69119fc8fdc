"""Fork-free routes part nowhere; spare capacity slows a plan by as much as it keeps free."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safepassage.model.scenario import Scenario
from safepassage.planner.surge.fork_free import forks_of
from safepassage.planner.surge.problem import state_problem
from safepassage.planner.surge.recipe import plan_surge
from safepassage.planner.surge.routes import choose_routes
from tests.planner.small_roads import drivers, roads


def _fork_free(scenario: Scenario) -> Scenario:
    return replace(scenario, policy=replace(scenario.policy, fork_free=True))


def _forks(scenario: Scenario) -> tuple[str, ...]:
    problem = state_problem(scenario)
    choice = choose_routes(problem)
    network = problem.roads
    chains = [choice.route(queue).links for queue in range(len(problem.queues))]
    names = [[network.link_id[link] for link in chain] for chain in chains]
    starts = [network.node_id[network.from_node[link]] for chain in chains for link in chain]
    return forks_of(names, starts)


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), size=st.integers(3, 7))
def test_no_junction_parts_the_cars_of_a_random_district(seed: int, size: int) -> None:
    random = np.random.default_rng(seed)
    names = [f"n{k}" for k in range(size * size)]
    links = []
    for k in range(size * size):
        for other in (k + 1 if (k + 1) % size else -1, k + size if k + size < size * size else -1):
            if other >= 0:
                minutes, capacity = float(random.integers(1, 9)), float(random.integers(2, 12) * 100)
                links += [
                    (names[k], names[other], minutes, capacity),
                    (names[other], names[k], minutes, capacity),
                ]
    network = roads(links)
    corners = {names[0]: math.inf, names[-1]: math.inf}
    inner = [name for name in names if name not in corners]
    cars = {
        name: int(random.integers(1, 60)) for name in random.choice(inner, min(6, len(inner)), replace=False)
    }
    assert _forks(_fork_free(drivers(network, cars, corners))) == ()


def test_a_forbidden_turn_is_not_taken() -> None:
    network = roads(
        [("a", "b", 1, 600), ("b", "city", 1, 600), ("b", "c", 1, 600), ("c", "city", 5, 600)],
        forbidden=[(0, 1)],
    )
    problem = state_problem(_fork_free(drivers(network, {"a": 5, "b": 5}, {"city": math.inf})))
    choice = choose_routes(problem)
    for queue in range(2):
        links = choice.route(queue).links
        assert (0, 1) not in list(pairwise(links))
        assert network.to_node[links[-1]] == network.node_id.index("city")


def test_fork_free_routes_cost_what_sharing_a_road_costs() -> None:
    # From the junction two roads lead to the city; without a fork only one of them can be used.
    network = roads(
        [
            ("a", "fork", 1, 6000),
            ("b", "fork", 1, 6000),
            ("fork", "city", 10, 600),
            ("fork", "side", 5, 600),
            ("side", "city", 6, 600),
        ]
    )
    scenario = drivers(network, {"a": 200, "b": 200}, {"city": math.inf})
    free = plan_surge(scenario, scenario_hash="0" * 64, seed=1)
    joined = plan_surge(_fork_free(scenario), scenario_hash="0" * 64, seed=1)
    assert len({route.links[-1] for route in joined.plan.routes}) == 1
    assert joined.outcome.clearance_s >= free.outcome.clearance_s
    # 400 cars at 600 an hour instead of 200.
    assert joined.outcome.clearance_s == pytest.approx(60 + 600 + 400 * 6, rel=0.05)


def test_spare_capacity_is_left_free() -> None:
    network = roads([("a", "city", 10, 600)])
    scenario = drivers(network, {"a": 300}, {"city": math.inf})
    spared = replace(scenario, policy=replace(scenario.policy, spare_capacity=0.25))
    full = plan_surge(scenario, scenario_hash="0" * 64, seed=1)
    plan = plan_surge(spared, scenario_hash="0" * 64, seed=1)
    assert full.outcome.clearance_s == pytest.approx(600 + 300 * 6, abs=200)
    # Waves keep to three quarters of the road, so that the last leaves a third later.
    assert max(wave.end_s for wave in plan.plan.waves) >= 300 * 8 - 120
    certificate = plan.plan.certificate
    assert certificate is not None
    assert certificate.clearance[0].bound_s == pytest.approx(600 + 299 * 6, abs=60)
