from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safepassage.errors import ModelError
from safepassage.model.people import NeedClass
from safepassage.model.policy import Boarding
from safepassage.planner.surge.fleet_bound import FleetBound, fleet_bound
from safepassage.planner.surge.fleet_bound_task import FleetGroup, FleetService, FleetTask

MINUTE_S = 60.0
HOUR_S = 3600.0
AT_ONCE = Boarding(0.0, 0.0, 0.0, 0.0)
# The search for the least time ends when it is bracketed to one part in 5,000.
CLOSE = 3e-4


def buses(count: int, seats: int, depot_min: Sequence[float], **rules: float) -> FleetGroup:
    return FleetGroup(count, seats, 0, 0, MINUTE_S * np.array(depot_min, np.float64), **rules)


def task_of(
    seated: Sequence[int],
    groups: Sequence[FleetGroup],
    onward_min: Sequence[Sequence[float]],
    **rules: object,
) -> FleetTask:
    people = np.zeros((len(seated), 4), np.int64)
    people[:, 0] = seated
    onward_s = MINUTE_S * np.array(onward_min, np.float64)
    values: dict[str, object] = {"boarding": AT_ONCE, "destination_to_stop_s": onward_s.T} | rules
    return FleetTask(
        people=people,
        groups=tuple(groups),
        stop_to_destination_s=onward_s,
        **values,  # type: ignore[arg-type]
    )


def minutes(bound: FleetBound) -> float:
    return bound.bound_s / MINUTE_S


def test_one_bus_one_stop_two_trips() -> None:
    # Depot 10 min away, safe place 30 min: 10 + 30 + 30 + 30.
    bound = fleet_bound(task_of([100], [buses(1, 50, [10])], [[30]]))
    assert minutes(bound) == pytest.approx(100.0, rel=CLOSE)
    assert bound.bound_s <= 100.0 * MINUTE_S
    assert bound.by_need[NeedClass.SEAT].farthest_s == 40.0 * MINUTE_S


def test_one_person_more_needs_one_trip_more() -> None:
    bound = fleet_bound(task_of([101], [buses(1, 50, [10])], [[30]]))
    assert minutes(bound) == pytest.approx(160.0, rel=CLOSE)


def test_two_buses_share_the_trips() -> None:
    assert minutes(fleet_bound(task_of([100], [buses(2, 50, [10])], [[30]]))) == pytest.approx(
        40.0, rel=CLOSE
    )
    # Three trips: one bus makes two of them.
    assert minutes(fleet_bound(task_of([150], [buses(2, 50, [10])], [[30]]))) == pytest.approx(
        100.0, rel=CLOSE
    )


def test_two_stops_are_served_in_the_better_order() -> None:
    # First the near stop from the depot: 10 + 30, then 10 to the other and 10 back.
    bound = fleet_bound(task_of([50, 50], [buses(1, 50, [10, 20])], [[30], [10]]))
    assert minutes(bound) == pytest.approx(60.0, rel=CLOSE)


def test_a_trip_shared_by_two_stops_counts_once() -> None:
    # 25 people at each of two stops on one way fit one bus: 10 min to the far stop, then 30.
    task = task_of([25, 25], [buses(1, 50, [10, 20])], [[30], [20]])
    assert minutes(fleet_bound(task)) == pytest.approx(40.0, rel=CLOSE)


def test_boarding_takes_its_time_and_the_last_unloading_does_not_count() -> None:
    boarding = Boarding(stop_s=300.0, seat_s=10.0)
    one_trip = fleet_bound(task_of([10], [buses(1, 50, [10])], [[30]], boarding=boarding))
    assert one_trip.bound_s == pytest.approx(600 + 300 + 10 * 10 + 1800, rel=CLOSE)
    two_trips = fleet_bound(task_of([100], [buses(1, 50, [10])], [[30]], boarding=boarding))
    assert two_trips.bound_s == pytest.approx(600 + 800 + 1800 + (300 + 250) + 1800 + 800 + 1800, rel=CLOSE)


