"""From the ledger to a new plan: decisions become closures, people become demand, trips become pins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from safepassage.i18n import _
from safepassage.model.people import PeopleCount, Settlement
from safepassage.model.plan import Pin, PinAction, PinKind
from safepassage.model.replanning import DemandChange
from safepassage.model.scenario import Scenario
from safepassage.model.threat import ThreatEntry
from safepassage.operations.planning import DecidedPassage, KnownPeople, Passage, PlanningFacts
from safepassage.planner.surge.known_now import closures_of


@dataclass(frozen=True, slots=True)
class LedgerChanges:
    """
    What the ledger changes for a plan.

    Attributes
    ----------
    closures : tuple of ThreatEntry
        Roads that are lost.
    pins : tuple of Pin
        Vehicles that are under way to somewhere.
    demand : tuple of DemandChange
        Settlements whose people are counted anew.
    left_out : tuple of str
        What could not be used, in words.
    """

    closures: tuple[ThreatEntry, ...]
    pins: tuple[Pin, ...]
    demand: tuple[DemandChange, ...]
    left_out: tuple[str, ...]

    def facts(self) -> dict[str, object]:
        """Tell a machine."""
        return {
            "closed": sorted({entry.subject for entry in self.closures}),
            "demand": [asdict(change) for change in self.demand],
            "pins": [asdict(pin) for pin in self.pins],
            "left_out": list(self.left_out),
        }

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        words = _("From the ledger: {closures} roads lost, {demand} settlements counted anew, {pins} trips.")
        first = words.format(closures=len(self.closures), demand=len(self.demand), pins=len(self.pins))
        return [first, *self.left_out]


def ledger_changes(scenario: Scenario, facts: PlanningFacts, at_s: float) -> LedgerChanges:
    """
    Translate what the ledger knows for the planner.

    Parameters
    ----------
    scenario : Scenario
        For which the running plan was made.
    facts : PlanningFacts
        As read from the ledger.
    at_s : float
        From when on the new plan holds (s).

    Returns
    -------
    LedgerChanges
        People who refuse are no demand, verified requests are; everybody else stays as the scenario has
        them, whether registered or not: who is unknown may still want to leave.
    """
    left_out: list[str] = []
    closures: list[ThreatEntry] = []
    for passage in facts.passages:
        names = _names_of(scenario, passage.subject)
        if passage.passage is Passage.UNCLEAR or not names:
            left_out.append(_why_not(passage, known=bool(names)))
        elif passage.passage is Passage.LOST:
            closures += [entry for name in names for entry in closures_of(scenario, name, at_s)]
    places = {place.id: place for place in scenario.settlements if place.in_scope}
    demand = [
        change
        for known in facts.people
        if known.settlement in places
        for change in _demand(places[known.settlement], known)
    ]
    return LedgerChanges(tuple(closures), _pins(scenario, facts), tuple(demand), tuple(left_out))


def _names_of(scenario: Scenario, subject: str) -> list[str]:
    """A link, or the crossing whose name this is when signs and case do not count: ids hold no blanks."""
    network = scenario.network
    if subject in set(network.link_id):
        return [subject]
    return sorted({name for name in network.crossing if name and _folded(name) == _folded(subject)})


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _why_not(passage: DecidedPassage, *, known: bool) -> str:
    if known:
        return _(
            "{subject} was decided as {value!r}, which is neither lost nor open; it was left out"
        ).format(subject=passage.subject, value=passage.value)
    return _("{subject} is no crossing and no road of the scenario; the decision was left out").format(
        subject=passage.subject
    )


def _pins(scenario: Scenario, facts: PlanningFacts) -> tuple[Pin, ...]:
    vehicles = {name for group in scenario.fleet for name in (group.id, *group.vehicle_ids())}
    sites = {site.id for site in scenario.sites}
    return tuple(
        Pin(
            f"ledger-{trip.trip}", PinAction.FORCE, PinKind.VEHICLE, trip.vehicle, trip.destination,
            _("under way"), trip.agency,
        )
        for trip in facts.trips
        if trip.vehicle in vehicles and trip.destination in sites
    )  # fmt: skip


def _demand(place: Settlement, known: KnownPeople) -> list[DemandChange]:
    people = _without(place.people, known.refused)
    missing = max(known.leaving.total, known.asked.total) - people.total
    if missing > 0:
        # The ledger names more people than the scenario thought were there.
        people += PeopleCount(adults=missing)
    wheelchair = max(place.wheelchair, known.asked.wheelchair)
    stretcher = max(place.stretcher, known.asked.stretcher)
    people = _with_low_mobility(people, wheelchair + stretcher)
    wheelchair = min(wheelchair, people.low_mobility)
    stretcher = min(stretcher, people.low_mobility - wheelchair)
    change = DemandChange(place.id, people, wheelchair, stretcher)
    same = (place.people, place.wheelchair, place.stretcher) == (people, wheelchair, stretcher)
    return [] if same else [change]


def _without(people: PeopleCount, gone: PeopleCount) -> PeopleCount:
    """Subtract by group; a group that has fewer gives what it has, and the rest comes from the adults."""
    names = ("adults", "children", "older", "low_mobility")
    left = {name: max(0, getattr(people, name) - getattr(gone, name)) for name in names}
    short = sum(left.values()) - max(0, people.total - gone.total)
    for name in names:
        taken = min(short, left[name])
        left[name] -= taken
        short -= taken
    return PeopleCount(**left)


def _with_low_mobility(people: PeopleCount, wanted: int) -> PeopleCount:
    """People who ask for a wheelchair place or a stretcher were counted among the others."""
    short = max(0, wanted - people.low_mobility)
    left = {name: getattr(people, name) for name in ("older", "adults", "children")}
    moved = 0
    for name, count in left.items():
        taken = min(short - moved, count)
        left[name] -= taken
        moved += taken
    return PeopleCount(low_mobility=people.low_mobility + moved, **left)
