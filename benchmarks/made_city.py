"""
A made city for benchmarks: a square grid with arterials and a few exits, in memory, from a seed.

Links of 250 m; an arterial every fifth street (2 lanes, 60 km/h; others 1 lane, 50 km/h); exits of
500 m and 4 lanes spread over arterial ends of the border. 1,800 PCU/h a lane, one car in 7.5 m of a
lane. Every vehicle starts at a random grid node at time 0 and drives to the nearest exit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from safepassage.model.network import RoadNetwork
from safepassage.simulator import TrafficDemand

SPACING_M = 250.0
EXIT_LENGTH_M = 500.0
CAPACITY_PCU_PER_H_LANE = 1800.0
JAM_DENSITY_PCU_PER_M_LANE = 1 / 7.5
METRES_PER_DEGREE = 111_195.0


@dataclass(frozen=True, slots=True)
class CitySize:
    """
    Dimensions of a made city.

    Attributes
    ----------
    side : int
        Grid nodes along a side.
    vehicles : int
        Cars in all.
    exits : int
        Exit links.
    """

    side: int
    vehicles: int
    exits: int


SIZES = {
    "small": CitySize(20, 10_000, 4),
    "medium": CitySize(50, 100_000, 8),
    "large": CitySize(100, 500_000, 12),
    "million": CitySize(100, 400_000, 24),
}


def made_city(size: CitySize, seed: int = 2) -> tuple[RoadNetwork, TrafficDemand]:
    """
    Build the roads and the cars of a made city.

    Parameters
    ----------
    size : CitySize
        Dimensions; ``SIZES`` holds the named ones.
    seed : int, optional
        Draws the origins of the cars.

    Returns
    -------
    tuple of RoadNetwork and TrafficDemand
        All cars ready at 0 s, each on the way of least free-flow time to an exit.
    """
    network = made_roads(size)
    rng = np.random.default_rng(seed)
    n_grid = size.side * size.side
    cars_at = np.bincount(rng.integers(0, n_grid, size.vehicles), minlength=n_grid)
    return network, nearest_exit_demand(network, cars_at, np.arange(n_grid, network.n_nodes))


def exits_on_border(side: int, count: int) -> list[tuple[int, int]]:
    """
    Grid places of the exits, spread over the arterial ends of the border.

    Parameters
    ----------
    side, count : int
        Grid nodes along a side and number of exits.

    Returns
    -------
    list of (int, int)
        Grid coordinates.
    """
    arterial = [k for k in range(side) if k % 5 == 0]
    ring = [(0, k) for k in arterial] + [(k, side - 1) for k in arterial]
    ring += [(side - 1, k) for k in reversed(arterial)] + [(k, 0) for k in reversed(arterial)]
    ring = list(dict.fromkeys(ring))
    at = np.linspace(0, len(ring), count, endpoint=False).astype(int) + len(arterial) // 4
    return [ring[k % len(ring)] for k in at]


def made_roads(size: CitySize) -> RoadNetwork:
    """
    The road network of a made city.

    Parameters
    ----------
    size : CitySize
        Dimensions.

    Returns
    -------
    RoadNetwork
        Grid nodes first, then one node an exit.
    """
    side = size.side
    links: list[tuple[int, int, float, int, float]] = []
    for i in range(side):
        for j in range(side):
            for a, b, arterial in ((i + 1, j, j % 5 == 0), (i, j + 1, i % 5 == 0)):
                if a < side and b < side:
                    lanes, speed = (2, 60.0) if arterial else (1, 50.0)
                    ends = i * side + j, a * side + b
                    links.append((*ends, SPACING_M, lanes, speed))
                    links.append((*ends[::-1], SPACING_M, lanes, speed))
    places = [(i * SPACING_M, j * SPACING_M) for i in range(side) for j in range(side)]
    for i, j in exits_on_border(side, size.exits):
        step_i = -1 if i == 0 else int(i == side - 1)
        step_j = 0 if step_i else (-1 if j == 0 else 1)
        places.append((i * SPACING_M + step_i * EXIT_LENGTH_M, j * SPACING_M + step_j * EXIT_LENGTH_M))
        links.append((i * side + j, len(places) - 1, EXIT_LENGTH_M, 4, 60.0))
    return _network(np.array(places), links)


def _network(places: npt.NDArray[np.float64], links: list[tuple[int, int, float, int, float]]) -> RoadNetwork:
    from_node, to_node, length_m, lanes, speed = (np.array(column) for column in zip(*links, strict=True))
    n_links = len(links)
    return RoadNetwork(
        node_id=tuple(str(k) for k in range(len(places))),
        longitude_deg=places[:, 0] / METRES_PER_DEGREE,
        latitude_deg=places[:, 1] / METRES_PER_DEGREE,
        node_service_pcu_per_h=np.full(len(places), np.inf),
        link_id=tuple(str(k) for k in range(n_links)),
        from_node=from_node,
        to_node=to_node,
        length_m=length_m,
        lanes=lanes,
        free_speed_m_per_s=speed / 3.6,
        capacity_pcu_per_h=lanes * CAPACITY_PCU_PER_H_LANE,
        jam_density_pcu_per_m=lanes * JAM_DENSITY_PCU_PER_M_LANE,
        merge_weight=lanes,
        facility_type=("made",) * n_links,
        crossing=("",) * n_links,
        schematic=np.zeros(n_links, np.bool_),
        source=("made city",) * n_links,
        geometry=((),) * n_links,
    )


def nearest_exit_demand(
    network: RoadNetwork, cars_at: npt.NDArray[np.int64], exits: npt.NDArray[np.int64]
) -> TrafficDemand:
    """
    One leg a car, from its node to the exit that is nearest in free-flow time.

    Parameters
    ----------
    network : RoadNetwork
        The roads, at most one link between two nodes a direction.
    cars_at : int64
        Cars at each of the first nodes.
    exits : int64
        Node indices of the exits.

    Returns
    -------
    TrafficDemand
        One route an origin node, cars in the order of their nodes.
    """
    link_at = {
        ends: k
        for k, ends in enumerate(zip(network.to_node.tolist(), network.from_node.tolist(), strict=True))
    }
    backward = csr_array(
        (network.free_flow_time_s, (network.to_node, network.from_node)), shape=(network.n_nodes,) * 2
    )
    _, towards, _ = dijkstra(backward, indices=exits, min_only=True, return_predecessors=True)
    origins = np.flatnonzero(cars_at)
    routes = []
    for origin in origins.tolist():
        route, node = [], origin
        while towards[node] >= 0:
            route.append(link_at[int(towards[node]), node])
            node = int(towards[node])
        routes.append(route)
    n_cars = int(cars_at.sum())
    return TrafficDemand(
        route_offset=np.concatenate(([0], np.cumsum([len(route) for route in routes]))),
        route_link=np.concatenate(routes),
        leg_offset=np.arange(n_cars + 1),
        leg_route=np.repeat(np.arange(len(origins)), cars_at[origins]),
        leg_not_before_s=np.zeros(n_cars),
        leg_dwell_s=np.zeros(n_cars),
        pcu=np.ones(n_cars, np.int32),
        escorted=np.zeros(n_cars, np.bool_),
    )
