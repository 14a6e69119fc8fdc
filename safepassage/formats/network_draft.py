"""A network while it is read from a foreign file: every fault collected, then one network or one error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyproj
from pyproj.exceptions import CRSError

from safepassage.errors import Fault, InputError
from safepassage.formats.fault_list import FaultList
from safepassage.i18n import _
from safepassage.model.network import LonLat, RoadNetwork

JAM_SPACING_M = 7.5
SHORTEST_M = 0.1
FASTEST_M_PER_S = 200 / 3.6

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class DraftLink:
    """
    A directed link as a foreign file tells it.

    Attributes
    ----------
    id, tail, head : str
        Link and its nodes.
    length_m : float
        NaN where it follows from the course.
    lanes : float
        Lanes.
    speed_m_per_s : float
        Free speed (m/s).
    capacity_pcu_per_h : float
        Of all lanes (PCU/h).
    facility_type, name : str
        Class and name; empty where not told.
    course : tuple of (x, y)
        In the file's coordinates; empty for a straight line.
    """

    id: str
    tail: str
    head: str
    length_m: float
    lanes: float
    speed_m_per_s: float
    capacity_pcu_per_h: float
    facility_type: str = ""
    name: str = ""
    course: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ForeignNetwork:
    """
    A network read from a foreign file.

    Attributes
    ----------
    network : RoadNetwork
        The network.
    link_names : tuple of str
        Names of the roads.
    crs : str
        Coordinates of the file.
    warnings : tuple of Fault
        What was doubtful.
    """

    network: RoadNetwork
    link_names: tuple[str, ...]
    crs: str
    warnings: tuple[Fault, ...]


class NetworkDraft:
    """
    Collects nodes, links and forbidden turns.

    Parameters
    ----------
    file : str
        Name of the file, for faults.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults = FaultList([file])
        self._nodes: dict[str, Point] = {}
        self._links: dict[str, DraftLink] = {}
        self._turns: list[tuple[str, str]] = []

    def add_node(self, row: int, node: str, x: float, y: float) -> None:
        """
        Take a node; repeated ids and positions that are no numbers are faults.

        Parameters
        ----------
        row : int
            Where it stands in the file.
        node : str
            Its id.
        x, y : float
            Position in the file's own projection.
        """
        if node in self._nodes:
            self.fault(row, "node", node, _("the node repeats"), _("make ids unique"))
        elif not (math.isfinite(x) and math.isfinite(y)):
            self.fault(row, "node", node, _("the node has no position"), _("give two numbers"))
        else:
            self._nodes[node] = (x, y)

    def add_link(self, row: int, link: DraftLink) -> None:
        """Take a link; figures that cannot be are faults, hardly credible ones are mended and warned of."""
        if link.id in self._links:
            self.fault(row, "link", link.id, _("the link repeats"), _("make ids unique"))
            return
        for end in (link.tail, link.head):
            if end not in self._nodes:
                self.fault(row, "link", link.id, _("node {node} is not in the file").format(node=end),
                           _("add the node"))  # fmt: skip
                return
        figures = {
            "speed": link.speed_m_per_s, "lanes": link.lanes, "capacity": link.capacity_pcu_per_h,
            "length": 1.0 if math.isnan(link.length_m) else link.length_m,
        }  # fmt: skip
        for name, value in figures.items():
            zero_allowed = name in ("capacity", "length")
            if not math.isfinite(value) or value < 0 or (value == 0 and not zero_allowed):
                self.fault(row, name, f"{value:g}", _("link {link}: this cannot be").format(link=link.id),
                           _("give a positive number"))  # fmt: skip
                return
        if link.tail == link.head:
            self.faults.warning(self.file, row, "link", link.id, _("the link leads back to its node"),
                                _("it was left out; nobody needs it"))  # fmt: skip
            return
        self._links[link.id] = link

    def forbid_turn(self, into: str, out: str) -> None:
        """Forbid a turn from one link to another."""
        self._turns.append((into, out))

    def fault(self, row: int, column: str, value: str, problem: str, remedy: str) -> None:
        """
        Note what stops the work.

        Parameters
        ----------
        row : int
            Row as a spreadsheet counts; 0 where none applies.
        column : str
            Column or key.
        value : str
            As written.
        problem, remedy : str
            In words.
        """
        self.faults.error(self.file, row, column, value, problem, remedy)

    def links_into_and_out(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """Ids of the links that end and that begin at each node."""
        into: dict[str, list[str]] = {}
        out: dict[str, list[str]] = {}
        for link in self._links.values():
            into.setdefault(link.head, []).append(link.id)
            out.setdefault(link.tail, []).append(link.id)
        return into, out

    def network(self, crs: str) -> ForeignNetwork:
        """
        The network.

        Parameters
        ----------
        crs : str
            Coordinates of the file, such as ``EPSG:28355``.

        Returns
        -------
        ForeignNetwork
            In WGS84.

        Raises
        ------
        InputError
            With every fault found.
        """
        if not self._links:
            self.fault(0, "", "", _("the file has no links"), _("give a road network"))
        transform = self._transformer(crs)
        if self.faults.has_errors or transform is None:
            raise InputError(self.faults.collected())
        index = {node: k for k, node in enumerate(self._nodes)}
        positions = self._degrees(transform, list(self._nodes.values()))
        links = list(self._links.values())
        lanes = np.array([link.lanes for link in links])
        speed = np.array([link.speed_m_per_s for link in links])
        fast = int((speed > FASTEST_M_PER_S).sum())
        if fast:
            problem = _("{count} links are faster than 200 km/h; they were set to it").format(count=fast)
            self.faults.warning(self.file, 0, "speed", "", problem, _("check their unit"))
        courses = self._courses(transform, links)
        network = RoadNetwork(
            node_id=tuple(self._nodes),
            longitude_deg=np.array([p[0] for p in positions]),
            latitude_deg=np.array([p[1] for p in positions]),
            node_service_pcu_per_h=np.full(len(index), np.inf),
            link_id=tuple(self._links),
            from_node=np.array([index[link.tail] for link in links], np.int32),
            to_node=np.array([index[link.head] for link in links], np.int32),
            length_m=self._lengths(links, courses, positions, index),
            lanes=lanes,
            free_speed_m_per_s=np.minimum(speed, FASTEST_M_PER_S),
            capacity_pcu_per_h=np.array([link.capacity_pcu_per_h for link in links]),
            jam_density_pcu_per_m=lanes / JAM_SPACING_M,
            merge_weight=np.maximum(1.0, np.array([link.capacity_pcu_per_h for link in links]) / 600),
            facility_type=tuple(link.facility_type for link in links),
            crossing=("",) * len(links),
            schematic=np.zeros(len(links), np.bool_),
            source=(self.file,) * len(links),
            geometry=courses,
            **self._movements(),
        )
        names = tuple(link.name for link in links)
        return ForeignNetwork(network, names, crs, self.faults.collected())

    def _movements(self) -> dict[str, np.ndarray]:
        index = {link: k for k, link in enumerate(self._links)}
        # A turn between roads that do not meet forbids nothing.
        turns = [
            (index[a], index[b])
            for a, b in self._turns
            if a in index and b in index and self._links[a].head == self._links[b].tail
        ]
        pairs = np.array(sorted(set(turns)), np.int32).reshape(-1, 2)
        return {
            "movement_in_link": pairs[:, 0],
            "movement_out_link": pairs[:, 1],
            "movement_capacity_pcu_per_h": np.zeros(len(pairs)),
        }

    def _lengths(
        self,
        links: Sequence[DraftLink],
        courses: Sequence[tuple[LonLat, ...]],
        positions: Sequence[LonLat],
        index: Mapping[str, int],
    ) -> npt.NDArray[np.float64]:
        """Lengths as told, or else along the course on the ellipsoid."""
        geod = pyproj.Geod(ellps="WGS84")
        lengths = []
        for link, course in zip(links, courses, strict=True):
            length = link.length_m
            if math.isnan(length):
                points = course or (positions[index[link.tail]], positions[index[link.head]])
                length = geod.line_length([p[0] for p in points], [p[1] for p in points])
            lengths.append(max(SHORTEST_M, length))
        return np.array(lengths, np.float64)

    def _transformer(self, crs: str) -> pyproj.Transformer | None:
        try:
            return pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
        except CRSError:
            problem = _("the coordinates' system is not told, or not known")
            self.fault(0, "crs", crs, problem, _("give it, as --crs EPSG:32637"))
            return None

    def _degrees(self, transform: pyproj.Transformer, points: Sequence[Point]) -> list[LonLat]:
        xy = np.array(points, np.float64).reshape(-1, 2)
        longitude, latitude = transform.transform(xy[:, 0], xy[:, 1])
        if not (np.isfinite(longitude).all() and np.isfinite(latitude).all()):
            self.fault(0, "crs", "", _("some positions lie outside the coordinates' system"),
                       _("give the right one with --crs"))  # fmt: skip
            raise InputError(self.faults.collected())
        # A centimetre; digits beyond it are noise of the projection.
        return list(zip(np.round(longitude, 7).tolist(), np.round(latitude, 7).tolist(), strict=True))

    def _courses(
        self, transform: pyproj.Transformer, links: Sequence[DraftLink]
    ) -> tuple[tuple[LonLat, ...], ...]:
        points = [point for link in links for point in link.course]
        degrees = self._degrees(transform, points) if points else []
        courses, at = [], 0
        for link in links:
            courses.append(tuple(degrees[at : at + len(link.course)]))
            at += len(link.course)
        return tuple(courses)
