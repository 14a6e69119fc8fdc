"""
Make the bundled scenario's tables from published data on Kupiansk raion.

Reads the assumptions from the scenario's ``scenario.toml`` and the data files named below, and writes
``node.csv``, ``link.csv``, ``settlement.csv`` and ``site.csv`` beside it. The same data give the same
bytes. ``docs/scenario-kupiansk.md`` tells how the scenario was drawn and why.

Run ``python scripts/build_kupiansk.py --data FOLDER``.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from safepassage.units import EARTH_RADIUS_M

SCENARIO_FOLDER = Path(__file__).resolve().parent.parent / "safepassage" / "scenarios" / "kupiansk-2023"
LonLat = tuple[float, float]
Row = dict[str, object]

DETOUR = 1.25  # schematic roads are longer than the straight line between the places they join
SIMPLIFY_M = 40.0
JAM_DENSITY_PCE_PER_KM = 133.333

KUPIANSK = "UA63080090010026457"
KIVSHARIVKA = "UA63080090020061282"
VUZLOVYI = "UA63080090030044417"
SHEVCHENKOVE = "UA63080150010082504"
OSYNOVO = "UA63080090060022231"
ZAOSKILLIA = f"{KUPIANSK}-zaoskillia"
ZAOSKILLIA_STATIONS = ("630976", "630977")

WHOLE_COMMUNITIES = ("Дворічанська", "Петропавлівська")
NAMED_IN_KUPIANSK = (KIVSHARIVKA, VUZLOVYI)
# The order covers a part of Kindrashivka community; these lie along the Oskil between the town and
# Dvorichna community, which is covered whole.
INFERRED_IN_KINDRASHIVKA = ("Кіндрашівка", "Голубівка", "Радьківка", "Тищенківка", "Мала Шапківка")

COMMUNITY_EN = {
    "Великобурлуцька": "Velykyi Burluk",
    "Вільхуватська": "Vilkhuvatka",
    "Дворічанська": "Dvorichna",
    "Кіндрашівська": "Kindrashivka",
    "Куп’янська": "Kupiansk",
    "Курилівська": "Kurylivka",
    "Петропавлівська": "Petropavlivka",
    "Шевченківська": "Shevchenkove",
}


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


def main() -> None:
    """Read the data folder, draw the scenario and write its tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the published data files")
    parser.add_argument("--folder", type=Path, default=SCENARIO_FOLDER, help="scenario folder to write")
    options = parser.parse_args()
    assumed = read_assumptions(options.folder / "scenario.toml")
    places = read_places(options.data / "settlements.csv")
    places[ZAOSKILLIA] = zaoskillia(options.data / "polling_stations_2019_kharkiv_east.csv", places[KUPIANSK])
    scope = {code: basis for code, place in places.items() if (basis := basis_in_scope(place))}
    roads = draw_roads(options.data / "kupiansk_draft_network.geojson", places, scope)
    settlements = settlement_rows(places, scope, assumed)
    write_table(options.folder / "node.csv", node_rows(roads))
    write_table(options.folder / "link.csv", [link_row(link, assumed) for link in roads.links])
    write_table(options.folder / "settlement.csv", settlements)
    write_table(options.folder / "site.csv", site_rows(settlements, roads, assumed))


# --- reading -----------------------------------------------------------------------------------------


def read_assumptions(file: Path) -> dict[str, float]:
    """Values of the assumptions by id."""
    with file.open("rb") as stream:
        document = tomllib.load(stream)
    return {key: entry["value"] for key, entry in document["assumption"].items()}


def read_places(file: Path) -> dict[str, dict[str, str]]:
    """Settlements with known coordinates that were not occupied on the day of the order, by code."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {
        row["katottg"]: {key: normalise_apostrophes(value) for key, value in row.items()}
        for row in rows
        if row["lat"] and row["occupied_2023-08-09"] == "False"
    }


def normalise_apostrophes(text: str) -> str:
    """One apostrophe for the three that sources use, so that names can be joined."""
    return text.replace("'", "’").replace("\u02bc", "’")


def zaoskillia(stations_file: Path, town: Mapping[str, str]) -> dict[str, str]:
    """The town's left bank as a place of its own: centre and share of voters of its precincts."""
    with stations_file.open(encoding="utf-8", newline="") as stream:
        voters = {row["polling_station"]: row for row in csv.DictReader(stream)}
    ours = [voters[station] for station in ZAOSKILLIA_STATIONS]
    weight = [int(row["registered_voters_2019"]) for row in ours]
    all_voters = sum(
        int(voters[station]["registered_voters_2019"]) for station in town["polling_stations"].split(";")
    )
    centre = {
        axis: sum(w * float(row[axis]) for w, row in zip(weight, ours, strict=True)) / sum(weight)
        for axis in ("lat", "lon")
    }
    return dict(town) | {
        "katottg": ZAOSKILLIA,
        "name_uk": "Заоскілля",
        "name_en_translit": "Zaoskillia",
        "lat": f"{centre['lat']:.3f}",
        "lon": f"{centre['lon']:.3f}",
        "pop_2022_est": f"{float(town['pop_2022_est']) * sum(weight) / all_voters:.1f}",
        "oskil_bank_est": "left(east)",
    }


