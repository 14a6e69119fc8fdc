"""Cars: routes that share the load, waves that keep roads busy, people that add up."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safepassage.errors import InfeasibleError
from safepassage.model.people import HouseholdGroup, NeedCount, PeopleCount
from safepassage.model.plan import Pin, PinAction, PinKind, ReasonCode
from safepassage.model.scenario import Scenario
from safepassage.model.threat import Threat, ThreatEntry, ThreatEntryKind
from safepassage.planner.surge.cars import queue_of, split_by_car
from safepassage.planner.surge.certificate import bound_cars
from safepassage.planner.surge.problem import SurgeProblem, state_problem
from safepassage.planner.surge.recipe import plan_surge
from safepassage.planner.surge.routes import choose_routes, fit_destinations
from safepassage.planner.surge.search import CarPlan, CarSearch
from safepassage.planner.surge.waves import cut_waves
from tests.planner.small_roads import drivers, roads

TWO_BRIDGES = [
    ("left", "bank", 5, 1200),
    ("right", "bank", 5, 1200),
    ("bank", "near", 2, 300),
    ("near", "city", 20, 1200),
    ("bank", "far", 10, 300),
    ("far", "city", 20, 1200),
]


def planned(scenario: Scenario, *, iterations: int = 20, seed: int = 1) -> tuple[SurgeProblem, CarPlan]:
    problem = state_problem(scenario)
    choice = choose_routes(problem)
    problem, choice = fit_destinations(problem, choice)
    bound = bound_cars(problem).bound_s
    return problem, CarSearch(problem, choice, (), bound_s=bound).run(seed=seed, iterations=iterations)


def test_two_settlements_share_two_bridges() -> None:
    problem, plan = planned(drivers(roads(TWO_BRIDGES), {"left": 300, "right": 300}, {"city": math.inf}))
    bridges = {link for route in plan.routes for link in route.links if link in {"bank-near", "bank-far"}}
    assert bridges == {"bank-near", "bank-far"}
    # 600 cars over two bridges of 300 an hour need an hour, and the last still has 35 minutes to drive.
    assert plan.clearance_s <= 60 * 60 + 35 * 60 + 120
    assert plan.clearance_s >= bound_cars(problem).bound_s


def test_the_nearest_way_is_kept_where_nothing_is_gained() -> None:
    _, plan = planned(drivers(roads(TWO_BRIDGES), {"left": 10, "right": 10}, {"city": math.inf}))
    assert all("bank-near" in route.links for route in plan.routes)


def test_waves_hold_every_household_once() -> None:
    _, plan = planned(drivers(roads(TWO_BRIDGES), {"left": 211, "right": 97}, {"city": math.inf}))
    assert sum((wave.people for wave in plan.waves), PeopleCount()).total == 308
    assert sum(wave.vehicles for wave in plan.waves) == 308
    assert all(wave.start_s % 600 == 0 for wave in plan.waves)


def test_nobody_drives_in_the_curfew() -> None:
    scenario = drivers(
        roads(TWO_BRIDGES), {"left": 900, "right": 900}, {"city": math.inf}, curfew=["06:30-08:00"]
    )
    problem, plan = planned(scenario)
    windows = scenario.open_windows()
    assert windows[0] == (0.0, 5400.0)
    assert plan.clearance_s > windows[1][0]
    assert plan.clearance_s >= bound_cars(problem).bound_s
    for wave in plan.waves:
        inside = [open_s <= wave.start_s and wave.end_s <= close_s for open_s, close_s in windows]
        assert any(inside)


def test_a_settlement_without_a_road_is_named() -> None:
    problem, plan = planned(drivers(roads(TWO_BRIDGES), {"left": 5, "island": 7}, {"city": math.inf}))
    (lost,) = problem.unserved
    assert (lost.settlement, lost.people.total, lost.reason_code) == ("island", 7, ReasonCode.NO_ROAD)
    assert lost.nobody_could
    assert sum(wave.vehicles for wave in plan.waves) == 5


def test_a_closure_for_a_part_of_the_time_does_not_prove_that_nobody_could() -> None:
    closed = ThreatEntry("c", ThreatEntryKind.CLOSURE, "left-bank", 3600.0)
    scenario = drivers(roads(TWO_BRIDGES), {"left": 5}, {"city": math.inf}, threat=Threat((closed,)))
    (lost,) = state_problem(scenario).unserved
    assert lost.reason_code == ReasonCode.NO_ROAD
    assert not lost.nobody_could


def test_full_destinations_leave_named_people() -> None:
    scenario = drivers(roads(TWO_BRIDGES), {"left": 30, "right": 30}, {"city": 40})
    problem, plan = planned(scenario)
    assert sum(part.people.total for part in problem.unserved) == 20
    assert {part.reason_code for part in problem.unserved} == {ReasonCode.NO_BEDS}
    assert sum(wave.vehicles for wave in plan.waves) == 40


def test_people_are_spread_over_destinations_that_are_small() -> None:
    links = [*TWO_BRIDGES, ("bank", "town", 90, 1200)]
    scenario = drivers(roads(links), {"left": 30, "right": 30}, {"city": 30, "town": 30})
    problem, plan = planned(scenario)
    assert problem.unserved == ()
    assert {route.destination for route in plan.routes} == {"exit-city", "exit-town"}


@pytest.mark.parametrize(
    ("pin", "bridge"),
    [
        (Pin("p", PinAction.FORBID, PinKind.ROAD, "bank-near"), "bank-far"),
        (Pin("p", PinAction.FORCE, PinKind.ROUTE, "left", "left-bank bank-far far-city"), "bank-far"),
    ],
)
def test_pins_are_obeyed(pin: Pin, bridge: str) -> None:
    _, plan = planned(drivers(roads(TWO_BRIDGES), {"left": 10}, {"city": math.inf}, pins=[pin]))
    assert bridge in plan.routes[0].links


def test_a_pinned_wave_starts_no_earlier() -> None:
    pin = Pin("p", PinAction.FORCE, PinKind.WAVE, "left", "7200")
    _, plan = planned(drivers(roads(TWO_BRIDGES), {"left": 10}, {"city": math.inf}, pins=[pin]))
    assert min(wave.start_s for wave in plan.waves) == 7200


def test_a_pin_that_leaves_no_destination_is_named() -> None:
    pin = Pin("p", PinAction.FORBID, PinKind.DESTINATION, "left", "exit-city")
    problem = state_problem(drivers(roads(TWO_BRIDGES), {"left": 10}, {"city": math.inf}, pins=[pin]))
    (lost,) = problem.unserved
    assert lost.reason_code == ReasonCode.FORBIDDEN_BY_PIN
    assert not lost.nobody_could


def test_equal_seeds_give_equal_plans() -> None:
    scenario = drivers(roads(TWO_BRIDGES), {"left": 400, "right": 123}, {"city": math.inf})
    assert planned(scenario)[1] == planned(scenario)[1]


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_no_plan_beats_the_bound(seed: int) -> None:
    rng = np.random.default_rng(seed)
    links = [(a, b, float(rng.integers(1, 30)), float(rng.integers(60, 900))) for a, b, _, _ in TWO_BRIDGES]
    cars = {"left": int(rng.integers(1, 200)), "right": int(rng.integers(1, 200))}
    scenario = drivers(roads(links, service={"near": 200.0}), cars, {"city": math.inf})
    problem, plan = planned(scenario, iterations=3)
    assert plan.clearance_s >= bound_cars(problem).bound_s - 1e-6
    assert sum(wave.people.total for wave in plan.waves) == sum(cars.values())


@given(st.lists(st.integers(1, 9), min_size=1, max_size=40), st.integers(0, 2**32 - 1))
def test_cutting_waves_loses_no_household(sizes: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = [HouseholdGroup(1, PeopleCount(size), NeedCount(seat=size), has_car=True) for size in sizes]
    queue = queue_of("s", groups)
    departures = rng.random(50) * rng.integers(0, 2, 50)
    departures *= queue.cars * rng.choice([0.4, 1.0]) / max(departures.sum(), 1e-9)
    waves, rest = cut_waves(queue, departures, step_s=60, grid_s=600, route_id="r")
    assert sum(wave.people.total for wave in waves) + rest.people.total == sum(sizes)
    assert sum(wave.households for wave in waves) + rest.households == len(sizes)
    assert all(a.end_s <= b.start_s for a, b in pairwise(waves))


def test_car_households_and_the_rest_are_everybody(valley: Scenario) -> None:
    queues, carless = split_by_car(valley)
    driving = sum(queue.people.total for queue in queues)
    fetched = sum(group.count * group.people.total for groups in carless.values() for group in groups)
    assert driving + fetched == valley.people_in_scope.total


@pytest.mark.parametrize(
    ("cars", "exits", "words"),
    [
        ({"left": 0}, {"city": math.inf}, "no people"),
        ({"left": 50}, {"right": 0}, "no safe destination"),
        ({"city": 50}, {"left": math.inf}, "every way to a safe place"),
    ],
)
def test_where_nobody_can_be_planned_for_it_is_said(
    cars: dict[str, int], exits: dict[str, float], words: str
) -> None:
    with pytest.raises(InfeasibleError, match=words):
        plan_surge(drivers(roads(TWO_BRIDGES), cars, exits), scenario_hash="0" * 64, seed=1)


def test_roads_of_no_capacity_cut_off() -> None:
    network = roads(TWO_BRIDGES)
    closed = replace(network, capacity_pcu_per_h=np.zeros(network.n_links))
    with pytest.raises(InfeasibleError, match="every way to a safe place"):
        plan_surge(drivers(closed, {"left": 50}, {"city": math.inf}), scenario_hash="0" * 64, seed=1)


def test_one_settlement_with_everybody_is_out_at_its_bound() -> None:
    scenario = drivers(roads(TWO_BRIDGES[2:4]), {"bank": 3000}, {"city": math.inf})
    result = plan_surge(scenario, scenario_hash="0" * 64, seed=1)
    assert result.outcome.safe == 3000
    assert result.plan.certificate is not None
    assert 0 <= result.plan.certificate.clearance[0].gap_percent <= 0.5


def test_who_lives_at_a_destination_is_there() -> None:
    scenario = drivers(roads(TWO_BRIDGES), {"city": 4}, {"city": math.inf})
    result = plan_surge(scenario, scenario_hash="0" * 64, seed=1)
    assert result.outcome.safe == 4
    assert bound_cars(state_problem(scenario)).bound_s == 0
