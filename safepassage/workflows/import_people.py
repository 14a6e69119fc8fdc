"""Import lists of people and of requests for help into the ledger."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from safepassage.district.names import folded_name
from safepassage.errors import Fault, InputError
from safepassage.formats.fault_list import FaultList, remedy_for_name
from safepassage.formats.foreign_file import bytes_of
from safepassage.formats.foreign_table import ForeignTable
from safepassage.formats.people_table import (
    LONGEST_TEXT,
    PEOPLE_COLUMNS,
    REQUEST_COLUMNS,
    PersonRow,
    RequestRow,
    read_people,
    read_requests,
    read_table,
)
from safepassage.formats.pfif import PfifNote
from safepassage.formats.submissions import read_submissions
from safepassage.i18n import _, ngettext
from safepassage.model.scenario import Scenario
from safepassage.operations.desk import Desk
from safepassage.operations.people_import import ImportDraft, Imported, import_id, require_right, take_in
from safepassage.operations.reading import Reader
from safepassage.operations.safety.roles import Action
from safepassage.operations.store import records
from safepassage.workflows.list_subject import Subject
from safepassage.workflows.people_finder import read_people_finder

_ID = re.compile(r"[\w.:@+\-]{1,80}")
_OWN_IDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(:\d+)?", re.IGNORECASE)
_KATOTTG = re.compile(r"UA\d{17}")
# A file name is no text to read: only its last part tells what it is.
_JSON, _PFIF = ".json", ".xml"


@dataclass(frozen=True, slots=True)
class ListFile:
    """
    A list to import.

    Attributes
    ----------
    path : Path
        File, or only its name where ``content`` is given; the ending tells CSV, Excel and JSON apart.
    subject : Subject
        What it is of.
    source : str
        Who made it: numbers of one source are never taken for those of another.
    mapping : mapping of str to str
        Headers or questions by the field that they stand for, where the program does not know them.
    content : bytes or None
        What the file holds, where it must not lie on a disk.
    """

    path: Path
    subject: Subject
    source: str
    mapping: Mapping[str, str]
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class ImportResult:
    """
    A list that was imported, or could be.

    Attributes
    ----------
    file : str
        Its name.
    imported : Imported
        How it fared.
    warnings : tuple of Fault
        What somebody should look at.
    dry_run : bool
        Nothing was entered.
    """

    file: str
    imported: Imported
    warnings: tuple[Fault, ...]
    dry_run: bool

    def facts(self) -> dict[str, object]:
        """Tell a machine."""
        return {
            "file": self.file,
            "dry_run": self.dry_run,
            "new": dict(self.imported.new),
            "known": dict(self.imported.known),
            "warnings": [
                {"row": fault.row, "column": fault.column, "problem": fault.problem, "remedy": fault.remedy}
                for fault in self.warnings
            ],
        }

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        words: dict[str, Callable[[int], str]] = {
            "household": lambda count: ngettext("{count} household", "{count} households", count),
            "person": lambda count: ngettext("{count} person", "{count} people", count),
            "request": lambda count: ngettext("{count} request", "{count} requests", count),
            "tracing": lambda count: ngettext("{count} search", "{count} searches", count),
        }

        def told(counts: Mapping[str, int]) -> str:
            parts = [words[noun](count).format(count=count) for noun, count in counts.items()]
            return ", ".join(parts) or _("nothing")

        first = _("Would be entered: {what}.") if self.dry_run else _("Entered: {what}.")
        return [
            first.format(what=told(self.imported.new)),
            _("In the ledger already: {what}.").format(what=told(self.imported.known)),
        ]


class Places:
    """
    Settlements by code and by name.

    Parameters
    ----------
    known : mapping of str to sequence of str
        Names by code.
    """

    def __init__(self, known: Mapping[str, Sequence[str]]) -> None:
        self._known = known
        self._by_name: dict[str, set[str]] = defaultdict(set)
        for code, names in known.items():
            for name in names:
                self._by_name[folded_name(name)].add(code)

    def code_of(self, text: str, complain: Callable[[str, str], None]) -> str:
        """Code of a settlement as somebody wrote it; empty, with a complaint, where it is not told."""
        if text in self._known:
            return text
        found = sorted(self._by_name.get(folded_name(text), ()))
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(found)
            complain(
                _("several settlements are called so"),
                _("write the code: one of {names}").format(names=names),
            )
        elif _KATOTTG.fullmatch(text):
            # A person may live outside the district, and must not be lost for that.
            return text
        else:
            spelled = [name for names in self._known.values() for name in names]
            remedy = remedy_for_name(text, spelled) if spelled else _("write its KATOTTG code")
            complain(_("the settlement is not known"), remedy)
        return ""


def import_list(
    desk: Desk, given: ListFile, reader: Reader, *, scenario: Scenario | None = None, dry_run: bool = False
) -> ImportResult:
    """
    Enter everybody of a list, or tell everything that is wrong with it.

    Parameters
    ----------
    desk : Desk
        Accepts events.
    given : ListFile
        The list.
    reader : Reader
        Who imports.
    scenario : Scenario, optional
        Gives names of settlements; without it lists must hold their codes.
    dry_run : bool
        Only tell what would happen.

    Returns
    -------
    ImportResult
        How it fared.

    Raises
    ------
    InputError
        With all faults; nothing was entered.
    NotAllowedError
        If the role may not do it.
    """
    of_searches = given.path.suffix.lower() == _PFIF and reader.may(Action.EXPORT_PFIF)
    right = Action.EXPORT_PFIF if of_searches else Action.IMPORT_PEOPLE
    require_right(reader, right)
    faults = FaultList()
    builder = _Builder(desk, given, _places(desk, scenario), faults)
    today = datetime.fromtimestamp(desk.now_ms() / 1000, tz=UTC).date()
    if given.path.suffix.lower() == _PFIF:
        persons, notes = read_people_finder(given.path.name, _content(given), faults, today)
        if of_searches:
            builder.searches(notes)
        else:
            builder.people(persons, today)
            builder.leave_out(notes)
    elif given.subject is Subject.PEOPLE:
        builder.people(read_people(_table(given, PEOPLE_COLUMNS, faults), faults, today), today)
    else:
        builder.requests(read_requests(_table(given, REQUEST_COLUMNS, faults), faults))
    if faults.has_errors:
        raise InputError(faults.collected())
    imported = take_in(desk, builder.draft, reader, dry_run=dry_run, right=right)
    for row in imported.renamed:
        problem = _("this number stands in the ledger with another name; nothing was changed")
        remedy = _("correct the person there, or the number here")
        faults.warning(given.path.name, row, "id", "", problem, remedy)
    return ImportResult(given.path.name, imported, faults.collected(), dry_run)


def _content(given: ListFile) -> bytes:
    return bytes_of(given.path) if given.content is None else given.content


def _table(given: ListFile, columns: Mapping[str, Sequence[str]], faults: FaultList) -> ForeignTable:
    if given.path.suffix.lower() == _JSON:
        return read_submissions(given.path.name, _content(given), columns, given.mapping, faults)
    return read_table(given.path, columns, given.mapping, faults, content=given.content)


def _places(desk: Desk, scenario: Scenario | None) -> Places:
    with desk.database.reading() as connection:
        known: dict[str, Sequence[str]] = {zone.id: () for zone in records.everything(connection, "zone")}
    for place in scenario.settlements if scenario else ():
        known[place.id] = tuple(name for name in (place.name_uk, place.name_en) if name)
    return Places(known)


class _Builder:
    """Makes events of rows."""

    def __init__(self, desk: Desk, given: ListFile, places: Places, faults: FaultList) -> None:
        self.draft = ImportDraft()
        self._desk, self._given, self._places, self._faults = desk, given, places, faults
        self._first: dict[str, int] = {}

    def people(self, rows: Sequence[PersonRow], today: date) -> None:
        """Households first, for their members have what they decided."""
        rows = [replace(row, settlement=self._settlement(row.row, row.settlement)) for row in rows]
        self._households([row for row in rows if row.household])
        homes = [self._household_of(row) for row in rows]
        for row, household in zip(rows, homes, strict=True):
            self._person(row, household, today)

    def requests(self, rows: Sequence[RequestRow]) -> None:
        """Calls for help."""
        for row in rows:
            settlement = self._settlement(row.row, row.settlement)
            if not row.settlement:
                self._error(
                    row.row, "settlement", "", _("the settlement is missing"), _("write its code or name")
                )
            request = self._id("request", row.id) if row.id else self._id("call", *_marks_of(row))
            if self._stands_twice(row.row, request):
                continue
            payload = {
                "settlement": settlement,
                "channel": row.channel,
                "household": self._id("household", row.household) if row.household else "",
                **{name: getattr(row, name) for name in ("seat", "wheelchair", "stretcher", "carer")},
                "contact": row.contact,
                "address": row.address,
                "words": row.words,
            }
            self.draft.add(row.row, "request.open", request, payload)

    def searches(self, notes: Sequence[tuple[int, PfifNote]]) -> None:
        """Open a search for everybody of whom a note says that somebody looks for them."""
        wanted = [(row, note) for row, note in notes if note.status == "information_sought"]
        people = {note.person_record_id: self._id("person", note.person_record_id) for _row, note in wanted}
        with self._desk.database.reading() as connection:
            keys = [f"person/{person}" for person in people.values()]
            known = {item.id for item in records.find_many(connection, keys)}
        for row, note in wanted:
            person = people[note.person_record_id]
            if person not in known:
                problem = _("the person is not in the ledger yet")
                self._warning(row, "person_record_id", note.person_record_id, problem)
                continue
            search = self._id("search", note.note_record_id)
            if not self._stands_twice(row, search):
                payload = {"sought": person, "enquirer": note.author_name[:LONGEST_TEXT]}
                self.draft.add(row, "tracing.open", search, payload)
        self.leave_out([pair for pair in notes if pair not in wanted])

    def leave_out(self, notes: Sequence[tuple[int, PfifNote]]) -> None:
        """Say of notes that they were not taken in, and why."""
        for row, note in notes:
            if note.status == "information_sought":
                problem = _("somebody looks for this person; the tracing desk opens the search")
                remedy = _("let somebody with the role tracing import the file as well")
            elif note.status or note.text:
                problem = _("what the note says was not taken in: only what is seen at a gate counts")
                remedy = _("let the tracing desk read it")
            else:
                continue
            self._faults.warning(self._given.path.name, row, "note", note.status, problem, remedy)

    def _household_of(self, row: PersonRow) -> str:
        """Id of the household of a person; what a list says of a home makes one where it names none."""
        if row.household:
            return self._id("household", row.household)
        if not (row.settlement and (row.address or row.access_notes or row.pets or row.decision)):
            return ""
        alone = self._id("household-of", *_marks_of(row))
        self._household(alone, [row])
        return alone

    def _households(self, rows: Sequence[PersonRow]) -> None:
        members: dict[str, list[PersonRow]] = defaultdict(list)
        for row in rows:
            members[row.household].append(row)
        for name, group in members.items():
            if group[0].settlement:
                self._household(self._id("household", name), group)

    def _household(self, household: str, group: Sequence[PersonRow]) -> None:
        first = group[0]
        for row in group[1:]:
            if row.settlement not in ("", first.settlement):
                problem = _("the household lives elsewhere in row {row}").format(row=first.row)
                self._error(
                    row.row, "settlement", row.settlement, problem, _("one household, one settlement")
                )
            if row.address and first.address and row.address != first.address:
                problem = _("row {row} gives the household another address, which is kept")
                self._warning(row.row, "address", row.address, problem.format(row=first.row))
        decisions = {row.decision: row for row in group if row.decision is not None}
        if len(decisions) > 1:
            row = list(decisions.values())[-1]
            problem = _("members of one household have decided differently")
            self._error(
                row.row, "decision", str(row.decision), problem, _("give them households of their own")
            )
        payload = {
            "settlement": first.settlement,
            "pets": max(row.pets for row in group),
            "address": next((row.address for row in group if row.address), ""),
            "access_notes": next((row.access_notes for row in group if row.access_notes), ""),
            "phone": next((row.phone for row in group if row.phone), ""),
        }
        self.draft.add(first.row, "household.register", household, payload)
        for decision in list(decisions)[:1]:
            self.draft.add(first.row, "household.decide", household, {"decision": decision})

    def _person(self, row: PersonRow, household: str, today: date) -> None:
        person = self._id("person", row.id) if row.id else self._id("name", *_marks_of(row))
        if self._stands_twice(row.row, person):
            return
        names = (
            "settlement", "given_name", "family_name", "birth_date", "document", "phone", "health",
            "languages", "sex", "age_from", "age_to", "need", "unaccompanied", "expiry_date",
        )  # fmt: skip
        payload = {name: getattr(row, name) for name in names}
        source_date = row.source_date or today.isoformat()
        self.draft.add(
            row.row,
            "person.register",
            person,
            {**payload, "household": household, "source_date": source_date},
        )

    def _stands_twice(self, row: int, record_id: str) -> bool:
        """Tell, and say, whether an earlier row has the same number, or the very same words."""
        first = self._first.get(record_id)
        if first is None:
            self._first[record_id] = row
            return False
        problem = _("the row is the same as row {row}, or has its number; only that one is entered")
        self._warning(row, "id", "", problem.format(row=first))
        return True

    def _id(self, kind: str, *parts: str) -> str:
        # Ids of forms are unique in the world; numbers of lists are so within their source.
        if kind in {"person", "request", "household"} and _OWN_IDS.fullmatch(parts[0]):
            return parts[0].lower()
        return import_id(self._desk, kind, self._given.source, *parts)

    def _settlement(self, row: int, text: str) -> str:
        if not text:
            return ""

        def complain(problem: str, remedy: str) -> None:
            self._error(row, "settlement", text, problem, remedy)

        code = self._places.code_of(text, complain)
        return code if _ID.fullmatch(code) else ""

    def _error(self, row: int, column: str, value: str, problem: str, remedy: str) -> None:
        self._faults.error(self._given.path.name, row, column, value, problem, remedy)

    def _warning(self, row: int, column: str, value: str, problem: str) -> None:
        self._faults.warning(self._given.path.name, row, column, value, problem, _("check the list"))


def _marks_of(row: PersonRow | RequestRow) -> tuple[str, ...]:
    """Everything that a row says: namesakes are two persons, whatever else they share."""
    return tuple(str(value) for name, value in asdict(row).items() if name != "row")
