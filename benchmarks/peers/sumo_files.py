"""
Writes an instance for SUMO's mesoscopic model and reads what it did.

Headways at a standstill (the four taus) are set link type by link type so that every lane has its
capacity; a car takes 7.5 m. No speed deviation, no internal links, no junction control, no teleports. One
queue a link: by default SUMO gives each lane at the end of a link a queue of its own, and a turn only the
lanes that its converter led there, which halves the capacity of many two-lane links.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from benchmarks.peers.instance import Instance

CAR_M = 7.5


def write_plain_files(instance: Instance, folder: Path) -> list[str]:
    """
    Write nodes, edges, types, taus and routes.

    Parameters
    ----------
    instance : Instance
        Its jam density must be one car in 7.5 m of a lane.
    folder : Path
        Where the files go.

    Returns
    -------
    list of str
        Arguments of ``netconvert``, which makes ``city.net.xml`` there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tau_s = np.round(instance.reaction_time_s(), 3)
    kinds, kind = np.unique(np.column_stack([instance.speed_m_per_s, tau_s]), axis=0, return_inverse=True)
    _write(folder / "city.nod.xml", "nodes", _nodes(instance))
    _write(folder / "city.edg.xml", "edges", _edges(instance, kind.ravel()))
    _write(folder / "taus.add.xml", "additional", _taus(kinds[:, 1].tolist()))
    _write(folder / "cars.rou.xml", "routes", _routes(instance))
    return [
        *("--node-files", "city.nod.xml", "--edge-files", "city.edg.xml", "--output-file", "city.net.xml"),
        *("--no-internal-links", "true", "--no-turnarounds", "false", "--junctions.corner-detail", "0"),
    ]


def sumo_arguments(*, segment_m: float | None = None, lane_queues: bool = False) -> list[str]:
    """
    Arguments of ``sumo``.

    Parameters
    ----------
    segment_m : float, optional
        Length of the segments that links are cut into; SUMO's own by default.
    lane_queues : bool
        Whether each lane at the end of a link queues by itself, as SUMO does by default.

    Returns
    -------
    list of str
        Only statistics are written.
    """
    cut = [] if segment_m is None else ["--meso-edgelength", str(segment_m)]
    return [
        *("--mesosim", "--net-file", "city.net.xml", "--route-files", "cars.rou.xml"),
        *("--additional-files", "taus.add.xml", "--time-to-teleport", "-1", "--no-step-log"),
        *("--duration-log.statistics", "--statistic-output", "statistics.xml"),
        *("--meso-multi-queue", str(lane_queues).lower()),
        *("--xml-validation", "never", "--xml-validation.net", "never", *cut),
    ]


def read_statistics(path: Path) -> dict[str, float]:
    """
    Read what SUMO tells of a run.

    Parameters
    ----------
    path : Path
        Its statistics.

    Returns
    -------
    dict of str to float
        Clearance (the last step, within 1 s), mean travel time, arrivals and time of the loop.
    """
    root = ET.parse(path).getroot()  # noqa: S314 written by the program that was started
    values = {child.tag: child.attrib for child in root}
    trips, clock = values["vehicleTripStatistics"], values["performance"]
    return {
        "clearance_s": float(clock["end"]),
        "mean_travel_s": float(trips["duration"]) + float(trips["departDelay"]),
        "arrived": int(trips["count"]),
        "loop_s": float(clock["clockDuration"]),
    }


def _nodes(instance: Instance) -> Iterable[str]:
    for k, (x_m, y_m) in enumerate(zip(instance.x_m.tolist(), instance.y_m.tolist(), strict=True)):
        yield f'<node id="{k}" x="{x_m:.2f}" y="{y_m:.2f}" type="priority"/>'


def _edges(instance: Instance, kind: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Iterable[str]:
    for k in range(instance.n_links):
        yield (
            f'<edge id="{k}" from="{instance.from_node[k]}" to="{instance.to_node[k]}" type="t{kind[k]}"'
            f' numLanes="{instance.lanes[k]}" speed="{instance.speed_m_per_s[k]:.6f}"'
            f' length="{instance.length_m[k]:.3f}"/>'
        )


def _taus(tau_s: list[float]) -> Iterable[str]:
    for k, tau in enumerate(tau_s):
        yield (
            f'<type id="t{k}"><meso tauff="{tau:.3f}" taufj="{tau:.3f}" taujf="{tau:.3f}"'
            f' taujj="{tau:.3f}"/></type>'
        )


def _routes(instance: Instance) -> Iterable[str]:
    yield f'<vType id="car" length="5" minGap="{CAR_M - 5}" speedDev="0" tau="1"/>'
    for k in range(len(instance.route_offset) - 1):
        yield f'<route id="r{k}" edges="{" ".join(map(str, instance.route(k).tolist()))}"/>'
    for car in np.argsort(instance.depart_s, kind="stable").tolist():
        yield (
            f'<vehicle id="{car}" type="car" route="r{instance.car_route[car]}"'
            f' depart="{instance.depart_s[car]:.3f}"/>'
        )


def _write(path: Path, root: str, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(f"<{root}>\n")
        file.writelines(f"{line}\n" for line in lines)
        file.write(f"</{root}>\n")
