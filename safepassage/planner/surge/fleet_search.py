"""The search for a fleet schedule: set an earlier deadline until not everybody can be fetched before it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from safepassage.model.arrays import OffsetArray
from safepassage.model.fleet import VehicleGroup
from safepassage.planner.surge import kernel_fleet as kernel
from safepassage.planner.surge.fleet_ahead import WorkAhead
from safepassage.planner.surge.fleet_clock import tour_of
from safepassage.planner.surge.fleet_loads import Worth, may_end_at, needs_of, serves
from safepassage.planner.surge.fleet_problem import FleetProblem, Haven, Kind, Vehicle
from safepassage.planner.surge.fleet_schedule import Call, Schedule, Timetable
from safepassage.planner.surge.kernel_fleet_search import begin, search, work_left_s
from safepassage.progress import NoProgress, Progress

# Independent searches of which the best counts; their number is part of the result, so it is fixed.
_SEARCHES = 2
# Ruin and recreate steps in one iteration of the work budget.
STEPS = 20
# The next deadline is this share of the open hours earlier, or later where not everybody is fetched at all.
_STRIDE, _LEAST_STRIDE = 0.03, 0.004
# A deadline is given up after so many iterations that leave nearly as much work as before.
_PATIENCE, _PROGRESS = 60, 0.98
# The last deadline before trains of later days, and people left behind, is worth more.
_LAST_PATIENCE = 200
# A worse schedule is accepted up to this much more work left over (s).
_THRESHOLD_S = 300.0
_URGENCY, _DETOURS = 1.0, 1.2
# How often jobs within the day are replaced, and not the last ones taken back.
_WITHIN = 0.4
_NEIGHBOURS = 12
_MOST_JOBS, _MOST_INTERVALS = 20_000, 1_024


def search_fleet(
    problem: FleetProblem, worth: Worth, *, seed: int, iterations: int, progress: Progress
) -> Schedule:
    """
    Search for a schedule that fetches everybody as early as possible.

    Parameters
    ----------
    problem : FleetProblem
        The task.
    worth : Worth
        How loads are valued.
    seed : int
        Of every choice.
    iterations : int
        Work budget, in `STEPS` ruin and recreate steps each; 0 keeps the first schedule.
    progress : Progress
        Told of every iteration.

    Returns
    -------
    Schedule
        The best found.

    Notes
    -----
    A dispatcher gives the vehicle that is free first the job after which most work can be done before
    the deadline. The search takes the last jobs of a few vehicles back and gives them out anew, or replaces
    jobs within the days of vehicles that call near one another. With a deadline the aim is a sum, the work
    of those left over, which a change to any vehicle can lessen; the clearance itself depends on the last
    vehicle alone. Once nobody is left over, the deadline is set earlier. Trains that arrive after the fleet
    would be done without them are not used, unless somebody would be left behind otherwise. Independent
    searches run side by side with random numbers of their own, each with the whole budget, and the best
    result counts, however many threads there are.
    """
    if not problem.vehicles or not problem.kinds:
        return Schedule(problem)
    searches = [_Search(problem, worth, seed + 1_000_003 * k) for k in range(_SEARCHES if iterations else 1)]
    observers = [progress, *(NoProgress() for _ in searches[1:])]
    with ThreadPoolExecutor(len(searches)) as pool:
        list(pool.map(lambda search, observer: search.run(iterations, observer), searches, observers))
    return min(searches, key=_Search.cost).schedule()


class _Search:
    """A schedule as arrays, and the deadline it is worked on for."""

    def __init__(self, problem: FleetProblem, worth: Worth, seed: int) -> None:
        self.problem = problem
        self.task, self.classes = task_of(problem, worth)
        self.ahead = WorkAhead(problem, worth, [vehicle.group for vehicle in self.classes])
        self.seed = seed
        self.latest_run_s = -1.0
        self.work = empty_work(problem, self.task, seed)

    def run(self, iterations: int, progress: Progress) -> None:
        """Find a first schedule without trains, then better ones with those that arrive in time."""
        self._begin(math.inf)
        self.latest_run_s = math.inf
        complete = self._left_s() == 0
        if iterations:
            self._improve(iterations, progress, first=_copied(self.work) if complete else None)
        deadline_s = self._clearance_s()
        while self._left_s() > 0 and not math.isinf(deadline_s):
            deadline_s = self._later_s(deadline_s)
            self._begin(deadline_s)

    def _improve(self, iterations: int, progress: Progress, first: kernel.Work | None) -> None:
        """Set the deadline earlier and earlier, in smaller strides where that proves too hard."""
        best, best_s = first, self._clearance_s()
        stride = _STRIDE
        if best is None:
            deadline_s = _open_to_clock_s(self.problem, self._work_a_vehicle_s())
            deadline_s = min(deadline_s, max(vehicle.duty_ends_s for vehicle in self.problem.vehicles))
            self.work = empty_work(self.problem, self.task, self.seed)
        else:
            deadline_s = self._earlier_s(best_s, stride)
        aim = self._begin(deadline_s)
        least_s, fruitless = self._left_s(), 0
        for _ in range(iterations):
            search(self.task, self.work, aim, STEPS, _THRESHOLD_S)
            progress.advance()
            left_s = self._left_s()
            fruitless = 0 if left_s < _PROGRESS * least_s else fruitless + 1
            least_s = min(left_s, least_s)
            if left_s == 0:
                best, best_s = _copied(self.work), self._clearance_s()
                deadline_s = self._earlier_s(best_s, stride)
            elif fruitless > self._patience(deadline_s, best) and not math.isinf(deadline_s):
                # What was gained for a deadline that proved too early is kept for the next.
                stride = max(0.5 * stride, _LEAST_STRIDE)
                deadline_s = self._later_s(deadline_s) if best is None else self._earlier_s(best_s, stride)
            else:
                continue
            aim = self._begin(deadline_s)
            least_s, fruitless = self._left_s(), 0
        self.work = self.work if best is None else best

    def cost(self) -> tuple[float, float]:
        """Work of those left over (s), then the clearance (s)."""
        return self._left_s(), self._clearance_s()

    def _patience(self, deadline_s: float, best: kernel.Work | None) -> int:
        last = best is None and math.isinf(self._later_s(deadline_s))
        return _LAST_PATIENCE if last else _PATIENCE

    def _earlier_s(self, time_s: float, stride: float) -> float:
        """The deadline with so much less open time."""
        return _open_to_clock_s(self.problem, _clock_to_open_s(self.problem, time_s) * (1 - stride))

    def _later_s(self, deadline_s: float) -> float:
        later_s = _open_to_clock_s(self.problem, _clock_to_open_s(self.problem, deadline_s) * (1 + _STRIDE))
        last_s = max(vehicle.duty_ends_s for vehicle in self.problem.vehicles)
        # Only after the crews' last hour trains of later days are all that is left.
        # Nothing planned yet leaves no open time to stretch.
        return min(later_s, float(last_s)) if deadline_s < min(later_s, last_s) else math.inf

    def _work_a_vehicle_s(self) -> float:
        """Open time that the vehicles need on average, from when they are available (s)."""
        problem = self.problem
        seats = [problem.groups[vehicle.group].seats for vehicle in problem.vehicles]
        largest = max(1, *seats)
        work_s = float(self.task.party_s @ np.array([kind.count for kind in problem.kinds]))
        begin_s = sum(
            seat * vehicle.available_s for seat, vehicle in zip(seats, problem.vehicles, strict=True)
        )
        return (largest * work_s + begin_s) / max(1, sum(seats))

    def _left_s(self) -> float:
        return float(work_left_s(self.task, self.work))

    def _begin(self, deadline_s: float) -> kernel.Aim:
        aim = self._aim(deadline_s)
        begin(self.task, self.work, aim)
        return aim

    def _aim(self, deadline_s: float) -> kernel.Aim:
        table = self.ahead.table(deadline_s)
        return kernel.Aim(
            table, self.ahead.step_s, self.ahead.drive_unit_s, deadline_s, self.latest_run_s, _URGENCY,
            _DETOURS, 0.0, _WITHIN,
        )  # fmt: skip

    def _clearance_s(self) -> float:
        safe = [
            self.work.job[j, kernel.SAFE]
            for v in range(len(self.problem.vehicles))
            for j in self.work.jobs_of[v, : self.work.n_jobs_of[v]]
        ]
        return float(max(safe, default=0))

    def schedule(self) -> Schedule:
        """The schedule found, as objects."""
        schedule = Schedule(self.problem)
        for v in range(len(self.problem.vehicles)):
            for j in self.work.jobs_of[v, : self.work.n_jobs_of[v]]:
                schedule.commit(_timetable(self.problem, self.work, int(j)))
        return schedule


def _timetable(problem: FleetProblem, work: kernel.Work, j: int) -> Timetable:
    job = [int(value) for value in work.job[j]]
    n_calls = job[kernel.CALLS]
    call = work.call[j, :n_calls].tolist()
    parties = [
        tuple((int(k), int(n)) for k, n in work.party[j, i, : work.n_parties[j, i]]) for i in range(n_calls)
    ]
    calls = tuple(
        Call(row[kernel.STOP], who, row[kernel.COUNT], row[kernel.BOARD])
        for row, who in zip(call, parties, strict=True)
    )
    needs = needs_of(problem, [pair for who in parties for pair in who])
    return Timetable(
        vehicle=job[kernel.VEHICLE],
        tour=tour_of(problem, calls, needs),
        haven=job[kernel.HAVEN],
        run=job[kernel.RUN],
        start_s=job[kernel.START],
        arrive_s=tuple(row[kernel.ARRIVE] for row in call),
        depart_s=tuple(row[kernel.DEPART] for row in call),
        reach_s=job[kernel.REACH],
        done_s=job[kernel.DONE],
        rest_s=(job[kernel.REST], *(row[kernel.BREAK] for row in call)),
        driven_s=job[kernel.DRIVEN],
        safe_s=job[kernel.SAFE],
    )


def _clock_to_open_s(problem: FleetProblem, time_s: float) -> float:
    """Open time before a moment (s)."""
    return sum(max(0.0, min(end, time_s) - start) for start, end in problem.windows)


def _open_to_clock_s(problem: FleetProblem, open_s: float) -> float:
    """The moment before which there is so much open time (s); ``inf`` where there is not so much."""
    for start, end in problem.windows:
        if open_s <= end - start:
            return start + open_s
        open_s -= end - start
    return math.inf


def _copied(work: kernel.Work) -> kernel.Work:
    return kernel.Work._make(array.copy() for array in work)


def task_of(problem: FleetProblem, worth: Worth) -> tuple[kernel.Task, list[Vehicle]]:
    """
    The problem as arrays for the kernel.

    Parameters
    ----------
    problem : FleetProblem
        The task.
    worth : Worth
        How loads are valued.

    Returns
    -------
    Task, list of Vehicle
        And for each class of alike vehicles one of them.
    """
    kinds, havens, runs = problem.kinds, problem.havens, problem.runs
    stops = problem.stops[: problem.n_assembly_points]
    classes, class_of = _classes(problem)
    groups = [problem.groups[vehicle.group] for vehicle in classes]
    rooms = list(problem.room)
    policy = problem.scenario.policy
    boarding = policy.boarding
    travel = problem.travel.table(problem.scenario.horizon_s)
    task = kernel.Task(
        travel=travel,
        stop=_table(
            (stop.place, stop.waiting_cap, math.ceil(stop.opens_s), stop.closes_s, base, source)
            for stop, base, source in zip(stops, worth.base, sources_of(problem), strict=True)
        ),
        kind=_table((*kind.size, _mask(of)) for kind, of in zip(kinds, problem.havens_of, strict=True)),
        kinds_first=_whole(np.cumsum([0, *(len(problem.kinds_at[s]) for s in range(len(stops)))])),
        kinds_at=_whole([k for at in problem.kinds_at[: len(stops)] for k in at]),
        may=np.array([[_may_fetch(problem, v, kind) for kind in kinds] for v in classes], np.bool_),
        neighbours=_neighbours(travel[0], [stop.place for stop in stops], worth, havens),
        haven=_table(
            (
                haven.place, haven.waiting_cap, math.ceil(haven.opens_s), haven.closes_s, haven.final,
                haven.safe, rooms.index(haven.site),
            )
            for haven in havens
        ),
        run=_table(
            (
                run.seats, run.wheelchair_places, run.stretcher_places, run.haven, run.depart_s,
                run.arrive_s, rooms.index(run.to_site),
            )
            for run in runs
        ),
        vehicle=_table(
            (number, vehicle.place, vehicle.available_s, vehicle.duty_ends_s, vehicle.driven_s)
            for number, vehicle in zip(class_of, problem.vehicles, strict=True)
        ),
        group=_table(
            (*_places_of(group), 0, _mask(_havens_for(problem, vehicle)))
            for group, vehicle in zip(groups, classes, strict=True)
        ),
        windows=_table(problem.windows),
        rules=np.array(
            [
                boarding.stop_s, boarding.seat_s, boarding.wheelchair_s, boarding.stretcher_s,
                policy.call_ahead_s, policy.drive_before_break_s, policy.break_s, worth.closing_s,
                problem.travel.slice_s,
            ],
            np.float64,
        ),
        full_s=np.array([[worth.full_s(v.group, s) for s in range(len(stops))] for v in classes], np.float64),
        share=np.array([worth.share[v.group] for v in classes], np.float64),
        cycle_s=np.array(worth.cycle_s, np.float64),
        party_s=np.array(worth.party_s, np.float64),
    )  # fmt: skip
    return task, classes


def sources_of(problem: FleetProblem) -> list[int]:
    """
    Number the sets of assembly points between which vehicles may choose.

    Parameters
    ----------
    problem : FleetProblem
        The task.

    Returns
    -------
    list of int
        For each assembly point; the same where any people may get on at either.
    """
    source = list(range(problem.n_assembly_points))
    first: dict[int, int] = {}
    for stop, kinds in enumerate(problem.kinds_at[: problem.n_assembly_points]):
        for k in kinds:
            other = source[first.setdefault(k, stop)]
            source = [other if number == source[stop] else number for number in source]
    names = {number: k for k, number in enumerate(dict.fromkeys(source))}
    return [names[number] for number in source]


def _places_of(group: VehicleGroup) -> tuple[int, int, int]:
    """Seats, wheelchair places and stretcher places of one vehicle."""
    return group.seats, group.wheelchair_places, group.stretcher_places


def _may_fetch(problem: FleetProblem, vehicle: Vehicle, kind: Kind) -> bool:
    return (
        kind.suits[vehicle.group] and kind.stop >= 0 and serves(vehicle, kind, problem.stops[kind.stop].site)
    )


def _classes(problem: FleetProblem) -> tuple[list[Vehicle], list[int]]:
    """One vehicle of each class of alike ones, and the class of every vehicle."""
    numbers: dict[tuple[object, ...], int] = {}
    classes: list[Vehicle] = []
    class_of: list[int] = []
    for vehicle in problem.vehicles:
        key = (vehicle.group, vehicle.only_sites, vehicle.never_sites, vehicle.only_havens)
        if key not in numbers:
            numbers[key] = len(classes)
            classes.append(vehicle)
        class_of.append(numbers[key])
    return classes, class_of


def _neighbours(travel: OffsetArray, places: list[int], worth: Worth, havens: Sequence[Haven]) -> OffsetArray:
    """For each stop, those that a vehicle that serves it passes with the least detour."""
    n = len(places)
    between = travel[np.ix_(places, places)].astype(np.float64)
    home = [
        havens[base].place if base >= 0 else place for base, place in zip(worth.base, places, strict=True)
    ]
    out = np.array([travel[home[s], places] for s in range(n)], np.float64).reshape(n, n)
    back = np.array([travel[places, home[s]] for s in range(n)], np.float64).reshape(n, n)
    alone = np.arange(n)
    on_the_way_back = between + back - back[alone, alone][:, None]
    on_the_way_out = out + between.T - out[alone, alone][:, None]
    detour = np.minimum(on_the_way_back, on_the_way_out)
    detour[alone, alone] = np.inf
    near = np.full((n, _NEIGHBOURS), kernel.NONE, np.int64)
    for s in range(n):
        order = np.argsort(detour[s], kind="stable")[: min(_NEIGHBOURS, n - 1)]
        near[s, : len(order)] = order
    return near


def _havens_for(problem: FleetProblem, vehicle: Vehicle) -> list[int]:
    return [k for k, haven in enumerate(problem.havens) if may_end_at(vehicle, haven.site)]


def empty_work(problem: FleetProblem, task: kernel.Task, seed: int) -> kernel.Work:
    """
    A schedule in which nobody is fetched yet.

    Parameters
    ----------
    problem : FleetProblem
        The task.
    task : Task
        The same as arrays.
    seed : int
        Of the search.

    Returns
    -------
    Work
        Arrays with room for every job that can be needed.
    """
    n_stops, n_vehicles = len(task.stop), len(problem.vehicles)
    parties = [sum(problem.kinds[k].count for k in at) for at in problem.kinds_at[:n_stops]]
    n_jobs = min(_MOST_JOBS, 2 * sum(parties) + 16)
    n_calls = min(_MOST_INTERVALS, max(parties, default=0) + 1)
    n_kinds = max((len(at) for at in problem.kinds_at), default=0) + 1
    sources = sources_of(problem)
    left = [0] * (max(sources, default=0) + 1)
    for k, kind in enumerate(problem.kinds):
        if kind.stop >= 0 and task.party_s[k] > 0:
            left[sources[kind.stop]] += kind.count * kind.size[3]
    return kernel.Work(
        remaining=_whole([kind.count for kind in problem.kinds]),
        persons_left=_whole(left),
        room=_table([list(problem.room.values())])[0],
        run_taken=np.zeros((len(problem.runs), 3), np.int64),
        crowd=np.zeros((n_stops, n_calls, 4), np.int64),
        crowd_size=np.zeros(n_stops, np.int64),
        lobby=np.zeros((len(problem.havens), min(n_jobs, 4 * _MOST_INTERVALS), 4), np.int64),
        lobby_size=np.zeros(len(problem.havens), np.int64),
        jobs_of=np.zeros((n_vehicles, 256), np.int64),
        n_jobs_of=np.zeros(n_vehicles, np.int64),
        job=np.zeros((n_jobs, kernel.JOB_COLUMNS), np.int64),
        call=np.zeros((n_jobs, kernel.MOST_CALLS, kernel.CALL_COLUMNS), np.int64),
        party=np.zeros((n_jobs, kernel.MOST_CALLS, n_kinds, 2), np.int64),
        n_parties=np.zeros((n_jobs, kernel.MOST_CALLS), np.int64),
        spare=np.append(np.arange(n_jobs)[::-1], n_jobs).astype(np.int64),
        random=np.array([seed % 2147483646 + 1], np.int64),
        worth_s=np.full((len(task.full_s), n_stops), np.nan),
    )


def _whole(values: npt.ArrayLike) -> OffsetArray:
    return np.array(values, np.int64)


def _table(rows: Iterable[Sequence[float]]) -> OffsetArray:
    """Whole numbers, with `NEVER` for infinity; no rows where there are none."""
    filled = [[kernel.NEVER if math.isinf(value) else math.floor(value) for value in row] for row in rows]
    return np.array(filled, np.int64) if filled else np.zeros((0, 8), np.int64)


def _mask(havens: Iterable[int]) -> int:
    return sum(1 << haven for haven in havens)
