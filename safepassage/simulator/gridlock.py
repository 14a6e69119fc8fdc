"""Find rings of full links whose first vehicles all wait for each other."""

from __future__ import annotations

from dataclasses import dataclass

from safepassage.simulator.kernel.layout import NOBODY, TICKS_PER_S, VEHICLE_MASK, World


@dataclass(frozen=True, slots=True)
class Gridlock:
    """
    A ring of links that can never move again.

    Attributes
    ----------
    links : tuple of int
        In driving order, from the lowest index on.
    since_s : float
        When the last vehicle that closed the ring entered one of them (s).
    """

    links: tuple[int, ...]
    since_s: float


def find_gridlocks(world: World) -> tuple[Gridlock, ...]:
    """
    Gridlocks at the end of a run; they hold whatever else still moves.

    Parameters
    ----------
    world : World
        As the kernel left it.

    Returns
    -------
    tuple of Gridlock
        By lowest link index.
    """
    waits_for = _blocked_by(world)
    seen: set[int] = set()
    found = []
    for start in sorted(waits_for):
        chain: list[int] = []
        link = start
        while link in waits_for and link not in seen:
            seen.add(link)
            chain.append(link)
            link = waits_for[link]
        if link in chain:
            ring = chain[chain.index(link) :]
            first = ring.index(min(ring))
            links = tuple(ring[first:] + ring[:first])
            found.append(Gridlock(links, max(_last_entry_s(world, member) for member in links)))
    return tuple(sorted(found, key=lambda gridlock: gridlock.links))


def _blocked_by(world: World) -> dict[int, int]:
    """Of each full link whose head wants to get onto another full one: that one."""
    tails = world.gates["tail"][: world.n_links]
    full = (world.slots["vehicle"][tails] != NOBODY) if world.n_links else tails
    blocked = {}
    for link in range(world.n_links):
        if full[link]:
            following = _wanted(world, link)
            if following >= 0 and full[following]:
                blocked[link] = following
    return blocked


def _wanted(world: World, link: int) -> int:
    """The link that the head of a link wants to enter."""
    place = world.slots[world.feeders["head"][link]]
    vehicle = world.vehicles[place["vehicle"] & VEHICLE_MASK]
    if world.ways.size and vehicle["detour"] >= 0:
        return int(world.ways[vehicle["detour"], world.legs["goal"][vehicle["leg"]], link])
    return int(world.pool[place["position"] + 1])


def _last_entry_s(world: World, link: int) -> float:
    """When the last vehicle on a full link entered it."""
    gate = world.gates[link]
    ring = world.slots[gate["ring_start"] : gate["ring_end"]]
    entered = ring["time"][ring["vehicle"] >= 0] - gate["free_time"]
    return float(entered.max()) / TICKS_PER_S
