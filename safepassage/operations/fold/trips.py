"""Trips: seats that are never given twice, manifests that freeze, and everybody accounted for."""

from __future__ import annotations

import hashlib

from safepassage.model.ledger import PersonState, TripState
from safepassage.model.people import NeedClass
from safepassage.operations.event import Event
from safepassage.operations.fold.view import SetAside, View, Why, rule
from safepassage.operations.records import changed
from safepassage.operations.records.movement import Seat, Trip
from safepassage.operations.records.people import Person
from safepassage.operations.vocabulary import (
    Nothing,
    PersonAccounted,
    Reason,
    SeatGiven,
    SeatTaken,
    TripDiverted,
    TripPlanned,
    TripReleased,
)  # fmt: skip

_T = TripState
_OPEN = frozenset({_T.PLANNED, _T.CONFIRMED, _T.BOARDING})
_AFTER = frozenset({_T.DEPARTED, _T.ARRIVED, _T.DIVERTED, _T.ABORTED})
_CAN_BOARD = frozenset({PersonState.REGISTERED, PersonState.ASSEMBLED, PersonState.UNACCOUNTED,
                        PersonState.RETURNED})  # fmt: skip


@rule("trip.plan")
def plan(view: View, event: Event, said: TripPlanned) -> None:
    """Set up a run of a vehicle."""
    if found := view.get(Trip, event.subject):
        raise SetAside(Why.ALREADY_EXISTS, found.last_event)
    view.put(
        Trip(
            id=event.subject,
            agency=said.agency,
            vehicle=said.vehicle,
            driver=said.driver,
            seats=said.seats,
            wheelchairs=said.wheelchairs,
            stretchers=said.stretchers,
            state=TripState.PLANNED,
            destination=said.destination,
            route=said.route,
            departs_ms=said.departs_ms,
            release_at_ms=said.release_at_ms,
            escorted=said.escorted,
            last_event=event.order,
        )
    )


@rule("trip.confirm")
def confirm(view: View, event: Event, _said: Nothing) -> None:
    """Agree that the trip will run."""
    _move(view, event, frozenset({_T.PLANNED}), _T.CONFIRMED)


@rule("trip.open_boarding")
def open_boarding(view: View, event: Event, _said: Nothing) -> None:
    """Begin to board."""
    _move(view, event, frozenset({_T.CONFIRMED}), _T.BOARDING)


@rule("trip.arrive")
def arrive(view: View, event: Event, _said: Nothing) -> None:
    """Reach the destination."""
    _move(view, event, frozenset({_T.DEPARTED}), _T.ARRIVED)


@rule("trip.divert")
def divert(view: View, event: Event, said: TripDiverted) -> None:
    """Go elsewhere."""
    trip = _move(view, event, frozenset({_T.DEPARTED}), _T.DIVERTED)
    view.put(changed(trip, destination=said.destination))


def _move(view: View, event: Event, before: frozenset[TripState], after: TripState) -> Trip:
    trip = view.need(Trip, event.subject)
    if trip.state not in before:
        raise SetAside(Why.ILLEGAL_MOVE, trip.last_event)
    moved = changed(trip, state=after, last_event=event.order)
    view.put(moved)
    return moved


@rule("trip.release")
def release(view: View, event: Event, said: TripReleased) -> None:
    """Say from when the route may be shown."""
    trip = view.need(Trip, event.subject)
    view.put(changed(trip, release_at_ms=said.release_at_ms, last_event=event.order))


@rule("trip.give_seat")
def give_seat(view: View, event: Event, said: SeatGiven) -> None:
    """Keep a place for a person."""
    trip, person = view.need(Trip, event.subject), view.need(Person, said.person)
    if trip.seat_of(person.id):
        raise SetAside(Why.REPEATED, trip.last_event)
    trip = _with_seat(view, trip, person, Seat(person.id, said.need))
    view.put(changed(trip, last_event=event.order))
    view.put(changed(person, trip=trip.id, last_event=event.order))


