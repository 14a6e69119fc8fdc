"""Reads the tables of published uptake figures: ``series.csv``, ``operations.csv`` and ``reports.csv``."""

from __future__ import annotations

import csv
import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from safepassage.errors import Fault, InputError
from safepassage.formats.fault_list import FaultList, remedy_for_name
from safepassage.formats.scenario_folder.text_file import is_readable_text
from safepassage.formats.uptake_metric import read_metric
from safepassage.formats.uptake_text import escalation_events, first_date, order_events, population
from safepassage.i18n import _
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

REPORT_COLUMNS = ("date", "kind", "value")
SERIES_COLUMNS = ("operation", "date", "metric", "value", "kind")
OPERATION_COLUMNS = ("operation", "subject_population", "order_dates", "order_kind")
# Two figures of one day further apart than this contradict each other.
CONTRADICTION = 0.10
# Lists of those concerned grow while they are worked on; beyond this share the two numbers do not belong
# together.
GROWTH = 0.25
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_WHOLE = re.compile(r"\d+")
_GROUPED = re.compile(r"\d{1,3}(?:([ ,.'’])\d{3})(?:\1\d{3})*")
_SPACES = re.compile(r"[\u00a0\u202f\u2009]")

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class UptakeTables:
    """
    Operations of the shared format.

    Attributes
    ----------
    operations : tuple of Operation
        In the order of the series.
    warnings : tuple of Fault
        What was assumed.
    """

    operations: tuple[Operation, ...]
    warnings: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Reports:
    """
    Figures that a user reports of one evacuation.

    Attributes
    ----------
    figures : tuple of Figure
        Ascending by day.
    warnings : tuple of Fault
        What was assumed.
    """

    figures: tuple[Figure, ...]
    warnings: tuple[Fault, ...]


def read_uptake_tables(series: Path, operations: Path) -> UptakeTables:
    """
    Read published figures of many evacuations.

    Parameters
    ----------
    series : Path
        One figure a row.
    operations : Path
        One evacuation a row. A file ``keys.csv`` beside the series says which place an operation belongs
        to; without it the first word of its key does.

    Returns
    -------
    UptakeTables
        Operations that have figures.

    Raises
    ------
    InputError
        With every fault of both tables.
    """
    faults = FaultList((series.name, operations.name))
    described = dict(_described(operations, faults))
    places = _places(series.with_name("keys.csv"))
    figures: dict[str, list[Figure]] = defaultdict(list)
    for number, row in _rows(series, SERIES_COLUMNS, faults):
        key = row["operation"].strip()
        if not key:
            _missing(faults, series.name, number, "operation")
            continue
        figures[key].extend(_figures(row, number, key, series.name, faults))
    found = []
    for key, listed in figures.items():
        people, children, events = described.get(key, (None, None, ()))
        checked = _checked(listed, {PeopleClass.EVERYONE: people, PeopleClass.CHILDREN: children},
                           series.name, faults, strict=False)  # fmt: skip
        found.append(Operation(key, places.get(key, key.split("_")[0]), people, children, events, checked))
    _stop(faults)
    return UptakeTables(tuple(found), faults.collected())


def read_reports(path: Path, people: float | None = None, children: float | None = None) -> Reports:
    """
    Read the reports of one evacuation.

    Parameters
    ----------
    path : Path
        Columns ``date``, ``kind`` and ``value``; ``metric``, ``children``, ``precision`` and
        ``date_precision`` as in ``series.csv`` where they are given.
    people, children : float, optional
        Who is concerned; more people out than this is an error.

    Returns
    -------
    Reports
        Figures in the order of their days.

    Raises
    ------
    InputError
        With every fault of the table.
    """
    faults = FaultList((path.name,))
    figures: list[Figure] = []
    for number, row in _rows(path, REPORT_COLUMNS, faults):
        figures.extend(_figures(row, number, "", path.name, faults))
    known = {PeopleClass.EVERYONE: people, PeopleClass.CHILDREN: children}
    checked = _checked(figures, known, path.name, faults, strict=True)
    _stop(faults)
    return Reports(checked, faults.collected())


