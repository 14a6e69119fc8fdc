"""What a car plan is judged by: clearance, mean arrival, people in time, or expected harm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from safepassage.model.arrays import FloatArray, IndexArray
from safepassage.model.policy import Objective
from safepassage.model.scenario import Scenario
from safepassage.model.threat import ThreatEntryKind
from safepassage.planner.surge.problem import SurgeProblem
from safepassage.simulator import TrafficDemand, TrafficResult
from safepassage.simulator.exposure import Hazard, exposure
from safepassage.threat.rate_field import HazardParameters, Protection, RateField, district_field
from safepassage.units import SECONDS_PER_HOUR

_DIGITS = 3
_MOST_BINS = 200
_JOURNEY_PER_S = HazardParameters().journey_per_person_hour / SECONDS_PER_HOUR


@dataclass(frozen=True, slots=True)
class CarMeasures:
    """
    What a played car plan achieves.

    Attributes
    ----------
    clearance_s, mean_arrival_s : float
        Last arrival, and mean over cars (s).
    too_late : int
        Persons who reach safety after the danger reaches their settlement, or never.
    harm : float
        Expected casualties at home, waiting and on the road; NaN where harm is not asked for.
    accidents : float
        The part of it that does not depend on the threat.
    """

    clearance_s: float
    mean_arrival_s: float
    too_late: int
    harm: float
    accidents: float = 0.0


NOTHING_MEASURED = CarMeasures(0.0, 0.0, 0, math.nan)


def deadlines_s(scenario: Scenario) -> dict[str, float]:
    """
    When the danger reaches each settlement, where the threat table says so for certain.

    Parameters
    ----------
    scenario : Scenario
        With its threat.

    Returns
    -------
    dict of str to float
        Earliest arrival by settlement id (s); settlements without one are left out.
    """
    places = {place.id for place in scenario.in_scope}
    found: dict[str, float] = {}
    for entry in scenario.threat.of_kind(ThreatEntryKind.ARRIVAL):
        if entry.subject in places and entry.probability >= 1:
            found[entry.subject] = min(found.get(entry.subject, math.inf), entry.start_s)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class HarmRates:
    """
    Rates of a district for everybody who drives.

    Attributes
    ----------
    homes : RateField
        At the settlements in scope.
    place_of : dict of str to int
        Index of each settlement in ``homes``.
    hazard : Hazard
        In cars, by link and time, and in cars that wait at a node.
    least_on_link_per_s : float64[n_links]
        The lowest rate in a car on each link before the horizon.
    """

    homes: RateField
    place_of: dict[str, int]
    hazard: Hazard
    least_on_link_per_s: FloatArray


def harm_rates(problem: SurgeProblem) -> HarmRates:
    """
    Rates from the threat table, the settlements' relative hazard and the published level.

    Parameters
    ----------
    problem : SurgeProblem
        Roads and scenario.

    Returns
    -------
    HarmRates
        Casualties a person-second. A car gives less cover than a house.
    """
    scenario, network = problem.scenario, problem.roads
    parameters, protection = HazardParameters(), Protection()
    field = district_field(scenario, parameters)
    constant = not len(field.homes.event_s)
    n_bins = 1 if constant else _MOST_BINS
    bin_s = max(scenario.horizon_s / n_bins, 1.0)
    at_node = np.zeros((n_bins, network.n_nodes))
    on_link = np.zeros((n_bins, network.n_links))
    places = {place.id: k for k, place in enumerate(scenario.in_scope)}
    nodes = [(problem.node_index[place.node], k) for k, place in enumerate(scenario.in_scope) if place.node]
    for number in range(n_bins):
        homes = field.homes.rate_per_s(number * bin_s)
        for node, k in nodes:
            at_node[number, node] = max(at_node[number, node], protection.vehicle * homes[k] + _JOURNEY_PER_S)
        on_link[number] = protection.vehicle * field.links.rate_per_s(number * bin_s) + _JOURNEY_PER_S
    least = protection.vehicle * field.links.rate_per_s(scenario.horizon_s) + _JOURNEY_PER_S
    homes_field = field.homes.scaled(protection.indoors)
    return HarmRates(homes_field, places, Hazard(bin_s, on_link, at_node), least)


class Yardstick:
    """
    Measures played car plans and compares them.

    Parameters
    ----------
    problem : SurgeProblem
        Who leaves.
    objectives : sequence of Objective
        The most important first.
    """

    def __init__(self, problem: SurgeProblem, objectives: Sequence[Objective]) -> None:
        self.problem = problem
        self.objectives = tuple(objectives)
        self.deadline_s = deadlines_s(problem.scenario)
        self.rates = harm_rates(problem) if Objective.HARM in self.objectives else None

    @property
    def needs_entries(self) -> bool:
        """Whether plays have to record when each link was entered."""
        return self.rates is not None

    def measure(
        self,
        settlement: Sequence[str],
        car_group: IndexArray,
        persons: FloatArray,
        demand: TrafficDemand,
        result: TrafficResult,
    ) -> CarMeasures:
        """
        Measure a play.

        Parameters
        ----------
        settlement : sequence of str
            Settlement of each group of cars.
        car_group : int32[n_cars]
            Group of each car; cars are the first legs of the demand.
        persons : float64[n_cars]
            Persons in each car.
        demand : TrafficDemand
            What was played.
        result : TrafficResult
            How it went.

        Returns
        -------
        CarMeasures
            Of the cars.
        """
        n = len(car_group)
        arrive_s, depart_s = result.leg_arrive_s[:n], result.leg_depart_s[:n]
        there = ~np.isnan(arrive_s)
        due_s = np.array([self.deadline_s.get(name, math.inf) for name in settlement])[car_group]
        late = ~there | (arrive_s > due_s)
        driving_s = np.nan_to_num(arrive_s - depart_s)
        return CarMeasures(
            clearance_s=float(np.max(arrive_s[there], initial=0.0)),
            mean_arrival_s=float(arrive_s[there].mean()) if there.any() else 0.0,
            too_late=round(float(persons[late].sum())),
            harm=self._harm(settlement, car_group, persons, depart_s, demand, result),
            accidents=float(persons @ driving_s) * _JOURNEY_PER_S,
        )

    def _harm(
        self,
        settlement: Sequence[str],
        car_group: IndexArray,
        persons: FloatArray,
        depart_s: FloatArray,
        demand: TrafficDemand,
        result: TrafficResult,
    ) -> float:
        if self.rates is None:
            return math.nan
        rates, horizon_s = self.rates, self.problem.scenario.horizon_s
        place = np.array([rates.place_of[name] for name in settlement], np.int64)[car_group]
        left_s = np.where(np.isnan(depart_s), horizon_s, depart_s)
        at_home = rates.homes.since_start(place, left_s)
        on_the_way = exposure(
            self.problem.roads,
            demand,
            result,
            rates.hazard,
            leg_people=np.ones((demand.n_legs, 1), np.int64),
            until_s=horizon_s,
        ).per_person[: len(car_group)]
        return float(persons @ (at_home + on_the_way))

    def if_all_stay(self) -> float:
        """
        Expected casualties if those with a car stayed at home to the horizon.

        Returns
        -------
        float
            NaN where harm is not asked for.
        """
        if self.rates is None:
            return math.nan
        place = np.array([self.rates.place_of[queue.settlement] for queue in self.problem.queues], np.int64)
        people = np.array([queue.people.total for queue in self.problem.queues], np.float64)
        until_s = np.full(len(place), self.problem.scenario.horizon_s)
        return float(people @ self.rates.homes.since_start(place, until_s))

    def values(self, measured: CarMeasures, clearance: float, mean: float) -> tuple[float, ...]:
        """
        What to compare plans by, the smaller the better.

        Parameters
        ----------
        measured : CarMeasures
            Of the cars.
        clearance, mean : float
            Clearance and mean arrival of cars and fleet as the search weighs them (s).

        Returns
        -------
        tuple of float
            In the order of the objectives, then clearance and mean arrival. All but the last objective
            count to three digits, so that the next has a say.
        """
        by_name = {
            Objective.CLEARANCE: clearance,
            Objective.MEAN_ARRIVAL: mean,
            Objective.BEFORE_DEADLINE: float(measured.too_late),
            Objective.HARM: measured.harm,
        }
        wanted = [by_name[objective] for objective in self.objectives]
        wanted = [float(f"{value:.{_DIGITS}g}") for value in wanted[:-1]] + wanted[-1:]
        return (*wanted, clearance, mean)
