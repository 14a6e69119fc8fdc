"""Plan a scenario folder and write the plan folder with its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from safepassage.errors import Fault, InputError, ModelError
from safepassage.formats.plan_folder import (
    REPORT_FILE,
    PlanFolder,
    require_place_for_plan,
    write_plan_folder,
)
from safepassage.formats.scenario_folder import scenario_hash
from safepassage.i18n import _, language, use_language
from safepassage.model.policy import Objective
from safepassage.planner.surge.recipe import plan_surge
from safepassage.progress import NoProgress, Progress
from safepassage.publish.report import MoreParts, render_report
from safepassage.publish.summary import summary_lines
from safepassage.workflows.facts import finite, outcome_facts
from safepassage.workflows.plan_options import PlanOptions
from safepassage.workflows.report import played_cars


@dataclass(frozen=True, slots=True)
class PlanResult:
    """
    A plan that was written.

    Attributes
    ----------
    output : Path
        Its folder.
    content : PlanFolder
        What was written.
    notes : sequence of str
        What the options of the plan changed, in words.
    """

    output: Path
    content: PlanFolder
    notes: Sequence[str] = ()

    @property
    def unserved_people(self) -> int:
        """Persons whom the plan names as not served."""
        return sum(part.people.total for part in self.content.plan.unserved)

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        plan, outcome = self.content.plan, self.content.outcome
        certificate = plan.certificate
        bounds = certificate.clearance if certificate else ()
        return {
            "plan": plan.id,
            "folder": str(self.output),
            "report": str(self.output / REPORT_FILE),
            "exercise": plan.exercise,
            "unserved": self.unserved_people,
            **outcome_facts(outcome),
            "bounds": {
                row.name: {
                    "bound_s": finite(row.bound_s),
                    "value_s": finite(row.value_s),
                    "gap_percent": finite(round(row.gap_percent, 3)),
                }
                for row in bounds
            },
        }

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        scenario = self.content.folder.scenario
        lines = [str(line) for line in summary_lines(scenario, self.content.plan, self.content.outcome)]
        written = _("Report: {path} (for the commission only)").format(path=self.output / REPORT_FILE)
        return [*lines, *self.notes, written]


def plan_folder(
    folder: Path,
    output: Path,
    *,
    options: PlanOptions | None = None,
    seed: int | None = None,
    objective: str = "",
    progress: Progress | None = None,
) -> PlanResult:
    """
    Plan a scenario folder, play the plan, certify it and write everything.

    Parameters
    ----------
    folder : Path
        The scenario folder.
    output : Path
        Where the plan folder goes; an earlier plan there is replaced.
    options : PlanOptions, optional
        What is decided for this plan beside the scenario.
    seed : int, optional
        Of every random choice; that of the scenario by default.
    objective : str
        What to make best, as ``harm,clearance``; that of the scenario by default.
    progress : Progress, optional
        Told of each phase.

    Returns
    -------
    PlanResult
        What was written.

    Raises
    ------
    InputError
        If the scenario is faulty.
    InfeasibleError
        If nobody can be brought to safety.
    OutputError
        If the folder cannot be written.
    """
    progress = progress or NoProgress()
    objectives = objectives_of(objective)
    require_place_for_plan(output)
    progress.start(_("Reading the scenario"))
    chosen = (options or PlanOptions()).applied(folder, seed=seed, progress=progress)
    read, scenario = chosen.folder, chosen.folder.scenario
    # A plan is one document whatever language it was asked for in; readers translate.
    with use_language("en"):
        result = plan_surge(
            scenario,
            scenario_hash=scenario_hash(scenario),
            seed=scenario.seed if seed is None else seed,
            objectives=objectives,
            progress=progress,
        )
    document = chosen.priced(result.plan)
    content = PlanFolder(read, document, result.outcome, result.naive)
    progress.start(_("Writing the report"))
    more = MoreParts(cars=played_cars(content))
    page = render_report(scenario, document, result.outcome, result.naive, language=language(), more=more)
    write_plan_folder(content, output, report=page)
    return PlanResult(output, content, chosen.notes)


def objectives_of(text: str) -> tuple[Objective, ...] | None:
    """
    Read what to make best.

    Parameters
    ----------
    text : str
        Names joined by commas; empty for what the scenario says.

    Returns
    -------
    tuple of Objective or None
        None where the text is empty.

    Raises
    ------
    InputError
        If a name is not known.
    """
    if not text:
        return None
    try:
        return Objective.parse(text)
    except ModelError as error:
        raise InputError(
            [
                Fault(
                    "--objective",
                    row=0,
                    column="",
                    value=text,
                    problem=_("the objective is not known"),
                    remedy=_("give some of {names}, joined by commas").format(names=", ".join(Objective)),
                )
            ]
        ) from error
