"""Moves of vehicles as they were played: who entered which link when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from safepassage.errors import ModelError
from safepassage.model.arrays import IndexArray

MOVES_SCHEMA_VERSION = 1


class VehicleKind(StrEnum):
    """Whose a vehicle is."""

    CAR = "car"
    FLEET = "fleet"
    BACKGROUND = "background"


@dataclass(frozen=True, slots=True)
class VehicleBlock:
    """
    Vehicles that are numbered one after the other.

    Attributes
    ----------
    kind : VehicleKind
        Whose they are.
    id : str
        Of the wave, the vehicle or the background flow.
    settlement : str
        Where the people of a wave live; empty for others.
    count : int
        How many vehicles.
    """

    kind: VehicleKind
    id: str
    settlement: str
    count: int


@dataclass(frozen=True, slots=True)
class MoveHeading:
    """
    What a stream of moves is about.

    Attributes
    ----------
    plan_id, scenario_hash, start : str
        What was played, and time zero (ISO 8601).
    audience, banner : str
        Who may read it; the mark of an exercise, or nothing.
    link_id : tuple of str
        Ids of the links by number.
    vehicles : tuple of VehicleBlock
        Vehicles by number, from 0 on.
    """

    plan_id: str
    scenario_hash: str
    start: str
    audience: str
    banner: str
    link_id: tuple[str, ...]
    vehicles: tuple[VehicleBlock, ...]

    @property
    def n_vehicles(self) -> int:
        """Number of vehicles."""
        return sum(block.count for block in self.vehicles)

    def block_of(self, vehicle: int) -> VehicleBlock:
        """
        The block of a vehicle.

        Parameters
        ----------
        vehicle : int
            Its number.

        Returns
        -------
        VehicleBlock
            Whose it is.

        Raises
        ------
        ModelError
            When there is no such vehicle.
        """
        first = 0
        for block in self.vehicles:
            first += block.count
            if 0 <= vehicle < first:
                return block
        raise ModelError(f"there is no vehicle {vehicle}; there are {first}")


@dataclass(frozen=True, slots=True, eq=False)
class MoveBlock:
    """
    Moves that follow each other, in the order in which they happened.

    Attributes
    ----------
    time_tick : int64[n]
        Microseconds since the start, never falling, from block to block either.
    vehicle : int32[n]
        Vehicle number.
    link : int32[n]
        Link that it enters; -1 where a leg ends or a full refuge sends it on, and it leaves the road.
    """

    time_tick: npt.NDArray[np.int64]
    vehicle: IndexArray
    link: IndexArray
