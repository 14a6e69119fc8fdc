"""Capacity-reserving routes: a near-optimal plan without regard to its form, and a start for simpler ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from safepassage.errors import ModelError
from safepassage.model.arrays import FlagArray, FloatArray, IndexArray, OffsetArray, frozen_array
from safepassage.model.network import RoadNetwork
from safepassage.planner.surge.bound_windows import Windows, joined_windows
from safepassage.planner.surge.demand import SurgeDemand
from safepassage.planner.surge.kernel_bound import shortest_times
from safepassage.planner.surge.kernel_reserve import (
    NONE,
    NOTHING,
    ReserveBookings,
    ReserveEnds,
    ReserveRoads,
    ReserveTables,
    book_arrivals,
)
from safepassage.units import per_hour_to_per_s

# A quotient that misses a whole number by no more than floating point does is that whole number.
_NOISE = 1e-12
_FIRST_BOOKINGS = 20_000
_NEVER = np.iinfo(np.int32).max // 4


@dataclass(frozen=True, slots=True, eq=False)
class Reservations:
    """
    Routes, and how much traffic departs on each of them in which step.

    Attributes
    ----------
    step_s : float
        Length of a step (s).
    route_offset : int64[n_routes + 1]
        Where each route's links start in `route_link`.
    route_link : int32
        Links (network indices) in driving order.
    route_origin, route_destination : int32[n_routes]
        Positions in the demand.
    booking_route : int32[n_bookings]
        Route of each booking; bookings are in order of arrival.
    booking_depart_step, booking_arrive_step : int32[n_bookings]
        Steps in which it departs and arrives.
    booking_amount_pcu : float64[n_bookings]
        Traffic; whole where the demand is.
    unserved_pcu : float64[k]
        Traffic of each origin that found no way.
    at_destination_pcu : float64[k]
        Traffic of each origin that is at a destination already.
    """

    step_s: float
    route_offset: OffsetArray
    route_link: IndexArray
    route_origin: IndexArray
    route_destination: IndexArray
    booking_route: IndexArray
    booking_depart_step: IndexArray
    booking_arrive_step: IndexArray
    booking_amount_pcu: FloatArray
    unserved_pcu: FloatArray
    at_destination_pcu: FloatArray

    def __post_init__(self) -> None:
        for name, dtype in (
            ("route_offset", np.int64), ("route_link", np.int32), ("route_origin", np.int32),
            ("route_destination", np.int32), ("booking_route", np.int32), ("booking_depart_step", np.int32),
            ("booking_arrive_step", np.int32), ("booking_amount_pcu", np.float64),
            ("unserved_pcu", np.float64), ("at_destination_pcu", np.float64),
        ):  # fmt: skip
            object.__setattr__(self, name, frozen_array(getattr(self, name), dtype))

    @property
    def n_routes(self) -> int:
        """Number of different routes."""
        return len(self.route_origin)

    @property
    def clearance_steps(self) -> int:
        """Steps until everything booked has arrived, counting the step of the arrival (compare T*)."""
        return int(self.booking_arrive_step.max(initial=-1)) + 1

    @property
    def mean_arrival_s(self) -> float:
        """Mean time of arrival over all traffic booked (s); the end of the arrival's step counts."""
        total = float(self.booking_amount_pcu.sum())
        if total <= 0:
            return 0.0
        return self.step_s * float(np.dot(self.booking_amount_pcu, self.booking_arrive_step + 1.0)) / total

    def links_of(self, route: int) -> IndexArray:
        """
        Links of a route.

        Parameters
        ----------
        route : int
            Route number.

        Returns
        -------
        int32[n]
            Network indices in driving order.
        """
        return self.route_link[self.route_offset[route] : self.route_offset[route + 1]]


