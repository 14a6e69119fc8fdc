"""Put the cars' and the fleet's parts together as a plan that is not yet certified."""

from __future__ import annotations

from collections.abc import Sequence

from safepassage.model.people import NeedCount, PeopleCount
from safepassage.model.plan import Assignment, Mode, Plan, Route, Unserved, Wave
from safepassage.model.policy import Audience
from safepassage.model.scenario import Scenario
from safepassage.planner.surge.cars import CarQueue
from safepassage.planner.surge.control import control_points
from safepassage.planner.surge.fleet import FleetPlan


def draft_plan(
    scenario: Scenario,
    name: str,
    *,
    scenario_hash: str,
    routes: tuple[Route, ...],
    waves: tuple[Wave, ...],
    queues: Sequence[CarQueue],
    fleet: FleetPlan,
    unserved: tuple[Unserved, ...],
) -> Plan:
    """
    Assemble a plan without a certificate.

    Parameters
    ----------
    scenario : Scenario
        What it is for.
    name : str
        Added to the plan's id.
    scenario_hash : str
        SHA-256 of the scenario.
    routes, waves : tuple
        The cars' part.
    queues : sequence of CarQueue
        The car households that leave in the waves.
    fleet : FleetPlan
        The fleet's part.
    unserved : tuple of Unserved
        Car households that do not leave.

    Returns
    -------
    Plan
        Everyone in scope is in an assignment or unserved.
    """
    driving = _driving(routes, queues)
    plan = Plan(
        id=f"{scenario.id}-{scenario_hash[:12]}-{name}",
        revision=1,
        supersedes="",
        scenario_id=scenario.id,
        scenario_hash=scenario_hash,
        start=scenario.local_time(0).isoformat(),
        time_zone=scenario.time_zone,
        audience=Audience.COMMISSION,
        release_at_s=None,
        exercise=scenario.is_exercise,
        routes=routes,
        waves=waves,
        trips=fleet.trips,
        assignments=(*driving, *fleet.assignments),
        unserved=(*unserved, *fleet.unserved),
        control_points=control_points(scenario, routes, waves, fleet.trips),
        pins=scenario.pins,
    )
    served = sum(part.people.total for part in plan.assignments)
    left = sum(part.people.total for part in plan.unserved)
    assert served + left == scenario.people_in_scope.total, (served, left)
    assert sum(wave.people.total for wave in waves) == sum(part.people.total for part in driving)
    return plan


def _driving(routes: Sequence[Route], queues: Sequence[CarQueue]) -> tuple[Assignment, ...]:
    """One assignment a settlement and destination; street groups with one destination are added up."""
    destination = {route.id.removesuffix(f">{route.destination}"): route.destination for route in routes}
    together: dict[tuple[str, str], list[CarQueue]] = {}
    for queue in queues:
        if queue.households:
            together.setdefault((queue.settlement, destination[queue.id]), []).append(queue)
    return tuple(
        Assignment(
            settlement=settlement,
            mode=Mode.CAR,
            destination=end,
            via="",
            assembly_point="",
            people=sum((queue.people for queue in groups), PeopleCount()),
            needs=sum((queue.needs for queue in groups), NeedCount()),
            households=sum(queue.households for queue in groups),
        )
        for (settlement, end), groups in together.items()
    )
