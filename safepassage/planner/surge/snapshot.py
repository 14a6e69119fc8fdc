"""Where everybody is at a moment of a plan that runs: played, car by car and drive by drive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from safepassage.model.arrays import FlagArray, IndexArray, OffsetArray
from safepassage.model.plan import Plan
from safepassage.model.scenario import Scenario
from safepassage.simulator.plan_traffic import PlanTraffic, plan_traffic
from safepassage.simulator.run import play
from safepassage.simulator.threat_conditions import threat_conditions


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """
    A plan at a moment.

    Attributes
    ----------
    plan : Plan
        The plan.
    at_s : float
        The moment (s).
    traffic : PlanTraffic
        Its vehicles; cars in the order of the waves.
    entered : int64[n_legs]
        Links of each drive that the vehicle has entered.
    begun, ended : bool[n_legs]
        Whether the drive has begun and ended.
    """

    plan: Plan
    at_s: float
    traffic: PlanTraffic
    entered: OffsetArray
    begun: FlagArray
    ended: FlagArray

    def cars_of(self, wave: int) -> IndexArray:
        """Indices of the cars of a wave, in the order in which they leave."""
        cars: IndexArray = np.flatnonzero(self.traffic.car_wave == wave).astype(np.int32)
        return cars


def take_snapshot(scenario: Scenario, plan: Plan, at_s: float, *, seed: int) -> Snapshot:
    """
    Play a plan and see where everybody is.

    Parameters
    ----------
    scenario : Scenario
        With all that is known to have happened by then.
    plan : Plan
        The plan that runs.
    at_s : float
        The moment (s).
    seed : int
        Of the order of equal claims at merges.

    Returns
    -------
    Snapshot
        Vehicles that wait for the road at their start have not begun.
    """
    traffic = plan_traffic(scenario.network, plan.routes, plan.waves, plan.trips, scenario.policy.boarding)
    conditions = threat_conditions(scenario)
    result = play(scenario.network, traffic.demand, seed=seed, record_entries=True, conditions=conditions)
    entered = np.concatenate([[0], np.cumsum(result.entry_s <= at_s)])
    return Snapshot(
        plan=plan,
        at_s=at_s,
        traffic=traffic,
        entered=(entered[result.entry_offset[1:]] - entered[result.entry_offset[:-1]]).astype(np.int64),
        begun=result.leg_entered_s <= at_s,
        ended=result.leg_arrive_s <= at_s,
    )
