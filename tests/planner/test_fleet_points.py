"""Which assembly point people go to: the planner's choice among those near enough and accessible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest

from benchmarks.fleet_plan_case import kupiansk_like, people_of
from safepassage.model.people import HouseholdGroup
from safepassage.model.plan import Mode, Pin, PinAction, PinKind, ReasonCode
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site, SiteKind
from safepassage.model.traffic import Walking
from safepassage.planner.surge.fleet import FleetPlan, plan_fleet
from safepassage.planner.surge.fleet_problem import build_problem
from safepassage.planner.surge.fleet_search import sources_of
from safepassage.planner.surge.fleet_task import make_task
from safepassage.planner.surge.paths import Paths

Households = Mapping[str, tuple[HouseholdGroup, ...]]
TOWN = "s00"


def with_points(*walks_m: float, most_m: float, accessible: bool = True) -> tuple[Scenario, Households]:
    """A small district whose largest town has one more assembly point for each length of the way to it."""
    scenario, households = kupiansk_like(settlements=4, carless=600, wheelchair=8, stretcher=2)
    first = next(site for site in scenario.sites_of(SiteKind.ASSEMBLY_POINT) if site.settlement == TOWN)
    more = [
        replace(first, id=f"{first.id}-{k}", walk_m=walk_m, accessible=accessible)
        for k, walk_m in enumerate(walks_m)
    ]
    policy = replace(scenario.policy, walking=Walking(most_m=most_m))
    return replace(scenario, sites=(*scenario.sites, *more), policy=policy), households


def town_points(scenario: Scenario) -> list[Site]:
    return [site for site in scenario.sites_of(SiteKind.ASSEMBLY_POINT) if site.settlement == TOWN]


def planned(scenario: Scenario, households: Households) -> FleetPlan:
    return plan_fleet(scenario, households, Paths(scenario.network), seed=1, iterations=3)


def boarded(plan: FleetPlan) -> Counter[str]:
    """Persons of the town that get on at each site outside safety."""
    found: Counter[str] = Counter()
    for trip in plan.trips:
        for leg in trip.legs:
            if trip.mode == Mode.FLEET and leg.site not in {"hub", "station"}:
                found[leg.site] += sum(load.people.total for load in leg.board if load.settlement == TOWN)
    return +found


def test_people_are_told_the_point_where_their_vehicle_calls() -> None:
    scenario, households = with_points(400.0, 700.0, most_m=1000.0)
    plan = planned(scenario, households)
    told: Counter[str] = Counter()
    for part in plan.assignments:
        if part.settlement == TOWN:
            told[part.assembly_point] += part.people.total
    assert told == boarded(plan)
    assert set(told) <= {site.id for site in town_points(scenario)}
    assert told.total() == people_of({TOWN: households[TOWN]})


def test_no_point_beyond_the_limit_is_used() -> None:
    scenario, households = with_points(1500.0, most_m=1000.0)
    near, far = town_points(scenario)
    plan = planned(scenario, households)
    assert not plan.unserved
    assert set(boarded(plan)) == {near.id}
    assert far.walk_m > scenario.policy.walking.most_m


def test_people_with_no_point_near_enough_are_named() -> None:
    scenario, households = with_points(most_m=1000.0)
    (only,) = town_points(scenario)
    sites = tuple(replace(site, walk_m=1001.0) if site.id == only.id else site for site in scenario.sites)
    plan = planned(replace(scenario, sites=sites), households)
    assert sum(part.people.total for part in plan.unserved) == people_of({TOWN: households[TOWN]})
    assert {part.reason_code for part in plan.unserved} == {ReasonCode.NO_ASSEMBLY_POINT}
    assert all("walk" in part.detail for part in plan.unserved)


def test_wheelchairs_get_on_at_accessible_points_only() -> None:
    scenario, households = with_points(300.0, most_m=1000.0, accessible=False)
    plan = planned(scenario, households)
    closed = {site.id for site in town_points(scenario) if not site.accessible}
    needing = [
        load.needs.wheelchair + load.needs.stretcher
        for trip in plan.trips
        for leg in trip.legs
        if leg.site in closed
        for load in leg.board
    ]
    assert not any(needing)
    assert not plan.unserved


@pytest.mark.parametrize(("pinned", "sources"), [(False, 4), (True, 5)])
def test_points_that_pins_name_keep_their_own_people(pinned: bool, sources: int) -> None:
    scenario, households = with_points(300.0, most_m=1000.0)
    first = town_points(scenario)[0]
    bus = scenario.fleet[0].vehicle_ids()[0]
    pins = (Pin("p", PinAction.FORCE, PinKind.VEHICLE, bus, first.id),) if pinned else ()
    scenario = replace(scenario, pins=pins)
    problem = build_problem(scenario, households, Paths(scenario.network))
    assert len(set(sources_of(problem))) == sources
    people = make_task(problem, Paths(scenario.network)).people
    assert people.sum() == people_of(households)
    assert len(people) == sources
