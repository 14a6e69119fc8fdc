"""Uptake: published figures, dated events and the operations they belong to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from safepassage.errors import ModelError


class FigureKind(StrEnum):
    """Whom a published figure counts."""

    ASSISTED = "assisted"
    SELF = "self"
    TOTAL = "total"
    REMAINING = "remaining"


class Measure(StrEnum):
    """
    How a figure is to be read.

    ``CUMULATIVE`` counts all who left since the start, ``INCREMENT`` those of a period that ends on its
    date, ``STOCK`` those still there, ``POPULATION`` those concerned at the start; ``OTHER`` is not used.
    """

    CUMULATIVE = "cumulative"
    INCREMENT = "increment"
    STOCK = "stock"
    POPULATION = "population"
    OTHER = "other"


class Precision(StrEnum):
    """How exact a figure claims to be."""

    EXACT = "exact"
    ABOUT = "about"
    MORE_THAN = "more than"
    LESS_THAN = "less than"


class PeopleClass(StrEnum):
    """Whose departures a figure counts."""

    EVERYONE = "everyone"
    CHILDREN = "children"


class EventKind(StrEnum):
    """
    What lifts the rate at which people leave.

    ``UNDER_WAY`` is inferred, never reported: people were leaving already when the first figure came out.
    """

    ORDER = "order"
    STRENGTHENED = "strengthened"
    COMPULSORY_CHILDREN = "compulsory_children"
    EMERGENCY = "emergency"
    UTILITIES_LOST = "utilities_lost"
    FRONT_NEAR = "front_near"
    ASSAULT = "assault"
    CROSSING_LOST = "crossing_lost"
    INFORMATION = "information"
    DOOR_TO_DOOR = "door_to_door"
    UNDER_WAY = "under_way"


@dataclass(frozen=True, slots=True, order=True)
class DatedEvent:
    """
    Something that happened, or is decided, on a day.

    Attributes
    ----------
    day : date
        When.
    kind : EventKind
        What.
    teams : int
        For ``DOOR_TO_DOOR`` and ``COMPULSORY_CHILDREN``, teams that go from house to house; 0 where not
        known.
    """

    day: date
    kind: EventKind
    teams: int = 0

    def __post_init__(self) -> None:
        if self.teams < 0:
            raise ModelError(f"event {self.kind}: teams is {self.teams}; give a whole number >= 0")


@dataclass(frozen=True, slots=True)
class Figure:
    """
    One published figure.

    Attributes
    ----------
    day : date
        Day it describes.
    kind : FigureKind or None
        Whom it counts; None for populations.
    measure : Measure
        How to read it.
    people_class : PeopleClass
        Everyone, or children only.
    value : float
        Persons.
    precision : Precision
        How exact it claims to be.
    period_days : int
        Days that an increment covers; 0 otherwise.
    scope : str
        Words of the metric that narrow the place it counts; empty where it counts the whole operation.
    sure_of_day : bool
        False where the day itself is a guess.
    row : int
        Row of the table.
    """

    day: date
    kind: FigureKind | None
    measure: Measure
    people_class: PeopleClass
    value: float
    precision: Precision = Precision.EXACT
    period_days: int = 0
    scope: str = ""
    sure_of_day: bool = True
    row: int = 0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and self.value >= 0):
            raise ModelError(f"figure of {self.day}: value is {self.value}; give a number of persons >= 0")
        if (self.measure is Measure.INCREMENT) != (self.period_days > 0):
            raise ModelError(f"figure of {self.day}: an increment, and only an increment, covers days")


@dataclass(frozen=True, slots=True)
class Operation:
    """
    An evacuation with everything that was published of it.

    Attributes
    ----------
    id : str
        Key of the tables.
    place : str
        Place it belongs to; operations of one place are left out together.
    population, children : float or None
        Persons and children concerned, where stated.
    events : tuple of DatedEvent
        Ascending by day.
    figures : tuple of Figure
        Ascending by day.
    """

    id: str
    place: str
    population: float | None
    children: float | None
    events: tuple[DatedEvent, ...]
    figures: tuple[Figure, ...]
