"""What a wide terminal shows: faults as a table, progress as a bar."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from safepassage.cli import terminal
from safepassage.cli.progress_bar import ProgressBar
from safepassage.cli.terminal import Terminal
from safepassage.errors import Fault
from safepassage.progress import NoProgress, Progress


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Standard error as a terminal of 140 columns."""
    stream = io.StringIO()

    def console() -> Console:
        return Console(
            file=stream, force_terminal=True, color_system=None, width=140, markup=False, legacy_windows=False
        )

    monkeypatch.setattr(terminal, "_console", console)
    return stream


def test_a_wide_terminal_gets_a_table(screen: io.StringIO) -> None:
    Terminal().faults(
        [
            Fault("node.csv", 3, "x", "[bold]7", "is text", "give degrees"),
            Fault("link.csv", 0, "", "", "is short", "add links", severity="warning"),
        ]
    )
    lines = screen.getvalue().splitlines()
    assert [cell.strip() for cell in lines[1].strip("┃").split("┃")][1:] == [
        "File",
        "Row",
        "Column",
        "Value",
        "What is wrong",
        "What to do",
    ]
    assert [cell.strip() for cell in lines[3].strip("│").split("│")] == [
        "error",
        "node.csv",
        "3",
        "x",
        "[bold]7",
        "is text",
        "give degrees",
    ]
    assert "warning" in lines[4]


def test_progress_is_drawn_for_people_at_a_terminal(screen: io.StringIO) -> None:
    with Terminal().progress() as progress:
        assert isinstance(progress, ProgressBar)
        progress.start("Finding routes", 4)
        progress.advance(3)
        progress.note("two crossings are full")
        progress.start("Playing the plan")
        progress.advance()
    assert "Finding routes" in screen.getvalue() or "Playing the plan" in screen.getvalue()
    assert "two crossings are full" in screen.getvalue()


def test_machines_get_no_progress(screen: io.StringIO) -> None:
    with Terminal(as_json=True).progress() as progress:
        progress.start("Finding routes", 4)
        progress.advance()
        progress.note("unseen")
    assert isinstance(progress, NoProgress)
    assert screen.getvalue() == ""


def test_both_observers_keep_the_protocol() -> None:
    assert isinstance(NoProgress(), Progress)
    assert isinstance(ProgressBar(Console(file=io.StringIO())), Progress)
