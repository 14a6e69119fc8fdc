"""The page of verification in a browser: two languages, pictures, nothing asked of a network."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from safepassage.publish.verification_page import render_verification
from safepassage.simulator.verification import built_in_folders, run_cases

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chosen = [folder for folder in built_in_folders() if folder.name[:2] in {"04", "05", "27"}]
    path = tmp_path_factory.mktemp("verification") / "report.html"
    page = render_verification(run_cases(chosen), language="en", program={"Safepassage": "1"})
    path.write_text(page, "utf-8")
    return path


@pytest.mark.parametrize("width", [390, 1200])
def test_the_page_reads_in_both_languages(browser: Browser, page_file: Path, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    expect(page.locator("#verdict")).to_have_class("verdict met")
    expect(page.locator("svg.picture")).to_have_count(8)
    english = page.locator("#case-bottleneck h3").inner_text()
    page.get_by_role("button", name="Українська").click()
    expect(page.locator("html")).to_have_attribute("lang", "uk")
    expect(page.locator("#case-bottleneck h3")).not_to_have_text(english)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []
    assert asked == [page_file.as_uri()]
    context.close()
