"""Plan a surge: state the problem, bound it, route the cars, plan the fleet, play, certify."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from safepassage.errors import InfeasibleError
from safepassage.i18n import _
from safepassage.model.outcome import Outcome
from safepassage.model.plan import Plan, Unserved
from safepassage.model.policy import Objective
from safepassage.model.scenario import Scenario
from safepassage.planner.surge.certificate import CarBound, bound_cars, certify
from safepassage.planner.surge.compile_beside import FleetKernels
from safepassage.planner.surge.draft import draft_plan
from safepassage.planner.surge.fleet import FleetPlan, plan_fleet
from safepassage.planner.surge.measures import certify_form, price_of_form
from safepassage.planner.surge.naive import naive_plan
from safepassage.planner.surge.problem import SurgeProblem, state_problem
from safepassage.planner.surge.routes import RouteChoice, choose_routes, fit_destinations, load_by_destination
from safepassage.planner.surge.search import CarPlan, CarSearch
from safepassage.planner.surge.street_groups import split_towns
from safepassage.progress import NoProgress, Progress
from safepassage.simulator.playback import simulate

CAR_PLAYS = 25
FLEET_ITERATIONS = 600
# Search effort falls with the size of the case, by a rule and not by the clock.
_CARS_AT_FULL_EFFORT = 20_000


@dataclass(frozen=True, slots=True)
class SurgeResult:
    """
    A certified plan and the two plays behind its certificate.

    Attributes
    ----------
    plan : Plan
        With its certificate.
    outcome : Outcome
        The plan, played.
    naive : Outcome
        The baseline, played.
    """

    plan: Plan
    outcome: Outcome
    naive: Outcome


class StopAsked:
    """
    Turns Ctrl-C within a step into its end; what the step had not done is left out.

    Attributes
    ----------
    asked : bool
        Whether it was pressed.
    """

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_about: object) -> bool:
        pressed = kind is not None and issubclass(kind, KeyboardInterrupt)
        self.asked = self.asked or pressed
        return pressed


def plan_surge(
    scenario: Scenario,
    *,
    scenario_hash: str,
    seed: int,
    objectives: Sequence[Objective] | None = None,
    progress: Progress | None = None,
) -> SurgeResult:
    """
    Plan the evacuation of a district within hours.

    Parameters
    ----------
    scenario : Scenario
        What to plan for.
    scenario_hash : str
        SHA-256 of the scenario.
    seed : int
        Of every random choice.
    objectives : sequence of Objective, optional
        What to make best, the most important first; that of the scenario's policy by default.
    progress : Progress, optional
        Told of each phase.

    Returns
    -------
    SurgeResult
        The same for the same arguments.

    Raises
    ------
    InfeasibleError
        Where nobody at all can be brought to safety.
    """
    progress = progress or NoProgress()
    objectives = tuple(objectives or scenario.policy.objective)
    kernels = FleetKernels()
    progress.start(_("Reading the problem"), None)
    problem = state_problem(scenario)
    if objectives[0] is Objective.HARM:
        # Every car on the road brings as many people out of danger as can be.
        problem = replace(problem, queues=tuple(queue.fullest_first() for queue in problem.queues))
    choice = choose_routes(problem)
    problem, choice = fit_destinations(problem, choice)
    bound = bound_cars(problem, progress=progress)
    whole = problem
    stopping = StopAsked()
    with stopping:
        problem, choice = split_towns(problem, choice, bound_s=bound.bound_s, progress=progress)

    def fleet_in(iterations: int) -> FleetPlan:
        return plan_fleet(
            scenario,
            problem.carless,
            problem.paths,
            seed=seed,
            iterations=iterations,
            capacity_left=_room_after_cars(problem, choice),
            progress=progress,
        )

    fleet = None
    kernels.wait()
    if not stopping.asked:
        with stopping:
            fleet = fleet_in(FLEET_ITERATIONS)
    fleet = fleet or fleet_in(0)
    plays = 0 if stopping.asked else _car_plays(problem)
    cars = CarSearch(problem, choice, fleet.trips, bound_s=bound.bound_s, objectives=objectives).run(
        seed=seed, iterations=plays, progress=progress
    )
    progress.start(_("Playing the plan and the baseline"), 2)
    draft = draft_plan(
        scenario,
        f"s{seed}",
        scenario_hash=scenario_hash,
        routes=cars.routes,
        waves=cars.waves,
        queues=cars.queues,
        fleet=fleet,
        unserved=(*problem.unserved, *_out_of_time(cars, bound)),
    )
    if not draft.assignments:
        raise InfeasibleError(_nobody(draft))
    outcome = simulate(scenario, draft, seed=seed)
    progress.advance()
    naive = simulate(scenario, naive_plan(problem, scenario_hash=scenario_hash), seed=seed)
    progress.advance()
    work = (("car_plays_allowed", plays), ("car_plays", cars.plays), *fleet.work)
    progress.start(_("Bounds of the objectives"))
    certificate = certify(problem, draft, outcome, naive, bound, seed=seed, work_budget=work)
    certificate = certify_form(certificate, whole, cars, objectives)
    certificate = replace(
        certificate,
        prices=price_of_form(problem, choice, cars, bound.bound_s),
        stopped_early=stopping.asked or cars.stopped,
    )
    return SurgeResult(replace(draft, certificate=certificate), outcome, naive)


def _car_plays(problem: SurgeProblem) -> int:
    cars = sum(queue.cars for queue in problem.queues)
    return max(4, min(CAR_PLAYS, CAR_PLAYS * _CARS_AT_FULL_EFFORT // max(cars, 1)))


def _room_after_cars(problem: SurgeProblem, choice: RouteChoice) -> Mapping[str, float]:
    """Persons that each destination can still take."""
    driving = load_by_destination(choice, problem.queues)
    return {
        site.id: max(0.0, site.capacity_persons - driving.get(k, 0))
        for k, site in enumerate(problem.destinations)
    }


def _out_of_time(cars: CarPlan, bound: CarBound) -> tuple[Unserved, ...]:
    """Nobody could have taken those left behind only where the bound itself lies past the horizon."""
    return tuple(replace(part, nobody_could=math.isinf(bound.bound_s)) for part in cars.left_behind)


def _nobody(draft: Plan) -> str:
    if not draft.unserved:
        return _("nobody is to be evacuated: the settlements in scope have no people; see settlement.csv")
    reasons = sorted({part.detail for part in draft.unserved})
    return _("nobody can be brought to safety: {reasons}").format(reasons="; ".join(reasons))
