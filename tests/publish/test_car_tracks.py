"""Cars for the page: where they were when they were there, thinned evenly, bounded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from safepassage.model.events import MoveBlock
from safepassage.model.plan import Plan
from safepassage.publish.car_tracks import CarMoves
from safepassage.simulator.playback import play_plan
from tests.publish.examples import Case, valley


@pytest.fixture(scope="module")
def case() -> Case:
    return valley()


def n_cars(plan: Plan) -> int:
    return sum(wave.vehicles for wave in plan.waves)


def test_every_car_is_where_it_was_played(case: Case) -> None:
    told: list[MoveBlock] = []
    moves = CarMoves(case.plan)

    def both(block: MoveBlock) -> None:
        told.append(block)
        moves(block)

    play_plan(case.scenario, case.plan, on_moves=both)
    tracks = moves.tracks()
    assert tracks.shown == tracks.of == len(tracks.cars) == n_cars(case.plan)
    vehicle, link, tick = (
        np.concatenate([getattr(block, name) for block in told]) for name in ("vehicle", "link", "time_tick")
    )
    for number, (way, *steps) in enumerate(tracks.cars):
        own = vehicle == number
        assert [*tracks.ways[way], -1] == link[own].tolist()
        np.testing.assert_allclose(np.cumsum(steps), tick[own] / 1e6, atol=0.5)
        assert min(steps[1:]) >= 0
    ways = {tuple(way) for way in tracks.ways}
    assert len(ways) == len(tracks.ways) <= len(case.plan.routes)


@pytest.mark.parametrize(("most_cars", "most_moves"), [(7, 10_000), (10_000, 40), (0, 10)])
def test_cars_are_left_out_evenly_and_counted(case: Case, most_cars: int, most_moves: int) -> None:
    moves = CarMoves(case.plan, most_cars=most_cars, most_moves=most_moves)
    play_plan(case.scenario, case.plan, on_moves=moves)
    tracks = moves.tracks()
    assert tracks.of == n_cars(case.plan)
    assert tracks.shown == len(tracks.cars) <= most_cars
    assert sum(len(steps) for _way, *steps in tracks.cars) <= most_moves
    assert sum(len(steps) for _way, *steps in tracks.cars) >= min(most_cars, most_moves // 10)


def test_the_same_plan_gives_the_same_tracks(case: Case) -> None:
    made = []
    for _run in range(2):
        moves = CarMoves(case.plan, most_cars=9)
        play_plan(case.scenario, case.plan, on_moves=moves)
        made.append(moves.tracks())
    assert made[0] == made[1]


def test_a_plan_without_cars_draws_none(case: Case) -> None:
    moves = CarMoves(replace(case.plan, waves=()))
    moves(MoveBlock(np.zeros(2, np.int64), np.zeros(2, np.int32), np.array([0, -1], np.int32)))
    assert moves.tracks().cars == []
    assert CarMoves(case.plan).tracks().cars == []