def basis_in_scope(place: Mapping[str, str]) -> str:
    """Why the order covers a place, by the order's own words; empty where it does not."""
    community, code = place["hromada_uk"], place["katottg"]
    if community in WHOLE_COMMUNITIES or code in NAMED_IN_KUPIANSK or code == ZAOSKILLIA:
        return "named"
    if community == "Курилівська" and place["oskil_bank_est"] == "left(east)":
        return "inferred"
    if community == "Кіндрашівська" and place["name_uk"] in INFERRED_IN_KINDRASHIVKA:
        return "inferred"
    return ""


# --- roads -------------------------------------------------------------------------------------------

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


def draw_roads(draft_file: Path, places: Mapping[str, Mapping[str, str]], scope: Mapping[str, str]) -> Roads:
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


def add_draft_nodes(
    roads: Roads, features: Sequence[Any], places: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
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


MAIN_ROAD_M03 = RoadClass("primary", 1, "highway_speed", "two_lane_road_capacity")


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


def join_zaoskillia(roads: Roads, places: Mapping[str, Mapping[str, str]]) -> None:
    """Zaoskillia lies on the east bank, beside the H-26."""
    place = places[ZAOSKILLIA]
    roads.add_node(ZAOSKILLIA, place["name_uk"], "settlement", (float(place["lon"]), float(place["lat"])))
    roads.add_schematic(ZAOSKILLIA, "oskil-kupiansk-east", ACCESS, "schematic road")


def add_borova_crossing(roads: Roads, places: Mapping[str, Mapping[str, str]]) -> None:
    """The second way over the Oskil: along the east bank to Borova, over, and on to Izium."""
    last_village = place_code(places, "Курилівська", "Кругляківка")
    roads.add_node("oskil-borova-west", "Oskil at Borova, west bank", "junction", BOROVA_WEST_BANK)
    roads.add_node("oskil-borova-east", "Oskil at Borova, east bank", "junction", roads.position["borova"])
    roads.without(["borova"])
    roads.add_schematic(last_village, "oskil-borova-east", REGIONAL, "schematic road, P-79 south, east bank")
    add_crossing(roads, "borova", "Oskil at Borova")
    roads.add_schematic("oskil-borova-west", "izium", REGIONAL, "schematic road, Borova - Izium")


def add_known_roads(roads: Roads, places: Mapping[str, Mapping[str, str]]) -> None:
    """Roads that the draft lacks and that are known to exist, as schematic links."""
    for start, end, name in KNOWN_ROADS:
        ends = place_code(places, *start), place_code(places, *end)
        joined = [link for link in roads.links if {link.start, link.end} == set(ends)]
        for link in joined:
            roads.links.remove(link)
        roads.add_schematic(*ends, REGIONAL, f"schematic road, {name}")


def place_code(places: Mapping[str, Mapping[str, str]], community: str, name_uk: str) -> str:
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


# --- people ------------------------------------------------------------------------------------------


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers that sum to ``total``, by largest remainder; ties go to the earlier place."""
    whole = sum(weights)
    quotas = [total * weight / whole for weight in weights]
    shares = [math.floor(quota) for quota in quotas]
    by_remainder = sorted(range(len(weights)), key=lambda k: (shares[k] - quotas[k], k))
    for k in by_remainder[: total - sum(shares)]:
        shares[k] += 1
    return shares


def settlement_rows(
    places: Mapping[str, Mapping[str, str]], scope: Mapping[str, str], assumed: Mapping[str, float]
) -> list[Row]:
    """Settlements in scope with whole persons by group, and the part of the town that the order omits."""
    codes = sorted(scope)
    residents = [float(places[code]["pop_2022_est"]) for code in codes]
    people = people_left(codes, residents, assumed)
    assert sum(people) == round(assumed["people_in_scope"])
    groups = split_groups(people, assumed)
    rows = [
        settlement_row(places[code], scope[code], groups_here, assumed)
        for code, groups_here in zip(codes, groups, strict=True)
    ]
    return [*rows, town_outside_scope(places[KUPIANSK], rows, assumed)]


def town_outside_scope(town: Mapping[str, str], in_scope: Sequence[Row], assumed: Mapping[str, float]) -> Row:
    """The town's right bank, which the order does not cover: on the map, but nobody to bring away."""
    (left_bank,) = (row for row in in_scope if row["settlement_id"] == ZAOSKILLIA)
    groups = ("adults", "children", "older", "low_mobility")
    people = round(assumed["people_in_kupiansk_town"]) - sum(int(str(left_bank[group])) for group in groups)
    children = round(assumed["children_in_kupiansk_town"]) - int(str(left_bank["children"]))
    (here,) = split_groups([people], {**assumed, "children_in_scope": children})
    return settlement_row(town, "outside", here, assumed) | {"in_scope": 0}


def people_left(codes: Sequence[str], residents: Sequence[float], assumed: Mapping[str, float]) -> list[int]:
    """People of each settlement: the reported figures where there are any, the rest in proportion."""
    reported = {
        KIVSHARIVKA: round(assumed["people_in_kivsharivka"]),
        ZAOSKILLIA: round(assumed["people_in_kupiansk_town"] * assumed["zaoskillia_share"]),
    }
    others = [0.0 if code in reported else count for code, count in zip(codes, residents, strict=True)]
    left = apportion(round(assumed["people_in_scope"]) - sum(reported.values()), others)
    return [reported.get(code, count) for code, count in zip(codes, left, strict=True)]


def split_groups(people: Sequence[int], assumed: Mapping[str, float]) -> list[dict[str, int]]:
    """Children, older, low mobility and adults of each settlement; each total is met exactly."""
    everyone = sum(people)
    children = apportion(round(assumed["children_in_scope"]), people)
    grown = [a - b for a, b in zip(people, children, strict=True)]
    older = apportion(round(everyone * assumed["older_share"]), grown)
    rest = [a - b for a, b in zip(grown, older, strict=True)]
    low_mobility = apportion(round(everyone * assumed["low_mobility_share"]), rest)
    immobile = apportion(round(sum(low_mobility) * assumed["immobile_share"]), low_mobility)
    stretcher = apportion(round(sum(immobile) * assumed["lying_share"]), immobile)
    return [
        {
            "adults": rest[k] - low_mobility[k],
            "children": children[k],
            "older": older[k],
            "low_mobility": low_mobility[k],
            "wheelchair": immobile[k] - stretcher[k],
            "stretcher": stretcher[k],
        }
        for k in range(len(people))
    ]


def settlement_row(
    place: Mapping[str, str], basis: str, groups: Mapping[str, int], assumed: Mapping[str, float]
) -> Row:
    """One row of settlement.csv."""
    return {
        "settlement_id": place["katottg"],
        "name_uk": place["name_uk"],
        "name_en": place["name_en_translit"],
        "community": COMMUNITY_EN[place["hromada_uk"]],
        "latitude": round(float(place["lat"]), 3),
        "longitude": round(float(place["lon"]), 3),
        "node_id": place["katottg"],
        **groups,
        "household_size": assumed["household_size"],
        "car_share": assumed["car_share"],
        "hazard": 1.0,
        "in_scope": 1,
        "basis": basis,
    }


# --- sites and tables --------------------------------------------------------------------------------


def site_rows(settlements: Sequence[Row], roads: Roads, assumed: Mapping[str, float]) -> list[Row]:
    """An assembly point a settlement, then the places on the way and at its end."""
    rows = [assembly_point(settlement, assumed) for settlement in settlements if settlement["in_scope"]]
    hub, station, kharkiv = SHEVCHENKOVE, OSYNOVO, "kharkiv"
    for site, kind, name_uk, name_en, node, facts in (
        ("hub-shevchenkove", "handover_hub", "Пункт передачі, Шевченкове", "Handover hub, Shevchenkove", hub,
         {"capacity": assumed["hub_capacity"], "waiting_cap": assumed["hub_waiting_cap"], "safe": 1}),
        ("hospital-shevchenkove", "hospital", "Лікарня, Шевченкове", "Hospital, Shevchenkove", hub,
         {"capacity": assumed["hub_hospital_capacity"], "safe": 1}),
        ("depot-shevchenkove", "depot", "Стоянка, Шевченкове", "Vehicle park, Shevchenkove", hub, {}),
        ("station-osynove", "station", "Станція Осинове", "Osynove station", station,
         {"waiting_cap": assumed["station_waiting_cap"]}),
        ("checkpoint-m03", "checkpoint", "Блокпост на М-03", "Checkpoint on the M-03", "rohan",
         {"service_rate": assumed["checkpoint_rate"]}),
        ("reception-kharkiv", "reception", "Прийом у Харкові", "Reception in Kharkiv", kharkiv,
         {"capacity": assumed["reception_capacity"], "safe": 1}),
        ("hospital-kharkiv", "hospital", "Лікарні Харкова", "Hospitals of Kharkiv", kharkiv,
         {"capacity": assumed["kharkiv_hospital_capacity"], "safe": 1}),
        ("depot-kharkiv", "depot", "Автопарк, Харків", "Bus depot, Kharkiv", kharkiv, {}),
    ):  # fmt: skip
        longitude, latitude = roads.position[node]
        rows.append(site_row(site, kind, name_uk, name_en, node, latitude, longitude, **facts))
    return rows


def assembly_point(settlement: Row, assumed: Mapping[str, float]) -> Row:
    """The assembly point of a settlement, at its centre: no building is named."""
    code = str(settlement["settlement_id"])
    return site_row(
        f"ap-{slug(str(settlement['name_en']))}-{code[-4:] if '-' not in code else 'z'}",
        "assembly_point",
        f"Пункт збору, {settlement['name_uk']}",
        f"Assembly point, {settlement['name_en']}",
        str(settlement["node_id"]),
        settlement["latitude"],
        settlement["longitude"],
        waiting_cap=assumed["assembly_waiting_cap"],
        settlement_id=code,
    )


def site_row(
    site: str, kind: str, name_uk: str, name_en: str, node: str, latitude: object, longitude: object,
    **facts: object
) -> Row:  # fmt: skip
    """One row of site.csv; what is not given is unlimited, open always, accessible and not safe."""
    row: Row = {
        "site_id": site, "kind": kind, "name_uk": name_uk, "name_en": name_en, "node_id": node,
        "latitude": latitude, "longitude": longitude, "capacity": "", "waiting_cap": "",
        "service_rate": "", "accessible": 1, "safe": 0, "settlement_id": "", "opens": "", "closes": "",
    }  # fmt: skip
    return row | facts


def slug(name: str) -> str:
    """Lower-case id part of an English name."""
    return re.sub(r"[^a-z]+", "-", name.lower()).strip("-")


def node_rows(roads: Roads) -> list[Row]:
    """Rows of node.csv."""
    return [
        {
            "node_id": node,
            "name": roads.name[node],
            "x_coord": x,
            "y_coord": y,
            "node_type": roads.kind[node],
        }
        for node, (x, y) in roads.position.items()
    ]


def link_row(link: Link, assumed: Mapping[str, float]) -> Row:
    """One row of link.csv."""
    straight_m = course_length_m((link.geometry[0], link.geometry[-1]))
    course = ", ".join(f"{x:g} {y:g}" for x, y in link.geometry)
    return {
        "link_id": link.id,
        "name": link.name,
        "from_node_id": link.start,
        "to_node_id": link.end,
        "directed": int(link.directed),
        # Rounded ends may lie a few metres farther apart than the measured road.
        "length": math.ceil(max(link.length_m, straight_m)),
        "lanes": link.road_class.lanes,
        "free_speed": assumed[link.road_class.speed_km_per_h],
        "capacity": assumed[link.capacity or link.road_class.capacity_pce_per_h_lane],
        "facility_type": link.road_class.facility_type,
        "crossing": link.crossing,
        "schematic": int(link.schematic),
        "source": link.source,
        "jam_density": JAM_DENSITY_PCE_PER_KM,
        "merge_weight": 1,
        "geometry": f"LINESTRING ({course})",
    }


def write_table(file: Path, rows: Sequence[Row]) -> None:
    """Write rows as CSV with a header."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
