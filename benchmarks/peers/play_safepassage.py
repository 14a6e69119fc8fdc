"""
Plays an instance with Safepassage as one process.

    python -m benchmarks.peers.play_safepassage IN OUT [loop]
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.peers.instance import Instance, load_instance
from safepassage.model.network import RoadNetwork
from safepassage.simulator import Conditions, TrafficDemand, Workspace, play
from safepassage.simulator.kernel.loop import run
from safepassage.simulator.run import horizon_tick

_METRES_PER_DEGREE = 111_195.0


def network_of(instance: Instance) -> RoadNetwork:
    """
    The roads of an instance.

    Parameters
    ----------
    instance : Instance
        As loaded.

    Returns
    -------
    RoadNetwork
        Without services and turn restrictions.
    """
    n_nodes, n_links = len(instance.x_m), instance.n_links
    return RoadNetwork(
        node_id=tuple(map(str, range(n_nodes))),
        longitude_deg=instance.x_m / _METRES_PER_DEGREE,
        latitude_deg=instance.y_m / _METRES_PER_DEGREE,
        node_service_pcu_per_h=np.full(n_nodes, np.inf),
        link_id=tuple(map(str, range(n_links))),
        from_node=instance.from_node.astype(np.int32),
        to_node=instance.to_node.astype(np.int32),
        length_m=instance.length_m,
        lanes=instance.lanes.astype(np.float64),
        free_speed_m_per_s=instance.speed_m_per_s,
        capacity_pcu_per_h=instance.capacity_veh_per_h,
        jam_density_pcu_per_m=instance.jam_density_veh_per_m,
        merge_weight=instance.merge_weight,
        facility_type=("",) * n_links,
        crossing=("",) * n_links,
        schematic=np.zeros(n_links, np.bool_),
        source=("",) * n_links,
        geometry=((),) * n_links,
    )


def demand_of(instance: Instance) -> TrafficDemand:
    """
    The cars of an instance.

    Parameters
    ----------
    instance : Instance
        As loaded.

    Returns
    -------
    TrafficDemand
        One leg a car.
    """
    return TrafficDemand(
        route_offset=instance.route_offset,
        route_link=instance.route_link.astype(np.int32),
        leg_offset=np.arange(instance.n_cars + 1),
        leg_route=instance.car_route.astype(np.int32),
        leg_not_before_s=instance.depart_s,
        leg_dwell_s=np.zeros(instance.n_cars),
        pcu=np.ones(instance.n_cars, np.int32),
        escorted=np.zeros(instance.n_cars, np.bool_),
    )


def loop_times(network: RoadNetwork, demand: TrafficDemand) -> dict[str, float]:
    """
    Time of the event loop alone, after it has been loaded.

    Parameters
    ----------
    network : RoadNetwork
        The roads.
    demand : TrafficDemand
        The cars.

    Returns
    -------
    dict of str to float
        Wall-clock and processor time (s).
    """
    workspace = Workspace(network)
    world = workspace.world(
        workspace.load(demand), workspace.load_conditions(Conditions()), tie_mask=0, record_entries=False
    )
    start_s, start_processor_s = time.perf_counter(), time.process_time()
    run(world, horizon_tick(float("inf")))
    return {
        "loop_s": time.perf_counter() - start_s,
        "loop_processor_s": time.process_time() - start_processor_s,
    }


def main() -> None:
    """Play once and write figures and arrivals; with a third argument, time the loop in a second play."""
    instance = load_instance(Path(sys.argv[1]))
    network, demand = network_of(instance), demand_of(instance)
    result = play(network, demand)
    arrive_s = result.leg_arrive_s
    arrived = ~np.isnan(arrive_s)
    out = Path(sys.argv[2])
    np.save(out.with_suffix(".npy"), arrive_s)
    figures = {
        "clearance_s": result.clearance_s,
        "mean_travel_s": float((arrive_s - instance.depart_s)[arrived].mean()),
        "arrived": int(arrived.sum()),
    }
    if len(sys.argv) > 3:
        figures |= loop_times(network, demand)
    out.write_text(json.dumps(figures))


if __name__ == "__main__":
    main()
