"""Turn restrictions that run along a way: links are doubled, so that movements can tell them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from safepassage.formats.osm import OsmTurn
from safepassage.model.network import RoadNetwork

COPY_MARK = "~"
_LONGEST_CHAIN = 12

Int64s = npt.NDArray[np.int64]
Pairs = frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True, eq=False)
class Expanded:
    """
    A network in which restrictions along ways hold.

    Attributes
    ----------
    network : RoadNetwork
        Without movements yet; doubled links share the lanes and the capacity of the road.
    base : int64[n_links]
        For each link the link of the original network that it is or is a copy of.
    forbidden : frozenset of (int, int)
        Movements between links of the new network.
    used, beside : int
        Restrictions that hold; restrictions on roads outside the network.
    unmet : tuple of int
        Relations whose members lie in the network but do not meet.
    """

    network: RoadNetwork
    base: Int64s
    forbidden: Pairs
    used: int
    beside: int
    unmet: tuple[int, ...]


def expand_via_ways(
    turns: Sequence[OsmTurn],
    network: RoadNetwork,
    way_at_tail: Int64s,
    way_at_head: Int64s,
    forbidden: Pairs,
) -> Expanded:
    """
    Make restrictions along ways hold.

    Parameters
    ----------
    turns : sequence of OsmTurn
        Those that run along ways.
    network : RoadNetwork
        Links and nodes.
    way_at_tail, way_at_head : int64[n_links]
        Number of the way where each link begins and ends.
    forbidden : frozenset of (int, int)
        Movements that are forbidden at nodes.

    Returns
    -------
    Expanded
        Where others drive along the way too, it is doubled: who comes from the restricted road drives on
        the copy, everyone else on the original, and each has its share of the lanes and of the capacity.
        Where nobody else does, one forbidden movement says it all.
    """
    graph = _Graph.of(network, way_at_tail, way_at_head, forbidden)
    used, beside, unmet = set(), set(), set()
    for turn in turns:
        met = [graph.chain(link, turn) for link in graph.ending(turn.from_way)]
        chains = [chain for chain in met if chain]
        for chain in chains:
            graph.restrict(chain, turn)
        if chains:
            used.add(turn.id)
        elif graph.holds({turn.from_way, turn.to_way, *turn.via_ways}):
            unmet.add(turn.id)
        else:
            beside.add(turn.id)
    base = np.array(graph.base, np.int64)
    return Expanded(
        _doubled(network, base) if len(base) > network.n_links else network,
        base,
        frozenset(graph.forbidden),
        len(used),
        len(beside - used),
        tuple(sorted(unmet - used)),
    )


@dataclass(slots=True)
class _Graph:
    """Links by number, copies after the originals."""

    base: list[int]
    tail: list[int]
    head: list[int]
    first_way: list[int]
    last_way: list[int]
    into: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    out: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    forbidden: set[tuple[int, int]] = field(default_factory=set)

    @classmethod
    def of(cls, network: RoadNetwork, at_tail: Int64s, at_head: Int64s, forbidden: Pairs) -> _Graph:
        graph = cls(
            list(range(network.n_links)), network.from_node.tolist(), network.to_node.tolist(),
            at_tail.tolist(), at_head.tolist(), forbidden=set(forbidden),
        )  # fmt: skip
        for link, (tail, head) in enumerate(zip(graph.tail, graph.head, strict=True)):
            graph.out[tail].append(link)
            graph.into[head].append(link)
        return graph

    def holds(self, ways: set[int]) -> bool:
        return ways <= {*self.first_way, *self.last_way}

    def ending(self, way: int) -> list[int]:
        return [link for link, last in enumerate(self.last_way) if last == way]

    def chain(self, start: int, turn: OsmTurn) -> list[int]:
        """The links from a link of the first way along the middle ones to where the last way begins."""
        ways = set(turn.via_ways)
        paths = [[start]]
        for _step in range(_LONGEST_CHAIN):
            longer = []
            for path in paths:
                node = self.head[path[-1]]
                if len(path) > 1 and self._leads_to(path[-1], turn.to_way):
                    return path
                longer += [
                    [*path, link]
                    for link in self.out[node]
                    if self.first_way[link] in ways
                    and self.last_way[link] in ways
                    and (path[-1], link) not in self.forbidden
                    and self.head[link] not in {self.tail[path[0]], *(self.head[k] for k in path)}
                ]
            paths = longer
        return []

    def _leads_to(self, link: int, way: int) -> bool:
        return any(self.first_way[gone] == way for gone in self.out[self.head[link]])

    def restrict(self, path: Sequence[int], turn: OsmTurn) -> None:
        """Forbid who came along the path to turn as the restriction says."""
        start, chain = path[0], list(path[1:])
        if not self._only_from(start, chain):
            chain = self._copied(start, chain)
        last = chain[-1]
        targets = {link for link in self.out[self.head[last]] if self.first_way[link] == turn.to_way}
        if turn.kind.startswith("no_"):
            self.forbidden |= {(last, link) for link in targets}
            return
        for here, onward in zip((start, *chain), (*chain, -1), strict=True):
            wanted = targets if here == last else {onward}
            self.forbidden |= {(here, link) for link in self.out[self.head[here]] if link not in wanted}

    def _only_from(self, start: int, chain: Sequence[int]) -> bool:
        """Whether all traffic on the chain came from the start; who turns round on it is not counted."""
        before = start
        for link in chain:
            others = [
                other
                for other in self.into[self.tail[link]]
                if other != before and (other, link) not in self.forbidden and not self._reverse(other, link)
            ]
            if others:
                return False
            before = link
        return True

    def _reverse(self, first: int, second: int) -> bool:
        """Whether two links are the directions of one road."""
        return (
            self.tail[first] == self.head[second]
            and self.head[first] == self.tail[second]
            and self.last_way[first] == self.first_way[second]
        )

    def _copied(self, start: int, chain: Sequence[int]) -> list[int]:
        copies = [self._copy(link) for link in chain]
        for before, link, copy in zip((start, *copies), chain, copies, strict=False):
            # The copy is entered from the start alone, and from the start only the copy is.
            self.forbidden.add((before, link))
            self.forbidden |= {(other, copy) for other in self.into[self.tail[link]] if other != before}
        return copies

    def _copy(self, link: int) -> int:
        copy = len(self.base)
        self.base.append(self.base[link])
        for column in (self.tail, self.head, self.first_way, self.last_way):
            column.append(column[link])
        self.forbidden |= {(copy, gone) for come, gone in self.forbidden if come == link}
        self.forbidden |= {(come, copy) for come, gone in self.forbidden if gone == link}
        self.out[self.tail[link]].append(copy)
        self.into[self.head[link]].append(copy)
        return copy


def _doubled(network: RoadNetwork, base: Int64s) -> RoadNetwork:
    shares = np.bincount(base, minlength=network.n_links).astype(np.float64)[base]
    order = base.tolist()
    times: Counter[int] = Counter()
    names = []
    for k in order:
        names.append(network.link_id[k] + (f"{COPY_MARK}{times[k]}" if times[k] else ""))
        times[k] += 1
    return replace(
        network,
        link_id=tuple(names),
        from_node=network.from_node[base],
        to_node=network.to_node[base],
        length_m=network.length_m[base],
        lanes=network.lanes[base] / shares,
        free_speed_m_per_s=network.free_speed_m_per_s[base],
        capacity_pcu_per_h=network.capacity_pcu_per_h[base] / shares,
        jam_density_pcu_per_m=network.jam_density_pcu_per_m[base] / shares,
        merge_weight=network.merge_weight[base] / shares,
        facility_type=tuple(network.facility_type[k] for k in order),
        crossing=tuple(network.crossing[k] for k in order),
        schematic=network.schematic[base],
        source=tuple(network.source[k] for k in order),
        geometry=tuple(network.geometry[k] for k in order),
    )
