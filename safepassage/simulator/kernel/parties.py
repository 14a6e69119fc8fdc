"""
Count the people of a played plan: who is there and goes, who gets out when, and at what risk.

Index letters: ``p`` parties, ``r`` rides, ``s`` settlements, ``g`` groups. Times are seconds; NaN stands for
never. Compiled because it runs once a future, and without the interpreter lock so that futures run beside
each other.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Marks = npt.NDArray[np.uint8]

PRESENT = 1
WILLING = 2
GOES = 4

HOME, WAITING, ROAD, JOURNEY = 0, 1, 2, 3

_compiled: Any = njit(cache=True, nogil=True, error_model="numpy")
# Calls between compiled functions would count references of every array in the tuples.
_inlined: Any = njit(inline="always", error_model="numpy")


class Parties(NamedTuple):
    """
    Who travels together.

    Attributes
    ----------
    n_cars : int
        The first so many parties are cars.
    persons, slot : int64[p]
        Whole persons; place in the draws of the district.
    settlement, board_leg, alight_leg, course, transfer, ride : int32[p]
        Index of each, -1 for none.
    safe : bool[p]
        Whether the end of the way is safe.
    composition : float64[p, g]
        Share of each group.
    waiting : float64[p]
        Factor on the rate while the party waits outside.
    """

    n_cars: int
    persons: Integers
    slot: Integers
    settlement: Indices
    board_leg: Indices
    alight_leg: Indices
    course: Indices
    transfer: Indices
    ride: Indices
    safe: Flags
    composition: Floats
    waiting: Floats


class Rides(NamedTuple):
    """
    Boardings from home, by settlement and then by trip.

    Attributes
    ----------
    settlement, first, end : int64[r]
        Settlement and the parties of each.
    open : bool[r]
        Whether anybody may take a seat that stays free.
    """

    settlement: Integers
    first: Integers
    end: Integers
    open: Flags


class Services(NamedTuple):
    """
    Trains and buses to a timetable, by departure.

    Attributes
    ----------
    site, places : int64
        Place where people get on, and for how many there is room.
    departs_s, arrives_s : float64
        When it leaves, and when it is safe (s).
    """

    site: Integers
    places: Integers
    departs_s: Floats
    arrives_s: Floats


class Rates(NamedTuple):
    """
    Hazard rates whose events decay alike, at homes and along courses.

    Attributes
    ----------
    home, home_event, course, course_event : float64
        Rate that holds all the time, and what past events add at time zero (casualties a person-second).
    home_composition : float64[s, g]
        Share of each group at home.
    memory_s : float
        Time in which an event's effect falls to 1/e (s).
    indoors, vehicle : float
        Factors on the rate.
    journey_per_s : float
        Accidents, casualties a person-second on the road.
    call_ahead_s, horizon_s : float
        How long riders stand at their stop, and when counting ends (s).
    """

    home: Floats
    home_event: Floats
    course: Floats
    course_event: Floats
    home_composition: Floats
    memory_s: float
    indoors: float
    vehicle: float
    journey_per_s: float
    call_ahead_s: float
    horizon_s: float


@_compiled  # type: ignore[untyped-decorator,unused-ignore]
def gather(
    parties: Parties,
    draws: tuple[Floats, Floats, Floats],
    present_factor: Floats,
    uptake: float,
    car_failure: float,
) -> tuple[Marks, Integers]:
    """
    Who is there, is willing, and can go.

    Parameters
    ----------
    parties : Parties
        Of the plan.
    draws : tuple of float64
        Uniform draws of presence, willingness and cars, one a place for a household.
    present_factor : float64[s]
        People present over people counted.
    uptake, car_failure : float
        Share of households that are willing, and of car households without a usable car.

    Returns
    -------
    marks : uint8[p]
        Of each party the sum of `PRESENT`, `WILLING` and `GOES`, as they apply.
    persons : int64[3, s]
        Absent, willing, and willing whose car failed.
    """
    present_draw, willing_draw, car_draw = draws
    marks = np.zeros(len(parties.persons), np.uint8)
    persons = np.zeros((3, len(present_factor)), np.int64)
    for p in range(len(marks)):
        slot, s = parties.slot[p], parties.settlement[p]
        if present_draw[slot] < 1 - present_factor[s]:
            persons[0, s] += parties.persons[p]
        elif willing_draw[slot] >= uptake:
            marks[p] = PRESENT
        else:
            persons[1, s] += parties.persons[p]
            if p < parties.n_cars and car_draw[slot] < car_failure:
                persons[2, s] += parties.persons[p]
                marks[p] = PRESENT | WILLING
            else:
                marks[p] = PRESENT | WILLING | GOES
    return marks, persons


@_compiled  # type: ignore[untyped-decorator,unused-ignore]
def party_times(
    parties: Parties, leg_of: Indices, ticks: tuple[Integers, Integers, Integers], ticks_per_s: float
) -> tuple[Floats, Floats]:
    """
    When each party's vehicle left with it and set it down.

    Parameters
    ----------
    parties : Parties
        Of the plan.
    leg_of : int32
        Leg that was played for each leg of the plan, or -1.
    ticks : tuple of int64
        When each played leg was ready, got onto the road, and ended; -1 for never.
    ticks_per_s : float
        Ticks a second.

    Returns
    -------
    left_s, got_off_s : float64[p]
        Seconds; NaN for never.
    """
    depart, entered, arrive = ticks
    left_s = np.full(len(parties.persons), np.nan)
    got_off_s = np.full(len(parties.persons), np.nan)
    for p in range(len(left_s)):
        board, alight = leg_of[parties.board_leg[p]], leg_of[parties.alight_leg[p]]
        if board >= 0:
            tick = entered[board] if p < parties.n_cars else depart[board]
            if tick >= 0:
                left_s[p] = tick / ticks_per_s
        if alight >= 0 and arrive[alight] >= 0:
            got_off_s[p] = arrive[alight] / ticks_per_s
    return left_s, got_off_s


@_compiled  # type: ignore[untyped-decorator,unused-ignore]
def go_on(parties: Parties, services: Services, marks: Marks, left_s: Floats, got_off_s: Floats) -> Floats:
    """
    When each party is safe, with the trains that those set down at a station take in the order they came.

    Parameters
    ----------
    parties, services : Parties, Services
        Of the plan.
    marks : uint8[p]
        From `gather`.
    left_s, got_off_s : float64[p]
        From `party_times`.

    Returns
    -------
    float64[p]
        Seconds; NaN for never.
    """
    safe_s = np.full(len(marks), np.nan)
    n_waiting = 0
    waiting = np.empty(len(marks), np.int64)
    for k in range(len(marks)):
        if not (marks[k] & GOES) or np.isnan(left_s[k]) or np.isnan(got_off_s[k]):
            continue
        if parties.transfer[k] >= 0:
            waiting[n_waiting] = k
            n_waiting += 1
        elif parties.safe[k]:
            safe_s[k] = got_off_s[k]
    waiting = waiting[:n_waiting]
    waiting = waiting[np.argsort(got_off_s[waiting], kind="mergesort")]
    for k in range(len(services.site)):
        aboard = 0
        for w in range(n_waiting):
            p = waiting[w]
            if got_off_s[p] > services.departs_s[k]:
                break
            if parties.transfer[p] == services.site[k] and np.isnan(safe_s[p]):
                aboard += parties.persons[p]
                if aboard > services.places[k]:
                    break
                safe_s[p] = services.arrives_s[k]
    return safe_s


@_compiled  # type: ignore[untyped-decorator,unused-ignore]
def fill_free_seats(
    parties: Parties, rides: Rides, marks: Marks, claimants: Integers, left_s: Floats, got_off_s: Floats
) -> Integers:
    """
    Let people without a place take seats that others of their settlement left free, trip by trip.

    Parameters
    ----------
    parties, rides : Parties, Rides
        Of the plan.
    marks : uint8[p]
        From `gather`.
    claimants : int64[s]
        Persons of each settlement who want to go and have no place.
    left_s, got_off_s : float64[p]
        From `party_times`.

    Returns
    -------
    int64[r]
        Persons who took a seat of each ride.
    """
    wanting = claimants.copy()
    served = np.zeros(len(rides.first), np.int64)
    for r in range(len(served)):
        first = rides.first[r]
        if not rides.open[r] or np.isnan(left_s[first]) or np.isnan(got_off_s[first]):
            continue
        free = 0
        for p in range(first, rides.end[r]):
            if not marks[p] & GOES:
                free += parties.persons[p]
        s = rides.settlement[r]
        served[r] = min(free, wanting[s])
        wanting[s] -= served[r]
    return served


@_inlined  # type: ignore[untyped-decorator,unused-ignore]
def _since_start(rate: Floats, event: Floats, memory_s: float, place: int, time_s: float) -> float:
    total = rate[place] * time_s
    if event[place] != 0.0:
        total += event[place] * memory_s * -np.expm1(-time_s / memory_s)
    return total


@_inlined  # type: ignore[untyped-decorator,unused-ignore]
def _risk_of_one(parties: Parties, rates: Rates, p: int, left_s: float, until_s: float, risk: Floats) -> None:
    """Expected casualties by phase of one person who goes like those of a party; ``risk`` is overwritten."""
    place, course = parties.settlement[p], parties.course[p]
    at_home = _since_start(rates.home, rates.home_event, rates.memory_s, place, left_s)
    called = at_home
    if parties.ride[p] >= 0:
        called_s = max(left_s - rates.call_ahead_s, 0.0)
        called = _since_start(rates.home, rates.home_event, rates.memory_s, place, called_s)
    until = _since_start(rates.course, rates.course_event, rates.memory_s, course, until_s)
    since = _since_start(rates.course, rates.course_event, rates.memory_s, course, left_s)
    risk[HOME] = rates.indoors * called
    risk[WAITING] = parties.waiting[p] * (at_home - called)
    risk[ROAD] = rates.vehicle * (until - since)
    risk[JOURNEY] = rates.journey_per_s * (until_s - left_s)


@_compiled  # type: ignore[untyped-decorator,unused-ignore]
def harm_of(
    parties: Parties,
    rides: Rides,
    rates: Rates,
    marks: Marks,
    others: Integers,
    served: Integers,
    left_s: Floats,
    got_off_s: Floats,
    safe_s: Floats,
) -> tuple[Floats, Floats, Floats]:
    """
    Expected casualties until the horizon.

    Parameters
    ----------
    parties, rides, rates : Parties, Rides, Rates
        Of the plan.
    marks : uint8[p]
        From `gather`.
    others : int64[s]
        Persons outside all parties.
    served : int64[r]
        From `fill_free_seats`; they come from the others or from cars that failed.
    left_s, got_off_s : float64[p]
        From `party_times`.
    safe_s : float64[p]
        From `go_on`.

    Returns
    -------
    by_place : float64[s, 4]
        At home, waiting outside, on the road (the threat), on the road (accidents).
    by_group : float64[g]
        Of all phases.
    stay : float64[s]
        If all who are there stayed at home.
    """
    n_places, n_groups = rates.home_composition.shape
    by_place, by_group = np.zeros((n_places, 4)), np.zeros(n_groups)
    alone, risk = np.zeros(n_places), np.zeros(4)
    there = others.copy()
    for s in range(n_places):
        stay = _since_start(rates.home, rates.home_event, rates.memory_s, s, rates.horizon_s)
        alone[s] = rates.indoors * stay
        by_place[s, HOME] += others[s] * alone[s]
        for g in range(n_groups):
            by_group[g] += others[s] * alone[s] * rates.home_composition[s, g]
    for p in range(len(marks)):
        if not marks[p] & PRESENT:
            continue
        s = parties.settlement[p]
        there[s] += parties.persons[p]
        if marks[p] & GOES and not np.isnan(left_s[p]):
            until_s = rates.horizon_s if np.isnan(safe_s[p]) else safe_s[p]
            _risk_of_one(parties, rates, p, left_s[p], until_s, risk)
        else:
            risk[:] = 0.0
            risk[HOME] = alone[s]
        for phase in range(4):
            by_place[s, phase] += parties.persons[p] * risk[phase]
        each = parties.persons[p] * risk.sum()
        for g in range(n_groups):
            by_group[g] += each * parties.composition[p, g]
    for r in range(len(served)):
        if served[r] == 0:
            continue
        # They count as staying at home above; a seat changes that.
        p, s = rides.first[r], rides.settlement[r]
        _risk_of_one(parties, rates, p, left_s[p], got_off_s[p], risk)
        risk[HOME] -= alone[s]
        for phase in range(4):
            by_place[s, phase] += served[r] * risk[phase]
        for g in range(n_groups):
            by_group[g] += served[r] * risk.sum() * rates.home_composition[s, g]
    return by_place, by_group, there * alone


@_compiled  # type: ignore[untyped-decorator,unused-ignore]
def count_out(
    parties: Parties,
    rides: Rides,
    marks: Marks,
    served: Integers,
    willing: Integers,
    times: tuple[Floats, Floats, Floats],
    shares: Floats,
    n_hours: int,
) -> tuple[Integers, Integers, Floats, Floats, float]:
    """
    Who is out of danger by when.

    Parameters
    ----------
    parties, rides : Parties, Rides
        Of the plan.
    marks : uint8[p]
        From `gather`.
    served : int64[r]
        From `fill_free_seats`.
    willing : int64[s]
        All who want to go.
    times : tuple of float64[p]
        ``left_s``, ``got_off_s`` and ``safe_s``.
    shares : float64
        Shares of the willing whose time is asked, 0 to 1.
    n_hours : int
        Full hours of the horizon.

    Returns
    -------
    people : int64[2, s]
        Out of danger, and left home but not out.
    by_hour : int64[n_hours + 1]
        Persons out by each full hour.
    share_s : float64
        When each share was out (s); ``inf`` for never.
    last_s : float64[s]
        When the last of each settlement was out (s); ``inf`` where somebody was not, NaN where nobody
        wanted to.
    clearance_s : float
        When the last who got out did (s); NaN where nobody did.
    """
    left_s, got_off_s, safe_s = times
    n, n_places = len(marks), len(willing)
    people = np.zeros((2, n_places), np.int64)
    by_hour = np.zeros(n_hours + 2, np.int64)
    last_s = np.full(n_places, -np.inf)
    event_s, persons = np.empty(n + len(served)), np.empty(n + len(served), np.int64)
    n_events = 0
    for k in range(n + len(served)):
        if k < n:
            s, number, time_s = np.int64(parties.settlement[k]), parties.persons[k], safe_s[k]
            if np.isnan(time_s):
                if marks[k] & GOES and not np.isnan(left_s[k]):
                    people[1, s] += number
                continue
        else:
            s, number = rides.settlement[k - n], served[k - n]
            time_s = got_off_s[rides.first[k - n]]
        if number == 0:
            continue
        people[0, s] += number
        last_s[s] = max(last_s[s], time_s)
        hour = int(np.ceil(time_s / 3600))
        by_hour[min(hour, n_hours + 1)] += number
        event_s[n_events], persons[n_events] = time_s, number
        n_events += 1
    order = np.argsort(event_s[:n_events], kind="mergesort")
    reached = np.cumsum(persons[order])
    share_s = np.full(len(shares), np.inf)
    for j in range(len(shares)):
        need = np.ceil(shares[j] * willing.sum() - 1e-9)
        place = np.searchsorted(reached, need)
        if need <= 0:
            share_s[j] = 0.0
        elif place < n_events:
            share_s[j] = event_s[order[place]]
    for k in range(n_places):
        if willing[k] == 0:
            last_s[k] = np.nan
        elif people[0, k] < willing[k]:
            last_s[k] = np.inf
    clearance_s = event_s[order[n_events - 1]] if n_events else np.nan
    return people, np.cumsum(by_hour)[:-1], share_s, last_s, clearance_s
