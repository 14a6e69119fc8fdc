"""Objectives by name: what is measured, what bounds hold, and that stopping keeps the best plan."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safepassage.errors import ModelError
from safepassage.model.plan import Certificate, Measured
from safepassage.model.policy import Objective
from safepassage.model.scenario import Scenario
from safepassage.model.threat import Threat, ThreatEntry, ThreatEntryKind
from safepassage.planner.surge.bound_mean import least_too_late, mean_arrival_bound_s
from safepassage.planner.surge.measures import _harm_by_ceilings, _harm_by_flow
from safepassage.planner.surge.objective import deadlines_s, harm_rates
from safepassage.planner.surge.problem import SurgeProblem, state_problem
from safepassage.planner.surge.recipe import plan_surge
from safepassage.planner.surge.routes import choose_routes
from safepassage.planner.surge.search import CarPlan, CarSearch
from tests.planner.small_roads import drivers, roads

LINKS = [
    ("left", "bank", 5, 1200),
    ("right", "bank", 12, 1200),
    ("bank", "city", 20, 600),
]


def flood(left_s: float, right_s: float) -> Threat:
    return Threat(
        (
            ThreatEntry("f1", ThreatEntryKind.ARRIVAL, "left", left_s),
            ThreatEntry("f2", ThreatEntryKind.ARRIVAL, "right", right_s),
            ThreatEntry("f3", ThreatEntryKind.ARRIVAL, "right", 60.0, probability=0.5),
        )
    )


def certificate_of(scenario: Scenario, *objectives: Objective) -> Certificate:
    result = plan_surge(scenario, scenario_hash="0" * 64, seed=1, objectives=objectives)
    assert result.plan.certificate is not None
    return result.plan.certificate


def measure(certificate: Certificate, name: str) -> Measured:
    (found,) = [item for item in certificate.measures if item.name == name]
    return found


def searched(problem: SurgeProblem, *objectives: Objective) -> CarPlan:
    search = CarSearch(problem, choose_routes(problem), (), bound_s=0.0, objectives=objectives)
    return search.run(seed=1, iterations=3)


@pytest.mark.parametrize("text", ["", "speed", "harm,harm"])
def test_unknown_objectives_are_refused(text: str) -> None:
    with pytest.raises(ModelError):
        Objective.parse(text)


def test_objectives_are_read_in_order() -> None:
    assert Objective.parse("harm, clearance") == (Objective.HARM, Objective.CLEARANCE)


def test_the_mean_arrival_of_one_queue_is_bounded_to_the_car() -> None:
    problem = state_problem(drivers(roads(LINKS), {"left": 600}, {"city": math.inf}))
    # 25 min of way, then a car each 6 s at the bridge: half an hour on average, less half a headway.
    exact_s = 25 * 60 + 599 * 6 / 2
    bound_s = mean_arrival_bound_s(problem, 90 * 60.0, samples=120)
    assert 0.98 * exact_s <= bound_s <= exact_s


def test_deadlines_come_from_certain_arrivals() -> None:
    scenario = drivers(roads(LINKS), {"left": 10, "right": 10}, {"city": math.inf}, threat=flood(900, 3600))
    assert deadlines_s(scenario) == {"left": 900.0, "right": 3600.0}


def test_who_cannot_be_in_time_is_told_and_the_plan_saves_all_others() -> None:
    # Safe by 55 min: a way of 32 min leaves the bridge 23 min, 230 cars; nobody of left is in time by 20 min.
    threat = flood(20 * 60, 55 * 60)
    scenario = drivers(roads(LINKS), {"left": 50, "right": 300}, {"city": math.inf}, threat=threat)
    problem = state_problem(scenario)
    least = least_too_late(problem, deadlines_s(scenario))
    assert least["left"] == 50
    assert 65 <= least["right"] <= 70
    certificate = certificate_of(scenario, Objective.BEFORE_DEADLINE, Objective.CLEARANCE)
    found = measure(certificate, "before_deadline")
    assert found.bound == least[""]
    assert found.bound <= found.value <= found.bound + 25
    assert any(line.startswith("left: at least 50 of its 50") for line in certificate.statements)


def test_the_endangered_go_first_where_people_in_time_count() -> None:
    scenario = drivers(
        roads(LINKS), {"left": 200, "right": 200}, {"city": math.inf}, threat=flood(10 * 3600, 55 * 60)
    )
    in_time = searched(state_problem(scenario), Objective.BEFORE_DEADLINE)
    # The right could all be in time; whole waves on the clock lose a few.
    assert in_time.measures.too_late <= 25
    by_clearance = searched(state_problem(scenario), Objective.CLEARANCE)
    assert by_clearance.measures.too_late > in_time.measures.too_late


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.floats(0.1, 10.0))
def test_no_plan_does_less_harm_than_the_bounds(left: int, right: int, hazard: float) -> None:
    scenario = drivers(roads(LINKS), {"left": left, "right": right}, {"city": math.inf})
    places = (replace(scenario.settlements[0], hazard=hazard), scenario.settlements[1])
    problem = state_problem(replace(scenario, settlements=places))
    plan = searched(problem, Objective.HARM)
    rates = harm_rates(problem)
    for bound in (_harm_by_flow(problem, rates, plan), _harm_by_ceilings(problem, rates, plan)):
        assert not bound > plan.measures.harm * (1 + 1e-9)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 200), st.integers(1, 200))
def test_no_plan_arrives_earlier_on_average_than_the_bound(left: int, right: int) -> None:
    problem = state_problem(drivers(roads(LINKS), {"left": left, "right": right}, {"city": math.inf}))
    plan = searched(problem, Objective.MEAN_ARRIVAL)
    assert mean_arrival_bound_s(problem, plan.clearance_s) <= plan.measures.mean_arrival_s + 1e-6


def test_harm_is_certified_with_its_range() -> None:
    scenario = drivers(roads(LINKS), {"left": 200, "right": 200}, {"city": math.inf})
    certificate = certificate_of(scenario, Objective.HARM, Objective.CLEARANCE)
    found = measure(certificate, "harm")
    assert 0 < found.bound <= found.value
    assert certificate.objective.startswith("harm, then clearance")
    assert any("factor of 10 to 100" in line for line in certificate.statements)


def test_prices_add_up_to_the_gap() -> None:
    certificate = certificate_of(drivers(roads(LINKS), {"left": 200, "right": 300}, {"city": math.inf}))
    cars = certificate.bounded("cars")
    assert cars is not None
    assert sum(price for _, price in certificate.prices) == pytest.approx(cars.gap_s, abs=60)


def test_ctrl_c_keeps_the_best_plan_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = drivers(roads(LINKS), {"left": 200, "right": 300}, {"city": math.inf})
    plays = 0
    inner = CarSearch._play

    def interrupted(self: CarSearch, draft: object) -> object:
        nonlocal plays
        plays += 1
        if plays == 4:
            raise KeyboardInterrupt
        return inner(self, draft)  # type: ignore[arg-type]

    monkeypatch.setattr(CarSearch, "_play", interrupted)
    result = plan_surge(scenario, scenario_hash="0" * 64, seed=1)
    assert result.plan.certificate is not None
    assert result.plan.certificate.stopped_early
    assert result.outcome.safe == 500
