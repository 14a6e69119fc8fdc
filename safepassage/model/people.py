"""People: how many live where, in which groups, with which needs, in which households."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from safepassage.errors import ModelError

_GOLDEN_FRACTION = 0.6180339887498949


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


def form_households(settlement: Settlement) -> tuple[HouseholdGroup, ...]:
    """
    Divide a settlement's people into whole households, the same way every time.

    Parameters
    ----------
    settlement : Settlement
        Whose people to divide.

    Returns
    -------
    tuple of HouseholdGroup
        Their members sum to ``settlement.people`` in every group and to its wheelchair and
        stretcher counts.

    Notes
    -----
    Sizes differ by at most one around the mean. Every household is led by an adult or an older
    person while there are any; children join households led by adults; people in wheelchairs or
    on stretchers are spread one a household and have a carer wherever somebody else lives there.
    Households with cars are those without a wheelchair or stretcher user first, until their
    members reach ``car_share`` of the people.
    """
    population = settlement.people.total
    if population == 0:
        return ()
    members = _deal_members(settlement)
    drawn = [_household(home) for home in _with_needs(members, settlement)]
    has_car = _choose_car_owners([people.total for people, _ in drawn], drawn, settlement)
    counted = Counter((people, needs, car) for (people, needs), car in zip(drawn, has_car, strict=True))
    ordered = sorted(counted.items(), key=lambda item: _household_key(item[0]))
    groups = tuple(HouseholdGroup(count, people, needs, car) for (people, needs, car), count in ordered)
    assert sum(group.count * group.people.total for group in groups) == population
    return groups


_Member = str


def _deal_members(settlement: Settlement) -> list[list[_Member]]:
    people = settlement.people
    population = people.total
    households = max(1, round(population / settlement.household_size))
    base, larger = divmod(population, households)
    sizes = [base + 1] * larger + [base] * (households - larger)
    leaders = ["adults"] * people.adults + ["older"] * people.older
    leaders += ["low_mobility"] * people.low_mobility + ["children"] * people.children
    homes = [[leader] for leader in leaders[:households]]
    left = Counter(leaders[households:])
    rest = [group for group in ("children", "low_mobility", "older", "adults") for _ in range(left[group])]
    # Children fill the first homes (led by adults) to their size; those of low mobility then
    # go one a home, so that each finds a carer.
    at = 0
    for home, size in zip(homes, sizes, strict=True):
        while len(home) < size and at < len(rest) and rest[at] == "children":
            home.append(rest[at])
            at += 1
    for home, size in zip(reversed(homes), reversed(sizes), strict=True):
        if len(home) < size and at < len(rest) and rest[at] == "low_mobility":
            home.append(rest[at])
            at += 1
    for home, size in zip(homes, sizes, strict=True):
        while len(home) < size:
            home.append(rest[at])
            at += 1
    return homes


def _with_needs(homes: list[list[_Member]], settlement: Settlement) -> list[list[_Member]]:
    """Name who of the low-mobility members travels lying or in a wheelchair: accompanied ones first."""
    places = [(len(home) < 2, k, m) for k, home in enumerate(homes) for m, who in enumerate(home)
              if who == "low_mobility"]  # fmt: skip
    named = ["stretcher"] * settlement.stretcher + ["wheelchair"] * settlement.wheelchair
    for (_, k, m), need in zip(sorted(places), named, strict=False):
        homes[k][m] = need
    return homes


def _household(members: list[_Member]) -> tuple[PeopleCount, NeedCount]:
    count = Counter(members)
    wheelchair, stretcher = count["wheelchair"], count["stretcher"]
    people = PeopleCount(
        count["adults"], count["children"], count["older"],
        count["low_mobility"] + wheelchair + stretcher,
    )  # fmt: skip
    able = count["adults"] + count["older"]
    carer = min(able, wheelchair + stretcher)
    return people, NeedCount(
        seat=people.total - wheelchair - stretcher - carer,
        wheelchair=wheelchair,
        stretcher=stretcher,
        carer=carer,
    )


def _choose_car_owners(
    sizes: list[int], drawn: list[tuple[PeopleCount, NeedCount]], settlement: Settlement
) -> list[bool]:
    target = round(settlement.car_share * settlement.people.total)
    order = sorted(
        range(len(drawn)),
        key=lambda k: (
            _needs_special_vehicle(drawn[k][1]),
            not _can_drive(drawn[k][0]),
            # Households are dealt by composition; a low-discrepancy order spreads cars over all kinds.
            (k * _GOLDEN_FRACTION) % 1.0,
        ),
    )
    owners = [False] * len(drawn)
    carried = 0
    for k in order:
        # Taking this household must bring the carried people nearer to the target, not past it.
        if abs(carried + sizes[k] - target) >= abs(carried - target):
            continue
        if _needs_special_vehicle(drawn[k][1]) or not _can_drive(drawn[k][0]):
            break
        owners[k] = True
        carried += sizes[k]
    return owners


def _needs_special_vehicle(needs: NeedCount) -> bool:
    return needs.wheelchair + needs.stretcher > 0


def _can_drive(people: PeopleCount) -> bool:
    return people.adults + people.older > 0


def _household_key(kind: tuple[PeopleCount, NeedCount, bool]) -> tuple[int, ...]:
    people, needs, car = kind
    return (
        int(car), people.adults, people.children, people.older, people.low_mobility,
        needs.wheelchair, needs.stretcher,
    )  # fmt: skip


def _require_counts(owner: object, names: tuple[str, ...]) -> None:
    for name in names:
        value = getattr(owner, name)
        if value != int(value) or value < 0:
            raise ModelError(f"{type(owner).__name__}.{name} is {value}; give a whole number >= 0")
