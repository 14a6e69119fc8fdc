"""Hours in which people may be on the road, and the time cells that they are divided into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from safepassage.errors import ModelError
from safepassage.model.arrays import FloatArray, IndexArray

Windows = tuple[tuple[float, float], ...]

ALWAYS: Windows = ((0.0, np.inf),)


def joined_windows(open_windows: Sequence[tuple[float, float]] | None) -> Windows:
    """
    Windows in order, joined where they touch, from time 0 on.

    Parameters
    ----------
    open_windows : sequence of (start_s, end_s), optional
        Times in which people may be on the road (seconds since the start); None for always.

    Returns
    -------
    tuple of (start_s, end_s)
        Disjoint, ascending.

    Raises
    ------
    ModelError
        If a window ends before it starts, or no window remains.
    """
    if open_windows is None:
        return ALWAYS
    joined: list[tuple[float, float]] = []
    for start_s, end_s in sorted((float(start), float(end)) for start, end in open_windows):
        if not start_s < end_s:
            raise ModelError(f"open window ({start_s}, {end_s}) is empty; give an end after the start")
        if end_s <= 0:
            continue
        if joined and start_s <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_s))
        else:
            joined.append((max(start_s, 0.0), end_s))
    if not joined:
        raise ModelError("no open window lies after the start; give at least one")
    return tuple(joined)


@dataclass(frozen=True, slots=True)
class WindowCells:
    """
    Part of the time grid: consecutive cells of one window.

    Attributes
    ----------
    first : int
        Number of the window's first cell.
    count : int
        Cells of the window that are in use.
    start_s : float
        Clock time of the window's start (s).
    end_s : float
        Clock time of the window's end (s), may be ``inf``.
    """

    first: int
    count: int
    start_s: float
    end_s: float

    def open_share(self, step_s: float) -> FloatArray:
        """
        Share of each cell that lies inside the window.

        Parameters
        ----------
        step_s : float
            Length of a cell (s).

        Returns
        -------
        float64[count]
            1 but for the last cell, which the window's end may cut.
        """
        start = self.start_s + step_s * np.arange(self.count)
        share: FloatArray = np.clip((self.end_s - start) / step_s, 0.0, 1.0)
        return share


@dataclass(frozen=True, slots=True)
class TimeGrid:
    """
    Open time cut into cells of equal length, a fresh grid from the start of every window.

    Attributes
    ----------
    windows : tuple of (start_s, end_s)
        As from `joined_windows`.
    step_s : float
        Length of a cell (s).

    Notes
    -----
    A window of length W has ``floor(W / step) + 1`` cells: the last one holds the arrivals at the
    very end of the window.
    """

    windows: Windows
    step_s: float

    def parts(self, n_cells: int) -> tuple[WindowCells, ...]:
        """
        The windows that hold the first cells.

        Parameters
        ----------
        n_cells : int
            Number of cells, counted from the first.

        Returns
        -------
        tuple of WindowCells
            Together they hold ``n_cells`` cells, or all that exist.
        """
        parts = []
        for start_s, end_s, first, count in self._windows_with_cells():
            used = int(min(count, n_cells - first))
            if used <= 0:
                break
            parts.append(WindowCells(first, used, start_s, end_s))
        return tuple(parts)

    @property
    def most_cells(self) -> float:
        """Number of cells in all windows; ``inf`` where the last window never ends."""
        return sum(count for _, _, _, count in self._windows_with_cells())

    def cell_start_s(self, cell: int) -> float:
        """
        Clock time at which a cell starts.

        Parameters
        ----------
        cell : int
            Number of the cell; a number past the last cell gives the end of the last window.

        Returns
        -------
        float
            Seconds since the start.
        """
        for start_s, _end_s, first, count in self._windows_with_cells():
            if cell < first + count:
                return start_s + (cell - first) * self.step_s
        return self.windows[-1][1]

    def cell_of(self, time_s: float) -> int:
        """
        The cell that holds a clock time.

        Parameters
        ----------
        time_s : float
            Seconds since the start.

        Returns
        -------
        int
            Number of the cell; the next window's first where the time is closed.
        """
        after = 0
        for start_s, end_s, first, count in self._windows_with_cells():
            if time_s < start_s:
                return first
            if time_s <= end_s:
                return first + int((time_s - start_s) // self.step_s)
            after = first + int(count)
        return after

    def _windows_with_cells(self) -> Iterator[tuple[float, float, int, float]]:
        first = 0
        for start_s, end_s in self.windows:
            length_s = end_s - start_s
            count = np.inf if np.isinf(length_s) else float(length_s // self.step_s) + 1
            yield start_s, end_s, first, count
            if np.isinf(count):
                return
            first += int(count)


def ready_cells(ready_s: FloatArray, part: WindowCells, step_s: float) -> IndexArray:
    """
    First cell of a window in which each origin may depart, counted from the window's start.

    Parameters
    ----------
    ready_s : float64[k]
        Earliest departures (s since the start).
    part : WindowCells
        The window.
    step_s : float
        Length of a cell (s).

    Returns
    -------
    int32[k]
        At least 0; may lie past the window's end.
    """
    offset = np.floor(np.maximum(ready_s - part.start_s, 0.0) / step_s)
    return np.minimum(offset, np.iinfo(np.int32).max // 2).astype(np.int32)


def open_time_s(windows: Windows, from_s: float, until_s: float) -> float:
    """
    Open time between two clock times.

    Parameters
    ----------
    windows : tuple of (start_s, end_s)
        As from `joined_windows`.
    from_s, until_s : float
        Clock times (s).

    Returns
    -------
    float
        Seconds; ``inf`` where both ends are open for ever.
    """
    total_s = 0.0
    for start_s, end_s in windows:
        total_s += max(0.0, min(end_s, until_s) - max(start_s, from_s))
    return total_s


def open_clock_s(windows: Windows, from_s: float, amount_s: float) -> float:
    """
    Clock time at which an amount of open time has passed.

    Parameters
    ----------
    windows : tuple of (start_s, end_s)
        As from `joined_windows`.
    from_s : float
        When to begin to count (s).
    amount_s : float
        Open time (s).

    Returns
    -------
    float
        Seconds since the start; ``inf`` where the windows end before.
    """
    for start_s, end_s in windows:
        begin_s = max(start_s, from_s)
        if begin_s + amount_s <= end_s:
            return begin_s + amount_s
        amount_s -= max(0.0, end_s - begin_s)
    return np.inf
