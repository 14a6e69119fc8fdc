"""What many futures say, summed up one future at a time: memory does not hold the futures themselves."""

from __future__ import annotations

import hashlib
import math
from array import array

import numpy as np

from safepassage.errors import ModelError
from safepassage.model.arrays import FloatArray, OffsetArray
from safepassage.rehearsal.play import COUNTS, SHARES, FutureResult, Stage
from safepassage.units import SECONDS_PER_HOUR

_STEPS = 1000
_BIN_S = 300.0
_LEAST_HARM, _RATIO, _HARM_BINS = 1e-12, 1.02, 2000


class Tally:
    """
    Figures of the futures of one plan that were counted so far.

    Of each future a row of eight numbers is kept; everything else has a fixed size.

    Parameters
    ----------
    stage : Stage
        What is played.
    """

    def __init__(self, stage: Stage) -> None:
        n_places = len(stage.parties.people)
        n_hours = math.ceil(stage.horizon_s / SECONDS_PER_HOUR)
        self.place_ids = tuple(place.id for place in stage.scenario.in_scope)
        self.counts: OffsetArray = np.zeros((n_places, len(COUNTS)), np.int64)
        self.harm_by_place: FloatArray = np.zeros((n_places, 4))
        self.harm_by_group: FloatArray = np.zeros(4)
        self.stay_by_place: FloatArray = np.zeros(n_places)
        self.held_at: dict[str, tuple[int, int]] = {}
        self.closed = ClosedSums(len(stage.draws.chances))
        self.out_by_hour = Steps(n_hours + 1, int(stage.parties.people.sum()))
        self.place_harm = Tail(n_places)
        self.group_harm = Tail(4)
        self.last_out = LastOut(n_places, stage.horizon_s)
        self._rows = array("d")
        self._digest = hashlib.sha256()

    @property
    def futures(self) -> int:
        """Futures that were counted."""
        return len(self._rows) // 8

    @property
    def digest(self) -> str:
        """SHA-256 (hexadecimal) over all that the futures say, in order; equal for equal rehearsals."""
        return self._digest.hexdigest()

    @property
    def rows(self) -> FloatArray:
        """The numbers kept of each future, float64[n_futures, 8]."""
        return np.frombuffer(self._rows, np.float64).reshape(-1, 8)

    @property
    def harm(self) -> FloatArray:
        """Expected casualties of each future."""
        return self.rows[:, 0]

    @property
    def accidents(self) -> FloatArray:
        """Those of accidents."""
        return self.rows[:, 1]

    @property
    def stay(self) -> FloatArray:
        """Those if all who are there stayed at home."""
        return self.rows[:, 2]

    @property
    def stranded(self) -> FloatArray:
        """Willing persons of each future who were not out at the horizon."""
        return self.rows[:, 3]

    @property
    def clearance_s(self) -> FloatArray:
        """When the last of each future who got out did (s); NaN where nobody did."""
        return self.rows[:, 4]

    @property
    def share_out_s(self) -> FloatArray:
        """When each of the shares of the willing was out (s); ``inf`` for never."""
        return self.rows[:, 5:]

    def add(self, result: FutureResult) -> None:
        """
        Count the next future.

        Parameters
        ----------
        result : FutureResult
            Of the number that comes next.

        Raises
        ------
        ModelError
            If it is not the next one.
        """
        if result.number != self.futures:
            raise ModelError(f"future {result.number} cannot be counted after {self.futures} futures")
        harm = result.harm
        total, stranded = harm.total, result.stranded
        self._digest.update(result.digest.encode())
        self._rows.extend(
            (total, harm.accidents, harm.if_all_stay, stranded, result.clearance_s, *result.share_out_s)
        )
        self.counts += result.counts
        self.harm_by_place += harm.by_place
        self.harm_by_group += harm.by_group
        self.stay_by_place += harm.stay
        for place, persons in result.held_at:
            futures, before = self.held_at.get(place, (0, 0))
            self.held_at[place] = (futures + 1, before + persons)
        self.closed.add(result.closures, total, stranded)
        self.out_by_hour.add(result.out_by_hour)
        self.place_harm.add(harm.by_place.sum(axis=1))
        self.group_harm.add(harm.by_group)
        self.last_out.add(result.last_out_s)


class ClosedSums:
    """
    Sums over the futures in which each closure came true.

    Parameters
    ----------
    n_chances : int
        Closures that may come true.

    Attributes
    ----------
    sums : float64[n_chances, 5]
        Futures, harm, its square, persons stranded, their square.
    """

    def __init__(self, n_chances: int) -> None:
        self.sums: FloatArray = np.zeros((n_chances, 5))

    def add(self, closures: tuple[int, ...], harm: float, stranded: float) -> None:
        """Count one future."""
        if closures:
            self.sums[list(dict.fromkeys(closures))] += (1.0, harm, harm**2, stranded, stranded**2)


