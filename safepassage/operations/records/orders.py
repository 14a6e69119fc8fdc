"""Orders to leave, what holds in a settlement, refusals and the referrals they open."""

from __future__ import annotations

from dataclasses import dataclass

from safepassage.model.ledger import OrderKind, OrderState, RefusalState, ZoneStatus


@dataclass(frozen=True, slots=True)
class Order:
    """
    An order to leave.

    Attributes
    ----------
    id, number, issuer, legal_basis, regime : str
        Own id; as printed on the order; the dated rules it follows.
    kind : OrderKind
        How binding it is.
    state : OrderState
        Where it stands.
    settlements : tuple of str
        Settlement ids, sorted.
    effective, expires : str
        Dates, ISO 8601, or empty.
    author, authoriser : str
        Actors; never the same.
    supersedes : str
        Order id, or empty.
    file_hash : str
        SHA-256 of the signed file, or empty.
    last_event : str
        Event that changed the record last.
    """

    id: str
    number: str
    issuer: str
    legal_basis: str
    regime: str
    kind: OrderKind
    state: OrderState
    settlements: tuple[str, ...]
    effective: str
    expires: str
    author: str
    authoriser: str = ""
    supersedes: str = ""
    file_hash: str = ""
    last_event: str = ""


@dataclass(frozen=True, slots=True)
class Zone:
    """
    What holds in a settlement.

    Attributes
    ----------
    id : str
        Settlement id.
    status : ZoneStatus
        What holds.
    order : str
        Order that says so, or empty.
    eligible : int
        Persons thought to live there when the order came; registered ones may be fewer or more.
    since_ms : int
        From when it holds (ms since 1970).
    last_event : str
        Event that changed the record last.
    """

    id: str
    status: ZoneStatus = ZoneStatus.NORMAL
    order: str = ""
    eligible: int = 0
    since_ms: int = 0
    last_event: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """
    A written refusal of one adult; never final.

    Attributes
    ----------
    id, person : str
        Own id, person id.
    state : RefusalState
        Where it stands.
    form_version, text_hash : str
        The form that was signed.
    reason_code : str
        Why, as a code.
    children : tuple of str
        Person ids of the children listed.
    danger_acknowledged, signed : bool
        The person was told of the danger; signed, or declined before witnesses.
    follow_up : str
        Date of the next visit, ISO 8601.
    secrets : tuple of (str, str)
        Sealed fields and where their text is kept.
    last_event : str
        Event that changed the record last.
    """

    id: str
    person: str
    state: RefusalState
    form_version: str
    text_hash: str
    reason_code: str
    children: tuple[str, ...]
    danger_acknowledged: bool
    signed: bool
    follow_up: str
    secrets: tuple[tuple[str, str], ...] = ()
    last_event: str = ""


@dataclass(frozen=True, slots=True)
class Referral:
    """
    A child whose guardian refuses under an order that is compulsory for children.

    Attributes
    ----------
    id, person, refusal : str
        Own id, person id of the child, id of the refusal that opened it.
    state : str
        ``open`` or ``closed``.
    last_event : str
        Event that changed the record last.
    """

    id: str
    person: str
    refusal: str
    state: str = "open"
    last_event: str = ""
