"""The traffic of one future: who sets out when and by which way, shadow traffic included."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from safepassage.model.arrays import FlagArray, FloatArray, IndexArray, OffsetArray
from safepassage.model.plan import Mode, Plan
from safepassage.model.scenario import Scenario
from safepassage.rehearsal.assumptions import Assumptions
from safepassage.rehearsal.detours import Detours, Known, Links
from safepassage.rehearsal.draws import Future
from safepassage.rehearsal.parties import NONE, PlanParties
from safepassage.rehearsal.shadow import ShadowTraffic
from safepassage.simulator.demand import TrafficDemand
from safepassage.threat.alerts import after_pauses, merged

NO_PAUSES: FloatArray = np.zeros((0, 2))


@dataclass(frozen=True, slots=True, eq=False)
class Departures:
    """
    What the departures of every future have in common.

    Attributes
    ----------
    parties : PlanParties
        Of the plan.
    shadow : ShadowTraffic
        Cars of people who were not called.
    held : bool[n_settlements]
        Settlements under a rule that holds during alerts.
    curfew_s : float64[n, 2]
        When nobody sets out (s).
    fleet_vehicle : int32
        Vehicle of each leg of the fleet, from 0.
    trip_start_s : float64
        Planned start of the trip of each leg of the fleet (s).
    first_s : float64[n_vehicles]
        When each vehicle of the fleet starts to be used (s).
    leg_count : int64[n_vehicles]
        Legs of each vehicle of the fleet.
    delay_s, car_failure : float
        Mean delay of cars (s); share of cars that fail.
    """

    parties: PlanParties
    shadow: ShadowTraffic
    held: FlagArray
    curfew_s: FloatArray
    fleet_vehicle: IndexArray
    trip_start_s: FloatArray
    first_s: FloatArray
    leg_count: OffsetArray
    delay_s: float
    car_failure: float


def departures(
    scenario: Scenario, plan: Plan, parties: PlanParties, assumptions: Assumptions, held: FlagArray
) -> Departures:
    """
    Work out what the departures of every future have in common.

    Parameters
    ----------
    scenario : Scenario
        Where.
    plan : Plan
        What is rehearsed.
    parties : PlanParties
        Of the plan.
    assumptions : Assumptions
        What is uncertain.
    held : bool[n_settlements]
        Settlements under a rule that holds during alerts.

    Returns
    -------
    Departures
        Read only.
    """
    demand, n_cars = parties.traffic.demand, parties.n_cars
    vehicle = np.repeat(np.arange(demand.n_vehicles), np.diff(demand.leg_offset))[n_cars:] - n_cars
    start_s = _trip_starts(plan, parties, demand.n_legs)[n_cars:]
    first_s = np.full(len(parties.leg_vehicle_name), math.inf)
    np.minimum.at(first_s, vehicle, start_s)
    return Departures(
        parties=parties,
        shadow=ShadowTraffic(scenario, demand, assumptions),
        held=held,
        curfew_s=np.array(_closed(scenario, assumptions.extra_hours_s)).reshape(-1, 2),
        fleet_vehicle=vehicle.astype(np.int32),
        trip_start_s=start_s,
        first_s=first_s,
        leg_count=np.bincount(vehicle, minlength=demand.n_vehicles - n_cars).astype(np.int64),
        delay_s=assumptions.departure_delay_s,
        car_failure=assumptions.car_failure,
    )


class Moves:
    """
    The traffic of one future.

    Parameters
    ----------
    common : Departures
        What all futures share.
    detours : Detours
        Other ways; one object a thread.
    goes : bool[n_parties]
        Parties that are there, are willing and can go.
    future : Future
        What is drawn.
    known : sequence of Known
        What drivers know when.
    """

    def __init__(
        self, common: Departures, detours: Detours, goes: FlagArray, future: Future, known: Sequence[Known]
    ) -> None:
        self._common, self._detours, self._known = common, detours, known
        parties = common.parties
        base = parties.traffic.demand
        n_cars = parties.n_cars
        self._route = base.leg_route.copy()
        self._start_s = base.leg_not_before_s.copy()
        self._kept = np.ones(base.n_legs, np.bool_)
        self._kept[:n_cars] = goes[:n_cars]
        self._pool: list[Links] = []
        self._numbers: dict[Links, int] = {}
        self._put_off_cars(future)
        self._end_failed_tours(future)
        self._shadow_s, self._shadow_route = common.shadow.cars(future.shadow_draw, future.shadow_delay_draw)

    def _put_off_cars(self, future: Future) -> None:
        common = self._common
        n_cars = common.parties.n_cars
        cars = slice(0, n_cars)
        slot, settlement = common.parties.slot[cars], common.parties.settlement[cars]
        self._start_s[cars] += future.delay_draw[slot] * common.delay_s
        held = common.held[settlement]
        pauses = common.curfew_s
        if held.any() and len(future.alerts_s):
            pauses = _joined(common.curfew_s, future.alerts_s)
        self._wait_for_pauses(cars, held, pauses)
        if self._known and self._avoid(np.arange(n_cars), any_safe=True):
            self._wait_for_pauses(cars, held, pauses)
        self._kept[cars] &= np.isfinite(self._start_s[cars])

    def _wait_for_pauses(self, cars: slice, held: FlagArray, pauses: FloatArray) -> None:
        start_s = self._start_s[cars]
        if held.all():
            self._start_s[cars] = after_pauses(start_s, pauses)
        else:
            free = after_pauses(start_s, self._common.curfew_s)
            self._start_s[cars] = np.where(held, after_pauses(start_s, pauses), free)

    def _end_failed_tours(self, future: Future) -> None:
        """A vehicle that fails ends the trip it is on; a way that is shut for good ends its tour there."""
        common = self._common
        n_cars = common.parties.n_cars
        fleet = common.fleet_vehicle
        if not len(fleet):
            return
        fails_s = np.array([future.failure_s.get(name, math.inf) for name in common.parties.leg_vehicle_name])
        self._avoid(np.arange(n_cars, len(self._kept)), any_safe=False)
        ends = (common.trip_start_s >= (common.first_s + fails_s)[fleet]) | ~np.isfinite(
            self._start_s[n_cars:]
        )
        first_gone = np.full(len(fails_s), len(fleet))
        np.minimum.at(first_gone, fleet[ends], np.flatnonzero(ends))
        self._kept[n_cars:] = np.arange(len(fleet)) < first_gone[fleet]

    def _avoid(self, legs: np.ndarray, *, any_safe: bool) -> bool:
        """Who knows of a closure before leaving takes another way, or waits at home where there is none."""
        waits = False
        for known in self._known:
            inside = (self._start_s[legs] >= known.start_s) & (self._start_s[legs] < known.end_s)
            inside &= self._kept[legs]
            concerned = legs[inside]
            of_leg = self._route[concerned]
            for route in np.flatnonzero(np.bincount(of_leg)).tolist():
                links = self._detours.routes[route] if route < len(self._detours.routes) else ()
                if known.shut.isdisjoint(links):
                    continue
                own = concerned[of_leg == route]
                way = self._detours.way(route, known.shut, any_safe=any_safe)
                if way is None:
                    self._start_s[own] = known.end_s
                    waits = True
                else:
                    self._route[own] = self._number(way)
        return waits

    def _number(self, way: Links) -> int:
        if way not in self._numbers:
            self._numbers[way] = self._common.shadow.first_own_route + len(self._pool)
            self._pool.append(way)
        return self._numbers[way]

    def demand(self) -> tuple[TrafficDemand, IndexArray, IndexArray]:
        """
        What is driven.

        Returns
        -------
        demand : TrafficDemand
            Cars, fleet, and last the cars of people who were not called.
        leg_of : int32[n_legs]
            For each leg of the plan its leg here, or -1.
        vehicle_leg : int32
            First leg of each vehicle here.
        """
        common = self._common
        base, shadow = common.parties.traffic.demand, common.shadow
        n_cars = common.parties.n_cars
        kept = np.flatnonzero(self._kept)
        cars = kept[kept < n_cars]
        n_fleet = base.n_vehicles - n_cars
        fleet_legs = np.bincount(common.fleet_vehicle[self._kept[n_cars:]], minlength=n_fleet)
        ones = np.ones(len(self._shadow_s), np.int64)
        n_legs = np.concatenate([np.ones(len(cars), np.int64), fleet_legs, ones])
        leg_of = np.full(base.n_legs, NONE, np.int32)
        leg_of[kept] = np.arange(len(kept))
        lengths = [len(links) for links in self._pool]
        vehicles = np.concatenate([cars, np.arange(n_cars, base.n_vehicles)])
        added = [link for links in self._pool for link in links]
        offset = shadow.route_offset
        leg_offset = np.concatenate([[0], np.cumsum(n_legs)])
        demand = TrafficDemand(
            route_offset=np.concatenate([offset, offset[-1] + np.cumsum(lengths)]),
            route_link=np.concatenate([shadow.route_link, np.array(added, np.int32)]),
            leg_offset=leg_offset,
            leg_route=np.concatenate([self._route[kept], self._shadow_route]),
            leg_not_before_s=np.concatenate([self._start_s[kept], self._shadow_s]),
            leg_dwell_s=np.concatenate([base.leg_dwell_s[kept], np.zeros(len(ones))]),
            pcu=np.concatenate([base.pcu[vehicles], ones]),
            escorted=np.concatenate([base.escorted[vehicles], np.zeros(len(ones), np.bool_)]),
        )
        return demand, leg_of, leg_offset[:-1].astype(np.int32)


def _joined(curfew_s: FloatArray, alerts_s: FloatArray) -> FloatArray:
    spans = [(float(start), float(end)) for start, end in np.concatenate([curfew_s, alerts_s])]
    return np.array(merged(spans)).reshape(-1, 2)


def _closed(scenario: Scenario, extra_s: float) -> list[tuple[float, float]]:
    """When nobody sets out: the curfew, begun later by the extra time, and all after the horizon."""
    windows = scenario.open_windows()
    ends = [0.0, *(min(end + extra_s, scenario.horizon_s) for _, end in windows)]
    starts = [*(start for start, _ in windows), math.inf]
    return [(end, start) for end, start in zip(ends, starts, strict=True) if start > end]


def _trip_starts(plan: Plan, parties: PlanParties, n_legs: int) -> FloatArray:
    start_s = np.zeros(n_legs)
    for number, trip in enumerate(plan.trips):
        first = parties.traffic.trip_leg[number]
        if trip.mode == Mode.FLEET:
            start_s[first : first + len(trip.legs) - 1] = trip.legs[0].depart_s
    return start_s
