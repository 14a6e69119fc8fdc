"""Sealed texts, the keys of their records, and the blind index by which they are found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, delete, insert, or_, select, update

from safepassage.operations.store.chunks import chunks
from safepassage.operations.store.rows import insert_rows
from safepassage.operations.store.tables import blind, record_key, secret


def wrapped_keys(connection: Connection, subjects: Sequence[str]) -> dict[str, bytes]:
    """Kept keys of records, by subject."""
    found = {}
    for some in chunks(subjects):
        rows = connection.execute(
            select(record_key.c.subject, record_key.c.wrapped).where(record_key.c.subject.in_(some))
        )
        found.update({row.subject: bytes(row.wrapped) for row in rows})
    return found


def all_wrapped_keys(connection: Connection) -> dict[str, bytes]:
    """Kept keys of every record, by subject."""
    rows = connection.execute(select(record_key.c.subject, record_key.c.wrapped))
    return {row.subject: bytes(row.wrapped) for row in rows}


def add_key(connection: Connection, subject: str, wrapped: bytes) -> None:
    """Keep the key of a record."""
    connection.execute(insert(record_key).values(subject=subject, wrapped=wrapped))


def add_keys(connection: Connection, wrapped: Mapping[str, bytes]) -> None:
    """Keep the keys of several records."""
    insert_rows(connection, record_key, list(wrapped.items()))


def replace_key(connection: Connection, subject: str, wrapped: bytes) -> None:
    """Keep the key of a record under another master key."""
    connection.execute(update(record_key).where(record_key.c.subject == subject).values(wrapped=wrapped))


def add(connection: Connection, rows: Sequence[tuple[str, str, bytes, str]]) -> None:
    """Keep sealed texts: reference, subject, sealed text, digest."""
    insert_rows(connection, secret, rows)


def sealed(connection: Connection, refs: Sequence[str]) -> dict[str, tuple[str, bytes]]:
    """Subject and sealed text by reference; forgotten ones are left out."""
    found = {}
    for some in chunks(refs):
        rows = connection.execute(
            select(secret.c.ref, secret.c.subject, secret.c.sealed).where(secret.c.ref.in_(some))
        )
        found.update({row.ref: (row.subject, bytes(row.sealed)) for row in rows if row.sealed is not None})
    return found


def digests_by_event(connection: Connection) -> dict[str, str]:
    """Digests of sealed texts, joined by event id; they outlive the texts, for the chain."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in connection.execute(select(secret.c.ref, secret.c.digest).order_by(secret.c.ref)):
        found[row.ref.partition("/")[0][18:]].append(row.digest)
    return {event_id: " ".join(digests) for event_id, digests in found.items()}


def add_marks(connection: Connection, marks: Sequence[tuple[str, str]]) -> None:
    """Make records findable: mark and subject."""
    subjects = sorted({subject for _mark, subject in marks})
    held = set()
    for some in chunks(subjects):
        rows = connection.execute(select(blind.c.mark, blind.c.subject).where(blind.c.subject.in_(some)))
        held |= {(row.mark, row.subject) for row in rows}
    insert_rows(connection, blind, sorted(set(marks) - held))


def replace_marks(connection: Connection, marks: Sequence[tuple[str, str]]) -> None:
    """Make records findable by these marks and no others."""
    connection.execute(delete(blind))
    insert_rows(connection, blind, sorted(set(marks)))


def named(connection: Connection, names: Sequence[str]) -> Iterator[tuple[str, str, bytes]]:
    """Reference, subject and sealed text of every text with one of these names, that is not forgotten."""
    query = select(secret.c.ref, secret.c.subject, secret.c.sealed).where(secret.c.sealed.is_not(None))
    endings = or_(*(secret.c.ref.like(f"%/{name}") for name in names))
    for row in connection.execute(query.where(endings).order_by(secret.c.ref)):
        yield row.ref, row.subject, bytes(row.sealed)


def subjects_marked(connection: Connection, mark: str) -> list[str]:
    """Records that a mark finds."""
    return list(
        connection.execute(
            select(blind.c.subject).where(blind.c.mark == mark).order_by(blind.c.subject)
        ).scalars()
    )


def forget(connection: Connection, subject: str) -> None:
    """Delete the key, the sealed texts and the marks of a record; digests stay."""
    connection.execute(delete(record_key).where(record_key.c.subject == subject))
    connection.execute(update(secret).where(secret.c.subject == subject).values(sealed=None))
    connection.execute(delete(blind).where(blind.c.subject == subject))
