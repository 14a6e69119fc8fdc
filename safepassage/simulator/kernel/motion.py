"""
How vehicles queue, enter and leave: Newell's kinematic-wave model, vehicle by vehicle.

With headway ``h = 1/q``, free-flow time ``tf``, storage ``N`` and hole travel time ``tb``, the n-th
unit on a link obeys ``entry(n) >= max(entry(n-1) + h, exit(n-N) + tb)`` and
``exit(n) >= max(entry(n) + tf, exit(n-1) + h)``. A vehicle of p PCU is p such units in a row, one
headway apart: it takes p places, keeps the gate busy for p headways, and its last place is vacated
p - 1 headways after its first. On a link of fewer places than that it takes them all.

References
----------
Newell (1993), A simplified theory of kinematic waves in highway traffic, Parts I-III.
"""

from __future__ import annotations

import numpy as np

from safepassage.simulator.kernel.calendar import schedule
from safepassage.simulator.kernel.compile import step
from safepassage.simulator.kernel.controls import control_open
from safepassage.simulator.kernel.layout import (
    BLOCKED,
    FOLLOW_ON,
    MOVES,
    NEVER,
    NOBODY,
    SCHEDULED,
    TRAVERSALS,
    TURNED_AWAY,
    VEHICLE_BITS,
    VEHICLE_MASK,
    World,
)


@step
def opening(world: World, link: int, pcu: int) -> int:
    """Earliest tick at which ``link`` takes a vehicle of ``pcu``; NEVER until a place is vacated."""
    gate = world.gates[link]
    if gate.closed:
        return NEVER
    time = gate.next_pass
    slot = gate.tail
    for unit in range(min(pcu, gate.ring_end - gate.ring_start)):
        place = world.slots[slot]
        if place.vehicle != NOBODY:
            return NEVER
        time = max(time, place.time - unit * gate.headway)
        slot += 1
        if slot == gate.ring_end:
            slot = gate.ring_start
    return time


@step
def call_gate(world: World, link: int, pcu: int, now: int) -> None:
    """Schedule the next decision of a link's gate, or let a vacated place wake it."""
    gate = world.gates[link]
    time = opening(world, link, pcu)
    if time >= NEVER:
        gate.state = BLOCKED
        world.feeders[link].awaited = 1
    else:
        gate.state = SCHEDULED
        schedule(world, world.first_gate + link, max(time, now))


@step
def join(world: World, feeder_index: int, gate_index: int) -> None:
    """
    Put a feeder whose head is ready on the list of a gate.

    Its credit counts from the gate's: one that was away gains nothing by it, and one that last
    went elsewhere starts with one stride to wait (weights then share the flow of a link as a whole).
    """
    feeder = world.feeders[feeder_index]
    gate = world.gates[gate_index]
    if feeder.last_gate == gate_index:
        feeder.credit = max(feeder.credit, gate.virtual)
    else:
        feeder.credit = gate.virtual + feeder.stride
        feeder.last_gate = gate_index
    feeder.next_waiting = gate.first_waiting
    gate.first_waiting = feeder_index


@step
def leave_list(world: World, feeder_index: int, gate_index: int) -> None:
    """Take a feeder off the gate's list."""
    gate = world.gates[gate_index]
    winner = world.feeders[feeder_index]
    if gate.first_waiting == feeder_index:
        gate.first_waiting = winner.next_waiting
    else:
        at = gate.first_waiting
        while world.feeders[at].next_waiting != feeder_index:
            at = world.feeders[at].next_waiting
        world.feeders[at].next_waiting = winner.next_waiting


@step
def charge(world: World, feeder_index: int, gate_index: int, pcu: int) -> None:
    """Let the winner pay for its turn."""
    winner = world.feeders[feeder_index]
    world.gates[gate_index].virtual = winner.credit
    winner.credit += winner.stride * pcu


@step
def call_head(world: World, link: int, now: int) -> None:
    """Schedule the moment at which the first vehicle of a link is ready to leave it."""
    feeder = world.feeders[link]
    place = world.slots[feeder.head]
    time = max(place.time, feeder.next_exit, now)
    if world.pool_turn.size:
        turn = restricted_turn(world, link)
        if turn >= 0:
            time = max(time, world.turns[turn].next_pass)
    if feeder.control >= 0:
        time = control_open(world, feeder.control, time)
        if time >= NEVER:
            return
    schedule(world, link, time)


@step
def head_vehicle(world: World, feeder_index: int) -> tuple[int, int, int]:
    """Vehicle, PCU and pool position of a feeder's first vehicle (before its first link: start - 1)."""
    if feeder_index < world.n_links:
        place = world.slots[world.feeders[feeder_index].head]
        word = np.int64(place.vehicle)
        return word & VEHICLE_MASK, word >> VEHICLE_BITS, np.int64(place.position)
    vehicle = np.int64(world.origins[feeder_index - world.n_links].first)
    return vehicle, world.vehicles[vehicle].pcu, world.legs[world.vehicles[vehicle].leg].start - 1


@step
def units_of_head(world: World, link: int, pcu: int) -> int:
    """Places that the first vehicle of a link takes (the ring may have grown since it came)."""
    feeder = world.feeders[link]
    taken = 1
    slot = feeder.head
    while taken < pcu:
        slot += 1
        if slot == feeder.ring_end:
            slot = feeder.ring_start
        if world.slots[slot].vehicle != FOLLOW_ON:
            break
        taken += 1
    return taken


