"""Vehicles of the fleet whose road is closed ahead of them: another way, another place, or back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from safepassage.model.people import NeedCount, PeopleCount
from safepassage.model.plan import Leg, Load, Trip
from safepassage.planner.surge.problem import SurgeProblem
from safepassage.planner.surge.snapshot import Snapshot

_NOT_BEGUN = -1


@dataclass(frozen=True, slots=True)
class DivertedTrip:
    """
    What becomes of a trip.

    Attributes
    ----------
    trip : Trip or None
        As it goes on; None where the vehicle turns back to where it set off.
    drives : tuple of int
        For each drive of the trip the number of the old drive that it goes on with; -1 where it is new.
    changed : bool
        Whether it differs from the old one.
    broken_off : bool
        Whether passengers who had been called or taken on are left where they wait.
    free_s : int
        A vehicle that turned back is not free before (s); 0 otherwise.
    """

    trip: Trip | None
    drives: tuple[int, ...]
    changed: bool = False
    broken_off: bool = False
    free_s: int = 0


class Diversion:
    """
    Finds ways over the roads as they are known now.

    Parameters
    ----------
    problem : SurgeProblem
        Roads and places.
    havens : sequence of str
        Site ids of safe places to which people may be brought instead.
    """

    def __init__(self, problem: SurgeProblem, havens: Sequence[str]) -> None:
        self.problem = problem
        self.havens = tuple(havens)
        self.closed = problem.roads.capacity_pcu_per_h <= 0
        scenario = problem.scenario
        nodes = {place.id: place.node for place in scenario.settlements}
        nodes |= {site.id: site.node for site in scenario.sites}
        self.safe = frozenset(site.id for site in scenario.sites if site.safe)
        self.departs_s: dict[str, float] = {}
        for service in scenario.services:
            last_s = max(service.departs_s, default=0.0)
            self.departs_s[service.from_site] = max(last_s, self.departs_s.get(service.from_site, 0.0))
        self.node = {site: problem.node_index[node] for site, node in nodes.items() if node}

    def follow(self, snapshot: Snapshot, number: int) -> DivertedTrip:
        """
        See whether a trip can go on as planned, and what it does otherwise.

        Parameters
        ----------
        snapshot : Snapshot
            Where the vehicle is.
        number : int
            Index of the trip.

        Returns
        -------
        DivertedTrip
            A stop that cannot be reached is left out; people aboard are brought to the nearest safe place
            that can be reached; where there is none the vehicle goes back to its last stop and sets them
            down there.
        """
        trip = snapshot.plan.trips[number]
        first = snapshot.traffic.trip_leg[number]
        n = len(trip.legs) - 1
        chains = [self._chain(leg) for leg in trip.legs[1:]]
        entered = [int(snapshot.entered[first + k]) for k in range(n)]
        ended = [bool(snapshot.ended[first + k]) for k in range(n)]
        if not any(not ended[k] and self.closed[chains[k][entered[k] :]].any() for k in range(n)):
            return DivertedTrip(trip, tuple(range(n)))
        return _Course(self, snapshot, trip, chains, entered, ended).run()

    def _chain(self, leg: Leg) -> list[int]:
        return [self.problem.link_index[link] for link in leg.links]

    def way(self, start: list[int], here: str, site: str) -> list[int] | None:
        """All links to a site: on from the last of ``start``, or from the site ``here``."""
        paths, end = self.problem.paths, self.node[site]
        if start:
            onward = paths.onward(start[-1], end)
            return None if onward is None else [*start, *onward]
        if not math.isfinite(paths.time_s(self.node[here], end)):
            return None
        return list(paths.links(self.node[here], end))


class _Course:
    """One trip on its new course."""

    def __init__(
        self,
        diversion: Diversion,
        snapshot: Snapshot,
        trip: Trip,
        chains: list[list[int]],
        entered: list[int],
        ended: list[bool],
    ) -> None:
        self.diversion = diversion
        self.snapshot = snapshot
        self.trip = trip
        self.chains, self.entered, self.ended = chains, entered, ended
        self.legs: list[Leg] = [trip.legs[0]]
        self.drives: list[int] = []
        self.broken_off = False

    def run(self) -> DivertedTrip:
        """Go from stop to stop."""
        start: list[int] = []
        began = _NOT_BEGUN
        for k, leg in enumerate(self.trip.legs[1:]):
            if self.ended[k] or (not start and not self._blocked(k)):
                self._arrive(leg, self.chains[k], k)
                continue
            if not start and self.entered[k]:
                start, began = self.chains[k][: self.entered[k]], k
            links, site = self._way(start, leg, last=k == len(self.chains) - 1)
            if links is None:
                if leg.board:
                    # This stop is left out; its passengers wait for another vehicle.
                    self.broken_off = True
                    continue
                return self._back()
            moved = leg if site == leg.site else replace(leg, site=site)
            self._arrive(moved, links, began if start else k)
            start, began = [], _NOT_BEGUN
        return self._finished()

    def _blocked(self, k: int) -> bool:
        here = self.legs[-1].site
        if here != self.trip.legs[k].site:
            return True
        return bool(self.diversion.closed[self.chains[k][self.entered[k] :]].any())

    def _way(self, start: list[int], leg: Leg, *, last: bool) -> tuple[list[int] | None, str]:
        diversion, here = self.diversion, self.legs[-1].site
        links = diversion.way(start, here, leg.site)
        if not last or not any(before.board for before in self.legs):
            return links, leg.site
        if links is not None and self._in_time(leg, links):
            return links, leg.site
        ways = {site: diversion.way(start, here, site) for site in diversion.havens}
        found = {site: way for site, way in ways.items() if way is not None}
        if not found:
            return None, leg.site
        nearest = min(found, key=lambda site: (self._time_s(found[site]), site))
        return found[nearest], nearest

    def _in_time(self, leg: Leg, links: list[int]) -> bool:
        """Whether a train is still to leave where people are only safe once they are on it."""
        if leg.site in self.diversion.safe:
            return True
        done_s = self.legs[-1].depart_s + self._time_s(links) + leg.depart_s - leg.arrive_s + 1
        return done_s <= self.diversion.departs_s.get(leg.site, -1.0)

    def _time_s(self, links: Sequence[int]) -> float:
        return float(np.sum(self.diversion.problem.roads.free_flow_time_s[list(links)]))

    def _arrive(self, leg: Leg, links: list[int], drive: int) -> None:
        before = self.legs[-1]
        names = self.diversion.problem.roads.link_id
        chain = tuple(names[link] for link in links)
        if chain == leg.links and before.depart_s <= leg.arrive_s:
            reached = leg
        else:
            arrive_s = before.depart_s + math.ceil(self._time_s(links))
            stand_s = leg.depart_s - leg.arrive_s
            depart_s = max(arrive_s + stand_s, leg.depart_s if leg.board else 0)
            reached = replace(leg, links=chain, arrive_s=arrive_s, depart_s=depart_s)
        self.legs.append(reached)
        self.drives.append(drive)

    def _finished(self) -> DivertedTrip:
        boards = [load for leg in self.legs for load in leg.board]
        if not boards:
            return self._back()
        legs = list(self.legs)
        if self.broken_off:
            legs[-1] = replace(legs[-1], alight=_summed(boards))
        return DivertedTrip(
            replace(self.trip, legs=tuple(legs)), tuple(self.drives), changed=True, broken_off=self.broken_off
        )

    def _back(self) -> DivertedTrip:
        """Back to the last stop: whoever got on there gets off again, and the rest of the trip falls away."""
        at_s = self.snapshot.at_s
        reached = list(zip(self.legs[1:], self.drives, strict=True))
        while reached and not self.ended[reached[-1][1]]:
            reached.pop()
        legs = tuple(
            replace(leg, board=(), alight=()) for leg in (self.legs[0], *(leg for leg, _ in reached))
        )
        # The way back takes as long as the way out took.
        free_s = math.ceil(max(at_s, 2 * at_s - legs[-1].depart_s))
        broken = any(leg.board for leg in self.trip.legs)
        trip = replace(self.trip, legs=legs) if reached else None
        drives = tuple(drive for _, drive in reached)
        return DivertedTrip(trip, drives, changed=True, broken_off=broken, free_s=free_s)


def _summed(loads: Sequence[Load]) -> tuple[Load, ...]:
    """One load a settlement."""
    names = sorted({load.settlement for load in loads})
    groups = [[load for load in loads if load.settlement == name] for name in names]
    return tuple(
        Load(
            name,
            sum(load.households for load in group),
            sum((load.people for load in group), PeopleCount()),
            sum((load.needs for load in group), NeedCount()),
        )
        for name, group in zip(names, groups, strict=True)
    )
