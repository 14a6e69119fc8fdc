"""Play a plan in a scenario and tell who is out when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from safepassage.formats.files import write_atomically
from safepassage.formats.outcome_json import dump_outcome
from safepassage.formats.plan_folder import PLAN_FILE, require_same_scenario
from safepassage.formats.plan_json import load_plan
from safepassage.formats.scenario_folder import read_scenario
from safepassage.i18n import _
from safepassage.model.outcome import Outcome
from safepassage.model.plan import Plan
from safepassage.model.scenario import Scenario
from safepassage.progress import NoProgress, Progress
from safepassage.publish.summary import summary_lines
from safepassage.simulator.playback import simulate
from safepassage.workflows.facts import outcome_facts


@dataclass(frozen=True, slots=True)
class SimulateResult:
    """
    A plan that was played.

    Attributes
    ----------
    scenario : Scenario
        Where.
    plan : Plan
        What.
    outcome : Outcome
        What happened.
    output : Path or None
        Where the outcome was written.
    """

    scenario: Scenario
    plan: Plan
    outcome: Outcome
    output: Path | None

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        return {
            "plan": self.plan.id,
            "seed": self.outcome.seed,
            **outcome_facts(self.outcome),
            "outcome": str(self.output) if self.output else None,
        }

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        lines = [str(line) for line in summary_lines(self.scenario, self.plan, self.outcome)]
        if self.output:
            lines.append(_("Outcome: {path}").format(path=self.output))
        return lines


def simulate_plan(
    folder: Path,
    plan: Path,
    output: Path | None = None,
    *,
    seed: int | None = None,
    progress: Progress | None = None,
) -> SimulateResult:
    """
    Play a plan.

    Parameters
    ----------
    folder : Path
        The scenario folder that the plan was made for.
    plan : Path
        The plan folder, or a ``plan.json``.
    output : Path, optional
        Where to write the outcome as JSON; not written by default.
    seed : int, optional
        Of every random choice; that of the scenario by default.
    progress : Progress, optional
        Told of each phase.

    Returns
    -------
    SimulateResult
        What happened.

    Raises
    ------
    InputError
        If scenario or plan are faulty or do not belong together.
    OutputError
        If the outcome cannot be written.
    """
    progress = progress or NoProgress()
    progress.start(_("Reading the scenario"))
    read = read_scenario(folder, progress=progress)
    document = load_plan(plan / PLAN_FILE if plan.is_dir() else plan)
    require_same_scenario(document, read, plan)
    progress.start(_("Playing the plan"))
    outcome = simulate(read.scenario, document, seed=read.scenario.seed if seed is None else seed)
    if output:
        content = dump_outcome(outcome, audience=document.audience, exercise=document.exercise)
        write_atomically(output, content)
    return SimulateResult(read.scenario, document, outcome, output)
