"""Cases of people: a village, its cars, its bus and its ways on foot, played as a scenario is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from safepassage.model.network import RoadNetwork
from safepassage.model.outcome import Outcome
from safepassage.model.people import NeedCount, PeopleCount, Settlement
from safepassage.model.plan import Leg, Load, Mode, Plan, Route, Trip, Wave
from safepassage.model.policy import Audience, Boarding, Policy, ThreatKind
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site, SiteKind
from safepassage.model.threat import Threat, ThreatEntry, ThreatEntryKind
from safepassage.model.traffic import BackgroundFlow, Walking
from safepassage.simulator.exposure import Hazard
from safepassage.simulator.playback import simulate
from safepassage.simulator.verification.keys import CaseGroup
from safepassage.simulator.verification.made_case import MadeCase
from safepassage.simulator.verification.pictures import Line, Picture, PictureKind
from safepassage.simulator.verification.runner import CheckResult, check
from safepassage.simulator.walking import Walk, walking_exposure

_BY_CAR = PeopleCount(adults=30, children=10)
_ON_FOOT = Load("village", 6, PeopleCount(adults=9, children=4, older=2), NeedCount(seat=15))
_BROUGHT = Load("village", 2, PeopleCount(adults=2, low_mobility=2), NeedCount(seat=2, wheelchair=2))
_WALK_M = 1000.0


def _scenario(**given: object) -> Scenario:
    """A village, a hub 600 s on, a city 1,200 s further; nobody boards in less than no time."""
    network = RoadNetwork(
        node_id=("village", "hub", "city"),
        longitude_deg=np.array([30.0, 30.1, 30.3]),
        latitude_deg=np.full(3, 50.0),
        node_service_pcu_per_h=np.full(3, np.inf),
        link_id=("village-hub", "hub-village", "hub-city"),
        from_node=np.array([0, 1, 1], np.int32),
        to_node=np.array([1, 0, 2], np.int32),
        length_m=np.array([6000.0, 6000.0, 12_000.0]),
        lanes=np.ones(3),
        free_speed_m_per_s=np.full(3, 10.0),
        capacity_pcu_per_h=np.full(3, 1200.0),
        jam_density_pcu_per_m=np.full(3, 1 / 7.5),
        merge_weight=np.ones(3),
        facility_type=("road",) * 3,
        crossing=("",) * 3,
        schematic=np.zeros(3, np.bool_),
        source=("made",) * 3,
        geometry=((),) * 3,
        movement_in_link=np.zeros(0, np.int32),
        movement_out_link=np.zeros(0, np.int32),
        movement_capacity_pcu_per_h=np.zeros(0),
    )
    people = _BY_CAR + _ON_FOOT.people + _BROUGHT.people
    sites = (
        Site("assembly", SiteKind.ASSEMBLY_POINT, "", "", "village", 50, 30, settlement="village"),
        Site("depot", SiteKind.DEPOT, "", "", "hub", 50, 30.1),
        Site("reception", SiteKind.RECEPTION, "", "", "city", 50, 30.3, safe=True),
    )
    scenario = Scenario(
        id="made", name_uk="Село", name_en="Village", time_zone="UTC",
        start=datetime(2023, 8, 10, 6, tzinfo=UTC), horizon_s=86_400.0, seed=0, network=network,
        settlements=(Settlement("village", "Село", "Village", "", 50, 30, "village", people, wheelchair=2),),
        sites=sites, fleet=(), services=(), threat=Threat(),
        policy=Policy(
            ThreatKind.NATURAL, boarding=Boarding(0.0, 0.0, 0.0, 0.0), call_ahead_s=600,
            walking=Walking(1.25, 0.625),
        ),
    )  # fmt: skip
    return replace(scenario, **given)  # type: ignore[arg-type]


def _plan(*, waves: Sequence[Wave] = (), trips: Sequence[Trip] = ()) -> Plan:
    route = Route("way", "village", "reception", ("village-hub", "hub-city"), 18_000.0, 1800.0)
    return Plan(
        id="made", revision=1, supersedes="", scenario_id="made", scenario_hash="", start="", time_zone="",
        audience=Audience.COMMISSION, release_at_s=None, exercise=True, routes=(route,), waves=tuple(waves),
        trips=tuple(trips), assignments=(), unserved=(), control_points=(), pins=(),
    )  # fmt: skip


def _cars(start_s: int = 0, end_s: int = 400) -> Wave:
    return Wave("cars", "village", "way", start_s, end_s, 16, 16, _BY_CAR)


def _bus(depart_s: int) -> Trip:
    load = (_ON_FOOT, _BROUGHT)
    return Trip(
        "bus-t01", "bus-01", "", Mode.FLEET, 2, escorted=False,
        legs=(
            Leg("depot", (), 0, 0),
            Leg("assembly", ("hub-village",), 600, depart_s, board=load),
            Leg("reception", ("village-hub", "hub-city"), depart_s + 1800, depart_s + 1800, alight=load),
        ),
    )  # fmt: skip


def _with_walk(scenario: Scenario) -> Scenario:
    sites = tuple(replace(site, walk_m=_WALK_M) if site.id == "assembly" else site for site in scenario.sites)
    return replace(scenario, sites=sites)


def _accounts(outcome: Outcome) -> CheckResult:
    apart = outcome.people - outcome.safe - outcome.on_the_way - outcome.at_home
    return check("people_not_accounted_for", "", 0, 0, apart)


def _curves(outcome: Outcome) -> list[Picture]:
    lines = tuple(
        Line(
            "arrived",
            tuple(map(float, (0, *curve.times_s))),
            tuple(map(float, (0, *curve.people))),
            steps=True,
        )
        for curve in outcome.curves
        if curve.name == "all"
    )
    return [Picture(PictureKind.CUMULATIVE, lines)]


def _population(seed: int) -> tuple[list[CheckResult], list[Picture], str]:
    flows = (BackgroundFlow("through", "hub", "city", (), 0.0, 3600.0, 240.0),)
    scenario = _scenario(background=flows)
    outcome = simulate(scenario, _plan(waves=[_cars()], trips=[_bus(1500)]), seed=seed)
    own = {use.link: use.entered for use in outcome.links}
    checks = [
        check("people", "", 59, 0, outcome.people),
        check("safe", "", 59, 0, outcome.safe),
        _accounts(outcome),
        # Sixteen cars and the bus leave the village; on the way to the city the background joins them.
        check("entries", "village-hub", 17, 0, own["village-hub"]),
        check("entries", "hub-city", 257, 0, own["hub-city"]),
        check("background_vehicles", "", 240, 0, outcome.background_vehicles),
        check("background_trips", "", 240, 0, outcome.background_arrived),
    ]
    return checks, _curves(outcome), outcome.digest


def _walking(seed: int) -> tuple[list[CheckResult], list[Picture], str]:
    outcome = simulate(_with_walk(_scenario()), _plan(trips=[_bus(3000)]), seed=seed)
    (walk,) = outcome.walks
    place = outcome.settlements[0]
    checks = [
        # With children and older people all walk at 0.625 m/s, the two carers at 1.25 m/s.
        check("people", "on foot", 17, 0, walk.people),
        check("longest_walk_s", "", 1600, 1e-6, walk.longest_s),
        check("walk_person_s", "", 15 * 1600 + 2 * 800, 1e-6, walk.person_s),
        # Called 600 s before the bus leaves, they set out so much earlier as they walk.
        check("first_departure_s", "", 3000 - 600 - 1600, 1e-6, place.first_departure_s),
        check("clearance_s", "", 4800, 1e-6, outcome.fleet_clearance_s),
    ]
    return checks, _curves(outcome), outcome.digest


def _waiting_for_walkers(seed: int) -> tuple[list[CheckResult], list[Picture], str]:
    outcome = simulate(_with_walk(_scenario()), _plan(trips=[_bus(700)]), seed=seed)
    place = outcome.settlements[0]
    (trip,) = outcome.trips
    checks = [
        check("first_departure_s", "", 0, 0, place.first_departure_s),
        check("longest_walk_s", "", 1600, 1e-6, max(walk.longest_s for walk in outcome.walks)),
        # Planned for 700 s; who was called at 0 s is there after 1,600 s.
        check("departed_by", "bus, planned for 700 s", 1600, 1e-6, trip.depart_s[1]),
        check("safe", "", 19, 0, outcome.safe),
    ]
    return checks, _curves(outcome), outcome.digest


def _handover(seed: int) -> tuple[list[CheckResult], list[Picture], str]:
    closed = Threat((ThreatEntry("fire", ThreatEntryKind.ARRIVAL, "hub-city", 3900.0),))
    scenario = _with_walk(_scenario(threat=closed))
    outcome = simulate(scenario, _plan(trips=[_bus(3000)]), seed=seed)
    late = simulate(scenario, _plan(trips=[_bus(3600)]), seed=seed)
    checks = [
        check("people", "boarded", 19, 0, dict(outcome.waiting_peak)["assembly"]),
        check("safe", "", 19, 0, outcome.safe),
        check("on_the_way", "", 0, 0, outcome.on_the_way),
        check("at_home", "", 40, 0, outcome.at_home),
        _accounts(outcome),
        check("on_the_way", "bus 600 s later", 19, 0, late.on_the_way),
        check("stuck_vehicles", "bus 600 s later", 1, 0, late.stuck_vehicles),
        _accounts(late),
    ]
    return checks, _curves(outcome), outcome.digest


def _overtaken(seed: int) -> tuple[list[CheckResult], list[Picture], str]:
    # Cars leave every 25 s from 0 s on and reach the hub 600 s later; the fire closes the road there at
    # 800 s, when the cars of 0 to 200 s are past it: nine cars.
    fire = Threat((ThreatEntry("fire", ThreatEntryKind.ARRIVAL, "hub-city", 801.0),))
    outcome = simulate(_scenario(threat=fire), _plan(waves=[_cars()]), seed=seed)
    past = sum(40 * (k + 1) // 16 - 40 * k // 16 for k in range(9))
    checks = [
        check("safe", "", past, 0, outcome.safe),
        check("overtaken", "", 40 - past, 0, outcome.on_the_way),
        check("stuck_vehicles", "", 7, 0, outcome.stuck_vehicles),
        check("stuck_on", "village-hub", 7, 0, sum(place.on_road for place in outcome.stuck)),
        _accounts(outcome),
    ]
    return checks, _curves(outcome), outcome.digest


def _order(seed: int) -> tuple[list[CheckResult], list[Picture], str]:
    alert = Threat((ThreatEntry("alert", ThreatEntryKind.ALERT, "village", 100.0, 1000.0),))
    plan = _plan(waves=[_cars(600, 1000)])
    outcome = simulate(_scenario(), plan, seed=seed)
    held = simulate(_scenario(threat=alert), plan, seed=seed)
    elsewhere = Threat((ThreatEntry("alert", ThreatEntryKind.ALERT, "other", 100.0, 1000.0),))
    free = simulate(_scenario(threat=elsewhere), plan, seed=seed)
    checks = [
        check("first_departure_s", "ordered for 600 s", 600, 1e-6, outcome.settlements[0].first_departure_s),
        check("first_departure_s", "alert to 1,000 s", 1000, 1e-6, held.settlements[0].first_departure_s),
        check("first_departure_s", "alert elsewhere", 600, 1e-6, free.settlements[0].first_departure_s),
        check("safe", "", 40, 0, held.safe),
        _accounts(held),
    ]
    return checks, _curves(outcome), outcome.digest


def _walking_harm(_seed: int) -> tuple[list[CheckResult], list[Picture], str]:
    # 1e-6 a person-second for an hour, then three times that; fifteen people walk 1,600 s from 3,000 s on.
    rate = np.repeat([[1e-6], [3e-6]], 3, axis=1)
    hazard = Hazard(3600.0, np.zeros((2, 3)), rate)
    walk = Walk("assembly", "village", "bus-t01", _ON_FOOT.people, _WALK_M, 3000.0, 4600.0)
    total = walking_exposure([walk], hazard, {"assembly": 0})
    each = 600 * 1e-6 + 1000 * 3e-6
    checks = [
        check("walking_harm", "adults", 9 * each, 1e-12, float(total[0, 0])),
        check("walking_harm", "children", 4 * each, 1e-12, float(total[1, 0])),
        check("walking_harm", "older people", 2 * each, 1e-12, float(total[2, 0])),
        check("walking_harm", "elsewhere", 0, 0, float(total[:, 1:].sum())),
    ]
    return checks, [], ""


PEOPLE_CASES = (
    MadeCase(
        "population", "People, cars, a bus and background traffic are those of the tables",
        "Люди, авто, автобус і фоновий рух - ті самі, що в таблицях", CaseGroup.POPULATION, _population,
    ),
    MadeCase(
        "walking", "People walk to the assembly point at the pace of the slowest",
        "Люди йдуть до місця збору з швидкістю найповільнішого", CaseGroup.MOVEMENT, _walking,
    ),
    MadeCase(
        "bus-waits-for-walkers", "A bus waits for those who cannot be there before",
        "Автобус чекає на тих, хто не може прийти раніше", CaseGroup.INTERACTION, _waiting_for_walkers,
    ),
    MadeCase(
        "walk-to-bus", "From the walk to the bus nobody is lost and nobody appears",
        "Від дороги пішки до автобуса ніхто не зникає і не з'являється", CaseGroup.INTERACTION, _handover,
    ),
    MadeCase(
        "overtaken", "A fire that reaches a road closes it, and those overtaken are counted",
        "Пожежа, що дійшла до дороги, перекриває її; кого наздогнала - пораховано",
        CaseGroup.INTERACTION, _overtaken,
    ),
    MadeCase(
        "order-and-alert", "Departures follow the order of their place, and wait for its alert to end",
        "Виїзд іде за наказом для свого місця і чекає на відбій тривоги", CaseGroup.INTERACTION, _order,
    ),
    MadeCase(
        "walking-harm", "Danger on the way on foot is summed by person, group and place",
        "Небезпеку дороги пішки підсумовано за особою, групою і місцем",
        CaseGroup.INTERACTION, _walking_harm, source="The integral of a stepped rate, by hand",
    ),
)  # fmt: skip
