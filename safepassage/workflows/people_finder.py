"""Exchange with registries of missing people, in PFIF 1.4: what goes out, and what comes in."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from safepassage.formats.fault_list import FaultList
from safepassage.formats.people_table import PersonRow
from safepassage.formats.person_cells import MOST_YEARS, CellError, age_range, birth_date, years_between
from safepassage.formats.pfif import PfifNote, PfifPerson, pfif_xml, read_pfif
from safepassage.i18n import _
from safepassage.model.people import NeedClass
from safepassage.model.scenario import Scenario
from safepassage.operations.desk import Desk, NotAllowedError
from safepassage.operations.reading import PAGE_LIMIT, Reader, ReadingRoom
from safepassage.operations.records.movement import OperatedSite
from safepassage.operations.safety.roles import Action
from safepassage.operations.store import records

DOMAIN = "safepassage.invalid"
_ADULT = 18
_OUT = frozenset({"arrived_transit", "arrived_reception", "onward", "placed"})
_SEXES = {"f": "female", "m": "male", "other": "other"}


def export_pfif(
    reading: ReadingRoom,
    desk: Desk,
    reader: Reader,
    *,
    scenario: Scenario | None = None,
    domain: str = DOMAIN,
    everyone: bool = False,
) -> str:
    """
    Write who is looked for, for other registries.

    Parameters
    ----------
    reading : ReadingRoom
        Answers the reader, and writes down what was read.
    desk : Desk
        Whose clock and sites count.
    reader : Reader
        Who exports; sees what the role sees.
    scenario : Scenario, optional
        Gives names of settlements.
    domain : str
        Of this registry; the first part of all ids.
    everyone : bool
        Also adults for whom nobody asks.

    Returns
    -------
    str
        PFIF 1.4. That somebody is alive, and the settlement where, is told only after the consent of the
        one sought; of children nothing but that they are sought. Deaths are not told.

    Raises
    ------
    NotAllowedError
        If the role may not export.
    """
    if not reader.may(Action.EXPORT_PFIF):
        raise NotAllowedError(Action.EXPORT_PFIF)
    searches: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for search in _all(reading, reader, "tracing"):
        if search["state"] != "closed":
            searches[search["sought"]].append(search)
            if search["match"]:
                searches[search["match"]].append(search)
    writer = _Writer(desk, scenario, domain)
    people = []
    for person in _all(reading, reader, "person"):
        asked = searches.get(person["id"], [])
        if person["state"] == "deceased" or not (asked or (everyone and person["age_from"] >= _ADULT)):
            continue
        if written := writer.person(person, asked):
            people.append(written)
    return pfif_xml(people)


def _all(reading: ReadingRoom, reader: Reader, noun: str) -> list[dict[str, Any]]:
    found, after = reading.page(reader, noun, limit=PAGE_LIMIT)
    while after:
        more, after = reading.page(reader, noun, after=after, limit=PAGE_LIMIT)
        found += more
    return found


class _Writer:
    def __init__(self, desk: Desk, scenario: Scenario | None, domain: str) -> None:
        self._domain = domain
        self._now = _moment(desk.now_ms())
        self._names = {place.id: place.name_uk for place in scenario.settlements} if scenario else {}
        with desk.database.reading() as connection:
            self._sites = {
                site.id: site.settlement
                for site in records.everything(connection, "site")
                if isinstance(site, OperatedSite)
            }

    def person(self, seen: Mapping[str, Any], asked: Sequence[Mapping[str, Any]]) -> PfifPerson | None:
        """A person as others may know; None where no name is left."""
        given, family = str(seen.get("given_name", "")), str(seen.get("family_name", ""))
        if not given and not family:
            return None
        own = f"{self._domain}/{seen['id']}"
        ages = (seen["age_from"], seen["age_to"])
        known_age = ages != (0, MOST_YEARS)
        return PfifPerson(
            person_record_id=own,
            entry_date=self._now,
            expiry_date=f"{seen['expiry_date']}T00:00:00Z" if seen.get("expiry_date") else "",
            source_name=self._domain,
            source_date=f"{seen['source_date']}T00:00:00Z" if seen.get("source_date") else self._now,
            full_name=" ".join(part for part in (given, family) if part),
            given_name=given,
            family_name=family,
            sex=_SEXES.get(str(seen.get("sex", "")), ""),
            date_of_birth=str(seen.get("birth_date", "")),
            age="" if not known_age else str(ages[0]) if ages[0] == ages[1] else f"{ages[0]}-{ages[1]}",
            home_city=self._names.get(seen["settlement"], seen["settlement"]),
            home_country="UA",
            notes=tuple(self._notes(own, seen, asked)),
        )

    def _notes(self, own: str, seen: Mapping[str, Any], asked: Sequence[Mapping[str, Any]]) -> list[PfifNote]:
        def note(what: str, text: str, **more: str) -> PfifNote:
            return PfifNote(
                note_record_id=f"{own}.{what}",
                person_record_id=own,
                entry_date=self._now,
                author_name=self._domain,
                source_date=self._now,
                text=text,
                **more,
            )

        notes = []
        if any(search["state"] in {"open", "matched"} for search in asked):
            notes.append(note("sought", "Somebody looks for this person.", status="information_sought"))
        same = {search["match"] for search in asked if search["match"]} | {seen["merged_into"]}
        notes += [
            note(f"same-{other}", "The same person.", linked_person_record_id=f"{self._domain}/{other}")
            for other in sorted(same - {"", seen["id"]})
        ]
        agreed = any(search["consent"] for search in asked) and seen["age_from"] >= _ADULT
        if agreed and seen["state"] in _OUT:
            place = self._sites.get(seen["site"], "")
            notes.append(
                note(
                    "seen", "Seen in safety.", status="believed_alive", author_made_contact="true",
                    last_known_location=self._names.get(place, place),
                )
            )  # fmt: skip
        return notes


def read_people_finder(
    file: str, content: bytes, faults: FaultList, today: date
) -> tuple[tuple[PersonRow, ...], tuple[tuple[int, PfifNote], ...]]:
    """
    Persons of a file of another registry.

    Parameters
    ----------
    file : str
        Its name.
    content : bytes
        PFIF 1.4.
    faults : FaultList
        Receives what is wrong.
    today : date
        Records that have expired by then are left out.

    Returns
    -------
    tuple of PersonRow
        Their settlement is not taken in: other registries write it in words of their own.
    tuple of (int, PfifNote)
        What is said of them, with the row of the person; that two records are one person is for people to
        confirm, and only named in a warning.
    """
    rows, notes = [], []
    for number, person in enumerate(read_pfif(file, content, faults), start=1):
        if person.expiry_date and person.expiry_date[:10] < today.isoformat():
            faults.warning(file, number, "expiry_date", person.expiry_date, _("the record has expired"),
                           _("it is left out"))  # fmt: skip
            continue
        rows.append(_row(file, number, person, faults, today))
        for note in person.notes:
            notes.append((number, note))
            if note.linked_person_record_id:
                faults.warning(
                    file, number, "linked_person_record_id", note.linked_person_record_id,
                    _("the file says that this is the same person; nothing was linked"),
                    _("let somebody look, and confirm it"),
                )  # fmt: skip
    return tuple(rows), tuple(notes)


def _row(file: str, number: int, person: PfifPerson, faults: FaultList, today: date) -> PersonRow:
    def read(name: str, reader: Callable[[str], Any], missing: Any) -> Any:  # noqa: ANN401
        text = getattr(person, name)
        if not text:
            return missing
        try:
            return reader(text)
        except CellError as error:
            faults.error(file, number, name, text, error.problem, error.remedy)
            return missing

    whole_day = bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", person.date_of_birth))
    born = read("date_of_birth", lambda text: birth_date(text, today), None) if whole_day else None
    ages = read("age", age_range, (0, MOST_YEARS))
    if born:
        ages = (years_between(born, today),) * 2
    elif match := re.match(r"\d{4}", person.date_of_birth):
        years = today.year - int(match.group())
        ages = (max(0, min(years - 1, MOST_YEARS)), max(0, min(years, MOST_YEARS)))
    given, family = person.given_name, person.family_name
    if not given and not family:
        given, _blank, family = person.full_name.rpartition(" ")
    sexes = {word: letter for letter, word in _SEXES.items()}
    return PersonRow(
        row=number, id=person.person_record_id, household="", settlement="", given_name=given[:2000],
        family_name=family[:2000], birth_date=born.isoformat() if born else "", document="", phone="",
        health="", languages="", sex=sexes.get(person.sex, ""), age_from=ages[0], age_to=ages[1],
        need=NeedClass.SEAT, unaccompanied=False, address="", access_notes="", pets=0, decision=None,
        source_date=person.source_date[:10], expiry_date=person.expiry_date[:10],
    )  # fmt: skip


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