def parse_event(text: str) -> DatedEvent:
    """
    Read an event as it is given on the command line.

    Parameters
    ----------
    text : str
        ``2023-10-27 compulsory_children``, or with a number of teams ``2023-10-27 door_to_door 10``.

    Returns
    -------
    DatedEvent
        The event.

    Raises
    ------
    InputError
        If the text is of another form or names no known event.
    """
    parts = text.split()
    problem = ""
    if len(parts) in (2, 3):
        day, kind = _iso_day(parts[0]), parts[1].replace("-", "_")
        known = [event.value for event in EventKind if event is not EventKind.UNDER_WAY]
        if day is None:
            problem, remedy = _("the day is not a date"), _("write it as 2023-10-27")
        elif kind not in known:
            problem, remedy = _("the event is not known"), remedy_for_name(kind, known)
        elif len(parts) == 3 and not parts[2].isdecimal():
            problem, remedy = _("the number of teams is not whole"), _("write it as 10")
        else:
            return DatedEvent(day, EventKind(kind), int(parts[2]) if len(parts) == 3 else 0)
    else:
        problem, remedy = _("an event is a day and a kind"), _("write it as '2023-10-27 compulsory_children'")
    raise InputError([Fault("--event", 0, "", text, problem, remedy)])


def _rows(path: Path, required: Sequence[str], faults: FaultList) -> Iterator[tuple[int, Row]]:
    if not path.is_file():
        faults.error(path.name, 0, "", "", _("the file does not exist"), _("check its name"))
        return
    if not is_readable_text(path, faults):
        return
    with path.open(encoding="utf-8-sig", newline="") as stream:
        first = stream.readline()
        stream.seek(0)
        mark = max(",;\t", key=first.count)
        reader = csv.DictReader(stream, delimiter=mark, restval="")
        header = [name.strip() for name in reader.fieldnames or ()]
        for name in required:
            if name not in header:
                remedy = remedy_for_name(name, header) if header else _("add it to the header")
                faults.error(path.name, 1, name, "", _("the column is missing"), remedy)
        if any(name not in header for name in required):
            return
        reader.fieldnames = header
        for record in reader:
            if None in record:
                problem = _("the row has more cells than the header")
                remedy = _("give as many; put a cell that holds a comma in quotes")
                faults.error(path.name, reader.line_num, "", "", problem, remedy)
                continue
            row = {name: (text or "").strip() for name, text in record.items()}
            if any(row.values()):
                yield reader.line_num, row


def _figures(row: Row, number: int, operation: str, file: str, faults: FaultList) -> Iterator[Figure]:
    kind_text = row["kind"].lower()
    kinds = [kind.value for kind in FigureKind]
    if kind_text not in kinds and (kind_text or not operation):
        problem = _("the kind of figure is not known") if kind_text else _("the kind of figure is missing")
        faults.error(file, number, "kind", row["kind"], problem, remedy_for_name(kind_text, kinds))
        return
    kind = FigureKind(kind_text) if kind_text else None
    metric = read_metric(row.get("metric", ""), kind, operation)
    day = _day(row, number, file, faults)
    precision = _precision(row, number, file, faults)
    value = _persons("value", row, number, file, faults)
    children = _persons("children", row, number, file, faults)
    if day is None or precision is None:
        return
    if metric.measure is Measure.OTHER and not (children is not None and "subject" in row.get("metric", "")):
        if not operation:
            problem = _("the metric says nothing of departures; the row is not used")
            remedy = _("leave the column empty for a plain count")
            faults.warning(file, number, "metric", row.get("metric", ""), problem, remedy)
        return
    if metric.measure is Measure.OTHER:
        metric = read_metric("children_subject", None, operation)
        value = children
    if value is None and not row["value"]:
        _missing(faults, file, number, "value")
    counted = {metric.people_class: value}
    if metric.people_class is PeopleClass.EVERYONE:
        counted[PeopleClass.CHILDREN] = children
    for who, persons in counted.items():
        if persons is not None:
            yield Figure(
                day, kind, metric.measure, who, persons, precision, metric.period_days, metric.scope,
                sure_of_day=row.get("date_precision", "").lower() in ("", "exact"), row=number,
            )  # fmt: skip


def _day(row: Row, number: int, file: str, faults: FaultList) -> date | None:
    text = row["date"]
    if not text:
        _missing(faults, file, number, "date")
        return None
    day = _iso_day(text)
    dotted = _DOTTED.fullmatch(text)
    if day is None and dotted:
        day = _iso_day(f"{dotted[3]}-{int(dotted[2]):02d}-{int(dotted[1]):02d}")
        if day:
            problem = _("the date was read as {day}: day, month, year").format(day=day.isoformat())
            faults.warning(file, number, "date", text, problem, _("write it as 2023-08-28"))
    if day is None:
        faults.error(file, number, "date", text, _("is no date"), _("write it as 2023-08-28"))
    return day


def _iso_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if re.fullmatch(r"\d{4}-\d{2}-\d{2}(T.*)?", text) else None
    except ValueError:
        return None


def _precision(row: Row, number: int, file: str, faults: FaultList) -> Precision | None:
    text = row.get("precision", "").lower().replace("_", " ") or Precision.EXACT.value
    known = [precision.value for precision in Precision]
    if text not in known:
        problem = _("the precision is not known")
        faults.error(file, number, "precision", text, problem, remedy_for_name(text, known))
        return None
    return Precision(text)


