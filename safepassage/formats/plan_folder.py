"""The plan folder: the plan, how it played, the scenario it was made for, and tables for people."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safepassage.errors import Fault, InputError, OutputError
from safepassage.formats.files import write_folder
from safepassage.formats.geojson import plan_geojson
from safepassage.formats.outcome_json import dump_outcome, load_outcome
from safepassage.formats.plan_json import dump_plan, load_plan
from safepassage.formats.scenario_folder import (
    ScenarioFolder,
    read_scenario,
    scenario_files,
    scenario_hash,
)
from safepassage.formats.tables import plan_tables
from safepassage.i18n import _
from safepassage.model.outcome import Outcome
from safepassage.model.plan import Plan

PLAN_FILE = "plan.json"
OUTCOME_FILE = "outcome.json"
NAIVE_FILE = "naive.json"
SCENARIO_FOLDER = "scenario"
REPORT_FILE = "report.html"


@dataclass(frozen=True, slots=True)
class PlanFolder:
    """
    Everything a plan folder holds.

    Attributes
    ----------
    folder : ScenarioFolder
        The scenario that the plan was made for.
    plan : Plan
        The plan.
    outcome : Outcome
        The plan, played.
    naive : Outcome or None
        The baseline, played; None where it was not.
    """

    folder: ScenarioFolder
    plan: Plan
    outcome: Outcome
    naive: Outcome | None


def write_plan_folder(
    content: PlanFolder, path: Path, *, report: str | None = None, more: Mapping[str, str] | None = None
) -> None:
    """
    Write a plan folder in one step, readable by its owner only.

    Parameters
    ----------
    content : PlanFolder
        What to write.
    path : Path
        Where; an earlier plan folder there is replaced.
    report : str, optional
        The report page.
    more : mapping of str to str, optional
        Further files by name.

    Raises
    ------
    OutputError
        If it cannot be written, or the folder holds something that is no plan.
    """
    plan, scenario = content.plan, content.folder.scenario

    def played(outcome: Outcome) -> bytes:
        return dump_outcome(outcome, audience=plan.audience, exercise=plan.exercise)

    files: dict[str, bytes | str | None] = {
        PLAN_FILE: dump_plan(plan),
        OUTCOME_FILE: played(content.outcome),
        NAIVE_FILE: played(content.naive) if content.naive else None,
        "plan.geojson": plan_geojson(scenario, plan, content.outcome),
        REPORT_FILE: report,
        **(more or {}),
    }
    for name, table in plan_tables(scenario, plan, content.outcome).items():
        files[f"tables/{name}"] = table.as_csv()
    for name, text in scenario_files(content.folder).items():
        files[f"{SCENARIO_FOLDER}/{name}"] = text
    write_folder(path, files, replace=(path / PLAN_FILE).is_file())


def require_place_for_plan(path: Path) -> None:
    """
    Find out before the work whether a plan folder can be written, and make the folder above it.

    Parameters
    ----------
    path : Path
        Where the plan folder is to go.

    Raises
    ------
    OutputError
        If the place cannot be written or holds something that is no plan.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held = path.is_dir() and any(path.iterdir())
    except OSError as error:
        raise OutputError(
            _("{path}: cannot be written ({reason}); choose another place").format(
                path=path, reason=error.strerror
            )
        ) from error
    if path.exists() and not path.is_dir():
        raise OutputError(_("{path}: is no folder; choose another name").format(path=path))
    if held and not (path / PLAN_FILE).is_file():
        raise OutputError(_("{path}: the folder holds files; choose a new one").format(path=path))
    if not os.access(path.parent, os.W_OK):
        raise OutputError(
            _("{path}: no permission to write here; choose another folder or change its rights").format(
                path=path
            )
        )


def read_plan_folder(path: Path) -> PlanFolder:
    """
    Read a plan folder back.

    Parameters
    ----------
    path : Path
        The folder, or the ``plan.json`` in it.

    Returns
    -------
    PlanFolder
        The plan and what lies beside it.

    Raises
    ------
    InputError
        If a part is missing or broken, or the plan was made for another scenario.
    """
    if path.name == PLAN_FILE:
        path = path.parent
    if not (path / PLAN_FILE).is_file():
        problem = _("this is no plan folder: it holds no plan.json")
        remedy = _("give the folder that the command plan wrote")
        raise InputError([Fault(str(path), 0, "", "", problem, remedy)])
    plan = load_plan(path / PLAN_FILE)
    folder = read_scenario(path / SCENARIO_FOLDER)
    require_same_scenario(plan, folder, path)
    naive = path / NAIVE_FILE
    return PlanFolder(
        folder, plan, load_outcome(path / OUTCOME_FILE), load_outcome(naive) if naive.is_file() else None
    )


def require_same_scenario(plan: Plan, folder: ScenarioFolder, path: Path) -> None:
    """
    Refuse a plan that was made for another scenario.

    Parameters
    ----------
    plan : Plan
        The plan.
    folder : ScenarioFolder
        The scenario it is used with.
    path : Path
        The plan's folder, for the message.

    Raises
    ------
    InputError
        If the hashes differ.
    """
    found = scenario_hash(folder.scenario)
    if found != plan.scenario_hash:
        problem = _("the plan was made for another state of the scenario")
        remedy = _("plan again, or use the scenario with the hash {hash}").format(
            hash=plan.scenario_hash[:12]
        )
        raise InputError([Fault(str(path), 0, "scenario_hash", found[:12], problem, remedy)])
