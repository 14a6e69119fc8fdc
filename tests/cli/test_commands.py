"""The commands: what they hand to the workflows, and what they say about the answer."""

from __future__ import annotations

import json
import subprocess
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from safepassage import __version__
from safepassage.cli.exit_codes import ExitCode
from safepassage.cli.main import app
from safepassage.cli.start import chosen_language
from safepassage.errors import Fault
from safepassage.i18n import language

REPOSITORY = Path(__file__).resolve().parents[2]
WARNING = Fault("link.csv", 2, "colour", "red", "is not known", "leave it out", severity="warning")
ERROR = Fault("link.csv", 3, "length", "-1", "must be positive", "give metres")


@dataclass
class Answer:
    """A workflow's result."""

    faults: tuple[Fault, ...] = ()
    unserved_people: int = 0

    def facts(self) -> dict[str, object]:
        return {"unserved_people": self.unserved_people}

    def sentences(self) -> list[str]:
        return [f"{self.unserved_people} unserved, in {language()}"]


Calls = list[tuple[tuple[Any, ...], dict[str, Any]]]
Install = Callable[[str, str, Answer], Calls]


@pytest.fixture
def workflow(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a recording function in the place of a workflow."""

    def install(module: str, function: str, answer: Answer) -> Calls:
        calls: Calls = []

        def record(*arguments: Any, **options: Any) -> Answer:
            calls.append((arguments, options))
            return answer

        stand_in = types.ModuleType(f"safepassage.workflows.{module}")
        setattr(stand_in, function, record)
        monkeypatch.setitem(sys.modules, stand_in.__name__, stand_in)
        return calls

    return install


def test_plan_hands_over_folder_output_and_seed(workflow: Install) -> None:
    calls = workflow("plan", "plan_folder", Answer())
    result = CliRunner().invoke(app, ["plan", "district", "-o", "result", "--seed", "7"])
    assert result.exit_code == ExitCode.DONE
    ((arguments, options),) = calls
    assert arguments == (Path("district"), Path("result"))
    assert options["seed"] == 7
    assert result.stdout == "0 unserved, in en\n"


def test_a_plan_that_leaves_people_behind_says_so(workflow: Install) -> None:
    workflow("plan", "plan_folder", Answer(unserved_people=3))
    result = CliRunner().invoke(app, ["plan", "district", "--json"])
    assert result.exit_code == ExitCode.UNSERVED
    assert json.loads(result.stdout) == {"status": "unserved", "exit_code": 4, "unserved_people": 3}


@pytest.mark.parametrize(
    ("faults", "code"),
    [((), ExitCode.DONE), ((WARNING,), ExitCode.DONE), ((WARNING, ERROR), ExitCode.BAD_INPUT)],
)
def test_check_fails_on_errors_and_not_on_warnings(
    workflow: Install, faults: tuple[Fault, ...], code: ExitCode
) -> None:
    workflow("check", "check_folder", Answer(faults))
    result = CliRunner().invoke(app, ["check", "district"])
    assert result.exit_code == code
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == [fault.severity for fault in faults]


def test_simulate_report_and_demo_reach_their_workflows(workflow: Install) -> None:
    simulated = workflow("simulate", "simulate_plan", Answer())
    reported = workflow("report", "report_plan", Answer())
    shown = workflow("demo", "run_demo", Answer())
    runner = CliRunner()
    assert runner.invoke(app, ["simulate", "district", "planned"]).exit_code == 0
    assert runner.invoke(app, ["report", "planned", "-o", "page.html"]).exit_code == 0
    assert runner.invoke(app, ["demo", "--seed", "1"]).exit_code == 0
    assert simulated[0][0] == (Path("district"), Path("planned"), None)
    assert reported[0][0] == (Path("planned"), Path("page.html"))
    assert shown[0][1]["seed"] == 1


@pytest.mark.parametrize("words", [["--lang", "uk", "plan", "x"], ["plan", "x", "--lang", "uk"]])
def test_the_language_may_be_asked_for_anywhere(workflow: Install, words: list[str]) -> None:
    workflow("plan", "plan_folder", Answer())
    assert CliRunner().invoke(app, words).stdout == "0 unserved, in uk\n"


def test_version() -> None:
    assert CliRunner().invoke(app, ["--version"]).stdout == f"safepassage {__version__}\n"


def test_every_exit_code_is_documented() -> None:
    text = " ".join(CliRunner().invoke(app, ["--help"]).stdout.split())
    described = text.partition("Exit codes:")[2]
    assert described
    assert [code for code in ExitCode if f" {int(code)} " not in f" {described} "] == []


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        ([], {}, "en"),
        (["plan", "x", "--lang", "uk"], {}, "uk"),
        (["--lang=uk"], {"SAFEPASSAGE_LANG": "en"}, "uk"),
        (["--lang", "en"], {"LANG": "uk_UA.UTF-8"}, "en"),
        ([], {"SAFEPASSAGE_LANG": "uk", "LANG": "en_GB.UTF-8"}, "uk"),
        ([], {"LANG": "uk_UA.UTF-8"}, "uk"),
        ([], {"LC_ALL": "C", "LANG": "uk_UA.UTF-8"}, "en"),
        ([], {"LANG": "pl_PL.UTF-8"}, "en"),
        (["--lang", "xx"], {}, "en"),
    ],
)
def test_the_readers_language_is_found(
    arguments: list[str], environment: dict[str, str], expected: str
) -> None:
    assert chosen_language(arguments, environment) == expected


def test_help_loads_neither_arrays_nor_compilers_nor_solvers() -> None:
    heavy = {"numpy", "scipy", "numba", "ortools", "highspy", "pyarrow", "pydantic", "pandas"}
    script = f"import sys; import safepassage.cli.main; print(sorted({heavy} & set(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    assert answer.stdout.strip() == "[]"
