"""What can be read from a played case, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from safepassage.model.arrays import FlagArray, FloatArray
from safepassage.simulator.run import TrafficResult, play
from safepassage.simulator.verification.case import VerificationCase

_DELAYED_S = 0.01


class Readings:
    """
    A case as it was played.

    Parameters
    ----------
    case : VerificationCase
        What to play.
    seed : int
        Of the order of equal claims.
    """

    def __init__(self, case: VerificationCase, *, seed: int) -> None:
        self.case = case
        self.result: TrafficResult = play(
            case.network, case.demand, seed=seed, record_entries=True, conditions=case.conditions
        )
        self.flow = np.array(case.car_flow, np.int64)
        self.delay_s: FloatArray = (
            self.result.leg_arrive_s - case.demand.leg_not_before_s - case.free_time_s[self.flow]
        )

    def read(self, quantity: str, where: tuple[tuple[str, Any], ...]) -> float:
        """
        The value of a reading.

        Parameters
        ----------
        quantity : str
            One of ``QUANTITIES``.
        where : tuple of (str, object)
            Its arguments.

        Returns
        -------
        float
            NaN where there is nothing to read.
        """
        return float(QUANTITIES[quantity](self, **dict(where)))

    def passages(self, link: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """
        Entry, exit and final delay of the cars that entered a link, in order of entry.

        Parameters
        ----------
        link : int
            Link index.

        Returns
        -------
        tuple of float64
            Exit is ``inf`` for those that are still there.
        """
        demand, result = self.case.demand, self.result
        length = demand.route_length[demand.leg_route]
        leg = np.repeat(np.arange(demand.n_legs), length)
        within = np.arange(len(leg)) - result.entry_offset[leg]
        link_of = demand.route_link[demand.route_offset[demand.leg_route[leg]] + within]
        last = within == length[leg] - 1
        exit_s = np.where(last, result.leg_arrive_s[leg], np.append(result.entry_s[1:], np.nan))
        chosen = (link_of == link) & ~np.isnan(result.entry_s)
        order = np.argsort(result.entry_s[chosen], kind="stable")
        leaving_s = np.where(np.isnan(exit_s), np.inf, exit_s)[chosen][order]
        return result.entry_s[chosen][order], leaving_s, self.delay_s[leg[chosen][order]]


def _of_flow(readings: Readings, flow: int | None) -> FlagArray:
    chosen: FlagArray = np.ones(len(readings.flow), np.bool_) if flow is None else readings.flow == flow
    return chosen


def _trips(readings: Readings) -> float:
    return float(np.sum(readings.result.leg_arrive_tick >= 0))


def _total_travel_time_s(readings: Readings) -> float:
    return float(np.nansum(readings.result.leg_arrive_s - readings.case.demand.leg_not_before_s))


def _mean_delay_s(readings: Readings, flow: int | None = None) -> float:
    return float(np.nanmean(readings.delay_s[_of_flow(readings, flow)]))


def _largest_delay_s(readings: Readings, flow: int | None = None) -> float:
    return float(np.nanmax(readings.delay_s[_of_flow(readings, flow)]))


def _exits(readings: Readings, link: int, start_s: float, end_s: float) -> float:
    _, exit_s, _ = readings.passages(link)
    return float(np.sum((exit_s > start_s) & (exit_s <= end_s)))


def _vehicles_on(readings: Readings, link: int, time_s: float) -> float:
    entry_s, exit_s, _ = readings.passages(link)
    return float(np.sum((entry_s <= time_s) & (exit_s > time_s)))


def _link_time_s(readings: Readings, link: int, time_s: float) -> float:
    entry_s, exit_s, _ = readings.passages(link)
    at = int(np.searchsorted(entry_s, time_s))
    return float(exit_s[at] - entry_s[at])


def _first_queued_exit_s(readings: Readings, link: int) -> float:
    entry_s, exit_s, _ = readings.passages(link)
    free_s = readings.case.network.free_flow_time_s[link]
    return float(exit_s[exit_s - entry_s > free_s + _DELAYED_S].min())


def _last_delayed_exit_s(readings: Readings, link: int, delay_s: float = _DELAYED_S) -> float:
    _, exit_s, delay = readings.passages(link)
    return float(exit_s[delay > delay_s].max())


def _arrived_by(readings: Readings, time_s: float) -> float:
    return float(np.sum(readings.result.leg_arrive_s <= time_s))


QUANTITIES: dict[str, Callable[..., float]] = {
    "trips": _trips,
    "total_travel_time_s": _total_travel_time_s,
    "total_delay_s": lambda readings: float(np.nansum(readings.delay_s)),
    "mean_delay_s": _mean_delay_s,
    "largest_delay_s": _largest_delay_s,
    "clearance_s": lambda readings: readings.result.clearance_s,
    "arrived_by": _arrived_by,
    "exits": _exits,
    "vehicles_on": _vehicles_on,
    "link_time_s": _link_time_s,
    "first_queued_exit_s": _first_queued_exit_s,
    "last_delayed_exit_s": _last_delayed_exit_s,
    "stuck_vehicles": lambda readings: float(readings.result.stuck_vehicles),
    "gridlocks": lambda readings: float(len(readings.result.gridlocks)),
}
"""Readings by the name that a case file uses."""
