"""CSV tables and GeoJSON of a plan: marked, guarded, complete."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from safepassage.formats.csv_text import csv_line, guarded
from safepassage.formats.geojson import plan_geojson, route_course
from safepassage.formats.marking import EXERCISE_BANNER
from safepassage.formats.tables import ExportTable, plan_tables
from safepassage.model.outcome import Outcome
from safepassage.model.plan import Plan
from safepassage.model.scenario import Scenario


def _rows(table: ExportTable) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.as_csv()), strict=True))


def test_every_row_of_every_table_is_marked(
    valley: Scenario, valley_plan: Plan, valley_outcome: Outcome
) -> None:
    tables = plan_tables(valley, valley_plan, valley_outcome)
    assert set(tables) == {
        "routes.csv", "waves.csv", "trips.csv", "assignments.csv", "unserved.csv", "control_points.csv",
        "settlements_outcome.csv",
    }  # fmt: skip
    for table in tables.values():
        assert table.columns[:4] == ("exercise", "audience", "plan_id", "revision")
        for row in table.rows:
            assert row[:4] == (EXERCISE_BANNER, "commission", "valley-1", "1")


def test_a_trip_has_a_row_a_stop_with_local_times(valley: Scenario, valley_plan: Plan) -> None:
    stops = _rows(plan_tables(valley, valley_plan, None)["trips.csv"])
    assert [(row["site"], row["board"], row["alight"], row["on_board"]) for row in stops] == [
        ("depot", "0", "0", "0"), ("ap_verba", "6", "0", "6"), ("hub", "0", "6", "0"),
    ]  # fmt: skip
    assert stops[1]["arrive"] == "2023-08-10T06:50:00+03:00"
    assert stops[2]["links"] == "bridge west_road"


def test_times_that_never_come_are_empty(
    valley: Scenario, valley_plan: Plan, valley_outcome: Outcome
) -> None:
    rows = _rows(plan_tables(valley, valley_plan, valley_outcome)["settlements_outcome.csv"])
    assert (rows[0]["last_arrival"], rows[1]["last_arrival"]) == ("2023-08-10T07:28:20+03:00", "")


def test_people_of_the_tables_are_those_of_the_certificate(valley: Scenario, valley_plan: Plan) -> None:
    tables = plan_tables(valley, valley_plan, None)
    served = sum(int(row["people"]) for row in _rows(tables["assignments.csv"]))
    unserved = sum(int(row["people"]) for row in _rows(tables["unserved.csv"]))
    certificate = valley_plan.certificate
    assert certificate is not None
    assert (served, unserved) == (certificate.people_served, certificate.people_unserved)


def test_formulas_are_guarded(valley: Scenario, valley_plan: Plan) -> None:
    trip = replace(valley_plan.trips[0], agency="@SUM(A1)")
    tables = plan_tables(valley, replace(valley_plan, trips=(trip,)), None)
    assert _rows(tables["unserved.csv"])[0]["detail"] == '\'=HYPERLINK("x")'
    assert {row["agency"] for row in _rows(tables["trips.csv"])} == {"'@SUM(A1)"}


@pytest.mark.parametrize("text", ["=1+1", "+380", "-1", "@x", "\tx", "\rx", "\n=1", "  =1"])
def test_a_leading_formula_mark_is_guarded(text: str) -> None:
    assert guarded(text) == "'" + text


@pytest.mark.parametrize("text", ["", "Верба", "a=b", "<img src=x onerror=alert(1)>", "Куп'янськ"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert guarded(text) == text


def test_odd_cells_survive_csv() -> None:
    cells = ["", 'say "no"', "a,b", "line\nbreak", "carriage\rreturn", " blank ", "'"]
    assert next(csv.reader(io.StringIO(csv_line(cells), newline=""), strict=True)) == cells


def test_geojson_is_marked_and_complete(valley: Scenario, valley_plan: Plan, valley_outcome: Outcome) -> None:
    collection = json.loads(plan_geojson(valley, valley_plan, valley_outcome))
    assert collection["audience"] == "commission"
    assert collection["exercise"] == EXERCISE_BANNER
    assert collection["attribution"] == valley.attribution
    layers = [feature["properties"]["layer"] for feature in collection["features"]]
    assert [layers.count(layer) for layer in ("route", "settlement", "site")] == [1, 4, len(valley.sites)]
    route = collection["features"][0]
    assert route["geometry"]["coordinates"] == [[30.1, 50.03], [30.08, 50.0], [30.06, 50.0]]
    assert (route["properties"]["vehicles"], route["properties"]["people"]) == (2, 5)
    settlements = {
        feature["properties"]["id"]: feature["properties"]
        for feature in collection["features"]
        if feature["properties"]["layer"] == "settlement"
    }
    assert (settlements["A-VERBA"]["safe"], settlements["B-LYPA"]["unserved"]) == (11, 3)


def test_a_course_follows_stored_geometry(valley: Scenario) -> None:
    bridge = valley.network.link_id.index("bridge")
    bend = ((30.06, 50.0), (30.058, 50.001), (30.055, 50.0))
    geometry = tuple(bend if k == bridge else () for k in range(valley.network.n_links))
    bent = replace(valley, network=replace(valley.network, geometry=geometry))
    assert route_course(bent, ("bridge", "west_road")) == (*bend, (30.04, 50.0))
