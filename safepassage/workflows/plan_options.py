"""What is decided for one plan beside its scenario: pins, fork-free routes, contraflow, capacity to spare."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from safepassage.errors import Fault, InputError, ModelError
from safepassage.formats.scenario_folder import ScenarioFolder, read_scenario
from safepassage.i18n import _
from safepassage.model.plan import Plan
from safepassage.model.scenario import Scenario
from safepassage.planner.surge.contraflow import with_contraflow
from safepassage.planner.surge.pin_check import contradictions
from safepassage.planner.surge.problem import state_problem
from safepassage.planner.surge.routes import choose_routes, fit_destinations
from safepassage.planner.surge.search import CarSearch
from safepassage.progress import Progress
from safepassage.publish.wording import duration


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """
    Decisions for one plan; the scenario's own hold where none is made.

    Attributes
    ----------
    pins : Path or None
        Table to read in the place of ``pin.csv``.
    fork_free : bool
        All cars go the same way at every junction.
    contraflow : bool
        Turn lanes over where that gains.
    contraflow_links : tuple of str
        Links that get the lanes; chosen where none is named.
    spare_share : float or None
        Share of every road's capacity left free.
    """

    pins: Path | None = None
    fork_free: bool = False
    contraflow: bool = False
    contraflow_links: tuple[str, ...] = ()
    spare_share: float | None = None

    def applied(self, folder: Path, *, seed: int | None, progress: Progress) -> Chosen:
        """
        Read a scenario and apply the decisions.

        Parameters
        ----------
        folder : Path
            The scenario folder.
        seed : int or None
            Of plays; that of the scenario by default.
        progress : Progress
            Told of every file.

        Returns
        -------
        Chosen
            What to plan for.

        Raises
        ------
        InputError
            If the scenario or a decision is faulty.
        InfeasibleError
            If lanes cannot be turned over.
        """
        instead = {} if self.pins is None else {"pin.csv": self.pins}
        read = read_scenario(folder, instead=instead, progress=progress)
        scenario, notes = read.scenario, []
        notes += [item.words() for item in contradictions(scenario)]
        scenario = self._with_policy(scenario)
        chosen = scenario.seed if seed is None else seed
        if self.contraflow or self.contraflow_links:
            turned = with_contraflow(scenario, self.contraflow_links, seed=chosen)
            scenario = turned.scenario
            notes.append(
                _contraflow_words(len(turned.reversals), turned.before_s, turned.after_s, used=turned.used)
            )
        price_s = None
        if scenario.policy.fork_free:
            price_s = _fork_free_price_s(scenario, chosen)
            notes.append(
                _("Fork-free routes: the cars are out {price} later than on free routes.").format(
                    price=duration(max(price_s, 0.0))
                )
            )
        if scenario.policy.spare_capacity:
            notes.append(
                _("{share} % of every road is left free for those the plan does not know of.").format(
                    share=round(100 * scenario.policy.spare_capacity)
                )
            )
        return Chosen(replace(read, scenario=scenario), tuple(notes), price_s)

    def _with_policy(self, scenario: Scenario) -> Scenario:
        policy = scenario.policy
        if self.fork_free:
            policy = replace(policy, fork_free=True)
        if self.spare_share is not None:
            try:
                policy = replace(policy, spare_capacity=self.spare_share)
            except ModelError as error:
                fault = Fault("--spare", 0, "", str(self.spare_share), str(error), _("give 0 to less than 1"))
                raise InputError([fault]) from error
        return replace(scenario, policy=policy)


@dataclass(frozen=True, slots=True)
class Chosen:
    """
    A scenario with the decisions for one plan.

    Attributes
    ----------
    folder : ScenarioFolder
        What to plan for; its hash differs from that of the folder read where something was decided.
    notes : tuple of str
        What that changes, in words.
    fork_free_price_s : float or None
        What fork-free routes cost the cars' clearance (s); None where they are not asked for.
    """

    folder: ScenarioFolder
    notes: tuple[str, ...]
    fork_free_price_s: float | None

    def priced(self, plan: Plan) -> Plan:
        """The plan with the price of fork-free routes in its certificate."""
        if self.fork_free_price_s is None or plan.certificate is None:
            return plan
        prices = (*plan.certificate.prices, ("fork_free", self.fork_free_price_s))
        return replace(plan, certificate=replace(plan.certificate, prices=prices))


def _fork_free_price_s(scenario: Scenario, seed: int) -> float:
    """Cars alone, fork-free and free, planned with the same effort (s)."""
    free = replace(scenario, policy=replace(scenario.policy, fork_free=False))
    joined_s, free_s = (_cars_out_s(case, seed) for case in (scenario, free))
    return joined_s - free_s


def _cars_out_s(scenario: Scenario, seed: int) -> float:
    problem = state_problem(scenario)
    if not problem.queues:
        return 0.0
    problem, choice = fit_destinations(problem, choose_routes(problem))
    return CarSearch(problem, choice, (), bound_s=0.0).run(seed=seed, iterations=0).clearance_s


def _contraflow_words(tried: int, before_s: float, after_s: float, *, used: bool) -> str:
    if not tried:
        return _("Contraflow: no road that limits the cars has a lane to spare the other way.")
    if used:
        return _("Contraflow: {count} roads turned over; the cars are out {gain} earlier.").format(
            count=tried, gain=duration(before_s - after_s)
        )
    return _("Contraflow on {count} roads gains nothing and is not used.").format(count=tried)
