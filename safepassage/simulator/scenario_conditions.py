"""Everything of a scenario that rules its roads: threat, signals, reversed lanes, diversions, drivers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from safepassage.errors import Fault, InputError
from safepassage.i18n import _
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site
from safepassage.model.threat import ThreatEntry
from safepassage.simulator.conditions import Conditions, Knowledge, Refuge, Signal
from safepassage.simulator.fastest import FastestWays
from safepassage.simulator.threat_conditions import threat_conditions

_NEVER_FULL = 2**40


def scenario_conditions(scenario: Scenario, entries: Sequence[ThreatEntry] | None = None) -> Conditions:
    """
    What changes while the traffic of a scenario runs.

    Parameters
    ----------
    scenario : Scenario
        Roads, threat, signals, reversals, sites and drivers.
    entries : sequence of ThreatEntry, optional
        What comes true of the threat; by default its certain entries.

    Returns
    -------
    Conditions
        Sites that divert, and those to which they do, are refuges in the order of the file; the way from
        one to the next is the fastest one on empty roads.

    Raises
    ------
    InputError
        When no road leads from a site to the one to which it diverts.
    """
    index = {link: k for k, link in enumerate(scenario.network.link_id)}
    return replace(
        threat_conditions(scenario, entries),
        signals=tuple(
            Signal(index[light.link], light.cycle_s, light.green_start_s, light.green_s)
            for light in scenario.signals
        ),
        refuges=_refuges(scenario),
        knowledge=_knowledge(scenario),
    )


def refuge_sites(scenario: Scenario) -> tuple[Site, ...]:
    """
    Sites that divert or are diverted to, in the order of the file.

    Parameters
    ----------
    scenario : Scenario
        Whose.

    Returns
    -------
    tuple of Site
        In the order of the conditions' refuges.
    """
    onward = {site.divert_to for site in scenario.sites if site.divert_to}
    return tuple(site for site in scenario.sites if site.divert_to or site.id in onward)


def _refuges(scenario: Scenario) -> tuple[Refuge, ...]:
    sites = refuge_sites(scenario)
    if not sites:
        return ()
    node = {name: k for k, name in enumerate(scenario.network.node_id)}
    number = {site.id: k for k, site in enumerate(sites)}
    ways = FastestWays(scenario.network)
    faults, refuges = [], []
    for site in sites:
        room = _NEVER_FULL if math.isinf(site.capacity_persons) else int(site.capacity_persons)
        if not site.divert_to:
            refuges.append(Refuge(node[site.node], room))
            continue
        way = ways.links(node[site.node], node[sites[number[site.divert_to]].node])
        if way is None:
            problem = _("no road leads there from {site}").format(site=site.id)
            remedy = _("divert to a site that can be reached")
            faults.append(Fault("site.csv", 0, "divert_to", site.divert_to, problem, remedy))
        else:
            refuges.append(Refuge(node[site.node], room, number[site.divert_to], way))
    if faults:
        raise InputError(faults)
    return tuple(refuges)


def _knowledge(scenario: Scenario) -> Knowledge | None:
    drivers = scenario.drivers
    if not drivers.reroute:
        return None
    node = {name: k for k, name in enumerate(scenario.network.node_id)}
    told = tuple(node[site.node] for site in scenario.sites if site.id in drivers.told_at)
    return Knowledge(drivers.see_closures, told, drivers.radio_delay_s)
