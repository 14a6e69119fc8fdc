"""Roads that may be lost: each with a chance, a time and a length, alike where they lie close together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from safepassage.errors import ModelError
from safepassage.model.arrays import FloatArray, OffsetArray

_EARTH_RADIUS_M = 6_371_000.0


@dataclass(frozen=True, slots=True)
class ClosureChance:
    """
    Links that may shut, or carry less, together.

    Attributes
    ----------
    id, name : str
        Unique id, and what people call it.
    links : tuple of int
        Link indices that shut together (both directions of a crossing).
    probability : float
        That it happens in a future, 0 to 1.
    earliest_s, latest_s : float
        It happens at a time between them, each equally likely (s); equal for a known time.
    mean_length_s : float
        Mean of its exponential length (s); ``inf`` for good.
    fixed_length : bool
        True where the length is that number in every future.
    factor : float
        Share of the capacity that is left, 0 to 1; 0 shuts the links.
    latitude_deg, longitude_deg : float
        Where it lies.
    standing : str
        ``confirmed``, ``claimed`` or ``unclaimed``.
    """

    id: str
    name: str
    links: tuple[int, ...]
    probability: float
    earliest_s: float
    latest_s: float
    mean_length_s: float = math.inf
    fixed_length: bool = False
    factor: float = 0.0
    latitude_deg: float = 0.0
    longitude_deg: float = 0.0
    standing: str = "unclaimed"

    def __post_init__(self) -> None:
        for name in ("probability", "factor"):
            if not 0 <= getattr(self, name) <= 1:
                raise ModelError(f"closure {self.id}: {name} is {getattr(self, name)}; give 0 to 1")
        if not 0 <= self.earliest_s <= self.latest_s < math.inf:
            raise ModelError(f"closure {self.id}: give times 0 <= earliest_s <= latest_s")
        if not self.mean_length_s > 0:
            raise ModelError(f"closure {self.id}: mean_length_s is {self.mean_length_s}; give > 0")


@dataclass(frozen=True, slots=True)
class Closure:
    """
    A closure of one future.

    Attributes
    ----------
    chance : int
        Index of the `ClosureChance`.
    start_s, end_s : float
        When it holds (s); ``inf`` for good.
    """

    chance: int
    start_s: float
    end_s: float


class ClosureModel:
    """
    Draws closures; whether two happen together depends on how far apart they lie.

    Parameters
    ----------
    chances : sequence of ClosureChance
        What may shut.
    correlation_length_m : float, optional
        Distance at which the correlation of the normal scores has fallen to 1/e (m); 0 for independent.
    """

    def __init__(self, chances: Sequence[ClosureChance], correlation_length_m: float = 0.0) -> None:
        self.chances = tuple(chances)
        if not correlation_length_m >= 0:
            raise ModelError(f"correlation_length_m is {correlation_length_m}; give a number >= 0")
        chance = np.array([item.probability for item in self.chances], np.float64)
        # What is certain needs no score: a flood closes thousands of roads, too many for a matrix.
        self._open: OffsetArray = np.flatnonzero(chance < 1)
        uncertain = [self.chances[k] for k in self._open.tolist()]
        n = len(uncertain)
        correlation: FloatArray = np.eye(n)
        if correlation_length_m > 0 and n:
            correlation = np.exp(-_distances_m(uncertain) / correlation_length_m).astype(np.float64)
        # Places that coincide make the matrix singular; so little does not change any draw that matters.
        self._root: FloatArray = np.linalg.cholesky(correlation + 1e-9 * np.eye(n)).astype(np.float64)
        self._threshold: FloatArray = ndtri(chance)

    def draw(self, random: np.random.Generator) -> tuple[Closure, ...]:
        """
        Draw one future's closures.

        Parameters
        ----------
        random : Generator
            The future's stream of closures; as much is taken from it whatever happens.

        Returns
        -------
        tuple of Closure
            In the order of the chances.
        """
        n = len(self.chances)
        score = np.full(n, -math.inf)
        score[self._open] = self._root @ random.standard_normal(n)[self._open]
        when, length = random.random(n), random.standard_exponential(n)
        drawn = []
        for k in np.flatnonzero(score < self._threshold).tolist():
            item = self.chances[k]
            start_s = item.earliest_s + when[k] * (item.latest_s - item.earliest_s)
            stretch = 1.0 if item.fixed_length else float(length[k])
            drawn.append(Closure(k, float(start_s), float(start_s + max(stretch * item.mean_length_s, 1.0))))
        return tuple(drawn)


def distance_m(
    latitude_deg: FloatArray,
    longitude_deg: FloatArray,
    to_latitude_deg: FloatArray,
    to_longitude_deg: FloatArray,
) -> FloatArray:
    """
    Distances over a district, on a flat earth.

    Parameters
    ----------
    latitude_deg, longitude_deg : float64[n]
        From where.
    to_latitude_deg, to_longitude_deg : float64[m]
        To where.

    Returns
    -------
    float64[n, m]
        Distances (m).
    """
    north = np.radians(latitude_deg[:, None] - to_latitude_deg[None, :])
    middle = np.radians((latitude_deg[:, None] + to_latitude_deg[None, :]) / 2)
    east = np.radians(longitude_deg[:, None] - to_longitude_deg[None, :]) * np.cos(middle)
    metres: FloatArray = _EARTH_RADIUS_M * np.hypot(north, east)
    return metres


def _distances_m(chances: Sequence[ClosureChance]) -> FloatArray:
    latitude = np.array([item.latitude_deg for item in chances])
    longitude = np.array([item.longitude_deg for item in chances])
    return distance_m(latitude, longitude, latitude, longitude)
