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
class Bands:
    """
    One count, day by day, with bands.

    Attributes
    ----------
    name : str
        What is counted: ``out``, ``remaining``, ``waiting`` or ``staying`` (persons; of those remaining,
        who has made up their mind to leave and who stays for now), ``assisted``, ``seats``,
        ``wheelchair``, ``stretcher`` or ``beds`` (each a day).
    group : str
        ``everyone``, ``adults``, ``children``, ``older`` or ``low_mobility``.
    values : tuple of tuple of float
        For each date the value at each level of the forecast.
    """

    name: str
    group: str
    values: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class ShareDate:
    """
    When a share of the people is out.

    Attributes
    ----------
    share : float
        Of those concerned, 0 to 1.
    dates : tuple of str
        For each level of the forecast the ISO date by which it is reached with that probability; empty
        where later than the last date.
    probability : tuple of float
        For each date of the forecast, that the share is out by then.
    """

    share: float
    dates: tuple[str, ...]
    probability: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class EventEffect:
    """
    What an event changes.

    Attributes
    ----------
    day, kind : str
        ISO date and kind of the event.
    teams : int
        Teams that go from house to house; 0 where none are named.
    asked : bool
        True where the user gave the event and the forecast holds it; False for a "what if".
    more_out : tuple of float
        At each level of the forecast, how many more are out on the last date than without it.
    """

    day: str
    kind: str
    teams: int
    asked: bool
    more_out: tuple[float, ...]


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
    bands : tuple of Bands
        Everything else that is counted.
    shares : tuple of ShareDate
        When shares of the people are out, ascending by share.
    effects : tuple of EventEffect
        What events change.
    reports : int
        Figures that the forecast rests on.
    known_until : str
        ISO date of the last of them, or of the order.
    seed : int
        Of every draw.
    prior_digest : str
        Digest of the figures that the prior was learnt from.
    """

    dates: tuple[str, ...]
    level: tuple[float, ...]
    remaining: tuple[tuple[float, ...], ...]
    people: int
    bands: tuple[Bands, ...] = ()
    shares: tuple[ShareDate, ...] = ()
    effects: tuple[EventEffect, ...] = ()
    reports: int = 0
    known_until: str = ""
    seed: int = 0
    prior_digest: str = ""

    def __post_init__(self) -> None:
        if len(self.dates) != len(self.remaining):
            raise ModelError("forecast: one row of quantiles a date")
        if any(len(row) != len(self.level) for row in self.remaining):
            raise ModelError("forecast: one value a level")
        for item in self.bands:
            if len(item.values) != len(self.dates) or any(len(row) != len(self.level) for row in item.values):
                raise ModelError(f"forecast, {item.name} {item.group}: one value a date and level")

    def band(self, name: str, group: str = "everyone") -> tuple[tuple[float, ...], ...]:
        """
        One count of the forecast.

        Parameters
        ----------
        name, group : str
            As in `Bands`.

        Returns
        -------
        tuple of tuple of float
            For each date the value at each level.
        """
        return next(item.values for item in self.bands if (item.name, item.group) == (name, group))


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
