"""Plan anew while a plan runs, and write the new plan with what it changes for whom."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from safepassage.errors import Fault, InputError
from safepassage.formats.change_table import CHANGES_FILE, change_table
from safepassage.formats.clock import seconds_since
from safepassage.formats.plan_folder import (
    PLAN_FILE,
    REPORT_FILE,
    PlanFolder,
    require_place_for_plan,
    require_same_scenario,
    write_plan_folder,
)
from safepassage.formats.plan_json import load_plan
from safepassage.formats.scenario_folder import ScenarioFolder, read_scenario, scenario_hash
from safepassage.i18n import _, language, ngettext, use_language
from safepassage.model.plan import Pin
from safepassage.model.replanning import SettlementChange
from safepassage.model.scenario import Scenario
from safepassage.operations.planning import PlanningFacts
from safepassage.planner.surge import replan as planner
from safepassage.planner.surge.known_now import closures_of
from safepassage.planner.surge.replan import Replanned
from safepassage.progress import NoProgress, Progress
from safepassage.publish.report import render_report
from safepassage.publish.summary import summary_lines
from safepassage.publish.wording import clock, place_name
from safepassage.workflows.facts import finite, outcome_facts
from safepassage.workflows.ledger_changes import LedgerChanges, ledger_changes

_MOST_SAID = 12


@dataclass(frozen=True, slots=True)
class ReplanResult:
    """
    A plan made anew and written.

    Attributes
    ----------
    output : Path
        Its folder.
    before : Scenario
        What the earlier plan was made for.
    replanned : Replanned
        What was made.
    from_ledger : LedgerChanges or None
        What the ledger gave, where one was asked.
    """

    output: Path
    before: Scenario
    replanned: Replanned
    from_ledger: LedgerChanges | None = None

    @property
    def unserved_people(self) -> int:
        """Persons whom the new plan names as not served."""
        return sum(part.people.total for part in self.replanned.plan.unserved)

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        new = self.replanned
        certificate = new.plan.certificate
        return {
            "plan": new.plan.id,
            "revision": new.plan.revision,
            "supersedes": new.plan.supersedes,
            "folder": str(self.output),
            "report": str(self.output / REPORT_FILE),
            "unserved": self.unserved_people,
            **outcome_facts(new.outcome),
            **({} if self.from_ledger is None else {"ledger": self.from_ledger.facts()}),
            "under_way": asdict(new.under_way),
            "without_a_new_plan": {
                "safe": new.unchanged.safe,
                "clearance_s": finite(new.unchanged.clearance_s),
            },
            "bounds": {
                row.name: {"bound_s": finite(row.bound_s), "value_s": finite(row.value_s)}
                for row in (certificate.clearance if certificate else ())
            },
            "changes": [
                {
                    name: finite(value) if isinstance(value, float) else value
                    for name, value in asdict(row).items()
                }
                for row in new.changes
            ],
        }

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        new, scenario = self.replanned, self.replanned.scenario
        seen = new.under_way
        lines = list(self.from_ledger.sentences()) if self.from_ledger else []
        lines += [
            _(
                "At {time}: {out} people out, {road} on the road; {waves} waves and {trips} trips stay."
            ).format(
                time=clock(scenario, seen.at_s),
                out=seen.people_out,
                road=seen.people_on_road,
                waves=seen.waves_kept,
                trips=seen.trips_kept,
            )
        ]
        if seen.cars_diverted + seen.trips_diverted:
            lines.append(
                _("Sent another way: {cars} cars and {trips} vehicles.").format(
                    cars=seen.cars_diverted, trips=seen.trips_diverted
                )
            )
        if seen.cars_turned_back + seen.trips_broken_off:
            lines.append(
                _("No way is left for {cars} cars and {trips} vehicles: they turn back.").format(
                    cars=seen.cars_turned_back, trips=seen.trips_broken_off
                )
            )
        lines += [str(line) for line in summary_lines(scenario, new.plan, new.outcome)]
        lines.append(_("Without a new plan {people} people would be out.").format(people=new.unchanged.safe))
        lines += [_change_words(scenario, change) for change in new.changes[:_MOST_SAID]]
        more = len(new.changes) - _MOST_SAID
        if more > 0:
            words = ngettext("and {count} more settlement", "and {count} more settlements", more)
            lines.append(words.format(count=more))
        if not new.changes:
            lines.append(_("Nothing changes for anybody."))
        return [*lines, _("What changes for whom: {path}").format(path=self.output / CHANGES_FILE)]


def _change_words(scenario: Scenario, change: SettlementChange) -> str:
    place = next(place for place in scenario.settlements if place.id == change.settlement)

    def moment(time_s: float) -> str:
        return clock(scenario, time_s) if math.isfinite(time_s) else "-"

    return _("{place}: cars {car_before} > {car_after}, last in safety {last_before} > {last_after}").format(
        place=place_name(place),
        car_before=moment(change.cars_next_before_s),
        car_after=moment(change.cars_next_after_s),
        last_before=moment(change.last_before_s),
        last_after=moment(change.last_after_s),
    )


def replan_folder(  # noqa: PLR0913 - each is one thing that may become known
    folder: Path,
    plan: Path,
    output: Path,
    *,
    at: str,
    close: Sequence[str] = (),
    pins: Path | None = None,
    ledger: PlanningFacts | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
) -> ReplanResult:
    """
    Plan anew from a moment on and write everything.

    Parameters
    ----------
    folder : Path
        The scenario folder for which the running plan was made.
    plan : Path
        The running plan's folder, or its ``plan.json``.
    output : Path
        Where the new plan folder goes; it holds the scenario as it is known then.
    at : str
        The moment: ISO 8601, or ``+4:30`` for so long after the start.
    close : sequence of str
        Crossings or links that are lost from then on.
    pins : Path, optional
        A table like ``pin.csv`` of new decisions; one with an old id replaces the old one.
    ledger : PlanningFacts, optional
        What the ledger of the evacuation knows by then.
    seed : int, optional
        Of every random choice; that of the scenario by default.
    progress : Progress, optional
        Told of each phase.

    Returns
    -------
    ReplanResult
        What was written.

    Raises
    ------
    InputError
        If an input is faulty or the plan was made for another scenario.
    InfeasibleError
        If what is said to have happened cannot be.
    OutputError
        If the folder cannot be written.
    """
    progress = progress or NoProgress()
    require_place_for_plan(output)
    progress.start(_("Reading the scenario"))
    read = read_scenario(folder, progress=progress)
    scenario = read.scenario
    running = load_plan(plan / PLAN_FILE if plan.is_dir() else plan)
    require_same_scenario(running, read, plan)
    at_s = moment_s(scenario, at)
    more: tuple[Pin, ...] = ()
    if pins is not None:
        more = read_scenario(folder, instead={"pin.csv": pins}).scenario.pins
    with use_language("en"):
        known = ledger_changes(scenario, ledger, at_s) if ledger is not None else None
        closures = [entry for name in close for entry in closures_of(scenario, name, at_s)]
        if known is not None:
            lost = {entry.subject for entry in closures}
            closures += [entry for entry in known.closures if entry.subject not in lost]
            more = (*more, *(pin for pin in known.pins if pin.id not in {own.id for own in more}))
        new = planner.replan(
            scenario,
            running,
            at_s=at_s,
            scenario_hash=scenario_hash,
            closures=closures,
            pins=more,
            demand=known.demand if known is not None else (),
            seed=scenario.seed if seed is None else seed,
            progress=progress,
        )
    content = PlanFolder(replace(read, scenario=new.scenario), new.plan, new.outcome, new.unchanged)
    progress.start(_("Writing the report"))
    page = render_report(new.scenario, new.plan, new.outcome, new.unchanged, language=language())
    table = change_table(new.scenario, new.plan, new.changes)
    write_plan_folder(content, output, report=page, more={CHANGES_FILE: table})
    return ReplanResult(output, scenario, new, known)


def moment_s(scenario: Scenario, text: str) -> float:
    """
    Read a moment of a plan.

    Parameters
    ----------
    scenario : Scenario
        Whose start and zone count.
    text : str
        ISO 8601 (without a zone: the scenario's), or ``+4:30`` for hours and minutes after the start.

    Returns
    -------
    float
        Seconds since the start.

    Raises
    ------
    InputError
        If the text is no such moment.
    """
    try:
        if text.startswith("+"):
            hours, _colon, minutes = text[1:].partition(":")
            return timedelta(hours=int(hours), minutes=int(minutes or 0)).total_seconds()
        when = datetime.fromisoformat(text)
    except ValueError as error:
        problem = _("this is no time")
        remedy = _("write it as 2023-08-10T09:00+03:00, or as +4:30 for so long after the start")
        raise InputError([Fault("--at", 0, "", text, problem, remedy)]) from error
    if when.tzinfo is None:
        when = when.replace(tzinfo=ZoneInfo(scenario.time_zone))
    return seconds_since(scenario.start, when)


def open_scenario(folder: Path, pins: Path | None) -> ScenarioFolder:
    """
    Read a scenario with another table of pins.

    Parameters
    ----------
    folder : Path
        The scenario folder.
    pins : Path or None
        Read in the place of ``pin.csv``; None reads the folder as it is.

    Returns
    -------
    ScenarioFolder
        Checked with these pins.
    """
    return read_scenario(folder, instead={} if pins is None else {"pin.csv": pins})
