"""Drivers who leave their planned route: only by what they could know, and by the shortest open way."""

from __future__ import annotations

import math

import numpy as np
import pytest

from safepassage.errors import ModelError
from safepassage.simulator import Conditions, Knowledge, LinkChange, TrafficResult, play
from tests.simulator.made_networks import Road, cars, network

# 0 -a- 1 -b- 2 -c- 3, and two ways around c: from 1 (d, e: 3,000 m) and from 2 (f, g: 2,000 m).
A, B, C, D, E, F, G, BACK = range(8)
ROADS = network(
    [
        Road(0, 1),
        Road(1, 2),
        Road(2, 3),
        Road(1, 4, 1500),
        Road(4, 3, 1500),
        Road(2, 5),
        Road(5, 3),
        Road(2, 1),
    ]
)
PLANNED_S = 150.0


def drive(knowledge: Knowledge | None, *changes: LinkChange, at_s: float = 0.0) -> TrafficResult:
    demand = cars([([A, B, C], [at_s])])
    return play(ROADS, demand, conditions=Conditions(changes=changes, knowledge=knowledge))


def closed(link: int, time_s: float) -> LinkChange:
    return LinkChange(time_s, link, 0.0)


def test_without_knowledge_everybody_waits() -> None:
    result = drive(None, closed(C, 10.0))
    assert result.stuck_vehicles == 1
    assert result.stuck_link.tolist() == [B]


def test_whoever_sees_the_closure_drives_around_it() -> None:
    assert drive(Knowledge(), closed(C, 10.0)).leg_arrive_s.tolist() == [100 + 100]


def test_whoever_is_told_on_the_way_turns_off_before() -> None:
    # Both ways around take as long; told at node 1, the driver avoids the way back from a dead end.
    changes = (closed(C, 10.0), closed(F, 10.0))
    assert drive(Knowledge(told_at_nodes=(1,)), *changes).leg_arrive_s.tolist() == [50 + 150]
    # Told by the closure itself: back to node 1 and around.
    assert drive(Knowledge(), *changes).leg_arrive_s.tolist() == [100 + 50 + 150]


def test_radio_is_heard_after_its_delay() -> None:
    changes = (closed(C, 10.0), closed(F, 10.0))
    in_time = Knowledge(sees_closure=False, radio_delay_s=40.0)
    assert drive(in_time, *changes).leg_arrive_s.tolist() == [200.0]
    # Heard at node 2 only, 100 s after the start.
    late = Knowledge(sees_closure=False, radio_delay_s=41.0)
    assert drive(late, *changes).leg_arrive_s.tolist() == [300.0]
    never = Knowledge(sees_closure=False)
    assert drive(never, *changes).stuck_vehicles == 1


def test_nobody_leaves_a_route_that_stays_open() -> None:
    told = Knowledge(told_at_nodes=(1, 2), radio_delay_s=0.0)
    assert drive(told, closed(D, 10.0)).leg_arrive_s.tolist() == [PLANNED_S]


def test_whoever_waits_when_the_road_closes_goes_around() -> None:
    # The car is held at the end of b until it is told; the closure comes while it waits for a place.
    roads = network([Road(0, 1), Road(1, 2, 5.0), Road(2, 3), Road(1, 3, 4000)])
    demand = cars([([0, 1, 2], [0.0, 2.0])])
    changes = (closed(2, 40.0), closed(1, 70.0))
    conditions = Conditions(changes=changes, knowledge=Knowledge())
    result = play(roads, demand, conditions=conditions)
    # The first one stands on the short link for good; the second one sees that close and goes around.
    assert result.stuck_vehicle.tolist() == [0]
    assert result.leg_arrive_s[1] == 70 + 200


def test_reopening_that_is_heard_of_is_used() -> None:
    roads = network([Road(0, 1), Road(1, 2), Road(1, 4), Road(4, 2), Road(4, 1)])
    changes = (closed(1, 0.0), LinkChange(60.0, 1, 2880.0), closed(3, 60.0))
    radio = Conditions(changes=changes, knowledge=Knowledge(radio_delay_s=0.0))
    # Around by node 4, where the way on has closed and the direct one is open again.
    assert play(roads, cars([([0, 1], [0.0])]), conditions=radio).leg_arrive_s.tolist() == [200.0]


def test_forbidden_turns_are_no_way_around() -> None:
    roads = network([Road(0, 1), Road(1, 2), Road(1, 3), Road(3, 2)], turns=[(0, 2, 0.0)])
    told = Conditions(changes=(closed(1, 0.0),), knowledge=Knowledge())
    assert play(roads, cars([([0, 1], [0.0])]), conditions=told).stuck_vehicles == 1


def test_many_cars_lose_nobody() -> None:
    demand = cars([([A, B, C], np.arange(0, 400, 1.25))])
    conditions = Conditions(changes=(closed(C, 200.0),), knowledge=Knowledge(told_at_nodes=(1,)))
    result = play(ROADS, demand, conditions=conditions)
    assert result.unfinished_vehicles == 0
    assert (result.leg_arrive_s[200:] - result.leg_depart_s[200:] >= 200.0).all()


def test_bad_knowledge_is_refused() -> None:
    with pytest.raises(ModelError, match="radio_delay_s"):
        Knowledge(radio_delay_s=math.nan)
    with pytest.raises(ModelError, match="told at node 9"):
        drive(Knowledge(told_at_nodes=(9,)))
