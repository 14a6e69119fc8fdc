"""Timelines of records: what each event read and what it left behind, at every place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, select

from safepassage.operations.event import Event
from safepassage.operations.records import Record, decode, encode
from safepassage.operations.records.people import Person
from safepassage.operations.replay import Touch
from safepassage.operations.store import events
from safepassage.operations.store.tables import touch as table


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

    def timeline(self, key: str, order: str) -> list[Touch]:
        """Touches of a key from the last write before a place onwards, in order."""
        floor = (
            select(func.max(table.c.place))
            .where(table.c.key == key, table.c.place < order, table.c.body.is_not(None))
            .scalar_subquery()
        )
        rows = self._connection.execute(
            select(table.c.place, table.c.body)
            .where(table.c.key == key, table.c.place >= func.coalesce(floor, order))
            .order_by(table.c.place)
        )
        return [Touch(row.place, decode(key, row.body) if row.body is not None else None) for row in rows]

    def event(self, order: str) -> Event:
        """Event of a place."""
        return events.at(self._connection, order)

    def keys_touched(self, order: str) -> frozenset[str]:
        """Keys on whose timelines an event stands."""
        return frozenset(
            self._connection.execute(select(table.c.key).where(table.c.place == order)).scalars()
        )


def change(
    connection: Connection, changed: Mapping[tuple[str, str], Touch | None], new_places: frozenset[str]
) -> None:
    """Keep new touches and forget those that are gone; new places have none yet."""
    for key, place in changed:
        if place in new_places:
            continue
        connection.execute(delete(table).where(table.c.key == key, table.c.place == place))
    add(connection, ((key, item) for (key, _place), item in changed.items() if item is not None))


def add(connection: Connection, touches: Iterable[tuple[str, Touch]]) -> None:
    """Keep touches that are new."""
    rows = [_row(key, item) for key, item in touches]
    if rows:
        connection.execute(insert(table), rows)


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


def _row(key: str, item: Touch) -> dict[str, Any]:
    person = item.record if isinstance(item.record, Person) else None
    return {
        "key": key,
        "place": item.order,
        "body": encode(item.record) if item.record is not None else None,
        "settlement": person.settlement if person else None,
        "category": person.category if person else None,
    }
