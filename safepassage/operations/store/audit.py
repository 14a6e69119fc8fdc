"""The audit: who did and who read what, each row chained to the one before by a keyed mark."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from safepassage.operations.store.rows import insert_rows
from safepassage.operations.store.tables import audit as table

Mark = Callable[[bytes], str]
KEY_CHANGED = "key.rotate"


@dataclass(frozen=True, slots=True)
class AuditRow:
    """
    One line of the audit.

    Attributes
    ----------
    number : int
        From 1, without gaps.
    at_ms : int
        When (ms since 1970).
    actor, action, subject, detail : str
        Who did what to what; ``action`` is a dotted verb.
    mark : str
        Keyed hash of the row and of the mark before.
    """

    number: int
    at_ms: int
    actor: str
    action: str
    subject: str
    detail: str
    mark: str


def add(
    connection: Connection,
    mark: Mark,
    at_ms: int,
    actor: str,
    action: str,
    subject: str = "",
    detail: str = "",
) -> None:
    """
    Write a line, in the transaction of what it tells of.

    Parameters
    ----------
    connection : Connection
        Within that transaction.
    mark : callable
        Makes the line's keyed mark from the one before.
    at_ms : int
        When (ms since 1970).
    actor, action, subject, detail : str
        Who did what to what, without personal data.
    """
    add_all(connection, mark, at_ms, [(actor, action, subject, detail)])


def add_all(
    connection: Connection, mark: Mark, at_ms: int, lines: Sequence[tuple[str, str, str, str]]
) -> None:
    """
    Write several lines, in the transaction of what they tell of.

    Parameters
    ----------
    connection : Connection
        Within that transaction.
    mark : callable
        Makes each line's keyed mark from the one before.
    at_ms : int
        When (ms since 1970).
    lines : sequence of (str, str, str, str)
        Actor, action, subject and detail, without personal data.
    """
    number, before = head(connection)
    made = []
    for line in lines:
        number += 1
        values = (number, at_ms, *line)
        before = mark(_linked(before, values))
        made.append((*values, before))
    insert_rows(connection, table, made)


def rows(connection: Connection, *, after: int = 0, limit: int | None = None) -> Iterator[AuditRow]:
    """Lines after a number, in order."""
    query = select(table).where(table.c.number > after).order_by(table.c.number).limit(limit)
    for row in connection.execute(query):
        yield AuditRow(*row)


def first_broken(connection: Connection, marks: Sequence[Mark]) -> int | None:
    """
    Check the chain.

    Parameters
    ----------
    connection : Connection
        Any.
    marks : sequence of callable
        Keyed hashes, the first key that there was first; each takes over after a line `KEY_CHANGED`.

    Returns
    -------
    int or None
        Number of the first line that was changed, or before which one is missing.
    """
    before, expected, waiting = "", 1, list(marks)
    for row in rows(connection):
        values = (row.number, row.at_ms, row.actor, row.action, row.subject, row.detail)
        if row.number != expected or not waiting or row.mark != waiting[0](_linked(before, values)):
            return expected
        before, expected = row.mark, expected + 1
        if row.action == KEY_CHANGED:
            waiting.pop(0)
    return None


def subjects_since(connection: Connection, action: str, after: int) -> list[str]:
    """Subjects of the lines of an action after a number."""
    query = select(table.c.subject).where(table.c.number > after, table.c.action == action)
    return list(connection.execute(query.order_by(table.c.number)).scalars())


def last_detail(connection: Connection, action: str) -> str:
    """Detail of the last line of an action; empty where there is none."""
    query = select(table.c.detail).where(table.c.action == action).order_by(table.c.number.desc()).limit(1)
    return connection.execute(query).scalar() or ""


def head(connection: Connection) -> tuple[int, str]:
    """Number and mark of the last line; kept elsewhere, they show when lines were cut off at the end."""
    last = connection.execute(
        select(table.c.number, table.c.mark).order_by(table.c.number.desc()).limit(1)
    ).first()
    return (last.number, last.mark) if last else (0, "")


def _linked(before: str, values: tuple[int | str, ...]) -> bytes:
    return json.dumps([before, *values], ensure_ascii=False).encode()
