"""The event loop: take the earliest event, let its vehicle move, schedule what follows."""

from __future__ import annotations

import numpy as np

from safepassage.simulator.kernel.calendar import anything_else_at, next_event, schedule
from safepassage.simulator.kernel.changes import apply_changes
from safepassage.simulator.kernel.compile import entry_point, step
from safepassage.simulator.kernel.decisions import after_departure, decide_link, decide_node, depart_from
from safepassage.simulator.kernel.detours import following_link, listen
from safepassage.simulator.kernel.gates import call_node, compete_from_origin
from safepassage.simulator.kernel.layout import (
    IDLE,
    MOST_MOVES_AN_EVENT,
    MOVES,
    NOBODY,
    NOW,
    ONE_PCU,
    PAUSED,
    PENDING,
    STARTED,
    World,
)
from safepassage.simulator.kernel.motion import (
    call_gate,
    finish_leg,
    head_vehicle,
    join,
    opening,
    queue_at_origin,
)


@step
def arrive_at_head(world: World, link: int, now: int) -> int:
    """The head of a link is ready: it ends its leg or competes at a gate, which is returned."""
    vehicle, pcu, position = head_vehicle(world, link)
    if world.ways.size:
        listen(world, link, vehicle, position, now)
    following = following_link(world, link, vehicle, position)
    node_gate = np.int64(world.feeders[link].node_gate)
    if node_gate != NOBODY:
        join(world, link, node_gate)
        return node_gate
    if following >= 0:
        join(world, link, following)
        return following
    depart_from(world, link, pcu, now)
    after_departure(world, link, now)
    finish_leg(world, vehicle, now)
    return NOBODY


@step
def append_first_legs(world: World, link: int, now: int) -> None:
    """Move the vehicles whose first leg may start by now into the origin queue."""
    origin = world.origins[link]
    while origin.next_source < origin.end_source:
        vehicle = np.int64(world.source_vehicle[origin.next_source])
        if world.legs[world.vehicles[vehicle].leg].not_before > now:
            break
        queue_at_origin(world, link, vehicle, now)
        origin.next_source += 1


@step
def start_first_legs(world: World, link: int, now: int) -> int:
    """Let first legs start and schedule the next ones; the gate to call."""
    origin = world.origins[link]
    was_empty = origin.first == NOBODY
    append_first_legs(world, link, now)
    if origin.next_source < origin.end_source:
        leg = world.vehicles[world.source_vehicle[origin.next_source]].leg
        schedule(world, world.n_links + link, world.legs[leg].not_before)
    if was_empty and origin.first != NOBODY:
        return compete_from_origin(world, link, now)
    return NOBODY


@step
def start_leg(world: World, timer: int, now: int) -> int:
    """
    Start a leg of a vehicle off the road (one without links ends at once); the gate to call.

    Of those that become ready at one tick, first legs queue before later ones.
    """
    vehicle = np.int64(world.timer_vehicle[timer])
    leg = world.vehicles[vehicle].leg
    link = np.int64(world.pool[world.legs[leg].start])
    if link < 0:
        if world.legs[leg].depart < 0:
            world.legs[leg].depart = now
            world.legs[leg].entered = now
        finish_leg(world, vehicle, now)
        return NOBODY
    was_empty = world.origins[link].first == NOBODY
    append_first_legs(world, link, now)
    queue_at_origin(world, link, vehicle, now)
    return compete_from_origin(world, link, now) if was_empty else NOBODY


@step
def arrival_event(world: World, event: int, now: int) -> int:
    """Handle an event of the first phase; the gate at which somebody now competes, or NOBODY."""
    if event < world.n_links:
        return arrive_at_head(world, event, now)
    if event < 2 * world.n_links:
        return start_first_legs(world, event - world.n_links, now)
    if event < world.first_timer:
        return compete_from_origin(world, event - 2 * world.n_links, now)
    if event < world.first_gate - 1:
        return start_leg(world, event - world.first_timer, now)
    apply_changes(world, now)
    return NOBODY


@step
def start(world: World) -> None:
    """Schedule the first vehicle of every origin queue and every vehicle that starts off the road."""
    for link in range(world.n_links):
        origin = world.origins[link]
        if origin.next_source < origin.end_source:
            leg = world.vehicles[world.source_vehicle[origin.next_source]].leg
            schedule(world, world.n_links + link, world.legs[leg].not_before)
    if world.changes.size:
        schedule(world, world.first_gate - 1, world.changes[0].time)
    for timer in range(world.timer_vehicle.size):
        leg = world.vehicles[world.timer_vehicle[timer]].leg
        if world.pool[world.legs[leg].start] < 0:
            schedule(world, world.first_timer + timer, world.legs[leg].not_before)


@entry_point
def run(world: World, horizon: int) -> None:
    """
    Play all vehicles to the end, to the horizon, or until nothing can move any more.

    A run that pauses because ``moves`` is full goes on when it is called again.

    Parameters
    ----------
    world : World
        The loaded state; modified in place.
    horizon : int64
        Events after this tick stay undone.
    """
    if not world.clock[STARTED]:
        world.clock[STARTED] = 1
        start(world)
    world.clock[PAUSED] = 0
    while world.clock[PENDING] > 0:
        if world.moves.size and world.clock[MOVES] + MOST_MOVES_AN_EVENT > world.moves.size:
            world.clock[PAUSED] = 1
            return
        event = next_event(world)
        now = world.clock[NOW]
        if now > horizon:
            world.clock[PENDING] += 1
            return
        if event < world.first_gate:
            gate = arrival_event(world, event, now)
            if gate == NOBODY:
                continue
            if gate >= world.n_links:
                call_node(world, gate, now)
                continue
            if world.gates[gate].state != IDLE:
                continue
            if opening(world, gate, ONE_PCU) > now or anything_else_at(world, now):
                call_gate(world, gate, ONE_PCU, now)
                continue
        else:
            gate = event - world.first_gate
            if gate >= world.n_links:
                decide_node(world, gate)
                continue
        decide_link(world, gate, now)
