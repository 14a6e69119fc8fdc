"""Play a demand on a network: check it, load the kernel, run it, read what happened."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import numpy as np
import numpy.typing as npt

from safepassage.errors import ModelError
from safepassage.model.arrays import FloatArray, IndexArray, OffsetArray
from safepassage.model.events import MoveBlock
from safepassage.model.network import RoadNetwork
from safepassage.simulator.conditions import Conditions
from safepassage.simulator.demand import TrafficDemand
from safepassage.simulator.gridlock import Gridlock, find_gridlocks
from safepassage.simulator.kernel.layout import (
    EVENTS,
    MOVES,
    NEVER,
    NOBODY,
    PAUSED,
    PENDING,
    TICKS_PER_S,
    TRAVERSALS,
    TURNED_AWAY,
    VEHICLE_MASK,
    World,
)
from safepassage.simulator.kernel.loop import run
from safepassage.simulator.moves import MOVES_A_BLOCK, MoveSink
from safepassage.simulator.workspace import LoadedDemand, Workspace

Ticks = npt.NDArray[np.int64]

_NOTHING_CHANGES = Conditions()


@dataclass(frozen=True, slots=True, eq=False)
class TrafficResult:
    """
    What happened to every leg.

    Attributes
    ----------
    leg_depart_tick, leg_entered_tick, leg_arrive_tick : int64[n_legs]
        Microseconds at which the leg was ready to leave, got onto its first link, and ended;
        -1 where never.
    entry_offset : int64[n_legs + 1]
        Where each leg's links begin in ``entry_s``; all 0 unless entries were recorded.
    entry_s : float64
        When the leg entered each link of its route (s); nan where never.
    stuck_vehicle : int32
        Vehicles that can never move again, by index; empty when the run ended at its horizon.
    stuck_link : int32
        The link on which each of them stands, or of which it waits at the origin.
    stuck_at_origin : bool
        Whether each of them never got onto that link.
    gridlocks : tuple of Gridlock
        Rings of full links that block each other, also where the run ended at its horizon.
    leg_refuge : int32[n_legs]
        Index of the refuge at which the leg ended or is to end, after diversions; -1 where none is.
    turned_away_vehicle : int32
        Vehicles that found the last of their refuges full; they are not stuck.
    unfinished_vehicles : int
        Vehicles that have not ended all their legs (the stuck ones, or all under way at the horizon).
    traversals : int
        Entries of vehicles into links.
    events : int
        Events that the kernel handled.
    """

    leg_depart_tick: Ticks
    leg_entered_tick: Ticks
    leg_arrive_tick: Ticks
    entry_offset: OffsetArray
    entry_s: FloatArray
    stuck_vehicle: IndexArray
    stuck_link: IndexArray
    stuck_at_origin: npt.NDArray[np.bool_]
    gridlocks: tuple[Gridlock, ...]
    leg_refuge: IndexArray
    turned_away_vehicle: IndexArray
    unfinished_vehicles: int
    traversals: int
    events: int

    @property
    def leg_depart_s(self) -> FloatArray:
        """When each leg was ready to leave (s); nan where never."""
        return _seconds(self.leg_depart_tick)

    @property
    def leg_entered_s(self) -> FloatArray:
        """When each leg got onto its first link (s); nan where never."""
        return _seconds(self.leg_entered_tick)

    @property
    def leg_arrive_s(self) -> FloatArray:
        """When each leg ended (s); nan where never."""
        return _seconds(self.leg_arrive_tick)

    @property
    def stuck_vehicles(self) -> int:
        """Number of vehicles that can never move again."""
        return len(self.stuck_vehicle)

    @property
    def clearance_s(self) -> float:
        """Time of the last arrival (s); nan when nobody arrived."""
        last = int(self.leg_arrive_tick.max(initial=NOBODY))
        return last / TICKS_PER_S if last >= 0 else math.nan

    @property
    def digest(self) -> str:
        """SHA-256 (hexadecimal) over the ticks of all legs: equal for equal runs."""
        digest = hashlib.sha256()
        for ticks in (self.leg_depart_tick, self.leg_entered_tick, self.leg_arrive_tick):
            digest.update(ticks.astype("<i8", copy=False).tobytes())
        return digest.hexdigest()


def play(
    network: RoadNetwork,
    demand: TrafficDemand,
    *,
    seed: int = 0,
    horizon_s: float = math.inf,
    record_entries: bool = False,
    workspace: Workspace | None = None,
    conditions: Conditions | None = None,
    on_moves: MoveSink | None = None,
) -> TrafficResult:
    """
    Play a demand vehicle by vehicle with Newell's kinematic-wave model.

    Parameters
    ----------
    network : RoadNetwork
        The roads; capacity 0 means that nobody enters.
    demand : TrafficDemand
        Vehicles, legs and routes.
    seed : int, optional
        Permutes the order in which inbound links with equal credit go; 0 is the order of their
        index.
    horizon_s : float, optional
        Later events are not played (s).
    record_entries : bool, optional
        Whether to record when each leg enters each link of its route.
    workspace : Workspace, optional
        Memory of an earlier play on the same network object, used again; one thread at a time.
    conditions : Conditions, optional
        What changes meanwhile: links, holds, signals.
    on_moves : callable, optional
        Told of every entry of a vehicle into a link and of every end of a leg, block by block in the
        order of time; memory does not grow with their number.

    Returns
    -------
    TrafficResult
        The same for the same inputs and seed, whatever the threads.

    Raises
    ------
    ModelError
        When a route cannot be driven on the network or the workspace belongs to another one.
    """
    if workspace is None:
        workspace = Workspace(network)
    elif workspace.network is not network:
        raise ModelError("the workspace was made for another network; make one for this network")
    if not horizon_s >= 0:
        raise ModelError(f"horizon_s is {horizon_s}; give a number >= 0")
    loaded = workspace.load(demand)
    changing = workspace.load_conditions(conditions or _NOTHING_CHANGES)
    ties = tie_mask(seed, network.n_links)
    world = workspace.world(
        loaded,
        changing,
        tie_mask=ties,
        record_entries=record_entries,
        move_buffer=0 if on_moves is None else MOVES_A_BLOCK,
    )
    with _given_up(workspace.turn):
        run(world, horizon_tick(horizon_s))
    while on_moves is not None:
        _hand_over(world, on_moves)
        if not world.clock[PAUSED]:
            break
        run(world, horizon_tick(horizon_s))
    return _result(world, loaded, workspace)


@contextmanager
def _given_up(turn: Lock | None) -> Iterator[None]:
    """Release a lock for a while."""
    if turn is None:
        yield
        return
    turn.release()
    try:
        yield
    finally:
        turn.acquire()


def _hand_over(world: World, on_moves: MoveSink) -> None:
    """Give away the moves that were recorded since the last time."""
    recorded = world.moves[: world.clock[MOVES]]
    if len(recorded):
        on_moves(MoveBlock(recorded["time"].copy(), recorded["vehicle"].copy(), recorded["link"].copy()))
    world.clock[MOVES] = 0


def horizon_tick(horizon_s: float) -> int:
    """
    The last tick to play.

    Parameters
    ----------
    horizon_s : float
        Seconds, ``inf`` for no end.

    Returns
    -------
    int
        Ticks.
    """
    return int(min(horizon_s * TICKS_PER_S, float(NEVER)))


@lru_cache(maxsize=64)
def tie_mask(seed: int, n_links: int) -> int:
    """
    What a feeder's index is combined with (exclusive or) when credits are equal.

    Parameters
    ----------
    seed : int
        0 leaves the order of the index.
    n_links : int
        Number of links; half the number of feeders.

    Returns
    -------
    int
        Below the next power of two of the number of feeders.
    """
    if seed == 0:
        return 0
    return int(np.random.default_rng(seed).integers(1 << max(2 * n_links - 1, 1).bit_length()))


def _seconds(ticks: Ticks) -> FloatArray:
    seconds: FloatArray = np.where(ticks >= 0, ticks / TICKS_PER_S, math.nan)
    return seconds


def _result(world: World, loaded: LoadedDemand, workspace: Workspace) -> TrafficResult:
    demand = loaded.demand
    last_leg = world.vehicles["end_leg"] - 1
    moving = last_leg >= world.vehicles["first_leg"]
    unfinished = np.flatnonzero(moving)[world.legs["arrive"][last_leg[moving]] < 0]
    away = world.legs["refuge"][world.vehicles["leg"][unfinished]] == TURNED_AWAY
    stuck = unfinished[~away] if world.clock[PENDING] == 0 else unfinished[:0]
    link, at_origin = _whereabouts(stuck, world, loaded, workspace)
    entry_offset = np.zeros(demand.n_legs + 1, np.int64)
    if len(world.entry_time):
        np.cumsum(loaded.leg_length, out=entry_offset[1:])
    return TrafficResult(
        leg_depart_tick=world.legs["depart"].copy(),
        leg_entered_tick=world.legs["entered"].copy(),
        leg_arrive_tick=world.legs["arrive"].copy(),
        entry_offset=entry_offset,
        entry_s=_seconds(world.entry_time),
        stuck_vehicle=stuck.astype(np.int32),
        stuck_link=link,
        stuck_at_origin=at_origin,
        gridlocks=find_gridlocks(world) if len(unfinished) else (),
        leg_refuge=np.maximum(world.legs["refuge"], NOBODY),
        turned_away_vehicle=unfinished[away].astype(np.int32),
        unfinished_vehicles=len(unfinished),
        traversals=int(world.clock[TRAVERSALS]),
        events=int(world.clock[EVENTS]),
    )


def _whereabouts(
    vehicles: npt.NDArray[np.int64], world: World, loaded: LoadedDemand, workspace: Workspace
) -> tuple[IndexArray, npt.NDArray[np.bool_]]:
    """The link on which each vehicle stands, or of which it waits at the origin."""
    link = world.pool[world.legs["start"][world.vehicles["leg"][vehicles]]]
    at_origin = np.ones(len(vehicles), np.bool_)
    if len(vehicles):
        taken = np.flatnonzero(world.slots["vehicle"] >= 0)
        link_of_slot = np.repeat(np.arange(world.n_links), workspace.room)
        place = np.full(loaded.demand.n_vehicles, NOBODY, np.int32)
        place[world.slots["vehicle"][taken] & VEHICLE_MASK] = link_of_slot[taken]
        at_origin = place[vehicles] == NOBODY
        link = np.where(at_origin, link, place[vehicles])
    return link.astype(np.int32), at_origin
