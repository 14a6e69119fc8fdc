"""Car households of a settlement as a queue of whole households, families and the frail first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from safepassage.model.people import HouseholdGroup, NeedCount, PeopleCount, form_households
from safepassage.model.scenario import Scenario

CAR_SEATS = 5


@dataclass(frozen=True, slots=True)
class CarHousehold:
    """
    One household that leaves in its own cars.

    Attributes
    ----------
    people : PeopleCount
        Members by group.
    needs : NeedCount
        Members by need class.
    cars : int
        Cars it takes, at `CAR_SEATS` people a car.
    """

    people: PeopleCount
    needs: NeedCount
    cars: int


@dataclass(frozen=True, slots=True)
class CarQueue:
    """
    The car households of one settlement in the order they leave.

    Attributes
    ----------
    settlement : str
        Settlement id.
    households : tuple of CarHousehold
        First to leave first.
    """

    settlement: str
    households: tuple[CarHousehold, ...]

    @property
    def cars(self) -> int:
        """Cars in all."""
        return sum(household.cars for household in self.households)

    @property
    def people(self) -> PeopleCount:
        """People in all."""
        return sum((household.people for household in self.households), PeopleCount())

    @property
    def needs(self) -> NeedCount:
        """People in all, by need class."""
        return sum((household.needs for household in self.households), NeedCount())

    def cumulative_cars(self) -> tuple[int, ...]:
        """Cars gone after each household."""
        return tuple(accumulate(household.cars for household in self.households))

    def first_people(self, most: int) -> CarQueue:
        """
        The longest start of the queue with at most a number of people.

        Parameters
        ----------
        most : int
            Persons.

        Returns
        -------
        CarQueue
            Whole households only.
        """
        totals = accumulate(household.people.total for household in self.households)
        kept = sum(total <= most for total in totals)
        return CarQueue(self.settlement, self.households[:kept])


def split_by_car(
    scenario: Scenario,
) -> tuple[tuple[CarQueue, ...], Mapping[str, tuple[HouseholdGroup, ...]]]:
    """
    Divide the people in scope into those who drive and those who must be fetched.

    Parameters
    ----------
    scenario : Scenario
        Whose settlements to divide.

    Returns
    -------
    queues : tuple of CarQueue
        One a settlement with car households, in scenario order.
    carless : mapping of str to tuple of HouseholdGroup
        Household groups without a car by settlement id.
    """
    queues, carless = [], {}
    for settlement in scenario.in_scope:
        groups = form_households(settlement)
        driving = [group for group in groups if group.has_car]
        staying = tuple(group for group in groups if not group.has_car)
        if driving:
            queues.append(_queue(settlement.id, driving))
        if staying:
            carless[settlement.id] = staying
    return tuple(queues), carless


def _queue(settlement: str, groups: list[HouseholdGroup]) -> CarQueue:
    ordered = sorted(groups, key=lambda group: not (group.people.children or group.people.low_mobility))
    households = [
        CarHousehold(group.people, group.needs, -(-group.people.total // CAR_SEATS))
        for group in ordered
        for _ in range(group.count)
    ]
    return CarQueue(settlement, tuple(households))
