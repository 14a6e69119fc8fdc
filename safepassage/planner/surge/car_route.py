"""A way for cars: its links, what it uses, and when each of these is reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from safepassage.model.arrays import FloatArray, IndexArray, frozen_array
from safepassage.model.network import RoadNetwork
from safepassage.units import SECONDS_PER_HOUR


@dataclass(frozen=True, slots=True, eq=False)
class CarRoute:
    """
    A way from a settlement to a destination.

    Attributes
    ----------
    links : tuple of int
        Link indices in driving order; empty where the settlement is at the destination.
    destination : int
        Index into the problem's destinations.
    resources : int32[n]
        What the route uses: link indices, and ``n_links + node`` for nodes that serve at a rate.
    reached_s : float64[n]
        Free-flow time from the departure to each resource (s).
    free_flow_s : float
        Free-flow time of the whole way (s).
    """

    links: tuple[int, ...]
    destination: int
    resources: IndexArray
    reached_s: FloatArray
    free_flow_s: float


def resource_capacity_per_s(network: RoadNetwork) -> FloatArray:
    """
    Capacity of every link, then of every node, in PCU a second.

    Parameters
    ----------
    network : RoadNetwork
        Roads.

    Returns
    -------
    float64[n_links + n_nodes]
        ``inf`` for nodes that hold nobody up.
    """
    both = np.concatenate([network.capacity_pcu_per_h, network.node_service_pcu_per_h])
    rate: FloatArray = both / SECONDS_PER_HOUR
    return rate


def make_route(network: RoadNetwork, links: Sequence[int], destination: int) -> CarRoute:
    """
    Work out what a chain of links uses and when it is reached.

    Parameters
    ----------
    network : RoadNetwork
        Roads.
    links : sequence of int
        Link indices in driving order.
    destination : int
        Index of the destination.

    Returns
    -------
    CarRoute
        The route.
    """
    way = np.asarray(links, dtype=np.int32)
    passed_s = np.concatenate([[0.0], np.cumsum(network.free_flow_time_s[way])])
    nodes = network.to_node[way]
    serving = np.isfinite(network.node_service_pcu_per_h[nodes])
    return CarRoute(
        links=tuple(int(link) for link in way),
        destination=destination,
        resources=frozen_array(np.concatenate([way, network.n_links + nodes[serving]]), np.int32),
        reached_s=frozen_array(np.concatenate([passed_s[:-1], passed_s[1:][serving]]), np.float64),
        free_flow_s=float(passed_s[-1]),
    )
