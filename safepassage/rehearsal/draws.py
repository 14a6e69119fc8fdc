"""What is drawn for a future: people, closures, alerts and breakdowns, each from a stream of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import numpy as np
from scipy.special import betaincinv

from safepassage.model.arrays import FloatArray
from safepassage.model.scenario import Scenario
from safepassage.model.threat import ThreatEntry, ThreatEntryKind
from safepassage.rehearsal.assumptions import Assumptions
from safepassage.rehearsal.shadow import shadow_cars
from safepassage.threat.alerts import draw_alerts
from safepassage.threat.claims import DatedClaim, probability_of, standing_of
from safepassage.threat.closures import Closure, ClosureChance, ClosureModel

_SHUTTING = (ThreatEntryKind.CLOSURE, ThreatEntryKind.CAPACITY, ThreatEntryKind.ARRIVAL)


class Stream(IntEnum):
    """Independent streams of a future, so that more of one thing changes nothing of another."""

    WILLING = 0
    DELAY = 1
    CARS = 2
    PRESENT = 3
    CLOSURES = 4
    ALERTS = 5
    BREAKDOWNS = 6
    DISTRICT = 7
    SHADOW = 8


def stream(seed: int, future: int, purpose: Stream) -> np.random.Generator:
    """
    The random stream of one purpose in one future.

    Parameters
    ----------
    seed, future : int
        Seed of the rehearsal and number of the future.
    purpose : Stream
        For what.

    Returns
    -------
    Generator
        Depends on the three alone, not on the plan, the threads or what was drawn before.
    """
    # The upper words of the counter tell streams apart; a stream would have to reach 2**128 to meet another.
    counter = np.array([0, 0, int(purpose), future], np.uint64)
    return np.random.Generator(np.random.Philox(key=_key(seed), counter=counter))


@lru_cache(maxsize=16)
def _key(seed: int) -> np.ndarray:
    return np.random.SeedSequence(seed).generate_state(2, np.uint64)


@dataclass(frozen=True, slots=True, eq=False)
class Future:
    """
    One future of a district, before any plan is played in it.

    Attributes
    ----------
    number : int
        Of the future.
    uptake : float
        Share of households that are willing.
    willing_draw, delay_draw, car_draw, present_draw : float64[n_slots]
        Of each place for a household: uniform, exponential, uniform, uniform.
    present_factor : float64[n_settlements]
        People present over people counted.
    remainder_draw : float64[n_settlements]
        Uniform; for people who have no place in the plan.
    closures : tuple of Closure
        What shuts.
    alerts_s : float64[n, 2]
        Start and end of alerts (s).
    failure_s : mapping of str to float
        When each vehicle of the fleet fails (s after it starts to be used); may be ``inf``.
    shadow_draw, shadow_delay_draw : float64[n_shadow_cars]
        Of each car of people who were not called: uniform, exponential.
    """

    number: int
    uptake: float
    willing_draw: FloatArray
    delay_draw: FloatArray
    car_draw: FloatArray
    present_draw: FloatArray
    present_factor: FloatArray
    remainder_draw: FloatArray
    closures: tuple[Closure, ...]
    alerts_s: FloatArray
    failure_s: dict[str, float]
    shadow_draw: FloatArray
    shadow_delay_draw: FloatArray


class Draws:
    """
    Draws the futures of a scenario.

    Parameters
    ----------
    scenario : Scenario
        Where.
    assumptions : Assumptions
        What is uncertain.
    seed : int
        Of every stream.
    """

    def __init__(self, scenario: Scenario, assumptions: Assumptions, seed: int) -> None:
        self.scenario = scenario
        self.assumptions = assumptions
        self.seed = seed
        self.chances = closure_chances(scenario, assumptions)
        self._closures = ClosureModel(self.chances, assumptions.correlation_length_m)
        self._n_slots = sum(place.people.total for place in scenario.in_scope)
        self._n_shadow = shadow_cars(scenario) if assumptions.shadow_share > 0 else 0
        self._vehicles = [name for group in scenario.fleet for name in group.vehicle_ids()]

    def future(self, number: int) -> Future:
        """
        Draw one future.

        Parameters
        ----------
        number : int
            Which.

        Returns
        -------
        Future
            The same whenever and wherever it is drawn.
        """
        a, n = self.assumptions, self._n_slots

        def of(purpose: Stream) -> np.random.Generator:
            return stream(self.seed, number, purpose)

        present, district, failures = of(Stream.PRESENT), of(Stream.DISTRICT), of(Stream.BREAKDOWNS)
        n_places = len(self.scenario.in_scope)
        shadow = of(Stream.SHADOW)
        alerts = np.zeros((0, 2))
        if a.alerts is not None:
            alerts = draw_alerts(a.alerts, self.scenario.horizon_s, of(Stream.ALERTS))
        return Future(
            number=number,
            uptake=_uptake(a, float(district.random())),
            willing_draw=of(Stream.WILLING).random(n),
            delay_draw=of(Stream.DELAY).standard_exponential(n),
            car_draw=of(Stream.CARS).random(n),
            present_draw=present.random(n),
            present_factor=np.exp(a.demand_spread * present.standard_normal(n_places)),
            remainder_draw=district.random(n_places),
            closures=self._closures.draw(of(Stream.CLOSURES)),
            alerts_s=alerts,
            failure_s=self._failures(failures),
            shadow_draw=shadow.random(self._n_shadow),
            shadow_delay_draw=shadow.standard_exponential(self._n_shadow),
        )

    def _failures(self, random: np.random.Generator) -> dict[str, float]:
        """When each vehicle fails; vehicles that stand by take the place of those that fail first."""
        rate = self.assumptions.breakdowns_per_vehicle_hour / 3600
        waits = random.standard_exponential(len(self._vehicles))
        fails_s = waits / rate if rate > 0 else np.full(len(waits), math.inf)
        fails_s[np.argsort(fails_s, kind="stable")[: self.assumptions.spare_vehicles]] = math.inf
        return dict(zip(self._vehicles, fails_s.tolist(), strict=True))


def _uptake(assumptions: Assumptions, draw: float) -> float:
    """Beta with the mean and spread asked for; a spread too wide for a Beta becomes the widest one."""
    if assumptions.uptake_quantiles:
        levels, shares = zip(*assumptions.uptake_quantiles, strict=True)
        return float(np.interp(draw, levels, shares))
    mean = assumptions.uptake_share
    variance = min(assumptions.uptake_spread**2, 0.99 * mean * (1 - mean))
    if variance <= 0:
        return mean
    size = mean * (1 - mean) / variance - 1
    return float(betaincinv(mean * size, (1 - mean) * size, draw))


def closure_chances(scenario: Scenario, assumptions: Assumptions) -> tuple[ClosureChance, ...]:
    """
    What may shut, from the threat table and from the assumption on crossings.

    Parameters
    ----------
    scenario : Scenario
        Roads and threat.
    assumptions : Assumptions
        Chance of losing a crossing, and what claims are worth.

    Returns
    -------
    tuple of ClosureChance
        Subjects of the threat table in file order, then the crossings that it does not name, by name.
    """
    network = scenario.network
    index = {link: k for k, link in enumerate(network.link_id)}
    latitude = (network.latitude_deg[network.from_node] + network.latitude_deg[network.to_node]) / 2
    longitude = (network.longitude_deg[network.from_node] + network.longitude_deg[network.to_node]) / 2
    entries: dict[tuple[ThreatEntryKind, str, float, float, float], list[ThreatEntry]] = {}
    for entry in scenario.threat.entries:
        if entry.kind in _SHUTTING and entry.subject in index:
            same = (entry.kind, entry.subject, entry.start_s, entry.end_s, entry.factor)
            entries.setdefault(same, []).append(entry)
    chances = []
    for (kind, subject, start_s, end_s, factor), of_subject in entries.items():
        if end_s <= 0:
            continue
        link = index[subject]
        from_s = max(start_s, 0.0)
        claims = _claims(of_subject)
        chances.append(
            ClosureChance(
                of_subject[0].id, subject, (link,), _probability(of_subject, claims, assumptions), from_s,
                from_s, end_s - from_s, fixed_length=True,
                factor=factor if kind == ThreatEntryKind.CAPACITY else 0.0,
                latitude_deg=float(latitude[link]), longitude_deg=float(longitude[link]),
                standing=standing_of(claims).value,
            )
        )  # fmt: skip
    return (*chances, *_crossing_chances(scenario, assumptions, {key[1] for key in entries}))


def _crossing_chances(scenario: Scenario, assumptions: Assumptions, named: set[str]) -> list[ClosureChance]:
    network = scenario.network
    by_name: dict[str, list[int]] = {}
    for link, name in enumerate(network.crossing):
        if name:
            by_name.setdefault(name, []).append(link)
    chances = []
    for name, links in sorted(by_name.items()):
        if assumptions.crossing_loss == 0 or any(network.link_id[link] in named for link in links):
            continue
        node = network.from_node[links[0]]
        chances.append(
            ClosureChance(
                f"crossing:{name}", name, tuple(links), assumptions.crossing_loss, 0.0, scenario.horizon_s,
                assumptions.crossing_loss_mean_s, latitude_deg=float(network.latitude_deg[node]),
                longitude_deg=float(network.longitude_deg[node]),
            )
        )  # fmt: skip
    return chances


def _claims(entries: Sequence[ThreatEntry]) -> list[DatedClaim]:
    """Claims of a subject; a claim is as old as what it tells of, and none is from the future."""
    return [DatedClaim(entry.claim, min(entry.start_s, 0.0)) for entry in entries if entry.claim.source]


def _probability(
    entries: Sequence[ThreatEntry], claims: Sequence[DatedClaim], assumptions: Assumptions
) -> float:
    stated = max(entry.probability for entry in entries)
    return stated * probability_of(claims, assumptions.claims) if claims else stated
