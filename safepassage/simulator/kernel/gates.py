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

import numpy as np

from safepassage.simulator.kernel.calendar import schedule, withdraw
from safepassage.simulator.kernel.compile import rare_step, step
from safepassage.simulator.kernel.controls import control_open
from safepassage.simulator.kernel.detours import following_link
from safepassage.simulator.kernel.layout import (
    BLOCKED,
    IDLE,
    NEVER,
    NOBODY,
    ONE_PCU,
    SCHEDULED,
    World,
)
from safepassage.simulator.kernel.motion import call_gate, call_head, head_vehicle, join, leave_list, opening


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
def compete_from_origin(world: World, link: int, now: int) -> int:
    """Let the head of an origin queue compete, at the gate that is returned, or wait for its release."""
    feeder_index = world.n_links + link
    control = world.feeders[feeder_index].control
    if control >= 0:
        time = control_open(world, control, now)
        if time > now:
            if time < NEVER:
                schedule(world, feeder_index + world.n_links, time)
            return NOBODY
    gate = np.int64(world.gates[link].decider)
    join(world, feeder_index, gate)
    return gate


@rare_step
def send_back(world: World, feeder_index: int, gate_index: int, now: int) -> None:
    """Take a head off a gate's list until its hold ends or its light is green again."""
    leave_list(world, feeder_index, gate_index)
    if feeder_index < world.n_links:
        call_head(world, feeder_index, now)
    else:
        compete_from_origin(world, feeder_index - world.n_links, now)


@step
def may_move(world: World, feeder_index: int, now: int) -> bool:
    """Whether no hold and no red light keeps a head where it is."""
    control = world.feeders[feeder_index].control
    return control < 0 or control_open(world, control, now) <= now


@step
def lowest_credit(world: World, gate_index: int, now: int) -> int:
    """The waiting feeder whose turn it is, or NOBODY when all of them were told to wait meanwhile."""
    winner = np.int64(NOBODY)
    at = np.int64(world.gates[gate_index].first_waiting)
    while at != NOBODY:
        following = np.int64(world.feeders[at].next_waiting)
        if not may_move(world, at, now):
            send_back(world, at, gate_index, now)
        elif goes_before(world, at, winner):
            winner = at
        at = following
    return winner


@step
def is_served(world: World, feeder_index: int, vehicle: int) -> bool:
    """
    Whether the service of a node counts a vehicle: each visit once, an escorted one never.

    Vehicles that come off a link are served there; those that begin at the node are served on
    their first leg only, because a later leg follows an arrival that was served.
    """
    if world.vehicles[vehicle].escorted:
        return False
    if feeder_index < world.n_links:
        return True
    leg = world.vehicles[vehicle].leg
    return leg == world.vehicles[vehicle].first_leg and world.legs[leg].entered < 0


@step
def link_wanted(world: World, feeder_index: int, vehicle: int, position: int) -> int:
    """The link that a feeder's head wants to enter; negative where its leg ends."""
    if feeder_index >= world.n_links:
        return feeder_index - world.n_links
    return following_link(world, feeder_index, vehicle, position)


@step
def passage_time(world: World, gate_index: int, feeder_index: int) -> int:
    """Earliest tick at which a waiting head may pass a served node (NEVER: when a place is vacated)."""
    vehicle, pcu, position = head_vehicle(world, feeder_index)
    time = 0
    link = link_wanted(world, feeder_index, vehicle, position)
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
    at = np.int64(gate.first_waiting)
    while at != NOBODY:
        earliest = min(earliest, passage_time(world, gate_index, at))
        at = np.int64(world.feeders[at].next_waiting)
    earliest = max(earliest, now)
    event = world.first_gate + gate_index
    if gate.state == SCHEDULED:
        if world.events[event].time <= earliest:
            return
        withdraw(world, event)
    if earliest < NEVER:
        gate.state = SCHEDULED
        schedule(world, event, earliest)
    elif gate.first_waiting == NOBODY:
        gate.state = IDLE
    else:
        gate.state = BLOCKED


@step
def tell_upstream(world: World, link: int, now: int) -> None:
    """Wake whoever waits for a place on a link that has just vacated one."""
    if world.feeders[link].awaited:
        wake_upstream(world, link, now)


@rare_step
def wake_upstream(world: World, link: int, now: int) -> None:
    """Let the gate that waited for a place on a link work out when it is there."""
    world.feeders[link].awaited = 0
    decider = np.int64(world.gates[link].decider)
    if decider == link:
        call_gate(world, link, ONE_PCU, now)
    else:
        call_node(world, decider, now)
