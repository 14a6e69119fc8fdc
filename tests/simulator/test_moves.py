"""The stream of moves: complete, in order, the same run with it and without, whatever the size of a block."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from safepassage.model.events import MoveBlock
from safepassage.simulator import Conditions, Knowledge, LinkChange, TrafficResult, play
from safepassage.simulator import run as run_module
from tests.simulator.made_networks import Road, cars, network
from tests.simulator.random_cases import random_case, random_conditions

SEEDS = range(40)


def moves_of(seed: int) -> tuple[TrafficResult, list[MoveBlock]]:
    roads, demand = random_case(seed)
    blocks: list[MoveBlock] = []
    result = play(roads, demand, conditions=random_conditions(seed, roads), on_moves=blocks.append)
    return result, blocks


@pytest.mark.parametrize("size", [5, 64, 1 << 17])
def test_stream_is_complete_and_changes_nothing(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "MOVES_A_BLOCK", size)
    for seed in SEEDS:
        roads, demand = random_case(seed)
        plain = play(roads, demand, conditions=random_conditions(seed, roads), record_entries=True)
        result, blocks = moves_of(seed)
        assert result.digest == plain.digest
        assert all(len(block.time_tick) <= size for block in blocks)
        time = np.concatenate([np.zeros(0, np.int64), *(block.time_tick for block in blocks)])
        link = np.concatenate([np.zeros(0, np.int32), *(block.link for block in blocks)])
        assert (np.diff(time) >= 0).all()
        assert np.sum(link >= 0) == plain.traversals
        recorded = np.sort(plain.entry_s[~np.isnan(plain.entry_s)])
        streamed = np.sort(time[link >= 0] / 1e6)
        assert np.isin(recorded, streamed).all()


def test_stream_ends_at_the_horizon() -> None:
    roads = network([Road(0, 1), Road(1, 2)])
    blocks: list[MoveBlock] = []
    play(roads, cars([([0, 1], [0.0, 10.0])]), horizon_s=55.0, on_moves=blocks.append)
    assert blocks[0].time_tick.tolist() == [0, 10_000_000, 50_000_000]
    assert blocks[0].link.tolist() == [0, 0, 1]
    assert blocks[0].vehicle.tolist() == [0, 1, 0]


def test_links_of_a_detour_are_told() -> None:
    roads = network([Road(0, 1), Road(1, 3), Road(1, 2), Road(2, 3)])
    shut = Conditions(changes=(LinkChange(10.0, 1, 0.0),), knowledge=Knowledge())
    blocks: list[MoveBlock] = []
    play(roads, cars([([0, 1], [0.0])]), conditions=shut, on_moves=blocks.append)
    assert blocks[0].link.tolist() == [0, 2, 3, -1]
    assert blocks[0].time_tick.tolist() == [0, 50_000_000, 100_000_000, 150_000_000]


def test_streams_are_the_same_in_any_number_of_threads() -> None:
    def fingerprint(seed: int) -> bytes:
        _, blocks = moves_of(seed)
        return b"".join(block.time_tick.tobytes() + block.link.tobytes() for block in blocks)

    alone = [fingerprint(seed) for seed in SEEDS]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(fingerprint, SEEDS)) == alone
