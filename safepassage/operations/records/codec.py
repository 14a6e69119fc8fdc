"""Records as text and back; the same bytes every time."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeAlias

from pydantic import TypeAdapter

from safepassage.operations.records.claims import Conflict, Incident
from safepassage.operations.records.movement import Crew, HelpRequest, OperatedSite, Stop, Trip
from safepassage.operations.records.orders import Order, Referral, Refusal, Zone
from safepassage.operations.records.people import Household, Person, Tracing

Record: TypeAlias = (
    Household | Person | Tracing | Order | Zone | Refusal | Referral | HelpRequest | Trip | Crew | Stop
    | OperatedSite | Incident | Conflict
)  # fmt: skip

NOUNS: dict[str, type[Record]] = {
    "household": Household,
    "person": Person,
    "tracing": Tracing,
    "order": Order,
    "zone": Zone,
    "refusal": Refusal,
    "referral": Referral,
    "request": HelpRequest,
    "trip": Trip,
    "crew": Crew,
    "stop": Stop,
    "site": OperatedSite,
    "incident": Incident,
    "conflict": Conflict,
}
_NAMES: dict[type, str] = {kind: name for name, kind in NOUNS.items()}


def noun_of(kind: type) -> str:
    """Name of a kind of record."""
    return _NAMES[kind]


def key_of(kind: type, record_id: str) -> str:
    """Key of a record among all records."""
    return f"{_NAMES[kind]}/{record_id}"


def encode(record: Record) -> str:
    """Write a record as JSON."""
    return _adapter(_NAMES[type(record)]).dump_json(record).decode()


def decode(key: str, body: str) -> Record:
    """Read a record of a key back from JSON."""
    record: Record = _adapter(key.partition("/")[0]).validate_json(body)
    return record


@cache
def _adapter(noun: str) -> TypeAdapter[Any]:
    return TypeAdapter(NOUNS[noun])
