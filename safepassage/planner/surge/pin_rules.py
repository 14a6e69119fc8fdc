"""What pins say of one settlement's way out by car."""

from __future__ import annotations

from dataclasses import dataclass

from safepassage.model.plan import PinAction, PinKind
from safepassage.model.scenario import Scenario


@dataclass(frozen=True, slots=True)
class WayRules:
    """
    Pins on the way of one settlement.

    Attributes
    ----------
    forced_links : tuple of str
        The route it must take; empty where it is free.
    forced_destinations, forbidden_destinations : frozenset of str
        Site ids.
    earliest_s : float
        No wave starts before (s).
    """

    forced_links: tuple[str, ...]
    forced_destinations: frozenset[str]
    forbidden_destinations: frozenset[str]
    earliest_s: float

    def allows(self, site_id: str) -> bool:
        """Whether the settlement may be brought to a site."""
        if self.forced_destinations and site_id not in self.forced_destinations:
            return False
        return site_id not in self.forbidden_destinations


def rules_of(scenario: Scenario, settlement: str) -> WayRules:
    """
    Collect the pins on a settlement's cars.

    Parameters
    ----------
    scenario : Scenario
        Whose pins.
    settlement : str
        Settlement id.

    Returns
    -------
    WayRules
        Of several pins that force a route or a wave, the last in the file counts.
    """
    pins = [pin for pin in scenario.pins if pin.subject == settlement]

    def values(kind: PinKind, action: PinAction) -> list[str]:
        return [pin.value for pin in pins if (pin.kind, pin.action) == (kind, action)]

    routes = values(PinKind.ROUTE, PinAction.FORCE)
    waves = values(PinKind.WAVE, PinAction.FORCE)
    return WayRules(
        forced_links=tuple(routes[-1].split()) if routes else (),
        forced_destinations=frozenset(values(PinKind.DESTINATION, PinAction.FORCE)),
        forbidden_destinations=frozenset(values(PinKind.DESTINATION, PinAction.FORBID)),
        earliest_s=float(waves[-1]) if waves else 0.0,
    )
