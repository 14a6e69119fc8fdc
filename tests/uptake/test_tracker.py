"""The particle filter: what it conserves, learns and does not know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from safepassage.model.uptake import EventKind, FigureKind, Operation, PeopleClass, Precision
from safepassage.uptake.particles import advance, draw
from safepassage.uptake.priors import Normal, Prior, domain_prior, shipped_prior
from safepassage.uptake.streams import streams_of
from safepassage.uptake.tracker import Tracker

from .made_operations import assisted, day, operation, remaining, total


@pytest.fixture(scope="module")
def prior() -> Prior:
    return domain_prior()


def tracker(what: Operation, prior: Prior, until: int, seed: int = 1) -> Tracker:
    (stream,) = streams_of(what)
    made = Tracker(stream, prior, seed=seed, count=4000)
    made.observe_until(day(until))
    return made


def median(made: Tracker, number: int, kind: FigureKind = FigureKind.REMAINING) -> float:
    return float(np.median(made.forecast([day(number)]).counted(kind)))


def width(made: Tracker, number: int) -> float:
    low, high = np.quantile(made.forecast([day(number)]).remaining, (0.05, 0.95))
    return float(high - low)


def test_nobody_appears_or_vanishes(prior: Prior) -> None:
    random = np.random.default_rng(3)
    events = operation([]).events
    prior = replace(prior, log_return_per_d=Normal(-99.0, 0.1))
    particles = draw(prior, events, PeopleClass.EVERYONE, 500, 3000, random)
    for start in range(20):
        advance(particles, prior, np.array([0.0]), (start, start + 1.0), 500, random)
        assert np.allclose(particles.present + particles.assisted + particles.alone, 1)
        assert particles.present.min() >= 0


def test_people_who_come_back_are_there_again(prior: Prior) -> None:
    random = np.random.default_rng(3)
    prior = replace(prior, log_return_per_d=Normal(np.log(0.1), 0.1), log_trickle_per_d=Normal(-12.0, 0.1))
    particles = draw(prior, (), PeopleClass.EVERYONE, 500, 3000, random)
    particles.present -= 0.5
    advance(particles, prior, np.zeros(0), (0.0, 5.0), 500, random)
    assert np.median(particles.present) == pytest.approx(1 - 0.5 * np.exp(-0.5), abs=0.05)


def test_a_pulse_moves_the_share_its_strength_says(prior: Prior) -> None:
    # One event of strength 1, no trickle, wander or surprises: 1 - 1/e leave, half of it by the median delay.
    never = Normal(-40.0, 0.1)
    quiet = replace(
        prior, wander_sd=1e-9, surprise_per_d=1e-12, log_trickle_per_d=never, log_return_per_d=never
    )
    random = np.random.default_rng(3)
    particles = draw(quiet, operation([]).events, PeopleClass.EVERYONE, 1e12, 10, random)
    particles.fixed[:, 4:6] = (0.0, np.log(4.0))
    advance(particles, quiet, np.array([0.0]), (0.0, 4.0), 1e12, random)
    assert particles.present == pytest.approx(np.full(10, np.exp(-0.5)), abs=1e-5)
    advance(particles, quiet, np.array([0.0]), (4.0, 4000.0), 1e12, random)
    assert particles.present == pytest.approx(np.full(10, np.exp(-1.0)), abs=1e-3)


def test_the_state_follows_the_figures(prior: Prior) -> None:
    made = tracker(operation([total(2, 100), total(4, 180), total(6, 220)]), prior, 6)
    assert median(made, 6, FigureKind.TOTAL) == pytest.approx(0.22, abs=0.01)


def test_figures_narrow_the_forecast(prior: Prior) -> None:
    figures = [total(2, 100), total(4, 150), total(6, 170), total(8, 180), total(10, 185)]
    widths = [width(tracker(operation(figures), prior, until), 14) for until in (0, 4, 10)]
    assert widths[0] > 1.5 * widths[1] > 2.2 * widths[2]


def test_later_figures_are_not_looked_at(prior: Prior) -> None:
    first = tracker(operation([total(2, 100), total(9, 120)]), prior, 2)
    second = tracker(operation([total(2, 100), total(9, 900)]), prior, 2)
    assert np.array_equal(first.forecast([day(9)]).remaining, second.forecast([day(9)]).remaining)


def test_an_event_not_yet_known_changes_nothing(prior: Prior) -> None:
    what = operation([total(2, 100)], events=[(0, EventKind.ORDER), (5, EventKind.ASSAULT)])
    made = tracker(what, prior, 2)
    unknown = made.forecast([day(16)], known=day(2)).remaining.mean()
    known = made.forecast([day(16)]).remaining.mean()
    assert known < unknown - 0.15


def test_more_than_is_a_lower_bound(prior: Prior) -> None:
    # Long after the order few leave a day, so that the day of the count matters little.
    rough = [total(40, 300, precision=Precision.MORE_THAN)]
    exact = tracker(operation([total(40, 300)]), prior, 40).forecast([day(40)]).counted(FigureKind.TOTAL)
    above = tracker(operation(rough), prior, 40).forecast([day(40)]).counted(FigureKind.TOTAL)
    assert np.mean(above > 0.32) > np.mean(exact > 0.32) + 0.1


def test_sources_that_contradict_leave_doubt(prior: Prior) -> None:
    twice = tracker(operation([total(3, 200), total(3, 400)]), prior, 3).forecast([day(3)])
    once = tracker(operation([total(3, 300)]), prior, 3).forecast([day(3)])
    assert twice.counted(FigureKind.TOTAL).std() > 1.5 * once.counted(FigureKind.TOTAL).std()


def test_assisted_counts_leave_those_who_went_alone_open(prior: Prior) -> None:
    forecasts = tracker(operation([assisted(2, 50), assisted(8, 100)]), prior, 8).forecast([day(8)])
    assert forecasts.counted(FigureKind.ASSISTED).std() < 0.02
    assert forecasts.counted(FigureKind.TOTAL).std() > 0.03


def test_a_series_may_begin_with_a_stock(prior: Prior) -> None:
    made = tracker(operation([remaining(0, 800), remaining(7, 600)], people=None, events=()), prior, 7)
    assert median(made, 7) == pytest.approx(0.75, abs=0.02)


def test_the_same_seed_gives_the_same_draws(prior: Prior) -> None:
    what = operation([total(2, 100), total(4, 180)])
    one, two, other = (tracker(what, prior, 4, seed) for seed in (5, 5, 6))
    days = [day(7)]
    assert np.array_equal(one.forecast(days).remaining, two.forecast(days).remaining)
    assert not np.array_equal(one.forecast(days).remaining, other.forecast(days).remaining)


def test_the_shipped_prior_reads_back() -> None:
    prior = shipped_prior()
    assert Prior.from_json(prior.as_json()) == prior
    assert len(prior.data_digest) == 64
    assert len(prior.places) > 10
