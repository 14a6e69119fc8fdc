"""The ten lines that the command line and the report share."""

from __future__ import annotations

from dataclasses import replace

from safepassage.i18n import use_language
from safepassage.publish.summary import SummaryLine, gap_words, summary_lines
from safepassage.publish.wording import clock, duration, number, percent
from tests.publish.examples import Case, valley

CASE = valley()


def lines(case: Case = CASE) -> dict[str, SummaryLine]:
    return {line.key: line for line in summary_lines(case.scenario, case.plan, case.outcome)}


def test_ten_lines_in_both_languages() -> None:
    english = summary_lines(CASE.scenario, CASE.plan, CASE.outcome)
    with use_language("uk"):
        ukrainian = summary_lines(CASE.scenario, CASE.plan, CASE.outcome)
    assert len(english) == len(ukrainian) == 10
    assert not {line.label for line in english} & {line.label for line in ukrainian}


def test_the_headline_tells_who_is_left_behind() -> None:
    said = lines()
    assert said["people"].value == "898 of 900"
    assert said["unserved"].value == "2"
    assert "no suitable vehicle" in said["unserved"].note
    assert said["all"].label == "All who can be served out by"


def test_everyone_out_when_nobody_is_left_behind() -> None:
    said = lines(valley(stretcher=0))
    assert said["all"].label == "Everyone out by"
    assert said["unserved"].note == "nobody is left behind"


def test_an_optimal_nearest_way_is_admitted() -> None:
    certificate = CASE.plan.certificate
    assert certificate is not None
    naive = replace(certificate.naive, nearest_way_is_best=True)
    plan = replace(CASE.plan, certificate=replace(certificate, naive=naive))
    assert "already optimal" in lines(replace(CASE, plan=plan))["gain"].note


def test_people_stranded_are_told_first() -> None:
    outcome = replace(CASE.outcome, safe=CASE.outcome.safe - 40, on_the_way=40)
    said = lines(replace(CASE, outcome=outcome))
    assert said["people"].note == "40 people still on the way at the end"
    assert said["all"].label == "Last one to get out by"


def test_a_gap_below_a_minute_is_no_gap() -> None:
    certificate = CASE.plan.certificate
    assert certificate is not None
    tight = replace(certificate.clearance[0], bound_s=7200.0, value_s=7230.0)
    assert gap_words(tight) == "proved best to the minute"
    assert gap_words(replace(tight, value_s=7920.0)) == "at most 12 min (10\u202f%) from the best possible"


def test_times_are_said_on_the_scenario_clock() -> None:
    scenario = CASE.scenario
    assert clock(scenario, 0) == "05:00"
    assert clock(scenario, 61) == "05:01"
    assert clock(scenario, 61, round_up=True) == "05:02"
    assert clock(scenario, 60, round_up=True) == "05:01"
    assert clock(scenario, 19 * 3600) == "00:00, day 2"
    assert clock(scenario, float("nan")) == "–"
    with use_language("uk"):
        assert clock(scenario, 19 * 3600) == "00:00, день 2"


def test_numbers_have_thin_spaces_and_the_marks_of_the_language() -> None:
    assert number(12000) == "12\u202f000"
    assert percent(3.44) == "3.4\u202f%"
    assert percent(12.4) == "12\u202f%"
    assert duration(59.0 * 60 + 40) == "1 h"
    assert duration(20) == "20 s"
    with use_language("uk"):
        assert percent(3.44) == "3,4\u202f%"
        assert duration(5400) == "1 год 30 хв"
