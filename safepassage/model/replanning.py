"""Making a plan anew halfway: what became known, and what changes for whom."""

from __future__ import annotations

from dataclasses import dataclass

from safepassage.errors import ModelError
from safepassage.model.people import PeopleCount


@dataclass(frozen=True, slots=True)
class DemandChange:
    """
    A settlement's people as they are known now, those already out included.

    Attributes
    ----------
    settlement : str
        Settlement id.
    people : PeopleCount
        All who have to leave or have left, by group.
    wheelchair, stretcher : int
        How many of them travel in a wheelchair or lying.
    """

    settlement: str
    people: PeopleCount
    wheelchair: int = 0
    stretcher: int = 0

    def __post_init__(self) -> None:
        if min(self.wheelchair, self.stretcher) < 0:
            raise ModelError(f"{self.settlement}: wheelchair and stretcher must not be negative")
        if self.wheelchair + self.stretcher > self.people.total:
            raise ModelError(f"{self.settlement}: more people in wheelchairs and lying than people")


@dataclass(frozen=True, slots=True)
class UnderWay:
    """
    What a new plan found under way and kept.

    Attributes
    ----------
    at_s : int
        When the plan was made anew (s).
    people_out : int
        Persons in safety by then.
    people_on_road : int
        Persons in cars and vehicles then.
    waves_kept, trips_kept : int
        Waves and trips that were announced, begun or done, and stay as they were.
    cars_diverted : int
        Cars on the road that are sent another way.
    trips_diverted : int
        Vehicles on the road that are sent another way or to another place.
    cars_turned_back : int
        Cars for which no way is left; their people wait at home.
    trips_broken_off : int
        Vehicles for which no way is left; their passengers wait where they got on.
    """

    at_s: int
    people_out: int
    people_on_road: int
    waves_kept: int
    trips_kept: int
    cars_diverted: int
    trips_diverted: int
    cars_turned_back: int
    trips_broken_off: int


@dataclass(frozen=True, slots=True)
class SettlementChange:
    """
    What a new plan changes for one settlement.

    Attributes
    ----------
    settlement : str
        Settlement id.
    safe_before, safe_after : int
        Persons in safety at the end, as each plan plays.
    cars_next_before_s, cars_next_after_s : float
        When the next cars leave, counted from the moment of the new plan (s); NaN where none do.
    vehicles_next_before_s, vehicles_next_after_s : float
        When the next vehicle leaves with people of the settlement (s); NaN where none does.
    last_before_s, last_after_s : float
        Played arrival of the last in safety (s); NaN where nobody arrives.
    destinations_before, destinations_after : tuple of str
        Site ids.
    other_roads : bool
        Whether cars that leave from now on take other roads.
    """

    settlement: str
    safe_before: int
    safe_after: int
    cars_next_before_s: float
    cars_next_after_s: float
    vehicles_next_before_s: float
    vehicles_next_after_s: float
    last_before_s: float
    last_after_s: float
    destinations_before: tuple[str, ...]
    destinations_after: tuple[str, ...]
    other_roads: bool
