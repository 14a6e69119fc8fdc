"""What a scenario says of its roads, played: every table does what its guide says."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from safepassage.errors import InputError, ModelError
from safepassage.model.outcome import Outcome
from safepassage.model.people import PeopleCount, Settlement
from safepassage.model.plan import Plan, Route, Wave
from safepassage.model.policy import Audience
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site, SiteKind
from safepassage.model.threat import Threat, ThreatEntry, ThreatEntryKind
from safepassage.model.traffic import BackgroundFlow, Drivers, LaneReversal, TrafficSignal
from safepassage.simulator.background import background_departures_s
from safepassage.simulator.link_changes import link_changes
from safepassage.simulator.playback import simulate
from tests.planner.small_roads import drivers, roads

# Ten minutes to the hub; from there ten minutes to the near city or a way around of twenty-four.
NETWORK = roads(
    [
        ("village", "hub", 10, 1200),
        ("hub", "village", 10, 1200),
        ("hub", "near", 10, 1200),
        ("hub", "detour", 12, 1200),
        ("detour", "near", 12, 1200),
        ("near", "far", 20, 1200),
    ]
)
PEOPLE = PeopleCount(adults=40)


def scenario(**given: Any) -> Scenario:
    made = drivers(NETWORK, {}, {"near": math.inf})
    near, far = (Site(name, SiteKind.RECEPTION, "", "", name, 50, 30, safe=True) for name in ("near", "far"))
    point = Site("point", SiteKind.CHECKPOINT, "", "", "hub", 50, 30)
    place = Settlement("village", "В", "V", "", 50, 30, "village", PEOPLE)
    base = replace(made, settlements=(place,), sites=(near, far, point))
    return replace(base, **given)


PLAN = Plan(
    id="p", revision=1, supersedes="", scenario_id="s", scenario_hash="0", start="", time_zone="",
    audience=Audience.COMMISSION, release_at_s=None, exercise=False,
    routes=(Route("way", "village", "near", ("village-hub", "hub-near"), 12_000, 1200),),
    waves=(Wave("w", "village", "way", 0, 200, 20, 20, PEOPLE),),
    trips=(), assignments=(), unserved=(), control_points=(), pins=(),
)  # fmt: skip


def played(**given: Any) -> Outcome:
    return simulate(scenario(**given), PLAN)


def entry(kind: ThreatEntryKind, link: str, start_s: float, end_s: float = math.inf, **given: Any) -> Threat:
    return Threat((ThreatEntry("t", kind, link, start_s, end_s, **given),))


def test_as_it_is() -> None:
    outcome = played()
    assert (outcome.safe, outcome.clearance_s) == (40, 1390.0)
    assert (outcome.stuck, outcome.gridlocks, outcome.walks) == ((), (), ())


def test_background_traffic_takes_capacity_and_is_counted_apart() -> None:
    # The hub's road takes one car in three seconds; 600 an hour of them are background.
    flow = BackgroundFlow("b", "hub", "near", (), 0.0, 3600.0, 600.0)
    outcome = played(background=(flow,))
    assert (outcome.safe, outcome.people) == (40, 40)
    assert (outcome.background_vehicles, outcome.background_arrived) == (600, 600)
    assert {use.link: use.entered for use in outcome.links}["hub-near"] == 620
    crowded = played(background=(replace(flow, vehicles_per_h=1200.0),))
    assert crowded.clearance_s > outcome.clearance_s >= 1390.0


@pytest.mark.parametrize(
    ("start_s", "end_s", "per_h", "expected"),
    [
        (0.0, 30.0, 360.0, [0.0, 10.0, 20.0]),
        (-15.0, 30.0, 360.0, [5.0, 15.0, 25.0]),
        (90.0, math.inf, 360.0, [90.0]),
        (-100.0, -50.0, 360.0, []),
    ],
)
def test_background_vehicles_are_whole(
    start_s: float, end_s: float, per_h: float, expected: list[float]
) -> None:
    flow = BackgroundFlow("b", "hub", "near", (), start_s, end_s, per_h)
    assert background_departures_s(flow, 100.0).tolist() == expected


def test_background_without_a_way_is_told() -> None:
    with pytest.raises(InputError, match="no open road leads from far to hub"):
        played(background=(BackgroundFlow("b", "far", "hub", (), 0.0, 100.0, 60.0),))


def test_a_signal_halves_the_road() -> None:
    light = TrafficSignal("s", "village-hub", cycle_s=60.0, green_start_s=0.0, green_s=30.0)
    outcome = played(signals=(light,))
    # Cars reach it every 10 s from 600 s on. Those of 750, 760 and 770 s wait for the green at 780 s; with
    # those of 780 and 790 s they leave three seconds apart, the last one at 792 s.
    assert outcome.cars_clearance_s == 792 + 600


def test_a_breakdown_blocks_the_end_of_its_road() -> None:
    outcome = played(threat=entry(ThreatEntryKind.BREAKDOWN, "village-hub", 650.0, 1000.0))
    # Five cars are past by 650 s; fifteen leave from 1,000 s on, three seconds apart.
    assert outcome.clearance_s == 1000 + 14 * 3 + 600
    assert outcome.safe == 40


def test_smoke_slows_down_who_enters_in_it() -> None:
    outcome = played(threat=entry(ThreatEntryKind.SPEED, "hub-near", 0.0, 3000.0, factor=0.5))
    assert outcome.clearance_s == 190 + 600 + 1200


def test_a_closure_strands_and_names_the_place() -> None:
    outcome = played(threat=entry(ThreatEntryKind.CLOSURE, "hub-near", 651.0))
    assert outcome.safe == 12
    (place,) = outcome.stuck
    assert (place.link, place.on_road, place.at_origin) == ("village-hub", 14, 0)
    assert outcome.stuck_links == ("village-hub",)


def test_drivers_who_see_a_closure_drive_around_it() -> None:
    closed = entry(ThreatEntryKind.CLOSURE, "hub-near", 651.0)
    outcome = played(threat=closed, drivers=Drivers(reroute=True))
    assert outcome.safe == 40
    assert outcome.clearance_s == 190 + 600 + 1440


def test_drivers_who_are_told_by_radio_too_late_stay() -> None:
    closed = entry(ThreatEntryKind.CLOSURE, "hub-near", 651.0)
    unaware = Drivers(reroute=True, see_closures=False, radio_delay_s=math.inf)
    assert played(threat=closed, drivers=unaware).safe == 12
    told = Drivers(reroute=True, see_closures=False, told_at=("point",))
    assert played(threat=closed, drivers=told).safe == 40


def test_a_full_site_diverts_and_says_so() -> None:
    base = scenario()
    sites = tuple(
        replace(site, capacity_persons=25.0, divert_to="far") if site.id == "near" else site
        for site in base.sites
    )
    outcome = played(sites=sites)
    # Twelve cars of two are 24 of 25 places; eight drive on for twenty minutes.
    assert (outcome.safe, outcome.diverted_vehicles, outcome.turned_away_vehicles) == (40, 8, 0)
    assert outcome.clearance_s == 1390 + 1200
    full = tuple(replace(site, capacity_persons=10.0) if site.id == "far" else site for site in sites)
    away = played(sites=full)
    assert (away.safe, away.diverted_vehicles, away.turned_away_vehicles) == (34, 5, 3)
    assert away.people == away.safe + away.on_the_way + away.at_home


def test_a_site_that_diverts_where_no_road_leads_is_told() -> None:
    sites = tuple(
        replace(site, capacity_persons=1.0, divert_to="near") if site.id == "far" else site
        for site in scenario().sites
    )
    with pytest.raises(InputError, match="no road leads there from far"):
        played(sites=sites)


def test_reversed_lanes_come_with_the_transition_and_go_again() -> None:
    turn = LaneReversal("r", "hub-village", "village-hub", 1.0, 100.0, 5000.0, 300.0)
    given, taken, back, gone = link_changes(NETWORK, (), (turn,))
    assert (given.link, given.time_s, given.capacity_pcu_per_h, given.after_empty) == (0, 400.0, 2400.0, 1)
    assert given.jam_density_pcu_per_m == pytest.approx(2 / 7.5)
    assert (taken.link, taken.time_s, taken.capacity_pcu_per_h) == (0, 5000.0, 1200.0)
    assert (back.link, back.time_s, back.capacity_pcu_per_h) == (1, 100.0, 0.0)
    assert (gone.link, gone.time_s, gone.capacity_pcu_per_h) == (1, 5300.0, 1200.0)


def test_a_closure_of_the_gaining_direction_is_not_undone_by_the_reversal() -> None:
    turn = LaneReversal("r", "hub-village", "village-hub", 1.0, 100.0, math.inf, 300.0)
    closed = entry(ThreatEntryKind.CLOSURE, "village-hub", 200.0, 2000.0)
    changes = [change for change in link_changes(NETWORK, closed.entries, (turn,)) if change.link == 0]
    assert [(change.time_s, change.capacity_pcu_per_h) for change in changes] == [
        (200.0, 0.0), (700.0, 0.0), (2000.0, 2400.0)
    ]  # fmt: skip
    assert {change.after_empty for change in changes} == {None}


def test_a_reversal_that_is_over_before_its_lanes_turn_gives_nothing() -> None:
    turn = LaneReversal("r", "hub-village", "village-hub", 1.0, 100.0, 200.0, 300.0)
    assert {change.link for change in link_changes(NETWORK, (), (turn,))} == {1}


def test_everything_at_once_is_the_same_in_any_number_of_threads() -> None:
    base = scenario()
    sites = tuple(
        replace(site, capacity_persons=25.0, divert_to="far") if site.id == "near" else site
        for site in base.sites
    )
    everything = replace(
        base,
        sites=sites,
        background=(BackgroundFlow("b", "hub", "near", (), 0.0, 3600.0, 700.0),),
        signals=(TrafficSignal("s", "village-hub", 60.0, 0.0, 30.0),),
        reversals=(LaneReversal("r", "hub-village", "village-hub", 0.5, 100.0, 900.0, 60.0),),
        drivers=Drivers(reroute=True, told_at=("point",), radio_delay_s=300.0),
        threat=Threat(
            (
                ThreatEntry("a", ThreatEntryKind.BREAKDOWN, "village-hub", 650.0, 900.0),
                ThreatEntry("b", ThreatEntryKind.SPEED, "hub-near", 0.0, 2000.0, factor=0.7),
                ThreatEntry("c", ThreatEntryKind.CLOSURE, "hub-near", 1000.0, 4000.0),
            )
        ),
    )

    def digest(seed: int) -> str:
        return simulate(everything, PLAN, seed=seed).digest

    alone = [digest(seed) for seed in range(8)]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(digest, range(8))) == alone
    outcome = simulate(everything, PLAN)
    assert outcome.people == outcome.safe + outcome.on_the_way + outcome.at_home
    assert outcome.background_arrived == outcome.background_vehicles == 700


@pytest.mark.parametrize(
    "make",
    [
        lambda: BackgroundFlow("b", "a", "a", (), 0.0, 1.0, 60.0),
        lambda: BackgroundFlow("b", "a", "c", (), 1.0, 1.0, 60.0),
        lambda: BackgroundFlow("b", "a", "c", (), 0.0, 1.0, 0.0),
        lambda: TrafficSignal("s", "a", 60.0, 0.0, 61.0),
        lambda: LaneReversal("r", "a", "a", 1.0, 0.0),
        lambda: LaneReversal("r", "a", "b", 0.0, 0.0),
        lambda: ThreatEntry("t", ThreatEntryKind.SPEED, "a", 0.0, factor=0.0),
        lambda: Drivers(radio_delay_s=-1.0),
        lambda: scenario(drivers=Drivers(told_at=("nowhere",))),
        lambda: scenario(signals=(TrafficSignal("s", "nowhere", 60.0, 0.0, 30.0),)),
        lambda: scenario(background=(BackgroundFlow("b", "hub", "nowhere", (), 0.0, 1.0, 60.0),)),
    ],
)
def test_impossible_roads_are_refused(make: Any) -> None:
    with pytest.raises(ModelError):
        make()


def test_the_bound_counts_lanes_that_are_gained() -> None:
    from safepassage.planner.surge.problem import state_problem

    turn = LaneReversal("r", "hub-village", "village-hub", 1.0, 100.0, math.inf, 300.0)
    base = drivers(NETWORK, {"village": 100}, {"near": math.inf})
    problem = state_problem(replace(base, reversals=(turn,)))
    np.testing.assert_allclose(problem.open_roads.capacity_pcu_per_h[0], 2400.0)
    assert problem.roads.capacity_pcu_per_h[1] == 0.0
