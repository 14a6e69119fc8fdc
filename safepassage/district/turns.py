"""Turn restrictions of the map as movements of the network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from safepassage.district.via_ways import Pairs, expand_via_ways
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
        Restrictions that are obeyed.
    beside : int
        Restrictions on roads that are not in the network.
    unmet : tuple of int
        Relations whose roads do not meet where they say; they are not obeyed.
    doubled : int
        Links that were added because a restriction runs along them.
    """

    used: int
    beside: int
    unmet: tuple[int, ...] = ()
    doubled: int = 0


def with_turns(
    turns: Sequence[OsmTurn],
    network: RoadNetwork,
    way_at_tail: Int64s,
    way_at_head: Int64s,
    node_ref: Int64s,
) -> tuple[RoadNetwork, Int64s, TurnReport]:
    """
    A network that obeys turn restrictions.

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
    RoadNetwork
        With forbidden movements in ascending order.
    int64[n_links]
        For each of its links the link that was given; links along which a restriction runs may be doubled.
    TurnReport
        What was used.
    """
    at_nodes = [turn for turn in turns if turn.via_node]
    unclear = {turn.id for turn in turns if not turn.via_node and not turn.via_ways}
    forbidden, used = _at_nodes(at_nodes, network, way_at_tail, way_at_head, node_ref)
    along = [turn for turn in turns if turn.via_ways]
    expanded = expand_via_ways(along, network, way_at_tail, way_at_head, forbidden)
    report = TurnReport(
        used + expanded.used,
        len(at_nodes) - used + expanded.beside,
        tuple(sorted(unclear | set(expanded.unmet))),
        len(expanded.base) - network.n_links,
    )
    pairs = np.array(sorted(expanded.forbidden), np.int64).reshape(-1, 2)
    built = expanded.network
    if len(pairs):
        built = replace(
            built,
            movement_in_link=pairs[:, 0].astype(np.int32),
            movement_out_link=pairs[:, 1].astype(np.int32),
            movement_capacity_pcu_per_h=np.zeros(len(pairs)),
        )
    return built, expanded.base, report


def _at_nodes(
    turns: Sequence[OsmTurn],
    network: RoadNetwork,
    way_at_tail: Int64s,
    way_at_head: Int64s,
    node_ref: Int64s,
) -> tuple[Pairs, int]:
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
    return frozenset(forbidden), used
