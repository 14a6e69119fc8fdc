"""The threat: dated events, closures, arrivals of water or fire, alerts, and who claims what."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from safepassage.errors import ModelError

RELIABILITY = ("A", "B", "C", "D", "E", "F")
CREDIBILITY = (1, 2, 3, 4, 5, 6)


class ThreatEntryKind(StrEnum):
    """What an entry of the threat table describes."""

    EVENT = "event"
    CLOSURE = "closure"
    CAPACITY = "capacity"
    ARRIVAL = "arrival"
    ALERT = "alert"
    BREAKDOWN = "breakdown"
    SPEED = "speed"


@dataclass(frozen=True, slots=True)
class Claim:
    """
    What a source says of a subject.

    Attributes
    ----------
    source : str
        Who says so.
    reliability : str
        Of the source, A (reliable) to F (cannot be judged).
    credibility : int
        Of the statement, 1 (confirmed) to 6 (cannot be judged).
    heard_from : str
        The source it was copied from; empty where it is first-hand. Copies of one source count once.
    """

    source: str
    reliability: str = "F"
    credibility: int = 6
    heard_from: str = ""

    def __post_init__(self) -> None:
        if self.reliability not in RELIABILITY or self.credibility not in CREDIBILITY:
            raise ModelError(
                f"claim of {self.source}: reliability {self.reliability!r}, credibility"
                f" {self.credibility!r}; give A-F and 1-6"
            )


@dataclass(frozen=True, slots=True)
class ThreatEntry:
    """
    One dated entry of the threat table.

    Attributes
    ----------
    id : str
        Unique id.
    kind : ThreatEntryKind
        ``event`` (something struck a place), ``closure`` (a link shuts), ``capacity`` (a link carries
        less), ``arrival`` (water or fire reaches a settlement or link), ``alert`` (a zone is told to
        hold), ``breakdown`` (nobody gets past the end of a link), ``speed`` (smoke or dark: those who
        enter a link drive slower).
    subject : str
        Id of the link, settlement or zone; empty for an event at a position.
    start_s, end_s : float
        When it holds (s since the scenario's start; may be negative for the past); ``inf`` never ends.
    latitude_deg, longitude_deg : float
        Position of an event, NaN elsewhere.
    factor : float
        For ``capacity`` and ``speed``, the share of it that is left, 0 to 1; a speed keeps some.
    probability : float
        That it comes true in a future, 0 to 1.
    claim : Claim
        Who says so.
    """

    id: str
    kind: ThreatEntryKind
    subject: str
    start_s: float
    end_s: float = math.inf
    latitude_deg: float = math.nan
    longitude_deg: float = math.nan
    factor: float = 1.0
    probability: float = 1.0
    claim: Claim = Claim("")

    def __post_init__(self) -> None:
        if not self.end_s > self.start_s:
            raise ModelError(f"threat {self.id}: ends at {self.end_s} s, not after its start")
        if self.kind == ThreatEntryKind.SPEED and not self.factor > 0:
            raise ModelError(f"threat {self.id}: a speed of 0; close the link instead")
        for name in ("factor", "probability"):
            if not 0 <= getattr(self, name) <= 1:
                raise ModelError(f"threat {self.id}: {name} is {getattr(self, name)}; give 0 to 1")


@dataclass(frozen=True, slots=True)
class Threat:
    """
    Everything known of the danger; holds no positions of armed forces.

    Attributes
    ----------
    entries : tuple of ThreatEntry
        In the order of the file.
    """

    entries: tuple[ThreatEntry, ...] = ()

    def of_kind(self, kind: ThreatEntryKind) -> tuple[ThreatEntry, ...]:
        """
        The entries of one kind.

        Parameters
        ----------
        kind : ThreatEntryKind
            Which.

        Returns
        -------
        tuple of ThreatEntry
            In file order.
        """
        return tuple(entry for entry in self.entries if entry.kind == kind)
