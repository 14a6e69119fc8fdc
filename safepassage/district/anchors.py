"""Where settlements and sites touch the roads: on streets with doors, not on a motorway that passes by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from safepassage.model.network import RoadNetwork

FARTHEST_M = 5000.0
_CELL_M = 1000.0

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class StreetNodes:
    """
    Nodes at which people can enter the network.

    Attributes
    ----------
    node : int64[n]
        Indices of nodes.
    xy_m : float64[n, 2]
        Their positions (m).
    street_m : float64[n]
        Metres of street at each node, half of every link.
    """

    node: Int64s
    xy_m: Floats
    street_m: Floats

    def nearest(self, xy_m: Floats) -> tuple[Int64s, Floats]:
        """
        The nearest street node of each position.

        Parameters
        ----------
        xy_m : float64[m, 2]
            Positions (m).

        Returns
        -------
        int64[m]
            Indices into ``node``; -1 where none is within `FARTHEST_M`.
        float64[m]
            Distances (m), straight.
        """
        if not len(self.node) or not len(xy_m):
            return np.full(len(xy_m), -1, np.int64), np.full(len(xy_m), np.inf)
        found = cKDTree(self.xy_m).query(xy_m)
        away, index = np.asarray(found[0]), np.asarray(found[1])
        return np.where(away <= FARTHEST_M, index, -1), away


def street_nodes(network: RoadNetwork, xy_m: Floats, local: frozenset[str]) -> StreetNodes:
    """
    Nodes that lie on a street.

    Parameters
    ----------
    network : RoadNetwork
        Roads.
    xy_m : float64[n_nodes, 2]
        Nodes (m).
    local : frozenset of str
        Classes of roads that have doors.

    Returns
    -------
    StreetNodes
        Those with at least one link of such a class. Where the network has none, all of them.
    """
    doors = np.array([kind in local for kind in network.facility_type], np.bool_)
    if not doors.any():
        doors = np.ones(network.n_links, np.bool_)
    street = np.zeros(network.n_nodes)
    for ends in (network.from_node, network.to_node):
        np.add.at(street, ends[doors], network.length_m[doors] / 2)
    nodes = np.flatnonzero(street > 0)
    return StreetNodes(nodes, xy_m[nodes], street[nodes])


def nearest_points(positions: Floats, candidates: Int64s, xy_m: Floats) -> Int64s:
    """
    For each position the nearest of many points, without a tree of all of them.

    Parameters
    ----------
    positions : float64[m, 2]
        Positions (m).
    candidates : int64[n]
        Indices of points.
    xy_m : float64[n_points, 2]
        All points (m).

    Returns
    -------
    int64[k]
        Indices of points, each once; positions without a candidate in the cells around have none.
    """
    if not len(positions) or not len(candidates):
        return np.zeros(0, np.int64)
    keys = {
        (int(x) + dx, int(y) + dy)
        for x, y in np.floor(positions / _CELL_M).tolist()
        for dx in (-1, 0, 1)
        for dy in (-1, 0, 1)
    }
    wanted = np.array(sorted(x * 2**31 + y for x, y in keys), np.int64)
    cell = np.floor(xy_m[candidates] / _CELL_M).astype(np.int64)
    near = candidates[np.isin(cell[:, 0] * 2**31 + cell[:, 1], wanted)]
    if not len(near):
        return np.zeros(0, np.int64)
    found = cKDTree(xy_m[near]).query(positions)
    return np.unique(near[np.asarray(found[1])[np.asarray(found[0]) <= 2 * _CELL_M]])
