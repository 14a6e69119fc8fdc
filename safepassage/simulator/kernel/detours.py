"""
Drivers who leave their planned route, by what they could know of closures.

The closures that hold at a time are a *state*; states are numbered in time. A driver hears of a state
on the road: standing before a closed link, at a place where drivers are told, or on the radio after a
delay. If the rest of the planned route is closed in that state, the driver takes the shortest way to
the goal that is open in it, and a better one on hearing of a later state.
"""

from __future__ import annotations

import numpy as np

from safepassage.simulator.kernel.compile import rare_step, step
from safepassage.simulator.kernel.layout import NEVER, NO_WAY, NOBODY, World


@step
def following_link(world: World, link: int, vehicle: int, position: int) -> int:
    """The link that a vehicle on ``link`` takes next; negative where its leg ends."""
    if world.ways.size:
        detour = world.vehicles[vehicle].detour
        if detour >= 0:
            goal = world.legs[world.vehicles[vehicle].leg].goal
            return np.int64(world.ways[detour, goal, link])
    return np.int64(world.pool[position + 1])


@step
def state_at(world: World, time: int) -> int:
    """The last state that began by ``time``; NOBODY before the first."""
    state = np.int64(NOBODY)
    while state + 1 < world.state_time.size and world.state_time[state + 1] <= time:
        state += 1
    return state


@step
def route_is_closed(world: World, position: int, state: int) -> bool:
    """Whether a link of the route after ``position`` is closed in a state."""
    at = position + 1
    while world.pool[at] >= 0:
        if world.state_closed[state, world.pool[at]]:
            return True
        at += 1
    return False


@rare_step
def listen(world: World, link: int, vehicle: int, position: int, now: int) -> None:
    """Tell the driver at the end of a link what could be known there, and let the driver choose."""
    state = state_at(world, now - world.radio_delay)
    following = following_link(world, link, vehicle, position)
    stands_before = world.sees_closure and following >= 0 and world.gates[following].closed
    if stands_before or world.told_at_end[link]:
        state = state_at(world, now)
    traveller = world.vehicles[vehicle]
    goal = world.legs[traveller.leg].goal
    if state <= traveller.known or goal < 0:
        return
    traveller.known = state
    if traveller.detour < 0 and not route_is_closed(world, position, state):
        return
    if world.ways[state, goal, link] != NO_WAY:
        traveller.detour = state
        world.legs[traveller.leg].entry = NEVER
