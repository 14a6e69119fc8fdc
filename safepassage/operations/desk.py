"""
Where events are accepted: checked, sealed, kept, applied, and answered with a receipt.

An event from the field is never lost: what the rules set aside is kept as a conflict, what may not be
applied is held for review, and only what no enrolled device wrote is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import uuid_utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from safepassage.errors import SafepassageError
from safepassage.operations.clock import HybridClock, system_ms
from safepassage.operations.event import ADAPTER, Event, canonical, content_hash, unsigned_bytes
from safepassage.operations.fold.rules import Effects
from safepassage.operations.fold.view import Why
from safepassage.operations.records import key_of
from safepassage.operations.records.movement import OperatedSite
from safepassage.operations.replay import Replay
from safepassage.operations.safety.keys import MasterKey, is_signed_by, public_text, seal, signed, unseal
from safepassage.operations.safety.roles import SAYS, Role
from safepassage.operations.store import accounts, audit, devices, events, records, secrets, timelines
from safepassage.operations.store.database import Connection, Database
from safepassage.operations.store.events import StoredEvent
from safepassage.operations.vocabulary import KINDS, payload_adapter, secret_fields

SERVER_DEVICE = "server"
MOST_AHEAD_MS = 8 * 86_400_000
# Whatever a rule says, these tell of what was seen, and the ledger must hold it.
_ALWAYS_KEPT = frozenset({"person.check_in", "claim.report"})
_FOUND_BY = frozenset({"phone", "document", "contact"})


@dataclass(frozen=True, slots=True)
class Receipt:
    """
    What the sender of an event is told.

    Attributes
    ----------
    event_id : str
        The event.
    status : str
        ``accepted``, ``set_aside`` (kept, but it disagrees with others), ``held`` (kept for review) or
        ``refused`` (not kept).
    reason : str
        Code of what stood in the way.
    other : str
        Place of the event that it disagrees with.
    place : str
        Place of the event.
    warnings : tuple of str
        Codes of what somebody should look at; the event holds all the same.
    """

    event_id: str
    status: str
    reason: str = ""
    other: str = ""
    place: str = ""
    warnings: tuple[str, ...] = ()


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


@dataclass(slots=True)
class _Batch:
    kept: dict[str, tuple[Event, str]] = field(default_factory=dict)
    receipts: dict[int, Receipt] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)


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
        self._last_said = ("", "")

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
        with self.database.writing() as connection:
            batch = _Batch()
            parsed = [_parsed(document) for document in documents]
            known = self._known(connection, [item.event_id for item in parsed if isinstance(item, Event)])
            for place, item in enumerate(parsed):
                if isinstance(item, Receipt):
                    batch.receipts[place] = item
                else:
                    batch.receipts[place] = self._admit(connection, item, device, known, batch)
            told = self._keep(connection, batch, skew_ms)
            audit.add(
                connection, self.master.audit_mark, self.now_ms(), device.account, "sync.receive", device.id,
                f"{len(documents)} events, {len(batch.kept)} new",
            )  # fmt: skip
        # The first receipt of an event that stands twice in a batch is the receipt of both.
        return [told.get(item.event_id, item) for _place, item in sorted(batch.receipts.items())]

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
        with self.database.writing() as connection:
            batch = _Batch()
            made = self._all_made(connection, commands, actor, agency)
            for event in made:
                self._take_in(connection, event, batch)
            told = self._keep(connection, batch, 0)
            receipts = []
            for event in made:
                receipt = told[event.event_id]
                if receipt.reason == Why.REPEATED and event.kind == "person.check_in":
                    # The one check-in counts; its receipt is the answer to every repeat.
                    first = events.receipt_at(connection, receipt.other)
                    receipts.append(_read_receipt(first) if first else receipt)
                    continue
                if receipt.status == "set_aside" and event.kind not in _ALWAYS_KEPT:
                    raise SetAsideError(receipt)
                receipts.append(receipt)
            for event in made:
                audit.add(
                    connection, self.master.audit_mark, self.now_ms(), actor, event.kind, event.subject
                )  # fmt: skip
        self._last_said = (made[-1].order, content_hash(made[-1])) if made else self._last_said
        return receipts

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
            batch = _Batch()
            self._take_in(connection, event, batch)
            return self._keep(connection, batch, 0)[event_id]

    def _all_made(
        self, connection: Connection, commands: Sequence[Command], actor: str, agency: str
    ) -> list[Event]:
        sequence, place = events.last_of_device(connection, SERVER_DEVICE)
        if place:
            # Another process, or one before a restart, may have heard of later clocks.
            self._clock.hear(events.at(connection, place).stamp)
        previous = self._last_said[1] if self._last_said[0] == place else ""
        made = []
        for number, command in enumerate(commands, start=sequence + 1):
            made.append(self._made(command, number, previous, actor, agency))
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

    def _known(self, connection: Connection, event_ids: list[str]) -> dict[str, tuple[str, Receipt]]:
        found = devices.held_receipts(connection, event_ids) | events.find_receipts(connection, event_ids)
        return {event_id: (mark, _read_receipt(text)) for event_id, (mark, text) in found.items()}

    def _admit(
        self,
        connection: Connection,
        event: Event,
        sender: devices.Device,
        known: dict[str, tuple[str, Receipt]],
        batch: _Batch,
    ) -> Receipt:
        mark = self._mark(event)
        if event.event_id in known:
            kept, receipt = known[event.event_id]
            return receipt if kept == mark else Receipt(event.event_id, "refused", "id_reused")
        author = sender if event.device == sender.id else devices.find(connection, event.device)
        if author is None or not is_signed_by(event, author.public_key):
            return Receipt(event.event_id, "refused", "bad_signature")
        reason = self._reason_to_hold(connection, event, author)
        if reason:
            receipt = self._hold(connection, event, author, reason, mark)
        else:
            self._clock.hear(event.stamp)
            self._take_in(connection, event, batch)
            receipt = Receipt(event.event_id, "accepted")
        known[event.event_id] = (mark, receipt)
        return receipt

    def _reason_to_hold(self, connection: Connection, event: Event, author: devices.Device) -> str:
        account = accounts.find(connection, event.actor)
        if author.revoked_ms is not None:
            return "device_revoked"
        if account is None or account.disabled or event.actor != author.account:
            return "unknown_actor"
        if event.agency != account.agency or event.kind not in SAYS.get(Role(account.role), frozenset()):
            return "not_permitted"
        if event.wall_ms > self.now_ms() + MOST_AHEAD_MS:
            return "clock_ahead"
        return ""

    def _hold(
        self, connection: Connection, event: Event, author: devices.Device, reason: str, mark: str
    ) -> Receipt:
        receipt = Receipt(event.event_id, "held", reason)
        subject = f"held/{event.event_id}"
        wrapped = self.master.new_record_key(subject)
        secrets.add_key(connection, subject, wrapped)
        text = ADAPTER.dump_json(event).decode()
        sealed = seal(self.master.unwrapped(subject, wrapped), subject, text)
        devices.hold(
            connection, event.event_id, author.id, reason, sealed, mark, self.now_ms(), _written(receipt)
        )
        return receipt

    def _mark(self, event: Event) -> str:
        return self.master.content_mark(unsigned_bytes(event) + event.signature.encode())

    def _take_in(self, connection: Connection, event: Event, batch: _Batch) -> None:
        """Put references in the place of sensitive text, and keep the text sealed."""
        mark = self._mark(event)
        names = [name for name in sorted(secret_fields(event.kind)) if event.payload.get(name)]
        subject = f"{event.kind.partition('.')[0]}/{event.subject}"
        # The signature speaks of the whole text, so it would let somebody try out guesses of it.
        texts = {f"{event.order}/{name}": str(event.payload[name]) for name in names}
        texts[f"{event.order}/signature"] = event.signature
        key = self._record_key(connection, subject)
        rows = []
        for ref, text in sorted(texts.items()):
            sealed = seal(key, ref, text)
            rows.append((ref, subject, sealed, hashlib.sha256(sealed).hexdigest()))
        secrets.add(connection, rows)
        marks = [
            self.master.blind_index("phone" if name == "contact" else name, str(event.payload[name]))
            for name in names
            if name in _FOUND_BY
        ]
        secrets.add_marks(connection, subject, marks)
        payload = {**event.payload, **{name: f"{event.order}/{name}" for name in names}}
        kept = replace(event, payload=payload, signature="")
        batch.kept[event.event_id] = (kept, mark)
        batch.digests[event.event_id] = " ".join(digest for _ref, _subject, _sealed, digest in rows)

    def _record_key(self, connection: Connection, subject: str) -> bytes:
        wrapped = secrets.wrapped_keys(connection, [subject]).get(subject)
        if wrapped is None:
            wrapped = self.master.new_record_key(subject)
            secrets.add_key(connection, subject, wrapped)
        return self.master.unwrapped(subject, wrapped)

    def _keep(self, connection: Connection, batch: _Batch, skew_ms: int) -> dict[str, Receipt]:
        replay = Replay(timelines.KeptTimelines(connection))
        effects = replay.apply(event for event, _mark in batch.kept.values())
        timelines.change(
            connection, replay.changed, frozenset(event.order for event, _mark in batch.kept.values())
        )
        position = events.last_of_chain(connection)[0] + len(batch.kept)
        records.change(connection, {key: replay.current(key) for key in replay.written_keys()}, position)
        now, stored, told = self.now_ms(), [], {}
        for event, mark in batch.kept.values():
            receipt = self._receipt(connection, event, effects[event.order])
            told[event.event_id] = receipt
            body = canonical(asdict(event)).decode()
            stored.append(StoredEvent(event, body, mark, now, skew_ms, _written(receipt)))
        events.add(connection, stored, batch.digests)
        return told

    def _receipt(self, connection: Connection, event: Event, effects: Effects) -> Receipt:
        if effects.why is not None:
            return Receipt(event.event_id, "set_aside", effects.why, effects.other, event.order)
        warnings = []
        if event.kind != "conflict.decide" and any(key.startswith("conflict/") for key in effects.writes):
            warnings.append("disagrees")
        site = event.payload.get("site", "") if event.kind == "person.check_in" else ""
        if site and self._is_over(connection, site):
            warnings.append("over_capacity")
        return Receipt(event.event_id, "accepted", place=event.order, warnings=tuple(warnings))

    def _is_over(self, connection: Connection, site_id: str) -> bool:
        site = records.find(connection, key_of(OperatedSite, site_id))
        if not isinstance(site, OperatedSite):
            return False
        return records.occupancy(connection, site_id)[site_id] > site.beds

    @property
    def public_key(self) -> str:
        """Public signing key of the server, base64."""
        return public_text(self._device_key)


def _parsed(document: Any) -> Event | Receipt:  # noqa: ANN401 - whatever was sent
    name = document.get("event_id", "") if isinstance(document, dict) else ""
    event_id = name if isinstance(name, str) else ""
    try:
        event = ADAPTER.validate_python(document)
        if event.kind not in KINDS:
            return Receipt(event_id, "refused", "unknown_kind")
        payload_adapter(event.kind).validate_python(event.payload)
    except ValidationError:
        return Receipt(event_id[:80], "refused", "malformed")
    return event


def _checked_payload(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    adapter = payload_adapter(kind)
    said: dict[str, Any] = adapter.dump_python(
        adapter.validate_python(payload), mode="json", exclude_none=True
    )
    return said


def _written(receipt: Receipt) -> str:
    return json.dumps(asdict(receipt), ensure_ascii=False)


def _read_receipt(text: str) -> Receipt:
    values = json.loads(text)
    return Receipt(**{**values, "warnings": tuple(values["warnings"])})
