"""Orders, what holds in settlements, refusals and the referrals of children."""

from __future__ import annotations

from safepassage.model.ledger import OrderKind, OrderState, RefusalState, ZoneStatus
from safepassage.operations.event import Event
from safepassage.operations.fold.view import SetAside, View, Why, rule
from safepassage.operations.records import changed
from safepassage.operations.records.orders import Order, Referral, Refusal, Zone
from safepassage.operations.records.people import Person
from safepassage.operations.vocabulary import (
    Nothing,
    OrderDrafted,
    Reason,
    RefusalRecorded,
    ZoneSet,
    secrets_of,
)

_O = OrderState
_ORDER_MOVES: dict[str, tuple[frozenset[OrderState], OrderState]] = {
    "order.review": (frozenset({_O.DRAFT}), _O.REVIEW),
    "order.authorise": (frozenset({_O.REVIEW}), _O.AUTHORISED),
    "order.publish": (frozenset({_O.AUTHORISED}), _O.PUBLISHED),
    "order.lift": (frozenset({_O.PUBLISHED}), _O.LIFTED),
    "order.cancel": (frozenset({_O.DRAFT, _O.REVIEW, _O.AUTHORISED, _O.PUBLISHED}), _O.CANCELLED),
    "order.expire": (frozenset({_O.PUBLISHED}), _O.EXPIRED),
}
_UNDER_ORDER = frozenset({ZoneStatus.ORDER, ZoneStatus.ORDER_CHILDREN})
_HOLDS = frozenset({RefusalState.RECORDED, RefusalState.CONFIRMED})


@rule("order.draft")
def draft(view: View, event: Event, said: OrderDrafted) -> None:
    """Propose an order."""
    if found := view.get(Order, event.subject):
        raise SetAside(Why.ALREADY_EXISTS, found.last_event)
    view.put(
        Order(
            id=event.subject,
            number=said.number,
            issuer=said.issuer,
            legal_basis=said.legal_basis,
            regime=said.regime,
            kind=said.kind,
            state=OrderState.DRAFT,
            settlements=tuple(sorted(set(said.settlements))),
            effective=said.effective,
            expires=said.expires,
            author=event.actor,
            supersedes=said.supersedes,
            file_hash=said.file_hash,
            last_event=event.order,
        )
    )


def _move(view: View, event: Event, _said: Nothing | Reason) -> None:
    order = view.need(Order, event.subject)
    before, after = _ORDER_MOVES[event.kind]
    if order.state not in before:
        raise SetAside(Why.ILLEGAL_MOVE, order.last_event)
    if after is OrderState.AUTHORISED:
        if event.actor == order.author:
            raise SetAside(Why.AUTHOR_AUTHORISES, order.last_event)
        order = changed(order, authoriser=event.actor)
    view.put(changed(order, state=after, last_event=event.order))
    if after is OrderState.PUBLISHED and order.supersedes:
        _amend(view, event, order.supersedes)


def _amend(view: View, event: Event, order_id: str) -> None:
    old = view.get(Order, order_id)
    if old is not None and old.state is OrderState.PUBLISHED:
        view.put(changed(old, state=OrderState.AMENDED, last_event=event.order))


for _kind in _ORDER_MOVES:
    rule(_kind)(_move)


@rule("zone.set")
def set_zone(view: View, event: Event, said: ZoneSet) -> None:
    """Say what holds in a settlement; an order ends by being lifted, never silently."""
    zone = view.get(Zone, event.subject) or Zone(event.subject)
    if zone.status in _UNDER_ORDER and said.status not in _UNDER_ORDER | {
        ZoneStatus.LIFTED,
        ZoneStatus.SHELTER_IN_PLACE,
    }:
        raise SetAside(Why.ILLEGAL_MOVE, zone.last_event)
    if said.status in _UNDER_ORDER:
        order = view.get(Order, said.order)
        if order is None or order.state is not OrderState.PUBLISHED or event.subject not in order.settlements:
            raise SetAside(Why.NO_ORDER, order.last_event if order else "")
    if zone.last_event > event.based_on and zone.status is not said.status:
        view.note(
            Why.CONCURRENT,
            "the later event is shown",
            subject=f"zone/{zone.id}#status",
            other=zone.last_event,
            values=((zone.last_event, zone.status), (event.order, said.status)),
        )
    eligible = zone.eligible if said.eligible is None else said.eligible
    view.put(Zone(event.subject, said.status, said.order, eligible, event.claimed_ms, last_event=event.order))


