"""
Plans of large cases without a fleet, beside their bounds: public instances and made cities.

Run: ``python -m benchmarks.plan_cases FOLDER siouxfalls-100k anaheim-200k`` with the folder that holds
``instances`` and ``networks``, or ``python -m benchmarks.plan_cases city:SIDE,VEHICLES,EXITS``.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.made_city import CitySize, made_roads
from safepassage.formats.tntp import TntpUnits, read_tntp_network
from safepassage.model.network import RoadNetwork
from safepassage.model.people import PeopleCount, Settlement
from safepassage.model.policy import Policy, ThreatKind
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site, SiteKind
from safepassage.model.threat import Threat
from safepassage.planner.surge.bound_mean import mean_arrival_bound_s
from safepassage.planner.surge.problem import car_demand, state_problem
from safepassage.planner.surge.recipe import plan_surge
from safepassage.planner.surge.reserve import reserve_routes

FREE_STEP_S = 30.0


def drivers(name: str, network: RoadNetwork, cars: Mapping[str, int], exits: list[str]) -> Scenario:
    """One person a car, from nodes to exits without limit."""
    where = {node: k for k, node in enumerate(network.node_id)}
    return Scenario(
        id=name,
        name_uk=name,
        name_en=name,
        time_zone="UTC",
        start=datetime(2023, 8, 10, 5, tzinfo=UTC),
        horizon_s=72 * 3600.0,
        seed=1,
        network=network,
        settlements=tuple(
            Settlement(
                f"s{node}", node, node, "",
                float(network.latitude_deg[where[node]]), float(network.longitude_deg[where[node]]),
                node, PeopleCount(adults=number), household_size=1, car_share=1.0,
            )
            for node, number in cars.items()
        ),
        sites=tuple(
            Site(f"exit{node}", SiteKind.EXIT, node, node, node, 0.0, 0.0, safe=True) for node in exits
        ),
        fleet=(),
        services=(),
        threat=Threat(),
        policy=Policy(ThreatKind.NATURAL, persons_per_car=1.0),
    )  # fmt: skip


def instance(folder: Path, name: str) -> Scenario:
    """One of the public instances."""
    stated = json.loads((folder / "instances" / f"{name}.json").read_text(encoding="utf-8"))
    units = TntpUnits(time_s=60.0, capacity_pcu_per_h=stated["capacity_factor"])
    network = read_tntp_network(folder / stated["network"], units)
    return drivers(name, network, stated["demand"], [str(node) for node in stated["safe_nodes"]])


def city(size: CitySize, seed: int = 2) -> Scenario:
    """A made city with cars at random nodes."""
    network = made_roads(size)
    n_grid = size.side * size.side
    cars = np.bincount(np.random.default_rng(seed).integers(0, n_grid, size.vehicles), minlength=n_grid)
    at = {network.node_id[k]: int(number) for k, number in enumerate(cars.tolist()) if number}
    return drivers(f"city-{size.side}", network, at, list(network.node_id[n_grid:]))


def show(scenario: Scenario, *, free: bool) -> None:
    """Print the plan, its bound, the baseline and, for small cases, free routes."""
    if free:
        problem = state_problem(scenario)
        began = time.perf_counter()
        booked = reserve_routes(problem.roads, car_demand(problem), step_s=FREE_STEP_S)
        mean_s = mean_arrival_bound_s(problem, booked.clearance_steps * FREE_STEP_S, samples=300)
        # A booking counts at the end of its step; on average it arrives half a step before.
        free_mean_s = booked.mean_arrival_s - FREE_STEP_S / 2
        print(
            f"{scenario.id}: free routes out in {booked.clearance_steps * FREE_STEP_S / 60:.2f} min,"
            f" mean arrival {free_mean_s / 60:.2f} min, bound {mean_s / 60:.2f}"
            f" ({100 * (free_mean_s / mean_s - 1):.2f} %),"
            f" {time.perf_counter() - began:.1f} s"
        )
    began = time.perf_counter()
    used = time.process_time()
    result = plan_surge(scenario, scenario_hash="0" * 64, seed=scenario.seed)
    certificate = result.plan.certificate
    assert certificate is not None
    cars = certificate.clearance[0]
    naive_s = certificate.naive.clearance_s
    print(
        f"{scenario.id}: {len(result.plan.routes)} routes, {len(result.plan.waves)} waves, out in"
        f" {cars.value_s / 60:.1f} min, bound {cars.bound_s / 60:.1f} ({cars.gap_percent:.2f} %), nearest way"
        f" all at once {naive_s / 60:.1f} min ({100 * (naive_s / cars.value_s - 1):.0f} % later);"
        f" {time.perf_counter() - began:.0f} s ({time.process_time() - used:.0f} s of processor),"
        f" {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB"
    )
    for measure in certificate.measures:
        print(f"  {measure.name}: {measure.value:.0f} {measure.unit}, bound {measure.bound:.0f}")
    print("  prices (s):", {name: round(value) for name, value in certificate.prices})


def main() -> None:
    """Run every case that is named."""
    folder = next((Path(word) for word in sys.argv[1:] if Path(word).is_dir()), Path())
    for word in sys.argv[1:]:
        if word.startswith("city:"):
            show(city(CitySize(*map(int, word.removeprefix("city:").split(",")))), free=False)
        elif not Path(word).is_dir():
            show(instance(folder, word), free=True)


if __name__ == "__main__":
    main()
