"""The command that plans anew while a plan runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from safepassage.cli.boundary import terminal_of
from safepassage.cli.exit_codes import ExitCode
from safepassage.cli.operations import DatabaseUrl, open_desk
from safepassage.cli.options import AsJson, Seed
from safepassage.i18n import _

Folder = Annotated[
    Path, typer.Argument(metavar="FOLDER", help=_("Folder of the scenario that the plan was made for."))
]
PlanFolder = Annotated[Path, typer.Argument(metavar="PLAN", help=_("Folder of the plan that runs."))]
At = Annotated[
    str, typer.Option("--at", metavar="TIME", help=_("From when on: an ISO time, or +4:30 after the start."))
]
Close = Annotated[
    list[str] | None,
    typer.Option("--close", metavar="CROSSING", help=_("A crossing or a link that is lost; repeatable.")),
]
Pins = Annotated[
    Path | None, typer.Option("--pins", metavar="FILE", help=_("Table of new pins, like pin.csv."))
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="PATH", help=_("Folder of the new plan (for the commission).")),
]
Ledger = Annotated[
    Path | None,
    typer.Option("--ledger", metavar="DIR", help=_("Folder of the ledger: decisions, people, trips count.")),
]


def register(app: typer.Typer) -> None:
    """
    Add the command to the command line.

    Parameters
    ----------
    app : Typer
        The command line.
    """
    app.command(help=_("Plan anew while a plan runs: what is under way stays (for the commission)."))(replan)


def replan(
    ctx: typer.Context,
    folder: Folder,
    plan: PlanFolder,
    at: At,
    close: Close = None,
    pins: Pins = None,
    ledger: Ledger = None,
    database: DatabaseUrl = "",
    output: Output = None,
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Plan anew."""
    terminal = terminal_of(ctx)
    terminal.as_json = as_json
    from safepassage.workflows.replan import replan_folder

    target = output or Path("out") / f"{folder.resolve().name}-anew"
    facts = None
    if ledger is not None:
        from safepassage.operations.planning import facts_for_planning

        facts = facts_for_planning(open_desk(ledger, database).database)
    with terminal.progress() as progress:
        result = replan_folder(
            folder,
            plan,
            target,
            at=at,
            close=close or (),
            pins=pins,
            ledger=facts,
            seed=seed,
            progress=progress,
        )
    code = ExitCode.UNSERVED if result.unserved_people else ExitCode.DONE
    terminal.done(code, result.facts(), result.sentences())
    raise typer.Exit(code)
