"""Play a plan in one future: who leaves, by which way, and where everybody is at the end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from safepassage.model.arrays import FlagArray, FloatArray, IndexArray, OffsetArray
from safepassage.model.plan import Mode, Plan
from safepassage.model.policy import AlertRule
from safepassage.model.scenario import Scenario
from safepassage.rehearsal.assumptions import Assumptions
from safepassage.rehearsal.detours import Detours, Known, Links, known_closures
from safepassage.rehearsal.draws import Draws, Future
from safepassage.rehearsal.exposure import Exposure, Harm, Stays
from safepassage.rehearsal.parties import NONE, PlanParties, plan_parties
from safepassage.simulator.conditions import Conditions, Hold, HoldPoint, LinkChange
from safepassage.simulator.demand import TrafficDemand
from safepassage.simulator.run import TrafficResult, play
from safepassage.simulator.workspace import Workspace
from safepassage.threat.alerts import after_pauses, merged

COUNTS = ("absent", "extra", "staying", "safe", "on_the_way", "at_home")
SHARES = (0.9, 0.99, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class FutureResult:
    """
    What a future says.

    Attributes
    ----------
    number : int
        Of the future.
    counts : int64[n_settlements, 6]
        Persons, as in `COUNTS`: not there after all, there beyond the count, staying of their own will, out
        of danger, left home but not out, and willing but still at home.
    out_by_hour : int64[n_hours + 1]
        Persons out of danger by each full hour.
    clearance_s : float
        When the last of those who got out did (s); NaN where nobody did.
    share_out_s : tuple of float
        When each of `SHARES` of the willing was out (s); ``inf`` where never.
    last_out_s : float64[n_settlements]
        When the last willing of each settlement was out (s); ``inf`` where somebody never got out, NaN where
        nobody was willing.
    harm : Harm
        Expected casualties.
    closures : tuple of int
        Chances that came true.
    digest : str
        Of all times of the traffic.
    """

    number: int
    counts: OffsetArray
    out_by_hour: OffsetArray
    clearance_s: float
    share_out_s: tuple[float, ...]
    last_out_s: FloatArray
    harm: Harm
    closures: tuple[int, ...]
    digest: str


class Stage:
    """
    A plan in its scenario, made ready once for all futures; read only, for any number of threads.

    Parameters
    ----------
    scenario : Scenario
        Where.
    plan : Plan
        What is rehearsed.
    assumptions : Assumptions
        What is uncertain.
    seed : int
        Of all futures.
    """

    def __init__(self, scenario: Scenario, plan: Plan, assumptions: Assumptions, seed: int) -> None:
        self.scenario, self.plan, self.assumptions = scenario, plan, assumptions
        self.draws = Draws(scenario, assumptions, seed)
        self.parties = plan_parties(scenario, plan)
        self.exposure = Exposure(scenario, self.parties, assumptions)
        self.horizon_s = scenario.horizon_s
        demand = self.parties.traffic.demand
        n_cars = self.parties.n_cars
        self.fleet_vehicle: IndexArray = (
            np.repeat(np.arange(demand.n_vehicles), np.diff(demand.leg_offset))[n_cars:].astype(np.int32)
            - n_cars
        )
        self.trip_start_s = _trip_starts(plan, self.parties, demand.n_legs)[n_cars:]
        self.first_s = np.full(len(self.parties.leg_vehicle_name), math.inf)
        np.minimum.at(self.first_s, self.fleet_vehicle, self.trip_start_s)
        self.curfew_s = _closed(scenario)
        self.held, self.held_links, self.stopped_links = self._held()
        self.ride_first = np.array([ride.first_party for ride in self.parties.rides], np.int64)
        self.ride_settlement = np.array([ride.settlement for ride in self.parties.rides], np.int64)
        self.ride_open: FlagArray = np.array([ride.seats_only for ride in self.parties.rides], np.bool_)
        if len(self.ride_first):
            self.ride_open &= self.parties.transfer[self.ride_first] == NONE

    def _held(self) -> tuple[FlagArray, tuple[int, ...], tuple[int, ...]]:
        """Settlements under a rule that holds, links where rides there begin, and links that stop."""
        scope, parties = self.scenario.in_scope, self.parties
        usual = self.assumptions.alert_rule or self.scenario.policy.alert_rule
        own = {name: zone.rule for zone in self.assumptions.zones for name in zone.settlements}
        rules = [own.get(place.id, usual) for place in scope]
        held = np.array([rule != AlertRule.IGNORE for rule in rules], np.bool_)
        stops = np.array([rule == AlertRule.HOLD_ALL for rule in rules], np.bool_)
        demand = parties.traffic.demand
        begin = {
            int(demand.route_link[demand.route_offset[demand.leg_route[ride.board_leg]]])
            for ride in parties.rides
            if held[ride.settlement] and demand.route_length[demand.leg_route[ride.board_leg]]
        }
        courses = np.unique(parties.course[stops[parties.settlement]])
        stopped = {link for course in courses for link in parties.courses[int(course)]}
        return held, tuple(sorted(begin)), tuple(sorted(stopped))


class Player:
    """
    Plays futures one after the other; one object a thread.

    Parameters
    ----------
    stage : Stage
        What is played.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._workspace = Workspace(stage.scenario.network)
        self._detours = Detours(stage.scenario, stage.parties)

    def play(self, future: Future, lost: Sequence[int] = ()) -> FutureResult:
        """
        Play one future.

        Parameters
        ----------
        future : Future
            What is drawn.
        lost : sequence of int, optional
            Links that are shut all the time besides, and known to be.

        Returns
        -------
        FutureResult
            Every person of the future is accounted for.
        """
        stage = self._stage
        crowd = _crowd(stage, future)
        known = known_closures(future.closures, stage.draws.chances, stage.assumptions.notice_s)
        if lost:
            known = _with_lost(known, frozenset(lost))
        moves = _Moves(stage, self._detours, crowd, future, known)
        demand, leg_of = moves.demand()
        conditions = _conditions(stage, future, lost)
        result = play(
            stage.scenario.network,
            demand,
            seed=stage.draws.seed,
            horizon_s=stage.horizon_s,
            workspace=self._workspace,
            conditions=conditions,
        )
        left_s, got_off_s = _times(stage.parties, result, leg_of)
        return _result(stage, future, crowd, (left_s, got_off_s), result.digest)


