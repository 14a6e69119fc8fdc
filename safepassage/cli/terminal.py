"""
What a person sees, or a machine reads.

Results go to standard output, everything else to standard error. With ``--json`` standard output holds
exactly one JSON document, whatever happens.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from safepassage.cli.exit_codes import ExitCode
from safepassage.errors import Fault
from safepassage.i18n import _, ngettext
from safepassage.progress import NoProgress, Progress

if TYPE_CHECKING:
    from rich.console import Console

# Below this width six columns break words; one line a fault reads better.
TABLE_WIDTH = 110
FAULTS_SHOWN = 200


def inert(text: str) -> str:
    """Text without control characters: a name from a table must not drive the reader's terminal."""
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)


@dataclass(slots=True)
class Terminal:
    """
    Where one run of a command shows itself.

    Attributes
    ----------
    as_json : bool
        Speak to a machine.
    """

    as_json: bool = False

    def done(self, code: ExitCode, facts: Mapping[str, object], sentences: Sequence[str]) -> None:
        """
        Show the result of a command.

        Parameters
        ----------
        code : ExitCode
            What the shell will be told.
        facts : mapping
            The result for machines, JSON values by name.
        sentences : sequence of str
            The result for people.
        """
        if self.as_json:
            self._document(code, facts)
            return
        for sentence in sentences:
            sys.stdout.write(inert(sentence) + "\n")

    def failed(self, code: ExitCode, message: str, faults: Sequence[Fault] = ()) -> None:
        """
        Show why a command stopped.

        Parameters
        ----------
        code : ExitCode
            What the shell will be told.
        message : str
            The reason and the remedy, in the reader's language.
        faults : sequence of Fault
            Everything that is wrong with the input.
        """
        if self.as_json:
            self._document(code, {"message": message, "faults": [asdict(fault) for fault in faults]})
            return
        self.faults(faults)
        for line in message.splitlines():
            sys.stderr.write(inert(line) + "\n")

    def faults(self, faults: Sequence[Fault]) -> None:
        """
        List faults for a person.

        Parameters
        ----------
        faults : sequence of Fault
            Errors and warnings, in the order to show them.
        """
        if not faults:
            return
        console = _console()
        if console.is_terminal and console.width >= TABLE_WIDTH:
            _print_table(console, faults[:FAULTS_SHOWN])
        else:
            for fault in faults[:FAULTS_SHOWN]:
                sys.stderr.write(_line(fault) + "\n")
        hidden = len(faults) - FAULTS_SHOWN
        if hidden > 0:
            more = ngettext(
                "and {count} more; --json lists all", "and {count} more; --json lists all", hidden
            )
            sys.stderr.write(more.format(count=hidden) + "\n")

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """
        Show the progress of long work while the block runs, if somebody can see it.

        Yields
        ------
        Progress
            The observer to hand to a workflow.
        """
        console = _console()
        if self.as_json or not console.is_terminal:
            yield NoProgress()
            return
        from safepassage.cli.progress_bar import ProgressBar

        with ProgressBar(console) as bar:
            yield bar

    def _document(self, code: ExitCode, facts: Mapping[str, object]) -> None:
        document = {"status": code.name.lower(), "exit_code": int(code), **facts}
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def _console() -> Console:
    from rich.console import Console

    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def _severity(fault: Fault) -> str:
    return _("warning") if fault.severity == "warning" else _("error")


def _line(fault: Fault) -> str:
    place = fault.file
    if fault.row:
        place = _("{file} row {row}").format(file=fault.file, row=fault.row)
    subject = ", ".join(part for part in (place, fault.column) if part)
    shown = f" = {fault.value!r}" if fault.value else ""
    return inert(f"{_severity(fault)}: {subject}{shown}: {fault.problem}; {fault.remedy}")


def _print_table(console: Console, faults: Sequence[Fault]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(show_lines=False)
    for title in ("", _("File"), _("Row"), _("Column"), _("Value"), _("What is wrong"), _("What to do")):
        table.add_column(title, overflow="fold")
    for fault in faults:
        style = "yellow" if fault.severity == "warning" else "red"
        row = str(fault.row) if fault.row else ""
        cells = (fault.file, row, fault.column, fault.value, fault.problem, fault.remedy)
        table.add_row(Text(_severity(fault), style=style), *(Text(inert(cell)) for cell in cells))
    console.print(table)
