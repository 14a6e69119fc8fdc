"""First tours for the bus evacuation problem: the bus that is free first takes the load it delivers first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from safepassage.formats.bep import BusEvacuation

Drive = tuple[int, int]


@dataclass(frozen=True, slots=True)
class BepTimes:
    """
    Times of an instance as whole numbers.

    Attributes
    ----------
    scale : int
        Whole units in one of the instance's.
    yard_to_stop : list of list of int
        By yard and stop.
    stop_to_shelter : list of list of int
        By stop and shelter.
    """

    scale: int
    yard_to_stop: list[list[int]]
    stop_to_shelter: list[list[int]]

    def between(self, stop: int, other: int) -> int:
        """
        Least time from a stop with a load to a shelter, and on to another stop.

        Parameters
        ----------
        stop, other : int
            Indices.

        Returns
        -------
        int
            Whole units.
        """
        return min(
            out + back
            for out, back in zip(self.stop_to_shelter[stop], self.stop_to_shelter[other], strict=True)
        )

    def tour(self, yard: int, drives: Sequence[Drive]) -> int:
        """
        Time at which a bus delivers its last load.

        Parameters
        ----------
        yard : int
            Where it starts.
        drives : sequence of (int, int)
            Its loads: stop and shelter.

        Returns
        -------
        int
            Whole units; 0 where it has no load.
        """
        at, shelter = 0, -1
        for stop, to in drives:
            way = self.yard_to_stop[yard][stop] if shelter < 0 else self.stop_to_shelter[stop][shelter]
            at += way + self.stop_to_shelter[stop][to]
            shelter = to
        return at


def yard_of_each_bus(buses: Sequence[int]) -> list[int]:
    """
    List the buses yard by yard.

    Parameters
    ----------
    buses : sequence of int
        Buses of each yard.

    Returns
    -------
    list of int
        Yard of each bus.
    """
    return [yard for yard, count in enumerate(buses) for _bus in range(count)]


def arrival_of(times: BepTimes, buses: Sequence[int], tours: Sequence[Sequence[Drive]]) -> int:
    """
    Time of the last arrival.

    Parameters
    ----------
    times : BepTimes
        Of the instance.
    buses : sequence of int
        Buses of each yard.
    tours : sequence of sequence of (int, int)
        Of each bus.

    Returns
    -------
    int
        Whole units; 0 where nobody is moved.
    """
    yards = yard_of_each_bus(buses)
    return max((times.tour(yard, tour) for yard, tour in zip(yards, tours, strict=True)), default=0)


def greedy_tours(instance: BusEvacuation, times: BepTimes) -> tuple[tuple[Drive, ...], ...]:
    """
    Give out the loads one by one.

    Parameters
    ----------
    instance : BusEvacuation
        With room for all loads.
    times : BepTimes
        Its times.

    Returns
    -------
    tuple of tuple of (int, int)
        Loads of each bus in order.
    """
    yards = yard_of_each_bus(instance.buses)
    loads, room = list(instance.loads), list(instance.room)
    tours: list[list[Drive]] = [[] for _bus in yards]
    for _load in range(sum(loads)):
        _arrive, bus, stop, shelter = min(
            (times.tour(yard, [*tour, (stop, shelter)]), bus, stop, shelter)
            for bus, (yard, tour) in enumerate(zip(yards, tours, strict=True))
            for stop, waiting in enumerate(loads)
            if waiting
            for shelter, free in enumerate(room)
            if free
        )
        tours[bus].append((stop, shelter))
        loads[stop] -= 1
        room[shelter] -= 1
    return tuple(tuple(tour) for tour in tours)
