"""Danger by phase, place and group: everybody is at one place at a time; sums by hand."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from safepassage.model.fleet import ScheduledService
from safepassage.model.people import NeedCount, PeopleCount, Settlement
from safepassage.model.plan import Leg, Load, Mode, Plan, Route, Trip, Wave
from safepassage.model.policy import Audience
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site, SiteKind
from safepassage.model.threat import Threat, ThreatEntry, ThreatEntryKind
from safepassage.simulator.people_stays import people_stays, person_seconds
from safepassage.simulator.playback import play_plan
from safepassage.threat.rate_field import HazardParameters, Protection
from safepassage.workflows.exposure import ExposureRow, exposure_csv, exposure_of
from tests.planner.small_roads import drivers, roads

CARS = PeopleCount(adults=7, children=3)
ABOARD = PeopleCount(adults=4, children=2, older=3, low_mobility=1)
LOAD = Load("village", 4, ABOARD, NeedCount(seat=9, wheelchair=1))
UNTIL_S = 48 * 3600.0


def scenario(*, hub_is_safe: bool = False) -> Scenario:
    network = roads([("village", "hub", 10, 1200), ("hub", "village", 10, 1200), ("hub", "city", 20, 1200)])
    made = drivers(network, {}, {"city": 100.0})
    people = CARS + ABOARD + PeopleCount(adults=5)
    place = Settlement("village", "В", "V", "", 50, 30, "village", people, wheelchair=1)
    sites = (
        *made.sites,
        Site("ap", SiteKind.ASSEMBLY_POINT, "", "", "village", 50, 30, settlement="village", walk_m=500.0),
        Site("hub", SiteKind.HANDOVER_HUB, "", "", "hub", 50, 30, safe=hub_is_safe),
        Site("station", SiteKind.STATION, "", "", "hub", 50, 30),
    )
    train = ScheduledService("train", "rail", "railway", "station", "exit-city", (4000.0,), 600.0, 100)
    return replace(made, settlements=(place,), sites=sites, services=(train,))


def bus(site: str) -> Trip:
    return Trip(
        "bus-t01", "bus-01", "agency", Mode.FLEET, 2, escorted=True,
        legs=(
            Leg("hub", (), 0, 0),
            Leg("ap", ("hub-village",), 600, 2400, board=(LOAD,)),
            Leg(site, ("village-hub",), 3000, 3400, alight=(LOAD,)),
        ),
    )  # fmt: skip


TRAIN = Trip(
    "train-1", "train", "railway", Mode.SERVICE, 1, escorted=False,
    legs=(
        Leg("station", (), 4000, 4000, board=(LOAD,)),
        Leg("exit-city", (), 4600, 4600, alight=(LOAD,)),
    ),
)  # fmt: skip


def plan_of(*trips: Trip) -> Plan:
    route = Route("way", "village", "exit-city", ("village-hub", "hub-city"), 18_000, 1800)
    wave = Wave("w", "village", "way", 600, 1200, 4, 4, CARS)
    return Plan(
        id="=p", revision=3, supersedes="", scenario_id="s", scenario_hash="0", start="", time_zone="",
        audience=Audience.COMMISSION, release_at_s=None, exercise=True, routes=(route,), waves=(wave,),
        trips=trips, assignments=(), unserved=(), control_points=(), pins=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("made", "plan"),
    [
        (scenario(), plan_of(bus("station"), TRAIN)),
        (scenario(), plan_of(bus("station"))),
        (scenario(hub_is_safe=True), plan_of(bus("hub"))),
        (scenario(), plan_of()),
        (
            replace(
                scenario(), threat=Threat((ThreatEntry("t", ThreatEntryKind.CLOSURE, "village-hub", 900.0),))
            ),
            plan_of(bus("station"), TRAIN),
        ),
    ],
    ids=["by train", "left at the station", "safe hub", "cars only", "closed on the way"],
)
def test_everybody_is_at_one_place_at_a_time(made: Scenario, plan: Plan) -> None:
    played = play_plan(made, plan)
    stays, road = people_stays(made, plan, played.traffic, played.result, until_s=UNTIL_S)
    outcome = played.outcome
    safe_s = outcome.mean_arrival_s * outcome.safe if outcome.safe else 0.0
    expected = safe_s + (outcome.people - outcome.safe) * UNTIL_S
    assert sum(total for _, total in person_seconds(stays, road)) == pytest.approx(expected)


def rows_of(made: Scenario, plan: Plan) -> dict[tuple[str, str, str], ExposureRow]:
    # One casualty a person-day everywhere and always: the radius covers the district, nothing decays.
    flat = HazardParameters(level_per_person_day=1.0, radius_m=1e9, journey_per_person_hour=0.0)
    rows = exposure_of(made, plan, play_plan(made, plan), hazard=flat, protection=Protection())
    return {(row.phase.value, row.place, row.group): row for row in rows}


def test_sums_by_hand() -> None:
    rows = rows_of(scenario(), plan_of(bus("station"), TRAIN))
    day_s = 86_400.0
    # Children and older people walk 500 m at 2.5 km/h, 720 s, and everybody with them; the bus leaves at
    # 2,400 s, and boarding starts before the half hour of the call.
    walk = rows["walking", "ap", "children"]
    assert walk.person_s == pytest.approx(2 * 720)
    assert walk.casualties == pytest.approx(2.0 * 2 * 720 / day_s)
    assert ("walking", "ap", "low_mobility") not in rows
    assert rows["waiting", "ap", "older"].casualties == pytest.approx(
        2.0 * (1 + 9 / 150) * rows["waiting", "ap", "older"].person_s / day_s
    )
    home = rows["home", "village", "children"]
    assert home.casualties == pytest.approx(home.person_s / day_s)
    road = rows["road", "hub-city", "adults"]
    assert road.person_s == pytest.approx(7 * 1200)
    assert road.casualties == pytest.approx(1.5 * road.person_s / day_s, rel=1e-3)
    assert rows["service", "station", "adults"].casualties == 0
    assert rows["service", "station", "adults"].person_s == pytest.approx(4 * 600)


def test_the_table_is_marked_and_inert() -> None:
    made, plan = scenario(), plan_of(bus("station"))
    text = exposure_csv(plan, exposure_of(made, plan, play_plan(made, plan)))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["plan_id"] for row in rows} == {"'=p"}
    assert all(row["exercise"].startswith("EXERCISE") and row["audience"] == "commission" for row in rows)
    assert {row["phase"] for row in rows} == {"home", "walking", "waiting", "road"}
