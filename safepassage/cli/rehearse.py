"""The command that rehearses a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from safepassage.cli.boundary import terminal_of
from safepassage.cli.exit_codes import ExitCode
from safepassage.cli.options import AsJson, Seed
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
AssumptionFile = Annotated[
    Path | None,
    typer.Option("--assumptions", metavar="FILE", help=_("What is uncertain (TOML).")),
]
ForecastFile = Annotated[
    Path | None,
    typer.Option("--forecast", metavar="PATH", help=_("Forecast whose participation the futures draw.")),
]
UntilSure = Annotated[
    bool, typer.Option("--until-sure", help=_("Stop as soon as the mean harm has settled."))
]
By = Annotated[
    str, typer.Option("--by", metavar="TIME", help=_("Tell the chance that all willing are out by then."))
]
Deadline = Annotated[
    str, typer.Option("--deadline", metavar="TIME", help=_("When the danger comes, for the latest starts."))
]
Confidence = Annotated[
    float, typer.Option("--confidence", help=_("Share of futures that a latest start must hold in."))
]
Cluster = Annotated[
    str,
    typer.Option(
        "--cluster", metavar="ADDRESS", help=_("Play on a cluster: tls://host:port of its dask scheduler.")
    ),
]
Certificates = Annotated[
    Path | None,
    typer.Option("--certificates", metavar="DIR", help=_("Folder with ca.pem, cert.pem and key.pem.")),
]
Threads = Annotated[int, typer.Option("--threads", min=1, help=_("How many futures are played at once."))]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="PATH", help=_("JSON file to write; for the commission only.")),
]


def _print_template(wanted: bool) -> None:  # typer calls it with the value of the option
    if wanted:
        from safepassage.rehearsal.assumptions_file import template

        typer.echo(template(), nl=False)
        raise typer.Exit


Template = Annotated[
    bool,
    typer.Option(
        "--print-assumptions", is_eager=True, callback=_print_template,
        help=_("Print a file for --assumptions with the figures taken otherwise, and end."),
    ),
]  # fmt: skip
Page = Annotated[
    Path | None,
    typer.Option(
        "--report",
        metavar="PAGE.html",
        help=_("Page with charts and a map to write; for the commission only."),
    ),
]


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
    until_sure: UntilSure = False,
    compare: Compare = None,
    assumptions: AssumptionFile = None,
    alerts: AlertTable = None,
    forecast: ForecastFile = None,
    by: By = "",
    deadline: Deadline = "",
    confidence: Confidence = 0.9,
    cluster: Cluster = "",
    certificates: Certificates = None,
    threads: Threads = 2,
    seed: Seed = None,
    output: Output = None,
    page: Page = None,
    as_json: AsJson = False,
    print_assumptions: Template = False,  # noqa: ARG001 - acts by its callback
) -> None:
    """Rehearse a plan."""
    terminal = terminal_of(ctx)
    terminal.as_json = as_json
    from safepassage.workflows.rehearse import RehearseOptions, rehearse_plan

    options = RehearseOptions(
        futures=futures, until_sure=until_sure, compare=compare, assumptions=assumptions, alerts=alerts,
        forecast=forecast, by=by, deadline=deadline, confidence=confidence, cluster=cluster,
        certificates=certificates, seed=seed, threads=threads,
    )  # fmt: skip
    with terminal.progress() as progress:
        result = rehearse_plan(folder, plan, output, page=page, options=options, progress=progress)
    terminal.done(ExitCode.DONE, result.facts(), result.sentences())
