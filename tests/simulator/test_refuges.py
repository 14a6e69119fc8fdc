"""Destinations that fill up: nobody is let in beyond capacity, and whoever is diverted is counted once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safepassage.errors import ModelError
from safepassage.simulator import Conditions, Refuge, TrafficDemand, play
from tests.simulator.made_networks import Road, at_rate, cars, network, tours
from tests.simulator.random_cases import random_case, random_conditions

# A road to a first shelter, from there on to a second one.
ROADS = network([Road(0, 1), Road(1, 2)])


def cars_with(persons: int, count: int = 20) -> TrafficDemand:
    demand = cars([([0], at_rate(0.5, 0, 2 * count))])
    return replace(demand, leg_persons=np.full(count, persons))


def test_full_refuge_diverts() -> None:
    shelters = (Refuge(1, 25, divert_to=1, divert_links=(1,)), Refuge(2, 1000))
    result = play(ROADS, cars_with(3), conditions=Conditions(refuges=shelters))
    assert result.leg_refuge.tolist() == [0] * 8 + [1] * 12
    np.testing.assert_allclose(result.leg_arrive_s[:8], 50 + 2.0 * np.arange(8), atol=1e-6)
    np.testing.assert_allclose(result.leg_arrive_s[8:], 100 + 2.0 * np.arange(8, 20), atol=1e-6)
    # The way was planned once; a diversion changes neither departure nor first entry.
    np.testing.assert_allclose(result.leg_entered_s, 2.0 * np.arange(20), atol=1e-6)


def test_last_full_refuge_turns_away_and_counts() -> None:
    shelters = (Refuge(1, 25, divert_to=1, divert_links=(1,)), Refuge(2, 10))
    result = play(ROADS, cars_with(3), conditions=Conditions(refuges=shelters))
    assert result.turned_away_vehicle.tolist() == list(range(11, 20))
    assert result.unfinished_vehicles == 9
    assert result.stuck_vehicles == 0


def test_legs_without_people_and_other_nodes_do_not_count() -> None:
    result = play(ROADS, cars_with(0), conditions=Conditions(refuges=(Refuge(1, 0),)))
    assert result.unfinished_vehicles == 0
    through = replace(cars([([0, 1], [0.0])]), leg_persons=np.array([5]))
    assert play(ROADS, through, conditions=Conditions(refuges=(Refuge(1, 0),))).clearance_s == 100.0


def test_bus_sets_down_on_the_leg_that_says_so() -> None:
    roads = network([Road(0, 1), Road(1, 0)])
    tour = tours([[0], [1]], [[(0, 0.0, 0.0), (1, 0.0, 10.0), (0, 0.0, 10.0)]], pcu=[2])
    carrying = replace(tour, leg_persons=np.array([40, 0, 40]))
    result = play(roads, carrying, conditions=Conditions(refuges=(Refuge(1, 50), Refuge(0, 0))))
    assert result.leg_arrive_s[:2].tolist() == [50.0, 110.0]
    assert result.turned_away_vehicle.tolist() == [0]


@settings(max_examples=100)
@given(case=st.integers(0, 2**32))
def test_no_refuge_takes_more_than_its_room(case: int) -> None:
    roads, demand = random_case(case)
    conditions = random_conditions(case, roads)
    result = play(roads, demand, conditions=conditions)
    arrived = result.leg_arrive_tick >= 0
    for k, refuge in enumerate(conditions.refuges):
        inside = arrived & (result.leg_refuge == k)
        assert demand.leg_persons[inside].sum() <= refuge.room_persons
    finished = len(np.flatnonzero(arrived[demand.leg_offset[1:] - 1]))
    counted = finished + result.stuck_vehicles + len(result.turned_away_vehicle)
    assert counted == demand.n_vehicles


@pytest.mark.parametrize(
    ("refuges", "message"),
    [
        ((Refuge(1, 5), Refuge(1, 5)), "two refuges share a node"),
        ((Refuge(1, 5, 1, (1,)), Refuge(2, 5, 0, ())), "circle"),
        ((Refuge(1, 5, 7, (1,)),), "diverts to 7"),
    ],
)
def test_contradicting_refuges_are_refused(refuges: tuple[Refuge, ...], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        Conditions(refuges=refuges)


@pytest.mark.parametrize(
    ("refuges", "message"),
    [
        ((Refuge(9, 5),), "node 9"),
        ((Refuge(1, 5, 1, (0,)), Refuge(2, 5)), "has a gap"),
        ((Refuge(1, 5, 1, ()), Refuge(2, 5)), "ends elsewhere"),
    ],
)
def test_diversions_that_cannot_be_driven_are_refused(refuges: tuple[Refuge, ...], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        play(ROADS, cars_with(1), conditions=Conditions(refuges=refuges))


def test_negative_room_and_persons_are_refused() -> None:
    with pytest.raises(ModelError, match="takes -1 persons"):
        Refuge(0, -1)
    with pytest.raises(ModelError, match="leg_persons"):
        cars_with(-1)
