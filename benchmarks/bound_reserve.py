"""
Time and quality of capacity-reserving routes on the made city of ``bound_scale``.

Run: ``python benchmarks/bound_reserve.py [SIDE] [VEHICLES] [EXITS]``.
"""

from __future__ import annotations

import sys
import time

from benchmarks.bound_scale import made_city
from safepassage.planner.surge.bound import clearance_bound
from safepassage.planner.surge.reserve import reserve_routes


def main() -> None:
    """Print clearance against the bound, mean arrival and time for several steps and budgets."""
    given = [int(word) for word in sys.argv[1:]]
    side, vehicles, exits = given + [27, 500_000, 12][len(given) :]
    network, demand = made_city(side, vehicles, exits)
    bound_s = clearance_bound(network, demand).bound_s
    print(f"{network.n_links} links, {vehicles} vehicles, bound {bound_s / 60:.2f} min")
    reserve_routes(network, demand, step_s=60.0, reroute_states=1)
    for step_s, budget in ((20.0, 0), (20.0, 20_000_000), (10.0, 0), (10.0, 20_000_000)):
        started = time.perf_counter()
        booked = reserve_routes(network, demand, step_s=step_s, reroute_states=budget)
        clearance_s = booked.clearance_steps * step_s
        print(
            f"step {step_s:.0f} s, budget {budget:>8}: {time.perf_counter() - started:.2f} s; clearance"
            f" {clearance_s / 60:.2f} min ({100 * (clearance_s / bound_s - 1):.2f} % above the bound), mean"
            f" {booked.mean_arrival_s / 60:.2f} min, {booked.n_routes} routes"
        )


if __name__ == "__main__":
    main()
