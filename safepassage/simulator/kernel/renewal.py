"""Make the storage of links ready for the next run, where the last one has used it."""

from __future__ import annotations

from safepassage.simulator.kernel.compile import entry_point, step
from safepassage.simulator.kernel.layout import NOBODY, Indices, Records, Ticks


@step
def _empty(slots: Records, place: int) -> None:
    slots[place].time = 0
    slots[place].vehicle = NOBODY
    slots[place].position = 0


@entry_point
def renew_slots(slots: Records, gates: Records, ring_start: Ticks, room: Ticks, resized: Indices) -> None:
    """
    Empty the places that a run has used.

    Long roads have many places, and most of them are never used: to write them all took as long as the run.

    Parameters
    ----------
    slots : SLOT
        As the run left them; modified in place.
    gates : GATE
        As the run left them.
    ring_start, room : int64[n_links]
        Where the places of each link begin, and how many there are.
    resized : int32
        Links whose storage has changed, and with it the order of their places.
    """
    for link in range(ring_start.size):
        tail = gates[link].tail
        end = tail
        # Places are taken one after the other: where the next one is fresh, so are all behind it.
        if slots[tail].time != 0 or slots[tail].vehicle != NOBODY:
            end = ring_start[link] + room[link]
        for place in range(ring_start[link], end):
            _empty(slots, place)
    for k in range(resized.size):
        link = resized[k]
        for place in range(ring_start[link], ring_start[link] + room[link]):
            _empty(slots, place)