@dataclass(frozen=True, slots=True, eq=False)
class _Crowd:
    """Who is there and wants what: flags a party, persons a settlement."""

    present: FlagArray
    willing: FlagArray
    go: FlagArray
    claimants: OffsetArray
    extra: OffsetArray
    extra_willing: OffsetArray
    remainder_willing: OffsetArray


def _crowd(stage: Stage, future: Future) -> _Crowd:
    parties = stage.parties
    n_places = len(parties.people)
    factor = future.present_factor
    present = future.present_draw[parties.slot] >= 1 - factor[parties.settlement]
    willing = present & (future.willing_draw[parties.slot] < future.uptake)
    usable = future.car_draw[parties.slot] >= stage.assumptions.car_failure
    usable[parties.n_cars :] = True
    extra = np.floor(parties.people * np.maximum(factor - 1, 0)).astype(np.int64)
    extra_willing = np.floor(extra * future.uptake + future.remainder_draw).astype(np.int64)
    remainder_willing = np.floor(parties.remainder * future.uptake + future.remainder_draw).astype(np.int64)
    without_car = willing & ~usable
    claimants = np.minimum(extra_willing, extra) + _sum(parties, without_car, n_places)
    return _Crowd(
        present, willing, willing & usable, claimants, extra, np.minimum(extra_willing, extra),
        np.minimum(remainder_willing, parties.remainder),
    )  # fmt: skip


def _sum(parties: PlanParties, of: FlagArray, n_places: int) -> OffsetArray:
    total = np.bincount(parties.settlement[of], weights=parties.persons[of], minlength=n_places)
    return total.astype(np.int64)


