"""Raw ways as segments between neighbouring nodes: what is drivable, inside the area and outside danger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from safepassage.district.class_table import ClassTable
from safepassage.district.road_rule import RoadRule, blocks, forded, rule_of
from safepassage.formats.osm import MISSING, PER_DEGREE, OsmExtract

# WGS84.
_EQUATOR_M = 6_378_137.0
_ECCENTRICITY_2 = 0.006_694_379_990_14

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """
    Straight pieces of road, in the order of their ways.

    Attributes
    ----------
    tail, head : int64[n_segments]
        Points, as indices into the arrays of points.
    way : int64[n_segments]
        Index of the way.
    rule : int64[n_segments]
        Index into ``rules``.
    length_m : float64[n_segments]
        Length on the ellipsoid (m).
    point_ref : int64[n_points]
        Node numbers; negative for the two sides of a barrier.
    longitude_deg, latitude_deg : float64[n_points]
        Positions.
    rules : tuple of RoadRule
        What the tags say; reversed ones included.
    opposite : int64[n_rules]
        Index of each rule's reverse.
    open_end : bool[n_points]
        Points where a road goes on beyond the map.
    """

    tail: Int64s
    head: Int64s
    way: Int64s
    rule: Int64s
    length_m: Floats
    point_ref: Int64s
    longitude_deg: Floats
    latitude_deg: Floats
    rules: tuple[RoadRule, ...]
    opposite: Int64s
    open_end: Flags


@dataclass(frozen=True, slots=True)
class Cut:
    """
    What was left out before the network was built.

    Attributes
    ----------
    ways : mapping of str to int
        Ways by the reason.
    forbidden_m : float
        Metres of road inside forbidden areas.
    barriers : int
        Barriers that stop cars.
    """

    ways: Mapping[str, int]
    forbidden_m: float
    barriers: int


def segments_of(
    extract: OsmExtract,
    table: ClassTable,
    *,
    area: shapely.Geometry | None = None,
    forbidden: shapely.Geometry | None = None,
) -> tuple[Segments, Cut]:
    """
    Cut the drivable ways of an extract into segments.

    Parameters
    ----------
    extract : OsmExtract
        What was read.
    table : ClassTable
        Figures of the classes.
    area : Geometry, optional
        Polygon (degrees); only segments with an end in it are taken, so that roads reach one point beyond.
    forbidden : Geometry, optional
        Polygon (degrees) that no segment may touch.

    Returns
    -------
    Segments
        What is left.
    Cut
        What is not.
    """
    ways = extract.ways
    book = _RuleBook(table)
    way_rule = np.array([book.index_of(rule_of(tags, table)) for tags in ways.tag_sets], np.int64)[
        ways.tag_set
    ]
    left_out = Counter(extract.left_out)
    left_out.update(book.reasons[-code - 1] for code in way_rule[way_rule < 0].tolist())
    way_of_ref = np.repeat(np.arange(len(ways.way_id)), np.diff(ways.first))
    point_ref, position, point = np.unique(ways.node_ref, return_index=True, return_inverse=True)
    x, y = ways.x[position], ways.y[position]
    follows = np.flatnonzero(way_of_ref[:-1] == way_of_ref[1:])
    way = way_of_ref[follows]
    rule = _with_fords(way_rule[way], ways.node_ref, follows, extract.barriers, book)
    ends, blocked = _parted_at_barriers(
        np.stack([point[follows], point[follows + 1]]), point_ref, extract.barriers
    )
    tail, head = ends
    point_ref = np.concatenate([point_ref, -1 - np.arange(len(blocked))])
    x, y = np.concatenate([x, x[blocked]]), np.concatenate([y, y[blocked]])
    longitude, latitude, known = x / PER_DEGREE, y / PER_DEGREE, x != MISSING
    driven = (rule >= 0) & (tail != head)
    whole = known[tail] & known[head]
    inside = known if area is None else shapely.contains_xy(area, longitude, latitude) & known
    within = inside[tail] | inside[head]
    keep = driven & whole & within
    clear = np.ones(len(keep), np.bool_)
    clear[keep] = _clear_of(forbidden, longitude, latitude, tail[keep], head[keep])
    # A road goes on where its next node is not in the extract, or where it has left the area.
    cut = driven & ~whole
    beyond = np.zeros(len(point_ref), np.bool_)
    beyond[tail[cut & known[tail]]] = True
    beyond[head[cut & known[head]]] = True
    beyond |= known & ~inside
    length = ellipsoid_length_m(longitude, latitude, tail, head)
    keep &= clear
    segments = Segments(
        tail[keep], head[keep], way[keep], rule[keep], length[keep], point_ref, longitude, latitude,
        tuple(book.rules), book.opposite(), beyond,
    )  # fmt: skip
    forbidden_m = float(length[driven & whole & within & ~clear].sum())
    return segments, Cut(dict(sorted(left_out.items())), forbidden_m, len(np.unique(blocked)))


def ellipsoid_length_m(longitude: Floats, latitude: Floats, tail: Int64s, head: Int64s) -> Floats:
    """
    Lengths of short straight lines on the WGS84 ellipsoid.

    Parameters
    ----------
    longitude, latitude : float64[n_points]
        Positions (degrees).
    tail, head : int64[n]
        Ends of the lines.

    Returns
    -------
    float64[n]
        Lengths (m).

    Notes
    -----
    By the radii of curvature at the middle latitude; exact to 1e-6 for lines of a few kilometres.
    """
    middle = np.radians((latitude[tail] + latitude[head]) / 2)
    squeeze = 1 - _ECCENTRICITY_2 * np.sin(middle) ** 2
    north_radius = _EQUATOR_M * (1 - _ECCENTRICITY_2) / squeeze**1.5
    east_radius = _EQUATOR_M / np.sqrt(squeeze) * np.cos(middle)
    length: Floats = np.hypot(
        np.radians(latitude[head] - latitude[tail]) * north_radius,
        np.radians(longitude[head] - longitude[tail]) * east_radius,
    )
    return length


class _RuleBook:
    """Rules by number, each with its reverse; reasons against driving have negative numbers."""

    def __init__(self, table: ClassTable) -> None:
        self._table = table
        self._number: dict[RoadRule, int] = {}
        self.rules: list[RoadRule] = []
        self.reasons: list[str] = []

    def index_of(self, rule: RoadRule | str) -> int:
        if isinstance(rule, str):
            if rule not in self.reasons:
                self.reasons.append(rule)
            return -self.reasons.index(rule) - 1
        if rule not in self._number:
            for item in (rule, rule.reversed):
                if item not in self._number:
                    self._number[item] = len(self.rules)
                    self.rules.append(item)
        return self._number[rule]

    def forded(self, index: int) -> int:
        return self.index_of(forded(self.rules[index], self._table))

    def opposite(self) -> Int64s:
        return np.array([self._number[rule.reversed] for rule in self.rules], np.int64)


def _parted_at_barriers(
    ends: Int64s, point_ref: Int64s, barriers: Mapping[int, Mapping[str, str]]
) -> tuple[Int64s, Int64s]:
    """Ends of segments that meet in no common point at a barrier, and the points that were copied for it."""
    nodes = np.array(sorted(ref for ref, tags in barriers.items() if blocks(tags)), np.int64)
    visits = np.isin(point_ref[ends], nodes)
    blocked = ends[visits]
    ends[visits] = len(point_ref) + np.arange(len(blocked))
    return ends, blocked


def _with_fords(
    rule: Int64s,
    refs: Int64s,
    follows: Int64s,
    nodes: Mapping[int, Mapping[str, str]],
    book: _RuleBook,
) -> Int64s:
    """A node tagged as a ford makes fords of the segments on its two sides."""
    wet = np.array(sorted(ref for ref, tags in nodes.items() if tags.get("ford", "no") != "no"), np.int64)
    touched = np.flatnonzero(np.isin(refs[follows], wet) | np.isin(refs[follows + 1], wet))
    for index in touched.tolist():
        if rule[index] >= 0:
            rule[index] = book.forded(int(rule[index]))
    return rule


def _clear_of(
    forbidden: shapely.Geometry | None, longitude: Floats, latitude: Floats, tail: Int64s, head: Int64s
) -> Flags:
    clear = np.ones(len(tail), np.bool_)
    if forbidden is None or forbidden.is_empty or not len(tail):
        return clear
    west, south, east, north = forbidden.bounds
    near = np.flatnonzero(
        (np.maximum(longitude[tail], longitude[head]) >= west)
        & (np.minimum(longitude[tail], longitude[head]) <= east)
        & (np.maximum(latitude[tail], latitude[head]) >= south)
        & (np.minimum(latitude[tail], latitude[head]) <= north)
    )
    ends = np.stack([tail[near], head[near]], axis=1)
    lines = shapely.linestrings(np.stack([longitude[ends], latitude[ends]], axis=2))
    shapely.prepare(forbidden)
    clear[near] = ~shapely.intersects(forbidden, lines)
    return clear
