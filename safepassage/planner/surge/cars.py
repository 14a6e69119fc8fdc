"""Car households of a settlement as a queue of whole households, families and the frail first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from safepassage.model.arrays import OffsetArray, equal_by_value, frozen_array
from safepassage.model.households import form_households
from safepassage.model.people import HouseholdGroup, NeedCount, PeopleCount
from safepassage.model.scenario import Scenario

CAR_SEATS = 5


@dataclass(frozen=True, slots=True, eq=False)
class CarQueue:
    """
    The car households of one settlement, or of one of its street groups, in the order they leave.

    Attributes
    ----------
    settlement : str
        Settlement id.
    members : int64[n_households, 8]
        Of each household: adults, children, older, low mobility; seat, wheelchair, stretcher, carer.
    cars_gone : int64[n_households]
        Cars of all households up to each, at most `CAR_SEATS` people a car.
    people_gone : int64[n_households]
        People of all households up to each.
    group : int
        Number of the street group, from 1; 0 where the settlement is not split.
    """

    settlement: str
    members: OffsetArray
    cars_gone: OffsetArray = field(init=False)
    people_gone: OffsetArray = field(init=False)
    group: int = 0

    def __post_init__(self) -> None:
        members = frozen_array(np.reshape(self.members, (-1, 8)), np.int64)
        sizes = members[:, :4].sum(axis=1)
        object.__setattr__(self, "members", members)
        object.__setattr__(self, "cars_gone", frozen_array(np.cumsum(-(-sizes // CAR_SEATS)), np.int64))
        object.__setattr__(self, "people_gone", frozen_array(np.cumsum(sizes), np.int64))

    def __eq__(self, other: object) -> bool:
        return equal_by_value(self, other)

    __hash__ = None  # type: ignore[assignment]

    @property
    def id(self) -> str:
        """The settlement's id, with the number of the street group where it has several."""
        return f"{self.settlement}.{self.group}" if self.group else self.settlement

    @property
    def households(self) -> int:
        """Households in the queue."""
        return len(self.members)

    @property
    def cars(self) -> int:
        """Cars in all."""
        return int(self.cars_gone[-1]) if self.households else 0

    @property
    def people(self) -> PeopleCount:
        """People in all."""
        return PeopleCount(*self.members[:, :4].sum(axis=0).tolist())

    @property
    def needs(self) -> NeedCount:
        """People in all, by need class."""
        return NeedCount(*self.members[:, 4:].sum(axis=0).tolist())

    def part(self, start: int, end: int | None = None) -> CarQueue:
        """
        Some of the households.

        Parameters
        ----------
        start, end : int
            As in a slice.

        Returns
        -------
        CarQueue
            In the same order.
        """
        return CarQueue(self.settlement, self.members[start:end], self.group)

    def fullest_first(self) -> CarQueue:
        """
        The same households, those with most people in a car first.

        Returns
        -------
        CarQueue
            Of equally full cars in the order of this queue.
        """
        people = np.diff(self.people_gone, prepend=0)
        cars = np.diff(self.cars_gone, prepend=0)
        order = np.argsort(-people / cars, kind="stable")
        return CarQueue(self.settlement, self.members[order], self.group)

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
        return self.part(0, int(np.searchsorted(self.people_gone, most, side="right")))


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
            queues.append(queue_of(settlement.id, driving))
        if staying:
            carless[settlement.id] = staying
    return tuple(queues), carless


def queue_of(settlement: str, groups: Sequence[HouseholdGroup]) -> CarQueue:
    """
    Line up the households of one settlement.

    Parameters
    ----------
    settlement : str
        Settlement id.
    groups : sequence of HouseholdGroup
        With cars.

    Returns
    -------
    CarQueue
        Households with children or people of low mobility first.
    """
    ordered = sorted(groups, key=lambda group: not (group.people.children or group.people.low_mobility))
    rows = [
        (
            group.people.adults, group.people.children, group.people.older, group.people.low_mobility,
            group.needs.seat, group.needs.wheelchair, group.needs.stretcher, group.needs.carer,
        )
        for group in ordered
    ]  # fmt: skip
    return CarQueue(settlement, np.repeat(np.array(rows), [group.count for group in ordered], axis=0))
