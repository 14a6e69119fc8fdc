"""How good a plan made anew is, and what it found under way."""

from __future__ import annotations

import math
from importlib.metadata import version

import numpy as np

from safepassage import __version__
from safepassage.model.outcome import Outcome
from safepassage.model.plan import Bounded, Certificate, Mode, NaiveComparison, Plan
from safepassage.model.replanning import UnderWay
from safepassage.model.scenario import Scenario
from safepassage.planner.surge.certificate import OBJECTIVE
from safepassage.planner.surge.fleet_bound import FleetBound
from safepassage.planner.surge.snapshot import Snapshot
from safepassage.planner.surge.under_way_cars import CarsUnderWay
from safepassage.planner.surge.under_way_fleet import FleetUnderWay

_SOLVERS = ("numpy", "scipy", "numba", "ortools", "highspy")
BASELINE = "the earlier plan, carried on unchanged in what is known now"


def replanned_certificate(
    now: Scenario,
    plan: Plan,
    outcome: Outcome,
    unchanged: Outcome,
    *,
    cars_bound_s: float,
    fleet: FleetBound | None,
    seed: int,
    work: tuple[tuple[str, int], ...],
) -> Certificate:
    """
    Write the certificate of a plan made anew.

    Parameters
    ----------
    now : Scenario
        What is known now.
    plan : Plan
        The new plan.
    outcome, unchanged : Outcome
        The new and the earlier plan, played in what is known now.
    cars_bound_s : float
        No plan has the cars out before that are not under way (s); 0 where there are none.
    fleet : FleetBound or None
        The same for the fleet.
    seed : int
        Seed used.
    work : tuple of (str, int)
        Work allowed and done.

    Returns
    -------
    Certificate
        Its bounds hold from the moment of the new plan on; its baseline is the earlier plan.
    """
    unserved = sum(item.people.total for item in plan.unserved)
    total = now.people_in_scope.total
    driving = sum(item.people.total for item in plan.assignments if item.mode == Mode.CAR)
    fetched = total - unserved - driving
    rows = []
    if driving:
        bound_s = cars_bound_s or outcome.cars_clearance_s
        rows.append(Bounded("cars", driving, bound_s, outcome.cars_clearance_s, "those not yet under way"))
    if fetched:
        bound_s = fleet.bound_s if fleet else outcome.fleet_clearance_s
        rows.append(Bounded("fleet", fetched, bound_s, outcome.fleet_clearance_s, "those not yet under way"))
    if rows:
        last = max(rows, key=lambda row: row.bound_s)
        rows.insert(0, Bounded("all", driving + fetched, last.bound_s, outcome.clearance_s, last.name))
    naive = NaiveComparison(
        description=BASELINE,
        clearance_s=unchanged.clearance_s,
        cars_clearance_s=unchanged.cars_clearance_s,
        fleet_clearance_s=unchanged.fleet_clearance_s,
        mean_arrival_s=unchanged.mean_arrival_s,
        people_served=unchanged.safe,
        nearest_way_is_best=False,
    )
    more = outcome.safe - unchanged.safe
    return Certificate(
        objective=OBJECTIVE,
        people_total=total,
        people_served=total - unserved,
        people_unserved=unserved,
        clearance=tuple(rows),
        bound_parts=tuple((row.name, row.bound_s) for row in rows),
        mean_arrival_s=outcome.mean_arrival_s,
        naive=naive,
        assumptions=tuple(assumption.id for assumption in now.assumptions),
        statements=(
            *(
                f"{row.name}: from now on no plan can have them out before {row.bound_s / 60:.0f} min; this"
                f" plan does in {row.value_s / 60:.0f} min."
                for row in rows
            ),
            f"Without a new plan {abs(more)} people {'fewer' if more >= 0 else 'more'} reach safety.",
        ),
        versions=(("safepassage", __version__), *((name, version(name)) for name in _SOLVERS)),
        seed=seed,
        input_hash=plan.scenario_hash,
        work_budget=work,
    )


def seen_under_way(snapshot: Snapshot, was: Outcome, cars: CarsUnderWay, fleet: FleetUnderWay) -> UnderWay:
    """
    Count what a plan made anew found under way.

    Parameters
    ----------
    snapshot : Snapshot
        Where everybody was.
    was : Outcome
        The earlier plan, played.
    cars : CarsUnderWay
        What of the cars' plan stays.
    fleet : FleetUnderWay
        What of the fleet's plan stays.

    Returns
    -------
    UnderWay
        In whole persons and vehicles.
    """
    curve = was.curve("all")
    out = 0
    if curve is not None and curve.times_s:
        number = int(np.searchsorted(curve.times_s, snapshot.at_s, side="right"))
        out = curve.people[number - 1] if number else 0
    ends = snapshot.plan.waves
    aboard = 0
    car = 0
    for wave in ends:
        for k in range(wave.vehicles):
            if snapshot.begun[car] and not snapshot.ended[car]:
                aboard += (
                    wave.people.total * (k + 1) // wave.vehicles - wave.people.total * k // wave.vehicles
                )
            car += 1
    for number, trip in enumerate(snapshot.plan.trips):
        first = snapshot.traffic.trip_leg[number]
        if first < 0:
            continue
        on_board = 0
        for k, leg in enumerate(trip.legs[:-1]):
            if snapshot.begun[first + k]:
                on_board += sum(load.people.total for load in leg.board)
        if not snapshot.ended[first + len(trip.legs) - 2]:
            aboard += on_board
    return UnderWay(
        at_s=math.ceil(snapshot.at_s),
        people_out=out,
        people_on_road=aboard,
        waves_kept=len(cars.waves),
        trips_kept=len(fleet.trips),
        cars_diverted=cars.diverted,
        trips_diverted=fleet.diverted,
        cars_turned_back=cars.turned_back,
        trips_broken_off=fleet.broken_off,
    )
