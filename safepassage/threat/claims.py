"""From contested claims to a probability: graded sources, copies counted once, old claims faded."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from safepassage.errors import ModelError
from safepassage.model.scenario import Scenario
from safepassage.model.threat import CREDIBILITY, RELIABILITY, Claim, ThreatEntryKind
from safepassage.units import SECONDS_PER_DAY

_STATEMENT = {1: 0.95, 2: 0.8, 3: 0.6, 4: 0.3, 5: 0.1, 6: 0.3}
_TRUST = {"A": 1.0, "B": 0.8, "C": 0.6, "D": 0.4, "E": 0.2, "F": 0.3}


class Standing(StrEnum):
    """What the sources together make of a loss."""

    CONFIRMED = "confirmed"
    CLAIMED = "claimed"
    UNCLAIMED = "unclaimed"


@dataclass(frozen=True, slots=True)
class ClaimTable:
    """
    How graded claims become a probability; own judgement, meant to be edited.

    Attributes
    ----------
    prior : float
        Probability without any claim, above 0 and below 1.
    statement : mapping of int to float
        For each credibility 1 to 6 the probability that one fully trusted, fresh source gives it.
    trust : mapping of str to float
        For each reliability A to F how far a source moves the odds, 0 (not at all) to 1.
    half_life_s : float
        Age at which a claim moves the odds half as far (s).
    """

    prior: float = 0.3
    statement: Mapping[int, float] = field(default_factory=lambda: dict(_STATEMENT))
    trust: Mapping[str, float] = field(default_factory=lambda: dict(_TRUST))
    half_life_s: float = 3 * SECONDS_PER_DAY

    def __post_init__(self) -> None:
        if set(self.statement) != set(CREDIBILITY) or set(self.trust) != set(RELIABILITY):
            raise ModelError("claim table: give a value for each credibility 1-6 and each reliability A-F")
        for name, value in [
            ("prior", self.prior),
            *((f"statement {k}", v) for k, v in self.statement.items()),
        ]:
            if not 0 < value < 1:
                raise ModelError(f"claim table: {name} is {value}; give a number above 0 and below 1")
        for grade, value in self.trust.items():
            if not 0 <= value <= 1:
                raise ModelError(f"claim table: trust {grade} is {value}; give 0 to 1")
        if not self.half_life_s > 0:
            raise ModelError(f"claim table: half_life_s is {self.half_life_s}; give a positive number")


@dataclass(frozen=True, slots=True)
class DatedClaim:
    """
    A claim and when it was made.

    Attributes
    ----------
    claim : Claim
        Who says so, and how good the source is.
    time_s : float
        When (s since the scenario's start; negative for the past).
    """

    claim: Claim
    time_s: float


def probability_of(claims: Sequence[DatedClaim], table: ClaimTable, *, now_s: float = 0.0) -> float:
    """
    Probability that what the claims say is true.

    Parameters
    ----------
    claims : sequence of DatedClaim
        All that speak of one subject.
    table : ClaimTable
        What grades are worth.
    now_s : float, optional
        When it is asked (s since the scenario's start).

    Returns
    -------
    float
        The prior where nobody claims anything.

    Raises
    ------
    ModelError
        If a claim lies in the future.

    Notes
    -----
    Sources that did not copy from each other are taken as independent: each adds the logarithm of the
    odds that it gives over those of the prior, times its trust, halved every ``half_life_s``.
    """
    odds = _log_odds(table.prior)
    base = odds
    for item in _one_a_source(claims, table, now_s):
        odds += _weight(item, table, now_s) * (_log_odds(table.statement[item.claim.credibility]) - base)
    return 1.0 / (1.0 + math.exp(-odds))


def standing_of(claims: Sequence[DatedClaim]) -> Standing:
    """
    Tell a confirmed loss from a claimed one.

    Parameters
    ----------
    claims : sequence of DatedClaim
        All that speak of one subject.

    Returns
    -------
    Standing
        Confirmed where a source graded A or B states it with credibility 1.
    """
    if not claims:
        return Standing.UNCLAIMED
    sure = any(item.claim.reliability in {"A", "B"} and item.claim.credibility == 1 for item in claims)
    return Standing.CONFIRMED if sure else Standing.CLAIMED


def loss_standings(scenario: Scenario) -> Mapping[str, Standing]:
    """
    Which roads somebody says are lost, and whether that is confirmed.

    Parameters
    ----------
    scenario : Scenario
        Roads and threat.

    Returns
    -------
    mapping of str to Standing
        By the crossing's name, or by the link's id where it is no crossing; only those of which a closure
        with a source tells that has begun or is to come and has not ended.
    """
    network = scenario.network
    name_of = dict(zip(network.link_id, network.crossing, strict=True))
    claims: dict[str, list[DatedClaim]] = {}
    for entry in scenario.threat.of_kind(ThreatEntryKind.CLOSURE):
        if entry.subject in name_of and entry.claim.source and entry.end_s > 0:
            road = name_of[entry.subject] or entry.subject
            claims.setdefault(road, []).append(DatedClaim(entry.claim, min(entry.start_s, 0.0)))
    return {road: standing_of(claims[road]) for road in sorted(claims)}


def _one_a_source(claims: Sequence[DatedClaim], table: ClaimTable, now_s: float) -> list[DatedClaim]:
    """Of each first-hand source and all its copies the claim that weighs most."""
    heard_from = {item.claim.source: item.claim.heard_from for item in claims}
    chosen: dict[str, DatedClaim] = {}
    for item in claims:
        if item.time_s > now_s:
            raise ModelError(
                f"claim of {item.claim.source} is dated {item.time_s - now_s:g} s in the future;"
                " correct its time"
            )
        root = _root(item.claim.source, heard_from)
        if root not in chosen or _strength(item, table, now_s) > _strength(chosen[root], table, now_s):
            chosen[root] = item
    return [chosen[root] for root in sorted(chosen)]


def _root(source: str, heard_from: Mapping[str, str]) -> str:
    """The first-hand source; of a ring of sources that quote each other the first by name."""
    seen: list[str] = []
    while source not in seen:
        seen.append(source)
        source = heard_from.get(source, "") or source
    return min(seen[seen.index(source) :])


def _weight(item: DatedClaim, table: ClaimTable, now_s: float) -> float:
    return float(table.trust[item.claim.reliability] * 0.5 ** ((now_s - item.time_s) / table.half_life_s))


def _strength(item: DatedClaim, table: ClaimTable, now_s: float) -> tuple[float, float, str]:
    says = _log_odds(table.statement[item.claim.credibility]) - _log_odds(table.prior)
    return abs(_weight(item, table, now_s) * says), item.time_s, item.claim.source


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))
