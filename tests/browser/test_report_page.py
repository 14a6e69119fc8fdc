"""The report in a browser: its numbers are the plan's, names stay names, and nothing leaves the page."""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from safepassage.formats.marking import EXERCISE_BANNER
from safepassage.formats.plan_json import dump_plan
from safepassage.publish.car_tracks import CarMoves, CarTracks
from safepassage.publish.report import MoreParts, render_report
from safepassage.simulator.playback import play_plan
from tests.publish.examples import Case, valley

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>"
SET_TIME = """timeS => {
  const slider = document.getElementById("time");
  slider.value = timeS;
  slider.dispatchEvent(new Event("input"));
}"""
NO_WEBGL = """
const getContext = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...options) {
  return kind.startsWith("webgl") ? null : getContext.call(this, kind, ...options);
};"""
COUNT_CAR_DOTS = """() =>
  (document.querySelector(".map-drawing .cars").getAttribute("d").match(/M/g) || []).length"""
Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def case() -> Case:
    return valley(names=(HOSTILE, HOSTILE))


@pytest.fixture(scope="module")
def page_file(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    html = render_report(case.scenario, case.plan, case.outcome, case.naive, language="en")
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(html, "utf-8")
    return path


@pytest.fixture(params=["drawing", "webgl"])
def opened(request: pytest.FixtureRequest, browser: Browser, page_file: Path) -> Iterator[Opened]:
    """Opens the page with or without WebGL; nothing may be said on the console nor asked of a network."""
    contexts = []
    complaints: list[str] = []

    def open_page(**options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        if request.param == "drawing":
            page.add_init_script(NO_WEBGL)
        page.on("console", lambda message: complaints.extend(heard(message.type, message.text)))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.on("request", lambda asked: complaints.extend(outside(asked.url)))
        page.goto(page_file.as_uri())
        page.wait_for_selector("html[data-started]")
        if request.param == "webgl":
            page.wait_for_selector("#map[data-ready]")
        else:
            assert page.locator("#map-drawing").is_visible()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def heard(kind: str, text: str) -> list[str]:
    # Chromium's own remarks on drawing without a graphics card.
    return [] if text.startswith("[.WebGL-") else [f"{kind}: {text}"]


def outside(url: str) -> list[str]:
    return [] if url.startswith(("file:", "blob:", "data:")) else [f"request: {url}"]


def shown_number(page: Page, selector: str) -> int:
    return int(re.sub(r"\D", "", page.locator(selector).inner_text()))


def test_the_slider_shows_the_numbers_of_the_outcome(opened: Opened, case: Case) -> None:
    page = opened()
    curve = case.outcome.curve("all")
    assert curve is not None
    end_s = curve.times_s[-1]
    for time_s in (0, end_s // 240 * 60, end_s // 120 * 60, end_s // 60 * 60 + 60):
        page.evaluate(SET_TIME, time_s)
        passed = bisect.bisect_right(curve.times_s, time_s)
        out = curve.people[passed - 1] if passed else 0
        assert shown_number(page, "#count-out") == out
        assert shown_number(page, '[data-curve="all"]') == out
        home, way = shown_number(page, "#count-home"), shown_number(page, "#count-way")
        assert home + way + out == case.outcome.people
        spoken = page.locator("#time").get_attribute("aria-valuetext") or ""
        assert f"{out} of {case.outcome.people}" in spoken.replace("\u202f", "")
    assert shown_number(page, "#count-home") == case.outcome.at_home


def test_the_keyboard_moves_the_time(opened: Opened) -> None:
    page = opened()
    page.locator("#time").focus()
    before = page.locator("#now").inner_text()
    for _press in range(30):
        page.keyboard.press("ArrowRight")
    assert (before, page.locator("#now").inner_text()) == ("05:00", "05:30")


def test_play_and_pause(opened: Opened) -> None:
    page = opened()
    play = page.locator("#play")
    play.click()
    expect(page.locator("#now")).not_to_have_text("05:00")
    play.click()
    assert play.get_attribute("aria-pressed") == "false"
    stopped = page.locator("#now").inner_text()
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.locator("#now").inner_text() == stopped


def test_the_page_holds_the_numbers_of_plan_json(opened: Opened, case: Case, tmp_path: Path) -> None:
    document = tmp_path / "plan.json"
    document.write_bytes(dump_plan(case.plan))
    plan = json.loads(document.read_text("utf-8"))
    certificate = plan["certificate"]
    page = opened()
    root = page.locator("html")
    assert root.get_attribute("data-plan") == plan["id"]
    assert root.get_attribute("data-people-total") == str(certificate["people_total"])
    assert shown_number(page, '[data-fact="unserved"] .tile-value') == certificate["people_unserved"]
    for item in certificate["clearance"]:
        row = page.locator(f'[data-bounded="{item["name"]}"]')
        assert row.get_attribute("data-bound-s") == str(round(item["bound_s"]))
        assert row.get_attribute("data-value-s") == str(round(item["value_s"]))
    for settlement in {wave["settlement"] for wave in plan["waves"]}:
        row = page.locator(f'#settlement-table tr[data-settlement="{settlement}"]')
        cars = sum(wave["vehicles"] for wave in plan["waves"] if wave["settlement"] == settlement)
        assert row.get_attribute("data-cars") == str(cars)
    last = page.locator("#time")
    page.evaluate(SET_TIME, int(last.get_attribute("max") or 0))
    assert shown_number(page, "#count-out") == certificate["people_served"]
    assert shown_number(page, "#count-home") == certificate["people_unserved"]


def test_the_whole_way_or_the_district(opened: Opened) -> None:
    page = opened()
    tools = page.locator("#map-tools")
    if page.locator("#map").is_hidden():
        assert tools.is_hidden()
        return
    whole = page.locator('[data-view="whole"]')
    symbol = page.locator(".map-symbol.site-handover_hub")
    before = symbol.get_attribute("style") or ""
    whole.click()
    expect(whole).to_have_attribute("aria-pressed", "true")
    expect(symbol).not_to_have_attribute("style", before)


def test_names_from_tables_are_shown_as_text(opened: Opened) -> None:
    page = opened()
    assert page.locator('tr[data-settlement="upper"] th').inner_text().startswith(HOSTILE)
    assert page.locator("img").count() == 0
    page.evaluate(SET_TIME, 3600)


def test_the_table_sorts_and_filters(opened: Opened) -> None:
    page = opened()
    people = page.locator('th[data-key="people"]')
    order = (
        "() => [...document.querySelectorAll('#settlement-table tbody tr')].map(r => r.dataset.settlement)"
    )
    people.locator("button").click()
    assert people.get_attribute("aria-sort") == "ascending"
    assert page.evaluate(order) == ["far", "mill", "lower", "upper"]
    people.locator("button").click()
    assert page.evaluate(order) == ["upper", "lower", "mill", "far"]
    page.locator("#filter-unserved").check()
    assert page.locator("#settlement-table tbody tr:visible").count() == 1
    page.locator("#filter-unserved").uncheck()
    page.locator("#filter-text").fill("Mlyn")
    assert page.locator("#settlement-table tbody tr:visible").count() == 1
    assert page.locator("#filter-count").inner_text() == "1 of 4 settlements"


def test_ukrainian_takes_over_the_whole_page(opened: Opened) -> None:
    page = opened()
    page.locator('[data-language="uk"]').click()
    assert page.locator("html").get_attribute("lang") == "uk"
    assert page.locator("h2:visible").all_inner_texts()[1:3] == [
        "Що робити спершу",
        "До кого важко дістатися",
    ]
    assert page.title() == "Долина · Safepassage"
    assert page.locator("#play").get_attribute("aria-label") == "Програти або спинити"
    assert "людей" in (page.locator("#time").get_attribute("aria-valuetext") or "")
    page.locator('[data-language="en"]').click()
    assert page.locator("h2:visible").all_inner_texts()[1] == "What to do first"


@pytest.mark.parametrize("width", [320, 390, 820])
def test_narrow_screens_never_scroll_sideways(opened: Opened, width: int) -> None:
    page = opened(viewport={"width": width, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    banner = page.locator(".exercise")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight / 2)")
    assert banner.inner_text() == EXERCISE_BANNER
    box = banner.bounding_box()
    assert box is not None
    assert box["y"] == 0


def test_print_shows_the_drawings_and_not_the_controls(opened: Opened) -> None:
    page = opened()
    page.emulate_media(media="print")
    assert page.locator("#map-drawing").is_visible()
    assert page.locator("#curves-drawing").is_visible()
    for hidden in ("#map", "#chart", "#player", ".languages", ".filters"):
        assert not page.locator(hidden).is_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_reduced_motion_plays_in_still_pictures(opened: Opened) -> None:
    page = opened(reduced_motion="reduce")
    steps = page.evaluate(
        """() => new Promise(done => {
          const times = new Set();
          const output = document.getElementById("now");
          const watch = new MutationObserver(() => times.add(performance.now()));
          watch.observe(output, { childList: true, characterData: true, subtree: true });
          document.getElementById("play").click();
          let frames = 0;
          const count = () => (++frames < 30 ? requestAnimationFrame(count) : done(times.size));
          requestAnimationFrame(count);
        })"""
    )
    assert steps <= 2


def test_dark_and_light_differ(opened: Opened) -> None:
    shades = set()
    for scheme in ("light", "dark"):
        page = opened(color_scheme=scheme)
        shades.add(page.evaluate("getComputedStyle(document.body.parentElement).backgroundColor"))
    assert len(shades) == 2


def test_the_data_in_the_page_is_json(page_file: Path) -> None:
    text = page_file.read_text("utf-8").split('id="report-data">')[1].split("</script>")[0]
    assert json.loads(text)["settlements"][0]["name"]["uk"] == HOSTILE


@pytest.mark.parametrize("most_cars", [1_000, 9])
def test_cars_move_as_dots_and_thinning_is_told(browser: Browser, tmp_path: Path, most_cars: int) -> None:
    case = valley()
    moves = CarMoves(case.plan, most_cars=most_cars)
    play_plan(case.scenario, case.plan, on_moves=moves)
    cars = moves.tracks()
    html = render_report(
        case.scenario, case.plan, case.outcome, case.naive, language="en", more=MoreParts(cars=cars)
    )
    (tmp_path / "cars.html").write_text(html, "utf-8")
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(NO_WEBGL)
    page.goto((tmp_path / "cars.html").as_uri())
    page.wait_for_selector("html[data-started]")
    counts = []
    ends = [(steps[0], sum(steps)) for _way, *steps in cars.cars]
    for time_s in (0, 600, 1800, 3600, 1200, 86_400):
        page.evaluate(SET_TIME, time_s)
        shown_s = float(page.locator("#time").input_value())
        counts.append((page.evaluate(COUNT_CAR_DOTS), sum(start <= shown_s < end for start, end in ends)))
    told = page.locator("#cars-drawn").inner_text().strip()
    context.close()
    assert [drawn for drawn, _there in counts] == [there for _drawn, there in counts]
    assert max(drawn for drawn, _there in counts) > 0
    assert told == ("car" if cars.shown == cars.of else f"car ({cars.shown} of {cars.of} cars are drawn)")


def test_the_drawing_leaves_cars_out_and_says_so(browser: Browser, tmp_path: Path) -> None:
    case = valley()
    crowd = CarTracks([[0]], [[0, 0, 86_400]] * 3000, 3000, 3000)
    html = render_report(
        case.scenario, case.plan, case.outcome, case.naive, language="en", more=MoreParts(cars=crowd)
    )
    (tmp_path / "crowd.html").write_text(html, "utf-8")
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(NO_WEBGL)
    page.goto((tmp_path / "crowd.html").as_uri())
    page.wait_for_selector("html[data-started]")
    page.evaluate(SET_TIME, 600)
    drawn = page.evaluate(COUNT_CAR_DOTS)
    told = page.locator("#cars-drawn").inner_text()
    context.close()
    assert 0 < drawn < len(crowd.cars)
    assert [int(re.sub(r"\D", "", part)) for part in told.split(" of ")] == [drawn, len(crowd.cars)]
