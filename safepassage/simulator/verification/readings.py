"""What can be read from a played case, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from safepassage.model.arrays import FlagArray, FloatArray
from safepassage.simulator.run import TrafficResult, play

if TYPE_CHECKING:
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
            case.network,
            case.demand,
            seed=seed,
            horizon_s=case.horizon_s,
            record_entries=True,
            conditions=case.conditions,
        )
        demand = case.demand
        self.vehicle = np.repeat(np.arange(demand.n_vehicles), np.diff(demand.leg_offset))
        self.flow = np.array(case.vehicle_flow, np.int64)[self.vehicle]
        self.delay_s: FloatArray = self.result.leg_arrive_s - demand.leg_not_before_s - case.free_time_s

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
        try:
            return float(QUANTITIES[quantity](self, **dict(where)))
        except (IndexError, ValueError):
            # Nothing passed: a maximum or an element of nothing.
            return float("nan")

    def passages(self, link: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """
        Entry, exit and final delay of the legs that entered a link, in order of entry.

        Parameters
        ----------
        link : int
            Link index.

        Returns
        -------
        tuple of float64
            Exit is ``inf`` for those that are still there.
        """
        entry_s, exit_s, leg = self.stays(link)
        return entry_s, exit_s, self.delay_s[leg]

    def stays(self, link: int) -> tuple[FloatArray, FloatArray, Any]:
        """
        Entry, exit and leg of those who entered a link, in order of entry.

        Parameters
        ----------
        link : int
            Link index.

        Returns
        -------
        tuple of float64, float64, int64
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
        return result.entry_s[chosen][order], leaving_s, leg[chosen][order]


def _of_flow(readings: Readings, flow: int | None) -> FlagArray:
    chosen: FlagArray = np.ones(len(readings.flow), np.bool_) if flow is None else readings.flow == flow
    return chosen


def _trips(readings: Readings, flow: int | None = None) -> float:
    return float(np.sum(readings.result.leg_arrive_tick[_of_flow(readings, flow)] >= 0))


def _total_travel_time_s(readings: Readings) -> float:
    return float(np.nansum(readings.result.leg_arrive_s - readings.case.demand.leg_not_before_s))


def _mean_delay_s(readings: Readings, flow: int | None = None) -> float:
    delay_s = readings.delay_s[_of_flow(readings, flow)]
    arrived = ~np.isnan(delay_s)
    return float(delay_s[arrived].mean()) if arrived.any() else float("nan")


def _largest_delay_s(readings: Readings, flow: int | None = None) -> float:
    delay_s = readings.delay_s[_of_flow(readings, flow)]
    return float(delay_s[~np.isnan(delay_s)].max())


def _clearance_s(readings: Readings, flow: int | None = None) -> float:
    arrive_s = readings.result.leg_arrive_s[_of_flow(readings, flow)]
    return float(arrive_s[~np.isnan(arrive_s)].max())


def _first_departure_s(readings: Readings, flow: int | None = None) -> float:
    entered_s = readings.result.leg_entered_s[_of_flow(readings, flow)]
    return float(entered_s[~np.isnan(entered_s)].min())


def _exits(readings: Readings, link: int, start_s: float, end_s: float) -> float:
    _, exit_s, _ = readings.passages(link)
    return float(np.sum((exit_s > start_s) & (exit_s <= end_s)))


def _entries(readings: Readings, link: int, start_s: float, end_s: float) -> float:
    entry_s, _, _ = readings.passages(link)
    return float(np.sum((entry_s > start_s) & (entry_s <= end_s)))


def _vehicles_on(readings: Readings, link: int, time_s: float) -> float:
    entry_s, exit_s, _ = readings.passages(link)
    return float(np.sum((entry_s <= time_s) & (exit_s > time_s)))


def _link_time_s(readings: Readings, link: int, time_s: float) -> float:
    entry_s, exit_s, _ = readings.passages(link)
    at = int(np.searchsorted(entry_s, time_s))
    return float(exit_s[at] - entry_s[at])


def _speed_m_per_s(readings: Readings, link: int, time_s: float) -> float:
    return float(readings.case.network.length_m[link]) / _link_time_s(readings, link, time_s)


def _density_per_m(readings: Readings, link: int, time_s: float) -> float:
    return _vehicles_on(readings, link, time_s) / float(readings.case.network.length_m[link])


