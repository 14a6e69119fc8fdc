"""What is to be driven: vehicles, each with one leg (a car) or several (a tour with stops)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from safepassage.errors import ModelError
from safepassage.model.arrays import (
    FlagArray,
    FloatArray,
    IndexArray,
    OffsetArray,
    equal_by_value,
    frozen_array,
)
from safepassage.model.network import RoadNetwork

MAX_VEHICLES = 1 << 24
MAX_PCU = 127


@dataclass(frozen=True, slots=True, eq=False)
class TrafficDemand:
    """
    Vehicles and the legs they drive, over a shared pool of routes.

    Attributes
    ----------
    route_offset : int64[n_routes + 1]
        Where each route begins in ``route_link``.
    route_link : int32
        Link indices; an empty route is allowed and takes no time.
    leg_offset : int64[n_vehicles + 1]
        Where each vehicle's legs begin.
    leg_route : int32[n_legs]
        Route of each leg.
    leg_not_before_s : float64[n_legs]
        Earliest departure of the leg (s).
    leg_dwell_s : float64[n_legs]
        Least time parked off the road before the leg departs, after the previous leg arrived (s).
        Of a first leg it is ignored.
    pcu : int32[n_vehicles]
        Passenger-car units: headways and storage places that the vehicle takes.
    escorted : bool[n_vehicles]
        True where the vehicle passes nodes with a service rate without being served.
    leg_persons : int32[n_legs]
        Persons who get off at the end of the leg, counted where destinations fill up; empty (the
        default) stands for nobody.
    """

    route_offset: OffsetArray
    route_link: IndexArray
    leg_offset: OffsetArray
    leg_route: IndexArray
    leg_not_before_s: FloatArray
    leg_dwell_s: FloatArray
    pcu: IndexArray
    escorted: FlagArray
    leg_persons: IndexArray = field(default_factory=lambda: np.zeros(0, np.int32))

    def __post_init__(self) -> None:
        for name, dtype in _ARRAY_DTYPES.items():
            object.__setattr__(self, name, frozen_array(getattr(self, name), dtype))
        _check_demand(self)

    def __eq__(self, other: object) -> bool:
        return equal_by_value(self, other)

    __hash__ = None  # type: ignore[assignment]

    @property
    def n_routes(self) -> int:
        """Number of routes in the pool."""
        return len(self.route_offset) - 1

    @property
    def n_vehicles(self) -> int:
        """Number of vehicles."""
        return len(self.pcu)

    @property
    def n_legs(self) -> int:
        """Number of legs of all vehicles."""
        return len(self.leg_route)

    @property
    def route_length(self) -> npt.NDArray[np.int64]:
        """Number of links of each route, int64[n_routes]."""
        return np.diff(self.route_offset)

    def check_on(self, network: RoadNetwork) -> None:
        """
        Check that every route can be driven on a network and that the legs of a vehicle chain.

        Parameters
        ----------
        network : RoadNetwork
            Where the vehicles are to drive.

        Raises
        ------
        ModelError
            When a route leaves the network, jumps, takes a forbidden turn, or a leg starts elsewhere
            than where the vehicle's previous leg ended.
        """
        if self.route_link.size and not 0 <= self.route_link.min() <= self.route_link.max() < network.n_links:
            raise ModelError(f"route_link points outside the {network.n_links} links")
        _check_connected(self, network)
        _check_turns(self, network)
        _check_chained(self, network)


_ARRAY_DTYPES = {
    "route_offset": np.int64,
    "route_link": np.int32,
    "leg_offset": np.int64,
    "leg_route": np.int32,
    "leg_not_before_s": np.float64,
    "leg_dwell_s": np.float64,
    "pcu": np.int32,
    "escorted": np.bool_,
    "leg_persons": np.int32,
}


def _check_demand(demand: TrafficDemand) -> None:
    _check_offsets("route_offset", demand.route_offset, len(demand.route_link))
    _check_offsets("leg_offset", demand.leg_offset, demand.n_legs)
    if not len(demand.leg_offset) - 1 == demand.n_vehicles == len(demand.escorted):
        raise ModelError("leg_offset, pcu and escorted differ in vehicles; give one entry a vehicle in each")
    if demand.n_vehicles >= MAX_VEHICLES:
        raise ModelError(f"{demand.n_vehicles} vehicles; the kernel carries fewer than {MAX_VEHICLES}")
    for name in ("leg_not_before_s", "leg_dwell_s"):
        values = getattr(demand, name)
        if len(values) != demand.n_legs:
            raise ModelError(f"{name} has {len(values)} entries; give one a leg, {demand.n_legs}")
        bad = np.flatnonzero(~np.isfinite(values) | (values < 0))
        if bad.size:
            raise ModelError(f"{name}[{bad[0]}] is {values[bad[0]]}; give a finite number >= 0")
    persons = demand.leg_persons
    if persons.size and (len(persons) != demand.n_legs or persons.min() < 0):
        raise ModelError(f"leg_persons has {len(persons)} entries; give one >= 0 a leg, or none")
    if demand.n_legs and not 0 <= demand.leg_route.min() <= demand.leg_route.max() < demand.n_routes:
        raise ModelError(f"leg_route points outside the {demand.n_routes} routes")
    if demand.n_vehicles and not 1 <= demand.pcu.min() <= demand.pcu.max() <= MAX_PCU:
        raise ModelError(f"pcu lies outside 1 to {MAX_PCU}")


def _check_offsets(name: str, offset: OffsetArray, end: int) -> None:
    if not len(offset) or offset[0] != 0 or offset[-1] != end or (np.diff(offset) < 0).any():
        raise ModelError(f"{name} must rise from 0 to {end}")


def _consecutive(demand: TrafficDemand) -> tuple[IndexArray, IndexArray]:
    """All pairs of links that follow each other within a route."""
    if demand.route_link.size < 2:
        return demand.route_link[:0], demand.route_link[:0]
    inside = np.ones(len(demand.route_link) - 1, np.bool_)
    starts = demand.route_offset[1:-1]
    starts = starts[(starts > 0) & (starts < len(demand.route_link))]
    inside[starts - 1] = False
    return demand.route_link[:-1][inside], demand.route_link[1:][inside]


def _check_connected(demand: TrafficDemand, network: RoadNetwork) -> None:
    before, after = _consecutive(demand)
    bad = np.flatnonzero(network.to_node[before] != network.from_node[after])
    if bad.size:
        links = network.link_id[before[bad[0]]], network.link_id[after[bad[0]]]
        raise ModelError(f"a route goes from link {links[0]} to {links[1]}, which do not meet")


def _check_turns(demand: TrafficDemand, network: RoadNetwork) -> None:
    forbidden = network.movement_capacity_pcu_per_h == 0
    if not forbidden.any():
        return
    before, after = _consecutive(demand)
    closed = network.movement_in_link[forbidden].astype(np.int64) * network.n_links
    closed += network.movement_out_link[forbidden]
    bad = np.flatnonzero(np.isin(before.astype(np.int64) * network.n_links + after, closed))
    if bad.size:
        links = network.link_id[before[bad[0]]], network.link_id[after[bad[0]]]
        raise ModelError(f"a route turns from link {links[0]} into {links[1]}, which is forbidden")


def _check_chained(demand: TrafficDemand, network: RoadNetwork) -> None:
    if demand.n_legs == demand.n_vehicles:
        return
    route = demand.leg_route
    legs = np.flatnonzero(demand.route_length[route] > 0)
    vehicle = np.searchsorted(demand.leg_offset, legs, side="right") - 1
    first = network.from_node[demand.route_link[demand.route_offset[route[legs]]]]
    last = network.to_node[demand.route_link[demand.route_offset[route[legs] + 1] - 1]]
    bad = np.flatnonzero((vehicle[1:] == vehicle[:-1]) & (last[:-1] != first[1:]))
    if bad.size:
        here, there = network.node_id[last[bad[0]]], network.node_id[first[bad[0] + 1]]
        raise ModelError(
            f"vehicle {vehicle[bad[0]]}: leg {legs[bad[0] + 1]} starts at node {there}, "
            f"but the leg before ended at {here}"
        )
