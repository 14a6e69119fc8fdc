"""Where the people of every group were until when in a played plan: at home, on foot, waiting, driving."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from safepassage.model.arrays import FloatArray, IndexArray
from safepassage.model.people import PeopleCount
from safepassage.model.plan import Leg, Load, Mode, Plan, Trip
from safepassage.model.scenario import Scenario
from safepassage.model.sites import SiteKind
from safepassage.simulator.demand import TrafficDemand
from safepassage.simulator.exposure import passages
from safepassage.simulator.plan_demand import spread
from safepassage.simulator.plan_traffic import PlanTraffic, stop_time_s, trip_times_s
from safepassage.simulator.run import TrafficResult
from safepassage.simulator.walking import gathering_sites, walking_time_s

GROUPS = ("adults", "children", "older", "low_mobility")


class Phase(StrEnum):
    """What people do at a time."""

    HOME = "home"
    WALKING = "walking"
    WAITING = "waiting"
    STOP = "stop"
    ROAD = "road"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, eq=False)
class Stay:
    """
    People of one settlement who are at one place for a time.

    Attributes
    ----------
    phase : Phase
        What they do: at home, walking to a site, waiting there outside, in a vehicle that stands there,
        or on a scheduled service that left there.
    place : str
        Id of the settlement (home) or site.
    settlement : str
        Where they live.
    people : float64[4]
        Persons by group.
    start_s, end_s : float
        From when until when (s).
    together : float
        Persons who wait together, for what a crowd does to danger.
    """

    phase: Phase
    place: str
    settlement: str
    people: FloatArray
    start_s: float
    end_s: float
    together: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class RoadStays:
    """
    Stays on links, one a passage of a vehicle.

    Attributes
    ----------
    link : int32[n]
        Where.
    start_s, end_s : float64[n]
        From when until when (s).
    people : float64[n, 4]
        Persons in the vehicle by group.
    """

    link: IndexArray
    start_s: FloatArray
    end_s: FloatArray
    people: FloatArray


@dataclass(slots=True)
class _Stays:
    scenario: Scenario
    until_s: float
    leg_people: FloatArray
    found: list[Stay] = field(default_factory=list)
    left: dict[str, FloatArray] = field(default_factory=lambda: defaultdict(lambda: np.zeros(4)))
    came: dict[tuple[str, str], list[tuple[float, FloatArray]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(
        self, phase: Phase, where: tuple[str, str], people: FloatArray, start_s: float, end_s: float, *,
        together: float = 1.0,
    ) -> None:  # fmt: skip
        """Note a stay that takes time; one without an end lasts until the end of all."""
        start_s = min(start_s, self.until_s)
        end_s = self.until_s if math.isnan(end_s) else min(end_s, self.until_s)
        if end_s > start_s and people.any():
            self.found.append(Stay(phase, *where, people, start_s, end_s, together))


def people_stays(
    scenario: Scenario, plan: Plan, traffic: PlanTraffic, result: TrafficResult, *, until_s: float
) -> tuple[tuple[Stay, ...], RoadStays]:
    """
    Follow everybody in scope from the start until safe.

    Parameters
    ----------
    scenario : Scenario
        People and sites.
    plan : Plan
        What was played.
    traffic : PlanTraffic
        Its traffic.
    result : TrafficResult
        How it went, with recorded entries.
    until_s : float
        Who is not safe is followed until then (s).

    Returns
    -------
    tuple of Stay, RoadStays
        Stays off the road and on it; each person is at one place at a time.

    Notes
    -----
    People leave home for a car when it gets onto the road. Where a vehicle takes on fewer people than
    planned, because some came too late, the groups are taken in proportion.
    """
    stays = _Stays(scenario, until_s, np.zeros((traffic.demand.n_legs, 4)))
    _follow_cars(stays, plan, result)
    _follow_trips(stays, plan, traffic, result)
    for (site, settlement), groups in stays.came.items():
        for came_s, people in groups:
            stays.add(Phase.WAITING, (site, settlement), people, came_s, math.nan, together=people.sum())
    for place in scenario.in_scope:
        rest = _groups(place.people) - stays.left[place.id]
        stays.add(Phase.HOME, (place.id, place.id), rest, 0.0, math.nan)
    return tuple(stays.found), _road_stays(traffic.demand, result, stays.leg_people, until_s)


def _groups(people: PeopleCount) -> FloatArray:
    return np.array([people.adults, people.children, people.older, people.low_mobility], np.float64)


def _dealt(people: PeopleCount, vehicles: int) -> FloatArray:
    """Whole persons of each group in each car; every car has as many as it has in the outcome."""
    counts = _groups(people).astype(np.int64)
    # Groups are mixed evenly, then dealt car by car.
    place = np.concatenate([(np.arange(n) + 0.5) / n for n in counts if n] or [np.zeros(0)])
    group = np.repeat(np.arange(4), counts)[np.argsort(place, kind="stable")]
    car = np.repeat(np.arange(vehicles), spread(people.total, vehicles))
    dealt = np.zeros((vehicles, 4))
    np.add.at(dealt, (car, group), 1.0)
    return dealt


def _follow_cars(stays: _Stays, plan: Plan, result: TrafficResult) -> None:
    entered_s = result.leg_entered_s
    destination = {route.id: route.destination for route in plan.routes}
    safe = {site.id for site in stays.scenario.sites if site.safe}
    first = 0
    for wave in plan.waves:
        dealt = _dealt(wave.people, wave.vehicles)
        for leg, people in enumerate(dealt, start=first):
            left_s = float(entered_s[leg])
            if math.isnan(left_s):
                continue
            stays.left[wave.settlement] += people
            stays.leg_people[leg] = people
            stays.add(Phase.HOME, (wave.settlement, wave.settlement), people, 0.0, left_s)
            if destination[wave.route] not in safe:
                there = (destination[wave.route], wave.settlement)
                stays.add(Phase.WAITING, there, people, float(result.leg_arrive_s[leg]), math.nan)
        first += wave.vehicles


def _follow_trips(stays: _Stays, plan: Plan, traffic: PlanTraffic, result: TrafficResult) -> None:
    entered_s, arrive_s = result.leg_entered_s, result.leg_arrive_s
    times = [trip_times_s(traffic, trip, k, entered_s, arrive_s) for k, trip in enumerate(plan.trips)]

    def boards_s(k: int) -> float:
        boarding = [t for leg, t in zip(plan.trips[k].legs, times[k][1], strict=True) if leg.board]
        return max((t for t in boarding if not math.isnan(t)), default=math.inf)

    for k in sorted(range(len(plan.trips)), key=boards_s):
        _follow_trip(stays, plan.trips[k], times[k], traffic.trip_leg[k])


def _follow_trip(
    stays: _Stays, trip: Trip, times: tuple[tuple[float, ...], tuple[float, ...]], first_leg: int
) -> None:
    safe = {site.id for site in stays.scenario.sites if site.safe}
    aboard: dict[str, FloatArray] = defaultdict(lambda: np.zeros(4))
    for k, (stop, arrive_s, depart_s) in enumerate(zip(trip.legs, *times, strict=True)):
        if math.isnan(arrive_s):
            return
        for load in stop.alight:
            people = _part(aboard[load.settlement], load.people.total)
            aboard[load.settlement] = aboard[load.settlement] - people
            if stop.site not in safe and people.any():
                stays.came[stop.site, load.settlement].append((arrive_s, people))
        if k == len(trip.legs) - 1:
            return
        for settlement, people in aboard.items():
            stays.add(Phase.STOP, (stop.site, settlement), people, arrive_s, depart_s)
        if math.isnan(depart_s):
            return
        if stop.site not in safe:
            _board(stays, trip, stop, depart_s, aboard)
        for settlement, people in aboard.items():
            if first_leg >= 0:
                stays.leg_people[first_leg + k] += people
            else:
                stays.add(Phase.SERVICE, (stop.site, settlement), people, depart_s, times[0][k + 1])


def _part(people: FloatArray, most: int) -> FloatArray:
    total = float(people.sum())
    return people * min(1.0, most / total) if total else people.copy()


def _board(
    stays: _Stays, trip: Trip, stop: Leg, depart_s: float, aboard: dict[str, FloatArray]
) -> None:  # fmt: skip
    together = float(sum(load.people.total for load in stop.board))
    from_home = trip.mode == Mode.FLEET and not _is_station(stays.scenario, stop)
    for load in stop.board:
        if from_home:
            people = _groups(load.people)
            stays.left[load.settlement] += people
            _leave_home(stays, stop, load, depart_s, together)
        else:
            people = _taken(stays, stop.site, load, depart_s, together)
        aboard[load.settlement] = aboard[load.settlement] + people


def _leave_home(stays: _Stays, stop: Leg, load: Load, depart_s: float, together: float) -> None:
    policy = stays.scenario.policy
    home, there = (load.settlement, load.settlement), (stop.site, load.settlement)
    boards_s = depart_s - stop_time_s(stop, policy.boarding)
    standing_s = max(min(depart_s - policy.call_ahead_s, boards_s), 0.0)
    site = gathering_sites(stays.scenario).get(stop.site)
    walk_s = walking_time_s(stays.scenario, site, load) if site else 0.0
    walking, brought = _groups(load.people), _groups(load.people)
    walking[3], brought[:3] = 0.0, 0.0
    set_out_s = max(standing_s - walk_s, 0.0)
    for people, left_s, came_s in (
        (walking, set_out_s, set_out_s + walk_s),
        (brought, standing_s, standing_s),
    ):
        stays.add(Phase.HOME, home, people, 0.0, left_s)
        stays.add(Phase.WALKING, there, people, left_s, came_s)
        stays.add(Phase.WAITING, there, people, came_s, depart_s, together=together)


def _taken(stays: _Stays, site: str, load: Load, depart_s: float, together: float) -> FloatArray:
    """People who were set down there by a time and go on now, first come first served."""
    taken, rest = np.zeros(4), []
    for came_s, people in sorted(stays.came[site, load.settlement], key=lambda item: item[0]):
        part = np.zeros(4)
        if came_s <= depart_s:
            part = _part(people, load.people.total - round(float(taken.sum())))
            stays.add(Phase.WAITING, (site, load.settlement), part, came_s, depart_s, together=together)
        taken = taken + part
        if (people - part).sum() > 1e-9:
            rest.append((came_s, people - part))
    stays.came[site, load.settlement] = rest
    return taken


def _is_station(scenario: Scenario, stop: Leg) -> bool:
    kind = {site.id: site.kind for site in scenario.sites}[stop.site]
    served = any(service.from_site == stop.site for service in scenario.services)
    return served and kind != SiteKind.ASSEMBLY_POINT


def _road_stays(
    demand: TrafficDemand, result: TrafficResult, leg_people: FloatArray, until_s: float
) -> RoadStays:
    leg, link, enter_s, leave_s = passages(demand, result)
    carrying = leg_people[leg].any(axis=1) & (enter_s < until_s)
    end_s = np.fmin(leave_s, until_s)
    return RoadStays(link[carrying], enter_s[carrying], end_s[carrying], leg_people[leg[carrying]])


def person_seconds(stays: Sequence[Stay], road: RoadStays) -> Iterator[tuple[Phase, float]]:
    """
    Person-seconds of each phase.

    Parameters
    ----------
    stays : sequence of Stay
        Off the road.
    road : RoadStays
        On it.

    Yields
    ------
    Phase, float
        Once a phase.
    """
    for phase in Phase:
        total = sum(
            float(stay.people.sum()) * (stay.end_s - stay.start_s) for stay in stays if stay.phase == phase
        )
        if phase == Phase.ROAD:
            total += float((road.people.sum(axis=1) * (road.end_s - road.start_s)).sum())
        yield phase, total
