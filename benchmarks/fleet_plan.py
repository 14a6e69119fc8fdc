"""Fleet plan against the fleet bound and the naive fleet, on a made district in the likeness of Kupiansk."""

from __future__ import annotations

import argparse
import time

import numpy as np

from benchmarks.fleet_plan_case import kupiansk_like, people_of
from safepassage.model.people import HouseholdGroup, NeedClass, NeedCount
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site, SiteKind
from safepassage.planner.surge.fleet import naive_fleet, plan_fleet
from safepassage.planner.surge.fleet_bound import FleetBound, FleetGroup, FleetService, FleetTask, fleet_bound
from safepassage.planner.surge.paths import Paths


def bound_of(
    scenario: Scenario, households: dict[str, tuple[HouseholdGroup, ...]], paths: Paths
) -> FleetBound:
    """The fleet bound of a scenario whose settlements have one assembly point each."""
    sites = {site.id: site for site in scenario.sites}
    node = {site.id: scenario.network.node_id.index(site.node) for site in scenario.sites}

    def times(origins: list[Site], destinations: list[Site]) -> np.ndarray:
        return np.array([[paths.time_s(node[a.id], node[b.id]) for b in destinations] for a in origins])

    stops = list(scenario.sites_of(SiteKind.ASSEMBLY_POINT))
    safe = [site for site in scenario.sites if site.safe]
    needs = [
        sum((group.needs.times(group.count) for group in households[stop.settlement]), NeedCount())
        for stop in stops
    ]
    services = [
        FleetService(
            depart_s=np.array(service.departs_s),
            arrive_s=np.array(service.departs_s) + service.travel_time_s,
            seats=service.seats,
            wheelchair_places=service.wheelchair_places,
            stretcher_places=service.stretcher_places,
            stop_to_station_s=times(stops, [sites[service.from_site]])[:, 0],
            station_to_stop_s=times([sites[service.from_site]], stops)[0],
        )
        for service in scenario.services
    ]
    task = FleetTask(
        people=np.array([[getattr(need, str(name)) for name in NeedClass] for need in needs]),
        groups=tuple(
            FleetGroup(
                group.count, group.seats, group.wheelchair_places, group.stretcher_places,
                times([sites[group.depot]], stops)[0], group.available_from_s, group.crew_hours,
            )
            for group in scenario.fleet
        ),
        stop_to_destination_s=times(stops, safe),
        destination_to_stop_s=times(safe, stops),
        services=tuple(services),
        boarding=scenario.policy.boarding,
        drive_before_break_s=scenario.policy.drive_before_break_s,
        break_s=scenario.policy.break_s,
        open_windows=scenario.open_windows(),
    )  # fmt: skip
    return fleet_bound(task)


def main() -> None:
    """Print one line a case: clearance, bound, gap, time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--iterations", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    print("seed people  bound_h  plan_h  gap_%  mean_h  naive_h  naive_left  unserved  plan_s")
    for seed in range(1, arguments.seeds + 1):
        scenario, households = kupiansk_like(seed=seed)
        paths = Paths(scenario.network)
        bound = bound_of(scenario, households, paths)
        naive = naive_fleet(scenario, households, paths)
        begin = time.perf_counter()
        plan = plan_fleet(scenario, households, paths, seed=seed, iterations=arguments.iterations)
        took_s = time.perf_counter() - begin
        gap = 100 * (plan.clearance_s / bound.bound_s - 1)
        left = [sum(part.people.total for part in item.unserved) for item in (naive, plan)]
        print(
            f"{seed:4d} {people_of(households):6d} {bound.bound_s / 3600:8.2f} {plan.clearance_s / 3600:7.2f}"
            f" {gap:6.1f} {plan.mean_arrival_s / 3600:7.2f} {naive.clearance_s / 3600:8.2f} {left[0]:11d}"
            f" {left[1]:9d} {took_s:7.2f}"
        )
        print(
            "    ",
            {str(k): round(v.bound_s / 3600, 2) for k, v in bound.by_need.items()},
            "seated",
            round(bound.seated.bound_s / 3600, 2),
        )


if __name__ == "__main__":
    main()
