"""Expected harm: the hazard rate along where people are, by settlement, group and phase."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from safepassage.model.arrays import FlagArray, FloatArray, OffsetArray
from safepassage.model.scenario import Scenario
from safepassage.rehearsal.assumptions import Assumptions
from safepassage.rehearsal.parties import NONE, PlanParties
from safepassage.threat.rate_field import RateField, district_field

PHASES = ("home", "waiting", "road", "journey")


@dataclass(frozen=True, slots=True, eq=False)
class Harm:
    """
    Expected casualties of one future, until the horizon.

    Attributes
    ----------
    by_settlement : float64[n_settlements]
        Of the people of each settlement.
    by_group : float64[4]
        Adults, children, older people, people of low mobility.
    by_phase : float64[4]
        At home, waiting outside, on the road (the threat), on the road (accidents).
    if_all_stay : float
        If all who are there stayed at home until the horizon.
    """

    by_settlement: FloatArray
    by_group: FloatArray
    by_phase: FloatArray
    if_all_stay: float

    @property
    def total(self) -> float:
        """Casualties in all."""
        return float(self.by_settlement.sum())

    def at_rate(self, factor: float) -> float:
        """
        The total at another level of the hazard rate; accidents stay as they are.

        Parameters
        ----------
        factor : float
            On the rate.

        Returns
        -------
        float
            Casualties.
        """
        return float(factor * self.by_phase[:3].sum() + self.by_phase[3])


@dataclass(frozen=True, slots=True, eq=False)
class Stays:
    """
    Where people were until when in one future.

    Attributes
    ----------
    home_until_s, road_until_s : float64[n_parties]
        When each party left home, and when it was safe, or the horizon (s).
    gone, present : bool[n_parties]
        Whether it left home, and whether it exists.
    others : int64[n_settlements]
        Persons outside all parties.
    served : int64[n_rides]
        Persons who took free seats of each ride; they come from the others or from cars that failed.
    ride_left_s, ride_safe_s : float64[n_rides]
        When the ride left and set them down (s).
    """

    home_until_s: FloatArray
    road_until_s: FloatArray
    gone: FlagArray
    present: FlagArray
    others: OffsetArray
    served: OffsetArray
    ride_left_s: FloatArray
    ride_safe_s: FloatArray


class Exposure:
    """
    Turns stays into expected casualties; read only.

    Parameters
    ----------
    scenario : Scenario
        Where.
    parties : PlanParties
        Of the plan.
    assumptions : Assumptions
        Rate field and protection.
    """

    def __init__(self, scenario: Scenario, parties: PlanParties, assumptions: Assumptions) -> None:
        field = district_field(scenario, assumptions.hazard)
        self._homes = field.homes
        self._courses = _along(field.links, parties, scenario.network.free_flow_time_s)
        self._parties = parties
        self._protection = assumptions.protection
        self._journey_per_s = assumptions.hazard.journey_per_person_hour / 3600
        self._call_ahead_s = float(scenario.policy.call_ahead_s)
        protection = assumptions.protection
        self._waiting: FloatArray = np.array([protection.in_group(size) for size in parties.group_size])
        self._ride_first = np.array([ride.first_party for ride in parties.rides], np.int64)
        places = np.arange(len(parties.people))
        self._stay: FloatArray = protection.indoors * self._homes.since_start(
            places, np.full(len(places), scenario.horizon_s)
        )
        self._fleet = parties.ride != NONE

    def harm(self, stays: Stays) -> Harm:
        """
        Expected casualties of one future.

        Parameters
        ----------
        stays : Stays
            Where people were.

        Returns
        -------
        Harm
            Over everybody who is there.
        """
        parties = self._parties
        n_places = len(parties.people)
        phases = self._of_a_person(
            np.arange(len(parties.persons)), stays.home_until_s, stays.road_until_s, stays.gone
        )
        phases *= np.where(stays.present, parties.persons, 0)[:, None]
        by_phase = phases.sum(axis=0)
        each = phases.sum(axis=1)
        by_settlement: FloatArray = np.bincount(parties.settlement, weights=each, minlength=n_places).astype(
            np.float64
        )
        by_group = each @ parties.composition
        for place_harm, phase_harm in (self._others(stays), self._riders(stays)):
            by_settlement = by_settlement + place_harm
            by_group = by_group + place_harm @ parties.home_composition
            by_phase = by_phase + phase_harm
        there = np.bincount(
            parties.settlement, weights=np.where(stays.present, parties.persons, 0), minlength=n_places
        )
        return Harm(by_settlement, by_group, by_phase, float((there + stays.others) @ self._stay))

    def _of_a_person(
        self, party: np.ndarray, left_s: FloatArray, until_s: FloatArray, gone: FlagArray
    ) -> FloatArray:
        """Casualties of one person like those of the party in each phase, float64[n, 4]."""
        place, course = self._parties.settlement[party], self._parties.course[party]
        called_s = np.where(gone & self._fleet[party], np.maximum(left_s - self._call_ahead_s, 0), left_s)
        called = self._homes.since_start(place, called_s)
        on_road_s = np.where(gone, until_s - left_s, 0.0)
        road = self._courses.since_start(course, until_s) - self._courses.since_start(course, left_s)
        return np.stack(
            [
                self._protection.indoors * called,
                self._waiting[party] * (self._homes.since_start(place, left_s) - called),
                np.where(gone, self._protection.vehicle * road, 0.0),
                self._journey_per_s * on_road_s,
            ],
            axis=1,
        )

    def _others(self, stays: Stays) -> tuple[FloatArray, FloatArray]:
        """People outside all parties, as if they stayed at home."""
        place_harm: FloatArray = stays.others * self._stay
        return place_harm, np.array([place_harm.sum(), 0.0, 0.0, 0.0])

    def _riders(self, stays: Stays) -> tuple[FloatArray, FloatArray]:
        """What changes because people without a place took a free seat instead of staying at home."""
        ride = np.flatnonzero(stays.served)
        party = self._ride_first[ride]
        place = self._parties.settlement[party]
        phases = self._of_a_person(
            party, stays.ride_left_s[ride], stays.ride_safe_s[ride], np.ones(len(ride), np.bool_)
        )
        phases[:, 0] -= self._stay[place]
        phases *= stays.served[ride][:, None]
        place_harm = np.bincount(place, weights=phases.sum(axis=1), minlength=len(self._stay))
        return place_harm.astype(np.float64), phases.sum(axis=0)


def _along(links: RateField, parties: PlanParties, time_s: FloatArray) -> RateField:
    """The rate on each course: the mean over its links, weighed by the time they take when empty."""
    share = np.zeros((len(parties.courses), len(time_s)))
    for k, course in enumerate(parties.courses):
        np.add.at(share[k], list(course), time_s[list(course)])
    total = share.sum(axis=1, keepdims=True)
    return links.at_places(np.divide(share, total, out=np.zeros_like(share), where=total > 0))
