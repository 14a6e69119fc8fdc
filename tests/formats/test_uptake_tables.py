"""Published figures: what is read, what is refused, and what is only told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from safepassage.errors import Fault, InputError
from safepassage.formats.uptake_metric import read_metric
from safepassage.formats.uptake_tables import parse_event, read_reports, read_uptake_tables
from safepassage.formats.uptake_text import escalation_events, order_events, persons, population
from safepassage.model.uptake import DatedEvent, EventKind, Figure, FigureKind, Measure, PeopleClass

HEADER = "date,kind,value,children,precision,date_precision,metric\n"


def reports(tmp_path: Path, rows: str, people: float | None = None) -> tuple[tuple[Figure, ...], list[Fault]]:
    path = tmp_path / "reports.csv"
    path.write_text(HEADER + rows, "utf-8")
    read = read_reports(path, people)
    return read.figures, list(read.warnings)


def faults(tmp_path: Path, rows: str, people: float | None = None) -> list[Fault]:
    with pytest.raises(InputError) as caught:
        reports(tmp_path, rows, people)
    return list(caught.value.faults)


def test_plain_rows_count_everyone_and_children(tmp_path: Path) -> None:
    figures, warnings = reports(tmp_path, "2023-08-13,assisted,248,90,exact,,\n")
    assert warnings == []
    assert [(f.people_class, f.value, f.measure) for f in figures] == [
        (PeopleClass.EVERYONE, 248.0, Measure.CUMULATIVE),
        (PeopleClass.CHILDREN, 90.0, Measure.CUMULATIVE),
    ]


@pytest.mark.parametrize(
    ("written", "value"),
    [("1433", 1433.0), ("1 433", 1433.0), ("1\u00a0433", 1433.0), ("12\u202f345", 12345.0)],
)
def test_spaces_divide_thousands(tmp_path: Path, written: str, value: float) -> None:
    figures, warnings = reports(tmp_path, f"2023-08-28,total,{written},,,,\n")
    assert (figures[0].value, warnings) == (value, [])


@pytest.mark.parametrize("written", ["1.433", '"1,433"', "1'433"])
def test_marks_that_may_mean_thousands_are_told(tmp_path: Path, written: str) -> None:
    figures, warnings = reports(tmp_path, f"2023-08-28,total,{written},,,,\n")
    assert figures[0].value == 1433.0
    assert [(w.row, w.column) for w in warnings] == ([] if "'" in written else [(2, "value")])


@pytest.mark.parametrize("written", ["1.5", '"12,5"', "many", "-4", "1e3", "12.34.567"])
def test_what_is_no_number_of_persons_is_refused(tmp_path: Path, written: str) -> None:
    (fault,) = faults(tmp_path, f"2023-08-28,total,{written},,,,\n")
    assert (fault.row, fault.column) == (2, "value")


def test_all_faults_come_at_once_with_row_value_and_remedy(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        ",total,5,,,,\n"
        "2023-13-40,total,5,,,,\n"
        "2023-08-01,evacuee,5,,,,\n"
        "2023-08-02,asisted,5,,,,\n"
        "2023-08-03,total,,,,,\n"
        "2023-08-04,total,5,,roughly,,\n",
    )
    assert [(f.row, f.column) for f in found] == [
        (2, "date"), (3, "date"), (4, "kind"), (5, "kind"), (6, "value"), (7, "precision"),
    ]  # fmt: skip
    assert "assisted" in found[3].remedy


def test_a_dotted_date_is_read_and_told(tmp_path: Path) -> None:
    figures, (warning,) = reports(tmp_path, "28.08.2023,total,1433,,,,\n")
    assert figures[0].day == date(2023, 8, 28)
    assert "2023-08-28" in warning.problem


def test_rows_out_of_order_are_sorted_and_told(tmp_path: Path) -> None:
    figures, warnings = reports(tmp_path, "2023-08-13,total,9,,,,\n2023-08-11,total,5,,,,\n")
    assert [f.value for f in figures] == [5.0, 9.0]
    assert [(w.row, w.column) for w in warnings] == [(3, "date")]


def test_a_falling_count_of_departures_is_a_correction(tmp_path: Path) -> None:
    _, (warning,) = reports(tmp_path, "2023-08-11,total,50,,,,\n2023-08-13,total,40,,,,\n")
    assert (warning.row, warning.severity) == (3, "warning")
    assert "correction" in warning.problem


def test_a_rising_count_of_those_remaining_is_a_return(tmp_path: Path) -> None:
    _, (warning,) = reports(tmp_path, "2023-08-11,remaining,50,,,,\n2023-08-13,remaining,60,,,,\n")
    assert (warning.row, "came back" in warning.problem) == (3, True)


def test_sources_that_contradict_each_other_are_told(tmp_path: Path) -> None:
    figures, (warning,) = reports(tmp_path, "2023-08-11,total,500,,,,\n2023-08-11,total,300,,,,\n")
    assert len(figures) == 2
    assert "row 2" in warning.problem


def test_more_people_out_than_lived_there_is_refused(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, "2023-08-11,total,1500,,,,\n", people=1000)
    assert (fault.row, fault.value) == (2, "1500")


def test_a_list_that_grew_is_only_told(tmp_path: Path) -> None:
    _, (warning,) = reports(tmp_path, "2023-11-29,total,299,,,,\n", people=275)
    assert "grew" in warning.problem


def test_a_metric_that_says_nothing_of_departures_is_told(tmp_path: Path) -> None:
    figures, (warning,) = reports(tmp_path, "2023-08-11,assisted,7,,,,killed_on_the_way\n")
    assert (figures, warning.column) == ((), "metric")


def test_a_missing_column_names_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_text("dates,kind,value\n", "utf-8")
    with pytest.raises(InputError, match="dates"):
        read_reports(path)


def test_windows_1251_is_named(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_bytes((HEADER + "2023-08-11,усього разом вивезено,5,,,,\n").encode("cp1251"))
    with pytest.raises(InputError, match="1251"):
        read_reports(path)


def test_semicolons_divide_too(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_text("date;kind;value\n2023-08-11;total;5\n", "utf-8")
    assert read_reports(path).figures[0].value == 5.0


@pytest.mark.parametrize(
    ("name", "kind", "measure", "days", "scope"),
    [
        ("evacuated_cumulative", "assisted", Measure.CUMULATIVE, 0, ""),
        ("evacuated_daily", "assisted", Measure.INCREMENT, 1, ""),
        ("evacuated_last_3_weeks", "assisted", Measure.INCREMENT, 21, ""),
        ("left_city_December", "total", Measure.INCREMENT, 30, ""),
        ("population_city", "remaining", Measure.STOCK, 0, ""),
        ("remaining_in_hromada", "remaining", Measure.STOCK, 0, "hromada"),
        ("population_subject", "", Measure.POPULATION, 0, ""),
        ("population_prewar", "", Measure.OTHER, 0, ""),
        ("population_evacuated", "total", Measure.CUMULATIVE, 0, ""),
        ("deaths_during_evacuation", "", Measure.OTHER, 0, ""),
        ("evacuated_cumulative_0600", "assisted", Measure.CUMULATIVE, 0, ""),
        ("", "total", Measure.CUMULATIVE, 0, ""),
        ("", "remaining", Measure.STOCK, 0, ""),
    ],
)
def test_metrics_are_read(name: str, kind: str, measure: Measure, days: int, scope: str) -> None:
    metric = read_metric(name, FigureKind(kind) if kind else None, "made_2030")
    assert (metric.measure, metric.period_days) == (measure, days)
    if measure is not Measure.OTHER:
        assert metric.scope == scope


def test_children_and_the_operations_own_name_do_not_narrow_the_scope() -> None:
    metric = read_metric("children_remaining_Dalenka", FigureKind.REMAINING, "dalenka_2030")
    assert (metric.people_class, metric.scope) == (PeopleClass.CHILDREN, "")


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("11000-12000", 11500.0),
        ("2500 (governor) / 3000 (town head)", 2500.0),
        ("about 1 900 (1,700 out + 220 left)", 1900.0),
        ("200000-220000 to move out of 350000", 210000.0),
        ("26000 pre-war", None),
        ("", None),
        ("not known", None),
    ],
)
def test_populations_are_read_as_people_write_them(text: str, people: float | None) -> None:
    assert population(text) == people


def test_numbers_of_persons_do_not_include_dates() -> None:
    assert persons("217 on 2023-07-17, 1 234 in all") == (217.0, 1234.0)


def test_orders_keep_their_steps() -> None:
    events = order_events(
        "2024-10-07; 2024-10-15; 2024-11-13",
        "two villages mandatory; then families compulsory; then all adults",
    )
    assert events == (
        DatedEvent(date(2024, 10, 7), EventKind.ORDER),
        DatedEvent(date(2024, 10, 15), EventKind.COMPULSORY_CHILDREN),
        DatedEvent(date(2024, 11, 13), EventKind.STRENGTHENED),
    )


def test_an_order_and_its_publication_are_one() -> None:
    assert len(order_events("2023-08-09 (public 2023-08-10)", "mandatory")) == 1


def test_escalations_count_only_with_a_day() -> None:
    text = "shelling; 2 Aug two bombs on the only bridge; gas and power lost"
    assert escalation_events(text, date(2025, 8, 1)) == (
        DatedEvent(date(2025, 8, 2), EventKind.CROSSING_LOST),
    )
    assert escalation_events("assault from 10 Oct", None) == ()


def test_events_of_the_command_line() -> None:
    assert parse_event("2023-10-27 compulsory_children") == DatedEvent(
        date(2023, 10, 27), EventKind.COMPULSORY_CHILDREN
    )
    assert parse_event("2023-10-27 door-to-door 10").teams == 10


@pytest.mark.parametrize(
    "text",
    [
        "compulsory_children",
        "2023-10-27 compulsory_kids",
        "27.10 order",
        "2023-10-27 order ten",
        "2023-10-27 under_way",
    ],
)
def test_events_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_event(text)


def test_operations_join_their_figures(tmp_path: Path) -> None:
    (tmp_path / "series.csv").write_text(
        "operation,date,metric,value,children,kind,precision,date_precision\n"
        "dale_2030,2030-05-02,evacuated_cumulative,40,9,assisted,exact,exact\n"
        "dale_2030,2030-05-01,population_subject,900,,,about,exact\n",
        "utf-8",
    )
    (tmp_path / "operations.csv").write_text(
        "operation,subject_population,subject_children,order_dates,order_kind,escalation_events\n"
        "dale_2030,about 1000,100,2030-05-01,mandatory,assault on 4 May\n",
        "utf-8",
    )
    (operation,) = read_uptake_tables(tmp_path / "series.csv", tmp_path / "operations.csv").operations
    assert (operation.place, operation.population, operation.children) == ("dale", 1000.0, 100.0)
    assert [event.kind for event in operation.events] == [EventKind.ORDER, EventKind.ASSAULT]
    assert [figure.day.day for figure in operation.figures] == [1, 2, 2]


@pytest.mark.acceptance
def test_the_published_tables_are_read(shared_data: Path) -> None:
    folder = shared_data / "uptake"
    tables = read_uptake_tables(folder / "series.csv", folder / "operations.csv")
    by_id = {operation.id: operation for operation in tables.operations}
    assert len(by_id) == 57
    assert by_id["kupiansk_2023"].population == 11500
    assert by_id["kupiansk_2023"].place == by_id["kupiansk_2023_children"].place == "kupiansk"
