"""What is told while traffic runs: who entered which link when, in blocks of bounded size."""

from __future__ import annotations

from collections.abc import Callable

from safepassage.model.events import MoveBlock

MOVES_A_BLOCK = 1 << 17

MoveSink = Callable[[MoveBlock], None]
"""Takes each block once, in order."""
