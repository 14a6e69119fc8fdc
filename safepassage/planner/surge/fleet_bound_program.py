"""The linear program behind the fleet bound: most persons of one need class within a working time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array

from safepassage.errors import SafepassageError
from safepassage.model.arrays import FlagArray, FloatArray

# Vehicles by their number of trips: the highest numbers each alone, all lower ones together.
EXACT_TRIP_COUNTS = 5
# Beyond so many numbers of breaks with one number of trips, breaks are charged in proportion to driving.
MOST_BREAKS = 4


@dataclass(frozen=True, slots=True, eq=False)
class ClassProgram:
    """
    Numbers of the program; s counts stops, g groups, j places where trips end: i safe ones, then stations.

    Attributes
    ----------
    people : float64[s]
        Persons of the class at each stop.
    onward_s : float64[s, j]
        Loaded travel time (s); ``inf`` where there is no way.
    back_s : float64[j, s]
        Empty travel time (s); ``inf`` where there is no way.
    walking : bool[s, j - i]
        Where people reach a service's station on foot.
    depot_s : float64[g, s]
        Time from the depot to each stop (s).
    count, places : float64[g]
        Vehicles, and places for the class in one vehicle.
    full_handling_s : float64[g]
        Time to load and unload a full vehicle (s).
    stop_s, board_s, alight_s : float
        Fixed time of a stop, and time a person to get on and off (s).
    drive_before_break_s, break_s : float
        Rule of breaks (s).
    """

    people: FloatArray
    onward_s: FloatArray
    back_s: FloatArray
    walking: FlagArray
    depot_s: FloatArray
    count: FloatArray
    places: FloatArray
    full_handling_s: FloatArray
    stop_s: float
    board_s: float
    alight_s: float
    drive_before_break_s: float
    break_s: float


class _Rows:
    """A sparse system of inequalities, collected block by block."""

    def __init__(self) -> None:
        self.row: list[npt.NDArray[np.int64]] = []
        self.column: list[npt.NDArray[np.int64]] = []
        self.value: list[FloatArray] = []
        self.limit: list[float] = []

    def open(self, count: int, limit: float = 0.0) -> npt.NDArray[np.int64]:
        start = len(self.limit)
        self.limit += [limit] * count
        return np.arange(start, start + count)

    def add(self, row: npt.ArrayLike, column: npt.ArrayLike, value: npt.ArrayLike) -> None:
        rows, columns, values = np.broadcast_arrays(row, column, value)
        self.row.append(rows.ravel().astype(np.int64))
        self.column.append(columns.ravel().astype(np.int64))
        self.value.append(values.ravel().astype(np.float64))

    def csr(self, n_columns: int) -> csr_array[np.float64, tuple[int, int]]:
        at = (np.concatenate(self.row), np.concatenate(self.column))
        return coo_array((np.concatenate(self.value), at), shape=(len(self.limit), n_columns)).tocsr()


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What the vehicles of a block have in common: their number of trips and of breaks."""

    fewest_trips: int
    most_trips: int
    breaks: int | None


