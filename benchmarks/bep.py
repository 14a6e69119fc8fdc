"""
The bus evacuation problem on public instances: value, proof and time beside the best published values.

Run: ``python -m benchmarks.bep FOLDER [SETS]``, where FOLDER holds ``best_known.csv`` and ``set2`` ... with
the instances; SETS are digits, ``2345`` by default.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

from safepassage.formats.bep import read_bus_evacuation
from safepassage.planner.surge.bep import solve_bus_evacuation


def main() -> None:
    """Solve the chosen sets and print one row an instance."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("sets", nargs="?", default="2345")
    arguments = parser.parse_args()
    with (arguments.folder / "best_known.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["set"] in arguments.sets]
    print("instance            found  bound  CPLEX  GRASP  optimum  rounds   work  seconds")
    worst_s, agreed = 0.0, 0
    for row in rows:
        path = next((arguments.folder / f"set{row['set']}").glob(f"*-i{row['instance']}.txt"))
        begun_s = time.perf_counter()
        solved = solve_bus_evacuation(read_bus_evacuation(path))
        took_s = time.perf_counter() - begun_s
        worst_s = max(worst_s, took_s)
        agreed += solved.proven and solved.last_arrival == float(row["proven_optimum"])
        published = [float(row[key]) for key in ("cplex_best", "grasp_best", "proven_optimum")]
        print(
            f"{path.stem:18s} {solved.last_arrival:6.0f} {solved.bound:6.0f}"
            + "".join(f" {value:6.0f}" for value in published)
            + f"  {solved.rounds:6d} {solved.work:7.2f} {took_s:8.2f}"
        )
    print(f"{agreed} of {len(rows)} proven equal to the published optimum; slowest {worst_s:.1f} s")


if __name__ == "__main__":
    main()
