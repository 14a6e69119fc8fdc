"""Long lists in pieces, for databases bound the number of parameters of one statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

_Item = TypeVar("_Item")
MOST_AT_ONCE = 1000


def chunks(items: Sequence[_Item], size: int = MOST_AT_ONCE) -> Iterator[Sequence[_Item]]:
    """Pieces of a list, in order."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
