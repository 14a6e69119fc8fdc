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

from safepassage.simulator.kernel.calendar import schedule
from safepassage.simulator.kernel.compile import step
from safepassage.simulator.kernel.layout import (
    BLOCKED,
    FOLLOW_ON,
    NEVER,
    NOBODY,
    SCHEDULED,
    TRAVERSALS,
    VEHICLE_BITS,
    VEHICLE_MASK,
    World,
)


@step
def opening(world: World, link: int, pcu: int) -> int:
    """Earliest tick at which ``link`` takes a vehicle of ``pcu``; NEVER until a place is vacated."""
    gate = world.gates[link]
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
def leave_list(world: World, feeder_index: int, gate_index: int, pcu: int) -> None:
    """Take the winner off the gate's list and charge its credit."""
    gate = world.gates[gate_index]
    winner = world.feeders[feeder_index]
    if gate.first_waiting == feeder_index:
        gate.first_waiting = winner.next_waiting
    else:
        at = gate.first_waiting
        while world.feeders[at].next_waiting != feeder_index:
            at = world.feeders[at].next_waiting
        world.feeders[at].next_waiting = winner.next_waiting
    gate.virtual = winner.credit
    winner.credit += winner.stride * pcu


@step
def call_head(world: World, link: int) -> None:
    """Schedule the moment at which the first vehicle of a link is ready to leave it."""
    feeder = world.feeders[link]
    place = world.slots[feeder.head]
    time = max(place.time, feeder.next_exit)
    if world.pool_turn.size:
        turn = world.pool_turn[place.position]
        if turn >= 0:
            time = max(time, world.turns[turn].next_pass)
    schedule(world, link, time)


@step
def head_vehicle(world: World, feeder_index: int) -> tuple[int, int, int]:
    """Vehicle, PCU and pool position of a feeder's first vehicle (before its first link: start - 1)."""
    if feeder_index < world.n_links:
        place = world.slots[world.feeders[feeder_index].head]
        return place.vehicle & VEHICLE_MASK, place.vehicle >> VEHICLE_BITS, place.position
    vehicle = world.origins[feeder_index - world.n_links].first
    return vehicle, world.pcu[vehicle], world.leg_start[world.vehicle_leg[vehicle]] - 1


@step
def leave_link(world: World, link: int, pcu: int, now: int) -> None:
    """Vacate the places of the first vehicle and call the next one."""
    feeder = world.feeders[link]
    if world.pool_turn.size:
        turn = world.pool_turn[world.slots[feeder.head].position]
        if turn >= 0:
            world.turns[turn].next_pass = now + pcu * world.turns[turn].headway
    taken = min(pcu, feeder.ring_end - feeder.ring_start)
    for unit in range(taken):
        place = world.slots[feeder.head]
        place.vehicle = NOBODY
        place.time = now + feeder.hole_time + (pcu - taken + unit) * feeder.headway
        feeder.head += 1
        if feeder.head == feeder.ring_end:
            feeder.head = feeder.ring_start
    feeder.next_exit = now + pcu * feeder.headway
    if world.slots[feeder.head].vehicle != NOBODY:
        call_head(world, link)


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
        call_head(world, link)
    if world.entry_time.size:
        world.entry_time[world.leg_entry[world.vehicle_leg[vehicle]] + position] = now


@step
def finish_leg(world: World, vehicle: int, now: int) -> None:
    """Record an arrival; a vehicle with a further leg parks until that may start."""
    leg = world.vehicle_leg[vehicle]
    world.leg_arrive[leg] = now
    leg += 1
    if leg < world.vehicle_end_leg[vehicle]:
        world.vehicle_leg[vehicle] = leg
        ready = max(world.leg_not_before[leg], now + world.leg_dwell[leg])
        schedule(world, world.first_timer + world.vehicle_timer[vehicle], ready)


@step
def queue_at_origin(world: World, link: int, vehicle: int, now: int) -> None:
    """Append a vehicle to the origin queue of the first link of its leg."""
    world.leg_depart[world.vehicle_leg[vehicle]] = now
    origin = world.origins[link]
    world.vehicle_next[vehicle] = NOBODY
    if origin.first == NOBODY:
        origin.first = vehicle
    else:
        world.vehicle_next[origin.last] = vehicle
    origin.last = vehicle


@step
def leave_origin(world: World, link: int, now: int) -> None:
    """Take the first vehicle out of the origin queue of a link."""
    origin = world.origins[link]
    vehicle = origin.first
    world.leg_entered[world.vehicle_leg[vehicle]] = now
    origin.first = world.vehicle_next[vehicle]
