"""Play a plan in one future: who leaves, by which way, and where everybody is at the end."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np

from safepassage.model.arrays import FlagArray, FloatArray, IndexArray, OffsetArray
from safepassage.model.plan import Plan
from safepassage.model.policy import AlertRule
from safepassage.model.scenario import Scenario
from safepassage.rehearsal.assumptions import Assumptions
from safepassage.rehearsal.detours import Detours, Known, known_closures
from safepassage.rehearsal.draws import Draws, Future
from safepassage.rehearsal.exposure import Harm, hazard_rates
from safepassage.rehearsal.moves import Moves, departures
from safepassage.rehearsal.parties import NONE, PlanParties, plan_parties
from safepassage.simulator.conditions import Conditions, Hold, HoldPoint, LinkChange
from safepassage.simulator.kernel.layout import TICKS_PER_S
from safepassage.simulator.kernel.parties import (
    GOES,
    Parties,
    Rides,
    Services,
    count_out,
    fill_free_seats,
    gather,
    go_on,
    harm_of,
    party_times,
)
from safepassage.simulator.run import TrafficResult, play
from safepassage.simulator.standing_rules import StandingRules
from safepassage.simulator.workspace import Workspace

COUNTS = ("absent", "extra", "staying", "safe", "on_the_way", "at_home")
SHARES = (0.9, 0.99, 1.0)
_SHARES: FloatArray = np.array(SHARES)


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
    held_at : tuple of (str, int)
        Where those stood who left home but were not out, by place, and how many persons: ``link:`` and a
        link id where a vehicle could never move again, ``site:`` and a station that they had reached,
        ``road:`` where they were still driving, or standing before a closure that ends later.
    digest : str
        SHA-256 of all that this future says.
    """

    number: int
    counts: OffsetArray
    out_by_hour: OffsetArray
    clearance_s: float
    share_out_s: tuple[float, ...]
    last_out_s: FloatArray
    harm: Harm
    closures: tuple[int, ...]
    held_at: tuple[tuple[str, int], ...]
    digest: str

    @property
    def stranded(self) -> int:
        """Willing persons who were not out at the horizon."""
        return int(self.counts[:, COUNTS.index("on_the_way") :].sum())


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
        self.scenario, self.plan, self.assumptions, self.seed = scenario, plan, assumptions, seed
        self.draws = Draws(scenario, assumptions, seed)
        self.parties = plan_parties(scenario, plan)
        self.horizon_s = scenario.horizon_s
        self.held, self.held_links, self.stopped_links = self._held()
        self.departures = departures(scenario, plan, self.parties, assumptions, self.held)
        self.people = _party_tables(self.parties, assumptions)
        self.rides = _ride_tables(self.parties)
        self.services = _service_tables(self.parties)
        self.roads = StandingRules(scenario)
        self.rates = hazard_rates(scenario, self.parties, assumptions)

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
    turn : Lock, optional
        Held by whoever calls ``play``, and given up while the simulator's kernel runs.
    """

    def __init__(self, stage: Stage, turn: Lock | None = None) -> None:
        self._stage = stage
        self._workspace = Workspace(stage.scenario.network, turn)
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
        marks, persons = gather(
            stage.people,
            (future.present_draw, future.willing_draw, future.car_draw),
            future.present_factor,
            future.uptake,
            stage.assumptions.car_failure,
        )
        known = known_closures(future.closures, stage.draws.chances, stage.assumptions.notice_s)
        if lost:
            known = _with_lost(known, frozenset(lost))
        moves = Moves(stage.departures, self._detours, (marks & GOES) > 0, future, known)
        demand, leg_of, vehicle_leg = moves.demand()
        result = play(
            stage.scenario.network,
            stage.roads.demand(demand),
            seed=stage.seed,
            horizon_s=stage.horizon_s,
            workspace=self._workspace,
            conditions=_conditions(stage, future, lost),
        )
        return _count(stage, future, _Crowd(marks, persons), result, (leg_of, vehicle_leg))


@dataclass(frozen=True, slots=True, eq=False)
class _Crowd:
    """Marks of the parties, and persons absent, willing, and willing without their car, by settlement."""

    marks: np.ndarray
    persons: OffsetArray


def _party_tables(parties: PlanParties, assumptions: Assumptions) -> Parties:
    waiting = [assumptions.protection.in_group(size) for size in parties.group_size.tolist()]
    return Parties(
        n_cars=parties.n_cars, persons=parties.persons, slot=parties.slot.astype(np.int64),
        settlement=parties.settlement, board_leg=parties.board_leg, alight_leg=parties.alight_leg,
        course=parties.course, transfer=parties.transfer, ride=parties.ride, safe=parties.safe,
        composition=parties.composition, waiting=np.array(waiting, np.float64),
    )  # fmt: skip


def _ride_tables(parties: PlanParties) -> Rides:
    first = np.array([ride.first_party for ride in parties.rides], np.int64)
    seats_only = np.array([ride.seats_only for ride in parties.rides], np.bool_)
    return Rides(
        settlement=np.array([ride.settlement for ride in parties.rides], np.int64),
        first=first,
        end=np.array([ride.end_party for ride in parties.rides], np.int64),
        open=seats_only & (parties.transfer[first] == NONE),
    )


def _service_tables(parties: PlanParties) -> Services:
    return Services(
        site=np.array([service.site for service in parties.services], np.int64),
        places=np.array([service.places for service in parties.services], np.int64),
        departs_s=np.array([service.departs_s for service in parties.services], np.float64),
        arrives_s=np.array([service.arrives_s for service in parties.services], np.float64),
    )


def _count(
    stage: Stage,
    future: Future,
    crowd: _Crowd,
    result: TrafficResult,
    legs: tuple[IndexArray, IndexArray],
) -> FutureResult:
    parties, marks = stage.people, crowd.marks
    absent, willing_here, without_car = crowd.persons
    people, remainder = stage.parties.people, stage.parties.remainder
    extra = np.floor(people * np.maximum(future.present_factor - 1, 0)).astype(np.int64)
    extra_willing = np.minimum(np.floor(extra * future.uptake + future.remainder_draw), extra)
    rest_willing = np.minimum(np.floor(remainder * future.uptake + future.remainder_draw), remainder)
    willing = willing_here + (extra_willing + rest_willing).astype(np.int64)
    ticks = (result.leg_depart_tick, result.leg_entered_tick, result.leg_arrive_tick)
    left_s, got_off_s = party_times(parties, legs[0], ticks, float(TICKS_PER_S))
    safe_s = go_on(parties, stage.services, marks, left_s, got_off_s)
    claimants = without_car + extra_willing.astype(np.int64)
    served = fill_free_seats(parties, stage.rides, marks, claimants, left_s, got_off_s)
    n_hours = math.ceil(stage.horizon_s / 3600)
    (safe, on_the_way), by_hour, share_s, last_s, clearance_s = count_out(
        parties, stage.rides, marks, served, willing, (left_s, got_off_s, safe_s), _SHARES, n_hours
    )
    there = people - absent + extra
    counts = np.stack([absent, extra, there - willing, safe, on_the_way, willing - safe - on_the_way], axis=1)
    assert (counts >= 0).all()
    assert (counts[:, 2:].sum(axis=1) == there).all()
    harm = Harm(
        *harm_of(
            parties, stage.rides, stage.rates, marks, extra + remainder, served, left_s, got_off_s, safe_s
        )
    )
    held_at: tuple[tuple[str, int], ...] = ()
    if on_the_way.any():
        caught = (marks & GOES > 0) & np.isfinite(left_s) & np.isnan(safe_s)
        held_at = _held_at(stage, caught, got_off_s, result, legs)
    closures = tuple(item.chance for item in future.closures)
    return FutureResult(
        number=future.number, counts=counts, out_by_hour=by_hour, clearance_s=float(clearance_s),
        share_out_s=tuple(share_s.tolist()), last_out_s=last_s, harm=harm, closures=closures,
        held_at=held_at,
        digest=_digest(
            f"{future.number} {closures} {result.digest} {held_at}", counts, by_hour, share_s, last_s,
            harm.by_place, harm.by_group, harm.stay,
        ),
    )  # fmt: skip


def _digest(text: str, *arrays: np.ndarray) -> str:
    digest = hashlib.sha256(text.encode())
    for array in arrays:
        digest.update(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
    return digest.hexdigest()


def _held_at(
    stage: Stage,
    caught: FlagArray,
    got_off_s: FloatArray,
    result: TrafficResult,
    legs: tuple[IndexArray, IndexArray],
) -> tuple[tuple[str, int], ...]:
    """Where those stand who left home but did not get out."""
    leg_of, vehicle_leg = legs
    stuck_link = dict(zip(result.stuck_vehicle.tolist(), result.stuck_link.tolist(), strict=True))
    persons: dict[str, int] = {}
    for party in np.flatnonzero(caught).tolist():
        if stage.parties.transfer[party] != NONE and np.isfinite(got_off_s[party]):
            place = f"site:{stage.parties.transfer_sites[stage.parties.transfer[party]]}"
        else:
            leg = leg_of[stage.parties.board_leg[party]]
            vehicle = int(np.searchsorted(vehicle_leg, leg, side="right")) - 1
            link = stuck_link.get(vehicle)
            place = "road:" if link is None else f"link:{stage.scenario.network.link_id[link]}"
        persons[place] = persons.get(place, 0) + int(stage.parties.persons[party])
    return tuple(sorted((place, number) for place, number in persons.items() if number))


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
        Hold(links, point, start_s, end_s)
        for links, point in ((stage.held_links, HoldPoint.ORIGIN), (stage.stopped_links, HoldPoint.END))
        if links
        for start_s, end_s in future.alerts_s.tolist()
    ]
    losses = [(link, *span) for link, spans in states.items() for span in spans]
    return stage.roads.conditions(changes, holds, losses)


def _least_factor(spans: Sequence[tuple[float, float, float]]) -> list[tuple[float, float]]:
    """The share of the capacity that is left from each moment on; of several losses the worst counts."""
    times = sorted(
        {time_s for start_s, end_s, _ in spans for time_s in (start_s, end_s) if time_s < math.inf}
    )
    return [
        (time_s, min((factor for start, end, factor in spans if start <= time_s < end), default=1.0))
        for time_s in times
    ]