class _Moves:
    """The traffic of one future."""

    def __init__(
        self, stage: Stage, detours: Detours, crowd: _Crowd, future: Future, known: Sequence[Known]
    ) -> None:
        self._stage, self._detours, self._known = stage, detours, known
        parties = stage.parties
        base = parties.traffic.demand
        n_cars = parties.n_cars
        self._route = base.leg_route.astype(np.int64)
        self._start_s = base.leg_not_before_s.copy()
        self._kept = np.ones(base.n_legs, np.bool_)
        self._kept[:n_cars] = crowd.go[:n_cars]
        self._pool: list[Links] = []
        self._numbers: dict[Links, int] = {}
        self._put_off_cars(future)
        self._end_failed_tours(future)

    def _put_off_cars(self, future: Future) -> None:
        stage = self._stage
        parties = stage.parties
        cars = slice(0, parties.n_cars)
        slot, settlement = parties.slot[cars], parties.settlement[cars]
        start_s = self._start_s[cars] + future.delay_draw[slot] * stage.assumptions.departure_delay_s
        curfew = np.array(stage.curfew_s).reshape(-1, 2)
        alerts = [(float(a), float(b)) for a, b in future.alerts_s]
        pauses = np.array(merged([*stage.curfew_s, *alerts])).reshape(-1, 2)
        held = stage.held[settlement]
        start_s = np.where(held, after_pauses(start_s, pauses), after_pauses(start_s, curfew))
        self._start_s[cars] = start_s
        self._avoid(np.arange(parties.n_cars), any_safe=True)
        start_s = self._start_s[cars]
        self._start_s[cars] = np.where(held, after_pauses(start_s, pauses), after_pauses(start_s, curfew))
        self._kept[cars] &= np.isfinite(self._start_s[cars])

    def _end_failed_tours(self, future: Future) -> None:
        """A vehicle that fails ends the trip it is on; a way that is shut for good ends its tour there."""
        stage = self._stage
        n_cars = stage.parties.n_cars
        fails_s = np.array([future.failure_s.get(name, math.inf) for name in stage.parties.leg_vehicle_name])
        fleet = stage.fleet_vehicle
        if not len(fleet):
            return
        self._avoid(np.arange(n_cars, len(self._kept)), any_safe=False)
        ends = (stage.trip_start_s >= (stage.first_s + fails_s)[fleet]) | ~np.isfinite(self._start_s[n_cars:])
        first_gone = np.full(len(fails_s), len(fleet))
        np.minimum.at(first_gone, fleet[ends], np.flatnonzero(ends))
        self._kept[n_cars:] = np.arange(len(fleet)) < first_gone[fleet]

    def _avoid(self, legs: np.ndarray, *, any_safe: bool) -> None:
        """Who knows of a closure before leaving takes another way, or waits at home where there is none."""
        for known in self._known:
            inside = (self._start_s[legs] >= known.start_s) & (self._start_s[legs] < known.end_s)
            inside &= self._kept[legs]
            concerned = legs[inside]
            for route in np.unique(self._route[concerned]).tolist():
                links = self._detours.routes[route] if route < len(self._detours.routes) else ()
                if known.shut.isdisjoint(links):
                    continue
                own = concerned[self._route[concerned] == route]
                way = self._detours.way(route, known.shut, any_safe=any_safe)
                if way is None:
                    self._start_s[own] = known.end_s
                else:
                    self._route[own] = self._number(way)

    def _number(self, way: Links) -> int:
        if way not in self._numbers:
            self._numbers[way] = len(self._detours.routes) + len(self._pool)
            self._pool.append(way)
        return self._numbers[way]

    def demand(self) -> tuple[TrafficDemand, IndexArray]:
        """What is driven, and for each leg of the plan its leg here or -1."""
        parties = self._stage.parties
        base = parties.traffic.demand
        n_cars = parties.n_cars
        kept = np.flatnonzero(self._kept)
        cars = kept[kept < n_cars]
        fleet = self._stage.fleet_vehicle[self._kept[n_cars:]]
        n_legs = np.concatenate(
            [np.ones(len(cars), np.int64), np.bincount(fleet, minlength=base.n_vehicles - n_cars)]
        )
        leg_of = np.full(base.n_legs, NONE, np.int32)
        leg_of[kept] = np.arange(len(kept))
        lengths = [len(links) for links in self._pool]
        vehicles = np.concatenate([cars, np.arange(n_cars, base.n_vehicles)])
        added = [link for links in self._pool for link in links]
        demand = TrafficDemand(
            route_offset=np.concatenate([base.route_offset, base.route_offset[-1] + np.cumsum(lengths)]),
            route_link=np.concatenate([base.route_link, np.array(added, np.int32)]),
            leg_offset=np.concatenate([[0], np.cumsum(n_legs)]),
            leg_route=self._route[kept].astype(np.int32),
            leg_not_before_s=self._start_s[kept],
            leg_dwell_s=base.leg_dwell_s[kept],
            pcu=base.pcu[vehicles],
            escorted=base.escorted[vehicles],
        )
        return demand, leg_of


