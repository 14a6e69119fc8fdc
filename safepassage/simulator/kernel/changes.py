"""
Links that change while traffic runs: capacity, closure, speed, storage, lanes that change direction.

A closed link takes nobody; whoever is on it drives to its end and leaves. A link whose storage
shrinks loses free places first and then each place that a vehicle vacates, until it has as many
as it should; nobody is removed. Times at which places are already on their way stay as they are.
"""

from __future__ import annotations

import numpy as np

from safepassage.simulator.kernel.calendar import schedule, withdraw
from safepassage.simulator.kernel.compile import rare_step, step
from safepassage.simulator.kernel.detours import listen
from safepassage.simulator.kernel.gates import call_node
from safepassage.simulator.kernel.layout import IDLE, NEXT_CHANGE, NOBODY, ONE_PCU, SCHEDULED, World
from safepassage.simulator.kernel.motion import call_gate, call_head, head_vehicle, leave_list


@step
def unroll_ring(world: World, link: int) -> int:
    """Copy a link's places to ``scratch``, the first vehicle's first; how many of them are taken."""
    feeder = world.feeders[link]
    slot = feeder.head
    taken = 0
    for k in range(feeder.ring_end - feeder.ring_start):
        source = world.slots[slot]
        world.scratch[k].time = source.time
        world.scratch[k].vehicle = source.vehicle
        world.scratch[k].position = source.position
        taken += source.vehicle != NOBODY
        slot += 1
        if slot == feeder.ring_end:
            slot = feeder.ring_start
    return taken


@step
def kept_hole(k: int, free: int, kept: int) -> int:
    """Which of ``free`` places in a row is the ``k``-th of the ``kept`` ones."""
    return (k + 1) * free // kept - 1


@rare_step
def resize(world: World, link: int, places: int, now: int) -> None:
    """
    Give a link ``places``, or as few more as its vehicles take.

    New places are free at the tail at once; of free places those that stay are evenly spread, the last
    one among them, so that holes reach the tail at the rate that the smaller storage allows.
    """
    feeder = world.feeders[link]
    gate = world.gates[link]
    old_size = feeder.ring_end - feeder.ring_start
    taken = unroll_ring(world, link)
    size = max(places, taken)
    start = feeder.ring_start
    world.target_places[link] = places
    for k in range(taken):
        world.slots[start + k].time = world.scratch[k].time
        world.slots[start + k].vehicle = world.scratch[k].vehicle
        world.slots[start + k].position = world.scratch[k].position
    dropped = max(old_size - size, 0)
    kept = old_size - taken - dropped
    new = size - taken - kept
    free = kept + dropped
    hole = 0
    while hole < kept and world.scratch[taken + kept_hole(hole, free, kept)].time <= now:
        hole += 1
    for k in range(size - taken):
        place = world.slots[start + taken + k]
        place.vehicle = NOBODY
        if k < hole:
            place.time = world.scratch[taken + kept_hole(k, free, kept)].time
        elif k < hole + new:
            place.time = now
        else:
            place.time = world.scratch[taken + kept_hole(k - new, free, kept)].time
    for k in range(size, old_size):
        world.slots[start + k].vehicle = NOBODY
    feeder.head = start
    feeder.ring_end = start + size
    gate.ring_end = start + size
    gate.tail = start + taken if taken < size else start
    note_watched(world, link)


@step
def note_watched(world: World, link: int) -> None:
    """Remember whether anything is to be done when a vehicle leaves a link."""
    feeder = world.feeders[link]
    shrinking = feeder.ring_end - feeder.ring_start > world.target_places[link]
    feeder.watched = 1 if shrinking or world.first_waiting_change[link] != NOBODY else 0


@step
def ask_again(world: World, link: int, now: int) -> None:
    """Let the gate of a link work out anew when it can take somebody."""
    gate = world.gates[link]
    if gate.decider != link:
        call_node(world, np.int64(gate.decider), now)
    elif gate.state != IDLE:
        if gate.state == SCHEDULED:
            withdraw(world, world.first_gate + link)
        world.feeders[link].awaited = 0
        call_gate(world, link, ONE_PCU, now)


@rare_step
def tell_waiting(world: World, link: int, now: int) -> None:
    """Heads that wait for a link that has just closed stand before it: they choose anew."""
    gate = np.int64(world.gates[link].decider)
    at = np.int64(world.gates[gate].first_waiting)
    while at != NOBODY:
        after = np.int64(world.feeders[at].next_waiting)
        if at < world.n_links:
            vehicle, _pcu, position = head_vehicle(world, at)
            if gate != link:
                listen(world, at, vehicle, position, now)
            else:
                leave_list(world, at, gate)
                call_head(world, at, now)
        at = after


@rare_step
def apply_change(world: World, index: int, now: int) -> None:
    """Give a link its new figures, or put the change off until another link is empty."""
    change = world.changes[index]
    other = change.after_empty
    if other != NOBODY and world.slots[world.feeders[other].head].vehicle != NOBODY:
        change.next_waiting = world.first_waiting_change[other]
        world.first_waiting_change[other] = index
        world.feeders[other].watched = 1
        return
    link = np.int64(change.link)
    gate = world.gates[link]
    feeder = world.feeders[link]
    gate.headway = change.headway
    gate.free_time = change.free_time
    gate.closed = change.closed
    feeder.headway = change.headway
    feeder.hole_time = change.hole_time
    resize(world, link, np.int64(change.places), now)
    if world.ways.size and change.closed:
        tell_waiting(world, link, now)
    ask_again(world, link, now)


@rare_step
def after_leaving(world: World, link: int, now: int) -> None:
    """Shrink a link further, and apply the changes that waited until it is empty."""
    feeder = world.feeders[link]
    if feeder.ring_end - feeder.ring_start > world.target_places[link]:
        resize(world, link, np.int64(world.target_places[link]), now)
    if world.slots[feeder.head].vehicle != NOBODY:
        return
    index = np.int64(world.first_waiting_change[link])
    world.first_waiting_change[link] = NOBODY
    note_watched(world, link)
    while index != NOBODY:
        following = np.int64(world.changes[index].next_waiting)
        apply_change(world, index, now)
        index = following


@rare_step
def apply_changes(world: World, now: int) -> None:
    """Apply all changes that are due and schedule the next one."""
    while world.clock[NEXT_CHANGE] < world.changes.size:
        index = world.clock[NEXT_CHANGE]
        if world.changes[index].time > now:
            schedule(world, world.first_gate - 1, world.changes[index].time)
            return
        world.clock[NEXT_CHANGE] += 1
        apply_change(world, index, now)
