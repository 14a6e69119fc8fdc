"""
What an event will probably look at, told before its rule runs.

A guess that misses costs a question to the store and nothing else: rules still read what they need.
"""

from __future__ import annotations

from collections.abc import Iterator

from safepassage.operations.event import Event
from safepassage.operations.fold.claims import incident_id
from safepassage.operations.fold.view import subject_key
from safepassage.operations.records import Record
from safepassage.operations.records.movement import Trip
from safepassage.operations.records.people import Household, Person

_NOUN_OF_FIELD = {"person": "person", "household": "household", "trip": "trip", "order": "order",
                  "match": "person", "guardian": "person"}  # fmt: skip
_NOTED = {"household.decide": "decision", "zone.set": "status", "person.check_in": "site"}


def keys_of_event(event: Event) -> Iterator[str]:
    """Keys that an event names, and those under which it may leave a conflict."""
    if event.kind == "claim.report":
        yield f"incident/{incident_id(event.payload['about'], event.payload['predicate'])}"
    else:
        yield subject_key(event)
    for name, noun in _NOUN_OF_FIELD.items():
        named = event.payload.get(name)
        if isinstance(named, str) and named:
            yield f"{noun}/{named}"
    if other := event.payload.get("same_as"):
        yield f"{event.kind.partition('.')[0]}/{other}"
    yield f"conflict/{event.event_id}"
    if noted := _NOTED.get(event.kind):
        yield f"conflict/{event.event_id}.{noted}"


def keys_of_record(record: Record) -> Iterator[str]:
    """Keys of the records that change along with one."""
    if isinstance(record, Household):
        yield from (f"person/{member}" for member in record.members)
    elif isinstance(record, Trip):
        yield from (f"person/{seat.person}" for seat in record.manifest)
    elif isinstance(record, Person) and record.trip:
        yield f"trip/{record.trip}"
