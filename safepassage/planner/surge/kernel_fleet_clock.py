"""Compiled times of a job; the rules are those of ``fleet_clock``, which is the slow reference."""

from __future__ import annotations

import numpy as np

from safepassage.model.arrays import OffsetArray
from safepassage.planner.surge.kernel_fleet import (
    ARRIVE,
    ARRIVES,
    BEDS,
    BEGINS,
    BOARD,
    BREAK,
    BREAK_S,
    CALL_AHEAD,
    CALLS,
    CAP,
    CLOSES,
    COUNT,
    DEPART,
    DEPARTS,
    DONE,
    DRIVE_LIMIT,
    DRIVEN,
    DROVE,
    ENDS,
    FINAL,
    HAVEN,
    MOST_TRIES,
    NEVER,
    NONE,
    OPENS,
    PERSONS,
    PLACE,
    REACH,
    REST,
    ROOM,
    RUN,
    SAFE,
    SEAT_S,
    SEATS,
    SECURE,
    SLICE,
    STANDS,
    START,
    STATION,
    STOP,
    STOP_S,
    STRETCHER_S,
    TERMINUS,
    UNREACHABLE_S,
    VEHICLE,
    WHEELCHAIR_S,
    WHEELS,
    Task,
    Work,
    inner,
)
from safepassage.planner.surge.kernel_fleet_accounts import next_leaving, peak


