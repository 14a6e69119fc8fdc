"""Sheets of paper: what each reader gets, and above all what it does not."""

from __future__ import annotations

import warnings
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import segno
import typst
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile

from safepassage.i18n import use_language
from safepassage.model.people import NeedCount
from safepassage.model.plan import Mode, Trip
from safepassage.model.policy import Audience, Policy, ThreatKind
from safepassage.publish.sheets.document import CODE_BYTES, Section, Sheet, sheet_pdf
from safepassage.publish.sheets.driver import driver_sheet
from safepassage.publish.sheets.police import police_sheet
from safepassage.publish.sheets.settlement import settlement_sheet, without_gaps
from tests.publish.examples import Case, valley


@pytest.fixture(scope="module")
def case() -> Case:
    return valley()


def roads_of(case: Case) -> dict[str, str]:
    return {link: f"Secret road {link}" for link in case.scenario.network.link_id}


def hostile_words(case: Case, settlement: str) -> str:
    place = next(place for place in case.scenario.settlements if place.id == settlement)
    return settlement_sheet(case.scenario, case.plan, place, roads_of(case)).as_text()


def test_a_settlement_sheet_says_when_and_where_and_never_the_road(case: Case) -> None:
    for place in case.scenario.in_scope:
        text = hostile_words(case, place.id)
        assert "Secret road" not in text
        assert "Ford" not in text
        waves = [wave for wave in case.plan.waves if wave.settlement == place.id]
        assert not waves or "between" in text
        for other in case.scenario.in_scope:
            if other.id != place.id:
                assert other.name_en not in text, "a lost sheet must not tell of other places"


def test_where_nature_threatens_the_road_is_told(case: Case) -> None:
    policy = Policy(ThreatKind.NATURAL)
    scenario = replace(case.scenario, policy=policy)
    place = next(
        place for place in scenario.settlements if any(w.settlement == place.id for w in case.plan.waves)
    )
    text = settlement_sheet(scenario, case.plan, place, roads_of(case)).as_text()
    assert "Secret road" in text
    assert "air alert" not in text.lower()


def test_no_sheet_of_a_settlement_tells_how_many_leave(case: Case) -> None:
    place = case.scenario.in_scope[0]
    text = settlement_sheet(case.scenario, case.plan, place, {}).as_text()
    for count in (place.people.total, sum(w.vehicles for w in case.plan.waves if w.settlement == place.id)):
        assert f" {count} " not in text


def test_rights_and_helpers_are_on_every_settlement_sheet_in_both_languages(case: Case) -> None:
    place = case.scenario.in_scope[0]
    english = settlement_sheet(case.scenario, case.plan, place, {}).as_text()
    with use_language("uk"):
        ukrainian = settlement_sheet(case.scenario, case.plan, place, {}).as_text()
    for word in (
        "free of charge",
        "refuse",
        "change your mind",
        "Medicine",
        "Documents",
        "guardian",
        "cannot walk",
    ):
        assert word in english
    assert "Evacuation" not in ukrainian
    letters = [letter for letter in ukrainian if letter.isalpha()]
    assert sum("а" <= letter.lower() <= "я" or letter in "ґєіїҐЄІЇ" for letter in letters) > 0.8 * len(
        letters
    )


def test_the_hotline_is_printed_or_left_to_be_written_in(case: Case) -> None:
    place = case.scenario.in_scope[0]
    assert "____" in settlement_sheet(case.scenario, case.plan, place, {}).as_text()
    scenario = replace(case.scenario, order=replace(case.scenario.order, hotline="0 800 000 000"))
    text = settlement_sheet(scenario, case.plan, place, {}).as_text()
    assert "0 800 000 000" in text
    assert "____" not in text


def test_a_driver_sheet_holds_the_own_tour_only_and_counts_add_up(case: Case) -> None:
    tours: dict[str, list[Trip]] = {}
    for trip in case.plan.trips:
        if trip.mode == Mode.FLEET:
            tours.setdefault(trip.vehicle, []).append(trip)
    assert tours
    for vehicle, trips in tours.items():
        sheet = driver_sheet(case.scenario, case.plan, vehicle, trips, roads_of(case))
        assert sheet.audience == Audience.TEAM
        text = sheet.as_text()
        assert all(other not in text for other in tours if other != vehicle and not other.startswith(vehicle))
        taken = sum((load.needs for t in trips for leg in t.legs for load in leg.board), NeedCount())
        said = sum(
            int(words.split(" who can sit")[0].rsplit("take ", 1)[1])
            for _t, words in rows_of(sheet)
            if "take " in words
        )
        assert said == taken.seat


def rows_of(sheet: Sheet) -> list[tuple[str, str]]:
    return [row for section in sheet.sections for row in section.rows]


def test_the_police_sheet_names_every_control_point_with_its_time(case: Case) -> None:
    sheet = police_sheet(case.scenario, case.plan, roads_of(case))
    assert len([row for row in rows_of(sheet) if row[0] == "Man it"]) == len(case.plan.control_points)
    assert "Nobody is turned back" in sheet.as_text()


def test_a_phone_reads_the_code_from_the_printed_page(case: Case) -> None:
    with use_language("uk"):
        sheet = settlement_sheet(case.scenario, case.plan, case.scenario.in_scope[0], {})
    code = segno.make(sheet.code_text(), error="l", micro=False, encoding="utf-8")
    source = """
    #set page(width: 6cm, height: 6cm, margin: 4mm)
    #image(bytes(sys.inputs.code), format: "svg", width: 5.2cm)
    """
    # 200 dots an inch is what an office copier leaves of a page.
    drawn = {"code": code.svg_inline(scale=4, border=2)}
    png = typst.compile(source.encode(), format="png", ppi=200, sys_inputs=drawn)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with MemoryFile(png) as memory, memory.open() as image:
            gray = np.ascontiguousarray(image.read(1))
    read = zxingcpp.read_barcodes(gray)
    assert [found.text for found in read] == [sheet.code_text()]
    assert len(sheet.code_text().encode()) <= CODE_BYTES


def test_the_same_sheet_gives_the_same_pdf_and_names_are_inert() -> None:
    bad = valley(names=("#panic(1) <img onerror>", '#eval("1") *bold* $x$ \\ @ref'))
    place = bad.scenario.in_scope[0]
    sheet = settlement_sheet(bad.scenario, bad.plan, place, {})
    first, second = sheet_pdf(sheet), sheet_pdf(sheet)
    assert first == second
    assert first.startswith(b"%PDF")


@given(st.text(min_size=1, max_size=80))
def test_file_names_hold_nothing_that_means_something_to_a_file_system(name: str) -> None:
    sheet = Sheet(name, Audience.TEAM, "t", "", (Section("s"),), "f", False, False, False, "en")
    file = sheet.file_name
    assert file
    assert "/" not in file
    assert "\0" not in file
    assert not file.startswith(".")


@given(st.lists(st.tuples(st.integers(0, 90_000), st.integers(1, 9_000)), min_size=1, max_size=12))
def test_joined_times_cover_all_and_never_touch(pairs: list[tuple[int, int]]) -> None:
    spans = [(start, start + length) for start, length in pairs]
    whole = without_gaps(spans)
    assert all(any(a <= start and end <= b for a, b in whole) for start, end in spans)
    assert all(second[0] > first[1] for first, second in pairwise(whole))
