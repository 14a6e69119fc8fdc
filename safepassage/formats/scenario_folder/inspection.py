"""What the checks across rows and files share: the tables, their ids, and where faults go."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

import numpy as np

from safepassage.formats.fault_list import FaultList, remedy_for_name
from safepassage.formats.numbers import shortest
from safepassage.formats.scenario_folder.build import Tables, directed_links
from safepassage.formats.scenario_folder.csv_table import TypedTable
from safepassage.formats.scenario_folder.schema import SETTINGS_FILE
from safepassage.formats.scenario_folder.settings import Settings
from safepassage.i18n import _


class Inspection:
    """
    One look at a scenario folder that was read cell by cell.

    Parameters
    ----------
    tables : dict of str to TypedTable
        By file name.
    settings : Settings
        The settings.
    faults : FaultList
        Receives what is wrong.
    """

    def __init__(self, tables: Tables, settings: Settings, faults: FaultList) -> None:
        self.tables = tables
        self.settings = settings
        self.faults = faults
        self._ids: dict[str, dict[str, int]] = {}

    def table(self, file: str) -> TypedTable:
        """A table by its file name."""
        return self.tables[file]

    def usable(self, *files: str) -> bool:
        """True where all these files could be read, so that something can be said of what they hold."""
        return all(self.tables[file].usable for file in files)

    def ids(self, file: str) -> dict[str, int]:
        """Record number of each id of a table; of the first where an id repeats."""
        if file not in self._ids:
            found: dict[str, int] = {}
            for k, name in enumerate(self.tables[file].ids):
                found.setdefault(name, k)
            found.pop("", None)
            self._ids[file] = found
        return self._ids[file]

    @cached_property
    def directed_link_ids(self) -> dict[str, int]:
        """Record number of each directed link, the ways back among them."""
        directed = directed_links(self.tables["link.csv"])
        found = dict(zip(directed.ids, directed.record.tolist(), strict=True))
        found.pop("", None)
        return found

    @cached_property
    def vehicle_ids(self) -> frozenset[str]:
        """Ids of the fleet's groups and of every vehicle in them."""
        fleet = self.tables["fleet.csv"]
        names = set(self.ids("fleet.csv"))
        for group, count in zip(fleet.ids, np.nan_to_num(fleet.numbers("count")).tolist(), strict=True):
            names.update(f"{group}-{k:02d}" for k in range(1, int(count) + 1))
        return frozenset(names)

    def error(self, file: str, record: int, column: str, problem: str, remedy: str) -> None:
        """
        Note that a cell is wrong.

        Parameters
        ----------
        file : str
            Table.
        record : int
            Number of the record, from 0.
        column : str
            Column.
        problem, remedy : str
            In words.
        """
        table = self.tables[file]
        self.faults.error(file, int(table.row[record]), column, _cell(table, record, column), problem, remedy)

    def warning(self, file: str, record: int, column: str, problem: str, remedy: str) -> None:
        """
        Note that a cell is doubtful.

        Parameters
        ----------
        file : str
            Table.
        record : int
            Number of the record, from 0.
        column : str
            Column.
        problem, remedy : str
            In words.
        """
        table = self.tables[file]
        self.faults.warning(
            file, int(table.row[record]), column, _cell(table, record, column), problem, remedy
        )

    def unknown(self, file: str, record: int, column: str, name: str, known: Collection[str]) -> None:
        """
        Note that a cell names something that does not exist.

        Parameters
        ----------
        file : str
            Table.
        record : int
            Number of the record, from 0.
        column : str
            Column.
        name : str
            What it names.
        known : collection of str
            What exists; the nearest is proposed.
        """
        # Looking for the nearest of many names takes time, so only for faults that will be shown.
        remedy = "" if self.faults.is_full(file, column) else remedy_for_name(name, known)
        self.error(file, record, column, _("{name} does not exist").format(name=repr(name)), remedy)

    def settings_fault(
        self, place: str, key: str, value: str, problem: str, remedy: str, *, warning: bool = False
    ) -> None:
        """
        Note that a value of the settings does not fit.

        Parameters
        ----------
        place : str
            Section; empty for the top.
        key : str
            Key in it; empty for the section.
        value : str
            As written.
        problem, remedy : str
            In words.
        warning : bool
            Doubtful only.
        """
        note = self.faults.warning if warning else self.faults.error
        row = self.settings.lines.of(place, key)
        note(SETTINGS_FILE, row, ".".join(part for part in (place, key) if part), value, problem, remedy)


def _cell(table: TypedTable, record: int, column: str) -> str:
    value = table.values[column][record]
    if isinstance(value, str):
        return value
    return shortest(value) if np.isfinite(value) else ""
