"""SUMO networks: ``.net.xml`` in, plain XML (nodes, edges, connections) out."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import numpy.typing as npt
import pyproj

from safepassage.formats.network_draft import DraftLink, ForeignNetwork, NetworkDraft
from safepassage.formats.numbers import shortest
from safepassage.formats.xml_stream import Attributes, stream_xml
from safepassage.i18n import _
from safepassage.model.network import RoadNetwork
from safepassage.progress import Progress

# SUMO tells no capacities; one lane carries this (PCU/h) up to the speed (m/s) beside it.
_LANE_CAPACITY = ((14.0, 900.0), (23.0, 1400.0), (math.inf, 1800.0))
_CARS = frozenset({"passenger", "private", "all"})

Floats = npt.NDArray[np.float64]


def read_sumo_network(path: Path, *, crs: str = "", progress: Progress | None = None) -> ForeignNetwork:
    """
    Read a SUMO network.

    Parameters
    ----------
    path : Path
        ``.net.xml`` or ``.net.xml.gz``.
    crs : str
        Coordinates where the file does not name its projection.
    progress : Progress, optional
        Told of the megabytes read.

    Returns
    -------
    ForeignNetwork
        Edges with a lane for cars; turns without a connection are forbidden. Capacities are assumed from
        the speed, for the format has none.

    Raises
    ------
    InputError
        With every fault found.
    """
    reader = _Network(NetworkDraft(path.name))
    stream_xml(path, reader.start, reader.end, progress=progress)
    return reader.network(crs)


class _Network:
    def __init__(self, draft: NetworkDraft) -> None:
        self._draft = draft
        self._projection = ""
        self._offset = (0.0, 0.0)
        self._edges: list[tuple[int, Attributes, list[Attributes]]] = []
        self._edge: tuple[int, Attributes, list[Attributes]] | None = None
        self._connected: set[tuple[str, str]] = set()

    def start(self, name: str, attributes: Attributes, row: int) -> None:
        if name == "location":
            east, _comma, north = attributes.get("netOffset", "0,0").partition(",")
            self._offset = (_number(east), _number(north))
            self._projection = attributes.get("projParameter", "")
        elif name == "edge" and attributes.get("function", "normal") == "normal":
            self._edge = (row, attributes, [])
        elif name == "lane" and self._edge is not None and _open_to_cars(attributes):
            self._edge[2].append(attributes)
        elif name == "junction" and attributes.get("type") != "internal":
            x, y = _number(attributes.get("x", "")), _number(attributes.get("y", ""))
            self._draft.add_node(row, attributes.get("id", ""), x - self._offset[0], y - self._offset[1])
        elif name == "connection":
            self._connected.add((attributes.get("from", ""), attributes.get("to", "")))

    def end(self, name: str, _text: str) -> None:
        if name == "edge" and self._edge is not None:
            self._edges.append(self._edge)
            self._edge = None

    def network(self, crs: str) -> ForeignNetwork:
        for row, attributes, lanes in self._edges:
            if lanes:
                self._draft.add_link(row, self._link(attributes, lanes))
        self._draft.faults.warning(
            self._draft.file, 0, "capacity", "",
            _("the format has no capacities; they follow from the speed"),
            _("check the capacities of main roads in link.csv"),
        )  # fmt: skip
        if self._connected:
            into, out = self._draft.links_into_and_out()
            for node, arriving in into.items():
                for a in arriving:
                    for b in out.get(node, ()):
                        if (a, b) not in self._connected:
                            self._draft.forbid_turn(a, b)
        projection = self._projection if self._projection != "!" else ""
        return self._draft.network(crs or projection)

    def _link(self, attributes: Attributes, lanes: list[Attributes]) -> DraftLink:
        speed = max(_number(lane.get("speed", "")) for lane in lanes)
        capacity = next(value for most, value in _LANE_CAPACITY if not speed > most)
        kind = attributes.get("type", "").removeprefix("highway.")
        return DraftLink(
            id=attributes.get("id", ""),
            tail=attributes.get("from", ""),
            head=attributes.get("to", ""),
            length_m=max(_number(lane.get("length", "")) for lane in lanes),
            lanes=float(len(lanes)),
            speed_m_per_s=speed,
            capacity_pcu_per_h=capacity * len(lanes),
            facility_type=kind,
            name=attributes.get("name", ""),
            course=self._course(attributes.get("shape", "")),
        )

    def _course(self, text: str) -> tuple[tuple[float, float], ...]:
        points = []
        for word in text.split():
            x, y = (_number(part) for part in word.split(",")[:2])
            points.append((x - self._offset[0], y - self._offset[1]))
        return tuple(points) if len(points) >= 2 else ()


def _open_to_cars(lane: Attributes) -> bool:
    allowed, closed = lane.get("allow", "").split(), lane.get("disallow", "").split()
    return bool(_CARS & set(allowed)) if allowed else not _CARS & set(closed)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def sumo_plain_files(network: RoadNetwork, stem: str, epsg: int) -> dict[str, str]:
    """
    A network as SUMO's plain XML, for ``netconvert``.

    Parameters
    ----------
    network : RoadNetwork
        Roads.
    stem : str
        Files are named ``<stem>.nod.xml``, ``<stem>.edg.xml`` and ``<stem>.con.xml``.
    epsg : int
        Metric projection of the coordinates.

    Returns
    -------
    dict of str to str
        Text by file name. Lanes are whole: a link with 1.5 lanes gets 2.
    """
    transform = pyproj.Transformer.from_crs("EPSG:4326", epsg, always_xy=True)
    x, y = transform.transform(network.longitude_deg, network.latitude_deg)
    node_id, link_id = _sumo_ids(network.node_id), _sumo_ids(network.link_id)
    nodes = [_location(x, y, network, epsg)]
    nodes += [
        f'<node id="{node}" x="{east:.3f}" y="{north:.3f}"/>'
        for node, east, north in zip(node_id, x.tolist(), y.tolist(), strict=True)
    ]
    edges = []
    for k in range(network.n_links):
        course = network.link_course(k)
        points = zip(*transform.transform([p[0] for p in course], [p[1] for p in course]), strict=True)
        shape = " ".join(f"{east:.3f},{north:.3f}" for east, north in points)
        edges.append(
            f'<edge id="{link_id[k]}"'
            f' from="{node_id[network.from_node[k]]}" to="{node_id[network.to_node[k]]}"'
            f' type={quoteattr(network.facility_type[k])} numLanes="{max(1, round(network.lanes[k]))}"'
            f' speed="{shortest(round(float(network.free_speed_m_per_s[k]), 6))}"'
            f' length="{network.length_m[k]:.3f}" shape="{shape}"/>'
        )
    turns = [
        f'<delete from="{link_id[into]}" to="{link_id[out]}"/>'
        for into, out, capacity in zip(
            network.movement_in_link.tolist(), network.movement_out_link.tolist(),
            network.movement_capacity_pcu_per_h.tolist(), strict=True,
        )
        if capacity == 0
    ]  # fmt: skip
    parts = {"nod": ("nodes", nodes), "edg": ("edges", edges), "con": ("connections", turns)}
    return {
        f"{stem}.{ending}.xml": "\n".join(
            ['<?xml version="1.0" encoding="UTF-8"?>', f"<{root}>", *lines, f"</{root}>", ""]
        )
        for ending, (root, lines) in parts.items()
    }


def _location(x: Floats, y: Floats, network: RoadNetwork, epsg: int) -> str:
    """Tells netconvert where on earth the coordinates lie."""
    boxes = {"convBoundary": (x, y), "origBoundary": (network.longitude_deg, network.latitude_deg)}
    words = " ".join(
        f'{name}="{east.min():.6f},{north.min():.6f},{east.max():.6f},{north.max():.6f}"'
        for name, (east, north) in boxes.items()
    )
    zone, south = epsg % 100, 32700 <= epsg < 32800
    projection = (
        f"+proj=utm +zone={zone}{' +south' if south else ''} +ellps=WGS84 +datum=WGS84 +units=m +no_defs"
    )
    return f'<location netOffset="0.00,0.00" {words} projParameter="{projection}"/>'


def _sumo_ids(names: Sequence[str]) -> list[str]:
    """SUMO's ids hold none of the signs that its lists are made with; names stay apart without them."""
    used: set[str] = set()
    ids = []
    for name in names:
        plain = re.sub(r"[^\w.\-]", "_", name)
        number = 1
        while plain in used:
            number += 1
            plain = re.sub(r"[^\w.\-]", "_", f"{name}.{number}")
        used.add(plain)
        ids.append(plain)
    return ids
