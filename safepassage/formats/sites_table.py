"""Tables of sites: assembly points, hubs, checkpoints, transit centres, reception, ways out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safepassage.errors import InputError
from safepassage.formats.fault_list import FaultList, remedy_for_name
from safepassage.formats.foreign_table import read_foreign_table
from safepassage.formats.settlement_table import parse_number
from safepassage.i18n import _
from safepassage.model.sites import SiteKind

MEANINGS = {
    "site_id": ("id", "код"),
    "kind": ("type", "вид", "тип"),
    "name": ("name_uk", "назва", "site"),
    "name_en": ("english name",),
    "latitude": ("lat", "y", "широта"),
    "longitude": ("lon", "lng", "long", "x", "довгота"),
    "settlement": ("settlement_id", "населений пункт", "place"),
    "capacity": ("beds", "місць", "місткість", "places"),
    "waiting_cap": (),
    "service_rate": (),
    "accessible": ("безбар'єрний",),
    "safe": ("безпечний",),
}
_KIND_WORDS = {
    "assembly": SiteKind.ASSEMBLY_POINT,
    "пункт збору": SiteKind.ASSEMBLY_POINT,
    "hub": SiteKind.HANDOVER_HUB,
    "хаб": SiteKind.HANDOVER_HUB,
    "блокпост": SiteKind.CHECKPOINT,
    "transit": SiteKind.TRANSIT_CENTRE,
    "transit_center": SiteKind.TRANSIT_CENTRE,
    "транзитний центр": SiteKind.TRANSIT_CENTRE,
    "прихисток": SiteKind.RECEPTION,
    "лікарня": SiteKind.HOSPITAL,
    "вокзал": SiteKind.STATION,
    "гараж": SiteKind.DEPOT,
    "виїзд": SiteKind.EXIT,
}
_SAFE_KINDS = (SiteKind.RECEPTION, SiteKind.TRANSIT_CENTRE, SiteKind.EXIT)
_NO = ("0", "no", "false", "ні")


@dataclass(frozen=True, slots=True)
class SiteRow:
    """
    One site of a table.

    Attributes
    ----------
    file : str
        Where it stands.
    row : int
        In which row.
    id : str
        As written; empty where not given.
    kind : SiteKind
        What it is for.
    name, name_en : str
        As written.
    longitude_deg, latitude_deg : float
        NaN where not given; the settlement's position is then used.
    settlement : str
        Name or code of the settlement where it is, or which it serves.
    capacity, waiting_cap, service_rate : float
        ``inf`` where not given.
    accessible, safe : bool
        As written; reception, transit centres and exits are safe unless the table says no.
    """

    file: str
    row: int
    id: str
    kind: SiteKind
    name: str
    name_en: str
    longitude_deg: float
    latitude_deg: float
    settlement: str
    capacity: float
    waiting_cap: float
    service_rate: float
    accessible: bool
    safe: bool


def read_sites_table(path: Path, faults: FaultList) -> tuple[SiteRow, ...]:
    """
    Read a table of sites.

    Parameters
    ----------
    path : Path
        CSV or Excel.
    faults : FaultList
        Receives warnings; errors are raised together.

    Returns
    -------
    tuple of SiteRow
        In the order of the table.

    Raises
    ------
    InputError
        For unknown kinds, numbers that cannot be read and sites without a place.
    """
    table = read_foreign_table(path, MEANINGS, ("kind",), faults)
    rows = [_row(path.name, number, cells, faults) for number, cells in table.rows]
    if faults.errors_in(path.name):
        raise InputError(faults.collected())
    return tuple(row for row in rows if row is not None)


def _row(file: str, number: int, cells: Mapping[str, str], faults: FaultList) -> SiteRow | None:
    word = cells.get("kind", "").strip().casefold()
    kind = _KIND_WORDS.get(word) or next((k for k in SiteKind if k.value == word.replace(" ", "_")), None)
    if kind is None:
        remedy = remedy_for_name(word, [item.value for item in SiteKind])
        faults.error(file, number, "kind", cells.get("kind", ""), _("the kind of site is not known"), remedy)
        return None
    longitude = _number(file, number, "longitude", cells, faults, math.nan)
    latitude = _number(file, number, "latitude", cells, faults, math.nan)
    settlement = cells.get("settlement", "")
    if math.isnan(longitude + latitude) and not settlement:
        problem = _("the site has neither a position nor a settlement")
        faults.error(file, number, "latitude", "", problem, _("give latitude and longitude"))
    elif abs(longitude) > 180 or abs(latitude) > 90:
        faults.error(file, number, "latitude", cells.get("latitude", ""),
                     _("this is no position in degrees"), _("give WGS84 degrees"))  # fmt: skip
    safe = cells.get("safe", "").strip().casefold()
    return SiteRow(
        file=file,
        row=number,
        id=cells.get("site_id", ""),
        kind=kind,
        name=cells.get("name", "") or cells.get("name_en", "") or kind.value,
        name_en=cells.get("name_en", ""),
        longitude_deg=longitude,
        latitude_deg=latitude,
        settlement=settlement,
        capacity=_number(file, number, "capacity", cells, faults, math.inf),
        waiting_cap=_number(file, number, "waiting_cap", cells, faults, math.inf),
        service_rate=_number(file, number, "service_rate", cells, faults, math.inf),
        accessible=cells.get("accessible", "1").strip().casefold() not in _NO,
        safe=safe not in _NO if safe else kind in _SAFE_KINDS,
    )


def _number(
    file: str, row: int, column: str, cells: Mapping[str, str], faults: FaultList, default: float
) -> float:
    text = cells.get(column, "").strip()
    if not text:
        return default
    value = parse_number(text)
    degrees = column in ("latitude", "longitude")
    if math.isnan(value) or (value < 0 and not degrees):
        faults.error(file, row, column, text, _("this is no number that makes sense here"),
                     _("give a number from 0 on, or leave the cell empty"))  # fmt: skip
        return default
    return value if degrees else math.floor(value) if column != "service_rate" else value
