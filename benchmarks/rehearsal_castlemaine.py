"""
Measure futures of Castlemaine: its MATSim network and published synthetic population.

    python -m benchmarks.rehearsal_castlemaine [NETWORKS_FOLDER] [FUTURES] [--keep FOLDER]

Prepares and plans the district as `benchmarks.district_castlemaine` does, then plays the futures on two
threads. With ``--keep`` the scenario and the plan stay there and are used again.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.district_castlemaine import castlemaine_sites, castlemaine_table
from safepassage.formats.plan_folder import read_plan_folder
from safepassage.rehearsal.assumptions import Assumptions
from safepassage.rehearsal.play import Stage
from safepassage.rehearsal.run import on_threads, rehearse
from safepassage.rehearsal.statistics import summary_of
from safepassage.workflows.plan import plan_folder
from safepassage.workflows.prepare import PrepareInputs, PrepareOptions, prepare_scenario


def planned(networks: Path, work: Path) -> Path:
    """A plan folder of the district, made where it is missing."""
    if (work / "plan").is_dir():
        return work / "plan"
    source = networks / "castlemaine"
    persons = source / "population-archetypes_noaddr.csv.gz"
    people, sites = work / "people.csv", work / "sites.csv"
    people.write_text(castlemaine_table(persons), "utf-8")
    sites.write_text(castlemaine_sites(persons), "utf-8")
    inputs = PrepareInputs(
        network=source / "network.xml.gz", crs="EPSG:28355", settlements=people, sites=sites
    )
    prepare_scenario(inputs, work / "castlemaine", PrepareOptions(name="castlemaine"))
    plan_folder(work / "castlemaine", work / "plan")
    return work / "plan"


def measure(plan: Path, futures: int) -> None:
    """Play the futures and print the time."""
    folder = read_plan_folder(plan)
    scenario = folder.folder.scenario
    start_s = time.perf_counter()
    stage = Stage(scenario, folder.plan, Assumptions(), scenario.seed)
    made_s = time.perf_counter()
    rehearse(stage, 2)
    start_play_s, used_s = time.perf_counter(), time.process_time()
    tally = rehearse(stage, futures, batches=on_threads(2))
    played_s = time.perf_counter() - start_play_s
    demand = stage.parties.traffic.demand
    print(f"{scenario.network.n_links} links, {demand.n_vehicles} vehicles, {demand.n_legs} legs")
    print(f"made ready in {made_s - start_s:.1f} s")
    print(
        f"{futures} futures, 2 threads: {played_s:.1f} s ({time.process_time() - used_s:.1f} s of processors)"
    )
    print(f"largest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    print(f"mean persons: {dict(summary_of(tally).people)}")


def main() -> None:
    """Prepare, plan and play."""
    parser = argparse.ArgumentParser(description="Measure futures of Castlemaine.")
    parser.add_argument("networks", nargs="?", type=Path, default=Path("../shared/data/networks"))
    parser.add_argument("futures", nargs="?", type=int, default=200)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    if arguments.keep:
        arguments.keep.mkdir(exist_ok=True)
        measure(planned(arguments.networks, arguments.keep), arguments.futures)
        return
    with TemporaryDirectory() as work:
        measure(planned(arguments.networks, Path(work)), arguments.futures)


if __name__ == "__main__":
    main()
