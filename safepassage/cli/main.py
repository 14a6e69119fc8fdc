"""
The commands: parse, call a workflow, show.

Workflows are imported inside the commands: numba and the solvers take seconds to load, and help must not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Protocol

import typer

from safepassage import __version__
from safepassage.cli import crossings as crossings_command
from safepassage.cli import exchange as exchange_commands
from safepassage.cli import forecast as forecast_commands
from safepassage.cli import maps, rehearse, sheets, verify
from safepassage.cli import operations as operations_commands
from safepassage.cli import pins as pins_command
from safepassage.cli import replan as replan_command
from safepassage.cli.boundary import Commands, terminal_of
from safepassage.cli.exit_codes import ExitCode
from safepassage.cli.options import AsJson, Seed
from safepassage.cli.terminal import Terminal
from safepassage.i18n import _, set_language
from safepassage.model.policy import Audience

EPILOG = _(
    "Exit codes: 0 done; 1 our fault (a log file is named); 2 bad input, or a folder that cannot be "
    "read or written; 3 no feasible plan; 4 the plan was written but leaves people unserved; "
    "5 a verification case failed; 130 stopped by Ctrl-C."
)

app = typer.Typer(
    name="safepassage",
    cls=Commands,
    help=_("Get every civilian of a district out of danger, and account for each one."),
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


class Result(Protocol):
    """What every workflow returns."""

    def facts(self) -> Mapping[str, object]:
        """Tell a machine: JSON values by name."""

    def sentences(self) -> Sequence[str]:
        """Tell a person, in the language of the context."""


class PlanResult(Result, Protocol):
    """What a workflow that plans returns."""

    @property
    def unserved_people(self) -> int:
        """Persons whom the plan names as not served."""


class Language(StrEnum):
    """Languages that the command line speaks."""

    ENGLISH = "en"
    UKRAINIAN = "uk"


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"safepassage {__version__}")
        raise typer.Exit


ScenarioFolder = Annotated[Path, typer.Argument(metavar="FOLDER", help=_("Folder of the scenario."))]
PlanFolder = Annotated[Path, typer.Argument(metavar="PLAN", help=_("Folder of the plan, as plan wrote it."))]
Lang = Annotated[Language | None, typer.Option("--lang", help=_("Language of the messages."))]
Goal = Annotated[
    str,
    typer.Option(
        "--objective",
        help=_(
            "What to make best, the most important first: clearance, mean_arrival, before_deadline, harm; "
            "such as harm,clearance. By default what the scenario says."
        ),
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="PATH", help=_("Where to write.")),
]
Events = Annotated[
    Path | None,
    typer.Option(
        "--events",
        metavar="FILE.parquet",
        help=_("Where to write every move of a vehicle, for animation (for the commission)."),
    ),
]
ExposureFile = Annotated[
    Path | None,
    typer.Option(
        "--exposure",
        metavar="FILE.csv",
        help=_("Where to write the danger people were in, by place and group (for the commission)."),
    ),
]
Version = Annotated[
    bool,
    typer.Option("--version", callback=_print_version, is_eager=True, help=_("Print the version and exit.")),
]


Pins = Annotated[
    Path | None, typer.Option("--pins", metavar="FILE", help=_("Table of pins to obey instead of pin.csv."))
]
ForkFree = Annotated[
    bool,
    typer.Option("--fork-free", help=_("At every junction all cars go the same way.")),
]
Contraflow = Annotated[
    bool, typer.Option("--contraflow", help=_("Turn lanes of the way in over to the way out where it gains."))
]
Reverse = Annotated[
    list[str] | None,
    typer.Option("--reverse", metavar="LINK", help=_("A link that is to get the lanes of the way back.")),
]
Spare = Annotated[
    float | None,
    typer.Option("--spare", metavar="SHARE", help=_("Share of every road left free for late comers.")),
]


@app.callback()
def choose(lang: Lang = None, version: Version = False) -> None:  # noqa: ARG001 (--version acts by itself)
    """Take the options that come before the command."""
    if lang is not None:
        set_language(lang)


def _terminal(ctx: typer.Context, lang: Language | None, as_json: bool) -> Terminal:
    if lang is not None:
        set_language(lang)
    terminal = terminal_of(ctx)
    terminal.as_json = as_json
    return terminal


@app.command(help=_("Plan, play and report the bundled exercise: Kupiansk, August 2023."))
def demo(
    ctx: typer.Context, output: Output = None, seed: Seed = None, as_json: AsJson = False, lang: Lang = None
) -> None:
    """Run the main job from end to end."""
    terminal = _terminal(ctx, lang, as_json)
    from safepassage.workflows.demo import run_demo

    with terminal.progress() as progress:
        result = run_demo(output or Path("out") / "demo", seed=seed, progress=progress)
    _finish_plan(terminal, result)


@app.command(help=_("List every fault of a scenario folder, with the place and the remedy."))
def check(ctx: typer.Context, folder: ScenarioFolder, as_json: AsJson = False, lang: Lang = None) -> None:
    """Check without planning."""
    terminal = _terminal(ctx, lang, as_json)
    from safepassage.workflows.check import check_folder

    result = check_folder(folder)
    if not terminal.as_json:
        terminal.faults(result.faults)
    unusable = any(fault.severity != "warning" for fault in result.faults)
    code = ExitCode.BAD_INPUT if unusable else ExitCode.DONE
    terminal.done(code, result.facts(), result.sentences())
    raise typer.Exit(code)


@app.command(help=_("Plan the evacuation of a scenario folder and prove how good the plan is."))
def plan(
    ctx: typer.Context,
    folder: ScenarioFolder,
    output: Output = None,
    seed: Seed = None,
    objective: Goal = "",
    pins: Pins = None,
    fork_free: ForkFree = False,
    contraflow: Contraflow = False,
    reverse: Reverse = None,
    spare: Spare = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Write a plan folder."""
    terminal = _terminal(ctx, lang, as_json)
    from safepassage.workflows.plan import plan_folder
    from safepassage.workflows.plan_options import PlanOptions

    options = PlanOptions(pins, fork_free, contraflow, tuple(reverse or ()), spare)
    with terminal.progress() as progress:
        result = plan_folder(
            folder,
            output or Path("out") / folder.resolve().name,
            options=options,
            seed=seed,
            objective=objective,
            progress=progress,
        )
    _finish_plan(terminal, result)