@rule("refusal.record")
def record_refusal(view: View, event: Event, said: RefusalRecorded) -> None:
    """Take down a refusal; children under a compulsory order are referred, not refused for."""
    if found := view.get(Refusal, event.subject):
        raise SetAside(Why.ALREADY_EXISTS, found.last_event)
    person = view.need(Person, said.person)
    if person.is_minor:
        if _compulsory_for_children(view, person):
            _refer(view, event, person)
            return
        raise SetAside(Why.MINOR, person.last_event)
    for child_id in sorted(set(said.children)):
        child = view.get(Person, child_id)
        if child is not None and child.is_minor and _compulsory_for_children(view, child):
            _refer(view, event, child)
    if person.refusal and (old := view.get(Refusal, person.refusal)) and old.state in _HOLDS:
        view.put(changed(old, state=RefusalState.SUPERSEDED, last_event=event.order))
    view.put(
        Refusal(
            id=event.subject,
            person=person.id,
            state=RefusalState.RECORDED,
            form_version=said.form_version,
            text_hash=said.text_hash,
            reason_code=said.reason_code,
            children=tuple(sorted(set(said.children))),
            danger_acknowledged=said.danger_acknowledged,
            signed=said.signed,
            follow_up=said.follow_up,
            secrets=secrets_of(said, event.kind),
            last_event=event.order,
        )
    )
    view.put(changed(person, refusal=event.subject, last_event=event.order))


def _compulsory_for_children(view: View, person: Person) -> bool:
    zone = view.get(Zone, person.settlement)
    if zone is None or zone.status not in _UNDER_ORDER:
        return False
    order = view.get(Order, zone.order)
    compulsory = order is not None and order.kind is OrderKind.COMPULSORY_CHILDREN
    return zone.status is ZoneStatus.ORDER_CHILDREN or compulsory


def _refer(view: View, event: Event, child: Person) -> None:
    referral = f"{event.subject}.{child.id}"[:80]
    view.put(Referral(referral, child.id, event.subject, last_event=event.order))


@rule("refusal.confirm")
def confirm_refusal(view: View, event: Event, _said: Nothing) -> None:
    """Confirm a refusal at a second visit."""
    _end_refusal(view, event, frozenset({RefusalState.RECORDED}), RefusalState.CONFIRMED)


@rule("refusal.withdraw")
def withdraw_refusal(view: View, event: Event, _said: Nothing) -> None:
    """Take a refusal back: the person may leave like everybody."""
    _end_refusal(view, event, _HOLDS, RefusalState.WITHDRAWN)


@rule("refusal.void")
def void_refusal(view: View, event: Event, _said: Reason) -> None:
    """Strike out a refusal that should not have been taken down."""
    _end_refusal(view, event, _HOLDS, RefusalState.VOID)


def _end_refusal(view: View, event: Event, before: frozenset[RefusalState], after: RefusalState) -> None:
    refusal = view.need(Refusal, event.subject)
    if refusal.state not in before:
        raise SetAside(Why.ILLEGAL_MOVE, refusal.last_event)
    view.put(changed(refusal, state=after, last_event=event.order))
    person = view.get(Person, refusal.person)
    if after not in _HOLDS and person is not None and person.refusal == refusal.id:
        view.put(changed(person, refusal="", last_event=event.order))


@rule("referral.close")
def close_referral(view: View, event: Event, _said: Reason) -> None:
    """End the work of child protection on a child."""
    referral = view.need(Referral, event.subject)
    if referral.state != "open":
        raise SetAside(Why.ILLEGAL_MOVE, referral.last_event)
    view.put(changed(referral, state="closed", last_event=event.order))
