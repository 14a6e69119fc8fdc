"""Makes the instances of the comparison from seeds: made cities and the bundled district."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.made_city import METRES_PER_DEGREE, SIZES, made_city
from benchmarks.peers.instance import Instance
from safepassage.formats.scenario_folder import read_scenario, scenario_hash
from safepassage.model.network import RoadNetwork
from safepassage.model.plan import Plan
from safepassage.model.scenario import Scenario
from safepassage.planner.surge.naive import naive_plan
from safepassage.planner.surge.problem import state_problem
from safepassage.planner.surge.recipe import plan_surge
from safepassage.simulator import TrafficDemand
from safepassage.simulator.plan_traffic import plan_traffic

BUNDLED = Path(__file__).resolve().parents[2] / "safepassage" / "scenarios" / "kupiansk-2023"

DESCRIPTIONS = {
    "small": "made city of 20 x 20 nodes, 10,000 cars, 4 exits",
    "district": "bundled scenario, the cars of the plan in their waves",
    "district-peak": "bundled scenario, all cars at once by the nearest way",
    "medium": "made city of 50 x 50 nodes, 100,000 cars at once, 8 exits",
    "large": "made city of 100 x 100 nodes, 500,000 cars at once, 12 exits",
}


def make_instances(folder: Path, names: list[str]) -> dict[str, Path]:
    """
    Write instances.

    Parameters
    ----------
    folder : Path
        Where they go.
    names : list of str
        Keys of ``DESCRIPTIONS``.

    Returns
    -------
    dict of str to Path
        The file of each name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{name}.npz" for name in names}
    district = district_instances() if any(name.startswith("district") for name in names) else {}
    for name, path in paths.items():
        made = district[name] if name in district else instance_of(*made_city(SIZES[name]))
        made.save(path)
    return paths


def district_instances(*, curfew: bool = True) -> dict[str, Instance]:
    """
    Cars of the bundled scenario, as planned and all at once.

    Parameters
    ----------
    curfew : bool
        Whether the plan keeps the curfew; all at once ignores it.

    Returns
    -------
    dict of str to Instance
        Without checkpoints, closures and the fleet, which not every simulator has.
    """
    scenario = read_scenario(BUNDLED).scenario
    if not curfew:
        scenario = replace(scenario, policy=replace(scenario.policy, curfew=()))
    digest = scenario_hash(scenario)
    planned = plan_surge(scenario, scenario_hash=digest, seed=scenario.seed).plan
    at_once = naive_plan(state_problem(scenario), scenario_hash=digest)
    return {
        "district": instance_of(scenario.network, cars_of(scenario, planned)),
        "district-peak": instance_of(scenario.network, cars_of(scenario, at_once)),
    }


def cars_of(scenario: Scenario, plan: Plan) -> TrafficDemand:
    """
    The cars of a plan, without its fleet.

    Parameters
    ----------
    scenario : Scenario
        Roads and rules.
    plan : Plan
        Waves and routes.

    Returns
    -------
    TrafficDemand
        One leg a car.
    """
    return plan_traffic(scenario.network, plan.routes, plan.waves, (), scenario.policy.boarding).demand


def instance_of(network: RoadNetwork, demand: TrafficDemand) -> Instance:
    """
    Arrays that every simulator can read.

    Parameters
    ----------
    network : RoadNetwork
        The roads; node services and turn capacities are left out.
    demand : TrafficDemand
        Cars of one leg.

    Returns
    -------
    Instance
        Lanes are whole: 1.5 lanes become 2 and keep the capacity of the link.
    """
    along = np.cos(np.radians(network.latitude_deg.mean()))
    return Instance(
        x_m=network.longitude_deg * METRES_PER_DEGREE * along,
        y_m=network.latitude_deg * METRES_PER_DEGREE,
        from_node=network.from_node.astype(np.int64),
        to_node=network.to_node.astype(np.int64),
        lanes=np.maximum(np.ceil(network.lanes), 1).astype(np.int64),
        length_m=network.length_m,
        speed_m_per_s=network.free_speed_m_per_s,
        capacity_veh_per_h=network.capacity_pcu_per_h,
        jam_density_veh_per_m=network.jam_density_pcu_per_m,
        merge_weight=network.merge_weight.astype(np.float64),
        route_offset=demand.route_offset,
        route_link=demand.route_link.astype(np.int64),
        car_route=demand.leg_route.astype(np.int64),
        depart_s=demand.leg_not_before_s,
    )
