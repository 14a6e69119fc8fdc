"""
The same model in plain Python: slow, obvious, and equal to the kernel tick by tick.

Tests compare the two; nothing else uses this module. It shares with the kernel the tables in ticks
and the order of ties, and nothing of how events, places and lists are kept.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from safepassage.model.network import RoadNetwork
from safepassage.simulator.demand import TrafficDemand
from safepassage.simulator.run import horizon_tick, tie_mask
from safepassage.simulator.tables import NetworkTables, tabulate, ticks_of

Ticks = npt.NDArray[np.int64]

_ARRIVAL, _DECISION = 0, 1


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceResult:
    """
    Ticks of every leg as the reference finds them.

    Attributes
    ----------
    leg_depart_tick, leg_entered_tick, leg_arrive_tick : int64[n_legs]
        As in ``TrafficResult``.
    entries : tuple of tuple of int
        For each leg the ticks at which it entered the links of its route.
    unfinished_vehicles : int
        Vehicles that have not ended all their legs.
    """

    leg_depart_tick: Ticks
    leg_entered_tick: Ticks
    leg_arrive_tick: Ticks
    entries: tuple[tuple[int, ...], ...]
    unfinished_vehicles: int


def play_reference(
    network: RoadNetwork, demand: TrafficDemand, *, seed: int = 0, horizon_s: float = math.inf
) -> ReferenceResult:
    """
    Play a demand as ``simulator.play`` does, one Python object a link and a vehicle.

    Parameters
    ----------
    network : RoadNetwork
        The roads.
    demand : TrafficDemand
        Vehicles, legs and routes.
    seed : int, optional
        Order of inbound links with equal credit.
    horizon_s : float, optional
        Later events are not played (s).

    Returns
    -------
    ReferenceResult
        Equal to the kernel's ticks.
    """
    demand.check_on(network)
    play = _Play(network, demand, tie_mask(seed, network.n_links))
    play.run(horizon_tick(horizon_s))
    return play.result()


@dataclass(slots=True, eq=False)
class _Vehicle:
    index: int
    pcu: int
    escorted: bool
    legs: list[int]
    current: int = 0
    position: int = -1  # index of the link on which it is, in its leg's route

    @property
    def leg(self) -> int:
        return self.legs[self.current]


@dataclass(slots=True, eq=False)
class _Feeder:
    """A queue whose head waits to move on: a link's downstream end, or an origin queue."""

    index: int
    stride: int
    queue: deque[_Vehicle] = field(default_factory=deque)
    credit: int = 0
    last_gate: _Gate | None = None


@dataclass(slots=True, eq=False)
class _Gate:
    """What decides who moves next: a link's upstream end, or a node with a service rate."""

    headway: int
    link: _Link | None = None
    next_pass: int = 0
    virtual: int = 0
    waiting: list[_Feeder] = field(default_factory=list)
    due: int | None = None  # tick of its pending decision
    ticket: int = 0
    blocked: bool = False  # a link's gate that waits for a vacated place, whoever else comes


@dataclass(slots=True, eq=False)
class _Link:
    """A stretch of road; ``holes`` are the ticks at which its free places are at the tail, in order."""

    index: int
    headway: int
    free_time: int
    hole_time: int
    places: int
    end: _Feeder
    origin: _Feeder
    ready: deque[int]
    holes: deque[int]
    gate: _Gate
    decider: _Gate
    served_end: _Gate | None
    next_exit: int = 0

    def opening(self, pcu: int) -> int | None:
        """Earliest tick for a vehicle of ``pcu``, or None until a place is vacated."""
        units = min(pcu, self.places)
        if self.gate.next_pass < 0 or len(self.holes) < units:
            return None
        holes = [self.holes[unit] - unit * self.headway for unit in range(units)]
        return max(self.gate.next_pass, *holes)


