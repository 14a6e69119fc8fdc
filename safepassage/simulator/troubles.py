"""What went wrong on the roads: vehicles stuck where, gridlocks, full destinations; and the ways on foot."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from safepassage.model.outcome import Ring, StuckPlace, WalkOutcome
from safepassage.model.scenario import Scenario
from safepassage.simulator.conditions import Conditions
from safepassage.simulator.demand import TrafficDemand
from safepassage.simulator.run import TrafficResult
from safepassage.simulator.walking import Walk


def troubles(
    scenario: Scenario, demand: TrafficDemand, conditions: Conditions, result: TrafficResult, n_own: int
) -> dict[str, Any]:
    """
    What an outcome says of stuck, diverted and background vehicles.

    Parameters
    ----------
    scenario : Scenario
        Gives the names.
    demand : TrafficDemand
        What was played.
    conditions : Conditions
        Under which.
    result : TrafficResult
        How it went.
    n_own : int
        Vehicles of the plan; those after them are background traffic.

    Returns
    -------
    dict
        Fields of an outcome.
    """
    names = scenario.network.link_id
    places = Counter(zip(result.stuck_link.tolist(), result.stuck_at_origin.tolist(), strict=True))
    last_leg = demand.leg_offset[1:] - 1
    ended = result.leg_arrive_tick[last_leg[n_own:]] >= 0
    return {
        "stuck_links": tuple(sorted({names[link] for link, _ in places})),
        "stuck": tuple(
            StuckPlace(names[link], places[link, False], places[link, True])
            for link in sorted({link for link, _ in places})
        ),
        "gridlocks": tuple(
            Ring(tuple(names[link] for link in ring.links), ring.since_s) for ring in result.gridlocks
        ),
        "diverted_vehicles": _diverted(scenario, demand, conditions, result),
        "turned_away_vehicles": len(result.turned_away_vehicle),
        "background_vehicles": demand.n_vehicles - n_own,
        "background_arrived": int(ended.sum()),
    }


def _diverted(
    scenario: Scenario, demand: TrafficDemand, conditions: Conditions, result: TrafficResult
) -> int:
    """Legs that ended at another refuge than that at which their route ends."""
    if not conditions.refuges:
        return 0
    node = np.array([refuge.node for refuge in conditions.refuges])
    legs = np.flatnonzero((result.leg_refuge >= 0) & (result.leg_arrive_tick >= 0))
    last = demand.route_link[demand.route_offset[demand.leg_route[legs] + 1] - 1]
    return int(np.sum(scenario.network.to_node[last] != node[result.leg_refuge[legs]]))


def walk_outcomes(walks: Sequence[Walk]) -> tuple[WalkOutcome, ...]:
    """
    Sum up the ways on foot.

    Parameters
    ----------
    walks : sequence of Walk
        Each of them.

    Returns
    -------
    tuple of WalkOutcome
        By site and settlement.
    """
    by_place: dict[tuple[str, str], list[Walk]] = defaultdict(list)
    for walk in walks:
        by_place[walk.site, walk.settlement].append(walk)
    return tuple(
        WalkOutcome(
            site=site,
            settlement=settlement,
            people=sum(walk.people.total for walk in own),
            distance_m=own[0].distance_m,
            longest_s=max(walk.arrive_s - walk.set_out_s for walk in own),
            person_s=sum((walk.arrive_s - walk.set_out_s) * walk.people.total for walk in own),
        )
        for (site, settlement), own in sorted(by_place.items())
    )
