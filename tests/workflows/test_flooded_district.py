"""A flood and a disputed crossing from the folder to plan and rehearsal."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from safepassage.formats.plan_folder import read_plan_folder
from safepassage.formats.scenario_folder import read_scenario
from safepassage.workflows.plan import plan_folder
from safepassage.workflows.rehearse import RehearseOptions, rehearse_plan

FLOOD_H = 3.0


@pytest.fixture(scope="module")
def flooded(valley_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The valley; the water reaches the shortest way out of Verba three hours after the start."""
    folder = Path(shutil.copytree(valley_folder, tmp_path_factory.mktemp("flood") / "valley"))
    values = np.full((60, 80), -1, np.float32)
    place = Affine(0.005, 0, 29.8025, 0, -0.005, 50.1025)
    row, column = int((50.1025 - 50.015) / 0.005), int((30.09 - 29.8025) / 0.005)
    values[row, column] = FLOOD_H
    about = {"driver": "GTiff", "dtype": "float32", "count": 1, "height": 60, "width": 80, "nodata": -1}
    with rasterio.open(folder / "water.tif", "w", crs="EPSG:4326", transform=place, **about) as target:
        target.write(values, 1)
    with (folder / "scenario.toml").open("a", encoding="utf-8") as stream:
        stream.write('\n[hazard]\narrival_grid = "water.tif"\nunit = "h"\n')
    (folder / "threat.csv").write_text(
        "threat_id,kind,subject,start,end,probability,source,reliability,credibility\n"
        "r,closure,dub_road,2023-08-10T05:00:00+03:00,2023-08-10T06:01:00+03:00,1,channel,D,3\n"
        "s,closure,field_track,2023-08-10T05:00:00+03:00,2023-08-10T06:01:00+03:00,1,engineers,A,1\n"
    )
    return folder


def test_plan_and_rehearsal_heed_the_water(flooded: Path, tmp_path: Path) -> None:
    plan_folder(flooded, tmp_path / "plan")
    assert (tmp_path / "plan/scenario/water.tif").read_bytes() == (flooded / "water.tif").read_bytes()
    content = read_plan_folder(tmp_path / "plan")
    before = read_scenario(flooded)
    assert content.folder.scenario == before.scenario
    closed = {
        entry.subject: entry.start_s for entry in before.scenario.threat.entries if not entry.claim.source
    }
    assert closed == {"verba_road": FLOOD_H * 3600, "verba_road_back": FLOOD_H * 3600}
    ways = [route.links for route in content.plan.routes if route.settlement == "A-VERBA"]
    assert ways
    assert all("verba_road" not in way for way in ways)
    assert any("cross_road" in way for way in ways)
    output = tmp_path / "rehearsal.json"
    rehearse_plan(flooded, tmp_path / "plan", output, options=replace(RehearseOptions(), futures=4))
    facts = json.loads(output.read_text("utf-8"))
    assert facts["said_lost"] == [
        {"road": "dub_road", "loss": "claimed"},
        {"road": "field_track", "loss": "confirmed"},
    ]
    assert {road["loss"] for road in facts["weak_links"] if road["name"] == "bridge"} <= {"unclaimed"}
    assert [item["loss"] for item in facts["crossings"]] == ["unclaimed"]
