"""Memory of one thread that plays many demands on one network: loaded anew, allocated once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from safepassage.model.network import RoadNetwork
from safepassage.simulator.demand import TrafficDemand
from safepassage.simulator.kernel.layout import (
    CLOCK_SIZE,
    FEEDER,
    GATE,
    NEVER,
    NOBODY,
    ORIGIN,
    SLOT,
    TURN,
    Records,
    World,
)
from safepassage.simulator.tables import Indices, NetworkTables, Ticks, tabulate, ticks_of

_MIN_BUCKETS = 256
_MAX_BUCKETS = 16384
_CALENDAR_SPAN_TICKS = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class LoadedDemand:
    """
    A demand as the kernel reads it; see ``World`` for the fields.

    Attributes
    ----------
    demand : TrafficDemand
        What was loaded, checked on the workspace's network.
    pool, pool_turn, source_vehicle, timer_vehicle, leg_start
        As in ``World``.
    vehicle_timer, vehicle_first_leg, vehicle_end_leg
        As in ``World``.
    source_offset : int64[n_links + 1]
        Where each first link's vehicles begin in ``source_vehicle``.
    leg_not_before, leg_dwell : int64[n_legs]
        Ticks.
    leg_length : int64[n_legs]
        Number of links of each leg.
    """

    demand: TrafficDemand
    pool: Indices
    pool_turn: Indices
    source_vehicle: Indices
    source_offset: npt.NDArray[np.int64]
    timer_vehicle: Indices
    vehicle_timer: Indices
    vehicle_first_leg: Indices
    vehicle_end_leg: Indices
    leg_start: Indices
    leg_not_before: Ticks
    leg_dwell: Ticks
    leg_length: npt.NDArray[np.int64]


class Workspace:
    """
    Arrays of the kernel for one network, used again by every play that is given this workspace.

    One thread at a time may use a workspace; results do not depend on what was played before.

    Parameters
    ----------
    network : RoadNetwork
        Where all demands of this workspace drive.
    """

    def __init__(self, network: RoadNetwork) -> None:
        self.network = network
        self.tables = tabulate(network)
        n_links = network.n_links
        ring_end = np.cumsum(self.tables.places)
        self._gates_at_start = _gates(network, self.tables, ring_end)
        self._feeders_at_start = _feeders(network, self.tables, ring_end)
        self._gates = self._gates_at_start.copy()
        self._feeders = self._feeders_at_start.copy()
        self._slots = np.zeros(int(ring_end[-1]) if n_links else 0, SLOT)
        self._origins = np.zeros(n_links, ORIGIN)
        self._turns = np.zeros(len(self.tables.turn_in), TURN)
        self._event_time = np.zeros(0, np.int64)
        self._event_next = np.zeros(0, np.int32)
        self._loaded: LoadedDemand | None = None

    def load(self, demand: TrafficDemand) -> LoadedDemand:
        """
        Check a demand on the network and arrange it for the kernel; the last one is remembered.

        Parameters
        ----------
        demand : TrafficDemand
            Vehicles and legs.

        Returns
        -------
        LoadedDemand
            Read only.
        """
        if self._loaded is None or self._loaded.demand is not demand:
            demand.check_on(self.network)
            self._loaded = _load(demand, self.tables, self.network.n_links)
        return self._loaded

    def world(self, loaded: LoadedDemand, *, tie_mask: int, record_entries: bool) -> World:
        """
        A fresh state before the first event.

        Parameters
        ----------
        loaded : LoadedDemand
            From ``load``.
        tie_mask : int
            Permutes the order of feeders with equal credit.
        record_entries : bool
            Whether to record when each leg enters each link.

        Returns
        -------
        World
            Its arrays belong to this workspace, except the recorded times, which are new.
        """
        self._reset(loaded)
        demand, n_links = loaded.demand, self.network.n_links
        n_buckets, shift = _calendar_size(n_links + len(loaded.timer_vehicle))
        n_entries = int(loaded.leg_length.sum()) if record_entries else 0
        entry_offset = np.cumsum(loaded.leg_length) - loaded.leg_length
        first_timer = 2 * n_links
        return World(
            n_links=n_links,
            first_timer=first_timer,
            first_gate=first_timer + len(loaded.timer_vehicle),
            bucket_shift=shift,
            bucket_mask=n_buckets - 1,
            tie_mask=tie_mask,
            gates=self._gates,
            feeders=self._feeders,
            slots=self._slots,
            origins=self._origins,
            turns=self._turns,
            pool=loaded.pool,
            pool_turn=loaded.pool_turn,
            event_time=self._event_time,
            event_next=self._event_next,
            bucket_first=np.full(2 * n_buckets, NOBODY, np.int32),
            bucket_last=np.full(2 * n_buckets, NOBODY, np.int32),
            bucket_bits=np.zeros(n_buckets // 64, np.int64),
            clock=np.zeros(CLOCK_SIZE, np.int64),
            source_vehicle=loaded.source_vehicle,
            vehicle_next=np.full(demand.n_vehicles, NOBODY, np.int32),
            vehicle_leg=loaded.vehicle_first_leg.copy(),
            vehicle_first_leg=loaded.vehicle_first_leg,
            vehicle_end_leg=loaded.vehicle_end_leg,
            vehicle_timer=loaded.vehicle_timer,
            timer_vehicle=loaded.timer_vehicle,
            pcu=demand.pcu,
            escorted=demand.escorted,
            leg_start=loaded.leg_start,
            leg_not_before=loaded.leg_not_before,
            leg_dwell=loaded.leg_dwell,
            leg_depart=np.full(demand.n_legs, NOBODY, np.int64),
            leg_entered=np.full(demand.n_legs, NOBODY, np.int64),
            leg_arrive=np.full(demand.n_legs, NOBODY, np.int64),
            leg_entry=entry_offset - loaded.leg_start,
            entry_time=np.full(n_entries, NOBODY, np.int64),
        )

    def _reset(self, loaded: LoadedDemand) -> None:
        self._gates[:] = self._gates_at_start
        self._feeders[:] = self._feeders_at_start
        self._slots["time"] = 0
        self._slots["vehicle"] = NOBODY
        self._origins["first"] = NOBODY
        self._origins["next_source"] = loaded.source_offset[:-1]
        self._origins["end_source"] = loaded.source_offset[1:]
        self._turns["next_pass"] = 0
        self._turns["headway"] = self.tables.turn_headway
        n_events = 2 * self.network.n_links + len(loaded.timer_vehicle) + len(self._gates)
        if len(self._event_time) < n_events:
            self._event_time = np.zeros(n_events, np.int64)
            self._event_next = np.zeros(n_events, np.int32)


def _gates(network: RoadNetwork, tables: NetworkTables, ring_end: Ticks) -> Records:
    n_links, n_served = network.n_links, len(tables.served_node)
    gates = np.zeros(n_links + n_served, GATE)
    links = gates[:n_links]
    links["next_pass"] = np.where(tables.closed, NEVER, 0)
    links["headway"] = tables.headway
    links["free_time"] = tables.free_time
    links["ring_start"] = links["tail"] = ring_end - tables.places
    links["ring_end"] = ring_end
    links["decider"] = np.arange(n_links)
    gates[n_links:]["headway"] = tables.service_headway
    gate_of_node = _gate_of_node(network, tables)
    at_served = gate_of_node[network.from_node] != NOBODY
    links["decider"][at_served] = gate_of_node[network.from_node][at_served]
    gates["first_waiting"] = NOBODY
    return gates


def _feeders(network: RoadNetwork, tables: NetworkTables, ring_end: Ticks) -> Records:
    n_links = network.n_links
    feeders = np.zeros(2 * n_links, FEEDER)
    links = feeders[:n_links]
    links["headway"] = tables.headway
    links["hole_time"] = tables.hole_time
    links["stride"] = tables.stride
    links["ring_start"] = links["head"] = ring_end - tables.places
    links["ring_end"] = ring_end
    feeders[n_links:]["stride"] = tables.origin_stride
    feeders["node_gate"] = NOBODY
    links["node_gate"] = _gate_of_node(network, tables)[network.to_node]
    feeders["last_gate"] = NOBODY
    feeders["next_waiting"] = NOBODY
    return feeders


def _gate_of_node(network: RoadNetwork, tables: NetworkTables) -> Indices:
    gate = np.full(network.n_nodes, NOBODY, np.int32)
    gate[tables.served_node] = network.n_links + np.arange(len(tables.served_node))
    return gate


def _calendar_size(n_active: int) -> tuple[int, int]:
    n_buckets = min(max(1 << max(n_active - 1, 1).bit_length(), _MIN_BUCKETS), _MAX_BUCKETS)
    return n_buckets, (_CALENDAR_SPAN_TICKS // n_buckets).bit_length()


def _load(demand: TrafficDemand, tables: NetworkTables, n_links: int) -> LoadedDemand:
    pool, route_start = _pool(demand)
    first_leg, end_leg = demand.leg_offset[:-1], demand.leg_offset[1:]
    leg_start = route_start[demand.leg_route].astype(np.int32)
    not_before = ticks_of(demand.leg_not_before_s)
    moving = np.flatnonzero(end_leg > first_leg)
    first_link = pool[leg_start[first_leg[moving]]]
    source_vehicle, source_offset = _sources(moving, first_link, not_before[first_leg[moving]], n_links)
    touring = np.flatnonzero(end_leg - first_leg > 1)
    timers: Indices = np.union1d(touring, moving[first_link < 0]).astype(np.int32)
    vehicle_timer = np.full(demand.n_vehicles, NOBODY, np.int32)
    vehicle_timer[timers] = np.arange(len(timers))
    return LoadedDemand(
        demand=demand,
        pool=pool,
        pool_turn=_pool_turn(pool, tables, n_links),
        source_vehicle=source_vehicle,
        source_offset=source_offset,
        timer_vehicle=timers,
        vehicle_timer=vehicle_timer,
        vehicle_first_leg=first_leg.astype(np.int32),
        vehicle_end_leg=end_leg.astype(np.int32),
        leg_start=leg_start,
        leg_not_before=not_before,
        leg_dwell=ticks_of(demand.leg_dwell_s),
        leg_length=demand.route_length[demand.leg_route],
    )


def _pool(demand: TrafficDemand) -> tuple[Indices, npt.NDArray[np.int64]]:
    """All routes, each closed by -1, and where each begins."""
    route_start = demand.route_offset[:-1] + np.arange(demand.n_routes)
    pool = np.full(len(demand.route_link) + demand.n_routes, NOBODY, np.int32)
    shift = np.repeat(np.arange(demand.n_routes), demand.route_length)
    pool[np.arange(len(demand.route_link)) + shift] = demand.route_link
    return pool, route_start


def _sources(
    vehicles: npt.NDArray[np.int64], first_link: Indices, ready: Ticks, n_links: int
) -> tuple[Indices, npt.NDArray[np.int64]]:
    """Vehicles that start on the road, by (first link, time, vehicle), and each link's part."""
    on_road = first_link >= 0
    vehicles, first_link, ready = vehicles[on_road], first_link[on_road], ready[on_road]
    order = np.lexsort((vehicles, ready, first_link))
    offset = np.zeros(n_links + 1, np.int64)
    np.cumsum(np.bincount(first_link, minlength=n_links), out=offset[1:])
    return vehicles[order].astype(np.int32), offset


def _pool_turn(pool: Indices, tables: NetworkTables, n_links: int) -> Indices:
    """Restricted turn from each position to the next; empty where the network has none."""
    if not len(tables.turn_in):
        return np.zeros(0, np.int32)
    keys = tables.turn_in.astype(np.int64) * n_links + tables.turn_out
    order = np.argsort(keys, kind="stable")
    here, following = pool[:-1].astype(np.int64), pool[1:]
    wanted = np.where((here >= 0) & (following >= 0), here * n_links + following, NOBODY)
    found = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    turn = np.full(len(pool), NOBODY, np.int32)
    turn[:-1] = np.where(keys[order][found] == wanted, order[found], NOBODY)
    return turn
