"""Requests for help, crews who go for them, and stops that agencies share."""

from __future__ import annotations

from safepassage.model.ledger import RequestState
from safepassage.operations.event import Event
from safepassage.operations.fold.view import SetAside, View, Why, rule
from safepassage.operations.records import changed
from safepassage.operations.records.movement import Crew, HelpRequest, Stop, StopUse
from safepassage.operations.vocabulary import (
    CrewOut,
    Nothing,
    Reason,
    RequestAssigned,
    RequestOpened,
    RequestVerified,
    SameAs,
    StopTaken,
    secrets_of,
)  # fmt: skip

_R = RequestState
_MOVES: dict[str, tuple[frozenset[RequestState], RequestState]] = {
    "request.triage": (frozenset({_R.NEW, _R.FAILED}), _R.TRIAGED),
    "request.duplicate": (frozenset({_R.TRIAGED}), _R.DUPLICATE),
    "request.schedule": (frozenset({_R.TRIAGED}), _R.SCHEDULED),
    "request.assign": (frozenset({_R.SCHEDULED}), _R.ASSIGNED),
    "request.start": (frozenset({_R.ASSIGNED}), _R.EN_ROUTE),
    "request.complete": (frozenset({_R.EN_ROUTE}), _R.COMPLETED),
    "request.fail": (frozenset({_R.EN_ROUTE}), _R.FAILED),
    "request.withdraw": (
        frozenset({_R.NEW, _R.TRIAGED, _R.SCHEDULED, _R.ASSIGNED, _R.EN_ROUTE, _R.FAILED}),
        _R.WITHDRAWN,
    ),
}


@rule("request.open")
def open_request(view: View, event: Event, said: RequestOpened) -> None:
    """Take down a call for help."""
    if found := view.get(HelpRequest, event.subject):
        raise SetAside(Why.ALREADY_EXISTS, found.last_event)
    view.put(
        HelpRequest(
            id=event.subject,
            settlement=said.settlement,
            household=said.household,
            seat=said.seat,
            wheelchair=said.wheelchair,
            stretcher=said.stretcher,
            carer=said.carer,
            state=RequestState.NEW,
            channel=said.channel,
            received_ms=event.claimed_ms,
            secrets=secrets_of(said, event.kind),
            last_event=event.order,
        )
    )


@rule("request.verify")
def verify(view: View, event: Event, said: RequestVerified) -> None:
    """Find a request to be true: false ones are sent to draw crews out."""
    request = view.need(HelpRequest, event.subject)
    view.put(changed(request, verified_by=said.by, last_event=event.order))


def _move(view: View, event: Event) -> HelpRequest:
    request = view.need(HelpRequest, event.subject)
    before, after = _MOVES[event.kind]
    if request.state not in before:
        raise SetAside(Why.ILLEGAL_MOVE, request.last_event)
    return changed(request, state=after, last_event=event.order)


def _plain_move(view: View, event: Event, _said: Nothing) -> None:
    view.put(_move(view, event))


for _kind in ("request.triage", "request.schedule", "request.complete", "request.withdraw"):
    rule(_kind)(_plain_move)


@rule("request.start")
def start(view: View, event: Event, _said: Nothing) -> None:
    """Send the crew; never to a request that nobody has verified."""
    request = _move(view, event)
    if not request.verified_by:
        raise SetAside(Why.UNVERIFIED, request.last_event)
    view.put(request)


@rule("request.fail")
def fail(view: View, event: Event, said: Reason) -> None:
    """Take down that a crew came back without the people, and why."""
    view.put(changed(_move(view, event), reason=said.reason))


@rule("request.duplicate")
def duplicate(view: View, event: Event, said: SameAs) -> None:
    """Say that a request was already there."""
    main = view.need(HelpRequest, said.same_as)
    if main.id == event.subject or main.state is RequestState.DUPLICATE:
        raise SetAside(Why.WOULD_BE_A_RING)
    view.put(changed(_move(view, event), same_as=said.same_as))


@rule("request.assign")
def assign(view: View, event: Event, said: RequestAssigned) -> None:
    """Let an agency take a request; the second to take it learns of the first, and the first of it."""
    request = view.need(HelpRequest, event.subject)
    if request.state in (_R.ASSIGNED, _R.EN_ROUTE):
        if request.agency != said.agency:
            raise SetAside(Why.TAKEN_TWICE, request.last_event, (request.agency, said.agency))
        raise SetAside(Why.REPEATED, request.last_event)
    view.put(changed(_move(view, event), agency=said.agency, trip=said.trip))


@rule("stop.take")
def take_stop(view: View, event: Event, said: StopTaken) -> None:
    """Work at a stop for a while; agencies whose times overlap are both told."""
    stop = view.get(Stop, event.subject) or Stop(event.subject)
    clashing = [
        use
        for use in stop.uses
        if use.agency != said.agency and use.from_ms < said.until_ms and said.from_ms < use.until_ms
    ]
    if clashing:
        agencies = (said.agency, *(use.agency for use in clashing))
        view.note(Why.TAKEN_TWICE, "both are shown", other=clashing[-1].event, agencies=agencies)
    uses = (*stop.uses, StopUse(said.agency, said.from_ms, said.until_ms, event.order))
    view.put(changed(stop, uses=uses, last_event=event.order))


def _crew_out(view: View, event: Event, said: CrewOut) -> None:
    view.put(Crew(event.subject, said.agency, said.request, said.due_ms, out=True, last_event=event.order))


rule("crew.go")(_crew_out)


@rule("crew.report")
def report(view: View, event: Event, said: CrewOut) -> None:
    """Be heard of, and say when next."""
    crew = view.need(Crew, event.subject)
    if not crew.out:
        raise SetAside(Why.ILLEGAL_MOVE, crew.last_event)
    view.put(changed(crew, due_ms=said.due_ms, last_event=event.order))


@rule("crew.return")
def come_home(view: View, event: Event, _said: Nothing) -> None:
    """Be back."""
    crew = view.need(Crew, event.subject)
    if not crew.out:
        raise SetAside(Why.REPEATED, crew.last_event)
    view.put(changed(crew, out=False, last_event=event.order))
