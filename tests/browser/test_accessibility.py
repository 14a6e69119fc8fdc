"""Every page can be read by those who do not see it, or see it badly: axe finds nothing serious."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from safepassage.publish.report import render_report
from safepassage.publish.verification_page import render_verification
from safepassage.simulator.verification.runner import built_in_folders, run_cases
from safepassage.workflows.forecast import forecast_folder
from safepassage.workflows.map import map_folder
from safepassage.workflows.plan import plan_folder
from safepassage.workflows.rehearse import RehearseOptions, rehearse_plan
from safepassage.workflows.report import report_plan
from tests.publish.examples import valley

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pages(valley_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One of each page that the program writes."""
    folder = tmp_path_factory.mktemp("pages")
    case = valley()
    report = folder / "report.html"
    report.write_text(
        render_report(case.scenario, case.plan, case.outcome, case.naive, language="en"), encoding="utf-8"
    )
    district = map_folder(valley_folder, folder / "map.html").page
    forecast_folder(valley_folder, folder / "forecast")
    plan_folder(valley_folder, folder / "plan")
    figures = folder / "figures.json"
    rehearse_plan(valley_folder, folder / "plan", figures, options=RehearseOptions(futures=8))
    whole = report_plan(folder / "plan", rehearsal=figures, forecast=folder / "forecast").page
    verified = folder / "verification.html"
    results = run_cases(built_in_folders()[:3])
    verified.write_text(render_verification(results, language="en", program={"safepassage": "0"}), "utf-8")
    return {
        "report": report,
        "whole report": whole,
        "map": district,
        "forecast": folder / "forecast" / "forecast.html",
        "verification": verified,
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["report", "whole report", "map", "forecast", "verification"])
def test_axe_finds_nothing_serious(
    browser: Browser, pages: dict[str, Path], name: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(pages[name].as_uri())
    page.wait_for_timeout(300)
    found = Axe().run(page).response["violations"]
    context.close()
    serious = {
        item["id"]: [(node["target"], node.get("failureSummary", "")) for node in item["nodes"][:3]]
        for item in found
        if item["impact"] in {"serious", "critical"}
    }
    assert serious == {}
