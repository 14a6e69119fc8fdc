"""Lines as well-known text."""

from __future__ import annotations

import math
import re

from safepassage.errors import ModelError
from safepassage.formats.numbers import shortest
from safepassage.model.network import LonLat

_LINE = re.compile(r"\s*LINESTRING\s*\(([^()]*)\)\s*", re.IGNORECASE)


def parse_line(text: str) -> tuple[LonLat, ...]:
    """
    Read a line.

    Parameters
    ----------
    text : str
        ``LINESTRING (lon lat, lon lat)``.

    Returns
    -------
    tuple of (lon, lat)
        Two points or more.

    Raises
    ------
    ModelError
        If the text is no line of WGS84 positions.
    """
    match = _LINE.fullmatch(text)
    if match is None:
        raise ModelError(f"{text[:40]!r} is no LINESTRING")
    try:
        points = tuple(
            (float(longitude), float(latitude))
            for longitude, latitude in (point.split() for point in match[1].split(","))
        )
    except ValueError as error:
        raise ModelError(f"{text[:40]!r} holds a point that is not two numbers") from error
    if len(points) < 2:
        raise ModelError(f"{text[:40]!r} has fewer than two points")
    for longitude, latitude in points:
        if not (math.isfinite(longitude) and abs(longitude) <= 180 and abs(latitude) <= 90):
            raise ModelError(f"{longitude} {latitude} is no position of WGS84")
    return points


def format_line(points: tuple[LonLat, ...]) -> str:
    """
    Write a line.

    Parameters
    ----------
    points : tuple of (lon, lat)
        Empty for no line.

    Returns
    -------
    str
        Well-known text; empty for no line.
    """
    if not points:
        return ""
    return f"LINESTRING ({', '.join(f'{shortest(lon)} {shortest(lat)}' for lon, lat in points)})"