@app.command(help=_("Play a plan vehicle by vehicle and tell who is out when."))
def simulate(
    ctx: typer.Context,
    folder: ScenarioFolder,
    plan: PlanFolder,
    output: Output = None,
    events: Events = None,
    exposure: ExposureFile = None,
    seed: Seed = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Play a plan in a scenario."""
    terminal = _terminal(ctx, lang, as_json)
    from safepassage.workflows.simulate import simulate_plan

    with terminal.progress() as progress:
        result = simulate_plan(
            folder, plan, output, events=events, exposure=exposure, seed=seed, progress=progress
        )
    terminal.done(ExitCode.DONE, result.facts(), result.sentences())


@app.command(help=_("Write the report of a plan as one page that needs no network (for the commission)."))
def report(
    ctx: typer.Context,
    plan: PlanFolder,
    output: Output = None,
    rehearsal: Annotated[
        Path | None,
        typer.Option("--rehearsal", metavar="FILE", help=_("Figures that rehearse wrote of this plan.")),
    ] = None,
    forecast: Annotated[
        Path | None,
        typer.Option("--forecast", metavar="FILE", help=_("Forecast that forecast wrote of this scenario.")),
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help=_("Print it as PDF on A4 as well."))] = False,
    audience: Annotated[
        Audience,
        typer.Option("--audience", help=_("Who will read it; the public only where nature threatens.")),
    ] = Audience.COMMISSION,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Write the report of a plan."""
    terminal = _terminal(ctx, lang, as_json)
    from safepassage.workflows.report import report_plan

    with terminal.progress() as progress:
        result = report_plan(
            plan,
            output,
            rehearsal=rehearsal,
            forecast=forecast,
            pdf=pdf,
            audience=audience,
            progress=progress,
        )
    terminal.done(ExitCode.DONE, result.facts(), result.sentences())


forecast_commands.register(app)


def _finish_plan(terminal: Terminal, result: PlanResult) -> None:
    """Show a plan; people whom it leaves behind make themselves heard in the exit code."""
    code = ExitCode.UNSERVED if result.unserved_people else ExitCode.DONE
    terminal.done(code, result.facts(), result.sentences())
    raise typer.Exit(code)


maps.register(app)
operations_commands.register(app)
exchange_commands.register()
rehearse.register(app)
replan_command.register(app)
crossings_command.register(app)
pins_command.register(app)
sheets.register(app)
verify.register(app)
