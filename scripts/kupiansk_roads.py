"""
The roads of the scenario ``kupiansk-2023``: the draft network without anything occupied, the two crossings.

Used by ``build_kupiansk``; see there.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from safepassage.units import EARTH_RADIUS_M

LonLat = tuple[float, float]
Place = Mapping[str, str]

DETOUR = 1.25  # schematic roads are longer than the straight line between the places they join
SIMPLIFY_M = 40.0
KUPIANSK = "UA63080090010026457"
SHEVCHENKOVE = "UA63080150010082504"
OSYNOVO = "UA63080090060022231"
ZAOSKILLIA = f"{KUPIANSK}-zaoskillia"


@dataclass(frozen=True, slots=True)
class RoadClass:
    """What roads of one class are taken to carry, a direction."""

    facility_type: str
    lanes: int
    speed_km_per_h: str
    capacity_pce_per_h_lane: str


# Speed and capacity name the assumption that holds the figure.
HIGHWAY = RoadClass("trunk", 2, "highway_speed", "highway_lane_capacity")
MAIN = RoadClass("primary", 1, "main_road_speed", "two_lane_road_capacity")
REGIONAL = RoadClass("secondary", 1, "regional_road_speed", "regional_road_capacity")
LOCAL = RoadClass("tertiary", 1, "local_road_speed", "local_road_capacity")
ACCESS = RoadClass("residential", 1, "access_road_speed", "access_road_capacity")
CITY = RoadClass("urban", 2, "city_street_speed", "city_street_capacity")
MAIN_ROAD_M03 = RoadClass("primary", 1, "highway_speed", "two_lane_road_capacity")

WAYS_OUT = {
    "EXT_Kharkiv": ("kharkiv", "Kharkiv"),
    "EXT_Rohan": ("rohan", "M-03 at Rohan"),
    "EXT_Chuhuiv": ("chuhuiv", "Chuhuiv, M-03 and H-26"),
    "EXT_Izium": ("izium", "Izium"),
    "EXT_Balakliia": ("balakliia", "Balakliia"),
    "EXT_Pechenihy": ("pechenihy", "Pechenihy"),
    "EXT_Borova": ("borova", "Borova"),
}
ROAD_CLASSES = {"M-03": HIGHWAY, "H-26": MAIN, "local": LOCAL, "access": ACCESS, "city": CITY}
BRIDGE = ("H26_80.13", "H26_83.62")
# Ends of the destroyed road bridge, on the H-26.
WEST_BANK, EAST_BANK = (37.6265, 49.7097), (37.6310, 49.7097)
BOROVA_WEST_BANK = (37.585, 49.372)
# Roads that are known to exist but not their course: (community, place) at both ends.
KNOWN_ROADS = (
    (("Куп’янська", "Куп’янськ"), ("Кіндрашівська", "Радьківка"), "P-79 north"),
    (("Кіндрашівська", "Радьківка"), ("Кіндрашівська", "Кіндрашівка"), "P-79 north"),
    (("Кіндрашівська", "Кіндрашівка"), ("Дворічанська", "Западне"), "P-79 north"),
    (("Дворічанська", "Западне"), ("Дворічанська", "Дворічна"), "P-79 north"),
    (("Куп’янська", "Куп’янськ"), ("Кіндрашівська", "Садове"), "road to the railhead"),
    (("Кіндрашівська", "Садове"), ("Куп’янська", "Осиново"), "road to the railhead"),
    (("Курилівська", "Колісниківка"), ("Курилівська", "Кругляківка"), "P-79 south, east bank"),
)


@dataclass(frozen=True, slots=True)
class Link:
    """One row of link.csv."""

    id: str
    name: str
    start: str
    end: str
    length_m: float
    road_class: RoadClass
    source: str
    geometry: tuple[LonLat, ...]
    schematic: bool = True
    directed: bool = False
    crossing: str = ""
    capacity: str = ""


@dataclass(slots=True)
class Roads:
    """Nodes and links while they are being drawn."""

    position: dict[str, LonLat] = field(default_factory=dict)
    name: dict[str, str] = field(default_factory=dict)
    kind: dict[str, str] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    drawn: int = 0

    def add_node(self, node: str, name: str, kind: str, at: LonLat) -> None:
        """Add one node, its position rounded to about 100 m."""
        self.position[node] = (round(at[0], 3), round(at[1], 3))
        self.name[node] = name
        self.kind[node] = kind

    def add_schematic(self, start: str, end: str, road_class: RoadClass, name: str) -> None:
        """Join two nodes by a straight schematic road, both ways."""
        ends = (self.position[start], self.position[end])
        self.drawn += 1
        self.links.append(
            Link(
                id=f"schematic-{self.drawn:03d}",
                name=name,
                start=start,
                end=end,
                length_m=DETOUR * distance_m(*ends),
                road_class=road_class,
                source="schematic: joins two places, not a surveyed road",
                geometry=ends,
            )
        )

    def without(self, nodes: Iterable[str]) -> None:
        """Drop nodes and every link that touches them."""
        gone = set(nodes)
        self.links = [link for link in self.links if not {link.start, link.end} & gone]
        for node in gone:
            del self.position[node], self.name[node], self.kind[node]


def draw_roads(draft_file: Path, places: Mapping[str, Place], scope: Mapping[str, str]) -> Roads:
    """Roads of the raion and the ways to Kharkiv, without anything occupied or beyond it."""
    draft = json.loads(draft_file.read_text(encoding="utf-8"))
    roads = Roads()
    node_of = add_draft_nodes(roads, draft["features"], places)
    for feature in draft["features"]:
        if feature["geometry"]["type"] == "LineString":
            add_draft_link(roads, feature, node_of)
    add_known_roads(roads, places)
    join_zaoskillia(roads, places)
    add_borova_crossing(roads, places)
    prune(roads, keep=set(scope) | {SHEVCHENKOVE, KUPIANSK, OSYNOVO, "kharkiv"})
    return roads


def add_draft_nodes(roads: Roads, features: Sequence[Any], places: Mapping[str, Place]) -> dict[str, str]:
    """Add the draft's nodes that are kept; the result maps the draft's ids to ours."""
    node_of: dict[str, str] = {}
    for feature in features:
        if feature["geometry"]["type"] != "Point":
            continue
        draft_id = feature["properties"]["id"]
        at = tuple(feature["geometry"]["coordinates"])
        if draft_id in places:
            place = places[draft_id]
            roads.add_node(draft_id, place["name_uk"], "settlement", at)
            node_of[draft_id] = draft_id
        elif draft_id in WAYS_OUT:
            node, name = WAYS_OUT[draft_id]
            roads.add_node(node, name, "way_out", at)
            node_of[draft_id] = node
        elif draft_id.startswith("H26_"):
            node = f"h26-{float(draft_id[4:]):06.2f}"
            roads.add_node(node, f"H-26 km {float(draft_id[4:]):.1f}", "junction", at)
            node_of[draft_id] = node
    return node_of


def add_draft_link(roads: Roads, feature: Any, node_of: Mapping[str, str]) -> None:
    """Add one link of the draft where both its ends are kept."""
    facts = feature["properties"]
    if facts["u"] not in node_of or facts["v"] not in node_of:
        return
    start, end = node_of[facts["u"]], node_of[facts["v"]]
    road = facts["road"]
    if {facts["u"], facts["v"]} == set(BRIDGE):
        split_at_bridge(roads, start, end, feature)
    elif road in ("M-03", "H-26"):
        course = [tuple(point) for point in feature["geometry"]["coordinates"]]
        lanes = ROAD_CLASSES[road] if "izium" not in (start, end) else MAIN_ROAD_M03
        add_surveyed(roads, start, end, road, lanes, course, 1000 * facts["km"])
    elif "borova" not in (start, end):
        roads.add_schematic(start, end, ROAD_CLASSES[road], "schematic road")


def add_surveyed(
    roads: Roads,
    start: str,
    end: str,
    name: str,
    road_class: RoadClass,
    course: Sequence[LonLat],
    length_m: float,
) -> None:
    """Add a road whose course is known; its ends move to the nodes, its length stays the measured one."""
    simple = simplify(course)
    middle = [(round(x, 4), round(y, 4)) for x, y in simple[1:-1]]
    roads.links.append(
        Link(
            id=f"{name.lower().replace('-', '')}-{start.removeprefix('h26-')}-{end.removeprefix('h26-')}",
            name=name,
            start=start,
            end=end,
            length_m=length_m,
            road_class=road_class,
            source="OpenStreetMap, simplified",
            geometry=(roads.position[start], *middle, roads.position[end]),
            schematic=False,
        )
    )


def split_at_bridge(roads: Roads, start: str, end: str, feature: Any) -> None:
    """Cut the H-26 at the destroyed bridge and put the crossing between the banks, a link a direction."""
    course = [tuple(point) for point in feature["geometry"]["coordinates"]]
    west = [point for point in course if point[0] < WEST_BANK[0]]
    east = [point for point in course if point[0] > EAST_BANK[0]]
    roads.add_node("oskil-kupiansk-west", "Oskil at Kupiansk, west bank", "junction", WEST_BANK)
    roads.add_node("oskil-kupiansk-east", "Oskil at Kupiansk, east bank", "junction", EAST_BANK)
    for a, b, part in (
        (start, "oskil-kupiansk-west", [*west, WEST_BANK]),
        ("oskil-kupiansk-east", end, [EAST_BANK, *east]),
    ):
        add_surveyed(roads, a, b, "H-26", MAIN, part, course_length_m(part))
    add_crossing(roads, "kupiansk", "Oskil at Kupiansk")


def add_crossing(roads: Roads, key: str, name: str) -> None:
    """Two links, one a direction, between the banks."""
    west, east = f"oskil-{key}-west", f"oskil-{key}-east"
    for start, end, way in ((east, west, "westbound"), (west, east, "eastbound")):
        ends = (roads.position[start], roads.position[end])
        roads.links.append(
            Link(
                id=f"crossing-{key}-{way}",
                name=name,
                start=start,
                end=end,
                length_m=DETOUR * distance_m(*ends),
                road_class=RoadClass("crossing", 1, "crossing_speed", ""),
                source="schematic: crossing reported, place and capacity assumed",
                geometry=ends,
                directed=True,
                crossing=name,
                capacity=f"crossing_{key}_{way}",
            )
        )


def join_zaoskillia(roads: Roads, places: Mapping[str, Place]) -> None:
    """Zaoskillia lies on the east bank, beside the H-26."""
    place = places[ZAOSKILLIA]
    roads.add_node(ZAOSKILLIA, place["name_uk"], "settlement", (float(place["lon"]), float(place["lat"])))
    roads.add_schematic(ZAOSKILLIA, "oskil-kupiansk-east", ACCESS, "schematic road")


def add_borova_crossing(roads: Roads, places: Mapping[str, Place]) -> None:
    """The second way over the Oskil: along the east bank to Borova, over, and on to Izium."""
    last_village = place_code(places, "Курилівська", "Кругляківка")
    roads.add_node("oskil-borova-west", "Oskil at Borova, west bank", "junction", BOROVA_WEST_BANK)
    roads.add_node("oskil-borova-east", "Oskil at Borova, east bank", "junction", roads.position["borova"])
    roads.without(["borova"])
    roads.add_schematic(last_village, "oskil-borova-east", REGIONAL, "schematic road, P-79 south, east bank")
    add_crossing(roads, "borova", "Oskil at Borova")
    roads.add_schematic("oskil-borova-west", "izium", REGIONAL, "schematic road, Borova - Izium")


def add_known_roads(roads: Roads, places: Mapping[str, Place]) -> None:
    """Roads that the draft lacks and that are known to exist, as schematic links."""
    for start, end, name in KNOWN_ROADS:
        ends = place_code(places, *start), place_code(places, *end)
        joined = [link for link in roads.links if {link.start, link.end} == set(ends)]
        for link in joined:
            roads.links.remove(link)
        roads.add_schematic(*ends, REGIONAL, f"schematic road, {name}")


def place_code(places: Mapping[str, Place], community: str, name_uk: str) -> str:
    """Code of the one place of that name in a community."""
    (code,) = (
        code
        for code, place in places.items()
        if place["name_uk"] == name_uk and place["hromada_uk"] == community
    )
    return code


def prune(roads: Roads, keep: set[str]) -> None:
    """Drop dead ends that lead to nothing of the scenario, until none is left."""
    while True:
        degree: dict[str, set[str]] = defaultdict(set)
        for link in roads.links:
            degree[link.start].add(link.end)
            degree[link.end].add(link.start)
        dead_ends = [node for node in roads.position if len(degree[node]) < 2 and node not in keep]
        if not dead_ends:
            return
        roads.without(dead_ends)


# --- geometry ----------------------------------------------------------------------------------------


def distance_m(a: LonLat, b: LonLat) -> float:
    """Great-circle distance (haversine)."""
    (lon_a, lat_a), (lon_b, lat_b) = ((math.radians(x), math.radians(y)) for x, y in (a, b))
    chord = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(chord))


def course_length_m(course: Sequence[LonLat]) -> float:
    """Length along a course."""
    return sum(distance_m(a, b) for a, b in pairwise(course))


def simplify(course: Sequence[LonLat]) -> list[LonLat]:
    """Leave out points nearer than ``SIMPLIFY_M`` to the line between those kept (Douglas-Peucker)."""
    if len(course) < 3:
        return list(course)
    scale = math.cos(math.radians(course[0][1]))
    (x0, y0), (x1, y1) = course[0], course[-1]
    dx, dy = (x1 - x0) * scale, y1 - y0
    across = [
        abs(dx * (y - y0) - dy * (x - x0) * scale) / (math.hypot(dx, dy) or 1.0) for x, y in course[1:-1]
    ]
    widest = max(range(len(across)), key=across.__getitem__)
    if math.radians(across[widest]) * EARTH_RADIUS_M < SIMPLIFY_M:
        return [course[0], course[-1]]
    cut = widest + 1
    return simplify(course[: cut + 1])[:-1] + simplify(course[cut:])
