"""
Compare the simulator with UXsim (C++) and SUMO (mesoscopic) in one run, in alternation.

    python benchmarks/peers_bench.py [quick|full] --peers PYTHON [--out FILE] [--instances NAME,...]

``make bench`` makes the peers' environment and starts it. Writes JSON (machine, versions, date, load, every
single run), instance by instance, and at the end the page of the documentation made from it. A run that is
stopped by a cap, and one that takes more than ``--once-over`` seconds of processor time, is not repeated.
``--instances`` measures some instances anew and keeps what the file holds of the others.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.peers.instance import load_instance
from benchmarks.peers.machine import load, machine, versions
from benchmarks.peers.make_instances import DESCRIPTIONS, make_instances
from benchmarks.peers.merges import measure_merges
from benchmarks.peers.tools import TOOLS, Case, Places, Run, run_safepassage

ROOT = Path(__file__).resolve().parent.parent
MODES = {
    "quick": (["small", "district-peak"], 3),
    "full": (["district", "district-peak", "medium", "large"], 5),
}
ACCURACY_ONLY = ("uxsim-1", "sumo-lanes")
MOST_CARS_FOR_ACCURACY = 200_000
WORK = ROOT / "build" / "bench"
RESULTS = ROOT / "benchmarks" / "results" / "peers.json"


def compare(
    case: Case, places: Places, tools: list[str], repeats: int, once_over_s: float
) -> dict[str, list[Run]]:
    """
    Run all tools in alternation.

    Parameters
    ----------
    case : Case
        What to play.
    places : Places
        Where programs are.
    tools : list of str
        Keys of ``TOOLS``.
    repeats : int
        Runs of each tool; one of those that only show how accurate the others are.
    once_over_s : float
        A run that takes more processor time is not repeated (s).

    Returns
    -------
    dict of str to list of dict
        All runs of each tool.
    """
    runs: dict[str, list[Run]] = {name: [] for name in tools}
    for turn in range(repeats):
        for name in tools:
            if turn and (name in ACCURACY_ONLY or _is_over(runs[name][0], once_over_s)):
                continue
            run = TOOLS[name](case, places)
            runs[name].append(run)
            print(f"{case.name} {name} {turn + 1}: {json.dumps(run)}", flush=True)
    return runs


def _is_over(run: Run, once_over_s: float) -> bool:
    return bool(run["stopped"]) or float(run["processor_s"]) > once_over_s


def prepare(name: str, path: Path, places: Places) -> Case:
    """
    Make an instance ready; the first play fills the cache of the compiled kernel.

    Parameters
    ----------
    name : str
        Of the instance.
    path : Path
        Its arrays.
    places : Places
        Where programs are.

    Returns
    -------
    Case
        With a horizon for UXsim that is 5 % and ten minutes beyond the clearance.
    """
    folder = path.parent / name
    folder.mkdir(parents=True, exist_ok=True)
    first = run_safepassage(Case(name, path, folder, 0.0), places)
    return Case(name, path, folder, round(1.05 * float(first["clearance_s"]) + 600))


def main() -> None:
    """Run, write, and draw."""
    parser = argparse.ArgumentParser(description="Compare the simulator with its peers.")
    parser.add_argument("mode", nargs="?", default="full", choices=sorted(MODES))
    parser.add_argument("--peers", type=Path, required=True, help="interpreter of the peers' environment")
    parser.add_argument("--out", type=Path, help="JSON; the committed one for a full run by default")
    parser.add_argument("--instances", help="names, with commas")
    parser.add_argument("--tools", help="names, with commas")
    parser.add_argument("--repeats", type=int, help="runs of each tool")
    parser.add_argument("--once-over", type=float, default=150.0, help="seconds of processor time")
    arguments = parser.parse_args()
    names, repeats = MODES[arguments.mode]
    names = arguments.instances.split(",") if arguments.instances else names
    out = arguments.out or (RESULTS if arguments.mode == "full" else WORK / "quick.json")
    places = Places(Path(sys.executable), arguments.peers.absolute())
    kept = json.loads(out.read_text(encoding="utf-8")) if arguments.instances and out.exists() else {}
    facts: dict[str, object] = {
        "mode": arguments.mode,
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": machine(),
        "versions": versions(places.peers_python),
        "merges": measure_merges(WORK, places),
    }
    instances = kept.get("instances", {})
    out.parent.mkdir(parents=True, exist_ok=True)
    for name, path in make_instances(WORK, names).items():
        made, before = load_instance(path), load()
        exact = made.n_cars <= MOST_CARS_FOR_ACCURACY
        asked = arguments.tools.split(",") if arguments.tools else TOOLS
        tools = [tool for tool in asked if exact or tool not in ACCURACY_ONLY]
        instances[name] = {
            "description": DESCRIPTIONS[name],
            "links": made.n_links,
            "cars": made.n_cars,
            "load_before": before,
            "runs": compare(
                prepare(name, path, places), places, tools, arguments.repeats or repeats, arguments.once_over
            ),
            "load_after": load(),
        }
        facts["instances"] = {name: instances[name] for name in DESCRIPTIONS if name in instances}
        out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    page = [str(places.peers_python), "-m", "benchmarks.peers.page", str(out)]
    if arguments.mode == "quick":
        page += [str(WORK / "benchmarks.md"), str(WORK)]
    subprocess.run(page, cwd=ROOT, env=places.environment(), check=True)


if __name__ == "__main__":
    main()
