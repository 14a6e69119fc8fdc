"""What a rule may see and change, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from safepassage.operations.event import Event
from safepassage.operations.records import NOUNS, Record, key_of, noun_of
from safepassage.operations.records.claims import Conflict
from safepassage.operations.vocabulary import payload_adapter

R = TypeVar("R", bound=Record)
Rule = Callable[["View", Event, Any], None]
RULES: dict[str, Rule] = {}


class Why(StrEnum):
    """Rules that set an event aside or mark it as doubtful; the codes are part of the interface."""

    UNKNOWN_SUBJECT = "unknown_subject"
    ALREADY_EXISTS = "already_exists"
    ILLEGAL_MOVE = "illegal_move"
    AUTHOR_AUTHORISES = "author_authorises"
    NO_ROOM = "no_room"
    SEAT_ELSEWHERE = "seat_elsewhere"
    MANIFEST_FROZEN = "manifest_frozen"
    NOT_ON_BOARD = "not_on_board"
    UNACCOUNTED_PERSONS = "unaccounted_persons"
    MINOR = "minor"
    UNVERIFIED = "unverified"
    TAKEN_TWICE = "taken_twice"
    REPEATED = "repeated"
    BACKWARDS = "backwards"
    CONCURRENT = "concurrent"
    ELSEWHERE = "elsewhere"
    NO_ORDER = "no_order"
    NO_CONSENT = "no_consent"
    UNKNOWN_CHOICE = "unknown_choice"
    WOULD_BE_A_RING = "would_be_a_ring"


class SetAside(Exception):  # noqa: N818 - no error: the event is kept, and a person looks at it
    """
    An event does not go together with what came before it.

    Parameters
    ----------
    why : Why
        The rule that speaks.
    other : str
        Place of the event that it disagrees with, where there is one.
    agencies : tuple of str
        Whom it concerns beside the author.
    """

    def __init__(self, why: Why, other: str = "", agencies: tuple[str, ...] = ()) -> None:
        self.why = why
        self.other = other
        self.agencies = agencies
        super().__init__(why.value)


@dataclass(slots=True)
class View:
    """
    The records as they were just before an event, and what the event changes.

    Attributes
    ----------
    lookup : callable
        Record of a key, or None.
    event : Event
        The event.
    reads : set of str
        Keys that the rule looked at.
    writes : dict of str to Record
        What the rule changed.
    """

    lookup: Callable[[str], Record | None]
    event: Event
    reads: set[str] = field(default_factory=set)
    writes: dict[str, Record] = field(default_factory=dict)

    def get(self, kind: type[R], record_id: str) -> R | None:
        """Record of a kind, or None."""
        key = key_of(kind, record_id)
        if key in self.writes:
            found: Record | None = self.writes[key]
        else:
            self.reads.add(key)
            found = self.lookup(key)
        assert found is None or isinstance(found, kind)
        return found

    def need(self, kind: type[R], record_id: str) -> R:
        """Record of a kind, which must exist."""
        found = self.get(kind, record_id)
        if found is None:
            raise SetAside(Why.UNKNOWN_SUBJECT)
        return found

    def put(self, record: Record) -> None:
        """Change or make a record."""
        key = key_of(type(record), record.id)
        # A record that is written without a look at it would hide what was there from later reruns.
        self.reads.add(key)
        self.writes[key] = record

    def note(
        self,
        why: Why,
        rule: str,
        *,
        subject: str = "",
        other: str = "",
        agencies: tuple[str, ...] = (),
        values: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """
        Mark that events disagree while the present one holds.

        Parameters
        ----------
        why : Why
            The rule that speaks.
        rule : str
            How the shown value was chosen.
        subject : str
            Key of what it is about; by default the subject of the event.
        other : str
            Place of the event that it disagrees with.
        agencies : tuple of str
            Whom it concerns beside the author.
        values : tuple of (str, str)
            Places of events and the values they gave.
        """
        about = subject or subject_key(self.event)
        suffix = about.partition("#")[2]
        self.put(
            Conflict(
                id=f"{self.event.event_id}{'.' if suffix else ''}{suffix}",
                subject=about,
                reason=why,
                rule=rule,
                other=other,
                agencies=involved(self.event, agencies),
                values=values,
                effective=True,
                last_event=self.event.order,
            )
        )


def subject_key(event: Event) -> str:
    """Key of the record that an event is about."""
    noun = event.kind.partition(".")[0]
    return f"{noun if noun in NOUNS else 'incident'}/{event.subject}"


def involved(event: Event, others: tuple[str, ...]) -> tuple[str, ...]:
    """Agencies that a disagreement concerns, sorted."""
    return tuple(sorted({event.agency, *others} - {""}))


def rule(kind: str) -> Callable[[Rule], Rule]:
    """Declare the rule of a kind of event."""

    def declared(function: Rule) -> Rule:
        assert kind not in RULES
        RULES[kind] = function
        return function

    return declared


@dataclass(frozen=True, slots=True)
class Effects:
    """
    What an event does.

    Attributes
    ----------
    reads : frozenset of str
        Keys whose records it depends on; holds every key of ``writes``.
    writes : mapping of str to Record
        Records as they are after it.
    why : Why or None
        The rule that set it aside.
    other : str
        Key of the record or event that it gave way to; empty where none.
    """

    reads: frozenset[str]
    writes: Mapping[str, Record]
    why: Why | None = None
    other: str = ""


def effects_of(event: Event, lookup: Callable[[str], Record | None]) -> Effects:
    """
    Apply the rule of an event.

    Parameters
    ----------
    event : Event
        Its payload was checked when it was accepted.
    lookup : callable
        Record of a key just before the event, or None.

    Returns
    -------
    Effects
        A set-aside event changes nothing but leaves a conflict behind.
    """
    view = View(lookup, event)
    said = payload_adapter(event.kind).validate_python(event.payload)
    try:
        RULES[event.kind](view, event, said)
    except SetAside as aside:
        conflict = Conflict(
            id=event.event_id,
            subject=subject_key(event),
            reason=aside.why,
            rule="the earlier event holds",
            other=aside.other,
            agencies=involved(event, aside.agencies),
            last_event=event.order,
        )
        key = f"{noun_of(Conflict)}/{event.event_id}"
        return Effects(frozenset(view.reads | {key}), {key: conflict}, aside.why, aside.other)
    return Effects(frozenset(view.reads), view.writes)
