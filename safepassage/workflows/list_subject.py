"""What a list is of; on its own, for the command line names it before anything heavy is loaded."""

from __future__ import annotations

from enum import StrEnum


class Subject(StrEnum):
    """What a list is of."""

    PEOPLE = "people"
    REQUESTS = "requests"
