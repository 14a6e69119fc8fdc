"""
Time of the clearance bound on a made city of about 3,000 links and 500,000 vehicles, in one-minute steps.

Run: ``python benchmarks/bound_scale.py [SIDE] [VEHICLES] [EXITS]``. The second call is the one to quote;
the first also loads the compiled kernels.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np

from safepassage.model.network import RoadNetwork
from safepassage.planner.surge.bound import clearance_bound
from safepassage.planner.surge.demand import SurgeDemand

SPACING_M = 250.0


def made_city(side: int, vehicles: int, exits: int, seed: int = 2) -> tuple[RoadNetwork, SurgeDemand]:
    """
    Make a grid city: an arterial every fifth street, exits on the border, vehicles spread evenly.

    Parameters
    ----------
    side : int
        Nodes along a side.
    vehicles : int
        Vehicles in the whole city.
    exits : int
        Number of exits.
    seed : int
        Seed of the spread.

    Returns
    -------
    network : RoadNetwork
        Roads.
    demand : SurgeDemand
        Vehicles by node; the exits are the destinations.
    """
    ends = []
    for i in range(side):
        for j in range(side):
            for a, b, arterial in ((i + 1, j, j % 5 == 0), (i, j + 1, i % 5 == 0)):
                if a < side and b < side:
                    ends += [(i * side + j, a * side + b, arterial), (a * side + b, i * side + j, arterial)]
    border = [k * side for k in range(0, side, 5)] + [k * side + side - 1 for k in range(0, side, 5)]
    chosen = np.unique(np.linspace(0, len(border) - 1, exits).astype(int))
    n_grid = side * side
    tail = np.array([end[0] for end in ends] + [border[k] for k in chosen])
    head = np.array([end[1] for end in ends] + [n_grid + place for place in range(len(chosen))])
    wide = np.array([end[2] for end in ends] + [False] * len(chosen))
    leaving = np.arange(len(tail)) >= len(ends)
    lanes = np.where(leaving, 4.0, np.where(wide, 2.0, 1.0))
    n_nodes, n_links = n_grid + len(chosen), len(tail)
    network = RoadNetwork(
        node_id=tuple(map(str, range(n_nodes))),
        longitude_deg=np.zeros(n_nodes),
        latitude_deg=np.zeros(n_nodes),
        node_service_pcu_per_h=np.full(n_nodes, np.inf),
        link_id=tuple(map(str, range(n_links))),
        from_node=tail,
        to_node=head,
        length_m=np.where(leaving, 2 * SPACING_M, SPACING_M),
        lanes=lanes,
        free_speed_m_per_s=np.where(wide | leaving, 60.0, 50.0) / 3.6,
        capacity_pcu_per_h=1800.0 * lanes,
        jam_density_pcu_per_m=lanes / 7.5,
        merge_weight=lanes,
        facility_type=("street",) * n_links,
        crossing=("",) * n_links,
        schematic=np.ones(n_links, np.bool_),
        source=("made",) * n_links,
        geometry=((),) * n_links,
    )
    amount = np.bincount(np.random.default_rng(seed).integers(0, n_grid, vehicles), minlength=n_grid)
    demand = SurgeDemand(
        origin_node=np.arange(n_grid, dtype=np.int32),
        amount_pcu=amount.astype(np.float64),
        destination_node=n_grid + np.arange(len(chosen), dtype=np.int32),
    )
    return network, demand


def main() -> None:
    """Print the time of two runs and what was found."""
    given = [int(word) for word in sys.argv[1:]]
    side, vehicles, exits = given + [27, 500_000, 12][len(given) :]
    network, demand = made_city(side, vehicles, exits)
    print(f"{network.n_nodes} nodes, {network.n_links} links, {vehicles} vehicles, {exits} exits")
    for run in ("first", "second"):
        started = time.perf_counter()
        bound = clearance_bound(network, demand)
        print(
            f"{run}: {time.perf_counter() - started:.2f} s; bound {bound.bound_s / 60:.2f} min by the"
            f" {bound.binding_part} part, T* {bound.t_star_steps} steps"
        )
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