@inner
def drive_time_s(task: Task, a: int, b: int, at_s: int) -> int:
    """Travel time between two places for a departure."""
    piece = min(max(0, at_s // int(task.rules[SLICE])), len(task.travel) - 1)
    return int(task.travel[piece, a, b])


@inner
def window_start_s(task: Task, earliest_s: int, duration_s: int) -> int:
    """The first moment from which something fits into a window."""
    for w in range(len(task.windows)):
        begin_s = max(task.windows[w, 0], earliest_s)
        if begin_s + duration_s <= task.windows[w, 1]:
            return int(begin_s)
    return NONE


@inner
def rest_before_s(task: Task, driven_s: int, drive_s: int) -> int:
    """Break to take before a drive."""
    if driven_s + drive_s <= task.rules[DRIVE_LIMIT]:
        return 0
    breaks = int(np.ceil((driven_s + drive_s) / task.rules[DRIVE_LIMIT])) - 1
    return int(np.ceil(breaks * task.rules[BREAK_S]))


@inner
def driven_after_s(task: Task, driven_s: int, drive_s: int, rest_s: int) -> int:
    """Driving since the last break when a drive is done."""
    return int(np.ceil(drive_s % task.rules[DRIVE_LIMIT])) if rest_s else driven_s + drive_s


@inner
def handling_time_s(task: Task, seats: int, wheels: int, beds: int) -> float:
    """Time people take to get on."""
    handling_s = task.rules[SEAT_S] * seats + task.rules[WHEELCHAIR_S] * wheels
    return float(handling_s + task.rules[STRETCHER_S] * beds)


@inner
def next_run(task: Task, work: Work, j: int, h: int, reach_s: int, ready_s: int) -> int:
    """The first departure before a night that a job reaches and that has places for all of it."""
    night_s = NEVER
    for w in range(len(task.windows) - 1, -1, -1):
        if task.windows[w, 1] >= reach_s:
            night_s = task.windows[w, 1]
    for r in range(len(task.run)):
        if task.run[r, STATION] != h or task.run[r, DEPARTS] < ready_s or task.run[r, DEPARTS] > night_s:
            continue
        if work.room[task.run[r, TERMINUS]] < work.job[j, PERSONS]:
            continue
        enough = True
        for n in range(3):
            if task.run[r, n] - work.run_taken[r, n] < work.job[j, SEATS + n]:
                enough = False
        if enough:
            return r
    return NONE


@inner
def time_job(task: Task, work: Work, v: int, j: int, h: int) -> bool:
    """Fill in the times of a job from its calls, as `fleet_clock.time_job`; False where it cannot be done."""
    job, call = work.job[j], work.call[j]
    n_calls = job[CALLS]
    if task.haven[h, FINAL] and work.room[task.haven[h, ROOM]] < job[PERSONS]:
        return False
    free_s, here, before_s = task.vehicle[v, BEGINS], task.vehicle[v, STANDS], task.vehicle[v, DROVE]
    if work.n_jobs_of[v]:
        last = work.jobs_of[v, work.n_jobs_of[v] - 1]
        free_s, before_s = work.job[last, DONE], work.job[last, DRIVEN]
        here = task.haven[work.job[last, HAVEN], PLACE]
    first = task.stop[call[0, STOP], PLACE]
    drive_s = drive_time_s(task, here, first, free_s)
    loaded_s = 0
    for i in range(n_calls):
        to = task.stop[call[i + 1, STOP], PLACE] if i + 1 < n_calls else task.haven[h, PLACE]
        loaded_s += drive_time_s(task, task.stop[call[i, STOP], PLACE], to, free_s + drive_s)
    if drive_s + loaded_s >= UNREACHABLE_S:
        return False
    rest_start_s = rest_before_s(task, before_s, drive_s)
    start_s = window_start_s(task, free_s + rest_start_s, drive_s)
    if start_s == NONE:
        return False
    arrive_s = start_s + drive_s
    driven_s = driven_after_s(task, before_s, drive_s, rest_start_s)
    rest_stop_s = rest_before_s(task, driven_s, loaded_s) if driven_s else 0
    begin_s = max(arrive_s + rest_stop_s, task.stop[call[0, STOP], OPENS])
    alight_s = int(
        np.ceil(task.rules[STOP_S] + 0.5 * handling_time_s(task, job[SEATS], job[WHEELS], job[BEDS]))
    )
    for _ in range(MOST_TRIES):
        driven = driven_s
        if rest_stop_s:
            driven = 0
        elif begin_s - arrive_s >= task.rules[BREAK_S]:
            driven = drive_s
        at_s = begin_s
        for i in range(n_calls):
            stop = call[i, STOP]
            call[i, ARRIVE] = at_s
            ready_s = max(at_s, task.stop[stop, OPENS]) + call[i, BOARD]
            to = task.stop[call[i + 1, STOP], PLACE] if i + 1 < n_calls else task.haven[h, PLACE]
            leg_s = drive_time_s(task, task.stop[stop, PLACE], to, ready_s)
            rest_s = rest_before_s(task, driven, leg_s)
            driven = driven_after_s(task, driven, leg_s, rest_s)
            call[i, DEPART] = ready_s + rest_s
            call[i, BREAK] = rest_s
            at_s = ready_s + rest_s + leg_s
        moved_s, r = begin_that_fits(task, work, v, j, h, begin_s, at_s, alight_s)
        if moved_s == NONE:
            return False
        if moved_s == begin_s:
            enter(task, job, call, v, h, r, here, start_s, arrive_s, begin_s - rest_stop_s)
            call[0, BREAK] += rest_stop_s
            job[REST], job[REACH], job[DONE], job[DRIVEN] = rest_start_s, at_s, at_s + alight_s, driven
            job[SAFE] = at_s if r == NONE else task.run[r, ARRIVES]
            return True
        begin_s = moved_s
    return False


@inner
def enter(
    task: Task,
    job: OffsetArray,
    call: OffsetArray,
    v: int,
    h: int,
    r: int,
    here: int,
    start_s: int,
    arrive_s: int,
    needed_s: int,
) -> None:
    """Write down where a job leads; a wait is put before the empty drive where possible."""
    later_s = needed_s - (arrive_s - start_s)
    drive_s = drive_time_s(task, here, task.stop[call[0, STOP], PLACE], later_s)
    if (
        later_s > start_s
        and later_s + drive_s <= needed_s
        and window_start_s(task, later_s, drive_s) == later_s
    ):
        start_s, arrive_s = later_s, later_s + drive_s
    job[VEHICLE], job[HAVEN], job[RUN], job[START] = v, h, r, start_s
    call[0, ARRIVE] = arrive_s


@inner
def begin_that_fits(  # noqa: PLR0911 - one for each rule
    task: Task, work: Work, v: int, j: int, h: int, begin_s: int, reach_s: int, alight_s: int
) -> tuple[int, int]:
    """The same moment where nothing is in the way, a later one to try next, or `NONE`; and the run."""
    job, call = work.job[j], work.call[j]
    if reach_s + alight_s > task.vehicle[v, ENDS] or reach_s > task.haven[h, CLOSES]:
        return NONE, NONE
    window_s = window_start_s(task, begin_s, reach_s - begin_s)
    if window_s != begin_s:
        return window_s, NONE
    if reach_s < task.haven[h, OPENS]:
        return begin_s + task.haven[h, OPENS] - reach_s, NONE
    for i in range(job[CALLS]):
        if call[i, DEPART] > task.stop[call[i, STOP], CLOSES]:
            return NONE, NONE
    for i in range(job[CALLS]):
        stop, depart_s, persons = call[i, STOP], call[i, DEPART], call[i, COUNT]
        if persons > task.stop[stop, CAP]:
            return NONE, NONE
        size = work.crowd_size[stop]
        if size == 0:
            continue
        if size == work.crowd.shape[1]:
            return NONE, NONE
        from_s = depart_s - max(int(task.rules[CALL_AHEAD]), call[i, BOARD])
        if peak(work.crowd[stop], size, from_s, depart_s) + persons > task.stop[stop, CAP]:
            return begin_s + max(1, next_leaving(work.crowd[stop], size, from_s) - from_s), NONE
    if task.haven[h, FINAL]:
        return begin_s, NONE
    r, until_s = NONE, NEVER
    if not task.haven[h, SECURE]:
        r = next_run(task, work, j, h, reach_s, reach_s + alight_s)
        if r == NONE:
            return NONE, NONE
        until_s = task.run[r, DEPARTS]
    if task.haven[h, CAP] == NEVER:
        return begin_s, r
    lobby, size = work.lobby[h], work.lobby_size[h]
    if size == work.lobby.shape[1]:
        return NONE, NONE
    everybody = job[PERSONS]
    for n in range(size):
        everybody += lobby[n, 2]
    if everybody <= task.haven[h, CAP]:
        return begin_s, r
    if r == NONE or peak(lobby, size, reach_s, until_s) + job[PERSONS] > task.haven[h, CAP]:
        leaving_s = next_leaving(lobby, size, reach_s)
        return (NONE if leaving_s == NEVER else begin_s + max(1, leaving_s - reach_s)), NONE
    return begin_s, r
