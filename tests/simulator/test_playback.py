"""Playing plans: people counted by hand along cars, buses, hubs and trains."""

from __future__ import annotations

from dataclasses import replace

import pytest

from safepassage.model.fleet import ScheduledService
from safepassage.model.people import NeedCount, PeopleCount, Settlement
from safepassage.model.plan import Leg, Load, Mode, Plan, Route, Trip, Wave
from safepassage.model.policy import Audience
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site, SiteKind
from safepassage.model.threat import Threat, ThreatEntry, ThreatEntryKind
from safepassage.simulator.playback import simulate
from tests.planner.small_roads import drivers, roads

TEN = Load("village", 4, PeopleCount(adults=10), NeedCount(seat=10))
# Boarding ten people takes 300 s and 10 s each, alighting 300 s and 5 s each.
BOARD_S, ALIGHT_S = 400, 350


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """A village ten minutes from a hub, the city twenty minutes on."""
    network = roads([("village", "hub", 10, 1200), ("hub", "village", 10, 1200), ("hub", "city", 20, 1200)])
    made = drivers(network, {}, {"city": 100.0})
    place = Settlement("village", "В", "V", "", 50, 30, "village", PeopleCount(adults=20))
    sites = (
        *made.sites,
        Site("ap", SiteKind.ASSEMBLY_POINT, "", "", "village", 50, 30, settlement="village"),
        Site("hub", SiteKind.HANDOVER_HUB, "", "", "hub", 50, 30, safe=True),
        Site("station", SiteKind.STATION, "", "", "hub", 50, 30),
    )
    train = ScheduledService("train", "rail", "railway", "station", "exit-city", (3000.0,), 600.0, 100)
    return replace(made, settlements=(place,), sites=sites, services=(train,))


def plan_of(scenario: Scenario, *, waves: tuple[Wave, ...] = (), trips: tuple[Trip, ...] = ()) -> Plan:
    route = Route("village>exit-city", "village", "exit-city", ("village-hub", "hub-city"), 18_000, 1800)
    return Plan(
        id="p", revision=1, supersedes="", scenario_id=scenario.id, scenario_hash="0", start="", time_zone="",
        audience=Audience.COMMISSION, release_at_s=None, exercise=False, routes=(route,), waves=waves,
        trips=trips, assignments=(), unserved=(), control_points=(), pins=(),
    )  # fmt: skip


def bus_to(site: str, *, depart_s: int = 1000) -> Trip:
    """A bus at the hub fetches ten people and brings them to a site at the hub's node."""
    return Trip(
        "bus-t01", "bus-01", "agency", Mode.FLEET, 2, escorted=True,
        legs=(
            Leg("hub", (), 0, 0),
            Leg("ap", ("hub-village",), 600, depart_s, board=(TEN,)),
            Leg(site, ("village-hub",), depart_s + 600, depart_s + 950, alight=(TEN,)),
        ),
    )  # fmt: skip


def test_cars_carry_whole_persons(scenario: Scenario) -> None:
    wave = Wave("w", "village", "village>exit-city", 600, 1200, 4, 4, PeopleCount(adults=10))
    outcome = simulate(scenario, plan_of(scenario, waves=(wave,)))
    assert (outcome.people, outcome.safe, outcome.at_home, outcome.on_the_way) == (20, 10, 10, 0)
    # Cars leave at 600, 750, 900 and 1050 s with 2, 3, 2 and 3 people and drive 1,800 s.
    assert outcome.cars_clearance_s == pytest.approx(2850)
    assert outcome.mean_arrival_s == pytest.approx((2400 * 2 + 2550 * 3 + 2700 * 2 + 2850 * 3) / 10)
    curve = outcome.curve("cars")
    assert curve is not None
    assert (curve.times_s, curve.people) == ((2400, 2550, 2700, 2850), (2, 5, 7, 10))


def test_a_safe_hub_counts_once_and_reception_after_it(scenario: Scenario) -> None:
    onward = Trip(
        "bus-t02", "bus-01", "agency", Mode.FLEET, 2, escorted=True,
        legs=(
            Leg("hub", (), 1950, 2500, board=(TEN,)),
            Leg("exit-city", ("hub-city",), 3700, 4050, alight=(TEN,)),
        ),
    )  # fmt: skip
    outcome = simulate(scenario, plan_of(scenario, trips=(bus_to("hub"), onward)))
    assert (outcome.safe, outcome.at_home) == (10, 10)
    assert outcome.fleet_clearance_s == pytest.approx(1600)
    assert outcome.received_s == pytest.approx(2500 + 1200)
    assert dict(outcome.waiting_peak)["hub"] == 10