def most_served(
    program: ClassProgram,
    hours_s: FloatArray,
    gaps: FloatArray,
    *,
    run_places: FloatArray,
    run_brought: FloatArray,
    exact_trip_counts: int = EXACT_TRIP_COUNTS,
) -> float:
    """
    Most persons of the class that can be brought, by a program that no real plan can beat.

    Parameters
    ----------
    program : ClassProgram
        People, ways, vehicles.
    hours_s : float64[g]
        Working time of one vehicle of each group (s); ``inf`` where unlimited.
    gaps : float64[g]
        Closed gaps within it.
    run_places : float64[j - i]
        Places in the runs of each service.
    run_brought : float64[j - i]
        Most persons on these runs whom vehicles brought to the station.
    exact_trip_counts : int
        How many of the highest numbers of trips a vehicle are kept apart; with 0 the program is small
        and its answer somewhat higher.

    Returns
    -------
    float
        Persons, at most all.

    Notes
    -----
    For each group, number of trips k and number of breaks b: u vehicles make k trips and b breaks, y[s, j]
    loaded legs in all lead from stop s to place j, f[s] empty legs from the depot to s, e[j, s] empty legs
    from j to s, and the trips carry q persons, r of them on last trips.

    - ``sum y = k u``, ``sum f = u``, ``q <= places sum y``, ``r <= q``, ``r <= places u``; the u of a group
      sum to at most its vehicles;
    - balance: ``f[s] + sum_j e[j, s] = sum_j y[s, j]`` at stops, ``sum_s e[j, s] <= sum_s y[s, j]`` at
      places: a vehicle sets out from where it unloaded;
    - time: ``sum y (onward + 2 stop) + sum e back + sum f depot + q (board + alight) - u stop - r alight
      <= u (hours - b break + gaps (2 stop + full handling))``: only the last unloading is not counted;
    - driving: ``sum y onward + sum e back + sum f depot <= u limit (b + 1 + gaps)``;
    - persons: those from s to j are at most ``places y[s, j]`` summed over the groups, those by a service
      at most its places, those from s at most its people; by vehicle in all at most ``sum q``.

    Low numbers of trips are lumped together (``k`` in a range); there, breaks are charged in proportion to
    driving instead, one and the gaps forgiven a vehicle.
    """
    n_stops, n_places = program.onward_s.shape
    n_services = program.walking.shape[1]
    rows, equal = _Rows(), _Rows()
    usable = np.isfinite(program.onward_s)
    # Persons by stop and place, then persons on foot by stop and service.
    n_person_columns = n_columns = n_stops * (n_places + n_services)
    carried = np.arange(n_stops * n_places).reshape(n_stops, n_places)
    on_foot = n_stops * n_places + np.arange(n_stops * n_services).reshape(n_stops, n_services)
    upper = np.concatenate([
        np.where(usable, program.people[:, None], 0.0).ravel(),
        np.where(program.walking, program.people[:, None], 0.0).ravel(),
    ])  # fmt: skip
    uppers = [upper]
    way_rows = rows.open(n_stops * n_places).reshape(n_stops, n_places)
    rows.add(way_rows, carried, 1.0)
    stop_rows = rows.open(n_stops)
    rows.add(stop_rows[:, None], carried, 1.0)
    rows.add(stop_rows[:, None], on_foot, 1.0)
    for place, people in zip(stop_rows, program.people, strict=True):
        rows.limit[place] = people
    for number, places in enumerate(run_places):
        brought = carried[:, n_places - n_services + number]
        service_row = rows.open(1, min(float(places), float(program.people.sum())))
        rows.add(service_row, brought, 1.0)
        rows.add(service_row, on_foot[:, number], 1.0)
        if run_brought[number] < places:
            rows.add(rows.open(1, float(run_brought[number])), brought, 1.0)
    total_row = rows.open(1)
    rows.add(total_row, carried, 1.0)
    for group in np.flatnonzero((program.count > 0) & (program.places > 0)):
        group_row = rows.open(1, float(program.count[group]))
        day = (float(hours_s[group]), float(gaps[group]))
        for pattern in _patterns(program, int(group), *day, exact_trip_counts):
            block = _Block(program, int(group), n_columns)
            block.add_time(rows, pattern, *day)
            block.add_counts(rows, equal, pattern)
            rows.add(way_rows, block.trips, -program.places[group])
            rows.add(total_row, block.persons, -1.0)
            rows.add(group_row, block.vehicles, 1.0)
            uppers.append(block.upper())
            n_columns = block.end
    return _solved(rows, equal, np.concatenate(uppers), n_person_columns)


def _solved(rows: _Rows, equal: _Rows, upper: FloatArray, n_person_columns: int) -> float:
    n_columns = len(upper)
    objective = np.zeros(n_columns)
    objective[:n_person_columns] = -1.0
    has_equal = bool(equal.limit)
    # The stubs know dense matrices only.
    result = linprog(  # type: ignore[call-overload]
        objective,
        A_ub=rows.csr(n_columns),
        b_ub=np.array(rows.limit),
        A_eq=equal.csr(n_columns) if has_equal else None,
        b_eq=np.array(equal.limit) if has_equal else None,
        bounds=np.column_stack([np.zeros(n_columns), upper]),
        method="highs",
    )
    if result.status != 0:
        raise SafepassageError(f"the linear program of the fleet bound failed: {result.message}")
    return float(-result.fun)


