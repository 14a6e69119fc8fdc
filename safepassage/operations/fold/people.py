"""Households, persons, check-ins, second records of one person, and tracing."""

from __future__ import annotations

from typing import Any

from safepassage.model.ledger import CheckInStage, Decision, PersonState
from safepassage.operations.event import Event
from safepassage.operations.fold.trips import account_for, board, leave_trip
from safepassage.operations.fold.view import SetAside, View, Why, rule
from safepassage.operations.records import changed
from safepassage.operations.records.claims import Conflict
from safepassage.operations.records.people import Household, Person, Tracing
from safepassage.operations.vocabulary import (
    CheckedIn,
    ConflictDecided,
    HouseholdDecided,
    HouseholdRegistered,
    Nothing,
    PersonAmended,
    PersonRegistered,
    Reason,
    SameAs,
    SelfEvacuated,
    TracingConsent,
    TracingMatched,
    TracingOpened,
    secrets_of,
)  # fmt: skip

_P = PersonState
# How far along the way out a state lies; gates may be missed but never passed backwards.
_ALONG = {
    _P.REGISTERED: 0, _P.UNACCOUNTED: 0, _P.RETURNED: 0, _P.ASSEMBLED: 1, _P.BOARDED: 2,
    _P.SELF_EVACUATED: 2, _P.ARRIVED_TRANSIT: 3, _P.ARRIVED_RECEPTION: 4, _P.ONWARD: 5, _P.PLACED: 5,
}  # fmt: skip
_SEEN_AT = {
    CheckInStage.ASSEMBLY: _P.ASSEMBLED,
    CheckInStage.TRANSIT: _P.ARRIVED_TRANSIT,
    CheckInStage.RECEPTION: _P.ARRIVED_RECEPTION,
}


@rule("household.register")
def register_household(view: View, event: Event, said: HouseholdRegistered) -> None:
    """Enter a household."""
    found = view.get(Household, event.subject)
    if found is not None and found.settlement:
        raise SetAside(Why.ALREADY_EXISTS, found.last_event)
    members = found.members if found else ()
    view.put(
        Household(
            id=event.subject,
            settlement=said.settlement,
            members=members,
            pets=said.pets,
            secrets=secrets_of(said, event.kind),
            last_event=event.order,
        )
    )


@rule("household.decide")
def decide(view: View, event: Event, said: HouseholdDecided) -> None:
    """Take down what a household will do."""
    household = view.need(Household, event.subject)
    if household.decided_by > event.based_on and household.decision is not said.decision:
        view.note(
            Why.CONCURRENT,
            "the later event is shown",
            subject=f"household/{household.id}#decision",
            other=household.decided_by,
            values=((household.decided_by, household.decision), (event.order, said.decision)),
        )
    _set_decision(view, event, household, said.decision)


def _set_decision(view: View, event: Event, household: Household, decision: Decision) -> None:
    view.put(changed(household, decision=decision, decided_by=event.order, last_event=event.order))
    for member in household.members:
        if person := view.get(Person, member):
            view.put(changed(person, decision=decision, last_event=event.order))


@rule("person.register")
def register(view: View, event: Event, said: PersonRegistered) -> None:
    """Enter a person, or fill in one who was met at a gate first."""
    found = view.get(Person, event.subject)
    if found is not None and not found.provisional:
        raise SetAside(Why.ALREADY_EXISTS, found.last_event)
    person = changed(
        found or Person(event.subject),
        household=said.household,
        settlement=said.settlement or (found.settlement if found else ""),
        age_from=min(said.age_from, said.age_to),
        age_to=max(said.age_from, said.age_to),
        need=said.need,
        provisional=False,
        guardian=said.guardian,
        unaccompanied=said.unaccompanied,
        source_date=said.source_date,
        expiry_date=said.expiry_date,
        secrets=secrets_of(said, event.kind),
        last_event=event.order,
    )
    if said.household:
        household = view.get(Household, said.household) or Household(said.household, "")
        members = tuple(sorted({*household.members, person.id}))
        view.put(changed(household, members=members, last_event=event.order))
        person = changed(person, decision=household.decision)
    view.put(person)


