"""Tables of vehicles, from whoever lends them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safepassage.errors import InputError
from safepassage.formats.fault_list import FaultList
from safepassage.formats.foreign_table import read_foreign_table
from safepassage.formats.settlement_table import parse_number
from safepassage.i18n import _

MEANINGS = {
    "kind": ("vehicle", "type", "вид", "транспорт"),
    "agency": ("operator", "owner", "власник", "організація"),
    "count": ("number", "vehicles", "кількість"),
    "seats": ("місць", "сидячих"),
    "wheelchair_places": ("wheelchairs", "візків"),
    "stretcher_places": ("stretchers", "нош"),
    "depot": ("settlement", "base", "база", "населений пункт"),
    "crew_hours": (),
}
_MOST_PLACES = 10_000


@dataclass(frozen=True, slots=True)
class FleetRow:
    """
    Alike vehicles of one agency.

    Attributes
    ----------
    file : str
        Where they stand.
    row : int
        In which row.
    kind, agency : str
        As written.
    count, seats, wheelchair_places, stretcher_places : int
        Vehicles, and places in one of them.
    depot : str
        Settlement where they stand; empty for the largest one.
    crew_hours : float
        Longest duty of a crew (h).
    """

    file: str
    row: int
    kind: str
    agency: str
    count: int
    seats: int
    wheelchair_places: int
    stretcher_places: int
    depot: str
    crew_hours: float


def read_fleet_table(path: Path, faults: FaultList) -> tuple[FleetRow, ...]:
    """
    Read a table of vehicles.

    Parameters
    ----------
    path : Path
        CSV or Excel.
    faults : FaultList
        Receives warnings; errors are raised together.

    Returns
    -------
    tuple of FleetRow
        In the order of the table.

    Raises
    ------
    InputError
        For numbers that cannot be, and vehicles without places.
    """
    table = read_foreign_table(path, MEANINGS, ("kind",), faults)
    rows = tuple(_row(path.name, number, cells, faults) for number, cells in table.rows)
    if faults.errors_in(path.name):
        raise InputError(faults.collected())
    return rows


def _row(file: str, number: int, cells: Mapping[str, str], faults: FaultList) -> FleetRow:
    def whole(name: str, default: int, least: int) -> int:
        text = cells.get(name, "").strip()
        value = parse_number(text) if text else float(default)
        if math.isnan(value) or value != int(value) or not least <= value <= _MOST_PLACES:
            problem = _("this is no number that makes sense here")
            remedy = _("give a whole number from {least} on").format(least=least)
            faults.error(file, number, name, text, problem, remedy)
            return least
        return int(value)

    row = FleetRow(
        file=file,
        row=number,
        kind=cells.get("kind", "").strip() or "bus",
        agency=cells.get("agency", ""),
        count=whole("count", 1, 1),
        seats=whole("seats", 0, 0),
        wheelchair_places=whole("wheelchair_places", 0, 0),
        stretcher_places=whole("stretcher_places", 0, 0),
        depot=cells.get("depot", ""),
        crew_hours=float(whole("crew_hours", 12, 1)),
    )
    if not row.seats + row.wheelchair_places + row.stretcher_places:
        faults.error(file, number, "seats", "", _("the vehicles carry nobody"), _("give their places"))
    return row
