"""Tables that somebody else made: CSV or Excel, any delimiter, two encodings, headers below a title."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from safepassage.errors import Fault, InputError
from safepassage.formats.excel_grid import excel_grid
from safepassage.formats.fault_list import FaultList
from safepassage.formats.foreign_file import bytes_of, unusable
from safepassage.i18n import _

_HEADER_WITHIN = 30
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class ForeignTable:
    """
    A table as text, its columns named by what they mean.

    Attributes
    ----------
    file : str
        Its name.
    rows : tuple of (int, mapping of str to str)
        Row number as a spreadsheet shows it, and cells by meaning; empty rows are left out.
    columns : tuple of str
        Meanings that were found.
    unused : tuple of str
        Headers of columns that mean nothing to the program.
    """

    file: str
    rows: tuple[tuple[int, Mapping[str, str]], ...]
    columns: tuple[str, ...]
    unused: tuple[str, ...]


def read_foreign_table(
    path: Path,
    meanings: Mapping[str, Sequence[str]],
    required: Sequence[str],
    faults: FaultList,
    *,
    content: bytes | None = None,
) -> ForeignTable:
    """
    Read a table whose columns may be named in many ways.

    Parameters
    ----------
    path : Path
        ``.csv``, ``.tsv``, ``.txt`` or ``.xlsx``.
    meanings : mapping of str to sequence of str
        For each meaning, the headers that stand for it; compared without case, blanks and signs.
    required : sequence of str
        Meanings one of which marks the row of headers.
    faults : FaultList
        Receives warnings.
    content : bytes, optional
        What the file holds, where it must not lie on a disk; ``path`` is only its name then.

    Returns
    -------
    ForeignTable
        The first row with at least one required header and the most known headers is the header row.

    Raises
    ------
    InputError
        If the file cannot be read or has no such row.
    """
    known = {
        folded_header(word): meaning for meaning, words in meanings.items() for word in (meaning, *words)
    }
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        grid = excel_grid(
            path, lambda cells: _find_header(cells, known, required)[0] >= 0, faults, content=content
        )
    else:
        grid = _csv_grid(path, bytes_of(path) if content is None else content, faults)
    header_at, header = _find_header(grid, known, required)
    if header_at < 0:
        problem = _("no row of headers was found")
        words = ", ".join(sorted({word for name in required for word in (name, *meanings[name])}))
        raise InputError([
            Fault(path.name, 0, "", "", problem, _("name a column one of: {words}").format(words=words))
        ])  # fmt: skip
    place: dict[str, int] = {}
    for column, meaning in enumerate(header):
        if meaning in place:
            words = grid[header_at][column]
            problem = _("a second column means {meaning}; the first is used").format(meaning=meaning)
            faults.warning(path.name, header_at + 1, words, "", problem, _("remove one of them"))
        elif meaning:
            place[meaning] = column
    rows = []
    for number, cells in enumerate(grid[header_at + 1 :], start=header_at + 2):
        values = {meaning: cells[column].strip() for meaning, column in place.items() if column < len(cells)}
        if any(values.values()):
            rows.append((number, values))
        if any("\n" in value for value in values.values()):
            problem = _("a cell runs over several lines")
            remedy = _("check that each quotation mark before it is closed")
            faults.warning(path.name, number, "", "", problem, remedy)
    unused = tuple(
        word for word, meaning in zip(grid[header_at], header, strict=False) if word.strip() and not meaning
    )
    return ForeignTable(path.name, tuple(rows), tuple(place), unused)


def folded_header(text: str) -> str:
    """A header without case, blanks, signs and accents."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", "", plain)


def _find_header(
    grid: Sequence[Sequence[str]], known: Mapping[str, str], required: Sequence[str]
) -> tuple[int, list[str]]:
    best, best_score, names = -1, 0, [""]
    for number, cells in enumerate(grid[:_HEADER_WITHIN]):
        found = [known.get(folded_header(cell), "") for cell in cells]
        score = len(set(found) - {""})
        if score > best_score and set(found) & set(required):
            best, best_score, names = number, score, found
    return best, names


def _csv_grid(path: Path, data: bytes, faults: FaultList) -> list[list[str]]:
    text = _decoded(path, data, faults)
    if "\0" in text:
        raise unusable(path, _("the file is no text"), _("save it as CSV in UTF-8"))
    sample = "\n".join(text.splitlines()[:_HEADER_WITHIN])
    delimiter = max(_DELIMITERS, key=sample.count)
    try:
        return [list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
    except csv.Error as error:
        problem = _("the file is no CSV ({reason})").format(reason=error)
        raise unusable(path, problem, _("save it as CSV in UTF-8")) from error


def _decoded(path: Path, data: bytes, faults: FaultList) -> str:
    """UTF-8 or UTF-16; lines that are neither are CP1251, line by line, for files get pasted together."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        lines = []
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            # 0x98 alone has no meaning in CP1251.
            lines.append(line.decode("cp1251", errors="replace"))
            problem = _("the row is not UTF-8; it was read as CP1251: {text}").format(text=lines[-1][:40])
            faults.warning(path.name, number, "", "", problem, _("check its letters; save as UTF-8"))
    return "\n".join(lines)