@rule("person.amend")
def amend(view: View, event: Event, said: PersonAmended) -> None:
    """Correct a person; two corrections that did not see each other are both kept."""
    person = view.need(Person, event.subject)
    new, held = dict(secrets_of(said, event.kind)), dict(person.secrets)
    for name, text in new.items():
        before = held.get(name, "")
        if before.partition("/")[0] > event.based_on:
            view.note(
                Why.CONCURRENT,
                "the later event is shown",
                subject=f"person/{person.id}#{name}",
                other=before.partition("/")[0],
                values=((before.partition("/")[0], before), (event.order, text)),
            )
    plain: dict[str, Any] = {
        name: value
        for name in ("age_from", "age_to", "need", "guardian", "unaccompanied")
        if (value := getattr(said, name)) is not None
    }
    view.put(changed(person, **plain, secrets=tuple(sorted({**held, **new}.items())), last_event=event.order))


@rule("conflict.decide")
def decide_conflict(view: View, event: Event, said: ConflictDecided) -> None:
    """Let a named person say which of two events holds."""
    conflict = view.need(Conflict, event.subject)
    values = dict(conflict.values)
    if values and said.choice not in values:
        raise SetAside(Why.UNKNOWN_CHOICE, conflict.last_event)
    view.put(changed(conflict, choice=said.choice, decided_by=event.actor, last_event=event.order))
    noun, _slash, rest = conflict.subject.partition("/")
    record_id, _mark, name = rest.partition("#")
    if noun == "household" and name == "decision":
        household = view.need(Household, record_id)
        _set_decision(view, event, household, Decision(values[said.choice]))
    elif noun == "person" and name:
        person = view.need(Person, record_id)
        secrets = {**dict(person.secrets), name: values[said.choice]}
        view.put(changed(person, secrets=tuple(sorted(secrets.items())), last_event=event.order))


@rule("person.check_in")
def check_in(view: View, event: Event, said: CheckedIn) -> None:
    """See a person at a gate; nobody is turned away because no list names them."""
    person = view.get(Person, event.subject) or Person(
        event.subject, settlement=said.settlement, need=said.need, provisional=True
    )
    if said.stage is CheckInStage.BOARDING:
        board(view, event, person, said.trip, said.need)
        return
    if said.stage is CheckInStage.DEPARTURE:
        if not person.site:
            raise SetAside(Why.REPEATED, person.seen_by)
        view.put(changed(person, site="", seen_by=event.order, last_event=event.order))
        return
    state = _SEEN_AT[said.stage]
    if person.state is state:
        if person.site == said.site:
            raise SetAside(Why.REPEATED, person.seen_by)
        view.note(
            Why.ELSEWHERE,
            "the later event is shown",
            subject=f"person/{person.id}#site",
            other=person.seen_by,
            values=((person.seen_by, person.site), (event.order, said.site)),
        )
    elif _ALONG.get(person.state, 9) > _ALONG[state]:
        raise SetAside(Why.BACKWARDS, person.seen_by or person.last_event)
    if state is not _P.ASSEMBLED:
        person = account_for(view, event, person, "arrived", said.site)
    view.put(changed(person, state=state, site=said.site, seen_by=event.order, last_event=event.order))


@rule("person.self_evacuated")
def left_alone(view: View, event: Event, _said: SelfEvacuated) -> None:
    """Take down that a person left without help."""
    _side(
        view, event, _P.SELF_EVACUATED, frozenset({_P.REGISTERED, _P.ASSEMBLED, _P.UNACCOUNTED, _P.RETURNED})
    )


@rule("person.returned")
def came_back(view: View, event: Event, _said: Nothing) -> None:
    """Take down that a person has come back home."""
    out = {_P.SELF_EVACUATED, _P.ARRIVED_TRANSIT, _P.ARRIVED_RECEPTION, _P.ONWARD, _P.PLACED, _P.UNACCOUNTED}
    _side(view, event, _P.RETURNED, frozenset(out))


@rule("person.unaccounted")
def lost(view: View, event: Event, _said: Reason) -> None:
    """Take down that nobody knows where a person is."""
    _side(view, event, _P.UNACCOUNTED, frozenset(_P) - {_P.DECEASED, _P.UNACCOUNTED})


