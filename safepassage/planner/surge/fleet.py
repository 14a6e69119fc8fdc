"""People without a car: which vehicle fetches whom, when, and brings them where."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from safepassage.i18n import _, ngettext
from safepassage.model.people import HouseholdGroup
from safepassage.model.plan import Assignment, Trip, Unserved
from safepassage.model.scenario import Scenario
from safepassage.planner.surge.fleet_dispatch import dispatch_nearest
from safepassage.planner.surge.fleet_loads import Worth
from safepassage.planner.surge.fleet_onward import plan_onward, riders_from_stations
from safepassage.planner.surge.fleet_problem import build_problem
from safepassage.planner.surge.fleet_schedule import Schedule
from safepassage.planner.surge.fleet_search import search_fleet
from safepassage.planner.surge.fleet_travel import Slowdown
from safepassage.planner.surge.fleet_trips import assignments_of, trips_of
from safepassage.planner.surge.fleet_unserved import unserved_of
from safepassage.planner.surge.paths import Paths
from safepassage.progress import NoProgress, Progress


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """
    What the fleet does.

    Attributes
    ----------
    trips : tuple of Trip
        By departure: fetching, onward travel from hubs, scheduled services.
    assignments : tuple of Assignment
        How everybody who is served goes.
    unserved : tuple of Unserved
        Who is not, and why.
    clearance_s : float
        When the last of those served is out of danger (s); NaN where nobody is served.
    mean_arrival_s : float
        Mean time of getting out of danger over those served (s); NaN where nobody is.
    notes : tuple of str
        What people should know, in words.
    work : tuple of (str, int)
        Iterations allowed and jobs planned, which reproduce the plan.
    """

    trips: tuple[Trip, ...]
    assignments: tuple[Assignment, ...]
    unserved: tuple[Unserved, ...]
    clearance_s: float
    mean_arrival_s: float
    notes: tuple[str, ...]
    work: tuple[tuple[str, int], ...]


def plan_fleet(
    scenario: Scenario,
    households: Mapping[str, tuple[HouseholdGroup, ...]],
    paths: Paths,
    *,
    seed: int,
    iterations: int,
    capacity_left: Mapping[str, float] | None = None,
    slowdown: Slowdown | None = None,
    progress: Progress | None = None,
) -> FleetPlan:
    """
    Plan the fleet so that the last person is out of danger as early as possible.

    Parameters
    ----------
    scenario : Scenario
        Sites, fleet, services, rules, pins.
    households : mapping of str to tuple of HouseholdGroup
        By settlement id, those who have no car.
    paths : Paths
        Ways that vehicles may take.
    seed : int
        Of the search.
    iterations : int
        Work budget of the search; 0 keeps the first schedule.
    capacity_left : mapping of str to float, optional
        Persons that sites can still take in, by site id; the site's capacity where not given.
    slowdown : Slowdown, optional
        Travel times over free flow, as measured by playing a plan.
    progress : Progress, optional
        Observer.

    Returns
    -------
    FleetPlan
        The same for the same arguments.

    Notes
    -----
    See `search_fleet` for the method, and `fleet_clock` and `kernel_fleet` for the rules that a
    schedule obeys.
    """
    problem = build_problem(scenario, households, paths, capacity_left=capacity_left, slowdown=slowdown)
    progress = progress or NoProgress()
    progress.start(_("Planning the fleet"), iterations)
    schedule = search_fleet(problem, Worth(problem), seed=seed, iterations=iterations, progress=progress)
    return _plan(schedule, iterations)


def naive_fleet(
    scenario: Scenario,
    households: Mapping[str, tuple[HouseholdGroup, ...]],
    paths: Paths,
    *,
    capacity_left: Mapping[str, float] | None = None,
    slowdown: Slowdown | None = None,
) -> FleetPlan:
    """
    The baseline: every vehicle goes to the nearest people left and straight to the nearest reception.

    Parameters
    ----------
    scenario : Scenario
        Sites, fleet, rules, pins.
    households : mapping of str to tuple of HouseholdGroup
        By settlement id, those who have no car.
    paths : Paths
        Ways that vehicles may take.
    capacity_left : mapping of str to float, optional
        Persons that sites can still take in, by site id; the site's capacity where not given.
    slowdown : Slowdown, optional
        Travel times over free flow.

    Returns
    -------
    FleetPlan
        Without hubs and scheduled services, under the same rules for needs, hours and crowds.
    """
    problem = build_problem(
        scenario, households, paths, capacity_left=capacity_left, slowdown=slowdown, direct_only=True
    )
    return _plan(dispatch_nearest(problem), 0)


def _plan(schedule: Schedule, iterations: int) -> FleetPlan:
    fetched = [(job.safe_s, job.persons) for jobs in schedule.jobs for job in jobs]
    persons = sum(n for _, n in fetched)
    riders = riders_from_stations(schedule)
    onward = plan_onward(schedule)
    assignments = assignments_of(schedule, onward, riders)
    unserved = unserved_of(schedule)
    problem = schedule.problem
    everybody = sum(kind.count * kind.party.people.total for kind in problem.kinds)
    assert sum(part.people.total for part in assignments) == persons
    assert persons + sum(part.people.total for part in unserved) == everybody
    return FleetPlan(
        trips=trips_of(schedule, (*riders, *onward.riders)),
        assignments=assignments,
        unserved=unserved,
        clearance_s=max((float(at) for at, _ in fetched), default=math.nan),
        mean_arrival_s=sum(at * n for at, n in fetched) / persons if persons else math.nan,
        notes=_notes(schedule, sum(summed for _, parties in onward.staying for _, summed in parties)),
        work=(("fleet_iterations", iterations), ("fleet_jobs", sum(map(len, schedule.jobs)))),
    )


def _notes(schedule: Schedule, staying: int) -> tuple[str, ...]:
    notes = []
    split = schedule.problem.split_households
    if split:
        text = ngettext(
            "{number} household fits into no vehicle and travels in several.",
            "{number} households fit into no vehicle and travel in several.",
            split,
        )
        notes.append(text.format(number=split))
    if staying:
        text = ngettext(
            "{number} household stays at the hub; no vehicle, bed or hour is left to take it on.",
            "{number} households stay at the hub; no vehicle, bed or hour is left to take them on.",
            staying,
        )
        notes.append(text.format(number=staying))
    return tuple(notes)
