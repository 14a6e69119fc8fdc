"""
Memory layout of the compiled kernel: packed records and the arrays that hold them.

Times are int64 ticks of one microsecond. A *feeder* is a queue whose head waits to move on: the
downstream end of a link (``0 .. n_links-1``) or the origin queue of the vehicles that begin a leg
on a link (``n_links .. 2*n_links-1``). A *gate* decides who moves next: the entrance of a link
(``0 .. n_links-1``) or a node with a service rate (``n_links ..``). One cache line a record.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

TICKS_PER_S = 1_000_000
NEVER = np.int64(1) << np.int64(62)
NOBODY = -1
ONE_PCU = np.int64(1)
TURNED_AWAY = -2
NO_WAY = -2
FOLLOW_ON = -2
"""Slot taken by the second or later unit of a long vehicle."""

VEHICLE_BITS = 24
VEHICLE_MASK = (1 << VEHICLE_BITS) - 1

IDLE = 0
SCHEDULED = 1
BLOCKED = 2

FEEDER = np.dtype(
    [
        ("next_exit", np.int64),  # earliest tick the next vehicle may leave, by the exit headway
        ("credit", np.int64),  # stride-scheduling pass: the lowest moves first
        ("headway", np.int64),
        ("hole_time", np.int64),  # ticks a vacated place needs to reach the tail of the link
        ("stride", np.int32),  # credit spent a PCU: inverse of the merge weight
        ("last_gate", np.int32),
        ("next_waiting", np.int32),  # next feeder in the gate's list
        ("head", np.int32),  # slot of the first vehicle
        ("ring_start", np.int32),
        ("ring_end", np.int32),
        ("node_gate", np.int32),  # gate of the node with a service rate ahead, or NOBODY
        ("control", np.int16),  # when the head may not move (hold, signal), or NOBODY
        ("awaited", np.int8),  # 1 while somebody upstream waits for a place on this link
        ("watched", np.int8),  # 1 while a change of the link waits for vehicles to leave it
    ],
    align=True,
)
GATE = np.dtype(
    [
        ("next_pass", np.int64),  # earliest tick by the entry (or service) headway
        ("headway", np.int64),
        ("free_time", np.int64),
        ("virtual", np.int64),  # credit of the last winner
        ("tail", np.int32),  # slot of the next entry
        ("ring_start", np.int32),
        ("ring_end", np.int32),
        ("first_waiting", np.int32),
        ("state", np.int32),
        ("decider", np.int32),  # the gate that decides who enters: itself, or the node's
        ("closed", np.int32),  # 1 while nobody may enter
    ],
    align=True,
)
SLOT = np.dtype(
    [
        ("time", np.int64),  # taken: ready at the head; free: the hole is at the tail
        ("vehicle", np.int32),  # index and PCU << VEHICLE_BITS; NOBODY when free
        ("position", np.int32),  # in the route pool
    ],
    align=True,
)
ORIGIN = np.dtype(
    [
        ("first", np.int32),  # vehicles ready to leave, a linked list
        ("last", np.int32),
        ("next_source", np.int32),  # first legs still to become ready, in order of time
        ("end_source", np.int32),
    ],
    align=True,
)
CONTROL = np.dtype(
    [
        ("cycle", np.int64),  # of a signal; 0 where there is none
        ("lead", np.int64),  # what to add to a time to count from the start of a green, >= 0
        ("green", np.int64),
        ("first_window", np.int32),  # holds: windows in which the head stays
        ("end_window", np.int32),
    ],
    align=True,
)
CHANGE = np.dtype(
    [
        ("time", np.int64),
        ("headway", np.int64),
        ("free_time", np.int64),
        ("hole_time", np.int64),
        ("link", np.int32),
        ("places", np.int32),
        ("closed", np.int32),
        ("after_empty", np.int32),  # link that must be empty first, or NOBODY
        ("next_waiting", np.int32),  # next change that waits for the same link
    ],
    align=True,
)
WINDOW = np.dtype([("start", np.int64), ("end", np.int64)], align=True)
VEHICLE = np.dtype(
    [
        ("next", np.int32),  # behind it in its origin queue
        ("leg", np.int32),
        ("first_leg", np.int32),
        ("end_leg", np.int32),
        ("timer", np.int32),  # NOBODY for one that never continues a tour
        ("pcu", np.int32),
        ("escorted", np.int32),
        ("known", np.int32),  # latest state of closures that its driver has heard of
        ("detour", np.int32),  # the state by which it leaves its planned route, or NOBODY
    ],
    align=True,
)
LEG = np.dtype(
    [
        ("start", np.int64),  # pool position of its first link
        ("not_before", np.int64),
        ("dwell", np.int64),
        ("depart", np.int64),
        ("entered", np.int64),
        ("arrive", np.int64),
        ("entry", np.int64),  # what to add to a position for its place in entry_time; NEVER once diverted
        ("refuge", np.int32),  # where its people get off, or NOBODY; TURNED_AWAY when all were full
        ("persons", np.int32),  # who get off at its end
        ("goal", np.int32),  # where it ends, as the ways to places are numbered; NOBODY once diverted
    ],
    align=True,
)
REFUGE = np.dtype(
    [
        ("room", np.int64),  # persons that it still takes
        ("divert_start", np.int64),  # pool position of the way to the next one
        ("divert_to", np.int32),  # the next one, or NOBODY
    ],
    align=True,
)
EVENT = np.dtype([("time", np.int64), ("next", np.int32)], align=True)
BUCKET = np.dtype([("first", np.int32), ("last", np.int32)], align=True)
TURN = np.dtype([("next_pass", np.int64), ("headway", np.int64)], align=True)
MOVE = np.dtype(
    [
        ("time", np.int64),
        ("vehicle", np.int32),
        ("link", np.int32),  # the link that it enters; NOBODY where it leaves the road
    ],
    align=True,
)
MOST_MOVES_AN_EVENT = 4
"""More moves than a single event can cause."""

CURSOR = 0
PENDING = 1
TRAVERSALS = 2
EVENTS = 3
NOW = 4
NEXT_CHANGE = 5
STARTED = 6
MOVES = 7
PAUSED = 8
CLOCK_SIZE = 16

Records = npt.NDArray[Any]
Ticks = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int32]


class World(NamedTuple):
    """
    Everything that the kernel reads and changes.

    Attributes
    ----------
    n_links, first_timer, first_gate : int
        Event ids: link heads from 0, first legs that become ready on a link from ``n_links``, origin
        queues that are released from a hold from ``2 * n_links``, vehicles that continue a tour from
        ``first_timer``, the next change of a link at ``first_gate - 1``, gates from ``first_gate``.
    bucket_shift, bucket_mask : int
        Width (power of two of ticks) and count of the calendar's buckets.
    tie_mask : int
        Combined with a feeder's index to order equal credits.
    gates, feeders, slots, origins, turns, controls, windows, changes, vehicles, legs, refuges, events
        Records as laid out above; changes by time; windows ascending and disjoint in one control.
    buckets : BUCKET[2 * n_buckets]
        Even entries hold arrivals at a head, odd ones decisions of a gate.
    bucket_bits : int64[n_buckets / 64]
        One bit a bucket: whether either of its lists holds anything.
    pool : int32
        All routes one after the other, each closed by -1; a position points into it.
    pool_turn : int32
        Restricted turn from a position to the next one, or -1; empty when no turn is restricted.
    target_places : int32[n_links]
        Storage that a link shrinks to as vehicles leave it.
    first_waiting_change : int32[n_links]
        Changes that wait until the link is empty, a linked list.
    scratch : SLOT
        As long as the longest ring.
    clock : int64[CLOCK_SIZE]
        Cursor of the calendar and counters.
    source_vehicle : int32
        First legs by (first link, time, vehicle).
    ways : int32[n_states, n_goals, n_links]
        Next link from each link to each goal while the closures of a state hold: -1 at the goal,
        NO_WAY where there is none. Empty when nobody leaves the planned route.
    state_time : int64[n_states]
        Since when each state of closures holds.
    state_closed : int8[n_states, n_links]
        Closed links.
    told_at_end : int8[n_links]
        1 where drivers are told of closures at the end of the link.
    sees_closure, radio_delay : int
        Whether drivers before a closed link are told; ticks until a state is known on the radio.
    timer_vehicle : int32
        Vehicles that continue a tour or start off the road.
    entry_time : int64
        When each leg entered each link of its route; empty when not recorded.
    moves : MOVE
        Who entered which link, in order of time, until it is full and the run pauses; empty when not
        recorded.
    """

    n_links: int
    first_timer: int
    first_gate: int
    bucket_shift: int
    bucket_mask: int
    tie_mask: int
    sees_closure: int
    radio_delay: int
    gates: Records
    feeders: Records
    slots: Records
    origins: Records
    turns: Records
    controls: Records
    windows: Records
    changes: Records
    vehicles: Records
    legs: Records
    refuges: Records
    events: Records
    buckets: Records
    bucket_bits: Ticks
    pool: Indices
    pool_turn: Indices
    target_places: Indices
    first_waiting_change: Indices
    scratch: Records
    clock: Ticks
    source_vehicle: Indices
    ways: npt.NDArray[np.int32]
    state_time: Ticks
    state_closed: npt.NDArray[np.int8]
    told_at_end: npt.NDArray[np.int8]
    timer_vehicle: Indices
    entry_time: Ticks
    moves: Records