def _with_seat(view: View, trip: Trip, person: Person, seat: Seat) -> Trip:
    if trip.state not in _OPEN:
        raise SetAside(Why.MANIFEST_FROZEN, trip.last_event)
    if person.trip and person.trip != trip.id:
        other = view.get(Trip, person.trip)
        agencies = (other.agency, trip.agency) if other else (trip.agency,)
        raise SetAside(Why.SEAT_ELSEWHERE, person.last_event, agencies)
    if person.state not in _CAN_BOARD:
        raise SetAside(Why.ILLEGAL_MOVE, person.last_event)
    if not trip.has_room(seat.need):
        raise SetAside(Why.NO_ROOM, trip.last_event, (trip.agency,))
    manifest = tuple(sorted((*trip.manifest, seat), key=lambda item: item.person))
    return changed(trip, manifest=manifest)


@rule("trip.take_seat")
def take_seat(view: View, event: Event, said: SeatTaken) -> None:
    """Free a place before departure."""
    trip = view.need(Trip, event.subject)
    if trip.state not in _OPEN:
        raise SetAside(Why.MANIFEST_FROZEN, trip.last_event)
    if not trip.seat_of(said.person):
        raise SetAside(Why.NOT_ON_BOARD, trip.last_event)
    _free(view, event, trip, frozenset({said.person}))


def _free(view: View, event: Event, trip: Trip, leaving: frozenset[str]) -> Trip:
    """Take persons off a manifest; they may travel with another trip."""
    for person_id in sorted(leaving):
        person = view.get(Person, person_id)
        if person is not None and person.trip == trip.id:
            boarded = person.state is PersonState.BOARDED
            view.put(
                changed(
                    person,
                    trip="",
                    state=PersonState.ASSEMBLED if boarded else person.state,
                    assisted=person.assisted and not boarded,
                    last_event=event.order,
                )
            )
    left = tuple(seat for seat in trip.manifest if seat.person not in leaving)
    trip = changed(trip, manifest=left, last_event=event.order)
    view.put(trip)
    return trip


def board(view: View, event: Event, person: Person, trip_id: str, need: NeedClass) -> None:
    """
    See a person on board; a place is given on the spot where there is one.

    Parameters
    ----------
    view : View
        Records before the event. Changed.
    event : Event
        The check-in.
    person : Person
        Who boards.
    trip_id : str
        The trip.
    need : NeedClass
        Class of place for who has none yet.
    """
    trip = view.need(Trip, trip_id)
    seat = trip.seat_of(person.id)
    if seat is not None and seat.boarded:
        raise SetAside(Why.REPEATED, person.seen_by)
    if trip.state is not TripState.BOARDING:
        frozen = trip.state not in _OPEN
        raise SetAside(Why.MANIFEST_FROZEN if frozen else Why.ILLEGAL_MOVE, trip.last_event)
    if seat is None:
        seat = Seat(person.id, need)
        trip = _with_seat(view, trip, person, seat)
    elif person.state not in _CAN_BOARD:
        raise SetAside(Why.ILLEGAL_MOVE, person.last_event)
    view.put(_with_changed_seat(trip, changed(seat, boarded=True), event))
    view.put(
        changed(
            person,
            trip=trip.id,
            state=PersonState.BOARDED,
            site="",
            assisted=True,
            seen_by=event.order,
            last_event=event.order,
        )
    )


def _with_changed_seat(trip: Trip, seat: Seat, event: Event) -> Trip:
    manifest = tuple(seat if held.person == seat.person else held for held in trip.manifest)
    return changed(trip, manifest=manifest, last_event=event.order)


@rule("trip.depart")
def depart(view: View, event: Event, _said: Nothing) -> None:
    """Leave with who is on board; from here on the manifest does not change."""
    trip = view.need(Trip, event.subject)
    if trip.state is not TripState.BOARDING:
        raise SetAside(Why.ILLEGAL_MOVE, trip.last_event)
    absent = frozenset(seat.person for seat in trip.manifest if not seat.boarded)
    trip = _free(view, event, trip, absent)
    listed = "\n".join(f"{seat.person} {seat.need}" for seat in trip.manifest)
    digest = hashlib.sha256(f"{trip.id}\n{event.order}\n{listed}".encode()).hexdigest()
    view.put(
        changed(trip, state=TripState.DEPARTED, manifest_number=f"M-{digest[:12]}", last_event=event.order)
    )