def test_a_break_after_so_much_driving() -> None:
    # 8 trips of an hour there and 7 back are 15 hours: three breaks of 45 min.
    task = task_of(
        [400], [buses(1, 50, [0])], [[60]], drive_before_break_s=4.5 * HOUR_S, break_s=0.75 * HOUR_S
    )
    assert fleet_bound(task).bound_s == pytest.approx(15 * HOUR_S + 3 * 0.75 * HOUR_S, rel=CLOSE)


def test_crew_hours_limit_how_many_can_be_brought() -> None:
    # 10 hours: five trips there, four and a half back.
    task = task_of([400], [buses(1, 50, [0], crew_hours=10.0)], [[60]])
    bound = fleet_bound(task)
    assert np.isinf(bound.bound_s)
    assert bound.by_need[NeedClass.SEAT].most_people == 250
    fewer = fleet_bound(task, served={NeedClass.SEAT: 250})
    assert fewer.bound_s == pytest.approx(9 * HOUR_S, rel=CLOSE)


def test_vehicles_that_come_late() -> None:
    bound = fleet_bound(task_of([50], [buses(1, 50, [10], available_from_s=HOUR_S)], [[30]]))
    assert minutes(bound) == pytest.approx(100.0, rel=CLOSE)


def test_the_easiest_people_count_where_not_all_are_served() -> None:
    task = task_of([50, 50], [buses(1, 50, [10, 100])], [[30], [300]])
    assert minutes(fleet_bound(task, served={NeedClass.SEAT: 50})) == pytest.approx(40.0, rel=CLOSE)
    assert minutes(fleet_bound(task)) > 300.0


def test_closed_hours_stop_the_vehicles() -> None:
    # The second trip of test_one_bus_one_stop_two_trips would end at 100 min, 20 min after the road closes.
    windows = [(0.0, 80 * MINUTE_S), (600 * MINUTE_S, 1200 * MINUTE_S)]
    bound = fleet_bound(task_of([100], [buses(1, 50, [10])], [[30]], open_windows=windows))
    assert minutes(bound) == pytest.approx(620.0, rel=CLOSE)
    # A single person far away needs more open time than the first window has.
    far = fleet_bound(task_of([1], [buses(1, 50, [10])], [[90]], open_windows=windows))
    assert minutes(far) == pytest.approx(620.0, rel=CLOSE)


def test_each_need_class_waits_for_the_vehicles_that_have_its_places() -> None:
    people = np.array([[50, 4, 1, 5]])
    van = FleetGroup(1, 4, 2, 0, np.array([0.0]))
    ambulance = FleetGroup(1, 1, 0, 1, np.array([600.0]))
    task = FleetTask(
        people=people,
        groups=(buses(1, 55, [10]), van, ambulance),
        stop_to_destination_s=np.array([[1800.0]]),
        destination_to_stop_s=np.array([[1800.0]]),
        boarding=AT_ONCE,
    )
    bound = fleet_bound(task)
    assert bound.by_need[NeedClass.WHEELCHAIR].bound_s == pytest.approx(5400.0, rel=CLOSE)
    assert bound.by_need[NeedClass.STRETCHER].bound_s == pytest.approx(2400.0, rel=CLOSE)
    assert bound.by_need[NeedClass.SEAT].bound_s == pytest.approx(2400.0, rel=CLOSE)
    # Carers take seats beside those who sit: 55 in all.
    assert bound.seated.people == 55
    assert bound.bound_s == pytest.approx(5400.0, rel=CLOSE)


def test_a_safe_place_that_does_not_take_a_class() -> None:
    task = FleetTask(
        people=np.array([[0, 0, 1, 0]]),
        groups=(FleetGroup(1, 1, 0, 1, np.array([0.0])),),
        stop_to_destination_s=np.array([[600.0, 3600.0]]),
        destination_to_stop_s=np.array([[600.0], [3600.0]]),
        destination_takes=np.array([[True, True, False, True], [True, True, True, True]]),
        boarding=AT_ONCE,
    )
    assert fleet_bound(task).bound_s == pytest.approx(3600.0, rel=CLOSE)


