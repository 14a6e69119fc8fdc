"""Timelines of records: what each event read and what it left behind, at every place."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, and_, bindparam, delete, func, select, text

from safepassage.operations.event import Event
from safepassage.operations.records import Record, decode, encode
from safepassage.operations.records.people import Person
from safepassage.operations.replay import KeptTouch, Touch
from safepassage.operations.store import events
from safepassage.operations.store.rows import insert_rows
from safepassage.operations.store.tables import touch as table

# Keys and places travel as one JSON object, so that a batch costs one question however many keys it has.
_TIMELINES = """
    SELECT touch.key, touch.place, touch.body
    FROM {each}(:wanted) AS wanted CROSS JOIN touch
    WHERE touch.key = wanted.key AND touch.place >= coalesce(
        (SELECT earlier.place FROM touch AS earlier
         WHERE earlier.key = wanted.key AND earlier.place < wanted.value AND earlier.body IS NOT NULL
         ORDER BY earlier.place DESC LIMIT 1),
        wanted.value)
    ORDER BY touch.key, touch.place
"""
_TIMELINES_BY_DIALECT = {
    "sqlite": text(_TIMELINES.format(each="json_each")),
    "postgresql": text(_TIMELINES.format(each="json_each_text")),
}
_TOUCHED = """
    SELECT touch.place, touch.key FROM {each}(:wanted) AS wanted CROSS JOIN touch
    WHERE touch.place = wanted.value
"""
_TOUCHED_BY_DIALECT = {
    "sqlite": text(_TOUCHED.format(each="json_each")),
    "postgresql": text(_TOUCHED.format(each="json_array_elements_text")),
}
_FORGET = delete(table).where(table.c.key == bindparam("old_key"), table.c.place == bindparam("old_place"))


class KeptTimelines:
    """
    The timelines of a database.

    Parameters
    ----------
    connection : Connection
        Of the only writer.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def timelines(self, places: Mapping[str, str]) -> Mapping[str, Sequence[KeptTouch]]:
        """Touches of keys from the last write before each key's place onwards, in order."""
        statement = _TIMELINES_BY_DIALECT[self._connection.dialect.name]
        found: dict[str, list[KeptTouch]] = defaultdict(list)
        for key, place, body in self._connection.execute(statement, {"wanted": json.dumps(dict(places))}):
            found[key].append((place, body))
        return found

    def events(self, orders: Sequence[str]) -> Mapping[str, Event]:
        """Events by their places."""
        return events.at_places(self._connection, orders)

    def keys_touched(self, orders: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """Keys on whose timelines events stand, by place."""
        found: dict[str, set[str]] = {order: set() for order in orders}
        statement = _TOUCHED_BY_DIALECT[self._connection.dialect.name]
        for place, key in self._connection.execute(statement, {"wanted": json.dumps(list(orders))}):
            found[place].add(key)
        return {place: frozenset(keys) for place, keys in found.items()}


def change(
    connection: Connection, changed: Mapping[tuple[str, str], Touch | None], new_places: frozenset[str]
) -> None:
    """Keep new touches and forget those that are gone; new places have none yet."""
    gone = [{"old_key": key, "old_place": place} for key, place in changed if place not in new_places]
    if gone:
        connection.execute(_FORGET, gone)
    add(connection, ((key, item) for (key, _place), item in changed.items() if item is not None))


def add(connection: Connection, touches: Iterable[tuple[str, Touch]]) -> None:
    """Keep touches that are new."""
    insert_rows(connection, table, [_row(key, item) for key, item in touches])


def clear(connection: Connection) -> None:
    """Forget every touch, before they are made again."""
    connection.execute(delete(table))


def counts_at(connection: Connection, place: str) -> Counter[tuple[str, str]]:
    """
    Persons by settlement and line of the ledger, as things stood at a place.

    Parameters
    ----------
    connection : Connection
        Any.
    place : str
        Events at or after it are left out.

    Returns
    -------
    Counter
        By settlement and category.
    """
    last = (
        select(table.c.key, func.max(table.c.place).label("place"))
        .where(table.c.key >= "person/", table.c.key < "person0", table.c.place < place)
        .where(table.c.body.is_not(None))
        .group_by(table.c.key)
        .subquery()
    )
    rows = connection.execute(
        select(table.c.settlement, table.c.category, func.count())
        .join(last, and_(table.c.key == last.c.key, table.c.place == last.c.place))
        .group_by(table.c.settlement, table.c.category)
    )
    return Counter({(settlement, category): number for settlement, category, number in rows})


def records_at(connection: Connection, noun: str, place: str) -> list[Record]:
    """Records of a noun as things stood at a place, by key."""
    last = (
        select(table.c.key, func.max(table.c.place).label("place"))
        .where(table.c.key >= f"{noun}/", table.c.key < f"{noun}0", table.c.place < place)
        .where(table.c.body.is_not(None))
        .group_by(table.c.key)
        .subquery()
    )
    rows = connection.execute(
        select(table.c.key, table.c.body)
        .join(last, and_(table.c.key == last.c.key, table.c.place == last.c.place))
        .order_by(table.c.key)
    )
    return [decode(row.key, row.body) for row in rows]


def _row(key: str, item: Touch) -> tuple[str | None, ...]:
    record = item.record
    if record is None:
        return key, item.order, None, None, None
    if isinstance(record, Person):
        return key, item.order, encode(record), record.settlement, str(record.category)
    return key, item.order, encode(record), None, None
