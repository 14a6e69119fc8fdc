"""Exposure counted by hand on two links and in the queue before them, and stay by stay on random runs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safepassage.errors import ModelError
from safepassage.model.arrays import FloatArray
from safepassage.model.network import RoadNetwork
from safepassage.simulator import Conditions, Hold, HoldPoint, LinkChange, TrafficDemand, TrafficResult, play
from safepassage.simulator.exposure import Exposure, Hazard, exposure, passages
from safepassage.simulator.reference import ReferenceResult, play_reference
from tests.simulator.made_networks import Road, cars, network
from tests.simulator.random_cases import random_case, random_conditions

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


def of_stay(rate_per_s: FloatArray, bin_s: float, place: int, start_s: float, end_s: float) -> float:
    """The integral up to the end of a stay minus the integral up to its start."""
    up_to = np.concatenate(([0.0], np.cumsum(rate_per_s[:, place]) * bin_s))

    def since_zero(time_s: float) -> float:
        row = min(math.floor(time_s / bin_s), len(rate_per_s) - 1)
        return float(up_to[row] + (time_s - row * bin_s) * rate_per_s[row, place])

    return since_zero(end_s) - since_zero(start_s) if end_s > start_s else 0.0


def stays_of_reference(
    demand: TrafficDemand, played: ReferenceResult
) -> Iterator[tuple[int, int, float, float]]:
    """Leg, link, start and end of everything that is driven; inf where it never ends."""
    for leg, ticks in enumerate(played.entries):
        first = int(demand.route_offset[demand.leg_route[leg]])
        arrive_s = played.leg_arrive_tick[leg] / 1e6 if played.leg_arrive_tick[leg] >= 0 else math.inf
        times_s = [*(tick / 1e6 for tick in ticks), arrive_s]
        for k in range(len(ticks)):
            yield leg, int(demand.route_link[first + k]), times_s[k], times_s[k + 1]


def stays_of_passages(
    demand: TrafficDemand, result: TrafficResult
) -> Iterator[tuple[int, int, float, float]]:
    """The same from the recorded entries."""
    for leg, link, start_s, end_s in zip(*passages(demand, result), strict=True):
        yield int(leg), int(link), float(start_s), math.inf if np.isnan(end_s) else float(end_s)


def waits_of_reference(
    roads: RoadNetwork, demand: TrafficDemand, played: ReferenceResult
) -> Iterator[tuple[int, int, float, float]]:
    """Leg, node, start and end of waiting for the road."""
    for leg in np.flatnonzero((demand.route_length[demand.leg_route] > 0) & (played.leg_depart_tick >= 0)):
        node = int(roads.from_node[demand.route_link[demand.route_offset[demand.leg_route[leg]]]])
        entered = played.leg_entered_tick[leg]
        yield (
            int(leg),
            node,
            played.leg_depart_tick[leg] / 1e6,
            entered / 1e6 if entered >= 0 else math.inf,
        )


@settings(max_examples=100)
@given(
    case=st.integers(0, 2**32),
    bin_s=st.sampled_from([0.5, 7.0, 60.0]),
    until_s=st.sampled_from([3.0, 50.0, 900.0]),
    leaving_routes=st.booleans(),
)
def test_random_runs_agree_with_stay_by_stay(
    case: int, bin_s: float, until_s: float, leaving_routes: bool
) -> None:
    roads, demand = random_case(case)
    conditions, rng = random_conditions(case, roads), np.random.default_rng(case)
    if not leaving_routes:
        conditions = replace(conditions, refuges=(), knowledge=None)
    hazard = Hazard(bin_s, rng.random((5, roads.n_links)), rng.random((5, roads.n_nodes)))
    people = rng.integers(0, 4, (demand.n_legs, 3))
    result = play(roads, demand, record_entries=True, conditions=conditions)
    found = exposure(roads, demand, result, hazard, leg_people=people, until_s=until_s)

    played = play_reference(roads, demand, conditions=conditions)
    on_link, waiting = np.zeros((3, roads.n_links)), np.zeros((3, roads.n_nodes))
    each = np.zeros(demand.n_legs)
    # The reference notes detours too, the recorded entries do not: their time counts where it left its route.
    driven = stays_of_passages(demand, result) if leaving_routes else stays_of_reference(demand, played)
    for table, rate_per_s, stays in (
        (on_link, hazard.link_rate_per_s, driven),
        (waiting, hazard.node_rate_per_s, waits_of_reference(roads, demand, played)),
    ):
        for leg, place, start_s, end_s in stays:
            amount = of_stay(rate_per_s, bin_s, place, start_s, min(end_s, until_s))
            table[:, place] += amount * people[leg]
            each[leg] += amount
    np.testing.assert_allclose(found.on_link, on_link, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.waiting, waiting, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.per_person, each, rtol=1e-9, atol=1e-9)


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
