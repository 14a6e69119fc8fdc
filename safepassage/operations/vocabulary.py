"""
The kinds of events and what each must say; the one place where they are declared.

A field marked `SECRET` never enters the log as text: its place is taken by a reference, and the text is
kept encrypted under a key of its own record, so that deleting the key forgets it everywhere.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, StringConstraints, TypeAdapter
from pydantic import Field as Bounds
from pydantic.dataclasses import dataclass

from safepassage.model.ledger import CheckInStage, Decision, OrderKind, ZoneStatus
from safepassage.model.people import NeedClass
from safepassage.operations.event import Id, Milliseconds, OptionalId

SECRET = "secret"  # noqa: S105 - a mark, not a password
_STRICT = ConfigDict(extra="forbid")
Text = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")]
Secret = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$"), SECRET]
Date = Annotated[str, StringConstraints(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]
Hash = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")]
Count = Annotated[int, Bounds(ge=0, le=10_000)]
Persons = Annotated[int, Bounds(ge=0, le=10_000_000)]
Age = Annotated[int, Bounds(ge=0, le=130)]
Ids = Annotated[tuple[Id, ...], Bounds(max_length=1000)]


@dataclass(frozen=True, slots=True, config=_STRICT)
class Nothing:
    """The kind says it all."""


@dataclass(frozen=True, slots=True, config=_STRICT)
class Reason:
    """Why, in words that name nobody."""

    reason: Text = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class OrderDrafted:
    """An order as it is proposed."""

    number: Text
    issuer: Text
    kind: OrderKind
    settlements: Ids
    legal_basis: Text = ""
    regime: Text = ""
    effective: Date = ""
    expires: Date = ""
    supersedes: OptionalId = ""
    file_hash: Hash = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class ZoneSet:
    """What holds in a settlement from now on."""

    status: ZoneStatus
    order: OptionalId = ""
    eligible: Persons | None = None


@dataclass(frozen=True, slots=True, config=_STRICT)
class HouseholdRegistered:
    """A household and where it lives."""

    settlement: Id
    pets: Count = 0
    address: Secret = ""
    access_notes: Secret = ""
    phone: Secret = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class HouseholdDecided:
    """What a household says it will do."""

    decision: Decision


@dataclass(frozen=True, slots=True, config=_STRICT)
class PersonRegistered:
    """A person; everything that tells who it is is sealed."""

    settlement: OptionalId = ""
    household: OptionalId = ""
    given_name: Secret = ""
    family_name: Secret = ""
    birth_date: Secret = ""
    document: Secret = ""
    phone: Secret = ""
    health: Secret = ""
    languages: Secret = ""
    sex: Secret = ""
    age_from: Age = 0
    age_to: Age = 130
    need: NeedClass = NeedClass.SEAT
    guardian: OptionalId = ""
    unaccompanied: bool = False
    source_date: Date = ""
    expiry_date: Date = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class PersonAmended:
    """Corrections of a person; what is not given stays."""

    given_name: Secret | None = None
    family_name: Secret | None = None
    birth_date: Secret | None = None
    document: Secret | None = None
    phone: Secret | None = None
    health: Secret | None = None
    age_from: Age | None = None
    age_to: Age | None = None
    need: NeedClass | None = None
    guardian: OptionalId | None = None
    unaccompanied: bool | None = None


@dataclass(frozen=True, slots=True, config=_STRICT)
class SelfEvacuated:
    """A person left without help, by somebody's word."""

    source: Text = ""
    confidence: Annotated[int, Bounds(ge=1, le=6)] = 6


@dataclass(frozen=True, slots=True, config=_STRICT)
class SameAs:
    """Another record of the same person."""

    same_as: Id


@dataclass(frozen=True, slots=True, config=_STRICT)
class CheckedIn:
    """A person was seen at a gate."""

    stage: CheckInStage
    site: OptionalId = ""
    trip: OptionalId = ""
    settlement: OptionalId = ""
    need: NeedClass = NeedClass.SEAT


@dataclass(frozen=True, slots=True, config=_STRICT)
class RequestOpened:
    """Somebody asks for help."""

    settlement: Id
    channel: Literal["hotline", "walk_in", "door_to_door", "partner_list", "paper"]
    household: OptionalId = ""
    seat: Count = 0
    wheelchair: Count = 0
    stretcher: Count = 0
    carer: Count = 0
    contact: Secret = ""
    address: Secret = ""
    words: Secret = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class RequestVerified:
    """A request was found to be true."""

    by: Literal["call_back", "second_source"]


@dataclass(frozen=True, slots=True, config=_STRICT)
class RequestAssigned:
    """An agency takes a request."""

    agency: Id
    trip: OptionalId = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class TripPlanned:
    """A run of a vehicle."""

    agency: Id
    vehicle: Id
    seats: Count
    destination: Id
    driver: OptionalId = ""
    wheelchairs: Count = 0
    stretchers: Count = 0
    route: Ids = ()
    departs_ms: Milliseconds = 0
    release_at_ms: Milliseconds | None = None
    escorted: bool = False


@dataclass(frozen=True, slots=True, config=_STRICT)
class SeatGiven:
    """A person gets a place in a trip."""

    person: Id
    need: NeedClass = NeedClass.SEAT


@dataclass(frozen=True, slots=True, config=_STRICT)
class SeatTaken:
    """A person gives a place in a trip back."""

    person: Id


@dataclass(frozen=True, slots=True, config=_STRICT)
class TripReleased:
    """When the route may be shown."""

    release_at_ms: Milliseconds | None


