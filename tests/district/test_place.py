"""The area by its name: in Ukrainian with any apostrophe, in English, in Latin letters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import shapely
from typer.testing import CliRunner

from safepassage.cli.exit_codes import ExitCode
from safepassage.cli.main import app
from safepassage.district.names import folded_area, folded_name
from safepassage.errors import InputError
from safepassage.formats.osm_boundary import read_boundary
from tests.district.made_map import SOUTH, STEP_DEG, WEST, MadeMap, river_town

RAION = {
    "boundary": "administrative", "admin_level": "6", "name": "Куп'янський район",
    "name:en": "Kupiansk Raion",
}  # fmt: skip


def with_raion(folder: Path) -> Path:
    """The river town; its western half lies in a raion that an administrative relation bounds."""
    made = river_town()
    for ref, (x, y) in {90: (-0.5, -1), 91: (2.4, -1), 92: (2.4, 3), 93: (-0.5, 3)}.items():
        made.node(ref, x, y)
    made.way(90, [90, 91, 92], boundary="administrative")
    made.way(91, [92, 93, 90], boundary="administrative")
    made.boundaries.append((RAION, (90, 91)))
    return made.write(folder / "raion.osm.pbf")


@pytest.mark.parametrize(
    "name",
    [
        "Куп'янський район",
        "Куп\u2019янський район",
        "Куп\u02bcянський район",
        "куп\u2018янський РАЙОН",
        "Купʼянський  район ",
        "Kupianskyi raion",
        "Kupianskyi Raion",
        "Kupiansk Raion",
        "kupyansk raion",
        "Куп'янський р-н",
        "Куп'янський",
    ],
)
def test_a_raion_is_found_however_it_is_written(tmp_path: Path, name: str) -> None:
    area = read_boundary(with_raion(tmp_path), name, folded_name, folded_area)
    west, south, east, north = area.bounds
    assert (west, south) == pytest.approx((WEST - 0.5 * STEP_DEG, SOUTH - STEP_DEG))
    assert (east, north) == pytest.approx((WEST + 2.4 * STEP_DEG, SOUTH + 3 * STEP_DEG))


def test_the_command_takes_the_place(tmp_path: Path) -> None:
    extract = with_raion(tmp_path)
    words = [
        "prepare",
        "--osm",
        str(extract),
        "--place",
        "Куп\u2019янський район",
        "-o",
        str(tmp_path / "out"),
    ]
    result = CliRunner().invoke(app, [*words, "--json"])
    assert result.exit_code == ExitCode.DONE, result.output
    facts = json.loads(result.stdout)
    assert (facts["people_in"], facts["people_placed"]) == (2400, 2400)


@pytest.mark.parametrize(("name", "words"), [("Купянск", "did you mean"), ("Атлантида", "--area")])
def test_other_names_are_refused_with_the_nearest(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_boundary(with_raion(tmp_path), name, folded_name, folded_area)


def test_of_two_places_the_larger_is_taken_and_a_closed_way_will_do(tmp_path: Path) -> None:
    made = MadeMap()
    for ref, (x, y) in enumerate([(0, 0), (1, 0), (1, 1), (0, 1), (5, 5), (9, 5), (9, 9), (5, 9)], start=1):
        made.node(ref, x, y)
    made.way(1, [1, 2, 3, 4, 1], place="village", name="Мирне")
    made.way(2, [5, 6, 7, 8, 5], boundary="administrative", name="Мирне")
    area = read_boundary(made.write(tmp_path / "two.osm.pbf"), "Myrne", folded_name, folded_area)
    assert shapely.area(area) == pytest.approx((4 * STEP_DEG) ** 2)
