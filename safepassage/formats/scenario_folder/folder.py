"""A scenario with what its folder holds beyond the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from safepassage.errors import Fault
from safepassage.formats.scenario_folder.hazard import HazardFiles
from safepassage.model.scenario import Scenario


@dataclass(frozen=True, slots=True)
class ScenarioFolder:
    """
    What was read from a scenario folder.

    Attributes
    ----------
    scenario : Scenario
        The model.
    kept : mapping of str to mapping of str to tuple of str
        By file and column, the cells of columns that the program does not use, one for each row that
        is written back.
    warnings : tuple of Fault
        What is doubtful but does not stop the work.
    hazard : HazardFiles
        Grid and polygons, and which entries of the threat follow from them.
    """

    scenario: Scenario
    kept: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    warnings: tuple[Fault, ...] = ()
    hazard: HazardFiles = field(default_factory=HazardFiles)
