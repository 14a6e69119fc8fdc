"""Collects everything that is wrong with an input; stays small however broken the input is."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable

from safepassage.errors import Fault
from safepassage.i18n import _, ngettext

SHOWN_A_COLUMN = 20
_LONGEST_VALUE = 80


class FaultList:
    """
    Faults in the order they were found, at most `SHOWN_A_COLUMN` of each column and severity.

    Parameters
    ----------
    files : sequence of str
        Order in which files are reported.
    """

    def __init__(self, files: Iterable[str] = ()) -> None:
        self._order = {file: place for place, file in enumerate(files)}
        self._shown: list[Fault] = []
        self._count: Counter[tuple[str, str, str]] = Counter()

    @property
    def has_errors(self) -> bool:
        """True where anything stops the work."""
        return any(severity == "error" for _file, _column, severity in self._count)

    def errors_in(self, file: str) -> int:
        """Number of errors of a file."""
        return sum(count for key, count in self._count.items() if key[0] == file and key[2] == "error")

    def is_full(self, file: str, column: str) -> bool:
        """True where further errors of a column are only counted, so that their words need no work."""
        return self._count[file, column, "error"] >= SHOWN_A_COLUMN

    def error(self, file: str, row: int, column: str, value: str, problem: str, remedy: str) -> None:
        """
        Note something that stops the work.

        Parameters
        ----------
        file : str
            File name.
        row : int
            Row as a spreadsheet counts; 0 where none applies.
        column : str
            Column or key.
        value : str
            As written.
        problem, remedy : str
            In words.
        """
        self._add("error", file, row, column, value, problem, remedy)

    def warning(self, file: str, row: int, column: str, value: str, problem: str, remedy: str) -> None:
        """
        Note something doubtful that does not stop the work.

        Parameters
        ----------
        file : str
            File name.
        row : int
            Row as a spreadsheet counts; 0 where none applies.
        column : str
            Column or key.
        value : str
            As written.
        problem, remedy : str
            In words.
        """
        self._add("warning", file, row, column, value, problem, remedy)

    def _add(
        self, severity: str, file: str, row: int, column: str, value: str, problem: str, remedy: str
    ) -> None:
        key = (file, column, severity)
        self._count[key] += 1
        if self._count[key] <= SHOWN_A_COLUMN:
            shown = value if len(value) <= _LONGEST_VALUE else value[:_LONGEST_VALUE] + "…"
            self._shown.append(Fault(file, row, column, shown, problem, remedy, severity))

    def collected(self) -> tuple[Fault, ...]:
        """
        Everything noted, by file and row.

        Returns
        -------
        tuple of Fault
            A last entry for each column with more faults than are shown tells how many more.
        """
        faults = sorted(
            self._shown, key=lambda fault: (self._order.get(fault.file, len(self._order)), fault.row)
        )
        for (file, column, severity), count in self._count.items():
            more = count - SHOWN_A_COLUMN
            if more > 0:
                problem = ngettext("and {more} more like these", "and {more} more like these", more)
                remedy = _("repair those shown first, then check again")
                faults.append(Fault(file, 0, column, "", problem.format(more=more), remedy, severity))
        return tuple(faults)


def nearest(name: str, known: Iterable[str]) -> str:
    """
    The known name most like a given one.

    Parameters
    ----------
    name : str
        As written.
    known : iterable of str
        Names to choose from.

    Returns
    -------
    str
        Empty where none is alike.
    """
    folded = {word.casefold(): word for word in known}
    found = difflib.get_close_matches(name.casefold(), folded, 1, 0.6)
    return folded[found[0]] if found else ""


def remedy_for_name(name: str, known: Iterable[str]) -> str:
    """
    What to do about an unknown name.

    Parameters
    ----------
    name : str
        As written.
    known : iterable of str
        Names to choose from.

    Returns
    -------
    str
        Names the nearest known one, or all of a short list.
    """
    words = list(known)
    found = nearest(name, words) if len(words) <= 5000 else ""
    if found:
        return _("did you mean {name}?").format(name=found)
    if words and len(words) <= 12:
        return _("choose one of {names}").format(names=", ".join(words))
    return _("correct it or remove it")
