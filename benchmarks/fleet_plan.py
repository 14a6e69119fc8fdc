"""Fleet plan against the fleet bound and the naive fleet, on a made district in the likeness of Kupiansk."""

from __future__ import annotations

import argparse
import time

from benchmarks.fleet_plan_case import kupiansk_like, people_of
from safepassage.planner.surge.fleet import naive_fleet, plan_fleet
from safepassage.planner.surge.fleet_bound import fleet_bound
from safepassage.planner.surge.fleet_problem import build_problem
from safepassage.planner.surge.fleet_task import make_task
from safepassage.planner.surge.paths import Paths


def main() -> None:
    """Print one line a case: clearance, bound, gap, time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--iterations", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    print("seed people  bound_h  plan_h  gap_%  mean_h  naive_h  naive_left  unserved  plan_s")
    for seed in range(1, arguments.seeds + 1):
        scenario, households = kupiansk_like(seed=seed)
        paths = Paths(scenario.network)
        bound = fleet_bound(make_task(build_problem(scenario, households, paths), paths))
        naive = naive_fleet(scenario, households, paths)
        begin = time.perf_counter()
        plan = plan_fleet(scenario, households, paths, seed=seed, iterations=arguments.iterations)
        took_s = time.perf_counter() - begin
        gap = 100 * (plan.clearance_s / bound.bound_s - 1)
        left = [sum(part.people.total for part in item.unserved) for item in (naive, plan)]
        print(
            f"{seed:4d} {people_of(households):6d} {bound.bound_s / 3600:8.2f} {plan.clearance_s / 3600:7.2f}"
            f" {gap:6.1f} {plan.mean_arrival_s / 3600:7.2f} {naive.clearance_s / 3600:8.2f} {left[0]:11d}"
            f" {left[1]:9d} {took_s:7.2f}"
        )
        print(
            "    ",
            {str(k): round(v.bound_s / 3600, 2) for k, v in bound.by_need.items()},
            "seated",
            round(bound.seated.bound_s / 3600, 2),
        )


if __name__ == "__main__":
    main()
