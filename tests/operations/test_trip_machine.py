"""The whole life of trips, played by a machine against a plain model of it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from safepassage.model.ledger import Category, PersonState, TripState
from safepassage.operations.desk import Command, Desk, SetAsideError
from safepassage.operations.ledger import ledger, total
from safepassage.operations.records.movement import Trip
from safepassage.operations.records.people import Person
from safepassage.operations.safety.keys import MasterKey, new_device_key
from safepassage.operations.safety.roles import SAYS, Role
from safepassage.operations.store import events, records
from safepassage.operations.store.database import Database
from tests.operations.field import Watch, folded

PERSONS = [f"p{number}" for number in range(5)]
TRIPS = ["t0", "t1"]
SEATS, WHEELCHAIRS = 2, 1
NEEDS = {"p0": "wheelchair", "p1": "wheelchair"}
FORWARD = {"planned": "confirm", "confirmed": "open_boarding", "boarding": "depart", "departed": "arrive"}
AFTER = {"confirm": "confirmed", "open_boarding": "boarding", "depart": "departed", "arrive": "arrived"}
persons, trips = st.sampled_from(PERSONS), st.sampled_from(TRIPS)


@dataclass
class ModelTrip:
    state: str = "planned"
    seats: dict[str, bool] = field(default_factory=dict)
    accounted: set[str] = field(default_factory=set)

    @property
    def is_open(self) -> bool:
        return self.state in ("planned", "confirmed", "boarding")

    def room_for(self, person: str) -> bool:
        need = NEEDS.get(person, "seat")
        taken = sum(NEEDS.get(other, "seat") == need for other in self.seats)
        return taken < (WHEELCHAIRS if need == "wheelchair" else SEATS)


class TripMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        database = Database.in_folder(Path(self.folder.name))
        database.prepare()
        self.watch = Watch()
        self.desk = Desk(database, MasterKey(bytes(32)), new_device_key(), now_ms=self.watch)
        self.trips = {name: ModelTrip() for name in TRIPS}
        # Where each person is: at home, assembled, on a trip, or out in safety.
        self.at = dict.fromkeys(PERSONS, "home")
        for person in PERSONS:
            assert self.say("person.register", person, settlement="s1", need=NEEDS.get(person, "seat"))
        vehicle = {"agency": "red", "vehicle": "bus", "seats": SEATS, "wheelchairs": WHEELCHAIRS}
        for name in TRIPS:
            assert self.say("trip.plan", name, **vehicle, destination="centre")

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            self.desk.database.close()
            self.folder.cleanup()

    def say(self, kind: str, subject: str, /, **payload: Any) -> bool:
        """True where it was accepted; what is refused leaves nothing behind."""
        self.watch.now_ms += 1000
        role = next(role for role in (Role.DISPATCHER, Role.FIELD, Role.HOTLINE) if kind in SAYS[role])
        try:
            receipt = self.desk.say(
                Command(kind, subject, payload), actor=role.value, agency="red", role=role
            )
        except SetAsideError:
            return False
        return receipt.status == "accepted"

    def seat_of(self, person: str) -> ModelTrip | None:
        active = (trip for trip in self.trips.values() if person in trip.seats and trip.state != "closed")
        return next((trip for trip in active if person not in trip.accounted), None)

    @rule(name=trips, person=persons)
    def give_seat(self, name: str, person: str) -> None:
        trip = self.trips[name]
        legal = (
            trip.is_open
            and person not in trip.seats
            and self.seat_of(person) is None
            and self.at[person] in ("home", "assembled")
            and trip.room_for(person)
        )
        assert self.say("trip.give_seat", name, person=person, need=NEEDS.get(person, "seat")) == legal
        if legal:
            trip.seats[person] = False

    @rule(name=trips, person=persons)
    def take_seat(self, name: str, person: str) -> None:
        trip = self.trips[name]
        legal = trip.is_open and person in trip.seats
        assert self.say("trip.take_seat", name, person=person) == legal
        if legal and trip.seats.pop(person):
            self.at[person] = "assembled"

    @rule(name=trips, move=st.sampled_from(sorted(AFTER)))
    def move(self, name: str, move: str) -> None:
        trip = self.trips[name]
        legal = FORWARD.get(trip.state) == move
        assert self.say(f"trip.{move}", name) == legal
        if legal:
            trip.state = AFTER[move]
            if move == "depart":
                trip.seats = {person: True for person, boarded in trip.seats.items() if boarded}

    @rule(name=trips)
    def advance(self, name: str) -> None:
        if self.trips[name].state in FORWARD:
            self.move(name, FORWARD[self.trips[name].state])

    @rule(name=trips, person=persons)
    def board(self, name: str, person: str) -> None:
        trip = self.trips[name]
        mine = person in trip.seats
        legal = trip.state == "boarding" and self.at[person] in ("home", "assembled")
        if not mine:
            legal = legal and self.seat_of(person) is None and trip.room_for(person)
        said = self.say(
            "person.check_in", person, stage="boarding", trip=name, need=NEEDS.get(person, "seat")
        )
        repeated = mine and trip.seats[person]
        assert said == (legal or repeated)
        if legal:
            trip.seats[person] = True
            self.at[person] = "on_board"

    @rule(person=persons)
    def assemble(self, person: str) -> None:
        said = self.say("person.check_in", person, stage="assembly", site="square")
        legal = self.at[person] in ("home", "assembled")
        # A repeated check-in gets the first receipt.
        assert said == legal
        if legal:
            self.at[person] = "assembled"

    @rule(person=persons)
    def arrive_somewhere(self, person: str) -> None:
        """Nobody is turned away at a centre, whatever the lists say."""
        assert self.say("person.check_in", person, stage="transit", site="centre")
        trip = self.seat_of(person)
        if trip is not None:
            if trip.is_open:
                del trip.seats[person]
            else:
                trip.accounted.add(person)
        self.at[person] = "safe"

    @rule(name=trips, person=persons)
    def account(self, name: str, person: str) -> None:
        trip = self.trips[name]
        legal = (
            trip.state in ("departed", "arrived", "aborted")
            and trip.seats.get(person, False)
            and person not in trip.accounted
        )
        assert self.say("trip.account", name, person=person, outcome="alighted") == legal
        if legal:
            trip.accounted.add(person)
            self.at[person] = "home"

    @rule(name=trips)
    def abort(self, name: str) -> None:
        trip = self.trips[name]
        legal = trip.is_open or trip.state == "departed"
        assert self.say("trip.abort", name, reason="shelling") == legal
        if legal:
            if trip.is_open:
                for person, boarded in trip.seats.items():
                    self.at[person] = "assembled" if boarded else self.at[person]
                trip.seats = {}
            trip.state = "aborted"

    @rule(name=trips)
    def close(self, name: str) -> None:
        trip = self.trips[name]
        legal = trip.state in ("arrived", "aborted") and trip.accounted == set(trip.seats)
        assert self.say("trip.close", name) == legal
        if legal:
            trip.state = "closed"

    @precondition(lambda self: hasattr(self, "desk"))
    @invariant()
    def the_ledger_is_as_the_model_says(self) -> None:
        with self.desk.database.reading() as connection:
            found = {item.id: item for item in records.everything(connection, "trip")}
            people = {item.id: item for item in records.everything(connection, "person")}
        for name, model in self.trips.items():
            trip = found[name]
            assert isinstance(trip, Trip)
            assert trip.state is TripState(model.state)
            assert {seat.person: seat.boarded for seat in trip.manifest} == model.seats
            assert {seat.person for seat in trip.manifest if seat.outcome} == model.accounted
            assert bool(trip.manifest_number) == (model.state in ("departed", "arrived", "closed")) or (
                model.state in ("aborted", "closed")
            )
        where = {
            "home": (PersonState.REGISTERED, PersonState.ASSEMBLED),
            "assembled": (PersonState.ASSEMBLED,),
            "on_board": (PersonState.BOARDED,),
            "safe": (PersonState.ARRIVED_TRANSIT,),
        }
        for person, place in self.at.items():
            item = people[person]
            assert isinstance(item, Person)
            assert item.state in where[place]
        rows = ledger(self.desk.database)
        out = sum(place == "safe" for place in self.at.values())
        everybody = total(rows)
        assert everybody.eligible == len(PERSONS)
        assert everybody.evacuated_assisted + everybody.self_evacuated == out
        assert (
            sum(item.category is not Category.OUTSIDE for item in people.values() if isinstance(item, Person))
            == 5
        )

    @precondition(lambda self: hasattr(self, "desk"))
    @rule()
    def fold_from_nothing(self) -> None:
        with self.desk.database.reading() as connection:
            assert dict(records.bodies(connection)) == folded(list(events.in_order(connection)))


TestTripMachine = TripMachine.TestCase
TestTripMachine.settings = settings(max_examples=20, stateful_step_count=35, deadline=None)
