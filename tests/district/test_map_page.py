"""The picture of a prepared district, and the commands that lead to it."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from safepassage.cli.exit_codes import ExitCode
from safepassage.cli.main import app
from safepassage.workflows.map import map_folder

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def run(*words: str) -> dict[str, object]:
    result = CliRunner().invoke(app, [*words, "--json"])
    assert result.exit_code == ExitCode.DONE, result.output
    document: dict[str, object] = json.loads(result.stdout)
    return document


@pytest.fixture
def folder(town_file: Path, tmp_path: Path) -> Path:
    people = tmp_path / "people.csv"
    people.write_text("name,population\nЗахід,2400\nСхідне,300\nNowhere,12\n", "utf-8")
    facts = run(
        "prepare", "--osm", str(town_file), "--settlements", str(people), "-o", str(tmp_path / "town")
    )
    assert (facts["people_in"], facts["people_placed"], facts["people_not_placed"]) == (2712, 2700, 12)
    return tmp_path / "town"


def test_the_page_holds_everything_and_loads_nothing(folder: Path) -> None:
    page = map_folder(folder).page.read_text("utf-8")
    assert page.count('http-equiv="Content-Security-Policy"') == 1
    assert "connect-src 'none'" in html.unescape(page)
    assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=", page)
    data = json.loads(page.split('id="data">')[1].split("</script>")[0])
    assert sum(place["people"] for place in data["settlements"]) == 2700
    assert [item["name"] for item in data["crossings"]] == ["bridge: Oskil, Main road"]
    assert len(data["dropped"]) == 1
    assert "Nowhere" in page
    assert "EXERCISE" not in page


def test_names_are_inert(folder: Path) -> None:
    table = folder / "settlement.csv"
    table.write_text(table.read_text("utf-8").replace("West Town", "<img src=x onerror=alert(1)>"), "utf-8")
    page = map_folder(folder).page.read_text("utf-8")
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_a_folder_without_an_import_report_is_shown_too(folder: Path, tmp_path: Path) -> None:
    for file in (folder / "import").iterdir():
        file.unlink()
    facts = run("map", str(folder), "-o", str(tmp_path / "page.html"))
    assert facts["map"] == str(tmp_path / "page.html")
    assert (tmp_path / "page.html").stat().st_size > 1_000_000


def test_broken_import_reports_are_named(folder: Path) -> None:
    (folder / "import" / "report.json").write_text("{", "utf-8")
    result = CliRunner().invoke(app, ["map", str(folder)])
    assert result.exit_code == ExitCode.BAD_INPUT
    assert "report.json" in result.output


def test_convert_and_prepare_tell_bad_input(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["convert", str(tmp_path / "no.xml"), str(tmp_path / "out")])
    assert result.exit_code == ExitCode.BAD_INPUT
    result = CliRunner().invoke(app, ["prepare", "-o", str(tmp_path / "out")])
    assert result.exit_code == ExitCode.BAD_INPUT
    assert "--network" in result.output


def test_a_scenario_folder_converts_with_its_names(folder: Path, tmp_path: Path) -> None:
    run("convert", str(folder), str(tmp_path / "roads.geojson"))
    features = json.loads((tmp_path / "roads.geojson").read_text("utf-8"))["features"]
    assert "Main road" in {item["properties"].get("name") for item in features}


@pytest.mark.browser
def test_the_map_opens_and_answers(folder: Path, browser: Browser) -> None:
    page = browser.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.goto(map_folder(folder).page.as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    assert troubles == []
    assert page.locator("#drawing circle.settlement").count() == 3
    ready = page.locator("html").get_attribute("data-ready")
    assert page.locator("#map").is_visible() == (ready == "map")
    assert page.get_by_text("West Town").first.is_visible()
    page.close()


OVERLAPS = """() => {
  const boxes = [...document.querySelectorAll(".names span, .names text")]
    .filter((name) => getComputedStyle(name).visibility === "visible" && name.textContent)
    .map((name) => name.getBoundingClientRect());
  let covered = 0;
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 2 && high > 4) covered += 1;
  }));
  return [boxes.length, covered];
}"""


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_names_lie_apart_and_the_page_is_no_wider_than_the_window(
    town_file: Path, tmp_path: Path, browser: Browser, width: int
) -> None:
    run("prepare", "--osm", str(town_file), "--group-size", "300", "-o", str(tmp_path / "town"))
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(map_folder(tmp_path / "town").page.as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    names, covered = page.evaluate(OVERLAPS)
    assert names >= 3
    assert covered == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.browser
def test_without_webgl_the_drawing_answers_too(folder: Path, browser: Browser) -> None:
    page = browser.new_page()
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page.goto(map_folder(folder).page.as_uri())
    page.wait_for_selector("html[data-ready=drawing]", state="attached")
    assert page.locator("#drawing").is_visible()
    shown = page.locator('[data-drawn="safe"]')
    assert shown.locator("path").count() == 2
    page.locator('[data-layer="safe"]').uncheck()
    assert not shown.is_visible()
    page.locator('[data-layer="assembly"]').uncheck()
    page.locator("#drawing circle.settlement").first.click(force=True)
    assert page.locator("#picked").inner_text().endswith(" people")
    page.close()


def test_a_divided_town_bears_its_name_once(town_file: Path, tmp_path: Path) -> None:
    run("prepare", "--osm", str(town_file), "--group-size", "300", "-o", str(tmp_path / "town"))
    page = map_folder(tmp_path / "town").page.read_text("utf-8")
    data = json.loads(page.split('id="data">')[1].split("</script>")[0])
    assert sorted(place["short"] for place in data["settlements"] if place["short"]) == [
        "Skhidne", "West Town", "Хутір",
    ]  # fmt: skip
