"""What becomes of links in time: closures, lost capacity and speed, lanes that turn, all taken together."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from safepassage.model.network import RoadNetwork
from safepassage.model.threat import ThreatEntry, ThreatEntryKind
from safepassage.model.traffic import LaneReversal
from safepassage.simulator.conditions import LinkChange

_CLOSING = (ThreatEntryKind.CLOSURE, ThreatEntryKind.ARRIVAL)

Span = tuple[float, float, float]
"""From when, until when, and a share or number of lanes."""


@dataclass(slots=True)
class _Parts:
    """What is known of one link."""

    capacity_share: list[Span] = field(default_factory=list)
    speed_share: list[Span] = field(default_factory=list)
    lanes: list[Span] = field(default_factory=list)
    awaited: int | None = None

    def times_s(self) -> list[float]:
        spans = (*self.capacity_share, *self.speed_share, *self.lanes)
        return sorted({time_s for start, end, _ in spans for time_s in (start, end) if time_s < math.inf})


def link_changes(
    network: RoadNetwork, entries: Sequence[ThreatEntry], reversals: Sequence[LaneReversal] = ()
) -> tuple[LinkChange, ...]:
    """
    Changes of links by what is said of them.

    Parameters
    ----------
    network : RoadNetwork
        The roads.
    entries : sequence of ThreatEntry
        Those that come true.
    reversals : sequence of LaneReversal
        At most one takes lanes from a link, and one gives it some.

    Returns
    -------
    tuple of LinkChange
        By link and time. Of shares of capacity that hold at a time the smallest counts, of shares of
        speed too. A direction that gives up all its lanes closes; the other one gets them after the
        transition and not before the last vehicle has left it (where something else also changes that
        link: after the transition and the time to drive along the road).
    """
    index = {link: k for k, link in enumerate(network.link_id)}
    parts: dict[int, _Parts] = defaultdict(_Parts)
    for entry in entries:
        if entry.subject in index and entry.end_s > 0:
            _add_entry(parts[index[entry.subject]], entry)
    for turn in reversals:
        if turn.end_s > 0:
            _add_reversal(network, parts, turn, index[turn.losing_link], index[turn.gaining_link])
    return tuple(
        change for link, known in sorted(parts.items()) for change in _changes_of_link(network, link, known)
    )


def _add_entry(known: _Parts, entry: ThreatEntry) -> None:
    start_s = max(entry.start_s, 0.0)
    if entry.kind in _CLOSING or entry.kind == ThreatEntryKind.CAPACITY:
        share = 0.0 if entry.kind in _CLOSING else entry.factor
        known.capacity_share.append((start_s, entry.end_s, share))
    elif entry.kind == ThreatEntryKind.SPEED:
        known.speed_share.append((start_s, entry.end_s, entry.factor))


def _add_reversal(
    network: RoadNetwork, parts: dict[int, _Parts], turn: LaneReversal, losing: int, gaining: int
) -> None:
    start_s, back_s = max(turn.start_s, 0.0), turn.end_s + turn.transition_s
    used_s = start_s + turn.transition_s
    whole = turn.lanes >= network.lanes[losing]
    parts[losing].lanes.append((start_s, back_s, -turn.lanes))
    if whole and _is_plain(parts.get(gaining)):
        parts[gaining].awaited = losing
    elif whole:
        used_s = max(used_s, start_s + float(network.free_flow_time_s[losing]))
    if used_s < turn.end_s:
        parts[gaining].lanes.append((used_s, turn.end_s, turn.lanes))


def _is_plain(known: _Parts | None) -> bool:
    return known is None or not known.times_s()


def _changes_of_link(network: RoadNetwork, link: int, known: _Parts) -> list[LinkChange]:
    own = float(network.lanes[link])
    changes = []
    for time_s in known.times_s():
        gained = sum(_holding(known.lanes, time_s))
        lanes = max(own + gained, 0.0) / own
        share = min(_holding(known.capacity_share, time_s), default=1.0)
        speed = min(_holding(known.speed_share, time_s), default=1.0)
        density = float(network.jam_density_pcu_per_m[link])
        changes.append(
            LinkChange(
                time_s,
                link,
                float(network.capacity_pcu_per_h[link]) * lanes * share,
                jam_density_pcu_per_m=density * lanes if lanes not in (0.0, 1.0) else None,
                free_speed_m_per_s=float(network.free_speed_m_per_s[link]) * speed if speed < 1 else None,
                after_empty=known.awaited if gained > 0 else None,
            )
        )
    return changes


def _holding(spans: Sequence[Span], time_s: float) -> list[float]:
    return [value for start, end, value in spans if start <= time_s < end]
