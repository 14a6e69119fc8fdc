"""
State from events, in whatever order they come.

The state is what the rules make of all events in their total order. A late event takes its place in that
order; of the later ones only those are applied again whose records came out differently. Each key has a
timeline of touches: who read the record and what it was after who wrote it.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from safepassage.operations.event import Event
from safepassage.operations.fold.ahead import keys_of_event, keys_of_record
from safepassage.operations.fold.rules import Effects, effects_of
from safepassage.operations.records import Record, decode, encode

KeptTouch: TypeAlias = tuple[str, str | None]
_FETCHED_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Touch:
    """
    An event on the timeline of a key.

    Attributes
    ----------
    order : str
        Place of the event.
    record : Record or None
        The record after it; None where the event only looked.
    """

    order: str
    record: Record | None


class Backing(Protocol):
    """Where timelines are kept; many are asked for at once, for every question costs a way there and back."""

    def timelines(self, places: Mapping[str, str]) -> Mapping[str, Sequence[KeptTouch]]:
        """
        Touches of keys.

        Parameters
        ----------
        places : mapping of str to str
            A place by key.

        Returns
        -------
        mapping of str to sequence of (str, str or None)
            Place and record as text, by key, from the last write before the key's place onwards, in order.
        """

    def events(self, orders: Sequence[str]) -> Mapping[str, Event]:
        """Events by their places."""

    def keys_touched(self, orders: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """Keys on whose timelines events stand, by place."""


class _Timeline:
    """Records of a key by place; a text is read only when somebody looks at it."""

    __slots__ = ("key", "loaded_from", "orders", "records", "texts")

    def __init__(self, key: str, loaded_from: str, touches: Sequence[KeptTouch]) -> None:
        self.key = key
        self.loaded_from = loaded_from
        self.orders = [order for order, _text in touches]
        self.texts = [text for _order, text in touches]
        self.records: list[Record | None] = [None] * len(touches)

    def record_at(self, place: int) -> Record | None:
        text = self.texts[place]
        if self.records[place] is None and text is not None:
            self.records[place] = decode(self.key, text)
        return self.records[place]

    def before(self, order: str) -> Record | None:
        for place in range(bisect_left(self.orders, order) - 1, -1, -1):
            if (record := self.record_at(place)) is not None:
                return record
        return None

    def is_as(self, order: str, record: Record | None) -> tuple[bool, bool]:
        """Tell whether an event stands here, and whether it left just this record."""
        place = bisect_left(self.orders, order)
        if place == len(self.orders) or self.orders[place] != order:
            return False, record is None
        if record is None:
            return True, self.texts[place] is None and self.records[place] is None
        if self.records[place] is not None:
            return True, self.records[place] == record
        return True, self.texts[place] == encode(record)

    def set(self, order: str, record: Record | None) -> None:
        place = bisect_left(self.orders, order)
        if place == len(self.orders) or self.orders[place] != order:
            self.orders.insert(place, order)
            self.texts.insert(place, None)
            self.records.insert(place, record)
        else:
            self.texts[place], self.records[place] = None, record

    def remove(self, order: str) -> None:
        place = bisect_left(self.orders, order)
        del self.orders[place], self.texts[place], self.records[place]

    def readers_after(self, order: str) -> Iterable[str]:
        """Events that saw what stood at a place: up to the next that wrote."""
        for place in range(bisect_left(self.orders, order), len(self.orders)):
            if self.orders[place] == order:
                continue
            yield self.orders[place]
            if self.texts[place] is not None or self.records[place] is not None:
                return

    def next_after(self, order: str) -> Sequence[str]:
        """Events that will probably be applied again too, if those before them come out differently."""
        place = bisect_right(self.orders, order)
        return self.orders[place : place + _FETCHED_AHEAD]

    @property
    def last(self) -> Record | None:
        places = range(len(self.orders) - 1, -1, -1)
        return next((record for place in places if (record := self.record_at(place)) is not None), None)


@dataclass(slots=True)
class Replay:
    """
    One run of new events over what is kept.

    Attributes
    ----------
    backing : Backing
        What is kept.
    changed : dict of (str, str) to Touch or None
        New touches by key and place; None where one is gone.
    """

    backing: Backing
    changed: dict[tuple[str, str], Touch | None] = field(default_factory=dict)
    _timelines: dict[str, _Timeline] = field(default_factory=dict)
    _events: dict[str, Event] = field(default_factory=dict)
    _touched: dict[str, frozenset[str]] = field(default_factory=dict)
    _written: set[str] = field(default_factory=set)
    _soon: set[str] = field(default_factory=set)

    def apply(self, events: Iterable[Event]) -> dict[str, Effects]:
        """
        Put events in their places and bring everything after them up to date.

        Parameters
        ----------
        events : iterable of Event
            Not among those kept.

        Returns
        -------
        dict of str to Effects
            What the given events and those applied again do, by place.
        """
        self._events = {event.order: event for event in events}
        self._touched = dict.fromkeys(self._events, frozenset())
        waiting = sorted(self._events)
        self._look_ahead(waiting)
        known, done = set(waiting), dict[str, Effects]()
        while waiting:
            order = heapq.heappop(waiting)
            if order not in self._events:
                self._fetch(sorted({order, *waiting, *self._soon} - self._events.keys()))
            effects, again = self._run(order)
            done[order] = effects
            for later in again - known:
                known.add(later)
                heapq.heappush(waiting, later)
        return done

    def current(self, key: str) -> Record | None:
        """Record of a touched key after everything."""
        return self._timelines[key].last

    def written_keys(self) -> frozenset[str]:
        """Keys whose records may have changed."""
        return frozenset(self._written)

    def _fetch(self, orders: Sequence[str]) -> None:
        """Bring in kept events that must be applied again."""
        self._soon.clear()
        self._events.update(self.backing.events(orders))
        # Events run in ascending order and once each, so what is kept is still true of those that wait.
        self._touched.update(self.backing.keys_touched(orders))
        self._look_ahead(sorted(orders))

    def _look_ahead(self, orders: Sequence[str]) -> None:
        """Load what events will look at, as far as it can be told beforehand, in two questions."""
        first: dict[str, str] = {}
        for order in orders:
            for key in (*self._touched[order], *keys_of_event(self._events[order])):
                first.setdefault(key, order)
        self._load(first)
        second: dict[str, str] = {}
        for key, order in first.items():
            record = self._timelines[key].before(order)
            for other in keys_of_record(record) if record is not None else ():
                second[other] = min(order, second.get(other, order))
        self._load(second)

    def _load(self, places: Mapping[str, str]) -> None:
        new = {key: order for key, order in places.items() if key not in self._timelines}
        if not new:
            return
        found = self.backing.timelines(new)
        for key, order in new.items():
            self._timelines[key] = _Timeline(key, order, found.get(key, ()))

    def _run(self, order: str) -> tuple[Effects, set[str]]:
        event = self._events[order]
        effects = effects_of(event, lambda key: self._timeline(key, order).before(order))
        again: set[str] = set()
        for key in effects.reads | self._touched[order]:
            timeline = self._timeline(key, order)
            new = effects.writes.get(key)
            stood, same = timeline.is_as(order, new)
            if key not in effects.reads:
                timeline.remove(order)
                self.changed[key, order] = None
            elif not (stood and same):
                timeline.set(order, new)
                self.changed[key, order] = Touch(order, new)
            if not same:
                self._written.add(key)
                again.update(timeline.readers_after(order))
                self._soon.update(timeline.next_after(order))
        return effects, again

    def _timeline(self, key: str, order: str) -> _Timeline:
        held = self._timelines.get(key)
        if held is None or held.loaded_from > order:
            # Places come in ascending order, so nothing was changed yet on a timeline loaded too late.
            self._timelines[key] = held = _Timeline(
                key, order, self.backing.timelines({key: order}).get(key, ())
            )
        return held


def fold_all(events: Iterable[Event], emit: Callable[[Event, Effects], None]) -> dict[str, Record]:
    """
    Apply events that come in their order, from nothing.

    Parameters
    ----------
    events : iterable of Event
        In order.
    emit : callable
        Takes each event and what it does.

    Returns
    -------
    dict of str to Record
        The state, by key.
    """
    state: dict[str, Record] = {}
    for event in events:
        effects = effects_of(event, state.get)
        state.update(effects.writes)
        emit(event, effects)
    return state
