"""The commands of the uptake forecast."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from safepassage.cli.boundary import terminal_of
from safepassage.cli.exit_codes import ExitCode
from safepassage.cli.options import AsJson, Seed, known_language
from safepassage.cli.terminal import Terminal
from safepassage.i18n import _, set_language

ScenarioFolder = Annotated[Path, typer.Argument(metavar="FOLDER", help=_("Folder of the scenario."))]
SeriesTable = Annotated[Path, typer.Argument(metavar="SERIES.csv", help=_("Published figures, one a row."))]
OperationsTable = Annotated[
    Path, typer.Argument(metavar="OPERATIONS.csv", help=_("The evacuations they belong to, one a row."))
]
ReportsTable = Annotated[
    Path | None,
    typer.Option("--reports", metavar="REPORTS.csv", help=_("Reports as they came: date, kind, value.")),
]
Events = Annotated[
    list[str] | None,
    typer.Option(
        "--event",
        metavar="EVENT",
        help=_('A day and a kind, such as "2023-10-27 compulsory_children"; may be given again.'),
    ),
]
Days = Annotated[int, typer.Option("--days", min=1, max=365, help=_("How many days to look ahead."))]
Output = Annotated[Path | None, typer.Option("-o", "--output", metavar="PATH", help=_("Where to write."))]
Refit = Annotated[
    bool,
    typer.Option("--refit", help=_("Learn from these tables alone, leaving out each place in turn.")),
]


Lang = Annotated[
    str | None,
    typer.Option("--lang", callback=known_language, metavar="en|uk", help=_("Language of the messages.")),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command(help=_("Forecast who will have left by which day, from reports as they come."))(forecast)
    app.command(help=_("Score the forecast on published figures of other evacuations."))(backtest)


def forecast(
    ctx: typer.Context,
    folder: ScenarioFolder,
    reports: ReportsTable = None,
    event: Events = None,
    days: Days = 28,
    output: Output = None,
    seed: Seed = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Write tables and a page of the forecast."""
    terminal = _terminal(ctx, lang, as_json)
    from safepassage.workflows.forecast import forecast_folder

    with terminal.progress() as progress:
        result = forecast_folder(
            folder,
            output or Path("out") / f"{folder.resolve().name}-forecast",
            reports=reports,
            events=event or (),
            days=days,
            seed=seed,
            progress=progress,
        )
    if not terminal.as_json:
        terminal.faults(result.warnings)
    terminal.done(ExitCode.DONE, result.facts(), result.sentences())


def backtest(
    ctx: typer.Context,
    series: SeriesTable,
    operations: OperationsTable,
    output: Output = None,
    refit: Refit = False,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Score the forecast on tables in the shared format."""
    terminal = _terminal(ctx, lang, as_json)
    from safepassage.workflows.backtest import run_backtest

    with terminal.progress() as progress:
        result = run_backtest(series, operations, output, refit=refit, progress=progress)
    if not terminal.as_json:
        terminal.faults(result.warnings)
    terminal.done(ExitCode.DONE, result.facts(), result.sentences())


def _terminal(ctx: typer.Context, lang: str | None, as_json: bool) -> Terminal:
    if lang is not None:
        set_language(lang)
    terminal = terminal_of(ctx)
    terminal.as_json = as_json
    return terminal
