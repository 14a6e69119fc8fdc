"""
Link traversals a second of the simulator's kernel on a made city.

    python benchmarks/simulator_traversals.py [small|medium|large|million] [--repeats N]

Reports the loop alone (the compiled kernel that play() runs, in processor time, so that other work on
the machine counts less) beside all of play() with a workspace in use, and two threads against one.
Prints JSON; medians over the repeats.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numba
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.made_city import SIZES, made_city
from safepassage.model.network import RoadNetwork
from safepassage.simulator import (
    Conditions,
    Hold,
    HoldPoint,
    Knowledge,
    LinkChange,
    TrafficDemand,
    Workspace,
    play,
)
from safepassage.simulator.kernel.layout import TRAVERSALS
from safepassage.simulator.kernel.loop import run
from safepassage.simulator.run import horizon_tick


def troubled(network: RoadNetwork) -> Conditions:
    """Every fiftieth link closed for ten minutes, and an alert of ten minutes in every hour of ten."""
    capacity = network.capacity_pcu_per_h
    changes = [
        change
        for link in range(0, network.n_links, 50)
        for change in (
            LinkChange(600.0 + link, link, 0.0),
            LinkChange(1200.0 + link, link, float(capacity[link])),
        )
    ]
    everywhere = tuple(range(network.n_links))
    alerts = [Hold(everywhere, HoldPoint.ORIGIN, 3600.0 * k, 3600.0 * k + 600.0) for k in range(1, 11)]
    return Conditions(changes=tuple(changes), holds=tuple(alerts), knowledge=Knowledge())


def loop_times_s(
    network: RoadNetwork, demand: TrafficDemand, repeats: int, conditions: Conditions
) -> tuple[list[float], int]:
    """Processor times of the compiled event loop alone (s), after one run to warm up, and its traversals."""
    workspace = Workspace(network)
    loaded = workspace.load(demand)
    changing = workspace.load_conditions(conditions)
    times_s = []
    for _ in range(repeats + 1):
        world = workspace.world(loaded, changing, tie_mask=0, record_entries=False)
        start_s = time.thread_time()
        run(world, horizon_tick(float("inf")))
        times_s.append(time.thread_time() - start_s)
    return times_s[1:], int(world.clock[TRAVERSALS])


def play_times_s(network: RoadNetwork, demand: TrafficDemand, repeats: int) -> list[float]:
    """Time of play() as a planner calls it, the workspace in use already (s)."""
    workspace = Workspace(network)
    times_s = []
    for _ in range(repeats + 1):
        start_s = time.perf_counter()
        play(network, demand, workspace=workspace)
        times_s.append(time.perf_counter() - start_s)
    return times_s[1:]


def thread_speed_up(network: RoadNetwork, demand: TrafficDemand, threads: int, plays: int) -> float:
    """How many times faster ``plays`` plays are with several threads than with one."""
    workspaces = [Workspace(network) for _ in range(threads)]
    share = plays // threads

    def play_share(workspace: Workspace) -> None:
        for _ in range(share):
            play(network, demand, workspace=workspace)

    for workspace in workspaces:
        play(network, demand, workspace=workspace)
    start_s = time.perf_counter()
    for _ in range(threads):
        play_share(workspaces[0])
    alone_s = time.perf_counter() - start_s
    start_s = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(play_share, workspaces))
    return alone_s / (time.perf_counter() - start_s)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Link traversals a second of the simulator's kernel.")
    parser.add_argument("size", nargs="?", default="medium", choices=sorted(SIZES))
    parser.add_argument("--repeats", type=int, default=9)
    arguments = parser.parse_args()
    start_s = time.perf_counter()
    play(*made_city(SIZES["small"]))
    first_play_s = time.perf_counter() - start_s
    network, demand = made_city(SIZES[arguments.size])
    result = play(network, demand)
    loop_s, _ = loop_times_s(network, demand, arguments.repeats, Conditions())
    troubled_s, troubled_traversals = loop_times_s(network, demand, arguments.repeats, troubled(network))
    play_s = play_times_s(network, demand, arguments.repeats)
    median_s = statistics.median(loop_s)
    measured = {
        "size": arguments.size,
        "links": network.n_links,
        "vehicles": demand.n_vehicles,
        "traversals": result.traversals,
        "events_per_traversal": round(result.events / result.traversals, 3),
        "first_play_with_compilation_or_cache_s": round(first_play_s, 3),
        "loop_processor_s": round(median_s, 4),
        "loop_processor_spread_s": [round(min(loop_s), 4), round(max(loop_s), 4)],
        "traversals_per_processor_s": round(result.traversals / median_s),
        "traversals_per_processor_s_with_closures_holds_and_detours": round(
            troubled_traversals / statistics.median(troubled_s)
        ),
        "play_s": round(statistics.median(play_s), 4),
        "speed_up_of_two_threads": round(thread_speed_up(network, demand, 2, 8), 3),
        "clearance_s": result.clearance_s,
        "mean_arrival_s": round(float(np.mean(result.leg_arrive_s)), 3),
        "digest": result.digest,
        "machine": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
    }
    print(json.dumps(measured, indent=2))


if __name__ == "__main__":
    main()
