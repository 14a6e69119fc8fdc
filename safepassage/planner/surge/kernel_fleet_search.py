"""Compiled dispatch of the fleet and the search that takes jobs back and gives them out anew."""

from __future__ import annotations

import numpy as np

from safepassage.model.arrays import OffsetArray
from safepassage.planner.surge.kernel_fleet import (
    ALL_JOBS,
    BASE,
    BEGINS,
    BOARD,
    CALL_AHEAD,
    CALLS,
    CAP,
    CLASS,
    CLOSING,
    COUNT,
    DONE,
    DRIVEN,
    DROVE,
    HAVEN,
    HAVENS,
    MOST_CUT,
    NEVER,
    NONE,
    PLACE,
    RUN,
    SAFE,
    SHORTLIST,
    SOURCE,
    STANDS,
    STOP,
    UNREACHABLE_S,
    Aim,
    Task,
    Work,
    entry_point,
    inner,
)
from safepassage.planner.surge.kernel_fleet_accounts import (
    book,
    book_people,
    book_times,
    copy_job,
    free_slot,
    take_slot,
)
from safepassage.planner.surge.kernel_fleet_clock import time_job
from safepassage.planner.surge.kernel_fleet_loads import build, load_work_s, pack


@inner
def uniform(work: Work) -> float:
    """The next number between 0 and 1 of the minimal standard generator (Park and Miller 1988)."""
    work.random[0] = work.random[0] * 48271 % 2147483647
    return float(work.random[0] / 2147483647.0)


@inner
def below(work: Work, number: int) -> int:
    """A whole number from 0 to below a limit."""
    return min(number - 1, int(uniform(work) * number))


@inner
def extra(task: Task, work: Work, aim: Aim, stop: int, longest_s: float) -> float:
    """What a stop is preferred for: distance, queues, chance."""
    queue_s = (
        work.persons_left[task.stop[stop, SOURCE]]
        / max(task.stop[stop, CAP], 1)
        * int(task.rules[CALL_AHEAD])
    )
    urgency = aim.urgency * (task.cycle_s[stop] + 0.1 * queue_s) / longest_s
    return float(1800.0 * (urgency + aim.noise * uniform(work)))


@inner
def open_before_s(task: Task, time_s: float) -> float:
    """Time before a moment in which vehicles may drive."""
    total = 0.0
    for w in range(len(task.windows)):
        total += max(0.0, min(time_s, float(task.windows[w, 1])) - task.windows[w, 0])
    return total


@inner
def ahead_after_s(task: Task, aim: Aim, c: int, h: int, time_s: float, driven_s: float) -> float:
    """Work a vehicle can still do after a job."""
    step = min(aim.ahead.shape[1] - 1, int(np.ceil(open_before_s(task, time_s) / aim.step_s)))
    driven = min(aim.ahead.shape[3] - 1, int(driven_s / aim.drive_unit_s + 0.5))
    return float(aim.ahead[c, step, h, driven])


@inner
def choose(task: Task, work: Work, aim: Aim, v: int, trial: int, best_job: int) -> bool:
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
        if work.persons_left[task.stop[s, SOURCE]] == 0 or task.stop[s, BASE] == NONE:
            continue
        if np.isnan(work.worth_s[c, s]):
            n, _, _, _, persons, _ = pack(task, work, c, s, task.group[c], task.group[c, HAVENS], party)
            work.worth_s[c, s] = load_work_s(task, work, c, s, party, n, persons) if n else -1.0
        if work.worth_s[c, s] < 0:
            continue
        drive_s = (
            free[place, task.stop[s, PLACE]]
            + free[task.stop[s, PLACE], task.haven[task.stop[s, BASE], PLACE]]
        )
        done_s = free_s + drive_s + task.full_s[c, s] - task.cycle_s[s]
        score[s] = work.worth_s[c, s] + extra(task, work, aim, s, longest_s)
        score[s] += ahead_after_s(task, aim, c, task.stop[s, BASE], done_s, driven_s + drive_s)
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
        havens = build(task, work, aim, c, s, trial)
        base_s = 0.0
        for i in range(work.job[trial, CALLS]):
            stop = work.call[trial, i, STOP]
            base_s += load_work_s(
                task,
                work,
                c,
                stop,
                work.party[trial, i],
                work.n_parties[trial, i],
                work.call[trial, i, COUNT],
            )
        base_s += extra(task, work, aim, s, longest_s)
        early_s = free_s + free[place, task.stop[work.call[trial, 0, STOP], PLACE]]
        for i in range(work.job[trial, CALLS]):
            early_s += work.call[trial, i, BOARD]
        for h in range(len(task.haven)):
            if not havens >> h & 1:
                continue
            # No way to a haven is shorter than the direct one from the last stop, and later is never better.
            onward_s = free[
                task.stop[work.call[trial, work.job[trial, CALLS] - 1, STOP], PLACE], task.haven[h, PLACE]
            ]
            if onward_s >= UNREACHABLE_S or early_s + onward_s > aim.deadline_s:
                continue
            if base_s + ahead_after_s(task, aim, c, h, float(early_s + onward_s), 0.0) <= most:
                continue
            if not time_job(task, work, v, trial, h):
                continue
            job = work.job[trial]
            if job[SAFE] > aim.deadline_s or (job[RUN] != NONE and job[SAFE] > aim.latest_run_s):
                continue
            value = base_s + ahead_after_s(task, aim, c, h, float(job[DONE]), float(job[DRIVEN]))
            if value > most:
                most, found = value, True
                copy_job(work, trial, best_job)


