"""
How long a plan made anew after a lost crossing takes, warm.

Run it as ``python -m benchmarks.replan [FOLDER] [--at HOURS] [--lost NAME]``; without a folder the bundled
scenario. The first run of each crossing loads compiled code and is not shown.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from safepassage.formats.scenario_folder import read_scenario, scenario_hash
from safepassage.planner.surge.known_now import closures_of
from safepassage.planner.surge.recipe import plan_surge
from safepassage.planner.surge.replan import replan
from safepassage.workflows.demo import BUNDLED


def main() -> None:
    """Print one line a lost crossing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=BUNDLED)
    parser.add_argument("--at", type=float, default=4.0, help="hours after the start")
    parser.add_argument("--lost", action="append", help="crossing; all of them by default")
    arguments = parser.parse_args()
    scenario = read_scenario(arguments.folder).scenario
    plan = plan_surge(scenario, scenario_hash=scenario_hash(scenario), seed=scenario.seed).plan
    at_s = arguments.at * 3600
    print("lost | wall s | processor s | safe | safe without a new plan | clearance min | bound min")
    for name in arguments.lost or sorted({name for name in scenario.network.crossing if name}):
        closures = closures_of(scenario, name, at_s)
        for shown in (False, True):
            wall_s, busy_s = time.perf_counter(), time.process_time()
            anew = replan(
                scenario, plan, at_s=at_s, scenario_hash=scenario_hash, closures=closures, seed=scenario.seed
            )
            wall_s, busy_s = time.perf_counter() - wall_s, time.process_time() - busy_s
            if shown:
                certificate = anew.plan.certificate
                bound_s = certificate.clearance[0].bound_s if certificate else 0.0
                print(
                    f"{name} | {wall_s:.2f} | {busy_s:.2f} | {anew.outcome.safe} | {anew.unchanged.safe}"
                    f" | {anew.outcome.clearance_s / 60:.0f} | {bound_s / 60:.0f}"
                )


if __name__ == "__main__":
    main()
