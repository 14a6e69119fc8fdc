"""Tables of people and of requests for help: which columns there are, and what their rows say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from safepassage.errors import Fault, InputError
from safepassage.formats.fault_list import FaultList, remedy_for_name
from safepassage.formats.foreign_table import ForeignTable, folded_header, read_foreign_table
from safepassage.formats.person_cells import (
    MOST_YEARS,
    CellError,
    age_range,
    birth_date,
    calendar_date,
    decision,
    need_class,
    numbers_in,
    phone_number,
    sex,
    whole_number,
    years_between,
    yes_or_no,
)
from safepassage.i18n import _
from safepassage.model.ledger import Decision
from safepassage.model.people import NeedClass

T = TypeVar("T")
LONGEST_TEXT = 2000
_LONGEST_ID = 200
_MOST_ANIMALS = 10_000
_MOST_OF_A_REQUEST = 1000
NAME_COLUMNS = ("full_name", "family_name", "given_name")
_COMMON: Mapping[str, Sequence[str]] = {
    "id": ("№ анкети", "номер анкети", "ідентифікатор", "person_id", "code"),
    "settlement": (
        "katottg", "катоттг", "код катоттг", "населений пункт", "нп", "село", "громада/нп", "village",
        "settlement_code", "місце проживання",
    ),
    "household": ("household_id", "домогосподарство", "№ домогосподарства", "родина", "сім'я", "family_id"),
    "address": ("адреса", "вулиця", "адреса проживання", "address_line", "street"),
}  # fmt: skip
PEOPLE_COLUMNS: Mapping[str, Sequence[str]] = {
    **_COMMON,
    "full_name": ("піб", "п.і.б.", "прізвище ім'я по батькові", "прізвище, ім'я", "name", "ім'я та прізвище"),
    "family_name": ("прізвище", "surname", "last_name"),
    "given_name": ("ім'я", "імя", "first_name"),
    "patronymic": ("по батькові", "по-батькові", "middle_name"),
    "birth_date": ("дата народження", "д.н.", "date_of_birth", "dob", "birthday"),
    "age": ("вік", "років", "age_years"),
    "sex": ("стать", "gender"),
    "phone": ("телефон", "тел.", "номер телефону", "контактний телефон", "моб. телефон", "mobile"),
    "document": ("документ", "паспорт", "номер документа", "серія та номер паспорта", "passport"),
    "need": ("потреба", "потреби", "мобільність", "маломобільність", "needs", "mobility"),
    "health": ("здоров'я", "стан здоров'я", "хвороби", "інвалідність", "medical", "health_notes"),
    "languages": ("мова", "мови", "language"),
    "unaccompanied": ("без супроводу", "дитина без супроводу"),
    "access_notes": ("доступ", "як дістатися", "під'їзд"),
    "pets": ("тварини", "домашні тварини", "animals"),
    "decision": ("рішення", "згода на евакуацію", "статус", "евакуація"),
    "source_date": ("дата запису", "дата анкети", "recorded"),
    "expiry_date": ("зберігати до", "expires"),
}
REQUEST_COLUMNS: Mapping[str, Sequence[str]] = {
    **_COMMON,
    "id": ("№ звернення", "номер звернення", "№ заявки", "request_id", "ticket"),
    "channel": ("канал", "звідки"),
    "seat": ("осіб", "кількість осіб", "людей", "persons", "people", "сидячих"),
    "wheelchair": ("на візках", "візок", "wheelchairs"),
    "stretcher": ("лежачих", "лежачі", "stretchers"),
    "carer": ("супроводжуючих", "carers"),
    "contact": ("телефон", "тел.", "номер телефону", "контактний телефон", "phone"),
    "words": ("примітка", "примітки", "коментар", "опис", "зміст звернення", "notes", "comment"),
}
_CHANNELS = {
    **{name: name for name in ("hotline", "walk_in", "door_to_door", "partner_list", "paper")},
    "": "partner_list",
    "гаряча лінія": "hotline",
    "телефон": "hotline",
    "особисто": "walk_in",
    "обхід": "door_to_door",
    "список": "partner_list",
    "папір": "paper",
}


@dataclass(frozen=True, slots=True)
class PersonRow:
    """
    One person of a table.

    Attributes
    ----------
    row : int
        Where it stands.
    id, household, settlement : str
        As written; empty where not given.
    given_name, family_name, birth_date, document, phone, health, languages, sex : str
        Checked; empty where not given. Dates are ISO 8601, telephone numbers international.
    age_from, age_to : int
        Range of the age (years).
    need : NeedClass
        What the person needs of a vehicle.
    unaccompanied : bool
        A child without a guardian.
    address, access_notes : str
        Of the household.
    pets : int
        Animals of the household.
    decision : Decision or None
        Of the household; None where not given.
    source_date, expiry_date : str
        ISO 8601, or empty.
    """

    row: int
    id: str
    household: str
    settlement: str
    given_name: str
    family_name: str
    birth_date: str
    document: str
    phone: str
    health: str
    languages: str
    sex: str
    age_from: int
    age_to: int
    need: NeedClass
    unaccompanied: bool
    address: str
    access_notes: str
    pets: int
    decision: Decision | None
    source_date: str
    expiry_date: str


@dataclass(frozen=True, slots=True)
class RequestRow:
    """
    One request for help of a table.

    Attributes
    ----------
    row : int
        Where it stands.
    id, household, settlement : str
        As written; empty where not given.
    channel : str
        How it came.
    seat, wheelchair, stretcher, carer : int
        Persons by what they need of a vehicle.
    contact, address, words : str
        Checked; empty where not given.
    """

    row: int
    id: str
    household: str
    settlement: str
    channel: str
    seat: int
    wheelchair: int
    stretcher: int
    carer: int
    contact: str
    address: str
    words: str


def columns_with(
    columns: Mapping[str, Sequence[str]], mapping: Mapping[str, str]
) -> Mapping[str, Sequence[str]]:
    """
    Columns with the headers that somebody named.

    Parameters
    ----------
    columns : mapping of str to sequence of str
        Known headers by meaning.
    mapping : mapping of str to str
        Header by meaning; it stands for this meaning alone.

    Returns
    -------
    mapping of str to sequence of str
        Headers by meaning.

    Raises
    ------
    InputError
        If a meaning is unknown.
    """
    faults = [
        Fault("--map", 0, name, header, _("there is no such field"), remedy_for_name(name, columns))
        for name, header in mapping.items()
        if name not in columns
    ]
    if faults:
        raise InputError(faults)
    named = {folded_header(header) for header in mapping.values()}
    rest = {
        meaning: tuple(word for word in words if folded_header(word) not in named)
        for meaning, words in columns.items()
    }
    return rest | {meaning: (header,) for meaning, header in mapping.items()}


def read_table(
    path: Path,
    columns: Mapping[str, Sequence[str]],
    mapping: Mapping[str, str],
    faults: FaultList,
    *,
    content: bytes | None = None,
) -> ForeignTable:
    """
    Read a table of people or requests as text.

    Parameters
    ----------
    path : Path
        CSV or Excel.
    columns : mapping of str to sequence of str
        `PEOPLE_COLUMNS` or `REQUEST_COLUMNS`.
    mapping : mapping of str to str
        Headers that somebody named, by meaning.
    faults : FaultList
        Receives what is wrong.
    content : bytes, optional
        What the file holds; ``path`` is only its name then.

    Returns
    -------
    ForeignTable
        Columns that mean nothing are named in a warning: nobody should think that they were taken in.

    Raises
    ------
    InputError
        If it is no such table.
    """
    known = columns_with(columns, mapping)
    required = NAME_COLUMNS if "full_name" in columns else ("settlement", "contact", "words")
    table = read_foreign_table(path, known, required, faults, content=content)
    for meaning, header in mapping.items():
        if meaning not in table.columns:
            remedy = remedy_for_name(header, table.unused)
            faults.error(path.name, 0, header, "", _("the table has no such column"), remedy)
    for header in table.unused:
        problem = _("the column is not read")
        faults.warning(path.name, 0, header, "", problem, _("name its field with --map, or leave it"))
    return table


def read_people(table: ForeignTable, faults: FaultList, today: date) -> tuple[PersonRow, ...]:
    """
    Persons of a table.

    Parameters
    ----------
    table : ForeignTable
        With `PEOPLE_COLUMNS`.
    faults : FaultList
        Receives everything that is wrong.
    today : date
        From which ages are counted.

    Returns
    -------
    tuple of PersonRow
        Rows with faults are among them, with what could be read.
    """
    return tuple(_person(_Cells(table.file, number, row, faults), today) for number, row in table.rows)


def read_requests(table: ForeignTable, faults: FaultList) -> tuple[RequestRow, ...]:
    """
    Requests of a table.

    Parameters
    ----------
    table : ForeignTable
        With `REQUEST_COLUMNS`.
    faults : FaultList
        Receives everything that is wrong.

    Returns
    -------
    tuple of RequestRow
        Rows with faults are among them, with what could be read.
    """
    return tuple(_request(_Cells(table.file, number, row, faults)) for number, row in table.rows)


class _Cells:
    """Cells of one row; what is wrong with them is noted, and reading goes on."""

    def __init__(self, file: str, row: int, values: Mapping[str, str], faults: FaultList) -> None:
        self.file, self.row, self._values, self._faults = file, row, values, faults

    def text(self, name: str, longest: int = LONGEST_TEXT) -> str:
        text = self._values.get(name, "")
        # Exports put an apostrophe before a formula; here it is the text again.
        if re.match(r"'[=+\-@\t\r\n]", text):
            text = text[1:]
        if "\0" in text or len(text) > longest:
            problem = _("the text is too long or holds signs that no text has")
            self.error(name, text, problem, _("shorten it to {longest} signs").format(longest=longest))
            return ""
        return text

    def read(self, name: str, reader: Callable[[str], T], missing: T) -> T:
        text = self.text(name)
        if not text:
            return missing
        try:
            return reader(text)
        except CellError as error:
            self.error(name, text, error.problem, error.remedy)
            return missing

    def phone(self, name: str) -> str:
        number = self.read(name, phone_number, "")
        if number and numbers_in(self.text(name)) > 1:
            problem, remedy = _("only the first number is kept"), _("write one number")
            self.warning(name, self.text(name), problem, remedy)
        return number

    def error(self, name: str, value: str, problem: str, remedy: str) -> None:
        self._faults.error(self.file, self.row, name, value, problem, remedy)

    def warning(self, name: str, value: str, problem: str, remedy: str) -> None:
        self._faults.warning(self.file, self.row, name, value, problem, remedy)


def _person(cells: _Cells, today: date) -> PersonRow:
    given, family = _names(cells)
    born = cells.read("birth_date", lambda text: birth_date(text, today), None)
    ages = cells.read("age", age_range, (0, MOST_YEARS))
    if born is not None:
        years = years_between(born, today)
        if not ages[0] - 1 <= years <= ages[1] + 1:
            problem = _("the age does not go with the date of birth; the date is used")
            cells.warning("age", cells.text("age"), problem, _("correct one of them"))
        ages = (years, years)
    need, said = need_class(cells.text("need"))
    health = "; ".join(part for part in (said, cells.text("health")) if part)
    return PersonRow(
        row=cells.row,
        id=cells.text("id", _LONGEST_ID),
        household=cells.text("household", _LONGEST_ID),
        settlement=cells.text("settlement", _LONGEST_ID),
        given_name=given,
        family_name=family,
        birth_date=born.isoformat() if born else "",
        document=cells.text("document"),
        phone=cells.phone("phone"),
        health=health[:LONGEST_TEXT],
        languages=cells.text("languages"),
        sex=cells.read("sex", sex, ""),
        age_from=ages[0],
        age_to=ages[1],
        need=need,
        unaccompanied=cells.read("unaccompanied", yes_or_no, missing=False),
        address=cells.text("address"),
        access_notes=cells.text("access_notes"),
        pets=cells.read("pets", lambda text: whole_number(text, _MOST_ANIMALS), 0),
        decision=cells.read("decision", decision, None),
        source_date=cells.read("source_date", _iso, ""),
        expiry_date=cells.read("expiry_date", _iso, ""),
    )


def _names(cells: _Cells) -> tuple[str, str]:
    given, family = cells.text("given_name"), cells.text("family_name")
    whole = cells.text("full_name")
    if not family and not given and whole:
        # Ukrainian lists put the family name first.
        family, _blank, given = whole.partition(" ")
    given = " ".join(part for part in (given.strip(), cells.text("patronymic")) if part)
    if not given and not family:
        problem = _("the row names nobody")
        cells.error("full_name", "", problem, _("write a name, or take the row out"))
    return given, family


def _request(cells: _Cells) -> RequestRow:
    counts = {
        name: cells.read(name, lambda text: whole_number(text, _MOST_OF_A_REQUEST), 0)
        for name in ("seat", "wheelchair", "stretcher", "carer")
    }
    if not sum(counts.values()):
        cells.error("seat", "", _("the request is for nobody"), _("write how many people ask for help"))
    word = cells.text("channel").casefold()
    if word not in _CHANNELS:
        cells.error("channel", word, _("the word is not known"), remedy_for_name(word, _CHANNELS))
    return RequestRow(
        row=cells.row,
        id=cells.text("id", _LONGEST_ID),
        household=cells.text("household", _LONGEST_ID),
        settlement=cells.text("settlement", _LONGEST_ID),
        channel=_CHANNELS.get(word, "partner_list"),
        contact=cells.phone("contact"),
        address=cells.text("address"),
        words=cells.text("words"),
        **counts,
    )


def _iso(text: str) -> str:
    return calendar_date(text).isoformat()
