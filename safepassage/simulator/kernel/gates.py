"""
Who moves next: decisions at the entrance of a link and at a node with a service rate.

Among the feeders whose heads are ready, the one with the lowest credit moves; each PCU costs it the
inverse of its merge weight, so saturated flows share in proportion to the weights. Equal credits
go by feeder index (links before origin queues), permuted by the seed.

References
----------
Waldspurger and Weihl (1995), Stride scheduling.
Tampere et al. (2011), A generic class of first order node models (priorities by link as a whole).
"""

from __future__ import annotations

from safepassage.simulator.kernel.calendar import schedule, withdraw
from safepassage.simulator.kernel.compile import rare_step, step
from safepassage.simulator.kernel.layout import (
    BLOCKED,
    IDLE,
    NEVER,
    NOBODY,
    NOW,
    SCHEDULED,
    World,
)
from safepassage.simulator.kernel.motion import (
    call_gate,
    enter_link,
    finish_leg,
    head_vehicle,
    join,
    leave_link,
    leave_list,
    leave_origin,
    opening,
)


@step
def goes_before(world: World, feeder_index: int, other: int) -> bool:
    """Whether a feeder has the turn before another one (any has it before NOBODY)."""
    if other == NOBODY:
        return True
    credit = world.feeders[feeder_index].credit
    other_credit = world.feeders[other].credit
    if credit != other_credit:
        return credit < other_credit
    return (feeder_index ^ world.tie_mask) < (other ^ world.tie_mask)


@step
def lowest_credit(world: World, gate_index: int) -> int:
    """The waiting feeder whose turn it is."""
    winner = NOBODY
    at = world.gates[gate_index].first_waiting
    while at != NOBODY:
        if goes_before(world, at, winner):
            winner = at
        at = world.feeders[at].next_waiting
    return winner


@step
def tell_upstream(world: World, link: int, now: int) -> None:
    """Wake whoever waits for a place on a link that has just vacated one."""
    feeder = world.feeders[link]
    if feeder.awaited == 0:
        return
    feeder.awaited = 0
    decider = world.gates[link].decider
    if decider == link:
        call_gate(world, link, 1, now)
    else:
        call_node(world, decider, now)


@step
def depart_from(world: World, feeder_index: int, pcu: int, now: int) -> None:
    """Take the head off its link or origin queue and let the next one come forward."""
    if feeder_index < world.n_links:
        leave_link(world, feeder_index, pcu, now)
        tell_upstream(world, feeder_index, now)
    else:
        leave_origin(world, feeder_index - world.n_links, now)


@step
def return_to_list(world: World, feeder_index: int, gate_index: int) -> None:
    """An origin queue that still holds vehicles competes again at once."""
    if feeder_index >= world.n_links and world.origins[feeder_index - world.n_links].first != NOBODY:
        join(world, feeder_index, gate_index)


@step
def decide_link(world: World, link: int, now: int) -> None:
    """Let the next vehicle onto a link, or wait until its last unit has a place too."""
    gate = world.gates[link]
    winner = lowest_credit(world, link)
    vehicle, pcu, position = head_vehicle(world, winner)
    if pcu > 1 and opening(world, link, pcu) > now:
        call_gate(world, link, pcu, now)
        return
    leave_list(world, winner, link, pcu)
    depart_from(world, winner, pcu, now)
    enter_link(world, link, vehicle, pcu, position + 1, now)
    return_to_list(world, winner, link)
    if gate.first_waiting == NOBODY:
        gate.state = IDLE
    else:
        call_gate(world, link, 1, now)


@step
def is_served(world: World, feeder_index: int, vehicle: int) -> bool:
    """
    Whether the service of a node counts a vehicle: each visit once, an escorted one never.

    Vehicles that come off a link are served there; those that begin at the node are served on
    their first leg only, because a later leg follows an arrival that was served.
    """
    if world.escorted[vehicle]:
        return False
    if feeder_index < world.n_links:
        return True
    return world.vehicle_leg[vehicle] == world.vehicle_first_leg[vehicle]


@step
def passage_time(world: World, gate_index: int, feeder_index: int) -> int:
    """Earliest tick at which a waiting head may pass a served node (NEVER: when a place is vacated)."""
    vehicle, pcu, position = head_vehicle(world, feeder_index)
    time = 0
    link = world.pool[position + 1]
    if link >= 0:
        time = opening(world, link, pcu)
        if time >= NEVER:
            world.feeders[link].awaited = 1
    if is_served(world, feeder_index, vehicle):
        time = max(time, world.gates[gate_index].next_pass)
    return time


@rare_step
def call_node(world: World, gate_index: int, now: int) -> None:
    """Schedule a served node's next decision for the first moment at which one of its heads may pass."""
    gate = world.gates[gate_index]
    earliest = NEVER
    at = gate.first_waiting
    while at != NOBODY:
        earliest = min(earliest, passage_time(world, gate_index, at))
        at = world.feeders[at].next_waiting
    earliest = max(earliest, now)
    event = world.first_gate + gate_index
    if gate.state == SCHEDULED:
        if world.event_time[event] <= earliest:
            return
        withdraw(world, event)
    if earliest < NEVER:
        gate.state = SCHEDULED
        schedule(world, event, earliest)
    elif gate.first_waiting == NOBODY:
        gate.state = IDLE
    else:
        gate.state = BLOCKED


@rare_step
def decide_node(world: World, gate_index: int) -> None:
    """Let the next vehicle that may pass a served node do so."""
    now = world.clock[NOW]
    gate = world.gates[gate_index]
    gate.state = IDLE
    winner = NOBODY
    at = gate.first_waiting
    while at != NOBODY:
        if passage_time(world, gate_index, at) <= now and goes_before(world, at, winner):
            winner = at
        at = world.feeders[at].next_waiting
    if winner != NOBODY:
        vehicle, pcu, position = head_vehicle(world, winner)
        if is_served(world, winner, vehicle):
            gate.next_pass = now + pcu * gate.headway
        leave_list(world, winner, gate_index, pcu)
        depart_from(world, winner, pcu, now)
        link = world.pool[position + 1]
        if link >= 0:
            enter_link(world, link, vehicle, pcu, position + 1, now)
        else:
            finish_leg(world, vehicle, now)
        return_to_list(world, winner, gate_index)
    call_node(world, gate_index, now)
