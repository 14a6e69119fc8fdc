"""Memory of one thread that plays many demands on one network: loaded anew, allocated once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
import numpy.typing as npt

from safepassage.model.network import RoadNetwork
from safepassage.simulator.conditions import Conditions, Refuge
from safepassage.simulator.control_tables import LoadedConditions, load_conditions
from safepassage.simulator.demand import TrafficDemand
from safepassage.simulator.kernel.layout import (
    BUCKET,
    CLOCK_SIZE,
    EVENT,
    FEEDER,
    GATE,
    LEG,
    MOVE,
    NOBODY,
    ORIGIN,
    REFUGE,
    SLOT,
    TURN,
    VEHICLE,
    Records,
    World,
)
from safepassage.simulator.kernel.renewal import renew_slots
from safepassage.simulator.knowledge import Ways, find_ways
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
    pool, pool_turn, source_vehicle, timer_vehicle, vehicles, legs, refuges
        As in ``World``, before the first event.
    source_offset : int64[n_links + 1]
        Where each first link's vehicles begin in ``source_vehicle``.
    leg_length : int64[n_legs]
        Number of links of each leg.
    """

    demand: TrafficDemand
    pool: Indices
    pool_turn: Indices
    source_vehicle: Indices
    source_offset: npt.NDArray[np.int64]
    timer_vehicle: Indices
    vehicles: Records
    legs: Records
    refuges: Records
    leg_length: npt.NDArray[np.int64]