@dataclass(frozen=True, slots=True, config=_STRICT)
class TripDiverted:
    """The trip goes elsewhere."""

    destination: Id
    reason: Text = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class PersonAccounted:
    """What became of a person who had boarded."""

    person: Id
    outcome: Literal["arrived", "alighted", "hospital", "handed_over", "missing", "deceased"]
    place: OptionalId = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class RefusalRecorded:
    """An adult refuses in writing."""

    person: Id
    form_version: Id
    text_hash: Hash
    reason_code: Literal["packing", "housing", "unwilling", "hiding", "waiting", "health", "animals", "other"]
    children: Ids = ()
    danger_acknowledged: bool = False
    signed: bool = True
    follow_up: Date = ""
    words: Secret = ""
    witnesses: Secret = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class ClaimReported:
    """What a source says of a property of a subject."""

    about: Id
    predicate: Id
    value: Text
    source: Id
    heard_from: OptionalId = ""
    reliability: Literal["A", "B", "C", "D", "E", "F"] = "F"
    credibility: Annotated[int, Bounds(ge=1, le=6)] = 6
    valid_ms: Milliseconds = 0
    evidence_hash: Hash = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class IncidentDecided:
    """The value used in operations, and the claims it rests on."""

    value: Text
    cites: Ids
    reason: Text = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class ConflictDecided:
    """Which of two events a person believes."""

    choice: Id
    reason: Text = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class SiteDeclared:
    """A place that takes people in."""

    settlement: Id
    beds: Persons
    area_m2: Annotated[float, Bounds(ge=0, le=1e7, allow_inf_nan=False)] = 0.0
    accessible: bool = False


@dataclass(frozen=True, slots=True, config=_STRICT)
class SiteStatus:
    """How a site stands."""

    status: Literal["open", "full", "closing", "closed", "evacuating"]


@dataclass(frozen=True, slots=True, config=_STRICT)
class StopTaken:
    """An agency works at a stop for a while."""

    agency: Id
    from_ms: Milliseconds
    until_ms: Milliseconds


@dataclass(frozen=True, slots=True, config=_STRICT)
class CrewOut:
    """A crew goes out, or is heard of, and says when it will be heard of next."""

    agency: Id
    due_ms: Milliseconds
    request: OptionalId = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class TracingOpened:
    """Somebody is looked for."""

    sought: Id
    enquirer: Secret = ""
    contact: Secret = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class TracingMatched:
    """A person confirms that a record is the one sought."""

    match: Id


@dataclass(frozen=True, slots=True, config=_STRICT)
class TracingConsent:
    """Whether the one sought agrees to be found."""

    consent: bool


KINDS: Mapping[str, type[Any]] = {
    "order.draft": OrderDrafted,
    "order.review": Nothing,
    "order.authorise": Nothing,
    "order.publish": Nothing,
    "order.lift": Reason,
    "order.cancel": Reason,
    "order.expire": Nothing,
    "zone.set": ZoneSet,
    "household.register": HouseholdRegistered,
    "household.decide": HouseholdDecided,
    "person.register": PersonRegistered,
    "person.amend": PersonAmended,
    "person.self_evacuated": SelfEvacuated,
    "person.returned": Nothing,
    "person.unaccounted": Reason,
    "person.deceased": Nothing,
    "person.onward": Nothing,
    "person.placed": Nothing,
    "person.link": SameAs,
    "person.unlink": Reason,
    "person.check_in": CheckedIn,
    "request.open": RequestOpened,
    "request.verify": RequestVerified,
    "request.triage": Nothing,
    "request.duplicate": SameAs,
    "request.schedule": Nothing,
    "request.assign": RequestAssigned,
    "request.start": Nothing,
    "request.complete": Nothing,
    "request.fail": Reason,
    "request.withdraw": Reason,
    "trip.plan": TripPlanned,
    "trip.confirm": Nothing,
    "trip.give_seat": SeatGiven,
    "trip.take_seat": SeatTaken,
    "trip.open_boarding": Nothing,
    "trip.depart": Nothing,
    "trip.release": TripReleased,
    "trip.arrive": Nothing,
    "trip.divert": TripDiverted,
    "trip.abort": Reason,
    "trip.account": PersonAccounted,
    "trip.close": Nothing,
    "refusal.record": RefusalRecorded,
    "refusal.confirm": Nothing,
    "refusal.withdraw": Nothing,
    "refusal.void": Reason,
    "referral.close": Reason,
    "claim.report": ClaimReported,
    "incident.decide": IncidentDecided,
    "conflict.decide": ConflictDecided,
    "site.declare": SiteDeclared,
    "site.set_status": SiteStatus,
    "stop.take": StopTaken,
    "crew.go": CrewOut,
    "crew.report": CrewOut,
    "crew.return": Nothing,
    "tracing.open": TracingOpened,
    "tracing.match": TracingMatched,
    "tracing.consent": TracingConsent,
    "tracing.disclose": Nothing,
    "tracing.close": Nothing,
}


@cache
def payload_adapter(kind: str) -> TypeAdapter[Any]:
    """Reader of the payloads of a kind."""
    return TypeAdapter(KINDS[kind])


@cache
def secret_fields(kind: str) -> frozenset[str]:
    """Names of the fields of a kind that are sealed."""
    hints = typing.get_type_hints(KINDS[kind], include_extras=True)
    return frozenset(item.name for item in fields(KINDS[kind]) if _is_secret(hints[item.name]))


def _is_secret(hint: Any) -> bool:  # noqa: ANN401 - any annotation
    if SECRET in getattr(hint, "__metadata__", ()):
        return True
    return any(_is_secret(part) for part in typing.get_args(hint) if part is not type(None))


def secrets_of(payload: Any, kind: str) -> tuple[tuple[str, str], ...]:  # noqa: ANN401 - any payload
    """Sealed fields of a payload that hold anything, by name."""
    return tuple((name, text) for name in sorted(secret_fields(kind)) if (text := getattr(payload, name)))
