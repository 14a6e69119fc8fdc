"""All the traffic of a plan in its scenario: its vehicles with their people, and background traffic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from safepassage.model.arrays import IndexArray
from safepassage.model.events import VehicleBlock, VehicleKind
from safepassage.model.plan import Mode, Plan
from safepassage.model.scenario import Scenario
from safepassage.simulator.background import background_departures_s, with_background
from safepassage.simulator.plan_traffic import PlanTraffic, plan_traffic
from safepassage.simulator.walking import gathering_sites, not_before_walkers


def vehicle_blocks(scenario: Scenario, plan: Plan) -> tuple[VehicleBlock, ...]:
    """
    Whose the vehicles of a played plan are, in the order in which they are numbered.

    Parameters
    ----------
    scenario : Scenario
        Gives the background traffic.
    plan : Plan
        What is played.

    Returns
    -------
    tuple of VehicleBlock
        Waves, then each vehicle of the fleet, then background flows.
    """
    fleet = dict.fromkeys(trip.vehicle for trip in plan.trips if trip.mode == Mode.FLEET)
    return (
        *(VehicleBlock(VehicleKind.CAR, wave.id, wave.settlement, wave.vehicles) for wave in plan.waves),
        *(VehicleBlock(VehicleKind.FLEET, name, "", 1) for name in fleet),
        *(
            VehicleBlock(
                VehicleKind.BACKGROUND,
                flow.id,
                "",
                len(background_departures_s(flow, scenario.horizon_s)),
            )
            for flow in scenario.background
        ),
    )


def scenario_traffic(scenario: Scenario, plan: Plan) -> PlanTraffic:
    """
    Make vehicles of a plan in its scenario.

    Parameters
    ----------
    scenario : Scenario
        Roads, sites, rules and background traffic.
    plan : Plan
        Waves and trips.

    Returns
    -------
    PlanTraffic
        The plan's vehicles, then those of the background; a vehicle waits for those who walk to it.
    """
    boarding = scenario.policy.boarding
    traffic = plan_traffic(scenario.network, plan.routes, plan.waves, plan.trips, boarding)
    demand = traffic.demand
    if any(site.divert_to for site in scenario.sites):
        demand = replace(demand, leg_persons=_leg_persons(plan, traffic))
    if gathering_sites(scenario):
        demand = replace(demand, leg_not_before_s=not_before_walkers(scenario, traffic, plan.trips))
    demand = with_background(demand, scenario.network, scenario.background, scenario.horizon_s)
    return replace(traffic, demand=demand)


def spread(people: int, vehicles: int) -> list[int]:
    """
    Whole persons in each car of a wave, as even as can be.

    Parameters
    ----------
    people, vehicles : int
        How many.

    Returns
    -------
    list of int
        One number a vehicle; their sum is ``people``.
    """
    return [people * (k + 1) // vehicles - people * k // vehicles for k in range(vehicles)]


def _leg_persons(plan: Plan, traffic: PlanTraffic) -> IndexArray:
    """Persons who get off at the end of each leg."""
    persons = np.zeros(traffic.demand.n_legs, np.int32)
    aboard = [number for wave in plan.waves for number in spread(wave.people.total, wave.vehicles)]
    persons[: len(aboard)] = aboard
    for first, trip in zip(traffic.trip_leg, plan.trips, strict=True):
        if first >= 0:
            off = [sum(load.people.total for load in stop.alight) for stop in trip.legs[1:]]
            persons[first : first + len(off)] = off
    return persons
