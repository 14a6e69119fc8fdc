"""From an extract to a network: the recipe, and what was left on the way."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from safepassage.district.anchors import nearest_points
from safepassage.district.class_table import ClassTable
from safepassage.district.connect import Connected, connect, way_directions
from safepassage.district.crossings import crossing_names
from safepassage.district.edges import Edges, edge_points, end_ways, simplified
from safepassage.district.projection import Projection
from safepassage.district.road_rule import Direction
from safepassage.district.segments import Cut, Segments, segments_of
from safepassage.district.turns import TurnReport, with_turns
from safepassage.errors import Fault, InputError
from safepassage.formats.osm import OsmExtract
from safepassage.i18n import _
from safepassage.model.network import LonLat, RoadNetwork
from safepassage.progress import NoProgress, Progress

JAM_SPACING_M = 7.5
BACK_SUFFIX = "r"
_WAYS_NAMED = 4

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """
    What the model does not hold of the links, one entry each.

    Attributes
    ----------
    name : tuple of str
        Name or number of the road.
    structure : tuple of str
        ``bridge``, ``tunnel``, ``ford``, ``ferry`` or empty.
    surface : tuple of str
        As tagged.
    """

    name: tuple[str, ...]
    structure: tuple[str, ...]
    surface: tuple[str, ...]

    def taken(self, links: Sequence[int]) -> LinkFacts:
        """The facts of some links, in their order."""
        return LinkFacts(
            tuple(self.name[k] for k in links),
            tuple(self.structure[k] for k in links),
            tuple(self.surface[k] for k in links),
        )


@dataclass(frozen=True, slots=True)
class DroppedRoads:
    """
    Drivable roads that are not in the network.

    Attributes
    ----------
    courses : tuple of tuple of (lon, lat)
        Their courses.
    length_m : float
        Their length (m).
    parts : int
        Parts into which the roads fell; all but one were dropped.
    """

    courses: tuple[tuple[LonLat, ...], ...]
    length_m: float
    parts: int


@dataclass(frozen=True, slots=True, eq=False)
class BuiltRoads:
    """
    A network and how it came about.

    Attributes
    ----------
    network : RoadNetwork
        Simplified and strongly connected.
    facts : LinkFacts
        More about the links.
    open_nodes : tuple of int
        Nodes where a road goes on beyond the map.
    cut : Cut
        What was left out before building.
    dropped : DroppedRoads
        What was left out because it does not hang together with the rest.
    turns : TurnReport
        What became of the turn restrictions.
    joined_carriageways : int
        Pairs of carriageways joined where they leave the map.
    """

    network: RoadNetwork
    facts: LinkFacts
    open_nodes: tuple[int, ...]
    cut: Cut
    dropped: DroppedRoads
    turns: TurnReport
    joined_carriageways: int


def build_roads(
    extract: OsmExtract,
    table: ClassTable,
    projection: Projection,
    *,
    area: shapely.Geometry | None = None,
    forbidden: shapely.Geometry | None = None,
    anchors: Floats | None = None,
    least_part_m: float = math.inf,
    progress: Progress | None = None,
) -> BuiltRoads:
    """
    Build the road network of an area.

    Parameters
    ----------
    extract : OsmExtract
        What was read.
    table : ClassTable
        Figures of the road classes.
    projection : Projection
        Degrees to metres.
    area : Geometry, optional
        Polygon to stay in (degrees); the whole extract by default.
    forbidden : Geometry, optional
        Polygon that no road may touch (degrees).
    anchors : float64[n, 2], optional
        Positions (m) of settlements and sites: the street point and the road point
        nearest to each stay nodes.
    least_part_m : float
        Parts with so much road (m) are kept though they do not hang together with the rest.
    progress : Progress, optional
        Told of the phases.

    Returns
    -------
    BuiltRoads
        Every node reaches every other, but for other parts that were asked for.

    Raises
    ------
    InputError
        If no road is left.
    """
    progress = progress or NoProgress()
    progress.start(_("Cutting ways into roads"))
    segments, cut = segments_of(extract, table, area=area, forbidden=forbidden)
    if not len(segments.tail):
        problem = _("no drivable road lies in the area")
        remedy = _("check that the area and the extract belong together")
        raise InputError([Fault(extract.source, 0, "", "", problem, remedy)])
    via = np.array(sorted({turn.via_node for turn in extract.turns} | _via_ends(extract)), np.int64)
    protected = np.isin(segments.point_ref, via)
    xy_m = projection.to_metres(segments.longitude_deg, segments.latitude_deg)
    if anchors is not None:
        # Settlements meet streets; checkpoints and ways out stand on any road.
        everywhere = np.unique(np.concatenate([segments.tail, segments.head]))
        for points in (_street_points(segments, table), everywhere):
            protected[nearest_points(anchors, points, xy_m)] = True
    edges = simplified(segments, protected)
    progress.start(_("Connecting the roads"))
    connected = connect(segments, edges, xy_m, least_part_m=least_part_m)
    if not connected.kept.any():
        problem, remedy = _("the roads of the area do not lead anywhere"), _("give a larger area")
        raise InputError([Fault(extract.source, 0, "", "", problem, remedy)])
    return _Assembly(extract, segments, connected, progress).built(cut)


def _via_ends(extract: OsmExtract) -> set[int]:
    """Numbers of the nodes at which restrictions along ways begin and end."""
    along = {way for turn in extract.turns for way in turn.via_ways}
    first, refs = extract.ways.first, extract.ways.node_ref
    found = np.flatnonzero(np.isin(extract.ways.way_id, sorted(along))) if along else ()
    return {int(refs[at]) for k in found for at in (first[k], first[k + 1] - 1)}


def _street_points(segments: Segments, table: ClassTable) -> Int64s:
    local = np.array([table.classes[rule.road_class].local for rule in segments.rules], np.bool_)
    streets = local[segments.rule]
    return np.unique(np.concatenate([segments.tail[streets], segments.head[streets]]))


class _Assembly:
    def __init__(
        self, extract: OsmExtract, segments: Segments, connected: Connected, progress: Progress
    ) -> None:
        self._extract = extract
        self._segments = segments
        self._connected = connected
        self._edges: Edges = connected.edges
        self._progress = progress
        # Points are shared by links of both directions and by all links at a node.
        self._position: list[LonLat] = list(
            zip(segments.longitude_deg.tolist(), segments.latitude_deg.tolist(), strict=True)
        )

    def built(self, cut: Cut) -> BuiltRoads:
        kept = np.flatnonzero(self._connected.kept)
        self._progress.start(_("Drawing the network"), len(kept))
        network, facts, directed = self._network(kept)
        network, base, report = with_turns(
            self._extract.turns, network, directed.way_at_tail, directed.way_at_head, directed.node_ref
        )
        facts = facts.taken(base.tolist())
        nodes = directed.point[self._segments.open_end[directed.point]]
        open_nodes = tuple(np.searchsorted(directed.point, nodes).tolist())
        dropped = self._dropped()
        return BuiltRoads(network, facts, open_nodes, cut, dropped, report, self._connected.joined_points)

    def _network(self, kept: Int64s) -> tuple[RoadNetwork, LinkFacts, _Directed]:
        segments, edges = self._segments, self._edges
        along, against = (flags[kept] for flags in way_directions(segments, edges))
        start, end, rule = edges.start[kept], edges.end[kept], edges.rule[kept]
        points = np.unique(np.concatenate([start, end]))
        # Each edge gives a link along and a link back, in this order, where driving is allowed.
        edge = np.repeat(np.arange(len(kept)), 2)
        back = np.tile([False, True], len(kept))
        driven = np.stack([along, against], axis=1).ravel()
        edge, back = edge[driven], back[driven]
        tail = np.where(back, end[edge], start[edge])
        head = np.where(back, start[edge], end[edge])
        link_rule = np.where(back, segments.opposite[rule[edge]], rule[edge])
        directions = [segments.rules[k].forward or _NEVER for k in range(len(segments.rules))]
        lanes = np.array([d.lanes for d in directions])[link_rule]
        speed = np.array([d.speed_km_per_h for d in directions])[link_rule] / 3.6
        capacity = np.array([d.lane_capacity_pcu_per_h for d in directions])[link_rule] * lanes
        drawn = _EdgeWords(segments, edges, self._extract, self._position, self._progress)
        words = [drawn.of(int(k)) for k in kept.tolist()]
        structure = [segments.rules[k].structure for k in rule.tolist()]
        crossing = crossing_names(
            [item.course for item in words], structure, [item.name for item in words],
            self._extract.rivers, self._extract.river_name,
        )  # fmt: skip
        way_start, way_end = (ways[kept] for ways in end_ways(segments, edges))
        directed = _Directed(
            points,
            segments.point_ref[points],
            self._extract.ways.way_id[np.where(back, way_end[edge], way_start[edge])],
            self._extract.ways.way_id[np.where(back, way_start[edge], way_end[edge])],
        )
        order, reverse = edge.tolist(), back.tolist()
        n_links = len(order)
        network = RoadNetwork(
            node_id=tuple(_node_id(ref) for ref in directed.node_ref.tolist()),
            longitude_deg=segments.longitude_deg[points],
            latitude_deg=segments.latitude_deg[points],
            node_service_pcu_per_h=np.full(len(points), np.inf),
            link_id=tuple(
                words[k].id + (BACK_SUFFIX if r else "") for k, r in zip(order, reverse, strict=True)
            ),
            from_node=np.searchsorted(points, tail).astype(np.int32),
            to_node=np.searchsorted(points, head).astype(np.int32),
            length_m=np.maximum(edges.length_m[kept][edge], 0.1),
            lanes=lanes,
            free_speed_m_per_s=speed,
            capacity_pcu_per_h=capacity,
            jam_density_pcu_per_m=lanes / JAM_SPACING_M,
            merge_weight=np.array([item.weight for item in segments.rules])[link_rule],
            facility_type=tuple(segments.rules[k].road_class for k in rule[edge].tolist()),
            crossing=tuple(crossing[k] for k in order),
            schematic=np.zeros(n_links, np.bool_),
            source=tuple(words[k].source for k in order),
            geometry=tuple(_drawn(words[k].course, r) for k, r in zip(order, reverse, strict=True)),
        )
        facts = LinkFacts(
            tuple(words[k].name for k in order),
            tuple(structure[k] for k in order),
            tuple(segments.rules[k].surface for k in rule[edge].tolist()),
        )
        return network, facts, directed

    def _dropped(self) -> DroppedRoads:
        edges = self._edges
        lost = np.flatnonzero(~self._connected.kept)
        courses = tuple(
            tuple(self._position[point] for point in edge_points(self._segments, edges, int(k)))
            for k in lost.tolist()
        )
        return DroppedRoads(courses, float(edges.length_m[lost].sum()), self._connected.parts)


_NEVER = Direction(1.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Directed:
    point: Int64s
    node_ref: Int64s
    way_at_tail: Int64s
    way_at_head: Int64s


@dataclass(frozen=True, slots=True)
class _Words:
    id: str
    name: str
    source: str
    course: tuple[LonLat, ...]


class _EdgeWords:
    """Names, ids and courses of edges."""

    def __init__(
        self,
        segments: Segments,
        edges: Edges,
        extract: OsmExtract,
        position: Sequence[LonLat],
        progress: Progress,
    ) -> None:
        self._segments = segments
        self._edges = edges
        self._extract = extract
        self._position = position
        self._run_way: list[int] = segments.way[edges.run_first[:-1]].tolist()
        self._number: Counter[int] = Counter()
        self._progress = progress

    def of(self, edge: int) -> _Words:
        edges, ways = self._edges, self._extract.ways
        runs = edges.piece[edges.first[edge] : edges.first[edge + 1]].tolist()
        met = list(dict.fromkeys(self._run_way[run] for run in runs))
        ids = [int(ways.way_id[k]) for k in met]
        self._number[ids[0]] += 1
        name = next((ways.name[k] for k in met if ways.name[k]), "")
        more = "…" if len(ids) > _WAYS_NAMED else ""
        source = f"OSM way {' '.join(map(str, ids[:_WAYS_NAMED]))}{more}"
        points = edge_points(self._segments, edges, edge)
        # Ends may have been joined to another point beside them.
        points[0], points[-1] = int(edges.start[edge]), int(edges.end[edge])
        self._progress.advance()
        course = tuple(self._position[point] for point in points)
        return _Words(f"{ids[0]}-{self._number[ids[0]]}", name, source, course)


def _node_id(ref: int) -> str:
    return str(ref) if ref > 0 else f"barrier{-ref}"


def _drawn(course: tuple[LonLat, ...], back: bool) -> tuple[LonLat, ...]:  # noqa: FBT001
    """The course as the model holds it: nothing for a straight line between the nodes."""
    if len(course) <= 2:
        return ()
    return course[::-1] if back else course
