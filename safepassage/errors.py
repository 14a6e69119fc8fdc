"""
One tree of errors; each message names the item, the value and the remedy.

Library code raises these and never exits; the command line and the web map them to exit codes and
responses in one table each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """
    One thing that is wrong with an input.

    Attributes
    ----------
    file : str
        File name inside the scenario folder, or the document's name.
    row : int
        Line in the file as a spreadsheet shows it (the header is row 1); 0 where no row applies.
    column : str
        Column or key; empty where none applies.
    value : str
        The offending value as written.
    problem : str
        What is wrong, in words.
    remedy : str
        What to do about it.
    severity : str
        ``"error"`` stops the work, ``"warning"`` does not.
    """

    file: str
    row: int
    column: str
    value: str
    problem: str
    remedy: str
    severity: str = "error"

    def __str__(self) -> str:
        place = self.file
        if self.row:
            place += f" row {self.row}"
        if self.column:
            place += f", {self.column}"
        shown = f" is {self.value!r}" if self.value else ""
        return f"{place}{shown}: {self.problem}; {self.remedy}"


class SafepassageError(Exception):
    """Root of every error that Safepassage raises on purpose."""


class InputError(SafepassageError):
    """
    The input cannot be used; carries every fault that was found.

    Parameters
    ----------
    faults : sequence of Fault
        At least one; all faults of an input are reported together.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        if not faults:
            raise ValueError("an InputError needs at least one fault")
        self.faults: tuple[Fault, ...] = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class InfeasibleError(SafepassageError):
    """No plan exists: nobody can be brought to any destination."""


class OutputError(SafepassageError):
    """A result could not be written; nothing half-written was left behind."""


class ModelError(SafepassageError, ValueError):
    """A model object was built from values that contradict each other (a caller's mistake)."""
