"""Pins are obeyed, and those that cannot all be obeyed are named in smallest sets."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from safepassage.model.plan import Pin, PinAction, PinKind, Plan, ReasonCode
from safepassage.model.scenario import Scenario
from safepassage.planner.surge.certificate import bound_cars
from safepassage.planner.surge.pin_check import contradictions
from safepassage.planner.surge.pin_price import price_pins
from safepassage.planner.surge.problem import state_problem
from safepassage.planner.surge.recipe import plan_surge
from tests.planner.small_roads import drivers, roads

FORCE, FORBID = PinAction.FORCE, PinAction.FORBID
NETWORK = roads(
    [
        ("a", "city", 10, 600),
        ("a", "b", 5, 600),
        ("b", "city", 10, 600),
        ("b", "port", 10, 600),
        ("a", "port", 30, 600),
    ]
)


def _with(*pins: Pin) -> Scenario:
    return drivers(NETWORK, {"a": 60, "b": 30}, {"city": math.inf, "port": math.inf}, pins=pins)


def _plan(*pins: Pin) -> Plan:
    return plan_surge(_with(*pins), scenario_hash="0" * 64, seed=1).plan


def _route(plan: Plan, settlement: str) -> tuple[str, ...]:
    (route,) = [route for route in plan.routes if route.settlement == settlement]
    return route.links


def test_a_forced_road_is_taken_by_the_settlement_that_it_names() -> None:
    plan = _plan(Pin("p", FORCE, PinKind.ROAD, "a-b", "a"))
    assert _route(plan, "a") == ("a-b", "b-city")
    assert "a-b" not in _route(plan, "b")


def test_a_forbidden_route_is_not_taken() -> None:
    pins = [
        Pin("p", FORBID, PinKind.ROUTE, "a", "a-city"),
        Pin("q", FORCE, PinKind.DESTINATION, "a", "exit-city"),
    ]
    assert _route(_plan(*pins), "a") == ("a-b", "b-city")


@pytest.mark.parametrize("first_s", [1200, 3600])
def test_the_first_wave_begins_at_the_forced_time(first_s: int) -> None:
    plan = _plan(Pin("p", FORCE, PinKind.WAVE, "a", str(first_s)))
    assert min(wave.start_s for wave in plan.waves if wave.settlement == "a") == first_s


def test_nobody_leaves_in_a_forbidden_wave() -> None:
    plan = _plan(Pin("p", FORBID, PinKind.WAVE, "a", "0"))
    assert min(wave.start_s for wave in plan.waves if wave.settlement == "a") >= 1800


def test_pins_that_can_be_obeyed_do_not_contradict() -> None:
    pins = [
        Pin("r", FORBID, PinKind.ROAD, "a-city"),
        Pin("d", FORCE, PinKind.DESTINATION, "a", "exit-port"),
        Pin("w", FORCE, PinKind.WAVE, "b", "600"),
    ]
    assert contradictions(_with(*pins)) == ()


def test_the_smallest_sets_are_named_all_at_once() -> None:
    pins = [
        Pin("road", FORBID, PinKind.ROAD, "a-city"),
        Pin("other road", FORBID, PinKind.ROAD, "b-port"),
        Pin("way", FORCE, PinKind.ROUTE, "a", "a-city"),
        Pin("early", FORCE, PinKind.WAVE, "b", "600"),
        Pin("late", FORCE, PinKind.WAVE, "b", "1200"),
    ]
    found = contradictions(_with(*pins))
    assert [(item.settlement, set(item.pins)) for item in found] == [
        ("a", {"road", "way"}),
        ("b", {"early", "late"}),
    ]


@pytest.mark.parametrize(
    "links", ["b-city", "a-b", "a-b a-city", "a-b b-city b-port", "nowhere"], ids=lambda links: links
)
def test_a_route_that_is_no_way_out_is_a_contradiction_of_its_own(links: str) -> None:
    (found,) = contradictions(_with(Pin("p", FORCE, PinKind.ROUTE, "a", links)))
    assert found.pins == ("p",)


def test_people_under_contradicting_pins_are_named_and_all_others_are_planned() -> None:
    pins = [
        Pin("road", FORBID, PinKind.ROAD, "a-city"),
        Pin("way", FORCE, PinKind.ROUTE, "a", "a-city"),
    ]
    plan = _plan(*pins)
    (left,) = plan.unserved
    assert (left.settlement, left.reason_code, left.people.total) == ("a", ReasonCode.FORBIDDEN_BY_PIN, 60)
    assert "road, way" in left.detail
    assert sum(part.people.total for part in plan.assignments) == 30


@pytest.mark.parametrize(
    "pin",
    [
        Pin("p", FORBID, PinKind.ROAD, "a-city"),
        Pin("p", FORCE, PinKind.ROUTE, "a", "a-port"),
        Pin("p", FORCE, PinKind.DESTINATION, "a", "exit-port"),
        Pin("p", FORCE, PinKind.WAVE, "a", "7200"),
    ],
    ids=lambda pin: f"{pin.action.value} {pin.kind.value}",
)
def test_no_pin_makes_the_bound_smaller(pin: Pin) -> None:
    free = bound_cars(state_problem(_with())).bound_s
    problem = state_problem(_with(pin))
    assert bound_cars(replace(problem)).bound_s >= free - 1e-6


def test_the_price_of_a_detour_is_what_it_adds() -> None:
    network = roads([("a", "city", 10, 600), ("a", "b", 20, 600), ("b", "city", 20, 600)])
    pin = Pin("detour", FORCE, PinKind.ROUTE, "a", "a-b b-city")
    scenario = drivers(network, {"a": 61}, {"city": math.inf}, pins=[pin])
    (price,) = price_pins(scenario, seed=1)
    # 40 minutes instead of 10, and no fewer cars at once: free cars may take both ways.
    assert price.bound_price_s == pytest.approx(1800, abs=120)
    assert price.plan_price_s >= 1500
    assert price.bound_with_s == pytest.approx(2400 + 60 * 6)
    assert (price.unserved_with, price.unserved_without) == (0, 0)


def test_pins_are_priced_together_and_one_by_one() -> None:
    pins = [
        Pin("far", FORCE, PinKind.DESTINATION, "a", "exit-port"),
        Pin("late", FORCE, PinKind.WAVE, "b", "7200"),
    ]
    prices = price_pins(_with(*pins), seed=1)
    assert [price.pins for price in prices] == [("far", "late"), ("far",), ("late",)]
    assert all(price.bound_price_s >= 0 for price in prices)
    assert prices[0].bound_price_s == pytest.approx(prices[2].bound_price_s, abs=120)
