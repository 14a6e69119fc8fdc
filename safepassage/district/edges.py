"""Simplify: nodes of degree two go, their length, time and course stay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from safepassage.district.segments import Segments

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
_NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """
    Undirected pieces of road between junctions, drawn from ``start`` to ``end``.

    Attributes
    ----------
    start, end : int64[n_edges]
        Points.
    rule : int64[n_edges]
        What a vehicle meets along the drawing.
    length_m : float64[n_edges]
        Length (m).
    first : int64[n_edges + 1]
        Where each edge's pieces begin in ``piece``.
    piece : int64[n_pieces]
        Runs of segments.
    flipped : bool[n_pieces]
        True where a run is drawn against its way.
    run_first : int64[n_runs + 1]
        Where each run's segments begin.
    """

    start: Int64s
    end: Int64s
    rule: Int64s
    length_m: Floats
    first: Int64s
    piece: Int64s
    flipped: Flags
    run_first: Int64s

    def __len__(self) -> int:
        return len(self.start)


def simplified(segments: Segments, protected: Flags) -> Edges:
    """
    Join segments into edges.

    Parameters
    ----------
    segments : Segments
        Pieces of road.
    protected : bool[n_points]
        Points that stay nodes though only two segments meet there.

    Returns
    -------
    Edges
        Two segments are in one edge where nothing else meets between them and all figures are equal.
    """
    n_points = len(segments.point_ref)
    degree = np.bincount(segments.tail, minlength=n_points) + np.bincount(segments.head, minlength=n_points)
    passing = (degree == 2) & ~protected
    run_first, start, end = _runs(segments, passing)
    rule = segments.rule[run_first[:-1]]
    partner, partner_at_end = _partners(start, end, rule, segments.opposite, passing)
    first, piece, flipped = _chains(partner, partner_at_end)
    heads, tails = first[:-1], first[1:] - 1
    run_length = np.add.reduceat(segments.length_m, run_first[:-1]) if len(start) else np.zeros(0)
    return Edges(
        start=np.where(flipped[heads], end[piece[heads]], start[piece[heads]]),
        end=np.where(flipped[tails], start[piece[tails]], end[piece[tails]]),
        rule=np.where(flipped[heads], segments.opposite[rule[piece[heads]]], rule[piece[heads]]),
        length_m=np.add.reduceat(run_length[piece], heads) if len(heads) else np.zeros(0),
        first=first,
        piece=piece,
        flipped=flipped,
        run_first=run_first,
    )


def edge_points(segments: Segments, edges: Edges, edge: int) -> list[int]:
    """
    Points of an edge in the order of its drawing.

    Parameters
    ----------
    segments : Segments
        What the edges were made of.
    edges : Edges
        All edges.
    edge : int
        Which.

    Returns
    -------
    list of int
        Indices of points, both ends included.
    """
    points: list[int] = []
    for place in range(int(edges.first[edge]), int(edges.first[edge + 1])):
        run = int(edges.piece[place])
        low, high = int(edges.run_first[run]), int(edges.run_first[run + 1])
        course = [int(segments.tail[low]), *segments.head[low:high].tolist()]
        if edges.flipped[place]:
            course.reverse()
        points.extend(course[1:] if points else course)
    return points


def end_ways(segments: Segments, edges: Edges) -> tuple[Int64s, Int64s]:
    """
    The ways at both ends of every edge.

    Parameters
    ----------
    segments : Segments
        What the edges were made of.
    edges : Edges
        All edges.

    Returns
    -------
    int64[n_edges], int64[n_edges]
        Index of the way at the start and at the end.
    """
    run_way = segments.way[edges.run_first[:-1]]
    return run_way[edges.piece[edges.first[:-1]]], run_way[edges.piece[edges.first[1:] - 1]]


def _runs(segments: Segments, passing: Flags) -> tuple[Int64s, Int64s, Int64s]:
    n_segments = len(segments.tail)
    if not n_segments:
        return np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64)
    goes_on = (
        (segments.way[:-1] == segments.way[1:])
        & (segments.rule[:-1] == segments.rule[1:])
        & (segments.head[:-1] == segments.tail[1:])
        & passing[segments.head[:-1]]
    )
    begins = np.concatenate([[0], np.flatnonzero(~goes_on) + 1])
    run_first = np.concatenate([begins, [n_segments]]).astype(np.int64)
    return run_first, segments.tail[begins], segments.head[run_first[1:] - 1]


def _partners(
    start: Int64s, end: Int64s, rule: Int64s, opposite: Int64s, passing: Flags
) -> tuple[Int64s, Int64s]:
    """
    For both ends of every run, the run that continues it there.

    Ends are numbered ``2 run`` (start) and ``2 run + 1`` (end); so are the partners. The first array holds
    the partner of each start, the second that of each end.
    """
    n_runs = len(start)
    point = np.stack([start, end], axis=1).ravel()
    order = np.argsort(point, kind="stable")
    same = np.flatnonzero((point[order][:-1] == point[order][1:]) & passing[point[order][:-1]])
    left, right = order[same], order[same + 1]
    # Both rules as met by one who arrives on the left run and leaves on the right one.
    arriving = np.where(left % 2 == 1, rule[left // 2], opposite[rule[left // 2]])
    leaving = np.where(right % 2 == 0, rule[right // 2], opposite[rule[right // 2]])
    joined = (arriving == leaving) & (left // 2 != right // 2)
    partner = np.full(2 * n_runs, _NONE, np.int64)
    partner[left[joined]], partner[right[joined]] = right[joined], left[joined]
    return partner[0::2], partner[1::2]


def _chains(at_start: Int64s, at_end: Int64s) -> tuple[Int64s, Int64s, Flags]:
    n_runs = len(at_start)
    partners = np.stack([at_start, at_end], axis=1).ravel().tolist()
    first, piece, flipped = [0], [], []
    done = bytearray(n_runs)

    def follow(run: int, entered_at: int) -> None:
        while not done[run]:
            done[run] = 1
            piece.append(run)
            flipped.append(entered_at == 1)
            onward = partners[2 * run + 1 - entered_at]
            if onward == _NONE:
                break
            run, entered_at = divmod(onward, 2)
        first.append(len(piece))

    for run in range(n_runs):
        if done[run]:
            continue
        if partners[2 * run] == _NONE:
            follow(run, 0)
        elif partners[2 * run + 1] == _NONE:
            follow(run, 1)
    # What is left are rings without a junction.
    for run in range(n_runs):
        if not done[run]:
            follow(run, 0)
    return np.array(first, np.int64), np.array(piece, np.int64), np.array(flipped, np.bool_)
