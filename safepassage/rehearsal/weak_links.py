"""How critical each used road is: what its loss costs by the map, by the futures, and when it is played."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import dijkstra

from safepassage.model.arrays import FlagArray, FloatArray
from safepassage.model.network import RoadNetwork
from safepassage.progress import NoProgress, Progress
from safepassage.rehearsal.play import Stage
from safepassage.rehearsal.run import Batches, rehearse
from safepassage.rehearsal.statistics import Comparison, compared
from safepassage.rehearsal.tally import Tally
from safepassage.threat.barriers import turns
from safepassage.units import SECONDS_PER_HOUR

_MOST_SEARCHES = 300


@dataclass(frozen=True, slots=True)
class Shut:
    """
    The futures in which a road was shut against those in which it was not.

    Attributes
    ----------
    futures : int
        In how many it was shut.
    harm, harm_error : float
        Mean harm when shut less mean harm when not, and its standard error; NaN where one is missing.
    stranded : float
        The same of persons who were not out.
    """

    futures: int
    harm: float
    harm_error: float
    stranded: float


@dataclass(frozen=True, slots=True)
class WeakLink:
    """
    A road, or a river crossing with both its directions.

    Attributes
    ----------
    name : str
        Of the crossing, or the link's id.
    is_crossing : bool
        Whether it is a river crossing.
    links : tuple of int
        Link indices that are lost together.
    persons : int
        Persons whom the plan leads over it.
    no_other_way : int or None
        Those of them who have no other way to any safe place; None where it was not searched.
    extra_person_hours : float or None
        What the others lose by the fastest other way on empty roads.
    shut : Shut
        What the futures say in which it was shut.
    played : Comparison or None
        The plan with it lost from the start on, less the plan as it is; None where it was not played.
    """

    name: str
    is_crossing: bool
    links: tuple[int, ...]
    persons: int
    no_other_way: int | None
    extra_person_hours: float | None
    shut: Shut
    played: Comparison | None = None


def weak_links(stage: Stage, tally: Tally) -> tuple[WeakLink, ...]:
    """
    Estimate for each road that the plan uses what its loss would cost.

    Parameters
    ----------
    stage : Stage
        What was played.
    tally : Tally
        Its futures.

    Returns
    -------
    tuple of WeakLink
        Most critical first: by persons without another way, then by hours lost, then by persons. Ways are
        searched for the 300 with most persons.
    """
    network, parties = stage.scenario.network, stage.parties
    on_course = np.bincount(parties.course, weights=parties.persons, minlength=len(parties.courses))
    time_s = network.free_flow_time_s
    course_s = np.array([time_s[list(course)].sum() for course in parties.courses])
    origin = np.array([network.from_node[course[0]] if course else -1 for course in parties.courses])
    by_road: dict[str, set[int]] = {}
    for number, course in enumerate(parties.courses):
        for link in course:
            by_road.setdefault(network.crossing[link] or network.link_id[link], set()).add(number)
    by_crossing: dict[str, list[int]] = {}
    for link, name in enumerate(network.crossing):
        if name:
            by_crossing.setdefault(name, []).append(link)
    index = {link: k for k, link in enumerate(network.link_id)}
    roads = sorted(by_road, key=lambda name: (-on_course[list(by_road[name])].sum(), name))
    ways = _WaysOut(stage)
    found = []
    for place, name in enumerate(roads):
        courses = np.array(sorted(by_road[name]))
        links = tuple(by_crossing[name]) if name in by_crossing else (index[name],)
        persons = on_course[courses]
        no_way, hours = None, None
        if place < _MOST_SEARCHES:
            way_s = ways.from_nodes_without(links)[origin[courses]]
            no_way = int(persons[~np.isfinite(way_s)].sum())
            later_s = np.where(np.isfinite(way_s), np.maximum(way_s - course_s[courses], 0), 0)
            hours = float(persons @ later_s) / SECONDS_PER_HOUR
        shut = _when_shut(stage, tally, links)
        crossing = name in by_crossing
        found.append(WeakLink(name, crossing, links, int(persons.sum()), no_way, hours, shut))
    return tuple(sorted(found, key=_rank))


def play_without(
    stage: Stage,
    tally: Tally,
    roads: tuple[WeakLink, ...],
    *,
    top: int = 5,
    futures: int = 50,
    batches: Batches | None = None,
    progress: Progress | None = None,
) -> tuple[WeakLink, ...]:
    """
    Play the plan without the most critical roads, one at a time, in the same futures.

    Parameters
    ----------
    stage, tally : Stage, Tally
        What was played, and what it said.
    roads : tuple of WeakLink
        From `weak_links`.
    top : int, optional
        How many of the first are played; river crossings are always.
    futures : int, optional
        In how many futures each.
    batches : callable, optional
        Who plays them.
    progress : Progress, optional
        Told of each.

    Returns
    -------
    tuple of WeakLink
        In the same order.
    """
    count = min(tally.futures, futures)
    progress = progress or NoProgress()
    played = []
    for place, road in enumerate(roads):
        if count > 1 and (place < top or road.is_crossing):
            without = rehearse(stage, count, batches=batches, lost=road.links)
            played.append(replace(road, played=compared(tally, without)))
            progress.advance()
        else:
            played.append(road)
    return tuple(played)


def _rank(road: WeakLink) -> tuple[float, float, int, str]:
    return -(road.no_other_way or 0), -(road.extra_person_hours or 0.0), -road.persons, road.name


def _when_shut(stage: Stage, tally: Tally, links: tuple[int, ...]) -> Shut:
    """Futures in which a chance that shuts any of the links came true, against the others."""
    chances = [
        k
        for k, chance in enumerate(stage.draws.chances)
        if chance.factor == 0 and not set(links).isdisjoint(chance.links)
    ]
    if not chances:
        return Shut(0, math.nan, math.nan, math.nan)
    # Where several chances shut one road they are counted as if no future held two of them.
    futures, *shut = tally.closed.sums[chances].sum(axis=0).tolist()
    harm, stranded = tally.harm, tally.stranded
    totals = [harm.sum(), (harm**2).sum(), stranded.sum(), (stranded**2).sum()]
    rest = tally.futures - futures
    if futures < 1 or rest < 1:
        return Shut(int(futures), math.nan, math.nan, math.nan)
    open_ = [whole - part for whole, part in zip(totals, shut, strict=True)]
    error = math.inf
    if futures > 1 and rest > 1:
        error = math.sqrt(_error_squared(shut, futures) + _error_squared(open_, rest))
    return Shut(
        int(futures), shut[0] / futures - open_[0] / rest, error if error < math.inf else math.nan,
        shut[2] / futures - open_[2] / rest,
    )  # fmt: skip


def _error_squared(sums: list[float], n: float) -> float:
    return max(sums[1] - sums[0] ** 2 / n, 0.0) / (n - 1) / n


class _WaysOut:
    """Time to the nearest safe place on empty roads, from every node, without some links."""

    def __init__(self, stage: Stage) -> None:
        network = stage.scenario.network
        self._network: RoadNetwork = network
        safe = {site.node for site in stage.scenario.sites if site.safe and site.node}
        at_safe = np.array([node in safe for node in network.node_id], np.bool_)
        self._open: FlagArray = network.capacity_pcu_per_h > 0
        self._ends = np.flatnonzero(at_safe[network.to_node] & self._open)
        self._turns = turns(network).tocoo()
        self._time_s: FloatArray = network.free_flow_time_s

    def from_nodes_without(self, lost: tuple[int, ...]) -> FloatArray:
        """Seconds from each node, float64[n_nodes + 1] (the last stands for no node); ``inf`` for no way."""
        n = self._network.n_links
        usable = self._open.copy()
        usable[list(lost)] = False
        keep = usable[self._turns.row] & usable[self._turns.col]
        ends = self._ends[usable[self._ends]]
        # Backwards from a root that stands for "out"; each link is charged to whoever enters it.
        row = np.concatenate([self._turns.col[keep], np.full(len(ends), n)])
        column = np.concatenate([self._turns.row[keep], ends])
        graph = sp.csr_array((self._time_s[column], (row, column)), shape=(n + 1, n + 1))
        from_link = dijkstra(graph, indices=np.array([n]))[0, :n]
        nearest = np.full(self._network.n_nodes + 1, np.inf)
        np.minimum.at(nearest, self._network.from_node[usable], from_link[usable])
        nearest[-1] = 0.0
        return nearest
