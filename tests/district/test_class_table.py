"""The table of road classes: its documentation, and files that replace figures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from safepassage.district.class_table import read_class_table
from safepassage.errors import InputError

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "road-classes.md"


def test_the_documented_table_is_the_table() -> None:
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    classes = read_class_table().classes
    documented = {
        name: [cell.strip() for cell in cells.split("|")] for name, cells in rows if name in classes
    }
    words = {True: "yes", False: "no"}
    assert documented == {
        name: [
            f"{c.lanes:g}", f"{c.oneway_lanes:g}", f"{c.speed:g}", f"{c.capacity:g}", f"{c.weight:g}",
            words[c.local], words[c.main], words[c.use],
        ]
        for name, c in classes.items()
    }  # fmt: skip


def test_a_file_replaces_single_figures(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("[class.track]\nuse = true\nspeed = 25\n[surface]\nground = 20\n", "utf-8")
    own, usual = read_class_table(file), read_class_table()
    assert own.classes["track"].use
    assert own.classes["track"].speed == 25
    assert own.classes["track"].capacity == usual.classes["track"].capacity
    assert own.surface["ground"] == 20
    assert own.classes["primary"] == usual.classes["primary"]


def test_every_fault_of_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(
        "[class.primry]\nspeed = 1\n[class.primary]\nspead = 50\ncapacity = -1\nuse = 3\n"
        "[surfaces]\nmud = 1\n",
        "utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_class_table(file)
    said = str(caught.value)
    for words in ("primary?", "speed?", "-1", "another kind", "surface?"):
        assert words in said
    assert len(caught.value.faults) == 5


def test_a_broken_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("[class", "utf-8")
    with pytest.raises(InputError, match=r"own\.toml"):
        read_class_table(file)
