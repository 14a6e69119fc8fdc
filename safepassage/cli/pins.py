"""The command that tells what pins contradict and cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from safepassage.cli.boundary import terminal_of
from safepassage.cli.exit_codes import ExitCode
from safepassage.cli.options import AsJson, Seed
from safepassage.i18n import _

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help=_("Folder of the scenario."))]
PinTable = Annotated[
    Path | None, typer.Option("--pins", metavar="FILE", help=_("Table of pins instead of pin.csv."))
]


def register(app: typer.Typer) -> None:
    """
    Add the command to the command line.

    Parameters
    ----------
    app : Typer
        The command line.
    """
    app.command(help=_("Tell which pins contradict each other, and what each of them costs."))(pins)


def pins(
    ctx: typer.Context, folder: Folder, pins: PinTable = None, seed: Seed = None, as_json: AsJson = False
) -> None:
    """Look at pins."""
    terminal = terminal_of(ctx)
    terminal.as_json = as_json
    from safepassage.workflows.pins import look_at_pins

    with terminal.progress() as progress:
        result = look_at_pins(folder, pins, seed=seed, progress=progress)
    code = ExitCode.INFEASIBLE if result.contradictions else ExitCode.DONE
    terminal.done(code, result.facts(), result.sentences())
    raise typer.Exit(code)
