"""Takes lists of persons, households and requests into the ledger; the same list twice changes nothing."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from safepassage.operations.desk import Command, Desk, NotAllowedError
from safepassage.operations.reading import Reader, unsealed
from safepassage.operations.records import NOUNS, Record
from safepassage.operations.records.people import Household, Person
from safepassage.operations.safety.roles import SAYS, Action
from safepassage.operations.store import audit, records

CHANNEL = "import"
AT_ONCE = 500


@dataclass(slots=True)
class ImportDraft:
    """
    What a list wants to say, gathered before any of it is said.

    Attributes
    ----------
    commands : dict of str to list of Command
        By the key of the record that they make, in the order in which they are to be said.
    rows : dict of str to int
        Row of the list that made a record.
    """

    commands: dict[str, list[Command]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def add(self, row: int, kind: str, subject: str, payload: Mapping[str, Any]) -> None:
        """
        Say something of a record; what it makes is known by the noun of the kind.

        Parameters
        ----------
        row : int
            Row that says so.
        kind, subject : str
            Kind of the event, and the record that it is about.
        payload : mapping
            What is said; empty values are left out.
        """
        key = f"{kind.partition('.')[0]}/{subject}"
        said = {name: value for name, value in payload.items() if value not in ("", None)}
        self.commands.setdefault(key, []).append(Command(kind, subject, said, channel=CHANNEL))
        self.rows.setdefault(key, row)


@dataclass(frozen=True, slots=True)
class Imported:
    """
    How a list fared.

    Attributes
    ----------
    new, known : mapping of str to int
        Records by noun: entered, and already in the ledger.
    renamed : tuple of int
        Rows whose person stands in the ledger under the same id with another name; nothing was changed.
    """

    new: Mapping[str, int]
    known: Mapping[str, int]
    renamed: tuple[int, ...]


def import_id(desk: Desk, *parts: str) -> str:
    """
    Id of a record of a list, the same each time the list is read.

    Parameters
    ----------
    desk : Desk
        Whose key makes the id; without it nobody can try out names.
    *parts : str
        What tells the record from all others.

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    text = "\0".join(parts).encode()
    return hmac.new(desk.key_for("import"), text, hashlib.sha256).hexdigest()[:32]


def require_right(reader: Reader, right: Action = Action.IMPORT_PEOPLE) -> None:
    """Refuse who may not import."""
    if not reader.may(right):
        raise NotAllowedError(right)


def take_in(
    desk: Desk,
    draft: ImportDraft,
    reader: Reader,
    *,
    dry_run: bool,
    right: Action = Action.IMPORT_PEOPLE,
) -> Imported:
    """
    Enter what is not in the ledger yet.

    Parameters
    ----------
    desk : Desk
        Accepts events.
    draft : ImportDraft
        The list.
    reader : Reader
        Who imports; must hold the right, and the right to say every kind.
    dry_run : bool
        Only tell what would happen.
    right : Action
        What the reader must hold.

    Returns
    -------
    Imported
        How it fared, or would fare.

    Raises
    ------
    NotAllowedError
        If the role may not import, or not say something of the list; nothing was entered.

    Notes
    -----
    Said some hundred at a time, so that others need not wait; after an interruption the same list goes on
    where it stopped.
    """
    require_right(reader, right)
    for kind in sorted({command.kind for said in draft.commands.values() for command in said}):
        if kind not in SAYS[reader.role]:
            raise NotAllowedError(kind)
    present = _present(desk, draft.commands)
    new = [key for key in draft.commands if key not in present]
    if not dry_run:
        for some in _parts(new, draft.commands):
            desk.say_all(some, actor=reader.account, agency=reader.agency, role=reader.role)
        with desk.database.writing() as connection:
            detail = f"{len(draft.commands)} records, {len(new)} new"
            audit.add(connection, desk.master.audit_mark, desk.now_ms(), reader.account, "import", "", detail)
    return Imported(_by_noun(new), _by_noun(present), _renamed(draft, present))


def _present(desk: Desk, keys: Iterable[str]) -> dict[str, str]:
    """Keys that are in the ledger, with the name that is kept of each."""
    with desk.database.reading() as connection:
        found = [item for item in records.find_many(connection, sorted(keys)) if _is_entered(item)]
        texts = unsealed(connection, desk.master, found)
    names = {kind: noun for noun, kind in NOUNS.items()}
    present = {}
    for item in found:
        held = dict(getattr(item, "secrets", ()))
        words = (texts.get(held.get(name, ""), "") for name in ("given_name", "family_name"))
        present[f"{names[type(item)]}/{item.id}"] = " ".join(words)
    return present


def _is_entered(item: Record) -> bool:
    """False for a household that only a member spoke of, and a person who was only met at a gate."""
    if isinstance(item, Household):
        return bool(item.settlement)
    return not (isinstance(item, Person) and item.provisional)


def _renamed(draft: ImportDraft, present: Mapping[str, str]) -> tuple[int, ...]:
    rows = []
    for key, name in present.items():
        said = draft.commands[key][0].payload
        wanted = " ".join(str(said.get(part, "")) for part in ("given_name", "family_name"))
        if key.startswith("person/") and name.strip() and wanted != name:
            rows.append(draft.rows[key])
    return tuple(sorted(rows))


def _parts(keys: Sequence[str], commands: Mapping[str, list[Command]]) -> Iterable[list[Command]]:
    part: list[Command] = []
    for key in keys:
        part += commands[key]
        if len(part) >= AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _by_noun(keys: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for key in keys:
        noun = key.partition("/")[0]
        counts[noun] = counts.get(noun, 0) + 1
    return dict(sorted(counts.items()))