class Workspace:
    """
    Arrays of the kernel for one network, used again by every play that is given this workspace.

    One thread at a time may use a workspace; results do not depend on what was played before.

    Parameters
    ----------
    network : RoadNetwork
        Where all demands of this workspace drive.
    turn : Lock, optional
        A lock that whoever plays holds: it is given up while the kernel runs. Threads that take turns with
        all but the kernel do not wait for each other's interpreter lock at every array operation.
    """

    def __init__(self, network: RoadNetwork, turn: Lock | None = None) -> None:
        self.network = network
        self.turn = turn
        self.tables = tabulate(network)
        n_links = network.n_links
        self._allot(self.tables.figures.places)
        self._origins = np.zeros(n_links, ORIGIN)
        self._turns = np.zeros(len(self.tables.turn_in), TURN)
        self._events = np.zeros(0, EVENT)
        self._loaded: LoadedDemand | None = None
        self._conditions = load_conditions(Conditions(), network)

    def _allot(self, room: Ticks) -> None:
        """Give every link room for as many places as it will ever have."""
        self.room = room
        ring_start = np.cumsum(room) - room
        self._ring_start = ring_start
        self._resized: Indices = np.zeros(0, np.int32)
        self._gates_at_start = _gates(self.network, self.tables, ring_start)
        self._feeders_at_start = _feeders(self.network, self.tables, ring_start)
        self._gates = self._gates_at_start.copy()
        self._feeders = self._feeders_at_start.copy()
        self._slots = np.zeros(int(room.sum()), SLOT)
        self._slots["vehicle"] = NOBODY
        self._scratch = np.zeros(int(room.max(initial=0)), SLOT)

    def load_conditions(self, conditions: Conditions) -> LoadedConditions:
        """
        Check conditions on the network and arrange them for the kernel; the last are remembered.

        Parameters
        ----------
        conditions : Conditions
            What changes while traffic runs.

        Returns
        -------
        LoadedConditions
            Read only.
        """
        if self._conditions.conditions is not conditions:
            self._conditions = load_conditions(conditions, self.network)
        room = self.room.copy()
        np.maximum.at(room, self._conditions.changes["link"], self._conditions.changes["places"])
        if (room > self.room).any():
            self._allot(room)
        return self._conditions

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

    def world(
        self,
        loaded: LoadedDemand,
        conditions: LoadedConditions,
        *,
        tie_mask: int,
        record_entries: bool,
        move_buffer: int = 0,
    ) -> World:
        """
        A fresh state before the first event.

        Parameters
        ----------
        loaded : LoadedDemand
            From ``load``.
        conditions : LoadedConditions
            From ``load_conditions``.
        tie_mask : int
            Permutes the order of feeders with equal credit.
        record_entries : bool
            Whether to record when each leg enters each link.
        move_buffer : int, optional
            How many moves are kept before the run pauses; 0 where moves are not recorded.

        Returns
        -------
        World
            Its arrays belong to this workspace, except the recorded times, which are new.
        """
        loaded = with_refuges(loaded, conditions.conditions.refuges, self.network, self.tables)
        loaded, ways = with_ways(loaded, conditions.conditions, self.network)
        self._reset(loaded, conditions)
        n_links = self.network.n_links
        n_buckets, shift = _calendar_size(n_links + len(loaded.timer_vehicle), _mean_gap(loaded))
        n_entries = int(loaded.leg_length.sum()) if record_entries else 0
        first_timer = 3 * n_links
        return World(
            n_links=n_links,
            first_timer=first_timer,
            first_gate=first_timer + len(loaded.timer_vehicle) + 1,
            bucket_shift=shift,
            bucket_mask=n_buckets - 1,
            tie_mask=tie_mask,
            sees_closure=ways.sees_closure,
            radio_delay=ways.radio_delay,
            gates=self._gates,
            feeders=self._feeders,
            slots=self._slots,
            origins=self._origins,
            turns=self._turns,
            controls=conditions.controls,
            windows=conditions.windows,
            changes=conditions.changes.copy(),
            vehicles=loaded.vehicles.copy(),
            legs=loaded.legs.copy(),
            refuges=loaded.refuges.copy(),
            events=self._events,
            buckets=np.full(2 * n_buckets, NOBODY, BUCKET),
            bucket_bits=np.zeros(n_buckets // 64, np.int64),
            pool=loaded.pool,
            pool_turn=loaded.pool_turn,
            target_places=self.tables.figures.places.astype(np.int32),
            first_waiting_change=np.full(n_links, NOBODY, np.int32),
            scratch=self._scratch,
            clock=np.zeros(CLOCK_SIZE, np.int64),
            source_vehicle=loaded.source_vehicle,
            ways=ways.ways,
            state_time=ways.state_time,
            state_closed=ways.state_closed,
            told_at_end=ways.told_at_end,
            timer_vehicle=loaded.timer_vehicle,
            entry_time=np.full(n_entries, NOBODY, np.int64),
            moves=np.zeros(move_buffer, MOVE),
        )

    def _reset(self, loaded: LoadedDemand, conditions: LoadedConditions) -> None:
        renew_slots(self._slots, self._gates, self._ring_start, self.room, self._resized)
        self._resized = np.unique(conditions.changes["link"])
        _renew(self._gates, self._gates_at_start)
        _renew(self._feeders, self._feeders_at_start)
        self._feeders["control"] = conditions.feeder_control
        self._origins["first"] = NOBODY
        self._origins["next_source"] = loaded.source_offset[:-1]
        self._origins["end_source"] = loaded.source_offset[1:]
        self._turns["next_pass"] = 0
        self._turns["headway"] = self.tables.turn_headway
        n_events = 1 + 3 * self.network.n_links + len(loaded.timer_vehicle) + len(self._gates)
        if len(self._events) < n_events:
            self._events = np.zeros(n_events, EVENT)


def _renew(records: Records, at_start: Records) -> None:
    """Copy records as bytes; numpy copies records field by field otherwise."""
    np.copyto(records.view(np.uint8), at_start.view(np.uint8))


def _gates(network: RoadNetwork, tables: NetworkTables, ring_start: Ticks) -> Records:
    n_links, n_served = network.n_links, len(tables.served_node)
    gates = np.zeros(n_links + n_served, GATE)
    links = gates[:n_links]
    links["headway"] = tables.figures.headway
    links["free_time"] = tables.figures.free_time
    links["closed"] = tables.figures.closed
    links["ring_start"] = links["tail"] = ring_start
    links["ring_end"] = ring_start + tables.figures.places
    links["decider"] = np.arange(n_links)
    gates[n_links:]["headway"] = tables.service_headway
    gate_of_node = _gate_of_node(network, tables)
    at_served = gate_of_node[network.from_node] != NOBODY
    links["decider"][at_served] = gate_of_node[network.from_node][at_served]
    gates["first_waiting"] = NOBODY
    return gates


def _feeders(network: RoadNetwork, tables: NetworkTables, ring_start: Ticks) -> Records:
    n_links = network.n_links
    feeders = np.zeros(2 * n_links, FEEDER)
    links = feeders[:n_links]
    links["headway"] = tables.figures.headway
    links["hole_time"] = tables.figures.hole_time
    links["stride"] = tables.stride
    links["ring_start"] = links["head"] = ring_start
    links["ring_end"] = ring_start + tables.figures.places
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


def _calendar_size(n_active: int, mean_gap: int) -> tuple[int, int]:
    """Number of buckets, and the power of two of their width; neither changes the order of events."""
    n_buckets = min(max(1 << max(n_active - 1, 1).bit_length(), _MIN_BUCKETS), _MAX_BUCKETS)
    # Events that wait for days are looked at whenever the calendar turns over: sparse ones need wide buckets.
    # Traffic comes in waves, a few times as dense as the mean: a quarter of its gap measures fastest.
    return n_buckets, max(_CALENDAR_SPAN_TICKS // n_buckets, mean_gap // 4).bit_length()


def _mean_gap(loaded: LoadedDemand) -> int:
    """Ticks between two entries into links, over the time in which legs begin."""
    begins = loaded.legs["not_before"]
    if not len(begins):
        return 0
    return int((begins.max() - begins.min()) // max(int(loaded.leg_length.sum()), 1))


def _load(demand: TrafficDemand, tables: NetworkTables, n_links: int) -> LoadedDemand:
    pool, route_start = _pool(demand)
    legs = _legs(demand, route_start)
    first_leg, end_leg = demand.leg_offset[:-1], demand.leg_offset[1:]
    moving = np.flatnonzero(end_leg > first_leg)
    first_link = pool[legs["start"][first_leg[moving]]]
    ready = legs["not_before"][first_leg[moving]]
    source_vehicle, source_offset = _sources(moving, first_link, ready, n_links)
    touring = np.flatnonzero(end_leg - first_leg > 1)
    timers: Indices = np.union1d(touring, moving[first_link < 0]).astype(np.int32)
    return LoadedDemand(
        demand=demand,
        pool=pool,
        pool_turn=_pool_turn(pool, tables, n_links),
        source_vehicle=source_vehicle,
        source_offset=source_offset,
        timer_vehicle=timers,
        vehicles=_vehicles(demand, timers),
        legs=legs,
        refuges=np.zeros(0, REFUGE),
        leg_length=demand.route_length[demand.leg_route],
    )


def _vehicles(demand: TrafficDemand, timers: Indices) -> Records:
    vehicles = np.zeros(demand.n_vehicles, VEHICLE)
    for name in ("next", "known", "detour"):
        vehicles[name] = NOBODY
    vehicles["leg"] = vehicles["first_leg"] = demand.leg_offset[:-1]
    vehicles["end_leg"] = demand.leg_offset[1:]
    vehicles["timer"] = NOBODY
    vehicles["timer"][timers] = np.arange(len(timers))
    vehicles["pcu"] = demand.pcu
    vehicles["escorted"] = demand.escorted
    return vehicles


def _legs(demand: TrafficDemand, route_start: Ticks) -> Records:
    legs = np.zeros(demand.n_legs, LEG)
    length = demand.route_length[demand.leg_route]
    legs["start"] = route_start[demand.leg_route]
    legs["not_before"] = ticks_of(demand.leg_not_before_s)
    legs["dwell"] = ticks_of(demand.leg_dwell_s)
    for name in ("depart", "entered", "arrive"):
        legs[name] = NOBODY
    legs["refuge"] = NOBODY
    legs["goal"] = NOBODY
    legs["persons"] = demand.leg_persons if demand.leg_persons.size else 0
    legs["entry"] = np.cumsum(length) - length - legs["start"]
    return legs


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


def with_refuges(
    loaded: LoadedDemand, refuges: Sequence[Refuge], network: RoadNetwork, tables: NetworkTables
) -> LoadedDemand:
    """
    Add the destinations that fill up to a loaded demand.

    Parameters
    ----------
    loaded : LoadedDemand
        From ``Workspace.load``.
    refuges : sequence of Refuge
        Checked on the network.
    network : RoadNetwork
        Where they stand.
    tables : NetworkTables
        Of the network.

    Returns
    -------
    LoadedDemand
        The same where there are none; else every vehicle may park and go on, and the pool holds the
        diversions too.
    """
    if not refuges:
        return loaded
    demand, pool, legs = loaded.demand, loaded.pool, loaded.legs.copy()
    records = np.zeros(len(refuges), REFUGE)
    for k, refuge in enumerate(refuges):
        onward = NOBODY if refuge.divert_to is None else refuge.divert_to
        records[k] = (refuge.room_persons, len(pool), onward)
        pool = np.append(pool, np.array([*refuge.divert_links, NOBODY], np.int32))
    refuge_of_node = np.full(network.n_nodes, NOBODY, np.int32)
    refuge_of_node[[refuge.node for refuge in refuges]] = np.arange(len(refuges))
    moving = np.flatnonzero(loaded.leg_length > 0)
    last_link = demand.route_link[demand.route_offset[demand.leg_route[moving] + 1] - 1]
    legs["refuge"][moving] = refuge_of_node[network.to_node[last_link]]
    vehicles = loaded.vehicles.copy()
    vehicles["timer"] = np.arange(demand.n_vehicles)
    return replace(
        loaded,
        pool=pool,
        pool_turn=_pool_turn(pool, tables, network.n_links),
        timer_vehicle=np.arange(demand.n_vehicles, dtype=np.int32),
        vehicles=vehicles,
        legs=legs,
        refuges=records,
    )


def with_ways(
    loaded: LoadedDemand, conditions: Conditions, network: RoadNetwork
) -> tuple[LoadedDemand, Ways]:
    """
    Add what drivers need to leave their planned route.

    Parameters
    ----------
    loaded : LoadedDemand
        From ``Workspace.load``.
    conditions : Conditions
        Checked on the network.
    network : RoadNetwork
        Roads and turns.

    Returns
    -------
    tuple of LoadedDemand and Ways
        The same demand where nobody leaves the planned route.
    """
    demand = loaded.demand
    if conditions.knowledge is None:
        return loaded, find_ways(network, conditions, np.zeros(0, np.int64))
    moving = np.flatnonzero(loaded.leg_length > 0)
    last_link = demand.route_link[demand.route_offset[demand.leg_route[moving] + 1] - 1]
    ends = network.to_node[last_link].astype(np.int64)
    ways = find_ways(network, conditions, np.unique(ends))
    if not ways.ways.size:
        return loaded, ways
    legs = loaded.legs.copy()
    legs["goal"][moving] = ways.goal_of_node[ends]
    return replace(loaded, legs=legs), ways
