"""The fleet planner on a made district: every rule is checked on the finished plan, trip by trip."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import pairwise

import pytest

from benchmarks.fleet_plan_case import kupiansk_like, people_of
from safepassage.model.people import HouseholdGroup, NeedCount
from safepassage.model.plan import Leg, Load, Mode, Trip
from safepassage.model.scenario import Scenario
from safepassage.model.sites import SiteKind
from safepassage.planner.surge.fleet import FleetPlan, naive_fleet, plan_fleet
from safepassage.planner.surge.paths import Paths

Households = Mapping[str, tuple[HouseholdGroup, ...]]
Case = tuple[Scenario, Households, FleetPlan]

VARIANTS = {
    "plenty of room": {},
    "small hub": {"hub_cap": 300.0},
    "small crowds": {"stop_cap": 60.0},
    "no train": {"with_train": False},
}


@pytest.fixture(scope="module", params=[*VARIANTS, "naive"])
def case(request: pytest.FixtureRequest) -> Case:
    variant = VARIANTS.get(request.param, {})
    scenario, households = kupiansk_like(
        settlements=15,
        carless=2500,
        wheelchair=20,
        stretcher=8,
        **variant,  # type: ignore[arg-type]
    )
    if request.param == "naive":
        return scenario, households, naive_fleet(scenario, households, Paths(scenario.network))
    plan = plan_fleet(scenario, households, Paths(scenario.network), seed=3, iterations=20)
    return scenario, households, plan


def by_vehicle(plan: FleetPlan) -> dict[str, list[Trip]]:
    trips: dict[str, list[Trip]] = defaultdict(list)
    for trip in plan.trips:
        if trip.mode == Mode.FLEET:
            trips[trip.vehicle].append(trip)
    return trips


def needs(loads: tuple[Load, ...]) -> NeedCount:
    return sum((load.needs for load in loads), NeedCount())


def peak(intervals: list[tuple[float, float, int]]) -> int:
    starts = [start for start, _, _ in intervals]
    return max((sum(n for start, end, n in intervals if start <= at < end) for at in starts), default=0)


def test_everybody_is_served_or_named(case: Case) -> None:
    _, households, plan = case
    counted: Counter[str] = Counter()
    parts = [(part.settlement, part.people, part.needs) for part in plan.assignments]
    parts += [(part.settlement, part.people, part.needs) for part in plan.unserved]
    for settlement, people, need in parts:
        counted[settlement] += people.total
        assert people.total == need.total
    assert counted == {
        settlement: total
        for settlement in households
        if (total := people_of({settlement: households[settlement]}))
    }


def test_households_are_counted_whole(case: Case) -> None:
    _, households, plan = case
    served = sum(part.households for part in plan.assignments)
    left = sum(part.households for part in plan.unserved)
    assert served + left == sum(group.count for groups in households.values() for group in groups)


def test_vehicles_chain_in_place_and_time(case: Case) -> None:
    scenario, _, plan = case
    depots = {vehicle: group.depot for group in scenario.fleet for vehicle in group.vehicle_ids()}
    for vehicle, trips in by_vehicle(plan).items():
        assert trips[0].legs[0].site == depots[vehicle]
        assert all(not trip.legs[0].links for trip in trips)
        for before, after in pairwise(trips):
            assert after.legs[0].site == before.legs[-1].site
            assert after.legs[0].arrive_s == before.legs[-1].depart_s
        times = [at for trip in trips for leg in trip.legs for at in (leg.arrive_s, leg.depart_s)]
        assert times == sorted(times)


def test_links_lead_from_stop_to_stop_in_the_time_given(case: Case) -> None:
    scenario, _, plan = case
    network = scenario.network
    index = {link: k for k, link in enumerate(network.link_id)}
    node = {site.id: network.node_id.index(site.node) for site in scenario.sites}
    for trip in plan.trips:
        if trip.mode == Mode.SERVICE:
            continue
        for before, after in pairwise(trip.legs):
            links = [index[link] for link in after.links]
            ends = [node[before.site], *(int(network.to_node[link]) for link in links)]
            assert [int(network.from_node[link]) for link in links] == ends[:-1]
            assert ends[-1] == node[after.site]
            drive_s = float(network.free_flow_time_s[links].sum())
            assert after.arrive_s - before.depart_s >= drive_s - 1e-6


def test_places_are_never_exceeded_and_carers_travel_along(case: Case) -> None:
    scenario, _, plan = case
    group_of = {vehicle: group for group in scenario.fleet for vehicle in group.vehicle_ids()}
    for trip in plan.trips:
        if trip.mode == Mode.SERVICE:
            continue
        group = group_of[trip.vehicle]
        on_board = sum((needs(leg.board) for leg in trip.legs), NeedCount())
        assert on_board.seats <= group.seats
        assert on_board.wheelchair <= group.wheelchair_places
        assert on_board.stretcher <= group.stretcher_places
        assert on_board.carer <= on_board.wheelchair + on_board.stretcher


def test_scheduled_services_keep_to_their_timetable_and_places(case: Case) -> None:
    scenario, _, plan = case
    service = {item.id: item for item in scenario.services}
    for trip in plan.trips:
        if trip.mode == Mode.SERVICE:
            on_board = needs(trip.legs[0].board)
            assert trip.legs[0].depart_s in service[trip.vehicle].departs_s
            assert on_board.seats <= service[trip.vehicle].seats
            assert on_board.wheelchair <= service[trip.vehicle].wheelchair_places


def test_nobody_is_on_the_road_in_the_curfew(case: Case) -> None:
    scenario, _, plan = case
    windows = scenario.open_windows()
    for trip in plan.trips:
        if trip.mode == Mode.SERVICE:
            continue
        for before, after in pairwise(trip.legs):
            assert any(w0 <= before.depart_s and after.arrive_s <= w1 for w0, w1 in windows)
        first = next(leg for leg in trip.legs if leg.board)
        assert any(w0 <= first.depart_s and trip.legs[-1].arrive_s <= w1 for w0, w1 in windows)


def test_crews_rest_and_end_their_day(case: Case) -> None:
    scenario, _, plan = case
    policy = scenario.policy
    for trips in by_vehicle(plan).values():
        driven_s = 0.0
        legs: list[Leg] = [leg for trip in trips for leg in trip.legs]
        for before, after in pairwise(legs):
            if before.depart_s - before.arrive_s >= policy.break_s and not before.board:
                driven_s = 0.0
            if before.rest_s:
                assert before.rest_s >= policy.break_s
                assert before.depart_s - before.arrive_s >= before.rest_s
                driven_s = 0.0
            driven_s += after.arrive_s - before.depart_s if after.links else 0.0
            assert driven_s <= policy.drive_before_break_s
        assert legs[-1].depart_s <= scenario.horizon_s


def test_crowds_stay_below_the_caps(case: Case) -> None:
    scenario, _, plan = case
    ahead_s = scenario.policy.call_ahead_s
    waits: dict[str, list[tuple[float, float, int]]] = defaultdict(list)
    for trip in plan.trips:
        for leg in trip.legs:
            if leg.board and trip.mode == Mode.FLEET and leg.site != "hub":
                persons = sum(load.people.total for load in leg.board)
                waits[leg.site].append((leg.depart_s - ahead_s, leg.depart_s, persons))
    cap = {site.id: site.waiting_cap_persons for site in scenario.sites}
    for site, intervals in waits.items():
        assert peak(intervals) <= cap[site]
    for site in ("hub", "station"):
        events = []
        for trip in plan.trips:
            for leg in trip.legs:
                if leg.site == site:
                    events += [(leg.arrive_s, sum(load.people.total for load in leg.alight))]
                    events += [(leg.depart_s, -sum(load.people.total for load in leg.board))]
        there = 0
        for _, change in sorted(events):
            there += change
            assert 0 <= there <= cap[site]


def test_beds_are_not_exceeded(case: Case) -> None:
    scenario, _, plan = case
    received: Counter[str] = Counter()
    for part in plan.assignments:
        received[part.destination] += part.people.total
    for site in scenario.sites_of(SiteKind.RECEPTION):
        assert received[site.id] <= site.capacity_persons


def test_clearance_is_the_last_arrival_at_a_safe_place(case: Case) -> None:
    scenario, _, plan = case
    safe = {site.id for site in scenario.sites if site.safe}
    fetching = [trip for trip in plan.trips if not any(leg.board and leg.site == "hub" for leg in trip.legs)]
    arrivals = [leg.arrive_s for trip in fetching for leg in trip.legs if leg.alight and leg.site in safe]
    assert plan.clearance_s == max(arrivals)
    assert 0 < plan.mean_arrival_s < plan.clearance_s


def test_same_seed_gives_the_same_plan() -> None:
    scenario, households = kupiansk_like(settlements=8, carless=900, wheelchair=6, stretcher=3)
    first, second = (
        plan_fleet(scenario, households, Paths(scenario.network), seed=5, iterations=15) for _ in range(2)
    )
    assert first == second


def test_searching_longer_is_never_worse() -> None:
    scenario, households = kupiansk_like(settlements=12, carless=2400, wheelchair=10, stretcher=5)
    paths = Paths(scenario.network)
    short = plan_fleet(scenario, households, paths, seed=5, iterations=0)
    longer = plan_fleet(scenario, households, paths, seed=5, iterations=60)
    assert not short.unserved
    assert not longer.unserved
    assert longer.clearance_s <= short.clearance_s


def test_the_hub_beats_straight_trips() -> None:
    scenario, households = kupiansk_like(settlements=15, carless=2500, wheelchair=20, stretcher=8)
    paths = Paths(scenario.network)
    plan = plan_fleet(scenario, households, paths, seed=5, iterations=0)
    naive = naive_fleet(scenario, households, paths)
    assert not plan.unserved
    assert not naive.unserved
    assert plan.clearance_s < 0.75 * naive.clearance_s


def test_slower_roads_make_a_later_plan() -> None:
    scenario, households = kupiansk_like(settlements=8, carless=900, wheelchair=6, stretcher=3)
    paths = Paths(scenario.network)
    plans = [
        plan_fleet(scenario, households, paths, seed=5, iterations=0, slowdown=slowdown)
        for slowdown in (None, lambda _origin, _destination, depart_s: 1.5 if depart_s < 18_000 else 1.2)
    ]
    assert plans[0].clearance_s < plans[1].clearance_s
    assert not math.isnan(plans[1].mean_arrival_s)


def test_nobody_spends_the_night_at_the_station(case: Case) -> None:
    scenario, _, plan = case
    waiting: Counter[int] = Counter()
    windows = scenario.open_windows()
    for trip in plan.trips:
        for leg in trip.legs:
            if leg.site == "station":
                night = next(k for k, (_, end) in enumerate(windows) if leg.arrive_s <= end)
                waiting[night] += sum(load.people.total for load in leg.alight)
                waiting[night] -= sum(load.people.total for load in leg.board)
    assert not any(waiting.values())
