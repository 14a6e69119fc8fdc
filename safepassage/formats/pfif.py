"""
PFIF 1.4: records of persons and notes on them, exchanged by registries of missing people.

References
----------
People Finder Interchange Format 1.4, http://zesty.ca/pfif/1.4
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any
from xml.parsers.expat import ExpatError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from safepassage.errors import Fault, InputError
from safepassage.formats.fault_list import FaultList
from safepassage.i18n import _

NAMESPACE = "http://zesty.ca/pfif/1.4"
LARGEST_BYTES = 50_000_000
STATUSES = ("information_sought", "is_note_author", "believed_alive", "believed_missing", "believed_dead")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")
_RECORD_ID = re.compile(r"[^/\s]+/\S+")
# What XML 1.0 cannot hold.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class PfifNote:
    """
    What somebody says of a person; the fields in the order of the format.

    Attributes
    ----------
    note_record_id, person_record_id, linked_person_record_id : str
        Own id, the person's, and that of another record of the same person.
    entry_date : str
        When this registry took it in (UTC).
    author_name, source_date : str
        Who says it, and when (UTC).
    author_made_contact : str
        ``true`` where the author has spoken with the person.
    status : str
        One of `STATUSES`, or empty.
    last_known_location, text : str
        Where, and in words.
    """

    note_record_id: str
    person_record_id: str
    linked_person_record_id: str = ""
    entry_date: str = ""
    author_name: str = ""
    source_date: str = ""
    author_made_contact: str = ""
    status: str = ""
    last_known_location: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class PfifPerson:
    """
    A person; the fields in the order of the format.

    Attributes
    ----------
    person_record_id : str
        ``domain/id``.
    entry_date, expiry_date, source_date : str
        When this registry took it in, until when it may be kept, when it was written (UTC).
    author_name, source_name : str
        Who wrote it, in which registry.
    full_name, given_name, family_name, alternate_names : str
        Names; the format demands the full one.
    description : str
        In words.
    sex : str
        ``female``, ``male``, ``other`` or empty.
    date_of_birth, age : str
        Date, and years or a range of them.
    home_street, home_city, home_state, home_country : str
        Where the person lives.
    notes : tuple of PfifNote
        What is said of the person.
    """

    person_record_id: str
    entry_date: str = ""
    expiry_date: str = ""
    author_name: str = ""
    source_name: str = ""
    source_date: str = ""
    full_name: str = ""
    given_name: str = ""
    family_name: str = ""
    alternate_names: str = ""
    description: str = ""
    sex: str = ""
    date_of_birth: str = ""
    age: str = ""
    home_street: str = ""
    home_city: str = ""
    home_state: str = ""
    home_country: str = ""
    notes: tuple[PfifNote, ...] = ()


_PERSON_FIELDS = tuple(item.name for item in fields(PfifPerson) if item.name != "notes")
_NOTE_FIELDS = tuple(item.name for item in fields(PfifNote))


def pfif_xml(people: Iterable[PfifPerson]) -> str:
    """
    Write persons and their notes.

    Parameters
    ----------
    people : iterable of PfifPerson
        With ids and names.

    Returns
    -------
    str
        An XML document; empty fields are left out.
    """
    ET.register_namespace("pfif", NAMESPACE)
    root = ET.Element(f"{{{NAMESPACE}}}pfif")
    for person in people:
        element = _element(root, "person", person, _PERSON_FIELDS)
        for note in person.notes:
            _element(element, "note", note, _NOTE_FIELDS)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _element(parent: ET.Element, tag: str, item: object, names: Sequence[str]) -> ET.Element:
    element = ET.SubElement(parent, f"{{{NAMESPACE}}}{tag}")
    for name in names:
        if text := getattr(item, name):
            ET.SubElement(element, f"{{{NAMESPACE}}}{name}").text = _NO_XML.sub("", text)
    return element


def read_pfif(file: str, content: bytes, faults: FaultList) -> tuple[PfifPerson, ...]:
    """
    Read persons and their notes.

    Parameters
    ----------
    file : str
        Its name, for faults.
    content : bytes
        An XML document.
    faults : FaultList
        Receives what is wrong; the row is the number of the person in the file.

    Returns
    -------
    tuple of PfifPerson
        With their notes, also those that stand beside them. Persons without a name are left out: that is
        how the format tells that a record has expired.

    Raises
    ------
    InputError
        If it is no PFIF 1.4, declares a document type or entities, or is too large.
    """
    root = _parsed(file, content)
    people: dict[str, PfifPerson] = {}
    notes: list[PfifNote] = []
    for number, element in enumerate(root.iterfind(_tag("person")), start=1):
        person = PfifPerson(**_texts(element, _PERSON_FIELDS))
        notes += [
            _note(file, number, inner, person.person_record_id, faults)
            for inner in element.iterfind(_tag("note"))
        ]
        if not _is_person(file, number, person, faults):
            continue
        if person.person_record_id in people:
            problem = _("a second record has this id; the first is used")
            faults.warning(file, number, "person_record_id", person.person_record_id, problem, _("check it"))
            continue
        people[person.person_record_id] = person
    notes += [_note(file, 0, element, "", faults) for element in root.iterfind(_tag("note"))]
    return tuple(
        PfifPerson(
            **{name: getattr(person, name) for name in _PERSON_FIELDS},
            notes=tuple(note for note in notes if note.person_record_id == own),
        )
        for own, person in people.items()
    )


def _parsed(file: str, content: bytes) -> ET.Element:
    if len(content) > LARGEST_BYTES:
        problem = _("the file is larger than {limit} MB").format(limit=LARGEST_BYTES // 1_000_000)
        raise _unusable(file, problem, _("give fewer records"))
    try:
        root: ET.Element = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        problem = _("the file declares a document type or entities; they are not read")
        raise _unusable(file, problem, _("give a file without them; this one may be an attack")) from error
    except (ET.ParseError, ExpatError, ValueError, LookupError, RecursionError) as error:
        problem = _("the file is not valid XML ({reason})").format(reason=error)
        raise _unusable(file, problem, _("give the whole file")) from error
    if root.tag != _tag("pfif"):
        problem = _("the file is no PFIF 1.4, but {tag}").format(tag=str(root.tag)[:80])
        raise _unusable(file, problem, _("export it as PFIF 1.4"))
    return root


def _is_person(file: str, number: int, person: PfifPerson, faults: FaultList) -> bool:
    if not _RECORD_ID.fullmatch(person.person_record_id):
        problem, remedy = _("the record has no id"), _("write it as domain/id")
        faults.error(file, number, "person_record_id", person.person_record_id, problem, remedy)
    if not _MOMENT.fullmatch(person.source_date):
        problem, remedy = _("this is no moment in UTC"), _("write it as 2023-08-10T09:00:00Z")
        faults.error(file, number, "source_date", person.source_date, problem, remedy)
    return bool(person.full_name or person.given_name or person.family_name)


def _note(file: str, number: int, element: ET.Element, person: str, faults: FaultList) -> PfifNote:
    texts = _texts(element, _NOTE_FIELDS)
    note = PfifNote(**{**texts, "person_record_id": texts["person_record_id"] or person})
    if note.status and note.status not in STATUSES:
        remedy = _("choose one of {names}").format(names=", ".join(STATUSES))
        faults.error(file, number, "status", note.status, _("the word is not known"), remedy)
    if not note.note_record_id:
        faults.error(
            file, number, "note_record_id", "", _("the record has no id"), _("write it as domain/id")
        )
    return note


def _texts(element: ET.Element, names: Sequence[str]) -> dict[str, Any]:
    return {name: (element.findtext(_tag(name)) or "").strip() for name in names}


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _unusable(file: str, problem: str, remedy: str) -> InputError:
    return InputError([Fault(file, 0, "", "", problem, remedy)])
