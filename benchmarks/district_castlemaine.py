"""
Castlemaine and Surf Coast from MATSim networks to played plans.

The people of Castlemaine are its published synthetic population, summed by statistical area; those of Surf
Coast are made here: 4,800 persons at twelve crossings of streets, drawn with a fixed seed. Both are planned
by the ordinary commands' workflows. Run with the folder of the networks as the first argument.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyproj

from safepassage.formats.csv_text import csv_line
from safepassage.workflows.convert import read_network
from safepassage.workflows.plan import plan_folder
from safepassage.workflows.prepare import PrepareInputs, PrepareOptions, prepare_scenario

HEADER = (
    "code",
    "name",
    "latitude",
    "longitude",
    "population",
    "adults",
    "children",
    "older",
    "low_mobility",
)
SURF_COAST_PEOPLE = 4800
SURF_COAST_PLACES = 12
SEED = 20230809


def castlemaine_table(source: Path) -> str:
    """The synthetic persons as a table of settlements, one a statistical area (SA1)."""
    areas: dict[str, list[tuple[float, float, int]]] = defaultdict(list)
    with gzip.open(source, "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            longitude, latitude = json.loads(row["Geographical.Coordinate"])
            areas[row["SA1_7DIGCODE"]].append((longitude, latitude, int(row["Age"])))
    lines = [csv_line(HEADER)]
    for code, persons in sorted(areas.items()):
        longitude, latitude = np.median(np.array(persons)[:, :2], axis=0)
        ages = [age for _longitude, _latitude, age in persons]
        children, older = sum(age < 18 for age in ages), sum(age >= 60 for age in ages)
        # Nobody's mobility is told; 5 % of the older are taken as of low mobility.
        low = round(0.05 * older)
        groups = (len(ages) - children - older, children, older - low, low)
        cells = (
            code,
            f"SA1 {code}",
            f"{latitude:.6f}",
            f"{longitude:.6f}",
            str(len(ages)),
            *map(str, groups),
        )
        lines.append(csv_line(cells))
    return "".join(lines)


def castlemaine_sites(source: Path) -> str:
    """Where the persons of the study would go, as ways out."""
    with gzip.open(source, "rt", encoding="utf-8", newline="") as stream:
        wishes = {row["EvacLocationPreference"] for row in csv.DictReader(stream)}
    to_degrees = pyproj.Transformer.from_crs("EPSG:28355", "EPSG:4326", always_xy=True)
    lines = [csv_line(("kind", "name", "latitude", "longitude"))]
    for wish in sorted(wishes - {""}):
        name, x, y = wish.rsplit(",", 2)
        longitude, latitude = to_degrees.transform(float(x), float(y))
        lines.append(csv_line(("exit", name, f"{latitude:.6f}", f"{longitude:.6f}")))
    return "".join(lines)


def surf_coast_table(network: Path) -> str:
    """Made people: a stated number, at nodes drawn with a fixed seed."""
    roads = read_network(network, crs="EPSG:32754").network
    random = np.random.default_rng(SEED)
    nodes = random.choice(roads.n_nodes, SURF_COAST_PLACES, replace=False)
    lines = [csv_line(HEADER[:5])]
    for number, node in enumerate(sorted(nodes.tolist()), start=1):
        at = f"{roads.latitude_deg[node]:.6f}", f"{roads.longitude_deg[node]:.6f}"
        people = str(SURF_COAST_PEOPLE // SURF_COAST_PLACES)
        lines.append(csv_line((f"made-{number}", f"Made {number}", *at, people)))
    return "".join(lines)


def run(name: str, network: Path, crs: str, table: str, sites_table: str = "") -> None:
    """Prepare, plan and play; print what took how long."""
    with TemporaryDirectory() as folder:
        work = Path(folder)
        people = work / "people.csv"
        people.write_text(table, "utf-8")
        sites = work / "sites.csv" if sites_table else None
        if sites:
            sites.write_text(sites_table, "utf-8")
        began = time.perf_counter()
        inputs = PrepareInputs(network=network, crs=crs, settlements=people, sites=sites)
        made = prepare_scenario(inputs, work / name, PrepareOptions(name=name))
        prepared = time.perf_counter()
        plan = plan_folder(work / name, work / "plan")
        planned = time.perf_counter()
        facts = {**made.facts(), "not_placed": len(made.report.not_placed)}
        shown = ("nodes", "links", "dropped_km", "settlements", "people_in", "people_placed", "exits_marked")
        print(name, {key: facts[key] for key in shown})
        print(f"  prepare {prepared - began:.1f} s, plan and play {planned - prepared:.1f} s")
        for sentence in plan.sentences():
            print("  ", sentence)


def main() -> None:
    """Run both."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared/data/networks")
    if not folder.is_dir():
        print(f"{folder} is not there; give the folder of the networks")
        return
    castlemaine, surf_coast = folder / "castlemaine", folder / "surfcoast" / "network-2021-epsg32754.xml.gz"
    if "--castlemaine-only" not in sys.argv:
        run("surf-coast", surf_coast, "EPSG:32754", surf_coast_table(surf_coast))
    persons = castlemaine / "population-archetypes_noaddr.csv.gz"
    network = castlemaine / "network.xml.gz"
    run("castlemaine", network, "EPSG:28355", castlemaine_table(persons), castlemaine_sites(persons))


if __name__ == "__main__":
    main()
