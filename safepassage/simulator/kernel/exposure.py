"""Integrates a hazard along the recorded entries of all legs in one pass, without arrays in between."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from safepassage.simulator.kernel.compile import entry_point, step

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]


@step
def bin_of(rate_per_s: Floats, bin_s: float, time_s: float) -> int:
    """The row that holds at a time; the first one holds before 0 s too, the last one for ever."""
    return np.int64(min(max(math.floor(time_s / bin_s), 0), len(rate_per_s) - 1))


@step
def over_stay(
    rate_per_s: Floats, bin_s: float, row: int, place: int, start_s: float, end_s: float
) -> tuple[float, int]:
    """Integral of the rate at a place over a stay that starts in the given row, and the row of its end."""
    total = 0.0
    while row + 1 < len(rate_per_s) and end_s >= (row + 1) * bin_s:
        edge_s = (row + 1) * bin_s
        total += (edge_s - start_s) * rate_per_s[row, place]
        start_s = edge_s
        row += 1
    return total + (end_s - start_s) * rate_per_s[row, place], row


@entry_point
def integrate(
    rate_per_s: Floats, bin_s: float, place: Places, start_s: Floats, end_s: Floats, out: Floats
) -> None:
    """
    Integrate a rate over many stays.

    Parameters
    ----------
    rate_per_s : float64[n_bins, n_places]
        Rates; the last bin lasts for ever.
    bin_s : float
        Width of the bins (s).
    place : int32[n]
        Where.
    start_s, end_s : float64[n]
        From when until when (s).
    out : float64[n]
        The integrals, 0 where the end comes first. Overwritten.
    """
    for k in range(len(place)):
        out[k] = 0.0
        if end_s[k] > start_s[k]:
            row = bin_of(rate_per_s, bin_s, start_s[k])
            out[k], _ = over_stay(rate_per_s, bin_s, row, np.int64(place[k]), start_s[k], end_s[k])


@step
def add_people(amount: float, leg_people: Integers, leg: int, table: Floats, place: int) -> None:
    """Add what one person suffers at a place to every group on the leg."""
    for group in range(leg_people.shape[1]):
        table[place, group] += amount * leg_people[leg, group]


@entry_point
def expose_waiting(
    rate_per_s: Floats,
    bin_s: float,
    until_s: float,
    leg_node: Places,
    depart_s: Floats,
    entered_s: Floats,
    leg_people: Integers,
    table: Floats,
    per_person: Floats,
) -> None:
    """
    Sum the exposure of those who are ready and not yet on the road.

    Parameters
    ----------
    rate_per_s : float64[n_bins, n_nodes]
        Rates by node.
    bin_s : float
        Width of the bins (s).
    until_s : float
        Nothing later counts (s).
    leg_node : int32[n_legs]
        Where each leg starts; -1 where it does not drive.
    depart_s, entered_s : float64[n_legs]
        When it was ready and when it got onto the road (s); nan where never.
    leg_people : int64[n_legs, n_groups]
        Persons by group.
    table : float64[n_nodes, n_groups]
        Sums by node and group. Added to.
    per_person : float64[n_legs]
        Sums by leg. Added to.
    """
    for leg in range(len(leg_node)):
        start_s, end_s = depart_s[leg], until_s
        end_s = min(end_s, entered_s[leg])
        if leg_node[leg] >= 0 and end_s > start_s:
            node = np.int64(leg_node[leg])
            amount, _ = over_stay(rate_per_s, bin_s, bin_of(rate_per_s, bin_s, start_s), node, start_s, end_s)
            add_people(amount, leg_people, leg, table, node)
            per_person[leg] += amount


@entry_point
def expose_driving(
    rate_per_s: Floats,
    bin_s: float,
    until_s: float,
    leg_first: Integers,
    route_link: Places,
    entry_offset: Integers,
    entry_s: Floats,
    arrive_s: Floats,
    leg_people: Integers,
    table: Floats,
    per_person: Floats,
) -> None:
    """
    Sum the exposure on the road: on each link from its entry to the next recorded one or the arrival.

    Parameters
    ----------
    rate_per_s : float64[n_bins, n_links]
        Rates by link.
    bin_s : float
        Width of the bins (s).
    until_s : float
        Nothing later counts (s).
    leg_first : int64[n_legs]
        Where the route of each leg begins in ``route_link``.
    route_link : int32
        Links of all routes.
    entry_offset : int64[n_legs + 1]
        Where the entries of each leg begin.
    entry_s : float64
        When the leg entered each link of its route (s); nan where never.
    arrive_s : float64[n_legs]
        When each leg ended (s); nan where never.
    leg_people : int64[n_legs, n_groups]
        Persons by group.
    table : float64[n_links, n_groups]
        Sums by link and group. Added to.
    per_person : float64[n_legs]
        Sums by leg. Added to.
    """
    for leg in range(len(leg_first)):
        begin, end = entry_offset[leg], entry_offset[leg + 1]
        here, row, since_s, total = -1, 0, 0.0, 0.0
        for k in range(begin, end + 1):
            next_s = arrive_s[leg] if k == end else entry_s[k]
            if k < end and not next_s >= 0.0:
                continue
            if here >= 0:
                leave_s = min(until_s, next_s)
                if leave_s > since_s:
                    amount, row = over_stay(rate_per_s, bin_s, row, here, since_s, leave_s)
                    add_people(amount, leg_people, leg, table, here)
                    total += amount
            elif k < end:
                row = bin_of(rate_per_s, bin_s, next_s)
            if k < end:
                here, since_s = int(route_link[leg_first[leg] + k - begin]), next_s
        per_person[leg] += total
