"""The column ``metric`` of the uptake tables: what a figure measures, over which period, and where."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from safepassage.model.uptake import FigureKind, Measure, PeopleClass


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Figures about these things say nothing of how many left.
_NOT_USED = _words("""
    aware capacity compliance dead deaths died disabled elderly families groups household households
    incident incidents injured killed missing mobility needed news patients pct percent planning prewar
    present refusal refusals refusing registered rescued resettled rule share shelter shelters
    signed staff stayed teams vehicle vehicles volunteer volunteers wounded beds places accommodation
    arrivals candidate received relocated not
    """)
_DEPARTED = _words("evacuated left leaving moved departed out airlifted convoy away taken")
_STILL_THERE = _words("remaining remain stay staying population")
_CONCERNED = _words("subject planned concerned before zone critical ordered present")
# Words that do not narrow the place or the people a figure counts.
_GENERIC = _words("""
    evacuated left leaving moved departed out cumulative total remaining population subject compulsory
    children city town settlement people persons in of the by all modes first day days two three alt
    earlier report morning evening noon night daily weekly monthly last weeks week month months
    before after concerned planned zone critical ordered returns self assisted occupation authority ses in
    january february march april may june july august september october november december high low
    """)
_COUNT_WORDS = {"two": 2, "three": 3, "four": 4}
_DAYS_A_UNIT = {"day": 1, "days": 1, "week": 7, "weeks": 7, "month": 30, "months": 30}
_MONTH = re.compile(
    r"^(january|february|march|april|may|june|july|august|september|october|november|december)$"
)


@dataclass(frozen=True, slots=True)
class Metric:
    """
    What a metric's name says.

    Attributes
    ----------
    measure : Measure
        How to read the figure.
    people_class : PeopleClass
        Everyone or children.
    period_days : int
        Days an increment covers; 0 otherwise.
    scope : str
        Words that narrow where or whom it counts, in the metric's order.
    """

    measure: Measure
    people_class: PeopleClass
    period_days: int
    scope: str


def read_metric(name: str, kind: FigureKind | None, operation: str) -> Metric:
    """
    Read a metric's name.

    Parameters
    ----------
    name : str
        Words joined by underscores; empty for the plain count of its kind.
    kind : FigureKind or None
        Whom the figure counts.
    operation : str
        Key of the operation, whose own words do not narrow its scope.

    Returns
    -------
    Metric
        `Measure.OTHER` where the name speaks of something else than departures.
    """
    words = [word for word in re.split(r"[_\s]+", name.lower()) if word]
    people_class = PeopleClass.CHILDREN if {"children", "child"} & set(words) else PeopleClass.EVERYONE
    period = _period_days(words)
    measure = _measure(set(words), kind, period)
    if measure is not Measure.INCREMENT:
        period = 0
    return Metric(measure, people_class, period, _scope(words, operation))


def _measure(words: set[str], kind: FigureKind | None, period_days: int) -> Measure:
    departed = bool(words & _DEPARTED) or "cumulative" in words
    concerned = bool(words & _CONCERNED)
    if words & _NOT_USED:
        return Measure.OTHER
    if kind is FigureKind.REMAINING:
        return Measure.STOCK
    if kind is None:
        return Measure.POPULATION if concerned and not departed else Measure.OTHER
    if "population" in words and not departed:
        return Measure.POPULATION
    if "planned" in words:
        return Measure.OTHER
    if period_days:
        return Measure.INCREMENT
    return Measure.CUMULATIVE if departed or not words else Measure.OTHER


def _period_days(words: list[str]) -> int:
    if "cumulative" in words:
        return 0
    for word, days in (("daily", 1), ("weekly", 7), ("monthly", 30)):
        if word in words:
            return days
    for count, unit in itertools.pairwise(words):
        if unit in ("weeks", "week", "months", "month") and "first" not in words:
            number = _COUNT_WORDS.get(count) or (int(count) if count.isdecimal() else 1)
            return number * _DAYS_A_UNIT[unit]
    return 30 if any(_MONTH.match(word) for word in words) and "since" not in words else 0


def _scope(words: list[str], operation: str) -> str:
    own = set(re.split(r"[_\s]+", operation.lower()))
    counts = {count for count, unit in itertools.pairwise(words) if unit in _DAYS_A_UNIT}
    kept = []
    for word in words:
        clock = word.isdecimal() and len(word) == 4
        if word in _GENERIC or word in own or clock or re.fullmatch(r"day\d+", word) or word in counts:
            continue
        kept.append(word)
    return " ".join(kept)
