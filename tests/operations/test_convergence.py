"""The same events give the same state, whatever their order, repetition or partition."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from safepassage.model.ledger import TripState
from safepassage.model.people import NeedClass
from safepassage.operations.event import Event
from safepassage.operations.fold.rules import effects_of
from safepassage.operations.records import Record
from safepassage.operations.records.movement import Trip
from safepassage.operations.records.people import Person
from tests.operations.field import DAY_MS, FieldDevice, MemoryBacking, Watch, folded

PERSONS = [f"p{number}" for number in range(6)]
TRIPS = ["t0", "t1"]
STAGES = ["assembly", "boarding", "transit", "reception", "departure"]
TRIP_MOVES = ["confirm", "open_boarding", "depart", "arrive", "abort", "close"]
DECISIONS = ["unknown", "willing", "refused", "left_self", "returned"]


def random_event(device: FieldDevice, dice: random.Random) -> Event:
    """Something that somebody might say, sensible or not."""
    person, trip = dice.choice(PERSONS), dice.choice(TRIPS)
    need = dice.choice([need.value for need in NeedClass])
    gate = {"stage": dice.choice(STAGES), "trip": trip, "need": need}
    form = {"form_version": "1", "text_hash": "", "reason_code": "housing"}
    vehicle = {"vehicle": "bus", "seats": 2, "wheelchairs": 1, "destination": "x1"}
    side = dice.choice(["person.returned", "person.self_evacuated", "person.deceased"])
    step = dice.choice(["request.triage", "request.schedule", "request.start"])
    known = {"settlement": "s1", "household": "h1", "age_from": dice.choice([8, 40]), "age_to": 60}
    claim = {
        "about": "bridge",
        "predicate": "open",
        "value": dice.choice(["yes", "no"]),
        "source": device.name,
    }
    sayings: list[tuple[str, str, dict[str, Any]]] = [
        ("person.register", person, {**known, "given_name": dice.choice(["Olha", "Ivan"])}),
        ("person.amend", person, {"phone": dice.choice(["1", "2"])}),
        ("household.register", "h1", {"settlement": "s1"}),
        ("household.decide", "h1", {"decision": dice.choice(DECISIONS)}),
        ("trip.plan", trip, {"agency": device.agency, **vehicle}),
        ("trip.give_seat", trip, {"person": person, "need": need}),
        ("trip.take_seat", trip, {"person": person}),
        (f"trip.{dice.choice(TRIP_MOVES)}", trip, {}),
        (f"trip.{dice.choice(TRIP_MOVES)}", trip, {}),
        ("person.check_in", person, {**gate, "site": "x1"}),
        ("person.check_in", person, {**gate, "site": "x2"}),
        ("trip.account", trip, {"person": person, "outcome": "alighted"}),
        (side, person, {}),
        ("person.link", person, {"same_as": dice.choice(PERSONS)}),
        ("person.unlink", person, {}),
        ("refusal.record", f"r{dice.randrange(3)}", {"person": person, **form}),
        ("refusal.withdraw", f"r{dice.randrange(3)}", {}),
        ("request.open", "q1", {"settlement": "s1", "channel": "hotline", "seat": 1}),
        (step, "q1", {}),
        ("request.assign", "q1", {"agency": device.agency}),
        ("stop.take", "stop", {"agency": device.agency, "from_ms": 0, "until_ms": 10}),
        ("claim.report", "c", claim),
    ]
    kind, subject, payload = dice.choice(sayings)
    return device.say(kind, subject, **payload)


def random_history(seed: int, length: int) -> list[Event]:
    dice = random.Random(seed)
    watch = Watch()
    devices = [
        FieldDevice(f"d{number}", agency=f"a{number}", watch=watch, ahead_ms=dice.randint(-3, 3) * DAY_MS)
        for number in range(3)
    ]
    history = []
    for _step in range(length):
        watch.now_ms += dice.randint(0, DAY_MS // 4)
        history.append(random_event(dice.choice(devices), dice))
    return history


def sensible_history(seed: int, length: int) -> list[Event]:
    """As random, after a start that lets most moves through."""
    device = FieldDevice("d9", agency="a9", watch=Watch(Watch().now_ms - 4 * DAY_MS))
    start = [
        device.say("person.register", person, settlement="s1", age_from=30, age_to=60) for person in PERSONS
    ]
    for trip in TRIPS:
        start.append(
            device.say("trip.plan", trip, agency="a9", vehicle="bus", seats=2, wheelchairs=1, destination="x")
        )
        start += [device.say("trip.confirm", trip), device.say("trip.open_boarding", trip)]
    return start + random_history(seed, length)


def assert_invariants(state: dict[str, str], backing: MemoryBacking) -> None:
    trips = [record for record in backing.state.values() if isinstance(record, Trip)]
    persons = {record.id: record for record in backing.state.values() if isinstance(record, Person)}
    active: Counter[str] = Counter()
    for trip in trips:
        needs = Counter(seat.need for seat in trip.manifest)
        assert needs[NeedClass.SEAT] + needs[NeedClass.CARER] <= trip.seats
        assert needs[NeedClass.WHEELCHAIR] <= trip.wheelchairs
        assert needs[NeedClass.STRETCHER] <= trip.stretchers
        if trip.state is TripState.CLOSED:
            assert trip.unaccounted == ()
        for seat in trip.manifest:
            if not seat.outcome and trip.state is not TripState.CLOSED:
                active[seat.person] += 1
                assert persons[seat.person].trip == trip.id
    assert all(number == 1 for number in active.values())
    assert state == backing.document()


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), length=st.integers(1, 60), dice=st.randoms(use_true_random=False))
def test_any_order_repetition_and_partition_give_the_same_state(
    seed: int, length: int, dice: random.Random
) -> None:
    history = sensible_history(seed, length)
    expected = folded(history)
    shuffled = history + dice.sample(history, k=len(history) // 3)
    dice.shuffle(shuffled)
    backing = MemoryBacking()
    while shuffled:
        size = dice.randint(1, 20)
        backing.take(shuffled[:size])
        shuffled = shuffled[size:]
        assert_invariants(folded(list(backing.kept.values())), backing)
    assert backing.document() == expected


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32))
def test_no_event_passes_without_a_trace(seed: int) -> None:
    state: dict[str, Record] = {}
    for event in sorted(sensible_history(seed, 60), key=lambda item: item.order):
        effects = effects_of(event, state.get)
        assert effects.writes
        assert any(record.last_event == event.order for record in effects.writes.values())
        state.update(effects.writes)


def test_a_late_event_is_put_where_it_belongs() -> None:
    watch = Watch()
    first, second = FieldDevice("d1", watch=watch), FieldDevice("d2", watch=watch)
    register = first.say("person.register", "p1", settlement="s1")
    watch.now_ms += 1000
    check_in = second.say("person.check_in", "p1", stage="transit", site="x1")
    backing = MemoryBacking()
    backing.take([check_in])
    person = backing.state["person/p1"]
    assert isinstance(person, Person)
    assert person.provisional
    backing.take([register])
    person = backing.state["person/p1"]
    assert isinstance(person, Person)
    assert (person.provisional, person.settlement, person.site) == (False, "s1", "x1")
    assert backing.document() == folded([register, check_in])
