"""Verification of the installed program: every case as expected, faults told, a page that holds it all."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from safepassage.cli.main import app
from safepassage.errors import InputError
from safepassage.simulator.verification import CaseGroup
from safepassage.simulator.verification.agreement import AGREEMENT_CASES
from safepassage.simulator.verification.made_case import MadeCase
from safepassage.simulator.verification.people import PEOPLE_CASES
from safepassage.workflows.verification_cases import WIDER_CASES
from safepassage.workflows.verify import verify

OWN = """
id = "own"
title = "A <b>bold</b> case"
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
"""


def own_case(folder: Path, clearance_s: float) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.toml").write_text(OWN.format(clearance_s=clearance_s), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "case", [*PEOPLE_CASES, *WIDER_CASES, *AGREEMENT_CASES], ids=lambda case: str(case.id)
)
def test_case_beyond_traffic(case: MadeCase) -> None:
    result = case.result(0)
    assert [check for check in result.checks if not check.passed] == []
    assert result.checks
    assert result.title_uk


def test_everything_is_as_expected_and_every_group_is_there(tmp_path: Path) -> None:
    result = verify(output=tmp_path / "report.html")
    assert result.failed == ()
    assert {case.group for case in result.cases} == set(CaseGroup) - {CaseGroup.OWN}
    guide = (Path(__file__).resolve().parents[2] / "docs" / "verification.md").read_text("utf-8")
    values = sum(len(case.checks) for case in result.cases)
    assert f"{len(result.cases)} cases with {values} values" in guide
    page = (tmp_path / "report.html").read_text("utf-8")
    for case in result.cases:
        assert f'id="case-{case.id}"' in page
    assert page.count("<svg") == sum(len(case.pictures) for case in result.cases)
    assert not re.search(r"(?:src|href)=\"(?!#)", page)


def test_the_page_is_the_same_for_the_same_results(tmp_path: Path) -> None:
    pages = []
    for name in ("one", "two"):
        verify(output=tmp_path / name)
        pages.append((tmp_path / name).read_bytes())
    assert pages[0] == pages[1]


def test_own_case_is_played_and_its_names_are_inert(tmp_path: Path) -> None:
    result = verify([own_case(tmp_path / "own", 60.0)], tmp_path / "report.html")
    assert result.failed == ()
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "A &lt;b&gt;bold&lt;/b&gt; case" in page
    assert "<b>bold" not in page


def test_a_case_that_fails_is_loud(tmp_path: Path) -> None:
    case = own_case(tmp_path / "own", 61.0)
    ran = CliRunner().invoke(app, ["verify", str(case), "-o", str(tmp_path / "r.html"), "--json"])
    assert ran.exit_code == 5
    told = json.loads(ran.stdout)
    assert (told["status"], told["failed"]) == ("not_verified", ["own"])
    assert told["results"][-1]["values"] == [
        {
            "quantity": "clearance_s", "of": "", "expected": 61.0, "tolerance": 0.0, "obtained": 60.0,
            "passed": False,
        }
    ]  # fmt: skip
    assert 'href="#case-own"' in (tmp_path / "r.html").read_text("utf-8")
    spoken = CliRunner().invoke(app, ["verify", str(case)])
    assert spoken.exit_code == 5
    assert "FAILED own" in spoken.stdout
    assert "expected 61, obtained 60" in spoken.stdout


def test_faults_of_own_cases_are_bad_input(tmp_path: Path) -> None:
    (tmp_path / "case.toml").write_text('id = "x"\n', encoding="utf-8")
    ran = CliRunner().invoke(app, ["verify", str(tmp_path), "--json"])
    assert ran.exit_code == 2
    assert {fault["column"] for fault in json.loads(ran.stdout)["faults"]} >= {"title", "source", "link"}


def test_ids_of_built_in_cases_are_taken(tmp_path: Path) -> None:
    case = own_case(tmp_path / "own", 60.0)
    text = (case / "case.toml").read_text("utf-8").replace('id = "own"', 'id = "free-flow"')
    (case / "case.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="free-flow"):
        verify([case])


def test_a_seed_changes_no_verdict() -> None:
    assert verify(seed=5).failed == ()