@inner
def dispatch(task: Task, work: Work, aim: Aim, vehicles: OffsetArray, most_jobs: int) -> None:
    """Give jobs to vehicles, the one that is free first being next, until none can do or may get more."""
    active = np.ones(len(vehicles), np.bool_)
    given = np.zeros(len(vehicles), np.int64)
    trial = take_slot(work)
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
        j = take_slot(work)
        full = work.n_jobs_of[v] == work.jobs_of.shape[1]
        if j == NONE or full or given[chosen] == most_jobs or not choose(task, work, aim, v, trial, j):
            active[chosen] = False
            if j != NONE:
                free_slot(work, j)
            continue
        work.jobs_of[v, work.n_jobs_of[v]] = j
        work.n_jobs_of[v] += 1
        given[chosen] += 1
        book(task, work, j, 1)
    free_slot(work, trial)


@entry_point
def work_left_s(task: Task, work: Work) -> float:
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
        Vehicle time (s), with the closing of every place where somebody is left.
    """
    total = 0.0
    for k in range(len(work.remaining)):
        total += work.remaining[k] * task.party_s[k]
    for source in range(len(work.persons_left)):
        if work.persons_left[source] > 0:
            total += task.rules[CLOSING]
    return total


@entry_point
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
            book(task, work, work.jobs_of[v, n], -1)
            free_slot(work, work.jobs_of[v, n])
        work.n_jobs_of[v] = keep
    dispatch(task, work, aim, np.arange(len(task.vehicle)), ALL_JOBS)


@entry_point
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
    now_s = work_left_s(task, work)
    old = np.empty((MOST_CUT, work.jobs_of.shape[1]), np.int64)
    vehicles = np.empty(MOST_CUT, np.int64)
    kept = np.empty(MOST_CUT, np.int64)
    n_old = np.empty(MOST_CUT, np.int64)
    for iteration in range(iterations):
        if now_s == 0.0 or n_vehicles == 0:
            return iteration
        varied = Aim(
            aim.ahead, aim.step_s, aim.drive_unit_s, aim.deadline_s, aim.latest_run_s,
            aim.urgency * (below(work, 4) - 1), 0.8 + 2.2 * uniform(work), 0.15 * below(work, 3), 0.0,
        )  # fmt: skip
        if uniform(work) >= aim.within:
            size = some_vehicles(work, n_vehicles, vehicles)
            cut_ends(task, work, vehicles[:size], kept, old, n_old)
        else:
            size = some_neighbours(task, work, n_vehicles, vehicles, kept)
            cut_within(task, work, varied, vehicles[:size], kept, old, n_old)
        dispatch(task, work, varied, vehicles[:size], ALL_JOBS)
        then_s = work_left_s(task, work)
        if then_s <= now_s + threshold_s * uniform(work) ** 3:
            now_s = then_s
            for n in range(size):
                for m in range(n_old[n]):
                    free_slot(work, old[n, m])
        else:
            put_back(task, work, vehicles[:size], kept, old, n_old)
    return iterations


@inner
def some_vehicles(work: Work, n_vehicles: int, vehicles: OffsetArray) -> int:
    """Draw a few different vehicles; their number."""
    size = 0
    for _ in range(2 + below(work, MOST_CUT - 1)):
        v = below(work, n_vehicles)
        known = False
        for n in range(size):
            known = known or vehicles[n] == v
        if not known:
            vehicles[size] = v
            size += 1
    return size


@inner
def some_neighbours(task: Task, work: Work, n_vehicles: int, vehicles: OffsetArray, kept: OffsetArray) -> int:
    """Draw a job, and jobs of a few other vehicles that call near its first stop."""
    start = below(work, n_vehicles)
    if work.n_jobs_of[start] == 0:
        return 0
    vehicles[0], kept[0] = start, below(work, work.n_jobs_of[start])
    stop = work.call[work.jobs_of[start, kept[0]], 0, STOP]
    most, size = 2 + below(work, MOST_CUT - 1), 1
    offset = below(work, n_vehicles)
    for n in range(n_vehicles):
        v = (offset + n) % n_vehicles
        if size == most:
            break
        if v == start or work.n_jobs_of[v] == 0:
            continue
        first = below(work, work.n_jobs_of[v])
        for m in range(work.n_jobs_of[v]):
            at = (first + m) % work.n_jobs_of[v]
            if calls_near(task, work, work.jobs_of[v, at], stop):
                vehicles[size], kept[size] = v, at
                size += 1
                break
    return size


@inner
def calls_near(task: Task, work: Work, j: int, stop: int) -> bool:
    """Whether a job calls at a stop or one of its neighbours."""
    near = False
    for i in range(work.job[j, CALLS]):
        at = work.call[j, i, STOP]
        near = near or at == stop
        for other in task.neighbours[stop]:
            near = near or at == other
    return near


@inner
def cut_ends(
    task: Task, work: Work, vehicles: OffsetArray, kept: OffsetArray, old: OffsetArray, n_old: OffsetArray
) -> None:
    """Take the last jobs of vehicles out, mostly few, at times the whole day."""
    depth = (1, 1, 2, 2, 3, work.jobs_of.shape[1])[below(work, 6)]
    for n in range(len(vehicles)):
        v = vehicles[n]
        n_old[n] = min(depth, work.n_jobs_of[v])
        kept[n] = work.n_jobs_of[v] - n_old[n]
        for m in range(n_old[n]):
            old[n, m] = work.jobs_of[v, kept[n] + m]
            book(task, work, old[n, m], -1)
        work.n_jobs_of[v] = kept[n]


@inner
def cut_within(
    task: Task,
    work: Work,
    aim: Aim,
    vehicles: OffsetArray,
    kept: OffsetArray,
    old: OffsetArray,
    n_old: OffsetArray,
) -> None:
    """Replace a job or two within each vehicle's day; what comes after is done again if it can be."""
    replaced = 1 + below(work, 4) // 3
    for n in range(len(vehicles)):
        v = vehicles[n]
        n_old[n] = work.n_jobs_of[v] - kept[n]
        for m in range(n_old[n]):
            old[n, m] = work.jobs_of[v, kept[n] + m]
            book_times(task, work, old[n, m], -1)
            if m < replaced:
                book_people(task, work, old[n, m], -1)
        work.n_jobs_of[v] = kept[n]
    dispatch(task, work, aim, vehicles, replaced)
    for n in range(len(vehicles)):
        for m in range(replaced, n_old[n]):
            book_people(task, work, old[n, m], -1)
            do_again(task, work, aim, vehicles[n], old[n, m])


