"""
Speed of the simulator with more and more of what it can do switched on, and of the bundled district.

    python benchmarks/simulator_features.py [--size medium] [--repeats 5] [--out FILE]

Processor times, so that other work on the machine counts less; medians. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.made_city import SIZES, made_city
from benchmarks.peers.make_instances import BUNDLED
from benchmarks.simulator_traversals import thread_speed_up
from safepassage.formats.scenario_folder import read_scenario, scenario_hash
from safepassage.model.network import RoadNetwork
from safepassage.planner.surge.recipe import plan_surge
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
from safepassage.simulator.exposure import Hazard, exposure
from safepassage.simulator.kernel.layout import TRAVERSALS
from safepassage.simulator.kernel.loop import run
from safepassage.simulator.plan_traffic import plan_traffic
from safepassage.simulator.run import horizon_tick
from safepassage.simulator.threat_conditions import threat_conditions

BUS_EVERY = 50
STOP_S = 120.0
CLOSED_EVERY = 50
STATE_S = 600.0
HAZARD_BIN_S = 600.0
UNTIL_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Setting:
    """
    What is switched on.

    Attributes
    ----------
    name : str
        In words.
    demand : TrafficDemand
        Vehicles.
    conditions : Conditions
        What changes meanwhile.
    exposed : bool
        Whether entries are recorded and a hazard is integrated along them.
    """

    name: str
    demand: TrafficDemand
    conditions: Conditions
    exposed: bool = False


def with_tours(demand: TrafficDemand) -> TrafficDemand:
    """
    Turn every fiftieth car into a bus that stops half-way.

    Parameters
    ----------
    demand : TrafficDemand
        One leg a car.

    Returns
    -------
    TrafficDemand
        Buses of 2 PCU have two legs with a dwell between them.
    """
    halves = [
        half
        for k in range(demand.n_routes)
        for half in np.array_split(demand.route_link[demand.route_offset[k] : demand.route_offset[k + 1]], 2)
    ]
    lengths = [*demand.route_length.tolist(), *(len(half) for half in halves)]
    bus = np.arange(demand.n_vehicles) % BUS_EVERY == 0
    legs = np.where(bus, 2, 1)
    leg_offset = np.concatenate(([0], np.cumsum(legs)))
    leg_route = np.repeat(demand.leg_route, legs)
    second = np.zeros(len(leg_route), np.bool_)
    second[leg_offset[:-1][bus] + 1] = True
    of_bus = np.repeat(bus, legs)
    leg_route[of_bus] = demand.n_routes + 2 * leg_route[of_bus] + second[of_bus]
    return TrafficDemand(
        route_offset=np.concatenate(([0], np.cumsum(lengths))),
        route_link=np.concatenate([demand.route_link, *halves]),
        leg_offset=leg_offset,
        leg_route=leg_route,
        leg_not_before_s=np.zeros(len(leg_route)),
        leg_dwell_s=np.where(second, STOP_S, 0.0),
        pcu=np.where(bus, 2, 1).astype(np.int32),
        escorted=np.zeros(demand.n_vehicles, np.bool_),
    )


def with_trouble(network: RoadNetwork) -> Conditions:
    """
    Every fiftieth link closed for ten minutes, at four times, and an alert of ten minutes in every hour.

    Parameters
    ----------
    network : RoadNetwork
        A made city.

    Returns
    -------
    Conditions
        Drivers before a closed link drive around all that are closed then.
    """
    changes = []
    for k, link in enumerate(range(0, network.n_links, CLOSED_EVERY)):
        start_s = STATE_S * (1 + k % 4)
        capacity = float(network.capacity_pcu_per_h[link])
        changes += [LinkChange(start_s, link, 0.0), LinkChange(start_s + STATE_S, link, capacity)]
    everywhere = tuple(range(network.n_links))
    alerts = [Hold(everywhere, HoldPoint.ORIGIN, 3600.0 * k, 3600.0 * k + STATE_S) for k in range(1, 11)]
    return Conditions(changes=tuple(changes), holds=tuple(alerts), knowledge=Knowledge())


def settings(network: RoadNetwork, demand: TrafficDemand) -> list[Setting]:
    """
    More and more of what the simulator can do.

    Parameters
    ----------
    network : RoadNetwork
        A made city.
    demand : TrafficDemand
        Its cars.

    Returns
    -------
    list of Setting
        The plain one first.
    """
    tours, trouble = with_tours(demand), with_trouble(network)
    holds = Conditions(holds=trouble.holds)
    return [
        Setting("nothing: cars on fixed routes", demand, Conditions()),
        Setting("and tours: every 50th vehicle a bus that stops on the way", tours, Conditions()),
        Setting("and holds: an alert of ten minutes in every hour", tours, holds),
        Setting("and closures of every 50th link, with drivers who drive around them", tours, trouble),
        Setting("and exposure: entries recorded, a hazard integrated", tours, trouble, exposed=True),
    ]


def measure(network: RoadNetwork, setting: Setting, repeats: int) -> dict[str, object]:
    """
    Traversals a processor second of the loop; with exposure, of the loop and the integration.

    Parameters
    ----------
    network : RoadNetwork
        The roads.
    setting : Setting
        What is switched on.
    repeats : int
        Plays after one that warms up.

    Returns
    -------
    dict
        Median and extremes.
    """
    workspace = Workspace(network)
    loaded = workspace.load(setting.demand)
    changing = workspace.load_conditions(setting.conditions)
    after_s = exposure_s(network, setting, workspace) if setting.exposed else 0.0
    times_s = []
    for _ in range(repeats + 1):
        world = workspace.world(loaded, changing, tie_mask=0, record_entries=setting.exposed)
        start_s = time.thread_time()
        run(world, horizon_tick(float("inf")))
        times_s.append(time.thread_time() - start_s + after_s)
    speeds = [int(world.clock[TRAVERSALS]) / time_s for time_s in times_s[1:]]
    return {
        "name": setting.name,
        "traversals": int(world.clock[TRAVERSALS]),
        "traversals_per_processor_s": round(statistics.median(speeds)),
        "spread": [round(min(speeds)), round(max(speeds))],
    }


def exposure_s(network: RoadNetwork, setting: Setting, workspace: Workspace) -> float:
    """
    Processor time of integrating a hazard along all vehicles.

    Parameters
    ----------
    network : RoadNetwork
        The roads.
    setting : Setting
        What is played.
    workspace : Workspace
        Of the network.

    Returns
    -------
    float
        Seconds, of the second time: the first one loads the compiled pass.
    """
    rng = np.random.default_rng(0)
    bins = int(UNTIL_S / HAZARD_BIN_S)
    hazard = Hazard(
        HAZARD_BIN_S,
        rng.random((bins, network.n_links)) * 1e-9,
        rng.random((bins, network.n_nodes)) * 1e-9,
    )
    people = np.full((setting.demand.n_legs, 2), 1)
    result = play(
        network, setting.demand, conditions=setting.conditions, record_entries=True, workspace=workspace
    )
    times_s = []
    for _ in range(2):
        start_s = time.process_time()
        exposure(network, setting.demand, result, hazard, leg_people=people, until_s=UNTIL_S)
        times_s.append(time.process_time() - start_s)
    return times_s[-1]


def district_ms(repeats: int) -> tuple[float, int]:
    """
    Time of playing the plan of the bundled district, fleet and threat included, in a workspace in use.

    Parameters
    ----------
    repeats : int
        Plays.

    Returns
    -------
    float, int
        Median processor time (ms), and vehicles.
    """
    scenario = read_scenario(BUNDLED).scenario
    plan = plan_surge(scenario, scenario_hash=scenario_hash(scenario), seed=scenario.seed).plan
    network = scenario.network
    demand = plan_traffic(network, plan.routes, plan.waves, plan.trips, scenario.policy.boarding).demand
    conditions, workspace = threat_conditions(scenario), Workspace(network)
    times_ms = []
    for _ in range(repeats + 1):
        start_s = time.thread_time()
        play(network, demand, conditions=conditions, workspace=workspace)
        times_ms.append((time.thread_time() - start_s) * 1000)
    return statistics.median(times_ms[1:]), demand.n_vehicles


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Speed of the simulator with its features on.")
    parser.add_argument("--size", default="medium", choices=sorted(SIZES))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    network, demand = made_city(SIZES[arguments.size])
    result = play(network, demand)
    workspace = Workspace(network)
    world = workspace.world(
        workspace.load(demand), workspace.load_conditions(Conditions()), tie_mask=0, record_entries=False
    )
    state = (world.gates, world.feeders, world.slots, world.origins, world.events, world.vehicles, world.legs)
    district, district_vehicles = district_ms(20 * arguments.repeats)
    facts = {
        "size": arguments.size,
        "rows": [measure(network, setting, arguments.repeats) for setting in settings(network, demand)],
        "events_per_traversal": round(result.events / result.traversals, 3),
        "bytes_of_state": sum(array.nbytes for array in state),
        "district_warm_ms": round(district, 3),
        "district_vehicles": district_vehicles,
        "speed_up_of_two_threads": round(thread_speed_up(network, demand, 2, 8), 3),
    }
    text = json.dumps(facts, indent=1)
    print(text)
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
