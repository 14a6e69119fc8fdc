from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from safepassage.errors import InputError
from safepassage.formats.bep import read_bus_evacuation

TWO_YARDS = """3 2
1 1
2 2
2 8 3 5
1 9 9

1 4 7
2 2.5 1

1 6
2 6
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "BEP-2-2-1-3-i1.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_reads_yards_loads_room_and_distances(tmp_path: Path) -> None:
    instance = read_bus_evacuation(written(tmp_path, TWO_YARDS))
    assert instance.name == "BEP-2-2-1-3-i1"
    assert (instance.buses, instance.loads, instance.room) == ((1, 2), (3, 5), (9,))
    np.testing.assert_array_equal(instance.yard_to_stop, [[4, 7], [2.5, 1]])
    np.testing.assert_array_equal(instance.stop_to_shelter, [[6], [6]])


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("2 8 3 5", "2 9 3 5", "row 4, loads is '9': the parts add up to 8"),
        ("3 2\n", "4 2\n", "buses is '4': the parts add up to 3"),
        ("2 2.5 1", "2 x 1", "row 8, distance is 'x'"),
        ("2 2.5 1", "2 -1 1", "row 8, distance is '-1'"),
        ("2 2.5 1", "3 2.5 1", "line 2 was expected"),
        ("1 6\n2 6\n", "1 6\n2\n", "the file ends too early"),
        ("1 6\n2 6\n", "1 6\n2 6\n7\n", "follows the last distance"),
        ("1 9 9", "1 nine 9", "is 'nine': is no whole number"),
    ],
)
def test_names_what_is_wrong(tmp_path: Path, old: str, new: str, named: str) -> None:
    with pytest.raises(InputError) as caught:
        read_bus_evacuation(written(tmp_path, TWO_YARDS.replace(old, new)))
    assert named in str(caught.value)