@inner
def do_again(task: Task, work: Work, aim: Aim, v: int, j: int) -> None:
    """Add a copy of a job at the end of a vehicle's day, if it can be done in time."""
    again = take_slot(work)
    if again == NONE:
        return
    copy_job(work, j, again)
    job = work.job[again]
    in_time = work.n_jobs_of[v] < work.jobs_of.shape[1] and time_job(task, work, v, again, job[HAVEN])
    if not in_time or job[SAFE] > aim.deadline_s or (job[RUN] != NONE and job[SAFE] > aim.latest_run_s):
        free_slot(work, again)
        return
    work.jobs_of[v, work.n_jobs_of[v]] = again
    work.n_jobs_of[v] += 1
    book(task, work, again, 1)


@inner
def put_back(
    task: Task, work: Work, vehicles: OffsetArray, kept: OffsetArray, old: OffsetArray, n_old: OffsetArray
) -> None:
    """Undo what came of a cut."""
    for n in range(len(vehicles)):
        v = vehicles[n]
        for m in range(kept[n], work.n_jobs_of[v]):
            book(task, work, work.jobs_of[v, m], -1)
            free_slot(work, work.jobs_of[v, m])
        work.n_jobs_of[v] = kept[n]
    for n in range(len(vehicles)):
        v = vehicles[n]
        for m in range(n_old[n]):
            work.jobs_of[v, kept[n] + m] = old[n, m]
            book(task, work, old[n, m], 1)
        work.n_jobs_of[v] = kept[n] + n_old[n]