@rule("trip.abort")
def abort(view: View, event: Event, _said: Reason) -> None:
    """Give the trip up; before departure everybody is free at once, afterwards each is accounted for."""
    trip = view.need(Trip, event.subject)
    if trip.state in _OPEN:
        trip = _free(view, event, trip, frozenset(seat.person for seat in trip.manifest))
    elif trip.state is not TripState.DEPARTED:
        raise SetAside(Why.ILLEGAL_MOVE, trip.last_event)
    view.put(changed(trip, state=TripState.ABORTED, last_event=event.order))


@rule("trip.account")
def account(view: View, event: Event, said: PersonAccounted) -> None:
    """Say what became of a person who had boarded."""
    trip, person = view.need(Trip, event.subject), view.need(Person, said.person)
    seat = trip.seat_of(said.person)
    if trip.state not in _AFTER or seat is None or not seat.boarded:
        raise SetAside(Why.NOT_ON_BOARD, trip.last_event)
    if seat.outcome:
        raise SetAside(Why.REPEATED, trip.last_event)
    person = account_for(view, event, person, said.outcome, said.place)
    states = {
        "arrived": PersonState.ARRIVED_TRANSIT,
        "hospital": PersonState.ARRIVED_RECEPTION,
        "handed_over": PersonState.ARRIVED_TRANSIT,
        "missing": PersonState.UNACCOUNTED,
        "deceased": PersonState.DECEASED,
        "alighted": PersonState.REGISTERED,
    }
    out = said.outcome in ("arrived", "hospital", "handed_over")
    view.put(
        changed(
            person,
            state=states[said.outcome],
            site=said.place if out else "",
            assisted=person.assisted and out,
            seen_by=event.order,
            last_event=event.order,
        )
    )


def account_for(view: View, event: Event, person: Person, outcome: str, place: str) -> Person:
    """
    End a person's journey on a trip that has departed.

    Parameters
    ----------
    view : View
        Records before the event. Changed.
    event : Event
        The event that tells.
    person : Person
        Who travelled.
    outcome, place : str
        How it ended, and where.

    Returns
    -------
    Person
        Without a trip, where the trip had departed with the person; not yet put into the view.
    """
    trip = view.get(Trip, person.trip) if person.trip else None
    seat = trip.seat_of(person.id) if trip else None
    if trip is None or seat is None:
        return changed(person, trip="")
    if seat.boarded and trip.state in _AFTER:
        view.put(_with_changed_seat(trip, changed(seat, outcome=outcome, place=place), event))
        return changed(person, trip="")
    if trip.state in _OPEN:
        # Seen in safety while a place is still kept: the place goes to somebody else, the help was not it.
        _free(view, event, trip, frozenset({person.id}))
        return changed(person, trip="", assisted=False)
    return changed(person, trip="")


def leave_trip(view: View, event: Event, person: Person, state: PersonState) -> Person:
    """
    Take a person whose way ends otherwise off a trip.

    Parameters
    ----------
    view : View
        Records before the event. Changed.
    event : Event
        The event that tells.
    person : Person
        Who may hold a place.
    state : PersonState
        How the way ends.

    Returns
    -------
    Person
        Without a trip; not yet put into the view.
    """
    return account_for(view, event, person, state.value, "") if person.trip else person


@rule("trip.close")
def close(view: View, event: Event, _said: Nothing) -> None:
    """End the trip, once every person who boarded is accounted for."""
    trip = view.need(Trip, event.subject)
    if trip.state not in _AFTER - {TripState.DEPARTED}:
        raise SetAside(Why.ILLEGAL_MOVE, trip.last_event)
    if trip.unaccounted:
        raise SetAside(Why.UNACCOUNTED_PERSONS, trip.last_event)
    view.put(changed(trip, state=TripState.CLOSED, last_event=event.order))
