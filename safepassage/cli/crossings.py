"""The command that writes the playbook of lost crossings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from safepassage.cli.boundary import terminal_of
from safepassage.cli.exit_codes import ExitCode
from safepassage.cli.options import AsJson, Seed
from safepassage.i18n import _

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help=_("Folder of the scenario."))]
PlanFolder = Annotated[
    Path | None,
    typer.Argument(metavar="PLAN", help=_("Folder of the plan; made anew where not given.")),
]
Pairs = Annotated[
    list[str] | None,
    typer.Option("--pair", metavar="FIRST+SECOND", help=_("Crossings lost together; all pairs by default.")),
]
Single = Annotated[bool, typer.Option("--single", help=_("Lose one crossing at a time, no pairs."))]
Confidence = Annotated[
    float, typer.Option("--confidence", min=0.5, max=0.99, help=_("How sure the last safe starts are to be."))
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="PATH", help=_("Folder to write (for the commission).")),
]


def register(app: typer.Typer) -> None:
    """
    Add the command to the command line.

    Parameters
    ----------
    app : Typer
        The command line.
    """
    app.command(help=_("Tell what each lost crossing costs and by when people have to start."))(crossings)


def crossings(
    ctx: typer.Context,
    folder: Folder,
    plan: PlanFolder = None,
    pair: Pairs = None,
    single: Single = False,
    confidence: Confidence = 0.9,
    output: Output = None,
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Write the playbook."""
    terminal = terminal_of(ctx)
    terminal.as_json = as_json
    from safepassage.workflows.crossings import crossings_folder

    target = output or Path("out") / f"{folder.resolve().name}-playbook"
    with terminal.progress() as progress:
        result = crossings_folder(
            folder,
            plan,
            target,
            pairs=pair,
            most_lost=1 if single else 2,
            confidence=confidence,
            seed=seed,
            progress=progress,
        )
    terminal.done(ExitCode.DONE, result.facts(), result.sentences())
