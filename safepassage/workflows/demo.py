"""The main job on the bundled exercise: plan, play and show the evacuation of Kupiansk."""

from __future__ import annotations

from pathlib import Path

from safepassage.progress import Progress
from safepassage.workflows.plan import PlanResult, plan_folder

BUNDLED = Path(__file__).parent.parent / "scenarios" / "kupiansk-2023"


def run_demo(output: Path, *, seed: int | None = None, progress: Progress | None = None) -> PlanResult:
    """
    Plan the bundled scenario.

    Parameters
    ----------
    output : Path
        Where the plan folder goes.
    seed : int, optional
        Of every random choice; that of the scenario by default.
    progress : Progress, optional
        Told of each phase.

    Returns
    -------
    PlanResult
        What was written.
    """
    return plan_folder(BUNDLED, output, seed=seed, progress=progress)
