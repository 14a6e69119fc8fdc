"""What is told while traffic runs: who entered which link when, in blocks of bounded size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from safepassage.model.arrays import IndexArray

MOVES_A_BLOCK = 1 << 17


@dataclass(frozen=True, slots=True, eq=False)
class MoveBlock:
    """
    Moves that follow each other, in the order in which they happened.

    Attributes
    ----------
    time_tick : int64[n]
        Microseconds since the start, never falling, from block to block either.
    vehicle : int32[n]
        Vehicle index.
    link : int32[n]
        Link that it enters; -1 where a leg ends or a full refuge sends it on, and it leaves the road.
    """

    time_tick: npt.NDArray[np.int64]
    vehicle: IndexArray
    link: IndexArray


MoveSink = Callable[[MoveBlock], None]
"""Takes each block once, in order."""
