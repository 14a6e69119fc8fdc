"""Groups the figures of an operation into streams that count the same people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from safepassage.model.uptake import DatedEvent, Figure, FigureKind, Measure, Operation, PeopleClass

# A stock that differs from "those concerned less those out" by more than this counts another area.
STOCK_TOLERANCE = 0.20
# An order this long before the first figure no longer starts a series.
LONGEST_START = timedelta(days=400)
_COUNTED = (Measure.CUMULATIVE, Measure.INCREMENT)


@dataclass(frozen=True, slots=True)
class Stream:
    """
    Figures that count the same people at the same place.

    Attributes
    ----------
    operation, place : str
        Where they belong.
    people_class : PeopleClass
        Whom they count.
    start : date
        Day zero: the order or event that set people moving, or the first figure.
    people : float
        Persons concerned at the start, as far as was known then.
    open_start : bool
        True where nobody had left before day zero; False where the first figure only anchors the series.
    events : tuple of DatedEvent
        All dated events of the operation.
    figures : tuple of Figure
        Ascending by day; cumulative, increments and stocks.
    origins : tuple of date
        Days on which something was published, ascending: those of the figures and of the population.
    """

    operation: str
    place: str
    people_class: PeopleClass
    start: date
    people: float
    open_start: bool
    events: tuple[DatedEvent, ...]
    figures: tuple[Figure, ...]
    origins: tuple[date, ...]

    def time_d(self, day: date) -> float:
        """Days from the start to the evening of a day: figures of a day count most of that day."""
        return (day - self.start).days + 0.75


def streams_of(operation: Operation) -> tuple[Stream, ...]:
    """
    Divide an operation's figures into streams.

    Parameters
    ----------
    operation : Operation
        With all its figures.

    Returns
    -------
    tuple of Stream
        Those whose people can be counted: a stated population, or a first count of those still there.
    """
    found: list[Stream] = []
    for people_class in PeopleClass:
        figures = [figure for figure in operation.figures if figure.people_class is people_class]
        joint, apart = _joint(figures, _stated(operation, figures, people_class))
        streams = [_stream(operation, people_class, joint, figures, apart=False)]
        streams += [_stream(operation, people_class, group, figures, apart=True) for group in apart]
        found += [stream for stream in streams if stream]
    return tuple(found)


def all_streams(operations: Iterable[Operation]) -> tuple[Stream, ...]:
    """The streams of many operations, in their order."""
    return tuple(stream for operation in operations for stream in streams_of(operation))


def _stated(
    operation: Operation, figures: Sequence[Figure], people_class: PeopleClass
) -> tuple[float, date | None] | None:
    """Those concerned, and since when it was known (None: described with the operation)."""
    described = operation.population if people_class is PeopleClass.EVERYONE else operation.children
    if described:
        return described, None
    listed = [figure for figure in figures if figure.measure is Measure.POPULATION and figure.value > 0]
    return (listed[0].value, listed[0].day) if listed else None


def _joint(
    figures: Sequence[Figure], stated: tuple[float, date | None] | None
) -> tuple[list[Figure], list[list[Figure]]]:
    """Figures of the whole operation, and stocks that count other areas, by scope."""
    joint: list[Figure] = []
    apart: dict[str, list[Figure]] = defaultdict(list)
    out = 0.0
    for figure in figures:
        if figure.measure in _COUNTED and not figure.scope:
            joint.append(figure)
            if figure.measure is Measure.CUMULATIVE:
                out = max(out, figure.value)
        elif figure.measure is Measure.STOCK:
            if not figure.scope and (stated is None or _fits(figure.value, stated[0], out)):
                joint.append(figure)
            else:
                apart[figure.scope].append(figure)
    return joint, list(apart.values())


def _fits(stock: float, people: float, out: float) -> bool:
    # Where only the assisted were counted, as many again may have left by themselves; where nobody was, all
    # may have.
    fewest = people - 2 * out - STOCK_TOLERANCE * people if out else 0.0
    return fewest <= stock <= people - out + STOCK_TOLERANCE * people


def _stream(
    operation: Operation,
    people_class: PeopleClass,
    group: Sequence[Figure],
    figures: Sequence[Figure],
    *,
    apart: bool,
) -> Stream | None:
    if not group:
        return None
    first = group[0].day
    stated = _stated(operation, figures, people_class)
    # The first event of a month without a day may be dated after the first figure.
    starts = [event.day for event in operation.events if first - LONGEST_START <= event.day <= first]
    since = stated[1] if stated else None
    if since and first - LONGEST_START <= since <= first:
        starts.append(since)
    if stated and starts and not apart and group[0].value <= 1.5 * stated[0]:
        people, open_start, start = stated[0], True, min(starts)
    elif group[0].measure is Measure.STOCK and group[0].value > 0:
        people, open_start, start = group[0].value, False, first
    elif stated and group[0].value <= stated[0]:
        people, open_start, start = stated[0], False, first
    else:
        return None
    kept = tuple(replace(figure, scope="") for figure in group)
    announced = (
        {figure.day for figure in figures if figure.measure is Measure.POPULATION} if open_start else set()
    )
    origins = sorted({day for day in announced if day >= start} | {figure.day for figure in kept})
    return Stream(
        operation.id, operation.place, people_class, start, people, open_start, operation.events, kept,
        tuple(origins),
    )  # fmt: skip


def published(stream: Stream, kind: FigureKind, until: date | None = None) -> list[tuple[date, float]]:
    """
    The course of one kind of count, one value a day.

    Parameters
    ----------
    stream : Stream
        Where to look.
    kind : FigureKind
        Whose count; ``REMAINING`` gives stocks, the others cumulative counts.
    until : date, optional
        Last day known.

    Returns
    -------
    list of (date, float)
        Ascending; the middle value where several figures of a day differ.
    """
    measure = Measure.STOCK if kind is FigureKind.REMAINING else Measure.CUMULATIVE
    by_day: dict[date, list[float]] = defaultdict(list)
    for figure in stream.figures:
        if figure.kind is kind and figure.measure is measure and (until is None or figure.day <= until):
            by_day[figure.day].append(figure.value)
    return [(day, _middle(sorted(values))) for day, values in sorted(by_day.items())]


def _middle(values: list[float]) -> float:
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2
