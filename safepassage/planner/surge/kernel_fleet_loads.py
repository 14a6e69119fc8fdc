"""Compiled loads: who gets on at which stops of a tour, and what the load is worth."""

from __future__ import annotations

import numpy as np

from safepassage.model.arrays import OffsetArray
from safepassage.planner.surge.kernel_fleet import (
    BASE,
    BEDS,
    BOARD,
    CALLS,
    CAP,
    CLOSING,
    COUNT,
    HAVENS,
    MOST_CALLS,
    NONE,
    PERSONS,
    PLACE,
    SEATS,
    SOURCE,
    STOP,
    STOP_S,
    TOTAL,
    UNREACHABLE_S,
    WHEELS,
    Aim,
    Task,
    Work,
    inner,
)
from safepassage.planner.surge.kernel_fleet_accounts import copy_call, copy_parties
from safepassage.planner.surge.kernel_fleet_clock import handling_time_s


@inner
def pack(
    task: Task, work: Work, c: int, stop: int, space: OffsetArray, havens: int, party: OffsetArray
) -> tuple[int, int, int, int, int, int]:
    """
    What of those left at a stop goes into the space: parties, seats, places, persons, havens left.

    Parties that need places come first. Of the others each kind gets its share, so that small parties are
    left to fill the last seats of later loads, and then parties are exchanged while that fills more seats.
    """
    seats, wheels, beds = space[0], space[1], space[2]
    persons = most = min(task.stop[stop, CAP], np.int64(10**9))
    n = seated = 0
    for at in range(task.kinds_first[stop], task.kinds_first[stop + 1]):
        k = task.kinds_at[at]
        left = work.remaining[k]
        common = havens & task.kind[k, HAVENS]
        if left == 0 or common == 0 or not task.may[c, k]:
            continue
        if task.kind[k, 1] == 0 and task.kind[k, 2] == 0:
            seated += left * task.kind[k, TOTAL]
            continue
        number = min(left, persons // task.kind[k, TOTAL])
        if task.kind[k, 0]:
            number = min(number, seats // task.kind[k, 0])
        if task.kind[k, 1]:
            number = min(number, wheels // task.kind[k, 1])
        if task.kind[k, 2]:
            number = min(number, beds // task.kind[k, 2])
        if number > 0:
            havens = common
            party[n, 0], party[n, 1] = k, number
            n += 1
            seats -= number * task.kind[k, 0]
            wheels -= number * task.kind[k, 1]
            beds -= number * task.kind[k, 2]
            persons -= number * task.kind[k, TOTAL]
    first = n
    room = whole = min(seats, persons)
    for at in range(task.kinds_first[stop], task.kinds_first[stop + 1]):
        k = task.kinds_at[at]
        left, size = work.remaining[k], task.kind[k, TOTAL]
        common = havens & task.kind[k, HAVENS]
        if left and common and task.may[c, k] and task.kind[k, 1] == 0 and task.kind[k, 2] == 0:
            havens = common
            number = left if seated <= whole else left * whole // seated
            number = min(number, room // size)
            party[n, 0], party[n, 1] = k, number
            n += 1
            room -= number * size
    if room > 0 and seated > whole - room:
        room = fill(task, work, party, first, n, room)
    used = whole - room
    n = without_empty(party, first, n)
    return n, space[0] - seats + used, space[1] - wheels, space[2] - beds, most - persons + used, havens


@inner
def fill(task: Task, work: Work, party: OffsetArray, first: int, n: int, room: int) -> int:
    """Add parties of people who sit, or exchange one for another or for two others; the seats left then."""
    for m in range(first, n):
        k = party[m, 0]
        number = min(work.remaining[k] - party[m, 1], room // task.kind[k, TOTAL])
        party[m, 1] += number
        room -= number * task.kind[k, TOTAL]
    while room > 0:
        most, out, into, second = 0, 0, 0, NONE
        for a in range(first, n):
            if party[a, 1] == 0:
                continue
            for b in range(first, n):
                k = party[b, 0]
                if b == a or work.remaining[k] == party[b, 1]:
                    continue
                gain = task.kind[k, TOTAL] - task.kind[party[a, 0], TOTAL]
                if most < gain <= room:
                    most, out, into, second = gain, a, b, NONE
                for d in range(b, n):
                    twice = 2 if d == b else 1
                    if d == a or work.remaining[party[d, 0]] < party[d, 1] + twice:
                        continue
                    both = gain + task.kind[party[d, 0], TOTAL]
                    if most < both <= room:
                        most, out, into, second = both, a, b, d
        if most == 0:
            break
        party[out, 1] -= 1
        party[into, 1] += 1
        if second != NONE:
            party[second, 1] += 1
        room -= most
    return room


@inner
def without_empty(party: OffsetArray, first: int, n: int) -> int:
    """Close the gaps that kinds without a party leave in a list; its new length."""
    kept = first
    for m in range(first, n):
        if party[m, 1] > 0:
            party[kept, 0], party[kept, 1] = party[m, 0], party[m, 1]
            kept += 1
    return kept


@inner
def load_work_s(task: Task, work: Work, c: int, stop: int, party: OffsetArray, n: int, persons: int) -> float:
    """How much of the work at a stop a load does."""
    share = 0.0
    for m in range(n):
        share += task.share[c, party[m, 0]] * party[m, 1]
    closing = task.rules[CLOSING] if persons == work.persons_left[task.stop[stop, SOURCE]] else 0.0
    return float(task.full_s[c, stop] * share + closing)


@inner
def build(task: Task, work: Work, aim: Aim, c: int, stop: int, j: int) -> int:
    """Fill a job with a load from a stop and its neighbours; the havens that everybody may go to."""
    space = np.zeros(3, np.int64)
    for n in range(3):
        space[n] = task.group[c, n]
        work.job[j, SEATS + n] = 0
    work.job[j, CALLS], work.job[j, PERSONS] = 0, 0
    havens = task.group[c, HAVENS]
    party = np.empty_like(work.party[j, 0])
    extra = np.empty_like(party)
    at, position = stop, 0
    n, seats, wheels, beds, persons, left = pack(task, work, c, stop, space, havens, party)
    while n > 0:
        insert_call(task, work, j, position, at, party, n, seats, wheels, beds, persons)
        space[0] -= seats
        space[1] -= wheels
        space[2] -= beds
        havens = left
        if work.job[j, CALLS] == MOST_CALLS or space[0] <= 0:
            break
        end = task.haven[task.stop[stop, BASE], PLACE]
        n, most = 0, 0.0
        for other in task.neighbours[stop]:
            if (
                other == NONE
                or work.persons_left[task.stop[other, SOURCE]] == 0
                or calls_at(task, work, j, other)
            ):
                continue
            m, a, b, d, e, common = pack(task, work, c, other, space, havens, extra)
            if m == 0:
                continue
            place, detour_s = cheapest_position(task, work, j, other, end)
            gain = (
                aim.patience * load_work_s(task, work, c, other, extra, m, e) - detour_s - task.rules[STOP_S]
            )
            if gain > most:
                most, n, position, at = gain, m, place, other
                seats, wheels, beds, persons, left = a, b, d, e, common
                copy_parties(extra, party, m)
    return havens if work.job[j, CALLS] else 0


@inner
def calls_at(task: Task, work: Work, j: int, stop: int) -> bool:
    """Whether a job calls at a stop already, or at one where the same people may get on."""
    found = False
    for i in range(work.job[j, CALLS]):
        found = found or task.stop[work.call[j, i, STOP], SOURCE] == task.stop[stop, SOURCE]
    return found


@inner
def insert_call(
    task: Task,
    work: Work,
    j: int,
    position: int,
    stop: int,
    party: OffsetArray,
    n: int,
    seats: int,
    wheels: int,
    beds: int,
    persons: int,
) -> None:
    """Put a call into a job."""
    for i in range(work.job[j, CALLS], position, -1):
        copy_call(work, j, i - 1, j, i)
    work.call[j, position, STOP] = stop
    work.call[j, position, COUNT] = persons
    work.call[j, position, BOARD] = int(
        np.ceil(task.rules[STOP_S] + handling_time_s(task, seats, wheels, beds))
    )
    copy_parties(party, work.party[j, position], n)
    work.n_parties[j, position] = n
    work.job[j, CALLS] += 1
    work.job[j, PERSONS] += persons
    work.job[j, SEATS] += seats
    work.job[j, WHEELS] += wheels
    work.job[j, BEDS] += beds


@inner
def cheapest_position(task: Task, work: Work, j: int, stop: int, end: int) -> tuple[int, int]:
    """Where in a tour a stop costs the least detour, and that detour."""
    place, before = task.stop[stop, PLACE], end
    best, least = 0, 2 * UNREACHABLE_S
    free = task.travel[0]
    for i in range(work.job[j, CALLS] + 1):
        after = task.stop[work.call[j, i, STOP], PLACE] if i < work.job[j, CALLS] else end
        detour_s = free[before, place] + free[place, after] - free[before, after]
        if detour_s < least:
            best, least = i, detour_s
        before = after
    return best, least
