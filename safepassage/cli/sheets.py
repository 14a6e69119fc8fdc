"""The command that prints sheets of paper."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from safepassage.cli.boundary import terminal_of
from safepassage.cli.exit_codes import ExitCode
from safepassage.cli.options import known_language
from safepassage.i18n import _, set_language


class Reader(StrEnum):
    """Who reads a sheet."""

    SETTLEMENTS = "settlements"
    DRIVERS = "drivers"
    POLICE = "police"


def register(app: typer.Typer) -> None:
    """
    Add the command to the command line.

    Parameters
    ----------
    app : Typer
        The command line.
    """
    app.command(
        help=_("Print the sheets of a plan: drivers, police, and settlements once they are released.")
    )(sheets)


def sheets(
    ctx: typer.Context,
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help=_("Folder of the plan, as plan wrote it."))],
    readers: Annotated[
        list[Reader] | None,
        typer.Option("--for", help=_("Whose sheets; may be given again. Drivers and police unless said.")),
    ] = None,
    settlements: Annotated[
        list[str] | None,
        typer.Option(
            "--settlement", metavar="ID", help=_("Only the sheet of this settlement; may be given again.")
        ),
    ] = None,
    released_by: Annotated[
        str,
        typer.Option(
            "--released-by",
            metavar="NAME",
            help=_("Who released the times of these settlements; required where people threaten."),
        ),
    ] = "",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help=_("Folder to write; PLAN/sheets by default."))
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help=_("Print one JSON document, for machines."))
    ] = False,
    lang: Annotated[
        str | None,
        typer.Option("--lang", callback=known_language, metavar="en|uk", help=_("Language of the sheets.")),
    ] = None,
) -> None:
    """Print sheets of paper."""
    if lang is not None:
        set_language(lang)
    terminal = terminal_of(ctx)
    terminal.as_json = as_json
    from safepassage.workflows.sheets import DRIVERS, POLICE, SETTLEMENTS, write_sheets

    kinds = [reader.value for reader in readers or ()]
    if not kinds:
        kinds = [SETTLEMENTS] if settlements else [DRIVERS, POLICE]
    with terminal.progress() as progress:
        result = write_sheets(
            plan,
            output,
            kinds=list(dict.fromkeys(kinds)),
            settlements=settlements or (),
            released_by=released_by,
            progress=progress,
        )
    terminal.done(ExitCode.DONE, result.facts(), result.sentences())
