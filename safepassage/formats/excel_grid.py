"""Sheets of Excel as grids of text: merged cells, several sheets, formulas without values, bombs."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from safepassage.errors import InputError
from safepassage.formats.fault_list import FaultList
from safepassage.formats.foreign_file import bytes_of, unusable
from safepassage.i18n import _

_LARGEST_CELLS_BYTES = 1_000_000_000
# In a running service many read at once.
_LARGEST_CELLS_BYTES_IN_MEMORY = 64_000_000
_REMEDY_LENGTH = 200

Grid = list[list[str]]


def excel_grid(
    path: Path, is_table: Callable[[Grid], bool], faults: FaultList, *, content: bytes | None = None
) -> Grid:
    """
    Read a sheet of a workbook.

    Parameters
    ----------
    path : Path
        ``.xlsx`` or ``.xlsm``.
    is_table : callable
        Tells whether a sheet holds what is wanted; the first that does is taken, else the first of all.
    faults : FaultList
        Receives warnings, and errors for formulas without a value.
    content : bytes, optional
        What the workbook holds, where it must not lie on a disk; ``path`` is only its name then.

    Returns
    -------
    list of list of str
        Cells as text. Words that are merged down stand in every row; numbers stand once, for they would be
        counted again.

    Raises
    ------
    InputError
        If it is no workbook, unpacks to too much, or holds formulas that nobody has computed.

    Notes
    -----
    openpyxl reads the XML inside with defusedxml, which refuses entities.
    """
    if content is None:
        content, largest = bytes_of(path), _LARGEST_CELLS_BYTES
    else:
        largest = _LARGEST_CELLS_BYTES_IN_MEMORY
    _refuse_bombs(path, content, largest)
    book = _loaded(path, content, values=True)
    sheets = [(sheet, _texts(sheet)) for sheet in book.worksheets]
    if not sheets:
        raise unusable(path, _("the workbook has no sheet"), _("save it as .xlsx or as CSV in UTF-8"))
    sheet, grid = next((pair for pair in sheets if is_table(pair[1])), sheets[0])
    if len(sheets) > 1:
        problem = _("the workbook has several sheets; only {name} is read").format(name=sheet.title)
        faults.warning(path.name, 0, "", "", problem, _("put everything on one sheet"))
    _require_values(path, content, sheet.title, grid, faults)
    _spread_merged(path, sheet, grid, faults)
    return grid


def _loaded(path: Path, content: bytes, *, values: bool) -> Any:  # noqa: ANN401 - openpyxl has no types
    try:
        return openpyxl.load_workbook(io.BytesIO(content), data_only=values)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, InvalidFileException) as error:
        reason = str(error).partition("\n")[0].replace(str(path), path.name)[:_REMEDY_LENGTH]
        problem = _("the workbook cannot be read ({reason})").format(reason=reason)
        raise unusable(path, problem, _("save it as .xlsx or as CSV in UTF-8")) from error


def _texts(sheet: Any) -> Grid:  # noqa: ANN401 - openpyxl has no types
    return [[_cell_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _require_values(
    path: Path, content: bytes, title: str, grid: Sequence[Sequence[str]], faults: FaultList
) -> None:
    """A formula that no spreadsheet has computed reads as an empty cell: people would be lost in silence."""
    empty = False
    formulas = _texts(_loaded(path, content, values=False)[title])
    for row, cells in enumerate(formulas):
        for column, text in enumerate(cells):
            if text.startswith("=") and not grid[row][column]:
                empty = True
                problem = _("the formula has no value yet")
                remedy = _("open the workbook, let it compute, and save it; or write the number")
                faults.error(path.name, row + 1, get_column_letter(column + 1), text, problem, remedy)
    if empty:
        raise InputError(faults.collected())


def _spread_merged(path: Path, sheet: Any, grid: Grid, faults: FaultList) -> None:  # noqa: ANN401
    merged = list(sheet.merged_cells.ranges)
    for area in merged:
        top = grid[area.min_row - 1][area.min_col - 1]
        # What is merged across is a title over columns with headers of their own; down, it holds for all.
        if area.min_col != area.max_col or not top:
            continue
        if re.fullmatch(r"[\d\s.,'’+-]+", top):
            problem = _("one number stands for several rows; it was counted in the first alone")
            remedy = _("write the number of each row")
            faults.warning(path.name, area.min_row, get_column_letter(area.min_col), top, problem, remedy)
            continue
        for row in range(area.min_row - 1, area.max_row):
            grid[row][area.min_col - 1] = top
    if merged:
        problem = _("the sheet has merged cells; check what was read")
        faults.warning(path.name, merged[0].min_row, "", "", problem, _("undo the merging"))


def _refuse_bombs(path: Path, content: bytes, largest: int) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
    except (OSError, zipfile.BadZipFile) as error:
        problem = _("the workbook cannot be read ({reason})").format(reason=error)
        raise unusable(path, problem, _("save it as .xlsx or as CSV in UTF-8")) from error
    if unpacked > largest:
        problem = _("the workbook unpacks to {size} MB").format(size=unpacked // 1_000_000)
        raise unusable(path, problem, _("give a workbook with the table alone"))
