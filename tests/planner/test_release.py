"""Release together: times that the roads need, departures that overuse no road, waves without a gap."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safepassage.planner.surge.car_route import CarRoute, make_route, resource_capacity_per_s
from safepassage.planner.surge.problem import SurgeProblem, state_problem
from safepassage.planner.surge.release import departures_together, finish_times_s
from safepassage.planner.surge.routes import choose_routes
from safepassage.planner.surge.schedule import Draft, Release, Scheduler
from tests.planner.small_roads import drivers, roads

# Two settlements before one bridge, a third beside it with a road of its own.
ONE_BRIDGE = [
    ("left", "bank", 5, 1200),
    ("right", "bank", 15, 1200),
    ("bank", "city", 10, 600),
    ("third", "city", 10, 600),
]


def routes_of(problem: SurgeProblem) -> list[CarRoute]:
    choice = choose_routes(problem)
    return [choice.route(i) for i in range(len(problem.queues))]


def test_the_slowest_road_settles_who_uses_it_and_no_other() -> None:
    problem = state_problem(
        drivers(roads(ONE_BRIDGE), {"left": 200, "right": 400, "third": 100}, {"city": math.inf})
    )
    routes = routes_of(problem)
    cars = np.array([200.0, 400.0, 100.0])
    finish_s = finish_times_s(routes, cars, resource_capacity_per_s(problem.roads))
    # The bridge is reached after 5 min, carries 600 cars in 60 min, and 10 min of way remain.
    assert finish_s[:2] == pytest.approx([75 * 60, 75 * 60])
    assert finish_s[2] == pytest.approx(10 * 60 + 10 * 60)


@settings(max_examples=30, deadline=None)
@given(st.integers(50, 600), st.integers(50, 600), st.floats(1.02, 1.3))
def test_departures_add_up_and_overuse_no_road(left: int, right: int, stretch: float) -> None:
    network = roads(ONE_BRIDGE)
    rate = resource_capacity_per_s(network)
    index = {name: k for k, name in enumerate(network.link_id)}
    routes = [
        make_route(network, [index["left-bank"], index["bank-city"]], 0),
        make_route(network, [index["right-bank"], index["bank-city"]], 0),
    ]
    cars = np.array([left, right], np.float64)
    step_s, n_steps = 60.0, 400
    used = sorted({int(r) for route in routes for r in route.resources})
    row_of = np.full(rate.size, -1)
    row_of[used] = np.arange(len(used))
    free = np.repeat(rate[used][:, None] * step_s, n_steps, axis=1)
    # Constant rates need the way of the farthest once more.
    finish_s = (finish_times_s(routes, cars, rate) + 600.0) * stretch
    leaving = departures_together(
        routes, cars, free, row_of, np.ones((2, n_steps), np.bool_), finish_s, step_s
    )
    assert leaving.sum(axis=1) == pytest.approx(cars)
    passing = np.zeros((len(used), n_steps + 100))
    for route, row in zip(routes, leaving, strict=True):
        for resource, reached_s in zip(route.resources, route.reached_s, strict=True):
            shift = round(float(reached_s) / step_s)
            passing[row_of[resource], shift : shift + n_steps] += row
    assert (passing[:, :n_steps] <= free * 1.02).all()


def test_waves_have_no_gap_between_them() -> None:
    problem = state_problem(
        drivers(roads(ONE_BRIDGE), {"left": 900, "right": 700, "third": 300}, {"city": math.inf})
    )
    routes = routes_of(problem)
    waves, left = Scheduler(problem).waves(Draft((0, 1, 2), (0, 0, 0), Release.TOGETHER, 1.05), routes)
    assert not any(queue.households for queue in left)
    for queue in problem.queues:
        own = [wave for wave in waves if wave.settlement == queue.settlement]
        assert sum(wave.vehicles for wave in own) == queue.cars
        assert all(before.end_s == after.start_s for before, after in pairwise(own))
