"""The baseline: everyone leaves at once by the nearest way, and buses run straight to reception."""

from __future__ import annotations

from safepassage.model.plan import Plan, Route, Wave
from safepassage.planner.surge.draft import draft_plan
from safepassage.planner.surge.fleet import naive_fleet
from safepassage.planner.surge.problem import SurgeProblem
from safepassage.planner.surge.schedule import AT_ONCE_S

DESCRIPTION = (
    "everyone with a car leaves at once by the nearest way, and the same vehicles run straight from the"
    " assembly points to reception"
)


def naive_plan(problem: SurgeProblem, *, scenario_hash: str) -> Plan:
    """
    Make the baseline plan.

    Parameters
    ----------
    problem : SurgeProblem
        Who leaves and over which roads.
    scenario_hash : str
        SHA-256 of the scenario.

    Returns
    -------
    Plan
        Without a certificate. Cars ignore the curfew, which can only flatter the baseline.
    """
    network, paths = problem.roads, problem.paths
    routes, waves = [], []
    windows = problem.scenario.open_windows()
    start_s = int(windows[0][0]) if windows else 0
    for queue in problem.queues:
        origin = problem.origin(queue.settlement)
        nearest = min(
            problem.destinations, key=lambda site: paths.time_s(origin, problem.node_index[site.node])
        )
        links = paths.links(origin, problem.node_index[nearest.node])
        route = Route(
            id=f"{queue.id}>{nearest.id}",
            settlement=queue.settlement,
            destination=nearest.id,
            links=tuple(network.link_id[link] for link in links),
            length_m=float(network.length_m[list(links)].sum()),
            free_flow_s=paths.time_s(origin, problem.node_index[nearest.node]),
        )
        routes.append(route)
        waves.append(
            Wave(
                id=f"{queue.id}/1",
                settlement=queue.settlement,
                route=route.id,
                start_s=start_s,
                end_s=start_s + AT_ONCE_S,
                vehicles=queue.cars,
                households=queue.households,
                people=queue.people,
            )
        )
    fleet = naive_fleet(problem.scenario, problem.carless, paths)
    return draft_plan(
        problem.scenario,
        "naive",
        scenario_hash=scenario_hash,
        routes=tuple(routes),
        waves=tuple(waves),
        queues=problem.queues,
        fleet=fleet,
        unserved=problem.unserved,
    )
