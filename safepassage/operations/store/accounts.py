"""Accounts of people and their sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from safepassage.operations.store.chunks import chunks
from safepassage.operations.store.tables import account as table
from safepassage.operations.store.tables import session as session_table


@dataclass(frozen=True, slots=True)
class Account:
    """
    A person who works with the ledger.

    Attributes
    ----------
    name, agency, role : str
        Login name, agency id, role.
    password_hash : str
        Argon2id.
    totp_sealed : bytes
        Seed of the one-time codes, sealed; empty where none is set up.
    totp_used : int
        Last time step whose code was used.
    failures : int
        Failed logins in a row.
    locked_until_ms : int
        No login before (ms since 1970).
    disabled : int
        1 where the account is closed.
    """

    name: str
    agency: str
    role: str
    password_hash: str
    totp_sealed: bytes = b""
    totp_used: int = 0
    failures: int = 0
    locked_until_ms: int = 0
    disabled: int = 0


@dataclass(frozen=True, slots=True)
class Session:
    """
    A login that lasts.

    Attributes
    ----------
    account : str
        Account name.
    expires_ms : int
        Until when it lasts (ms since 1970).
    break_glass_until_ms : int
        Until when it may read what its role may not (ms since 1970).
    """

    account: str
    expires_ms: int
    break_glass_until_ms: int


def add(connection: Connection, account: Account) -> None:
    """Open an account."""
    connection.execute(
        insert(table).values(
            name=account.name,
            agency=account.agency,
            role=account.role,
            password_hash=account.password_hash,
            totp_sealed=account.totp_sealed,
            totp_used=account.totp_used,
            failures=account.failures,
            locked_until_ms=account.locked_until_ms,
            disabled=account.disabled,
        )
    )


def find(connection: Connection, name: str) -> Account | None:
    """Account of a name."""
    row = connection.execute(select(table).where(table.c.name == name)).mappings().first()
    return _account(row) if row else None


def _account(row: RowMapping) -> Account:
    return Account(**{**row, "totp_sealed": bytes(row["totp_sealed"])})


def find_many(connection: Connection, wanted: Sequence[str]) -> dict[str, Account]:
    """Accounts of names, those that exist, by name."""
    found = {}
    for some in chunks(wanted):
        rows = connection.execute(select(table).where(table.c.name.in_(some))).mappings()
        found.update({row["name"]: _account(row) for row in rows})
    return found


def names(connection: Connection) -> list[tuple[str, str, str]]:
    """Name, agency and role of every account that is open."""
    rows = connection.execute(
        select(table.c.name, table.c.agency, table.c.role).where(table.c.disabled == 0).order_by(table.c.name)
    )
    return [(row.name, row.agency, row.role) for row in rows]


def change(connection: Connection, name: str, **values: Any) -> None:  # noqa: ANN401 - columns of several types
    """Change columns of an account."""
    connection.execute(update(table).where(table.c.name == name).values(**values))


def begin_session(connection: Connection, token_hash: str, account: str, expires_ms: int) -> None:
    """
    Keep a login.

    Parameters
    ----------
    connection : Connection
        Within a transaction.
    token_hash : str
        Hash of the session's token.
    account : str
        Whose.
    expires_ms : int
        When it ends (ms since 1970).
    """
    connection.execute(
        insert(session_table).values(
            token_hash=token_hash, account=account, expires_ms=expires_ms, break_glass_until_ms=0
        )
    )


def who_has(connection: Connection, token_hash: str) -> tuple[Session, Account] | None:
    """Login of a token with its account."""
    query = (
        select(session_table.c.expires_ms, session_table.c.break_glass_until_ms, *table.columns)
        .join(table, table.c.name == session_table.c.account)
        .where(session_table.c.token_hash == token_hash)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    expires_ms, break_glass_until_ms, *values = row
    account = Account(*values)
    return Session(account.name, expires_ms, break_glass_until_ms), account


def break_glass(connection: Connection, token_hash: str, until_ms: int) -> None:
    """Let a login read more for a while."""
    connection.execute(
        update(session_table)
        .where(session_table.c.token_hash == token_hash)
        .values(break_glass_until_ms=until_ms)
    )


def end_session(connection: Connection, token_hash: str) -> None:
    """Forget a login."""
    connection.execute(delete(session_table).where(session_table.c.token_hash == token_hash))


def end_sessions_of(connection: Connection, account: str, *, expired_before_ms: int | None = None) -> None:
    """Forget all logins of an account, or those that have expired."""
    query = delete(session_table).where(session_table.c.account == account)
    if expired_before_ms is not None:
        query = query.where(session_table.c.expires_ms < expired_before_ms)
    connection.execute(query)
