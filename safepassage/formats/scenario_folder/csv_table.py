"""Reads one CSV table in bounded memory: records to typed columns, with a fault for all that is wrong."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from safepassage.formats.fault_list import FaultList, remedy_for_name
from safepassage.formats.scenario_folder.cells import CellReader, Cells
from safepassage.formats.scenario_folder.columns import Table
from safepassage.formats.scenario_folder.text_file import is_readable_text
from safepassage.i18n import _
from safepassage.progress import Progress

_ROWS_A_CHUNK = 20_000
_MOST_ERRORS = 50_000


@dataclass(slots=True)
class TypedTable:
    """
    The columns of one table, each as long as the table.

    Attributes
    ----------
    table : Table
        Its declaration.
    row : int64[n]
        Row of each record as a spreadsheet shows it.
    values : dict of str to ndarray or list of str
        Numbers, flags and times (s since the start) as float64, everything else as text. Cells that
        could not be read hold NaN or an empty text.
    kept : dict of str to list of str
        Columns that the program does not use, as written.
    present : bool
        False where the file does not exist.
    usable : bool
        False where required columns or the whole file could not be read: nothing can be said of it.
    """

    table: Table
    row: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    values: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, list[str]] = field(default_factory=dict)
    present: bool = True
    usable: bool = True

    @property
    def n_rows(self) -> int:
        """Number of records."""
        return len(self.row)

    @property
    def ids(self) -> list[str]:
        """The id of each record."""
        return self.texts(self.table.id_column.name)

    def texts(self, column: str) -> list[str]:
        """A column of text."""
        values: list[str] = self.values[column]
        return values

    def numbers(self, column: str) -> npt.NDArray[np.float64]:
        """A column of numbers, flags or times."""
        values: npt.NDArray[np.float64] = self.values[column]
        return values


def empty_table(table: Table, *, present: bool, usable: bool) -> TypedTable:
    """
    A table without rows.

    Parameters
    ----------
    table : Table
        Its declaration.
    present, usable : bool
        See `TypedTable`.

    Returns
    -------
    TypedTable
        Every known column, empty.
    """
    values = {column.name: Cells(column).joined() for column in table.columns}
    return TypedTable(table, values=values, present=present, usable=usable)


def read_table(
    path: Path, table: Table, reader: CellReader, faults: FaultList, progress: Progress
) -> TypedTable:
    """
    Read a table of the scenario folder.

    Parameters
    ----------
    path : Path
        The file, which exists.
    table : Table
        Its declaration.
    reader : CellReader
        Turns text into values.
    faults : FaultList
        Receives what is wrong.
    progress : Progress
        Told of every chunk of rows.

    Returns
    -------
    TypedTable
        Not usable where the file cannot be read at all.
    """
    if not is_readable_text(path, faults):
        return empty_table(table, present=True, usable=False)
    progress.start(_("Reading {file}").format(file=table.file), path.stat().st_size)
    with path.open("rb") as data, TextIOWrapper(data, "utf-8-sig", newline="") as stream:
        records = csv.reader(stream, strict=True)
        header = _read_header(records, table, faults)
        if header is None:
            return empty_table(table, present=True, usable=False)
        return _read_rows(records, header, table, reader, faults, progress, data.tell)


def _read_header(records: Iterator[list[str]], table: Table, faults: FaultList) -> list[str] | None:
    try:
        header = [name.strip() for name in next(records, [])]
    except csv.Error as error:
        faults.error(table.file, 1, "", "", _csv_problem(error), _csv_remedy())
        return None
    known = set(table.column_names)
    if not known & set(header):
        for mark, name in ((";", _("semicolons")), ("\t", _("tabs"))):
            if known & set("".join(header).split(mark)):
                problem = _("columns are separated by {mark}, not commas").format(mark=name)
                faults.error(table.file, 1, "", "", problem, _("save it as CSV UTF-8 with commas"))
                return None
    complete = True
    for name in sorted({name for name in header if name and header.count(name) > 1}):
        faults.error(table.file, 1, name, "", _("the column appears twice"), _("remove one of them"))
        complete = False
    unknown = [name for name in header if name and name not in known]
    missing = [column.name for column in table.columns if column.required and column.name not in header]
    for name in missing:
        faults.error(table.file, 1, name, "", _("the column is missing"), _missing_remedy(name, unknown))
        complete = False
    for name in unknown:
        free = [column for column in known if column not in header]
        remedy = remedy_for_name(name, free) if name not in missing else ""
        problem = _("the column is not known; it is kept but not used")
        faults.warning(table.file, 1, name, "", problem, remedy or _("correct it or remove it"))
    if "" in header:
        problem = _("a column has no name; it is left out")
        faults.warning(table.file, 1, "", "", problem, _("name it or remove it"))
    return header if complete else None


def _missing_remedy(name: str, unknown: list[str]) -> str:
    alike = remedy_for_name(name, unknown) if unknown else ""
    return alike or _("add it to the header")


def _read_rows(
    records: Iterator[list[str]],
    header: list[str],
    table: Table,
    reader: CellReader,
    faults: FaultList,
    progress: Progress,
    tell: Callable[[], int],
) -> TypedTable:
    known = set(table.column_names)
    place = {name: k for k, name in enumerate(header) if name}
    cells = {column.name: Cells(column) for column in table.columns}
    kept: dict[str, list[str]] = {
        name: [] for name in place if name not in known or not table.column(name).in_model
    }
    shared: dict[str, str] = {}
    row_numbers = []
    usable = True
    n_rows = told = 0
    for rows, numbers in _chunks(records, header, table, faults):
        n_rows += len(rows)
        if n_rows > table.most_rows:
            problem = _("the table has more than {limit} rows").format(limit=table.most_rows)
            faults.error(table.file, 0, "", "", problem, _("keep only the district's rows"))
            usable = False
            break
        if faults.errors_in(table.file) > _MOST_ERRORS:
            problem = _("there are too many faults; rows from {row} on were not read").format(row=numbers[0])
            faults.error(table.file, 0, "", "", problem, _("repair those shown first, then check again"))
            usable = False
            break
        columns = list(zip(*rows, strict=True))
        row = np.array(numbers, dtype=np.int64)
        row_numbers.append(row)
        for column in table.columns:
            if column.name in place:
                cells[column.name].append(
                    reader.read(column, columns[place[column.name]], row, table.file, faults)
                )
            else:
                cells[column.name].append_default(len(rows))
        for name, values in kept.items():
            values.extend(shared.setdefault(text, text) for text in columns[place[name]])
        progress.advance(tell() - told)
        told = tell()
    return TypedTable(
        table,
        row=np.concatenate(row_numbers) if row_numbers else np.zeros(0, np.int64),
        values={name: column_cells.joined() for name, column_cells in cells.items()},
        kept=kept,
        usable=usable,
    )


def _chunks(
    records: Iterator[list[str]], header: list[str], table: Table, faults: FaultList
) -> Iterator[tuple[list[list[str]], list[int]]]:
    rows: list[list[str]] = []
    numbers: list[int] = []
    number = 1
    width = len(header)
    while True:
        number += 1
        try:
            record = next(records, None)
        except csv.Error as error:
            faults.error(table.file, number, "", "", _csv_problem(error), _csv_remedy())
            continue
        if record is None:
            break
        if len(record) != width:
            # Spreadsheets leave blank lines at the end; they say nothing.
            if any(text.strip() for text in record):
                problem = _("the row has {found} cells, the header {expected}").format(
                    found=len(record), expected=width
                )
                remedy = _("give as many; put a cell that holds a comma in quotes")
                faults.error(table.file, number, "", "", problem, remedy)
            continue
        if not any(record):
            continue
        rows.append(record)
        numbers.append(number)
        if len(rows) == _ROWS_A_CHUNK:
            yield rows, numbers
            rows, numbers = [], []
    if rows:
        yield rows, numbers


def _csv_problem(error: csv.Error) -> str:
    return _("the row is not valid CSV ({reason})").format(reason=error)


def _csv_remedy() -> str:
    return _("close every quote and double the quotes inside a quoted cell")
