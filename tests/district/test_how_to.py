"""Every command of the how-to runs as it stands there, on a small made map."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import openpyxl
import pytest
import shapely
from typer.testing import CliRunner

from safepassage.cli.exit_codes import ExitCode
from safepassage.cli.main import app
from safepassage.formats.scenario_folder import read_scenario
from safepassage.workflows.download import address_of
from tests.district.made_map import SOUTH, STEP_DEG, WEST
from tests.district.test_place import RAION
from tests.district.test_rebuild import bundled_map, everything

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "own-district.md"
FINE = (ExitCode.DONE, ExitCode.UNSERVED)


def commands() -> list[list[str]]:
    blocks = re.findall(r"^```\n(.*?)^```", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line.strip()]


@pytest.fixture
def desk(tmp_path: Path, town_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the page speaks of."""
    shutil.copy(town_file, tmp_path / "andorra.osm.pbf")
    region = bundled_map(everything)
    for ref, (lon, lat) in enumerate([(37.3, 49.5), (37.9, 49.5), (37.9, 50.2), (37.3, 50.2)], start=90_001):
        region.node(ref, (lon - WEST) / STEP_DEG, (lat - SOUTH) / STEP_DEG)
    region.way(90_001, [90_001, 90_002, 90_003], boundary="administrative")
    region.way(90_002, [90_003, 90_004, 90_001], boundary="administrative")
    region.boundaries.append((RAION, (90_001, 90_002)))
    region.node(
        90_010, (37.683 - WEST) / STEP_DEG, (49.851 - SOUTH) / STEP_DEG, place="town", name="Дворічна"
    )
    region.node(
        90_011, (37.614 - WEST) / STEP_DEG, (49.713 - SOUTH) / STEP_DEG, place="town", name="Куп'янськ"
    )
    region.write(tmp_path / "ukraine.osm.pbf")
    book = openpyxl.Workbook()
    for row in (["Населений пункт", "Населення"], ["Дворічна", 900], ["Куп’янськ", 1500]):
        book.active.append(row)
    book.save(tmp_path / "people.xlsx")
    (tmp_path / "occupied.geojson").write_text(shapely.to_geojson(shapely.box(37.95, 49.4, 39, 50)), "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_command_of_the_page_runs(desk: Path) -> None:
    met = []
    for program, name, *words in commands():
        assert program == "safepassage"
        met.append(name)
        if name == "download":
            # The rest of it is tested against a server on this machine.
            assert address_of(words[0]).startswith("https://")
            assert (desk / words[-1]).is_file()
            continue
        result = CliRunner().invoke(app, [name, *words])
        assert result.exit_code in FINE, f"{name} {words}: {result.output}"
    assert set(met) == {"prepare", "map", "check", "plan", "download", "convert"}
    scenario = read_scenario(desk / "kupiansk").scenario
    assert sum(place.people.total for place in scenario.settlements) == 2400
    assert not read_scenario(desk / "kupiansk-real").scenario.is_exercise
    assert (desk / "kupiansk" / "map.html").is_file()
