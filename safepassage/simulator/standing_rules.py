"""What a scenario says of its roads whatever else comes true: made ready once for many plays."""

from __future__ import annotations

from collections.abc import Sequence

from safepassage.model.scenario import Scenario
from safepassage.model.threat import ThreatEntry, ThreatEntryKind
from safepassage.simulator.background import background_demand, joined
from safepassage.simulator.conditions import Conditions, Hold, LinkChange, Signal
from safepassage.simulator.demand import TrafficDemand
from safepassage.simulator.link_changes import link_changes
from safepassage.simulator.threat_conditions import breakdown_holds, certain_entries

Loss = tuple[int, float, float, float]
"""A link, from when until when (s), and the share of its capacity that is left."""


class StandingRules:
    """
    Background traffic, signals, reversed lanes, breakdowns and lower speeds that are certain.

    Parameters
    ----------
    scenario : Scenario
        What it says.
    """

    def __init__(self, scenario: Scenario) -> None:
        index = {link: k for k, link in enumerate(scenario.network.link_id)}
        certain = certain_entries(scenario)
        self._scenario = scenario
        self._slow = tuple(entry for entry in certain if entry.kind == ThreatEntryKind.SPEED)
        self._holds = breakdown_holds(scenario, certain)
        self._signals = tuple(
            Signal(index[light.link], light.cycle_s, light.green_start_s, light.green_s)
            for light in scenario.signals
        )
        self._background = (
            background_demand(scenario.network, scenario.background, scenario.horizon_s)
            if scenario.background
            else None
        )

    @property
    def changes_links(self) -> bool:
        """Whether links change, so that losses of capacity have to be taken together with that."""
        return bool(self._slow or self._scenario.reversals)

    def demand(self, demand: TrafficDemand) -> TrafficDemand:
        """
        Add background traffic.

        Parameters
        ----------
        demand : TrafficDemand
            What is driven anyway; its vehicles and legs keep their numbers.

        Returns
        -------
        TrafficDemand
            The same where there is none.
        """
        return demand if self._background is None else joined(demand, self._background)

    def conditions(
        self, changes: Sequence[LinkChange], holds: Sequence[Hold], losses: Sequence[Loss]
    ) -> Conditions:
        """
        Put together what changes in one play.

        Parameters
        ----------
        changes : sequence of LinkChange
            By the losses alone; used where nothing else changes links.
        holds : sequence of Hold
            Of this play.
        losses : sequence of Loss
            What the changes come from.

        Returns
        -------
        Conditions
            With what stands anyway.
        """
        if self.changes_links:
            names = self._scenario.network.link_id
            entries = [
                ThreatEntry(str(k), ThreatEntryKind.CAPACITY, names[link], start_s, end_s, factor=left)
                for k, (link, start_s, end_s, left) in enumerate(losses)
            ]
            changes = link_changes(self._scenario.network, (*entries, *self._slow), self._scenario.reversals)
        return Conditions(changes=tuple(changes), holds=(*holds, *self._holds), signals=self._signals)
