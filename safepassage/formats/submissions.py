"""Submissions of KoboToolbox and ODK Central as JSON, laid out as rows of a table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from safepassage.errors import Fault, InputError
from safepassage.formats.fault_list import FaultList
from safepassage.formats.foreign_table import ForeignTable, folded_header
from safepassage.formats.people_table import NAME_COLUMNS, columns_with
from safepassage.i18n import _

_ID_NAMES = ("_uuid", "meta/instanceID", "__id", "instanceID")
# What a household says once for all its members.
_SHARED = frozenset(
    {"settlement", "household", "address", "access_notes", "phone", "pets", "decision", "languages",
     "source_date", "expiry_date"}
)  # fmt: skip
_REJECTED = frozenset({"validation_status_not_approved", "not approved", "rejected"})
_DEEPEST = 12


def read_submissions(
    file: str,
    content: bytes,
    columns: Mapping[str, Sequence[str]],
    mapping: Mapping[str, str],
    faults: FaultList,
) -> ForeignTable:
    """
    Read submissions.

    Parameters
    ----------
    file : str
        Name of the file, for faults.
    content : bytes
        JSON: a list of submissions, ``results`` of Kobo's API or ``value`` of ODK Central's OData.
    columns : mapping of str to sequence of str
        Known questions by meaning, as headers of tables.
    mapping : mapping of str to str
        Questions that somebody named, by meaning; with or without their groups (``group/question``).
    faults : FaultList
        Receives what is wrong.

    Returns
    -------
    ForeignTable
        One row a submission; of people, one a member of a repeated group that names persons. The row
        number is that of the submission.

    Raises
    ------
    InputError
        If it is no such file.
    """
    names_people = "full_name" in columns
    known = {
        folded_header(word): meaning
        for meaning, words in columns_with(columns, mapping).items()
        for word in (meaning, *words)
    }
    rows: list[tuple[int, Mapping[str, str]]] = []
    for number, submission in enumerate(_submissions(file, content, faults), start=1):
        if not isinstance(submission, dict):
            faults.error(file, number, "", "", _("this is no submission"), _("export the answers as JSON"))
        elif _is_rejected(submission):
            problem = _("the submission was not approved; it is left out")
            faults.warning(file, number, "", "", problem, _("approve it, then import again"))
        else:
            rows += _rows(file, number, submission, known, faults, names_people=names_people)
    found = tuple(sorted({name for _number, row in rows for name in row}))
    if rows and not set(found) & {*NAME_COLUMNS, "settlement", "contact", "words"}:
        problem = _("no question of the form is known")
        raise InputError([Fault(file, 0, "", "", problem, _("name the questions with --map"))])
    return ForeignTable(file, tuple(rows), found, ())


def _submissions(file: str, content: bytes, faults: FaultList) -> list[Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        reason = str(error).partition("\n")[0][:80]
        problem = _("the file is no JSON ({reason})").format(reason=reason)
        raise InputError([Fault(file, 0, "", "", problem, _("export the answers as JSON"))]) from error
    if isinstance(document, dict):
        if document.get("next") or document.get("@odata.nextLink"):
            problem = _("the file holds one page of several")
            faults.warning(file, 0, "", "", problem, _("import the other pages too"))
        document = document.get("results", document.get("value"))
    if not isinstance(document, list):
        problem = _("the file holds no list of submissions")
        raise InputError([Fault(file, 0, "", "", problem, _("export the answers as JSON"))])
    return document


def _is_rejected(submission: Mapping[str, Any]) -> bool:
    status = submission.get("_validation_status")
    system = submission.get("__system")
    words = [
        status.get("uid") if isinstance(status, dict) else status,
        system.get("reviewState") if isinstance(system, dict) else None,
    ]
    return any(isinstance(word, str) and word.casefold() in _REJECTED for word in words)


def _rows(
    file: str,
    number: int,
    submission: Mapping[str, Any],
    known: Mapping[str, str],
    faults: FaultList,
    *,
    names_people: bool,
) -> Iterator[tuple[int, Mapping[str, str]]]:
    answers, repeats, unexpanded = _answers(submission, known)
    own_id = _own_id(submission)
    if not names_people:
        yield number, {"id": own_id, **answers}
        return
    members = [
        told
        for repeat in repeats
        for told in (_answers(member, known)[0] for member in repeat)
        if set(told) & set(NAME_COLUMNS)
    ]
    if unexpanded and not members:
        problem = _("the persons of the submission are not in the file")
        faults.error(file, number, "", "", problem, _("export with ?$expand=*"))
    if not members:
        yield number, {"id": own_id, **answers}
        return
    if set(answers) & set(NAME_COLUMNS):
        problem = _("a name stands outside the list of members; that person is not entered")
        faults.warning(file, number, "", "", problem, _("enter the person among the members"))
    shared = {name: text for name, text in answers.items() if name in _SHARED}
    for place, member in enumerate(members, start=1):
        yield number, {"household": own_id, **shared, "id": own_id and f"{own_id}:{place}", **member}


def _own_id(submission: Mapping[str, Any]) -> str:
    meta = submission.get("meta")
    places = [submission, *([meta] if isinstance(meta, dict) else [])]
    found = (place.get(name) for place in places for name in _ID_NAMES)
    return next((text.removeprefix("uuid:") for text in found if isinstance(text, str) and text), "")


def _answers(
    record: Mapping[str, Any], known: Mapping[str, str], path: str = "", depth: int = 0
) -> tuple[dict[str, str], list[list[dict[str, Any]]], bool]:
    """Answers by meaning, repeated groups, and whether some group is only linked to."""
    told: dict[str, str] = {}
    repeats: list[list[dict[str, Any]]] = []
    unexpanded = False
    for name, value in record.items():
        last = name.rpartition("/")[2]
        if name.endswith("@odata.navigationLink"):
            unexpanded = True
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            repeats.append(value)
        elif isinstance(value, dict) and not name.startswith("_") and depth < _DEEPEST:
            inner, more, linked = _answers(value, known, f"{path}{name}/", depth + 1)
            told = inner | told
            repeats += more
            unexpanded |= linked
        elif not name.startswith("_"):
            meaning = known.get(folded_header(path + name)) or known.get(folded_header(last))
            text = _text(value)
            if meaning and text and not told.get(meaning):
                told[meaning] = text
    return told, repeats, unexpanded


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() if isinstance(value, str | int | float) else ""
