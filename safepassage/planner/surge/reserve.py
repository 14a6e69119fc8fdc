"""Capacity-reserving routes: a near-optimal plan without regard to its form, and a start for simpler ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from safepassage.errors import ModelError
from safepassage.model.arrays import FloatArray, IndexArray, OffsetArray, frozen_array
from safepassage.model.network import RoadNetwork
from safepassage.planner.surge.bound_graph import NO_LINK, flow_graph, reachable_origins
from safepassage.planner.surge.bound_windows import Windows, joined_windows
from safepassage.planner.surge.demand import SurgeDemand
from safepassage.planner.surge.kernel_bound import shortest_times
from safepassage.planner.surge.kernel_reserve import (
    HOPELESS,
    NONE,
    NOTHING,
    WAY_ARCS_A_STEP,
    ReserveBookings,
    ReserveGraph,
    ReserveState,
    book_arrivals,
    ways_of_flow,
)
from safepassage.units import per_hour_to_per_s

# A quotient that misses a whole number by no more than floating point does is that whole number.
_NOISE = 1e-12
_NEVER = np.iinfo(np.int32).max // 4
_LONGEST_FIRST_S = 7 * 86400.0
_WIDEST_DETOUR = HOPELESS - 1
_BOOKINGS_A_TURN = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Reservations:
    """
    Routes, and how much traffic departs on each of them in which step.

    Attributes
    ----------
    step_s : float
        Length of a step (s).
    route_offset : int64[n_routes + 1]
        Where each route's links start in `route_link`; a route without links stays where it is.
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

    def __post_init__(self) -> None:
        for name, dtype in (
            ("route_offset", np.int64), ("route_link", np.int32), ("route_origin", np.int32),
            ("route_destination", np.int32), ("booking_route", np.int32), ("booking_depart_step", np.int32),
            ("booking_arrive_step", np.int32), ("booking_amount_pcu", np.float64),
            ("unserved_pcu", np.float64),
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
    reroute_states: int = 20_000_000,
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
    reroute_states : int
        Work budget for moving booked traffic so that more arrives, in states of a node and a step (about
        ten million a second). With 0 the result is greedy: faster, and later in all.

    Returns
    -------
    Reservations
        Deterministic. Capacities of links, turns, node service and destinations are kept in every step;
        what goes in comes out: bookings and what is unserved add up to the demand.

    Notes
    -----
    For every arrival step the search goes upstream from each destination, depth first, through entries
    of links that still have capacity, to an origin with traffic; the smallest room on the way is booked
    at once. Ways without detours go first. A state from which no origin was found is not looked at again,
    so the work is linear in links times steps plus the length of what is booked. Traffic waits at its
    origin only.

    Where that finds nothing more, rerouting looks for an augmenting way that takes booked traffic off some
    entries and onto others. What is then not reached lies behind a full cut and stays there; within the
    budget and with room at every destination the result is an earliest-arrival flow: no other brings more
    out by any step (Gale), so its clearance is T* of the same rounding.

    At a node with both a service rate and restricted turns, the rate is kept by each turn alone.

    References
    ----------
    Lu, George and Shekhar (2005), Capacity constrained routing algorithms for evacuation planning.
    Gale (1959), Transient flows in networks.
    """
    if not step_s > 0:
        raise ModelError(f"step_s is {step_s}; give a positive number")
    demand.check_against(network)
    search = _Search(network, demand, step_s, joined_windows(open_windows), far_first=far_first)
    search.run(reroute_states)
    return search.result()


class _Search:
    """The graph, what is booked on it, and the growth of both with the horizon."""

    def __init__(
        self, network: RoadNetwork, demand: SurgeDemand, step_s: float, windows: Windows, *, far_first: bool
    ) -> None:
        self.demand = demand
        self.step_s = step_s
        self.windows = windows
        self.flow = flow_graph(network, demand, network.capacity_pcu_per_h, turns_first=True)
        self.reachable = reachable_origins(self.flow)
        self.graph = self._graph(far_first=far_first)
        doubling = [2**power for power in range(15) if 2**power < self.longest_steps]
        self.budgets = np.array([0, *doubling, _WIDEST_DETOUR], np.int32)
        self.state = self._first_state(self._first_horizon(network))

    def run(self, states_left: int) -> None:
        """Fill arrival steps until nothing is left or nothing more can come."""
        step, search = 0, 0
        while True:
            before = float(self.state.left.sum())
            horizon = len(self.state.window)
            search, states_left = book_arrivals(
                self.graph,
                self.state,
                self.flow.destination_node,
                step,
                horizon,
                self.budgets,
                search,
                states_left,
            )
            left = float(self.state.left.sum())
            idle = left == before and horizon - step > self.longest_steps
            settled = step * self.step_s >= max(self.demand.ready_s.max(initial=0.0), self.windows[-1][0])
            if left <= NOTHING or (idle and settled) or horizon * self.step_s > self.windows[-1][1]:
                return
            step = horizon
            self.state = self._grown(horizon + max(horizon // 2, self.longest_steps + 2))

    def _graph(self, *, far_first: bool) -> ReserveGraph:
        flow = self.flow
        steps = np.ceil(flow.time_s / self.step_s * (1 - _NOISE))
        steps = np.minimum(np.where(flow.link == NO_LINK, 0, np.maximum(steps, 1)), _NEVER).astype(np.int32)
        number = np.full((2, flow.n_nodes), NONE, np.int32)
        number[0, flow.origin_node] = np.arange(len(flow.origin_node))
        number[1, flow.destination_node] = np.arange(len(flow.destination_node))
        ready = np.ceil(self.demand.ready_s / self.step_s * (1 - _NOISE))
        earliest = _nearest(flow.n_nodes, flow.tail, flow.head, steps, flow.origin_node, ready)
        at_once = np.zeros(len(flow.destination_node))
        to_go = _nearest(flow.n_nodes, flow.head, flow.tail, steps, flow.destination_node, at_once)
        both = earliest + to_go
        self.longest_steps = int(both[both < _NEVER].max(initial=0))
        from_origin = number[0, flow.tail] != NONE
        detour = np.where(
            from_origin, 0, np.clip(steps + to_go[flow.head] - to_go[flow.tail], 0, _WIDEST_DETOUR)
        )
        rank = np.where(from_origin == far_first, 1, 0)
        in_arc = np.lexsort((rank, flow.head)).astype(np.int32)
        out_arc = np.lexsort((number[1, flow.head] == NONE, flow.tail)).astype(np.int32)
        nodes = np.arange(flow.n_nodes + 1)
        return ReserveGraph(
            tail=flow.tail,
            head=flow.head,
            steps=steps,
            rate=flow.rate_pcu_per_s * self.step_s * (1 + _NOISE),
            detour=detour.astype(np.int32),
            first_in=np.searchsorted(flow.head[in_arc], nodes).astype(np.int64),
            first_out=np.searchsorted(flow.tail[out_arc], nodes).astype(np.int64),
            in_arc=in_arc,
            out_arc=out_arc,
            earliest=earliest,
            origin=number[0],
            destination=number[1],
        )

    def _first_horizon(self, network: RoadNetwork) -> int:
        """Steps that are enough where the links into the destinations are the bottleneck."""
        into = np.isin(network.to_node, self.demand.destination_node)
        rate_pcu_per_s = per_hour_to_per_s(float(network.capacity_pcu_per_h[into].sum()))
        needed_s = 1.2 * self.demand.amount_pcu.sum() / max(rate_pcu_per_s, NOTHING)
        needed_s += float(self.demand.ready_s.max(initial=0.0))
        return int(min(needed_s, _LONGEST_FIRST_S) / self.step_s) + self.longest_steps + 2

    def _first_state(self, horizon: int) -> ReserveState:
        n_origins, n_nodes = self.demand.n_origins, self.flow.n_nodes
        ready = np.ceil(self.demand.ready_s / self.step_s * (1 - _NOISE))
        return ReserveState(
            flow=np.zeros((len(self.flow.tail), horizon)),
            hopeless=np.full((n_nodes, horizon), -1, np.int16),
            seen=np.zeros((n_nodes, horizon), np.int32),
            onward=np.zeros((n_nodes, horizon), np.int32),
            window=self._window_of_steps(horizon),
            left=np.where(self.reachable, self.demand.amount_pcu, 0.0),
            ready=np.minimum(ready, _NEVER).astype(np.int32),
            room=self.demand.destination_capacity_pcu.copy(),
            hub_seen=np.zeros(n_origins, np.int32),
            hub_arc=np.zeros(n_origins, np.int32),
            hub_step=np.zeros(n_origins, np.int32),
        )

    def _grown(self, horizon: int) -> ReserveState:
        """The state with more steps; what is booked stays booked."""
        old = self.state
        new = self._first_state(horizon)
        for name in ("flow", "hopeless", "seen", "onward"):
            getattr(new, name)[:, : len(old.window)] = getattr(old, name)
        return new._replace(left=old.left, room=old.room, hub_seen=old.hub_seen)

    def _window_of_steps(self, horizon: int) -> IndexArray:
        """Window of each step; a step counts as open where all of it is."""
        window = np.full(horizon, NONE, np.int32)
        for number, (start_s, end_s) in enumerate(self.windows):
            first = int(np.ceil(start_s / self.step_s * (1 - _NOISE)))
            stop = horizon if np.isinf(end_s) else int(end_s / self.step_s * (1 + _NOISE))
            window[first:stop] = number
        return window

    def result(self) -> Reservations:
        """Take the flow apart and gather bookings with equal routes."""
        parts = self._bookings()
        origin, destination, depart, arrive = (
            np.concatenate(column) for column in zip(*parts[0], strict=True)
        )
        amount = np.concatenate(parts[1])
        order = np.lexsort((depart, origin, arrive))
        number: dict[tuple[int, int, bytes], int] = {}
        route = np.empty(len(order), np.int32)
        ends = zip(origin[order].tolist(), destination[order].tolist(), strict=True)
        for booking, (start, end) in enumerate(ends):
            key = (start, end, parts[2][order[booking]])
            route[booking] = number.setdefault(key, len(number))
        courses = [np.frombuffer(key[2], np.int32) for key in number]
        first, sums = _gathered(route, depart[order], amount[order])
        left = np.where(self.reachable, self.state.left, self.demand.amount_pcu)
        result = Reservations(
            step_s=self.step_s,
            route_offset=np.cumsum([0, *map(len, courses)]),
            route_link=np.concatenate([np.zeros(0, np.int32), *courses]),
            route_origin=np.array([key[0] for key in number], np.int32),
            route_destination=np.array([key[1] for key in number], np.int32),
            booking_route=route[first],
            booking_depart_step=depart[order][first],
            booking_arrive_step=arrive[order][first],
            booking_amount_pcu=sums,
            unserved_pcu=np.where(left > NOTHING, left, 0.0),
        )
        total = result.booking_amount_pcu.sum() + result.unserved_pcu.sum()
        if not np.isclose(total, self.demand.amount_pcu.sum(), rtol=1e-9):
            raise AssertionError(f"{self.demand.amount_pcu.sum()} PCU went in, {total} came out")
        return result

    def _bookings(self) -> tuple[list[tuple[IndexArray, ...]], list[FloatArray], list[bytes]]:
        """Ends and steps, amounts, and links of the ways in the flow."""
        horizon = len(self.state.window)
        longest = WAY_ARCS_A_STEP * (horizon + 1)
        room = _empty_bookings(_BOOKINGS_A_TURN, longest + 40 * _BOOKINGS_A_TURN)
        flow = self.state.flow.copy()
        ends, amounts, ways = [], [], []
        arc, step, n = 0, 0, -1
        while n != 0 or arc < len(flow):
            n, arc, step = ways_of_flow(self.graph, flow, arc, step, room)
            ends.append(tuple(
                column[:n].copy() for column in (room.origin, room.destination, room.depart, room.arrive)
            ))  # fmt: skip
            amounts.append(room.amount[:n].copy())
            offset = room.offset[: n + 1].tolist()
            links = self.flow.link[room.arc[: offset[-1]]]
            for start, stop in pairwise(offset):
                way = links[start:stop]
                ways.append(way[way != NO_LINK].tobytes())
            if arc == len(flow):
                break
        return ends, amounts, ways


def _nearest(
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
    return first[order].astype(np.int64), sums[order].astype(np.float64)


def _empty_bookings(n_bookings: int, n_arcs: int) -> ReserveBookings:
    return ReserveBookings(
        origin=np.zeros(n_bookings, np.int32),
        destination=np.zeros(n_bookings, np.int32),
        depart=np.zeros(n_bookings, np.int32),
        arrive=np.zeros(n_bookings, np.int32),
        amount=np.zeros(n_bookings),
        offset=np.zeros(n_bookings + 1, np.int64),
        arc=np.zeros(n_arcs, np.int32),
    )
