"""Plans made anew while they run: what is under way stays, nobody is lost, everybody is counted once."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safepassage.errors import InfeasibleError
from safepassage.formats.scenario_folder import scenario_hash
from safepassage.model.people import PeopleCount
from safepassage.model.plan import Mode, Plan, ReasonCode
from safepassage.model.replanning import DemandChange
from safepassage.model.scenario import Scenario
from safepassage.planner.surge.known_now import closures_of
from safepassage.planner.surge.recipe import plan_surge
from safepassage.planner.surge.replan import Replanned, replan
from safepassage.simulator.playback import simulate
from tests.planner.small_roads import drivers, roads

SEED = 3


@pytest.fixture(scope="module")
def running(valley: Scenario) -> Plan:
    return plan_surge(valley, scenario_hash=scenario_hash(valley), seed=SEED).plan


def _anew(
    scenario: Scenario, plan: Plan, at_s: float, *lost: str, demand: tuple[DemandChange, ...] = ()
) -> Replanned:
    closures = [entry for name in lost for entry in closures_of(scenario, name, at_s)]
    return replan(
        scenario, plan, at_s=at_s, scenario_hash=scenario_hash, closures=closures, demand=demand, seed=SEED
    )


def _people(plan: Plan) -> int:
    served = sum(part.people.total for part in plan.assignments)
    return served + sum(part.people.total for part in plan.unserved)


@settings(max_examples=8)
@given(at_s=st.integers(0, 9000), lost=st.sampled_from(["", "River bridge", "hub_road", "city_road"]))
def test_what_is_under_way_stays_and_people_in_are_people_out(
    valley: Scenario, running: Plan, at_s: int, lost: str
) -> None:
    anew = _anew(valley, running, at_s, *([lost] if lost else []))
    assert _people(anew.plan) == valley.people_in_scope.total
    assert anew.outcome.people == anew.outcome.safe + anew.outcome.on_the_way + anew.outcome.at_home
    assert anew.outcome.stuck_vehicles == 0
    assert (anew.plan.revision, anew.plan.supersedes) == (2, running.id)
    trips = {trip.id: trip for trip in anew.plan.trips}
    for trip in running.trips:
        if trip.legs[-1].depart_s <= at_s:
            assert trips[trip.id] == trip
    was = simulate(valley, running, seed=SEED)
    for name in ("cars", "fleet"):
        before, after = was.curve(name), anew.outcome.curve(name)
        assert before is not None
        assert after is not None
        out = [
            max((n for t, n in zip(curve.times_s, curve.people, strict=True) if t <= at_s), default=0)
            for curve in (before, after)
        ]
        assert out[0] == out[1]


@settings(max_examples=4)
@given(at_s=st.integers(0, 9000))
def test_nothing_new_changes_nothing(valley: Scenario, running: Plan, at_s: int) -> None:
    anew = _anew(valley, running, at_s)
    assert anew.changes == ()
    assert anew.outcome.clearance_s == pytest.approx(simulate(valley, running, seed=SEED).clearance_s, abs=1)
    assert (anew.under_way.cars_diverted, anew.under_way.trips_broken_off) == (0, 0)


def test_nobody_drives_over_a_bridge_after_it_is_lost(valley: Scenario, running: Plan) -> None:
    at_s = 1800
    anew = _anew(valley, running, at_s, "River bridge")
    # Behind the bridge everybody who has not crossed stays. The people of Dub live on the safe bank; at
    # most they lack a vehicle that is caught on the other one.
    left = Counter[str]()
    for part in anew.plan.unserved:
        left[part.settlement] += part.people.total
        assert part.reason_code == ReasonCode.NO_ROAD
        if part.settlement == "D-DUB":
            assert part.detail.startswith("No suitable vehicle")
    assert anew.outcome.safe > anew.unchanged.safe
    assert anew.outcome.safe + sum(left.values()) == valley.people_in_scope.total


def test_cars_on_the_road_take_the_other_bridge() -> None:
    network = roads([("a", "b", 10, 600), ("b", "city", 10, 600), ("b", "c", 5, 600), ("c", "city", 10, 600)])
    named = replace(network, crossing=("", "near bridge", "", ""))
    scenario = drivers(named, {"a": 100}, {"city": math.inf})
    plan = plan_surge(scenario, scenario_hash=scenario_hash(scenario), seed=1).plan
    anew = _anew(scenario, plan, 300, "near bridge")
    assert anew.outcome.safe == 100
    assert anew.under_way.cars_diverted > 0
    assert any(route.links == ("a-b", "b-c", "c-city") for route in anew.plan.routes)
    assert sum(wave.vehicles for wave in anew.plan.waves) == 100
    # The 100th car passes b after 10 minutes and 99 headways of 6 s, then needs 15 minutes more.
    assert anew.outcome.clearance_s == pytest.approx(600 + 99 * 6 + 900, abs=1900)
    assert anew.unchanged.safe < 100


def test_a_count_taken_anew_is_planned_for(valley: Scenario, running: Plan) -> None:
    place = next(place for place in valley.settlements if place.id == "D-DUB")
    more = replace(place.people, adults=place.people.adults + 40)
    anew = _anew(
        valley, running, 600, demand=(DemandChange("D-DUB", more, place.wheelchair, place.stretcher),)
    )
    assert _people(anew.plan) == valley.people_in_scope.total + 40
    assert anew.outcome.people == valley.people_in_scope.total + 40
    assert any(change.settlement == "D-DUB" for change in anew.changes)


def test_fewer_people_than_are_under_way_are_refused(valley: Scenario, running: Plan) -> None:
    with pytest.raises(InfeasibleError, match="under way"):
        _anew(valley, running, 6000, demand=(DemandChange("D-DUB", PeopleCount(adults=1)),))


def test_a_plan_can_be_made_anew_twice(valley: Scenario, running: Plan) -> None:
    once = _anew(valley, running, 1200, "city_road")
    twice = _anew(once.scenario, once.plan, 2400, "River bridge")
    assert twice.plan.revision == 3
    assert twice.plan.supersedes == once.plan.id
    assert _people(twice.plan) == valley.people_in_scope.total
    assert twice.outcome.stuck_vehicles == 0


def test_seats_are_never_exceeded(valley: Scenario, running: Plan) -> None:
    seats = {vehicle: group for group in valley.fleet for vehicle in group.vehicle_ids()}
    for trip in _anew(valley, running, 1800, "city_road").plan.trips:
        if trip.mode == Mode.FLEET:
            aboard = sum(load.needs.seats for leg in trip.legs for load in leg.board)
            assert aboard <= seats[trip.vehicle].seats


def test_an_unknown_crossing_names_those_that_exist(valley: Scenario) -> None:
    with pytest.raises(InfeasibleError, match="River bridge"):
        closures_of(valley, "Old bridge", 0)
