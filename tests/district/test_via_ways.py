"""Restrictions along ways: what is forbidden cannot be driven, everything else still can."""

from __future__ import annotations

from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest

from safepassage.district.class_table import ClassTable
from safepassage.model.network import RoadNetwork
from tests.district.conftest import built
from tests.district.made_map import MadeMap

PLACES = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (2, 1), 5: (1, -1), 6: (2, -1), 7: (1.5, 0), 8: (1.5, 1)}


def crossing(*, joins: bool = True, leaves: bool = True, middle: bool = False) -> MadeMap:
    """A road from 1 over 2 and 3 to 4; others may join at 2 (from 5) and leave at 3 (to 6) or at 7 (to 8)."""
    made = MadeMap()
    wanted = {1, 2, 3, 4} | ({5} if joins else set()) | ({6} if leaves else set())
    wanted |= {7, 8} if middle else set()
    for ref in sorted(wanted):
        made.node(ref, *PLACES[ref])
    made.way(1, [1, 2], highway="secondary", name="From")
    if middle:
        made.way(2, [2, 7], highway="secondary", name="Along")
        made.way(22, [7, 3], highway="secondary", name="Along")
        made.way(7, [7, 8], highway="secondary", name="Middle")
    else:
        made.way(2, [2, 3], highway="secondary", name="Along")
    made.way(3, [3, 4], highway="secondary", name="To")
    if joins:
        made.way(5, [5, 2], highway="secondary", name="Join")
    if leaves:
        made.way(6, [3, 6], highway="secondary", name="Leave")
    return made


def drives(network: RoadNetwork, *nodes: int) -> bool:
    """Whether a vehicle can drive along these nodes, one link after the other."""
    index = {node: k for k, node in enumerate(network.node_id)}
    closed = set(zip(network.movement_in_link.tolist(), network.movement_out_link.tolist(), strict=True))
    at = None
    for tail, head in pairwise(nodes):
        links = np.flatnonzero(
            (network.from_node == index[str(tail)]) & (network.to_node == index[str(head)])
        ).tolist()
        at = [link for link in links if at is None or any((k, link) not in closed for k in at)]
    return bool(at)


def trips(network: RoadNetwork, *stages: tuple[int, ...]) -> set[tuple[int, ...]]:
    return {nodes for nodes in product(*stages) if drives(network, *nodes)}


def test_only_who_comes_from_the_restricted_road_may_not_turn(tmp_path: Path, table: ClassTable) -> None:
    made = crossing()
    made.turns.append(("no_left_turn", 1, (2,), 3))
    roads = built(made, tmp_path, table)
    network = roads.network
    assert trips(network, (1, 5), (2,), (3,), (4, 6)) == {(1, 2, 3, 6), (5, 2, 3, 4), (5, 2, 3, 6)}
    assert trips(network, (4, 6), (3,), (2,), (1, 5)) == set(product((4, 6), (3,), (2,), (1, 5)))
    assert (roads.turns.used, roads.turns.unmet, roads.turns.doubled) == (1, (), 1)
    # The road has no more room than before.
    along = [
        k for k, name in enumerate(roads.facts.name) if name == "Along" and "r" not in network.link_id[k]
    ]
    assert len(along) == 2
    assert network.capacity_pcu_per_h[along].sum() == pytest.approx(1400)
    assert network.lanes[along].sum() == pytest.approx(1)
    assert len(roads.facts.name) == network.n_links


def test_nothing_is_doubled_where_nobody_else_drives(tmp_path: Path, table: ClassTable) -> None:
    made = crossing(joins=False)
    made.turns.append(("no_left_turn", 1, (2,), 3))
    roads = built(made, tmp_path, table)
    assert trips(roads.network, (1,), (2,), (3,), (4, 6)) == {(1, 2, 3, 6)}
    assert roads.turns.doubled == 0


def test_a_restriction_may_run_along_several_ways(tmp_path: Path, table: ClassTable) -> None:
    made = crossing(middle=True)
    made.turns.append(("no_left_turn", 1, (2, 22), 3))
    network = built(made, tmp_path, table).network
    assert trips(network, (1, 5), (2,), (7,), (3,), (4, 6)) == {
        (1, 2, 7, 3, 6), (5, 2, 7, 3, 4), (5, 2, 7, 3, 6),
    }  # fmt: skip
    assert drives(network, 1, 2, 7, 8)
    assert drives(network, 8, 7, 3, 4)


def test_what_alone_is_allowed_is_all_that_is(tmp_path: Path, table: ClassTable) -> None:
    made = crossing()
    made.turns.append(("only_right_turn", 1, (2,), 6))
    network = built(made, tmp_path, table).network
    assert trips(network, (1, 5), (2,), (3,), (4, 6)) == {(1, 2, 3, 6), (5, 2, 3, 4), (5, 2, 3, 6)}
    assert not drives(network, 1, 2, 5)


def test_two_restrictions_share_a_way(tmp_path: Path, table: ClassTable) -> None:
    made = crossing()
    made.turns.append(("no_left_turn", 1, (2,), 3))
    made.turns.append(("no_right_turn", 5, (2,), 6))
    roads = built(made, tmp_path, table)
    assert trips(roads.network, (1, 5), (2,), (3,), (4, 6)) == {(1, 2, 3, 6), (5, 2, 3, 4)}
    assert roads.turns.used == 2
    assert len(set(roads.network.link_id)) == roads.network.n_links


def test_restrictions_that_cannot_be_are_told(tmp_path: Path, table: ClassTable) -> None:
    made = crossing()
    made.turns.append(("no_left_turn", 1, (6,), 3))
    made.turns.append(("no_left_turn", 1, (999,), 3))
    made.turns.append(("no_left_turn", 1, (), 3))
    roads = built(made, tmp_path, table)
    assert (roads.turns.used, roads.turns.beside, roads.turns.unmet) == (0, 1, (1, 3))
    assert roads.turns.doubled == 0
