"""The fleet bound: a time before which no fleet plan whatever can have brought the people to safety."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from safepassage.errors import ModelError
from safepassage.model.arrays import FlagArray, FloatArray, OffsetArray
from safepassage.model.people import NeedClass, NeedCount
from safepassage.model.policy import Boarding
from safepassage.planner.surge.bound_windows import ALWAYS, Windows, joined_windows, open_clock_s, open_time_s
from safepassage.planner.surge.fleet_bound_program import (
    EXACT_TRIP_COUNTS,
    ClassProgram,
    most_served,
)
from safepassage.planner.surge.fleet_bound_task import NEEDS, FleetGroup, FleetTask

# The search for the time stops when it is bracketed this closely, relatively; the lower end is the bound.
TOLERANCE = 2e-4
FIRST_STRIDE = 0.005
# A linear program that falls short by less than this many persons is taken to serve them.
PERSON_NOISE = 1e-4
# With more safe places than this, of which none is better than another from everywhere, they count as one.
MOST_SAFE_PLACES = 4
# With more pairs of a stop and a place, numbers of trips are not kept apart: shared between many stops they
# change the persons by less than one, and the program would take twenty times as long.
MOST_EXACT_PAIRS = 60


@dataclass(frozen=True, slots=True)
class NeedBound:
    """
    Bound for one need class.

    Attributes
    ----------
    people : int
        Persons it is about.
    bound_s : float
        The last of them is not safe before (s since the start); ``inf`` where the fleet cannot bring
        that many at all.
    work_s : float
        The part from the vehicles' time: trips, places, breaks, hours.
    farthest_s : float
        The part from the single farthest trip.
    most_people : int
        Most persons of the class that the fleet could ever bring, at best.
    """

    people: int
    bound_s: float
    work_s: float
    farthest_s: float
    most_people: int


@dataclass(frozen=True, slots=True)
class FleetBound:
    """
    Lower bound on the time at which the fleet has brought everyone to safety.

    Attributes
    ----------
    bound_s : float
        The largest over the need classes, and over all who sit, carers included.
    by_need : dict of NeedClass to NeedBound
        For each class with people.
    seated : NeedBound
        For all who take a seat: people of the class seat, and carers.
    """

    bound_s: float
    by_need: Mapping[NeedClass, NeedBound]
    seated: NeedBound


def fleet_bound(task: FleetTask, *, served: Mapping[NeedClass, int] | None = None) -> FleetBound:
    """
    Bound the time by which a fleet can bring people of each need class from stops to safety.

    Parameters
    ----------
    task : FleetTask
        People, vehicles, travel times and rules.
    served : mapping of NeedClass to int, optional
        Persons that have to be brought; everybody by default. With fewer, whoever is easiest counts.

    Returns
    -------
    FleetBound
        By need class.

    Notes
    -----
    For each class a linear program asks how many persons the fleet can bring within T; the bound is a
    T at which they are too few. Every real plan satisfies its constraints (see
    `fleet_bound_program`), because each of these steps only gives the fleet more freedom:

    1. Each need class is moved as if the vehicles carried nobody else.
    2. Loads may be fractions, and a trip that calls at several stops is split into fractions of trips
       from each stop alone, in proportion to the places used. By the triangle inequality the trip is
       at least as long as the way through any one of its stops, hence as any mixture of them.
    3. Room at safe places is not limited. A safe place to which and from which another one is at least as
       near for every stop is left out: a trip that ends there may end at the other one. A vehicle sets
       out from where it last set people of the class down; whatever else it does in between, the direct
       way is not longer. Where a trip sets people down at several places, step 2 holds for every pair of
       a stop and a place. How often vehicles set out from a place is kept at most as often as their trips
       end there; which of them does is not.
    4. Vehicles of a group that make equally many trips share their time. The *number* of trips is
       kept per vehicle: a vehicle that makes three trips has the time for three.
    5. The last trip of a vehicle ends on arrival: neither its unloading nor a way back counts.
    6. Vehicles with equally many trips and breaks share their driving time between breaks; where the number
       of breaks is left open, breaks are charged in proportion to driving, one forgiven a vehicle.
    7. With open windows a vehicle works in open time only; at each closed gap the standing at one
       place (unloading and loading a full vehicle) may fall into the gap, and the gap serves as a break.
    8. A scheduled run takes people up to its places if it arrives by T, whenever they reached the
       station. Those brought by vehicles have been set down before the departure, so all of them wait at
       the station just then: they are at most as many as may wait there, other classes left aside.

    It is assumed that nobody changes from one vehicle of the fleet to another before being safe, and that
    all on board get off before others get on for the next trip.
    The farthest trip of a single vehicle with a single person bounds the time as well.
    """
    windows = joined_windows(task.open_windows)
    by_need: dict[NeedClass, NeedBound] = {}
    for column, need in enumerate(NEEDS):
        people = task.people[:, column]
        if people.sum():
            number = int(people.sum()) if served is None else int(served.get(need, 0))
            by_need[need] = _need_bound(task, windows, need, people, number)
    sitting = [NEEDS.index(NeedClass.SEAT), NEEDS.index(NeedClass.CARER)]
    people = task.people[:, sitting].sum(axis=1)
    number = int(people.sum())
    if served is not None:
        number = sum(int(served.get(NEEDS[column], 0)) for column in sitting)
    if NeedClass.CARER in by_need or NeedClass.SEAT not in by_need:
        # Those of the class seat are among all who sit.
        least_s = by_need[NeedClass.SEAT].bound_s if NeedClass.SEAT in by_need else 0.0
        seated = _need_bound(task, windows, NeedClass.SEAT, people, number, least_s)
    else:
        seated = by_need[NeedClass.SEAT]
    bounds = [seated.bound_s, *(item.bound_s for item in by_need.values())]
    return FleetBound(bound_s=max(bounds), by_need=by_need, seated=seated)


def _need_bound(
    task: FleetTask,
    windows: Windows,
    need: NeedClass,
    people: OffsetArray,
    number: int,
    least_s: float = 0.0,
) -> NeedBound:
    if number > people.sum() or number < 0:
        raise ModelError(
            f"{number} persons of class {need} are to be served of {people.sum()}; give at most all"
        )
    if number == 0:
        return NeedBound(0, 0.0, 0.0, 0.0, int(people.sum()))
    single_s = _single_trip_s(task, windows, need)
    order = np.argsort(single_s, kind="stable")
    enough = np.searchsorted(np.cumsum(people[order]), number)
    farthest_s = float(single_s[order[enough]])
    program = _program(task, need, people)
    run_places, run_brought = _run_places(task, need, np.inf)
    ever = most_served(
        program,
        *_working_time(task, windows, np.inf),
        run_places=run_places,
        run_brought=run_brought,
        exact_trip_counts=_exact_trip_counts(program),
    )
    most = int(np.floor(min(ever, float(people[np.isfinite(single_s)].sum())) + PERSON_NOISE))
    if most < number or np.isinf(least_s):
        return NeedBound(number, np.inf, np.inf, farthest_s, most)
    work_s = _least_time_s(task, windows, program, need, number, max(farthest_s, least_s))
    return NeedBound(number, max(work_s, farthest_s), work_s, farthest_s, most)


def _exact_trip_counts(program: ClassProgram) -> int:
    return EXACT_TRIP_COUNTS if program.onward_s.size <= MOST_EXACT_PAIRS else 0


def _least_time_s(
    task: FleetTask, windows: Windows, program: ClassProgram, need: NeedClass, number: int, start_s: float
) -> float:
    """The largest time found too short for the persons; ``start_s`` where that is not."""

    def served(time_s: float, exact_trip_counts: int) -> float:
        hours_s, gaps = _working_time(task, windows, time_s)
        run_places, run_brought = _run_places(task, need, time_s)
        return most_served(
            program,
            hours_s,
            gaps,
            run_places=run_places,
            run_brought=run_brought,
            exact_trip_counts=exact_trip_counts,
        )

    # The small program brackets the time, the large one closes in on it.
    short_s, persons_a_s = _last_not_enough_s(lambda time_s: served(time_s, 0), number, start_s, 0.0)
    exact = _exact_trip_counts(program)
    if exact:
        short_s, _slope = _last_not_enough_s(
            lambda time_s: served(time_s, exact), number, short_s, persons_a_s
        )
    return short_s


def _last_not_enough_s(
    served: Callable[[float], float], number: int, start_s: float, persons_a_s: float
) -> tuple[float, float]:
    """
    The largest time tried at which fewer persons are served than needed, and how many more a second then.

    Extends the line through the last two such times towards the number needed, and halves the bracket
    where that does not close in.
    """
    short_s, at_short = start_s, served(start_s)
    if at_short >= number - PERSON_NOISE:
        return start_s, persons_a_s
    long_s, width_s = np.inf, np.inf
    slow = False
    while np.isinf(long_s) or width_s > TOLERANCE * long_s:
        stride_s = (number - at_short) / persons_a_s if persons_a_s > 0 else FIRST_STRIDE * short_s
        time_s = short_s + stride_s + 0.5 * TOLERANCE * short_s
        if np.isfinite(long_s):
            margin_s = 0.4 * TOLERANCE * long_s
            time_s = min(max(time_s, short_s + margin_s), long_s - margin_s)
        if slow:
            time_s = 0.5 * (short_s + long_s)
        persons = served(time_s)
        if persons >= number - PERSON_NOISE:
            long_s = time_s
        else:
            persons_a_s = (persons - at_short) / (time_s - short_s)
            short_s, at_short = time_s, persons
        slow = bool(np.isfinite(long_s)) and long_s - short_s > 0.5 * width_s
        width_s = long_s - short_s
    return short_s, persons_a_s


def _working_time(task: FleetTask, windows: Windows, time_s: float) -> tuple[FloatArray, FloatArray]:
    """Open time of one vehicle of each group until a time, and the closed gaps within it."""
    hours_s, gaps = [], []
    for group in task.groups:
        start_s = group.available_from_s
        until_s = min(time_s, start_s + group.crew_hours * 3600.0)
        hours_s.append(open_time_s(windows, start_s, until_s))
        gaps.append(float(sum(start_s < end_s < until_s for _, end_s in windows)))
    return np.array(hours_s), np.array(gaps)


def _run_places(task: FleetTask, need: NeedClass, time_s: float) -> tuple[FloatArray, FloatArray]:
    """Places of the runs of each service that arrive by a time, and those for people whom vehicles bring."""
    runs = np.array([int((service.arrive_s <= time_s).sum()) for service in task.services], np.float64)
    places = np.array([service.places(need) for service in task.services], np.float64)
    caps = np.array([service.waiting_cap_persons for service in task.services], np.float64)
    return runs * places, runs * np.minimum(places, caps)


def _single_trip_s(task: FleetTask, windows: Windows, need: NeedClass) -> FloatArray:
    """Earliest time at which one person of each stop can be safe, with all vehicles at its service."""
    board_s = task.boarding.stop_s + task.boarding.board_s(NeedCount(**{str(need): 1}))
    takes = task.destination_takes[:, NEEDS.index(need)]
    loaded_s = task.stop_to_destination_s[:, takes].min(axis=1, initial=np.inf)
    safe_s = np.full(task.n_stops, np.inf)

    def arrivals_s(group: FleetGroup, onward_s: FloatArray) -> FloatArray:
        driven_s = group.depot_to_stop_s + onward_s
        breaks = np.maximum(np.ceil(driven_s / task.drive_before_break_s) - 1, 0)
        from_s = group.available_from_s
        arrive_s = from_s + driven_s + board_s
        # A night on the way serves as a break.
        if windows == ALWAYS:
            arrive_s += np.where(np.isfinite(driven_s), breaks, 0.0) * task.break_s
        on_the_road_s = np.array([open_clock_s(windows, from_s, time_s) for time_s in driven_s])
        late = arrive_s > from_s + group.crew_hours * 3600.0
        return np.where(late, np.inf, np.maximum(arrive_s, on_the_road_s))

    able = [group for group in task.groups if group.count and group.places(need)]
    for group in able:
        safe_s = np.minimum(safe_s, arrivals_s(group, loaded_s))
    for service in task.services:
        if service.places(need):
            at_station_s = np.full(task.n_stops, np.inf)
            at_station_s[list(service.walking_stop)] = 0.0
            for group in able:
                at_station_s = np.minimum(at_station_s, arrivals_s(group, service.stop_to_station_s))
            for depart_s, arrive_s in zip(service.depart_s, service.arrive_s, strict=True):
                safe_s = np.where(at_station_s <= depart_s, np.minimum(safe_s, arrive_s), safe_s)
    return safe_s


def _program(task: FleetTask, need: NeedClass, people: OffsetArray) -> ClassProgram:
    """The numbers of the linear program, for the stops that have people of the class."""
    stops = np.flatnonzero(people)
    takes = task.destination_takes[:, NEEDS.index(need)]
    onward_s, back_s = _best_places(
        task.stop_to_destination_s[stops][:, takes], task.destination_to_stop_s[takes][:, stops]
    )
    for service in task.services:
        there_s, from_s = service.stop_to_station_s[stops], service.station_to_stop_s[stops]
        if _no_farther(onward_s, back_s, there_s, from_s).any():
            # Whoever is brought there may as well be brought to safety at once.
            there_s, from_s = np.full_like(there_s, np.inf), np.full_like(from_s, np.inf)
        onward_s = np.column_stack([onward_s, there_s])
        back_s = np.vstack([back_s, from_s])
    walking = np.zeros((len(stops), len(task.services)), np.bool_)
    for number, service in enumerate(task.services):
        walking[:, number] = np.isin(stops, service.walking_stop)
    one = NeedCount(**{str(need): 1})
    return ClassProgram(
        people=people[stops].astype(np.float64),
        onward_s=onward_s,
        back_s=back_s,
        walking=walking,
        depot_s=np.array([group.depot_to_stop_s[stops] for group in task.groups]).reshape(-1, len(stops)),
        count=np.array([float(group.count) for group in task.groups]),
        places=np.array([float(group.places(need)) for group in task.groups]),
        full_handling_s=np.array([_full_handling_s(task.boarding, group) for group in task.groups]),
        stop_s=task.boarding.stop_s,
        board_s=task.boarding.board_s(one),
        alight_s=task.boarding.alight_s(one),
        drive_before_break_s=task.drive_before_break_s,
        break_s=task.break_s,
    )


def _best_places(onward_s: FloatArray, back_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Times of the safe places that no other one replaces; with too many, of all as one place."""
    if not len(back_s):
        # A place that nobody reaches keeps the shapes where no place takes the class.
        return np.full((len(onward_s), 1), np.inf), np.full((1, len(onward_s)), np.inf)
    kept: list[int] = []
    for place in np.lexsort((np.arange(len(back_s)), onward_s.sum(axis=0) + back_s.sum(axis=1))):
        if not _no_farther(onward_s[:, kept], back_s[kept], onward_s[:, place], back_s[place]).any():
            kept.append(int(place))
    if len(kept) > MOST_SAFE_PLACES:
        return onward_s.min(axis=1, keepdims=True), back_s.min(axis=0, keepdims=True)
    return onward_s[:, kept], back_s[kept]


def _no_farther(
    onward_s: FloatArray, back_s: FloatArray, there_s: FloatArray, from_s: FloatArray
) -> FlagArray:
    """Which places are at least as near as another one, to and from every stop."""
    near: FlagArray = (onward_s <= there_s[:, None]) & (back_s <= from_s).T
    return np.asarray(near.all(axis=0), np.bool_)


def _full_handling_s(boarding: Boarding, group: FleetGroup) -> float:
    full = NeedCount(group.seats, group.wheelchair_places, group.stretcher_places)
    return boarding.board_s(full) + boarding.alight_s(full)