def _flow_per_s(readings: Readings, link: int, start_s: float, end_s: float) -> float:
    return _exits(readings, link, start_s, end_s) / (end_s - start_s)


def _first_queued_exit_s(readings: Readings, link: int) -> float:
    entry_s, exit_s, _ = readings.passages(link)
    free_s = readings.case.network.free_flow_time_s[link]
    return float(exit_s[exit_s - entry_s > free_s + _DELAYED_S].min())


def _last_delayed_exit_s(readings: Readings, link: int, delay_s: float = _DELAYED_S) -> float:
    _, exit_s, delay = readings.passages(link)
    return float(exit_s[delay > delay_s].max())


def _arrived_by(readings: Readings, time_s: float, flow: int | None = None) -> float:
    return float(np.sum(readings.result.leg_arrive_s[_of_flow(readings, flow)] <= time_s))


def _departed_by(readings: Readings, time_s: float, flow: int | None = None) -> float:
    return float(np.sum(readings.result.leg_entered_s[_of_flow(readings, flow)] <= time_s))


def _demanded_by(readings: Readings, time_s: float, flow: int | None = None) -> float:
    return float(np.sum(readings.case.demand.leg_not_before_s[_of_flow(readings, flow)] <= time_s))


def _background_trips(readings: Readings) -> float:
    arrived = readings.result.leg_arrive_tick >= 0
    return float(np.sum(arrived & readings.case.background[readings.vehicle]))


def _overtakings(readings: Readings, link: int) -> float:
    """Vehicles that left a link before one that had entered it earlier."""
    _, exit_s, _ = readings.passages(link)
    return float(np.sum(exit_s < np.maximum.accumulate(exit_s)))


def _curve_error(readings: Readings) -> float:
    """
    Largest difference of A(t) and D(t + TT(t)), in vehicles, over the departures of each first link.

    Those that left before the k-th of them in time to be ready are as many as those that arrived before it.
    """
    worst = 0
    demand, result = readings.case.demand, readings.result
    first = demand.route_link[demand.route_offset[demand.leg_route]]
    last = demand.route_link[demand.route_offset[demand.leg_route + 1] - 1]
    for pair in np.unique(np.stack([first, last]), axis=1).T:
        own = (first == pair[0]) & (last == pair[1]) & (result.leg_arrive_tick >= 0)
        ready, arrive = demand.leg_not_before_s[own], np.sort(result.leg_arrive_s[own])
        order = np.argsort(ready, kind="stable")
        place = np.searchsorted(arrive, result.leg_arrive_s[own][order])
        worst = max(worst, int(np.abs(place - np.arange(len(place))).max(initial=0)))
    return float(worst)


def _conservation_error(readings: Readings) -> float:
    """
    Vehicles that the accounts of a flow do not explain, the most over all flows and times.

    At every time those that have begun a leg are on a link (counted link by link), arrived or, at a
    refuge that was full, on their way on; at the end they have arrived, are stuck or were turned away.
    """
    case, result = readings.case, readings.result
    n_flows = int(readings.flow.max(initial=-1)) + 1
    times = np.unique(np.concatenate([result.leg_entered_s, result.leg_arrive_s, result.entry_s]))
    times = times[~np.isnan(times)]
    account = np.zeros((n_flows, len(times)), np.int64)
    for flow in range(n_flows):
        own = readings.flow == flow
        account[flow] += np.searchsorted(np.sort(result.leg_entered_s[own]), times, side="right")
        account[flow] -= np.searchsorted(np.sort(result.leg_arrive_s[own]), times, side="right")
    for link in range(case.network.n_links):
        entry_s, exit_s, leg = readings.stays(link)
        for flow in range(n_flows):
            own = readings.flow[leg] == flow
            account[flow] -= np.searchsorted(entry_s[own], times, side="right")
            account[flow] += np.searchsorted(np.sort(exit_s[own]), times, side="right")
    ended = result.leg_arrive_tick[case.demand.leg_offset[1:] - 1] >= 0
    accounted = int(ended.sum()) + result.stuck_vehicles + len(result.turned_away_vehicle)
    return float(max(np.abs(account).max(initial=0), abs(case.demand.n_vehicles - accounted)))


def _people_at(readings: Readings, refuge: int) -> float:
    inside = (readings.result.leg_refuge == refuge) & (readings.result.leg_arrive_tick >= 0)
    return float(readings.case.demand.leg_persons[inside].sum())


