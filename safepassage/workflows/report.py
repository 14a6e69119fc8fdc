"""Write the report of a plan that was made before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from safepassage.errors import Fault, InputError, OutputError
from safepassage.formats.files import write_atomically
from safepassage.formats.plan_folder import REPORT_FILE, PlanFolder, read_plan_folder
from safepassage.formats.record_json import load_record, read_json
from safepassage.i18n import _, language
from safepassage.model.policy import Audience
from safepassage.model.response import Forecast
from safepassage.progress import NoProgress, Progress
from safepassage.publish.car_tracks import CarMoves, CarTracks
from safepassage.publish.report import MoreParts, render_report
from safepassage.publish.report_parts import HowSure, WhoLeaves, how_sure, who_leaves
from safepassage.publish.report_pdf import report_pdf
from safepassage.simulator.playback import play_plan

_FORECAST_HEADING = frozenset({"schema_version", "exercise", "audience"})
_FORECAST_VERSION = 1


@dataclass(frozen=True, slots=True)
class _ForecastDocument:
    """What ``forecast`` writes."""

    scenario: str
    forecast: Forecast


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
    audience : Audience
        Who may read it.
    """

    page: Path
    paper: Path | None = None
    audience: Audience = Audience.COMMISSION

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        paper = {"pdf": str(self.paper)} if self.paper else {}
        return {"report": str(self.page), **paper, "audience": self.audience.value}

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        if self.audience is not Audience.COMMISSION:
            return [_("Report for everyone: {path}").format(path=self.page)]
        files = [self.page, self.paper] if self.paper else [self.page]
        return [_("Report: {path} (for the commission only)").format(path=path) for path in files]


def report_plan(
    plan: Path,
    output: Path | None = None,
    *,
    rehearsal: Path | None = None,
    forecast: Path | None = None,
    pdf: bool = False,
    audience: Audience = Audience.COMMISSION,
    progress: Progress | None = None,
) -> ReportResult:
    """
    Write the report of a plan folder.

    Parameters
    ----------
    plan : Path
        The plan folder.
    output : Path, optional
        The page; ``report.html`` in the plan folder by default.
    rehearsal : Path, optional
        Figures of this plan, as ``rehearse -o`` writes them.
    forecast : Path, optional
        Forecast of this scenario, as ``forecast -o`` writes it: the folder or the file.
    pdf : bool
        Print it as well, on A4 in the language of the context, beside the page; for the commission.
    audience : Audience
        Who will read it.
    progress : Progress, optional
        Told of each phase.

    Returns
    -------
    ReportResult
        Where the page is.

    Raises
    ------
    InputError
        If the plan folder is broken, or figures or forecast are those of another plan or scenario.
    OutputError
        If the page cannot be written, or may not be written for this audience.
    """
    progress = progress or NoProgress()
    if pdf and audience is not Audience.COMMISSION:
        raise OutputError(_("the paper is for the commission; leave out --pdf for another audience"))
    progress.start(_("Reading the plan"))
    content = read_plan_folder(plan)
    progress.start(_("Playing the plan"))
    more = MoreParts(
        _rehearsed(rehearsal, content) if rehearsal else None,
        _forecast(forecast, content) if forecast else None,
        played_cars(content),
    )
    progress.start(_("Writing the report"))
    page = render_report(
        content.folder.scenario,
        content.plan,
        content.outcome,
        content.naive,
        language=language(),
        audience=audience,
        more=more,
    )
    name = REPORT_FILE if audience is Audience.COMMISSION else f"report-{audience.value}.html"
    target = output or (plan if plan.is_dir() else plan.parent) / name
    write_atomically(target, page)
    paper = None
    if pdf:
        progress.start(_("Printing the report"))
        paper = target.with_suffix(".pdf")
        printed = report_pdf(
            content.folder.scenario, content.plan, content.outcome, content.naive, language=language()
        )
        write_atomically(paper, printed)
    return ReportResult(target, paper, audience)


def played_cars(content: PlanFolder) -> CarTracks | None:
    """
    Play a plan again and tell where its cars were when.

    Parameters
    ----------
    content : PlanFolder
        The plan and how it was played.

    Returns
    -------
    CarTracks or None
        None where the plan does not play as its outcome says, as on another machine's arithmetic.
    """
    moves = CarMoves(content.plan)
    again = play_plan(content.folder.scenario, content.plan, seed=content.outcome.seed, on_moves=moves)
    return moves.tracks() if again.outcome.digest == content.outcome.digest else None


def _rehearsed(path: Path, content: PlanFolder) -> HowSure:
    facts = read_json(path)
    # Also what is no rehearsal at all: it names no plan.
    found = facts if isinstance(facts, dict) else {}
    remedy = _("rehearse this plan with -o and give the file that is written")
    for key, own in (("plan", content.plan.id), ("scenario_hash", content.plan.scenario_hash)):
        if found.get(key) != own:
            problem = _("these are no figures of this plan ({plan})").format(plan=content.plan.id)
            raise InputError([Fault(path.name, 0, key, str(found.get(key, ""))[:80], problem, remedy)])
    try:
        return how_sure(content.folder.scenario, found)
    except (LookupError, TypeError, ValueError, AttributeError, StopIteration) as error:
        problem = _("the figures are not complete ({reason})").format(reason=error)
        raise InputError([Fault(path.name, 0, "", "", problem, remedy)]) from error


def _forecast(path: Path, content: PlanFolder) -> WhoLeaves:
    file = path / "forecast.json" if path.is_dir() else path
    remedy = _("forecast this scenario with -o and give the file forecast.json")
    raw = read_json(file)
    if not isinstance(raw, dict) or "forecast" not in raw:
        raise InputError([Fault(file.name, 0, "", "", _("this is no forecast"), remedy)])
    document = load_record(_ForecastDocument, file, heading=_FORECAST_HEADING, version=_FORECAST_VERSION)
    scenario = content.folder.scenario
    people = scenario.people_in_scope.total
    if document.scenario != scenario.id:
        problem = _("the forecast is that of another scenario, not of {scenario}").format(
            scenario=scenario.id
        )
        raise InputError([Fault(file.name, 0, "scenario", document.scenario, problem, remedy)])
    if document.forecast.people != people:
        problem = _("the forecast counts other people than this plan ({people})").format(people=people)
        value = str(document.forecast.people)
        raise InputError([Fault(file.name, 0, "forecast.people", value, problem, remedy)])
    try:
        return who_leaves(document.forecast)
    except (LookupError, ValueError, StopIteration) as error:
        problem = _("the figures are not complete ({reason})").format(reason=error)
        raise InputError([Fault(file.name, 0, "", "", problem, remedy)]) from error
