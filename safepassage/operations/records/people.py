"""Households, persons, links between records of one person, and the search for missing ones."""

from __future__ import annotations

from dataclasses import dataclass

from safepassage.model.ledger import Category, Decision, PersonState
from safepassage.model.people import NeedClass

ADULT_AGE = 18
_OUT = (
    PersonState.ARRIVED_TRANSIT, PersonState.ARRIVED_RECEPTION, PersonState.ONWARD, PersonState.PLACED,
)  # fmt: skip
_WILLING = (Decision.WILLING, Decision.PREPARING, Decision.CONDITIONAL)
_BY_DECISION = {
    Decision.REFUSED: Category.REFUSED,
    Decision.LEFT_SELF: Category.SELF_EVACUATED,
    Decision.EVACUATED: Category.EVACUATED_ASSISTED,
    Decision.RETURNED: Category.RETURNED,
    **dict.fromkeys(_WILLING, Category.WILLING),
}
_BY_STATE = {
    PersonState.DECEASED: Category.OUTSIDE,
    PersonState.RETURNED: Category.RETURNED,
    PersonState.UNACCOUNTED: Category.UNKNOWN,
    PersonState.SELF_EVACUATED: Category.SELF_EVACUATED,
    # Under way, but not out yet: nobody is counted as evacuated before being seen in safety.
    PersonState.ASSEMBLED: Category.WILLING,
    PersonState.BOARDED: Category.WILLING,
}


@dataclass(frozen=True, slots=True)
class Household:
    """
    People who live and decide together.

    Attributes
    ----------
    id, settlement : str
        Own id, settlement id.
    members : tuple of str
        Person ids, sorted.
    decision : Decision
        The decision shown.
    decided_by : str
        Event that set it.
    pets : int
        Animals that travel along.
    secrets : tuple of (str, str)
        Sealed fields and where their text is kept.
    last_event : str
        Event that changed the record last.
    """

    id: str
    settlement: str
    members: tuple[str, ...] = ()
    decision: Decision = Decision.UNKNOWN
    decided_by: str = ""
    pets: int = 0
    secrets: tuple[tuple[str, str], ...] = ()
    last_event: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """
    One person, named only by references to sealed text.

    Attributes
    ----------
    id, household, settlement : str
        Own id, household id or empty, settlement id.
    age_from, age_to : int
        Range the age lies in (years).
    need : NeedClass
        What the person needs of a vehicle.
    state : PersonState
        Where the person is on the way out.
    decision : Decision
        Of the household.
    refusal : str
        The refusal that holds, or empty.
    trip : str
        Trip in which the person holds a seat, or empty.
    site : str
        Site where the person stays, or empty.
    assisted : bool
        Brought out by an organised trip.
    provisional : bool
        Met at a gate and not registered yet.
    merged_into : str
        Record of which this is a second entry, or empty.
    guardian : str
        Person id of the guardian, or empty.
    unaccompanied : bool
        A child without a guardian.
    source_date, expiry_date : str
        Dates, ISO 8601, or empty.
    secrets : tuple of (str, str)
        Sealed fields and where their text is kept.
    seen_by : str
        Event of the last check-in.
    last_event : str
        Event that changed the record last.
    """

    id: str
    household: str = ""
    settlement: str = ""
    age_from: int = 0
    age_to: int = 120
    need: NeedClass = NeedClass.SEAT
    state: PersonState = PersonState.REGISTERED
    decision: Decision = Decision.UNKNOWN
    refusal: str = ""
    trip: str = ""
    site: str = ""
    assisted: bool = False
    provisional: bool = False
    merged_into: str = ""
    guardian: str = ""
    unaccompanied: bool = False
    source_date: str = ""
    expiry_date: str = ""
    secrets: tuple[tuple[str, str], ...] = ()
    seen_by: str = ""
    last_event: str = ""

    @property
    def is_minor(self) -> bool:
        """True unless the person is known to be an adult: doubt protects the child."""
        return self.age_from < ADULT_AGE

    @property
    def category(self) -> Category:
        """Line of the ledger that the person is counted in."""
        if self.merged_into:
            return Category.OUTSIDE
        if self.state in _OUT:
            return Category.EVACUATED_ASSISTED if self.assisted else Category.SELF_EVACUATED
        if self.state in _BY_STATE:
            return _BY_STATE[self.state]
        if self.refusal:
            return Category.REFUSED
        return _BY_DECISION.get(self.decision, Category.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Tracing:
    """
    The search for a missing person.

    Attributes
    ----------
    id, sought : str
        Own id, person id of the one sought.
    match : str
        Person id that somebody confirmed, or empty.
    consent : bool
        The one sought agreed to be found.
    state : str
        ``open``, ``matched``, ``disclosed`` or ``closed``.
    secrets : tuple of (str, str)
        Sealed fields and where their text is kept.
    last_event : str
        Event that changed the record last.
    """

    id: str
    sought: str
    match: str = ""
    consent: bool = False
    state: str = "open"
    secrets: tuple[tuple[str, str], ...] = ()
    last_event: str = ""
