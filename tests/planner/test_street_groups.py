"""Towns that leave by several routes: whole households, one assignment a destination, earlier out."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.plan_cases import instance
from safepassage.model.people import HouseholdGroup, NeedCount, PeopleCount
from safepassage.planner.surge.cars import queue_of
from safepassage.planner.surge.certificate import bound_cars
from safepassage.planner.surge.problem import state_problem
from safepassage.planner.surge.recipe import plan_surge
from safepassage.planner.surge.routes import choose_routes
from safepassage.planner.surge.search import CarSearch
from safepassage.planner.surge.street_groups import split_towns
from safepassage.planner.surge.town_queues import MOST_GROUPS, divide, main_routes
from tests.planner.small_roads import drivers, roads

TWO_BRIDGES = [
    ("town", "near", 5, 300),
    ("near", "city", 20, 1200),
    ("town", "far", 10, 600),
    ("far", "city", 20, 1200),
]


def test_a_town_with_two_ways_out_takes_both() -> None:
    problem = state_problem(drivers(roads(TWO_BRIDGES), {"town": 900}, {"city": math.inf}))
    split, choice = split_towns(problem, choose_routes(problem))
    assert [queue.id for queue in split.queues] == ["town.1", "town.2"]
    by_first_link = {
        split.roads.link_id[choice.route(i).links[0]]: queue.cars for i, queue in enumerate(split.queues)
    }
    # 900 cars at 300 and 600 an hour need an hour, shared 1 : 2 but for the longer way.
    assert by_first_link["town-near"] == pytest.approx(300, abs=25)
    assert sum(by_first_link.values()) == 900


def test_a_split_town_is_one_assignment_and_out_near_the_bound() -> None:
    scenario = drivers(roads(TWO_BRIDGES), {"town": 900}, {"city": math.inf})
    result = plan_surge(scenario, scenario_hash="0" * 64, seed=1)
    assert [(row.settlement, row.people.total) for row in result.plan.assignments] == [("town", 900)]
    assert {route.settlement for route in result.plan.routes} == {"town"}
    assert len({wave.id for wave in result.plan.waves}) == len(result.plan.waves)
    assert result.plan.certificate is not None
    bound_s = result.plan.certificate.clearance[0].bound_s
    assert bound_s <= result.outcome.clearance_s <= bound_s * 1.03


def test_one_way_out_is_not_split() -> None:
    problem = state_problem(drivers(roads(TWO_BRIDGES[:2]), {"town": 900}, {"city": math.inf}))
    choice = choose_routes(problem)
    assert split_towns(problem, choice) == (problem, choice)


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=MOST_GROUPS), st.integers(1, 200), st.integers(1, 200)
)
def test_every_household_is_in_one_group(shares: list[int], families: int, couples: int) -> None:
    groups = [
        HouseholdGroup(families, PeopleCount(adults=2, children=1), NeedCount(seat=3), True),
        HouseholdGroup(couples, PeopleCount(adults=2), NeedCount(seat=2), True),
    ]
    queue = queue_of("town", groups)
    parts = divide(queue, np.array(shares, np.float64))
    assert sum((part.people for part in parts), PeopleCount()) == queue.people
    assert sum(part.households for part in parts) == queue.households
    for part in parts:
        children = part.members[:, 1]
        assert (np.diff(children) <= 0).all()


def test_small_shares_get_no_group_of_their_own() -> None:
    assert main_routes(np.array([0.5, 0.01, 0.49]), 1000) == [0, 2]
    assert main_routes(np.array([0.4, 0.2, 0.3, 0.1]), 1000) == [0, 2, 1]
    assert main_routes(np.array([0.6, 0.4]), 10) == [0]


@pytest.mark.acceptance
@pytest.mark.parametrize("name", ["siouxfalls-100k", "anaheim-200k"])
def test_published_instances_are_followed_within_six_per_cent(shared_data: Path, name: str) -> None:
    scenario = instance(shared_data, name)
    problem = state_problem(scenario)
    bound_s = bound_cars(problem).bound_s
    split, choice = split_towns(problem, choose_routes(problem), bound_s=bound_s)
    plan = CarSearch(split, choice, (), bound_s=bound_s).run(seed=1, iterations=0)
    assert bound_s <= plan.clearance_s <= 1.06 * bound_s
    groups = Counter(route.settlement for route in plan.routes)
    assert max(groups.values()) <= MOST_GROUPS
    for route in plan.routes:
        own = [wave for wave in plan.waves if wave.route == route.id]
        assert all(before.end_s == after.start_s for before, after in pairwise(own))
