"""Checks that span cells, rows and files."""

from __future__ import annotations

from safepassage.formats.fault_list import FaultList
from safepassage.formats.scenario_folder.build import Tables
from safepassage.formats.scenario_folder.settings import Settings


def check_tables(tables: Tables, settings: Settings, faults: FaultList) -> None:
    """Report what does not fit together."""