def reserve_routes(
    network: RoadNetwork,
    demand: SurgeDemand,
    *,
    step_s: float = 60.0,
    open_windows: Sequence[tuple[float, float]] | None = None,
    far_first: bool = True,
) -> Reservations:
    """
    Route all traffic so that as much as possible arrives in every step, earliest steps first.

    Parameters
    ----------
    network : RoadNetwork
        Roads, with constant capacities.
    demand : SurgeDemand
        Origins and destinations.
    step_s : float
        Length of a step (s). Travel times are rounded up to whole steps of at least one, so it should
        not be longer than a usual link takes.
    open_windows : sequence of (start_s, end_s), optional
        Times in which people may be on the road; always by default.
    far_first : bool
        Where several origins could use the same room, whether the one farther upstream goes first.

    Returns
    -------
    Reservations
        Deterministic. Capacities of links, turns, node service and destinations are kept in every step;
        what goes in comes out: bookings, what is unserved and what is at its destination add up to the
        demand.

    Notes
    -----
    For every arrival step the search goes upstream from each destination, depth first, through entries
    of links that still have capacity, to an origin with traffic; the smallest room on the way is booked
    at once. An entry from which no origin was found is never looked at again, because capacities only
    shrink; so the work is linear in links times steps plus the length of what is booked. Traffic waits
    at its origin only. Nothing booked is ever moved: the result is a greedy one, usually within a step
    or two of T*.

    References
    ----------
    Lu, George and Shekhar (2005), Capacity constrained routing algorithms for evacuation planning.
    Dinitz (1970) for blocking flows.
    """
    if not step_s > 0:
        raise ModelError(f"step_s is {step_s}; give a positive number")
    demand.check_against(network)
    search = _Search(network, demand, step_s, joined_windows(open_windows), far_first=far_first)
    search.run()
    return search.result()


