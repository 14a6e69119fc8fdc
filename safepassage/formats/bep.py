"""Reader of the public text files of the bus evacuation problem (Bish 2011)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from safepassage.errors import Fault, InputError, ModelError
from safepassage.i18n import _
from safepassage.model.arrays import FloatArray, equal_by_value, frozen_array


@dataclass(frozen=True, slots=True, eq=False)
class BusEvacuation:
    """
    One instance of the bus evacuation problem; a load fills one bus.

    Attributes
    ----------
    name : str
        The file's name without its ending.
    buses : tuple of int
        Buses of each yard.
    loads : tuple of int
        Loads that wait at each stop.
    room : tuple of int
        Loads that each shelter takes in.
    yard_to_stop : float64[n_yards, n_stops]
        Driving time in the file's unit, at least 0.
    stop_to_shelter : float64[n_stops, n_shelters]
        The same, in both directions.
    """

    name: str
    buses: tuple[int, ...]
    loads: tuple[int, ...]
    room: tuple[int, ...]
    yard_to_stop: FloatArray
    stop_to_shelter: FloatArray

    def __post_init__(self) -> None:
        shapes = {
            "yard_to_stop": (len(self.buses), len(self.loads)),
            "stop_to_shelter": (len(self.loads), len(self.room)),
        }
        for name, shape in shapes.items():
            times = frozen_array(getattr(self, name), np.float64)
            if times.shape != shape or not (np.isfinite(times).all() and (times >= 0).all()):
                raise ModelError(f"{name} must hold {shape} finite times of at least 0")
            object.__setattr__(self, name, times)
        for name in ("buses", "loads", "room"):
            if any(count < 0 for count in getattr(self, name)):
                raise ModelError(f"{name} is {getattr(self, name)}; give counts of at least 0")

    def __eq__(self, other: object) -> bool:
        return equal_by_value(self, other)

    __hash__ = None  # type: ignore[assignment]


def read_bus_evacuation(path: Path) -> BusEvacuation:
    """
    Read one instance.

    Parameters
    ----------
    path : Path
        Text file: ``buses yards``, a line ``yard buses`` for each yard, ``stops loads`` and the loads of
        each stop, ``shelters room`` and the room of each shelter, then a line for each yard with its
        number and its distances to the stops, and one for each stop with those to the shelters.

    Returns
    -------
    BusEvacuation
        As stated in the file; distances are not closed under the triangle rule.

    Raises
    ------
    InputError
        If a number is missing, is no number, or contradicts a total.
    """
    words = _Words(path)
    n_buses, n_yards = words.count(_("buses")), words.count(_("yards"))
    buses = tuple(words.numbered(k, 1)[0] for k in range(1, n_yards + 1))
    words.check_total(_("buses"), sum(buses), n_buses)
    n_stops, n_loads = words.count(_("stops")), words.count(_("loads"))
    loads = tuple(words.count(_("loads")) for _stop in range(n_stops))
    words.check_total(_("loads"), sum(loads), n_loads)
    n_shelters, n_room = words.count(_("shelters")), words.count(_("room"))
    room = tuple(words.count(_("room")) for _shelter in range(n_shelters))
    words.check_total(_("room"), sum(room), n_room)
    from_yards = [words.distances(k, n_stops) for k in range(1, n_yards + 1)]
    from_stops = [words.distances(k, n_shelters) for k in range(1, n_stops + 1)]
    words.check_end()
    return BusEvacuation(
        name=path.stem,
        buses=buses,
        loads=loads,
        room=room,
        yard_to_stop=np.array(from_yards, np.float64).reshape(n_yards, n_stops),
        stop_to_shelter=np.array(from_stops, np.float64).reshape(n_stops, n_shelters),
    )


class _Words:
    """The numbers of one file in order; the first fault ends the reading, as all that follows would shift."""

    def __init__(self, path: Path) -> None:
        self.file = path.name
        self.row = 0
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            problem = _("cannot be read ({reason})").format(reason=error)
            raise self._fault("", "", problem, _("give a text file")) from error
        self._words = [
            (row, word) for row, line in enumerate(text.splitlines(), start=1) for word in line.split()
        ]
        self._at = 0

    def _fault(self, column: str, value: str, problem: str, remedy: str) -> InputError:
        return InputError([Fault(self.file, self.row, column, value, problem, remedy)])

    def _next(self, column: str) -> str:
        if self._at == len(self._words):
            raise self._fault(
                column, "", _("the file ends too early"), _("give the numbers that are missing")
            )
        self.row, word = self._words[self._at]
        self._at += 1
        return word

    def count(self, column: str) -> int:
        """A whole number of at least 0."""
        word = self._next(column)
        if not word.isascii() or not word.isdigit():
            raise self._fault(
                column, word, _("is no whole number of at least 0"), _("give a count of at least 0")
            )
        return int(word)

    def numbered(self, number: int, n: int) -> list[int]:
        """A line's own number and its counts."""
        self._check_number(number)
        return [self.count(_("buses")) for _k in range(n)]

    def distances(self, number: int, n: int) -> list[float]:
        """A line's own number and its distances."""
        self._check_number(number)
        return [self._distance() for _k in range(n)]

    def _check_number(self, number: int) -> None:
        found = self.count(_("line"))
        if found != number:
            problem = _("line {number} was expected here").format(number=number)
            raise self._fault(_("line"), str(found), problem, _("number the lines from 1 without gaps"))

    def _distance(self) -> float:
        word = self._next(_("distance"))
        try:
            value = float(word)
        except ValueError:
            value = np.nan
        if not 0 <= value < np.inf:
            raise self._fault(
                _("distance"), word, _("is no finite number of at least 0"), _("give such a number")
            )
        return value

    def check_total(self, column: str, found: int, stated: int) -> None:
        if found != stated:
            problem = _("the parts add up to {found}").format(found=found)
            raise self._fault(column, str(stated), problem, _("correct the total or the parts"))

    def check_end(self) -> None:
        if self._at < len(self._words):
            self.row, word = self._words[self._at]
            raise self._fault("", word, _("follows the last distance"), _("remove it or correct the counts"))
