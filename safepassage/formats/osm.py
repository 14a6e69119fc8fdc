"""Reader of OpenStreetMap extracts (PBF, also .osm and its compressed forms): ways, places, sites, turns."""

from __future__ import annotations

import bz2
import gzip
import zlib
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import osmium

from safepassage.errors import Fault, InputError
from safepassage.i18n import _
from safepassage.model.network import LonLat
from safepassage.progress import NoProgress, Progress

# Coordinates of OpenStreetMap are whole numbers of this many to a degree.
PER_DEGREE = 10_000_000
# libosmium's mark of a node that is not in the extract.
MISSING = 2**31 - 1
WATERWAYS = frozenset({"river", "canal"})
SITE_AMENITIES = frozenset({"hospital", "school", "bus_station", "townhall"})
SITE_RAILWAYS = frozenset({"station", "halt"})
PLACES = frozenset(
    {"city", "town", "village", "hamlet", "isolated_dwelling", "suburb", "quarter", "neighbourhood"}
)
_TURN_EXCEPTIONS = frozenset({"motorcar", "motor_vehicle"})
_READ_KEYS = ("highway", "barrier", "ford", "place", "amenity", "railway", "route", "waterway", "type")
_DEAD_PREFIXES = ("abandoned", "destroyed", "demolished", "razed", "removed", "disused")
_STEPS_A_REPORT = 5000
_LOOKED_AT_BYTES, _DENSE_FROM_BYTES, _DENSEST = 1 << 30, 64 << 20, 100

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Tags = Mapping[str, str]

