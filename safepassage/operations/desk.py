"""
Where events are accepted: checked, sealed, kept, applied, and answered with a receipt.

An event from the field is never lost: what the rules set aside is kept as a conflict, what may not be
applied is held for review, and only what no enrolled device wrote is refused.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

import uuid_utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from safepassage.errors import SafepassageError
from safepassage.operations.clock import HybridClock, system_ms
from safepassage.operations.event import ADAPTER, Event, content_hash, stamp_of
from safepassage.operations.fold.view import Why
from safepassage.operations.intake import SERVER_DEVICE, Arrival, Intake
from safepassage.operations.receipts import Receipt, read, written
from safepassage.operations.safety.keys import (
    MasterKey,
    derived,
    is_signature,
    public_text,
    seal,
    signed,
    unseal,
)
from safepassage.operations.safety.roles import SAYS, Role
from safepassage.operations.store import accounts, audit, devices, events, secrets
from safepassage.operations.store.database import Connection, Database
from safepassage.operations.store.steps import Step, passing
from safepassage.operations.turns import Turns
from safepassage.operations.vocabulary import KINDS, payload_adapter

__all__ = [
    "SERVER_DEVICE", "Command", "Desk", "NotAllowedError", "Receipt", "SetAsideError", "UnknownError",
]  # fmt: skip

MOST_AHEAD_MS = 8 * 86_400_000
# Whatever a rule says, these tell of what was seen, and the ledger must hold it.
_ALWAYS_KEPT = frozenset({"person.check_in", "claim.report"})
# Below this many signatures, starting threads costs more than they save.
_WORTH_THREADS = 64


class SetAsideError(SafepassageError):
    """
    A command does not go together with the ledger; nothing was kept.

    Parameters
    ----------
    receipt : Receipt
        Why.
    """

    def __init__(self, receipt: Receipt) -> None:
        self.receipt = receipt
        super().__init__(receipt.reason)


class NotAllowedError(SafepassageError):
    """The role does not hold this."""


class UnknownError(SafepassageError):
    """There is no such thing, or it may not be seen."""


@dataclass(frozen=True, slots=True)
class Command:
    """
    An event that somebody at the server wants to say.

    Attributes
    ----------
    kind, subject : str
        What happened to what.
    payload : dict
        As the kind declares.
    claimed_ms : int
        When it happened; 0 is now.
    channel : str
        How it came to the author.
    based_on : str
        Place of the last event the author saw of the subject.
    """

    kind: str
    subject: str
    payload: dict[str, Any]
    claimed_ms: int = 0
    channel: str = ""
    based_on: str = ""


@dataclass(frozen=True, slots=True)
class _Said:
    """Commands of one person that hold together."""

    commands: tuple[Command, ...]
    actor: str
    agency: str


class _Batch:
    """Events of one delivery on their way in."""

    def __init__(self, connection: Connection, arrivals: Sequence[Arrival]) -> None:
        ids = [arrival.event.event_id for arrival in arrivals]
        found = devices.held_receipts(connection, ids) | events.find_receipts(connection, ids)
        self.told = {event_id: (mark, read(text)) for event_id, (mark, text) in found.items()}
        self.accepted: list[Arrival] = []
        self.authors = devices.find_many(connection, sorted({arrival.event.device for arrival in arrivals}))
        self.accounts = accounts.find_many(connection, sorted({arrival.event.actor for arrival in arrivals}))


class Desk:
    """
    Accepts events for a database.

    Parameters
    ----------
    database : Database
        Where they are kept.
    master : MasterKey
        Under which sensitive text is sealed.
    device_key : Ed25519PrivateKey
        Signing key of the server, for what people say at its screens.
    now_ms : callable
        Wall clock (ms since 1970).
    exercise : bool
        Everything said at the server's screens is an exercise.
    """

    def __init__(
        self,
        database: Database,
        master: MasterKey,
        device_key: Ed25519PrivateKey,
        *,
        now_ms: Callable[[], int] = system_ms,
        exercise: bool = True,
    ) -> None:
        self.database = database
        self.master = master
        self.now_ms = now_ms
        self.exercise = exercise
        self._device_key = device_key
        self._clock = HybridClock(now_ms)
        self._intake = Intake(master, now_ms)
        self._turns: Turns[_Said, list[Receipt]] = Turns(self._say_together)

    def receive(self, documents: Sequence[Any], device: devices.Device, *, skew_ms: int = 0) -> list[Receipt]:
        """
        Take a batch of signed events from a device.

        Parameters
        ----------
        documents : sequence of object
            Events as JSON values, in any order.
        device : devices.Device
            Who sends; events of other devices that it passes on are checked against their own keys.
        skew_ms : int
            How far the sender's clock is ahead (ms).

        Returns
        -------
        list of Receipt
            One a document, in their order; a replay gets its first receipt again.
        """
        parsed = [self._parsed(document) for document in documents]
        arrivals = [item for item in parsed if isinstance(item, Arrival)]
        # Signatures are the dearest part, so they are checked before anybody else has to wait.
        genuine = self._genuine(arrivals)
        with self.database.writing() as connection:
            passing(Step.BEGUN)
            batch = _Batch(connection, arrivals)
            receipts = [
                item if isinstance(item, Receipt) else self._admit(connection, item, batch, genuine)
                for item in parsed
            ]
            told = self._intake.take(connection, batch.accepted, skew_ms=skew_ms)
            audit.add(
                connection, self.master.audit_mark, self.now_ms(), device.account, "sync.receive", device.id,
                f"{len(documents)} events, {len(batch.accepted)} new",
            )  # fmt: skip
            passing(Step.AUDITED)
        passing(Step.DURABLE)
        # The first receipt of an event that stands twice in a batch is the receipt of both.
        return [
            told.get(receipt.event_id, receipt) if receipt.status != "refused" else receipt
            for receipt in receipts
        ]

    def say(self, command: Command, *, actor: str, agency: str, role: Role) -> Receipt:
        """
        Accept what somebody says at the server's screens.

        Parameters
        ----------
        command : Command
            What.
        actor, agency : str
            Who, for whom.
        role : Role
            Of the actor.

        Returns
        -------
        Receipt
            A repeated check-in gets the first receipt.

        Raises
        ------
        NotAllowedError
            If the role may not say this.
        SetAsideError
            If it does not go together with the ledger; nothing was kept.
        """
        return self.say_all([command], actor=actor, agency=agency, role=role)[0]

    def say_all(self, commands: Sequence[Command], *, actor: str, agency: str, role: Role) -> list[Receipt]:
        """
        Accept several commands, all or none.

        Parameters
        ----------
        commands : sequence of Command
            What, in order.
        actor, agency : str
            Who, for whom.
        role : Role
            Of the actor.

        Returns
        -------
        list of Receipt
            One a command.
        """
        for command in commands:
            if command.kind not in SAYS[role]:
                raise NotAllowedError(command.kind)
        return self._turns.ask(_Said(tuple(commands), actor, agency))

    def _say_together(self, said: Sequence[_Said]) -> list[list[Receipt]]:
        with self.database.writing() as connection:
            passing(Step.BEGUN)
            made = self._all_made(connection, said)
            told = self._intake.take(connection, [Arrival.of(event, self.master) for event in made])
            receipts = iter([self._answer(connection, event, told[event.event_id]) for event in made])
            lines = [(event.actor, event.kind, event.subject, "") for event in made]
            audit.add_all(connection, self.master.audit_mark, self.now_ms(), lines)
            passing(Step.AUDITED)
        passing(Step.DURABLE)
        return [list(islice(receipts, len(one.commands))) for one in said]

    def _answer(self, connection: Connection, event: Event, receipt: Receipt) -> Receipt:
        if receipt.reason == Why.REPEATED and event.kind == "person.check_in":
            # The one check-in counts; its receipt is the answer to every repeat.
            first = events.receipt_at(connection, receipt.other)
            return read(first) if first else receipt
        if receipt.status == "set_aside" and event.kind not in _ALWAYS_KEPT:
            raise SetAsideError(receipt)
        return receipt

    def release_held(self, event_id: str, *, actor: str, apply: bool) -> Receipt:
        """
        Decide on an event that was held.

        Parameters
        ----------
        event_id, actor : str
            The event, and who decides.
        apply : bool
            True to take it in; it stays in the store either way.

        Returns
        -------
        Receipt
            How it fared.

        Raises
        ------
        UnknownError
            If no such event waits.
        """
        with self.database.writing() as connection:
            sealed = devices.held_sealed(connection, event_id)
            if sealed is None:
                raise UnknownError(event_id)
            subject = f"held/{event_id}"
            key = self.master.unwrapped(subject, secrets.wrapped_keys(connection, [subject])[subject])
            event = ADAPTER.validate_json(unseal(key, subject, sealed))
            devices.mark_reviewed(connection, event_id, actor)
            audit.add(
                connection, self.master.audit_mark, self.now_ms(), actor,
                "held.apply" if apply else "held.dismiss", event_id,
            )  # fmt: skip
            if not apply:
                return Receipt(event_id, "held", "dismissed")
            return self._intake.take(connection, [Arrival.of(event, self.master)])[event_id]

    def _all_made(self, connection: Connection, said: Sequence[_Said]) -> list[Event]:
        # Another process, or one before a restart, may have said more and heard of later clocks.
        sequence, place, previous = events.last_of_device(connection, SERVER_DEVICE)
        if place:
            self._clock.hear(stamp_of(place))
        made: list[Event] = []
        for one in said:
            for command in one.commands:
                sequence += 1
                made.append(self._made(command, sequence, previous, one.actor, one.agency))
                previous = content_hash(made[-1])
        return made

    def _made(self, command: Command, sequence: int, previous: str, actor: str, agency: str) -> Event:
        stamp = self._clock.tick()
        event = ADAPTER.validate_python(
            {
                "event_id": str(uuid_utils.uuid7()),
                "kind": command.kind,
                "subject": command.subject,
                "payload": _checked_payload(command.kind, command.payload),
                "device": SERVER_DEVICE,
                "sequence": sequence,
                "wall_ms": stamp.wall_ms,
                "counter": stamp.counter,
                "claimed_ms": command.claimed_ms or stamp.wall_ms,
                "actor": actor,
                "agency": agency,
                "channel": command.channel,
                "based_on": command.based_on,
                "exercise": self.exercise,
                "previous": previous,
            }
        )
        return signed(event, self._device_key)

    def _parsed(self, document: Any) -> Arrival | Receipt:  # noqa: ANN401 - whatever was sent
        name = document.get("event_id", "") if isinstance(document, dict) else ""
        event_id = name[:80] if isinstance(name, str) else ""
        try:
            event = ADAPTER.validate_python(document)
            if event.kind not in KINDS:
                return Receipt(event_id, "refused", "unknown_kind")
            payload_adapter(event.kind).validate_python(event.payload)
            return Arrival.of(event, self.master)
        except (ValidationError, UnicodeEncodeError):
            return Receipt(event_id, "refused", "malformed")

    def _genuine(self, arrivals: Sequence[Arrival]) -> frozenset[tuple[str, str]]:
        """Event ids and keys of devices, where the device of the key signed the event as it came."""
        with self.database.reading() as connection:
            authors = devices.find_many(connection, sorted({arrival.event.device for arrival in arrivals}))
            known = events.find_receipts(connection, [arrival.event.event_id for arrival in arrivals])
        pairs = [
            (arrival, authors[arrival.event.device].public_key)
            for arrival in arrivals
            if arrival.event.device in authors and arrival.event.event_id not in known
        ]

        def checked(some: Sequence[tuple[Arrival, str]]) -> list[tuple[str, str]]:
            return [
                (arrival.event.event_id, key)
                for arrival, key in some
                if is_signature(arrival.event.signature, arrival.signed, key)
            ]

        if len(pairs) < _WORTH_THREADS:
            return frozenset(checked(pairs))
        workers = os.cpu_count() or 1
        with ThreadPoolExecutor(workers) as pool:
            return frozenset(
                pair
                for found in pool.map(checked, (pairs[k::workers] for k in range(workers)))
                for pair in found
            )

    def _admit(
        self,
        connection: Connection,
        arrival: Arrival,
        batch: _Batch,
        genuine: frozenset[tuple[str, str]],
    ) -> Receipt:
        event = arrival.event
        if event.event_id in batch.told:
            mark, receipt = batch.told[event.event_id]
            if arrival.is_repeat_of(mark, self.master):
                return receipt
            return Receipt(event.event_id, "refused", "id_reused")
        author = batch.authors.get(event.device)
        if author is None or (event.event_id, author.public_key) not in genuine:
            return Receipt(event.event_id, "refused", "bad_signature")
        reason = self._reason_to_hold(event, author, batch)
        if reason:
            receipt = self._hold(connection, arrival, author, reason)
        else:
            self._clock.hear(event.stamp)
            batch.accepted.append(arrival)
            receipt = Receipt(event.event_id, "accepted")
        batch.told[event.event_id] = (arrival.mark, receipt)
        return receipt

    def _reason_to_hold(self, event: Event, author: devices.Device, batch: _Batch) -> str:
        account = batch.accounts.get(event.actor)
        if author.revoked_ms is not None:
            return "device_revoked"
        if account is None or account.disabled or event.actor != author.account:
            return "unknown_actor"
        if event.agency != account.agency or event.kind not in SAYS.get(Role(account.role), frozenset()):
            return "not_permitted"
        if event.wall_ms > self.now_ms() + MOST_AHEAD_MS:
            return "clock_ahead"
        return ""

    def _hold(self, connection: Connection, arrival: Arrival, author: devices.Device, reason: str) -> Receipt:
        event = arrival.event
        receipt = Receipt(event.event_id, "held", reason)
        subject = f"held/{event.event_id}"
        wrapped = self.master.new_record_key(subject)
        secrets.add_key(connection, subject, wrapped)
        text = ADAPTER.dump_json(event).decode()
        sealed = seal(self.master.unwrapped(subject, wrapped), subject, text)
        devices.hold(
            connection, event.event_id, author.id, reason, sealed, arrival.mark, self.now_ms(),
            written(receipt),
        )  # fmt: skip
        return receipt

    @property
    def public_key(self) -> str:
        """Public signing key of the server, base64."""
        return public_text(self._device_key)

    def key_for(self, purpose: str) -> bytes:
        """A key for one purpose, that stays the same when the master key is changed."""
        return derived(self._device_key.private_bytes_raw(), purpose.encode())


def _checked_payload(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    adapter = payload_adapter(kind)
    said: dict[str, Any] = adapter.dump_python(
        adapter.validate_python(payload), mode="json", exclude_none=True
    )
    return said
