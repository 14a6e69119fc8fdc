"""What a column of a scenario table, or a key of its settings, may hold."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class ColumnKind(StrEnum):
    """How the text of a cell is read."""

    ID = "id"
    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    WHOLE = "whole"
    FLAG = "flag"
    TIME = "time"
    TIMES = "times"
    DATE = "date"
    GEOMETRY = "geometry"
    TEXTS = "texts"


Default = str | float | bool | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Column:
    """
    One column or key.

    Attributes
    ----------
    name : str
        As written in the file.
    kind : ColumnKind
        How its text is read.
    meaning : str
        What it says, for people.
    unit : str
        Unit in the file; empty where it has none.
    default : str, float, bool, tuple of str or None
        Used where the cell is empty or the column is absent; None where a value must be given.
    low, high : float
        Range of a number, inclusive.
    low_open : bool
        The lower end itself is not allowed.
    choices : tuple of str
        Allowed words of a choice.
    refers_to : tuple of str
        Files one of which must hold this id; checked when the cell is not empty.
    in_model : bool
        False where the program does not use the column: it is read and written back as it stands.
    """

    name: str
    kind: ColumnKind
    meaning: str
    unit: str = ""
    default: Default = None
    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    choices: tuple[str, ...] = ()
    refers_to: tuple[str, ...] = ()
    in_model: bool = True

    @property
    def required(self) -> bool:
        """True where every row must give a value."""
        return self.default is None


@dataclass(frozen=True, slots=True)
class Table:
    """
    One CSV file of the scenario folder.

    Attributes
    ----------
    file : str
        File name.
    meaning : str
        What a row is.
    columns : tuple of Column
        In the order they are written; the first holds the row's id.
    required : bool
        False where the file may be missing.
    most_rows : int
        More rows than this are no district, but a mistake.
    """

    file: str
    meaning: str
    columns: tuple[Column, ...]
    required: bool
    most_rows: int

    @property
    def id_column(self) -> Column:
        """The column that names a row."""
        return self.columns[0]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the known columns, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """
        A column by its name.

        Parameters
        ----------
        name : str
            As written in the file.

        Returns
        -------
        Column
            Its declaration.

        Raises
        ------
        KeyError
            If the table has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Section:
    """
    One section of ``scenario.toml``.

    Attributes
    ----------
    name : str
        Dotted name; empty for the top of the file.
    meaning : str
        What it is about.
    keys : tuple of Column
        Its keys.
    many : str
        ``""`` for one section, ``"list"`` for ``[[name]]``, ``"named"`` for ``[name.<id>]``.
    required : bool
        False where the section may be missing.
    """

    name: str
    meaning: str
    keys: tuple[Column, ...]
    many: str = ""
    required: bool = False
