"""Every error becomes words and the documented exit code; nobody sees a traceback."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from safepassage.cli.boundary import Commands, terminal_of
from safepassage.errors import Fault, InfeasibleError, InputError, ModelError, OutputError, SafepassageError
from safepassage.i18n import language, set_language

FAULT = Fault("link.csv", 14, "capacity", "-600", "must be positive", "give vehicles an hour above 0")


def run(action: Callable[[], None], *arguments: str) -> Result:
    """Run a one-command program that does the action."""
    app = typer.Typer(cls=Commands, pretty_exceptions_enable=False, add_completion=False)

    @app.callback()
    def root() -> None: ...

    @app.command()
    def act(ctx: typer.Context, json: bool = False) -> None:
        terminal_of(ctx).as_json = json
        action()

    return CliRunner().invoke(app, ["act", *arguments])


def raising(error: BaseException) -> Callable[[], None]:
    def action() -> None:
        raise error

    return action


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "safepassage"


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (
            InputError([FAULT]),
            2,
            "link.csv row 14, capacity = '-600': must be positive; give vehicles an hour",
        ),
        (OutputError("plan.json: the disk is full"), 2, "the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "out"), 2, "out could not be read or written"),
        (OSError(errno.ENOSPC, "No space left on device"), 2, "No space left on device"),
        (InfeasibleError("every bridge is closed"), 3, "every bridge is closed"),
        (ModelError("contradiction"), 1, "our fault"),
        (SafepassageError("no class of its own"), 1, "our fault"),
        (ZeroDivisionError("division by zero"), 1, "our fault"),
        (MemoryError(), 1, "our fault"),
        (KeyboardInterrupt(), 130, "Stopped at your request"),
    ],
)
def test_errors_become_words_and_exit_codes(error: BaseException, code: int, words: str) -> None:
    result = run(raising(error))
    assert result.exit_code == code
    assert words in " ".join(result.stderr.split())
    assert "Traceback" not in result.output
    assert result.stdout == ""


def test_json_failure_is_one_document_on_standard_output() -> None:
    result = run(raising(InputError([FAULT, FAULT])), "--json")
    document = json.loads(result.stdout)
    assert (document["status"], document["exit_code"], result.exit_code) == ("bad_input", 2, 2)
    assert document["faults"][1] == {
        "file": "link.csv",
        "row": 14,
        "column": "capacity",
        "value": "-600",
        "problem": "must be positive",
        "remedy": "give vehicles an hour above 0",
        "severity": "error",
    }
    assert result.stderr == ""


def test_our_fault_leaves_a_private_log_with_the_traceback(state: Path) -> None:
    result = run(raising(ZeroDivisionError("the secret cause")))
    (log,) = state.iterdir()
    assert str(log) in result.stderr.replace("\n", "")
    assert "the secret cause" in log.read_text("utf-8")
    assert "Traceback" in log.read_text("utf-8")
    assert log.stat().st_mode & 0o077 == 0
    assert "the secret cause" not in result.output


def test_a_log_that_cannot_be_written_is_said(state: Path) -> None:
    state.write_text("a file where the folder should be", "utf-8")
    result = run(raising(ZeroDivisionError()))
    assert result.exit_code == 1
    assert "No log could be written" in result.stderr


def test_wrong_usage_is_bad_input() -> None:
    result = run(lambda: None, "--no-such-option")
    assert result.exit_code == 2
    assert "--no-such-option" in result.stderr


def test_names_from_tables_cannot_drive_the_terminal() -> None:
    hostile = Fault("settlement.csv", 2, "name", "", "\x1b[2Jcleared \u202egnirts [red]x[/]", "rename\rit")
    result = run(raising(InputError([hostile])))
    assert "\x1b" not in result.stderr
    assert "\u202e" not in result.stderr
    assert "\r" not in result.stderr
    assert "\\x1b[2Jcleared" in result.stderr
    assert "[red]x[/]" in result.stderr


def test_many_faults_are_counted_not_poured_out() -> None:
    result = run(raising(InputError([FAULT] * 1000)))
    assert result.stderr.count("link.csv") == 200
    assert "and 800 more" in result.stderr
    assert "1000 errors" in result.stderr


def test_language_does_not_outlive_a_command() -> None:
    run(lambda: set_language("uk"))
    assert language() == "en"
