"""The verification suite that comes with the program, and how it judges."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from safepassage.errors import InputError
from safepassage.simulator.verification import (
    CaseGroup,
    CaseResult,
    built_in_folders,
    case_folders,
    run_cases,
)
from safepassage.simulator.verification.keys import SECTIONS, TOP
from safepassage.simulator.verification.readings import ARGUMENTS, QUANTITIES

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
    numbers = {folder.name[:2] for folder in built_in_folders()}
    assert numbers >= {f"{k:02d}" for k in (*range(1, 12), 13, 14)}
    assert {result.group for result in RESULTS} == set(CaseGroup) - {CaseGroup.OWN}


def test_every_reading_is_used_by_a_built_in_case() -> None:
    read = {check.quantity for result in RESULTS for check in result.checks}
    assert sorted(set(QUANTITIES) - read) == []
    assert set(QUANTITIES) == set(ARGUMENTS)


def test_digests_do_not_depend_on_threads() -> None:
    with ThreadPoolExecutor(4) as threads:
        played = list(threads.map(lambda folder: run_cases([folder])[0].digest, built_in_folders()))
    assert played == [result.digest for result in RESULTS]


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
    never = CASE.format(clearance_s=60.0) + '\n[[hold]]\nlinks = ["a"]\npoint = "end"\nstart_s = 0.0\n'
    (result,) = run_cases([write(tmp_path, never)])
    assert not result.passed


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("id = ", "Invalid value"),
        ("id = 'x'", "'link' is missing"),
        (CASE.format(clearance_s=60.0).replace('route = ["a"]', 'route = ["b"]'), "there is no 'b'"),
        (CASE.format(clearance_s=60.0).replace("clearance_s", "clearance"), "no such reading"),
        (CASE.format(clearance_s=60.0).replace('to = "n1"', 'to = "n1"\nlength_m = -1.0'), "length_m"),
    ],
)
def test_bad_case_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        run_cases([write(tmp_path, text)])


def test_all_faults_of_a_case_are_told_at_once(tmp_path: Path) -> None:
    text = """
id = "own"
titel = "A case"
source = "nowhere"

[[link]]
id = "a"
from = "n0"
to = "n1"
length_m = "long"

[[link]]
id = "a"
from = "n1"
to = "n2"
capacity_per_s = -1

[[flow]]
route = ["a", "b"]
rates = [[0.5, 0]]

