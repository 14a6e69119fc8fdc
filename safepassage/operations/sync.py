"""Sync: events in, receipts and what the device may see out; over the network or in a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from safepassage.operations.desk import Desk, NotAllowedError
from safepassage.operations.login import Door, Visitor
from safepassage.operations.reading import ReadingRoom
from safepassage.operations.receipts import Receipt
from safepassage.operations.safety.roles import Action
from safepassage.operations.store import devices, events

_GAPS_TOLD = 50


@dataclass(frozen=True, slots=True)
class Synced:
    """
    What a device is answered.

    Attributes
    ----------
    receipts : tuple of Receipt
        One an event that it delivered.
    server_ms : int
        Clock of the server (ms since 1970).
    records : tuple of dict
        What changed and the device may see.
    cursor : str
        For the next time.
    lease_until_ms : int
        Until when it may work on without being heard of.
    known_up_to : int or None
        Last of its events that the ledger holds; None where the device sees nothing any more.
    missing : tuple of (int, int)
        Gaps before that one.
    """

    receipts: tuple[Receipt, ...]
    server_ms: int
    records: tuple[dict[str, Any], ...]
    cursor: str
    lease_until_ms: int
    known_up_to: int | None = None
    missing: tuple[tuple[int, int], ...] = ()

    def document(self) -> dict[str, Any]:
        """The answer as JSON values; without what a device that sees nothing is not told."""
        told: dict[str, Any] = {
            "receipts": [asdict(receipt) for receipt in self.receipts],
            "server_ms": self.server_ms,
            "records": self.records,
            "cursor": self.cursor,
            "lease_until_ms": self.lease_until_ms,
        }
        if self.known_up_to is not None:
            told |= {"known_up_to": self.known_up_to, "missing": self.missing}
        return told


class SyncDesk:
    """
    Takes what devices deliver and tells them what they may see.

    Parameters
    ----------
    desk : Desk
        Accepts events.
    reading : ReadingRoom
        Answers readers.
    door : Door
        Extends leases.
    """

    def __init__(self, desk: Desk, reading: ReadingRoom, door: Door) -> None:
        self._desk, self._reading, self._door = desk, reading, door

    def sync(
        self, visitor: Visitor, documents: Sequence[Any], *, cursor: str, limit: int, skew_ms: int = 0
    ) -> Synced:
        """
        Take a batch of signed events, and tell what changed.

        Parameters
        ----------
        visitor : Visitor
            The device and its owner.
        documents : sequence of object
            Events as JSON values.
        cursor : str
            Up to where the device has seen.
        limit : int
            How many records at most are looked at.
        skew_ms : int
            How far the device's clock is ahead (ms).

        Returns
        -------
        Synced
            A revoked device may deliver and sees nothing.

        Raises
        ------
        NotAllowedError
            If no device asks, or its role does not sync.
        """
        device = visitor.device
        if not visitor.reader.may(Action.SYNC):
            raise NotAllowedError(Action.SYNC)
        if device is None:
            raise NotAllowedError("only devices sync")
        now = self._desk.now_ms()
        receipts = tuple(self._desk.receive(documents, device, skew_ms=skew_ms)) if documents else ()
        if device.revoked_ms is not None:
            return Synced(receipts, now, (), cursor, device.lease_until_ms)
        records, following = self._reading.changes(visitor.reader, cursor, limit=limit)
        lease_until_ms = self._door.extend_lease(device)
        with self._desk.database.reading() as connection:
            # After a restore the ledger may have lost what a device has seen acknowledged.
            known, missing = events.missing_of_device(connection, device.id, _GAPS_TOLD)
        gaps = tuple((first, last) for first, last in missing)
        return Synced(receipts, now, tuple(records), following, lease_until_ms, known, gaps)

    def visitor_of(self, device_id: str) -> Visitor | None:
        """The device of an id and its owner; None where no such device is enrolled."""
        with self._desk.database.reading() as connection:
            device = devices.find(connection, device_id)
        return self._door.who_owns(device) if device else None
