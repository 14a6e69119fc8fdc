"""Records as they stand now: boards, lists and searches read these."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, and_, delete, func, or_, select

from safepassage.operations.records import Record, decode, encode
from safepassage.operations.records.people import Person
from safepassage.operations.store.chunks import chunks
from safepassage.operations.store.rows import insert_rows
from safepassage.operations.store.tables import record as table


def change(connection: Connection, records: Mapping[str, Record | None], position: int) -> None:
    """Replace records by key as of a position of the log; None where there is none any more."""
    for some in chunks(sorted(records)):
        connection.execute(delete(table).where(table.c.key.in_(some)))
    if records:
        add(connection, ((key, item) for key, item in records.items() if item is not None), position)


def add(connection: Connection, records: Iterable[tuple[str, Record]], position: int) -> None:
    """Keep records that are new as of a position of the log."""
    insert_rows(connection, table, [_row(key, item, position) for key, item in records])


def clear(connection: Connection) -> None:
    """Forget every record, before they are made again."""
    connection.execute(delete(table))


def find(connection: Connection, key: str) -> Record | None:
    """Record of a key."""
    body = connection.execute(select(table.c.body).where(table.c.key == key)).scalar()
    return decode(key, body) if body is not None else None


def find_many(connection: Connection, keys: Sequence[str]) -> list[Record]:
    """Records of keys, those that exist, by key."""
    found = []
    for some in chunks(sorted(set(keys))):
        rows = connection.execute(
            select(table.c.key, table.c.body).where(table.c.key.in_(some)).order_by(table.c.key)
        )
        found += [decode(row.key, row.body) for row in rows]
    return found


def page(
    connection: Connection,
    noun: str,
    *,
    after: str = "",
    limit: int = 100,
    where: Mapping[str, str] | None = None,
) -> list[Record]:
    """
    Some records of a noun, by id.

    Parameters
    ----------
    connection : Connection
        Any.
    noun : str
        Which.
    after : str
        Id after which the page starts.
    limit : int
        How many at most.
    where : mapping of str to str, optional
        Columns (settlement, state, agency, site) that must have a value.

    Returns
    -------
    list of Record
        In order of id.
    """
    query = select(table.c.key, table.c.body).where(table.c.noun == noun, table.c.id > after)
    for name, value in (where or {}).items():
        query = query.where(table.c[name] == value)
    rows = connection.execute(query.order_by(table.c.id).limit(limit))
    return [decode(row.key, row.body) for row in rows]


def everything(connection: Connection, noun: str) -> list[Record]:
    """All records of a noun, by id."""
    rows = connection.execute(
        select(table.c.key, table.c.body).where(table.c.noun == noun).order_by(table.c.id)
    )
    return [decode(row.key, row.body) for row in rows]


def changed_since(
    connection: Connection, position: int, key: str, limit: int
) -> list[tuple[int, str, Record]]:
    """
    Records that changed after a position of the log.

    Parameters
    ----------
    connection : Connection
        Any.
    position, key : int and str
        The last one seen: records of the same position come by key.
    limit : int
        How many at most.

    Returns
    -------
    list of (int, str, Record)
        Position, key and record.
    """
    rows = connection.execute(
        select(table.c.position, table.c.key, table.c.body)
        .where(or_(table.c.position > position, and_(table.c.position == position, table.c.key > key)))
        .order_by(table.c.position, table.c.key)
        .limit(limit)
    )
    return [(row.position, row.key, decode(row.key, row.body)) for row in rows]


def person_counts(connection: Connection) -> Counter[tuple[str, str]]:
    """Persons by settlement and line of the ledger."""
    rows = connection.execute(
        select(table.c.settlement, table.c.category, func.count())
        .where(table.c.noun == "person")
        .group_by(table.c.settlement, table.c.category)
    )
    return Counter({(settlement, category): number for settlement, category, number in rows})


def occupancy(connection: Connection, site: str | None = None) -> Counter[str]:
    """Persons who stay at each site, or at one."""
    query = select(table.c.site, func.count()).where(table.c.noun == "person", table.c.site != "")
    if site is not None:
        query = query.where(table.c.site == site)
    rows = connection.execute(query.group_by(table.c.site))
    return Counter({row[0]: row[1] for row in rows})


def state_counts(connection: Connection) -> Counter[tuple[str, str]]:
    """Records by noun and state."""
    rows = connection.execute(
        select(table.c.noun, table.c.state, func.count()).group_by(table.c.noun, table.c.state)
    )
    return Counter({(noun, state): number for noun, state, number in rows})


def open_conflicts(connection: Connection) -> int:
    """Conflicts that nobody has decided."""
    undecided = table.c.body.like('%"choice":""%')
    query = select(func.count()).select_from(table).where(table.c.noun == "conflict", undecided)
    return connection.execute(query).scalar_one()


def bodies(connection: Connection) -> list[tuple[str, str]]:
    """Every record as it is kept, by key."""
    rows = connection.execute(select(table.c.key, table.c.body).order_by(table.c.key))
    return [(row.key, row.body) for row in rows]


def digest(connection: Connection) -> str:
    """SHA-256 of all records; equal states have equal digests on every machine."""
    total = hashlib.sha256()
    for row in connection.execute(select(table.c.key, table.c.body).order_by(table.c.key)).yield_per(2000):
        total.update(f"{row.key}\t{row.body}\n".encode())
    return total.hexdigest()


def _row(key: str, item: Record, position: int) -> tuple[str | int, ...]:
    noun, _slash, record_id = key.partition("/")
    person = item if isinstance(item, Person) else None
    return (
        key,
        noun,
        record_id,
        getattr(item, "settlement", ""),
        str(getattr(item, "state", "")),
        getattr(item, "agency", ""),
        person.site if person and not person.merged_into else "",
        str(person.category) if person else "",
        position,
        encode(item),
    )
