"""The scenario: when people may be on the road, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safepassage.errors import ModelError
from safepassage.model.policy import DailyWindow
from safepassage.model.scenario import Assumption, Scenario
from safepassage.model.sites import SiteKind

HOUR_S = 3600.0


def _with(
    valley: Scenario, start: str, horizon_h: float, *curfew: str, zone: str = "Europe/Kyiv"
) -> Scenario:
    policy = replace(valley.policy, curfew=tuple(map(DailyWindow.parse, curfew)))
    return replace(
        valley,
        start=datetime.fromisoformat(start),
        horizon_s=horizon_h * HOUR_S,
        policy=policy,
        time_zone=zone,
    )


def _hours(scenario: Scenario) -> list[tuple[float, float]]:
    return [(start / HOUR_S, end / HOUR_S) for start, end in scenario.open_windows()]


def test_without_curfew_the_whole_horizon_is_open(valley: Scenario) -> None:
    assert _hours(_with(valley, "2023-08-10T06:00+03:00", 24)) == [(0, 24)]


def test_a_curfew_across_midnight_closes_both_days(valley: Scenario) -> None:
    assert _hours(_with(valley, "2023-08-10T06:00+03:00", 48, "23:00-05:00")) == [(0, 17), (23, 41), (47, 48)]


def test_a_start_inside_the_curfew_waits_for_its_end(valley: Scenario) -> None:
    assert _hours(_with(valley, "2023-08-10T00:30+03:00", 5, "23:00-05:00")) == [(4.5, 5)]
    assert _hours(_with(valley, "2023-08-10T00:30+03:00", 4, "23:00-05:00")) == []


def test_a_curfew_at_noon_and_one_that_overlaps_join(valley: Scenario) -> None:
    scenario = _with(valley, "2023-08-10T06:00+03:00", 12, "11:00-13:00", "12:00-14:00")
    assert _hours(scenario) == [(0, 5), (8, 12)]


@pytest.mark.parametrize(
    ("start", "closed_h"),
    # In Ukraine clocks go from 3 to 4 on 26 March 2023, and from 4 to 3 on 29 October 2023.
    [("2023-03-25T12:00+02:00", 5), ("2023-10-28T12:00+03:00", 7), ("2023-08-10T12:00+03:00", 6)],
)
def test_the_night_of_a_clock_change_is_shorter_or_longer(
    valley: Scenario, start: str, closed_h: float
) -> None:
    assert _hours(_with(valley, start, 24, "23:00-05:00")) == [(0, 11), (11 + closed_h, 24)]


@pytest.mark.parametrize(
    "zone", [UTC, timezone(timedelta(hours=-9)), ZoneInfo("America/New_York"), ZoneInfo("Europe/Kyiv")]
)
def test_the_zone_in_which_the_start_is_given_changes_nothing(valley: Scenario, zone: tzinfo) -> None:
    scenario = _with(valley, "2023-10-28T12:00+03:00", 24, "23:00-05:00")
    assert replace(scenario, start=scenario.start.astimezone(zone)).open_windows() == scenario.open_windows()


minutes = st.integers(0, 1439)
windows = st.tuples(minutes, minutes).filter(lambda ends: ends[0] != ends[1])


@given(st.lists(windows, max_size=3), st.integers(0, 366 * 24 * 60), st.floats(0.1, 72))
def test_open_windows_hold_no_minute_of_the_curfew(
    valley: Scenario, curfew: list[tuple[int, int]], start_minute: int, horizon_h: float
) -> None:
    policy = replace(valley.policy, curfew=tuple(DailyWindow(*ends) for ends in curfew))
    start = datetime(2023, 1, 1, tzinfo=UTC) + timedelta(minutes=start_minute)
    scenario = replace(valley, start=start, horizon_s=horizon_h * HOUR_S, policy=policy)
    opened = scenario.open_windows()
    ends = [end for window in opened for end in window]
    assert ends == sorted(ends)
    for start_s, end_s in opened:
        assert 0 <= start_s < end_s <= scenario.horizon_s
        clock = scenario.local_time((start_s + end_s) / 2)
        minute = clock.hour * 60 + clock.minute
        for first, last in curfew:
            inside = first <= minute < last if first < last else minute >= first or minute < last
            # Times of the day that a clock change skips or repeats are told apart by the offset alone.
            changes = clock.utcoffset() != scenario.local_time(start_s).utcoffset() or (
                clock.utcoffset() != (clock - timedelta(hours=2)).utcoffset()
            )
            assert not inside or changes


def test_local_time_is_the_clock_on_the_wall(valley: Scenario) -> None:
    scenario = _with(valley, "2023-10-29T02:30+03:00", 24)
    assert scenario.local_time(2 * HOUR_S).isoformat() == "2023-10-29T03:30:00+02:00"
    assert scenario.local_time(HOUR_S).isoformat() == "2023-10-29T03:30:00+03:00"


def test_what_the_valley_holds(valley: Scenario) -> None:
    assert valley.people_in_scope.total == 800
    assert valley.is_exercise
    assert [site.id for site in valley.sites_of(SiteKind.RECEPTION, SiteKind.EXIT)] == [
        "reception_city",
        "exit_south",
    ]
    alone = replace(
        valley, settlements=(replace(valley.settlements[0], in_scope=False), *valley.settlements[1:])
    )
    assert alone.people_in_scope.total == 500


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"start": datetime(2023, 8, 10)}, "no time zone"),  # noqa: DTZ001 - what must be refused
        ({"horizon_s": 0.0}, "horizon_s"),
        ({"horizon_s": float("nan")}, "horizon_s"),
    ],
)
def test_a_scenario_without_time_is_refused(valley: Scenario, change: dict[str, object], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        replace(valley, **change)  # type: ignore[arg-type]


def test_names_of_things_that_do_not_exist_are_refused(valley: Scenario) -> None:
    place, site, group, service = valley.settlements[0], valley.sites[0], valley.fleet[0], valley.services[0]
    with pytest.raises(ModelError, match="repeat"):
        replace(valley, settlements=(place, place))
    with pytest.raises(ModelError, match="not in the network"):
        replace(valley, settlements=(replace(place, node="nowhere"),))
    with pytest.raises(ModelError, match="not in the network"):
        replace(valley, sites=(*valley.sites[1:], replace(site, node="nowhere")))
    with pytest.raises(ModelError, match="no site"):
        replace(valley, fleet=(replace(group, depot="nowhere"),))
    with pytest.raises(ModelError, match="do not exist"):
        replace(valley, services=(replace(service, to_site="nowhere"),))


def test_an_assumption_lies_in_its_range() -> None:
    with pytest.raises(ModelError, match="does not hold"):
        Assumption("a", 3.0, 1.0, 2.0, "h", "because")
