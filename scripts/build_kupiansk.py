"""
Make the bundled scenario's tables from published data on Kupiansk raion.

Reads the assumptions from the scenario's ``scenario.toml`` and the data files named below, and writes
``node.csv``, ``link.csv``, ``settlement.csv`` and ``site.csv`` beside it. The same data give the same
bytes. ``docs/scenario-kupiansk.md`` tells how the scenario was drawn and why.

Run ``python -m scripts.build_kupiansk --data FOLDER`` at the root of the repository.
"""

from __future__ import annotations

import argparse
import csv
import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.kupiansk_roads import (
    KUPIANSK,
    OSYNOVO,
    SHEVCHENKOVE,
    ZAOSKILLIA,
    Link,
    Place,
    Roads,
    course_length_m,
    draw_roads,
)

SCENARIO_FOLDER = Path(__file__).resolve().parent.parent / "safepassage" / "scenarios" / "kupiansk-2023"
Row = dict[str, object]

JAM_DENSITY_PCE_PER_KM = 133.333

KIVSHARIVKA = "UA63080090020061282"
VUZLOVYI = "UA63080090030044417"
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
    places: Mapping[str, Place], scope: Mapping[str, str], assumed: Mapping[str, float]
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
    """Assembly points of every settlement, then the places on the way and at its end."""
    inhabited = [settlement for settlement in settlements if settlement["in_scope"]]
    rows = [row for settlement in inhabited for row in assembly_points(settlement, assumed)]
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


def assembly_points(settlement: Row, assumed: Mapping[str, float]) -> list[Row]:
    """Assembly points of a settlement, all at its centre: no building is named."""
    code = str(settlement["settlement_id"])
    site = f"ap-{slug(str(settlement['name_en']))}-{code[-4:] if '-' not in code else 'z'}"
    people = sum(int(str(settlement[group])) for group in ("adults", "children", "older", "low_mobility"))
    rows = []
    for number in range(1, max(1, math.ceil(people / assumed["people_an_assembly_point"])) + 1):
        which = f" {number}" if number > 1 else ""
        rows.append(
            site_row(
                f"{site}-{number}" if number > 1 else site,
                "assembly_point",
                f"Пункт збору{which}, {settlement['name_uk']}",
                f"Assembly point{which}, {settlement['name_en']}",
                str(settlement["node_id"]),
                settlement["latitude"],
                settlement["longitude"],
                waiting_cap=assumed["assembly_waiting_cap"],
                settlement_id=code,
            )
        )
    return rows


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
