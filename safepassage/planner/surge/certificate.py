"""The certificate: how good a plan is, against bounds that no plan can beat and against the baseline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np

from safepassage import __version__
from safepassage.errors import InfeasibleError
from safepassage.model.arrays import IndexArray
from safepassage.model.outcome import Outcome
from safepassage.model.plan import Bounded, Certificate, Mode, NaiveComparison, Plan
from safepassage.model.scenario import Scenario
from safepassage.planner.surge.bound import clearance_bound
from safepassage.planner.surge.car_route import make_route, resource_capacity_per_s
from safepassage.planner.surge.fleet_bound import FleetBound
from safepassage.planner.surge.fleet_task import bound_fleet
from safepassage.planner.surge.naive import DESCRIPTION
from safepassage.planner.surge.problem import SurgeProblem, car_demand
from safepassage.progress import Progress

OBJECTIVE = "clearance of all people, then mean arrival"
_SOLVERS = ("numpy", "scipy", "numba", "ortools", "highspy")
_SAME = 1.005


@dataclass(frozen=True, slots=True)
class CarBound:
    """
    A time before which no plan has the cars out.

    Attributes
    ----------
    bound_s : float
        Clearance of the cars (s); ``inf`` where they cannot all be out within the horizon.
    parts : tuple of (str, float)
        Each bound that was computed (s); the largest counts.
    binding : str
        What limits the cars.
    """

    bound_s: float
    parts: tuple[tuple[str, float], ...]
    binding: str


def bound_cars(problem: SurgeProblem, *, progress: Progress | None = None) -> CarBound:
    """
    Bound the clearance of the cars from below.

    Parameters
    ----------
    problem : SurgeProblem
        Who leaves and over which roads.
    progress : Progress, optional
        Told of each phase.

    Returns
    -------
    CarBound
        Valid for every plan that obeys the scenario's capacities and curfew.
    """
    if not problem.queues:
        return CarBound(0.0, (), "")
    network = problem.open_roads
    ends = {problem.node_index[site.node] for site in problem.destinations}
    if all(problem.origin(queue.settlement) in ends for queue in problem.queues):
        return CarBound(0.0, (), "")
    try:
        bound = clearance_bound(
            network, car_demand(problem), open_windows=problem.scenario.open_windows(), progress=progress
        )
    except InfeasibleError:
        return CarBound(math.inf, (), "horizon")
    parts = (
        ("cars_discrete", bound.discrete_s),
        ("cars_continuous", bound.continuous_s),
        ("cars_farthest", bound.farthest_s),
    )
    return CarBound(bound.bound_s, parts, _binding_words(problem, bound.binding_part, bound.binding_link))


def _binding_words(problem: SurgeProblem, part: str, links: IndexArray) -> str:
    """Name the gate, or the crossing or link of the cut, with the most work if all go the nearest way."""
    network = problem.open_roads
    if part == "farthest":
        return "distance"
    gates = np.flatnonzero(np.isfinite(network.node_service_pcu_per_h))
    cut = np.concatenate([links, network.n_links + gates]).astype(np.int64)
    if not cut.size:
        return "roads"
    work_s = np.zeros(network.n_links + network.n_nodes)
    capacity = resource_capacity_per_s(network)
    for queue in problem.queues:
        origin = problem.origin(queue.settlement)
        ends = [problem.node_index[site.node] for site in problem.destinations]
        nearest = min(ends, key=lambda end: problem.paths.time_s(origin, end))
        used = make_route(network, problem.paths.links(origin, nearest), 0).resources
        work_s[used] += queue.cars / capacity[used]
    busiest = int(cut[np.argmax(work_s[cut])])
    if busiest >= network.n_links:
        node = network.node_id[busiest - network.n_links]
        there = [site for site in problem.scenario.sites if site.node == node]
        gate = min(there, key=lambda site: site.service_rate_pcu_per_h, default=None)
        return gate.name_en if gate else node
    return network.crossing[busiest] or network.link_id[busiest]


def certify(
    problem: SurgeProblem,
    plan: Plan,
    outcome: Outcome,
    naive: Outcome,
    cars: CarBound,
    *,
    seed: int,
    work_budget: tuple[tuple[str, int], ...],
) -> Certificate:
    """
    Write the certificate of a played plan.

    Parameters
    ----------
    problem : SurgeProblem
        What was planned.
    plan : Plan
        The plan.
    outcome, naive : Outcome
        The plan and the baseline, played.
    cars : CarBound
        The cars' bound.
    seed : int
        Seed used.
    work_budget : tuple of (str, int)
        Work allowed and done.

    Returns
    -------
    Certificate
        Its numbers are the played ones.
    """
    unserved = sum(part.people.total for part in plan.unserved)
    total = problem.scenario.people_in_scope.total
    fleet = bound_fleet(problem, plan.assignments)
    clearance = _clearance(problem.scenario, plan, outcome, cars, fleet)
    comparison = NaiveComparison(
        description=DESCRIPTION,
        clearance_s=naive.clearance_s,
        cars_clearance_s=naive.cars_clearance_s,
        fleet_clearance_s=naive.fleet_clearance_s,
        mean_arrival_s=naive.mean_arrival_s,
        people_served=naive.safe,
        nearest_way_is_best=naive.cars_clearance_s <= outcome.cars_clearance_s * _SAME,
    )
    return Certificate(
        objective=OBJECTIVE,
        people_total=total,
        people_served=total - unserved,
        people_unserved=unserved,
        clearance=clearance,
        bound_parts=(*cars.parts, *_fleet_parts(fleet)),
        mean_arrival_s=outcome.mean_arrival_s,
        naive=comparison,
        assumptions=tuple(assumption.id for assumption in problem.scenario.assumptions),
        statements=_statements(clearance, comparison, outcome),
        versions=(("safepassage", __version__), *((name, version(name)) for name in _SOLVERS)),
        seed=seed,
        input_hash=plan.scenario_hash,
        work_budget=work_budget,
    )


def _fleet_parts(fleet: FleetBound | None) -> tuple[tuple[str, float], ...]:
    if fleet is None:
        return ()
    parts = [("fleet_seated_work", fleet.seated.work_s), ("fleet_seated_farthest", fleet.seated.farthest_s)]
    for need, bound in fleet.by_need.items():
        parts += [(f"fleet_{need}_work", bound.work_s), (f"fleet_{need}_farthest", bound.farthest_s)]
    return tuple(parts)


def _clearance(
    scenario: Scenario, plan: Plan, outcome: Outcome, cars: CarBound, fleet: FleetBound | None
) -> tuple[Bounded, ...]:
    driving = sum(part.people.total for part in plan.assignments if part.mode == Mode.CAR)
    fetched = sum(part.people.total for part in plan.assignments if part.mode != Mode.CAR)
    rows = []
    if driving:
        rows.append(Bounded("cars", driving, cars.bound_s, outcome.cars_clearance_s, cars.binding))
    if fleet is not None:
        classes = [("seated", fleet.seated), *((need.value, bound) for need, bound in fleet.by_need.items())]
        name, slowest = max(classes, key=lambda item: item[1].bound_s)
        limit = "distance" if slowest.farthest_s >= slowest.work_s else "vehicles"
        rows.append(Bounded("fleet", fetched, fleet.bound_s, outcome.fleet_clearance_s, f"{limit}: {name}"))
        rows += _by_need(scenario, plan, outcome, fleet)
    if not rows:
        return ()
    last = max(rows, key=lambda row: row.bound_s)
    everyone = Bounded(
        "all", driving + fetched, last.bound_s, outcome.clearance_s, f"{last.name}: {last.binding}"
    )
    return (everyone, *rows)


def _by_need(scenario: Scenario, plan: Plan, outcome: Outcome, fleet: FleetBound) -> list[Bounded]:
    """Played time at which the last person of each need class was safe, beside the class's bound."""
    safe = {site.id for site in scenario.sites if site.safe}
    last_s = dict.fromkeys(fleet.by_need, 0.0)
    for trip, played in zip(plan.trips, outcome.trips, strict=True):
        from_safety = {leg.site for leg in trip.legs if leg.board} <= safe
        if from_safety:
            continue
        for leg, arrive_s in zip(trip.legs, played.arrive_s, strict=True):
            if leg.site in safe:
                for load in leg.alight:
                    for need in last_s:
                        if getattr(load.needs, need.value):
                            last_s[need] = max(last_s[need], arrive_s)
    return [
        Bounded(f"fleet_{need.value}", bound.people, bound.bound_s, last_s[need],
                "distance" if bound.farthest_s >= bound.work_s else "vehicles")
        for need, bound in fleet.by_need.items()
        if bound.people
    ]  # fmt: skip


def _statements(clearance: Sequence[Bounded], naive: NaiveComparison, outcome: Outcome) -> tuple[str, ...]:
    said = [
        f"{row.name}: no plan can have them out before {row.bound_s / 60:.0f} min; this plan does in"
        f" {row.value_s / 60:.0f} min, at most {row.gap_percent:.1f} % from the best."
        for row in clearance
    ]
    if naive.nearest_way_is_best:
        said.append("For cars the nearest way, all at once, clears as early as this plan.")
    gain_s = naive.clearance_s - outcome.clearance_s
    said.append(f"Against the baseline everyone is out {gain_s / 60:.0f} min earlier.")
    return tuple(said)
