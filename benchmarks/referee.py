"""
An independent referee: our plan and the naive baseline, played in UXsim (platoon 1) and in SUMO.

    python benchmarks/referee.py --peers PYTHON [--cases district,city] [--out FILE]

``district``: cars of the bundled scenario without its curfew (the baseline ignores it), as planned, against
everyone at once by the nearest way. ``city``: the small made city with capacity-reserving routes and
departures, against the same. Prints and writes JSON: clearance and mean arrival of both by every judge, and
how much of the gain that our own simulator tells the judge confirms.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.made_city import SIZES, made_city
from benchmarks.peers.instance import Instance
from benchmarks.peers.make_instances import district_instances, instance_of
from benchmarks.peers.tools import TOOL_NAMES, TOOLS, Case, Places, run_safepassage
from safepassage.model.network import RoadNetwork
from safepassage.planner.surge.demand import SurgeDemand
from safepassage.planner.surge.reserve import reserve_routes
from safepassage.simulator import TrafficDemand

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "bench" / "referee"
JUDGES = ("safepassage", "uxsim-1", "sumo")
STEP_S = 20.0
Pair = dict[str, Instance]
Told = dict[str, float]


def district() -> Pair:
    """
    Cars of the bundled scenario, without a curfew.

    Returns
    -------
    dict of str to Instance
        The baseline and the plan.
    """
    made = district_instances(curfew=False)
    return {"baseline": made["district-peak"], "plan": made["district"]}


def city() -> Pair:
    """
    The small made city.

    Returns
    -------
    dict of str to Instance
        Everyone at once by the nearest way, and reserved routes and departures.
    """
    network, nearest = made_city(SIZES["small"])
    origin = network.from_node[nearest.route_link[nearest.route_offset[:-1]]]
    amount = np.bincount(nearest.leg_route, minlength=nearest.n_routes)
    exits = np.setdiff1d(network.to_node, network.from_node)
    demand = SurgeDemand(
        origin_node=origin.astype(np.int32),
        amount_pcu=amount.astype(np.float64),
        destination_node=exits.astype(np.int32),
    )
    return {
        "baseline": instance_of(network, nearest),
        "plan": instance_of(network, reserved_demand(network, demand)),
    }


def reserved_demand(network: RoadNetwork, demand: SurgeDemand) -> TrafficDemand:
    """
    Cars that keep to capacity-reserving routes and departures.

    Parameters
    ----------
    network : RoadNetwork
        Roads.
    demand : SurgeDemand
        Cars by origin.

    Returns
    -------
    TrafficDemand
        One leg a car; the cars of one booking are spread over its step.
    """
    booked = reserve_routes(network, demand, step_s=STEP_S)
    cars = np.round(booked.booking_amount_pcu).astype(np.int64)
    number = int(cars.sum())
    within = np.arange(number) - np.repeat(np.cumsum(cars) - cars, cars)
    spread_s = STEP_S * within / np.repeat(cars, cars)
    return TrafficDemand(
        route_offset=booked.route_offset,
        route_link=booked.route_link,
        leg_offset=np.arange(number + 1),
        leg_route=np.repeat(booked.booking_route, cars),
        leg_not_before_s=STEP_S * np.repeat(booked.booking_depart_step, cars) + spread_s,
        leg_dwell_s=np.zeros(number),
        pcu=np.ones(number, np.int32),
        escorted=np.zeros(number, np.bool_),
    )


CASES: dict[str, Callable[[], Pair]] = {"district": district, "city": city}


def judge(name: str, pair: Pair, places: Places) -> list[dict[str, object]]:
    """
    Play baseline and plan with every judge.

    Parameters
    ----------
    name : str
        Of the case.
    pair : dict of str to Instance
        Baseline and plan.
    places : Places
        Where programs are.

    Returns
    -------
    list of dict
        One row a judge; ours first, against whose gain the others are measured.
    """
    played: dict[str, dict[str, Told]] = {tool: {} for tool in JUDGES}
    for part, instance in pair.items():
        folder = WORK / f"{name}-{part}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "instance.npz"
        instance.save(path)
        case = Case(name, path, folder, 0.0)
        first = run_safepassage(case, places)
        case = Case(name, path, folder, round(1.2 * float(first["clearance_s"]) + 3600))
        for tool in JUDGES:
            run = TOOLS[tool](case, places)
            print(f"{name} {part} {tool}: {json.dumps(run)}", flush=True)
            if run["stopped"] or run["arrived"] != instance.n_cars:
                raise SystemExit(f"{tool} did not bring all cars of {name} out: {run}")
            played[tool][part] = {
                "clearance_s": float(run["clearance_s"]),
                "mean_arrival_s": float(run["mean_travel_s"]) + float(instance.depart_s.mean()),
            }
    return [row(name, tool, played[tool], played["safepassage"]) for tool in JUDGES]


def row(name: str, tool: str, told: dict[str, Told], ours: dict[str, Told]) -> dict[str, object]:
    """
    The verdict of a judge.

    Parameters
    ----------
    name, tool : str
        Case and judge.
    told, ours : dict of str to dict
        Figures of baseline and plan, by the judge and by our simulator.

    Returns
    -------
    dict
        With the share of our gain that the judge confirms; None where our simulator tells none.
    """
    kept: dict[str, float | None] = {}
    for figure in ("clearance_s", "mean_arrival_s"):
        gain = ours["baseline"][figure] - ours["plan"][figure]
        confirmed = told["baseline"][figure] - told["plan"][figure]
        kept[figure] = round(confirmed / gain, 4) if gain > 0.005 * ours["baseline"][figure] else None
    return {
        "case": name,
        "judge": tool,
        "judge_name": TOOL_NAMES[tool],
        "baseline": told["baseline"],
        "plan": told["plan"],
        "kept": kept,
    }


def main() -> None:
    """Play and write."""
    parser = argparse.ArgumentParser(description="Let other simulators judge our plan.")
    parser.add_argument("--peers", type=Path, required=True, help="interpreter of the peers' environment")
    parser.add_argument("--cases", default="district,city")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "referee.json")
    arguments = parser.parse_args()
    places = Places(Path(sys.executable), arguments.peers.absolute())
    rows = [told for name in arguments.cases.split(",") for told in judge(name, CASES[name](), places)]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps({"rows": rows}, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
