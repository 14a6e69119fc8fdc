"""Closures, lost capacity and alerts of a scenario, as they reach the traffic."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from safepassage.model.policy import AlertRule
from safepassage.model.scenario import Scenario
from safepassage.model.threat import Threat, ThreatEntry, ThreatEntryKind
from safepassage.simulator.conditions import HoldPoint
from safepassage.simulator.threat_conditions import links_of_zone, threat_conditions


def entry(
    kind: ThreatEntryKind,
    subject: str,
    start_s: float,
    end_s: float,
    *,
    factor: float = 1.0,
    probability: float = 1.0,
) -> ThreatEntry:
    return ThreatEntry(
        f"{kind}-{subject}-{start_s}", kind, subject, start_s, end_s, factor=factor, probability=probability
    )


def with_threat(scenario: Scenario, *entries: ThreatEntry, rule: AlertRule | None = None) -> Scenario:
    policy = replace(scenario.policy, alert_rule=rule or scenario.policy.alert_rule)
    return replace(scenario, threat=Threat(tuple(entries)), policy=policy)


def test_nothing_happens_where_nothing_threatens(valley: Scenario) -> None:
    conditions = threat_conditions(with_threat(valley))
    assert (conditions.changes, conditions.holds) == ((), ())


def test_overlapping_closure_and_lost_capacity(valley: Scenario) -> None:
    link = valley.network.link_id[0]
    own = valley.network.capacity_pcu_per_h[0]
    threatened = with_threat(
        valley,
        entry(ThreatEntryKind.CAPACITY, link, 100, 900, factor=0.5),
        entry(ThreatEntryKind.CLOSURE, link, 300, 500),
        entry(ThreatEntryKind.ARRIVAL, link, 800, math.inf),
    )
    changes = [(c.time_s, c.capacity_pcu_per_h / own) for c in threat_conditions(threatened).changes]
    assert changes == [(100, 0.5), (300, 0.0), (500, 0.5), (800, 0.0), (900, 0.0)]


def test_only_certain_entries_count_unless_others_come_true(valley: Scenario) -> None:
    link = valley.network.link_id[0]
    perhaps = entry(ThreatEntryKind.CLOSURE, link, 10, 20, probability=0.3)
    past = entry(ThreatEntryKind.CLOSURE, link, -20, -10)
    threatened = with_threat(valley, perhaps, past)
    assert threat_conditions(threatened).changes == ()
    assert len(threat_conditions(threatened, [perhaps]).changes) == 2


def test_closure_that_began_before_the_start_holds_from_the_start(valley: Scenario) -> None:
    closed = with_threat(valley, entry(ThreatEntryKind.CLOSURE, valley.network.link_id[0], -50, 50))
    assert [change.time_s for change in threat_conditions(closed).changes] == [0.0, 50]


@pytest.mark.parametrize(
    ("rule", "points"),
    [
        (AlertRule.IGNORE, []),
        (AlertRule.HOLD_BOARDING, [HoldPoint.ORIGIN]),
        (AlertRule.HOLD_ALL, [HoldPoint.ORIGIN, HoldPoint.END]),
    ],
)
def test_alert_rules(valley: Scenario, rule: AlertRule, points: list[HoldPoint]) -> None:
    alerts = [entry(ThreatEntryKind.ALERT, "", start, start + 100) for start in (0, 50)]
    holds = threat_conditions(with_threat(valley, *alerts, rule=rule)).holds
    assert [hold.point for hold in holds] == points
    assert {(hold.start_s, hold.end_s) for hold in holds} <= {(0, 150)}
    assert all(len(hold.links) == valley.network.n_links for hold in holds)


def test_zones(valley: Scenario) -> None:
    place = valley.settlements[0]
    own = set(links_of_zone(valley, place.id))
    node = valley.network.node_id.index(place.node)
    assert own == {k for k in range(valley.network.n_links) if valley.network.from_node[k] == node}
    assert own <= set(links_of_zone(valley, place.community))
    assert links_of_zone(valley, "nowhere") == ()
