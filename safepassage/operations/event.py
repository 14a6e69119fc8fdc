"""
The event: what somebody in the field says has happened; the only truth of the ledger.

The order of events is total and a property of the events alone, so that every machine which holds the
same events, in whatever order they came, derives the same state.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any

from pydantic import ConfigDict, StringConstraints, TypeAdapter
from pydantic import Field as Bounds
from pydantic.dataclasses import dataclass as checked_dataclass

from safepassage.operations.clock import LARGEST_COUNTER, LARGEST_WALL_MS, Stamp

EVENT_SCHEMA_VERSION = 1
# No zero byte: PostgreSQL cannot hold one in a text.
Id = Annotated[str, StringConstraints(pattern=r"^[\w.:@+\-]{1,80}$")]
OptionalId = Annotated[str, StringConstraints(pattern=r"^[\w.:@+\-]{0,80}$")]
EventId = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
]
Milliseconds = Annotated[int, Bounds(ge=0, le=LARGEST_WALL_MS)]
Signature = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/=]{0,120}$")]


@checked_dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Event:
    """
    One event as its device wrote it.

    Attributes
    ----------
    event_id : str
        UUIDv7 made by the device.
    kind : str
        Dotted verb, such as ``trip.depart``.
    subject : str
        Id of the record that it is about.
    payload : mapping
        What happened, as the kind declares.
    device : str
        Device that wrote it.
    sequence : int
        Number among the events of the device, from 1.
    wall_ms, counter : int
        Hybrid logical clock of the device.
    claimed_ms : int
        When it happened, as the author says (ms since 1970).
    actor, agency : str
        Who says so, for whom.
    channel : str
        How it came to the author.
    based_on : str
        Place (`order`) of the event that had changed the subject last when the author looked; empty
        where none was seen.
    exercise : bool
        Not real.
    previous : str
        Hash of the device's previous event; empty for its first.
    schema_version : int
        Version of the form of events.
    signature : str
        Ed25519 signature of all other fields by the device, base64.
    """

    event_id: EventId
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z_]+$", max_length=40)]
    subject: Id
    payload: dict[str, Any]
    device: Id
    sequence: Annotated[int, Bounds(ge=1, le=2**53)]
    wall_ms: Milliseconds
    counter: Annotated[int, Bounds(ge=0, le=LARGEST_COUNTER)]
    claimed_ms: Milliseconds
    actor: Id
    agency: OptionalId = ""
    channel: OptionalId = ""
    based_on: OptionalId = ""
    exercise: bool = True
    previous: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{0,64}$")] = ""
    schema_version: Annotated[int, Bounds(ge=1, le=EVENT_SCHEMA_VERSION)] = EVENT_SCHEMA_VERSION
    signature: Signature = ""

    @property
    def stamp(self) -> Stamp:
        """Moment of the device's clock."""
        return Stamp(self.wall_ms, self.counter)

    @property
    def order(self) -> str:
        """Place among all events; sorts as text."""
        return order_at(self.wall_ms, self.counter) + self.event_id


ADAPTER: TypeAdapter[Event] = TypeAdapter(Event)
_FIELDS = tuple(item.name for item in fields(Event))


def order_at(wall_ms: int, counter: int = 0) -> str:
    """First place in the order of events that a moment has."""
    return f"{wall_ms:013d}{counter:05d}"


def stamp_of(order: str) -> Stamp:
    """Moment of a place."""
    return Stamp(int(order[:13]), int(order[13:18]))


def unsigned_bytes(event: Event) -> bytes:
    """
    What a device signs.

    Parameters
    ----------
    event : Event
        With or without signature.

    Returns
    -------
    bytes
        Canonical JSON of every other field: sorted keys, no blanks, UTF-8.
    """
    document = document_of(event)
    del document["signature"]
    return canonical(document)


def document_of(event: Event) -> dict[str, Any]:
    """Fields of an event by name."""
    return {name: getattr(event, name) for name in _FIELDS}


def canonical(document: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys and no blanks, as UTF-8."""
    return json.dumps(
        document, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
    ).encode()


def content_hash(event: Event) -> str:
    """SHA-256 of an event with its signature; the next event of the device names it."""
    return hashlib.sha256(unsigned_bytes(event) + event.signature.encode()).hexdigest()
