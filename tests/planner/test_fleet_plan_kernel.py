"""The compiled dispatch against the plain rules, and the rules against cases worked out by hand."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

from benchmarks.fleet_plan_case import kupiansk_like
from safepassage.model.fleet import VehicleGroup
from safepassage.model.people import HouseholdGroup, NeedCount, PeopleCount
from safepassage.planner.surge.fleet_clock import time_job, window_start_s
from safepassage.planner.surge.fleet_loads import Worth
from safepassage.planner.surge.fleet_parties import parties_of
from safepassage.planner.surge.fleet_problem import FleetProblem, build_problem
from safepassage.planner.surge.fleet_schedule import Crowd, Schedule
from safepassage.planner.surge.fleet_search import search_fleet
from safepassage.planner.surge.kernel_fleet_search import search as kernel_search
from safepassage.planner.surge.paths import Paths
from safepassage.progress import NoProgress

BUS = VehicleGroup("bus", "bus", "A", 1, 45, 0, 0, 2, "depot")
AMBULANCE = VehicleGroup("ambulance", "ambulance", "A", 1, 2, 0, 1, 1, "depot")


@pytest.fixture(scope="module")
def problem() -> FleetProblem:
    scenario, households = kupiansk_like(
        settlements=12, carless=2400, wheelchair=10, stretcher=5, with_train=False, stop_cap=math.inf
    )
    return build_problem(scenario, households, Paths(scenario.network))


@pytest.mark.parametrize("iterations", [0, 15])
def test_compiled_times_equal_the_plain_rules(problem: FleetProblem, iterations: int) -> None:
    found = search_fleet(problem, Worth(problem), seed=4, iterations=iterations, progress=NoProgress())
    plain = Schedule(problem)
    for vehicle, jobs in enumerate(found.jobs):
        for job in jobs:
            again = time_job(plain, vehicle, job.tour, job.haven)
            assert again == job
            plain.commit(again)
    assert plain.remaining == found.remaining


def test_the_search_is_the_same_for_the_same_seed(problem: FleetProblem) -> None:
    worth = Worth(problem)
    first, same = (
        search_fleet(problem, worth, seed=1, iterations=10, progress=NoProgress()).jobs for _ in range(2)
    )
    assert first == same


def test_the_first_loads_of_large_places_leave_no_seat_empty(problem: FleetProblem) -> None:
    found = search_fleet(problem, Worth(problem), seed=4, iterations=0, progress=NoProgress())
    people = [sum(problem.kinds[k].count * problem.kinds[k].size[3] for k in at) for at in problem.kinds_at]
    loads = [
        (jobs[0].needs.seats, problem.groups[problem.vehicles[vehicle].group].seats)
        for vehicle, jobs in enumerate(found.jobs)
        if jobs and len(jobs[0].calls) == 1 and people[jobs[0].calls[0].stop] > 300
    ]
    buses = [(taken, seats) for taken, seats in loads if seats >= 40]
    assert len(buses) > 5
    assert all(taken == seats for taken, seats in buses)


def test_the_kept_kernel_belongs_to_all_its_files(problem: FleetProblem) -> None:
    search_fleet(problem, Worth(problem), seed=4, iterations=1, progress=NoProgress())
    kept: Any = kernel_search
    index = kept._cache._cache_file
    assert index._load_index() != {}
    of_other_files = copy.copy(index)
    of_other_files._source_stamp = "the digest of other files"
    assert of_other_files._load_index() == {}


def test_a_window_must_hold_the_whole_drive() -> None:
    windows = [(0, 100), (200, 300)]
    assert window_start_s(windows, 10, 50) == 10
    assert window_start_s(windows, 60, 50) == 200
    assert window_start_s(windows, 260, 50) is None


def test_a_crowd_peaks_where_intervals_overlap() -> None:
    crowd = Crowd([(0, 10, 5), (5, 15, 7), (20, 30, 9)])
    assert crowd.peak(0, 30) == 12
    assert crowd.peak(10, 20) == 7
    assert crowd.peak(15, 20) == 0
    assert crowd.next_leaving(10) == 15


def test_a_household_stays_together_where_a_vehicle_holds_it() -> None:
    household = HouseholdGroup(
        3, PeopleCount(1, 1, 0, 1), NeedCount(seat=1, stretcher=1, carer=1), has_car=False
    )
    (party,) = parties_of(household, [BUS, AMBULANCE])
    assert (party.households, party.needs) == (1, household.needs)


def test_a_household_too_large_is_split_with_its_carer_beside_the_patient() -> None:
    household = HouseholdGroup(
        1, PeopleCount(2, 2, 0, 1), NeedCount(seat=3, stretcher=1, carer=1), has_car=False
    )
    parties = parties_of(household, [BUS, AMBULANCE])
    assert [party.needs for party in parties] == [
        NeedCount(seat=1, stretcher=1, carer=1),
        NeedCount(seat=2),
    ]
    assert parties[0].people == PeopleCount(1, 1, 0, 1)
    assert sum(party.households for party in parties) == 1
    assert parties[0].people + parties[1].people == household.people


def test_a_patient_whom_no_vehicle_suits_stays_one_party() -> None:
    household = HouseholdGroup(1, PeopleCount(1, 0, 0, 1), NeedCount(stretcher=1, carer=1), has_car=False)
    parties = parties_of(household, [BUS])
    assert [party.needs for party in parties] == [NeedCount(stretcher=1, carer=1)]
