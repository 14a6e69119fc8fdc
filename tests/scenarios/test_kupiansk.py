"""The bundled scenario: totals, scope, what must not be in it, and that everybody can be brought out."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from safepassage.formats.scenario_folder import check_scenario, read_scenario
from safepassage.model.households import form_households
from safepassage.model.people import PeopleCount
from safepassage.model.scenario import Scenario

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / "safepassage" / "scenarios" / "kupiansk-2023"
BUILT_TABLES = ("node.csv", "link.csv", "settlement.csv", "site.csv")
GROUPS = ("adults", "children", "older", "low_mobility")
LEFT_BANK_COMMUNITIES = ("Kurylivka", "Petropavlivka", "Kupiansk")

# Settlements that were occupied on 9 August 2023, by code, and the town beyond them.
OCCUPIED = (
    "UA63080050020078589", "UA63080050030067002", "UA63080050060096187", "UA63080050070081735",
    "UA63080050090066848", "UA63080050100088282", "UA63080050110044547", "UA63080050120079698",
    "UA63080050150015861", "UA63080050210087854", "UA63080050220049198", "UA63080050250076872",
    "UA63080050260095484", "UA63080050270073486", "UA63080050280093605", "UA63080050300011880",
    "UA63080050320098242", "UA63080050370017905", "UA63080050380078279", "UA63080050390091489",
    "UA63080050400035797", "UA63080050420047075", "UA63080050430069258", "UA63080050480092705",
    "UA63080050490033775", "UA63080050500042426", "UA63080050540076635", "UA63080050550097728",
    "UA63080130030020242", "UA63080130090027962", "UA63080130100040413", "UA63080130110045662",
    "UA63080130160082344",
)  # fmt: skip


def table(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    with (FOLDER / "scenario.toml").open("rb") as stream:
        return tomllib.load(stream)


@pytest.fixture(scope="module")
def in_scope() -> list[dict[str, str]]:
    return [row for row in table("settlement.csv") if row["in_scope"] == "1"]


def persons(rows: list[dict[str, str]], *groups: str) -> int:
    return sum(int(row[group]) for row in rows for group in groups)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return read_scenario(FOLDER).scenario


class Ways:
    """Shortest times between nodes, with or without the river crossings."""

    def __init__(self, *, without_crossings: bool = False) -> None:
        self.index = {row["node_id"]: k for k, row in enumerate(table("node.csv"))}
        tail, head, hours = [], [], []
        for row in table("link.csv"):
            if without_crossings and row["crossing"]:
                continue
            ends = self.index[row["from_node_id"]], self.index[row["to_node_id"]]
            ways = [ends] if row["directed"] == "1" else [ends, ends[::-1]]
            for start, end in ways:
                tail.append(start)
                head.append(end)
                hours.append(float(row["length"]) / 1000 / float(row["free_speed"]))
        size = len(self.index)
        self._graph = csr_array((hours, (tail, head)), shape=(size, size))

    def hours(self, start: str, end: str) -> float:
        times = dijkstra(self._graph, indices=self.index[start])  # type: ignore[call-overload]
        return float(times[self.index[end]])


# --- people ------------------------------------------------------------------------------------------


def test_twelve_thousand_people_six_hundred_children(in_scope: list[dict[str, str]]) -> None:
    assert persons(in_scope, *GROUPS) == 12_000
    assert persons(in_scope, "children") == 600


def test_people_are_whole_and_needs_lie_within_low_mobility() -> None:
    for row in table("settlement.csv"):
        counts = {name: int(row[name]) for name in (*GROUPS, "wheelchair", "stretcher")}
        assert min(counts.values()) >= 0
        assert counts["wheelchair"] + counts["stretcher"] <= counts["low_mobility"]


def test_totals_follow_the_assumed_shares(in_scope: list[dict[str, str]], settings: dict[str, Any]) -> None:
    assumed = {key: entry["value"] for key, entry in settings["assumption"].items()}
    low_mobility = persons(in_scope, "low_mobility")
    immobile = persons(in_scope, "wheelchair", "stretcher")
    assert persons(in_scope, "older") == round(12_000 * assumed["older_share"])
    assert low_mobility == round(12_000 * assumed["low_mobility_share"])
    assert immobile == round(low_mobility * assumed["immobile_share"])
    assert persons(in_scope, "stretcher") == round(immobile * assumed["lying_share"])


def test_every_settlement_in_scope_has_people_and_somebody_to_lead(in_scope: list[dict[str, str]]) -> None:
    assert all(int(row["adults"]) + int(row["older"]) > 0 for row in in_scope)


def test_households_hold_everybody(scenario: Scenario) -> None:
    for settlement in scenario.in_scope:
        groups = form_households(settlement)
        assert sum((group.people.times(group.count) for group in groups), PeopleCount()) == settlement.people


def test_about_two_thirds_of_the_people_have_no_car(scenario: Scenario) -> None:
    carless = sum(
        group.count * group.people.total
        for settlement in scenario.in_scope
        for group in form_households(settlement)
        if not group.has_car
    )
    # Households are whole, so the share is met to within a household a settlement.
    assert abs(carless - 0.65 * 12_000) <= len(scenario.in_scope)


# --- scope -------------------------------------------------------------------------------------------


def test_scope_follows_the_words_of_the_order(in_scope: list[dict[str, str]]) -> None:
    named = [row for row in in_scope if row["basis"] == "named"]
    inferred = [row for row in in_scope if row["basis"] == "inferred"]
    assert len(named) + len(inferred) == len(in_scope)
    assert {row["community"] for row in named} == {"Dvorichna", "Petropavlivka", "Kupiansk"}
    assert {row["community"] for row in inferred} == {"Kindrashivka", "Kurylivka"}
    kupiansk = {row["name_en"] for row in named if row["community"] == "Kupiansk"}
    assert kupiansk == {"Zaoskillia", "Kivsharivka", "Kupiansk-Vuzlovyi"}
    # The number that officials planned for; the published list itself was not found.
    assert len(in_scope) == 53


def test_the_town_outside_the_scope_is_marked_so() -> None:
    (town,) = (row for row in table("settlement.csv") if row["in_scope"] == "0")
    assert (town["name_en"], town["basis"]) == ("Kupiansk", "outside")


def test_nothing_occupied_is_in_any_table() -> None:
    for name in BUILT_TABLES:
        text = (FOLDER / name).read_text(encoding="utf-8")
        for code in OCCUPIED:
            assert code not in text
        assert "Svatove" not in text
        assert "Сватове" not in text


@pytest.mark.acceptance
def test_occupied_settlements_are_all_left_out(shared_data: Path) -> None:
    with (shared_data / "kupiansk" / "settlements.csv").open(encoding="utf-8", newline="") as stream:
        places = list(csv.DictReader(stream))
    occupied = {row["katottg"] for row in places if row["occupied_2023-08-09"] == "True"}
    ids = {row["node_id"] for row in table("node.csv")}
    ends = {row[side] for row in table("link.csv") for side in ("from_node_id", "to_node_id")}
    assert not occupied & (ids | ends)
    assert occupied == set(OCCUPIED)


# --- roads -------------------------------------------------------------------------------------------


def test_every_settlement_in_scope_reaches_the_hub_and_reception(in_scope: list[dict[str, str]]) -> None:
    ways = Ways()
    site_node = {row["site_id"]: row["node_id"] for row in table("site.csv")}
    for row in in_scope:
        for site in ("hub-shevchenkove", "reception-kharkiv"):
            assert np.isfinite(ways.hours(row["node_id"], site_node[site])), row["name_en"]
            assert np.isfinite(ways.hours(site_node[site], row["node_id"])), row["name_en"]


def test_the_left_bank_has_no_way_out_but_the_crossings(in_scope: list[dict[str, str]]) -> None:
    ways = Ways(without_crossings=True)
    cut_off = {row["name_en"] for row in in_scope if np.isinf(ways.hours(row["node_id"], "kharkiv"))}
    left_bank = {
        row["name_en"]
        for row in in_scope
        if row["community"] in LEFT_BANK_COMMUNITIES or row["name_en"] == "Holubivka"
    }
    assert cut_off == left_bank


def test_the_hub_lies_about_forty_minutes_west_of_the_crossing() -> None:
    (hub,) = (row for row in table("site.csv") if row["kind"] == "handover_hub")
    minutes = 60 * Ways().hours("oskil-kupiansk-west", hub["node_id"])
    assert 35 <= minutes <= 45


def test_each_crossing_is_a_schematic_link_a_direction() -> None:
    crossings = [row for row in table("link.csv") if row["crossing"]]
    assert sorted(row["link_id"] for row in crossings) == [
        f"crossing-{place}-{way}" for place in ("borova", "kupiansk") for way in ("eastbound", "westbound")
    ]
    assert all((row["directed"], row["schematic"]) == ("1", "1") for row in crossings)


def test_only_the_two_state_roads_are_not_schematic() -> None:
    surveyed = {row["name"] for row in table("link.csv") if row["schematic"] == "0"}
    assert surveyed == {"H-26", "M-03"}


def test_ids_are_unique_and_links_join_known_nodes() -> None:
    for name in BUILT_TABLES:
        ids = [next(iter(row.values())) for row in table(name)]
        assert len(set(ids)) == len(ids)
    nodes = {row["node_id"] for row in table("node.csv")}
    for row in table("link.csv"):
        assert {row["from_node_id"], row["to_node_id"]} <= nodes
        assert row["from_node_id"] != row["to_node_id"]


def test_speed_and_capacity_of_a_road_class_are_the_assumed_ones(settings: dict[str, Any]) -> None:
    assumed = {key: entry["value"] for key, entry in settings["assumption"].items()}
    expected = {
        "trunk": ("highway_speed", "highway_lane_capacity"),
        "secondary": ("regional_road_speed", "regional_road_capacity"),
        "tertiary": ("local_road_speed", "local_road_capacity"),
        "residential": ("access_road_speed", "access_road_capacity"),
        "urban": ("city_street_speed", "city_street_capacity"),
    }
    for row in table("link.csv"):
        if row["facility_type"] in expected:
            speed, capacity = expected[row["facility_type"]]
            assert float(row["free_speed"]) == assumed[speed]
            assert float(row["capacity"]) == assumed[capacity]
        elif row["facility_type"] == "primary":
            speed = "main_road_speed" if row["name"] == "H-26" else "highway_speed"
            assert float(row["free_speed"]) == assumed[speed]
            assert float(row["capacity"]) == assumed["two_lane_road_capacity"]
        else:
            assert row["facility_type"] == "crossing"


# --- sites, fleet and services -----------------------------------------------------------------------


def test_each_settlement_in_scope_has_its_assembly_points_at_its_centre(
    in_scope: list[dict[str, str]], settings: dict[str, Any]
) -> None:
    points = [row for row in table("site.csv") if row["kind"] == "assembly_point"]
    assert {row["settlement_id"] for row in points} == {row["settlement_id"] for row in in_scope}
    a_point = settings["assumption"]["people_an_assembly_point"]["value"]
    for row in in_scope:
        own = [point for point in points if point["settlement_id"] == row["settlement_id"]]
        people = sum(int(row[group]) for group in ("adults", "children", "older", "low_mobility"))
        assert len(own) == -(-people // a_point)
        for point in own:
            assert (point["latitude"], point["longitude"]) == (row["latitude"], row["longitude"])
            assert float(point["waiting_cap"]) == settings["assumption"]["assembly_waiting_cap"]["value"]


def test_the_checkpoint_lies_on_every_way_to_kharkiv() -> None:
    (checkpoint,) = (row for row in table("site.csv") if row["kind"] == "checkpoint")
    into_kharkiv = [row for row in table("link.csv") if "kharkiv" in (row["from_node_id"], row["to_node_id"])]
    assert len(into_kharkiv) == 1
    assert checkpoint["node_id"] in (into_kharkiv[0]["from_node_id"], into_kharkiv[0]["to_node_id"])


def test_every_need_has_a_vehicle_and_depots_are_sites() -> None:
    fleet = table("fleet.csv")
    sites = {row["site_id"]: row["kind"] for row in table("site.csv")}
    assert all(sites[row["depot"]] == "depot" for row in fleet)
    for places in ("seats", "wheelchair_places", "stretcher_places"):
        assert sum(int(row["count"]) * int(row[places]) for row in fleet) > 0
    assert 30 <= sum(int(row["count"]) for row in fleet) <= 70


def test_services_join_sites() -> None:
    sites = {row["site_id"] for row in table("site.csv")}
    for row in table("service.csv"):
        assert {row["from_site"], row["to_site"]} <= sites


# --- settings ----------------------------------------------------------------------------------------


def test_the_folder_is_free_of_faults() -> None:
    assert check_scenario(FOLDER) == ()


def test_it_is_an_exercise_of_three_days(scenario: Scenario) -> None:
    assert scenario.is_exercise
    assert scenario.start.isoformat() == "2023-08-10T05:00:00+03:00"
    assert [(end - start) / 3600 for start, end in scenario.open_windows()] == [18.0, 18.0, 18.0]


def test_assumptions_have_a_range_a_reason_and_a_source(settings: dict[str, Any]) -> None:
    for key, entry in settings["assumption"].items():
        assert entry["low"] <= entry["value"] <= entry["high"], key
        assert entry["reason"], key
        assert entry["source"], key
        assert entry["unit"], key


def test_targets_hold_the_assumed_value(settings: dict[str, Any]) -> None:
    for key, entry in settings["assumption"].items():
        for target in entry.get("targets", []):
            file, row_id, column = target.split(":")
            rows = [row for row in table(file) if row_id in ("*", next(iter(row.values())))]
            assert rows, key
            assert all(float(row[column]) == entry["value"] for row in rows), key


def test_the_crossing_at_kupiansk_keeps_to_the_reported_range(settings: dict[str, Any]) -> None:
    for way in ("westbound", "eastbound"):
        entry = settings["assumption"][f"crossing_kupiansk_{way}"]
        assert (entry["low"], entry["high"]) == (40, 200)


def test_what_really_happened_is_told(settings: dict[str, Any]) -> None:
    (reported,) = settings["reported"]
    assert reported["assisted"] + reported["by_themselves"] == reported["people_out"] == 1433
    assert round(100 * reported["people_out"] / reported["of_people"]) == 12


def test_threat_is_hostile_and_curfew_is_set(settings: dict[str, Any]) -> None:
    assert settings["policy"]["threat_kind"] == "hostile"
    assert settings["policy"]["curfew"] == ["23:00-05:00"]


# --- what people may see -----------------------------------------------------------------------------


def test_attribution_and_licence_go_with_the_tables(settings: dict[str, Any]) -> None:
    assert "OpenStreetMap" in settings["scenario"]["attribution"]
    assert "ODbL" in settings["scenario"]["attribution"]
    licence = (FOLDER / "LICENSE-ODbL.txt").read_text(encoding="utf-8")
    assert "Open Database License" in licence
    assert "OpenStreetMap contributors" in licence


def test_no_column_tells_of_the_line_of_contact_or_of_harm() -> None:
    forbidden = re.compile(
        r"control|contact|front|killed|casualt|school|shelter|occup|distance", re.IGNORECASE
    )
    for name in (*BUILT_TABLES, "fleet.csv", "service.csv", "threat.csv"):
        with (FOLDER / name).open(encoding="utf-8", newline="") as stream:
            header = next(csv.reader(stream))
        assert not [column for column in header if forbidden.search(column)]
    assert {row["kind"] for row in table("site.csv")} == {
        "assembly_point", "handover_hub", "hospital", "depot", "station", "checkpoint", "reception",
    }  # fmt: skip


def test_danger_is_the_same_everywhere() -> None:
    assert {float(row["hazard"]) for row in table("settlement.csv")} == {1.0}


def test_positions_are_rounded() -> None:
    for row in table("settlement.csv"):
        for axis in ("latitude", "longitude"):
            assert len(row[axis].partition(".")[2]) <= 3
    for row in table("node.csv"):
        for axis in ("x_coord", "y_coord"):
            assert len(row[axis].partition(".")[2]) <= 3


def test_names_are_in_two_languages_with_one_apostrophe() -> None:
    for name in ("settlement.csv", "site.csv"):
        for row in table(name):
            assert row["name_uk"]
            assert row["name_en"].isascii()
            assert not set(row["name_uk"]) & {"'", "\u02bc", "\u2018"}


# --- the script --------------------------------------------------------------------------------------


@pytest.mark.acceptance
def test_the_script_makes_the_same_tables_again(shared_data: Path, tmp_path: Path) -> None:
    (tmp_path / "scenario.toml").write_bytes((FOLDER / "scenario.toml").read_bytes())
    command = [sys.executable, "-m", "scripts.build_kupiansk", "--data", str(shared_data / "kupiansk")]
    subprocess.run([*command, "--folder", str(tmp_path)], check=True, cwd=REPOSITORY)
    for name in BUILT_TABLES:
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()


def test_every_assumption_is_documented(settings: dict[str, Any]) -> None:
    page = (REPOSITORY / "docs" / "scenario-kupiansk.md").read_text(encoding="utf-8")
    for key, entry in settings["assumption"].items():
        assert f"| `{key}` | {entry['value']} | {entry['low']} - {entry['high']} | {entry['unit']} |" in page
