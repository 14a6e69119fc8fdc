"""Divide the people of a settlement into whole households, the same way every time."""

from __future__ import annotations

import numpy as np

from safepassage.model.arrays import FlagArray, OffsetArray
from safepassage.model.people import HouseholdGroup, NeedCount, PeopleCount, Settlement

_GOLDEN_FRACTION = 0.6180339887498949
_ADULTS, _CHILDREN, _OLDER, _LOW_MOBILITY = range(4)


def form_households(settlement: Settlement) -> tuple[HouseholdGroup, ...]:
    """
    Divide a settlement's people into whole households.

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
    Households with cars are those without a wheelchair or stretcher user, until their members
    reach ``car_share`` of the people.
    """
    population = settlement.people.total
    if population == 0:
        return ()
    members = _deal_members(settlement)
    special = _deal_needs(members, settlement)
    has_car = _choose_car_owners(members, special, settlement)
    kinds, count = np.unique(
        np.column_stack([has_car, members, special]).astype(np.int64), axis=0, return_counts=True
    )
    groups = tuple(_group(row, number) for row, number in zip(kinds.tolist(), count.tolist(), strict=True))
    assert sum(group.count * group.people.total for group in groups) == population
    return groups


def _group(kind: list[int], count: int) -> HouseholdGroup:
    car, adults, children, older, low_mobility, stretcher, wheelchair = kind
    people = PeopleCount(adults, children, older, low_mobility)
    carer = min(adults + older, stretcher + wheelchair)
    needs = NeedCount(
        seat=people.total - wheelchair - stretcher - carer,
        wheelchair=wheelchair,
        stretcher=stretcher,
        carer=carer,
    )
    return HouseholdGroup(count, people, needs, bool(car))


def _deal_members(settlement: Settlement) -> OffsetArray:
    """Members of each household by group, int64[households, 4]."""
    people = settlement.people
    left = np.array([people.adults, people.children, people.older, people.low_mobility])
    households = max(1, round(people.total / settlement.household_size))
    members = np.zeros((households, 4), np.int64)
    leaders = np.repeat([_ADULTS, _OLDER, _LOW_MOBILITY, _CHILDREN], left[[0, 2, 3, 1]])[:households]
    members[np.arange(households), leaders] = 1
    left -= members.sum(axis=0)
    base, larger = divmod(people.total, households)
    free = np.full(households, base) + (np.arange(households) < larger) - 1
    # Children fill the first homes, led by adults. Those of low mobility then go one a home from the
    # other end, so that each finds a carer. Everybody else fills up.
    _fill(members, free, _CHILDREN, int(left[_CHILDREN]))
    last = np.flatnonzero(free > 0)[::-1][: left[_LOW_MOBILITY]]
    members[last, _LOW_MOBILITY] += 1
    free[last] -= 1
    _fill(members, free, _LOW_MOBILITY, int(left[_LOW_MOBILITY]) - last.size)
    _fill(members, free, _OLDER, int(left[_OLDER]))
    _fill(members, free, _ADULTS, int(left[_ADULTS]))
    return members


def _fill(members: OffsetArray, free: OffsetArray, group: int, number: int) -> None:
    """Put people of a group into the free places of the homes, in order. Both arrays are modified."""
    before = np.cumsum(free) - free
    taken = np.clip(number - before, 0, free)
    members[:, group] += taken
    free -= taken


def _deal_needs(members: OffsetArray, settlement: Settlement) -> OffsetArray:
    """Who travels lying or in a wheelchair, int64[households, 2]: accompanied people first."""
    low_mobility = members[:, _LOW_MOBILITY]
    order = np.argsort(members.sum(axis=1) < 2, kind="stable")
    places = np.repeat(order, low_mobility[order])
    special = np.zeros((len(members), 2), np.int64)
    lying, sitting = settlement.stretcher, settlement.stretcher + settlement.wheelchair
    special[:, 0] = np.bincount(places[:lying], minlength=len(members))
    special[:, 1] = np.bincount(places[lying:sitting], minlength=len(members))
    return special


def _choose_car_owners(members: OffsetArray, special: OffsetArray, settlement: Settlement) -> FlagArray:
    sizes = members.sum(axis=1)
    target = round(settlement.car_share * settlement.people.total)
    able = (special.sum(axis=1) == 0) & (members[:, _ADULTS] + members[:, _OLDER] > 0)
    # Households are dealt by composition; a low-discrepancy order spreads cars over all kinds.
    spread = (np.arange(len(sizes)) * _GOLDEN_FRACTION) % 1.0
    order = np.argsort(spread, kind="stable")
    order = order[able[order]]
    carried = np.cumsum(sizes[order])
    certain = int(np.searchsorted(carried, target, side="right"))
    owners = np.zeros(len(sizes), np.bool_)
    owners[order[:certain]] = True
    short = target - int(carried[certain - 1]) if certain else target
    for k in order[certain:].tolist():
        # One more household must bring the carried people nearer to the target.
        if 2 * short <= int(sizes.min()):
            break
        if abs(short - sizes[k]) < abs(short):
            owners[k] = True
            short -= int(sizes[k])
    return owners
