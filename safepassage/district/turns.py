"""Turn restrictions of the map as movements of the network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from safepassage.formats.osm import OsmTurn
from safepassage.model.network import RoadNetwork

Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TurnReport:
    """
    What became of the turn restrictions.

    Attributes
    ----------
    used : int
        Restrictions that forbid a movement.
    beside : int
        Restrictions on roads that are not in the network.
    along_ways : tuple of int
        Relations that run along a way; a movement joins two links only, so they are not obeyed.
    """

    used: int
    beside: int
    along_ways: tuple[int, ...]


def movements_of(
    turns: Sequence[OsmTurn],
    network: RoadNetwork,
    way_at_tail: Int64s,
    way_at_head: Int64s,
    node_ref: Int64s,
) -> tuple[tuple[Int64s, Int64s], TurnReport]:
    """
    Forbidden movements.

    Parameters
    ----------
    turns : sequence of OsmTurn
        Restrictions.
    network : RoadNetwork
        Links and nodes.
    way_at_tail, way_at_head : int64[n_links]
        Number of the way where each link begins and ends.
    node_ref : int64[n_nodes]
        OpenStreetMap's number of each node.

    Returns
    -------
    (int64[n], int64[n])
        Links that come in and go out of each forbidden movement, in ascending order.
    TurnReport
        What was used.
    """
    wanted = {turn.via_node for turn in turns}
    node_of = {ref: k for k, ref in enumerate(node_ref.tolist()) if ref in wanted}
    into: dict[tuple[int, int], list[int]] = defaultdict(list)
    out: dict[int, list[int]] = defaultdict(list)
    nodes = set(node_of.values())
    for link, (tail, head) in enumerate(
        zip(network.from_node.tolist(), network.to_node.tolist(), strict=True)
    ):
        if head in nodes:
            into[head, int(way_at_head[link])].append(link)
        if tail in nodes:
            out[tail].append(link)
    forbidden: set[tuple[int, int]] = set()
    used = 0
    for turn in turns:
        node = node_of.get(turn.via_node)
        if node is None:
            continue
        target = {link for link in out[node] if way_at_tail[link] == turn.to_way}
        arriving = into[node, turn.from_way]
        if not target or not arriving:
            continue
        used += 1
        closed = target if turn.kind.startswith("no_") else set(out[node]) - target
        forbidden |= {(link, gone) for link in arriving for gone in closed}
    along = tuple(sorted({turn.id for turn in turns if turn.via_node == 0}))
    pairs = np.array(sorted(forbidden), np.int64).reshape(-1, 2)
    beside = sum(turn.via_node != 0 for turn in turns) - used
    return (pairs[:, 0], pairs[:, 1]), TurnReport(used, beside, along)