ROAD_KEYS = frozenset(
    {
        "highway", "route", "junction", "oneway", "lanes", "lanes:forward", "lanes:backward", "maxspeed",
        "maxspeed:forward", "maxspeed:backward", "surface", "smoothness", "tracktype", "width",
        "est_width", "access", "vehicle", "motor_vehicle", "motorcar", "bridge", "tunnel", "ford",
        "construction", "abandoned", "destroyed", "disused", "demolished", "ruins", "service", "duration",
        "oneway:motor_vehicle", "oneway:motorcar", "motor_vehicle:conditional", "destroyed:bridge",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class OsmWays:
    """
    Ways that may be roads, their nodes one after the other.

    Attributes
    ----------
    way_id : int64[n_ways]
        OpenStreetMap's numbers.
    first : int64[n_ways + 1]
        Where each way's nodes begin in the arrays of nodes.
    node_ref : int64[n_refs]
        Node numbers.
    x, y : int32[n_refs]
        Longitude and latitude in units of 1e-7 degrees; `MISSING` where the extract lacks the node.
    tag_set : int32[n_ways]
        Which of ``tag_sets`` each way has.
    tag_sets : tuple of mapping
        Tags that matter for roads; ways that say the same share one.
    name : tuple of str
        Name, or else number of the road.
    """

    way_id: Int64s
    first: Int64s
    node_ref: Int64s
    x: Int32s
    y: Int32s
    tag_set: Int32s
    tag_sets: tuple[Tags, ...]
    name: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OsmFeature:
    """
    A place, a site or a barrier.

    Attributes
    ----------
    id : str
        ``n`` or ``w`` and OpenStreetMap's number.
    longitude_deg, latitude_deg : float
        Position; of a way, the middle of its nodes.
    tags : mapping
        All its tags.
    """

    id: str
    longitude_deg: float
    latitude_deg: float
    tags: Tags


@dataclass(frozen=True, slots=True)
class OsmTurn:
    """
    A turn restriction for motor vehicles.

    Attributes
    ----------
    id : int
        Number of the relation.
    kind : str
        Such as ``no_left_turn`` or ``only_straight_on``.
    from_way, to_way : int
        Numbers of the ways.
    via_node : int
        Node where it holds; 0 where the restriction runs along ways.
    via_ways : tuple of int
        Ways along which it runs; none where it holds at a node.
    """

    id: int
    kind: str
    from_way: int
    to_way: int
    via_node: int
    via_ways: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class OsmExtract:
    """
    What an extract says of roads and places.

    Attributes
    ----------
    source : str
        File name.
    ways : OsmWays
        Roads and ferries.
    barriers : mapping of int to mapping
        Tags of nodes with a barrier or a ford, by node number.
    places, sites : tuple of OsmFeature
        Settlements; hospitals, schools, stations and town halls.
    rivers : tuple of tuple of (lon, lat)
        Courses of rivers and canals.
    river_name : tuple of str
        Their names.
    turns : tuple of OsmTurn
        Turn restrictions that hold for cars.
    left_out : mapping of str to int
        Ways that were not taken in, by the reason.
    """

    source: str
    ways: OsmWays
    barriers: Mapping[int, Tags]
    places: tuple[OsmFeature, ...]
    sites: tuple[OsmFeature, ...]
    rivers: tuple[tuple[LonLat, ...], ...]
    river_name: tuple[str, ...]
    turns: tuple[OsmTurn, ...]
    left_out: Mapping[str, int]


def read_osm(path: Path, road_classes: Collection[str], *, progress: Progress | None = None) -> OsmExtract:
    """
    Read an extract.

    Parameters
    ----------
    path : Path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.
    road_classes : collection of str
        Values of ``highway`` that are roads; ways of other values are only counted.
    progress : Progress, optional
        Told of the objects read.

    Returns
    -------
    OsmExtract
        In the order of the file.

    Raises
    ------
    InputError
        If the file is no extract, is cut short or holds no road.
    """
    progress = progress or NoProgress()
    progress.start(_("Reading {file}").format(file=path.name))
    collector = _Collector(frozenset(road_classes))
    try:
        if not path.is_file():
            raise _unreadable(path, _("there is no such file"))
        _refuse_bombs(path)
        wanted = osmium.filter.KeyFilter(*_READ_KEYS)
        objects = osmium.FileProcessor(path).with_locations().with_filter(wanted)
        for number, item in enumerate(objects, start=1):
            collector.take(item)
            if number % _STEPS_A_REPORT == 0:
                progress.advance(_STEPS_A_REPORT)
    except (RuntimeError, OSError, EOFError, zlib.error, ValueError, UnicodeDecodeError) as error:
        reason = str(error).replace(str(path), path.name)
        raise _unreadable(path, reason) from error
    extract = collector.extract(path.name)
    if not len(extract.ways.way_id):
        raise InputError([
            Fault(
                path.name, 0, "highway", "", _("the extract holds no road"),
                _("give an extract with roads, in its full version"),
            )
        ])  # fmt: skip
    return extract


def _refuse_bombs(path: Path) -> None:
    """Packed text shrinks to a tenth; what shrinks to a thousandth is an attack."""
    if path.suffix not in (".gz", ".bz2"):
        return
    unpacked = 0
    with gzip.open(path, "rb") if path.suffix == ".gz" else bz2.open(path, "rb") as stream:
        while unpacked < _LOOKED_AT_BYTES and (block := stream.read(1 << 22)):
            unpacked += len(block)
    if unpacked > _DENSE_FROM_BYTES and unpacked > _DENSEST * path.stat().st_size:
        raise _unreadable(path, _("it unpacks to far more than it holds"))


def _unreadable(path: Path, reason: str) -> InputError:
    problem = _("the extract cannot be read ({reason})").format(reason=reason)
    remedy = _("give a whole .osm.pbf file; if this one was cut short, download it again")
    return InputError([Fault(path.name, 0, "", "", problem, remedy)])


@dataclass(slots=True)
class _Collector:
    road_classes: frozenset[str]
    way_id: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    refs: list[int] = field(default_factory=list)
    xs: list[int] = field(default_factory=list)
    ys: list[int] = field(default_factory=list)
    tag_set: list[int] = field(default_factory=list)
    known: dict[tuple[tuple[str, str], ...], int] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    interned: dict[str, str] = field(default_factory=dict)
    chunks: list[tuple[Int64s, Int32s, Int32s]] = field(default_factory=list)
    barriers: dict[int, Tags] = field(default_factory=dict)
    places: list[OsmFeature] = field(default_factory=list)
    sites: list[OsmFeature] = field(default_factory=list)
    rivers: list[tuple[LonLat, ...]] = field(default_factory=list)
    river_names: list[str] = field(default_factory=list)
    turns: list[OsmTurn] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def take(self, item: object) -> None:
        if isinstance(item, osmium.osm.Way):
            self._take_way(item)
        elif isinstance(item, osmium.osm.Node):
            self._take_node(item)
        elif isinstance(item, osmium.osm.Relation):
            self._take_relation(item)

    def _take_node(self, node: osmium.osm.Node) -> None:
        tags = node.tags
        if "barrier" in tags or "ford" in tags:
            self.barriers[node.id] = dict(tags)
        wanted = self.places if tags.get("place") in PLACES else self.sites if _is_site(dict(tags)) else None
        if wanted is not None and node.location.valid():
            wanted.append(OsmFeature(f"n{node.id}", node.location.lon, node.location.lat, dict(tags)))

    def _take_way(self, way: osmium.osm.Way) -> None:
        tags = way.tags
        road = tags.get("highway")
        if road is not None:
            if road in self.road_classes or road == "construction":
                self._take_road(way)
            else:
                self.left_out[road] += 1
        elif tags.get("route") == "ferry":
            self._take_road(way)
        elif tags.get("waterway") in WATERWAYS:
            course = tuple((node.lon, node.lat) for node in way.nodes if node.location.valid())
            if len(course) >= 2:
                self.rivers.append(course)
                self.river_names.append(_name(tags))
        elif _is_site(dict(tags)):
            points = [(node.x, node.y) for node in way.nodes if node.location.valid()]
            if points:
                x, y = np.mean(np.array(points, np.float64), axis=0) / PER_DEGREE
                self.sites.append(OsmFeature(f"w{way.id}", float(x), float(y), dict(tags)))
        elif any(f"{prefix}:highway" in tags for prefix in _DEAD_PREFIXES):
            self.left_out["abandoned"] += 1

    def _take_road(self, way: osmium.osm.Way) -> None:
        refs = self.refs
        before = len(refs)
        xs, ys = self.xs, self.ys
        for node in way.nodes:
            refs.append(node.ref)
            xs.append(node.x)
            ys.append(node.y)
        if len(refs) - before < 2:
            del refs[before:], xs[before:], ys[before:]
            self.left_out["one_node"] += 1
            return
        key = tuple(sorted((tag.k, tag.v) for tag in way.tags if tag.k in ROAD_KEYS))
        self.tag_set.append(self.known.setdefault(key, len(self.known)))
        self.counts.append(len(refs) - before)
        self.way_id.append(way.id)
        name = _name(way.tags)
        self.names.append(self.interned.setdefault(name, name))
        # Lists of whole numbers take four times the memory of arrays.
        if len(refs) > 1_000_000:
            self._pack()

    def _pack(self) -> None:
        self.chunks.append((
            np.array(self.refs, np.int64), np.array(self.xs, np.int32), np.array(self.ys, np.int32)
        ))  # fmt: skip
        self.refs.clear()
        self.xs.clear()
        self.ys.clear()

    def _take_relation(self, relation: osmium.osm.Relation) -> None:
        tags = dict(relation.tags)
        kind = tags.get("restriction:motorcar") or tags.get("restriction")
        excepted = {word.strip() for word in tags.get("except", "").split(";")}
        if tags.get("type") != "restriction" or kind is None or excepted & _TURN_EXCEPTIONS:
            return
        from_ways = [part.ref for part in relation.members if part.role == "from" and part.type == "w"]
        to_ways = [part.ref for part in relation.members if part.role == "to" and part.type == "w"]
        nodes = [part.ref for part in relation.members if part.role == "via" and part.type == "n"]
        ways = tuple(part.ref for part in relation.members if part.role == "via" and part.type == "w")
        for from_way in from_ways:
            for to_way in to_ways:
                node = nodes[0] if len(nodes) == 1 and not ways else 0
                self.turns.append(OsmTurn(relation.id, kind, from_way, to_way, node, ways))

    def extract(self, source: str) -> OsmExtract:
        self._pack()
        parts = [np.concatenate(column) for column in zip(*self.chunks, strict=True)]
        ways = OsmWays(
            way_id=np.array(self.way_id, np.int64),
            first=np.concatenate([[0], np.cumsum(np.array(self.counts, np.int64))]).astype(np.int64),
            node_ref=parts[0].astype(np.int64),
            x=parts[1].astype(np.int32),
            y=parts[2].astype(np.int32),
            tag_set=np.array(self.tag_set, np.int32),
            tag_sets=tuple(dict(key) for key in self.known),
            name=tuple(self.names),
        )
        return OsmExtract(
            source, ways, self.barriers, tuple(self.places), tuple(self.sites), tuple(self.rivers),
            tuple(self.river_names), tuple(self.turns), dict(sorted(self.left_out.items())),
        )  # fmt: skip


def _is_site(tags: Tags) -> bool:
    return tags.get("amenity") in SITE_AMENITIES or tags.get("railway") in SITE_RAILWAYS


def _name(tags: osmium.osm.TagList) -> str:
    return tags.get("name") or tags.get("ref") or ""
