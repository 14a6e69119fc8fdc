"""
Compiled shortest paths and parametric flows for the clearance bound.

Legend: n nodes, a arcs. Residual arc ``2 a`` is arc ``a`` forward, ``2 a + 1`` the same arc backward.
``first[n + 1]`` and ``leaving[2 a]`` list the residual arcs by their tail.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from safepassage.model.arrays import FloatArray, IndexArray, OffsetArray

# Rates below this (PCU/s: one car in 30,000 years) are rounding noise, not room for flow.
NOISE = 1e-12


@njit(cache=True, nogil=True)
def _push(key: FloatArray, item: IndexArray, size: int, value: float, node: int) -> int:
    """Put a node on a binary heap; returns the new size."""
    place = size
    while place > 0:
        parent = (place - 1) // 2
        if key[parent] <= value:
            break
        key[place] = key[parent]
        item[place] = item[parent]
        place = parent
    key[place] = value
    item[place] = node
    return size + 1


@njit(cache=True, nogil=True)
def _pop(key: FloatArray, item: IndexArray, size: int) -> int:
    """Remove the top of a binary heap, which the caller has read; returns the new size."""
    size -= 1
    value = key[size]
    node = item[size]
    place = 0
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and key[child + 1] < key[child]:
            child += 1
        if key[child] >= value:
            break
        key[place] = key[child]
        item[place] = item[child]
        place = child
    key[place] = value
    item[place] = node
    return size


@njit(cache=True, nogil=True)
def shortest_times(
    first: OffsetArray, leaving: IndexArray, end: IndexArray, cost: FloatArray, source: int
) -> FloatArray:
    """
    Least cost from a source to every node (Dijkstra).

    Parameters
    ----------
    first : int64[n + 1]
        Where each node's list starts in `leaving`.
    leaving : int32[a]
        Arcs by tail.
    end : int32[a]
        Node that each arc leads to.
    cost : float64[a]
        Cost of each arc, at least 0; ``inf`` where the arc may not be used.
    source : int
        Start node.

    Returns
    -------
    float64[n]
        ``inf`` where no way exists.
    """
    n = len(first) - 1
    reach = np.full(n, np.inf)
    key = np.empty(len(leaving) + 1)
    item = np.empty(len(leaving) + 1, np.int32)
    reach[source] = 0.0
    size = _push(key, item, 0, 0.0, source)
    while size > 0:
        value = key[0]
        node = item[0]
        size = _pop(key, item, size)
        if value > reach[node]:
            continue
        for place in range(first[node], first[node + 1]):
            arc = leaving[place]
            ahead = value + cost[arc]
            if ahead < reach[end[arc]]:
                reach[end[arc]] = ahead
                size = _push(key, item, size, ahead, end[arc])
    return reach


@njit(cache=True, nogil=True)
def _reduced_distances(
    first: OffsetArray,
    leaving: IndexArray,
    end: IndexArray,
    cost: FloatArray,
    room: FloatArray,
    potential: FloatArray,
    source: int,
    sink: int,
    reach: FloatArray,
    via: IndexArray,
    key: FloatArray,
    item: IndexArray,
) -> None:
    """
    Distances from the source in reduced costs, until the sink is settled; fills `reach` and `via`.

    Nodes that were not settled keep a tentative value, never below the sink's.
    """
    reach[:] = np.inf
    via[:] = -1
    reach[source] = 0.0
    size = _push(key, item, 0, 0.0, source)
    while size > 0:
        value = key[0]
        node = item[0]
        if node == sink:
            break
        size = _pop(key, item, size)
        if value > reach[node]:
            continue
        for place in range(first[node], first[node + 1]):
            arc = leaving[place]
            if room[arc] <= NOISE:
                continue
            # Rounding may push a reduced cost a hair below zero.
            step = max(0.0, cost[arc] + potential[node] - potential[end[arc]])
            if value + step < reach[end[arc]]:
                reach[end[arc]] = value + step
                via[end[arc]] = arc
                size = _push(key, item, size, value + step, end[arc])


@njit(cache=True, nogil=True)
def _push_flow(end: IndexArray, room: FloatArray, via: IndexArray, source: int, sink: int) -> float:
    """Send as much as fits along the path in `via`; changes `room`; returns the rate."""
    rate = np.inf
    node = sink
    while node != source:
        rate = min(rate, room[via[node]])
        node = end[via[node] ^ 1]
    if np.isinf(rate):
        return rate
    node = sink
    while node != source:
        room[via[node]] -= rate
        room[via[node] ^ 1] += rate
        node = end[via[node] ^ 1]
    return rate


@njit(cache=True, nogil=True)
def quickest_flow(
    first: OffsetArray,
    leaving: IndexArray,
    end: IndexArray,
    cost: FloatArray,
    room: FloatArray,
    source: int,
    sink: int,
    need: float,
    horizon: float,
    stop_below: float,
    label: FloatArray,
) -> tuple[float, float, float]:
    """
    Least time in which an amount can flow from source to sink, by successive shortest paths.

    Parameters
    ----------
    first : int64[n + 1]
        Where each node's list starts in `leaving`.
    leaving : int32[2 a]
        Residual arcs by tail.
    end : int32[2 a]
        Node that each residual arc leads to.
    cost : float64[2 a]
        Travel time, negative for backward arcs.
    room : float64[2 a]
        Residual rates. Modified in place.
    source, sink : int
        Ends of the flow.
    need : float
        Amount to bring over; ``inf`` where only `horizon` counts.
    horizon : float
        Longest time of interest.
    stop_below : float
        The caller does not care for times at or below this one.
    label : float64[n]
        Dual potentials for the returned time: source 0, sink the time. Overwritten.

    Returns
    -------
    time : float
        ``min(horizon, least time)``; any value at most `stop_below` where that was undercut.
    amount : float
        What flows within that time.
    rate : float
        Rate at which it arrives at that time.

    Notes
    -----
    A static flow made of paths with rates f_p and lengths tau_p, repeated in time, brings
    ``sum f_p (T - tau_p)`` within T; with shortest paths added in order of length that is the most
    possible for every T. After each path the least time is ``(need + sum f_p tau_p) / sum f_p``; no
    path longer than that can help.

    References
    ----------
    Ford and Fulkerson (1958), Constructing maximal dynamic flows from static flows.
    Burkard, Dlaska and Klinz (1993), The quickest flow problem.
    """
    n = len(first) - 1
    potential = np.zeros(n)
    reach = np.empty(n)
    via = np.empty(n, np.int32)
    key = np.empty(len(leaving) + 1)
    item = np.empty(len(leaving) + 1, np.int32)
    time = horizon
    rate_sum = 0.0
    length_sum = 0.0
    while True:
        _reduced_distances(first, leaving, end, cost, room, potential, source, sink, reach, via, key, item)
        if potential[sink] + reach[sink] >= time or time <= stop_below:
            break
        ahead = reach[sink]
        for node in range(n):
            potential[node] += min(reach[node], ahead)
        rate = _push_flow(end, room, via, source, sink)
        if np.isinf(rate):
            # Whatever is missing arrives at once.
            time = potential[sink]
            reach[:] = 0.0
            break
        rate_sum += rate
        length_sum += rate * potential[sink]
        time = min(horizon, (need + length_sum) / rate_sum)
    for node in range(n):
        label[node] = potential[node] + min(reach[node], time - potential[sink])
    return time, rate_sum * time - length_sum, rate_sum
