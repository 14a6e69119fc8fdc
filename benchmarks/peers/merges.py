"""
How saturated arms of a merge share its outflow, in Safepassage and in SUMO's mesoscopic model.

Arms of four links each meet and go on over three links; where those are followed by a narrower link, the
queue stands back through the merge. By capacity (lanes) is what first-order node models ask for.
"""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.peers.instance import Instance
from benchmarks.peers.play_safepassage import demand_of, network_of
from benchmarks.peers.sumo_files import sumo_arguments, write_plain_files
from benchmarks.peers.tools import Places
from safepassage.simulator import play

LINK_M = 250.0
SPEED_M_PER_S = 50 / 3.6
CARS_A_LANE = 800
LINKS_AN_ARM = 4
LINKS_AFTER = 3


@dataclass(frozen=True, slots=True)
class Merge:
    """
    A merge.

    Attributes
    ----------
    arms : tuple of int
        Lanes of each arm.
    after : int
        Lanes behind the merge.
    end : int
        Lanes of the last two links; fewer than ``after`` let the queue stand back through the merge.
    """

    arms: tuple[int, ...]
    after: int
    end: int


MERGES = (
    Merge((2, 1), 2, 2),
    Merge((2, 1), 2, 1),
    Merge((1, 2, 1), 2, 2),
    Merge((1, 2, 1), 2, 1),
    Merge((1, 1, 1), 1, 1),
    Merge((1, 1, 1), 2, 1),
)


def measure_merges(folder: Path, places: Places) -> list[dict[str, object]]:
    """
    Play all merges.

    Parameters
    ----------
    folder : Path
        For SUMO's files.
    places : Places
        Where programs are.

    Returns
    -------
    list of dict
        Shares of the arms and clearance by tool.
    """
    rows: list[dict[str, object]] = []
    for k, merge in enumerate(MERGES):
        instance = merge_instance(merge)
        ours = play(network_of(instance), demand_of(instance)).leg_arrive_s
        row: dict[str, object] = {"arms": merge.arms, "after": merge.after, "end": merge.end}
        played = {"safepassage": ours}
        for name, segment_m in (("sumo", None), ("sumo-1", 1e6)):
            played[name] = _sumo_arrivals(instance, folder / f"merge{k}", places, segment_m)
        for name, arrive_s in played.items():
            row[name] = {
                "shares": [round(share, 3) for share in shares(merge, arrive_s)],
                "clearance_s": round(float(arrive_s.max()), 1),
            }
        rows.append(row)
    return rows


def shares(merge: Merge, arrive_s: npt.NDArray[np.float64]) -> list[float]:
    """
    Shares of the arms while all of them queue.

    Parameters
    ----------
    merge : Merge
        The arms.
    arrive_s : float64[n_cars]
        Arrivals, arm by arm.

    Returns
    -------
    list of float
        Of the arrivals from 30 to 90 % of the time at which the first arm is empty.
    """
    arms = np.split(arrive_s, np.cumsum(CARS_A_LANE * np.array(merge.arms))[:-1])
    end_s = min(float(arm.max()) for arm in arms)
    counts = [int(((arm > 0.3 * end_s) & (arm < 0.9 * end_s)).sum()) for arm in arms]
    return [count / sum(counts) for count in counts]


def merge_instance(merge: Merge) -> Instance:
    """
    Roads and cars of a merge.

    Parameters
    ----------
    merge : Merge
        Lanes.

    Returns
    -------
    Instance
        All cars at once.
    """
    lanes = [lane for arm in merge.arms for lane in [arm] * LINKS_AN_ARM]
    after = [merge.after] * LINKS_AFTER + [merge.end] * 2
    first_after = len(lanes)
    from_node, to_node = [], []
    for arm in range(len(merge.arms)):
        chain = [1 + arm * LINKS_AN_ARM + k for k in range(LINKS_AN_ARM)]
        from_node += chain
        to_node += [*chain[1:], 0]
    ahead = [0, *(first_after + 1 + k for k in range(len(after)))]
    from_node += ahead[:-1]
    to_node += ahead[1:]
    all_lanes = np.array(lanes + after)
    n_links, n_nodes = len(all_lanes), max(to_node) + 1
    routes = [
        [*range(arm * LINKS_AN_ARM, (arm + 1) * LINKS_AN_ARM), *range(first_after, n_links)]
        for arm in range(len(merge.arms))
    ]
    cars = CARS_A_LANE * np.array(merge.arms)
    angle = np.arange(n_nodes) * 2.399963
    return Instance(
        x_m=100.0 * np.sqrt(np.arange(n_nodes)) * np.cos(angle),
        y_m=100.0 * np.sqrt(np.arange(n_nodes)) * np.sin(angle),
        from_node=np.array(from_node),
        to_node=np.array(to_node),
        lanes=all_lanes,
        length_m=np.full(n_links, LINK_M),
        speed_m_per_s=np.full(n_links, SPEED_M_PER_S),
        capacity_veh_per_h=all_lanes * 1800.0,
        jam_density_veh_per_m=all_lanes / 7.5,
        merge_weight=all_lanes.astype(np.float64),
        route_offset=np.arange(len(routes) + 1) * len(routes[0]),
        route_link=np.array(routes).ravel(),
        car_route=np.repeat(np.arange(len(routes)), cars),
        depart_s=np.zeros(int(cars.sum())),
    )


def _sumo_arrivals(
    instance: Instance, folder: Path, places: Places, segment_m: float | None
) -> npt.NDArray[np.float64]:
    environment, home = places.environment(), places.sumo_home / "bin"
    convert = [str(home / "netconvert"), *write_plain_files(instance, folder)]
    subprocess.run(convert, cwd=folder, env=environment, check=True, capture_output=True)
    command = [str(home / "sumo"), *sumo_arguments(segment_m=segment_m), "--tripinfo-output", "trips.xml"]
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    arrive_s = np.full(instance.n_cars, np.nan)
    for trip in ET.parse(folder / "trips.xml").getroot().iter("tripinfo"):  # noqa: S314 just written
        arrive_s[int(trip.attrib["id"])] = float(trip.attrib["arrival"])
    return arrive_s
