"""Where vehicles were when, to be drawn as moving dots; thinned, and saying so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from safepassage.model.arrays import FlagArray, FloatArray, IndexArray, OffsetArray
from safepassage.model.events import MoveBlock, MoveHeading, VehicleKind
from safepassage.model.network import RoadNetwork

MOST_VEHICLES = 600


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """
    The way of one vehicle.

    Attributes
    ----------
    vehicle : int
        Its number.
    kind : VehicleKind
        Whose it is.
    id : str
        Of its wave, itself, or its background flow.
    time_s, longitude_deg, latitude_deg : float64[n]
        Where it was when: at the ends of links and at the bends between, times even along a link (s,
        degrees).
    off_road : bool[n]
        True where it stands off the road from this point to the next.
    """

    vehicle: int
    kind: VehicleKind
    id: str
    time_s: FloatArray
    longitude_deg: FloatArray
    latitude_deg: FloatArray
    off_road: FlagArray

    def position(self, time_s: float) -> tuple[float, float] | None:
        """
        Where the vehicle is at a time.

        Parameters
        ----------
        time_s : float
            Seconds since the start.

        Returns
        -------
        tuple of (longitude, latitude), or None
            Degrees; None where it is not on the road.
        """
        after = int(np.searchsorted(self.time_s, time_s, side="right"))
        if after in (0, len(self.time_s)) or self.off_road[after - 1]:
            return None
        here, there = after - 1, after
        share = (time_s - self.time_s[here]) / (self.time_s[there] - self.time_s[here])
        return (
            float(self.longitude_deg[here] + share * (self.longitude_deg[there] - self.longitude_deg[here])),
            float(self.latitude_deg[here] + share * (self.latitude_deg[there] - self.latitude_deg[here])),
        )


@dataclass(frozen=True, slots=True, eq=False)
class VehicleTracks:
    """
    Tracks of some or all vehicles.

    Attributes
    ----------
    tracks : tuple of Track
        By vehicle number; vehicles that never moved have none.
    shown, of : int
        How many vehicles were chosen of how many.
    """

    tracks: tuple[Track, ...]
    shown: int
    of: int

    @property
    def thinned(self) -> bool:
        """True where vehicles were left out: whoever shows the tracks has to say so."""
        return self.shown < self.of


def vehicle_tracks(
    heading: MoveHeading,
    blocks: Iterable[MoveBlock],
    network: RoadNetwork,
    *,
    most_vehicles: int = MOST_VEHICLES,
) -> VehicleTracks:
    """
    Make tracks of moves.

    Parameters
    ----------
    heading : MoveHeading
        What the moves are about.
    blocks : iterable of MoveBlock
        The moves in order; read once, and only those of chosen vehicles are kept.
    network : RoadNetwork
        The roads that were played.
    most_vehicles : int
        At most so many vehicles; of each kind its share, the fleet first, evenly by number.

    Returns
    -------
    VehicleTracks
        The same for the same moves.
    """
    chosen = _chosen(heading, most_vehicles)
    keep = np.zeros(heading.n_vehicles, np.bool_)
    keep[chosen] = True
    time, vehicle, link = _kept(blocks, keep)
    order = np.argsort(vehicle, kind="stable")
    time, vehicle, link = time[order], vehicle[order], link[order]
    first = np.searchsorted(vehicle, chosen, side="left")
    last = np.searchsorted(vehicle, chosen, side="right")
    tracks = tuple(
        _track(heading, int(number), time[a:b] / 1e6, link[a:b], network)
        for number, a, b in zip(chosen.tolist(), first.tolist(), last.tolist(), strict=True)
        if b - a > 1
    )
    return VehicleTracks(tracks, len(chosen), heading.n_vehicles)


def _kept(blocks: Iterable[MoveBlock], keep: FlagArray) -> tuple[FloatArray, IndexArray, IndexArray]:
    times, vehicles, links = [np.zeros(0)], [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
    for block in blocks:
        own = keep[block.vehicle]
        times.append(block.time_tick[own].astype(np.float64))
        vehicles.append(block.vehicle[own])
        links.append(block.link[own])
    return np.concatenate(times), np.concatenate(vehicles), np.concatenate(links)


def _chosen(heading: MoveHeading, most: int) -> OffsetArray:
    """Numbers of the vehicles to show: the fleet as far as it goes, then the others evenly."""
    kinds = np.repeat(
        [block.kind == VehicleKind.FLEET for block in heading.vehicles],
        [block.count for block in heading.vehicles],
    )
    fleet, others = np.flatnonzero(kinds), np.flatnonzero(~kinds)
    fleet = _evenly(fleet, most)
    return np.sort(np.concatenate([fleet, _evenly(others, most - len(fleet))]))


def _evenly(numbers: OffsetArray, most: int) -> OffsetArray:
    if len(numbers) <= most:
        return numbers
    return numbers[np.arange(most) * len(numbers) // max(most, 1)]


def _track(
    heading: MoveHeading, vehicle: int, time_s: FloatArray, link: IndexArray, network: RoadNetwork
) -> Track:
    times: list[float] = []
    points: list[tuple[float, float]] = []
    off_road: list[bool] = []
    for k in range(len(time_s) - 1):
        if link[k] < 0:
            # It stands where it left the road until it enters again.
            off_road[-1] = True
            continue
        course = _course(network, int(link[k]))
        shares = _shares(course)
        times += (time_s[k] + shares * (time_s[k + 1] - time_s[k])).tolist()
        points += course
        off_road += [False] * len(course)
    if link[-1] >= 0:
        off_road[-1] = True
    block = heading.block_of(vehicle)
    place = np.array(points, np.float64).reshape(-1, 2)
    return Track(
        vehicle, block.kind, block.id, np.array(times), place[:, 0], place[:, 1], np.array(off_road, np.bool_)
    )


def _course(network: RoadNetwork, link: int) -> list[tuple[float, float]]:
    tail, head = int(network.from_node[link]), int(network.to_node[link])
    if len(network.geometry[link]) >= 2:
        return [(float(x), float(y)) for x, y in network.geometry[link]]
    return [(float(network.longitude_deg[node]), float(network.latitude_deg[node])) for node in (tail, head)]


def _shares(course: list[tuple[float, float]]) -> FloatArray:
    """Share of the way at each point of a course."""
    place = np.array(course)
    steps = np.hypot(*(np.diff(place, axis=0) * [np.cos(np.radians(place[0, 1])), 1.0]).T)
    way = np.concatenate([[0.0], np.cumsum(steps)])
    shares: FloatArray = way / way[-1] if way[-1] > 0 else np.linspace(0.0, 1.0, len(course))
    return shares
