"""What the fleet bound is about: people at stops, vehicles, ways and services as plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from safepassage.errors import ModelError
from safepassage.model.arrays import FlagArray, FloatArray, OffsetArray, frozen_array
from safepassage.model.people import NeedClass
from safepassage.model.policy import Boarding

NEEDS = tuple(NeedClass)


@dataclass(frozen=True, slots=True, eq=False)
class FleetGroup:
    """
    Alike vehicles of one depot.

    Attributes
    ----------
    count : int
        Vehicles.
    seats, wheelchair_places, stretcher_places : int
        Places in one vehicle.
    depot_to_stop_s : float64[n_stops]
        Free-flow time from the depot to each stop (s); ``inf`` where there is no way.
    available_from_s : float
        When the vehicles may leave the depot (s since the start).
    crew_hours : float
        Longest duty, counted from then (h).
    """

    count: int
    seats: int
    wheelchair_places: int
    stretcher_places: int
    depot_to_stop_s: FloatArray
    available_from_s: float = 0.0
    crew_hours: float = np.inf

    def __post_init__(self) -> None:
        object.__setattr__(self, "depot_to_stop_s", frozen_array(self.depot_to_stop_s, np.float64))
        if self.count < 0 or min(self.seats, self.wheelchair_places, self.stretcher_places) < 0:
            raise ModelError("a fleet group has a negative number of vehicles or places; give numbers >= 0")
        if not (self.available_from_s >= 0 and self.crew_hours > 0):
            raise ModelError(
                "a fleet group has no time to work; give available_from_s >= 0 and crew_hours > 0"
            )

    def places(self, need: NeedClass) -> int:
        """Places for a need class in one vehicle; a carer takes a seat."""
        if need == NeedClass.WHEELCHAIR:
            return self.wheelchair_places
        return self.stretcher_places if need == NeedClass.STRETCHER else self.seats


@dataclass(frozen=True, slots=True, eq=False)
class FleetService:
    """
    A scheduled service to safety, such as a train, which vehicles can bring people to.

    Attributes
    ----------
    depart_s, arrive_s : float64[n_runs]
        When each run leaves the station and when its passengers are safe (s since the start).
    seats, wheelchair_places, stretcher_places : int
        Places in one run.
    stop_to_station_s : float64[n_stops]
        Free-flow time from each stop (s); ``inf`` where there is no way.
    station_to_stop_s : float64[n_stops]
        Free-flow time back (s).
    walking_stop : tuple of int
        Stops from which people reach the station on foot, without a vehicle.
    waiting_cap_persons : float
        Most persons set down by vehicles who may wait at the station at one time.
    """

    depart_s: FloatArray
    arrive_s: FloatArray
    seats: int
    wheelchair_places: int
    stretcher_places: int
    stop_to_station_s: FloatArray
    station_to_stop_s: FloatArray
    walking_stop: tuple[int, ...] = ()
    waiting_cap_persons: float = np.inf

    def __post_init__(self) -> None:
        for name in ("depart_s", "arrive_s", "stop_to_station_s", "station_to_stop_s"):
            object.__setattr__(self, name, frozen_array(getattr(self, name), np.float64))
        if self.depart_s.shape != self.arrive_s.shape or (self.arrive_s < self.depart_s).any():
            raise ModelError(
                "a scheduled service arrives before it leaves; give one later arrival a departure"
            )

    def places(self, need: NeedClass) -> int:
        """Places for a need class in one run; a carer takes a seat."""
        if need == NeedClass.WHEELCHAIR:
            return self.wheelchair_places
        return self.stretcher_places if need == NeedClass.STRETCHER else self.seats


@dataclass(frozen=True, slots=True, eq=False)
class FleetTask:
    """
    What the fleet has to do, as plain numbers.

    Attributes
    ----------
    people : int64[n_stops, 4]
        Persons at each stop by need class, in the order of `NeedClass`.
    groups : tuple of FleetGroup
        Vehicles.
    stop_to_destination_s : float64[n_stops, n_destinations]
        Free-flow time to each safe place (s); ``inf`` where there is no way.
    destination_to_stop_s : float64[n_destinations, n_stops]
        Free-flow time back (s).
    destination_takes : bool[n_destinations, 4]
        Which need classes each safe place takes in; all by default.
    services : tuple of FleetService
        Scheduled runs to safety.
    boarding : Boarding
        Time vehicles stand at stops.
    drive_before_break_s, break_s : float
        A driver rests ``break_s`` after at most that much driving.
    open_windows : sequence of (start_s, end_s), optional
        Times in which vehicles may be on the road; always by default.

    Notes
    -----
    Times must be shortest times on one road network: a detour through another place is never faster.
    """

    people: OffsetArray
    groups: tuple[FleetGroup, ...]
    stop_to_destination_s: FloatArray
    destination_to_stop_s: FloatArray
    destination_takes: FlagArray = field(default_factory=lambda: np.zeros((0, len(NEEDS)), np.bool_))
    services: tuple[FleetService, ...] = ()
    boarding: Boarding = field(default_factory=Boarding)
    drive_before_break_s: float = np.inf
    break_s: float = 0.0
    open_windows: Sequence[tuple[float, float]] | None = None

    def __post_init__(self) -> None:
        for name in ("stop_to_destination_s", "destination_to_stop_s"):
            object.__setattr__(self, name, frozen_array(getattr(self, name), np.float64))
        object.__setattr__(self, "people", frozen_array(self.people, np.int64))
        takes = self.destination_takes
        if not len(takes):
            takes = np.ones((self.stop_to_destination_s.shape[1], len(NEEDS)), np.bool_)
        object.__setattr__(self, "destination_takes", frozen_array(takes, np.bool_))
        _check_task(self)

    @property
    def n_stops(self) -> int:
        """Number of stops."""
        return len(self.people)


def _check_task(task: FleetTask) -> None:
    n_destinations = task.stop_to_destination_s.shape[1]
    shapes: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
        "people": (task.people.shape, (task.n_stops, len(NEEDS))),
        "stop_to_destination_s": (task.stop_to_destination_s.shape, (task.n_stops, n_destinations)),
        "destination_to_stop_s": (task.destination_to_stop_s.shape, (n_destinations, task.n_stops)),
        "destination_takes": (task.destination_takes.shape, (n_destinations, len(NEEDS))),
    }
    for number, group in enumerate(task.groups):
        shapes[f"groups[{number}].depot_to_stop_s"] = (group.depot_to_stop_s.shape, (task.n_stops,))
    for number, service in enumerate(task.services):
        shapes[f"services[{number}].stop_to_station_s"] = (service.stop_to_station_s.shape, (task.n_stops,))
        shapes[f"services[{number}].station_to_stop_s"] = (service.station_to_stop_s.shape, (task.n_stops,))
    for name, (found, needed) in shapes.items():
        if found != needed:
            raise ModelError(f"{name} has the shape {found}; give {needed}")
    if (task.people < 0).any():
        raise ModelError("people holds a negative number; give counts of persons")
    if not (task.drive_before_break_s > 0 and task.break_s >= 0):
        raise ModelError("drive_before_break_s must be positive and break_s not negative")
