"""
Hybrid logical clocks: time as devices claim it, ordered so that an answer follows what it answers.

References
----------
Kulkarni et al. (2014), Logical Physical Clocks and Consistent Snapshots in Globally Distributed Databases.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

LARGEST_COUNTER = 99_999
LARGEST_WALL_MS = 9_999_999_999_999


def system_ms() -> int:
    """Milliseconds since 1970 by this machine."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True, order=True)
class Stamp:
    """
    A moment of a hybrid logical clock.

    Attributes
    ----------
    wall_ms : int
        Milliseconds since 1970, as claimed.
    counter : int
        Order of what happens within one millisecond, or while a wall clock stands behind.
    """

    wall_ms: int
    counter: int


class HybridClock:
    """
    A clock that never runs backwards and never falls behind what it has heard.

    Parameters
    ----------
    now_ms : callable
        Wall clock, in milliseconds since 1970.
    """

    def __init__(self, now_ms: Callable[[], int] = system_ms) -> None:
        self._now_ms = now_ms
        self._last = Stamp(0, 0)

    def tick(self) -> Stamp:
        """Stamp for a new event."""
        wall = self._now_ms()
        if wall > self._last.wall_ms:
            self._last = Stamp(wall, 0)
        elif self._last.counter < LARGEST_COUNTER:
            self._last = Stamp(self._last.wall_ms, self._last.counter + 1)
        else:
            self._last = Stamp(self._last.wall_ms + 1, 0)
        return self._last

    def hear(self, stamp: Stamp) -> None:
        """Take note of somebody else's stamp, so that later events come after it."""
        self._last = max(self._last, stamp)
