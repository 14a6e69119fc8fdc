"""
A calendar queue: the pending events in buckets of time, each a list sorted by time.

Events far ahead share the buckets of nearer ones (the calendar turns over) and wait their year.
Two lists a bucket: at one instant every arrival comes before any decision, so that all who are
ready then compete. Equal events are handled in the order in which they were scheduled.

References
----------
Brown (1988), Calendar queues: a fast O(1) priority queue implementation.
"""

from __future__ import annotations

import numpy as np
from numba.cpython.unsafe.numbers import trailing_zeros

from safepassage.simulator.kernel.compile import rare_step, step
from safepassage.simulator.kernel.layout import CURSOR, EVENTS, NEVER, NOBODY, NOW, PENDING, World


@step
def bucket_of(world: World, event: int, time: int) -> int:
    """Index of the list that holds ``event`` at ``time``."""
    place = 2 * ((time >> world.bucket_shift) & world.bucket_mask)
    if event >= world.first_gate:
        return place + 1
    return place


@step
def schedule(world: World, event: int, time: int) -> None:
    """Put the one pending event of an event id into the calendar; it must not be there yet."""
    world.events[event].time = time
    world.clock[PENDING] += 1
    bucket = bucket_of(world, event, time)
    last = world.buckets[bucket].last
    if last == NOBODY:
        world.buckets[bucket].first = event
        world.buckets[bucket].last = event
        world.events[event].next = NOBODY
        world.bucket_bits[bucket >> 7] |= np.int64(1) << ((bucket >> 1) & 63)
    elif world.events[last].time <= time:
        world.events[last].next = event
        world.buckets[bucket].last = event
        world.events[event].next = NOBODY
    else:
        after = world.buckets[bucket].first
        before = np.int32(NOBODY)
        while world.events[after].time <= time:
            before = after
            after = world.events[after].next
        world.events[event].next = after
        if before == NOBODY:
            world.buckets[bucket].first = event
        else:
            world.events[before].next = event


@step
def note_empty(world: World, bucket: int) -> None:
    """Clear the bit of a bucket of which one list has become empty, if the other one is too."""
    world.buckets[bucket].last = NOBODY
    if world.buckets[bucket ^ 1].first == NOBODY:
        world.bucket_bits[bucket >> 7] &= ~(np.int64(1) << ((bucket >> 1) & 63))


@rare_step
def withdraw(world: World, event: int) -> None:
    """Take the pending event of an event id out of the calendar."""
    bucket = bucket_of(world, event, world.events[event].time)
    before = NOBODY
    at = world.buckets[bucket].first
    while at != event:
        before = at
        at = world.events[at].next
    after = world.events[event].next
    if before == NOBODY:
        world.buckets[bucket].first = after
    else:
        world.events[before].next = after
    if world.buckets[bucket].first == NOBODY:
        note_empty(world, bucket)
    elif after == NOBODY:
        world.buckets[bucket].last = before
    world.clock[PENDING] -= 1


@step
def take_first(world: World, bucket: int) -> int:
    """Remove and return the first event of a list."""
    event = world.buckets[bucket].first
    after = world.events[event].next
    world.buckets[bucket].first = after
    if after == NOBODY:
        note_empty(world, bucket)
    world.clock[PENDING] -= 1
    world.clock[EVENTS] += 1
    world.clock[NOW] = world.events[event].time
    return np.int64(event)


@rare_step
def jump(world: World) -> None:
    """Move the cursor to the bucket of the earliest event, after a turn without any."""
    earliest = NEVER
    for bucket in range(world.buckets.size):
        event = world.buckets[bucket].first
        if event != NOBODY and world.events[event].time < earliest:
            earliest = world.events[event].time
    world.clock[CURSOR] = earliest >> world.bucket_shift


@step
def to_filled_bucket(world: World, cursor: int) -> int:
    """The first cursor from ``cursor`` on whose bucket holds something (perhaps of a later turn)."""
    place = cursor & world.bucket_mask
    bits = np.uint64(world.bucket_bits[place >> 6]) >> np.uint64(place & 63)
    if bits:
        return cursor + np.int64(trailing_zeros(bits))  # type: ignore[call-arg]
    cursor += 64 - (place & 63)
    while True:
        bits = np.uint64(world.bucket_bits[(cursor & world.bucket_mask) >> 6])
        if bits:
            return cursor + np.int64(trailing_zeros(bits))  # type: ignore[call-arg]
        cursor += 64


@step
def next_event(world: World) -> int:
    """Remove and return the earliest event; the calendar must not be empty."""
    turn_end = world.clock[CURSOR] + world.bucket_mask + 1
    while True:
        cursor = to_filled_bucket(world, world.clock[CURSOR])
        end = (cursor + 1) << world.bucket_shift
        bucket = 2 * (cursor & world.bucket_mask)
        arrival = world.buckets[bucket].first
        decision = world.buckets[bucket + 1].first
        arrival_time = world.events[arrival].time if arrival != NOBODY else NEVER
        decision_time = world.events[decision].time if decision != NOBODY else NEVER
        world.clock[CURSOR] = cursor
        if arrival_time <= decision_time and arrival_time < end:
            return take_first(world, bucket)
        if decision_time < end:
            return take_first(world, bucket + 1)
        if cursor < turn_end:
            world.clock[CURSOR] = cursor + 1
        else:
            jump(world)
            turn_end = world.clock[CURSOR] + world.bucket_mask + 1


@step
def anything_else_at(world: World, now: int) -> bool:
    """Whether another event is pending at this very instant."""
    bucket = 2 * ((now >> world.bucket_shift) & world.bucket_mask)
    arrival = world.buckets[bucket].first
    decision = world.buckets[bucket + 1].first
    return (arrival != NOBODY and world.events[arrival].time == now) or (
        decision != NOBODY and world.events[decision].time == now
    )
