"""Expected harm: what the kernel needs of the hazard rate along where people are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from safepassage.model.arrays import FloatArray
from safepassage.model.scenario import Scenario
from safepassage.rehearsal.assumptions import Assumptions
from safepassage.rehearsal.parties import PlanParties
from safepassage.simulator.kernel.parties import Rates
from safepassage.threat.rate_field import RateField, district_field

PHASES = ("home", "waiting", "road", "journey")


@dataclass(frozen=True, slots=True, eq=False)
class Harm:
    """
    Expected casualties of one future, until the horizon.

    Attributes
    ----------
    by_place : float64[n_settlements, 4]
        Of the people of each settlement at home, waiting outside, on the road (the threat) and on the road
        (accidents).
    by_group : float64[4]
        Adults, children, older people, people of low mobility.
    stay : float64[n_settlements]
        If all who are there stayed at home until the horizon.
    """

    by_place: FloatArray
    by_group: FloatArray
    stay: FloatArray

    @property
    def total(self) -> float:
        """Casualties in all."""
        return float(self.by_place.sum())

    @property
    def accidents(self) -> float:
        """Casualties that have nothing to do with the threat; they stay at another level of the rate."""
        return float(self.by_place[:, 3].sum())

    @property
    def if_all_stay(self) -> float:
        """Casualties if all who are there stayed at home."""
        return float(self.stay.sum())


def hazard_rates(scenario: Scenario, parties: PlanParties, assumptions: Assumptions) -> Rates:
    """
    The hazard rate at homes and along the ways of a plan.

    Parameters
    ----------
    scenario : Scenario
        Where.
    parties : PlanParties
        Of the plan.
    assumptions : Assumptions
        Rate field and protection.

    Returns
    -------
    Rates
        For the kernel.
    """
    field = district_field(scenario, assumptions.hazard)
    courses = _along(field.links, parties, scenario.network.free_flow_time_s)
    protection = assumptions.protection
    return Rates(
        home=np.array(field.homes.background_per_s),
        home_event=_of_events(field.homes),
        course=np.array(courses.background_per_s),
        course_event=_of_events(courses),
        home_composition=np.array(parties.home_composition),
        memory_s=float(field.homes.memory_s),
        indoors=float(protection.indoors),
        vehicle=float(protection.vehicle),
        journey_per_s=assumptions.hazard.journey_per_person_hour / 3600,
        call_ahead_s=float(scenario.policy.call_ahead_s),
        horizon_s=float(scenario.horizon_s),
    )


def _of_events(field: RateField) -> FloatArray:
    """What past events add at time zero; all decay alike, so their sum decays as one."""
    at_start: FloatArray = field.event_per_s @ np.exp(field.event_s / field.memory_s)
    return at_start


def _along(links: RateField, parties: PlanParties, time_s: FloatArray) -> RateField:
    """The rate on each course: the mean over its links, weighed by the time they take when empty."""
    share = np.zeros((len(parties.courses), len(time_s)))
    for k, course in enumerate(parties.courses):
        np.add.at(share[k], list(course), time_s[list(course)])
    total = share.sum(axis=1, keepdims=True)
    return links.at_places(np.divide(share, total, out=np.zeros_like(share), where=total > 0))
