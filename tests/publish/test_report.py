"""The report's page: what it holds, for whom, and that nothing in it can be executed or fetched."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from safepassage.errors import OutputError
from safepassage.formats.marking import EXERCISE_BANNER
from safepassage.i18n import LANGUAGES
from safepassage.model.plan import NaiveComparison, Pin, PinAction, PinKind
from safepassage.model.policy import Audience, ThreatKind
from safepassage.publish.page_strings import page_strings
from safepassage.publish.report import render_report
from safepassage.publish.report_pdf import report_pdf
from tests.publish.examples import Case, large_district, valley

HOSTILE = "<img src=x onerror=alert(1)>\"'&</script>\u2028"
FROM_TABLES = {
    "English", "Українська", EXERCISE_BANNER, "SHA-256 abababababab", "ab" * 32, "cd" * 32,
    "valley-abababab-7", "safepassage 0.1.0", "© OpenStreetMap contributors, ODbL", "Громада",
    "Ford",
    "No ambulance in the fleet table.", "clearance of all people", "iterations: 400",
    "everyone at once by the nearest way, buses straight to Kharkiv:",
    "everyone at once by the nearest way, buses straight to Kharkiv", "Kharkiv regional administration",
    "crossing capacity",
    "carless share", "share", "veh/h", "Press", "Estimate", "One lane over the embankment.",
    "Those who stayed are poorer.", "The valley · Safepassage",
}  # fmt: skip
MOST_BYTES = 5_000_000


class Page(HTMLParser):
    """Elements of a page with their attributes, and the texts of its scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": []}
        self.unspoken: list[str] = []
        self.spoken: dict[str, list[str]] = {code: [] for code in LANGUAGES}
        self._open: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        if tag in self.texts and attributes.get("type") != "application/json":
            self.texts[tag].append("")
            self._open.append((tag, ""))
        elif tag in {"span", "text", "script"}:
            self._open.append((tag, attributes.get("lang") or ("data" if tag == "script" else "")))

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1][0] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        tag, code = self._open[-1] if self._open else ("", "")
        if code == "data":
            return
        if not code and tag not in self.texts:
            self.unspoken.append(data.strip())
        elif tag in self.texts:
            self.texts[tag][-1] += data
        elif code in self.spoken:
            self.spoken[code].append(data)


def render(case: Case, language: str = "en") -> str:
    return render_report(case.scenario, case.plan, case.outcome, case.naive, language=language)


