"""The steps of a write, by name, so that a test can stop the program at every one of them."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Step(StrEnum):
    """What has been done when a step is passed, in this order."""

    BEGUN = "begun"
    SEALED = "sealed"
    APPLIED = "applied"
    RECORDED = "recorded"
    KEPT = "kept"
    AUDITED = "audited"
    DURABLE = "durable"


_watchers: list[Callable[[Step], None]] = []


def watch(watcher: Callable[[Step], None]) -> None:
    """Call a function at every step from now on."""
    _watchers.append(watcher)


def passing(step: Step) -> None:
    """Tell those who watch that a step is done."""
    for watcher in _watchers:
        watcher(step)
