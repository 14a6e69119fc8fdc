"""Devices that may sign events, and what came from those that may not any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from safepassage.operations.store.chunks import chunks
from safepassage.operations.store.tables import device as table
from safepassage.operations.store.tables import held as held_table


@dataclass(frozen=True, slots=True)
class Device:
    """
    A device and whom it belongs to.

    Attributes
    ----------
    id, account : str
        Own id, account name.
    public_key : str
        Ed25519, base64.
    lease_until_ms : int
        Until when it may work without being seen (ms since 1970).
    revoked_ms : int or None
        When it was lost or taken back.
    """

    id: str
    account: str
    public_key: str
    lease_until_ms: int
    revoked_ms: int | None


_COLUMNS = (table.c.id, table.c.account, table.c.public_key, table.c.lease_until_ms, table.c.revoked_ms)


def add(connection: Connection, device: Device, token_hash: str) -> None:
    """Enrol a device."""
    connection.execute(
        insert(table).values(
            id=device.id,
            account=device.account,
            public_key=device.public_key,
            token_hash=token_hash,
            lease_until_ms=device.lease_until_ms,
            revoked_ms=device.revoked_ms,
        )
    )


def find(connection: Connection, device_id: str) -> Device | None:
    """Device of an id."""
    row = connection.execute(select(*_COLUMNS).where(table.c.id == device_id)).first()
    return Device(*row) if row else None


def find_many(connection: Connection, device_ids: Sequence[str]) -> dict[str, Device]:
    """Devices of ids, those that are enrolled, by id."""
    found = {}
    for some in chunks(device_ids):
        rows = connection.execute(select(*_COLUMNS).where(table.c.id.in_(some)))
        found.update({row.id: Device(*row) for row in rows})
    return found


def find_by_token(connection: Connection, token_hash: str) -> Device | None:
    """Device of a token."""
    row = connection.execute(select(*_COLUMNS).where(table.c.token_hash == token_hash)).first()
    return Device(*row) if row else None


def everything(connection: Connection) -> list[Device]:
    """All devices, by id."""
    return [Device(*row) for row in connection.execute(select(*_COLUMNS).order_by(table.c.id))]


def revoke(connection: Connection, device_id: str, at_ms: int) -> None:
    """Take a device back; what it sends from now on goes to review."""
    connection.execute(update(table).where(table.c.id == device_id).values(revoked_ms=at_ms))


def extend_lease(connection: Connection, device_id: str, until_ms: int) -> None:
    """Let a device work on without being seen."""
    connection.execute(update(table).where(table.c.id == device_id).values(lease_until_ms=until_ms))


def hold(
    connection: Connection,
    event_id: str,
    device_id: str,
    reason: str,
    sealed: bytes,
    mark: str,
    at_ms: int,
    receipt: str,
) -> None:
    """
    Keep an event for review, sealed as a whole.

    Parameters
    ----------
    connection : Connection
        Within a transaction.
    event_id, device_id : str
        Of the event and the device that sent it.
    reason : str
        Why it is held.
    sealed : bytes
        The event, encrypted.
    mark : str
        Keyed mark that finds a repeat.
    at_ms : int
        When it came (ms since 1970).
    receipt : str
        What the device was told.
    """
    connection.execute(
        insert(held_table).values(
            event_id=event_id,
            device=device_id,
            reason=reason,
            sealed=sealed,
            content_mark=mark,
            received_ms=at_ms,
            receipt=receipt,
            reviewed_by="",
        )
    )


def held_receipts(connection: Connection, event_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Content mark and receipt of events that are held, by id."""
    columns = (held_table.c.event_id, held_table.c.content_mark, held_table.c.receipt)
    found = {}
    for some in chunks(event_ids):
        rows = connection.execute(select(*columns).where(held_table.c.event_id.in_(some)))
        found.update({row.event_id: (row.content_mark, row.receipt) for row in rows})
    return found


def waiting(connection: Connection) -> list[tuple[str, str, str, int]]:
    """Event id, device, reason and time of events that nobody has reviewed."""
    columns = (held_table.c.event_id, held_table.c.device, held_table.c.reason, held_table.c.received_ms)
    rows = connection.execute(
        select(*columns).where(held_table.c.reviewed_by == "").order_by(held_table.c.event_id)
    )
    return [(row.event_id, row.device, row.reason, row.received_ms) for row in rows]


def held_sealed(connection: Connection, event_id: str) -> bytes | None:
    """A held event that waits, sealed."""
    found = connection.execute(
        select(held_table.c.sealed).where(held_table.c.event_id == event_id, held_table.c.reviewed_by == "")
    ).scalar()
    return bytes(found) if found is not None else None


def mark_reviewed(connection: Connection, event_id: str, by: str) -> None:
    """Note who looked at a held event."""
    connection.execute(update(held_table).where(held_table.c.event_id == event_id).values(reviewed_by=by))
