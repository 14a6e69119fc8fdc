"""What is lost with each crossing, and by when people have to start: the playbook of a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from safepassage.errors import InfeasibleError
from safepassage.formats.files import write_folder
from safepassage.formats.plan_folder import PLAN_FILE, require_same_scenario
from safepassage.formats.plan_json import load_plan
from safepassage.formats.playbook_json import dump_playbook, starts_table
from safepassage.formats.scenario_folder import read_scenario, scenario_hash
from safepassage.i18n import _, language, use_language
from safepassage.model.plan import Plan
from safepassage.model.playbook import Playbook
from safepassage.model.policy import Audience
from safepassage.model.scenario import Scenario
from safepassage.planner.surge.crossings import lost_crossings
from safepassage.planner.surge.last_start import last_starts
from safepassage.planner.surge.recipe import plan_surge
from safepassage.progress import NoProgress, Progress
from safepassage.publish.playbook_page import render_playbook, start_lines
from safepassage.publish.wording import clock, duration
from safepassage.workflows.facts import finite
from safepassage.workflows.lost_roads import loss_facts, loss_lines

PLAYBOOK_FILE = "playbook.json"
PAGE_FILE = "playbook.html"
STARTS_FILE = "starts.csv"


@dataclass(frozen=True, slots=True)
class CrossingsResult:
    """
    A playbook that was written.

    Attributes
    ----------
    output : Path
        Its folder.
    scenario : Scenario
        Names and times.
    playbook : Playbook
        What was written.
    """

    output: Path
    scenario: Scenario
    playbook: Playbook

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        return {
            "folder": str(self.output),
            "plan": self.playbook.plan_id,
            "said_lost": loss_facts(self.scenario),
            "losses": [
                {
                    "crossings": list(row.crossings),
                    "cut_off": {part.settlement: part.with_car + part.without_car for part in row.cut_off},
                    "bound_s": finite(row.bound_s),
                    "cars_clearance_s": row.cars_clearance_s,
                    "fleet_clearance_s": row.fleet_clearance_s,
                    "later_s": row.later_s,
                    "left_behind": row.left_behind,
                }
                for row in self.playbook.losses
            ],
            "starts": [
                {
                    "crossing": row.crossing,
                    "settlement": row.settlement,
                    "alone_s": finite(row.alone_s),
                    "together_s": finite(row.together_s),
                    "confident_s": finite(row.confident_s),
                    "passed_s": finite(row.passed_s),
                    "fleet_passed_s": finite(row.fleet_passed_s),
                }
                for row in self.playbook.starts
            ],
        }

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        lines = [*loss_lines(self.scenario)]
        for row in self.playbook.losses:
            cut_off = sum(part.with_car + part.without_car for part in row.cut_off)
            later = duration(abs(row.later_s))
            lines.append(
                _(
                    "Without {lost}: {cut_off} people cut off, all others out by {time} ({sign}{later})."
                ).format(
                    lost=" + ".join(row.crossings) or _("nothing"),
                    cut_off=cut_off,
                    time=clock(self.scenario, row.clearance_s, round_up=True),
                    sign="+" if row.later_s >= 0 else "\N{MINUS SIGN}",
                    later=later,
                )
            )
        for name in dict.fromkeys(row.crossing for row in self.playbook.starts):
            rows = [row for row in self.playbook.starts if row.crossing == name]
            lines += start_lines(self.scenario, rows)
        page = self.output / PAGE_FILE
        return [*lines, _("Playbook: {path} (for the commission only)").format(path=page)]


def crossings_folder(
    folder: Path,
    plan: Path | None,
    output: Path,
    *,
    pairs: Sequence[str] | None = None,
    most_lost: int = 2,
    confidence: float = 0.9,
    seed: int | None = None,
    progress: Progress | None = None,
) -> CrossingsResult:
    """
    Make and write the playbook of a scenario.

    Parameters
    ----------
    folder : Path
        The scenario folder.
    plan : Path or None
        The plan folder whose routes the last safe starts belong to; made anew where not given.
    output : Path
        The folder to write; an earlier playbook there is replaced.
    pairs : sequence of str, optional
        Pairs of crossings joined by ``+`` that may be lost together; all by default.
    most_lost : int
        Crossings lost at once: 1 or 2.
    confidence : float
        Of the last safe starts, 0.5 to 1.
    seed : int, optional
        Of every random choice; that of the scenario by default.
    progress : Progress, optional
        Told of each phase.

    Returns
    -------
    CrossingsResult
        What was written.

    Raises
    ------
    InputError
        If an input is faulty.
    InfeasibleError
        If the scenario has no crossing, or a pair names one that it does not have.
    OutputError
        If the folder cannot be written.
    """
    progress = progress or NoProgress()
    progress.start(_("Reading the scenario"))
    read = read_scenario(folder, progress=progress)
    scenario, chosen = read.scenario, read.scenario.seed if seed is None else seed
    if not any(scenario.network.crossing):
        raise InfeasibleError(
            _("no road is a crossing; name those that may be lost in the column crossing of link.csv")
        )
    together = None if pairs is None else [_pair(text) for text in pairs]
    with use_language("en"):
        document = _plan(scenario, plan, chosen, progress)
        if plan is not None:
            require_same_scenario(document, read, plan)
        losses = lost_crossings(scenario, seed=chosen, most_lost=most_lost, pairs=together, progress=progress)
        playbook = Playbook(
            plan_id=document.id,
            scenario_id=scenario.id,
            scenario_hash=document.scenario_hash,
            start=document.start,
            time_zone=scenario.time_zone,
            audience=Audience.COMMISSION,
            exercise=scenario.is_exercise,
            confidence=confidence,
            losses=tuple(losses),
            starts=last_starts(scenario, document, confidence=confidence, seed=chosen),
        )
    page = render_playbook(scenario, playbook, language=language())
    files: dict[str, bytes | str | None] = {
        PLAYBOOK_FILE: dump_playbook(playbook),
        PAGE_FILE: page,
        STARTS_FILE: starts_table(scenario, playbook),
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    write_folder(output, files, replace=(output / PLAYBOOK_FILE).is_file())
    return CrossingsResult(output, scenario, playbook)


def _plan(scenario: Scenario, plan: Path | None, seed: int, progress: Progress) -> Plan:
    if plan is not None:
        return load_plan(plan / PLAN_FILE if plan.is_dir() else plan)
    return plan_surge(scenario, scenario_hash=scenario_hash(scenario), seed=seed, progress=progress).plan


def _pair(text: str) -> tuple[str, str]:
    first, plus, second = (part.strip() for part in text.partition("+"))
    if not (plus and first and second):
        raise InfeasibleError(_("{text}: write a pair of crossings as FIRST+SECOND").format(text=text))
    return first, second