def _times(parties: PlanParties, result: TrafficResult, leg_of: IndexArray) -> tuple[FloatArray, FloatArray]:
    """When each party's vehicle left with it and set it down (s); NaN where never."""
    entered, departed, arrived = (
        np.append(times, np.nan) for times in (result.leg_entered_s, result.leg_depart_s, result.leg_arrive_s)
    )
    board, alight = leg_of[parties.board_leg], leg_of[parties.alight_leg]
    left_s = departed[board]
    left_s[: parties.n_cars] = entered[board[: parties.n_cars]]
    return left_s, arrived[alight]


def _result(
    stage: Stage, future: Future, crowd: _Crowd, times: tuple[FloatArray, FloatArray], digest: str
) -> FutureResult:
    parties = stage.parties
    n_places = len(parties.people)
    left_s, got_off_s = times
    gone = crowd.go & np.isfinite(left_s)
    safe_s = np.where(gone & parties.safe & (parties.transfer == NONE), got_off_s, np.nan)
    _go_on(parties, gone, got_off_s, safe_s)
    out = np.isfinite(safe_s)
    served, ride_safe_s = _fill_free_seats(stage, crowd, left_s, got_off_s)
    taken = np.bincount(stage.ride_settlement, weights=served, minlength=n_places).astype(np.int64)
    safe = _sum(parties, out, n_places) + taken
    on_the_way = _sum(parties, gone & ~out, n_places)
    willing = _sum(parties, crowd.willing, n_places) + crowd.extra_willing + crowd.remainder_willing
    absent = _sum(parties, ~crowd.present, n_places)
    staying = parties.people - absent + crowd.extra - willing
    counts = np.stack([absent, crowd.extra, staying, safe, on_the_way, willing - safe - on_the_way], axis=1)
    assert (counts >= 0).all()
    assert (counts[:, 2:].sum(axis=1) == parties.people - absent + crowd.extra).all()
    event_s = np.concatenate([safe_s[out], ride_safe_s])
    persons = np.concatenate([parties.persons[out], served])
    place = np.concatenate([parties.settlement[out], stage.ride_settlement])
    stays = Stays(
        home_until_s=np.where(gone, left_s, stage.horizon_s),
        road_until_s=np.where(out, safe_s, stage.horizon_s),
        gone=gone,
        present=crowd.present,
        others=crowd.extra + parties.remainder,
        served=served,
        ride_left_s=left_s[stage.ride_first],
        ride_safe_s=ride_safe_s,
    )
    return FutureResult(
        number=future.number,
        counts=counts,
        out_by_hour=_out_by_hour(event_s, persons, stage.horizon_s),
        clearance_s=float(event_s.max(initial=-1.0, where=persons > 0)) if persons.sum() else math.nan,
        share_out_s=_share_times(event_s, persons, int(willing.sum())),
        last_out_s=_last_out(event_s, persons, place, willing, safe),
        harm=stage.exposure.harm(stays),
        closures=tuple(item.chance for item in future.closures),
        digest=digest,
    )


def _go_on(parties: PlanParties, gone: FlagArray, got_off_s: FloatArray, safe_s: FloatArray) -> None:
    """Parties set down at a station take the next train with room, in the order in which they came."""
    waiting = np.flatnonzero(gone & (parties.transfer != NONE) & np.isfinite(got_off_s))
    waiting = waiting[np.argsort(got_off_s[waiting], kind="stable")]
    for service in parties.services:
        here = waiting[
            (parties.transfer[waiting] == service.site) & (got_off_s[waiting] <= service.departs_s)
        ]
        aboard = here[np.cumsum(parties.persons[here]) <= service.places]
        safe_s[aboard] = service.arrives_s
        waiting = waiting[~np.isin(waiting, aboard)]


def _fill_free_seats(
    stage: Stage, crowd: _Crowd, left_s: FloatArray, got_off_s: FloatArray
) -> tuple[OffsetArray, FloatArray]:
    """People of a settlement without a place in the plan take seats that others left free, trip by trip."""
    parties = stage.parties
    if not len(stage.ride_first):
        return np.zeros(0, np.int64), np.zeros(0)
    n_cars = parties.n_cars
    idle = np.where(crowd.go[n_cars:], 0, parties.persons[n_cars:])
    free = np.add.reduceat(idle, stage.ride_first - n_cars)
    arrives_s = got_off_s[stage.ride_first]
    free = np.where(stage.ride_open & np.isfinite(left_s[stage.ride_first]) & np.isfinite(arrives_s), free, 0)
    before = np.cumsum(free) - free
    first = np.searchsorted(stage.ride_settlement, stage.ride_settlement)
    wanted = crowd.claimants[stage.ride_settlement] - (before - before[first])
    return np.clip(wanted, 0, free), arrives_s


