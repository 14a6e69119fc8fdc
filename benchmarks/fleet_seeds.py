"""
The fleet's schedule against its bound, by seed, for a scenario and for changes of it.

Run: ``python -m benchmarks.fleet_seeds FOLDER [--seeds 3] [--iterations 1200]``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from safepassage.formats.scenario_folder import read_scenario
from safepassage.model.people import HouseholdGroup
from safepassage.model.scenario import Scenario
from safepassage.planner.surge.fleet import plan_fleet
from safepassage.planner.surge.fleet_bound import fleet_bound
from safepassage.planner.surge.fleet_problem import build_problem
from safepassage.planner.surge.fleet_task import make_task
from safepassage.planner.surge.problem import state_problem
from safepassage.planner.surge.recipe import FLEET_ITERATIONS

Households = Mapping[str, tuple[HouseholdGroup, ...]]


def changed(scenario: Scenario) -> Iterator[tuple[str, Scenario, float]]:
    """Names, scenarios and shares of the people: as given, and with more, fewer and other things."""
    half = tuple(replace(group, count=(group.count + 1) // 2) for group in scenario.fleet)
    small = tuple(
        replace(group, count=2 * group.count if group.seats < 20 else group.count // 2)
        for group in scenario.fleet
    )
    yield "as given", scenario, 1.0
    yield "four fifths of the people", scenario, 0.8
    yield "six fifths of the people", scenario, 1.2
    yield "half of the vehicles", replace(scenario, fleet=half), 1.0
    yield "more small vehicles", replace(scenario, fleet=small), 1.0
    yield "no scheduled services", replace(scenario, services=()), 1.0


def share_of(households: Households, share: float) -> Households:
    """So many of the households of each group, at least one."""
    return {
        place: tuple(replace(group, count=max(1, round(share * group.count))) for group in groups)
        for place, groups in households.items()
    }


def main() -> None:
    """Print one line a case: bound, planned clearance and gap for each seed, and processor time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--iterations", type=int, default=FLEET_ITERATIONS)
    arguments = parser.parse_args()
    given = read_scenario(arguments.folder).scenario
    problem = state_problem(given)
    print("case                       bound_min  planned_min (gap_%) by seed, unserved, processor_s a plan")
    for name, scenario, share in changed(given):
        households = share_of(problem.carless, share)
        bound = fleet_bound(make_task(build_problem(scenario, households, problem.paths), problem.paths))
        cells, left = [], 0
        begun_s = time.process_time()
        for seed in range(arguments.seeds):
            plan = plan_fleet(scenario, households, problem.paths, seed=seed, iterations=arguments.iterations)
            left += sum(part.people.total for part in plan.unserved)
            gap = 100 * (plan.clearance_s / bound.bound_s - 1)
            cells.append(f"{plan.clearance_s / 60:.0f} ({gap:.1f})")
        took_s = (time.process_time() - begun_s) / arguments.seeds
        line = f"{name:26s} {bound.bound_s / 60:9.1f}  {', '.join(cells)}, {left}, {took_s:.1f}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
