"""Write the report of a plan that was made before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from safepassage.formats.files import write_atomically
from safepassage.formats.plan_folder import REPORT_FILE, read_plan_folder
from safepassage.i18n import _, language
from safepassage.progress import NoProgress, Progress
from safepassage.publish.report import render_report


@dataclass(frozen=True, slots=True)
class ReportResult:
    """
    A report that was written.

    Attributes
    ----------
    page : Path
        The file.
    """

    page: Path

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        return {"report": str(self.page), "audience": "commission"}

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        return [_("Report: {path} (for the commission only)").format(path=self.page)]


def report_plan(plan: Path, output: Path | None = None, *, progress: Progress | None = None) -> ReportResult:
    """
    Write the report of a plan folder.

    Parameters
    ----------
    plan : Path
        The plan folder.
    output : Path, optional
        The page; ``report.html`` in the plan folder by default.
    progress : Progress, optional
        Told of each phase.

    Returns
    -------
    ReportResult
        Where the page is.

    Raises
    ------
    InputError
        If the plan folder is broken.
    OutputError
        If the page cannot be written.
    """
    progress = progress or NoProgress()
    progress.start(_("Reading the plan"))
    content = read_plan_folder(plan)
    progress.start(_("Writing the report"))
    page = render_report(
        content.folder.scenario, content.plan, content.outcome, content.naive, language=language()
    )
    target = output or (plan if plan.is_dir() else plan.parent) / REPORT_FILE
    write_atomically(target, page)
    return ReportResult(target)
