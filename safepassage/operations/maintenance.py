"""Care of the ledger: rebuild it, verify it, forget what has expired, change the master key, back it up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from safepassage.operations.desk import Desk
from safepassage.operations.event import Event
from safepassage.operations.fold.rules import Effects
from safepassage.operations.records.people import Person
from safepassage.operations.replay import Touch, fold_all
from safepassage.operations.store import audit, events, records, secrets, timelines
from safepassage.operations.store.database import Connection, Database

_AT_ONCE = 5_000
_TOUCHES_AT_ONCE = 50_000


def rebuild(database: Database, told: Callable[[int], None] = lambda _count: None) -> int:
    """
    Derive every record and timeline again from the events.

    Parameters
    ----------
    database : Database
        Nobody else writes meanwhile.
    told : callable
        Takes the number of events done, now and then.

    Returns
    -------
    int
        Events applied.
    """
    with database.writing() as connection, database.much_cache(connection):
        timelines.clear(connection)
        records.clear(connection)
        waiting: list[tuple[str, Touch]] = []
        count = 0

        def emit(event: Event, effects: Effects) -> None:
            nonlocal count
            count += 1
            waiting.extend((key, Touch(event.order, effects.writes.get(key))) for key in effects.reads)
            if len(waiting) >= _TOUCHES_AT_ONCE:
                # Neighbours in the index are written together.
                waiting.sort(key=_place_of)
                timelines.add(connection, waiting)
                waiting.clear()
                told(count)

        state = fold_all(events.in_order(connection), emit)
        waiting.sort(key=_place_of)
        timelines.add(connection, waiting)
        items = sorted(state.items())
        for start in range(0, len(items), _AT_ONCE):
            records.add(connection, items[start : start + _AT_ONCE], count)
    return count


def _place_of(item: tuple[str, Touch]) -> tuple[str, str]:
    return item[0], item[1].order


def first_broken_event(connection: Connection) -> int | None:
    """
    Check the chain of events.

    Parameters
    ----------
    connection : Connection
        Any.

    Returns
    -------
    int or None
        Position of the first event that was changed, or before which one is missing.
    """
    digests = secrets.digests_by_event(connection)
    before, expected = events.START_OF_CHAIN, 1
    for position, event_id, body, mark, chain in events.chain_rows(connection):
        if position != expected or chain != events.link(before, body, mark, digests.get(event_id, "")):
            return expected
        before, expected = chain, expected + 1
    return None


def forget(desk: Desk, noun: str, record_id: str, *, actor: str) -> None:
    """
    Delete the sensitive text of a record for good; a placeholder without names stays.

    Parameters
    ----------
    desk : Desk
        Whose database.
    noun, record_id : str
        Which record.
    actor : str
        Who does it.
    """
    with desk.database.writing() as connection:
        secrets.forget(connection, f"{noun}/{record_id}")
        audit.add(connection, desk.master.audit_mark, desk.now_ms(), actor, f"{noun}.forget", record_id)


def forget_expired(desk: Desk, today: date, *, actor: str) -> int:
    """Forget persons whose expiry date has passed; the number of them."""
    with desk.database.reading() as connection:
        expired = [
            item.id
            for item in records.everything(connection, "person")
            if isinstance(item, Person) and item.expiry_date and date.fromisoformat(item.expiry_date) < today
        ]
    for record_id in expired:
        forget(desk, "person", record_id, actor=actor)
    return len(expired)
