"""Requests for help, trips with their seats, crews in the field, stops and sites."""

from __future__ import annotations

from dataclasses import dataclass

from safepassage.model.ledger import RequestState, TripState
from safepassage.model.people import NeedClass


@dataclass(frozen=True, slots=True)
class HelpRequest:
    """
    A call for help.

    Attributes
    ----------
    id, settlement, household : str
        Own id, settlement id, household id or empty.
    seat, wheelchair, stretcher, carer : int
        Persons by what they need of a vehicle.
    state : RequestState
        Where it stands.
    channel : str
        How it came.
    received_ms : int
        When it came (ms since 1970).
    verified_by : str
        ``call_back``, ``second_source`` or empty.
    agency, trip : str
        Who fetches them and with which trip, or empty.
    same_as : str
        Request of which this is a duplicate, or empty.
    reason : str
        Why it failed, or empty.
    secrets : tuple of (str, str)
        Sealed fields and where their text is kept.
    last_event : str
        Event that changed the record last.
    """

    id: str
    settlement: str
    household: str
    seat: int
    wheelchair: int
    stretcher: int
    carer: int
    state: RequestState
    channel: str
    received_ms: int
    verified_by: str = ""
    agency: str = ""
    trip: str = ""
    same_as: str = ""
    reason: str = ""
    secrets: tuple[tuple[str, str], ...] = ()
    last_event: str = ""


@dataclass(frozen=True, slots=True)
class Seat:
    """
    One place of a trip.

    Attributes
    ----------
    person : str
        Person id.
    need : NeedClass
        Class of the place.
    boarded : bool
        The person is on board.
    outcome : str
        How the person was accounted for after departure; empty until then.
    place : str
        Site where that was, or empty.
    """

    person: str
    need: NeedClass
    boarded: bool = False
    outcome: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Trip:
    """
    One run of a vehicle.

    Attributes
    ----------
    id, agency, vehicle, driver : str
        Own id, agency id, vehicle id, user name of the driver.
    seats, wheelchairs, stretchers : int
        Places by class.
    state : TripState
        Where it stands.
    destination : str
        Site id.
    route : tuple of str
        Stops in driving order.
    departs_ms : int
        Planned departure (ms since 1970).
    release_at_ms : int or None
        From when the route may be shown beyond the dispatchers; None is never.
    escorted : bool
        Goes under escort.
    manifest : tuple of Seat
        Places given, by person id.
    manifest_number : str
        Set when departure freezes the manifest.
    last_event : str
        Event that changed the record last.
    """

    id: str
    agency: str
    vehicle: str
    driver: str
    seats: int
    wheelchairs: int
    stretchers: int
    state: TripState
    destination: str
    route: tuple[str, ...]
    departs_ms: int
    release_at_ms: int | None = None
    escorted: bool = False
    manifest: tuple[Seat, ...] = ()
    manifest_number: str = ""
    last_event: str = ""

    def seat_of(self, person: str) -> Seat | None:
        """Place that a person holds."""
        return next((seat for seat in self.manifest if seat.person == person), None)

    def has_room(self, need: NeedClass) -> bool:
        """True where one more person of a class finds a place."""
        taken = [seat.need for seat in self.manifest]
        if need is NeedClass.WHEELCHAIR:
            return taken.count(need) < self.wheelchairs
        if need is NeedClass.STRETCHER:
            return taken.count(need) < self.stretchers
        return taken.count(NeedClass.SEAT) + taken.count(NeedClass.CARER) < self.seats

    @property
    def unaccounted(self) -> tuple[str, ...]:
        """Persons who boarded and were not seen since."""
        return tuple(seat.person for seat in self.manifest if seat.boarded and not seat.outcome)


@dataclass(frozen=True, slots=True)
class Crew:
    """
    People who are out in the field and must be heard of.

    Attributes
    ----------
    id, agency, request : str
        Own id, agency id, request they went for or empty.
    due_ms : int
        When they must check in next (ms since 1970).
    out : bool
        Still out.
    last_event : str
        Event that changed the record last.
    """

    id: str
    agency: str
    request: str
    due_ms: int
    out: bool
    last_event: str = ""

    def is_overdue(self, now_ms: int) -> bool:
        """True where the crew should have been heard of by now."""
        return self.out and now_ms > self.due_ms


@dataclass(frozen=True, slots=True)
class StopUse:
    """
    An agency that works at a stop for a while.

    Attributes
    ----------
    agency : str
        Agency id.
    from_ms, until_ms : int
        When (ms since 1970).
    event : str
        Event that said so.
    """

    agency: str
    from_ms: int
    until_ms: int
    event: str


@dataclass(frozen=True, slots=True)
class Stop:
    """
    A place of pick-up and who works there.

    Attributes
    ----------
    id : str
        Stop id.
    uses : tuple of StopUse
        By event.
    last_event : str
        Event that changed the record last.
    """

    id: str
    uses: tuple[StopUse, ...] = ()
    last_event: str = ""


@dataclass(frozen=True, slots=True)
class OperatedSite:
    """
    A place that takes people in.

    Attributes
    ----------
    id, settlement : str
        Own id, settlement id.
    beds : int
        Persons it is meant for.
    area_m2 : float
        Floor area.
    accessible : bool
        People in wheelchairs can use it.
    status : str
        ``open``, ``full``, ``closing``, ``closed`` or ``evacuating``.
    last_event : str
        Event that changed the record last.
    """

    id: str
    settlement: str
    beds: int
    area_m2: float = 0.0
    accessible: bool = False
    status: str = "open"
    last_event: str = ""
