"""The check of docstrings finds what it says it finds, and nothing else."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "lint_docstrings.py"

SAMPLE = '''
"""A module."""

from dataclasses import dataclass


def silent(): pass


def short(first, second):
    """Add two numbers."""


def long_without_section(first, second, third, fourth):
    """Add four numbers."""


def wrong_name(first):
    """
    Keep a number.

    Parameters
    ----------
    second : int
        Another one.
    """


def whole(first):
    """
    Keep a number.

    Parameters
    ----------
    first : int
        The number.
    """


@dataclass
class Forgetful:
    """
    Two fields.

    Attributes
    ----------
    first : int
        The first.
    third : int
        Not there.
    """

    first: int
    second: int


@dataclass
class Careful:
    """
    Two fields.

    Attributes
    ----------
    first, second : int
        Both.
    """

    first: int
    second: int

    @property
    def total(self):
        """Sum of both."""

    def silent(self): pass
'''


@pytest.fixture(scope="module")
def script() -> ModuleType:
    specification = importlib.util.spec_from_file_location("lint_docstrings", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("silent", ["GL08"]),
        ("short", []),
        ("long_without_section", ["PR01"]),
        ("wrong_name", ["PR01", "PR02"]),
        ("whole", []),
        ("Forgetful", ["PR01", "PR02"]),
        ("Careful", []),
        ("Careful.total", []),
        ("Careful.silent", ["GL08"]),
    ],
)
def test_faults_of_a_name(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, codes: list[str]
) -> None:
    (tmp_path / "docstring_sample.py").write_text(SAMPLE, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    value: object = importlib.import_module("docstring_sample")
    for part in name.split("."):
        value = getattr(value, part)
    found = script.faults(f"docstring_sample.{name}", value)
    assert [line.split(": ")[1] for line in found] == codes
