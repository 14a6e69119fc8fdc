"""Shortest ways: by hand, with forbidden turns, and against networkx-free brute force."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safepassage.planner.surge.paths import Paths
from tests.planner.small_roads import roads


def test_the_quicker_of_two_ways_is_taken() -> None:
    paths = Paths(roads([("a", "b", 10, 600), ("b", "c", 10, 600), ("a", "c", 50, 600)]))
    assert paths.time_s(0, 2) == pytest.approx(1200)
    assert paths.links(0, 2) == (0, 1)


def test_a_forbidden_turn_forces_the_detour() -> None:
    paths = Paths(roads([("a", "b", 10, 600), ("b", "c", 10, 600), ("a", "c", 50, 600)], forbidden=[(0, 1)]))
    assert paths.links(0, 2) == (2,)
    assert paths.time_s(0, 2) == pytest.approx(3000)


def test_closed_and_banned_links_are_not_used() -> None:
    network = roads([("a", "b", 10, 0), ("a", "c", 50, 600), ("c", "b", 10, 600)])
    assert Paths(network).links(0, 1) == (1, 2)
    assert math.isinf(Paths(network, banned_links=[2]).time_s(0, 1))
    assert Paths(network, banned_links=[2]).links(0, 1) == ()


def test_staying_takes_no_time() -> None:
    paths = Paths(roads([("a", "b", 10, 600)]))
    assert (paths.time_s(1, 1), paths.links(1, 1)) == (0.0, ())


@given(st.integers(0, 2**32 - 1))
def test_times_equal_those_of_trying_every_way(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes = "abcde"
    links = [
        (a, b, float(rng.integers(1, 20)), 600.0)
        for a, b in itertools.permutations(nodes, 2)
        if (a, b) != ("a", "b") and rng.random() < 0.5
    ] + [("a", "b", 30.0, 600.0)]
    network = roads(links)
    ban = [
        (i, j)
        for i, j in itertools.permutations(range(len(links)), 2)
        if links[i][1] == links[j][0] and rng.random() < 0.3
    ]
    network = roads(links, forbidden=ban)
    origin, destination = network.node_id.index("a"), network.node_id.index("b")
    best = _least_minutes(links, set(ban), "a", "b")
    assert Paths(network).time_s(origin, destination) == pytest.approx(best * 60)


def _least_minutes(
    links: list[tuple[str, str, float, float]], ban: set[tuple[int, int]], start: str, end: str
) -> float:
    best = math.inf
    stack = [(k, links[k][2], frozenset([k])) for k in range(len(links)) if links[k][0] == start]
    while stack:
        k, spent, used = stack.pop()
        if spent >= best:
            continue
        if links[k][1] == end:
            best = spent
            continue
        stack += [
            (j, spent + links[j][2], used | {j})
            for j in range(len(links))
            if links[j][0] == links[k][1] and j not in used and (k, j) not in ban
        ]
    return best
