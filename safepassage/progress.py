"""Progress of long work, told to whoever watches; algorithms do not know who that is."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Progress(Protocol):
    """
    Observer of long work.

    Notes
    -----
    One task runs at a time: `start` ends the task before it. Methods may be called often, so they are
    cheap, and they never raise.
    """

    def start(self, task: str, total: int | None = None) -> None:
        """Begin a task of `total` steps; None where the number is not known."""

    def advance(self, steps: int = 1) -> None:
        """Report that `steps` more steps of the present task are done."""

    def note(self, text: str) -> None:
        """Tell a fact worth a line of its own."""


class NoProgress:
    """Observer that ignores everything; the default of library functions."""

    def start(self, task: str, total: int | None = None) -> None:
        """Ignore the start of a task."""

    def advance(self, steps: int = 1) -> None:
        """Ignore progress."""

    def note(self, text: str) -> None:
        """Ignore a note."""
