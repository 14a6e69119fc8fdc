"""
Whether there is an air-raid alert, as some feed writes it into a file.

What cannot be read, is old or says something else is unknown; clear is only what a feed has just said.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from safepassage.operations.desk import Command, SetAsideError
from safepassage.operations.receipts import Receipt

FRESH_MS = 120_000
_MOST_AHEAD_MS = 5_000
_LARGEST_FILE = 10_000
# What would gather people in one place while it may be struck.
HELD_UNDER_RED = frozenset({"trip.open_boarding"})


class Alert(StrEnum):
    """How things stand."""

    RED = "red"
    CLEAR = "clear"
    UNKNOWN = "unknown"


class AlertWatch:
    """
    Reads the state of the alert.

    Parameters
    ----------
    file : Path or None
        JSON with ``state`` (``red`` or ``clear``) and ``at_ms``, when the feed was last heard (ms since
        1970); None where there is no feed.
    now_ms : callable
        Wall clock (ms since 1970).
    """

    def __init__(self, file: Path | None, now_ms: Callable[[], int]) -> None:
        self._file = file
        self._now_ms = now_ms

    def state(self) -> Alert:
        """How things stand now."""
        if self._file is None:
            return Alert.UNKNOWN
        try:
            with self._file.open("rb") as stream:
                told = json.loads(stream.read(_LARGEST_FILE))
            state, at_ms = Alert(told["state"]), int(told["at_ms"])
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return Alert.UNKNOWN
        age_ms = self._now_ms() - at_ms
        return state if -_MOST_AHEAD_MS <= age_ms <= FRESH_MS else Alert.UNKNOWN

    def hold(self, command: Command) -> None:
        """
        Refuse what must wait until the alert is over.

        Parameters
        ----------
        command : Command
            What somebody wants to say.

        Raises
        ------
        SetAsideError
            If it would gather people while the alert is red.
        """
        if command.kind in HELD_UNDER_RED and self.state() is Alert.RED:
            raise SetAsideError(Receipt("", "set_aside", "alert_red"))
