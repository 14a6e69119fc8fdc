"""What the ledger knows that a plan must heed: decided crossings, who leaves, and trips under way."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum

from safepassage.model.ledger import Category, RequestState, TripState
from safepassage.model.people import NeedClass, NeedCount, PeopleCount
from safepassage.operations.records.claims import Incident
from safepassage.operations.records.movement import HelpRequest, Trip
from safepassage.operations.records.people import ADULT_AGE, Person
from safepassage.operations.store import records
from safepassage.operations.store.database import Database

OLDER_AGE = 60
_PREDICATES = frozenset({"status", "open", "passable"})
_LOST = frozenset(
    {"lost", "closed", "destroyed", "blocked", "hit", "impassable", "no", "втрачено", "закрито", "зруйновано",
     "знищено", "перекрито", "непрохідно", "ні"}
)  # fmt: skip
_OPEN = frozenset({"open", "passable", "yes", "відкрито", "прохідно", "так"})
_ENDED = frozenset({RequestState.DUPLICATE, RequestState.COMPLETED, RequestState.WITHDRAWN})
_UNDER_WAY = frozenset({TripState.BOARDING, TripState.DEPARTED, TripState.DIVERTED})


class Passage(StrEnum):
    """How a named person has decided on a road or crossing."""

    LOST = "lost"
    OPEN = "open"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class DecidedPassage:
    """
    A decision on a road or crossing.

    Attributes
    ----------
    subject, value : str
        What, and the value in the words of the one who decided.
    passage : Passage
        What that means for a plan.
    decided_by : str
        Who decided.
    decided_ms : int
        When (ms since 1970).
    """

    subject: str
    value: str
    passage: Passage
    decided_by: str
    decided_ms: int


@dataclass(frozen=True, slots=True)
class KnownPeople:
    """
    People of one settlement, as the ledger knows them.

    Attributes
    ----------
    settlement : str
        Settlement id.
    refused, leaving : PeopleCount
        Registered persons by group: those who refuse; those who are willing, under way or out.
    asked : NeedCount
        For whom verified requests ask, who are not fetched yet.
    """

    settlement: str
    refused: PeopleCount
    leaving: PeopleCount
    asked: NeedCount


@dataclass(frozen=True, slots=True)
class TripUnderWay:
    """
    A vehicle that boards or drives.

    Attributes
    ----------
    trip, vehicle, destination, agency : str
        Their ids.
    """

    trip: str
    vehicle: str
    destination: str
    agency: str


@dataclass(frozen=True, slots=True)
class PlanningFacts:
    """
    What a plan must heed.

    Attributes
    ----------
    passages : tuple of DecidedPassage
        By subject; claims that nobody has decided on are not among them.
    people : tuple of KnownPeople
        By settlement.
    trips : tuple of TripUnderWay
        By trip.
    """

    passages: tuple[DecidedPassage, ...]
    people: tuple[KnownPeople, ...]
    trips: tuple[TripUnderWay, ...]


def facts_for_planning(database: Database) -> PlanningFacts:
    """
    Read what a plan must heed.

    Parameters
    ----------
    database : Database
        The store.

    Returns
    -------
    PlanningFacts
        As it stands now; no name and nothing of a single person is in it.
    """
    with database.reading() as connection:
        incidents = records.everything(connection, "incident")
        persons = records.everything(connection, "person")
        requests = records.everything(connection, "request")
        trips = records.everything(connection, "trip")
    return PlanningFacts(
        tuple(
            _passage(item) for item in incidents if isinstance(item, Incident) and _is_decided_passage(item)
        ),
        _people(
            [item for item in persons if isinstance(item, Person)],
            [item for item in requests if isinstance(item, HelpRequest)],
        ),
        tuple(
            TripUnderWay(trip.id, trip.vehicle, trip.destination, trip.agency)
            for trip in trips
            if isinstance(trip, Trip) and trip.state in _UNDER_WAY
        ),
    )


def _is_decided_passage(incident: Incident) -> bool:
    return bool(incident.decided) and incident.predicate in _PREDICATES


def _passage(incident: Incident) -> DecidedPassage:
    word = incident.decided.strip().casefold()
    passage = Passage.LOST if word in _LOST else Passage.OPEN if word in _OPEN else Passage.UNCLEAR
    return DecidedPassage(
        incident.subject, incident.decided, passage, incident.decided_by, incident.decided_ms
    )


def _people(persons: list[Person], requests: list[HelpRequest]) -> tuple[KnownPeople, ...]:
    refused: dict[str, PeopleCount] = defaultdict(PeopleCount)
    leaving: dict[str, PeopleCount] = defaultdict(PeopleCount)
    asked: dict[str, NeedCount] = defaultdict(NeedCount)
    for person in persons:
        if person.category is Category.REFUSED:
            refused[person.settlement] += _group_of(person)
        elif person.category in {
            Category.WILLING, Category.EVACUATED_ASSISTED, Category.SELF_EVACUATED
        }:  # fmt: skip
            leaving[person.settlement] += _group_of(person)
    for request in requests:
        # Requests that nobody has verified are a known way of drawing crews out.
        if request.verified_by and request.state not in _ENDED:
            asked[request.settlement] += NeedCount(
                request.seat, request.wheelchair, request.stretcher, request.carer
            )
    places = sorted((refused.keys() | leaving.keys() | asked.keys()) - {""})
    return tuple(KnownPeople(place, refused[place], leaving[place], asked[place]) for place in places)


def _group_of(person: Person) -> PeopleCount:
    if person.need in {NeedClass.WHEELCHAIR, NeedClass.STRETCHER}:
        return PeopleCount(low_mobility=1)
    if person.age_to < ADULT_AGE:
        return PeopleCount(children=1)
    return PeopleCount(older=1) if person.age_from >= OLDER_AGE else PeopleCount(adults=1)
