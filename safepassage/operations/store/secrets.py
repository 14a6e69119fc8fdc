"""Sealed texts, the keys of their records, and the blind index by which they are found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, update

from safepassage.operations.store.tables import blind, record_key, secret


def wrapped_keys(connection: Connection, subjects: Sequence[str]) -> dict[str, bytes]:
    """Kept keys of records, by subject."""
    rows = connection.execute(
        select(record_key.c.subject, record_key.c.wrapped).where(record_key.c.subject.in_(subjects))
    )
    return {row.subject: bytes(row.wrapped) for row in rows}


def all_wrapped_keys(connection: Connection) -> dict[str, bytes]:
    """Kept keys of every record, by subject."""
    rows = connection.execute(select(record_key.c.subject, record_key.c.wrapped))
    return {row.subject: bytes(row.wrapped) for row in rows}


def add_key(connection: Connection, subject: str, wrapped: bytes) -> None:
    """Keep the key of a record."""
    connection.execute(insert(record_key).values(subject=subject, wrapped=wrapped))


def replace_key(connection: Connection, subject: str, wrapped: bytes) -> None:
    """Keep the key of a record under another master key."""
    connection.execute(update(record_key).where(record_key.c.subject == subject).values(wrapped=wrapped))


def add(connection: Connection, rows: Sequence[tuple[str, str, bytes, str]]) -> None:
    """Keep sealed texts: reference, subject, sealed text, digest."""
    if rows:
        names = ("ref", "subject", "sealed", "digest")
        connection.execute(insert(secret), [dict(zip(names, row, strict=True)) for row in rows])


def sealed(connection: Connection, refs: Sequence[str]) -> dict[str, tuple[str, bytes]]:
    """Subject and sealed text by reference; forgotten ones are left out."""
    rows = connection.execute(
        select(secret.c.ref, secret.c.subject, secret.c.sealed).where(secret.c.ref.in_(refs))
    )
    return {row.ref: (row.subject, bytes(row.sealed)) for row in rows if row.sealed is not None}


def digests_by_event(connection: Connection) -> dict[str, str]:
    """Digests of sealed texts, joined by event id; they outlive the texts, for the chain."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in connection.execute(select(secret.c.ref, secret.c.digest).order_by(secret.c.ref)):
        found[row.ref.partition("/")[0][18:]].append(row.digest)
    return {event_id: " ".join(digests) for event_id, digests in found.items()}


def add_marks(connection: Connection, subject: str, marks: Sequence[str]) -> None:
    """Make a record findable by marks."""
    held = set(connection.execute(select(blind.c.mark).where(blind.c.subject == subject)).scalars())
    new = sorted(set(marks) - held)
    if new:
        connection.execute(insert(blind), [{"mark": mark, "subject": subject} for mark in new])


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
