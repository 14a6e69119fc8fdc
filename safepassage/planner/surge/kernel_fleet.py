"""
Compiled dispatch of the fleet and the search that takes jobs back and gives them out anew.

Legend: v vehicles, c classes of alike vehicles, s stops, k kinds of parties, h havens, r scheduled runs,
p places, j jobs, i calls of a job, w windows. Times are whole seconds since the scenario's start. The
rules are those of ``fleet_clock`` and ``fleet_loads``, which are the slow reference.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from safepassage.model.arrays import FlagArray, FloatArray, OffsetArray

# Functions that only kernels call go without the entry points from Python, which take long to compile.
_inner = njit(  # type: ignore[call-overload]
    cache=True, nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True
)

UNREACHABLE_S = 10**9
NEVER = np.iinfo(np.int64).max // 4
NONE = -1
MOST_CALLS = 8
MOST_TRIES = 60
SHORTLIST = 6
MOST_CUT = 6
# Columns of Work.job.
VEHICLE, CALLS, HAVEN, RUN, START, REACH, DONE, DRIVEN, SAFE, REST, PERSONS, SEATS, WHEELS, BEDS = range(14)
JOB_COLUMNS = 14
# Columns of Work.call.
STOP, COUNT, ARRIVE, DEPART, BREAK, BOARD = range(6)
CALL_COLUMNS = 6


# Columns of Task.stop and Task.haven; of Task.haven alone; of Task.kind and Task.group after three
# kinds of places; of Task.run after three kinds of places; of Task.vehicle.
PLACE, CAP, OPENS, CLOSES, BASE = range(5)
FINAL, SECURE, ROOM = 4, 5, 6
TOTAL, HAVENS = 3, 4
STATION, DEPARTS, ARRIVES, TERMINUS = 3, 4, 5, 6
CLASS, STANDS, BEGINS, ENDS, DROVE = range(5)
# Entries of Task.rules (s).
STOP_S, SEAT_S, WHEELCHAIR_S, STRETCHER_S, CALL_AHEAD, DRIVE_LIMIT, BREAK_S, CLOSING, SLICE = range(9)


class Task(NamedTuple):
    """
    What does not change, in few arrays because each of them costs time to compile.

    Sets of havens are bits of a whole number; ``NEVER`` stands for no limit.
    """

    travel: OffsetArray  # [slice, p, p] s
    stop: OffsetArray  # [s, column]
    kind: OffsetArray  # [k, column] seats, wheelchair places, stretcher places, TOTAL, HAVENS
    kinds_first: OffsetArray  # [s + 1] into kinds_at
    kinds_at: OffsetArray
    may: FlagArray  # [c, k]
    neighbours: OffsetArray  # [s, n], NONE where there are fewer
    haven: OffsetArray  # [h, column]
    run: OffsetArray  # [r, column] seats, wheelchair places, stretcher places, ...
    vehicle: OffsetArray  # [v, column]
    group: OffsetArray  # [c, column] seats, wheelchair places, stretcher places, 0, HAVENS
    windows: OffsetArray  # [w, 2]
    rules: FloatArray
    full_s: FloatArray  # [c, s] work of a full load
    share: FloatArray  # [c, k] of a vehicle that one party fills
    cycle_s: FloatArray  # [s]
    party_s: FloatArray  # [k]


class Work(NamedTuple):
    """What the search changes."""

    remaining: OffsetArray  # [k]
    persons_left: OffsetArray  # [s]
    room: OffsetArray
    run_taken: OffsetArray  # [r, 3]
    crowd: OffsetArray  # [s, n, 4] from, until, persons, job
    crowd_size: OffsetArray  # [s]
    lobby: OffsetArray  # [h, n, 4] the same at hubs and stations
    lobby_size: OffsetArray  # [h]
    jobs_of: OffsetArray  # [v, n] job numbers in time order
    n_jobs_of: OffsetArray  # [v]
    job: OffsetArray  # [j, JOB_COLUMNS]
    call: OffsetArray  # [j, i, CALL_COLUMNS]
    party: OffsetArray  # [j, i, n, 2] kind, number
    n_parties: OffsetArray  # [j, i]
    spare: OffsetArray  # [j + 1] free job numbers; the last entry counts them
    random: OffsetArray  # [1] state of the generator


class Aim(NamedTuple):
    """What the dispatcher prefers; changed from outside between rounds."""

    ahead: FloatArray  # [c, step, h, d] work still possible
    step_s: float
    drive_unit_s: float
    deadline_s: float
    latest_run_s: float
    urgency: float
    patience: float
    noise: float


@njit(cache=True, nogil=True)
def work_ahead(
    empty: OffsetArray,
    loaded: OffsetArray,
    empty_drive: OffsetArray,
    loaded_drive: OffsetArray,
    board: int,
    alight: int,
    worth: FloatArray,
    window_end: OffsetArray,
    arrival_counts: FlagArray,
    rest: int,
    drive_limit: int,
) -> FloatArray:
    """
    Most work a vehicle can do from each moment, place and state of its crew until the last step.

    Parameters
    ----------
    empty, loaded : int64[h, s], int64[s, h]
        Steps of the drives to a stop and from it; negative where there is no way.
    empty_drive, loaded_drive : int64[h, s], int64[s, h]
        The same in units of driving.
    board, alight : int
        Steps that a full load takes to get on and off.
    worth : float64[s]
        Work of a full load from each stop.
    window_end : int64[n]
        The first step of the next window, for each step of open time.
    arrival_counts : bool[h, n]
        Whether people who arrive at a haven at a step are out of danger in time.
    rest : int
        Steps of a break.
    drive_limit : int
        Units of driving before a break is due.

    Returns
    -------
    float64[n + 1, h, drive_limit + 1]
        Work, by step, haven where the vehicle stands, units driven since the last break.

    Notes
    -----
    A vehicle may stop at any time; the people of its last trip must have arrived by the last step, and
    a trip lies within one window. A night is a break.
    """
    n_steps = len(window_end)
    n_havens, n_stops = empty.shape
    best = np.zeros((n_steps + 1, n_havens, drive_limit + 1))
    for k in range(n_steps - 1, -1, -1):
        end = window_end[k]
        for p in range(n_havens):
            for d in range(drive_limit + 1):
                most = best[end, p, 0] if end < n_steps else 0.0
                most = max(most, best[k + 1, p, d])
                for s in range(n_stops):
                    if empty[p, s] < 0:
                        continue
                    at = k + empty[p, s] + board
                    driven = d + empty_drive[p, s]
                    if driven > drive_limit and d > 0:
                        at += rest
                        driven = empty_drive[p, s]
                    if at >= end:
                        continue
                    for h in range(n_havens):
                        if loaded[s, h] < 0:
                            continue
                        reach = at + loaded[s, h]
                        then = driven + loaded_drive[s, h]
                        if then > drive_limit and driven > 0:
                            reach += rest
                            then = loaded_drive[s, h]
                        if reach > end or not arrival_counts[h, min(reach, n_steps - 1)]:
                            continue
                        done = min(reach + alight, n_steps)
                        most = max(most, worth[s] + best[done, h, min(then, drive_limit)])
                best[k, p, d] = most
    return best


@_inner
def _uniform(work: Work) -> float:
    """The next number between 0 and 1 of the minimal standard generator (Park and Miller 1988)."""
    work.random[0] = work.random[0] * 48271 % 2147483647
    return float(work.random[0] / 2147483647.0)


@_inner
def _below(work: Work, number: int) -> int:
    return min(number - 1, int(_uniform(work) * number))


@_inner
def _drive_s(task: Task, a: int, b: int, at_s: int) -> int:
    piece = min(max(0, at_s // int(task.rules[SLICE])), len(task.travel) - 1)
    return int(task.travel[piece, a, b])


@_inner
def _window_start_s(task: Task, earliest_s: int, duration_s: int) -> int:
    for w in range(len(task.windows)):
        begin_s = max(task.windows[w, 0], earliest_s)
        if begin_s + duration_s <= task.windows[w, 1]:
            return int(begin_s)
    return NONE


@_inner
def _rest_s(task: Task, driven_s: int, drive_s: int) -> int:
    if driven_s + drive_s <= task.rules[DRIVE_LIMIT]:
        return 0
    breaks = int(np.ceil((driven_s + drive_s) / task.rules[DRIVE_LIMIT])) - 1
    return int(np.ceil(breaks * task.rules[BREAK_S]))


@_inner
def _driven_s(task: Task, driven_s: int, drive_s: int, rest_s: int) -> int:
    return int(np.ceil(drive_s % task.rules[DRIVE_LIMIT])) if rest_s else driven_s + drive_s


@_inner
def _handling_s(task: Task, seats: int, wheels: int, beds: int) -> float:
    handling_s = task.rules[SEAT_S] * seats + task.rules[WHEELCHAIR_S] * wheels
    return float(handling_s + task.rules[STRETCHER_S] * beds)


@_inner
def _peak(intervals: OffsetArray, size: int, from_s: int, until_s: int) -> int:
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


@_inner
def _next_leaving(intervals: OffsetArray, size: int, after_s: int) -> int:
    first = NEVER
    for n in range(size):
        if intervals[n, 1] > after_s:
            first = min(first, intervals[n, 1])
    return first


@_inner
def _add(
    intervals: OffsetArray, sizes: OffsetArray, at: int, from_s: int, until_s: int, persons: int, j: int
) -> None:
    n = sizes[at]
    intervals[at, n, 0], intervals[at, n, 1], intervals[at, n, 2], intervals[at, n, 3] = (
        from_s,
        until_s,
        persons,
        j,
    )
    sizes[at] = n + 1


@_inner
def _drop(intervals: OffsetArray, sizes: OffsetArray, at: int, j: int) -> None:
    for n in range(sizes[at]):
        if intervals[at, n, 3] == j:
            last = sizes[at] - 1
            for column in range(4):
                intervals[at, n, column] = intervals[at, last, column]
            sizes[at] = last
            return


@_inner
def _book(task: Task, work: Work, j: int, sign: int) -> None:
    """Enter a job in all accounts, or take it out again."""
    job = work.job[j]
    for i in range(job[CALLS]):
        stop = work.call[j, i, STOP]
        work.persons_left[stop] -= sign * work.call[j, i, COUNT]
        for n in range(work.n_parties[j, i]):
            work.remaining[work.party[j, i, n, 0]] -= sign * work.party[j, i, n, 1]
        if task.stop[stop, CAP] < NEVER:
            if sign > 0:
                depart_s = work.call[j, i, DEPART]
                from_s = depart_s - max(int(task.rules[CALL_AHEAD]), work.call[j, i, BOARD])
                _add(work.crowd, work.crowd_size, stop, from_s, depart_s, work.call[j, i, COUNT], j)
            else:
                _drop(work.crowd, work.crowd_size, stop, j)
    h, r = job[HAVEN], job[RUN]
    if task.haven[h, FINAL]:
        work.room[task.haven[h, ROOM]] -= sign * job[PERSONS]
        return
    if task.haven[h, CAP] < NEVER:
        if sign > 0:
            until_s = NEVER if r == NONE else task.run[r, DEPARTS]
            _add(work.lobby, work.lobby_size, h, job[REACH], until_s, job[PERSONS], j)
        else:
            _drop(work.lobby, work.lobby_size, h, j)
    if r != NONE:
        work.room[task.run[r, TERMINUS]] -= sign * job[PERSONS]
        for n in range(3):
            work.run_taken[r, n] += sign * job[SEATS + n]


@_inner
def _pack(
    task: Task, work: Work, c: int, stop: int, space: OffsetArray, havens: int, party: OffsetArray
) -> tuple[int, int, int, int, int, int]:
    """What of those left at a stop goes into the space: parties, seats, places, persons, havens left."""
    seats, wheels, beds = space[0], space[1], space[2]
    persons = most = min(task.stop[stop, CAP], np.int64(10**9))
    n = 0
    for at in range(task.kinds_first[stop], task.kinds_first[stop + 1]):
        k = task.kinds_at[at]
        left = work.remaining[k]
        common = havens & task.kind[k, HAVENS]
        if left == 0 or common == 0 or not task.may[c, k]:
            continue
        number = min(left, persons // task.kind[k, 3])
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
            persons -= number * task.kind[k, 3]
    return n, space[0] - seats, space[1] - wheels, space[2] - beds, most - persons, havens


@_inner
def _next_run(task: Task, work: Work, j: int, h: int, reach_s: int, ready_s: int) -> int:
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


@_inner
def _time_job(task: Task, work: Work, v: int, j: int, h: int) -> bool:
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
    drive_s = _drive_s(task, here, first, free_s)
    loaded_s = 0
    for i in range(n_calls):
        to = task.stop[call[i + 1, STOP], PLACE] if i + 1 < n_calls else task.haven[h, PLACE]
        loaded_s += _drive_s(task, task.stop[call[i, STOP], PLACE], to, free_s + drive_s)
    if drive_s + loaded_s >= UNREACHABLE_S:
        return False
    rest_start_s = _rest_s(task, before_s, drive_s)
    start_s = _window_start_s(task, free_s + rest_start_s, drive_s)
    if start_s == NONE:
        return False
    arrive_s = start_s + drive_s
    driven_s = _driven_s(task, before_s, drive_s, rest_start_s)
    rest_stop_s = _rest_s(task, driven_s, loaded_s) if driven_s else 0
    begin_s = max(arrive_s + rest_stop_s, task.stop[call[0, STOP], OPENS])
    alight_s = int(np.ceil(task.rules[STOP_S] + 0.5 * _handling_s(task, job[SEATS], job[WHEELS], job[BEDS])))
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
            leg_s = _drive_s(task, task.stop[stop, PLACE], to, ready_s)
            rest_s = _rest_s(task, driven, leg_s)
            driven = _driven_s(task, driven, leg_s, rest_s)
            call[i, DEPART] = ready_s + rest_s
            call[i, BREAK] = rest_s
            at_s = ready_s + rest_s + leg_s
        moved_s, r = _begin_that_fits(task, work, v, j, h, begin_s, at_s, alight_s)
        if moved_s == NONE:
            return False
        if moved_s == begin_s:
            _enter(task, job, call, v, h, r, here, start_s, arrive_s, begin_s - rest_stop_s)
            call[0, BREAK] += rest_stop_s
            job[REST], job[REACH], job[DONE], job[DRIVEN] = rest_start_s, at_s, at_s + alight_s, driven
            job[SAFE] = at_s if r == NONE else task.run[r, ARRIVES]
            return True
        begin_s = moved_s
    return False


@_inner
def _enter(
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
    drive_s = _drive_s(task, here, task.stop[call[0, STOP], PLACE], later_s)
    if (
        later_s > start_s
        and later_s + drive_s <= needed_s
        and _window_start_s(task, later_s, drive_s) == later_s
    ):
        start_s, arrive_s = later_s, later_s + drive_s
    job[VEHICLE], job[HAVEN], job[RUN], job[START] = v, h, r, start_s
    call[0, ARRIVE] = arrive_s


@_inner
def _begin_that_fits(  # noqa: PLR0911 - one for each rule
    task: Task, work: Work, v: int, j: int, h: int, begin_s: int, reach_s: int, alight_s: int
) -> tuple[int, int]:
    """The same moment where nothing is in the way, a later one to try next, or `NONE`; and the run."""
    job, call = work.job[j], work.call[j]
    if reach_s + alight_s > task.vehicle[v, ENDS] or reach_s > task.haven[h, CLOSES]:
        return NONE, NONE
    window_s = _window_start_s(task, begin_s, reach_s - begin_s)
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
        if _peak(work.crowd[stop], size, from_s, depart_s) + persons > task.stop[stop, CAP]:
            return begin_s + max(1, _next_leaving(work.crowd[stop], size, from_s) - from_s), NONE
    if task.haven[h, FINAL]:
        return begin_s, NONE
    r, until_s = NONE, NEVER
    if not task.haven[h, SECURE]:
        r = _next_run(task, work, j, h, reach_s, reach_s + alight_s)
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
    if r == NONE or _peak(lobby, size, reach_s, until_s) + job[PERSONS] > task.haven[h, CAP]:
        leaving_s = _next_leaving(lobby, size, reach_s)
        return (NONE if leaving_s == NEVER else begin_s + max(1, leaving_s - reach_s)), NONE
    return begin_s, r


@_inner
def _work_s(task: Task, work: Work, c: int, stop: int, party: OffsetArray, n: int, persons: int) -> float:
    share = 0.0
    for m in range(n):
        share += task.share[c, party[m, 0]] * party[m, 1]
    closing = task.rules[CLOSING] if persons == work.persons_left[stop] else 0.0
    return float(task.full_s[c, stop] * share + closing)


@_inner
def _extra(task: Task, work: Work, aim: Aim, stop: int, longest_s: float) -> float:
    queue_s = work.persons_left[stop] / max(task.stop[stop, CAP], 1) * int(task.rules[CALL_AHEAD])
    urgency = aim.urgency * (task.cycle_s[stop] + 0.1 * queue_s) / longest_s
    return float(1800.0 * (urgency + aim.noise * _uniform(work)))


@_inner
def _open_s(task: Task, time_s: float) -> float:
    total = 0.0
    for w in range(len(task.windows)):
        total += max(0.0, min(time_s, float(task.windows[w, 1])) - task.windows[w, 0])
    return total


@_inner
def _ahead_s(task: Task, aim: Aim, c: int, h: int, time_s: float, driven_s: float) -> float:
    step = min(aim.ahead.shape[1] - 1, int(np.ceil(_open_s(task, time_s) / aim.step_s)))
    driven = min(aim.ahead.shape[3] - 1, int(driven_s / aim.drive_unit_s + 0.5))
    return float(aim.ahead[c, step, h, driven])


@_inner
def _build(task: Task, work: Work, aim: Aim, c: int, stop: int, j: int) -> int:
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
    n, seats, wheels, beds, persons, left = _pack(task, work, c, stop, space, havens, party)
    while n > 0:
        _insert_call(task, work, j, position, at, party, n, seats, wheels, beds, persons)
        space[0] -= seats
        space[1] -= wheels
        space[2] -= beds
        havens = left
        if work.job[j, CALLS] == MOST_CALLS or space[0] <= 0:
            break
        end = task.haven[task.stop[stop, BASE], PLACE]
        n, most = 0, 0.0
        for other in task.neighbours[stop]:
            if other == NONE or work.persons_left[other] == 0 or _calls_at(work, j, other):
                continue
            m, a, b, d, e, common = _pack(task, work, c, other, space, havens, extra)
            if m == 0:
                continue
            place, detour_s = _cheapest_position(task, work, j, other, end)
            gain = aim.patience * _work_s(task, work, c, other, extra, m, e) - detour_s - task.rules[STOP_S]
            if gain > most:
                most, n, position, at = gain, m, place, other
                seats, wheels, beds, persons, left = a, b, d, e, common
                _copy_parties(extra, party, m)
    return havens if work.job[j, CALLS] else 0


@_inner
def _calls_at(work: Work, j: int, stop: int) -> bool:
    found = False
    for i in range(work.job[j, CALLS]):
        found = found or work.call[j, i, STOP] == stop
    return found


@_inner
def _copy_parties(source: OffsetArray, target: OffsetArray, n: int) -> None:
    # Loops, because copying slices takes long to compile.
    for m in range(n):
        target[m, 0], target[m, 1] = source[m, 0], source[m, 1]


@_inner
def _copy_call(work: Work, source: int, i: int, target: int, to: int) -> None:
    for column in range(CALL_COLUMNS):
        work.call[target, to, column] = work.call[source, i, column]
    work.n_parties[target, to] = work.n_parties[source, i]
    _copy_parties(work.party[source, i], work.party[target, to], work.n_parties[source, i])


@_inner
def _insert_call(
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
    for i in range(work.job[j, CALLS], position, -1):
        _copy_call(work, j, i - 1, j, i)
    work.call[j, position, STOP] = stop
    work.call[j, position, COUNT] = persons
    work.call[j, position, BOARD] = int(np.ceil(task.rules[STOP_S] + _handling_s(task, seats, wheels, beds)))
    _copy_parties(party, work.party[j, position], n)
    work.n_parties[j, position] = n
    work.job[j, CALLS] += 1
    work.job[j, PERSONS] += persons
    work.job[j, SEATS] += seats
    work.job[j, WHEELS] += wheels
    work.job[j, BEDS] += beds


@_inner
def _cheapest_position(task: Task, work: Work, j: int, stop: int, end: int) -> tuple[int, int]:
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


@_inner
def _copy_job(work: Work, source: int, target: int) -> None:
    for column in range(JOB_COLUMNS):
        work.job[target, column] = work.job[source, column]
    for i in range(work.job[source, CALLS]):
        _copy_call(work, source, i, target, i)


@_inner
def _choose(task: Task, work: Work, aim: Aim, v: int, trial: int, best_job: int) -> bool:
    """Put the best next job of a vehicle into a slot; False where there is nothing it can do."""
    c = task.vehicle[v, CLASS]
    free_s, place, driven_s = task.vehicle[v, BEGINS], task.vehicle[v, STANDS], task.vehicle[v, DROVE]
    if work.n_jobs_of[v]:
        last = work.jobs_of[v, work.n_jobs_of[v] - 1]
        free_s, driven_s = work.job[last, DONE], work.job[last, DRIVEN]
        place = task.haven[work.job[last, HAVEN], PLACE]
    n_stops = len(task.stop)
    longest_s = 1.0
    score = np.empty(n_stops)
    for s in range(n_stops):
        longest_s = max(longest_s, task.cycle_s[s])
        score[s] = -np.inf
    party = np.empty_like(work.party[trial, 0])
    free = task.travel[0]
    for s in range(n_stops):
        if work.persons_left[s] == 0 or task.stop[s, BASE] == NONE:
            continue
        n, _, _, _, persons, _ = _pack(task, work, c, s, task.group[c], task.group[c, HAVENS], party)
        if n == 0:
            continue
        drive_s = (
            free[place, task.stop[s, PLACE]]
            + free[task.stop[s, PLACE], task.haven[task.stop[s, BASE], PLACE]]
        )
        done_s = free_s + drive_s + task.full_s[c, s] - task.cycle_s[s]
        score[s] = _work_s(task, work, c, s, party, n, persons) + _extra(task, work, aim, s, longest_s)
        score[s] += _ahead_s(task, aim, c, task.stop[s, BASE], done_s, driven_s + drive_s)
    found, most = False, -np.inf
    tried = 0
    while True:
        s = NONE
        for other in range(n_stops):
            if score[other] > -np.inf and (s == NONE or score[other] > score[s]):
                s = other
        if s == NONE or (found and tried >= SHORTLIST):
            return found
        score[s] = -np.inf
        tried += 1
        havens = _build(task, work, aim, c, s, trial)
        base_s = 0.0
        for i in range(work.job[trial, CALLS]):
            stop = work.call[trial, i, STOP]
            base_s += _work_s(
                task,
                work,
                c,
                stop,
                work.party[trial, i],
                work.n_parties[trial, i],
                work.call[trial, i, COUNT],
            )
        base_s += _extra(task, work, aim, s, longest_s)
        for h in range(len(task.haven)):
            if not havens >> h & 1 or not _time_job(task, work, v, trial, h):
                continue
            job = work.job[trial]
            if job[SAFE] > aim.deadline_s or (job[RUN] != NONE and job[SAFE] > aim.latest_run_s):
                continue
            value = base_s + _ahead_s(task, aim, c, h, float(job[DONE]), float(job[DRIVEN]))
            if value > most:
                most, found = value, True
                _copy_job(work, trial, best_job)


@_inner
def _take_slot(work: Work) -> int:
    count = work.spare[-1]
    if count == 0:
        return NONE
    work.spare[-1] = count - 1
    return int(work.spare[count - 1])


@_inner
def _free_slot(work: Work, j: int) -> None:
    work.spare[work.spare[-1]] = j
    work.spare[-1] += 1


@_inner
def _dispatch(task: Task, work: Work, aim: Aim, vehicles: OffsetArray) -> None:
    """Give jobs to vehicles, the one that is free first being next, until none can do more."""
    active = np.ones(len(vehicles), np.bool_)
    trial = _take_slot(work)
    if trial == NONE:
        return
    while True:
        chosen, earliest_s = NONE, NEVER
        for n in range(len(vehicles)):
            v = vehicles[n]
            if active[n]:
                free_s = task.vehicle[v, BEGINS]
                if work.n_jobs_of[v]:
                    free_s = work.job[work.jobs_of[v, work.n_jobs_of[v] - 1], DONE]
                if free_s < earliest_s:
                    chosen, earliest_s = n, free_s
        if chosen == NONE:
            break
        v = vehicles[chosen]
        j = _take_slot(work)
        full = work.n_jobs_of[v] == work.jobs_of.shape[1]
        if j == NONE or full or not _choose(task, work, aim, v, trial, j):
            active[chosen] = False
            if j != NONE:
                _free_slot(work, j)
            continue
        work.jobs_of[v, work.n_jobs_of[v]] = j
        work.n_jobs_of[v] += 1
        _book(task, work, j, 1)
    _free_slot(work, trial)


@njit(cache=True, nogil=True)
def left_s(task: Task, work: Work) -> float:
    """
    Work of those whom nobody fetches.

    Parameters
    ----------
    task : Task
        The task.
    work : Work
        The schedule.

    Returns
    -------
    float
        Vehicle time (s), with the closing of every stop where somebody is left.
    """
    total = 0.0
    for s in range(len(task.stop)):
        somebody = False
        for at in range(task.kinds_first[s], task.kinds_first[s + 1]):
            k = task.kinds_at[at]
            if work.remaining[k] and task.party_s[k] > 0:
                somebody = True
                total += work.remaining[k] * task.party_s[k]
        if somebody:
            total += task.rules[CLOSING]
    return total


@njit(cache=True, nogil=True)
def begin(task: Task, work: Work, aim: Aim) -> None:
    """
    Take back what is too late for the deadline, and fetch again whom there is time for.

    Parameters
    ----------
    task : Task
        The task.
    work : Work
        Modified in place.
    aim : Aim
        Preferences with the new deadline.
    """
    for v in range(len(task.vehicle)):
        keep = work.n_jobs_of[v]
        for n in range(work.n_jobs_of[v] - 1, -1, -1):
            if work.job[work.jobs_of[v, n], SAFE] > aim.deadline_s:
                keep = n
        for n in range(work.n_jobs_of[v] - 1, keep - 1, -1):
            _book(task, work, work.jobs_of[v, n], -1)
            _free_slot(work, work.jobs_of[v, n])
        work.n_jobs_of[v] = keep
    _dispatch(task, work, aim, np.arange(len(task.vehicle)))


@njit(cache=True, nogil=True)
def search(task: Task, work: Work, aim: Aim, iterations: int, threshold_s: float) -> int:
    """
    Take the last jobs of a few vehicles back and give them out anew, and keep what leaves less work.

    Parameters
    ----------
    task : Task
        The task.
    work : Work
        Modified in place.
    aim : Aim
        Preferences; urgency, patience and noise are varied around it.
    iterations : int
        Work budget.
    threshold_s : float
        How much more work left over may be accepted at times (s).

    Returns
    -------
    int
        Iterations used; fewer than allowed where nobody is left over any more.
    """
    n_vehicles = len(task.vehicle)
    now_s = left_s(task, work)
    old = np.empty((MOST_CUT, work.jobs_of.shape[1]), np.int64)
    for iteration in range(iterations):
        if now_s == 0.0 or n_vehicles == 0:
            return iteration
        vehicles = _some_vehicles(work, n_vehicles)
        n_kept, n_old = _cut(task, work, vehicles, old)
        varied = Aim(
            aim.ahead, aim.step_s, aim.drive_unit_s, aim.deadline_s, aim.latest_run_s,
            aim.urgency * (_below(work, 4) - 1), 0.8 + 2.2 * _uniform(work), 0.15 * _below(work, 3),
        )  # fmt: skip
        _dispatch(task, work, varied, vehicles)
        then_s = left_s(task, work)
        if then_s <= now_s + threshold_s * _uniform(work) ** 3:
            now_s = then_s
            for n in range(len(vehicles)):
                for m in range(n_old[n]):
                    _free_slot(work, old[n, m])
        else:
            _put_back(task, work, vehicles, n_kept, old, n_old)
    return iterations


@_inner
def _some_vehicles(work: Work, n_vehicles: int) -> OffsetArray:
    chosen = np.empty(MOST_CUT, np.int64)
    size = 0
    for _ in range(2 + _below(work, MOST_CUT - 1)):
        v = _below(work, n_vehicles)
        known = False
        for n in range(size):
            known = known or chosen[n] == v
        if not known:
            chosen[size] = v
            size += 1
    return chosen[:size]


@_inner
def _cut(task: Task, work: Work, vehicles: OffsetArray, old: OffsetArray) -> tuple[OffsetArray, OffsetArray]:
    """Take the last jobs of vehicles out, mostly few, at times the whole day; how many stay and go."""
    depth = (1, 1, 2, 2, 3, work.jobs_of.shape[1])[_below(work, 6)]
    n_kept = np.zeros(len(vehicles), np.int64)
    n_old = np.zeros(len(vehicles), np.int64)
    for n in range(len(vehicles)):
        v = vehicles[n]
        n_old[n] = min(depth, work.n_jobs_of[v])
        n_kept[n] = work.n_jobs_of[v] - n_old[n]
        for m in range(n_old[n]):
            old[n, m] = work.jobs_of[v, n_kept[n] + m]
            _book(task, work, old[n, m], -1)
        work.n_jobs_of[v] = n_kept[n]
    return n_kept, n_old


@_inner
def _put_back(
    task: Task, work: Work, vehicles: OffsetArray, n_kept: OffsetArray, old: OffsetArray, n_old: OffsetArray
) -> None:
    for n in range(len(vehicles)):
        v = vehicles[n]
        for m in range(n_kept[n], work.n_jobs_of[v]):
            _book(task, work, work.jobs_of[v, m], -1)
            _free_slot(work, work.jobs_of[v, m])
        for m in range(n_old[n]):
            work.jobs_of[v, n_kept[n] + m] = old[n, m]
            _book(task, work, old[n, m], 1)
        work.n_jobs_of[v] = n_kept[n] + n_old[n]
