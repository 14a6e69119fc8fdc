"""
How fast the report opens, and how many frames a second it shows with many cars on the road at once.

Usage: ``python benchmarks/report_frames.py PLAN [--cars 5000] [--seconds 10]``. Chromium runs headless and
draws in software, without a graphics card: a slow machine of its own kind.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from safepassage.formats.plan_folder import read_plan_folder
from safepassage.publish.car_tracks import CarTracks
from safepassage.publish.report import MoreParts, render_report
from safepassage.workflows.report import played_cars

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
NO_WEBGL = """
const getContext = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...options) {
  return kind.startsWith("webgl") ? null : getContext.call(this, kind, ...options);
};"""
COUNT_FRAMES = """(forMs) => new Promise((done) => {
  const began = performance.now();
  let frames = 0;
  const count = (now) => {
    frames += 1;
    if (now - began < forMs) requestAnimationFrame(count);
    else done((1000 * frames) / (now - began));
  };
  requestAnimationFrame(count);
})"""
START_PLAYING = """(timeS) => {
  const slider = document.getElementById("time");
  slider.value = timeS;
  slider.dispatchEvent(new Event("input"));
  document.getElementById("speed").value = "0.5";
  document.getElementById("play").click();
}"""


def crowd(tracks: CarTracks, count: int, from_s: int) -> CarTracks:
    """So many cars on the ways of a plan, all on the road from a moment on, spread over their ways."""
    chosen = [tracks.cars[k * len(tracks.cars) // count] for k in range(count)]
    random = np.random.default_rng(0)
    cars = []
    for way, _start, *steps in chosen:
        # Long enough that nobody arrives while frames are counted.
        slow = [4 * step + 1 for step in steps]
        cars.append([way, max(0, from_s - int(random.uniform(0, 0.5) * sum(slow))), *slow])
    return CarTracks(tracks.ways, cars, count, count)


def measured(
    browser: Browser, page_file: Path, *, webgl: bool, from_s: int, seconds: float
) -> dict[str, float]:
    """Opening time and frames a second of one page."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    if not webgl:
        page.add_init_script(NO_WEBGL)
    page.goto(page_file.as_uri())
    page.wait_for_selector("html[data-started]")
    opened_ms = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    if webgl:
        page.wait_for_selector("#map[data-ready]", timeout=60_000)
    page.locator("#map-part").scroll_into_view_if_needed()
    still = page.evaluate(COUNT_FRAMES, 2000)
    page.evaluate(START_PLAYING, from_s)
    frames = page.evaluate(COUNT_FRAMES, 1000 * seconds)
    page.context.close()
    return {"opened_s": opened_ms / 1000, "still_fps": still, "playing_fps": frames}


def main() -> None:
    """Measure a plan's report with its own cars and with a crowd."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--cars", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--chromium", default=os.environ.get("SAFEPASSAGE_CHROMIUM", "/usr/bin/chromium"))
    arguments = parser.parse_args()
    content = read_plan_folder(arguments.plan)
    own = played_cars(content)
    if own is None or not own.cars:
        parser.error("the plan has no cars to draw")
    from_s = int(statistics.median(car[1] for car in own.cars))
    cases = {"own": own, "crowd": crowd(own, arguments.cars, from_s)}
    rows = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=list(FLAGS))
        for name, tracks in cases.items():
            file = Path(folder) / f"{name}.html"
            html = render_report(
                content.folder.scenario, content.plan, content.outcome, content.naive, language="en",
                more=MoreParts(cars=tracks),
            )  # fmt: skip
            file.write_text(html, "utf-8")
            for webgl in (True, False):
                result = measured(browser, file, webgl=webgl, from_s=from_s, seconds=arguments.seconds)
                size = {"case": name, "cars": len(tracks.cars), "bytes": file.stat().st_size}
                rows.append(size | {"webgl": webgl} | {key: round(value, 2) for key, value in result.items()})
        browser.close()
    print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
