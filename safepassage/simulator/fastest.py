"""The fastest way on empty roads, over open links and allowed turns."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from safepassage.model.network import RoadNetwork
from safepassage.simulator.knowledge import turns_onto_open


class FastestWays:
    """
    Finds ways; the roads are laid out once for all of them.

    Parameters
    ----------
    network : RoadNetwork
        Links with capacity 0 are not used.
    """

    def __init__(self, network: RoadNetwork) -> None:
        self._network = network
        self._open = network.capacity_pcu_per_h > 0
        before, after = turns_onto_open(network, ~self._open)
        size = (network.n_links,) * 2
        # Driving a link is charged to whoever enters it, so no arc costs nothing.
        self._graph = csr_array((network.free_flow_time_s[after], (before, after)), shape=size)

    def links(self, from_node: int, to_node: int) -> tuple[int, ...] | None:
        """
        The fastest way between two nodes.

        Parameters
        ----------
        from_node, to_node : int
            Node indices.

        Returns
        -------
        tuple of int or None
            Link indices in driving order; empty where the nodes are one, None where there is no way. Of
            equally fast ways the one with the lowest first and last link.
        """
        if from_node == to_node:
            return ()
        network = self._network
        first = np.flatnonzero((network.from_node == from_node) & self._open)
        last = np.flatnonzero((network.to_node == to_node) & self._open)
        if not (first.size and last.size):
            return None
        time_s, before = dijkstra(self._graph, indices=first, return_predecessors=True)
        total_s = time_s[:, last] + network.free_flow_time_s[first][:, None]
        row, column = np.unravel_index(int(np.argmin(total_s)), total_s.shape)
        if not np.isfinite(total_s[row, column]):
            return None
        way = [int(last[column])]
        while way[-1] != first[row]:
            way.append(int(before[row, way[-1]]))
        return tuple(way[::-1])
