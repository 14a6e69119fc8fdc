"""From the threat of a scenario to what changes on its roads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from safepassage.model.policy import AlertRule
from safepassage.model.scenario import Scenario
from safepassage.model.threat import ThreatEntry, ThreatEntryKind
from safepassage.simulator.conditions import Conditions, Hold, HoldPoint, merged_windows
from safepassage.simulator.link_changes import link_changes


def threat_conditions(scenario: Scenario, entries: Sequence[ThreatEntry] | None = None) -> Conditions:
    """
    Closures, lost capacity and speed, breakdowns and alerts as conditions of the traffic.

    Parameters
    ----------
    scenario : Scenario
        Roads, places and the alert rule.
    entries : sequence of ThreatEntry, optional
        Those that come true; by default the certain ones of the scenario.

    Returns
    -------
    Conditions
        A link is closed by a closure and by water or fire that reaches it, and carries the smallest
        of the shares of capacity that hold at a time. The zone of an alert is a settlement, a community,
        or everywhere (empty); ``hold_boarding`` keeps vehicles from leaving its places,
        ``hold_all`` also stops those on the links that start there.
    """
    entries = certain_entries(scenario) if entries is None else entries
    return Conditions(
        changes=link_changes(scenario.network, entries, scenario.reversals),
        holds=(*_alerts(scenario, entries), *breakdown_holds(scenario, entries)),
    )


def certain_entries(scenario: Scenario) -> tuple[ThreatEntry, ...]:
    """
    The entries of the threat that come true whatever happens.

    Parameters
    ----------
    scenario : Scenario
        Whose.

    Returns
    -------
    tuple of ThreatEntry
        In file order.
    """
    return tuple(entry for entry in scenario.threat.entries if entry.probability >= 1)


def breakdown_holds(scenario: Scenario, entries: Sequence[ThreatEntry]) -> tuple[Hold, ...]:
    """
    Breakdowns as holds at the ends of their links.

    Parameters
    ----------
    scenario : Scenario
        Gives the links.
    entries : sequence of ThreatEntry
        Those that come true.

    Returns
    -------
    tuple of Hold
        In the order of the entries.
    """
    index = {link: k for k, link in enumerate(scenario.network.link_id)}
    return tuple(
        Hold((index[entry.subject],), HoldPoint.END, max(entry.start_s, 0.0), entry.end_s)
        for entry in entries
        if entry.kind == ThreatEntryKind.BREAKDOWN and entry.subject in index and entry.end_s > 0
    )


def _alerts(scenario: Scenario, entries: Sequence[ThreatEntry]) -> tuple[Hold, ...]:
    rule = scenario.policy.alert_rule
    if rule == AlertRule.IGNORE:
        return ()
    windows: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for entry in entries:
        if entry.kind == ThreatEntryKind.ALERT and entry.end_s > 0:
            windows[entry.subject].append((max(entry.start_s, 0.0), entry.end_s))
    points = (HoldPoint.ORIGIN, HoldPoint.END) if rule == AlertRule.HOLD_ALL else (HoldPoint.ORIGIN,)
    return tuple(
        Hold(links, point, start_s, end_s)
        for zone, spans in sorted(windows.items())
        if (links := links_of_zone(scenario, zone))
        for start_s, end_s in merged_windows(spans)
        for point in points
    )


def links_of_zone(scenario: Scenario, zone: str) -> tuple[int, ...]:
    """
    Links that start in a zone.

    Parameters
    ----------
    scenario : Scenario
        Roads and places.
    zone : str
        Id of a settlement, name of a community, or empty for everywhere.

    Returns
    -------
    tuple of int
        Link indices, ascending; empty where no such zone is known.
    """
    network = scenario.network
    if not zone:
        return tuple(range(network.n_links))
    places = {place.node for place in scenario.settlements if zone in {place.id, place.community}}
    inside = np.array([node in places for node in network.node_id], np.bool_)
    return tuple(np.flatnonzero(inside[network.from_node]).tolist())