@step
def leave_link(world: World, link: int, pcu: int, now: int) -> None:
    """Vacate the places of the first vehicle and call the next one."""
    feeder = world.feeders[link]
    if world.pool_turn.size:
        turn = restricted_turn(world, link)
        if turn >= 0:
            world.turns[turn].next_pass = now + pcu * world.turns[turn].headway
    taken = units_of_head(world, link, pcu)
    for unit in range(taken):
        place = world.slots[feeder.head]
        place.vehicle = NOBODY
        place.time = now + feeder.hole_time + (pcu - taken + unit) * feeder.headway
        feeder.head += 1
        if feeder.head == feeder.ring_end:
            feeder.head = feeder.ring_start
    feeder.next_exit = now + pcu * feeder.headway
    if world.slots[feeder.head].vehicle != NOBODY:
        call_head(world, link, now)


@step
def record_move(world: World, vehicle: int, link: int, now: int) -> None:
    """Note that a vehicle enters a link, or leaves the road."""
    move = world.moves[world.clock[MOVES]]
    move.time = now
    move.vehicle = vehicle
    move.link = link
    world.clock[MOVES] += 1


@step
def enter_link(world: World, link: int, vehicle: int, pcu: int, position: int, now: int) -> None:
    """Give a vehicle the places at the tail of a link."""
    gate = world.gates[link]
    was_empty = world.slots[world.feeders[link].head].vehicle == NOBODY
    for unit in range(min(pcu, gate.ring_end - gate.ring_start)):
        place = world.slots[gate.tail]
        if unit:
            place.vehicle = FOLLOW_ON
        else:
            place.vehicle = vehicle | (pcu << VEHICLE_BITS)
            place.position = position
            place.time = now + gate.free_time
        gate.tail += 1
        if gate.tail == gate.ring_end:
            gate.tail = gate.ring_start
    gate.next_pass = now + pcu * gate.headway
    world.clock[TRAVERSALS] += 1
    if was_empty:
        call_head(world, link, now)
    if world.entry_time.size and world.legs[world.vehicles[vehicle].leg].entry < NEVER:
        world.entry_time[world.legs[world.vehicles[vehicle].leg].entry + position] = now
    if world.moves.size:
        record_move(world, vehicle, link, now)


@step
def admit(world: World, vehicle: int, now: int) -> bool:
    """Whether all people of a leg find room where it ends; if not, they go on to the next refuge."""
    leg = world.legs[world.vehicles[vehicle].leg]
    if leg.refuge < 0 or leg.persons == 0:
        return True
    refuge = world.refuges[leg.refuge]
    if refuge.room >= leg.persons:
        refuge.room -= leg.persons
        return True
    if refuge.divert_to == NOBODY:
        leg.refuge = TURNED_AWAY
    else:
        leg.refuge = refuge.divert_to
        world.vehicles[vehicle].detour = NOBODY
        leg.start = refuge.divert_start
        leg.entry = NEVER
        leg.goal = NOBODY
        schedule(world, world.first_timer + world.vehicles[vehicle].timer, now)
    return False


@step
def restricted_turn(world: World, link: int) -> int:
    """The restricted turn that the first vehicle of a link takes next, or NOBODY; none on a detour."""
    place = world.slots[world.feeders[link].head]
    if world.ways.size and world.vehicles[place.vehicle & VEHICLE_MASK].detour >= 0:
        return np.int64(NOBODY)
    return np.int64(world.pool_turn[place.position])


@step
def finish_leg(world: World, vehicle: int, now: int) -> None:
    """Record an arrival; a vehicle with a further leg parks until that may start."""
    if world.moves.size:
        record_move(world, vehicle, NOBODY, now)
    if world.refuges.size and not admit(world, vehicle, now):
        return
    leg = world.vehicles[vehicle].leg
    world.vehicles[vehicle].detour = NOBODY
    world.legs[leg].arrive = now
    leg += 1
    if leg < world.vehicles[vehicle].end_leg:
        world.vehicles[vehicle].leg = leg
        ready = max(world.legs[leg].not_before, now + world.legs[leg].dwell)
        schedule(world, world.first_timer + world.vehicles[vehicle].timer, ready)


@step
def queue_at_origin(world: World, link: int, vehicle: int, now: int) -> None:
    """Append a vehicle to the origin queue of the first link of its leg."""
    leg = world.legs[world.vehicles[vehicle].leg]
    if leg.depart < 0:
        leg.depart = now
    origin = world.origins[link]
    world.vehicles[vehicle].next = NOBODY
    if origin.first == NOBODY:
        origin.first = vehicle
    else:
        world.vehicles[origin.last].next = vehicle
    origin.last = vehicle


@step
def leave_origin(world: World, link: int, now: int) -> None:
    """Take the first vehicle out of the origin queue of a link."""
    origin = world.origins[link]
    vehicle = origin.first
    leg = world.legs[world.vehicles[vehicle].leg]
    if leg.entered < 0:
        leg.entered = now
    origin.first = world.vehicles[vehicle].next
