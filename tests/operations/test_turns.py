"""Turns: served together, in order, and nobody fails for another's request."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from safepassage.operations.desk import Command, Desk, SetAsideError
from safepassage.operations.safety.roles import Role
from safepassage.operations.store import events, records
from safepassage.operations.turns import Turns


class Refused(Exception):  # noqa: N818
    pass


def test_what_waits_is_served_together_and_refusals_stay_their_own() -> None:
    first_is_in, go_on = threading.Event(), threading.Event()
    served: list[list[int]] = []

    def serve(asked: Sequence[int]) -> list[int]:
        if not served:
            served.append(list(asked))
            first_is_in.set()
            go_on.wait()
            return [number * 10 for number in asked]
        served.append(list(asked))
        if any(number < 0 for number in asked):
            raise Refused
        return [number * 10 for number in asked]

    turns: Turns[int, int] = Turns(serve)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(turns.ask, 1)
        first_is_in.wait()
        others = []
        for number in (2, 3, -4, 5):
            others.append(pool.submit(turns.ask, number))
            while len(turns._waiting) < len(others):
                pass
        go_on.set()
        assert first.result() == 10
        assert [others[0].result(), others[1].result(), others[3].result()] == [20, 30, 50]
        with pytest.raises(Refused):
            others[2].result()
    assert served == [[1], [2, 3, -4, 5], [2], [3], [-4], [5]]


def test_sixteen_desks_at_once_are_each_answered_as_if_alone(desk: Desk) -> None:
    plan = {"agency": "red", "vehicle": "bus", "seats": 5, "destination": "x"}

    def dispatch(command: Command) -> None:
        desk.say(command, actor="dispatcher", agency="red", role=Role.DISPATCHER)

    dispatch(Command("trip.plan", "t1", plan))
    for number in range(16):
        command = Command("person.register", f"p{number}", {"settlement": "s1"})
        desk.say(command, actor="hotline", agency="red", role=Role.HOTLINE)

    def give_seat(number: int) -> bool:
        try:
            dispatch(Command("trip.give_seat", "t1", {"person": f"p{number}"}))
        except SetAsideError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        given = list(pool.map(give_seat, range(16)))
    assert given.count(True) == 5
    with desk.database.reading() as connection:
        assert events.count(connection) == 17 + 5
        assert records.everything(connection, "conflict") == []
        trip = records.find(connection, "trip/t1")
    seated = sorted(seat.person for seat in getattr(trip, "manifest", ()))
    assert seated == sorted(f"p{number}" for number in range(16) if given[number])
