"""Reads a scenario folder: every fault of every file at once, or a scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from safepassage.errors import Fault, InputError, ModelError
from safepassage.formats.fault_list import FaultList, nearest
from safepassage.formats.scenario_folder.build import Tables, build_scenario, directed_links
from safepassage.formats.scenario_folder.cells import CellReader
from safepassage.formats.scenario_folder.check import check_tables
from safepassage.formats.scenario_folder.csv_table import empty_table, read_table
from safepassage.formats.scenario_folder.folder import ScenarioFolder
from safepassage.formats.scenario_folder.hazard import HazardFiles, add_hazard
from safepassage.formats.scenario_folder.schema import FILES, SETTINGS_FILE, TABLES
from safepassage.formats.scenario_folder.settings import Settings, read_settings
from safepassage.i18n import _
from safepassage.model.scenario import Scenario
from safepassage.progress import NoProgress, Progress


def read_scenario(
    folder: Path, *, instead: Mapping[str, Path] | None = None, progress: Progress | None = None
) -> ScenarioFolder:
    """
    Read a scenario.

    Parameters
    ----------
    folder : Path
        The scenario folder.
    instead : mapping of str to Path, optional
        Files to read in the place of tables of the folder, by the table's file name.
    progress : Progress, optional
        Told of every file.

    Returns
    -------
    ScenarioFolder
        The scenario, with columns kept and warnings.

    Raises
    ------
    InputError
        If anything is wrong; carries all faults, warnings among them.
    """
    faults = FaultList(FILES)
    tables, settings = _read_files(Path(folder), faults, progress or NoProgress(), instead or {})
    scenario, hazard = _build(Path(folder), tables, settings, faults)
    if scenario is None:
        raise InputError(faults.collected())
    return ScenarioFolder(scenario, _kept(tables), faults.collected(), hazard)


def check_scenario(folder: Path, *, progress: Progress | None = None) -> tuple[Fault, ...]:
    """
    Everything that is wrong with a scenario folder, or doubtful.

    Parameters
    ----------
    folder : Path
        The scenario folder.
    progress : Progress, optional
        Told of every file.

    Returns
    -------
    tuple of Fault
        By file and row; empty where all is well.
    """
    faults = FaultList(FILES)
    tables, settings = _read_files(Path(folder), faults, progress or NoProgress())
    _build(Path(folder), tables, settings, faults)
    return faults.collected()


def _read_files(
    folder: Path, faults: FaultList, progress: Progress, instead: Mapping[str, Path] | None = None
) -> tuple[Tables, Settings]:
    instead = instead or {}
    present = _names_in(folder, faults) | set(instead)
    settings = Settings()
    if SETTINGS_FILE in present:
        settings = read_settings(folder / SETTINGS_FILE, faults)
    reader = CellReader(settings.start)
    tables = {}
    for table in TABLES:
        if table.file in present:
            tables[table.file] = read_table(
                instead.get(table.file, folder / table.file), table, reader, faults, progress
            )
        else:
            tables[table.file] = empty_table(table, present=False, usable=not table.required)
    if present:
        check_tables(tables, settings, faults)
    return tables, settings


def _names_in(folder: Path, faults: FaultList) -> set[str]:
    try:
        names = {item.name for item in folder.iterdir() if item.is_file()}
    except OSError as error:
        problem = _("the folder cannot be read ({reason})").format(reason=error.strerror)
        faults.error(str(folder), 0, "", "", problem, _("give a scenario folder"))
        return set()
    required = [SETTINGS_FILE, *(table.file for table in TABLES if table.required)]
    strangers = sorted(
        name for name in names - set(FILES) if Path(name).suffix.lower() in (".csv", ".toml", ".txt")
    )
    for file in required:
        if file not in names:
            alike = _nearest_file(file, strangers)
            remedy = _("rename {name}").format(name=alike) if alike else _("add it")
            faults.error(file, 0, "", "", _("the file is missing"), remedy)
    for name in strangers:
        meant = _nearest_file(name, [file for file in FILES if file not in names])
        if meant:
            problem = _("the file is not read; its name looks like {name}").format(name=meant)
            faults.warning(name, 0, "", "", problem, _("rename or remove it"))
    return names & set(FILES) or {""}


def _nearest_file(name: str, files: Sequence[str]) -> str:
    # Names are compared without their endings, which make all of them alike.
    stems = {Path(file).stem: file for file in files}
    return stems.get(nearest(Path(name).stem, stems), "")


def _build(
    folder: Path, tables: Tables, settings: Settings, faults: FaultList
) -> tuple[Scenario | None, HazardFiles]:
    if faults.has_errors:
        return None, HazardFiles()
    try:
        scenario = build_scenario(tables, settings)
    except ModelError as error:
        faults.error(SETTINGS_FILE, 0, "", "", str(error), _("correct the tables"))
        return None, HazardFiles()
    return _with_hazard(folder, scenario, settings, faults)


def _with_hazard(
    folder: Path, scenario: Scenario, settings: Settings, faults: FaultList
) -> tuple[Scenario | None, HazardFiles]:
    whole, hazard = add_hazard(folder, scenario, settings, faults)
    return (None if faults.has_errors else whole), hazard


def _kept(tables: Tables) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    kept = {}
    for file, table in tables.items():
        columns = {name: tuple(cells) for name, cells in table.kept.items()}
        if file == "link.csv":
            record = directed_links(table).record.tolist()
            columns = {name: tuple(cells[k] for k in record) for name, cells in columns.items()}
        if columns:
            kept[file] = columns
    return kept
