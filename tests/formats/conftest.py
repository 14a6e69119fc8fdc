"""A small plan of the valley and how it went, written by hand."""

from __future__ import annotations

import math

import pytest

from safepassage.formats.scenario_folder import scenario_hash
from safepassage.model.outcome import Curve, LinkUse, Outcome, SettlementOutcome, TripOutcome
from safepassage.model.people import NeedCount, PeopleCount
from safepassage.model.plan import (
    Assignment,
    Bounded,
    Certificate,
    ControlPoint,
    Leg,
    Load,
    Mode,
    NaiveComparison,
    Plan,
    ReasonCode,
    Route,
    Trip,
    Unserved,
    Wave,
)
from safepassage.model.policy import Audience
from safepassage.model.scenario import Scenario


@pytest.fixture
def valley_plan(valley: Scenario) -> Plan:
    """Two cars, a bus with six people, and three who cannot be served."""
    riders = Load("A-VERBA", 2, PeopleCount(4, 2), NeedCount(seat=6))
    trip = Trip(
        "t1", "bus-01", "Valley transport", Mode.FLEET, 2, escorted=True,
        legs=(
            Leg("depot", (), 0, 1800),
            Leg("ap_verba", ("hub_road_back", "west_road_back"), 3000, 3600, board=(riders,)),
            Leg("hub", ("bridge", "west_road"), 5000, 5300, alight=(riders,)),
        ),
    )  # fmt: skip
    certificate = Certificate(
        "clearance", 14, 11, 3,
        clearance=(Bounded("all", 11, 4000.0, 5300.0, "the fleet"),),
        bound_parts=(("distance", 4000.0),), mean_arrival_s=3000.5,
        naive=NaiveComparison("all at once", 6000.0, 5000.0, math.inf, 3100.0, 11, nearest_way_is_best=False),
        assumptions=("bridge_capacity",), statements=("11 of 14 people leave.",),
        versions=(("safepassage", "0.1"),), seed=7, input_hash=scenario_hash(valley),
        work_budget=(("rounds", 3),),
    )  # fmt: skip
    return Plan(
        "valley-1", 1, "", valley.id, scenario_hash(valley), valley.start.isoformat(), valley.time_zone,
        Audience.COMMISSION, None, exercise=True,
        routes=(Route("r1", "A-VERBA", "exit_south", ("verba_road", "east_road"), 5560.0, 333.5),),
        waves=(Wave("w1", "A-VERBA", "r1", 600, 1200, 2, 2, PeopleCount(4, 1)),),
        trips=(trip,),
        assignments=(
            Assignment("A-VERBA", Mode.CAR, "exit_south", "", "", PeopleCount(4, 1), NeedCount(seat=5), 2),
            Assignment(
                "A-VERBA", Mode.FLEET, "reception_city", "hub", "ap_verba", PeopleCount(4, 2),
                NeedCount(seat=6), 2,
            ),
        ),
        unserved=(
            Unserved(
                "B-LYPA", PeopleCount(2, 0, 0, 1), NeedCount(seat=1, stretcher=1, carer=1), 1,
                ReasonCode.NO_VEHICLE, '=HYPERLINK("x")', nobody_could=True,
            ),
        ),
        control_points=(ControlPoint("bridge_east", "crossing", 1, 3, 600, 5300),),
        pins=(),
        certificate=certificate,
    )  # fmt: skip


@pytest.fixture
def valley_outcome(valley_plan: Plan) -> Outcome:
    """What a simulator may say of `valley_plan`."""
    return Outcome(
        valley_plan.id, valley_plan.scenario_hash, 7, people=14, safe=11, on_the_way=0, at_home=3,
        clearance_s=5300.0, cars_clearance_s=1500.25, fleet_clearance_s=5300.0, received_s=math.inf,
        mean_arrival_s=3000.5, stuck_vehicles=0, stuck_links=(),
        curves=(Curve("all", (0, 1500, 5300), (0, 5, 11)),),
        settlements=(
            SettlementOutcome("A-VERBA", 11, 11, 0, 0, 600.0, 5300.0, 3000.5),
            SettlementOutcome("B-LYPA", 3, 0, 0, 3, math.nan, math.nan, math.nan),
        ),
        trips=(TripOutcome("t1", "bus-01", (0.0, 3000.0, 5000.0), (1800.0, 3600.0, math.nan)),),
        bin_s=300, links=(LinkUse("bridge", (0, 2), 12.5, 3),), waiting_peak=(("ap_verba", 6),),
        digest="0" * 64,
    )  # fmt: skip
