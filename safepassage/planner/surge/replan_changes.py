"""What a plan made anew changes for whom."""

from __future__ import annotations

import math
from collections.abc import Iterable

from safepassage.model.outcome import Outcome
from safepassage.model.plan import Mode, Plan, Trip
from safepassage.model.replanning import SettlementChange
from safepassage.model.scenario import Scenario


def changes_between(
    scenario: Scenario, before: Plan, was: Outcome, after: Plan, now: Outcome, at_s: float
) -> tuple[SettlementChange, ...]:
    """
    Compare two plans settlement by settlement.

    Parameters
    ----------
    scenario : Scenario
        Whose settlements, in their order.
    before : Plan
        The earlier plan.
    was : Outcome
        How it plays.
    after : Plan
        The new plan.
    now : Outcome
        How it plays.
    at_s : float
        When the second replaced the first (s); departures after it are compared.

    Returns
    -------
    tuple of SettlementChange
        Of settlements for which anything differs.
    """
    rows = [_row(place.id, before, was, after, now, at_s) for place in scenario.in_scope]
    return tuple(row for row in rows if row is not None)


def _row(
    settlement: str, before: Plan, was: Outcome, after: Plan, now: Outcome, at_s: float
) -> SettlementChange | None:
    first, second = _Told(settlement, before, was, at_s), _Told(settlement, after, now, at_s)
    if first.says == second.says:
        return None
    return SettlementChange(
        settlement=settlement,
        safe_before=first.safe,
        safe_after=second.safe,
        cars_next_before_s=first.cars_next_s,
        cars_next_after_s=second.cars_next_s,
        vehicles_next_before_s=first.vehicles_next_s,
        vehicles_next_after_s=second.vehicles_next_s,
        last_before_s=first.last_s,
        last_after_s=second.last_s,
        destinations_before=first.destinations,
        destinations_after=second.destinations,
        other_roads=first.roads != second.roads,
    )


class _Told:
    """What a plan says to one settlement."""

    def __init__(self, settlement: str, plan: Plan, outcome: Outcome, at_s: float) -> None:
        waves = [wave for wave in plan.waves if wave.settlement == settlement]
        links = {route.id: route.links for route in plan.routes}
        later = [wave for wave in waves if wave.end_s > at_s]
        self.cars_next_s = min((float(wave.start_s) for wave in later), default=math.nan)
        pickups = sorted(_pickups(plan.trips, settlement))
        self.vehicles_next_s = min((time_s for time_s, _ in pickups if time_s > at_s), default=math.nan)
        self.roads = {links[wave.route] for wave in later}
        parts = [part for part in plan.assignments if part.settlement == settlement]
        self.destinations = tuple(sorted({part.destination for part in parts}))
        row = next((row for row in outcome.settlements if row.settlement == settlement), None)
        self.safe = row.safe if row else 0
        self.last_s = row.last_arrival_s if row else math.nan
        self.says = (
            self.safe, self.destinations, self.roads, repr(round(self.last_s, 0)),
            tuple((wave.start_s, wave.end_s, wave.vehicles) for wave in waves), tuple(pickups),
        )  # fmt: skip


def _pickups(trips: Iterable[Trip], settlement: str) -> list[tuple[float, str]]:
    return [
        (float(leg.depart_s), f"{trip.vehicle} {leg.site}")
        for trip in trips
        if trip.mode == Mode.FLEET
        for leg in trip.legs
        for load in leg.board
        if load.settlement == settlement
    ]
