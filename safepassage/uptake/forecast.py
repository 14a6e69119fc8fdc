"""The forecast of one evacuation: people out and remaining, what to hold ready, what events change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from safepassage.errors import ModelError
from safepassage.model.people import PeopleCount
from safepassage.model.response import Bands, EventEffect, Forecast, ShareDate
from safepassage.model.uptake import DatedEvent, EventKind, Figure, Operation, PeopleClass
from safepassage.uptake.classes import GROUPS, divide, listing
from safepassage.uptake.particles import Array
from safepassage.uptake.priors import Prior
from safepassage.uptake.streams import Stream, streams_of
from safepassage.uptake.tracker import Forecasts, Tracker

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
# Of those who arrive with help, how many ask for a bed: 14 to 57 % at transit centres in 2025.
BED_SHARE = (0.14, 0.57)
WHAT_IF_TEAMS = 10


@dataclass(frozen=True, slots=True)
class Concerned:
    """
    Whom the order concerns.

    Attributes
    ----------
    people : PeopleCount
        Persons by class.
    wheelchair, stretcher : int
        Of those of low mobility, who travels in a wheelchair or lying.
    """

    people: PeopleCount
    wheelchair: int
    stretcher: int


@dataclass(frozen=True, slots=True)
class Draws:
    """
    Possible futures, in whole persons.

    Attributes
    ----------
    days : tuple of date
        The last day known, then those to forecast.
    forecasts : Forecasts
        Shares of everyone.
    out : dict of str to float64[n_days, n_draws]
        Who is away, by class and for ``everyone``.
    listed : dict of str to float64[n_days, n_draws]
        Who is concerned, likewise.
    used_rows : frozenset of int
        Rows of the figures that the draws rest on; the others count people of another area, or days
        before the order.
    """

    days: tuple[date, ...]
    forecasts: Forecasts
    out: dict[str, Array]
    listed: dict[str, Array]
    used_rows: frozenset[int]

    def participation(self) -> tuple[float, ...]:
        """
        Share of the people who leave by the last day, in each future.

        Returns
        -------
        tuple of float
            One a draw, for a response model whose future ``k`` takes the ``k``-th.
        """
        share = self.out["everyone"][-1] / np.maximum(self.listed["everyone"][-1], 1)
        return tuple(float(value) for value in share)


def forecast_uptake(
    concerned: Concerned,
    orders: Sequence[DatedEvent],
    events: Sequence[DatedEvent],
    figures: Sequence[Figure],
    prior: Prior,
    *,
    days: int = 28,
    seed: int = 0,
) -> tuple[Forecast, Draws]:
    """
    Forecast an evacuation.

    Parameters
    ----------
    concerned : Concerned
        Whom the order concerns.
    orders : sequence of DatedEvent
        What set people moving; at least one.
    events : sequence of DatedEvent
        Further events, past or decided, that the forecast is to hold.
    figures : sequence of Figure
        Reports, in any order.
    prior : Prior
        What other places taught.
    days : int
        How far to look.
    seed : int
        Of every draw.

    Returns
    -------
    (Forecast, Draws)
        Quantiles, and the draws behind them.

    Raises
    ------
    ModelError
        If nobody is concerned, no order is given, or `days` is not positive.
    """
    if concerned.people.total < 1 or not orders or days < 1:
        raise ModelError("a forecast needs people, an order and at least one day")
    last = max([figure.day for figure in figures] or [min(event.day for event in orders)])
    ahead = tuple(last + timedelta(days=k) for k in range(days + 1))
    what_if = _what_ifs(ahead[1], (*orders, *events), concerned)
    acting = tuple(sorted({*orders, *events, *what_if}))
    everyone, children = (
        _tracker(concerned, acting, orders, figures, people_class, prior, seed)
        for people_class in PeopleClass
    )
    for tracker in (everyone, children):
        tracker.observe_until(last)
    draws = _draws(everyone, children, ahead, what_if, concerned)
    effects = _effects(everyone, ahead[-1], sorted(events), what_if)
    return _summary(draws, effects, concerned, prior, seed), draws


def _what_ifs(day: date, given: Sequence[DatedEvent], concerned: Concerned) -> tuple[DatedEvent, ...]:
    asked = (
        DatedEvent(day, EventKind.COMPULSORY_CHILDREN),
        DatedEvent(day, EventKind.DOOR_TO_DOOR, WHAT_IF_TEAMS),
        DatedEvent(day, EventKind.CROSSING_LOST),
    )
    kinds = {event.kind for event in given}
    if not concerned.people.children:
        kinds.add(EventKind.COMPULSORY_CHILDREN)
    return tuple(event for event in asked if event.kind not in kinds)


def _tracker(
    concerned: Concerned,
    acting: tuple[DatedEvent, ...],
    orders: Sequence[DatedEvent],
    figures: Sequence[Figure],
    people_class: PeopleClass,
    prior: Prior,
    seed: int,
) -> Tracker:
    people = float(concerned.people.total)
    children = float(max(concerned.people.children, 1))
    kept = [figure for figure in figures if figure.people_class is people_class]
    operation = Operation("", "", people, children, acting, tuple(sorted(kept, key=_by_day)))
    start = min(event.day for event in orders)
    size = people if people_class is PeopleClass.EVERYONE else children
    stream = next(
        (found for found in streams_of(operation) if found.people_class is people_class and found.open_start),
        Stream("", "", people_class, start, size, True, acting, (), ()),  # noqa: FBT003 (open_start)
    )
    return Tracker(stream, prior, seed=seed + (people_class is PeopleClass.CHILDREN))


def _by_day(figure: Figure) -> tuple[date, int]:
    return figure.day, figure.row


def _draws(
    everyone: Tracker,
    children: Tracker,
    days: tuple[date, ...],
    left_out: Sequence[DatedEvent],
    concerned: Concerned,
) -> Draws:
    total = everyone.forecast(days, without=left_out)
    young = children.forecast(days, without=left_out)
    listed = np.rint(total.listed * concerned.people.total)
    away = np.clip(listed - np.rint(total.remaining * concerned.people.total), 0, listed)
    share = np.clip(1 - young.remaining / np.maximum(young.listed, 1e-9), 0, 1)
    out = divide(away, share, listed, concerned.people)
    sizes = listing(listed, concerned.people)
    assert all((out[group] <= sizes[group]).all() for group in GROUPS)
    used = frozenset(figure.row for tracker in (everyone, children) for figure in tracker.stream.figures)
    return Draws(days, total, {"everyone": away, **out}, {"everyone": listed, **sizes}, used)


def _effects(
    everyone: Tracker, day: date, events: Sequence[DatedEvent], what_if: Sequence[DatedEvent]
) -> list[EventEffect]:
    """Compare the same futures with and without each event."""

    def there(without: Sequence[DatedEvent]) -> Array:
        return everyone.forecast([day], without=without).remaining

    people = everyone.stream.people
    plain = there(what_if)
    effects = []
    for event in events:
        more = people * (there([*what_if, event]) - plain)
        effects.append(_effect_of(event, more, asked=True))
    for event in what_if:
        more = people * (plain - there([other for other in what_if if other != event]))
        effects.append(_effect_of(event, more, asked=False))
    return effects


def _effect_of(event: DatedEvent, more: Array, *, asked: bool) -> EventEffect:
    return EventEffect(event.day.isoformat(), event.kind.value, event.teams, asked, _quantiles(more)[0])


def _summary(
    draws: Draws,
    effects: Sequence[EventEffect],
    concerned: Concerned,
    prior: Prior,
    seed: int,
) -> Forecast:
    people = concerned.people.total
    remaining = {group: draws.listed[group] - draws.out[group] for group in draws.out}
    waiting = np.minimum(np.rint(draws.forecasts.waiting * people), remaining["everyone"])
    counts = [("out", group, draws.out[group][1:]) for group in draws.out]
    counts += [("remaining", group, remaining[group][1:]) for group in remaining]
    counts.append(("waiting", "everyone", waiting[1:]))
    counts.append(("staying", "everyone", (remaining["everyone"] - waiting)[1:]))
    counts += [(name, "everyone", values) for name, values in _demand(draws, concerned, seed)]
    return Forecast(
        dates=tuple(day.isoformat() for day in draws.days[1:]),
        level=LEVELS,
        remaining=_quantiles(remaining["everyone"][1:]),
        people=people,
        bands=tuple(Bands(name, group, _quantiles(values)) for name, group, values in counts),
        shares=tuple(_share_date(draws, share) for share in SHARES),
        effects=tuple(effects),
        reports=len(draws.used_rows),
        known_until=draws.days[0].isoformat(),
        seed=seed,
        prior_digest=prior.data_digest,
    )


def _demand(draws: Draws, concerned: Concerned, seed: int) -> list[tuple[str, Array]]:
    """Places to hold ready each day for those who are assisted."""
    people = concerned.people
    assisted = np.diff(np.rint(draws.forecasts.assisted * people.total), axis=0)
    low = np.minimum(np.maximum(np.diff(draws.out["low_mobility"], axis=0), 0), assisted)
    share = 1 / max(people.low_mobility, 1)
    wheelchair = np.rint(low * concerned.wheelchair * share)
    stretcher = np.minimum(np.rint(low * concerned.stretcher * share), low - wheelchair)
    random = np.random.default_rng([seed, 3])
    beds = np.rint(assisted * random.uniform(*BED_SHARE, assisted.shape[1]))
    return [
        ("assisted", assisted), ("seats", assisted - wheelchair - stretcher), ("wheelchair", wheelchair),
        ("stretcher", stretcher), ("beds", beds),
    ]  # fmt: skip


def _share_date(draws: Draws, share: float) -> ShareDate:
    reached = draws.out["everyone"] >= share * draws.listed["everyone"]
    probability = np.maximum.accumulate(reached, axis=0).mean(axis=1)[1:]
    dates = []
    for level in LEVELS:
        at = int(np.searchsorted(probability, level))
        dates.append(draws.days[1 + at].isoformat() if at < len(probability) else "")
    return ShareDate(share, tuple(dates), tuple(round(float(value), 4) for value in probability))


def _quantiles(draws: Array) -> tuple[tuple[float, ...], ...]:
    found = np.quantile(draws, LEVELS, axis=1).T
    return tuple(tuple(round(float(value), 1) for value in row) for row in found)
