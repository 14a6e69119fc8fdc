"""The certificate's part on objectives: each played value beside its bound, and what the form costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from safepassage.model.plan import Certificate, Measured
from safepassage.model.policy import Objective
from safepassage.planner.surge.bound_cost import CarClass, CostRates, least_cost
from safepassage.planner.surge.bound_graph import flow_graph
from safepassage.planner.surge.bound_mean import (
    SAMPLES,
    least_person_s,
    least_too_late,
    mean_arrival_bound_s,
    step_for,
)
from safepassage.planner.surge.bound_windows import joined_windows
from safepassage.planner.surge.objective import HarmRates, Yardstick
from safepassage.planner.surge.paths import Paths
from safepassage.planner.surge.problem import SurgeProblem, car_demand
from safepassage.planner.surge.routes import RouteChoice
from safepassage.planner.surge.search import CarPlan
from safepassage.planner.surge.street_groups import done_s

# Links times steps whose ceilings take some seconds in all.
_WORK_OF_CEILINGS = 10_000_000
_FEWEST_SAMPLES = 12
_SAMPLES_UNASKED = 16
_MOST_CELLS = 80_000
_FEWEST_CELLS_OF_TIME = 20
_LEVELS = (0.1, 100.0)
# Rates are tiny; the search for ways compares numbers of the size of seconds.
_SCALE = 1e9
_SCALE_ROUNDING = 1e-6


def certify_form(
    certificate: Certificate, problem: SurgeProblem, cars: CarPlan, objectives: Sequence[Objective]
) -> Certificate:
    """
    Add to a certificate what the cars' plan achieves by each objective, beside the bounds.

    Parameters
    ----------
    certificate : Certificate
        Of the whole plan.
    problem : SurgeProblem
        With one queue a settlement.
    cars : CarPlan
        The cars' plan, played.
    objectives : sequence of Objective
        What was asked for; the mean arrival is measured anyway, with a bound where that is quick.

    Returns
    -------
    Certificate
        With measures, comparisons and statements.
    """
    found = replace(certificate, compared=cars.compared, stopped_early=cars.stopped)
    if tuple(objectives) != (Objective.CLEARANCE,):
        names = ", then ".join(objective.value.replace("_", " ") for objective in objectives)
        found = replace(found, objective=f"{names} of people in cars; then {found.objective}")
    if not problem.queues or cars.clearance_s <= 0:
        return found
    yardstick = Yardstick(problem, objectives)
    people = sum(queue.people.total for queue in problem.queues)
    measures, said = [_mean(problem, cars, people, asked=Objective.MEAN_ARRIVAL in objectives)], []
    if yardstick.deadline_s or Objective.BEFORE_DEADLINE in objectives:
        least = least_too_late(problem, yardstick.deadline_s)
        too_late = cars.measures.too_late
        measures.append(Measured("before_deadline", "persons", people, float(least[""]), float(too_late)))
        said += _too_late_words(problem, least, too_late)
    if yardstick.rates is not None:
        bound = _harm_bound(problem, yardstick.rates, cars)
        measures.append(Measured("harm", "casualties", people, bound, cars.measures.harm))
        said += _harm_words(measures[-1], cars, yardstick.if_all_stay())
    statements = (*found.statements, *said, *_compared_words(cars))
    return replace(found, measures=tuple(measures), statements=statements)


def price_of_form(
    problem: SurgeProblem, choice: RouteChoice, cars: CarPlan, bound_s: float
) -> tuple[tuple[str, float], ...]:
    """
    What each simplicity costs the cars' clearance.

    Parameters
    ----------
    problem : SurgeProblem
        Queues as they leave.
    choice : RouteChoice
        Their routes.
    cars : CarPlan
        The plan, played.
    bound_s : float
        No plan clears the cars before (s).

    Returns
    -------
    tuple of (str, float)
        ``routes``: how much later the busiest road is done with these routes than the bound; ``waves``:
        how much later than that the play ends. They add up to the gap (s).
    """
    if not problem.queues or not 0 < bound_s < math.inf:
        return ()
    single = [
        np.eye(1, len(routes), k)[0] for routes, k in zip(choice.candidates, choice.chosen, strict=True)
    ]
    with_routes_s = min(max(done_s(problem, choice, single), bound_s), max(cars.clearance_s, bound_s))
    return (("routes", with_routes_s - bound_s), ("waves", cars.clearance_s - with_routes_s))


def _mean(problem: SurgeProblem, cars: CarPlan, people: int, *, asked: bool) -> Measured:
    samples = _samples(problem, cars, asked=asked)
    bound_s = mean_arrival_bound_s(problem, cars.clearance_s, samples=samples) if samples else math.nan
    return Measured("mean_arrival", "s", people, bound_s, cars.measures.mean_arrival_s)


def _samples(problem: SurgeProblem, cars: CarPlan, *, asked: bool) -> int:
    """How many ceilings there is time for; what was asked for gets a few on the largest network."""
    work = problem.open_roads.n_links * math.ceil(cars.clearance_s / step_for(cars.clearance_s))
    samples = min(SAMPLES if asked else _SAMPLES_UNASKED, _WORK_OF_CEILINGS // max(work, 1))
    return samples if samples >= _FEWEST_SAMPLES else _FEWEST_SAMPLES * asked


def _harm_bound(problem: SurgeProblem, rates: HarmRates, cars: CarPlan) -> float:
    """The larger of two valid bounds; the first needs a small network."""
    return float(np.nanmax([_harm_by_flow(problem, rates, cars), _harm_by_ceilings(problem, rates, cars)]))


def _harm_by_ceilings(problem: SurgeProblem, rates: HarmRates, cars: CarPlan) -> float:
    """Everybody pays the lowest rate of all until safe, and on the way what the safest way costs more."""
    network, horizon_s = problem.open_roads, problem.scenario.horizon_s
    usable = network.capacity_pcu_per_h > 0
    lowest = min(
        float(rates.homes.rate_per_s(horizon_s).min()), float(rates.least_on_link_per_s[usable].min())
    )
    more = Paths(
        network, link_cost_s=(rates.least_on_link_per_s - lowest) * network.free_flow_time_s * _SCALE
    )
    ends = [problem.node_index[site.node] for site in problem.destinations]
    on_the_way = sum(
        queue.people.total * min(more.time_s(problem.origin(queue.settlement), end) for end in ends)
        for queue in problem.queues
    )
    # The search for ways counts every link with a little more than nothing.
    rounding = _SCALE_ROUNDING * network.n_links * sum(queue.people.total for queue in problem.queues)
    samples = _samples(problem, cars, asked=True)
    waiting_s = least_person_s(problem, cars.clearance_s, samples=samples)
    return lowest * waiting_s + max(on_the_way - rounding, 0.0) / _SCALE


def _harm_by_flow(problem: SurgeProblem, rates: HarmRates, cars: CarPlan) -> float:
    """Least harm by a minimum cost flow; NaN where the network is too large for one."""
    network, demand = problem.open_roads, car_demand(problem)
    until_s = cars.clearance_s
    step_s = max(300.0, until_s * (network.n_links + network.n_nodes) / _MOST_CELLS)
    if step_s * _FEWEST_CELLS_OF_TIME > until_s:
        return math.nan
    graph = flow_graph(network, demand, network.capacity_pcu_per_h)
    places = [rates.place_of[queue.settlement] for queue in problem.queues]
    return least_cost(
        graph,
        _classes(problem),
        CostRates(
            at_home=lambda origin, time_s: rates.homes.since_start(
                np.full(len(time_s), places[origin]), time_s
            ),
            on_link_per_s=rates.least_on_link_per_s,
            late_per_s=0.0,
            standing_room=np.ceil(network.jam_density_pcu_per_m * network.length_m) + 1.0,
        ),
        step_s=step_s,
        until_s=until_s,
        windows=joined_windows(problem.scenario.open_windows()),
        destination_cars=demand.destination_capacity_pcu,
    )


def _classes(problem: SurgeProblem) -> list[CarClass]:
    """Cars of each settlement by the number of people in them."""
    classes: list[CarClass] = []
    for origin, queue in enumerate(problem.queues):
        cars = np.diff(queue.cars_gone, prepend=0)
        sizes = np.diff(queue.people_gone, prepend=0) / cars
        classes += [
            CarClass(origin, int(cars[sizes == people].sum()), float(people))
            for people in np.unique(sizes).tolist()
        ]
    return classes


def _too_late_words(problem: SurgeProblem, least: dict[str, int], too_late: int) -> list[str]:
    said = []
    for queue in problem.queues:
        lost = least.get(queue.settlement, 0)
        if lost:
            said.append(
                f"{queue.settlement}: at least {lost} of its {queue.people.total} people with a car cannot be"
                " safe before the danger reaches it, whatever the plan."
            )
    said.append(f"{too_late} people in cars are too late; at best {least['']} would be.")
    return said


def _harm_words(harm: Measured, cars: CarPlan, if_all_stay: float) -> list[str]:
    of_threat = harm.value - cars.measures.accidents
    low = of_threat * _LEVELS[0] + cars.measures.accidents
    high = of_threat * _LEVELS[1] + cars.measures.accidents
    order = (
        f"Expected casualties among people in cars are of the order of {harm.value:.0e}; as the level of"
        f" danger is known to a factor of 10 to 100 only, between {low:.0e} and {high:.0e}."
    )
    said = [order]
    if if_all_stay > of_threat:
        factor = cars.measures.accidents / (if_all_stay - of_threat)
        said.append(
            "Going by this plan is better than staying to the horizon wherever the danger is above"
            f" {factor:.1g} times the level assumed; below, staying is. All departures scale alike, so their"
            " order does not depend on the level."
        )
    else:
        said.append("Staying to the horizon is expected to cost no more than going by this plan.")
    return said


def _compared_words(cars: CarPlan) -> list[str]:
    times = {name: clearance_s / 60 for name, clearance_s, _mean_s in cars.compared}
    said = []
    for where, words in (("guided", "By the plan's routes"), ("nearest", "By the nearest ways")):
        staged, at_once = times.get(f"staged_{where}"), times.get(f"at_once_{where}")
        if staged is not None and at_once is not None:
            better = "sooner than" if round(staged) < round(at_once) else "no sooner than"
            said.append(
                f"{words} cars are out in {staged:.0f} min in waves, {better} all at once"
                f" ({at_once:.0f} min)."
            )
    return said
