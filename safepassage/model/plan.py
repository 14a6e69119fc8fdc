"""The plan: who goes when, by which road and vehicle, who cannot be served, and how good it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from safepassage.errors import ModelError
from safepassage.model.people import NeedCount, PeopleCount
from safepassage.model.policy import Audience

PLAN_SCHEMA_VERSION = 1


class Mode(StrEnum):
    """How people travel."""

    CAR = "car"
    FLEET = "fleet"
    SERVICE = "service"


class ReasonCode(StrEnum):
    """Why somebody could not be served."""

    NO_ROAD = "no_road"
    NO_DESTINATION = "no_destination"
    NO_BEDS = "no_beds"
    NO_VEHICLE = "no_suitable_vehicle"
    NO_ASSEMBLY_POINT = "no_assembly_point"
    NOT_ACCESSIBLE = "not_accessible"
    OUT_OF_TIME = "out_of_time"
    WAITING_CAP = "waiting_cap"
    FORBIDDEN_BY_PIN = "forbidden_by_pin"


class PinAction(StrEnum):
    """What a person told the planner."""

    FORCE = "force"
    FORBID = "forbid"


class PinKind(StrEnum):
    """What a pin is about."""

    ROAD = "road"
    ROUTE = "route"
    DESTINATION = "destination"
    WAVE = "wave"
    VEHICLE = "vehicle"


@dataclass(frozen=True, slots=True)
class Pin:
    """
    A decision of a person that the planner obeys.

    Attributes
    ----------
    id : str
        Unique id.
    action : PinAction
        Force or forbid.
    kind : PinKind
        What it is about.
    subject : str
        Id of the link (road) or settlement (route, destination, wave) or vehicle.
    value : str
        Links joined by spaces (route), site id (destination), start in seconds (wave), settlement or
        site id (vehicle); empty for a road.
    reason, author : str
        Why, and who decided.
    """

    id: str
    action: PinAction
    kind: PinKind
    subject: str
    value: str = ""
    reason: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """
    The road from one settlement to one destination.

    Attributes
    ----------
    id, settlement, destination : str
        Own id, settlement id, site id.
    links : tuple of str
        Link ids in driving order.
    length_m, free_flow_s : float
        Length (m) and free-flow time (s).
    """

    id: str
    settlement: str
    destination: str
    links: tuple[str, ...]
    length_m: float
    free_flow_s: float


@dataclass(frozen=True, slots=True)
class Wave:
    """
    Cars of a settlement that leave between two times of the clock.

    Attributes
    ----------
    id, settlement, route : str
        Own id, settlement id, route id.
    start_s, end_s : int
        The vehicles leave evenly from ``start_s`` on, the last before ``end_s`` (s).
    vehicles : int
        Cars.
    households : int
        Whole households.
    people : PeopleCount
        Persons in those cars.
    """

    id: str
    settlement: str
    route: str
    start_s: int
    end_s: int
    vehicles: int
    households: int
    people: PeopleCount

    def __post_init__(self) -> None:
        if not (self.end_s > self.start_s >= 0 and self.vehicles > 0):
            raise ModelError(f"wave {self.id}: needs vehicles and an end after its start")

    def departures_s(self) -> tuple[float, ...]:
        """Departure of each car (s), evenly spread over the wave."""
        spacing = (self.end_s - self.start_s) / self.vehicles
        return tuple(self.start_s + spacing * k for k in range(self.vehicles))


@dataclass(frozen=True, slots=True)
class AlikeParties:
    """
    Households, or parts of households too large for any vehicle, with the same members.

    Attributes
    ----------
    count : int
        How many there are.
    households : int
        1 for each; 0 for the further parts of a household that travels in several vehicles.
    people : PeopleCount
        Members of one of them, by group.
    needs : NeedCount
        The same by need class.
    """

    count: int
    households: int
    people: PeopleCount
    needs: NeedCount


@dataclass(frozen=True, slots=True)
class Load:
    """
    People of one settlement who board or alight together.

    Attributes
    ----------
    settlement : str
        Where they live.
    households : int
        Whole households.
    people : PeopleCount
        By group.
    needs : NeedCount
        By need class; the totals agree.
    parties : tuple of AlikeParties
        Who they are; empty where it is not told.
    """

    settlement: str
    households: int
    people: PeopleCount
    needs: NeedCount
    parties: tuple[AlikeParties, ...] = ()

    def __post_init__(self) -> None:
        if self.people.total != self.needs.total or self.people.total == 0:
            raise ModelError(f"load of {self.settlement}: groups and needs differ, or nobody is in it")
        if self.parties:
            people = sum((part.people.times(part.count) for part in self.parties), PeopleCount())
            needs = sum((part.needs.times(part.count) for part in self.parties), NeedCount())
            if (people, needs) != (self.people, self.needs):
                raise ModelError(f"load of {self.settlement}: its parties do not sum to its people")


@dataclass(frozen=True, slots=True)
class Leg:
    """
    A stop of a trip and the way to it.

    Attributes
    ----------
    site : str
        Site id of the stop.
    links : tuple of str
        Links driven from the previous stop; empty for the first stop, a rail leg, or the same place.
    arrive_s, depart_s : int
        Planned times at the stop (s); the last stop departs when it is done.
    board, alight : tuple of Load
        Who gets on and off.
    rest_s : int
        Break of the crew included in the stop (s).
    """

    site: str
    links: tuple[str, ...]
    arrive_s: int
    depart_s: int
    board: tuple[Load, ...] = ()
    alight: tuple[Load, ...] = ()
    rest_s: int = 0

    def __post_init__(self) -> None:
        if self.depart_s < self.arrive_s:
            raise ModelError(f"leg at {self.site}: departs at {self.depart_s} s before it arrives")


@dataclass(frozen=True, slots=True)
class Trip:
    """
    One loaded journey of a vehicle, from where it stood to where its passengers get off.

    Attributes
    ----------
    id, vehicle, agency : str
        Own id, vehicle id (or the service's id), who runs it.
    mode : Mode
        ``fleet`` or ``service``.
    pcu : int
        Passenger-car units on the road.
    escorted : bool
        Under police escort.
    legs : tuple of Leg
        Two or more stops in order; everyone who boards alights.
    release_at_s : int or None
        When its route may be made known; None means never.
    """

    id: str
    vehicle: str
    agency: str
    mode: Mode
    pcu: int
    escorted: bool
    legs: tuple[Leg, ...]
    release_at_s: int | None = None

    def __post_init__(self) -> None:
        boarded = sum(load.people.total for leg in self.legs for load in leg.board)
        alighted = sum(load.people.total for leg in self.legs for load in leg.alight)
        if boarded != alighted:
            raise ModelError(f"trip {self.id}: {boarded} board but {alighted} alight")

    @property
    def people(self) -> int:
        """Persons carried."""
        return sum(load.people.total for leg in self.legs for load in leg.board)


@dataclass(frozen=True, slots=True)
class Assignment:
    """
    How the people of a settlement who go one way go.

    Attributes
    ----------
    settlement : str
        Settlement id.
    mode : Mode
        Car, fleet or scheduled service.
    destination : str
        Site where they end up.
    via : str
        Hub or station on the way; empty where they go straight.
    assembly_point : str
        Where those without a car gather; empty for cars.
    people : PeopleCount
        By group.
    needs : NeedCount
        By need class.
    households : int
        Whole households.
    """

    settlement: str
    mode: Mode
    destination: str
    via: str
    assembly_point: str
    people: PeopleCount
    needs: NeedCount
    households: int


@dataclass(frozen=True, slots=True)
class Unserved:
    """
    People the plan does not bring out, and why.

    Attributes
    ----------
    settlement : str
        Settlement id.
    people : PeopleCount
        By group.
    needs : NeedCount
        By need class.
    households : int
        Whole households.
    reason_code : ReasonCode
        Why.
    detail : str
        In words, with what would help.
    nobody_could : bool
        True where the bound shows that no plan at all could serve them.
    """

    settlement: str
    people: PeopleCount
    needs: NeedCount
    households: int
    reason_code: ReasonCode
    detail: str
    nobody_could: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """
    A turn that the plan's vehicles make at a junction.

    Attributes
    ----------
    from_link, to_link : str
        Link ids.
    vehicles : int
        Vehicles that make it in all.
    """

    from_link: str
    to_link: str
    vehicles: int


@dataclass(frozen=True, slots=True)
class ControlPoint:
    """
    Where an officer stands.

    Attributes
    ----------
    node : str
        Node id.
    reason : str
        ``checkpoint``, ``crossing`` or ``junction``.
    route_count : int
        Routes that pass.
    vehicles : int
        Vehicles that pass in all.
    from_s, until_s : int
        When they pass (s).
    turns : tuple of Turn
        Where the officer waves them on to, most vehicles first.
    closed_links : tuple of str
        Links from here that no vehicle of the plan takes; nobody is let into them.
    """

    node: str
    reason: str
    route_count: int
    vehicles: int
    from_s: int
    until_s: int
    turns: tuple[Turn, ...] = ()
    closed_links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounded:
    """
    A time the plan achieves, and the time no plan can beat.

    Attributes
    ----------
    name : str
        ``all``, ``cars``, ``fleet`` or ``fleet_`` and a need class.
    people : int
        Persons it is about.
    bound_s : float
        No plan brings the last of them out before this (s since the scenario's start).
    value_s : float
        The simulated time of this plan (s).
    binding : str
        What limits, in words.
    """

    name: str
    people: int
    bound_s: float
    value_s: float
    binding: str

    @property
    def gap_s(self) -> float:
        """How far the plan may be from the best (s)."""
        return self.value_s - self.bound_s

    @property
    def gap_percent(self) -> float:
        """The same in per cent of the bound."""
        return 100.0 * self.gap_s / self.bound_s if self.bound_s > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """
    What a plan achieves by one objective, and what no plan can better.

    Attributes
    ----------
    name : str
        The objective: ``mean_arrival``, ``before_deadline`` or ``harm``.
    unit : str
        ``s``, ``persons`` too late, or expected ``casualties``.
    people : int
        Persons it is about.
    bound : float
        No plan does better; NaN where none was computed.
    value : float
        Played value of this plan.
    """

    name: str
    unit: str
    people: int
    bound: float
    value: float

    @property
    def gap_percent(self) -> float:
        """How far the plan may be from the best, in per cent of the bound."""
        return 100.0 * (self.value - self.bound) / self.bound if self.bound > 0 else 0.0


@dataclass(frozen=True, slots=True)
class NaiveComparison:
    """
    What happens if everyone goes at once by the nearest way and buses run straight to reception.

    Attributes
    ----------
    description : str
        The baseline in words.
    clearance_s, cars_clearance_s, fleet_clearance_s, mean_arrival_s : float
        Simulated times (s).
    people_served : int
        Persons it brings out within the horizon.
    nearest_way_is_best : bool
        True where the plan's cars gain nothing over the nearest way all at once.
    """

    description: str
    clearance_s: float
    cars_clearance_s: float
    fleet_clearance_s: float
    mean_arrival_s: float
    people_served: int
    nearest_way_is_best: bool


@dataclass(frozen=True, slots=True)
class Certificate:
    """
    How good the plan is, with everything needed to check it.

    Attributes
    ----------
    objective : str
        What was minimised.
    people_total, people_served, people_unserved : int
        Persons in scope; the first is the sum of the other two.
    clearance : tuple of Bounded
        All people, cars and fleet, and the fleet by need class.
    bound_parts : tuple of (str, float)
        Each valid bound that was computed and its value (s); the largest counts.
    mean_arrival_s : float
        Mean time of reaching safety over those served (s).
    naive : NaiveComparison
        The baseline, played in the same simulator.
    assumptions : tuple of str
        Ids of the scenario's assumptions the numbers rest on.
    statements : tuple of str
        What the certificate says in plain words.
    versions : tuple of (str, str)
        Program and solver versions.
    seed : int
        Seed used.
    input_hash : str
        SHA-256 of the scenario.
    work_budget : tuple of (str, int)
        Iterations allowed and used, which reproduce the plan.
    measures : tuple of Measured
        The plan by other objectives than clearance, for people in cars.
    prices : tuple of (str, float)
        What each simplicity costs the cars' clearance (s): ``routes`` for few routes a settlement,
        ``waves`` for waves on the clock and whole cars.
    compared : tuple of (str, float, float)
        Best played clearance and mean arrival (s) of cars that leave ``staged`` or ``at_once``, ``guided``
        by the plan's routes or by the ``nearest`` way.
    stopped_early : bool
        True where somebody stopped the search; the best plan so far was kept.
    """

    objective: str
    people_total: int
    people_served: int
    people_unserved: int
    clearance: tuple[Bounded, ...]
    bound_parts: tuple[tuple[str, float], ...]
    mean_arrival_s: float
    naive: NaiveComparison
    assumptions: tuple[str, ...]
    statements: tuple[str, ...]
    versions: tuple[tuple[str, str], ...]
    seed: int
    input_hash: str
    work_budget: tuple[tuple[str, int], ...]
    measures: tuple[Measured, ...] = ()
    prices: tuple[tuple[str, float], ...] = ()
    compared: tuple[tuple[str, float, float], ...] = ()
    stopped_early: bool = False

    def __post_init__(self) -> None:
        if self.people_total != self.people_served + self.people_unserved:
            raise ModelError(
                f"certificate: {self.people_total} people in, {self.people_served} served and"
                f" {self.people_unserved} not; they must add up"
            )

    def bounded(self, name: str) -> Bounded | None:
        """
        The entry of ``clearance`` with a name.

        Parameters
        ----------
        name : str
            Such as ``all`` or ``fleet``.

        Returns
        -------
        Bounded or None
            None where nobody is concerned.
        """
        return next((item for item in self.clearance if item.name == name), None)


@dataclass(frozen=True, slots=True)
class Plan:
    """
    A plan that people can follow.

    Attributes
    ----------
    id : str
        Made of the scenario id, the input hash and the seed.
    revision : int
        Counted from 1.
    supersedes : str
        Id of the plan it replaces; empty for the first.
    scenario_id, scenario_hash, start, time_zone : str
        What it was made for; ``start`` is ISO 8601 with zone and is time zero of every ``_s`` field.
    audience : Audience
        Who may read it.
    release_at_s : int or None
        When it may be released; None means not yet decided.
    exercise : bool
        True while any link is schematic.
    routes, waves, trips, assignments, unserved, control_points, pins
        The parts.
    certificate : Certificate or None
        How good it is; None for a draft that was not played yet, a baseline or a plan made by hand.
    schema_version : int
        Of this document.
    """

    id: str
    revision: int
    supersedes: str
    scenario_id: str
    scenario_hash: str
    start: str
    time_zone: str
    audience: Audience
    release_at_s: int | None
    exercise: bool
    routes: tuple[Route, ...]
    waves: tuple[Wave, ...]
    trips: tuple[Trip, ...]
    assignments: tuple[Assignment, ...]
    unserved: tuple[Unserved, ...]
    control_points: tuple[ControlPoint, ...]
    pins: tuple[Pin, ...]
    certificate: Certificate | None = None
    schema_version: int = PLAN_SCHEMA_VERSION

    def __post_init__(self) -> None:
        if self.certificate is None:
            return
        served = sum(part.people.total for part in self.assignments)
        unserved = sum(part.people.total for part in self.unserved)
        if (served, unserved) != (self.certificate.people_served, self.certificate.people_unserved):
            raise ModelError(
                f"plan {self.id}: assignments hold {served} people and unserved {unserved}; the"
                f" certificate says {self.certificate.people_served} and"
                f" {self.certificate.people_unserved}"
            )