def _patterns(
    program: ClassProgram, group: int, hours_s: float, gaps: float, exact_trip_counts: int
) -> list[_Pattern]:
    """Numbers of trips and breaks that fit into a day, the highest numbers of trips each alone."""
    usable = np.isfinite(program.onward_s.min(axis=1)) & np.isfinite(program.depot_s[group])
    if not usable.any():
        return []
    onward_s = program.onward_s.min(axis=1)[usable]
    first_s = float((program.depot_s[group][usable] + onward_s).min())
    next_s = float((program.back_s.min(axis=0)[usable] + onward_s).min())
    # With nothing to come back to, nobody makes a second trip.
    only_one = np.isinf(next_s)
    next_s = 0.0 if only_one else next_s
    room_s = hours_s + gaps * (2 * program.stop_s + float(program.full_handling_s[group]))

    def spare_s(trips: int) -> float:
        return room_s - first_s - program.stop_s - (trips - 1) * (next_s + 2 * program.stop_s)

    if spare_s(1) < 0:
        return []
    # More trips than there are people never help.
    most = 1 if only_one else int(np.ceil(program.people.sum()))
    if np.isfinite(room_s) and next_s + program.stop_s > 0:
        most = min(most, 1 + int(spare_s(1) // (next_s + 2 * program.stop_s)))
    lowest_exact = max(most - exact_trip_counts + 1, 1)
    counts = [(trips, trips) for trips in range(lowest_exact, most + 1)]
    if lowest_exact > 1:
        counts.insert(0, (1, lowest_exact - 1))
    patterns = []
    for fewest_trips, most_trips in counts:
        driven_s = first_s + (fewest_trips - 1) * next_s
        fewest = max(0, int(np.ceil(driven_s / program.drive_before_break_s)) - 1 - int(gaps))
        breaks_fit = spare_s(fewest_trips) / program.break_s if program.break_s > 0 else 0.0
        # So many breaks allow more driving than the day has.
        enough = room_s / program.drive_before_break_s if np.isfinite(room_s) else np.inf
        highest = min(breaks_fit, enough, float(fewest + MOST_BREAKS))
        if not np.isfinite(room_s) or highest >= fewest + MOST_BREAKS:
            patterns.append(_Pattern(fewest_trips, most_trips, None))
        else:
            patterns += [
                _Pattern(fewest_trips, most_trips, breaks) for breaks in range(fewest, int(highest) + 1)
            ]
    return patterns


class _Block:
    """Columns of the vehicles of one group that make certain numbers of trips."""

    def __init__(self, program: ClassProgram, group: int, start: int) -> None:
        self.program = program
        self.group = group
        n_stops, n_places = program.onward_s.shape
        size = n_stops * n_places
        self.trips = start + np.arange(size).reshape(n_stops, n_places)
        self.empty = start + size + np.arange(size).reshape(n_places, n_stops)
        self.first = start + 2 * size + np.arange(n_stops)
        self.vehicles = start + 2 * size + n_stops
        self.persons = self.vehicles + 1
        self.last_persons = self.vehicles + 2
        self.end = self.vehicles + 3
        self.reached = np.isfinite(program.depot_s[group]) & np.isfinite(program.onward_s.min(axis=1))

    def upper(self) -> FloatArray:
        """Upper limits of the columns."""
        program = self.program
        trips = np.where(np.isfinite(program.onward_s) & self.reached[:, None], np.inf, 0.0)
        empty = np.where(np.isfinite(program.back_s) & self.reached, np.inf, 0.0)
        first = np.where(self.reached, np.inf, 0.0)
        others = np.array([program.count[self.group], np.inf, np.inf])
        return np.concatenate([trips.ravel(), empty.ravel(), first, others])

    def add_time(self, rows: _Rows, pattern: _Pattern, hours_s: float, gaps: float) -> None:
        """Rows of working time and of driving time."""
        program, group = self.program, self.group
        onward_s = np.where(np.isfinite(program.onward_s), program.onward_s, 0.0)
        back_s = np.where(np.isfinite(program.back_s), program.back_s, 0.0)
        first_s = np.where(self.reached, program.depot_s[group], 0.0)
        # A longer day than the people need does not change the program, and infinity is no coefficient.
        longest_s = onward_s.max() + back_s.max() + first_s.max() + 86400.0
        day_s = min(hours_s, float(program.people.sum()) * longest_s)
        spare_s = day_s + program.stop_s + gaps * (2 * program.stop_s + program.full_handling_s[group])
        share = program.break_s / program.drive_before_break_s

        def add(drive_factor: float, *, standing: bool, limit_s: float) -> None:
            row = rows.open(1)
            rows.add(row, self.trips, onward_s * drive_factor + standing * 2 * program.stop_s)
            rows.add(row, self.empty, back_s * drive_factor)
            rows.add(row, self.first, first_s * drive_factor)
            rows.add(row, self.persons, standing * (program.board_s + program.alight_s))
            rows.add(row, self.last_persons, -standing * program.alight_s)
            rows.add(row, self.vehicles, -limit_s)

        add(1.0, standing=True, limit_s=spare_s - (pattern.breaks or 0) * program.break_s)
        if share > 0 and pattern.breaks is None:
            add(1.0 + share, standing=True, limit_s=spare_s + (1 + gaps) * program.break_s)
        elif share > 0 and pattern.breaks is not None:
            most_driving_s = (pattern.breaks + 1 + gaps) * program.drive_before_break_s
            add(1.0, standing=False, limit_s=most_driving_s)

    def add_counts(self, rows: _Rows, equal: _Rows, pattern: _Pattern) -> None:
        """Rows that tie trips, first trips, vehicles and persons to one another."""
        starts = equal.open(1)
        equal.add(starts, self.first, 1.0)
        equal.add(starts, self.vehicles, -1.0)
        fewest, most = rows.open(1), rows.open(1)
        rows.add(fewest, self.trips, -1.0)
        rows.add(fewest, self.vehicles, float(pattern.fewest_trips))
        rows.add(most, self.trips, 1.0)
        rows.add(most, self.vehicles, -float(pattern.most_trips))
        at_stops = equal.open(len(self.first))
        equal.add(at_stops, self.first, 1.0)
        equal.add(at_stops, self.empty, 1.0)
        equal.add(at_stops[:, None], self.trips, -1.0)
        at_places = rows.open(len(self.empty))
        rows.add(at_places[:, None], self.empty, 1.0)
        rows.add(at_places, self.trips, -1.0)
        full = rows.open(1)
        rows.add(full, self.persons, 1.0)
        rows.add(full, self.trips, -self.program.places[self.group])
        last = rows.open(2)
        rows.add(last, self.last_persons, 1.0)
        rows.add(last[:1], self.persons, -1.0)
        rows.add(last[1:], self.vehicles, -self.program.places[self.group])
