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
        ("awaited", np.int32),  # 1 while somebody upstream waits for a place on this link
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
TURN = np.dtype([("next_pass", np.int64), ("headway", np.int64)], align=True)

CURSOR = 0
PENDING = 1
TRAVERSALS = 2
EVENTS = 3
NOW = 4
CLOCK_SIZE = 8

Records = npt.NDArray[Any]
Ticks = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int32]


class World(NamedTuple):
    """
    Everything that the kernel reads and changes.

    Attributes
    ----------
    n_links, first_timer, first_gate : int
        Event ids: link heads from 0, origin queues from ``n_links``, vehicles that continue a tour
        from ``first_timer``, gates from ``first_gate``.
    bucket_shift, bucket_mask : int
        Width (power of two of ticks) and count of the calendar's buckets.
    gates, feeders, slots, origins, turns
        Records as laid out above.
    pool : int32
        All routes one after the other, each closed by -1; a position points into it.
    pool_turn : int32
        Restricted turn from a position to the next one, or -1; empty when no turn is restricted.
    event_time, event_next
        Time of each event id's one pending event and its successor in the bucket.
    bucket_first, bucket_last : int32[2 * n_buckets]
        Lists sorted by time; even entries hold arrivals at a head, odd ones decisions of a gate.
    bucket_bits : int64[n_buckets / 64]
        One bit a bucket: whether either of its lists holds anything.
    clock : int64[CLOCK_SIZE]
        Cursor of the calendar and counters.
    source_vehicle : int32
        First legs by (first link, time, vehicle).
    vehicle_next, vehicle_leg, vehicle_first_leg, vehicle_end_leg, vehicle_timer, timer_vehicle, pcu, escorted
        By vehicle; ``vehicle_timer`` is NOBODY for one that never continues a tour.
    leg_start, leg_not_before, leg_dwell, leg_depart, leg_entered, leg_arrive, leg_entry
        By leg; ``leg_start`` is the pool position of the first link, ``leg_entry`` what to add to a
        position to find the leg's place in ``entry_time``.
    entry_time : int64
        When each leg entered each link of its route; empty when not recorded.
    """

    n_links: int
    first_timer: int
    first_gate: int
    bucket_shift: int
    bucket_mask: int
    tie_mask: int
    gates: Records
    feeders: Records
    slots: Records
    origins: Records
    turns: Records
    pool: Indices
    pool_turn: Indices
    event_time: Ticks
    event_next: Indices
    bucket_first: Indices
    bucket_last: Indices
    bucket_bits: Ticks
    clock: Ticks
    source_vehicle: Indices
    vehicle_next: Indices
    vehicle_leg: Indices
    vehicle_first_leg: Indices
    vehicle_end_leg: Indices
    vehicle_timer: Indices
    timer_vehicle: Indices
    pcu: Indices
    escorted: npt.NDArray[np.bool_]
    leg_start: Indices
    leg_not_before: Ticks
    leg_dwell: Ticks
    leg_depart: Ticks
    leg_entered: Ticks
    leg_arrive: Ticks
    leg_entry: Ticks
    entry_time: Ticks
