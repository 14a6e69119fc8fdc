"""Compiled table of the work that a vehicle can still do before a deadline."""

from __future__ import annotations

import numpy as np

from safepassage.model.arrays import FlagArray, FloatArray, OffsetArray
from safepassage.planner.surge.kernel_fleet import entry_point


@entry_point
def work_ahead(
    empty: OffsetArray,
    loaded: OffsetArray,
    empty_drive: OffsetArray,
    loaded_drive: OffsetArray,
    board: int,
    alight: int,
    worth: FloatArray,
    window_end: OffsetArray,
    arrival_counts: FlagArray,
    rest: int,
    drive_limit: int,
) -> FloatArray:
    """
    Most work a vehicle can do from each moment, place and state of its crew until the last step.

    Parameters
    ----------
    empty, loaded : int64[h, s], int64[s, h]
        Steps of the drives to a stop and from it; negative where there is no way.
    empty_drive, loaded_drive : int64[h, s], int64[s, h]
        The same in units of driving.
    board, alight : int
        Steps that a full load takes to get on and off.
    worth : float64[s]
        Work of a full load from each stop.
    window_end : int64[n]
        The first step of the next window, for each step of open time.
    arrival_counts : bool[h, n]
        Whether people who arrive at a haven at a step are out of danger in time.
    rest : int
        Steps of a break.
    drive_limit : int
        Units of driving before a break is due.

    Returns
    -------
    float64[n + 1, h, drive_limit + 1]
        Work, by step, haven where the vehicle stands, units driven since the last break.

    Notes
    -----
    A vehicle may stop at any time; the people of its last trip must have arrived by the last step, and
    a trip lies within one window. A night is a break.
    """
    n_steps = len(window_end)
    n_havens, n_stops = empty.shape
    best = np.zeros((n_steps + 1, n_havens, drive_limit + 1))
    for k in range(n_steps - 1, -1, -1):
        end = window_end[k]
        for p in range(n_havens):
            for d in range(drive_limit + 1):
                most = best[end, p, 0] if end < n_steps else 0.0
                most = max(most, best[k + 1, p, d])
                for s in range(n_stops):
                    if empty[p, s] < 0:
                        continue
                    at = k + empty[p, s] + board
                    driven = d + empty_drive[p, s]
                    if driven > drive_limit and d > 0:
                        at += rest
                        driven = empty_drive[p, s]
                    if at >= end:
                        continue
                    for h in range(n_havens):
                        if loaded[s, h] < 0:
                            continue
                        reach = at + loaded[s, h]
                        then = driven + loaded_drive[s, h]
                        if then > drive_limit and driven > 0:
                            reach += rest
                            then = loaded_drive[s, h]
                        if reach > end or not arrival_counts[h, min(reach, n_steps - 1)]:
                            continue
                        done = min(reach + alight, n_steps)
                        most = max(most, worth[s] + best[done, h, min(then, drive_limit)])
                best[k, p, d] = most
    return best