def _out_by_hour(event_s: FloatArray, persons: OffsetArray, horizon_s: float) -> OffsetArray:
    n_hours = math.ceil(horizon_s / 3600)
    hour = np.minimum(np.ceil(event_s[persons > 0] / 3600), n_hours + 1).astype(np.int64)
    return np.cumsum(np.bincount(hour, weights=persons[persons > 0], minlength=n_hours + 2))[:-1].astype(
        np.int64
    )


def _share_times(event_s: FloatArray, persons: OffsetArray, willing: int) -> tuple[float, ...]:
    counted = persons > 0
    order = np.argsort(event_s[counted], kind="stable")
    time_s, out = event_s[counted][order], np.cumsum(persons[counted][order])
    total = int(out[-1]) if len(out) else 0
    times = []
    for share in SHARES:
        need = math.ceil(share * willing - 1e-9)
        if need > total:
            times.append(math.inf)
        else:
            times.append(float(time_s[np.searchsorted(out, need)]) if need else 0.0)
    return tuple(times)


def _last_out(
    event_s: FloatArray, persons: OffsetArray, place: np.ndarray, willing: OffsetArray, safe: OffsetArray
) -> FloatArray:
    last = np.full(len(willing), -math.inf)
    counted = persons > 0
    np.maximum.at(last, place[counted], event_s[counted])
    last = np.where(safe < willing, math.inf, last)
    return np.where(willing > 0, last, math.nan)


def _closed(scenario: Scenario) -> list[tuple[float, float]]:
    """When nobody sets out: the curfew, and all that comes after the horizon."""
    windows = scenario.open_windows()
    ends = [0.0, *(end for _, end in windows)]
    starts = [*(start for start, _ in windows), math.inf]
    return [(end, start) for end, start in zip(ends, starts, strict=True) if start > end]


def _trip_starts(plan: Plan, parties: PlanParties, n_legs: int) -> FloatArray:
    start_s = np.zeros(n_legs)
    for number, trip in enumerate(plan.trips):
        first = parties.traffic.trip_leg[number]
        if trip.mode == Mode.FLEET:
            start_s[first : first + len(trip.legs) - 1] = trip.legs[0].depart_s
    return start_s


def _with_lost(known: Sequence[Known], lost: frozenset[int]) -> tuple[Known, ...]:
    """What is known when some links are known to be lost from the first moment on."""
    stretches, at = [], 0.0
    for item in known:
        if item.start_s > at:
            stretches.append(Known(at, item.start_s, lost))
        stretches.append(Known(item.start_s, item.end_s, item.shut | lost))
        at = item.end_s
    if at < math.inf:
        stretches.append(Known(at, math.inf, lost))
    return tuple(stretches)


def _conditions(stage: Stage, future: Future, lost: Sequence[int]) -> Conditions:
    network = stage.scenario.network
    states: dict[int, list[tuple[float, float, float]]] = {}
    for item in future.closures:
        chance = stage.draws.chances[item.chance]
        for link in chance.links:
            states.setdefault(link, []).append((item.start_s, item.end_s, chance.factor))
    for link in lost:
        states.setdefault(link, []).append((0.0, math.inf, 0.0))
    changes = [
        LinkChange(time_s, link, float(network.capacity_pcu_per_h[link]) * factor)
        for link, spans in states.items()
        for time_s, factor in _least_factor(spans)
        if network.capacity_pcu_per_h[link] > 0 and time_s < stage.horizon_s
    ]
    holds = [
        Hold(links, point, float(start_s), float(end_s))
        for links, point in ((stage.held_links, HoldPoint.ORIGIN), (stage.stopped_links, HoldPoint.END))
        if links
        for start_s, end_s in future.alerts_s
    ]
    return Conditions(changes=tuple(changes), holds=tuple(holds))


def _least_factor(spans: Sequence[tuple[float, float, float]]) -> list[tuple[float, float]]:
    """The share of the capacity that is left from each moment on; of several losses the worst counts."""
    times = sorted(
        {time_s for start_s, end_s, _ in spans for time_s in (start_s, end_s) if time_s < math.inf}
    )
    return [
        (time_s, min((factor for start, end, factor in spans if start <= time_s < end), default=1.0))
        for time_s in times
    ]
