"""
Compiled search for reserved routes: earliest arrivals first, capacity taken as it is used.

Legend: a links, t time steps, v nodes, k origins, m destinations, c nodes with a service rate, r turns with a
capacity, b bookings. A state ``(a, t)`` means that a vehicle enters link a in step t.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from safepassage.model.arrays import FlagArray, FloatArray, IndexArray, OffsetArray

# Amounts below this (PCU) are rounding noise.
NOTHING = 1e-9
NONE = -1


class ReserveRoads(NamedTuple):
    """
    Roads in steps.

    Attributes
    ----------
    steps : int32[a]
        Travel time, at least 1.
    tail : int32[a]
        Node where the link starts.
    served : int32[a]
        Row of that node in the table of service rates, or `NONE`.
    detour : int32[a]
        Steps by which the link lengthens the way from its start to a destination.
    first_turn : int64[a + 1]
        Where each link's list of turns into it starts.
    turn_from, turn_limit : int32
        Link that the turn comes from; its row in the table of turn capacities, or `NONE`.
    earliest : int32[v]
        First step in which anybody can be at each node.
    """

    steps: IndexArray
    tail: IndexArray
    served: IndexArray
    detour: IndexArray
    first_turn: OffsetArray
    turn_from: IndexArray
    turn_limit: IndexArray
    earliest: IndexArray


class ReserveEnds(NamedTuple):
    """
    Origins and destinations.

    Attributes
    ----------
    first_origin : int64[v + 1]
        Where each node's list of origins starts in `origin_at`.
    origin_at : int32[k]
        Origins by node.
    ready_step : int32[k]
        First step of departure.
    left : float64[k]
        Traffic not yet booked (PCU). Modified in place.
    first_in : int64[m + 1]
        Where each destination's list of links into it starts in `in_link`.
    in_link : int32
        Those links.
    end_served : int32[m]
        Row of the destination's node in the table of service rates, or `NONE`.
    room : float64[m]
        Traffic that it still takes in (PCU). Modified in place.
    """

    first_origin: OffsetArray
    origin_at: IndexArray
    ready_step: IndexArray
    left: FloatArray
    first_in: OffsetArray
    in_link: IndexArray
    end_served: IndexArray
    room: FloatArray


class ReserveTables(NamedTuple):
    """
    What is left of every capacity in every step, all modified in place.

    Attributes
    ----------
    capacity : float64[a, t]
        PCU that may still enter.
    turn_capacity : float64[r, t]
        PCU that may still turn.
    service : float64[c, t]
        PCU that may still be served.
    hopeless : int16[a, t]
        Detour budget with which no traffic can reach the state any more, -1 at first; capacities only
        shrink, so it stays hopeless with that budget and any smaller one.
    """

    capacity: FloatArray
    turn_capacity: FloatArray
    service: FloatArray
    hopeless: npt.NDArray[np.int16]


class ReserveBookings(NamedTuple):
    """
    What was booked, in order of arrival.

    Attributes
    ----------
    origin, destination, depart, arrive : int32[b]
        Origin, destination, step of departure and of arrival.
    amount : float64[b]
        PCU.
    offset : int64[b + 1]
        Where each booking's links start.
    link : int32
        Links in driving order.
    """

    origin: IndexArray
    destination: IndexArray
    depart: IndexArray
    arrive: IndexArray
    amount: FloatArray
    offset: OffsetArray
    link: IndexArray


@njit(cache=True, nogil=True)
def _ready_origin(roads: ReserveRoads, ends: ReserveEnds, link: int, step: int) -> int:
    """An origin at the start of a link with traffic ready in a step; `NONE` where there is none."""
    node = roads.tail[link]
    for place in range(ends.first_origin[node], ends.first_origin[node + 1]):
        origin = ends.origin_at[place]
        if ends.left[origin] > NOTHING and ends.ready_step[origin] <= step:
            return int(origin)
    return NONE


@njit(cache=True, nogil=True)
def _open(roads: ReserveRoads, tables: ReserveTables, link: int, step: int, budget: int) -> bool:
    """Whether a state has room of its own and is not known to be hopeless."""
    if budget <= tables.hopeless[link, step]:
        return False
    if step < roads.earliest[roads.tail[link]] or tables.capacity[link, step] <= NOTHING:
        return False
    return roads.served[link] == NONE or tables.service[roads.served[link], step] > NOTHING


@njit(cache=True, nogil=True)
def _find_way(
    roads: ReserveRoads,
    ends: ReserveEnds,
    tables: ReserveTables,
    link: int,
    step: int,
    floor_step: int,
    budget: int,
    far_first: bool,
    way: IndexArray,
    way_step: IndexArray,
    way_budget: IndexArray,
    way_next: OffsetArray,
    on_way: FlagArray,
) -> tuple[int, int]:
    """
    Search upstream from a state for an origin with traffic, depth first.

    Returns the length of the way, whose links stand in `way` from the last to the first and whose steps
    stand in `way_step`, and the origin; length 0 where there is none. A way passes no node twice, and its
    detours add up to the budget at most.
    """
    budget -= roads.detour[link]
    if step < floor_step or budget < 0 or not _open(roads, tables, link, step, budget):
        return 0, NONE
    depth = 0
    way[0], way_step[0], way_budget[0], way_next[0] = link, step, budget, roads.first_turn[link]
    on_way[roads.tail[link]] = True
    found = NONE if far_first else _ready_origin(roads, ends, link, step)
    while found == NONE:
        link, step = way[depth], way_step[depth]
        deeper = False
        while way_next[depth] < roads.first_turn[link + 1]:
            turn = way_next[depth]
            way_next[depth] += 1
            before = roads.turn_from[turn]
            limit = roads.turn_limit[turn]
            entered = step - roads.steps[before]
            rest = way_budget[depth] - roads.detour[before]
            if entered < floor_step or rest < 0 or on_way[roads.tail[before]]:
                continue
            if limit != NONE and tables.turn_capacity[limit, step] <= NOTHING:
                continue
            if not _open(roads, tables, before, entered, rest):
                continue
            depth += 1
            way[depth], way_step[depth], way_budget[depth] = before, entered, rest
            way_next[depth] = roads.first_turn[before]
            on_way[roads.tail[before]] = True
            if not far_first:
                found = _ready_origin(roads, ends, before, entered)
            deeper = True
            break
        if deeper:
            continue
        if far_first:
            found = _ready_origin(roads, ends, link, step)
            if found != NONE:
                break
        # Ways that would pass a node twice were not tried, so this forgoes a few; it keeps the search linear.
        tables.hopeless[link, step] = way_budget[depth]
        on_way[roads.tail[link]] = False
        depth -= 1
        if depth < 0:
            return 0, NONE
    for place in range(depth + 1):
        on_way[roads.tail[way[place]]] = False
    return depth + 1, found


@njit(cache=True, nogil=True)
def _turn_limit(roads: ReserveRoads, before: int, link: int) -> int:
    """Row of the capacity of a turn, or `NONE`."""
    for turn in range(roads.first_turn[link], roads.first_turn[link + 1]):
        if roads.turn_from[turn] == before:
            return int(roads.turn_limit[turn])
    return NONE


@njit(cache=True, nogil=True)
def _take(
    roads: ReserveRoads,
    tables: ReserveTables,
    way: IndexArray,
    way_step: IndexArray,
    length: int,
    amount: float,
    book: bool,
) -> float:
    """Least room along a way, at most `amount`; takes it where `book` is set."""
    for place in range(length):
        link, step = way[place], way_step[place]
        row = roads.served[link]
        limit = _turn_limit(roads, way[place + 1], link) if place + 1 < length else NONE
        if book:
            tables.capacity[link, step] -= amount
            if row != NONE:
                tables.service[row, step] -= amount
            if limit != NONE:
                tables.turn_capacity[limit, step] -= amount
        else:
            amount = min(amount, tables.capacity[link, step])
            if row != NONE:
                amount = min(amount, tables.service[row, step])
            if limit != NONE:
                amount = min(amount, tables.turn_capacity[limit, step])
    return amount


@njit(cache=True, nogil=True)
def book_arrivals(
    roads: ReserveRoads,
    ends: ReserveEnds,
    tables: ReserveTables,
    bookings: ReserveBookings,
    n_booked: int,
    from_step: int,
    to_step: int,
    floor_step: int,
    budgets: IndexArray,
    far_first: bool,
) -> tuple[int, int]:
    """
    Book as much traffic as finds a way, arrival step by arrival step.

    Parameters
    ----------
    roads, ends, tables, bookings
        See their classes.
    n_booked : int
        Bookings so far.
    from_step, to_step : int
        Arrival steps to fill, the last one excluded.
    floor_step : int
        No departure before this step.
    budgets : int32
        Detour budgets (steps), ascending; in every arrival step, ways within the smallest go first.
    far_first : bool
        Whether traffic from farther upstream goes before traffic that starts on the way.

    Returns
    -------
    n_booked : int
        Bookings now.
    step : int
        The step that could not be finished because the bookings are full, or `to_step`.
    """
    n_nodes = len(roads.earliest)
    way = np.empty(n_nodes + 1, np.int32)
    way_step = np.empty(n_nodes + 1, np.int32)
    way_budget = np.empty(n_nodes + 1, np.int32)
    way_next = np.empty(n_nodes + 1, np.int64)
    on_way = np.zeros(n_nodes, np.bool_)
    for step in range(from_step, to_step):
        for trial in range(len(budgets) * len(ends.room)):
            budget = budgets[trial // len(ends.room)]
            destination = trial % len(ends.room)
            row = ends.end_served[destination]
            for place in range(ends.first_in[destination], ends.first_in[destination + 1]):
                link = ends.in_link[place]
                while ends.room[destination] > NOTHING:
                    if row != NONE and tables.service[row, step] <= NOTHING:
                        break
                    if n_booked == len(bookings.amount) or (
                        bookings.offset[n_booked] + n_nodes > len(bookings.link)
                    ):
                        return n_booked, step
                    length, origin = _find_way(
                        roads, ends, tables, link, step - roads.steps[link], floor_step, budget, far_first,
                        way, way_step, way_budget, way_next, on_way,
                    )  # fmt: skip
                    if length == 0:
                        break
                    most = min(ends.left[origin], ends.room[destination])
                    if row != NONE:
                        most = min(most, tables.service[row, step])
                    amount = _take(roads, tables, way, way_step, length, most, False)
                    _take(roads, tables, way, way_step, length, amount, True)
                    ends.left[origin] -= amount
                    ends.room[destination] -= amount
                    if row != NONE:
                        tables.service[row, step] -= amount
                    bookings.origin[n_booked] = origin
                    bookings.destination[n_booked] = destination
                    bookings.depart[n_booked] = way_step[length - 1]
                    bookings.arrive[n_booked] = step
                    bookings.amount[n_booked] = amount
                    start = bookings.offset[n_booked]
                    for place_on_way in range(length):
                        bookings.link[start + place_on_way] = way[length - 1 - place_on_way]
                    n_booked += 1
                    bookings.offset[n_booked] = start + length
    return n_booked, to_step
