"""Policy: rules that people set and every plan obeys."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from safepassage.errors import ModelError
from safepassage.model.people import NeedCount
from safepassage.model.traffic import Walking


class ThreatKind(StrEnum):
    """Hostile threats make routes and times secret; natural ones make them public at once."""

    HOSTILE = "hostile"
    NATURAL = "natural"


class Audience(StrEnum):
    """Who may read an output; no writer defaults to the public."""

    COMMISSION = "commission"
    TEAM = "team"
    SETTLEMENT = "settlement"
    PUBLIC = "public"


class Objective(StrEnum):
    """What a plan of a surge makes as good as it can."""

    CLEARANCE = "clearance"
    MEAN_ARRIVAL = "mean_arrival"
    BEFORE_DEADLINE = "before_deadline"
    HARM = "harm"

    @classmethod
    def parse(cls, text: str) -> tuple[Objective, ...]:
        """
        Read ``"harm,clearance"``.

        Parameters
        ----------
        text : str
            Names, the most important first, joined by commas.

        Returns
        -------
        tuple of Objective
            Each once.

        Raises
        ------
        ModelError
            If a name is not known, comes twice, or none is given.
        """
        names = [name.strip() for name in text.split(",") if name.strip()]
        known = [objective.value for objective in cls]
        for name in names:
            if name not in known:
                raise ModelError(f"objective {name!r} is not known; give some of {', '.join(known)}")
        if not names or len(set(names)) != len(names):
            raise ModelError(f"objective {text!r}: give at least one name, and each once")
        return tuple(cls(name) for name in names)


class AlertRule(StrEnum):
    """What boarding and driving do while an alert holds in a zone."""

    IGNORE = "ignore"
    HOLD_BOARDING = "hold_boarding"
    HOLD_ALL = "hold_all"


@dataclass(frozen=True, slots=True)
class DailyWindow:
    """
    A time of day, possibly across midnight, in the scenario's time zone.

    Attributes
    ----------
    start_minute, end_minute : int
        Minutes after midnight, 0 to 1439, different from each other.
    """

    start_minute: int
    end_minute: int

    def __post_init__(self) -> None:
        for value in (self.start_minute, self.end_minute):
            if not 0 <= value < 1440:
                raise ModelError(f"a time of day is minute {value}; give 00:00 to 23:59")
        if self.start_minute == self.end_minute:
            raise ModelError("a daily window starts and ends at the same minute")

    @classmethod
    def parse(cls, text: str) -> DailyWindow:
        """
        Read ``"23:00-05:00"``.

        Parameters
        ----------
        text : str
            Two times of day joined by a hyphen.

        Returns
        -------
        DailyWindow
            The window.

        Raises
        ------
        ModelError
            Where the text is not of that form.
        """
        try:
            start, end = (part.strip().split(":") for part in text.split("-"))
            return cls(int(start[0]) * 60 + int(start[1]), int(end[0]) * 60 + int(end[1]))
        except (ValueError, IndexError) as error:
            raise ModelError(f'daily window {text!r}: write it as "23:00-05:00"') from error

    def __str__(self) -> str:
        minutes = (self.start_minute, self.end_minute)
        return "-".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in minutes)


@dataclass(frozen=True, slots=True)
class Boarding:
    """
    How long a stop of a vehicle takes.

    Attributes
    ----------
    stop_s : float
        Fixed time of a stop (parking, doors, counting), s.
    seat_s, wheelchair_s, stretcher_s : float
        Time to board one person of the need class, s; alighting takes half of it.
    """

    stop_s: float = 300.0
    seat_s: float = 10.0
    wheelchair_s: float = 180.0
    stretcher_s: float = 300.0

    def __post_init__(self) -> None:
        if min(self.stop_s, self.seat_s, self.wheelchair_s, self.stretcher_s) < 0:
            raise ModelError("boarding times must not be negative")

    def board_s(self, needs: NeedCount) -> float:
        """
        Time to take people on, without the fixed time of the stop.

        Parameters
        ----------
        needs : NeedCount
            Who boards.

        Returns
        -------
        float
            Seconds.
        """
        return (
            self.seat_s * needs.seats
            + self.wheelchair_s * needs.wheelchair
            + self.stretcher_s * needs.stretcher
        )

    def alight_s(self, needs: NeedCount) -> float:
        """
        Time to set people down, without the fixed time of the stop.

        Parameters
        ----------
        needs : NeedCount
            Who alights.

        Returns
        -------
        float
            Seconds, half of the time to board.
        """
        return 0.5 * self.board_s(needs)


@dataclass(frozen=True, slots=True)
class Policy:
    """
    Rules of the evacuation.

    Attributes
    ----------
    threat_kind : ThreatKind
        Decides what each audience may see.
    curfew : tuple of DailyWindow
        Nobody is on the road in these windows.
    alert_rule : AlertRule
        What an alert holds up.
    persons_per_car : float
        Mean occupancy used where a car household's size is not known.
    wave_grid_s : int
        Clock grid of wave starts (s).
    call_ahead_s : int
        How long before a bus leaves its passengers are called to the assembly point (s).
    drive_before_break_s, break_s : float
        A driver rests ``break_s`` after at most this much driving (s).
    boarding : Boarding
        Time vehicles stand at stops.
    walking : Walking
        How fast people walk to assembly points.
    objective : tuple of Objective
        What a plan makes as good as it can, the most important first.
    spare_capacity : float
        Share of every road's and gate's capacity that a plan leaves free for late comers, people who leave
        without being told to, and other traffic, 0 to less than 1.
    fork_free : bool
        At every junction all cars of the plan go the same way.
    """

    threat_kind: ThreatKind
    curfew: tuple[DailyWindow, ...] = ()
    alert_rule: AlertRule = AlertRule.HOLD_BOARDING
    persons_per_car: float = 2.5
    wave_grid_s: int = 600
    call_ahead_s: int = 1800
    drive_before_break_s: float = 4.5 * 3600
    break_s: float = 45.0 * 60
    boarding: Boarding = Boarding()
    walking: Walking = field(default_factory=Walking)
    objective: tuple[Objective, ...] = (Objective.CLEARANCE,)
    spare_capacity: float = 0.0
    fork_free: bool = False

    def __post_init__(self) -> None:
        if not self.persons_per_car >= 1:
            raise ModelError(f"persons_per_car is {self.persons_per_car}; give >= 1")
        if self.wave_grid_s < 1 or self.call_ahead_s < 0:
            raise ModelError("wave_grid_s must be positive and call_ahead_s not negative")
        if not (self.drive_before_break_s > 0 and self.break_s >= 0):
            raise ModelError("drive_before_break_s must be positive and break_s not negative")
        if not 0 <= self.spare_capacity < 1:
            raise ModelError(f"spare_capacity is {self.spare_capacity}; give 0 to less than 1")
        if not self.objective or len(set(self.objective)) != len(self.objective):
            raise ModelError("the objective needs at least one name, and each once")
