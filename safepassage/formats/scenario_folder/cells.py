"""Turns the text of cells into values, a chunk of a column at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from safepassage.errors import ModelError
from safepassage.formats.clock import parse_time, seconds_since
from safepassage.formats.fault_list import FaultList, remedy_for_name
from safepassage.formats.scenario_folder.columns import Column, ColumnKind
from safepassage.formats.scenario_folder.values import (
    number_or_none,
    number_problem,
    range_words,
    text_problem,
    time_problem,
    time_remedy,
)
from safepassage.formats.wkt import parse_line
from safepassage.i18n import _

NUMERIC_KINDS = (ColumnKind.NUMBER, ColumnKind.WHOLE, ColumnKind.FLAG, ColumnKind.TIME)
_FLAGS = {"1": 1.0, "true": 1.0, "yes": 1.0, "0": 0.0, "false": 0.0, "no": 0.0}
# Names of classes and nodes repeat, ids of links do not: beyond this many, further texts are unique.
_MOST_SHARED = 200_000
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

Texts = Sequence[str]
Values = npt.NDArray[np.float64] | list[str]


class Cells:
    """
    Grows a column chunk by chunk.

    Parameters
    ----------
    column : Column
        Its declaration.
    """

    def __init__(self, column: Column) -> None:
        self._column = column
        self._numeric = column.kind in NUMERIC_KINDS
        self._arrays: list[npt.NDArray[np.float64]] = []
        self._texts: list[str] = []

    def append(self, values: Values) -> None:
        """Add a chunk."""
        if isinstance(values, list):
            self._texts.extend(values)
        else:
            self._arrays.append(values)

    def append_default(self, count: int) -> None:
        """Add empty cells."""
        if self._numeric:
            self._arrays.append(np.full(count, _default_number(self._column)))
        else:
            self._texts.extend([str(self._column.default or "")] * count)

    def joined(self) -> Values:
        """The whole column."""
        if not self._numeric:
            return self._texts
        return np.concatenate(self._arrays) if self._arrays else np.zeros(0)


class CellReader:
    """
    Reads cells of every kind.

    Parameters
    ----------
    start : datetime or None
        Time zero; None where it could not be read, so that times are only checked.
    """

    def __init__(self, start: datetime | None) -> None:
        self._start = start or _EPOCH
        self._shared: dict[str, str] = {}

    def read(
        self, column: Column, texts: Texts, row: npt.NDArray[np.int64], file: str, faults: FaultList
    ) -> Values:
        """
        Read a chunk of a column.

        Parameters
        ----------
        column : Column
            Its declaration.
        texts : sequence of str
            As written.
        row : int64[n]
            Rows of the cells in the file.
        file : str
            File name, for faults.
        faults : FaultList
            Receives what is wrong.

        Returns
        -------
        float64[n] or list of str
            Cells that cannot be read become NaN or empty.
        """

        def report(index: int, problem: str, remedy: str) -> None:
            faults.error(file, int(row[index]), column.name, texts[index], problem, remedy)

        if column.kind in (ColumnKind.NUMBER, ColumnKind.WHOLE):
            return _numbers(column, texts, report)
        if column.kind == ColumnKind.FLAG:
            return _mapped(column, texts, _FLAGS, report)
        if column.kind == ColumnKind.TIME:
            return self._times(column, texts, report)
        values = self._texts(column, texts, report)
        if column.kind == ColumnKind.TEXT:
            _warn_of_breaks(column, texts, row, file, faults)
        return values

    def _times(self, column: Column, texts: Texts, report: Callable[[int, str, str], None]) -> Values:
        values = np.full(len(texts), _default_number(column))
        for index, text in enumerate(texts):
            if text.strip():
                problem = time_problem(text)
                if problem:
                    report(index, problem, time_remedy())
                    values[index] = math.nan
                else:
                    values[index] = seconds_since(self._start, parse_time(text))
            elif column.required:
                report(index, *_empty(column))
                values[index] = math.nan
        return values

    def _texts(self, column: Column, texts: Texts, report: Callable[[int, str, str], None]) -> list[str]:
        # Control characters are rare: one look at the whole chunk spares a look at every cell.
        suspicious = not "".join(texts).isprintable()
        check = _TEXT_CHECKS.get(column.kind)
        if not suspicious and not check and not (column.required and "" in texts):
            return self._shared_texts(texts)
        seen: dict[str, tuple[str, str] | None] = {"": _empty(column) if column.required else None}
        values = list(texts)
        for index, text in enumerate(texts):
            if text not in seen:
                trouble = text_problem(text, is_id=column.kind == ColumnKind.ID) if suspicious else None
                seen[text] = trouble or (check(column, text) if check else None)
            trouble = seen[text]
            if trouble:
                report(index, *trouble)
                values[index] = ""
            elif not text:
                values[index] = str(column.default or "")
        return self._shared_texts(values)

    def _shared_texts(self, texts: Texts) -> list[str]:
        """The same texts, those that repeat held once in memory."""
        shared = self._shared
        if len(shared) < _MOST_SHARED:
            return [shared.setdefault(text, text) for text in texts]
        return [shared.get(text, text) for text in texts]


def _default_number(column: Column) -> float:
    return math.nan if column.default is None else float(column.default)  # type: ignore[arg-type]


def _empty(column: Column) -> tuple[str, str]:
    if column.kind in (ColumnKind.NUMBER, ColumnKind.WHOLE):
        return _("the cell is empty"), _("give {range}").format(range=range_words(column))
    return _("the cell is empty"), _("fill it in")


def _numbers(column: Column, texts: Texts, report: Callable[[int, str, str], None]) -> Values:
    default = None if column.required else _default_number(column)
    joined = "".join(texts)
    try:
        # float() also takes "1_000" and digits of other scripts, which other programs do not.
        if "_" in joined or not joined.isascii():
            raise ValueError(joined)
        if default is None:
            values = np.array([float(text) for text in texts])
        else:
            values = np.array([float(text) if text else default for text in texts])
    except ValueError:
        values = np.array([_number(column, index, text, report) for index, text in enumerate(texts)])
    below = values <= column.low if column.low_open else values < column.low
    wrong = below | (values > column.high) | ~np.isfinite(values)
    if column.kind == ColumnKind.WHOLE:
        with np.errstate(invalid="ignore"):
            wrong |= values != np.floor(values)
    for index in np.flatnonzero(wrong).tolist():
        if texts[index].strip() and number_or_none(texts[index]) is not None:
            report(index, *number_problem(column, float(values[index])))
            values[index] = math.nan
    return values


def _number(column: Column, index: int, text: str, report: Callable[[int, str, str], None]) -> float:
    if not text.strip():
        if column.required:
            report(index, *_empty(column))
        return _default_number(column)
    value = number_or_none(text)
    if value is None:
        problem, remedy = _("this is no number"), _("give {range}").format(range=range_words(column))
        pointed = text.replace(",", ".")
        if number_or_none(pointed) is not None:
            remedy = _("write the decimal point: {number}").format(number=pointed.strip())
        report(index, problem, remedy)
        return math.nan
    return value


def _mapped(
    column: Column, texts: Texts, known: dict[str, float], report: Callable[[int, str, str], None]
) -> Values:
    values = np.empty(len(texts))
    for index, text in enumerate(texts):
        word = text.strip().lower()
        value = known.get(word)
        if value is None:
            value = _default_number(column)
            if word:
                report(index, _("this is neither yes nor no"), _("write 1 or 0"))
            elif column.required:
                report(index, *_empty(column))
        values[index] = value
    return values


def _warn_of_breaks(
    column: Column, texts: Texts, row: npt.NDArray[np.int64], file: str, faults: FaultList
) -> None:
    joined = "".join(texts)
    if "\n" not in joined and "\r" not in joined:
        return
    for index, text in enumerate(texts):
        if "\n" in text or "\r" in text:
            problem = _("the text holds a line break")
            faults.warning(file, int(row[index]), column.name, text, problem, _("write it on one line"))


def _check_choice(column: Column, text: str) -> tuple[str, str] | None:
    if text in column.choices:
        return None
    return _("the word is not known"), remedy_for_name(text, column.choices)


def _check_times(_column: Column, text: str) -> tuple[str, str] | None:
    moments = []
    for part in text.split(";"):
        problem = time_problem(part)
        if problem:
            return problem, time_remedy()
        moments.append(parse_time(part))
    if moments != sorted(moments):
        return _("the times do not ascend"), _("put the earliest first")
    return None


def _check_date(_column: Column, text: str) -> tuple[str, str] | None:
    try:
        date.fromisoformat(text)
    except ValueError:
        return _("this is no date"), _("write it as 2023-08-09")
    return None


def _check_geometry(_column: Column, text: str) -> tuple[str, str] | None:
    try:
        parse_line(text)
    except ModelError:
        return _("this is no line"), _("write it as LINESTRING (37.6 49.7, 37.7 49.8), longitude first")
    return None


_TEXT_CHECKS: dict[ColumnKind, Any] = {
    ColumnKind.CHOICE: _check_choice,
    ColumnKind.TIMES: _check_times,
    ColumnKind.DATE: _check_date,
    ColumnKind.GEOMETRY: _check_geometry,
}
