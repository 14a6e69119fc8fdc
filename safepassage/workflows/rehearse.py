"""Rehearse a plan over many futures and write what they say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from safepassage import __version__
from safepassage.errors import Fault, InputError
from safepassage.formats.alerts import read_alerts
from safepassage.formats.clock import seconds_since
from safepassage.formats.fault_list import FaultList
from safepassage.formats.files import write_atomically
from safepassage.formats.marking import marks
from safepassage.formats.plan_folder import PLAN_FILE, require_same_scenario
from safepassage.formats.plan_json import load_plan
from safepassage.formats.scenario_folder import read_scenario
from safepassage.i18n import _
from safepassage.model.plan import Plan
from safepassage.model.policy import Audience
from safepassage.model.scenario import Scenario
from safepassage.progress import NoProgress, Progress
from safepassage.rehearsal.assumptions import Assumptions
from safepassage.rehearsal.parties import GROUPS
from safepassage.rehearsal.play import COUNTS, FutureResult, Stage
from safepassage.rehearsal.run import digest_of, rehearse
from safepassage.rehearsal.statistics import LEVELS, Comparison, Summary, compared, summary_of
from safepassage.threat.alerts import AlertProcess, fit_alerts
from safepassage.threat.barriers import barriers
from safepassage.units import SECONDS_PER_DAY

_FITTED_DAYS = 90
_SHARE_NAMES = ("of_90_percent", "of_99_percent", "of_all")
_WEAK_POINT_FUTURES = 50


@dataclass(frozen=True, slots=True)
class WeakPoint:
    """
    What the loss of a crossing from the start on costs, in the same futures.

    Attributes
    ----------
    name : str
        Of the crossing.
    cut_off : tuple of str
        Settlements that have no way out without it.
    cost : Comparison
        With the crossing lost, less without.
    """

    name: str
    cut_off: tuple[str, ...]
    cost: Comparison


@dataclass(frozen=True, slots=True, eq=False)
class RehearseResult:
    """
    A plan that was rehearsed.

    Attributes
    ----------
    scenario, plan : Scenario, Plan
        What was rehearsed.
    summary : Summary
        What the futures say.
    weak_points : tuple of WeakPoint
        River crossings, by name.
    comparison : Comparison or None
        With another plan.
    assumptions : Assumptions
        What was uncertain.
    seed : int
        Of all futures.
    digest : str
        Of all results.
    output : Path or None
        Where the figures were written.
    """

    scenario: Scenario
    plan: Plan
    summary: Summary
    weak_points: tuple[WeakPoint, ...]
    comparison: Comparison | None
    assumptions: Assumptions
    seed: int
    digest: str
    output: Path | None

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        said = self.summary
        scope = [place.id for place in self.scenario.in_scope]
        settlements = [
            {"settlement": place, "harm": float(said.harm_by_settlement[k]), **_counted(said.settlements[k])}
            for k, place in enumerate(scope)
        ]
        facts: dict[str, object] = {
            **marks(Audience.COMMISSION, exercise=self.scenario.is_exercise),
            "version": __version__,
            "plan": self.plan.id,
            "scenario_hash": self.plan.scenario_hash,
            "seed": self.seed,
            "futures": said.futures,
            "digest": self.digest,
            "levels": LEVELS,
            "clearance_s": said.clearance_s,
            "out_by_hour": said.out_by_hour.tolist(),
            "probability_all_out": [
                {"hour": hour, **dict(zip(_SHARE_NAMES, row.tolist(), strict=True))}
                for hour, row in enumerate(said.all_out)
            ],
            "people": dict(said.people),
            "stranded": said.stranded,
            "harm": {
                "mean": said.harm_mean, "worst_tenth_of_futures": said.harm_cvar,
                "standard_error": _finite(said.harm_error), "if_all_stay": said.harm_if_all_stay,
                "by_group": dict(zip(GROUPS, said.harm_by_group.tolist(), strict=True)),
                "at_rate": [
                    {"factor": factor, "with_plan": plan, "if_all_stay": stay}
                    for factor, plan, stay in said.at_rate
                ],
            },
            "converged_at": said.converged_at,
            "settlements": settlements,
            "weak_points": [
                {
                    "crossing": item.name, "settlements_cut_off": item.cut_off, "futures": item.cost.futures,
                    "more_stranded": item.cost.stranded, "more_harm": item.cost.harm,
                }
                for item in self.weak_points
            ],
        }  # fmt: skip
        if self.comparison:
            names = (item.name for item in fields(self.comparison))
            facts["comparison"] = {name: getattr(self.comparison, name) for name in names}
        return facts

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        said = self.summary
        people = dict(said.people)
        lines = [
            str(mark)
            for mark in (marks(Audience.COMMISSION, exercise=self.scenario.is_exercise)["exercise"],)
        ]
        lines += [
            _("For the commission only. {futures} futures, seed {seed}.").format(
                futures=said.futures, seed=self.seed
            ),
            _(
                "Of {willing} people willing to leave on average, {safe} get out; {stranded} do not"
                " (in the worst twentieth of futures {worst} or more)."
            ).format(
                willing=round(people["safe"] + people["on_the_way"] + people["at_home"]),
                safe=round(people["safe"]),
                stranded=round(people["on_the_way"] + people["at_home"]),
                worst=round(said.stranded[-1]),
            ),
        ]
        if said.clearance_s:
            lines.append(
                _(
                    "The last of those who get out do so by hour {middle}; in 95 % of futures by hour {late}."
                ).format(middle=_hours(said.clearance_s[2]), late=_hours(said.clearance_s[4]))
            )
        end = said.all_out[-1]
        lines.append(
            _(
                "By the horizon 90 % of the willing are out in {most} % of futures, all of them in {all} %."
            ).format(most=round(100 * float(end[0])), all=round(100 * float(end[2])))
        )
        lines.append(
            _(
                "Expected casualties until the horizon: {mean} (worst tenth of futures, by their expected"
                " harm: {worst}); {stay} if all stayed at home. The rate may be ten times less or a"
                " hundred times more."
            ).format(
                mean=_figure(said.harm_mean),
                worst=_figure(said.harm_cvar),
                stay=_figure(said.harm_if_all_stay),
            )
        )
        for item in self.weak_points:
            lines.append(
                _(
                    "Without the crossing {name}: {stranded} more people do not get out;"
                    " {places} settlements are cut off."
                ).format(name=item.name, stranded=round(item.cost.stranded), places=len(item.cut_off))
            )
        if self.comparison:
            lines.append(
                _(
                    "The other plan: {stranded} more people do not get out, {harm} more expected casualties"
                    " (standard error {error}; negative is in its favour)."
                ).format(
                    stranded=round(self.comparison.stranded), harm=_figure(self.comparison.harm),
                    error=_figure(self.comparison.harm_error),
                )
            )  # fmt: skip
        if said.converged_at is None:
            lines.append(_("The mean harm is not settled yet; rehearse more futures."))
        if self.output:
            lines.append(_("Figures: {path}").format(path=self.output))
        return [line for line in lines if line]


def rehearse_plan(  # noqa: PLR0913 - what the command line asks
    folder: Path,
    plan: Path,
    output: Path | None = None,
    *,
    futures: int = 1000,
    compare: Path | None = None,
    alerts: Path | None = None,
    seed: int | None = None,
    threads: int = 2,
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
    futures : int, optional
        How many.
    compare : Path, optional
        Another plan of the same scenario, rehearsed in the same futures.
    alerts : Path, optional
        Table of alerts that the alerts of the futures are fitted to.
    seed : int, optional
        Of every draw; that of the scenario by default.
    threads : int, optional
        How many work at once; changes nothing but the time.
    progress : Progress, optional
        Told of each phase.

    Returns
    -------
    RehearseResult
        What the futures say.

    Raises
    ------
    InputError
        If an input is faulty or the plans do not belong to the scenario.
    OutputError
        If the figures cannot be written.
    """
    progress = progress or NoProgress()
    progress.start(_("Reading the scenario"))
    read = read_scenario(folder, progress=progress)
    documents = []
    for path in (plan, compare):
        if path is not None:
            documents.append(load_plan(path / PLAN_FILE if path.is_dir() else path))
            require_same_scenario(documents[-1], read, path)
    scenario = read.scenario
    assumptions = Assumptions()
    if alerts is not None:
        assumptions = replace(assumptions, alerts=_fitted(scenario, alerts))
    chosen = scenario.seed if seed is None else seed
    stages = [Stage(scenario, document, assumptions, chosen) for document in documents]
    played = []
    for stage in stages:
        progress.start(_("Rehearsing"), futures)
        played.append(rehearse(stage, futures, threads=threads, progress=progress))
    progress.start(_("Losing each crossing"))
    result = RehearseResult(
        scenario,
        documents[0],
        summary_of(played[0]),
        _weak_points(scenario, stages[0], played[0], threads),
        compared(played[0], played[1]) if compare is not None and futures > 1 else None,
        assumptions,
        chosen,
        digest_of(played[0]),
        output,
    )
    if output:
        write_atomically(
            output, json.dumps(result.facts(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
        )
    return result


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


def _weak_points(
    scenario: Scenario, stage: Stage, played: Sequence[FutureResult], threads: int
) -> tuple[WeakPoint, ...]:
    count = min(len(played), _WEAK_POINT_FUTURES)
    points = []
    for name, places in barriers(scenario).items():
        links = [k for k, crossing in enumerate(scenario.network.crossing) if crossing == name]
        if count > 1:
            without = rehearse(stage, count, threads=threads, lost=links)
            points.append(WeakPoint(name, places, compared(played[:count], without)))
    return tuple(points)


def _counted(row: np.ndarray) -> dict[str, float]:
    return dict(zip(COUNTS, row.tolist(), strict=True))


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _hours(time_s: float) -> str:
    return f"{time_s / 3600:.1f}"


def _figure(value: float) -> str:
    return f"{value:.2g}"
