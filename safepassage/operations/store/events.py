"""Events, and the receipts that were given for them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, text

from safepassage.operations.event import ADAPTER, Event
from safepassage.operations.store.chunks import chunks
from safepassage.operations.store.rows import insert_rows
from safepassage.operations.store.tables import event as table

_PLACES = """
    SELECT event.place, event.body FROM {each}(:wanted) AS wanted CROSS JOIN event
    WHERE event.place = wanted.value
"""
_AT_PLACES = {
    "sqlite": text(_PLACES.format(each="json_each")),
    "postgresql": text(_PLACES.format(each="json_array_elements_text")),
}
START_OF_CHAIN = "0" * 64


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """
    An event as it is kept.

    Attributes
    ----------
    event : Event
        Its secrets are references.
    body : str
        The event as JSON.
    content_mark : str
        Keyed mark of what the device sent.
    content_hash : str
        Hash by which the next event of the device names it.
    received_ms, skew_ms : int
        When it came (ms since 1970), and how far the device's clock was ahead then (ms).
    receipt : str
        What the sender was told, as JSON.
    """

    event: Event
    body: str
    content_mark: str
    content_hash: str
    received_ms: int
    skew_ms: int
    receipt: str


@dataclass(frozen=True, slots=True)
class ChainLink:
    """
    Place of an event in the chain of its device.

    Attributes
    ----------
    event_id : str
        The event.
    sequence : int
        Its number among those of the device.
    previous : str
        Hash of the event before, as it names it; empty for the first.
    content_hash : str
        Its own hash; empty where it was kept before hashes were.
    """

    event_id: str
    sequence: int
    previous: str
    content_hash: str

    def is_fork(self, before: Sequence[ChainLink], abreast: int, after: Sequence[ChainLink]) -> bool:
        """
        Tell whether the device has said something else at this place.

        Parameters
        ----------
        before : sequence of ChainLink
            Events with the number before, as far as they have come.
        abreast : int
            Number of events with this very number.
        after : sequence of ChainLink
            Events with the number after, as far as they have come.

        Returns
        -------
        bool
            True where the chain has two arms here.
        """
        hashes = {link.content_hash for link in before}
        named = {link.previous for link in after}
        return (
            abreast > 1
            or (self.sequence == 1 and bool(self.previous))
            or ("" not in hashes and bool(hashes) and self.previous not in hashes)
            or (bool(named) and self.content_hash not in named)
        )


def links_between(connection: Connection, device: str, first: int, last: int) -> list[ChainLink]:
    """
    Links of a device.

    Parameters
    ----------
    connection : Connection
        Any.
    device : str
        Device id.
    first, last : int
        Smallest and largest number.

    Returns
    -------
    list of ChainLink
        By number.
    """
    columns = (table.c.event_id, table.c.sequence, table.c.previous, table.c.content_hash)
    rows = connection.execute(
        select(*columns)
        .where(table.c.device == device, table.c.sequence >= first, table.c.sequence <= last)
        .order_by(table.c.sequence, table.c.event_id)
    )
    return [ChainLink(*row) for row in rows]


def find_receipts(connection: Connection, event_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Content mark and receipt of those events that are kept, by id."""
    columns = (table.c.event_id, table.c.content_mark, table.c.receipt)
    found = {}
    for some in chunks(event_ids):
        rows = connection.execute(select(*columns).where(table.c.event_id.in_(some)))
        found.update({row.event_id: (row.content_mark, row.receipt) for row in rows})
    return found


def receipt_at(connection: Connection, place: str) -> str | None:
    """Receipt of the event of a place."""
    return connection.execute(select(table.c.receipt).where(table.c.place == place)).scalar()


def last_of_chain(connection: Connection) -> tuple[int, str]:
    """Number of the last event that was kept, and its link of the chain."""
    row = connection.execute(
        select(table.c.position, table.c.chain).order_by(table.c.position.desc()).limit(1)
    ).first()
    return (row.position, row.chain) if row else (0, START_OF_CHAIN)