[[expect]]
quantity = "exits"
link = "c"
value = nan
"""
    with pytest.raises(InputError) as caught:
        run_cases([write(tmp_path, text)])
    told = {(fault.column, fault.problem) for fault in caught.value.faults}
    assert told >= {
        ("titel", "the key is not known"),
        ("title", "'title' is missing"),
        ("link[0].length_m", "this is not: number"),
        ("link[1].capacity_per_s", "the number is out of range"),
        ("link[1].id", "the id is given before"),
        ("flow[0].route", "there is no 'b'"),
        ("flow[0].rates", "this is not: list of [rate, start, end]"),
        ("expect[0].link", "there is no 'c'"),
        ("expect[0].value", "this is not: number"),
    }
    assert "title" in next(fault.remedy for fault in caught.value.faults if fault.column == "titel")


def test_arguments_of_readings_are_checked(tmp_path: Path) -> None:
    text = CASE.format(clearance_s=60.0) + (
        '\n[[expect]]\nquantity = "exits"\nlink = "a"\nvalue = 1\ntime_s = 3.0\n'
    )
    with pytest.raises(InputError) as caught:
        run_cases([write(tmp_path, text)])
    assert {fault.column for fault in caught.value.faults} == {
        "expect[1].start_s", "expect[1].end_s", "expect[1].time_s"
    }  # fmt: skip


def test_entries_may_stand_in_tables(tmp_path: Path) -> None:
    (tmp_path / "case.toml").write_text('id = "t"\ntitle = "Tables"\nsource = "By hand"\n', encoding="utf-8")
    (tmp_path / "link.csv").write_text("id,from,to,length_m\na,n0,n1,\nb,n1,n2,2000\n", encoding="utf-8")
    (tmp_path / "flow.csv").write_text(
        "route,times_s,rates\na b,0 10,\na b,,0.5 100 120;0.1 200 300\n", encoding="utf-8"
    )
    (tmp_path / "expect.csv").write_text(
        "quantity,flow,value\ntrips,0,2\ntrips,1,20\nclearance_s,0,160\n", encoding="utf-8"
    )
    (result,) = run_cases([tmp_path])
    assert [check.obtained for check in result.checks] == [2, 20, 160]
    assert result.passed


def test_faults_of_tables_name_their_rows(tmp_path: Path) -> None:
    write(tmp_path, CASE.format(clearance_s=60.0))
    (tmp_path / "flow.csv").write_text("route,times_s\na,soon\na,1,2\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        run_cases([tmp_path])
    assert [(Path(fault.file).name, fault.row) for fault in caught.value.faults] == [
        ("flow.csv", 2), ("flow.csv", 3)
    ]  # fmt: skip


def test_case_folders_may_be_given_by_their_parent(tmp_path: Path) -> None:
    for name in ("two", "one"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, CASE.format(clearance_s=60.0))
    assert [folder.name for folder in case_folders([tmp_path])] == ["one", "two"]
    assert case_folders([tmp_path / "one"]) == (tmp_path / "one",)
    assert case_folders([tmp_path / "none"]) == (tmp_path / "none",)
    assert case_folders([tmp_path / "one" / "case.toml"]) == (tmp_path / "one",)


def test_too_many_vehicles_are_refused(tmp_path: Path) -> None:
    text = CASE.format(clearance_s=60.0).replace("times_s = [0.0, 10.0]", "rates = [[1e6, 0.0, 1e6]]")
    with pytest.raises(InputError, match="at most"):
        run_cases([write(tmp_path, text)])


def test_all_missing_cases_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        run_cases([tmp_path / "one", tmp_path / "two"])
    assert len(caught.value.faults) == 2


def test_the_guide_names_every_key_and_reading() -> None:
    guide = (Path(__file__).resolve().parents[2] / "docs" / "verification.md").read_text("utf-8")
    for item in (TOP, *SECTIONS):
        assert f"`[[{item.name}]]`" in guide or not item.name
        part = guide.partition(f"`[[{item.name}]]`" if item.name else "### Top of")[2].partition("\n### ")[0]
        for key in item.keys:
            assert f"| `{key.name}` |" in part, (item.name, key.name)
            assert key.meaning in part
    for name in QUANTITIES:
        assert f"| `{name}` |" in guide


def test_the_example_of_the_guide_is_met(tmp_path: Path) -> None:
    guide = (Path(__file__).resolve().parents[2] / "docs" / "verification.md").read_text("utf-8")
    example = guide.partition("```toml\n")[2].partition("```")[0]
    (result,) = run_cases([write(tmp_path, example)])
    assert result.passed


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('to = "n1"', 'to = "n1"\ncapacity_per_s = 1e308', "out of range"),
        ('to = "n1"', 'to = "n1"\nlength_m = inf', "infinite"),
        ('to = "n1"', 'to = "n1"\nlength_m = 1e8\njam_density_per_m = 10', "give at most"),
        ('to = "n1"', "to = 7", "this is not: text"),
    ],
)
def test_figures_that_make_no_sense_are_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    text = CASE.format(clearance_s=60.0).replace(old, new)
    with pytest.raises(InputError, match=problem):
        run_cases([write(tmp_path, text)])


def test_a_case_without_cars_reads_nothing_and_fails(tmp_path: Path) -> None:
    text = CASE.format(clearance_s=60.0).replace("times_s = [0.0, 10.0]", "times_s = []")
    (result,) = run_cases([write(tmp_path, text)])
    assert not result.passed


def test_a_route_without_links_takes_no_time(tmp_path: Path) -> None:
    text = CASE.format(clearance_s=10.0).replace('route = ["a"]', "route = []")
    (result,) = run_cases([write(tmp_path, text)])
    assert result.passed
