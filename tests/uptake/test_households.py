"""Departures of whole households."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from safepassage.errors import InputError, ModelError
from safepassage.formats.departure_table import read_departures
from safepassage.model.people import PeopleCount, Settlement
from safepassage.model.plan import Mode
from safepassage.uptake.calibrate import calibrate
from safepassage.uptake.curves import Logistic, LogNormal, Message, Rayleigh, Sequential, drill_curve
from safepassage.uptake.households import HouseholdResponse, Response

PLACES = [
    Settlement("a", "А", "A", "", 0.0, 0.0, "", PeopleCount(600, 200, 180, 20), car_share=0.6),
    Settlement("b", "Б", "B", "", 0.0, 0.0, "", PeopleCount(300, 50, 50, 0), car_share=0.2, in_scope=False),
]


def people(response: Response, future: int = 0, **more: float) -> dict[tuple[str, Mode], int]:
    counted: dict[tuple[str, Mode], int] = {}
    for departure in HouseholdResponse(PLACES, response, seed=5, **more).sample(future):
        key = departure.settlement, departure.mode
        counted[key] = counted.get(key, 0) + departure.people
    return counted


def test_everyone_in_scope_leaves_when_all_take_part() -> None:
    counted = people(Response(Rayleigh(3600.0)))
    assert sum(counted.values()) == 1000
    assert counted["a", Mode.CAR] == pytest.approx(600, abs=5)


def test_nobody_leaves_where_nobody_takes_part() -> None:
    assert people(Response(Rayleigh(3600.0), participation=(0.0,))) == {}


def test_the_shadow_leaves_from_outside_the_scope() -> None:
    counted = people(Response(Rayleigh(3600.0), participation=(0.0,), shadow=0.5))
    assert {place for place, _mode in counted} == {"b"}
    assert sum(counted.values()) == pytest.approx(200, abs=45)


def test_futures_take_their_participation_in_turn() -> None:
    response = Response(Rayleigh(3600.0), participation=(0.0, 1.0))
    assert [sum(people(response, future).values()) for future in (0, 1, 2, 3)] == [0, 1000, 0, 1000]


def test_an_own_car_share_replaces_that_of_the_settlements() -> None:
    counted = people(Response(Rayleigh(3600.0)), own_car_share=0.0)
    assert {mode for _place, mode in counted} == {Mode.FLEET}


def test_those_who_never_decide_stay() -> None:
    curve = Sequential((Message(0.0, 0.25),))
    assert sum(people(Response(curve)).values()) == pytest.approx(250, abs=60)


def test_departures_come_by_settlement_then_time_and_are_the_same_twice() -> None:
    model = HouseholdResponse(PLACES, Response(drill_curve(), shadow=0.3), seed=9)
    departures = model.sample(3)
    assert departures == HouseholdResponse(PLACES, Response(drill_curve(), shadow=0.3), seed=9).sample(3)
    assert departures != model.sample(4)
    order = [(departure.settlement, departure.time_s) for departure in departures]
    assert order == sorted(order)


def test_departures_follow_the_curve() -> None:
    departures = HouseholdResponse(PLACES, Response(drill_curve()), seed=2).sample(0)
    early = sum(d.households for d in departures if d.time_s < 15 * 60)
    assert early / sum(d.households for d in departures) == pytest.approx(0.79, abs=0.06)


def test_fetching_dependants_takes_time() -> None:
    def mean_time(detour_s: float) -> float:
        response = Response(Rayleigh(600.0), detour_s=(detour_s, 0.2))
        departures = HouseholdResponse(PLACES, response, seed=2).sample(0)
        return float(np.average([d.time_s for d in departures], weights=[d.people for d in departures]))

    assert mean_time(900.0) - mean_time(0.0) == pytest.approx(900 * 0.6, abs=350)


@pytest.mark.parametrize(
    "change", [{"participation": ()}, {"participation": (1.2,)}, {"shadow": -0.1}, {"detour_s": (-1.0, 0.2)}]
)
def test_impossible_responses_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ModelError):
        replace(Response(Rayleigh(1.0)), **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("curve", [Rayleigh(4000.0), Logistic(7000.0, 1500.0), LogNormal(5000.0, 0.6)])
def test_calibration_finds_the_curve_that_made_a_table(curve: Rayleigh | Logistic | LogNormal) -> None:
    times = np.linspace(600, 36_000, 40)
    found = calibrate(list(times), list(0.7 * curve.share(times)))
    assert found.rms_error < 0.002
    assert found.participation == pytest.approx(0.7, abs=0.01)
    assert type(found.curve) is type(curve)


def test_calibration_needs_a_course() -> None:
    with pytest.raises(ModelError):
        calibrate([0.0, 60.0], [0.0, 1.0])
    with pytest.raises(ModelError):
        calibrate([0.0, 60.0, 120.0], [0.5, 0.4, 0.6])


def test_a_departure_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "drill.csv"
    path.write_text("time_min,share_left\n15,0.79\n30,0.91\n90,1\n", "utf-8")
    assert read_departures(path) == ((900.0, 1800.0, 5400.0), (0.79, 0.91, 1.0))


def test_a_broken_departure_table_is_refused_with_all_its_faults(tmp_path: Path) -> None:
    path = tmp_path / "drill.csv"
    path.write_text("time_min,share_left\n15,79\n30,0.5\n20,0.4\nlate,0.6\n", "utf-8")
    with pytest.raises(InputError) as caught:
        read_departures(path)
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [
        (2, "share_left"), (3, "share_left"), (4, "time_min"), (4, "share_left"), (5, "time_min"),
    ]  # fmt: skip
