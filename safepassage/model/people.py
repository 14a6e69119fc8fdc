"""People: how many live where, in which groups, with which needs, in which households."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from safepassage.errors import ModelError


class Basis(StrEnum):
    """Why a settlement is in the scope of the order."""

    NAMED = "named"
    INFERRED = "inferred"
    OUTSIDE = "outside"


class NeedClass(StrEnum):
    """What a person needs of a vehicle."""

    SEAT = "seat"
    WHEELCHAIR = "wheelchair"
    STRETCHER = "stretcher"
    CARER = "carer"


@dataclass(frozen=True, slots=True)
class PeopleCount:
    """
    Whole persons by group; the groups do not overlap.

    Attributes
    ----------
    adults, children, older, low_mobility : int
        Persons; ``low_mobility`` holds people of any age who cannot walk or climb unaided.
    """

    adults: int = 0
    children: int = 0
    older: int = 0
    low_mobility: int = 0

    def __post_init__(self) -> None:
        _require_counts(self, ("adults", "children", "older", "low_mobility"))

    @property
    def total(self) -> int:
        """All persons."""
        return self.adults + self.children + self.older + self.low_mobility

    def __add__(self, other: PeopleCount) -> PeopleCount:
        return PeopleCount(
            self.adults + other.adults,
            self.children + other.children,
            self.older + other.older,
            self.low_mobility + other.low_mobility,
        )

    def __sub__(self, other: PeopleCount) -> PeopleCount:
        return PeopleCount(
            self.adults - other.adults,
            self.children - other.children,
            self.older - other.older,
            self.low_mobility - other.low_mobility,
        )

    def times(self, number: int) -> PeopleCount:
        """
        The count of ``number`` equal groups.

        Parameters
        ----------
        number : int
            How many, >= 0.

        Returns
        -------
        PeopleCount
            Every group multiplied.
        """
        return PeopleCount(
            self.adults * number, self.children * number, self.older * number, self.low_mobility * number
        )


@dataclass(frozen=True, slots=True)
class NeedCount:
    """
    Whole persons by need class; every person is in exactly one.

    Attributes
    ----------
    seat, wheelchair, stretcher, carer : int
        Persons. A carer takes a seat in the vehicle of the person cared for.
    """

    seat: int = 0
    wheelchair: int = 0
    stretcher: int = 0
    carer: int = 0

    def __post_init__(self) -> None:
        _require_counts(self, ("seat", "wheelchair", "stretcher", "carer"))

    @property
    def total(self) -> int:
        """All persons."""
        return self.seat + self.wheelchair + self.stretcher + self.carer

    @property
    def seats(self) -> int:
        """Ordinary seats taken: those who sit and their carers."""
        return self.seat + self.carer

    def __add__(self, other: NeedCount) -> NeedCount:
        return NeedCount(
            self.seat + other.seat,
            self.wheelchair + other.wheelchair,
            self.stretcher + other.stretcher,
            self.carer + other.carer,
        )

    def __sub__(self, other: NeedCount) -> NeedCount:
        return NeedCount(
            self.seat - other.seat,
            self.wheelchair - other.wheelchair,
            self.stretcher - other.stretcher,
            self.carer - other.carer,
        )

    def times(self, number: int) -> NeedCount:
        """
        The count of ``number`` equal groups.

        Parameters
        ----------
        number : int
            How many, >= 0.

        Returns
        -------
        NeedCount
            Every class multiplied.
        """
        return NeedCount(
            self.seat * number, self.wheelchair * number, self.stretcher * number, self.carer * number
        )


@dataclass(frozen=True, slots=True)
class Settlement:
    """
    A place where people live, or a street group of a town.

    Attributes
    ----------
    id : str
        Official code such as KATOTTG, or another unique id.
    name_uk, name_en : str
        Names in two languages.
    community : str
        The community (hromada) it belongs to.
    latitude_deg, longitude_deg : float
        Centre of the settlement, WGS84.
    node : str
        Id of the network node where its streets meet the network; empty where it has no road.
    people : PeopleCount
        Persons present at the start.
    wheelchair, stretcher : int
        Those of ``people.low_mobility`` who travel in a wheelchair or lying.
    household_size : float
        Mean persons a household, >= 1.
    car_share : float
        Share of the people whose household has a car, 0 to 1.
    hazard : float
        Danger relative to the district's mean, >= 0.
    in_scope : bool
        True where the order covers the settlement.
    basis : Basis
        Whether the order names it, or its scope was inferred.
    """

    id: str
    name_uk: str
    name_en: str
    community: str
    latitude_deg: float
    longitude_deg: float
    node: str
    people: PeopleCount
    wheelchair: int = 0
    stretcher: int = 0
    household_size: float = 2.5
    car_share: float = 0.5
    hazard: float = 1.0
    in_scope: bool = True
    basis: Basis = Basis.NAMED

    def __post_init__(self) -> None:
        _require_counts(self, ("wheelchair", "stretcher"))
        if self.wheelchair + self.stretcher > self.people.low_mobility:
            raise ModelError(
                f"settlement {self.id}: wheelchair {self.wheelchair} + stretcher {self.stretcher} exceed"
                f" low_mobility {self.people.low_mobility}; raise low_mobility or lower them"
            )
        if not self.household_size >= 1:
            raise ModelError(f"settlement {self.id}: household_size is {self.household_size}; give >= 1")
        if not 0 <= self.car_share <= 1:
            raise ModelError(f"settlement {self.id}: car_share is {self.car_share}; give 0 to 1")
        if not self.hazard >= 0:
            raise ModelError(f"settlement {self.id}: hazard is {self.hazard}; give a number >= 0")


@dataclass(frozen=True, slots=True)
class HouseholdGroup:
    """
    Households of one settlement that are alike.

    Attributes
    ----------
    count : int
        How many such households.
    people : PeopleCount
        Members of one household by group.
    needs : NeedCount
        Members of one household by need class; totals equal ``people.total``.
    has_car : bool
        True where the household leaves in its own car.
    """

    count: int
    people: PeopleCount
    needs: NeedCount
    has_car: bool

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ModelError(f"household group count is {self.count}; give a positive number")
        if self.people.total != self.needs.total:
            raise ModelError("a household's members by group and by need differ in number")


def _require_counts(owner: object, names: tuple[str, ...]) -> None:
    for name in names:
        value = getattr(owner, name)
        if value != int(value) or value < 0:
            raise ModelError(f"{type(owner).__name__}.{name} is {value}; give a whole number >= 0")