@rule("person.deceased")
def died(view: View, event: Event, _said: Nothing) -> None:
    """Take down a death."""
    _side(view, event, _P.DECEASED, frozenset(_P) - {_P.DECEASED})


@rule("person.onward")
def went_on(view: View, event: Event, _said: Nothing) -> None:
    """Take down that a person travelled on from a transit or reception centre."""
    _side(view, event, _P.ONWARD, frozenset({_P.ARRIVED_TRANSIT, _P.ARRIVED_RECEPTION}))


@rule("person.placed")
def found_home(view: View, event: Event, _said: Nothing) -> None:
    """Take down that a person has a place to live."""
    _side(view, event, _P.PLACED, frozenset({_P.ARRIVED_TRANSIT, _P.ARRIVED_RECEPTION, _P.ONWARD}))


def _side(view: View, event: Event, state: PersonState, before: frozenset[PersonState]) -> None:
    person = view.need(Person, event.subject)
    if person.state is state:
        raise SetAside(Why.REPEATED, person.last_event)
    if person.state not in before:
        raise SetAside(Why.ILLEGAL_MOVE, person.last_event)
    person = leave_trip(view, event, person, state)
    # Who has come back starts anew, and so does who left without help.
    assisted = person.assisted and state not in (_P.RETURNED, _P.SELF_EVACUATED)
    view.put(changed(person, state=state, site="", assisted=assisted, last_event=event.order))


@rule("person.link")
def link(view: View, event: Event, said: SameAs) -> None:
    """Say that a record is a second entry of another; the link can be undone."""
    person, main = view.need(Person, event.subject), view.need(Person, said.same_as)
    if person.merged_into:
        raise SetAside(Why.REPEATED, person.last_event)
    if main.merged_into or main.id == person.id:
        raise SetAside(Why.WOULD_BE_A_RING, main.last_event)
    view.put(changed(person, merged_into=main.id, last_event=event.order))


@rule("person.unlink")
def unlink(view: View, event: Event, _said: Reason) -> None:
    """Undo a link."""
    person = view.need(Person, event.subject)
    if not person.merged_into:
        raise SetAside(Why.ILLEGAL_MOVE, person.last_event)
    view.put(changed(person, merged_into="", last_event=event.order))


@rule("tracing.open")
def open_tracing(view: View, event: Event, said: TracingOpened) -> None:
    """Begin to look for somebody."""
    if found := view.get(Tracing, event.subject):
        raise SetAside(Why.ALREADY_EXISTS, found.last_event)
    view.put(
        Tracing(
            event.subject, said.sought, secrets=secrets_of(said, event.kind), last_event=event.order
        )
    )  # fmt: skip


@rule("tracing.match")
def match(view: View, event: Event, said: TracingMatched) -> None:
    """Confirm a match; only people do that."""
    tracing = _tracing(view, event, "open", "matched")
    view.need(Person, said.match)
    view.put(changed(tracing, match=said.match, state="matched", consent=False, last_event=event.order))


@rule("tracing.consent")
def consent(view: View, event: Event, said: TracingConsent) -> None:
    """Take down whether the one sought agrees."""
    view.put(changed(_tracing(view, event, "matched"), consent=said.consent, last_event=event.order))


@rule("tracing.disclose")
def disclose(view: View, event: Event, _said: Nothing) -> None:
    """Tell where the one sought is, after consent."""
    tracing = _tracing(view, event, "matched")
    if not tracing.consent:
        raise SetAside(Why.NO_CONSENT, tracing.last_event)
    view.put(changed(tracing, state="disclosed", last_event=event.order))


@rule("tracing.close")
def close_tracing(view: View, event: Event, _said: Nothing) -> None:
    """Stop looking."""
    view.put(
        changed(_tracing(view, event, "open", "matched", "disclosed"), state="closed", last_event=event.order)
    )


def _tracing(view: View, event: Event, *states: str) -> Tracing:
    tracing = view.need(Tracing, event.subject)
    if tracing.state not in states:
        raise SetAside(Why.ILLEGAL_MOVE, tracing.last_event)
    return tracing
