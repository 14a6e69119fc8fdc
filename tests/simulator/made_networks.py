"""Small networks for the simulator's tests, from a list of links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from safepassage.model.network import RoadNetwork
from safepassage.simulator import TrafficDemand

CAPACITY = 2880.0
"""0.8 vehicles a second, the capacity of the verification cases."""


@dataclass(frozen=True)
class Road:
    """One link; the defaults are those of the verification cases (20 m/s, 0.2 veh/m, 0.8 veh/s)."""

    start: int
    end: int
    length_m: float = 1000.0
    speed_m_per_s: float = 20.0
    capacity_per_h: float = CAPACITY
    jam_per_m: float = 0.2
    weight: float = 1.0


def network(
    roads: Sequence[Road],
    *,
    service_per_h: Mapping[int, float] | None = None,
    turns: Sequence[tuple[int, int, float]] = (),
) -> RoadNetwork:
    """Nodes are numbered; `turns` are (inbound link, outbound link, capacity per hour)."""
    n_nodes = 1 + max(max(road.start, road.end) for road in roads)
    n_links = len(roads)
    service = np.full(n_nodes, np.inf)
    for node, rate in (service_per_h or {}).items():
        service[node] = rate
    return RoadNetwork(
        node_id=tuple(f"n{k}" for k in range(n_nodes)),
        longitude_deg=np.arange(n_nodes) / 1000,
        latitude_deg=np.zeros(n_nodes),
        node_service_pcu_per_h=service,
        link_id=tuple(f"l{k}" for k in range(n_links)),
        from_node=np.array([road.start for road in roads]),
        to_node=np.array([road.end for road in roads]),
        length_m=np.array([road.length_m for road in roads]),
        lanes=np.ones(n_links),
        free_speed_m_per_s=np.array([road.speed_m_per_s for road in roads]),
        capacity_pcu_per_h=np.array([road.capacity_per_h for road in roads]),
        jam_density_pcu_per_m=np.array([road.jam_per_m for road in roads]),
        merge_weight=np.array([road.weight for road in roads]),
        facility_type=("road",) * n_links,
        crossing=("",) * n_links,
        schematic=np.zeros(n_links, np.bool_),
        source=("test",) * n_links,
        geometry=((),) * n_links,
        movement_in_link=np.array([turn[0] for turn in turns], np.int32),
        movement_out_link=np.array([turn[1] for turn in turns], np.int32),
        movement_capacity_pcu_per_h=np.array([turn[2] for turn in turns], np.float64),
    )


def cars(flows: Sequence[tuple[Sequence[int], npt.ArrayLike]], *, pcu: int = 1) -> TrafficDemand:
    """Single-leg vehicles from (route, departure times)."""
    times = [np.asarray(flow[1], np.float64) for flow in flows]
    n_cars = sum(len(t) for t in times)
    return TrafficDemand(
        route_offset=np.cumsum([0, *(len(flow[0]) for flow in flows)]),
        route_link=np.array([link for flow in flows for link in flow[0]], np.int32),
        leg_offset=np.arange(n_cars + 1),
        leg_route=np.repeat(np.arange(len(flows)), [len(t) for t in times]),
        leg_not_before_s=np.concatenate(times) if times else np.zeros(0),
        leg_dwell_s=np.zeros(n_cars),
        pcu=np.full(n_cars, pcu),
        escorted=np.zeros(n_cars, np.bool_),
    )


def tours(
    routes: Sequence[Sequence[int]],
    legs: Sequence[Sequence[tuple[int, float, float]]],
    *,
    pcu: Sequence[int] | None = None,
    escorted: Sequence[bool] | None = None,
) -> TrafficDemand:
    """Vehicles with legs of (route number, not before, dwell)."""
    flat = [leg for vehicle in legs for leg in vehicle]
    return TrafficDemand(
        route_offset=np.cumsum([0, *(len(route) for route in routes)]),
        route_link=np.array([link for route in routes for link in route], np.int32),
        leg_offset=np.cumsum([0, *(len(vehicle) for vehicle in legs)]),
        leg_route=np.array([leg[0] for leg in flat], np.int32),
        leg_not_before_s=np.array([leg[1] for leg in flat], np.float64),
        leg_dwell_s=np.array([leg[2] for leg in flat], np.float64),
        pcu=np.array([1] * len(legs) if pcu is None else pcu, np.int32),
        escorted=np.array([False] * len(legs) if escorted is None else escorted, np.bool_),
    )


def at_rate(rate_per_s: float, start_s: float, end_s: float) -> npt.NDArray[np.float64]:
    """Departures one headway apart, the first at the start."""
    count = round(rate_per_s * (end_s - start_s))
    return start_s + np.arange(count) / rate_per_s
