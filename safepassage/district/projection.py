"""Degrees outside, metres inside: the projection is chosen from the area and recorded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyproj

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Projection:
    """
    A metric projection.

    Attributes
    ----------
    epsg : int
        Its number.
    """

    epsg: int

    @property
    def name(self) -> str:
        """Such as ``EPSG:32637``."""
        return f"EPSG:{self.epsg}"

    def to_metres(self, longitude_deg: npt.ArrayLike, latitude_deg: npt.ArrayLike) -> Floats:
        """
        Positions in metres.

        Parameters
        ----------
        longitude_deg, latitude_deg : array_like of float, n
            WGS84.

        Returns
        -------
        float64[n, 2]
            Easting and northing (m).
        """
        east, north = _transformer(self.epsg).transform(np.asarray(longitude_deg), np.asarray(latitude_deg))
        return np.stack([np.atleast_1d(east), np.atleast_1d(north)], axis=-1)


def projection_for(longitude_deg: float, latitude_deg: float) -> Projection:
    """
    The UTM zone of a place.

    Parameters
    ----------
    longitude_deg, latitude_deg : float
        Middle of the area (degrees).

    Returns
    -------
    Projection
        Lengths in it are true to 0.1 % within the zone.
    """
    zone = int((longitude_deg + 180) // 6) % 60 + 1
    return Projection((32600 if latitude_deg >= 0 else 32700) + zone)


@cache
def _transformer(epsg: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(4326, epsg, always_xy=True)