class _Play:
    def __init__(self, network: RoadNetwork, demand: TrafficDemand, mask: int) -> None:
        tables = tabulate(network)
        self.mask = mask
        self.agenda: list[tuple[int, int, int, object]] = []
        self.scheduled = 0
        offset, links = demand.route_offset.tolist(), demand.route_link.tolist()
        self.route = [links[offset[r] : offset[r + 1]] for r in demand.leg_route.tolist()]
        self.not_before = ticks_of(demand.leg_not_before_s).tolist()
        self.dwell = ticks_of(demand.leg_dwell_s).tolist()
        self.depart, self.entered, self.arrive = ([-1] * demand.n_legs for _ in range(3))
        self.entries: list[list[int]] = [[] for _ in range(demand.n_legs)]
        first = demand.leg_offset.tolist()
        self.vehicles = [
            _Vehicle(v, int(demand.pcu[v]), bool(demand.escorted[v]), list(range(first[v], first[v + 1])))
            for v in range(demand.n_vehicles)
        ]
        self.links = _links(network, tables)
        self.turn_open: dict[tuple[int, int], int] = {}
        self.turn_headway = {
            (int(tables.turn_in[k]), int(tables.turn_out[k])): int(tables.turn_headway[k])
            for k in range(len(tables.turn_in))
        }

    def schedule(self, tick: int, phase: int, who: object) -> None:
        """Equal ticks: arrivals before decisions, then in the order of scheduling."""
        self.scheduled += 1
        heapq.heappush(self.agenda, (tick, phase, self.scheduled, who))

    def run(self, horizon: int) -> None:
        for vehicle in self.vehicles:
            if vehicle.legs:
                self.schedule(self.not_before[vehicle.leg], _ARRIVAL, vehicle)
        while self.agenda and self.agenda[0][0] <= horizon:
            now, _, ticket, who = heapq.heappop(self.agenda)
            if isinstance(who, _Vehicle):
                self.start_leg(who, now)
            elif isinstance(who, _Link):
                self.reach_end(who, now)
            elif isinstance(who, _Gate) and who.ticket == ticket:
                who.due = None
                self.decide(who, now)

    def start_leg(self, vehicle: _Vehicle, now: int) -> None:
        leg = vehicle.leg
        self.depart[leg] = now
        vehicle.position = -1
        if not self.route[leg]:
            self.entered[leg] = now
            self.finish_leg(vehicle, now)
            return
        link = self.links[self.route[leg][0]]
        link.origin.queue.append(vehicle)
        if len(link.origin.queue) == 1:
            self.compete(link.origin, link.decider, now)

    def finish_leg(self, vehicle: _Vehicle, now: int) -> None:
        self.arrive[vehicle.leg] = now
        if vehicle.current + 1 < len(vehicle.legs):
            vehicle.current += 1
            ready = max(self.not_before[vehicle.leg], now + self.dwell[vehicle.leg])
            self.schedule(ready, _ARRIVAL, vehicle)

    def next_link(self, vehicle: _Vehicle) -> _Link | None:
        route = self.route[vehicle.leg]
        following = vehicle.position + 1
        return self.links[route[following]] if following < len(route) else None

    def reach_end(self, link: _Link, now: int) -> None:
        vehicle = link.end.queue[0]
        following = self.next_link(vehicle)
        if link.served_end is not None:
            self.compete(link.end, link.served_end, now)
        elif following is not None:
            self.compete(link.end, following.gate, now)
        else:
            self.leave(link.end, now)
            self.finish_leg(vehicle, now)

    def compete(self, feeder: _Feeder, gate: _Gate, now: int) -> None:
        self.join(feeder, gate)
        self.call(gate, now)

    def join(self, feeder: _Feeder, gate: _Gate) -> None:
        if feeder.last_gate is gate:
            feeder.credit = max(feeder.credit, gate.virtual)
        else:
            feeder.credit = gate.virtual + feeder.stride
        feeder.last_gate = gate
        gate.waiting.append(feeder)

    def may_pass(self, feeder: _Feeder, gate: _Gate) -> int | None:
        """Earliest tick at which a waiting head may pass its gate, places considered."""
        vehicle = feeder.queue[0]
        tick = gate.next_pass if gate.link is None and self.is_served(feeder) else 0
        following = self.next_link(vehicle)
        if following is None:
            return tick
        opening = following.opening(vehicle.pcu if gate.link is None else 1)
        return None if opening is None else max(tick, opening)

    def is_served(self, feeder: _Feeder) -> bool:
        vehicle = feeder.queue[0]
        if vehicle.escorted:
            return False
        return feeder.index < len(self.links) or vehicle.current == 0

    def call(self, gate: _Gate, now: int) -> None:
        """Schedule the gate's next decision, unless it is due by then anyway."""
        if gate.link is not None and (gate.due is not None or gate.blocked):
            return
        ticks = [tick for feeder in gate.waiting if (tick := self.may_pass(feeder, gate)) is not None]
        if not ticks:
            gate.blocked = bool(gate.waiting)
            return
        tick = max(now, min(ticks))
        if gate.due is None or tick < gate.due:
            gate.due = tick
            self.schedule(tick, _DECISION, gate)
            gate.ticket = self.scheduled

    def decide(self, gate: _Gate, now: int) -> None:
        able = list(gate.waiting)
        if gate.link is None:
            able = [f for f in able if (tick := self.may_pass(f, gate)) is not None and tick <= now]
        if not able:
            self.call(gate, now)
            return
        winner = min(able, key=lambda feeder: (feeder.credit, feeder.index ^ self.mask))
        vehicle = winner.queue[0]
        if gate.link is not None:
            opening = gate.link.opening(vehicle.pcu)
            if opening is None or opening > now:
                self.keep_turn(gate, opening)
                return
        elif self.is_served(winner):
            gate.next_pass = now + vehicle.pcu * gate.headway
        self.pass_gate(winner, gate, now)

    def keep_turn(self, gate: _Gate, opening: int | None) -> None:
        """A long vehicle whose turn it is waits for its last place, and nobody slips in before it."""
        if opening is None:
            gate.blocked = True
            return
        gate.due = opening
        self.schedule(opening, _DECISION, gate)
        gate.ticket = self.scheduled

    def pass_gate(self, winner: _Feeder, gate: _Gate, now: int) -> None:
        vehicle = winner.queue[0]
        gate.waiting.remove(winner)
        gate.virtual = winner.credit
        winner.credit += winner.stride * vehicle.pcu
        following = self.next_link(vehicle)
        self.leave(winner, now)
        if following is None:
            self.finish_leg(vehicle, now)
        else:
            self.enter(following, vehicle, now)
        if winner.index >= len(self.links) and winner.queue:
            self.join(winner, gate)
        self.call(gate, now)

    def leave(self, feeder: _Feeder, now: int) -> None:
        if feeder.index >= len(self.links):
            self.entered[feeder.queue.popleft().leg] = now
            return
        link = self.links[feeder.index]
        following = self.next_link(feeder.queue[0])
        vehicle = feeder.queue.popleft()
        link.ready.popleft()
        turn = (link.index, following.index if following else -1)
        if turn in self.turn_headway:
            self.turn_open[turn] = now + vehicle.pcu * self.turn_headway[turn]
        units = min(vehicle.pcu, link.places)
        last_units = range(vehicle.pcu - units, vehicle.pcu)
        link.holes.extend(now + link.hole_time + unit * link.headway for unit in last_units)
        link.next_exit = now + vehicle.pcu * link.headway
        if feeder.queue:
            self.call_head(link)
        if link.gate.blocked or link.decider is not link.gate:
            link.gate.blocked = False
            self.call(link.decider, now)

    def enter(self, link: _Link, vehicle: _Vehicle, now: int) -> None:
        for _ in range(min(vehicle.pcu, link.places)):
            link.holes.popleft()
        vehicle.position += 1
        link.ready.append(now + link.free_time)
        link.end.queue.append(vehicle)
        link.gate.next_pass = now + vehicle.pcu * link.headway
        self.entries[vehicle.leg].append(now)
        if len(link.end.queue) == 1:
            self.call_head(link)

    def call_head(self, link: _Link) -> None:
        following = self.next_link(link.end.queue[0])
        turn = (link.index, following.index if following else -1)
        tick = max(link.ready[0], link.next_exit, self.turn_open.get(turn, 0))
        self.schedule(tick, _ARRIVAL, link)

    def result(self) -> ReferenceResult:
        return ReferenceResult(
            leg_depart_tick=np.array(self.depart, np.int64),
            leg_entered_tick=np.array(self.entered, np.int64),
            leg_arrive_tick=np.array(self.arrive, np.int64),
            entries=tuple(tuple(ticks) for ticks in self.entries),
            unfinished_vehicles=sum(bool(v.legs) and self.arrive[v.legs[-1]] < 0 for v in self.vehicles),
        )


def _links(network: RoadNetwork, tables: NetworkTables) -> list[_Link]:
    served = {
        int(node): _Gate(headway=int(headway))
        for node, headway in zip(tables.served_node, tables.service_headway, strict=True)
    }
    links = []
    for k in range(network.n_links):
        gate = _Gate(headway=int(tables.headway[k]), next_pass=-1 if tables.closed[k] else 0)
        link = _Link(
            index=k,
            headway=int(tables.headway[k]),
            free_time=int(tables.free_time[k]),
            hole_time=int(tables.hole_time[k]),
            places=int(tables.places[k]),
            end=_Feeder(k, int(tables.stride[k])),
            origin=_Feeder(network.n_links + k, tables.origin_stride),
            ready=deque(),
            holes=deque([0] * int(tables.places[k])),
            gate=gate,
            decider=served.get(int(network.from_node[k]), gate),
            served_end=served.get(int(network.to_node[k])),
        )
        gate.link = link
        links.append(link)
    return links
