"""The traffic of a plan: its waves and trips as vehicles and legs, and the way back from legs to people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from safepassage.model.arrays import FloatArray, IndexArray
from safepassage.model.network import RoadNetwork
from safepassage.model.plan import Leg, Mode, Route, Trip, Wave
from safepassage.model.policy import Boarding
from safepassage.simulator.demand import TrafficDemand


@dataclass(frozen=True, slots=True, eq=False)
class PlanTraffic:
    """
    What is played, and which leg is whose.

    Attributes
    ----------
    demand : TrafficDemand
        Cars in the order of the waves, then the fleet's vehicles.
    car_wave : int32[n_cars]
        Index of the wave of each car; car ``k`` is vehicle ``k`` and leg ``k``.
    trip_leg : tuple of int
        For each trip the first of its legs in ``demand``, one a drive between two stops; -1 for a
        scheduled service, which does not use the roads.
    """

    demand: TrafficDemand
    car_wave: IndexArray
    trip_leg: tuple[int, ...]


def plan_traffic(
    network: RoadNetwork,
    routes: Sequence[Route],
    waves: Sequence[Wave],
    trips: Sequence[Trip],
    boarding: Boarding,
) -> PlanTraffic:
    """
    Make vehicles of waves and trips.

    Parameters
    ----------
    network : RoadNetwork
        Roads.
    routes : sequence of Route
        Routes of the waves.
    waves : sequence of Wave
        Cars.
    trips : sequence of Trip
        The fleet; the trips of one vehicle are driven in the order of their departure.
    boarding : Boarding
        Least time at stops.

    Returns
    -------
    PlanTraffic
        A vehicle waits for the planned departure and for its passengers, whichever is later.
    """
    index = {link: k for k, link in enumerate(network.link_id)}
    pool = _Pool(index)
    route_number = {route.id: pool.number(route.links) for route in routes}
    departures = [wave.departures_s() for wave in waves]
    car_wave = np.repeat(np.arange(len(waves)), [len(times) for times in departures])
    legs = _Legs(
        route=[route_number[waves[w].route] for w in car_wave.tolist()],
        not_before_s=[time_s for times in departures for time_s in times],
        dwell_s=[0.0] * len(car_wave),
    )
    n_legs, pcu, escorted = [1] * len(car_wave), [1] * len(car_wave), [False] * len(car_wave)
    trip_leg = [-1] * len(trips)
    for tour in _tours(trips):
        before = len(legs.route)
        ready_s = 0.0
        for number in tour:
            trip_leg[number] = len(legs.route)
            ready_s = _add_trip(legs, trips[number], pool, boarding, ready_s)
        n_legs.append(len(legs.route) - before)
        pcu.append(trips[tour[0]].pcu)
        escorted.append(trips[tour[0]].escorted)
    demand = TrafficDemand(
        route_offset=np.cumsum([0, *(len(links) for links in pool.links)]),
        route_link=np.array([link for links in pool.links for link in links], dtype=np.int32),
        leg_offset=np.cumsum([0, *n_legs]),
        leg_route=np.array(legs.route, dtype=np.int32),
        leg_not_before_s=np.array(legs.not_before_s, dtype=np.float64),
        leg_dwell_s=np.array(legs.dwell_s, dtype=np.float64),
        pcu=np.array(pcu, dtype=np.int32),
        escorted=np.array(escorted, dtype=np.bool_),
    )
    return PlanTraffic(demand, car_wave.astype(np.int32), tuple(trip_leg))


@dataclass(slots=True)
class _Legs:
    route: list[int]
    not_before_s: list[float]
    dwell_s: list[float]


class _Pool:
    """Routes shared by vehicles: equal chains of links are stored once."""

    def __init__(self, link_index: dict[str, int]) -> None:
        self.link_index = link_index
        self.numbers: dict[tuple[str, ...], int] = {}

    @property
    def links(self) -> list[list[int]]:
        return [[self.link_index[link] for link in chain] for chain in self.numbers]

    def number(self, chain: tuple[str, ...]) -> int:
        return self.numbers.setdefault(chain, len(self.numbers))


def _tours(trips: Sequence[Trip]) -> list[list[int]]:
    tours: dict[str, list[int]] = {}
    for number, trip in enumerate(trips):
        if trip.mode == Mode.FLEET:
            tours.setdefault(trip.vehicle, []).append(number)
    return [sorted(tour, key=lambda number: trips[number].legs[0].depart_s) for tour in tours.values()]


def _add_trip(legs: _Legs, trip: Trip, pool: _Pool, boarding: Boarding, ready_s: float) -> float:
    """Append a trip's drives; ``ready_s`` is the time still due at the last stop of the trip before."""
    dwell_s = ready_s + stop_time_s(trip.legs[0], boarding)
    for here, there in zip(trip.legs[:-1], trip.legs[1:], strict=True):
        legs.route.append(pool.number(there.links))
        legs.not_before_s.append(float(here.depart_s))
        legs.dwell_s.append(dwell_s)
        dwell_s = stop_time_s(there, boarding)
    return dwell_s


def stop_time_s(leg: Leg, boarding: Boarding) -> float:
    """
    Least time a vehicle stands at a stop.

    Parameters
    ----------
    leg : Leg
        The stop.
    boarding : Boarding
        Times a person.

    Returns
    -------
    float
        Seconds, the crew's break included; 0 where nobody boards, alights or rests.
    """
    board = sum(boarding.board_s(load.needs) for load in leg.board)
    alight = sum(boarding.alight_s(load.needs) for load in leg.alight)
    stop_s = boarding.stop_s if leg.board or leg.alight else 0.0
    return stop_s + board + alight + leg.rest_s


def trip_times_s(
    traffic: PlanTraffic, trip: Trip, number: int, leg_depart_s: FloatArray, leg_arrive_s: FloatArray
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """
    When a trip reached and left each of its stops.

    Parameters
    ----------
    traffic : PlanTraffic
        Whose demand was played.
    trip : Trip
        The trip.
    number : int
        Its index in the plan.
    leg_depart_s, leg_arrive_s : float64[n_legs]
        Played times of the legs (s).

    Returns
    -------
    arrive_s, depart_s : tuple of float
        One a stop; a scheduled service keeps its timetable, the last stop has no later departure.
    """
    first = traffic.trip_leg[number]
    if first < 0:
        return (
            tuple(float(leg.arrive_s) for leg in trip.legs),
            tuple(float(leg.depart_s) for leg in trip.legs),
        )
    drives = slice(first, first + len(trip.legs) - 1)
    depart = tuple(float(time_s) for time_s in leg_depart_s[drives])
    arrive = tuple(float(time_s) for time_s in leg_arrive_s[drives])
    return (depart[0], *arrive), (*depart, arrive[-1])