def add(
    connection: Connection, events: Sequence[StoredEvent], secrets: dict[str, str], last: tuple[int, str]
) -> None:
    """
    Keep events, each chained to the one before.

    Parameters
    ----------
    connection : Connection
        Of the only writer.
    events : sequence of StoredEvent
        In the order of their receipts.
    secrets : dict of str to str
        Digests of the sealed texts, by event id, which the chain covers.
    last : (int, str)
        Number and link of the last event that is kept already.
    """
    position, chain = last
    rows = []
    for item in events:
        position += 1
        chain = link(chain, item.body, item.content_mark, secrets.get(item.event.event_id, ""))
        event = item.event
        rows.append(
            (
                position, event.order, event.event_id, event.device, event.sequence, item.body,
                item.content_mark, item.received_ms, item.skew_ms, item.receipt, chain, event.previous,
                item.content_hash,
            )
        )  # fmt: skip
    insert_rows(connection, table, rows)


def link(before: str, body: str, content_mark: str, secrets: str) -> str:
    """
    Link of the chain of one event.

    Parameters
    ----------
    before : str
        Link of the event before.
    body, content_mark, secrets : str
        What is kept of the event, its keyed mark, and the digests of its sealed texts.

    Returns
    -------
    str
        SHA-256, hexadecimal.
    """
    return hashlib.sha256(f"{before}\n{body}\n{content_mark}\n{secrets}".encode()).hexdigest()


def chain_rows(connection: Connection) -> Iterator[tuple[int, str, str, str, str]]:
    """Position, event id, body, content mark and link of every event, as they were kept."""
    columns = (table.c.position, table.c.event_id, table.c.body, table.c.content_mark, table.c.chain)
    for row in connection.execute(select(*columns).order_by(table.c.position)).yield_per(2000):
        yield row.position, row.event_id, row.body, row.content_mark, row.chain


def in_order(connection: Connection) -> Iterator[Event]:
    """Every event, in the order of places."""
    for row in connection.execute(select(table.c.body).order_by(table.c.place)).yield_per(2000):
        yield ADAPTER.validate_json(row.body)


def at(connection: Connection, place: str) -> Event:
    """Event of a place."""
    return ADAPTER.validate_json(
        connection.execute(select(table.c.body).where(table.c.place == place)).scalar_one()
    )


def at_places(connection: Connection, places: Sequence[str]) -> dict[str, Event]:
    """Events by their places."""
    statement = _AT_PLACES[connection.dialect.name]
    rows = connection.execute(statement, {"wanted": json.dumps(list(places))})
    return {place: ADAPTER.validate_json(body) for place, body in rows}


def since(connection: Connection, position: int, limit: int) -> list[tuple[int, Event]]:
    """Events kept after a position, as they were kept."""
    rows = connection.execute(
        select(table.c.position, table.c.body)
        .where(table.c.position > position)
        .order_by(table.c.position)
        .limit(limit)
    )
    return [(row.position, ADAPTER.validate_json(row.body)) for row in rows]


def count(connection: Connection) -> int:
    """Number of events kept."""
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def last_of_device(connection: Connection, device: str) -> tuple[int, str, str]:
    """Highest number that a device has given, the place of that event and its hash."""
    row = connection.execute(
        select(table.c.sequence, table.c.place, table.c.content_hash)
        .where(table.c.device == device)
        .order_by(table.c.sequence.desc())
        .limit(1)
    ).first()
    return (row.sequence, row.place, row.content_hash) if row else (0, "", "")


def missing_of_device(connection: Connection, device: str, limit: int) -> tuple[int, list[tuple[int, int]]]:
    """
    Tell which events of a device have not come.

    Parameters
    ----------
    connection : Connection
        Any.
    device : str
        Device id.
    limit : int
        How many gaps at most.

    Returns
    -------
    int
        Highest number that came.
    list of (int, int)
        First and last number of each gap below it, the earliest first.
    """
    mine = table.c.device == device
    row = connection.execute(
        select(func.max(table.c.sequence), func.count(table.c.sequence.distinct())).where(mine)
    ).one()
    highest, came = row[0] or 0, row[1]
    if highest == came:
        return highest, []
    before = func.lag(table.c.sequence, 1, 0).over(order_by=table.c.sequence)
    steps = select(before.label("before"), table.c.sequence.label("number")).where(mine).subquery()
    gaps = connection.execute(
        select(steps.c.before + 1, steps.c.number - 1)
        .where(steps.c.number > steps.c.before + 1)
        .order_by(steps.c.number)
        .limit(limit)
    )
    return highest, [(first, last) for first, last in gaps]
