"""
Compiled search for reserved routes: earliest arrivals first, capacity taken as it is used.

Legend: a arcs, n nodes, t time steps, k origins, m destinations, b bookings. Origins and destinations are
nodes of their own. A state ``(n, t)`` means that traffic is at node n in step t; it goes on at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from safepassage.model.arrays import FloatArray, IndexArray, OffsetArray

# Amounts below this (PCU) are rounding noise.
NOTHING = 1e-9
NONE = -1
# Budget of a state that nothing can reach any more, whatever the detour or the rerouting.
HOPELESS = np.iinfo(np.int16).max
HOPELESS_ORIGIN = -1

# A link, the port of its turn and the gate of its node.
WAY_ARCS_A_STEP = 3

Budgets = npt.NDArray[np.int16]


class ReserveGraph(NamedTuple):
    """
    Arcs in steps.

    Attributes
    ----------
    tail, head, steps : int32[a]
        Ends and travel time of each arc.
    rate : float64[a]
        PCU that may enter in a step; ``inf`` where unlimited.
    detour : int32[a]
        Steps by which the arc lengthens the way to a destination.
    first_in, first_out : int64[n + 1]
        Where each node's arcs start in `in_arc` and `out_arc`.
    in_arc, out_arc : int32[a]
        Arcs by head, and by tail, in the order in which they are tried.
    earliest : int32[n]
        First step in which anybody can be at each node.
    origin : int32[n]
        Number of the origin that the node is, or `NONE`.
    destination : int32[n]
        Number of the destination that the node is, or `NONE`.
    """

    tail: IndexArray
    head: IndexArray
    steps: IndexArray
    rate: FloatArray
    detour: IndexArray
    first_in: OffsetArray
    first_out: OffsetArray
    in_arc: IndexArray
    out_arc: IndexArray
    earliest: IndexArray
    origin: IndexArray
    destination: IndexArray


class ReserveState(NamedTuple):
    """
    What is booked so far, all modified in place.

    Attributes
    ----------
    flow : float64[a, t]
        PCU that enter each arc in each step.
    hopeless : int16[n, t]
        Detour budget with which no traffic can reach the state any more, -1 at first. Room only shrinks,
        so it stays hopeless with that budget and any smaller one.
    seen : int32[n, t]
        Last search that met the state.
    onward : int32[n, t]
        Arc by which that search goes on from it, twice its number, plus 1 where traffic is taken off it.
    window : int32[t]
        Number of the open window that holds the step, or `NONE`.
    left : float64[k]
        Traffic of each origin that is not booked.
    ready : int32[k]
        First step in which it may depart.
    room : float64[m]
        Traffic that each destination still takes in.
    hub_seen, hub_arc, hub_step : int32[k]
        Like `seen` and `onward` for origins, which are reached in any step.
    """

    flow: FloatArray
    hopeless: Budgets
    seen: IndexArray
    onward: IndexArray
    window: IndexArray
    left: FloatArray
    ready: IndexArray
    room: FloatArray
    hub_seen: IndexArray
    hub_arc: IndexArray
    hub_step: IndexArray


class ReserveBookings(NamedTuple):
    """
    Ways and amounts.

    Attributes
    ----------
    origin, destination, depart, arrive : int32[b]
        Origin, destination, step of departure and of arrival.
    amount : float64[b]
        PCU.
    offset : int64[b + 1]
        Where each booking's arcs start.
    arc : int32
        Arcs in driving order.
    """

    origin: IndexArray
    destination: IndexArray
    depart: IndexArray
    arrive: IndexArray
    amount: FloatArray
    offset: OffsetArray
    arc: IndexArray


@njit(cache=True, nogil=True)
def _room(graph: ReserveGraph, state: ReserveState, arc: int, step: int) -> float:
    """
    What may still enter an arc in a step.

    Whole vehicles: what a step cannot use of its capacity goes over to the next.
    """
    rate = graph.rate[arc]
    if np.isinf(rate):
        return float(rate)
    return float(np.floor(rate * (step + 1)) - np.floor(rate * step) - state.flow[arc, step])


@njit(cache=True, nogil=True)
def _find_way(
    graph: ReserveGraph,
    state: ReserveState,
    node: int,
    step: int,
    budget: int,
    way: IndexArray,
    way_step: IndexArray,
    way_budget: IndexArray,
    way_next: OffsetArray,
    on_way: npt.NDArray[np.bool_],
) -> int:
    """
    Search upstream from a state for an origin with traffic, depth first, with detours within a budget.

    Returns the number of arcs of the way, which stand in `way` from the last to the first with the steps
    in which they are entered in `way_step`; 0 where there is none. A way passes no node twice.
    """
    if budget <= state.hopeless[node, step]:
        return 0
    # Entry d of way_next, way_budget and the arrays below belongs to the state upstream of d arcs.
    depth = 0
    way_budget[0], way_next[0] = budget, graph.first_in[node]
    at, at_step = node, step
    on_way[node] = True
    found = False
    while depth >= 0 and not found:
        deeper = False
        while way_next[depth] < graph.first_in[at + 1]:
            arc = graph.in_arc[way_next[depth]]
            way_next[depth] += 1
            before = graph.tail[arc]
            entered = at_step - graph.steps[arc]
            rest = way_budget[depth] - graph.detour[arc]
            if entered < graph.earliest[before] or rest < 0 or on_way[before]:
                continue
            if state.window[entered] != state.window[at_step]:
                continue
            origin = graph.origin[before]
            if origin != NONE:
                if state.left[origin] > NOTHING and state.ready[origin] <= entered:
                    way[depth], way_step[depth] = arc, entered
                    depth += 1
                    found = True
                    break
                continue
            if rest <= state.hopeless[before, entered] or _room(graph, state, arc, entered) <= NOTHING:
                continue
            way[depth], way_step[depth] = arc, entered
            depth += 1
            way_budget[depth], way_next[depth] = rest, graph.first_in[before]
            at, at_step = before, entered
            on_way[before] = True
            deeper = True
            break
        if deeper or found:
            continue
        # Ways that would pass a node twice were not tried, so this forgoes a few; rerouting finds them.
        state.hopeless[at, at_step] = max(state.hopeless[at, at_step], way_budget[depth])
        on_way[at] = False
        depth -= 1
        if depth >= 0:
            at = graph.head[way[depth]]
            at_step = way_step[depth] + graph.steps[way[depth]]
    if not found:
        return 0
    for place in range(depth):
        on_way[graph.head[way[place]]] = False
    return depth


@njit(cache=True, nogil=True)
def _book_way(
    graph: ReserveGraph, state: ReserveState, way: IndexArray, way_step: IndexArray, length: int, most: float
) -> float:
    """Book the smallest room on a way, at most `most`; returns the amount."""
    amount = most
    for place in range(length):
        amount = min(amount, _room(graph, state, way[place], way_step[place]))
    for place in range(length):
        state.flow[way[place], way_step[place]] += amount
    return amount


@njit(cache=True, nogil=True)
def _reroute(
    graph: ReserveGraph,
    state: ReserveState,
    node: int,
    step: int,
    search: int,
    queue_node: IndexArray,
    queue_step: IndexArray,
    most_states: int,
) -> tuple[float, int, int]:
    """
    Bring more traffic to a destination in a step by taking booked traffic off some arcs and onto others.

    Breadth first against the direction of augmentation. Returns the amount and its origin; 0 where there is
    no way, and then every state that was met is hopeless for good: the cut around them is full. The third
    value counts the states that were worked on; after `most_states` the search is given up.
    """
    size, done = 1, 0
    queue_node[0], queue_step[0] = node, step
    state.seen[node, step] = search
    start = NONE
    n_steps = state.flow.shape[1]
    while done < size and start == NONE:
        if done >= most_states:
            return 0.0, NONE, done
        at, at_step = queue_node[done], queue_step[done]
        done += 1
        for place in range(graph.first_in[at], graph.first_in[at + 1]):
            arc = graph.in_arc[place]
            before, entered = graph.tail[arc], at_step - graph.steps[arc]
            if entered < graph.earliest[before] or state.window[entered] != state.window[at_step]:
                continue
            origin = graph.origin[before]
            if origin != NONE:
                if state.ready[origin] > entered or state.hub_seen[origin] in (search, HOPELESS_ORIGIN):
                    continue
                state.hub_seen[origin], state.hub_arc[origin], state.hub_step[origin] = search, arc, entered
                if state.left[origin] > NOTHING:
                    start = before
                    break
                # Traffic that departs from here in another step may go instead.
                for out in range(graph.first_out[before], graph.first_out[before + 1]):
                    other = graph.out_arc[out]
                    port = graph.head[other]
                    for depart in range(n_steps):
                        if (
                            state.flow[other, depart] > NOTHING
                            and state.seen[port, depart] != search
                            and state.hopeless[port, depart] < HOPELESS
                        ):
                            state.seen[port, depart] = search
                            state.onward[port, depart] = 2 * other + 1
                            queue_node[size], queue_step[size] = port, depart
                            size += 1
                continue
            if (
                state.seen[before, entered] != search
                and state.hopeless[before, entered] < HOPELESS
                and _room(graph, state, arc, entered) > NOTHING
            ):
                state.seen[before, entered] = search
                state.onward[before, entered] = 2 * arc
                queue_node[size], queue_step[size] = before, entered
                size += 1
        if start != NONE or graph.destination[at] != NONE:
            continue
        for place in range(graph.first_out[at], graph.first_out[at + 1]):
            arc = graph.out_arc[place]
            ahead, reached = graph.head[arc], at_step + graph.steps[arc]
            if reached >= n_steps or graph.destination[ahead] != NONE or state.flow[arc, at_step] <= NOTHING:
                continue
            if state.seen[ahead, reached] != search and state.hopeless[ahead, reached] < HOPELESS:
                state.seen[ahead, reached] = search
                state.onward[ahead, reached] = 2 * arc + 1
                queue_node[size], queue_step[size] = ahead, reached
                size += 1
    if start == NONE:
        for place in range(size):
            state.hopeless[queue_node[place], queue_step[place]] = HOPELESS
        for origin in range(len(state.hub_seen)):
            if state.hub_seen[origin] == search:
                state.hub_seen[origin] = HOPELESS_ORIGIN
        return 0.0, NONE, done
    most = min(state.left[graph.origin[start]], state.room[graph.destination[node]])
    amount = _along_onward(graph, state, start, node, step, most, 0)
    return _along_onward(graph, state, start, node, step, amount, 1), graph.origin[start], done


@njit(cache=True, nogil=True)
def _along_onward(
    graph: ReserveGraph, state: ReserveState, start: int, node: int, step: int, amount: float, book: int
) -> float:
    """Least room from an origin along `onward` to a destination, at most `amount`; books it where asked."""
    at, at_step = start, 0
    while at != node or at_step != step:
        origin = graph.origin[at]
        if origin != NONE:
            arc, entered, backward = state.hub_arc[origin], state.hub_step[origin], 0
        else:
            arc, backward = state.onward[at, at_step] >> 1, state.onward[at, at_step] & 1
            entered = at_step - graph.steps[arc] if backward else at_step
        if book:
            state.flow[arc, entered] += -amount if backward else amount
        elif backward:
            amount = min(amount, state.flow[arc, entered])
        else:
            amount = min(amount, _room(graph, state, arc, entered))
        at = graph.tail[arc] if backward else graph.head[arc]
        at_step = entered if backward else entered + graph.steps[arc]
    return amount


@njit(cache=True, nogil=True)
def book_arrivals(
    graph: ReserveGraph,
    state: ReserveState,
    destination_node: IndexArray,
    from_step: int,
    to_step: int,
    budgets: IndexArray,
    search: int,
    states_left: int,
) -> tuple[int, int]:
    """
    Book as much traffic as can arrive, arrival step by arrival step.

    Parameters
    ----------
    graph : ReserveGraph
        Arcs.
    state : ReserveState
        What is booked so far. Modified in place.
    destination_node : int32[m]
        Nodes of the destinations.
    from_step, to_step : int
        Arrival steps to fill, the last one excluded.
    budgets : int32
        Detour budgets (steps), ascending; in every arrival step, ways within the smallest go first.
    search : int
        Number of the last search.
    states_left : int
        States that may be worked on to move booked traffic so that more arrives; 0 for none.

    Returns
    -------
    search : int
        Number of the last search.
    states_left : int
        What is left of the budget.
    """
    n_nodes, n_steps = state.seen.shape
    way = np.empty(n_nodes + 1, np.int32)
    way_step = np.empty(n_nodes + 1, np.int32)
    way_budget = np.empty(n_nodes + 1, np.int32)
    way_next = np.empty(n_nodes + 1, np.int64)
    on_way = np.zeros(n_nodes, np.bool_)
    queue_node = np.empty(n_nodes * n_steps if states_left > 0 else 1, np.int32)
    queue_step = np.empty(n_nodes * n_steps if states_left > 0 else 1, np.int32)
    for step in range(from_step, to_step):
        if state.window[step] == NONE:
            continue
        for trial in range(len(budgets) * len(destination_node)):
            number = trial % len(destination_node)
            node = destination_node[number]
            while state.room[number] > NOTHING:
                length = _find_way(
                    graph, state, node, step, budgets[trial // len(destination_node)],
                    way, way_step, way_budget, way_next, on_way,
                )  # fmt: skip
                if length == 0:
                    break
                origin = graph.origin[graph.tail[way[length - 1]]]
                most = min(state.left[origin], state.room[number])
                amount = _book_way(graph, state, way, way_step, length, most)
                state.left[origin] -= amount
                state.room[number] -= amount
        if state.left.sum() <= NOTHING:
            continue
        for number in range(len(destination_node)):
            while state.room[number] > NOTHING and states_left > 0:
                search += 1
                amount, origin, states = _reroute(
                    graph, state, destination_node[number], step, search, queue_node, queue_step, states_left
                )
                states_left -= states
                if origin == NONE:
                    break
                state.left[origin] -= amount
                state.room[number] -= amount
    return search, states_left


@njit(cache=True, nogil=True)
def ways_of_flow(
    graph: ReserveGraph,
    flow: FloatArray,
    from_arc: int,
    from_step: int,
    bookings: ReserveBookings,
) -> tuple[int, int, int]:
    """
    Take the booked flow apart into ways.

    Parameters
    ----------
    graph : ReserveGraph
        Arcs.
    flow : float64[a, t]
        Booked traffic. What was written to `bookings` is taken off.
    from_arc, from_step : int
        Where to go on; 0 at first.
    bookings : ReserveBookings
        Filled from the start.

    Returns
    -------
    n_booked : int
        Bookings written.
    arc, step : int
        Where to go on because the bookings are full; the number of arcs where all is done.
    """
    n_arcs, n_steps = flow.shape
    n_booked = 0
    arc, depart = from_arc, from_step
    while arc < n_arcs:
        if graph.origin[graph.tail[arc]] == NONE or depart == n_steps:
            arc, depart = arc + 1, 0
            continue
        if flow[arc, depart] <= NOTHING:
            depart += 1
            continue
        start = bookings.offset[n_booked]
        if n_booked == len(bookings.amount) or start + WAY_ARCS_A_STEP * (n_steps + 1) > len(bookings.arc):
            return n_booked, arc, depart
        amount, length, at_arc, step = flow[arc, depart], 0, arc, depart
        while True:
            amount = min(amount, flow[at_arc, step])
            bookings.arc[start + length] = at_arc
            length += 1
            step += graph.steps[at_arc]
            node = graph.head[at_arc]
            if graph.destination[node] != NONE:
                break
            for place in range(graph.first_out[node], graph.first_out[node + 1]):
                at_arc = graph.out_arc[place]
                if flow[at_arc, step] > NOTHING:
                    break
        arrive, step = step, depart
        for place in range(length):
            at_arc = bookings.arc[start + place]
            flow[at_arc, step] -= amount
            step += graph.steps[at_arc]
        bookings.origin[n_booked] = graph.origin[graph.tail[arc]]
        bookings.destination[n_booked] = graph.destination[graph.head[at_arc]]
        bookings.depart[n_booked], bookings.arrive[n_booked] = depart, arrive
        bookings.amount[n_booked] = amount
        n_booked += 1
        bookings.offset[n_booked] = start + length
    return n_booked, n_arcs, 0
