"""Stated shares: who the people of a settlement are where only their number is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from safepassage.district.apportion import apportion
from safepassage.errors import Fault, InputError
from safepassage.formats.fault_list import remedy_for_name
from safepassage.i18n import _
from safepassage.model.people import PeopleCount
from safepassage.model.scenario import Assumption

GROUPS = ("adults", "children", "older", "low_mobility")


@dataclass(frozen=True, slots=True)
class Shares:
    """
    Shares used for every settlement that does not state its own figures.

    Attributes
    ----------
    children, older, low_mobility : float
        Of all people; the rest are adults.
    wheelchair, stretcher : float
        Of the people of low mobility.
    car : float
        Of all people, those whose household has a car.
    household_size : float
        Mean persons a household.
    persons_per_car : float
        Mean persons in a car.
    """

    children: float = 0.18
    older: float = 0.25
    low_mobility: float = 0.05
    wheelchair: float = 0.15
    stretcher: float = 0.04
    car: float = 0.5
    household_size: float = 2.5
    persons_per_car: float = 2.5


_RANGES = {
    "children": (0.10, 0.30),
    "older": (0.15, 0.45),
    "low_mobility": (0.02, 0.10),
    "wheelchair": (0.05, 0.30),
    "stretcher": (0.01, 0.10),
    "car": (0.20, 0.80),
    "household_size": (1.8, 4.0),
    "persons_per_car": (1.5, 3.5),
}
_TARGETS = {
    "car": "settlement.csv:*:car_share",
    "household_size": "settlement.csv:*:household_size",
    "persons_per_car": "scenario.toml:policy:persons_per_car",
}
_REASON = "no figure for the district was given; a value usual in rural Eastern Europe"


def parse_shares(text: str) -> Shares:
    """
    Read ``children=0.2,older=0.3``.

    Parameters
    ----------
    text : str
        Names and numbers; what is not named keeps its usual value.

    Returns
    -------
    Shares
        Checked.

    Raises
    ------
    InputError
        For unknown names and numbers out of range.
    """
    known = [item.name for item in fields(Shares)]
    given: dict[str, float] = {}
    for part in filter(None, (word.strip() for word in text.split(","))):
        name, _equals, number = part.partition("=")
        if name not in known:
            raise _bad(part, _("the share is not known"), remedy_for_name(name, known))
        try:
            given[name] = float(number)
        except ValueError as error:
            raise _bad(part, _("this is no number"), _("write it as children=0.2")) from error
        least, most = (1.0, 20.0) if name in ("household_size", "persons_per_car") else (0.0, 1.0)
        if not least <= given[name] <= most:
            remedy = _("give {low} to {high}").format(low=f"{least:g}", high=f"{most:g}")
            raise _bad(part, _("the share is out of range"), remedy)
    shares = Shares(**given)
    if shares.children + shares.older + shares.low_mobility > 1 or shares.wheelchair + shares.stretcher > 1:
        raise _bad(text, _("the shares sum to more than 1"), _("lower one of them"))
    return shares


def _bad(value: str, problem: str, remedy: str) -> InputError:
    return InputError([Fault("--shares", 0, "", value, problem, remedy)])


def divide_people(population: int, given: Mapping[str, int], shares: Shares) -> tuple[PeopleCount, int, int]:
    """
    Groups and needs of a settlement's people.

    Parameters
    ----------
    population : int
        Persons.
    given : mapping of str to int
        Groups and need classes that are known; together not more than the population.
    shares : Shares
        Used for the others.

    Returns
    -------
    PeopleCount
        Sums to ``population``.
    int, int
        People in wheelchairs and on stretchers.
    """
    stated = {name: given[name] for name in GROUPS if name in given}
    weight = {
        "adults": 1 - shares.children - shares.older - shares.low_mobility,
        "children": shares.children,
        "older": shares.older,
        "low_mobility": shares.low_mobility,
    }
    open_groups = [name for name in GROUPS if name not in stated] or ["adults"]
    rest = population - sum(stated.values())
    parts = apportion(rest, [weight[name] for name in open_groups])
    count = {**stated}
    for name, part in zip(open_groups, parts, strict=True):
        count[name] = count.get(name, 0) + part
    people = PeopleCount(**count)
    needs = [shares.wheelchair, shares.stretcher, 1 - shares.wheelchair - shares.stretcher]
    wheelchair, stretcher, _walking = apportion(people.low_mobility, needs)
    wheelchair = min(given.get("wheelchair", wheelchair), people.low_mobility)
    stretcher = min(given.get("stretcher", stretcher), people.low_mobility - wheelchair)
    assert people.total == population
    return people, wheelchair, stretcher


def share_assumptions(shares: Shares, *, uniform: Mapping[str, bool]) -> tuple[Assumption, ...]:
    """
    The shares as assumptions with ranges.

    Parameters
    ----------
    shares : Shares
        What was used.
    uniform : mapping of str to bool
        Shares whose value every settlement has, so that the cells can be named.

    Returns
    -------
    tuple of Assumption
        One a share.
    """
    usual = Shares()
    found = []
    for name, (low, high) in _RANGES.items():
        value = getattr(shares, name)
        reason = _REASON if value == getattr(usual, name) else "given when the scenario was prepared"
        target = (_TARGETS[name],) if name in _TARGETS and uniform.get(name, True) else ()
        unit = "persons" if name in ("household_size", "persons_per_car") else "share"
        found.append(
            Assumption(
                f"people-{name.replace('_', '-')}", value, min(low, value), max(high, value), unit, reason,
                "", target,
            )
        )  # fmt: skip
    return tuple(found)
