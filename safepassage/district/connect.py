"""Connect: join carriageways that leave side by side, keep the largest part in which all reach all."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from safepassage.district.edges import Edges
from safepassage.district.segments import Segments

CARRIAGEWAYS_APART_M = 150.0

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Connected:
    """
    Which edges are kept.

    Attributes
    ----------
    edges : Edges
        With the ends of carriageways joined.
    kept : bool[n_edges]
        True in the largest strongly connected part.
    joined_points : int
        Ends of carriageways that were joined to another.
    parts : int
        Strongly connected parts that hold a road, the kept one included.
    """

    edges: Edges
    kept: Flags
    joined_points: int
    parts: int


def way_directions(segments: Segments, edges: Edges) -> tuple[Flags, Flags]:
    """
    In which directions every edge may be driven.

    Parameters
    ----------
    segments : Segments
        Holds the rules.
    edges : Edges
        All edges.

    Returns
    -------
    bool[n_edges], bool[n_edges]
        Along the drawing and against it.
    """
    forward = np.array([rule.forward is not None for rule in segments.rules], np.bool_)
    return forward[edges.rule], forward[segments.opposite[edges.rule]]


def connect(segments: Segments, edges: Edges, xy_m: Floats, *, least_part_m: float = math.inf) -> Connected:
    """
    Keep the largest part of the network in which every junction reaches every other.

    Parameters
    ----------
    segments : Segments
        Holds the rules.
    edges : Edges
        All edges.
    xy_m : float64[n_points, 2]
        Points in metres.
    least_part_m : float
        Other parts with at least so much road (m) are kept too, for whoever can join them.

    Returns
    -------
    Connected
        Largest by length of road.
    """
    along, against = way_directions(segments, edges)
    edges, joined = _join_carriageways(edges, along, against, xy_m)
    n_points = len(segments.point_ref)
    tail = np.concatenate([edges.start[along], edges.end[against]])
    head = np.concatenate([edges.end[along], edges.start[against]])
    graph = coo_array((np.ones(len(tail), np.int8), (tail, head)), shape=(n_points, n_points)).tocsr()
    count, part = connected_components(graph, directed=True, connection="strong")
    inside = (part[edges.start] == part[edges.end]) & (along | against) & (edges.start != edges.end)
    length = np.bincount(part[edges.start[inside]], edges.length_m[inside], minlength=count)
    wanted = length >= least_part_m
    wanted[int(np.argmax(length))] = True
    return Connected(edges, inside & wanted[part[edges.start]], joined, int((length > 0).sum()))


def _join_carriageways(edges: Edges, along: Flags, against: Flags, xy_m: Floats) -> tuple[Edges, int]:
    """
    Make one point of the ends of two carriageways that leave the map side by side.

    Traffic turns or comes back beyond the map; without this the road out would be a trap and be dropped.
    """
    n_points = len(xy_m)
    degree = np.bincount(edges.start, minlength=n_points) + np.bincount(edges.end, minlength=n_points)
    one_way = along != against
    sinks = np.where(along, edges.end, edges.start)[one_way]
    sources = np.where(along, edges.start, edges.end)[one_way]
    sinks, sources = sinks[degree[sinks] == 1], sources[degree[sources] == 1]
    if not (len(sinks) and len(sources)):
        return edges, 0
    found = cKDTree(xy_m[sinks]).query(xy_m[sources])
    away, nearest = np.asarray(found[0]), np.asarray(found[1])
    near = away <= CARRIAGEWAYS_APART_M
    stand_in = np.arange(n_points)
    stand_in[sources[near]] = sinks[nearest[near]]
    joined = replace(edges, start=stand_in[edges.start], end=stand_in[edges.end])
    return joined, int(near.sum())
