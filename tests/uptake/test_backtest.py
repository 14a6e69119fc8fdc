"""The harness: no look-ahead, places left out whole, spreads from elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from safepassage.formats.uptake_tables import read_uptake_tables
from safepassage.model.uptake import EventKind, FigureKind
from safepassage.uptake import backtest as harness
from safepassage.uptake.backtest import MODEL, MODEL_EVENTS, Backtest, backtest
from safepassage.uptake.baselines import (
    BASELINES,
    last_rate,
    logistic,
    regime_hazard,
    regime_hazards,
    with_spread,
)
from safepassage.uptake.cases import Case, cases_of
from safepassage.uptake.fit import fit_prior
from safepassage.uptake.priors import Prior, domain_prior
from safepassage.uptake.streams import Stream, all_streams, streams_of

from .made_operations import day, operation, total

FIGURES = [total(1, 100), total(2, 150), total(8, 200), total(15, 220)]


def made_streams() -> tuple[Stream, ...]:
    return all_streams(
        operation(
            [replace(figure, value=figure.value * scale) for figure in FIGURES],
            name=f"{name}_2030",
            place=name,
        )
        for name, scale in (("dale", 1.0), ("ford", 2.0), ("glen", 0.4))
    )


def case(figures: list[int], target: int = 9) -> Case:
    """Counts on days 0, 1, 2 ..., forecast from the last of them."""
    what = operation([total(number, value) for number, value in enumerate(figures)] + [total(target, 999)])
    (stream,) = streams_of(what)
    return Case(stream, FigureKind.TOTAL, day(len(figures) - 1), day(target), 7, 0.5)


def test_the_last_rate_continues() -> None:
    # 100 left in the last day, eight days to go from 0.7.
    assert last_rate(case([200, 300]), {}) == pytest.approx(0.0)
    assert last_rate(case([200, 210]), {}) == pytest.approx(0.79 - 0.08)


def test_the_logistic_curve_finds_a_logistic_course() -> None:
    curve = [round(1000 * 0.4 / (1 + np.exp(-(t + 0.75 - 2) / 1.0))) for t in range(6)]
    assert logistic(case(curve), {}) == pytest.approx(0.6, abs=0.02)


def test_the_regime_hazard_is_that_of_other_places() -> None:
    hazards = regime_hazards(made_streams())
    assert regime_hazard(case([100, 200]), hazards) < 0.8
    assert hazards["order everyone", 0] > hazards["order everyone", 1] > 0


def test_each_place_weighs_alike_in_a_spread() -> None:
    spread = with_spread(0.5, [("a", 0.1), ("b", -0.2), ("b", -0.2)], 1.0)
    assert float(np.average(spread.draws, weights=spread.weight)) == pytest.approx(0.45)


@pytest.fixture(scope="module")
def made() -> Backtest:
    return backtest(made_streams(), prior=domain_prior())


def test_every_case_is_judged_by_every_method(made: Backtest) -> None:
    cases = len(cases_of(made_streams()))
    assert cases == 18
    assert len(made.judged) == cases * len(made.scores) == cases * 8


def test_scores_average_operations_first(made: Backtest) -> None:
    means = [
        np.mean(
            [item.crps for item in made.judged if item.method == MODEL and item.case.stream.operation == name]
        )
        for name in made.operations
    ]
    assert made.score(MODEL).crps == pytest.approx(float(np.mean(means)))
    assert made.score(MODEL).gain_low == made.score(MODEL).gain_high == 0.0


def test_places_are_left_out_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    learnt_from: list[set[str]] = []

    def spy(streams: list[Stream], **_: object) -> Prior:
        learnt_from.append({stream.place for stream in streams})
        return domain_prior()

    monkeypatch.setattr(harness, "fit_prior", spy)
    backtest(made_streams())
    assert sorted(map(sorted, learnt_from)) == [["dale", "ford"], ["dale", "glen"], ["ford", "glen"]]


def test_dated_events_help_only_where_they_are_given() -> None:
    events = [(0, EventKind.ORDER), (4, EventKind.ASSAULT)]
    figures = [total(1, 30), total(3, 60), total(8, 700), total(15, 900)]
    result = backtest(
        all_streams([operation(figures, events=events), operation(FIGURES, name="ford_2030", place="ford")]),
        prior=domain_prior(),
    )
    before = {
        method: [item.crps for item in result.judged
                 if item.method == method and item.case.origin == day(3) and item.case.stream.place == "dale"]
        for method in (MODEL, MODEL_EVENTS)
    }  # fmt: skip
    assert np.mean(before[MODEL_EVENTS]) < np.mean(before[MODEL])


def test_the_prior_moves_towards_what_is_seen_and_is_the_same_twice() -> None:
    strong = fit_prior(made_streams()[1:2])
    assert strong == fit_prior(made_streams()[1:2])
    weak = fit_prior(made_streams()[2:])
    assert strong.pulses["order everyone"].log_strength.mean > weak.pulses["order everyone"].log_strength.mean


@pytest.mark.acceptance
def test_the_forecast_beats_the_baselines_on_published_figures(shared_data: Path) -> None:
    folder = shared_data / "uptake"
    tables = read_uptake_tables(folder / "series.csv", folder / "operations.csv")
    result = backtest(all_streams(tables.operations))
    model, informed = result.score(MODEL), result.score(MODEL_EVENTS)
    plain = [score for score in result.scores if score.method in BASELINES]
    assert all(model.crps < score.crps for score in plain)
    assert sum(score.gain_low > 0 for score in plain) >= 2
    assert all(informed.crps < 0.85 * score.crps for score in plain)
    assert 0.80 <= model.coverage_90 <= 0.97
    assert 0.80 <= informed.coverage_90 <= 0.97
