"""Where roads come from: a map, or a network that somebody else built."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from safepassage.district.assembly import RoadSide
from safepassage.district.class_table import ClassTable
from safepassage.district.projection import Projection
from safepassage.district.ready_network import largest_part
from safepassage.district.road_assumptions import network_assumptions, road_assumptions
from safepassage.district.roads import DroppedRoads, build_roads
from safepassage.district.turns import TurnReport
from safepassage.errors import Fault, InputError
from safepassage.formats.network_draft import ForeignNetwork
from safepassage.formats.osm import MISSING, PER_DEGREE, OsmExtract, OsmFeature
from safepassage.i18n import _
from safepassage.model.network import RoadNetwork
from safepassage.progress import Progress

OSM_ATTRIBUTION = "© OpenStreetMap contributors (ODbL)"
_FAST_CLASSES = frozenset({"motorway", "motorway_link", "trunk", "trunk_link"})

Box = tuple[float, float, float, float]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Made:
    """
    How the roads came about.

    Attributes
    ----------
    source : str
        File name.
    left_out : mapping of str to int
        Ways that are no roads for cars.
    forbidden_m : float
        Road inside forbidden areas (m).
    dropped : DroppedRoads
        Road that does not hang together with the rest.
    turns : TurnReport
        Turn restrictions.
    warnings : tuple of Fault
        What was doubtful.
    """

    source: str
    left_out: Mapping[str, int]
    forbidden_m: float
    dropped: DroppedRoads
    turns: TurnReport
    warnings: tuple[Fault, ...] = ()


class MapSource:
    """
    Roads, places and sites of an OpenStreetMap extract.

    Parameters
    ----------
    extract : OsmExtract
        What was read.
    table : ClassTable
        Figures of the road classes.
    """

    def __init__(self, extract: OsmExtract, table: ClassTable) -> None:
        self._extract = extract
        self._table = table
        self.places: Sequence[OsmFeature] = extract.places
        self.sites: Sequence[OsmFeature] = extract.sites

    @property
    def box(self) -> Box:
        """Box of all roads (west, south, east, north; degrees)."""
        ways = self._extract.ways
        known = ways.x != MISSING
        x, y = ways.x[known], ways.y[known]
        if not len(x):
            problem = _("the roads of the extract have no positions")
            remedy = _("give an extract with its nodes")
            raise InputError([Fault(self._extract.source, 0, "", "", problem, remedy)])
        west, south, east, north = (value / PER_DEGREE for value in (x.min(), y.min(), x.max(), y.max()))
        return float(west), float(south), float(east), float(north)

    def build(
        self,
        projection: Projection,
        area: shapely.Geometry | None,
        forbidden: shapely.Geometry | None,
        anchors: Floats,
        progress: Progress,
        *,
        least_part_m: float = math.inf,
    ) -> tuple[RoadSide, Made]:
        """
        Build the network.

        Parameters
        ----------
        projection : Projection
            Degrees to metres.
        area, forbidden : Geometry or None
            Where roads must and must not lie.
        anchors : float64[n, 2]
            Positions (m) whose nearest street point stays a node.
        progress : Progress
            Told of the phases.
        least_part_m : float
            Other parts with so much road are kept too (m).

        Returns
        -------
        RoadSide
            The network.
        Made
            How it came about.
        """
        extract, table = self._extract, self._table
        roads = build_roads(
            extract, table, projection, area=area, forbidden=forbidden, anchors=anchors,
            least_part_m=least_part_m, progress=progress,
        )  # fmt: skip
        side = RoadSide(
            network=roads.network,
            link_names=roads.facts.name,
            open_nodes=roads.open_nodes,
            dropped=roads.dropped.courses,
            local=frozenset(name for name, figures in table.classes.items() if figures.local),
            assumptions=road_assumptions(extract, table, roads.network),
            attribution=OSM_ATTRIBUTION,
        )
        cut = roads.cut
        return side, Made(extract.source, cut.ways, cut.forbidden_m, roads.dropped, roads.turns)


class NetworkSource:
    """
    Roads of another format; places and sites of an extract, where one is given too.

    Parameters
    ----------
    file : str
        Name of the network's file.
    foreign : ForeignNetwork
        The network.
    extract : OsmExtract or None
        Gives places and sites.
    table : ClassTable
        Tells which classes have doors.
    """

    def __init__(
        self, file: str, foreign: ForeignNetwork, extract: OsmExtract | None, table: ClassTable
    ) -> None:
        self._file = file
        self._foreign = foreign
        self._table = table
        self.places: Sequence[OsmFeature] = extract.places if extract else ()
        self.sites: Sequence[OsmFeature] = extract.sites if extract else ()

    @property
    def network(self) -> RoadNetwork:
        """The whole network, as it was read."""
        return self._foreign.network

    @property
    def box(self) -> Box:
        """Box of all nodes (west, south, east, north; degrees)."""
        x, y = self._foreign.network.longitude_deg, self._foreign.network.latitude_deg
        return float(x.min()), float(y.min()), float(x.max()), float(y.max())

    def build(
        self,
        _projection: Projection,
        area: shapely.Geometry | None,
        forbidden: shapely.Geometry | None,
        _anchors: Floats,
        progress: Progress,
    ) -> tuple[RoadSide, Made]:
        """
        Take the largest part of the network.

        Parameters
        ----------
        _projection : Projection
            Not needed.
        area, forbidden : Geometry or None
            Where roads must and must not lie.
        _anchors : float64[n, 2]
            Not needed: no node is simplified away.
        progress : Progress
            Told of the phase.

        Returns
        -------
        RoadSide
            The network.
        Made
            How it came about.
        """
        progress.start(_("Connecting the roads"))
        network = self._foreign.network
        outside = np.zeros(network.n_links, np.bool_)
        touched = np.zeros(network.n_links, np.bool_)
        opened: set[str] = set()
        if area is not None:
            inside = shapely.contains_xy(area, network.longitude_deg, network.latitude_deg)
            outside = ~(inside[network.from_node] | inside[network.to_node])
            opened = {network.node_id[k] for k in np.flatnonzero(~inside).tolist()}
        if forbidden is not None:
            shapely.prepare(forbidden)
            lines = [shapely.LineString(network.link_course(k)) for k in range(network.n_links)]
            touched = np.asarray(shapely.intersects(forbidden, lines))
        part, names, dropped = largest_part(network, self._foreign.link_names, outside | touched)
        if not part.n_links:
            problem = _("no road of the network lies in the area")
            raise InputError([Fault(self._file, 0, "", "", problem, _("give the network of this area"))])
        side = RoadSide(
            network=part,
            link_names=names,
            open_nodes=tuple(k for k, node in enumerate(part.node_id) if node in opened),
            dropped=dropped.courses,
            local=self._local(part),
            assumptions=network_assumptions(self._file),
            attribution="",
        )
        forbidden_m = float(network.length_m[touched & ~outside].sum())
        turns = TurnReport(len(part.movement_in_link), 0)
        return side, Made(self._file, {}, forbidden_m, dropped, turns, self._foreign.warnings)

    def _local(self, network: RoadNetwork) -> frozenset[str]:
        """Classes unknown to the table count as streets: formats of others name none or their own."""
        known = {name for name, figures in self._table.classes.items() if not figures.local}
        return frozenset(network.facility_type) - known - _FAST_CLASSES
