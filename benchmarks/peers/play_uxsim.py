"""
Plays an instance with UXsim's C++ engine as one process, in the environment of the peers.

    python -m benchmarks.peers.play_uxsim IN OUT PLATOON HORIZON_S

Fixed routes; the reaction time is what gives the lane with the largest capacity that capacity, and the
other links are capped at theirs. UXsim searches shortest ways once at the start even though routes are
fixed; its later searches are put off beyond the horizon, and vehicle logs are off. Every vehicle holds a
number for every link that exists when it is made. With platoon 1, where only the result counts, vehicles are
therefore made before the links, else 100,000 of them on 10,000 links need more than 12 GB.
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from uxsim import World  # type: ignore[import-not-found]

from benchmarks.peers.instance import Instance, load_instance


def tell(phase: str) -> None:
    """
    Say on the error stream what begins.

    Parameters
    ----------
    phase : str
        In words; the last one tells where a run stopped.
    """
    print(f"phase: {phase}", file=sys.stderr, flush=True)


def reaction_time_s(instance: Instance, platoon: int) -> float:
    """
    The world's reaction time.

    Parameters
    ----------
    instance : Instance
        As loaded.
    platoon : int
        Cars that UXsim moves as one.

    Returns
    -------
    float
        Such that one platoon a time step is not lost to rounding, by which UXsim would make no vehicle.
    """
    value = float(instance.reaction_time_s().min())
    while platoon / (value * platoon) * (value * platoon) < platoon:
        value = math.nextafter(value, math.inf)
    return value


def add_nodes(world: Any, instance: Instance) -> None:  # noqa: ANN401 the library has no types
    """
    Build the nodes.

    Parameters
    ----------
    world : World
        Of UXsim.
    instance : Instance
        As loaded.
    """
    for node, (x_m, y_m) in enumerate(zip(instance.x_m.tolist(), instance.y_m.tolist(), strict=True)):
        world.addNode(str(node), x_m, y_m)


def add_links(world: Any, instance: Instance) -> list[Any]:  # noqa: ANN401
    """
    Build the links.

    Parameters
    ----------
    world : World
        Of UXsim, with nodes.
    instance : Instance
        As loaded.

    Returns
    -------
    list of Link
        In the order of the instance.
    """
    tell("building links")
    lanes = instance.lanes
    headway_s = world.REACTION_TIME / lanes + 1 / (instance.speed_m_per_s * instance.jam_density_veh_per_m)
    capacity_per_s = instance.capacity_veh_per_h / 3600
    capped = capacity_per_s * headway_s < 1 - 1e-6
    links = []
    for k in range(instance.n_links):
        limit = float(capacity_per_s[k]) if capped[k] else None
        links.append(
            world.addLink(
                str(k),
                str(instance.from_node[k]),
                str(instance.to_node[k]),
                length=float(instance.length_m[k]),
                free_flow_speed=float(instance.speed_m_per_s[k]),
                jam_density=float(instance.jam_density_veh_per_m[k]),
                number_of_lanes=int(lanes[k]),
                merge_priority=float(instance.merge_weight[k]),
                capacity_out=limit,
                capacity_in=limit,
            )
        )
    return links


def add_platoons(world: Any, instance: Instance, platoon: int) -> tuple[list[Any], list[int]]:  # noqa: ANN401
    """
    Build the vehicles.

    Parameters
    ----------
    world : World
        Of UXsim.
    instance : Instance
        As loaded.
    platoon : int
        Cars in one vehicle. Rests are carried over to the next origin, for UXsim would drop them.

    Returns
    -------
    list of Vehicle, list of int
        The vehicles, and the route of each.
    """
    tell("building vehicles")
    groups, cars = np.unique(
        np.column_stack([instance.depart_s, instance.car_route]), axis=0, return_counts=True
    )
    vehicles, routes = [], []
    for (depart_s, route), number in zip(
        groups.tolist(), np.diff(np.cumsum(cars) // platoon, prepend=0).tolist(), strict=True
    ):
        way = instance.route(int(route)).tolist()
        ends = str(instance.from_node[way[0]]), str(instance.to_node[way[-1]])
        for _ in range(number):
            vehicles.append(world.addVehicle(*ends, depart_s))
            routes.append(int(route))
    return vehicles, routes


def main() -> None:
    """Build, play and write figures."""
    instance = load_instance(Path(sys.argv[1]))
    platoon, horizon_s = int(sys.argv[3]), float(sys.argv[4])
    world = World(
        name="",
        deltan=platoon,
        reaction_time=reaction_time_s(instance, platoon),
        tmax=horizon_s,
        duo_update_time=1e9,
        print_mode=0,
        save_mode=0,
        show_mode=0,
        random_seed=0,
        vehicle_logging_timestep_interval=0,
        cpp=True,
    )
    add_nodes(world, instance)
    if platoon == 1:
        vehicles, routes = add_platoons(world, instance, platoon)
        links = add_links(world, instance)
    else:
        links = add_links(world, instance)
        vehicles, routes = add_platoons(world, instance, platoon)
    for vehicle, route in zip(vehicles, routes, strict=True):
        vehicle.enforce_route([links[k] for k in instance.route(route).tolist()])
    tell("searching shortest ways, then the loop")
    start_s, start_processor_s = time.perf_counter(), time.process_time()
    world.exec_simulation()
    loop_s = time.perf_counter() - start_s
    loop_processor_s = time.process_time() - start_processor_s
    travel_s = np.array([vehicle.travel_time for vehicle in vehicles])
    depart_s = np.array([vehicle.departure_time_in_second for vehicle in vehicles])
    arrived = travel_s >= 0
    figures = {
        "clearance_s": float((travel_s + depart_s)[arrived].max()),
        "mean_travel_s": float(travel_s[arrived].mean()),
        "arrived": int(arrived.sum()) * platoon,
        "loop_s": loop_s,
        "loop_processor_s": loop_processor_s,
    }
    Path(sys.argv[2]).write_text(json.dumps(figures))


if __name__ == "__main__":
    main()
