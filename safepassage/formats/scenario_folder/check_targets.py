"""Assumptions that the tables contradict."""

from __future__ import annotations

import math

from safepassage.formats.fault_list import remedy_for_name
from safepassage.formats.numbers import shortest
from safepassage.formats.scenario_folder.build import split_target
from safepassage.formats.scenario_folder.columns import ColumnKind, Table
from safepassage.formats.scenario_folder.inspection import Inspection
from safepassage.formats.scenario_folder.schema import FILES, SECTIONS, SETTINGS_FILE, TABLES
from safepassage.i18n import _

EVERY_ID = "*"
_COUNTED = (ColumnKind.NUMBER, ColumnKind.WHOLE)


def check_targets(look: Inspection) -> None:
    """
    Report targets of assumptions that do not exist or hold another value.

    Parameters
    ----------
    look : Inspection
        The folder.
    """
    for name, entry in look.settings.assumption.items():
        for target in entry["targets"] or ():
            _Target(look, name, target, entry["value"]).check()


class _Target:
    def __init__(self, look: Inspection, assumption: str, target: str, value: float | None) -> None:
        self._look = look
        self._place = f"assumption.{assumption}"
        self._target = target
        self._value = value
        self._file, self._name, self._column = split_target(target)

    def check(self) -> None:
        tables = {table.file: table for table in TABLES}
        if self._file == SETTINGS_FILE:
            self._check_settings()
        elif self._file in tables:
            self._check_table(tables[self._file])
        else:
            self._fault(_("the file is not known"), remedy_for_name(self._file, FILES))

    def _check_settings(self) -> None:
        keys = {
            (section.name, key.name)
            for section in SECTIONS
            if not section.many
            for key in section.keys
            if key.kind in _COUNTED
        }
        if (self._name, self._column) not in keys:
            known = [f"{section}:{key}" for section, key in sorted(keys)]
            self._fault(_("the key is not known"), remedy_for_name(f"{self._name}:{self._column}", known))
            return
        found = self._look.settings.single.get(self._name, {}).get(self._column)
        if found is not None:
            self._compare(found, f"{self._name}.{self._column}")

    def _check_table(self, table: Table) -> None:
        counted = [column.name for column in table.columns if column.kind in _COUNTED]
        if self._column not in counted:
            problem = _("the table has no such column of numbers")
            self._fault(problem, remedy_for_name(self._column, counted))
            return
        if not self._look.usable(table.file):
            return
        link = table.file == "link.csv"
        known = self._look.directed_link_ids if link else self._look.ids(table.file)
        if self._name != EVERY_ID and self._name not in known:
            self._fault(_("the table has no such id"), remedy_for_name(self._name, known))
            return
        records = sorted(known.values()) if self._name == EVERY_ID else [known[self._name]]
        values = self._look.table(table.file).numbers(self._column)
        for record in records:
            # One word on the first that differs is enough.
            if not self._compare(float(values[record]), self._look.table(table.file).ids[record]):
                return

    def _compare(self, found: float, where: str) -> bool:
        if self._value is None or math.isnan(found) or math.isclose(found, self._value, rel_tol=1e-9):
            return True
        shown = _("empty") if math.isinf(found) else shortest(found)
        problem = _("{where} holds {found}, the assumption says {value}").format(
            where=where, found=shown, value=shortest(self._value)
        )
        self._fault(problem, _("make them agree"))
        return False

    def _fault(self, problem: str, remedy: str) -> None:
        self._look.settings_fault(self._place, "targets", self._target, problem, remedy)