def _persons(column: str, row: Row, number: int, file: str, faults: FaultList) -> float | None:
    text = _SPACES.sub(" ", row.get(column, ""))
    if not text:
        return None
    if _WHOLE.fullmatch(text):
        return float(int(text))
    grouped = _GROUPED.fullmatch(text)
    if grouped:
        value = float(int(re.sub(r"\D", "", text)))
        if grouped[1] in ",.":
            problem = _("the number was read as {value}: the mark divides thousands").format(value=int(value))
            faults.warning(file, number, column, text, problem, _("write it without marks"))
        return value
    problem = _("is no whole number of persons")
    faults.error(file, number, column, text, problem, _("write digits only, such as 1433"))
    return None


def _missing(faults: FaultList, file: str, number: int, column: str) -> None:
    faults.error(file, number, column, "", _("the cell is empty"), _("fill it in or remove the row"))


def _checked(
    figures: Sequence[Figure],
    people: Mapping[PeopleClass, float | None],
    file: str,
    faults: FaultList,
    *,
    strict: bool,
) -> tuple[Figure, ...]:
    """Figures by day; whatever is doubtful about their course is told."""
    for before, after in itertools.pairwise(figures):
        if strict and after.day < before.day:
            problem = _("the row is older than the one before it; rows were put in the order of their days")
            faults.warning(
                file, after.row, "date", after.day.isoformat(), problem, _("sort the table by date")
            )
    ordered = sorted(figures, key=lambda figure: (figure.day, figure.row))
    lines: dict[tuple[object, ...], list[Figure]] = defaultdict(list)
    for figure in ordered:
        if figure.measure in (Measure.CUMULATIVE, Measure.STOCK):
            lines[figure.kind, figure.measure, figure.people_class, figure.scope].append(figure)
    for line in lines.values():
        for before, after in itertools.pairwise(line):
            _check_step(before, after, file, faults)
        for figure in line:
            _check_size(figure, people[figure.people_class], file, faults, strict=strict)
    return tuple(ordered)


def _check_step(before: Figure, after: Figure, file: str, faults: FaultList) -> None:
    value, row, shown = after.value, after.row, str(int(after.value))
    if before.day == after.day:
        if abs(value - before.value) > CONTRADICTION * max(value, before.value):
            problem = _("contradicts row {row}, which says {other}; both count, as less exact").format(
                row=before.row, other=int(before.value)
            )
            faults.warning(file, row, "value", shown, problem, _("keep the better source"))
    elif after.measure is Measure.CUMULATIVE and value < before.value:
        problem = _(
            "is less than the {other} of row {row}; taken as a correction of the earlier count"
        ).format(other=int(before.value), row=before.row)
        faults.warning(file, row, "value", shown, problem, _("give people who came back as kind remaining"))
    elif after.measure is Measure.STOCK and value > before.value:
        problem = _("is more than the {other} of row {row}; taken as people who came back").format(
            other=int(before.value), row=before.row
        )
        faults.warning(file, row, "value", shown, problem, _("correct it if it counts another area"))


def _check_size(figure: Figure, people: float | None, file: str, faults: FaultList, *, strict: bool) -> None:
    if people is None or figure.scope or figure.value <= people or figure.precision is Precision.ABOUT:
        return
    shown = str(int(figure.value))
    if strict and figure.value > (1 + GROWTH) * people:
        problem = _("more people than the {people} who lived there").format(people=int(people))
        faults.error(file, figure.row, "value", shown, problem, _("correct the figure or the population"))
    else:
        problem = _("more people than the {people} on the list; taken as a list that grew").format(
            people=int(people)
        )
        faults.warning(file, figure.row, "value", shown, problem, _("correct the population if you can"))


def _described(
    path: Path, faults: FaultList
) -> Iterator[tuple[str, tuple[float | None, float | None, tuple[DatedEvent, ...]]]]:
    for number, row in _rows(path, OPERATION_COLUMNS, faults):
        if not row["operation"]:
            _missing(faults, path.name, number, "operation")
            continue
        orders = order_events(row["order_dates"], row["order_kind"])
        near = orders[0].day if orders else first_date(row["operation"].replace("_", "-") + "-01")
        escalations = escalation_events(row.get("escalation_events", ""), near)
        yield (
            row["operation"],
            (
                population(row["subject_population"]),
                population(row.get("subject_children", "")),
                tuple(sorted({*orders, *escalations})),
            ),
        )


def _places(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return {row["operation"]: row["place"] for row in csv.DictReader(stream)}


def _stop(faults: FaultList) -> None:
    if faults.has_errors:
        raise InputError(faults.collected())
