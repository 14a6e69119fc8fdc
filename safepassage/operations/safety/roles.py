"""
Who may see and say what: the one table from which both the service and its access tests are made.

What is not declared here is refused, and absent from lists, searches, counts, exports and sync.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from safepassage.operations.records import NOUNS, Record
from safepassage.operations.vocabulary import KINDS


class Role(StrEnum):
    """What somebody does; everybody has one role."""

    HOTLINE = "hotline"
    FIELD = "field"
    DISPATCHER = "dispatcher"
    DRIVER = "driver"
    SITE = "site"
    TRACING = "tracing"
    CHILD_PROTECTION = "child_protection"
    ANALYST = "analyst"
    AUTHORISER = "authoriser"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Scope(StrEnum):
    """Which records of a noun somebody sees."""

    ALL = "all"
    AGENCY = "agency"
    OWN_TRIPS = "own_trips"
    MINORS = "minors"


class Action(StrEnum):
    """What is neither reading a record nor saying an event."""

    LEDGER = "ledger"
    SEARCH = "search"
    DUPLICATES = "duplicates"
    EXPORT_PUBLIC = "export.public"
    EXPORT_PFIF = "export.pfif"
    IMPORT_PEOPLE = "import.people"
    AUDIT = "audit"
    REVIEW_HELD = "review.held"
    DEVICES = "devices"
    BREAK_GLASS = "break_glass"
    SYNC = "sync"


@dataclass(frozen=True, slots=True)
class Access:
    """
    What is seen of a noun.

    Attributes
    ----------
    shown : frozenset of str
        Plain fields; sealed ones as ``secrets.name``.
    scope : Scope
        Of which records.
    once_released : frozenset of str
        Fields that are shown from the record's release time on.
    """

    shown: frozenset[str]
    scope: Scope = Scope.ALL
    once_released: frozenset[str] = frozenset()


_NAMES = frozenset({"secrets.given_name", "secrets.family_name"})
_ROUTE = frozenset({"route", "departs_ms", "destination", "release_at_ms", "vehicle", "driver"})


def _plain(noun: str, *without: str) -> frozenset[str]:
    return frozenset(item.name for item in fields(NOUNS[noun])) - {"secrets"} - set(without)


def _secrets(*names: str) -> frozenset[str]:
    return frozenset(f"secrets.{name}" for name in names)


_PERSON_PLAIN = _plain("person", "refusal")
_CONTACT = _secrets("phone", "address", "access_notes")
_OPEN_BOARDS: Mapping[str, Access] = {
    noun: Access(_plain(noun)) for noun in ("zone", "order", "site", "incident", "stop")
}

READS: Mapping[Role, Mapping[str, Access]] = {
    Role.HOTLINE: {
        **_OPEN_BOARDS,
        "person": Access(_PERSON_PLAIN | _NAMES | _secrets("phone", "health")),
        "household": Access(_plain("household") | _CONTACT),
        "request": Access(_plain("request") | _secrets("contact", "address", "words")),
        "trip": Access(_plain("trip", "manifest", *_ROUTE), once_released=_ROUTE - {"driver"}),
    },
    Role.FIELD: {
        **_OPEN_BOARDS,
        "person": Access(_plain("person") | _NAMES | _secrets("phone", "health")),
        "household": Access(_plain("household") | _CONTACT),
        "request": Access(_plain("request") | _secrets("contact", "address", "words"), Scope.AGENCY),
        "refusal": Access(_plain("refusal") | _secrets("words", "witnesses")),
        "crew": Access(_plain("crew"), Scope.AGENCY),
        "conflict": Access(_plain("conflict", "values"), Scope.AGENCY),
        "trip": Access(_plain("trip", *_ROUTE), Scope.AGENCY, _ROUTE),
    },
    Role.DISPATCHER: {
        **_OPEN_BOARDS,
        "person": Access(_PERSON_PLAIN | _NAMES),
        "household": Access(_plain("household") | _secrets("address", "access_notes")),
        "request": Access(_plain("request") | _secrets("address")),
        "crew": Access(_plain("crew")),
        "conflict": Access(_plain("conflict", "values")),
        "trip": Access(_plain("trip")),
    },
    Role.DRIVER: {
        "trip": Access(_plain("trip"), Scope.OWN_TRIPS),
        "person": Access(frozenset({"id", "need", "trip", "secrets.given_name"}), Scope.OWN_TRIPS),
    },
    Role.SITE: {
        "site": Access(_plain("site")),
        "zone": Access(_plain("zone")),
        "person": Access(_PERSON_PLAIN | _NAMES | _secrets("health", "document")),
        "trip": Access(_plain("trip", *_ROUTE), once_released=frozenset({"departs_ms", "destination"})),
    },
    Role.TRACING: {
        "person": Access(_PERSON_PLAIN | _NAMES | _secrets("birth_date", "phone")),
        "tracing": Access(_plain("tracing") | _secrets("enquirer", "contact")),
    },
    Role.CHILD_PROTECTION: {
        "person": Access(_plain("person") | _NAMES | _secrets("birth_date", "phone"), Scope.MINORS),
        "referral": Access(_plain("referral")),
        "refusal": Access(_plain("refusal")),
    },
    Role.ANALYST: {
        **_OPEN_BOARDS,
        "request": Access(
            frozenset({"id", "settlement", "state", "seat", "wheelchair", "stretcher", "carer", "channel"})
        ),
        "conflict": Access(_plain("conflict", "values")),
    },
    Role.AUTHORISER: {
        **_OPEN_BOARDS,
        "conflict": Access(_plain("conflict")),
        "trip": Access(_plain("trip", "manifest")),
        "crew": Access(_plain("crew")),
    },
    Role.AUDITOR: {"order": Access(_plain("order")), "conflict": Access(_plain("conflict", "values"))},
    # Runs the machine and sees nobody.
    Role.ADMIN: {},
}


def _kinds(*prefixes: str) -> frozenset[str]:
    return frozenset(kind for kind in KINDS if kind.startswith(prefixes))


SAYS: Mapping[Role, frozenset[str]] = {
    Role.HOTLINE: _kinds(
        "household.", "person.register", "person.amend", "person.self_evacuated", "request.open",
        "request.verify", "request.triage", "request.duplicate", "request.withdraw", "claim.",
    ),
    Role.FIELD: _kinds(
        "household.", "person.register", "person.amend", "person.self_evacuated", "person.returned",
        "person.unaccounted", "person.check_in", "request.", "refusal.record", "refusal.confirm",
        "refusal.withdraw", "claim.", "crew.", "stop.", "trip.open_boarding", "trip.depart", "trip.arrive",
        "trip.account",
    ),
    Role.DISPATCHER: _kinds(
        "request.", "trip.", "stop.", "crew.", "claim.", "person.register", "person.link", "person.unlink",
        "site.",
    ),
    Role.DRIVER: _kinds("trip.depart", "trip.arrive"),
    Role.SITE: _kinds(
        "person.check_in", "person.register", "person.amend", "person.onward", "person.placed",
        "person.returned", "site.set_status", "trip.account", "trip.close",
    ),
    Role.TRACING: _kinds("tracing.", "person.link", "person.unlink"),
    Role.CHILD_PROTECTION: _kinds("referral."),
    Role.ANALYST: frozenset(),
    Role.AUTHORISER: _kinds(
        "order.", "zone.", "incident.decide", "conflict.decide", "trip.release", "refusal.void",
        "person.deceased",
    ),
    Role.AUDITOR: frozenset(),
    Role.ADMIN: frozenset(),
}  # fmt: skip

_SYNC = frozenset({Action.SYNC})
DOES: Mapping[Role, frozenset[Action]] = {
    Role.HOTLINE: _SYNC | {Action.SEARCH, Action.IMPORT_PEOPLE, Action.LEDGER},
    Role.FIELD: _SYNC | {Action.SEARCH, Action.BREAK_GLASS},
    Role.DISPATCHER: _SYNC
    | {Action.SEARCH, Action.LEDGER, Action.DUPLICATES, Action.IMPORT_PEOPLE, Action.BREAK_GLASS},
    Role.DRIVER: _SYNC,
    Role.SITE: _SYNC | {Action.SEARCH, Action.LEDGER},
    Role.TRACING: frozenset({Action.SEARCH, Action.DUPLICATES, Action.EXPORT_PFIF}),
    Role.CHILD_PROTECTION: frozenset(),
    Role.ANALYST: frozenset({Action.LEDGER, Action.EXPORT_PUBLIC}),
    Role.AUTHORISER: frozenset({Action.LEDGER, Action.EXPORT_PUBLIC, Action.REVIEW_HELD}),
    Role.AUDITOR: frozenset({Action.AUDIT}),
    Role.ADMIN: frozenset({Action.DEVICES}),
}


def may_see(access: Access, record: Record, *, account: str, agency: str, own_trips: frozenset[str]) -> bool:
    """
    Tell whether a record is within what somebody may see.

    Parameters
    ----------
    access : Access
        Of the role to the noun.
    record : Record
        The record.
    account, agency : str
        Who looks, and for whom.
    own_trips : frozenset of str
        Trips that the account drives.

    Returns
    -------
    bool
        False hides that the record exists.
    """
    if access.scope is Scope.AGENCY:
        agencies = {getattr(record, "agency", ""), *getattr(record, "agencies", ())} - {""}
        # What nobody has taken yet concerns everybody in the field.
        return not agencies or agency in agencies
    if access.scope is Scope.OWN_TRIPS:
        return getattr(record, "driver", "") == account or getattr(record, "trip", "") in own_trips
    if access.scope is Scope.MINORS:
        return bool(getattr(record, "is_minor", False))
    return True


assert READS.keys() == SAYS.keys() == DOES.keys() == set(Role)
