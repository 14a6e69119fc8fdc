"""What sources say, what a named person decided, and where events disagree."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeardClaim:
    """
    What one source says.

    Attributes
    ----------
    event : str
        Event that brought it.
    value : str
        What it says of the subject.
    source, heard_from : str
        Who says so, and whom that source copied; empty where it is first-hand.
    reliability : str
        Of the source, A (reliable) to F (cannot be judged).
    credibility : int
        Of the statement, 1 (confirmed) to 6 (cannot be judged).
    valid_ms : int
        The moment it speaks of (ms since 1970).
    evidence_hash : str
        SHA-256 of the evidence, or empty.
    """

    event: str
    value: str
    source: str
    heard_from: str
    reliability: str
    credibility: int
    valid_ms: int
    evidence_hash: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """
    Everything said of one property of one subject.

    Attributes
    ----------
    id, subject, predicate : str
        ``subject:predicate`` and its parts.
    claims : tuple of HeardClaim
        All of them, by event.
    decided : str
        The value used in operations, or empty.
    decided_by : str
        Actor who decided.
    cites : tuple of str
        Claims (by event) that the decision rests on.
    reason : str
        Why.
    decided_ms : int
        When (ms since 1970).
    last_event : str
        Event that changed the record last.
    """

    id: str
    subject: str
    predicate: str
    claims: tuple[HeardClaim, ...] = ()
    decided: str = ""
    decided_by: str = ""
    cites: tuple[str, ...] = ()
    reason: str = ""
    decided_ms: int = 0
    last_event: str = ""

    def origins(self) -> dict[str, frozenset[str]]:
        """
        Independent origins behind each value.

        Returns
        -------
        dict of str to frozenset of str
            Sources at the root of what was heard; copies of one source are one origin.
        """
        copied = {claim.source: claim.heard_from for claim in self.claims if claim.heard_from}
        found: dict[str, set[str]] = defaultdict(set)
        for claim in self.claims:
            found[claim.value].add(_root(claim.source, copied))
        return {value: frozenset(found[value]) for value in sorted(found)}

    def status(self, now_ms: int, stale_after_ms: int) -> str:
        """
        How well the incident is known.

        Parameters
        ----------
        now_ms, stale_after_ms : int
            The moment (ms since 1970), and how old the newest claim may be.

        Returns
        -------
        str
            ``unassessed``, ``corroborated``, ``contested``, ``refuted`` or ``stale``.
        """
        origins = self.origins()
        if now_ms - max((claim.valid_ms for claim in self.claims), default=now_ms) > stale_after_ms:
            return "stale"
        if self.decided and self.decided not in origins:
            return "refuted"
        if len(origins) > 1:
            return "contested"
        return "corroborated" if any(len(roots) > 1 for roots in origins.values()) else "unassessed"


def _root(source: str, copied: dict[str, str]) -> str:
    passed: set[str] = set()
    while source in copied and source not in passed:
        passed.add(source)
        source = copied[source]
    # Sources that copy each other in a ring are one origin, whichever was met first.
    return min(passed) if source in passed else source


@dataclass(frozen=True, slots=True)
class Conflict:
    """
    Events that do not go together; both stay in the log.

    Attributes
    ----------
    id : str
        Event that met the difficulty.
    subject : str
        Key of the record that it is about.
    reason : str
        Code of the rule that spoke.
    rule : str
        How the shown value was chosen.
    other : str
        Event that it disagrees with, or empty.
    agencies : tuple of str
        Whom it concerns.
    values : tuple of (str, str)
        Events and the values they gave, where there is a value to choose.
    effective : bool
        The later event holds; False where it was set aside.
    choice : str
        Event that a person chose, or empty.
    decided_by : str
        Who chose.
    last_event : str
        Event that changed the record last.
    """

    id: str
    subject: str
    reason: str
    rule: str
    other: str = ""
    agencies: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    effective: bool = False
    choice: str = ""
    decided_by: str = ""
    last_event: str = ""