class Steps:
    """
    How often each number of persons occurred, hour by hour, in steps of a thousandth of the people.

    Parameters
    ----------
    n_hours : int
        Hours that are counted.
    people : int
        Persons in scope; up to twice as many may turn out to be there.
    """

    def __init__(self, n_hours: int, people: int) -> None:
        self.step = max(1, math.ceil(people / _STEPS))
        self._count: OffsetArray = np.zeros((n_hours, 2 * _STEPS + 1), np.int64)
        self._hours = np.arange(n_hours)

    def add(self, persons: OffsetArray) -> None:
        """Count one future, int64[n_hours]."""
        self._count[self._hours, np.minimum(persons // self.step, 2 * _STEPS)] += 1

    def quantiles(self, levels: tuple[float, ...]) -> FloatArray:
        """
        Quantiles of each hour.

        Parameters
        ----------
        levels : tuple of float
            Above 0, at most 1.

        Returns
        -------
        float64[n_hours, n_levels]
            Persons, rounded down to a step.
        """
        reached = np.cumsum(self._count, axis=1)
        total = reached[:, -1:]
        places = [(reached >= np.ceil(level * total - 1e-9)).argmax(axis=1) for level in levels]
        return (np.stack(places, axis=1) * self.step).astype(np.float64)


class Tail:
    """
    Distribution of small positive amounts, in bins 2 % wide that keep their sums.

    Parameters
    ----------
    n : int
        Amounts that are followed.
    """

    def __init__(self, n: int) -> None:
        self._count: OffsetArray = np.zeros((n, _HARM_BINS), np.int64)
        self._sum: FloatArray = np.zeros((n, _HARM_BINS))
        self._rows = np.arange(n)

    def add(self, amounts: FloatArray) -> None:
        """Count one future, float64[n]."""
        scale = np.log(np.maximum(amounts, _LEAST_HARM) / _LEAST_HARM) / math.log(_RATIO)
        place = np.minimum(scale.astype(np.int64), _HARM_BINS - 1)
        self._count[self._rows, place] += 1
        self._sum[self._rows, place] += amounts

    def shortfall(self, level: float) -> FloatArray:
        """
        Mean of the worst share of the futures (CVaR) of each amount.

        Parameters
        ----------
        level : float
            The worst ``1 - level`` counts.

        Returns
        -------
        float64[n]
            Exact but for the bin on the edge, of which the mean is taken for the part that counts.
        """
        count, total = self._count[:, ::-1], self._sum[:, ::-1]
        weight = (1 - level) * count.sum(axis=1, keepdims=True)
        before = np.cumsum(count, axis=1) - count
        taken = np.clip(weight - before, 0, count)
        part = np.divide(taken, count, out=np.zeros(count.shape), where=count > 0)
        mean: FloatArray = (part * total).sum(axis=1) / weight[:, 0]
        return mean


class LastOut:
    """
    When the last willing person of each settlement was out, in bins of five minutes.

    Parameters
    ----------
    n_places : int
        Settlements.
    horizon_s : float
        Latest time (s).
    """

    def __init__(self, n_places: int, horizon_s: float) -> None:
        self._never = math.ceil(horizon_s / _BIN_S) + 1
        self._count: OffsetArray = np.zeros((n_places, self._never + 1), np.int64)

    def add(self, last_s: FloatArray) -> None:
        """Count one future, float64[n_places]; ``inf`` for never, NaN where nobody was willing."""
        there = np.flatnonzero(~np.isnan(last_s))
        place = np.minimum(np.ceil(last_s[there] / _BIN_S), self._never).astype(np.int64)
        self._count[there, place] += 1

    def quantile_s(self, level: float) -> FloatArray:
        """
        By when all are out in a share of the futures.

        Parameters
        ----------
        level : float
            Above 0, at most 1.

        Returns
        -------
        float64[n_places]
            Seconds, rounded up to five minutes; ``inf`` where they are not, NaN where nobody was willing.
        """
        reached = np.cumsum(self._count, axis=1)
        total = reached[:, -1]
        place = (reached >= np.ceil(level * total[:, None] - 1e-9)).argmax(axis=1)
        time_s = np.where(place == self._never, math.inf, place * _BIN_S)
        return np.where(total > 0, time_s, math.nan).astype(np.float64)


SHARE_COLUMNS = dict(zip(SHARES, range(len(SHARES)), strict=True))
