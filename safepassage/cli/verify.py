"""The command that verifies the installed program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from safepassage.cli.boundary import terminal_of
from safepassage.cli.exit_codes import ExitCode
from safepassage.cli.options import AsJson, known_language
from safepassage.i18n import _, set_language

Folders = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[CASES]...", help=_("Folders of own cases (case.toml), or folders that hold them.")
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="REPORT.html", help=_("Where to write the report as one page.")),
]
Seed = Annotated[
    int, typer.Option("--seed", min=0, help=_("Seed of the order of equal claims and of what cases draw."))
]


Lang = Annotated[
    str | None,
    typer.Option("--lang", callback=known_language, metavar="en|uk", help=_("Language of the messages.")),
]


def register(app: typer.Typer) -> None:
    """
    Add the command to the command line.

    Parameters
    ----------
    app : Typer
        The command line.
    """
    app.command(help=_("Play cases with known answers on the installed program; exit code 5 if one fails."))(
        verify
    )


def verify(
    ctx: typer.Context,
    folders: Folders = None,
    output: Output = None,
    seed: Seed = 0,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Verify the installed program."""
    if lang is not None:
        set_language(lang)
    terminal = terminal_of(ctx)
    terminal.as_json = as_json
    from safepassage.workflows.verify import verify as verify_program

    with terminal.progress() as progress:
        result = verify_program(folders or (), output, seed=seed, progress=progress)
    code = ExitCode.NOT_VERIFIED if result.failed else ExitCode.DONE
    terminal.done(code, result.facts(), result.sentences())
    raise typer.Exit(code)
