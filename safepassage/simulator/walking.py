"""The way on foot from home to an assembly point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from safepassage.model.arrays import FloatArray
from safepassage.model.people import PeopleCount
from safepassage.model.plan import Load, Mode, Trip
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site, SiteKind
from safepassage.simulator.exposure import Hazard, integral
from safepassage.simulator.plan_traffic import PlanTraffic


@dataclass(frozen=True, slots=True)
class Walk:
    """
    People of one settlement who walk to one vehicle together.

    Attributes
    ----------
    site, settlement, trip : str
        Where they gather, where they live, which trip takes them.
    people : PeopleCount
        Who walks; people of low mobility do not.
    distance_m : float
        Mean way (m).
    set_out_s, arrive_s : float
        When they leave home and are there (s).
    """

    site: str
    settlement: str
    trip: str
    people: PeopleCount
    distance_m: float
    set_out_s: float
    arrive_s: float


def walkers(load: Load) -> PeopleCount:
    """
    Those of a load who walk.

    Parameters
    ----------
    load : Load
        Who boards.

    Returns
    -------
    PeopleCount
        All but those of low mobility, who are brought.
    """
    return replace(load.people, low_mobility=0)


def walking_time_s(scenario: Scenario, site: Site, load: Load) -> float:
    """
    How long the people of a load walk to a site: together, at the pace of the slowest.

    Parameters
    ----------
    scenario : Scenario
        Gives the speeds.
    site : Site
        Gives the way.
    load : Load
        Who walks.

    Returns
    -------
    float
        Seconds; 0 where nobody walks or the way is not counted.
    """
    people = walkers(load)
    if people.total == 0 or site.walk_m == 0:
        return 0.0
    walking = scenario.policy.walking
    slow = people.children + people.older > 0
    return site.walk_m / (walking.slow_speed_m_per_s if slow else walking.speed_m_per_s)


def gathering_sites(scenario: Scenario) -> dict[str, Site]:
    """
    Sites to which people walk, by id.

    Parameters
    ----------
    scenario : Scenario
        Whose.

    Returns
    -------
    dict of str to Site
        Assembly points whose way on foot is counted.
    """
    return {
        site.id: site
        for site in scenario.sites
        if site.kind == SiteKind.ASSEMBLY_POINT and site.walk_m > 0 and not site.safe
    }


def not_before_walkers(scenario: Scenario, traffic: PlanTraffic, trips: Sequence[Trip]) -> FloatArray:
    """
    Earliest departures of all legs: a vehicle waits for those who still walk to it.

    Parameters
    ----------
    scenario : Scenario
        Sites and speeds.
    traffic : PlanTraffic
        The traffic of the plan.
    trips : sequence of Trip
        Of the plan.

    Returns
    -------
    float64[n_legs]
        Planned departures (s), later where people called at the very start cannot be there before.
    """
    not_before_s = traffic.demand.leg_not_before_s.copy()
    sites = gathering_sites(scenario)
    for number, trip in enumerate(trips):
        if trip.mode != Mode.FLEET:
            continue
        for k, stop in enumerate(trip.legs[:-1]):
            if stop.site in sites and stop.board:
                longest_s = max(walking_time_s(scenario, sites[stop.site], load) for load in stop.board)
                leg = traffic.trip_leg[number] + k
                not_before_s[leg] = max(not_before_s[leg], longest_s)
    return not_before_s


def walking_exposure(
    walks: Sequence[Walk], hazard: Hazard, node_of_site: dict[str, int]
) -> npt.NDArray[np.float64]:
    """
    Integrate a hazard along the ways on foot.

    Parameters
    ----------
    walks : sequence of Walk
        Who walked when.
    hazard : Hazard
        Its rates at nodes count for those who walk to a site there.
    node_of_site : dict of str to int
        Node index of each site.

    Returns
    -------
    float64[3, n_nodes]
        Expected casualties of adults, children and older people by the node to which they walked.
    """
    total = np.zeros((3, hazard.node_rate_per_s.shape[1]))
    if not walks:
        return total
    node = np.array([node_of_site[walk.site] for walk in walks], np.int64)
    start_s = np.array([walk.set_out_s for walk in walks])
    end_s = np.array([walk.arrive_s for walk in walks])
    each = integral(hazard.node_rate_per_s, hazard.bin_s, node, start_s, end_s)
    people = [(walk.people.adults, walk.people.children, walk.people.older) for walk in walks]
    for group, numbers in enumerate(zip(*people, strict=True)):
        total[group] = np.bincount(node, each * np.array(numbers), total.shape[1])
    return total