def _people_arrived(readings: Readings) -> float:
    return float(readings.case.demand.leg_persons[readings.result.leg_arrive_tick >= 0].sum())


def _stuck_on(readings: Readings, link: int) -> float:
    result = readings.result
    return float(np.sum((result.stuck_link == link) & ~result.stuck_at_origin))


def _stuck_at_origin(readings: Readings, link: int) -> float:
    result = readings.result
    return float(np.sum((result.stuck_link == link) & result.stuck_at_origin))


def _gridlock_since_s(readings: Readings) -> float:
    return readings.result.gridlocks[0].since_s


_FLOW: tuple[tuple[str, ...], tuple[str, ...]] = ((), ("flow",))
_LINK: tuple[tuple[str, ...], tuple[str, ...]] = (("link",), ())
_NOTHING: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
_TIME: tuple[tuple[str, ...], tuple[str, ...]] = (("time_s",), ("flow",))
_LINK_TIME: tuple[tuple[str, ...], tuple[str, ...]] = (("link", "time_s"), ())
_LINK_SPAN: tuple[tuple[str, ...], tuple[str, ...]] = (("link", "start_s", "end_s"), ())

ARGUMENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "trips": _FLOW,
    "total_travel_time_s": _NOTHING,
    "total_delay_s": _NOTHING,
    "mean_delay_s": _FLOW,
    "largest_delay_s": _FLOW,
    "clearance_s": _FLOW,
    "first_departure_s": _FLOW,
    "demanded_by": _TIME,
    "departed_by": _TIME,
    "arrived_by": _TIME,
    "background_trips": _NOTHING,
    "exits": _LINK_SPAN,
    "entries": _LINK_SPAN,
    "flow_per_s": _LINK_SPAN,
    "vehicles_on": _LINK_TIME,
    "density_per_m": _LINK_TIME,
    "link_time_s": _LINK_TIME,
    "speed_m_per_s": _LINK_TIME,
    "first_queued_exit_s": _LINK,
    "last_delayed_exit_s": (("link",), ("delay_s",)),
    "overtakings": _LINK,
    "curve_error": _NOTHING,
    "conservation_error": _NOTHING,
    "people_arrived": _NOTHING,
    "people_at": (("refuge",), ()),
    "turned_away_vehicles": _NOTHING,
    "stuck_vehicles": _NOTHING,
    "stuck_on": _LINK,
    "stuck_at_origin": _LINK,
    "gridlocks": _NOTHING,
    "gridlock_links": _NOTHING,
    "gridlock_since_s": _NOTHING,
}
"""Arguments of each reading: those that must be given, those that may."""

QUANTITIES: dict[str, Callable[..., float]] = {
    "trips": _trips,
    "total_travel_time_s": _total_travel_time_s,
    "total_delay_s": lambda readings: float(np.nansum(readings.delay_s)),
    "mean_delay_s": _mean_delay_s,
    "largest_delay_s": _largest_delay_s,
    "clearance_s": _clearance_s,
    "first_departure_s": _first_departure_s,
    "demanded_by": _demanded_by,
    "departed_by": _departed_by,
    "arrived_by": _arrived_by,
    "background_trips": _background_trips,
    "exits": _exits,
    "entries": _entries,
    "flow_per_s": _flow_per_s,
    "vehicles_on": _vehicles_on,
    "density_per_m": _density_per_m,
    "link_time_s": _link_time_s,
    "speed_m_per_s": _speed_m_per_s,
    "first_queued_exit_s": _first_queued_exit_s,
    "last_delayed_exit_s": _last_delayed_exit_s,
    "overtakings": _overtakings,
    "curve_error": _curve_error,
    "conservation_error": _conservation_error,
    "people_arrived": _people_arrived,
    "people_at": _people_at,
    "turned_away_vehicles": lambda readings: float(len(readings.result.turned_away_vehicle)),
    "stuck_vehicles": lambda readings: float(readings.result.stuck_vehicles),
    "stuck_on": _stuck_on,
    "stuck_at_origin": _stuck_at_origin,
    "gridlocks": lambda readings: float(len(readings.result.gridlocks)),
    "gridlock_links": lambda readings: float(sum(len(ring.links) for ring in readings.result.gridlocks)),
    "gridlock_since_s": _gridlock_since_s,
}
"""Readings by the name that a case file uses."""
