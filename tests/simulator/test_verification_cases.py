"""The verification suite that comes with the program, and how it judges."""

from __future__ import annotations

from pathlib import Path

import pytest

from safepassage.errors import InputError
from safepassage.simulator.verification import CaseResult, run_cases

RESULTS = run_cases()

CASE = """
id = "own"
title = "A case of a user"
source = "Counted by hand"

[[link]]
id = "a"
from = "n0"
to = "n1"

[[flow]]
route = ["a"]
times_s = [0.0, 10.0]

[[expect]]
quantity = "clearance_s"
value = {clearance_s}
tolerance = 0.001
"""


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.id)
def test_built_in_case(result: CaseResult) -> None:
    assert [check for check in result.checks if not check.passed] == []
    assert result.checks


def test_the_suite_covers_the_numbered_cases() -> None:
    assert len(RESULTS) >= 20
    assert {"free-flow", "spillback", "merge-weights", "ring-locks", "closure"} <= {r.id for r in RESULTS}


def write(folder: Path, text: str) -> Path:
    (folder / "case.toml").write_text(text, encoding="utf-8")
    return folder


def test_own_case_passes(tmp_path: Path) -> None:
    (result,) = run_cases([write(tmp_path, CASE.format(clearance_s=60.0))])
    assert result.passed
    assert result.checks[0].obtained == 60.0


def test_own_case_fails_loudly(tmp_path: Path) -> None:
    (result,) = run_cases([write(tmp_path, CASE.format(clearance_s=61.0))])
    assert not result.passed
    assert (result.checks[0].expected, result.checks[0].obtained) == (61.0, 60.0)


def test_reading_of_nothing_fails(tmp_path: Path) -> None:
    never = CASE.format(clearance_s=60.0) + (
        '\n[[hold]]\nlinks = ["a"]\npoint = "end"\nstart_s = 0.0\nend_s = inf\n'
    )
    (result,) = run_cases([write(tmp_path, never)])
    assert not result.passed


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("id = ", "Invalid value"),
        ("id = 'x'", "'link' is missing"),
        (CASE.format(clearance_s=60.0).replace('route = ["a"]', 'route = ["b"]'), "'b' is missing"),
        (CASE.format(clearance_s=60.0).replace("clearance_s", "clearance"), "no such reading"),
        (CASE.format(clearance_s=60.0).replace('to = "n1"', 'to = "n1"\nlength_m = -1.0'), "length_m"),
    ],
)
def test_bad_case_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        run_cases([write(tmp_path, text)])


def test_all_missing_cases_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        run_cases([tmp_path / "one", tmp_path / "two"])
    assert len(caught.value.faults) == 2
