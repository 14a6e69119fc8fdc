"""Shortest ways through the network by free-flow time, obeying forbidden turns and closed links."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from safepassage.model.arrays import FloatArray, IndexArray
from safepassage.model.network import RoadNetwork

# csgraph drops explicit zeros; no real link is this quick.
_LEAST_TIME_S = 1e-6


class Paths:
    """
    Shortest ways between nodes; links, not nodes, are the states, so that turns can be forbidden.

    Parameters
    ----------
    network : RoadNetwork
        Roads; links with capacity 0 are closed.
    banned_links : collection of int
        Links nobody may use.
    link_cost_s : float64[n_links], optional
        Time of each link (s) to minimise instead of free flow.

    Notes
    -----
    One search runs per destination, backwards, and is kept, so asking for many origins of one
    destination costs one search.
    """

    def __init__(
        self,
        network: RoadNetwork,
        *,
        banned_links: Collection[int] = (),
        link_cost_s: FloatArray | None = None,
    ) -> None:
        self.network = network
        cost = network.free_flow_time_s if link_cost_s is None else link_cost_s
        self.link_time_s = np.maximum(cost, _LEAST_TIME_S)
        usable = network.capacity_pcu_per_h > 0
        usable[list(banned_links)] = False
        self._usable = usable
        self._reverse = self._reversed_turns()
        self._by_from = np.argsort(network.from_node, kind="stable").astype(np.int32)
        self._from_offset = np.searchsorted(network.from_node[self._by_from], np.arange(network.n_nodes + 1))
        self._kept: dict[int, tuple[FloatArray, IndexArray]] = {}

    def time_s(self, origin: int, destination: int) -> float:
        """
        Free-flow time of the shortest way.

        Parameters
        ----------
        origin, destination : int
            Node indices.

        Returns
        -------
        float
            Seconds; 0 where they are the same node, ``inf`` where no way exists.
        """
        if origin == destination:
            return 0.0
        first = self._first_link(origin, destination)
        return float(self._search(destination)[0][first]) if first >= 0 else np.inf

    def links(self, origin: int, destination: int) -> tuple[int, ...]:
        """
        Links of the shortest way.

        Parameters
        ----------
        origin, destination : int
            Node indices.

        Returns
        -------
        tuple of int
            Link indices in driving order; empty where origin and destination are the same or no way
            exists (``time_s`` tells which).
        """
        if origin == destination:
            return ()
        link = self._first_link(origin, destination)
        _, following = self._search(destination)
        way = []
        while link >= 0:
            way.append(link)
            link = int(following[link])
        return tuple(way)

    def onward(self, link: int, destination: int) -> tuple[int, ...] | None:
        """
        Links of the shortest way for a vehicle that is on a link, which itself may be closed behind it.

        Parameters
        ----------
        link : int
            Link index.
        destination : int
            Node index.

        Returns
        -------
        tuple of int or None
            Links after this one; None where no way exists.
        """
        node = int(self.network.to_node[link])
        if node == destination:
            return ()
        network = self.network
        banned = network.movement_out_link[
            (network.movement_in_link == link) & (network.movement_capacity_pcu_per_h <= 0)
        ]
        first = self._first_link(node, destination, banned)
        if first < 0:
            return None
        _, following = self._search(destination)
        way = []
        while first >= 0:
            way.append(first)
            first = int(following[first])
        return tuple(way)

    def _first_link(self, origin: int, destination: int, banned: IndexArray | None = None) -> int:
        begin, end = self._from_offset[origin], self._from_offset[origin + 1]
        leaving = self._by_from[begin:end]
        leaving = leaving[self._usable[leaving]]
        if banned is not None:
            leaving = leaving[~np.isin(leaving, banned)]
        if leaving.size == 0:
            return -1
        remaining = self._search(destination)[0][leaving]
        best = int(np.argmin(remaining))
        return int(leaving[best]) if np.isfinite(remaining[best]) else -1

    def _search(self, destination: int) -> tuple[FloatArray, IndexArray]:
        """Time from the tail of each link to the destination, and the link that follows (-1: none)."""
        if destination not in self._kept:
            n = self.network.n_links
            ending = np.flatnonzero((self.network.to_node == destination) & self._usable)
            graph = self._reverse + csr_matrix(
                (self.link_time_s[ending], (np.full(ending.size, n), ending)), shape=(n + 1, n + 1)
            )
            time_s, before = dijkstra(graph, indices=n, return_predecessors=True)  # type: ignore[call-overload]
            following = np.where((before[:n] == n) | (before[:n] < 0), -1, before[:n])
            self._kept[destination] = (time_s[:n], following.astype(np.int32))
        return self._kept[destination]

    def _reversed_turns(self) -> csr_matrix:
        """Arcs from each link to the links that may precede it, weighted with the preceding link's time."""
        network, n = self.network, self.network.n_links
        order_in = np.argsort(network.to_node, kind="stable")
        offset_in = np.searchsorted(network.to_node[order_in], np.arange(network.n_nodes + 1))
        count = offset_in[network.from_node + 1] - offset_in[network.from_node]
        following = np.repeat(np.arange(n), count)
        start = np.repeat(offset_in[network.from_node], count)
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        preceding = order_in[start + within]
        keep = self._usable[following] & self._usable[preceding]
        forbidden = network.movement_capacity_pcu_per_h <= 0
        if forbidden.any():
            key = preceding.astype(np.int64) * n + following
            banned = network.movement_in_link[forbidden].astype(np.int64) * n
            keep &= ~np.isin(key, banned + network.movement_out_link[forbidden])
        following, preceding = following[keep], preceding[keep]
        return csr_matrix((self.link_time_s[preceding], (following, preceding)), shape=(n + 1, n + 1))
