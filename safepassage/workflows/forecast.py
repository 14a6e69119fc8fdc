"""Forecast who will have left by which day, from a scenario and reports as they come."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from safepassage.errors import Fault
from safepassage.formats.files import write_folder
from safepassage.formats.forecast_tables import forecast_tables
from safepassage.formats.marking import marks
from safepassage.formats.scenario_folder import read_scenario
from safepassage.formats.uptake_tables import Reports, parse_event, read_reports
from safepassage.i18n import _, language
from safepassage.model.policy import Audience
from safepassage.model.response import Forecast
from safepassage.model.scenario import Scenario
from safepassage.model.uptake import DatedEvent, EventKind
from safepassage.progress import NoProgress, Progress
from safepassage.publish.forecast_page import render_forecast
from safepassage.publish.forecast_words import forecast_lines
from safepassage.publish.wording import THIN_SPACE
from safepassage.uptake.forecast import Concerned, forecast_uptake
from safepassage.uptake.priors import shipped_prior

PAGE_FILE = "forecast.html"
DOCUMENT_FILE = "forecast.json"
SCHEMA_VERSION = 1
_ORDERS = {
    "voluntary": EventKind.INFORMATION,
    "mandatory": EventKind.ORDER,
    "compulsory_children": EventKind.COMPULSORY_CHILDREN,
}


@dataclass(frozen=True, slots=True)
class ForecastResult:
    """
    A forecast that was written.

    Attributes
    ----------
    forecast : Forecast
        What it says.
    warnings : tuple of Fault
        What was assumed about the reports.
    output : Path
        The folder.
    """

    forecast: Forecast
    warnings: tuple[Fault, ...]
    output: Path

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        return {
            "forecast": asdict(self.forecast),
            "warnings": [asdict(fault) for fault in self.warnings],
            "output": str(self.output),
            "page": str(self.output / PAGE_FILE),
        }

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        page = _("Forecast: {path} (for the commission only)").format(path=self.output / PAGE_FILE)
        # Not every terminal shows thin spaces.
        return [*(line.replace(THIN_SPACE, " ") for line in forecast_lines(self.forecast)), page]


def forecast_folder(
    folder: Path,
    output: Path,
    *,
    reports: Path | None = None,
    events: Sequence[str] = (),
    days: int = 28,
    seed: int | None = None,
    progress: Progress | None = None,
) -> ForecastResult:
    """
    Forecast the uptake of a scenario and write it.

    Parameters
    ----------
    folder : Path
        The scenario folder.
    output : Path
        Folder to write; replaced where it exists.
    reports : Path, optional
        Table of reports; without it the forecast is that of day 0.
    events : sequence of str
        Events as on the command line, such as ``2023-10-27 compulsory_children``.
    days : int
        How far to look beyond the last report.
    seed : int, optional
        Of every draw; that of the scenario by default.
    progress : Progress, optional
        Told of each phase.

    Returns
    -------
    ForecastResult
        What the forecast says, and where it is.

    Raises
    ------
    InputError
        If scenario, reports or events are faulty.
    OutputError
        If the folder cannot be written.
    """
    progress = progress or NoProgress()
    given = tuple(parse_event(text) for text in events)
    progress.start(_("Reading the scenario"))
    scenario = read_scenario(folder, progress=progress).scenario
    people = scenario.people_in_scope
    progress.start(_("Reading the reports"))
    told = read_reports(reports, people.total, people.children or None) if reports else Reports((), ())
    progress.start(_("Forecasting"))
    concerned = Concerned(
        people,
        sum(place.wheelchair for place in scenario.in_scope),
        sum(place.stretcher for place in scenario.in_scope),
    )
    forecast, draws = forecast_uptake(
        concerned, [_order(scenario)], given, told.figures, shipped_prior(), days=days,
        seed=scenario.seed if seed is None else seed,
    )  # fmt: skip
    unused = {figure.row for figure in told.figures} - draws.used_rows
    warnings = (*told.warnings, *(_unused(reports, row) for row in sorted(unused) if reports))
    exercise = bool(scenario.network.schematic.any())
    progress.start(_("Writing the forecast"))
    document = {
        "schema_version": SCHEMA_VERSION,
        **marks(Audience.COMMISSION, exercise=exercise),
        "scenario": scenario.id,
        "forecast": asdict(forecast),
    }
    files: dict[str, bytes | str | None] = {
        **forecast_tables(forecast, audience=Audience.COMMISSION, exercise=exercise),
        DOCUMENT_FILE: json.dumps(document, ensure_ascii=False, indent=1) + "\n",
        PAGE_FILE: render_forecast(scenario, forecast, told.figures, language=language(), exercise=exercise),
    }
    write_folder(output, files, replace=True)
    return ForecastResult(forecast, warnings, output)


def _order(scenario: Scenario) -> DatedEvent:
    issued = scenario.order.issued[:10]
    day = date.fromisoformat(issued) if issued else scenario.local_time(0).date()
    return DatedEvent(day, _ORDERS.get(scenario.order.kind, EventKind.ORDER))


def _unused(reports: Path, row: int) -> Fault:
    return Fault(
        reports.name, row, "", "", _("the figure does not count the people of this order since its day"),
        _("it was not used; correct its day, its metric or the population"), "warning",
    )  # fmt: skip
