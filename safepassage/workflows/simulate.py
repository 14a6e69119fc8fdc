"""Play a plan in a scenario and tell who is out when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from safepassage.formats.files import write_atomically
from safepassage.formats.marking import marks
from safepassage.formats.moves_parquet import MoveFile
from safepassage.formats.outcome_json import dump_outcome
from safepassage.formats.plan_folder import PLAN_FILE, require_same_scenario
from safepassage.formats.plan_json import load_plan
from safepassage.formats.scenario_folder import read_scenario
from safepassage.i18n import _, ngettext
from safepassage.model.events import MoveHeading
from safepassage.model.outcome import Outcome
from safepassage.model.plan import Plan
from safepassage.model.scenario import Scenario
from safepassage.progress import NoProgress, Progress
from safepassage.publish.road_words import road_lines
from safepassage.publish.summary import summary_lines
from safepassage.simulator.people_stays import Phase
from safepassage.simulator.plan_demand import vehicle_blocks
from safepassage.simulator.playback import play_plan
from safepassage.workflows.exposure import ExposureRow, exposure_csv, exposure_of
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
    events : Path or None
        Where the moves of vehicles were written.
    moves : int
        How many there are.
    exposure : tuple of ExposureRow
        Danger by phase, place and group; empty where it was not asked for.
    exposure_file : Path or None
        Where it was written.
    """

    scenario: Scenario
    plan: Plan
    outcome: Outcome
    output: Path | None
    events: Path | None = None
    moves: int = 0
    exposure: tuple[ExposureRow, ...] = ()
    exposure_file: Path | None = None

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        return {
            "plan": self.plan.id,
            "seed": self.outcome.seed,
            **outcome_facts(self.outcome),
            "outcome": str(self.output) if self.output else None,
            "stuck": [asdict(place) for place in self.outcome.stuck],
            "gridlocks": [asdict(ring) for ring in self.outcome.gridlocks],
            "diverted_vehicles": self.outcome.diverted_vehicles,
            "turned_away_vehicles": self.outcome.turned_away_vehicles,
            "background_vehicles": self.outcome.background_vehicles,
            "background_arrived": self.outcome.background_arrived,
            "walks": [asdict(walk) for walk in self.outcome.walks],
            "events": str(self.events) if self.events else None,
            "moves": self.moves,
            "exposure": _by_phase(self.exposure),
            "exposure_file": str(self.exposure_file) if self.exposure_file else None,
        }

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        lines = [str(line) for line in summary_lines(self.scenario, self.plan, self.outcome)]
        lines += road_lines(self.outcome)
        if self.output:
            lines.append(_("Outcome: {path}").format(path=self.output))
        if self.events:
            written = ngettext("{count} move: {path}", "{count} moves: {path}", self.moves)
            lines.append(written.format(count=self.moves, path=self.events))
        if self.exposure_file:
            total = sum(row.casualties for row in self.exposure)
            text = _("Expected casualties until safe: {number:.3g}, by place and group in {path}")
            lines.append(text.format(number=total, path=self.exposure_file))
        return lines


def simulate_plan(
    folder: Path,
    plan: Path,
    output: Path | None = None,
    *,
    events: Path | None = None,
    exposure: Path | None = None,
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
    events : Path, optional
        Where to write every move of a vehicle, as Parquet, while the plan is played.
    exposure : Path, optional
        Where to write the danger by phase, place and group, as CSV.
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
    seed = read.scenario.seed if seed is None else seed
    moves = 0
    if events:
        with MoveFile(events, move_heading(read.scenario, document)) as file:
            played = play_plan(read.scenario, document, seed=seed, on_moves=file)
            moves = file.moves
    else:
        played = play_plan(read.scenario, document, seed=seed)
    outcome = played.outcome
    rows = exposure_of(read.scenario, document, played) if exposure else ()
    if exposure:
        write_atomically(exposure, exposure_csv(document, rows))
    if output:
        content = dump_outcome(outcome, audience=document.audience, exercise=document.exercise)
        write_atomically(output, content)
    return SimulateResult(read.scenario, document, outcome, output, events, moves, rows, exposure)


def _by_phase(rows: Sequence[ExposureRow]) -> Mapping[str, Mapping[str, float]]:
    return {
        phase.value: {
            "person_hours": sum(row.person_s for row in own) / 3600,
            "expected_casualties": sum(row.casualties for row in own),
        }
        for phase in Phase
        if (own := [row for row in rows if row.phase == phase])
    }


def move_heading(scenario: Scenario, plan: Plan) -> MoveHeading:
    """
    What the moves of a played plan are about.

    Parameters
    ----------
    scenario : Scenario
        Where.
    plan : Plan
        What.

    Returns
    -------
    MoveHeading
        With the marks of the plan.
    """
    mark = marks(plan.audience, exercise=plan.exercise)
    return MoveHeading(
        plan_id=plan.id,
        scenario_hash=plan.scenario_hash,
        start=scenario.start.isoformat(),
        audience=mark["audience"],
        banner=mark["exercise"],
        link_id=scenario.network.link_id,
        vehicles=vehicle_blocks(scenario, plan),
    )
