"""The command that rehearses a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from safepassage.cli.boundary import terminal_of
from safepassage.cli.exit_codes import ExitCode
from safepassage.i18n import _

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help=_("Folder of the scenario."))]
PlanFolder = Annotated[Path, typer.Argument(metavar="PLAN", help=_("Folder of the plan, as plan wrote it."))]
Futures = Annotated[int, typer.Option("--futures", min=1, help=_("How many futures."))]
Compare = Annotated[
    Path | None,
    typer.Option(
        "--compare", metavar="OTHER", help=_("Another plan of the same scenario, in the same futures.")
    ),
]
AlertTable = Annotated[
    Path | None,
    typer.Option("--alerts", metavar="FILE", help=_("Table of alerts (CSV) that the futures follow.")),
]
Threads = Annotated[int, typer.Option("--threads", min=1, help=_("How many futures are played at once."))]
Seed = Annotated[
    int | None,
    typer.Option("--seed", min=0, help=_("Seed of every random choice; by default that of the scenario.")),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="PATH", help=_("JSON file to write; for the commission only.")),
]
AsJson = Annotated[bool, typer.Option("--json", help=_("Print one JSON document, for machines."))]


def register(app: typer.Typer) -> None:
    """
    Add the command to the command line.

    Parameters
    ----------
    app : Typer
        The command line.
    """
    app.command(help=_("Play a plan in many possible futures and tell the chances (for the commission)."))(
        rehearse
    )


def rehearse(
    ctx: typer.Context,
    folder: Folder,
    plan: PlanFolder,
    futures: Futures = 1000,
    compare: Compare = None,
    alerts: AlertTable = None,
    threads: Threads = 2,
    seed: Seed = None,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Rehearse a plan."""
    terminal = terminal_of(ctx)
    terminal.as_json = as_json
    from safepassage.workflows.rehearse import rehearse_plan

    with terminal.progress() as progress:
        result = rehearse_plan(
            folder, plan, output, futures=futures, compare=compare, alerts=alerts, seed=seed, threads=threads,
            progress=progress,
        )  # fmt: skip
    terminal.done(ExitCode.DONE, result.facts(), result.sentences())
