"""Checks that span cells, rows and files."""

from __future__ import annotations

from safepassage.formats.fault_list import FaultList
from safepassage.formats.scenario_folder.build import Tables
from safepassage.formats.scenario_folder.check_places import check_places
from safepassage.formats.scenario_folder.check_references import check_references
from safepassage.formats.scenario_folder.check_rows import check_rows
from safepassage.formats.scenario_folder.check_targets import check_targets
from safepassage.formats.scenario_folder.check_traffic import check_traffic
from safepassage.formats.scenario_folder.inspection import Inspection
from safepassage.formats.scenario_folder.settings import Settings


def check_tables(tables: Tables, settings: Settings, faults: FaultList) -> None:
    """
    Report everything that does not fit together.

    Parameters
    ----------
    tables : dict of str to TypedTable
        By file name, read cell by cell.
    settings : Settings
        The settings.
    faults : FaultList
        Receives what is wrong.
    """
    look = Inspection(tables, settings, faults)
    check_references(look)
    check_rows(look)
    check_places(look)
    check_traffic(look)
    check_targets(look)
