"""
Take the documentation's pictures of the report from the real program.

``screenshots.py`` plans the bundled exercise, or takes the plan folder that it is given, and writes
``docs/images``. It needs a Chromium on the PATH, or its path in SAFEPASSAGE_CHROMIUM.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from safepassage.workflows.demo import run_demo

REPOSITORY = Path(__file__).resolve().parent.parent
IMAGES = REPOSITORY / "docs" / "images"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Draws the map without a graphics card, so that every machine takes the same picture.
FLAGS = ("--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
MOMENT_SHARE = 0.3
MAP_SETTLES_MS = 1500
SET_TIME = """share => {
  const slider = document.getElementById("time");
  slider.value = share * Number(slider.max);
  slider.dispatchEvent(new Event("input"));
}"""


@dataclass(frozen=True, slots=True)
class Picture:
    """
    One picture of the report.

    Attributes
    ----------
    name : str
        File name without its ending.
    width, height : int
        Size of the window.
    section : str
        Selector of the part to show; empty for the top of the page.
    language : str
        Language of the page.
    scheme : str
        ``light`` or ``dark``.
    """

    name: str
    width: int
    height: int
    section: str = ""
    language: str = "en"
    scheme: Literal["light", "dark"] = "light"


PICTURES = (
    Picture("report", 1280, 1120),
    Picture("report-map", 1280, 1000, "#map-part"),
    Picture("report-phone-uk", 390, 844, language="uk"),
    Picture("report-map-dark", 1280, 1000, "#map-part", scheme="dark"),
)


def take(browser: Browser, page_file: Path, picture: Picture) -> Path:
    """
    Take one picture.

    Parameters
    ----------
    browser : Browser
        Running Chromium.
    page_file : Path
        The report.
    picture : Picture
        What to show.

    Returns
    -------
    Path
        The image.
    """
    size = {"width": picture.width, "height": picture.height}
    context = browser.new_context(viewport=size, color_scheme=picture.scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(page_file.resolve().as_uri())
    page.wait_for_selector("#map[data-ready]")
    page.locator(f'[data-language="{picture.language}"]').click()
    page.wait_for_selector("#map[data-ready]")
    page.evaluate(SET_TIME, MOMENT_SHARE)
    target = IMAGES / f"{picture.name}.png"
    if picture.section:
        page.locator(picture.section).scroll_into_view_if_needed()
        page.wait_for_timeout(MAP_SETTLES_MS)
        page.locator(picture.section).screenshot(path=target)
    else:
        page.screenshot(path=target)
    context.close()
    return target


def chromium() -> str:
    """Path of the system's Chromium."""
    named = os.environ.get("SAFEPASSAGE_CHROMIUM")
    found = named or next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    if found is None:
        sys.exit("no Chromium on this machine; install one or set SAFEPASSAGE_CHROMIUM")
    return found


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(description="Take the documentation's pictures of the report.")
    parser.add_argument("plan", type=Path, nargs="?", help="plan folder; the bundled exercise by default")
    arguments = parser.parse_args()
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        folder = arguments.plan or Path(scratch) / "plan"
        if arguments.plan is None:
            run_demo(folder)
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for picture in PICTURES:
            print(take(browser, folder / "report.html", picture).relative_to(REPOSITORY))
        browser.close()


if __name__ == "__main__":
    main()
