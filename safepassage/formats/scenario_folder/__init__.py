"""The scenario folder: tables and settings that open in a spreadsheet, a text editor and a GIS."""

from safepassage.formats.scenario_folder.content_hash import scenario_hash
from safepassage.formats.scenario_folder.folder import ScenarioFolder
from safepassage.formats.scenario_folder.read import check_scenario, read_scenario
from safepassage.formats.scenario_folder.write import scenario_files, write_scenario

__all__ = [
    "ScenarioFolder",
    "check_scenario",
    "read_scenario",
    "scenario_files",
    "scenario_hash",
    "write_scenario",
]