def page_data(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="report-data">(.*?)</script>', html, re.DOTALL)
    assert found
    return dict(json.loads(found.group(1)))


@pytest.fixture(scope="module")
def case() -> Case:
    return valley()


@pytest.fixture(scope="module")
def html(case: Case) -> str:
    return render(case)


def test_policy_allows_only_the_inline_texts_by_their_hashes(html: str) -> None:
    page = Page(html)
    (policy,) = (
        attributes["content"] or ""
        for tag, attributes in page.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    directives = {part.split()[0]: part.split()[1:] for part in policy.split("; ")}
    assert directives["default-src"] == directives["connect-src"] == ["'none'"]
    for kind in ("script", "style"):
        hashes = [
            "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
            for text in page.texts[kind]
        ]
        assert directives[f"{kind}-src"] == hashes
    assert "unsafe" not in policy
    assert "http" not in policy


def test_nothing_is_loaded_from_anywhere(html: str) -> None:
    for tag, attributes in Page(html).elements:
        assert tag not in {"link", "iframe", "img", "object", "embed", "base", "form"}
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")
        assert not [name for name in attributes if name.startswith("on")]
        assert "style" not in attributes


@pytest.mark.parametrize("audience", [who for who in Audience if who != Audience.COMMISSION])
def test_every_other_audience_is_refused(case: Case, audience: Audience) -> None:
    with pytest.raises(OutputError, match=audience.value):
        render_report(case.scenario, case.plan, case.outcome, case.naive, language="en", audience=audience)
    with pytest.raises(OutputError, match=audience.value):
        render_report(case.scenario, replace(case.plan, audience=audience), case.outcome, None, language="en")


def test_where_nature_threatens_the_public_may_read_it_without_names(case: Case) -> None:
    policy = replace(case.scenario.policy, threat_kind=ThreatKind.NATURAL)
    scenario = replace(case.scenario, policy=policy)
    pin = Pin("p1", PinAction.FORBID, PinKind.ROAD, "bank>ford", reason="mined", author="Head")
    plan = replace(case.plan, pins=(pin,))
    page = render_report(scenario, plan, case.outcome, None, language="en", audience=Audience.PUBLIC)
    assert 'data-audience="public"' in page
    assert "For everyone" in page
    assert "For the commission only" not in page
    assert "mined, Head" not in page
    assert "mined, Head" in render_report(scenario, plan, case.outcome, None, language="en")
    for audience in (Audience.TEAM, Audience.SETTLEMENT):
        with pytest.raises(OutputError, match=audience.value):
            render_report(scenario, plan, case.outcome, None, language="en", audience=audience)


def test_a_plan_without_certificate_is_refused(case: Case) -> None:
    with pytest.raises(OutputError, match="no certificate"):
        render_report(case.scenario, replace(case.plan, certificate=None), case.outcome, None, language="en")


def test_names_from_tables_stay_text() -> None:
    hostile = valley(names=(HOSTILE, HOSTILE))
    scenario = replace(hostile.scenario, attribution=HOSTILE, name_en=HOSTILE, name_uk=HOSTILE)
    page_text = render_report(scenario, hostile.plan, hostile.outcome, hostile.naive, language="en")
    assert "<img" not in page_text
    assert not [tag for tag, _attributes in Page(page_text).elements if tag == "img"]
    assert page_data(page_text)["settlements"][0]["name"]["en"] == HOSTILE
    data_element = page_text.split('id="report-data">')[1].split("</script>")[0]
    assert not set(data_element) & set("<>&\u2028\u2029")


def test_exercise_banner_stands_exactly_while_a_road_is_schematic(case: Case, html: str) -> None:
    assert f">{EXERCISE_BANNER}</aside>" in html
    real = render_report(
        case.scenario, replace(case.plan, exercise=False), case.outcome, case.naive, language="en"
    )
    assert EXERCISE_BANNER not in real


def test_page_carries_the_numbers_of_plan_and_outcome(case: Case, html: str) -> None:
    (root,) = (attributes for tag, attributes in Page(html).elements if tag == "html")
    certificate = case.plan.certificate
    assert certificate is not None
    assert root["data-people-total"] == str(certificate.people_total)
    assert root["data-people-served"] == str(certificate.people_served)
    assert root["data-people-unserved"] == str(certificate.people_unserved)
    data = page_data(html)
    assert data["people"] == case.outcome.people
    assert data["curves"]["all"]["n"][-1] == case.outcome.safe
    left = {
        place["id"]: place["people"] - sum(people for _from, _until, people in place["leaving"])
        for place in data["settlements"]
    }
    assert left == {item.settlement: item.at_home for item in case.outcome.settlements}


def test_everything_is_said_in_both_languages(html: str) -> None:
    spoken = Page(html).spoken
    assert len(spoken["en"]) == len(spoken["uk"])
    english = [
        text for text in spoken["uk"] if re.search("[A-Za-z]", text) and not re.search("[а-яіїєґ]", text)
    ]
    assert english == []
    # What is the same in both languages comes from tables, or is a figure or a name.
    words = {text for text in Page(html).unspoken if re.search("[a-zа-яіїєґ]{3}", text)}
    assert words <= FROM_TABLES
    labels = re.findall(r'data-label-en="([^"]*)" data-label-uk="([^"]*)"', html)
    assert labels
    assert [en for en, uk in labels if en == uk] == []


def test_strings_of_the_scripts_are_translated() -> None:
    strings = page_strings()
    assert set(strings) == set(LANGUAGES)
    assert strings["en"].keys() == strings["uk"].keys()
    assert [
        key for key, text in strings["uk"].items() if not re.search("[а-яіїєґ]", text.replace("{day}", ""))
    ] == []


def test_the_same_inputs_make_the_same_page(html: str) -> None:
    assert render(valley()) == html


def test_the_page_opens_in_the_language_asked_for(case: Case) -> None:
    page = Page(render(case, "uk"))
    assert page.elements[0][1]["lang"] == "uk"


def test_a_whole_district_fits_into_five_megabytes() -> None:
    assert len(render(large_district()).encode()) < MOST_BYTES


def test_nobody_out_is_a_page_too(case: Case) -> None:
    """Undefined times once broke the clock."""
    people = case.outcome.people
    nobody = replace(
        case.outcome,
        safe=0,
        at_home=people,
        clearance_s=math.nan,
        cars_clearance_s=math.nan,
        fleet_clearance_s=math.nan,
        received_s=math.nan,
        mean_arrival_s=math.nan,
        curves=tuple(replace(curve, times_s=(), people=()) for curve in case.outcome.curves),
        settlements=tuple(
            replace(item, safe=0, at_home=item.people, last_arrival_s=math.nan, first_departure_s=math.nan)
            for item in case.outcome.settlements
        ),
        trips=tuple(
            replace(item, arrive_s=(math.nan,) * 3, depart_s=(math.nan,) * 3) for item in case.outcome.trips
        ),
    )
    certificate = case.plan.certificate
    assert certificate is not None
    infinite = NaiveComparison("", math.inf, math.nan, math.inf, math.nan, 0, nearest_way_is_best=True)
    plan = replace(case.plan, certificate=replace(certificate, naive=infinite, mean_arrival_s=math.nan))
    page_text = render_report(case.scenario, plan, nobody, None, language="uk")
    assert page_data(page_text)["trips"] == []


def test_decisions_of_people_and_stuck_vehicles_are_told(case: Case) -> None:
    pin = Pin("p1", PinAction.FORBID, PinKind.ROAD, "bank>ford", reason="mined", author="Head")
    stranded = replace(
        case.outcome, safe=case.outcome.safe - 2, on_the_way=2, stuck_vehicles=1, stuck_links=("mill>lower",)
    )
    page_text = render_report(
        case.scenario, replace(case.plan, pins=(pin,)), stranded, case.naive, language="en"
    )
    assert "road bank&gt;ford: ruled out (mined, Head)" in page_text
    assert "1 vehicle could move no more when the plan was played, at mill&gt;lower" in page_text


@pytest.mark.parametrize("language", ["en", "uk"])
def test_the_report_on_paper_is_the_same_bytes_twice_and_names_cannot_break_it(language: str) -> None:
    case = valley(names=("#panic(1) </text><script>", '#read("x") <img onerror> $'))
    arguments = (case.scenario, case.plan, case.outcome, case.naive)
    first = report_pdf(*arguments, language=language)
    assert first.startswith(b"%PDF")
    assert first == report_pdf(*arguments, language=language)
    assert report_pdf(*arguments[:3], None, language=language) != first
