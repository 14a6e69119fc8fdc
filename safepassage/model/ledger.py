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
