"""Tables of settlements and their people, by name or official code, from whoever keeps them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from safepassage.errors import InputError
from safepassage.formats.fault_list import FaultList
from safepassage.formats.foreign_table import ForeignTable, read_foreign_table
from safepassage.i18n import _

GROUPS = ("adults", "children", "older", "low_mobility")
NEEDS = ("wheelchair", "stretcher")
MEANINGS = {
    "code": (
        "settlement_id", "katottg", "katotth", "катоттг", "код", "код катоттг", "pcode", "p-code",
        "admin4pcode", "adm4_pcode", "adm3_pcode", "admin3pcode", "place code",
    ),
    "name": (
        "name_uk", "settlement", "settlement_uk", "place", "назва", "населений пункт", "місто", "село",
        "admin4name_ua", "adm4_ua", "назва населеного пункту",
    ),
    "name_en": ("settlement_en", "name_en_translit", "admin4name_en", "adm4_en", "english name"),
    "community": ("hromada", "hromada_uk", "громада", "admin3name_ua", "adm3_ua", "municipality"),
    "latitude": ("lat", "y", "широта", "y_coord"),
    "longitude": ("lon", "lng", "long", "x", "довгота", "x_coord"),
    "population": (
        "people", "persons", "pop", "total", "inhabitants", "населення", "осіб", "всього", "чисельність",
        "population_2022", "pop_2022", "pop_2022_est", "population 2022", "чисельність населення",
    ),
    "adults": ("дорослі",),
    "children": ("діти", "under18", "0-17"),
    "older": ("elderly", "60+", "літні", "старші"),
    "low_mobility": ("маломобільні", "low mobility"),
    "wheelchair": ("на візках",),
    "stretcher": ("лежачі",),
    "household_size": (),
    "car_share": (),
    "hazard": (),
    "in_scope": ("scope",),
    "occupied": ("окуповано", "occupied_2023-08-09"),
}  # fmt: skip
_UNKNOWN = frozenset({"", "-", "–", "—", "n/a", "na", "nan", "null", "none", "н/д", "немає даних", "?"})

_TOTALS = frozenset({"всього", "усього", "разом", "підсумок", "total", "totals", "sum", "итого", "всего"})
# More than the largest city on earth holds.
MOST_PEOPLE = 50_000_000
_GROUPED_BY_POINTS = re.compile(r"\d{1,3}(\.\d{3})+")
_WITH_POINT = re.compile(r"\d+\.\d+")


@dataclass(frozen=True, slots=True)
class SettlementRow:
    """
    One settlement of a table.

    Attributes
    ----------
    file : str
        Where it stands.
    row : int
        In which row.
    code, name, name_en, community : str
        As written; empty where not given.
    longitude_deg, latitude_deg : float
        NaN where not given.
    population : int
        Persons; -1 where not given.
    groups : mapping of str to int
        Persons by group or need class, those that were given.
    figures : mapping of str to float
        Household size, share of people with a car, hazard; those that were given.
    in_scope : bool
        False where the table says so.
    occupied : bool
        True where the table says so: nobody is fetched from there and nothing drives through.
    """

    file: str
    row: int
    code: str
    name: str
    name_en: str
    community: str
    longitude_deg: float
    latitude_deg: float
    population: int
    groups: Mapping[str, int]
    figures: Mapping[str, float]
    in_scope: bool = True
    occupied: bool = False

    @property
    def label(self) -> str:
        """Name, or code where there is none."""
        return self.name or self.name_en or self.code


def read_settlement_table(path: Path, faults: FaultList) -> tuple[SettlementRow, ...]:
    """
    Read a table of settlements.

    Parameters
    ----------
    path : Path
        CSV or Excel.
    faults : FaultList
        Receives warnings; errors are raised together.

    Returns
    -------
    tuple of SettlementRow
        In the order of the table.

    Raises
    ------
    InputError
        For negative populations, numbers that cannot be read, and tables without names or codes.

    Notes
    -----
    Fractions of persons are rounded so that the table's total, rounded, stays what it was.
    """
    table = read_foreign_table(path, MEANINGS, ("code", "name", "name_en"), faults)
    reader = _Rows(path.name, faults, points_group=_points_group(table))
    rows = [reader.row(number, cells) for number, cells in table.rows if not reader.is_total(number, cells)]
    if not rows:
        faults.error(path.name, 0, "", "", _("the table has no rows"), _("give one row a settlement"))
    if faults.errors_in(path.name):
        raise InputError(faults.collected())
    return _whole(rows, reader.fractions)


def _points_group(table: ForeignTable) -> bool:
    """Whether ``1.234`` means 1,234 people: so it does unless another cell has a point elsewhere."""
    cells = [
        row.get(name, "").strip() for _number, row in table.rows for name in ("population", *GROUPS, *NEEDS)
    ]
    pointed = [cell for cell in cells if _WITH_POINT.fullmatch(cell)]
    return all(_GROUPED_BY_POINTS.fullmatch(cell) for cell in pointed)


class _Rows:
    def __init__(self, file: str, faults: FaultList, *, points_group: bool) -> None:
        self._file = file
        self._faults = faults
        self._points_group = points_group
        self.fractions: dict[int, float] = {}

    def row(self, number: int, cells: Mapping[str, str]) -> SettlementRow:
        population = self._persons(number, "population", cells.get("population", ""))
        groups = {
            name: int(value)
            for name in (*GROUPS, *NEEDS)
            if (value := self._persons(number, name, cells.get(name, ""), whole=True)) >= 0
        }
        if population < 0 and any(name in groups for name in GROUPS):
            population = float(sum(groups.get(name, 0) for name in GROUPS))
            if not all(name in groups for name in GROUPS):
                problem = _("only some groups of people are counted here: {known}").format(
                    known=int(population)
                )
                remedy = _("give the population; until then nobody else is taken to live there")
                self._faults.warning(self._file, number, "population", "", problem, remedy)
        self._check_sums(number, population, groups)
        if population != int(population):
            self.fractions[number] = population
        figures = {
            name: value
            for name in ("household_size", "car_share", "hazard")
            if not math.isnan(value := self._number(number, name, cells.get(name, "")))
        }
        return SettlementRow(
            file=self._file,
            row=number,
            code=cells.get("code", ""),
            name=cells.get("name", ""),
            name_en=cells.get("name_en", ""),
            community=cells.get("community", ""),
            longitude_deg=self._degrees(number, "longitude", cells.get("longitude", ""), 180),
            latitude_deg=self._degrees(number, "latitude", cells.get("latitude", ""), 90),
            population=math.floor(population),
            groups=groups,
            figures=figures,
            in_scope=cells.get("in_scope", "1").strip().casefold() not in ("0", "no", "false", "ні"),
            occupied=cells.get("occupied", "").strip().casefold() in ("1", "yes", "true", "так"),
        )

    def is_total(self, number: int, cells: Mapping[str, str]) -> bool:
        """Whether the row sums the others; it is said, for its people would be counted twice."""
        name = (cells.get("name", "") or cells.get("name_en", "")).strip().casefold().rstrip(":.")
        if name not in _TOTALS or cells.get("code", ""):
            return False
        problem, remedy = _("the row sums the others; it was left out"), _("remove it if it is a settlement")
        self._faults.warning(self._file, number, "name", name, problem, remedy)
        return True

    def _check_sums(self, row: int, population: float, groups: Mapping[str, int]) -> None:
        known = sum(groups.get(name, 0) for name in GROUPS)
        needs = sum(groups.get(name, 0) for name in NEEDS)
        if 0 <= population < known:
            problem = _("the groups hold {known} people").format(known=known)
            remedy = _("correct the groups or the population")
            self._faults.error(self._file, row, "population", f"{population:g}", problem, remedy)
        elif population > known and all(name in groups for name in GROUPS):
            problem = _("the groups hold {known} people only; the others count as adults").format(known=known)
            remedy = _("correct the groups or the population")
            self._faults.warning(self._file, row, "population", f"{population:g}", problem, remedy)
        if "low_mobility" in groups and needs > groups["low_mobility"]:
            problem = _("more people in wheelchairs and on stretchers ({needs}) than of low mobility").format(
                needs=needs
            )
            remedy = _("raise low_mobility or lower them")
            self._faults.error(self._file, row, "low_mobility", str(groups["low_mobility"]), problem, remedy)

    def _persons(self, row: int, column: str, text: str, *, whole: bool = False) -> float:
        """Persons; -1 where the cell tells none."""
        if self._points_group and _GROUPED_BY_POINTS.fullmatch(text.strip()):
            plain = text.strip().replace(".", "")
            problem = _("the point was read as a sign between thousands: {number}").format(number=plain)
            self._faults.warning(self._file, row, column, text, problem, _("write whole persons without it"))
            text = plain
        value = self._number(row, column, text)
        if math.isnan(value):
            return -1.0
        if value > MOST_PEOPLE:
            self._faults.error(self._file, row, column, text, _("no settlement has so many people"),
                               _("correct the number"))  # fmt: skip
            return -1.0
        if value < 0:
            self._faults.error(self._file, row, column, text, _("people are counted from 0 on"),
                               _("remove the minus sign or leave the cell empty"))  # fmt: skip
            return -1.0
        if value != int(value):
            problem = _("the number of people has a fraction")
            self._faults.warning(
                self._file, row, column, text, problem, _("it was rounded; give whole persons")
            )
            return float(round(value)) if whole else value
        return value

    def _degrees(self, row: int, column: str, text: str, most: float) -> float:
        value = self._number(row, column, text)
        if abs(value) > most:
            problem, remedy = _("this is no position in degrees"), _("give WGS84 degrees")
            self._faults.error(self._file, row, column, text, problem, remedy)
            return math.nan
        return value

    def _number(self, row: int, column: str, text: str) -> float:
        if text.strip().casefold() in _UNKNOWN:
            return math.nan
        value = parse_number(text)
        if math.isnan(value):
            self._faults.error(self._file, row, column, text, _("this is no number"),
                               _("write digits, or leave the cell empty"))  # fmt: skip
        return value


def parse_number(text: str) -> float:
    """
    A number as people write it.

    Parameters
    ----------
    text : str
        With blanks, apostrophes or commas between thousands, a comma or a point before decimals.

    Returns
    -------
    float
        NaN where it is no number.
    """
    plain = re.sub(r"[\s'’\u00a0\u202f]", "", text).replace("−", "-")
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    plain = plain.replace(",", ".")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", plain):
        return math.nan
    value = float(plain)
    return value if math.isfinite(value) else math.nan


def _whole(rows: list[SettlementRow], fractions: Mapping[int, float]) -> tuple[SettlementRow, ...]:
    """Largest remainders get the persons that rounding down has taken away."""
    lost = round(sum(value - math.floor(value) for value in fractions.values()))
    order = sorted(fractions, key=lambda row: (math.floor(fractions[row]) - fractions[row], row))
    raised = set(order[:lost])
    return tuple(replace(row, population=row.population + 1) if row.row in raised else row for row in rows)