def with_train(task: FleetTask, walking: tuple[int, ...]) -> FleetTask:
    train = FleetService(
        depart_s=np.array([1200.0, 7200.0]),
        arrive_s=np.array([2400.0, 8400.0]),
        seats=100,
        wheelchair_places=0,
        stretcher_places=0,
        stop_to_station_s=np.full(task.n_stops, 300.0),
        station_to_stop_s=np.full(task.n_stops, 300.0),
        walking_stop=walking,
    )
    return replace(task, services=(train,))


def test_a_train_takes_people_at_its_times_up_to_its_places() -> None:
    task = task_of([200], [buses(1, 50, [0])], [[600]])
    on_foot = fleet_bound(with_train(task, walking=(0,)))
    assert on_foot.bound_s == pytest.approx(8400.0, rel=CLOSE)
    half = fleet_bound(with_train(task, walking=(0,)), served={NeedClass.SEAT: 100})
    assert half.bound_s == pytest.approx(2400.0, rel=CLOSE)
    by_bus = fleet_bound(with_train(task, walking=()))
    assert by_bus.bound_s == pytest.approx(8400.0, rel=CLOSE)
    assert fleet_bound(task).bound_s > 36000.0


def test_people_brought_to_a_train_are_at_most_those_who_may_wait() -> None:
    task = with_train(task_of([60], [buses(1, 50, [0])], [[600]]), walking=())
    assert fleet_bound(task).bound_s == pytest.approx(2400.0, rel=CLOSE)
    small_station = replace(task, services=(replace(task.services[0], waiting_cap_persons=30.0),))
    assert fleet_bound(small_station).bound_s == pytest.approx(8400.0, rel=CLOSE)
    # Those who walk to the station wait at their assembly point.
    on_foot = with_train(task, walking=(0,))
    capped = replace(on_foot, services=(replace(on_foot.services[0], waiting_cap_persons=30.0),))
    assert fleet_bound(capped).bound_s == pytest.approx(2400.0, rel=CLOSE)


def test_a_bus_sets_out_from_where_it_unloaded() -> None:
    # One place is 10 min there and 100 back, the other 100 there and 10 back: no cycle is below 110.
    task = task_of(
        [100],
        [buses(1, 50, [0])],
        [[10, 100]],
        destination_to_stop_s=MINUTE_S * np.array([[100.0], [10.0]]),
    )
    assert minutes(fleet_bound(task)) == pytest.approx(120.0, rel=CLOSE)


def test_a_place_that_another_one_replaces_changes_nothing() -> None:
    one = task_of([100, 30], [buses(1, 50, [10, 20])], [[30], [40]])
    two = task_of([100, 30], [buses(1, 50, [10, 20])], [[35, 30], [40, 40]])
    assert fleet_bound(two).bound_s == fleet_bound(one).bound_s


def test_many_safe_places_count_as_the_nearest() -> None:
    onward = [[float(10 + abs(stop - place)) for place in range(6)] for stop in range(6)]
    bound = fleet_bound(task_of([100] * 6, [buses(6, 50, [0.0] * 6)], onward))
    # Each bus goes to safety in 10 min, back and there again.
    assert minutes(bound) == pytest.approx(30.0, rel=CLOSE)


def test_people_whom_no_vehicle_can_take() -> None:
    bound = fleet_bound(replace(task_of([5], [buses(1, 50, [10])], [[30]]), people=np.array([[5, 2, 0, 0]])))
    assert np.isinf(bound.by_need[NeedClass.WHEELCHAIR].bound_s)
    assert bound.by_need[NeedClass.WHEELCHAIR].most_people == 0


def test_nobody_to_bring() -> None:
    bound = fleet_bound(task_of([0], [buses(1, 50, [10])], [[30]]))
    assert bound.bound_s == 0.0
    assert not bound.by_need


def test_contradicting_arrays_are_refused() -> None:
    with pytest.raises(ModelError, match="depot_to_stop_s"):
        task_of([1, 1], [buses(1, 50, [10])], [[30], [30]])
    with pytest.raises(ModelError, match="at most all"):
        fleet_bound(task_of([1], [buses(1, 50, [10])], [[30]]), served={NeedClass.SEAT: 2})


