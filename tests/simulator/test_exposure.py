"""Exposure counted by hand: on two links and in the queue before them."""

from __future__ import annotations

import numpy as np
import pytest

from safepassage.errors import ModelError
from safepassage.simulator import Conditions, Hold, HoldPoint, LinkChange, play
from safepassage.simulator.exposure import Exposure, Hazard, exposure
from tests.simulator.made_networks import Road, cars, network

ROADS = network([Road(0, 1), Road(1, 2)])
# Bins of 60 s: the first link twice as dangerous from 60 s on; waiting at node 0 costs 5 a second.
HAZARD = Hazard(60.0, np.array([[1.0, 3.0], [2.0, 4.0]]), np.array([[5.0, 0.0, 0.0]] * 2))


def expose(
    times_s: list[float], people: list[list[int]], *, conditions: Conditions | None = None
) -> Exposure:
    demand = cars([([0, 1], times_s)])
    result = play(ROADS, demand, record_entries=True, conditions=conditions)
    return exposure(ROADS, demand, result, HAZARD, leg_people=np.array(people), until_s=1000.0)


def test_links_and_bins() -> None:
    found = expose([0.0], [[1, 0]])
    # First link 0-50 s at 1; second one 50-60 s at 3 and 60-100 s at 4.
    assert found.on_link.tolist() == [[50.0, 30.0 + 160.0], [0.0, 0.0]]
    assert found.waiting.sum() == 0
    assert found.per_person.tolist() == [240.0]


def test_groups_are_people_times_the_same_stay() -> None:
    found = expose([0.0], [[2, 3]])
    np.testing.assert_allclose(found.on_link, [[100.0, 380.0], [150.0, 570.0]])
    assert found.total == pytest.approx(5 * 240.0)


def test_waiting_for_the_road() -> None:
    hold = Conditions(holds=(Hold((0,), HoldPoint.ORIGIN, 0.0, 20.0),))
    found = expose([10.0], [[1, 1]], conditions=hold)
    assert found.waiting.tolist() == [[50.0, 0.0, 0.0]] * 2


def test_stranded_people_stay_exposed() -> None:
    closed = Conditions(changes=(LinkChange(10.0, 1, 0.0),))
    found = expose([0.0], [[1]], conditions=closed)
    assert found.on_link.tolist() == [[60.0 + 940 * 2.0, 0.0]]
    held = Conditions(holds=(Hold((0,), HoldPoint.ORIGIN, 0.0),))
    assert expose([0.0], [[1]], conditions=held).waiting[0, 0] == 5000.0


def test_nobody_at_all() -> None:
    found = exposure(
        ROADS,
        cars([]),
        play(ROADS, cars([]), record_entries=True),
        HAZARD,
        leg_people=np.zeros((0, 2), np.int64),
        until_s=10.0,
    )
    assert found.total == 0.0
    assert found.on_link.shape == (2, 2)


def test_what_does_not_fit_is_refused() -> None:
    demand = cars([([0, 1], [0.0])])
    people = np.ones((1, 1), np.int64)
    with pytest.raises(ModelError, match="not recorded"):
        exposure(ROADS, demand, play(ROADS, demand), HAZARD, leg_people=people, until_s=1.0)
    recorded = play(ROADS, demand, record_entries=True)
    with pytest.raises(ModelError, match="leg_people"):
        exposure(ROADS, demand, recorded, HAZARD, leg_people=people[:, 0], until_s=1.0)
    other = Hazard(60.0, np.ones((1, 3)), np.ones((1, 3)))
    with pytest.raises(ModelError, match="3 links"):
        exposure(ROADS, demand, recorded, other, leg_people=people, until_s=1.0)
    with pytest.raises(ModelError, match="link_rate_per_s"):
        Hazard(60.0, -np.ones((1, 2)), np.ones((1, 3)))
    with pytest.raises(ModelError, match="bin_s"):
        Hazard(0.0, np.ones((1, 2)), np.ones((1, 3)))
