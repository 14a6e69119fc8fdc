"""The outcome: what happened when a plan was played in the simulator."""

from __future__ import annotations

from dataclasses import dataclass

from safepassage.errors import ModelError

OUTCOME_SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Curve:
    """
    People out over time, a step curve.

    Attributes
    ----------
    name : str
        ``all``, ``cars``, ``fleet`` or ``received`` (at a place that takes them in, not only safe).
    times_s : tuple of int
        Ascending (s).
    people : tuple of int
        Cumulative persons from each time on.
    """

    name: str
    times_s: tuple[int, ...]
    people: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.times_s) != len(self.people):
            raise ModelError(f"curve {self.name}: times and people differ in length")
        if list(self.times_s) != sorted(self.times_s) or list(self.people) != sorted(self.people):
            raise ModelError(f"curve {self.name}: times and people must not fall")


@dataclass(frozen=True, slots=True)
class SettlementOutcome:
    """
    Where the people of a settlement are at the end.

    Attributes
    ----------
    settlement : str
        Settlement id.
    people : int
        Persons at the start; the sum of the next three.
    safe, on_the_way, at_home : int
        Persons out of danger, on the road or waiting at a stop, and still at home.
    first_departure_s, last_arrival_s : float
        NaN where nobody left or arrived.
    mean_arrival_s : float
        Over those safe; NaN where nobody is.
    """

    settlement: str
    people: int
    safe: int
    on_the_way: int
    at_home: int
    first_departure_s: float
    last_arrival_s: float
    mean_arrival_s: float

    def __post_init__(self) -> None:
        if self.people != self.safe + self.on_the_way + self.at_home:
            raise ModelError(f"settlement {self.settlement}: people in differ from people out")


@dataclass(frozen=True, slots=True)
class TripOutcome:
    """
    How a trip went.

    Attributes
    ----------
    trip, vehicle : str
        Ids.
    arrive_s, depart_s : tuple of float
        Simulated times at each stop (s); NaN where it was not reached.
    """

    trip: str
    vehicle: str
    arrive_s: tuple[float, ...]
    depart_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LinkUse:
    """
    Vehicles on one link over time, for the map.

    Attributes
    ----------
    link : str
        Link id.
    vehicles : tuple of int
        Vehicles on the link in each time bin.
    delay_s : float
        Sum of the delays on the link over free flow (vehicle s).
    entered : int
        Vehicles that entered in all.
    """

    link: str
    vehicles: tuple[int, ...]
    delay_s: float
    entered: int


@dataclass(frozen=True, slots=True)
class StuckPlace:
    """
    Vehicles that could move no more, at one place.

    Attributes
    ----------
    link : str
        Link id.
    on_road, at_origin : int
        Vehicles that stand on the link, and that never got onto it.
    """

    link: str
    on_road: int
    at_origin: int


@dataclass(frozen=True, slots=True)
class Ring:
    """
    Full links whose first vehicles all wait for each other.

    Attributes
    ----------
    links : tuple of str
        Link ids in driving order.
    since_s : float
        When it closed (s).
    """

    links: tuple[str, ...]
    since_s: float


@dataclass(frozen=True, slots=True)
class WalkOutcome:
    """
    The ways on foot of one settlement's people to one assembly point.

    Attributes
    ----------
    site, settlement : str
        Where they gather and where they live.
    people : int
        Persons who walked; people of low mobility are brought and not counted here.
    distance_m : float
        Mean way (m).
    longest_s : float
        Longest time on foot (s).
    person_s : float
        Time on foot of all of them (person s).
    """

    site: str
    settlement: str
    people: int
    distance_m: float
    longest_s: float
    person_s: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    A played plan.

    Attributes
    ----------
    plan_id, scenario_hash : str
        What was played.
    seed : int
        Seed used.
    people, safe, on_the_way, at_home : int
        Persons of the whole scope; the first is the sum of the others.
    clearance_s, cars_clearance_s, fleet_clearance_s : float
        When the last person (by car, by fleet) reached safety; NaN where nobody travelled so.
    received_s : float
        When the last person reached a place that takes people in.
    mean_arrival_s : float
        Over those safe.
    stuck_vehicles : int
        Vehicles that could move no more.
    stuck_links : tuple of str
        Where they stand.
    curves : tuple of Curve
        People out over time.
    settlements : tuple of SettlementOutcome
        In scenario order, those in scope.
    trips : tuple of TripOutcome
        In plan order.
    bin_s : int
        Width of the time bins of ``links`` (s).
    links : tuple of LinkUse
        Links that carried anybody.
    waiting_peak : tuple of (str, int)
        Site id and the most persons who waited there at once.
    digest : str
        SHA-256 of all integer times; equal for equal runs.
    stuck : tuple of StuckPlace
        How many vehicles are stuck where, background traffic among them.
    gridlocks : tuple of Ring
        Rings of full links that block each other.
    diverted_vehicles, turned_away_vehicles : int
        Vehicles that found a site full and ended elsewhere, and that found the last one full.
    background_vehicles, background_arrived : int
        Vehicles of background traffic in all, and of them those that ended; they carry nobody counted here.
    walks : tuple of WalkOutcome
        Ways on foot that were counted.
    schema_version : int
        Of this document.
    """

    plan_id: str
    scenario_hash: str
    seed: int
    people: int
    safe: int
    on_the_way: int
    at_home: int
    clearance_s: float
    cars_clearance_s: float
    fleet_clearance_s: float
    received_s: float
    mean_arrival_s: float
    stuck_vehicles: int
    stuck_links: tuple[str, ...]
    curves: tuple[Curve, ...]
    settlements: tuple[SettlementOutcome, ...]
    trips: tuple[TripOutcome, ...]
    bin_s: int
    links: tuple[LinkUse, ...]
    waiting_peak: tuple[tuple[str, int], ...]
    digest: str
    stuck: tuple[StuckPlace, ...] = ()
    gridlocks: tuple[Ring, ...] = ()
    diverted_vehicles: int = 0
    turned_away_vehicles: int = 0
    background_vehicles: int = 0
    background_arrived: int = 0
    walks: tuple[WalkOutcome, ...] = ()
    schema_version: int = OUTCOME_SCHEMA_VERSION

    def __post_init__(self) -> None:
        if self.people != self.safe + self.on_the_way + self.at_home:
            raise ModelError(f"outcome of {self.plan_id}: people in differ from people out")

    def curve(self, name: str) -> Curve | None:
        """
        The curve with a name.

        Parameters
        ----------
        name : str
            Such as ``all``.

        Returns
        -------
        Curve or None
            None where it was not drawn.
        """
        return next((curve for curve in self.curves if curve.name == name), None)
