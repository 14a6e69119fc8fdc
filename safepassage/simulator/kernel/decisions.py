"""Decisions: the next vehicle onto a link, or through a node with a service rate."""

from __future__ import annotations

import numpy as np

from safepassage.simulator.kernel.changes import after_leaving
from safepassage.simulator.kernel.compile import rare_step, step
from safepassage.simulator.kernel.gates import (
    call_node,
    compete_from_origin,
    goes_before,
    is_served,
    link_wanted,
    lowest_credit,
    may_move,
    passage_time,
    send_back,
    tell_upstream,
)
from safepassage.simulator.kernel.layout import IDLE, NOBODY, NOW, ONE_PCU, World
from safepassage.simulator.kernel.motion import (
    call_gate,
    charge,
    enter_link,
    finish_leg,
    head_vehicle,
    leave_link,
    leave_list,
    leave_origin,
    opening,
)


@step
def depart_from(world: World, feeder_index: int, pcu: int, now: int) -> None:
    """Take the head off its link or origin queue and let the next one come forward."""
    if feeder_index < world.n_links:
        leave_link(world, feeder_index, pcu, now)
        tell_upstream(world, feeder_index, now)
    else:
        leave_origin(world, feeder_index - world.n_links, now)


@step
def after_departure(world: World, feeder_index: int, now: int) -> None:
    """
    An origin queue that still holds vehicles competes again; a link changes that had to wait for it.

    This comes after the vehicle has entered the next link: that one may be what changes.
    """
    if feeder_index < world.n_links:
        if world.feeders[feeder_index].watched:
            after_leaving(world, feeder_index, now)
    elif world.origins[feeder_index - world.n_links].first != NOBODY:
        compete_from_origin(world, feeder_index - world.n_links, now)


@step
def decide_link(world: World, link: int, now: int) -> None:
    """Let the next vehicle onto a link, or wait until its last unit has a place too."""
    gate = world.gates[link]
    gate.state = IDLE
    winner = lowest_credit(world, link, now)
    if winner == NOBODY:
        return
    vehicle, pcu, position = head_vehicle(world, winner)
    if opening(world, link, pcu) > now:
        call_gate(world, link, pcu, now)
        return
    leave_list(world, winner, link)
    charge(world, winner, link, pcu)
    depart_from(world, winner, pcu, now)
    enter_link(world, link, vehicle, pcu, position + 1, now)
    after_departure(world, winner, now)
    if gate.first_waiting != NOBODY:
        call_gate(world, link, ONE_PCU, now)


@step
def able_feeder(world: World, gate_index: int, now: int) -> int:
    """Of the heads that may pass a served node now, the one whose turn it is."""
    winner = np.int64(NOBODY)
    at = np.int64(world.gates[gate_index].first_waiting)
    while at != NOBODY:
        following = np.int64(world.feeders[at].next_waiting)
        if not may_move(world, at, now):
            send_back(world, at, gate_index, now)
        elif passage_time(world, gate_index, at) <= now and goes_before(world, at, winner):
            winner = at
        at = following
    return winner


@rare_step
def decide_node(world: World, gate_index: int) -> None:
    """Let the next vehicle that may pass a served node do so."""
    now = world.clock[NOW]
    gate = world.gates[gate_index]
    gate.state = IDLE
    winner = able_feeder(world, gate_index, now)
    if winner != NOBODY:
        vehicle, pcu, position = head_vehicle(world, winner)
        if is_served(world, winner, vehicle):
            gate.next_pass = now + pcu * gate.headway
        leave_list(world, winner, gate_index)
        charge(world, winner, gate_index, pcu)
        depart_from(world, winner, pcu, now)
        link = link_wanted(world, winner, vehicle, position)
        if link >= 0:
            enter_link(world, link, vehicle, pcu, position + 1, now)
        else:
            finish_leg(world, vehicle, now)
        after_departure(world, winner, now)
    call_node(world, gate_index, now)