def best_by_exhaustion(
    people: Sequence[int],
    seats: Sequence[int],
    depot: Sequence[Sequence[float]],
    onward: Sequence[Sequence[float]],
    back: Sequence[Sequence[float]],
    between: Sequence[Sequence[float]],
    boarding: Boarding,
) -> float:
    """
    Least time (s) over all tours of the buses to the safe places, calling at one or two stops a trip.

    Every trip fills the bus as far as people are left at its stops, first the one or first the other.
    """
    best = np.inf

    def search(
        left: tuple[int, ...], free: tuple[float, ...], ways: tuple[Sequence[float], ...], last: float
    ) -> None:
        nonlocal best
        if last >= best:
            return
        if not any(left):
            best = last
            return
        # Any bus goes next, or never again; so every order is covered.
        for bus in range(len(seats)):
            if free[bus] >= best:
                continue
            for way in calls:
                room, loads = seats[bus], []
                for stop in way:
                    loads.append(min(room, left[stop]))
                    room -= loads[-1]
                if not all(loads):
                    continue
                at = free[bus] + ways[bus][way[0]]
                for k, stop in enumerate(way):
                    at += boarding.stop_s + boarding.seat_s * loads[k]
                    at += between[stop][way[k + 1]] if k + 1 < len(way) else 0.0
                still = list(left)
                for stop, load in zip(way, loads, strict=True):
                    still[stop] -= load
                unload_s = boarding.stop_s + 0.5 * boarding.seat_s * sum(loads)
                for place, way_back in enumerate(back):
                    safe = at + onward[way[-1]][place]
                    search(
                        tuple(still),
                        (*free[:bus], safe + unload_s, *free[bus + 1 :]),
                        (*ways[:bus], way_back, *ways[bus + 1 :]),
                        max(last, safe),
                    )

    stops = range(len(people))
    calls = [(stop,) for stop in stops] + list(itertools.permutations(stops, 2))
    search(tuple(people), (0.0,) * len(seats), tuple(depot), 0.0)
    return best


@settings(max_examples=60)
@given(seed=st.integers(0, 100_000))
def test_no_tour_beats_the_bound(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_places = int(rng.integers(1, 3))
    n_stops, n_buses = int(rng.integers(1, 5 - n_places)), int(rng.integers(1, 3))
    places = rng.uniform(0.0, 3600.0, (n_stops + n_places + n_buses, 2))
    times = np.linalg.norm(places[:, None] - places[None], axis=2)
    # Ways there and back differ: uphill takes longer. Shortest times stay shortest times.
    height = rng.uniform(0.0, 600.0, len(places))
    times = times + np.maximum(height[None] - height[:, None], 0.0)
    people = rng.integers(1, 12, n_stops)
    seats = rng.integers(4, 9, n_buses)
    boarding = Boarding(stop_s=float(rng.integers(0, 3)) * 100.0, seat_s=float(rng.integers(0, 3)) * 20.0)
    safe = slice(n_stops, n_stops + n_places)
    depots = times[n_stops + n_places :, :n_stops]
    task = FleetTask(
        people=np.column_stack([people, np.zeros((n_stops, 3), np.int64)]),
        groups=tuple(FleetGroup(1, int(seats[bus]), 0, 0, depots[bus]) for bus in range(n_buses)),
        stop_to_destination_s=times[:n_stops, safe],
        destination_to_stop_s=times[safe, :n_stops],
        boarding=boarding,
    )
    best_s = best_by_exhaustion(
        people.tolist(), seats.tolist(), depots.tolist(), times[:n_stops, safe].tolist(),
        times[safe, :n_stops].tolist(), times[:n_stops, :n_stops].tolist(), boarding,
    )  # fmt: skip
    bound_s = fleet_bound(task).bound_s
    assert bound_s <= best_s + 1e-6
    assert bound_s >= 0.4 * best_s
