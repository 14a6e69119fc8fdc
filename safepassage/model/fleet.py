"""The fleet: groups of alike vehicles, and trains and buses that run to a timetable."""

from __future__ import annotations

from dataclasses import dataclass

from safepassage.errors import ModelError


@dataclass(frozen=True, slots=True)
class VehicleGroup:
    """
    Vehicles of one agency that are alike.

    Attributes
    ----------
    id : str
        Unique id; vehicle ``k`` of the group is ``{id}-{k:02d}``, counted from 1.
    kind : str
        Such as ``bus``, ``minibus``, ``wheelchair_van``, ``ambulance``, ``boat``.
    agency : str
        Who runs them.
    count : int
        Vehicles, >= 1.
    seats, wheelchair_places, stretcher_places : int
        Places in one vehicle.
    pcu : int
        Passenger-car units of one vehicle on the road.
    depot : str
        Id of the site where they stand at the start.
    available_from_s : float
        When they are ready at the depot (s since the scenario's start).
    crew_hours : float
        Longest duty of a vehicle's crew or crews (h).
    escorted : bool
        Goes under police escort: passes checkpoints without being held.
    """

    id: str
    kind: str
    agency: str
    count: int
    seats: int
    wheelchair_places: int
    stretcher_places: int
    pcu: int
    depot: str
    available_from_s: float = 0.0
    crew_hours: float = 24.0
    escorted: bool = False

    def __post_init__(self) -> None:
        if self.count < 1 or self.pcu < 1:
            raise ModelError(f"vehicle group {self.id}: count and pcu must be at least 1")
        if min(self.seats, self.wheelchair_places, self.stretcher_places) < 0:
            raise ModelError(f"vehicle group {self.id}: places must not be negative")
        if self.seats + self.wheelchair_places + self.stretcher_places == 0:
            raise ModelError(f"vehicle group {self.id}: carries nobody; give it places")
        if not (self.available_from_s >= 0 and self.crew_hours > 0):
            raise ModelError(f"vehicle group {self.id}: give times >= 0 and crew_hours > 0")

    def vehicle_ids(self) -> tuple[str, ...]:
        """Ids of the group's vehicles, in order."""
        return tuple(f"{self.id}-{k:02d}" for k in range(1, self.count + 1))


@dataclass(frozen=True, slots=True)
class ScheduledService:
    """
    A train, ferry or bus that runs to a timetable, off the modelled roads.

    Attributes
    ----------
    id : str
        Unique id.
    mode : str
        ``rail``, ``ferry`` or ``bus``.
    operator : str
        Who runs it.
    from_site, to_site : str
        Ids of the sites it joins.
    departs_s : tuple of float
        Departures (s since the scenario's start), ascending.
    travel_time_s : float
        Journey time (s), positive.
    seats, wheelchair_places, stretcher_places : int
        Places in one run.
    """

    id: str
    mode: str
    operator: str
    from_site: str
    to_site: str
    departs_s: tuple[float, ...]
    travel_time_s: float
    seats: int
    wheelchair_places: int = 0
    stretcher_places: int = 0

    def __post_init__(self) -> None:
        if not self.departs_s or list(self.departs_s) != sorted(self.departs_s):
            raise ModelError(f"service {self.id}: give departures in ascending order")
        if not self.travel_time_s > 0:
            raise ModelError(f"service {self.id}: travel_time_s must be positive")
        if min(self.seats, self.wheelchair_places, self.stretcher_places) < 0:
            raise ModelError(f"service {self.id}: places must not be negative")
