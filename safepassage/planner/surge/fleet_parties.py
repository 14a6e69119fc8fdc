"""Parties: households, or parts of households too large for any vehicle, that travel together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from safepassage.model.fleet import VehicleGroup
from safepassage.model.people import HouseholdGroup, NeedCount, PeopleCount

_GROUPS = ("adults", "children", "older", "low_mobility")


@dataclass(frozen=True, slots=True)
class Party:
    """
    People who get on one vehicle together.

    Attributes
    ----------
    households : int
        1, or 0 for the further parts of a household that had to be split.
    people : PeopleCount
        By group.
    needs : NeedCount
        By need class; a carer is in the party of the person cared for.
    """

    households: int
    people: PeopleCount
    needs: NeedCount

    @property
    def needs_places(self) -> bool:
        """True where somebody travels in a wheelchair or lying."""
        return self.needs.wheelchair + self.needs.stretcher > 0


def fits(needs: NeedCount, group: VehicleGroup) -> bool:
    """Whether one empty vehicle of the group has room for everybody."""
    return (
        needs.seats <= group.seats
        and needs.wheelchair <= group.wheelchair_places
        and needs.stretcher <= group.stretcher_places
    )


def parties_of(household: HouseholdGroup, fleet: Sequence[VehicleGroup]) -> tuple[Party, ...]:
    """
    How one household travels: together wherever a vehicle can take all of it.

    Parameters
    ----------
    household : HouseholdGroup
        One of its households is divided; its count does not matter.
    fleet : sequence of VehicleGroup
        Vehicles there are.

    Returns
    -------
    tuple of Party
        One party, or several that sum to the household.

    Notes
    -----
    A household that no vehicle can hold is split into one party for each person in a wheelchair or on
    a stretcher, with one carer, and the others. The others join the first party whose vehicle has room,
    children first so that they stay with an adult.
    """
    whole = Party(1, household.people, household.needs)
    if not fleet or any(fits(household.needs, group) for group in fleet):
        return (whole,)
    left_people, left = household.people, household.needs
    drawn: list[tuple[PeopleCount, NeedCount]] = []
    for need in ("stretcher", "wheelchair"):
        for _ in range(getattr(left, need)):
            carer = min(1, left.carer)
            needs = NeedCount(**{need: 1, "carer": carer})
            people = _taken(left_people, ("low_mobility", "older", "adults", "children"), 1)
            people += _taken(left_people - people, ("adults", "older", "low_mobility", "children"), carer)
            left_people, left = left_people - people, left - needs
            joining = min(left.seat, _spare_seats(needs, fleet))
            others = _taken(left_people, ("children", "older", "adults", "low_mobility"), joining)
            left_people, left = left_people - others, left - NeedCount(seat=joining)
            drawn.append((people + others, needs + NeedCount(seat=joining)))
    largest = max(group.seats for group in fleet)
    while left.total:
        carers = min(left.carer, largest or left.total)
        seats = min(left.seat, (largest or left.total) - carers)
        people = _taken(left_people, ("adults", "children", "older", "low_mobility"), carers + seats)
        drawn.append((people, NeedCount(seat=seats, carer=carers)))
        left_people, left = left_people - people, left - drawn[-1][1]
    assert sum(needs.total for _, needs in drawn) == household.needs.total
    return tuple(Party(int(k == 0), *part) for k, part in enumerate(drawn))


def _spare_seats(needs: NeedCount, fleet: Sequence[VehicleGroup]) -> int:
    """Most seats left in a vehicle that can take them."""
    return max((group.seats - needs.seats for group in fleet if fits(needs, group)), default=0)


def _taken(people: PeopleCount, order: Sequence[str], number: int) -> PeopleCount:
    """``number`` of the people, from the groups in the given order."""
    count = dict.fromkeys(_GROUPS, 0)
    for group in order:
        count[group] = min(getattr(people, group), number - sum(count.values()))
    return PeopleCount(**count)
