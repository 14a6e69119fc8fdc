"""Ways out of the map: where main roads leave it, for users who name no destination."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from safepassage.model.network import RoadNetwork

# Classes in the order in which they are preferred; the first that leaves the map at all decides how far
# down the list exits are taken.
RANKS = ("motorway", "trunk", "primary", "secondary", "tertiary")
_RANKS_BELOW = 2
_EDGE_SHARE = 0.08
_UNNAMED_RANK = RANKS.index("primary")

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Exit:
    """
    A way out.

    Attributes
    ----------
    node : int
        Index of the node.
    road_class : str
        Highest class of road that leads there.
    road : str
        Its name or number.
    cut : bool
        True where the map was cut there; False where the road just ends near the map's edge.
    """

    node: int
    road_class: str
    road: str
    cut: bool


def find_exits(
    network: RoadNetwork, xy_m: Floats, link_names: tuple[str, ...], open_nodes: tuple[int, ...]
) -> tuple[Exit, ...]:
    """
    Find where main roads leave the map.

    Parameters
    ----------
    network : RoadNetwork
        Roads.
    xy_m : float64[n_nodes, 2]
        Nodes (m).
    link_names : tuple of str
        Names, one a link.
    open_nodes : tuple of int
        Nodes where the map was cut.

    Returns
    -------
    tuple of Exit
        Where the map was cut through main roads; where it was not, dead ends of main roads near the
        map's edge; where there are none either, the outermost points of main roads. Of cut roads the best
        class found and the two below it are taken, of the others only the best.
    """
    best = _best_class(network)
    opened = np.zeros(network.n_nodes, np.bool_)
    opened[list(open_nodes)] = True
    candidates = np.flatnonzero(opened & (best < len(RANKS)))
    cut = True
    if not len(candidates):
        candidates = np.flatnonzero(_dead_ends(network) & (best < len(RANKS)) & _near_edge(xy_m))
        cut = False
    if not len(candidates):
        candidates = _outermost(best, xy_m)
    if not len(candidates):
        return ()
    # A dead end is weaker evidence than a cut: smaller roads end everywhere.
    worst = int(best[candidates].min()) + (_RANKS_BELOW if cut else 0)
    chosen = candidates[best[candidates] <= worst]
    return tuple(
        Exit(int(node), RANKS[best[node]], _road_name(network, int(node), link_names), cut) for node in chosen
    )


def _best_class(network: RoadNetwork) -> Int64s:
    rank = {name: k for k, name in enumerate(RANKS)}
    link_rank = np.array([rank.get(kind, len(RANKS)) for kind in network.facility_type], np.int64)
    if (link_rank == len(RANKS)).all():
        # Networks without classes tell main roads by what they carry.
        link_rank[network.capacity_pcu_per_h >= np.quantile(network.capacity_pcu_per_h, 0.9)] = _UNNAMED_RANK
    best = np.full(network.n_nodes, len(RANKS), np.int64)
    np.minimum.at(best, network.to_node, link_rank)
    return best


def _dead_ends(network: RoadNetwork) -> npt.NDArray[np.bool_]:
    pairs = np.unique(
        np.stack([
            np.concatenate([network.from_node, network.to_node]),
            np.concatenate([network.to_node, network.from_node]),
        ]), axis=1,
    )  # fmt: skip
    neighbours: Int64s = np.bincount(pairs[0], minlength=network.n_nodes)
    return np.equal(neighbours, 1)


def _near_edge(xy_m: Floats) -> npt.NDArray[np.bool_]:
    hull = shapely.convex_hull(shapely.multipoints(xy_m))
    reach = _EDGE_SHARE * float(np.hypot(*(xy_m.max(axis=0) - xy_m.min(axis=0))))
    away: Floats = shapely.distance(hull.boundary, shapely.points(xy_m))
    near: npt.NDArray[np.bool_] = np.less_equal(away, reach)
    return near


def _outermost(best: Int64s, xy_m: Floats) -> Int64s:
    """Corners of the hull of the main roads, those apart from each other; the last resort."""
    main = np.flatnonzero(best == best.min()) if best.min() < len(RANKS) else np.zeros(0, np.int64)
    if not len(main):
        return main
    hull = shapely.get_coordinates(shapely.convex_hull(shapely.multipoints(xy_m[main])))
    corners = main[np.unique(cKDTree(xy_m[main]).query(hull)[1])]
    apart = _EDGE_SHARE * float(np.hypot(*(xy_m.max(axis=0) - xy_m.min(axis=0))))
    chosen: list[int] = []
    for node in corners.tolist():
        if all(math.dist(xy_m[node], xy_m[other]) > apart for other in chosen):
            chosen.append(node)
    return np.array(chosen, np.int64)


def _road_name(network: RoadNetwork, node: int, link_names: tuple[str, ...]) -> str:
    links = np.flatnonzero(network.to_node == node).tolist()
    return next((link_names[link] for link in links if link_names[link]), "")
