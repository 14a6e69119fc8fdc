"""The hazard rate in place and time, and its integral over a stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from safepassage.errors import ModelError
from safepassage.model.arrays import FloatArray, frozen_array
from safepassage.model.scenario import Scenario
from safepassage.model.threat import ThreatEntryKind
from safepassage.threat.closures import distance_m
from safepassage.units import SECONDS_PER_DAY

# Casualties near the front, September 2025, over 1.1 million people in need of evacuation and 30 days.
PUBLISHED_CASUALTIES_PER_PERSON_DAY = 2.4e-5


@dataclass(frozen=True, slots=True)
class Protection:
    """
    How exposed people are, relative to being indoors at home; own judgement.

    Attributes
    ----------
    indoors, vehicle, waiting, walking : float
        Factors on the hazard rate, >= 0. ``waiting`` is for one person outside.
    crowd_persons : float
        A group of this many who wait together doubles the factor of each; larger groups in proportion.
    """

    indoors: float = 1.0
    vehicle: float = 1.5
    waiting: float = 2.0
    walking: float = 2.0
    crowd_persons: float = 150.0

    def __post_init__(self) -> None:
        if min(self.indoors, self.vehicle, self.waiting, self.walking) < 0 or not self.crowd_persons > 0:
            raise ModelError("protection factors must be >= 0 and crowd_persons positive")

    def in_group(self, persons: float) -> float:
        """
        The factor of each of a group that waits outside.

        Parameters
        ----------
        persons : float
            Size of the group.

        Returns
        -------
        float
            Factor on the hazard rate.
        """
        return self.waiting * (1 + max(persons - 1, 0.0) / self.crowd_persons)


@dataclass(frozen=True, slots=True)
class HazardParameters:
    """
    Shape of the rate field; own judgement, scaled afterwards to a published level.

    Attributes
    ----------
    level_per_person_day : float
        Casualties a person-day that the people at home see on average over the horizon.
    event_gain : float
        Rate at an event right after it, in multiples of the background of a mean settlement.
    radius_m : float
        Standard deviation of the kernel around events and around settlements (m).
    memory_s : float
        Time in which the effect of an event falls to 1/e (s).
    journey_per_person_hour : float
        Casualties a person-hour on the road that have nothing to do with the threat (accidents).
    """

    level_per_person_day: float = PUBLISHED_CASUALTIES_PER_PERSON_DAY
    event_gain: float = 20.0
    radius_m: float = 5_000.0
    memory_s: float = 2 * SECONDS_PER_DAY
    journey_per_person_hour: float = 1e-6

    def __post_init__(self) -> None:
        for name in ("level_per_person_day", "event_gain", "journey_per_person_hour"):
            if not getattr(self, name) >= 0:
                raise ModelError(f"hazard: {name} is {getattr(self, name)}; give a number >= 0")
        if not (self.radius_m > 0 and self.memory_s > 0):
            raise ModelError("hazard: radius_m and memory_s must be positive")


@dataclass(frozen=True, slots=True, eq=False)
class RateField:
    """
    Hazard rate at a list of places.

    Attributes
    ----------
    background_per_s : float64[n_places]
        Casualties a person-second that hold all the time.
    event_per_s : float64[n_places, n_events]
        Rate that each event adds at the place right after it.
    event_s : float64[n_events]
        When each happened (s since the start; never after it).
    memory_s : float
        Time in which an event's effect falls to 1/e (s).
    """

    background_per_s: FloatArray
    event_per_s: FloatArray
    event_s: FloatArray
    memory_s: float

    def __post_init__(self) -> None:
        for name in ("background_per_s", "event_per_s", "event_s"):
            object.__setattr__(self, name, frozen_array(getattr(self, name), np.float64))
        if self.event_per_s.shape != (len(self.background_per_s), len(self.event_s)):
            raise ModelError("rate field: give one rate a place and event")
        if (self.event_s > 0).any():
            raise ModelError("rate field: an event lies in the future; give what has happened")

    def rate_per_s(self, time_s: float) -> FloatArray:
        """
        The rate at every place.

        Parameters
        ----------
        time_s : float
            When (s).

        Returns
        -------
        float64[n_places]
            Casualties a person-second.
        """
        rate: FloatArray = self.background_per_s + self.event_per_s @ np.exp(
            -(time_s - self.event_s) / self.memory_s
        )
        return rate

    def since_start(self, place: np.ndarray, time_s: FloatArray) -> FloatArray:
        """
        Integral of the rate from the start on, in closed form.

        Parameters
        ----------
        place : int[n]
            Index of the place of each.
        time_s : float64[n]
            Until when (s).

        Returns
        -------
        float64[n]
            Expected casualties of one person who is there unprotected.
        """
        total: FloatArray = self.background_per_s[place] * time_s
        if len(self.event_s):
            # All events decay alike, so their sum at time zero decays as one.
            at_start = self.event_per_s @ np.exp(self.event_s / self.memory_s)
            total = total + at_start[place] * self.memory_s * -np.expm1(-time_s / self.memory_s)
        return total

    def at_places(self, share: FloatArray) -> RateField:
        """
        The field at mixtures of places, such as routes over links.

        Parameters
        ----------
        share : float64[n_new, n_places]
            Share of each place in each mixture.

        Returns
        -------
        RateField
            At the mixtures.
        """
        return replace(
            self, background_per_s=share @ self.background_per_s, event_per_s=share @ self.event_per_s
        )

    def scaled(self, factor: float) -> RateField:
        """
        Multiply the rate everywhere.

        Parameters
        ----------
        factor : float
            By what.

        Returns
        -------
        RateField
            The other field.
        """
        return replace(
            self, background_per_s=self.background_per_s * factor, event_per_s=self.event_per_s * factor
        )


@dataclass(frozen=True, slots=True, eq=False)
class DistrictField:
    """
    The rate field of a district.

    Attributes
    ----------
    homes : RateField
        At the settlements in scope, in scenario order.
    links : RateField
        At the middle of each link.
    """

    homes: RateField
    links: RateField


def district_field(scenario: Scenario, parameters: HazardParameters) -> DistrictField:
    """
    Rate field of a scenario, scaled to the level.

    Parameters
    ----------
    scenario : Scenario
        Settlements with their relative hazard, roads, and events of the threat table.
    parameters : HazardParameters
        Kernel, memory and level.

    Returns
    -------
    DistrictField
        A link has the largest background among settlements in scope, each weighed by the kernel; far from
        all of them it has none.

    Raises
    ------
    ModelError
        If nobody is in scope or an event lies in the future.
    """
    places = scenario.in_scope
    events = scenario.threat.of_kind(ThreatEntryKind.EVENT)
    for event in events:
        if event.start_s > 0:
            raise ModelError(
                f"threat {event.id}: an event {event.start_s:g} s in the future; give what has happened"
            )
    latitude = np.array([place.latitude_deg for place in places])
    longitude = np.array([place.longitude_deg for place in places])
    network = scenario.network
    link_latitude = (network.latitude_deg[network.from_node] + network.latitude_deg[network.to_node]) / 2
    link_longitude = (network.longitude_deg[network.from_node] + network.longitude_deg[network.to_node]) / 2
    event_latitude = np.array([event.latitude_deg for event in events])
    event_longitude = np.array([event.longitude_deg for event in events])
    hazard = np.array([place.hazard for place in places])

    def near(at: FloatArray, to: FloatArray, other: FloatArray, other_to: FloatArray) -> FloatArray:
        kernel: FloatArray = np.exp(-0.5 * (distance_m(at, to, other, other_to) / parameters.radius_m) ** 2)
        return kernel

    link_hazard = (near(link_latitude, link_longitude, latitude, longitude) * hazard).max(axis=1, initial=0.0)
    event_s = np.array([event.start_s for event in events])
    gain = parameters.event_gain
    homes = RateField(
        hazard,
        gain * near(latitude, longitude, event_latitude, event_longitude),
        event_s,
        parameters.memory_s,
    )
    links = RateField(
        link_hazard,
        gain * near(link_latitude, link_longitude, event_latitude, event_longitude),
        event_s,
        parameters.memory_s,
    )
    factor = _scale(homes, [place.people.total for place in places], scenario.horizon_s, parameters)
    return DistrictField(homes.scaled(factor), links.scaled(factor))


def _scale(homes: RateField, people: Sequence[int], horizon_s: float, parameters: HazardParameters) -> float:
    persons = np.array(people, np.float64)
    raw = homes.since_start(np.arange(len(persons)), np.full(len(persons), horizon_s))
    person_days = persons.sum() * horizon_s / SECONDS_PER_DAY
    casualties = float(persons @ raw)
    return parameters.level_per_person_day * person_days / casualties if casualties > 0 else 0.0
