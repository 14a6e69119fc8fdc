"""Rehearse a plan over many futures and write what they say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import time, timedelta
from pathlib import Path

from safepassage.errors import Fault, InputError
from safepassage.formats.alerts import read_alerts
from safepassage.formats.clock import parse_time, seconds_since
from safepassage.formats.fault_list import FaultList
from safepassage.formats.files import write_atomically
from safepassage.formats.marking import EXERCISE_BANNER
from safepassage.formats.plan_folder import PLAN_FILE, require_same_scenario
from safepassage.formats.plan_json import load_plan
from safepassage.formats.scenario_folder import read_scenario
from safepassage.i18n import _, language
from safepassage.model.scenario import Scenario
from safepassage.model.threat import ThreatEntryKind
from safepassage.progress import NoProgress, Progress
from safepassage.publish.rehearsal_page import render_rehearsal
from safepassage.publish.wording import lines_in_all_languages
from safepassage.rehearsal.assumptions import Assumptions
from safepassage.rehearsal.assumptions_file import read_assumptions
from safepassage.rehearsal.cluster import on_cluster
from safepassage.rehearsal.decisions import can_wait, decisions, put_off
from safepassage.rehearsal.forecast_uptake import read_participation
from safepassage.rehearsal.latest_start import latest_starts
from safepassage.rehearsal.one_more import values_of_one_more
from safepassage.rehearsal.play import Stage
from safepassage.rehearsal.run import Batches, on_threads, rehearse
from safepassage.rehearsal.statistics import chance_all_out, compared, summary_of
from safepassage.rehearsal.tally import Tally
from safepassage.rehearsal.weak_links import play_without, weak_links
from safepassage.threat.alerts import AlertProcess, fit_alerts
from safepassage.threat.barriers import barriers
from safepassage.units import SECONDS_PER_DAY
from safepassage.workflows.rehearse_result import RehearseResult

_FITTED_DAYS = 90
_WAITING_FUTURES = 200


@dataclass(frozen=True, slots=True)
class RehearseOptions:
    """
    How a plan is rehearsed.

    Attributes
    ----------
    futures : int
        How many, or how many at most.
    until_sure : bool
        Stop as soon as the mean harm has settled.
    compare : Path or None
        Another plan of the same scenario, rehearsed in the same futures.
    assumptions : Path or None
        File of what is uncertain.
    alerts : Path or None
        Table of alerts that the alerts of the futures are fitted to.
    forecast : Path or None
        Forecast whose participation is drawn.
    by, deadline : str
        When all willing are to be out, and when the danger comes: ISO 8601 with zone, or the next ``HH:MM``
        after the start; empty for the horizon (and for the arrival of water or fire).
    confidence : float
        Of the latest starts, above 0, at most 1.
    cluster : str
        Scheduler that plays the futures; empty for this machine.
    certificates : Path or None
        Folder of certificates for it.
    seed : int or None
        Of every draw; that of the scenario by default.
    threads : int
        How many work at once on this machine; changes nothing but the time.
    """

    futures: int = 1000
    until_sure: bool = False
    compare: Path | None = None
    assumptions: Path | None = None
    alerts: Path | None = None
    forecast: Path | None = None
    by: str = ""
    deadline: str = ""
    confidence: float = 0.9
    cluster: str = ""
    certificates: Path | None = None
    seed: int | None = None
    threads: int = 2


def rehearse_plan(
    folder: Path,
    plan: Path,
    output: Path | None = None,
    *,
    page: Path | None = None,
    options: RehearseOptions | None = None,
    progress: Progress | None = None,
) -> RehearseResult:
    """
    Rehearse a plan.

    Parameters
    ----------
    folder : Path
        The scenario folder that the plan was made for.
    plan : Path
        The plan folder, or a ``plan.json``.
    output : Path, optional
        Where to write the figures as JSON, for the commission; not written by default.
    page : Path, optional
        Where to write what they say as one page with charts and a map; not written by default.
    options : RehearseOptions, optional
        How.
    progress : Progress, optional
        Told of each phase.

    Returns
    -------
    RehearseResult
        What the futures say.

    Raises
    ------
    InputError
        If an input is faulty, the plans do not belong to the scenario, or the cluster cannot be used.
    OutputError
        If the figures cannot be written.
    """
    options = options or RehearseOptions()
    progress = progress or NoProgress()
    progress.start(_("Reading the scenario"))
    read = read_scenario(folder, progress=progress)
    documents = []
    for path in (plan, options.compare):
        if path is not None:
            documents.append(load_plan(path / PLAN_FILE if path.is_dir() else path))
            require_same_scenario(documents[-1], read, path)
    _refuse_events_to_come(read.scenario)
    assumptions = _assumptions(read.scenario, options)
    asked_s = _moment("--by", options.by, read.scenario)
    deadline_s = _moment("--deadline", options.deadline, read.scenario)
    if not 0 < options.confidence <= 1:
        problem, remedy = _("this is no confidence"), _("give a number above 0, at most 1")
        raise InputError([Fault("--confidence", 0, "", str(options.confidence), problem, remedy)])
    seed = read.scenario.seed if options.seed is None else options.seed
    stages = [Stage(read.scenario, document, assumptions, seed) for document in documents]
    with _players(options) as batches:
        result = _rehearsed(stages, batches, options, progress, asked_s=asked_s, deadline_s=deadline_s)
    result = replace(result, output=output, page=page)
    if output:
        text = json.dumps(result.facts(), ensure_ascii=False, indent=1, allow_nan=False)
        write_atomically(output, text + "\n")
    if page:
        write_atomically(page, _page(result))
    return result


def _page(result: RehearseResult) -> str:
    """What a rehearsal says, as one page in all languages."""
    # The page carries the banner itself, and names no files.
    told = replace(result, output=None, page=None)
    lines = lines_in_all_languages(told.sentences)
    shown = [line for line in lines if EXERCISE_BANNER not in str(line)]
    return render_rehearsal(result.scenario, result.facts(), shown, language=language())


def _rehearsed(
    stages: list[Stage],
    batches: Batches,
    options: RehearseOptions,
    progress: Progress,
    *,
    asked_s: float | None,
    deadline_s: float | None,
) -> RehearseResult:
    stage = stages[0]
    tallies: list[Tally] = []
    for item in stages:
        progress.start(_("Rehearsing"), options.futures)
        # The other plan is played in as many futures as the first one took.
        count = tallies[0].futures if tallies else options.futures
        sure = options.until_sure and not tallies
        tallies.append(rehearse(item, count, batches=batches, until_sure=sure, progress=progress))
    tally = tallies[0]
    progress.start(_("Losing the most critical roads"))
    roads = play_without(stage, tally, weak_links(stage, tally), batches=batches, progress=progress)
    progress.start(_("Adding one more bus, hour and crossing"))
    values = values_of_one_more(stage, tally, batches=batches, progress=progress)
    now, later = _now_and_later(stage, tally, batches, progress)
    until_s = stage.horizon_s if asked_s is None else asked_s
    return RehearseResult(
        scenario=stage.scenario,
        plan=stage.plan,
        summary=summary_of(tally),
        asked_s=until_s,
        all_out=chance_all_out(tally, until_s),
        weak_links=roads,
        cut_off=barriers(stage.scenario),
        one_more=values,
        decisions=decisions(now, later, stage.assumptions),
        confidence=options.confidence,
        latest_starts=latest_starts(stage, tally, confidence=options.confidence, deadline_s=deadline_s),
        comparison=compared(tally, tallies[1]) if len(tallies) > 1 and tally.futures > 1 else None,
        assumptions=stage.assumptions,
        seed=stage.seed,
        digest=tally.digest,
        output=None,
    )


def _now_and_later(
    stage: Stage, tally: Tally, batches: Batches, progress: Progress
) -> tuple[Tally, Tally | None]:
    """The plan now and a day later in the same futures; None where that would pass the horizon."""
    if not can_wait(stage.plan, stage.horizon_s):
        return tally, None
    count = min(tally.futures, _WAITING_FUTURES)
    progress.start(_("Waiting a day"), count)
    put = Stage(stage.scenario, put_off(stage.plan, SECONDS_PER_DAY), stage.assumptions, stage.seed)
    later = rehearse(put, count, batches=batches, progress=progress)
    now = tally if count == tally.futures else rehearse(stage, count, batches=batches)
    return now, later


@contextmanager
def _players(options: RehearseOptions) -> Iterator[Batches]:
    if options.cluster:
        with on_cluster(options.cluster, options.certificates) as batches:
            yield batches
    else:
        yield on_threads(options.threads)


def _assumptions(scenario: Scenario, options: RehearseOptions) -> Assumptions:
    """What the files say; a table of alerts and a forecast go before the file of assumptions."""
    assumptions = Assumptions()
    if options.assumptions is not None:
        places = [place.id for place in scenario.in_scope]
        assumptions = read_assumptions(options.assumptions, places)
    if options.alerts is not None:
        assumptions = replace(assumptions, alerts=_fitted(scenario, options.alerts))
    if options.forecast is not None:
        start, end = (scenario.local_time(time_s).date() for time_s in (0.0, scenario.horizon_s))
        quantiles = read_participation(options.forecast, start, end)
        assumptions = replace(assumptions, uptake_quantiles=quantiles)
    return assumptions


def _refuse_events_to_come(scenario: Scenario) -> None:
    """The rate field is made of what has happened."""
    problem, remedy = _("the event lies in the future"), _("give what happened before the scenario's start")
    faults = [
        Fault("threat.csv", 0, "start", event.id, problem, remedy)
        for event in scenario.threat.of_kind(ThreatEntryKind.EVENT)
        if event.start_s > 0
    ]
    if faults:
        raise InputError(faults)


def _moment(option: str, text: str, scenario: Scenario) -> float | None:
    """Seconds of a moment that the user names; None where none is named."""
    if not text:
        return None
    try:
        if len(text) <= 5:
            clock, start = time.fromisoformat(text), scenario.local_time(0.0)
            moment = start.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
            if moment <= start:
                moment += timedelta(days=1)
        else:
            moment = parse_time(text)
    except ValueError as error:
        remedy = _("give HH:MM, or ISO 8601 with zone such as 2023-08-10T18:00+03:00")
        raise InputError([Fault(option, 0, "", text, _("this is no time"), remedy)]) from error
    time_s = seconds_since(scenario.start, moment)
    if not 0 < time_s <= scenario.horizon_s:
        problem = _("the time does not lie between the start and the horizon of the scenario")
        raise InputError([Fault(option, 0, "", text, problem, _("give a time of the plan"))])
    return time_s


def _fitted(scenario: Scenario, path: Path) -> AlertProcess:
    """Alerts of the last months before the start, or of the last in the table where it ends earlier."""
    read = read_alerts(path, FaultList())
    times = [tuple(seconds_since(scenario.start, moment) for moment in pair) for pair in read.intervals]
    until_s = min(0.0, max(end for _start, end in times))
    from_s = until_s - _FITTED_DAYS * SECONDS_PER_DAY
    if not any(end > from_s and start < until_s for start, end in times):
        problem = _("no alert lies before the scenario's start")
        raise InputError([Fault(path.name, 0, "started_at", "", problem, _("give a table of that time"))])
    return fit_alerts([(start, end) for start, end in times], from_s=from_s, until_s=until_s)
