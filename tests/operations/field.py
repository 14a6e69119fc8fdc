"""Devices in the field, for tests: each with its own key, clock and count."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safepassage.operations.clock import HybridClock
from safepassage.operations.event import ADAPTER, Event, content_hash
from safepassage.operations.fold.rules import effects_of
from safepassage.operations.records import Record, encode
from safepassage.operations.replay import KeptTouch, Replay, Touch, fold_all
from safepassage.operations.safety.keys import public_text, signed
from safepassage.operations.store.devices import Device

START_MS = 1_691_625_600_000
DAY_MS = 86_400_000


class Watch:
    """A wall clock that moves when it is told to."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


class FieldDevice:
    """One telephone: signs what its owner says."""

    def __init__(
        self,
        name: str,
        *,
        account: str = "ivan",
        agency: str = "red",
        watch: Watch | None = None,
        ahead_ms: int = 0,
    ) -> None:
        self.name = name
        self.account = account
        self.agency = agency
        self.watch = watch or Watch()
        self.key = Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32, b"-")[:32])
        self._clock = HybridClock(lambda: self.watch() + ahead_ms)
        self._random = random.Random(name)
        self._sequence = 0
        self._previous = ""

    def skip_ids(self, count: int) -> None:
        """Go on with other event ids, as a copy of the telephone would."""
        for _number in range(count):
            self._event_id(0)

    @property
    def enrolled(self) -> Device:
        return Device(self.name, self.account, public_text(self.key), self.watch() + 3 * DAY_MS, None)

    def say(self, kind: str, subject: str, /, *, based_on: str = "", **payload: Any) -> Event:
        self._sequence += 1
        stamp = self._clock.tick()
        event = ADAPTER.validate_python(
            {
                "event_id": self._event_id(stamp.wall_ms),
                "kind": kind,
                "subject": subject,
                "payload": payload,
                "device": self.name,
                "sequence": self._sequence,
                "wall_ms": stamp.wall_ms,
                "counter": stamp.counter,
                "claimed_ms": stamp.wall_ms,
                "actor": self.account,
                "agency": self.agency,
                "based_on": based_on,
                "previous": self._previous,
            }
        )
        event = signed(event, self.key)
        self._previous = content_hash(event)
        return event

    def _event_id(self, wall_ms: int) -> str:
        text = f"{wall_ms:012x}7{self._random.getrandbits(12):03x}8{self._random.getrandbits(60):015x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class MemoryBacking:
    """Timelines of a test, in memory."""

    def __init__(self) -> None:
        self.touches: dict[str, dict[str, Touch]] = {}
        self.kept: dict[str, Event] = {}
        self.state: dict[str, Record] = {}

    def timelines(self, places: Mapping[str, str]) -> dict[str, list[KeptTouch]]:
        return {key: self._timeline(key, order) for key, order in places.items()}

    def _timeline(self, key: str, order: str) -> list[KeptTouch]:
        line = [touch for _place, touch in sorted(self.touches.get(key, {}).items())]
        before = [touch for touch in line if touch.order < order and touch.record is not None]
        seen = [*before[-1:], *(touch for touch in line if touch.order >= order)]
        return [(touch.order, encode(touch.record) if touch.record else None) for touch in seen]

    def events(self, orders: Sequence[str]) -> dict[str, Event]:
        return {order: self.kept[order] for order in orders}

    def keys_touched(self, orders: Sequence[str]) -> dict[str, frozenset[str]]:
        return {
            order: frozenset(key for key, line in self.touches.items() if order in line) for order in orders
        }

    def take(self, events: Sequence[Event]) -> None:
        new = {event.order: event for event in events if event.order not in self.kept}
        replay = Replay(self)
        replay.apply(new.values())
        for (key, place), touch in replay.changed.items():
            line = self.touches.setdefault(key, {})
            if touch is None:
                del line[place]
            else:
                line[place] = touch
        for key in replay.written_keys():
            record = replay.current(key)
            if record is None:
                self.state.pop(key, None)
            else:
                self.state[key] = record
        self.kept.update(new)

    def document(self) -> dict[str, str]:
        return {key: encode(record) for key, record in self.state.items()}


def folded(events: Sequence[Event]) -> dict[str, str]:
    """The state by the definition: all events in their order, from nothing."""
    unique = {event.order: event for event in events}
    state = fold_all((unique[place] for place in sorted(unique)), lambda _event, _effects: None)
    return {key: encode(record) for key, record in state.items()}


def told(events: Sequence[Event]) -> dict[str, str]:
    """Code of the rule that sets each event aside, by event id; empty where it holds."""
    state: dict[str, Record] = {}
    reasons = {}
    for event in sorted(events, key=lambda item: item.order):
        effects = effects_of(event, state.get)
        state.update(effects.writes)
        reasons[event.event_id] = str(effects.why or "")
    return reasons


def document(event: Event) -> dict[str, Any]:
    """An event as a device sends it."""
    return asdict(event)
