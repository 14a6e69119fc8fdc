"""How accepted events enter the store: sealed, applied, chained, and answered."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from safepassage.operations.event import Event, canonical, document_of, unsigned_bytes
from safepassage.operations.fold.rules import Effects
from safepassage.operations.receipts import Receipt, written
from safepassage.operations.records import changed, key_of
from safepassage.operations.records.movement import OperatedSite
from safepassage.operations.replay import Replay
from safepassage.operations.safety.keys import MasterKey, seal
from safepassage.operations.store import events, records, secrets, timelines
from safepassage.operations.store.database import Connection
from safepassage.operations.store.events import ChainLink, StoredEvent
from safepassage.operations.store.steps import Step, passing
from safepassage.operations.vocabulary import secret_fields

SERVER_DEVICE = "server"
FOUND_BY = {"phone": "phone", "document": "document", "contact": "phone"}


@dataclass(frozen=True, slots=True)
class Arrival:
    """
    An event that came, with what its bytes say, worked out once.

    Attributes
    ----------
    event : Event
        With its sensitive text and its signature.
    signed : bytes
        What its device signed.
    mark : str
        Keyed mark of its whole content.
    content_hash : str
        Hash that the next event of its device names.
    """

    event: Event
    signed: bytes
    mark: str
    content_hash: str

    @classmethod
    def of(cls, event: Event, master: MasterKey) -> Arrival:
        """Work out what the bytes of an event say."""
        plain = unsigned_bytes(event)
        whole = plain + event.signature.encode()
        return cls(event, plain, master.content_mark(whole), hashlib.sha256(whole).hexdigest())

    def is_repeat_of(self, mark: str, master: MasterKey) -> bool:
        """True where the mark of a kept event is of this very content."""
        whole = self.signed + self.event.signature.encode()
        return mark == self.mark or master.is_content_mark(mark, whole)


class Intake:
    """
    Takes accepted events into the store.

    Parameters
    ----------
    master : MasterKey
        Under which sensitive text is sealed.
    now_ms : callable
        Wall clock (ms since 1970).
    """

    def __init__(self, master: MasterKey, now_ms: Callable[[], int]) -> None:
        self._master = master
        self._now_ms = now_ms

    def take(
        self, connection: Connection, arrivals: Sequence[Arrival], *, skew_ms: int = 0
    ) -> dict[str, Receipt]:
        """
        Keep events, bring every record up to date and write their receipts.

        Parameters
        ----------
        connection : Connection
            Of the only writer.
        arrivals : sequence of Arrival
            Accepted, and not kept yet.
        skew_ms : int
            How far the sender's clock is ahead (ms).

        Returns
        -------
        dict of str to Receipt
            By event id.
        """
        if not arrivals:
            return {}
        kept, digests = self._sealed(connection, arrivals)
        passing(Step.SEALED)
        replay = Replay(timelines.KeptTimelines(connection))
        effects = replay.apply(kept)
        timelines.change(connection, replay.changed, frozenset(event.order for event in kept))
        passing(Step.APPLIED)
        before = events.last_of_chain(connection)
        position = before[0] + len(kept)
        records.change(connection, {key: replay.current(key) for key in replay.written_keys()}, position)
        passing(Step.RECORDED)
        warnings = self._warnings(connection, arrivals, effects)
        told = {event.event_id: _receipt(event, effects[event.order], warnings) for event in kept}
        now = self._now_ms()
        stored = [
            StoredEvent(
                event=event,
                body=canonical(document_of(event)).decode(),
                content_mark=arrival.mark,
                content_hash=arrival.content_hash,
                received_ms=now,
                skew_ms=skew_ms,
                receipt=written(told[event.event_id]),
            )
            for event, arrival in zip(kept, arrivals, strict=True)
        ]
        events.add(connection, stored, digests, before)
        passing(Step.KEPT)
        return told

    def _sealed(
        self, connection: Connection, arrivals: Sequence[Arrival]
    ) -> tuple[list[Event], dict[str, str]]:
        """Put references in the place of sensitive text, and keep the text sealed."""
        subjects = [f"{arrival.event.kind.partition('.')[0]}/{arrival.event.subject}" for arrival in arrivals]
        keys = self._record_keys(connection, subjects)
        kept: list[Event] = []
        rows: list[tuple[str, str, bytes, str]] = []
        marks: list[tuple[str, str]] = []
        digests: dict[str, str] = {}
        for arrival, subject in zip(arrivals, subjects, strict=True):
            event = arrival.event
            names = [name for name in sorted(secret_fields(event.kind)) if event.payload.get(name)]
            # The signature speaks of the whole text, so it would let somebody try out guesses of it.
            texts = {f"{event.order}/{name}": str(event.payload[name]) for name in names}
            texts[f"{event.order}/signature"] = event.signature
            own = []
            for ref, text in sorted(texts.items()):
                sealed = seal(keys[subject], ref, text)
                own.append((ref, subject, sealed, hashlib.sha256(sealed).hexdigest()))
            rows += own
            digests[event.event_id] = " ".join(digest for _ref, _subject, _sealed, digest in own)
            marks += [
                (self._master.blind_index(FOUND_BY[name], str(event.payload[name])), subject)
                for name in names
                if name in FOUND_BY
            ]
            payload = {**event.payload, **{name: f"{event.order}/{name}" for name in names}}
            kept.append(changed(event, payload=payload, signature=""))
        secrets.add(connection, rows)
        secrets.add_marks(connection, marks)
        return kept, digests

    def _record_keys(self, connection: Connection, subjects: Sequence[str]) -> dict[str, bytes]:
        wanted = sorted(set(subjects))
        held = secrets.wrapped_keys(connection, wanted)
        made = {subject: self._master.new_record_key(subject) for subject in wanted if subject not in held}
        secrets.add_keys(connection, made)
        return {
            subject: self._master.unwrapped(subject, wrapped) for subject, wrapped in (held | made).items()
        }

    def _warnings(
        self, connection: Connection, arrivals: Sequence[Arrival], effects: Mapping[str, Effects]
    ) -> dict[str, list[str]]:
        warnings: dict[str, list[str]] = defaultdict(list)
        over: dict[str, bool] = {}
        chains = _chain_faults(connection, arrivals)
        for arrival in arrivals:
            event = arrival.event
            told = warnings[event.event_id]
            keys = effects[event.order].writes
            if event.kind != "conflict.decide" and any(key.startswith("conflict/") for key in keys):
                told.append("disagrees")
            site = event.payload.get("site", "") if event.kind == "person.check_in" else ""
            if site:
                if site not in over:
                    over[site] = _is_over(connection, site)
                told += ["over_capacity"] * over[site]
            if fault := chains.get(event.event_id):
                told.append(fault)
        return warnings


def _receipt(event: Event, effects: Effects, warnings: Mapping[str, list[str]]) -> Receipt:
    told = tuple(warnings[event.event_id])
    if effects.why is not None:
        # That it disagrees is what being set aside means.
        told = tuple(code for code in told if code.startswith("chain_"))
        return Receipt(event.event_id, "set_aside", effects.why, effects.other, event.order, told)
    return Receipt(event.event_id, "accepted", place=event.order, warnings=told)


def _is_over(connection: Connection, site_id: str) -> bool:
    site = records.find(connection, key_of(OperatedSite, site_id))
    if not isinstance(site, OperatedSite):
        return False
    return records.occupancy(connection, site_id)[site_id] > site.beds


def _chain_faults(connection: Connection, arrivals: Sequence[Arrival]) -> dict[str, str]:
    """
    Compare the hash that each event names with the event before it on the same device.

    Parameters
    ----------
    connection : Connection
        Of the only writer.
    arrivals : sequence of Arrival
        Not kept yet.

    Returns
    -------
    dict of str to str
        ``chain_fork`` where the device has said something else at that place, ``chain_gap`` where the
        event before has not come yet, by event id. Such events hold: they were signed, and whether
        something is missing depends on what came first.
    """
    by_device: dict[str, list[ChainLink]] = defaultdict(list)
    for arrival in arrivals:
        event = arrival.event
        if event.device == SERVER_DEVICE:
            # What the server says is chained under the writer's lock and cannot come out of order.
            continue
        link = ChainLink(event.event_id, event.sequence, event.previous, arrival.content_hash)
        by_device[event.device].append(link)
    faults: dict[str, str] = {}
    for device, links in by_device.items():
        numbers = [link.sequence for link in links]
        near = events.links_between(connection, device, min(numbers) - 1, max(numbers) + 1)
        standing: dict[int, list[ChainLink]] = defaultdict(list)
        for link in (*near, *links):
            standing[link.sequence].append(link)
        for link in links:
            before, after = standing[link.sequence - 1], standing[link.sequence + 1]
            if link.is_fork(before, len(standing[link.sequence]), after):
                faults[link.event_id] = "chain_fork"
            elif link.sequence > 1 and not before:
                faults[link.event_id] = "chain_gap"
    return faults
