"""Barriers: who loses every way out when a crossing goes, and when it is still safe to start."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import breadth_first_order

from safepassage.errors import ModelError
from safepassage.model.network import RoadNetwork
from safepassage.model.scenario import Scenario


def turns(network: RoadNetwork) -> sp.csr_array:
    """
    Which link may follow which.

    Parameters
    ----------
    network : RoadNetwork
        Roads.

    Returns
    -------
    csr_array[n_links, n_links]
        Free-flow time of the second link (s), positive, where the turn is allowed.
    """
    n = network.n_links
    ends = sp.csr_array((np.ones(n), (np.arange(n), network.to_node)), shape=(n, network.n_nodes))
    begins = sp.csr_array((np.ones(n), (network.from_node, np.arange(n))), shape=(network.n_nodes, n))
    allowed = (ends @ begins).tocoo()
    key = allowed.row.astype(np.int64) * n + allowed.col
    forbidden = network.movement_capacity_pcu_per_h == 0
    closed = network.movement_in_link[forbidden].astype(np.int64) * n + network.movement_out_link[forbidden]
    keep = ~np.isin(key, closed)
    column = allowed.col[keep]
    return sp.csr_array((network.free_flow_time_s[column], (allowed.row[keep], column)), shape=(n, n))


def cut_off(scenario: Scenario, lost: Iterable[int] = ()) -> tuple[str, ...]:
    """
    Settlements in scope without any way to safety.

    Parameters
    ----------
    scenario : Scenario
        Roads, settlements and safe sites.
    lost : iterable of int
        Links that are shut, besides those without capacity.

    Returns
    -------
    tuple of str
        Ids in scenario order; also those that never had a road.
    """
    network = scenario.network
    shut = network.capacity_pcu_per_h == 0
    shut[list(lost)] = True
    index = {node: k for k, node in enumerate(network.node_id)}
    safe = sorted({index[site.node] for site in scenario.sites if site.safe and site.node})
    reached = _nodes_that_reach(network, safe, shut)
    return tuple(place.id for place in scenario.in_scope if not place.node or not reached[index[place.node]])


def _nodes_that_reach(network: RoadNetwork, safe: Sequence[int], shut: np.ndarray) -> np.ndarray:
    n = network.n_links
    reached = np.zeros(network.n_nodes, np.bool_)
    reached[list(safe)] = True
    last = np.flatnonzero(np.isin(network.to_node, list(safe)) & ~shut)
    if not len(last):
        return reached
    allowed = turns(network).tocoo()
    keep = ~shut[allowed.row] & ~shut[allowed.col]
    # Backwards from a root that stands for "out": every link into a safe node, then what leads to those.
    row = np.concatenate([allowed.col[keep], np.full(len(last), n)])
    column = np.concatenate([allowed.row[keep], last])
    graph = sp.csr_array((np.ones(len(row)), (row, column)), shape=(n + 1, n + 1))
    found = breadth_first_order(graph, n, return_predecessors=False)
    found = found[found < n]
    reached[network.from_node[found]] = True
    return reached


def barriers(scenario: Scenario) -> Mapping[str, tuple[str, ...]]:
    """
    For each river crossing who has no way out without it.

    Parameters
    ----------
    scenario : Scenario
        Roads, settlements and safe sites.

    Returns
    -------
    mapping of str to tuple of str
        By the crossing's name, in order of names: settlements that have a way now and lose it when the
        crossing is lost in both directions.
    """
    network = scenario.network
    before = set(cut_off(scenario))
    by_name: dict[str, list[int]] = {}
    for link, name in enumerate(network.crossing):
        if name:
            by_name.setdefault(name, []).append(link)
    return {
        name: tuple(place for place in cut_off(scenario, by_name[name]) if place not in before)
        for name in sorted(by_name)
    }


def last_safe_start_s(deadline_s: float, needed_s: Sequence[float], confidence: float) -> float:
    """
    The latest start from which people are out by a deadline with a given confidence.

    Parameters
    ----------
    deadline_s : float
        When the danger arrives or the way is lost (s).
    needed_s : sequence of float
        Time from the start until the last is out, one a future (s); ``inf`` where somebody never got out.
    confidence : float
        Above 0, at most 1.

    Returns
    -------
    float
        Seconds; ``-inf`` where no start is early enough.

    Raises
    ------
    ModelError
        If there is no future or the confidence lies outside 0 to 1.

    Notes
    -----
    The plan is moved as a whole: what it needs is taken not to depend on when it starts.
    """
    if not needed_s or not 0 < confidence <= 1:
        raise ModelError(f"{len(needed_s)} futures and a confidence of {confidence}; give futures and 0 to 1")
    ordered = sorted(needed_s)
    # The smallest number that at least this share of the futures do not exceed, safe from rounding.
    place = math.ceil(confidence * len(ordered) - 1e-9) - 1
    return deadline_s - ordered[place]
