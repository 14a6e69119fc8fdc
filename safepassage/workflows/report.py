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
from safepassage.publish.report_pdf import report_pdf


@dataclass(frozen=True, slots=True)
class ReportResult:
    """
    A report that was written.

    Attributes
    ----------
    page : Path
        The file.
    paper : Path or None
        The same on paper (PDF), where it was asked for.
    """

    page: Path
    paper: Path | None = None

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        paper = {"pdf": str(self.paper)} if self.paper else {}
        return {"report": str(self.page), **paper, "audience": "commission"}

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        files = [self.page, self.paper] if self.paper else [self.page]
        return [_("Report: {path} (for the commission only)").format(path=path) for path in files]


def report_plan(
    plan: Path, output: Path | None = None, *, pdf: bool = False, progress: Progress | None = None
) -> ReportResult:
    """
    Write the report of a plan folder.

    Parameters
    ----------
    plan : Path
        The plan folder.
    output : Path, optional
        The page; ``report.html`` in the plan folder by default.
    pdf : bool
        Print it as well, on A4 in the language of the context, beside the page.
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
    paper = None
    if pdf:
        progress.start(_("Printing the report"))
        paper = target.with_suffix(".pdf")
        printed = report_pdf(
            content.folder.scenario, content.plan, content.outcome, content.naive, language=language()
        )
        write_atomically(paper, printed)
    return ReportResult(target, paper)
