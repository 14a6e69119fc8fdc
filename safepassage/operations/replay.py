"""
State from events, in whatever order they come.

The state is what the rules make of all events in their total order. A late event takes its place in that
order; of the later ones only those are applied again whose records came out differently. Each key has a
timeline of touches: who read the record and what it was after who wrote it.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from safepassage.operations.event import Event
from safepassage.operations.fold.rules import Effects, effects_of
from safepassage.operations.records import Record


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
    """Where timelines are kept."""

    def timeline(self, key: str, order: str) -> list[Touch]:
        """Touches of a key from the last write before a place onwards, in order."""

    def event(self, order: str) -> Event:
        """Event of a place."""

    def keys_touched(self, order: str) -> frozenset[str]:
        """Keys on whose timelines an event stands."""


@dataclass(slots=True)
class _Timeline:
    loaded_from: str
    orders: list[str]
    records: list[Record | None]

    def before(self, order: str) -> Record | None:
        for place in range(bisect_left(self.orders, order) - 1, -1, -1):
            if (record := self.records[place]) is not None:
                return record
        return None

    def at(self, order: str) -> tuple[bool, Record | None]:
        place = bisect_left(self.orders, order)
        found = place < len(self.orders) and self.orders[place] == order
        return found, self.records[place] if found else None

    def set(self, order: str, record: Record | None) -> None:
        place = bisect_left(self.orders, order)
        if place < len(self.orders) and self.orders[place] == order:
            self.records[place] = record
        else:
            self.orders.insert(place, order)
            self.records.insert(place, record)

    def remove(self, order: str) -> None:
        place = bisect_left(self.orders, order)
        del self.orders[place], self.records[place]

    def readers_after(self, order: str) -> Iterable[str]:
        """Events that saw what stood at a place: up to the next that wrote."""
        for place in range(bisect_left(self.orders, order), len(self.orders)):
            if self.orders[place] == order:
                continue
            yield self.orders[place]
            if self.records[place] is not None:
                return

    @property
    def last(self) -> Record | None:
        return next((record for record in reversed(self.records) if record is not None), None)


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
        for event in events:
            self._events[event.order] = event
        waiting = sorted(self._events)
        known, done = set(waiting), dict[str, Effects]()
        while waiting:
            order = heapq.heappop(waiting)
            for later in self._run(order, is_new=order in self._events):
                if later not in known:
                    known.add(later)
                    heapq.heappush(waiting, later)
            done[order] = self._effects
        return done

    def current(self, key: str) -> Record | None:
        """Record of a touched key after everything."""
        return self._timelines[key].last

    def written_keys(self) -> frozenset[str]:
        """Keys whose records may have changed."""
        return frozenset(self._written)

    _written: set[str] = field(default_factory=set)
    _effects: Effects = field(default_factory=lambda: Effects(frozenset(), {}))

    def _run(self, order: str, *, is_new: bool) -> set[str]:
        event = self._events[order] if is_new else self.backing.event(order)
        effects = effects_of(event, lambda key: self._timeline(key, order).before(order))
        self._effects = effects
        # Events run in ascending order and once each, so what is kept is still true of this one.
        before = frozenset[str]() if is_new else self.backing.keys_touched(order)
        again: set[str] = set()
        for key in effects.reads | before:
            timeline = self._timeline(key, order)
            stood, old = timeline.at(order)
            new = effects.writes.get(key)
            if key not in effects.reads:
                timeline.remove(order)
                self.changed[key, order] = None
            elif not stood or new != old:
                timeline.set(order, new)
                self.changed[key, order] = Touch(order, new)
            if new != old:
                self._written.add(key)
                again.update(timeline.readers_after(order))
        return again

    def _timeline(self, key: str, order: str) -> _Timeline:
        held = self._timelines.get(key)
        if held is None:
            touches = self.backing.timeline(key, order)
            held = _Timeline(order, [touch.order for touch in touches], [touch.record for touch in touches])
            self._timelines[key] = held
        # Places come in ascending order, so the first look at a key is the earliest.
        assert held.loaded_from <= order
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