def test_a_bus_waits_for_its_passengers_to_board(scenario: Scenario) -> None:
    outcome = simulate(scenario, plan_of(scenario, trips=(bus_to("hub", depart_s=700),)))
    # It arrives at 600 s and cannot leave at 700 s, because boarding takes 400 s.
    assert outcome.trips[0].depart_s[1] == pytest.approx(600 + BOARD_S)
    assert outcome.fleet_clearance_s == pytest.approx(600 + BOARD_S + 600)


def test_a_tour_unloads_before_it_goes_on(scenario: Scenario) -> None:
    empty_run = Trip(
        "bus-t02", "bus-01", "agency", Mode.FLEET, 2, escorted=True,
        legs=(
            Leg("hub", (), 1600, 1600),
            Leg("ap", ("hub-village",), 2200, 2600, board=(TEN,)),
            Leg("hub", ("village-hub",), 3200, 3550, alight=(TEN,)),
        ),
    )  # fmt: skip
    outcome = simulate(scenario, plan_of(scenario, trips=(bus_to("hub"), empty_run)))
    assert outcome.trips[1].depart_s[0] == pytest.approx(1600 + ALIGHT_S)
    assert outcome.safe == 20


def test_a_train_takes_those_who_are_there(scenario: Scenario) -> None:
    train = Trip(
        "train-t01", "train", "railway", Mode.SERVICE, 0, escorted=False,
        legs=(
            Leg("station", (), 3000, 3000, board=(TEN,)),
            Leg("exit-city", (), 3600, 3600, alight=(TEN,)),
        ),
    )  # fmt: skip
    in_time = simulate(scenario, plan_of(scenario, trips=(bus_to("station"), train)))
    assert (in_time.safe, in_time.fleet_clearance_s) == (10, 3600)
    too_late = simulate(scenario, plan_of(scenario, trips=(bus_to("station", depart_s=2500), train)))
    assert (too_late.safe, too_late.on_the_way, too_late.at_home) == (0, 10, 10)


def test_links_show_who_is_on_them(scenario: Scenario) -> None:
    wave = Wave("w", "village", "village>exit-city", 0, 60, 1, 1, PeopleCount(adults=2))
    outcome = simulate(scenario, plan_of(scenario, waves=(wave,)))
    use = {link.link: link for link in outcome.links}
    assert outcome.bin_s == 60
    # The car is on the first link from 0 to 600 s and on the second until 1,800 s.
    assert use["village-hub"].vehicles[:12] == (1,) * 10 + (0, 0)
    assert use["hub-city"].vehicles[8:31] == (0, 0) + (1,) * 20 + (0,)
    assert (use["hub-city"].entered, use["hub-city"].delay_s) == (1, 0)


def test_certain_alert_holds_departures(scenario: Scenario) -> None:
    car = Wave("w", "village", "village>exit-city", 0, 60, 1, 1, PeopleCount(adults=3))
    alert = ThreatEntry("alarm", ThreatEntryKind.ALERT, "village", 0.0, 600.0)
    threatened = replace(scenario, threat=Threat((alert,)))
    outcome = simulate(threatened, plan_of(scenario, waves=(car,)))
    assert outcome.cars_clearance_s == 600 + 1800
    assert outcome.settlements[0].first_departure_s == 600
    assert simulate(threatened, plan_of(scenario, waves=(car,)), entries=()).cars_clearance_s == 1800


def test_certain_closure_leaves_people_on_the_way(scenario: Scenario) -> None:
    car = Wave("w", "village", "village>exit-city", 0, 60, 1, 1, PeopleCount(adults=3))
    closure = ThreatEntry("bridge", ThreatEntryKind.CLOSURE, "hub-city", 300.0)
    outcome = simulate(replace(scenario, threat=Threat((closure,))), plan_of(scenario, waves=(car,)))
    assert (outcome.safe, outcome.on_the_way, outcome.at_home) == (0, 3, 17)
    assert outcome.stuck_links == ("village-hub",)
