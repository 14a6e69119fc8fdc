"""Where cars were when, for the page's moving dots: whole numbers, few enough for one page."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from safepassage.model.arrays import FlagArray
from safepassage.model.events import MoveBlock
from safepassage.model.plan import Plan

MOST_CARS = 5_000
# About three characters each in the page.
MOST_MOVES = 300_000
TICKS_PER_S = 1_000_000


@dataclass(frozen=True, slots=True)
class CarTracks:
    """
    Tracks of some or all cars of a plan.

    Attributes
    ----------
    ways : list of list of int
        Links by number, each way once; -1 where a car stands off the road.
    cars : list of list of int
        Of each car its way, when it entered the first link (s), and the seconds to each next entry; the last
        is when it left the road.
    shown, of : int
        How many cars were chosen, of how many.
    """

    ways: list[list[int]]
    cars: list[list[int]]
    shown: int
    of: int

    def payload(self) -> dict[str, Any]:
        """Plain values that JSON can hold, as ``assets/cars.js`` reads them."""
        return {"ways": self.ways, "cars": self.cars, "of": self.of}


class CarMoves:
    """
    Keeps the moves of chosen cars while a plan is played.

    Parameters
    ----------
    plan : Plan
        What is played; its cars are numbered first, wave by wave.
    most_cars, most_moves : int
        Cars are left out evenly until neither is passed.
    """

    def __init__(self, plan: Plan, *, most_cars: int = MOST_CARS, most_moves: int = MOST_MOVES) -> None:
        self._of = sum(wave.vehicles for wave in plan.waves)
        self._keep = _chosen(plan, self._of, most_cars, most_moves)
        self._blocks: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def __call__(self, block: MoveBlock) -> None:
        """
        Take the next moves.

        Parameters
        ----------
        block : MoveBlock
            Only moves of chosen cars are kept.
        """
        own = np.flatnonzero(block.vehicle < self._of)
        own = own[self._keep[block.vehicle[own]]]
        self._blocks.append((block.time_tick[own], block.vehicle[own], block.link[own]))

    def tracks(self) -> CarTracks:
        """
        Make tracks of what was kept.

        Returns
        -------
        CarTracks
            By car number; cars that never moved have none.
        """
        shown = int(self._keep.sum())
        if not self._blocks:
            return CarTracks([], [], shown, self._of)
        time, vehicle, link = (np.concatenate(parts) for parts in zip(*self._blocks, strict=True))
        order = np.argsort(vehicle, kind="stable")
        time_s = np.round(time[order] / TICKS_PER_S).astype(np.int64)
        vehicle, link = vehicle[order], link[order]
        edges = [0, *(np.flatnonzero(np.diff(vehicle)) + 1).tolist(), len(vehicle)]
        number_of: dict[tuple[int, ...], int] = {}
        cars = []
        for first, last in pairwise(edges):
            if last - first < 2:
                continue
            way = tuple(link[first : last - 1].tolist())
            own_s = time_s[first:last]
            steps = np.diff(own_s, prepend=0).tolist()
            cars.append([number_of.setdefault(way, len(number_of)), *steps])
        return CarTracks([list(way) for way in number_of], cars, shown, self._of)


def _chosen(plan: Plan, n_cars: int, most_cars: int, most_moves: int) -> FlagArray:
    length = {route.id: len(route.links) + 1 for route in plan.routes}
    moves = sum(length[wave.route] * wave.vehicles for wave in plan.waves)
    share = min(1.0, most_cars / max(n_cars, 1), most_moves / max(moves, 1))
    most = n_cars if share == 1.0 else int(share * n_cars)
    keep = np.zeros(n_cars, np.bool_)
    keep[np.arange(most) * n_cars // max(most, 1)] = True
    return keep
