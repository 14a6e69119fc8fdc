"""How people respond: departures by settlement, group and mode in one possible future."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from safepassage.errors import ModelError
from safepassage.model.plan import Mode


@dataclass(frozen=True, slots=True)
class Departure:
    """
    Households of a settlement that leave at one time.

    Attributes
    ----------
    settlement : str
        Settlement id.
    mode : Mode
        How they travel.
    time_s : float
        When they are ready to go (s since the scenario's start).
    households, people : int
        How many.
    """

    settlement: str
    mode: Mode
    time_s: float
    households: int
    people: int


class ResponseModel(Protocol):
    """Draws who leaves, when and how, in a numbered future."""

    def sample(self, future: int) -> tuple[Departure, ...]:
        """
        Draw one future.

        Parameters
        ----------
        future : int
            Its number; the random stream comes from (seed, number) alone.

        Returns
        -------
        tuple of Departure
            In settlement order, then time.
        """
        ...


@dataclass(frozen=True, slots=True)
class Forecast:
    """
    People still present, day by day, with bands.

    Attributes
    ----------
    dates : tuple of str
        ISO dates, ascending.
    level : tuple of float
        Probability levels of the quantiles, ascending.
    remaining : tuple of tuple of float
        For each date the persons remaining at each level.
    people : int
        Persons at the start.
    """

    dates: tuple[str, ...]
    level: tuple[float, ...]
    remaining: tuple[tuple[float, ...], ...]
    people: int

    def __post_init__(self) -> None:
        if len(self.dates) != len(self.remaining):
            raise ModelError("forecast: one row of quantiles a date")
        if any(len(row) != len(self.level) for row in self.remaining):
            raise ModelError("forecast: one value a level")


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """
    What many played futures say of a plan.

    Attributes
    ----------
    plan_id : str
        Plan that was rehearsed.
    seed, futures : int
        Seed and number of futures.
    clearance_s : tuple of float
        Clearance in each future (s), in order; ``inf`` where somebody never got out.
    people_safe : tuple of int
        Persons out of danger in each future.
    """

    plan_id: str
    seed: int
    futures: int
    clearance_s: tuple[float, ...]
    people_safe: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.futures == len(self.clearance_s) == len(self.people_safe):
            raise ModelError("rehearsal: one clearance and one count a future")
