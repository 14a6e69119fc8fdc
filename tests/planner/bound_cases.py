"""Small networks for the tests of bounds and reservations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from safepassage.model.network import RoadNetwork
from safepassage.planner.surge.demand import SurgeDemand

Link = tuple[int, int, float, float]
"""From node, to node, free-flow time (s), capacity (PCU/h)."""


def network_of(
    links: Sequence[Link],
    *,
    service: Mapping[int, float] | None = None,
    crossing: Mapping[int, str] | None = None,
    movements: Sequence[tuple[int, int, float]] = (),
) -> RoadNetwork:
    """A network whose links are driven at 10 m/s."""
    n_nodes = 1 + max(max(link[:2]) for link in links)
    n_links = len(links)
    rate = np.full(n_nodes, np.inf)
    for node, value in (service or {}).items():
        rate[node] = value
    capacity = np.array([link[3] for link in links], np.float64)
    return RoadNetwork(
        node_id=tuple(f"n{node}" for node in range(n_nodes)),
        longitude_deg=np.zeros(n_nodes),
        latitude_deg=np.zeros(n_nodes),
        node_service_pcu_per_h=rate,
        link_id=tuple(f"l{link}" for link in range(n_links)),
        from_node=np.array([link[0] for link in links], np.int32),
        to_node=np.array([link[1] for link in links], np.int32),
        length_m=np.array([10.0 * link[2] for link in links]),
        lanes=np.ones(n_links),
        free_speed_m_per_s=np.full(n_links, 10.0),
        capacity_pcu_per_h=capacity,
        jam_density_pcu_per_m=np.full(n_links, 0.2),
        merge_weight=np.ones(n_links),
        facility_type=("road",) * n_links,
        crossing=tuple((crossing or {}).get(link, "") for link in range(n_links)),
        schematic=np.zeros(n_links, np.bool_),
        source=("test",) * n_links,
        geometry=((),) * n_links,
        movement_in_link=np.array([movement[0] for movement in movements], np.int32),
        movement_out_link=np.array([movement[1] for movement in movements], np.int32),
        movement_capacity_pcu_per_h=np.array([movement[2] for movement in movements], np.float64),
    )


def demand_of(
    amounts: Mapping[int, float],
    destinations: Mapping[int, float] | Sequence[int],
    ready: Sequence[float] = (),
) -> SurgeDemand:
    """Vehicles by origin node, and destinations with or without a capacity."""
    room = dict(destinations) if isinstance(destinations, Mapping) else dict.fromkeys(destinations, np.inf)
    return SurgeDemand(
        origin_node=np.array(list(amounts), np.int32),
        amount_pcu=np.array(list(amounts.values()), np.float64),
        destination_node=np.array(list(room), np.int32),
        destination_capacity_pcu=np.array(list(room.values()), np.float64),
        ready_s=np.array(ready, np.float64),
    )


def random_case(seed: int, *, most_a_step: int = 3) -> tuple[RoadNetwork, SurgeDemand]:
    """
    A random connected network with one to three origins and one or two destinations.

    Free-flow times are one to four minutes and capacities one to `most_a_step` vehicles a minute. With
    one vehicle a minute whole vehicles can keep to minutes exactly.
    """
    rng = np.random.default_rng(seed)
    n_nodes = int(rng.integers(5, 8))
    pairs = {(node, node + 1) for node in range(n_nodes - 1)}
    while len(pairs) < 2 * n_nodes:
        tail, head = rng.integers(0, n_nodes, 2)
        if tail != head:
            pairs.add((int(tail), int(head)))
    links = [
        (tail, head, 60.0 * int(rng.integers(1, 5)), 60.0 * int(rng.integers(1, most_a_step + 1)))
        for tail, head in sorted(pairs)
    ]
    origins = rng.choice(n_nodes - 2, size=int(rng.integers(1, 4)), replace=False)
    amounts = {int(node): float(rng.integers(1, 25)) for node in sorted(origins)}
    destinations = (
        [n_nodes - 1] if rng.random() < 0.5 or n_nodes - 2 in amounts else [n_nodes - 2, n_nodes - 1]
    )
    return network_of(links), demand_of(amounts, destinations)
