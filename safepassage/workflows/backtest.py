"""Score the uptake forecast on any table of published figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from safepassage.errors import Fault, InputError
from safepassage.formats.csv_text import csv_line, guarded
from safepassage.formats.files import write_atomically
from safepassage.formats.numbers import shortest
from safepassage.formats.uptake_tables import read_uptake_tables
from safepassage.i18n import _
from safepassage.progress import NoProgress, Progress
from safepassage.uptake.backtest import MODEL, MODEL_EVENTS, Backtest, Judged, MethodScore, backtest
from safepassage.uptake.baselines import BASELINES
from safepassage.uptake.cases import cases_of
from safepassage.uptake.priors import shipped_prior
from safepassage.uptake.streams import all_streams

CASE_COLUMNS = (
    "operation", "place", "class", "kind", "origin", "target", "window_d", "truth", "method", "median",
    "p25", "p75", "p05", "p95", "crps",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """
    A backtest.

    Attributes
    ----------
    outcome : Backtest
        Cases and scores.
    not_scored : tuple of str
        Operations without a case: no population, or no two figures within a window.
    warnings : tuple of Fault
        What was assumed about the tables.
    output : Path or None
        Table of all cases.
    """

    outcome: Backtest
    not_scored: tuple[str, ...]
    warnings: tuple[Fault, ...]
    output: Path | None

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        return {
            "cases": sum(item.method == MODEL for item in self.outcome.judged),
            "operations": list(self.outcome.operations),
            "places": list(self.outcome.places),
            "not_scored": list(self.not_scored),
            "scores": [asdict(score) for score in self.outcome.scores],
            "output": str(self.output) if self.output else None,
        }

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        outcome = self.outcome
        lines = [
            _("{cases} forecasts of {operations} operations at {places} places; {left} operations could not"
              " be scored.").format(
                cases=sum(item.method == MODEL for item in outcome.judged),
                operations=len(outcome.operations), places=len(outcome.places), left=len(self.not_scored),
            ),
            _("CRPS of the share remaining (smaller is better), by operation, then over operations:"),
        ]  # fmt: skip
        lines += [_score_words(outcome.score(method)) for method in (MODEL, MODEL_EVENTS)]
        lines += [_baseline_words(outcome, outcome.score(method)) for method in BASELINES]
        lines.append(
            _("The operations are few: the intervals say how far the result depends on which were met.")
        )
        if self.output:
            lines.append(_("All forecasts: {path}").format(path=self.output))
        return lines


def run_backtest(
    series: Path,
    operations: Path,
    output: Path | None = None,
    *,
    refit: bool = False,
    seed: int = 1,
    progress: Progress | None = None,
) -> BacktestResult:
    """
    Score the forecast.

    Parameters
    ----------
    series, operations : Path
        Tables in the shared format.
    output : Path, optional
        Where to write every case as CSV; not written by default.
    refit : bool
        Learn a prior for every place from the other places of the tables. By default this is done only for
        places that the shipped prior was learnt from; for others the shipped prior is used.
    seed : int
        Of every draw.
    progress : Progress, optional
        Told of each place.

    Returns
    -------
    BacktestResult
        Cases and scores.

    Raises
    ------
    InputError
        If a table is faulty or holds nothing to score.
    OutputError
        If the table of cases cannot be written.
    """
    progress = progress or NoProgress()
    progress.start(_("Reading the figures"))
    tables = read_uptake_tables(series, operations)
    streams = all_streams(tables.operations)
    scored = {case.stream.operation for case in cases_of(streams)}
    if not scored:
        problem = _("no operation has a population and two figures within a window")
        raise InputError([Fault(series.name, 0, "", "", problem, _("add figures or populations"))])
    outcome = backtest(streams, prior=None if refit else shipped_prior(), seed=seed, progress=progress)
    if output:
        write_atomically(output, _cases_csv(outcome))
    left = tuple(operation.id for operation in tables.operations if operation.id not in scored)
    return BacktestResult(outcome, left, tables.warnings, output)


def _score_words(score: MethodScore) -> str:
    name = (
        _("forecast, dated events given") if score.method == MODEL_EVENTS else _("forecast, events unknown")
    )
    return _(
        "  {method}: {crps:.4f}; inside the 50 % band {inside_50:.0%}, inside the 90 % band {inside_90:.0%};"
        " median width {width_50:.3f} and {width_90:.3f}"
    ).format(
        method=name, crps=score.crps, inside_50=score.coverage_50, inside_90=score.coverage_90,
        width_50=score.width_50, width_90=score.width_90,
    )  # fmt: skip


def _baseline_words(outcome: Backtest, score: MethodScore) -> str:
    names = {
        "last rate": _("the last rate continues"),
        "logistic curve": _("one logistic curve"),
        "regime hazard": _("mean hazard of the regime"),
    }
    plain, informed = outcome.score(MODEL).crps, outcome.score(MODEL_EVENTS).crps
    return _(
        "  {method}, with spread: {crps:.4f}; the forecast is better by {gain:.0%} (difference {low:+.4f} to"
        " {high:+.4f}), with events by {gain_events:.0%} ({low_events:+.4f} to {high_events:+.4f})"
    ).format(
        method=names[score.method], crps=score.crps, gain=1 - plain / score.crps, low=score.gain_low,
        high=score.gain_high, gain_events=1 - informed / score.crps, low_events=score.gain_events_low,
        high_events=score.gain_events_high,
    )  # fmt: skip


def _cases_csv(outcome: Backtest) -> str:
    return csv_line(CASE_COLUMNS) + "".join(csv_line(_case_cells(item)) for item in outcome.judged)


def _case_cells(item: Judged) -> tuple[str, ...]:
    case = item.case
    numbers = (item.median, *item.band_50, *item.band_90, item.crps)
    return (
        guarded(case.stream.operation), guarded(case.stream.place), case.stream.people_class.value,
        case.kind.value, case.origin.isoformat(), case.target.isoformat(), str(case.window_d),
        shortest(round(case.truth, 5)), item.method, *(shortest(round(value, 5)) for value in numbers),
    )  # fmt: skip
