"""Which decision is best at which level of the danger: go now, wait a day, stay at home, or shelter."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from safepassage.model.arrays import FloatArray
from safepassage.model.plan import Leg, Plan, Trip
from safepassage.rehearsal.assumptions import Assumptions
from safepassage.rehearsal.play import COUNTS
from safepassage.rehearsal.statistics import MULTIPLIERS
from safepassage.rehearsal.tally import Tally
from safepassage.units import SECONDS_PER_DAY

GO, WAIT, STAY, SHELTER = "go_now", "wait_a_day", "stay_at_home", "shelter"


@dataclass(frozen=True, slots=True)
class Flip:
    """
    A level of the rate at which one decision becomes better than another.

    Attributes
    ----------
    factor : float
        On the hazard rate, within the range that is swept.
    below, above : str
        The better of the two at lower and at higher levels.
    """

    factor: float
    below: str
    above: str


@dataclass(frozen=True, slots=True)
class Decision:
    """
    What is best for those of a settlement who are willing to leave, by the harm expected until the horizon.

    Attributes
    ----------
    place : str
        Settlement id; empty for the whole district.
    best : tuple of (float, str)
        Factor on the rate, and what does the least harm there.
    flips : tuple of Flip
        Where going now and another decision change places, ascending by factor.
    harm : mapping of str to (float, float)
        Of each decision: casualties that grow with the rate, and casualties that do not (accidents).
    """

    place: str
    best: tuple[tuple[float, str], ...]
    flips: tuple[Flip, ...]
    harm: Mapping[str, tuple[float, float]]


def put_off(plan: Plan, by_s: int) -> Plan:
    """
    The same plan later.

    Parameters
    ----------
    plan : Plan
        To move as a whole; trains and buses to a timetable are taken to run then as well.
    by_s : int
        By how much (s).

    Returns
    -------
    Plan
        Without a certificate, as it was not proved for that time.
    """

    def leg(item: Leg) -> Leg:
        return replace(item, arrive_s=item.arrive_s + by_s, depart_s=item.depart_s + by_s)

    def trip(item: Trip) -> Trip:
        return replace(item, legs=tuple(leg(stop) for stop in item.legs))

    waves = tuple(replace(wave, start_s=wave.start_s + by_s, end_s=wave.end_s + by_s) for wave in plan.waves)
    return replace(plan, waves=waves, trips=tuple(trip(item) for item in plan.trips), certificate=None)


def can_wait(plan: Plan, horizon_s: float) -> bool:
    """
    Whether the plan, put off by a day, ends before the horizon.

    Parameters
    ----------
    plan : Plan
        What is rehearsed.
    horizon_s : float
        End of what is played (s).

    Returns
    -------
    bool
        False where waiting cannot be judged.
    """
    ends = [wave.end_s for wave in plan.waves] + [trip.legs[-1].arrive_s for trip in plan.trips]
    return bool(ends) and max(ends) + SECONDS_PER_DAY < horizon_s


def decisions(tally: Tally, waiting: Tally | None, assumptions: Assumptions) -> tuple[Decision, ...]:
    """
    Compare going now with the other decisions over the range of the hazard rate.

    Parameters
    ----------
    tally : Tally
        The plan.
    waiting : Tally or None
        The plan a day later in the same futures; None where it was not played.
    assumptions : Assumptions
        For the protection of a shelter.

    Returns
    -------
    tuple of Decision
        The district first, then the settlements in scope.

    Notes
    -----
    Harm that people do not escape by staying goes on after the horizon; it is not counted.
    """
    shelter = assumptions.shelter / assumptions.protection.indoors if assumptions.protection.indoors else 0.0
    futures = {GO: tally, **({WAIT: waiting} if waiting else {})}
    rows: dict[str, list[tuple[float, float]]] = {}
    for name, played in futures.items():
        threat = (played.harm_by_place[:, :3].sum(axis=1) - _of_unwilling(played)) / played.futures
        accidents = played.harm_by_place[:, 3] / played.futures
        rows[name] = list(zip(threat.tolist(), accidents.tolist(), strict=True))
    stay = ((tally.stay_by_place - _of_unwilling(tally)) / tally.futures).tolist()
    rows[STAY] = [(value, 0.0) for value in stay]
    rows[SHELTER] = [(shelter * value, 0.0) for value in stay]
    district = {
        name: (math.fsum(row[0] for row in of_place), math.fsum(row[1] for row in of_place))
        for name, of_place in rows.items()
    }
    made = [_decision("", district)]
    for k, place in enumerate(tally.place_ids):
        made.append(_decision(place, {name: of_place[k] for name, of_place in rows.items()}))
    return tuple(made)


def _of_unwilling(tally: Tally) -> FloatArray:
    """Harm of those who stay whatever is decided, summed over the futures, by settlement."""
    there = tally.counts[:, COUNTS.index("staying") :].sum(axis=1)
    each = np.divide(tally.stay_by_place, there, out=np.zeros(len(there)), where=there > 0)
    harm: FloatArray = each * tally.counts[:, COUNTS.index("staying")]
    return harm


def _decision(place: str, harm: Mapping[str, tuple[float, float]]) -> Decision:
    best = tuple(
        (factor, min(harm, key=lambda name: factor * harm[name][0] + harm[name][1])) for factor in MULTIPLIERS
    )
    flips = [flip for name in harm if name != GO if (flip := _flip(harm, GO, name))]
    return Decision(place, best, tuple(sorted(flips, key=lambda flip: (flip.factor, flip.above))), harm)


def _flip(harm: Mapping[str, tuple[float, float]], one: str, other: str) -> Flip | None:
    """Where two straight lines of harm over the rate cross."""
    slope, base = harm[one][0] - harm[other][0], harm[other][1] - harm[one][1]
    if slope == 0 or not MULTIPLIERS[0] < base / slope < MULTIPLIERS[-1]:
        return None
    # The one with the smaller slope is better above.
    below, above = (one, other) if slope > 0 else (other, one)
    return Flip(base / slope, below, above)
