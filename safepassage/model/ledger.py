"""Nouns of running an evacuation that plans start from: requests for help and the ledger's state."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from safepassage.errors import ModelError
from safepassage.model.people import NeedCount


class RequestState(StrEnum):
    """Life of a request for help."""

    NEW = "new"
    TRIAGED = "triaged"
    DUPLICATE = "duplicate"
    SCHEDULED = "scheduled"
    ASSIGNED = "assigned"
    EN_ROUTE = "en_route"
    COMPLETED = "completed"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class Decision(StrEnum):
    """What a household has decided, as far as anybody knows."""

    UNKNOWN = "unknown"
    UNREACHED = "unreached"
    WILLING = "willing"
    PREPARING = "preparing"
    CONDITIONAL = "conditional"
    REFUSED = "refused"
    LEFT_SELF = "left_self"
    EVACUATED = "evacuated"
    RETURNED = "returned"


class PersonState(StrEnum):
    """Where a person is on the way out, and what lies beside that way."""

    REGISTERED = "registered"
    ASSEMBLED = "assembled"
    BOARDED = "boarded"
    ARRIVED_TRANSIT = "arrived_transit"
    ARRIVED_RECEPTION = "arrived_reception"
    ONWARD = "onward"
    PLACED = "placed"
    SELF_EVACUATED = "self_evacuated"
    UNACCOUNTED = "unaccounted"
    DECEASED = "deceased"
    RETURNED = "returned"


class OrderKind(StrEnum):
    """How binding an order is."""

    VOLUNTARY = "voluntary"
    MANDATORY = "mandatory"
    COMPULSORY_CHILDREN = "compulsory_children"


class OrderState(StrEnum):
    """Life of an order to leave."""

    DRAFT = "draft"
    REVIEW = "review"
    AUTHORISED = "authorised"
    PUBLISHED = "published"
    AMENDED = "amended"
    LIFTED = "lifted"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class ZoneStatus(StrEnum):
    """What holds in a settlement."""

    NORMAL = "normal"
    ADVISORY = "advisory"
    WARNING = "warning"
    ORDER = "order"
    ORDER_CHILDREN = "order_children"
    SHELTER_IN_PLACE = "shelter_in_place"
    LIFTED = "lifted"


class TripState(StrEnum):
    """Life of a trip."""

    PLANNED = "planned"
    CONFIRMED = "confirmed"
    BOARDING = "boarding"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    DIVERTED = "diverted"
    ABORTED = "aborted"
    CLOSED = "closed"


class RefusalState(StrEnum):
    """Life of a refusal; none is final while its author may still leave."""

    RECORDED = "recorded"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    VOID = "void"


class CheckInStage(StrEnum):
    """Gate at which a person is seen."""

    ASSEMBLY = "assembly"
    BOARDING = "boarding"
    TRANSIT = "transit"
    RECEPTION = "reception"
    DEPARTURE = "departure"


class Category(StrEnum):
    """Line of the ledger that a person is counted in; every eligible person is in exactly one."""

    WILLING = "willing"
    REFUSED = "refused"
    EVACUATED_ASSISTED = "evacuated_assisted"
    SELF_EVACUATED = "self_evacuated"
    UNKNOWN = "unknown"
    RETURNED = "returned"
    # Not eligible: the dead, and those who are another record's second entry.
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Request:
    """
    A call for help, without anything that names a person.

    Attributes
    ----------
    id, settlement : str
        Own id, settlement id.
    needs : NeedCount
        Who must be fetched.
    state : RequestState
        Where it stands.
    received_s : float
        When it came in (s since the scenario's start).
    """

    id: str
    settlement: str
    needs: NeedCount
    state: RequestState
    received_s: float


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """
    Everyone of one settlement, in whole persons.

    Attributes
    ----------
    settlement : str
        Settlement id.
    eligible : int
        The sum of all the others.
    willing, refused, evacuated_assisted, self_evacuated, unknown, returned : int
        Persons.
    """

    settlement: str
    eligible: int
    willing: int
    refused: int
    evacuated_assisted: int
    self_evacuated: int
    unknown: int
    returned: int = 0

    def __post_init__(self) -> None:
        parts = (
            self.willing, self.refused, self.evacuated_assisted, self.self_evacuated, self.unknown,
            self.returned,
        )  # fmt: skip
        if min(parts) < 0 or sum(parts) != self.eligible:
            raise ModelError(f"ledger of {self.settlement}: {sum(parts)} counted, {self.eligible} eligible")


@dataclass(frozen=True, slots=True)
class LedgerSnapshot:
    """
    The ledger at one time.

    Attributes
    ----------
    at_s : float
        Moment (s since the scenario's start).
    rows : tuple of LedgerRow
        One a settlement.
    """

    at_s: float
    rows: tuple[LedgerRow, ...]
