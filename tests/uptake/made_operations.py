"""Made-up evacuations whose course is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from safepassage.model.uptake import (
    DatedEvent,
    EventKind,
    Figure,
    FigureKind,
    Measure,
    Operation,
    PeopleClass,
    Precision,
)

START = date(2030, 5, 1)


def day(number: int) -> date:
    return START + timedelta(days=number)


def total(number: int, value: float, **more: object) -> Figure:
    return figure(number, value, FigureKind.TOTAL, **more)


def assisted(number: int, value: float, **more: object) -> Figure:
    return figure(number, value, FigureKind.ASSISTED, **more)


def remaining(number: int, value: float, **more: object) -> Figure:
    return figure(number, value, FigureKind.REMAINING, measure=Measure.STOCK, **more)


def figure(
    number: int,
    value: float,
    kind: FigureKind,
    *,
    measure: object = Measure.CUMULATIVE,
    people_class: object = PeopleClass.EVERYONE,
    precision: object = Precision.EXACT,
    scope: object = "",
) -> Figure:
    assert isinstance(measure, Measure)
    assert isinstance(people_class, PeopleClass)
    assert isinstance(precision, Precision)
    return Figure(day(number), kind, measure, people_class, value, precision, scope=str(scope))


def operation(
    figures: Iterable[Figure],
    *,
    name: str = "dale_2030",
    place: str = "dale",
    people: float | None = 1000.0,
    events: Sequence[tuple[int, EventKind]] = ((0, EventKind.ORDER),),
) -> Operation:
    dated = tuple(DatedEvent(day(number), kind) for number, kind in events)
    return Operation(name, place, people, None, dated, tuple(figures))