class _Search:
    """Tables of the search, and their growth with the horizon."""

    def __init__(
        self, network: RoadNetwork, demand: SurgeDemand, step_s: float, windows: Windows, *, far_first: bool
    ) -> None:
        self.network = network
        self.demand = demand
        self.step_s = step_s
        self.windows = windows
        self.far_first = far_first
        self.links = np.flatnonzero(network.capacity_pcu_per_h > 0)
        self.served = np.flatnonzero(np.isfinite(network.node_service_pcu_per_h))
        at_home = np.isin(demand.origin_node, demand.destination_node)
        self.left = np.where(at_home, 0.0, demand.amount_pcu)
        self.room = demand.destination_capacity_pcu.copy()
        self._settle_at_home(at_home)
        self.turn_rate: list[float] = []
        self.roads = self._roads()
        self.ends = self._ends()
        self.tables = self._tables(0, self._first_horizon())
        self.budgets = self._budgets()
        self.bookings = _empty_bookings(_FIRST_BOOKINGS, 40 * _FIRST_BOOKINGS + network.n_nodes)
        self.n_booked = 0

    def _settle_at_home(self, at_home: FlagArray) -> None:
        """Those who are at a destination take its room first; whom it does not hold must go on."""
        self.settled = np.zeros(self.demand.n_origins)
        for origin in np.flatnonzero(at_home):
            place = np.flatnonzero(self.demand.destination_node == self.demand.origin_node[origin])[0]
            self.settled[origin] = min(self.demand.amount_pcu[origin], self.room[place])
            self.room[place] -= self.settled[origin]
        self.left += np.where(at_home, self.demand.amount_pcu - self.settled, 0.0)

    def run(self) -> None:
        """Fill arrival steps until nothing is left or nothing more can come."""
        step = 0
        while self.left.sum() > NOTHING:
            horizon = self.tables.capacity.shape[1]
            booked = self.n_booked
            self._fill(step, horizon)
            idle = self.n_booked == booked and horizon - step > self.longest_steps
            if idle and step * self.step_s >= self._last_change_s():
                return
            if horizon * self.step_s > self.windows[-1][1]:
                return
            step = horizon
            self.tables = self._tables(horizon, horizon + max(horizon // 2, self.longest_steps + 2))

    def _last_change_s(self) -> float:
        """When nothing changes any more: no departure becomes ready, no window opens."""
        return max(float(self.demand.ready_s.max(initial=0.0)), self.windows[-1][0])

    def _fill(self, from_step: int, to_step: int) -> None:
        for start_s, end_s in self.windows:
            # A step counts as open where all of it is.
            floor_step = int(np.ceil(start_s / self.step_s - _NOISE))
            top = to_step if np.isinf(end_s) else min(to_step, int(end_s / self.step_s + _NOISE))
            step = max(from_step, floor_step)
            while step < top:
                self.n_booked, step = book_arrivals(
                    self.roads, self.ends, self.tables, self.bookings, self.n_booked, step, top,
                    floor_step, self.budgets, self.far_first,
                )  # fmt: skip
                if step < top:
                    self.bookings = _longer(self.bookings, self.n_booked)

    def _roads(self) -> ReserveRoads:
        network, links = self.network, self.links
        steps = np.ceil(network.free_flow_time_s[links] / self.step_s * (1 - _NOISE))
        steps = np.clip(steps, 1, _NEVER).astype(np.int32)
        tail = network.from_node[links]
        head = network.to_node[links]
        row = np.full(network.n_nodes, NONE, np.int32)
        row[self.served] = np.arange(len(self.served))
        earliest, to_go = self._reach(tail, head, steps)
        detour = np.clip(steps + to_go[head] - to_go[tail], 0, _WIDEST_DETOUR).astype(np.int32)
        first_turn, turn_from, turn_limit = self._turns(tail, head)
        self.longest_steps = int((earliest + to_go)[earliest + to_go < _NEVER].max(initial=0))
        return ReserveRoads(steps, tail, row[tail], detour, first_turn, turn_from, turn_limit, earliest)

    def _turns(self, tail: IndexArray, head: IndexArray) -> tuple[OffsetArray, IndexArray, IndexArray]:
        """Turns into each link, without forbidden ones; fills the list of limited turns."""
        network = self.network
        number = np.full(network.n_links, NONE, np.int32)
        number[self.links] = np.arange(len(self.links))
        limit = {
            (int(number[into]), int(number[out])): float(capacity)
            for into, out, capacity in zip(
                network.movement_in_link,
                network.movement_out_link,
                network.movement_capacity_pcu_per_h,
                strict=True,
            )
        }
        by_head = np.argsort(head, kind="stable").astype(np.int32)
        first = np.searchsorted(head[by_head], np.arange(network.n_nodes + 1))
        offset, turn_from, turn_limit = [0], [], []
        for link in range(len(self.links)):
            for into in by_head[first[tail[link]] : first[tail[link] + 1]]:
                capacity = limit.get((int(into), link), np.inf)
                if capacity > 0:
                    turn_from.append(int(into))
                    turn_limit.append(len(self.turn_rate) if np.isfinite(capacity) else NONE)
                    if np.isfinite(capacity):
                        self.turn_rate.append(capacity)
            offset.append(len(turn_from))
        return np.array(offset), np.array(turn_from, np.int32), np.array(turn_limit, np.int32)

    def _reach(self, tail: IndexArray, head: IndexArray, steps: IndexArray) -> tuple[IndexArray, IndexArray]:
        """First step at which anybody can be at each node, and steps from there to a destination."""
        n = self.network.n_nodes
        leaving = np.flatnonzero(self.left > 0)
        ready = np.floor(self.demand.ready_s[leaving] / self.step_s)
        earliest = _from_outside(n, tail, head, steps, self.demand.origin_node[leaving], ready)
        ends = self.demand.destination_node
        return earliest, _from_outside(n, head, tail, steps, ends, np.zeros(len(ends)))

    def _budgets(self) -> IndexArray:
        """Detours to try in turn: none, then doubling up to the longest way, then any."""
        doubling = [2**power for power in range(16) if 2**power < self.longest_steps]
        return np.array([0, *doubling, _WIDEST_DETOUR], np.int32)

    def _ends(self) -> ReserveEnds:
        demand, network = self.demand, self.network
        origin_at = np.argsort(demand.origin_node, kind="stable").astype(np.int32)
        first_origin = np.searchsorted(demand.origin_node[origin_at], np.arange(network.n_nodes + 1))
        ready = np.ceil(demand.ready_s / self.step_s * (1 - _NOISE))
        into = [np.flatnonzero(network.to_node[self.links] == node) for node in demand.destination_node]
        row = np.full(network.n_nodes, NONE, np.int32)
        row[self.served] = np.arange(len(self.served))
        return ReserveEnds(
            first_origin=first_origin.astype(np.int64),
            origin_at=origin_at,
            ready_step=np.minimum(ready, _NEVER).astype(np.int32),
            left=self.left,
            first_in=np.cumsum([0, *map(len, into)]).astype(np.int64),
            in_link=np.concatenate(into).astype(np.int32),
            end_served=row[demand.destination_node],
            room=self.room,
        )

    def _first_horizon(self) -> int:
        """Steps that are enough where the links into the destinations are the bottleneck."""
        rate = self.network.capacity_pcu_per_h[self.links][self.ends.in_link].sum()
        needed_s = self.left.sum() / max(per_hour_to_per_s(float(rate)), NOTHING)
        ready_s = float(self.demand.ready_s.max(initial=0.0))
        return int(min(1.2 * needed_s + ready_s, _LONGEST_FIRST_S) / self.step_s) + self.longest_steps + 2

    def _tables(self, from_step: int, to_step: int) -> ReserveTables:
        """Tables up to a step; what was taken before stays taken."""
        network = self.network

        def grown(rate_per_h: FloatArray, old: FloatArray | None) -> FloatArray:
            per_step = per_hour_to_per_s(self.step_s) * rate_per_h[:, None] * (1 + _NOISE)
            # Whole vehicles: what a step cannot use of its capacity goes over to the next.
            passed = np.floor(per_step * np.arange(from_step, to_step + 1))
            new: FloatArray = np.diff(passed, axis=1)
            return new if old is None else np.concatenate([old, new], axis=1)

        old = self.tables if from_step else None
        hopeless = np.full((len(self.links), to_step - from_step), -1, np.int16)
        return ReserveTables(
            capacity=grown(network.capacity_pcu_per_h[self.links], old and old.capacity),
            turn_capacity=grown(np.array(self.turn_rate, np.float64), old and old.turn_capacity),
            service=grown(network.node_service_pcu_per_h[self.served], old and old.service),
            hopeless=hopeless if old is None else np.concatenate([old.hopeless, hopeless], axis=1),
        )

    def result(self) -> Reservations:
        """Bookings with equal routes gathered."""
        booked = self.bookings
        n = self.n_booked
        number: dict[tuple[int, int, bytes], int] = {}
        route = np.empty(n, np.int32)
        starts = booked.offset[: n + 1].tolist()
        ends = zip(booked.origin[:n].tolist(), booked.destination[:n].tolist(), strict=True)
        for booking, (origin, destination) in enumerate(ends):
            links = booked.link[starts[booking] : starts[booking + 1]].tobytes()
            route[booking] = number.setdefault((origin, destination, links), len(number))
        courses = [np.frombuffer(key[2], np.int32) for key in number]
        order, amount = _gathered(route, booked.depart[:n], booked.amount[:n])
        result = Reservations(
            step_s=self.step_s,
            route_offset=np.cumsum([0, *map(len, courses)]),
            route_link=self.links[np.concatenate([np.zeros(0, np.int32), *courses])],
            route_origin=np.array([key[0] for key in number], np.int32),
            route_destination=np.array([key[1] for key in number], np.int32),
            booking_route=route[order],
            booking_depart_step=booked.depart[order],
            booking_arrive_step=booked.arrive[order],
            booking_amount_pcu=amount,
            unserved_pcu=np.where(self.left > NOTHING, self.left, 0.0),
            at_destination_pcu=self.settled,
        )
        total = result.booking_amount_pcu.sum() + result.unserved_pcu.sum() + self.settled.sum()
        if not np.isclose(total, self.demand.amount_pcu.sum(), rtol=1e-9):
            raise AssertionError(f"{self.demand.amount_pcu.sum()} PCU went in, {total} came out")
        return result


_LONGEST_FIRST_S = 7 * 86400.0
_WIDEST_DETOUR = np.iinfo(np.int16).max


def _from_outside(
    n_nodes: int, tail: IndexArray, head: IndexArray, steps: IndexArray, start: IndexArray, delay: FloatArray
) -> IndexArray:
    """Least number of steps to every node from the nearest of several starts, each with a delay."""
    tails = np.concatenate([tail, np.full(len(start), n_nodes, np.int32)])
    heads = np.concatenate([head, start]).astype(np.int32)
    costs = np.concatenate([steps.astype(np.float64), delay])
    leaving = np.argsort(tails, kind="stable").astype(np.int32)
    first = np.searchsorted(tails[leaving], np.arange(n_nodes + 2)).astype(np.int64)
    reach = shortest_times(first, leaving, heads, costs, n_nodes)[:n_nodes]
    return np.minimum(reach, _NEVER).astype(np.int32)


def _gathered(route: IndexArray, depart: IndexArray, amount: FloatArray) -> tuple[OffsetArray, FloatArray]:
    """First booking of each route and step of departure, in order, and the amounts of all alike."""
    _pairs, first, which = np.unique(
        np.column_stack([route, depart]), axis=0, return_index=True, return_inverse=True
    )
    sums = np.bincount(which.ravel(), weights=amount, minlength=len(first))
    order = np.argsort(first, kind="stable")
    return first[order], sums[order]


def _empty_bookings(n_bookings: int, n_links: int) -> ReserveBookings:
    return ReserveBookings(
        origin=np.zeros(n_bookings, np.int32),
        destination=np.zeros(n_bookings, np.int32),
        depart=np.zeros(n_bookings, np.int32),
        arrive=np.zeros(n_bookings, np.int32),
        amount=np.zeros(n_bookings),
        offset=np.zeros(n_bookings + 1, np.int64),
        link=np.zeros(n_links, np.int32),
    )


def _longer(old: ReserveBookings, n_booked: int) -> ReserveBookings:
    """The same bookings with room for twice as many."""
    new = _empty_bookings(2 * len(old.amount), 2 * len(old.link))
    for before, after in zip(old, new, strict=True):
        after[: len(before)] = before
    return new
