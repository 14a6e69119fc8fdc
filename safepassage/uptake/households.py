"""Who leaves, when and how, household by household: the response model of a surge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from safepassage.errors import ModelError
from safepassage.model.households import form_households
from safepassage.model.people import HouseholdGroup, Settlement
from safepassage.model.plan import Mode
from safepassage.model.response import Departure
from safepassage.uptake.curves import DepartureCurve, Sequential

# Departures of one settlement within a minute are told together.
GRID_S = 60.0


@dataclass(frozen=True, slots=True)
class Response:
    """
    How people respond to an order.

    Attributes
    ----------
    curve : DepartureCurve
        By when those who leave have set out.
    participation : tuple of float
        Share of households in scope that leave; future ``k`` takes the ``k``-th, round and round. One
        value for all futures, or the draws of a forecast.
    shadow : float
        Share of households outside the scope that leave as well.
    detour_s : (float, float)
        Mean and relative half-width of the time that households with children or people of low mobility
        need to fetch them.
    """

    curve: DepartureCurve
    participation: tuple[float, ...] = (1.0,)
    shadow: float = 0.0
    detour_s: tuple[float, float] = (0.0, 0.2)

    def __post_init__(self) -> None:
        if not self.participation:
            raise ModelError("a response needs at least one participation")
        for value in (*self.participation, self.shadow):
            if not 0 <= value <= 1:
                raise ModelError(f"participation or shadow is {value}; give 0 to 1")
        if self.detour_s[0] < 0 or not 0 <= self.detour_s[1] <= 1:
            raise ModelError(f"detour is {self.detour_s}; give a time >= 0 and a half-width of 0 to 1")


class HouseholdResponse:
    """
    Draws departures of whole households.

    Parameters
    ----------
    settlements : sequence of Settlement
        Where people live; those out of scope leave by themselves, as a shadow evacuation.
    response : Response
        How they respond.
    seed : int
        Of every future.
    own_car_share : float, optional
        Share of the people whose household has a car, for every settlement; that of each by default.

    Notes
    -----
    A household leaves as a whole. Those with a car take it, the others wait for the fleet. A household that
    does not leave in a future stays in that future only: refusing is not for ever.
    """

    def __init__(
        self,
        settlements: Sequence[Settlement],
        response: Response,
        *,
        seed: int,
        own_car_share: float | None = None,
    ) -> None:
        self._response = response
        self._seed = seed
        self._homes = [(place, form_households(_with_cars(place, own_car_share))) for place in settlements]

    def sample(self, future: int) -> tuple[Departure, ...]:
        """
        Draw one future.

        Parameters
        ----------
        future : int
            Its number; the random stream comes from (seed, number) alone.

        Returns
        -------
        tuple of Departure
            In settlement order, then time; a minute's households of one mode together.
        """
        random = np.random.default_rng([self._seed, future])
        chosen = self._response.participation[future % len(self._response.participation)]
        found: list[Departure] = []
        for place, groups in self._homes:
            found += self._departures(
                place, groups, chosen if place.in_scope else self._response.shadow, random
            )
        return tuple(found)

    def _departures(
        self,
        place: Settlement,
        groups: Sequence[HouseholdGroup],
        share: float,
        random: np.random.Generator,
    ) -> list[Departure]:
        counted: dict[tuple[float, Mode], list[int]] = defaultdict(lambda: [0, 0])
        for group in groups:
            leaving = int(random.binomial(group.count, share))
            times = self._response.curve.time_s(random.random(leaving))
            if _has_dependants(group):
                mean_s, width = self._response.detour_s
                times = times + mean_s * random.uniform(1 - width, 1 + width, leaving)
            mode = Mode.CAR if group.has_car else Mode.FLEET
            for minute in np.floor(times[np.isfinite(times)] / GRID_S):
                entry = counted[float(minute) * GRID_S, mode]
                entry[0] += 1
                entry[1] += group.people.total
        departures = [
            Departure(place.id, mode, time_s, households, people)
            for (time_s, mode), (households, people) in sorted(counted.items())
        ]
        assert sum(departure.people for departure in departures) <= place.people.total
        return departures


def final_share(curve: DepartureCurve) -> float:
    """Share that ever sets out under a curve; below 1 only where people decide message by message."""
    if isinstance(curve, Sequential):
        return float(curve.share(np.array([curve.messages[-1].time_s + curve.lag_s[1]]))[0])
    return 1.0


def _has_dependants(group: HouseholdGroup) -> bool:
    return group.people.children + group.people.low_mobility > 0


def _with_cars(place: Settlement, own_car_share: float | None) -> Settlement:
    return place if own_car_share is None else replace(place, car_share=own_car_share)
