"""Writes a scenario folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from safepassage.formats.csv_text import csv_line
from safepassage.formats.files import write_folder
from safepassage.formats.scenario_folder.columns import Table
from safepassage.formats.scenario_folder.folder import ScenarioFolder
from safepassage.formats.scenario_folder.rows import table_rows
from safepassage.formats.scenario_folder.schema import AREAS_FILE, SETTINGS_FILE, TABLES
from safepassage.formats.scenario_folder.settings_text import settings_text
from safepassage.model.scenario import Scenario
from safepassage.model.threat import Threat


def write_scenario(folder: ScenarioFolder | Scenario, path: Path, *, replace: bool = False) -> None:
    """
    Write a scenario so that reading it gives the same scenario.

    Parameters
    ----------
    folder : ScenarioFolder or Scenario
        What to write; columns kept when it was read are written back.
    path : Path
        Where the folder goes.
    replace : bool
        Replace the tables of a folder that exists; its other files stay.

    Raises
    ------
    OutputError
        If the folder cannot be written; nothing is left half-written.

    Notes
    -----
    Roads that went both ways are written as one row for each way. Cells are written as they are, not
    guarded against spreadsheet formulas: the tables are input, and a guard would change names on the way
    back. Tables made for people to open are guarded.
    """
    write_folder(Path(path), scenario_files(folder), replace=replace)


def scenario_files(folder: ScenarioFolder | Scenario) -> dict[str, str | bytes | None]:
    """
    The files of a scenario folder.

    Parameters
    ----------
    folder : ScenarioFolder or Scenario
        What to write.

    Returns
    -------
    dict of str to str, bytes or None
        Content by file name; None for a table that the scenario does not have.

    Notes
    -----
    Entries of the threat that follow from grids and polygons are written as those files. A scenario
    without them has the same entries in ``threat.csv`` instead.
    """
    if isinstance(folder, Scenario):
        folder = ScenarioFolder(folder)
    hazard = folder.hazard
    scenario = folder.scenario
    if hazard.entry_ids:
        own = tuple(entry for entry in scenario.threat.entries if entry.id not in hazard.entry_ids)
        scenario = replace(scenario, threat=Threat(own))
    files: dict[str, str | bytes | None] = {SETTINGS_FILE: settings_text(scenario, hazard.settings)}
    for table in TABLES:
        files[table.file] = _table_text(scenario, table, folder.kept.get(table.file, {}))
    files[AREAS_FILE] = None
    return files | dict(hazard.files)


def _table_text(scenario: Scenario, table: Table, kept: Mapping[str, tuple[str, ...]]) -> str | None:
    rows = list(table_rows(scenario, table.file))
    if not rows and not table.required:
        return None
    kept = {name: cells for name, cells in kept.items() if len(cells) == len(rows)}
    unknown = [name for name in kept if name not in table.column_names]
    held = [
        column.name
        for column in table.columns
        if column.in_model or column.name in kept or (rows and column.name in rows[0])
    ]
    lines = [csv_line((*held, *unknown))]
    for k, row in enumerate(rows):
        row.update((name, cells[k]) for name, cells in kept.items())
        lines.append(csv_line(row[name] for name in (*held, *unknown)))
    return "".join(lines)
