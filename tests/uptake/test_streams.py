"""Figures that count the same people stay together; others do not."""

from __future__ import annotations

from safepassage.model.uptake import EventKind, FigureKind
from safepassage.uptake.cases import cases_of, share_remaining, window_of
from safepassage.uptake.streams import published, streams_of

from .made_operations import assisted, day, operation, remaining, total


def test_counts_and_the_stock_they_leave_are_one_stream() -> None:
    (stream,) = streams_of(operation([total(2, 200), remaining(2, 790), total(4, 300)]))
    assert (stream.people, stream.open_start, stream.start) == (1000, True, day(0))
    assert len(stream.figures) == 3


def test_a_stock_of_another_area_is_a_stream_of_its_own() -> None:
    streams = streams_of(operation([total(2, 100), remaining(3, 400), total(4, 120)]))
    assert [(stream.people, stream.open_start, len(stream.figures)) for stream in streams] == [
        (1000, True, 2), (400, False, 1),
    ]  # fmt: skip


def test_without_a_population_the_first_stock_is_the_list() -> None:
    (stream,) = streams_of(operation([remaining(2, 800), remaining(9, 600)], people=None, events=()))
    assert (stream.people, stream.open_start, stream.start) == (800, False, day(2))


def test_counts_without_any_population_cannot_be_shares() -> None:
    assert streams_of(operation([total(2, 800), total(9, 900)], people=None)) == ()


def test_an_event_in_the_future_does_not_start_a_series() -> None:
    (stream,) = streams_of(operation([total(2, 10), total(9, 90)], events=[(5, EventKind.ASSAULT)]))
    assert (stream.start, stream.open_start) == (day(2), False)


def test_figures_of_one_day_have_their_middle() -> None:
    (stream,) = streams_of(operation([total(2, 100), total(2, 140), total(3, 150)]))
    assert published(stream, FigureKind.TOTAL) == [(day(2), 120.0), (day(3), 150.0)]
    assert published(stream, FigureKind.TOTAL, day(2)) == [(day(2), 120.0)]


def test_windows_have_a_tolerance_of_three_tenths() -> None:
    assert [window_of(days) for days in (1, 2, 3, 4, 5, 9, 10, 18, 19, 20, 36, 37)] == [
        1, None, 3, None, 7, 7, 14, 14, None, 28, 28, None,
    ]  # fmt: skip


def test_every_later_figure_in_a_window_is_a_case() -> None:
    (stream,) = streams_of(operation([assisted(0, 10), assisted(1, 30), assisted(8, 100)]))
    found = [(case.origin, case.target, case.window_d, case.truth) for case in cases_of([stream])]
    assert found == [(day(0), day(1), 1, 0.97), (day(0), day(8), 7, 0.9), (day(1), day(8), 7, 0.9)]


def test_nobody_is_left_when_the_list_was_too_short() -> None:
    (stream,) = streams_of(operation([total(1, 900), total(8, 1050)]))
    assert share_remaining(stream, FigureKind.TOTAL, 1050) == 0.0
