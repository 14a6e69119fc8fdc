from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safepassage.errors import InfeasibleError
from safepassage.formats.bep import BusEvacuation, read_bus_evacuation
from safepassage.planner.surge.bep import BepSolution, scaled_times, solve_bus_evacuation
from safepassage.planner.surge.bep_greedy import arrival_of
from safepassage.planner.surge.bep_model import BusFlow, Part


def instance(
    buses: tuple[int, ...],
    loads: tuple[int, ...],
    room: tuple[int, ...],
    yards: list[list[float]],
    stops: list[list[float]],
) -> BusEvacuation:
    return BusEvacuation("made", buses, loads, room, np.array(yards), np.array(stops))


def by_trying_everything(case: BusEvacuation) -> float:
    """Least last arrival over every way to give the loads, one after another, to the buses."""
    yards = [yard for yard, count in enumerate(case.buses) for _bus in range(count)]
    known: dict[tuple[object, ...], float] = {}

    def least(state: tuple[tuple[float, int], ...], loads: tuple[int, ...], room: tuple[int, ...]) -> float:
        if not any(loads):
            return max(at for at, _ in state)
        key = (state, loads, room)
        if key not in known:
            best = np.inf
            for bus, (at, shelter) in enumerate(state):
                for i, waiting in enumerate(loads):
                    for j, free in enumerate(room):
                        if waiting and free:
                            way = (
                                case.yard_to_stop[yards[bus], i]
                                if shelter < 0
                                else case.stop_to_shelter[i, shelter]
                            )
                            then = (float(at + way + case.stop_to_shelter[i, j]), j)
                            less = (*loads[:i], waiting - 1, *loads[i + 1 :])
                            left = (*room[:j], free - 1, *room[j + 1 :])
                            best = min(best, least((*state[:bus], then, *state[bus + 1 :]), less, left))
            known[key] = best
        return known[key]

    return least(tuple((0.0, -1) for _bus in yards), case.loads, case.room)


def check_tours(case: BusEvacuation, solved: BepSolution) -> None:
    times = scaled_times(case)
    assert arrival_of(times, case.buses, solved.tours) == pytest.approx(solved.last_arrival * times.scale)
    drives = [drive for tour in solved.tours for drive in tour]
    assert [sum(i == stop for i, _ in drives) for stop in range(len(case.loads))] == list(case.loads)
    assert all(sum(j == k for _, j in drives) <= room for k, room in enumerate(case.room))


@st.composite
def small_cases(draw: st.DrawFn) -> BusEvacuation:
    n_yards, n_stops, n_shelters = (draw(st.integers(1, 2)) for _k in range(3))
    loads = tuple(draw(st.integers(0, 2)) for _i in range(n_stops))
    room = tuple(draw(st.integers(0, 2)) for _j in range(n_shelters))
    room = (room[0] + sum(loads), *room[1:]) if sum(room) < sum(loads) else room
    time = st.integers(0, 9).map(float)
    yards = [[draw(time) for _i in range(n_stops)] for _y in range(n_yards)]
    stops = [[draw(time) for _j in range(n_shelters)] for _i in range(n_stops)]
    buses = (1, *(draw(st.integers(0, 1)) for _y in range(n_yards - 1)))
    return instance(buses, loads, room, yards, stops)


@given(small_cases())
@settings(max_examples=60)
def test_equals_the_best_of_all_tours(case: BusEvacuation) -> None:
    solved = solve_bus_evacuation(case)
    assert solved.proven
    assert solved.last_arrival == solved.bound == by_trying_everything(case)
    check_tours(case, solved)


def test_one_bus_drives_to_and_fro() -> None:
    solved = solve_bus_evacuation(instance((1,), (3,), (3,), [[4.5]], [[6]]))
    assert solved.last_arrival == 4.5 + 6 * 5
    assert solved.tours == (((0, 0), (0, 0), (0, 0)),)


def test_a_bus_too_far_away_stays_in_its_yard() -> None:
    solved = solve_bus_evacuation(instance((1, 1), (2,), (2,), [[1], [100]], [[1]]))
    assert solved.last_arrival == 4
    assert solved.tours[1] == ()


def test_a_shorter_way_through_another_stop_is_not_taken() -> None:
    # From stop 0 to shelter 0 takes 9, but 1 + 1 + 1 by shelter 1 and stop 1, where nobody waits.
    solved = solve_bus_evacuation(instance((1,), (1, 0), (1, 0), [[1, 1]], [[9, 1], [1, 1]]))
    assert solved.last_arrival == 10


def test_a_stop_may_be_reached_sooner_after_another_load() -> None:
    solved = solve_bus_evacuation(instance((1,), (1, 1), (2,), [[1, 50]], [[1], [1]]))
    assert solved.last_arrival == 1 + 1 + 1 + 1
    assert solved.proven


def test_parts_apart_are_found_and_walks_use_every_drive() -> None:
    apart = BusFlow(first=0, out=[[1, 0], [0, 1]], back=[[0, 0], [0, 1]])
    assert apart.parts_apart() == [Part(frozenset({1}), frozenset({1}))]
    tour = BusFlow(first=0, out=[[2, 0], [0, 1]], back=[[1, 0], [1, 0]])
    assert tour.parts_apart() == []
    assert sorted(tour.tour()) == [(0, 0), (0, 0), (1, 1)]


def test_without_bus_or_room_it_says_so() -> None:
    with pytest.raises(InfeasibleError, match="no bus"):
        solve_bus_evacuation(instance((0,), (1,), (1,), [[1]], [[1]]))
    with pytest.raises(InfeasibleError, match="3 loads but room for 2"):
        solve_bus_evacuation(instance((1,), (3,), (2,), [[1]], [[1]]))


def test_nobody_waiting_takes_no_time() -> None:
    solved = solve_bus_evacuation(instance((1,), (0,), (1,), [[1]], [[1]]))
    assert (solved.last_arrival, solved.bound, solved.tours) == (0, 0, ((),))


@pytest.mark.acceptance
@pytest.mark.parametrize("number", range(1, 11))
def test_published_optima_of_the_small_sets(shared_data: Path, number: int) -> None:
    folder = shared_data / "bep"
    with (folder / "best_known.csv").open(encoding="utf-8") as lines:
        optimum = {
            (row["set"], row["instance"]): float(row["proven_optimum"]) for row in csv.DictReader(lines)
        }
    for group in ("2", "3"):
        path = next((folder / f"set{group}").glob(f"*-i{number}.txt"))
        case = read_bus_evacuation(path)
        solved = solve_bus_evacuation(case)
        assert solved.proven
        assert solved.last_arrival == optimum[group, str(number)]
        check_tours(case, solved)
