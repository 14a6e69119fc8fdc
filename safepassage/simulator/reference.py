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
from safepassage.simulator.conditions import Conditions
from safepassage.simulator.control_tables import change_figures, feeder_rules
from safepassage.simulator.demand import TrafficDemand
from safepassage.simulator.kernel.layout import NEVER, NO_WAY, TICKS_PER_S
from safepassage.simulator.knowledge import find_ways
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
    network: RoadNetwork,
    demand: TrafficDemand,
    *,
    seed: int = 0,
    horizon_s: float = math.inf,
    conditions: Conditions | None = None,
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
    conditions : Conditions, optional
        What changes meanwhile.

    Returns
    -------
    ReferenceResult
        Equal to the kernel's ticks.
    """
    demand.check_on(network)
    play = _Play(network, demand, conditions or Conditions(), tie_mask(seed, network.n_links))
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
    link: int = -1  # on which it is, or which it waits for at its origin
    known: int = -1  # latest state of closures that its driver has heard of
    detour: int = -1  # the state by which it leaves its route
    places: int = 0  # that it takes on that link

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
    windows: tuple[tuple[int, int], ...] = ()
    signal: tuple[int, int, int] | None = None  # cycle, green start, green

    def open_at(self, tick: int) -> int | None:
        """Earliest tick from ``tick`` on at which the head may move; None if it never may."""
        while True:
            asked = tick
            for start, end in self.windows:
                if start <= tick < end:
                    tick = end
            if tick >= NEVER:
                return None
            if self.signal is not None:
                cycle, green_start, green = self.signal
                phase = (tick - green_start) % cycle
                tick += 0 if phase < green else cycle - phase
            if tick == asked:
                return tick


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
    closed: bool
    target_places: int
    next_exit: int = 0
    waiting_changes: list[_Change] = field(default_factory=list)

    def opening(self, pcu: int) -> int | None:
        """Earliest tick for a vehicle of ``pcu``, or None until a place is vacated."""
        units = min(pcu, self.places)
        if self.closed or len(self.holes) < units:
            return None
        holes = [self.holes[unit] - unit * self.headway for unit in range(units)]
        return max(self.gate.next_pass, *holes)

    def resize(self, now: int) -> None:
        """As many places as there should be, or as few more as the vehicles take."""
        taken = sum(vehicle.places for vehicle in self.end.queue)
        self.places = max(self.target_places, taken)
        free = self.places - taken
        n_kept = min(free, len(self.holes))
        # Evenly spread, so that holes reach the tail at the rate of the smaller storage.
        kept = [self.holes[(k + 1) * len(self.holes) // n_kept - 1] for k in range(n_kept)]
        there = next((k for k, tick in enumerate(kept) if tick > now), len(kept))
        self.holes = deque([*kept[:there], *[now] * (free - len(kept)), *kept[there:]])


@dataclass(frozen=True, slots=True)
class _Change:
    tick: int
    link: int
    headway: int
    free_time: int
    hole_time: int
    places: int
    closed: bool
    after_empty: int | None


class _Release:
    """An origin queue whose hold ends."""

    def __init__(self, feeder: _Feeder, gate: _Gate) -> None:
        self.feeder = feeder
        self.gate = gate


class _Play:
    def __init__(
        self, network: RoadNetwork, demand: TrafficDemand, conditions: Conditions, mask: int
    ) -> None:
        tables = tabulate(network)
        self.mask = mask
        self.agenda: list[tuple[int, int, int, object]] = []
        self.scheduled = 0
        offset, links = demand.route_offset.tolist(), demand.route_link.tolist()
        self.route = [links[offset[r] : offset[r + 1]] for r in demand.leg_route.tolist()]
        self.not_before = ticks_of(demand.leg_not_before_s).tolist()
        self.dwell = ticks_of(demand.leg_dwell_s).tolist()
        self.refuges = conditions.refuges
        self.room = [refuge.room_persons for refuge in self.refuges]
        self.persons = demand.leg_persons.tolist() or [0] * demand.n_legs
        stands = {refuge.node: k for k, refuge in enumerate(self.refuges)}
        self.refuge = {
            leg: stands[int(network.to_node[route[-1]])]
            for leg, route in enumerate(self.route)
            if route and int(network.to_node[route[-1]]) in stands
        }
        ends = {leg: int(network.to_node[route[-1]]) for leg, route in enumerate(self.route) if route}
        self.ways = find_ways(network, conditions, np.array(sorted(set(ends.values())), np.int64))
        self.goal = {leg: int(self.ways.goal_of_node[node]) for leg, node in ends.items()}
        self.depart, self.entered, self.arrive = ([-1] * demand.n_legs for _ in range(3))
        self.entries: list[list[int]] = [[] for _ in range(demand.n_legs)]
        first = demand.leg_offset.tolist()
        self.vehicles = [
            _Vehicle(v, int(demand.pcu[v]), bool(demand.escorted[v]), list(range(first[v], first[v + 1])))
            for v in range(demand.n_vehicles)
        ]
        self.links = _links(network, tables)
        self.changes = deque(_changes(network, conditions))
        for feeder, (signal, windows) in feeder_rules(conditions, network.n_links).items():
            feeders = [link.end for link in self.links] + [link.origin for link in self.links]
            feeders[feeder].windows = windows
            if signal is not None:
                feeders[feeder].signal = (
                    round(signal.cycle_s * TICKS_PER_S),
                    round(signal.green_start_s * TICKS_PER_S),
                    round(signal.green_s * TICKS_PER_S),
                )
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
        if self.changes:
            self.schedule(self.changes[0].tick, _ARRIVAL, self.changes)
        for vehicle in self.vehicles:
            if vehicle.legs:
                self.schedule(self.not_before[vehicle.leg], _ARRIVAL, vehicle)
        while self.agenda and self.agenda[0][0] <= horizon:
            now, _, ticket, who = heapq.heappop(self.agenda)
            if isinstance(who, _Vehicle):
                self.start_leg(who, now)
            elif isinstance(who, _Link):
                self.reach_end(who, now)
            elif isinstance(who, _Release):
                self.compete(who.feeder, who.gate, now)
            elif isinstance(who, _Gate) and who.ticket == ticket:
                who.due = None
                self.decide(who, now)
            elif isinstance(who, deque):
                self.apply_changes(now)

    def apply_changes(self, now: int) -> None:
        while self.changes and self.changes[0].tick <= now:
            self.apply_change(self.changes.popleft(), now)
        if self.changes:
            self.schedule(self.changes[0].tick, _ARRIVAL, self.changes)

    def apply_change(self, change: _Change, now: int) -> None:
        if change.after_empty is not None and self.links[change.after_empty].end.queue:
            self.links[change.after_empty].waiting_changes.append(change)
            return
        link = self.links[change.link]
        link.headway, link.free_time, link.hole_time = change.headway, change.free_time, change.hole_time
        link.target_places, link.closed = change.places, change.closed
        link.resize(now)
        if self.ways.ways.size and change.closed:
            self.tell_waiting(link, now)
        if link.decider is link.gate:
            link.gate.due, link.gate.ticket, link.gate.blocked = None, 0, False
        self.call(link.decider, now)

    def tell_waiting(self, link: _Link, now: int) -> None:
        """Heads that wait for a link that has just closed stand before it: they choose anew."""
        for feeder in reversed(link.decider.waiting.copy()):
            if feeder.index >= len(self.links):
                continue
            if link.decider is not link.gate:
                self.listen(feeder.queue[0], now)
            else:
                link.gate.waiting.remove(feeder)
                self.call_head(self.links[feeder.index], now)

    def tell_upstream(self, link: _Link, now: int) -> None:
        if link.gate.blocked or link.decider is not link.gate:
            link.gate.blocked = False
            self.call(link.decider, now)

    def start_leg(self, vehicle: _Vehicle, now: int) -> None:
        leg = vehicle.leg
        self.depart[leg] = now if self.depart[leg] < 0 else self.depart[leg]
        vehicle.position = -1
        if not self.route[leg]:
            self.entered[leg] = now if self.entered[leg] < 0 else self.entered[leg]
            self.finish_leg(vehicle, now)
            return
        link = self.links[self.route[leg][0]]
        link.origin.queue.append(vehicle)
        if len(link.origin.queue) == 1:
            self.compete(link.origin, link.decider, now)

    def finds_room(self, vehicle: _Vehicle, now: int) -> bool:
        """Whether the people of a leg find room where it ends; if not, they go on or are turned away."""
        refuge = self.refuge.get(vehicle.leg)
        if refuge is None or self.persons[vehicle.leg] == 0:
            return True
        if self.room[refuge] >= self.persons[vehicle.leg]:
            self.room[refuge] -= self.persons[vehicle.leg]
            return True
        onward = self.refuges[refuge].divert_to
        if onward is not None:
            self.refuge[vehicle.leg] = onward
            self.goal.pop(vehicle.leg, None)
            vehicle.detour = -1
            self.route[vehicle.leg] = list(self.refuges[refuge].divert_links)
            self.schedule(now, _ARRIVAL, vehicle)
        return False

    def finish_leg(self, vehicle: _Vehicle, now: int) -> None:
        if not self.finds_room(vehicle, now):
            return
        vehicle.detour = -1
        self.arrive[vehicle.leg] = now
        if vehicle.current + 1 < len(vehicle.legs):
            vehicle.current += 1
            ready = max(self.not_before[vehicle.leg], now + self.dwell[vehicle.leg])
            self.schedule(ready, _ARRIVAL, vehicle)

    def next_link(self, vehicle: _Vehicle) -> _Link | None:
        if vehicle.detour >= 0 and vehicle.position >= 0:
            number = self.way(vehicle, vehicle.detour)
            return self.links[number] if number >= 0 else None
        route = self.route[vehicle.leg]
        following = vehicle.position + 1
        return self.links[route[following]] if following < len(route) else None

    def way(self, vehicle: _Vehicle, state: int) -> int:
        return int(self.ways.ways[state, self.goal[vehicle.leg], vehicle.link])

    def state_at(self, tick: int) -> int:
        return int(np.sum(self.ways.state_time <= tick)) - 1

    def listen(self, vehicle: _Vehicle, now: int) -> None:
        """What the driver at the end of a link could know, and whether that changes the way."""
        state = self.state_at(now - self.ways.radio_delay)
        following = self.next_link(vehicle)
        stands_before = self.ways.sees_closure and following is not None and following.closed
        if stands_before or self.ways.told_at_end[vehicle.link]:
            state = self.state_at(now)
        if state <= vehicle.known or vehicle.leg not in self.goal:
            return
        vehicle.known = state
        ahead = self.route[vehicle.leg][vehicle.position + 1 :]
        if vehicle.detour < 0 and not self.ways.state_closed[state, ahead].any():
            return
        if self.way(vehicle, state) != NO_WAY:
            vehicle.detour = state

    def reach_end(self, link: _Link, now: int) -> None:
        vehicle = link.end.queue[0]
        if self.ways.ways.size:
            self.listen(vehicle, now)
        following = self.next_link(vehicle)
        if link.served_end is not None:
            self.compete(link.end, link.served_end, now)
        elif following is not None:
            self.compete(link.end, following.gate, now)
        else:
            self.leave(link.end, now)
            self.after_leaving(link.end, now)
            self.finish_leg(vehicle, now)

    def compete(self, feeder: _Feeder, gate: _Gate, now: int) -> None:
        if self.may_join(feeder, gate, now):
            self.join(feeder, gate)
            self.call(gate, now)

    def may_join(self, feeder: _Feeder, gate: _Gate, now: int) -> bool:
        """An origin queue in a hold comes again at its end; a link's head comes when it may move."""
        tick = feeder.open_at(now)
        if feeder.index < len(self.links) or tick == now:
            return True
        if tick is not None:
            self.schedule(tick, _ARRIVAL, _Release(feeder, gate))
        return False

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
        if feeder.index < len(self.links):
            return True
        return vehicle.current == 0 and self.entered[vehicle.leg] < 0

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

    def send_back(self, gate: _Gate, now: int) -> None:
        """Heads that were told to wait meanwhile leave the list until they may move."""
        for feeder in reversed([f for f in gate.waiting if f.open_at(now) != now]):
            gate.waiting.remove(feeder)
            if feeder.index < len(self.links):
                self.call_head(self.links[feeder.index], now)
            else:
                self.may_join(feeder, gate, now)

    def decide(self, gate: _Gate, now: int) -> None:
        self.send_back(gate, now)
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
        self.after_leaving(winner, now)
        if winner.index >= len(self.links) and winner.queue and self.may_join(winner, gate, now):
            self.join(winner, gate)
        self.call(gate, now)

    def leave(self, feeder: _Feeder, now: int) -> None:
        if feeder.index >= len(self.links):
            leg = feeder.queue.popleft().leg
            self.entered[leg] = now if self.entered[leg] < 0 else self.entered[leg]
            return
        link = self.links[feeder.index]
        vehicle = feeder.queue[0]
        turn = self.turn(link, vehicle)
        feeder.queue.popleft()
        link.ready.popleft()
        if turn in self.turn_headway:
            self.turn_open[turn] = now + vehicle.pcu * self.turn_headway[turn]
        last_units = range(vehicle.pcu - vehicle.places, vehicle.pcu)
        link.holes.extend(now + link.hole_time + unit * link.headway for unit in last_units)
        link.next_exit = now + vehicle.pcu * link.headway
        if feeder.queue:
            self.call_head(link, now)
        self.tell_upstream(link, now)

    def after_leaving(self, feeder: _Feeder, now: int) -> None:
        """Comes after the vehicle has entered the next link: that one may be what changes."""
        if feeder.index >= len(self.links):
            return
        link = self.links[feeder.index]
        if link.places > link.target_places:
            link.resize(now)
        if not feeder.queue:
            waiting, link.waiting_changes = link.waiting_changes, []
            for change in reversed(waiting):
                self.apply_change(change, now)

    def enter(self, link: _Link, vehicle: _Vehicle, now: int) -> None:
        vehicle.places = min(vehicle.pcu, link.places)
        for _ in range(vehicle.places):
            link.holes.popleft()
        vehicle.position += 1
        vehicle.link = link.index
        link.ready.append(now + link.free_time)
        link.end.queue.append(vehicle)
        link.gate.next_pass = now + vehicle.pcu * link.headway
        self.entries[vehicle.leg].append(now)
        if len(link.end.queue) == 1:
            self.call_head(link, now)

    def turn(self, link: _Link, vehicle: _Vehicle) -> tuple[int, int]:
        """The turn that a head takes next; those on a detour take none that is restricted."""
        following = self.next_link(vehicle)
        if following is None or vehicle.detour >= 0:
            return -1, -1
        return link.index, following.index

    def call_head(self, link: _Link, now: int) -> None:
        turn = self.turn(link, link.end.queue[0])
        tick = link.end.open_at(max(now, link.ready[0], link.next_exit, self.turn_open.get(turn, 0)))
        if tick is not None:
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
    figures = tables.figures
    for k in range(network.n_links):
        gate = _Gate(headway=int(figures.headway[k]))
        link = _Link(
            index=k,
            headway=int(figures.headway[k]),
            free_time=int(figures.free_time[k]),
            hole_time=int(figures.hole_time[k]),
            places=int(figures.places[k]),
            closed=bool(figures.closed[k]),
            target_places=int(figures.places[k]),
            end=_Feeder(k, int(tables.stride[k])),
            origin=_Feeder(network.n_links + k, tables.origin_stride),
            ready=deque(),
            holes=deque([0] * int(figures.places[k])),
            gate=gate,
            decider=served.get(int(network.from_node[k]), gate),
            served_end=served.get(int(network.to_node[k])),
        )
        gate.link = link
        links.append(link)
    return links


def _changes(network: RoadNetwork, conditions: Conditions) -> list[_Change]:
    ordered = sorted(conditions.changes, key=lambda change: change.time_s)
    figures = change_figures(ordered, network)
    return [
        _Change(
            tick=round(change.time_s * TICKS_PER_S),
            link=change.link,
            headway=int(figures.headway[k]),
            free_time=int(figures.free_time[k]),
            hole_time=int(figures.hole_time[k]),
            places=int(figures.places[k]),
            closed=bool(figures.closed[k]),
            after_empty=change.after_empty,
        )
        for k, change in enumerate(ordered)
    ]
