"""Compiled accounts of the fleet's schedule: who waits where, what is taken, which job numbers are free."""

from __future__ import annotations

import numpy as np

from safepassage.model.arrays import OffsetArray
from safepassage.planner.surge.kernel_fleet import (
    BOARD,
    CALL_AHEAD,
    CALL_COLUMNS,
    CALLS,
    CAP,
    COUNT,
    DEPART,
    DEPARTS,
    FINAL,
    HAVEN,
    JOB_COLUMNS,
    NEVER,
    NONE,
    PERSONS,
    REACH,
    ROOM,
    RUN,
    SEATS,
    SOURCE,
    STOP,
    TERMINUS,
    Task,
    Work,
    inner,
)


@inner
def peak(intervals: OffsetArray, size: int, from_s: int, until_s: int) -> int:
    """Most people waiting at once between two times."""
    most = 0
    for n in range(-1, size):
        at = from_s if n < 0 else intervals[n, 0]
        if at < from_s or at >= until_s:
            continue
        there = 0
        for m in range(size):
            if intervals[m, 0] <= at < intervals[m, 1]:
                there += intervals[m, 2]
        most = max(most, there)
    return most


@inner
def next_leaving(intervals: OffsetArray, size: int, after_s: int) -> int:
    """When somebody leaves next after a moment."""
    first = NEVER
    for n in range(size):
        if intervals[n, 1] > after_s:
            first = min(first, intervals[n, 1])
    return first


@inner
def add(
    intervals: OffsetArray, sizes: OffsetArray, at: int, from_s: int, until_s: int, persons: int, j: int
) -> None:
    """Note who waits from when until when, and for which job."""
    n = sizes[at]
    intervals[at, n, 0], intervals[at, n, 1], intervals[at, n, 2], intervals[at, n, 3] = (
        from_s,
        until_s,
        persons,
        j,
    )
    sizes[at] = n + 1


@inner
def drop(intervals: OffsetArray, sizes: OffsetArray, at: int, j: int) -> None:
    """Take out who waits for a job."""
    for n in range(sizes[at]):
        if intervals[at, n, 3] == j:
            last = sizes[at] - 1
            for column in range(4):
                intervals[at, n, column] = intervals[at, last, column]
            sizes[at] = last
            return


@inner
def book(task: Task, work: Work, j: int, sign: int) -> None:
    """Enter a job in all accounts, or take it out again."""
    book_people(task, work, j, sign)
    book_times(task, work, j, sign)


@inner
def book_people(task: Task, work: Work, j: int, sign: int) -> None:
    """Count the people of a job as fetched, or as left again."""
    for i in range(work.job[j, CALLS]):
        source = task.stop[work.call[j, i, STOP], SOURCE]
        work.persons_left[source] -= sign * work.call[j, i, COUNT]
        for n in range(work.n_parties[j, i]):
            work.remaining[work.party[j, i, n, 0]] -= sign * work.party[j, i, n, 1]
        for s in range(len(task.stop)):
            if task.stop[s, SOURCE] == source:
                for c in range(len(work.worth_s)):
                    work.worth_s[c, s] = np.nan


@inner
def book_times(task: Task, work: Work, j: int, sign: int) -> None:
    """Enter where people of a job wait and which room and places they take, or take that out again."""
    job = work.job[j]
    for i in range(job[CALLS]):
        stop = work.call[j, i, STOP]
        if task.stop[stop, CAP] < NEVER:
            if sign > 0:
                depart_s = work.call[j, i, DEPART]
                from_s = depart_s - max(int(task.rules[CALL_AHEAD]), work.call[j, i, BOARD])
                add(work.crowd, work.crowd_size, stop, from_s, depart_s, work.call[j, i, COUNT], j)
            else:
                drop(work.crowd, work.crowd_size, stop, j)
    h, r = job[HAVEN], job[RUN]
    if task.haven[h, FINAL]:
        work.room[task.haven[h, ROOM]] -= sign * job[PERSONS]
        return
    if task.haven[h, CAP] < NEVER:
        if sign > 0:
            until_s = NEVER if r == NONE else task.run[r, DEPARTS]
            add(work.lobby, work.lobby_size, h, job[REACH], until_s, job[PERSONS], j)
        else:
            drop(work.lobby, work.lobby_size, h, j)
    if r != NONE:
        work.room[task.run[r, TERMINUS]] -= sign * job[PERSONS]
        for n in range(3):
            work.run_taken[r, n] += sign * job[SEATS + n]


@inner
def take_slot(work: Work) -> int:
    """A free job number; `NONE` without."""
    count = work.spare[-1]
    if count == 0:
        return NONE
    work.spare[-1] = count - 1
    return int(work.spare[count - 1])


@inner
def free_slot(work: Work, j: int) -> None:
    """Give a job number back."""
    work.spare[work.spare[-1]] = j
    work.spare[-1] += 1


@inner
def copy_parties(source: OffsetArray, target: OffsetArray, n: int) -> None:
    """Copy the first parties of a list."""
    # Loops, because copying slices takes long to compile.
    for m in range(n):
        target[m, 0], target[m, 1] = source[m, 0], source[m, 1]


@inner
def copy_call(work: Work, source: int, i: int, target: int, to: int) -> None:
    """Copy a call of one job to a place in another."""
    for column in range(CALL_COLUMNS):
        work.call[target, to, column] = work.call[source, i, column]
    work.n_parties[target, to] = work.n_parties[source, i]
    copy_parties(work.party[source, i], work.party[target, to], work.n_parties[source, i])


@inner
def copy_job(work: Work, source: int, target: int) -> None:
    """Copy a job with its calls."""
    for column in range(JOB_COLUMNS):
        work.job[target, column] = work.job[source, column]
    for i in range(work.job[source, CALLS]):
        copy_call(work, source, i, target, i)
