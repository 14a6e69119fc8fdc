"""The latest start from which people are out by a deadline with a given confidence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from safepassage.errors import ModelError
from safepassage.model.threat import ThreatEntryKind
from safepassage.rehearsal.play import SHARES, Stage
from safepassage.rehearsal.tally import Tally
from safepassage.threat.barriers import last_safe_start_s


@dataclass(frozen=True, slots=True)
class LatestStart:
    """
    When it is still safe to start.

    Attributes
    ----------
    place : str
        Settlement id; empty for the whole district.
    share : float
        Of the willing who are to be out, 0 to 1.
    deadline_s : float
        By when (s).
    planned_s : float
        When the plan starts there (s).
    latest_s : float
        The latest start (s); ``-inf`` where no start is early enough.
    """

    place: str
    share: float
    deadline_s: float
    planned_s: float
    latest_s: float


def latest_starts(
    stage: Stage, tally: Tally, *, confidence: float = 0.9, deadline_s: float | None = None
) -> tuple[LatestStart, ...]:
    """
    The latest start of the district and of each settlement.

    Parameters
    ----------
    stage, tally : Stage, Tally
        What was played, and what it said.
    confidence : float, optional
        Share of the futures in which the deadline must be met, above 0, at most 1.
    deadline_s : float, optional
        When the danger comes (s); by default when water or fire reaches the place by the threat table, and
        the horizon where it does not.

    Returns
    -------
    tuple of LatestStart
        The district for each of `SHARES`, then the settlements for all of their willing people.

    Raises
    ------
    ModelError
        If the confidence lies outside 0 to 1.

    Notes
    -----
    The plan is moved as a whole: what it needs is taken not to depend on when it starts.
    """
    if not 0 < confidence <= 1:
        raise ModelError(f"confidence is {confidence}; give a number above 0, at most 1")
    arrivals = _arrivals(stage)
    first_s = _first_departures(stage)
    until_s = min([*arrivals.values(), stage.horizon_s]) if deadline_s is None else deadline_s
    begin_s = min(first_s.values(), default=0.0)
    starts = []
    for column, share in enumerate(SHARES):
        needed_s = (tally.share_out_s[:, column] - begin_s).tolist()
        latest_s = last_safe_start_s(until_s, needed_s, confidence)
        starts.append(LatestStart("", share, until_s, begin_s, latest_s))
    out_s = tally.last_out.quantile_s(confidence).tolist()
    for place, last_s in zip(tally.place_ids, out_s, strict=True):
        if place in first_s and not math.isnan(last_s):
            by_s = deadline_s if deadline_s is not None else arrivals.get(place, stage.horizon_s)
            latest_s = by_s - (last_s - first_s[place])
            starts.append(LatestStart(place, 1.0, by_s, first_s[place], latest_s))
    return tuple(starts)


def _arrivals(stage: Stage) -> dict[str, float]:
    """When water or fire first reaches each settlement in scope."""
    scope = {place.id for place in stage.scenario.in_scope}
    first: dict[str, float] = {}
    for entry in stage.scenario.threat.of_kind(ThreatEntryKind.ARRIVAL):
        if entry.subject in scope:
            first[entry.subject] = min(first.get(entry.subject, math.inf), entry.start_s)
    return first


def _first_departures(stage: Stage) -> dict[str, float]:
    """Planned departure of the first party of each settlement."""
    parties = stage.parties
    start_s = parties.traffic.demand.leg_not_before_s[parties.board_leg]
    first = np.full(len(parties.people), np.inf)
    np.minimum.at(first, parties.settlement, start_s)
    ids = [place.id for place in stage.scenario.in_scope]
    return {name: float(time_s) for name, time_s in zip(ids, first, strict=True) if np.isfinite(time_s)}
