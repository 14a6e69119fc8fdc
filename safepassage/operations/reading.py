"""Looking at the ledger: what a role may see, with the sealed text that it may read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from safepassage.operations.desk import Desk
from safepassage.operations.records import NOUNS, Record
from safepassage.operations.records.claims import Incident
from safepassage.operations.records.movement import Crew, Trip
from safepassage.operations.safety.keys import MasterKey, unseal
from safepassage.operations.safety.roles import DOES, READS, Access, Action, Role, Scope, may_see
from safepassage.operations.store import audit, events, records, secrets
from safepassage.operations.store.database import Connection

PAGE_LIMIT = 500
STALE_AFTER_MS = 6 * 3_600_000


@dataclass(frozen=True, slots=True)
class Reader:
    """
    Who looks.

    Attributes
    ----------
    account, agency : str
        Who, for whom.
    role : Role
        Role of the account.
    broke_glass : bool
        Sees every field of persons and requests for a while, with a reason that was written down.
    """

    account: str
    agency: str
    role: Role
    broke_glass: bool = False

    def access(self, noun: str) -> Access | None:
        """What is seen of a noun; None where nothing is."""
        declared = READS[self.role].get(noun)
        if self.broke_glass and noun in ("person", "request", "household"):
            names = frozenset(item for item in NOUNS[noun].__dataclass_fields__ if item != "secrets")
            return Access(names | {"secrets"}, Scope.ALL)
        return declared

    def may(self, action: Action) -> bool:
        """True where the role holds an action."""
        return action in DOES[self.role]


def unsealed(connection: Connection, master: MasterKey, items: Sequence[Record]) -> dict[str, str]:
    """
    Sensitive texts of records.

    Parameters
    ----------
    connection : Connection
        Any.
    master : MasterKey
        Opens the keys of records.
    items : sequence of Record
        Any records.

    Returns
    -------
    dict of str to str
        By reference; what was forgotten is left out.
    """
    refs = [ref for item in items for _name, ref in getattr(item, "secrets", ())]
    found = secrets.sealed(connection, refs) if refs else {}
    wrapped = secrets.wrapped_keys(connection, sorted({subject for subject, _sealed in found.values()}))
    keys = {subject: master.unwrapped(subject, kept) for subject, kept in wrapped.items()}
    return {
        ref: unseal(keys[subject], ref, sealed) for ref, (subject, sealed) in found.items() if subject in keys
    }


class ReadingRoom:
    """
    Answers readers, and writes down what they read of persons.

    Parameters
    ----------
    desk : Desk
        Whose database and keys.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def page(
        self,
        reader: Reader,
        noun: str,
        *,
        after: str = "",
        limit: int = 100,
        where: dict[str, str] | None = None,
    ) -> tuple[list[dict[str, Any]], str]:
        """
        Some records of a noun.

        Parameters
        ----------
        reader : Reader
            Who looks.
        noun : str
            Which.
        after : str
            Cursor of the page before.
        limit : int
            How many at most.
        where : dict of str to str, optional
            Columns that must have a value.

        Returns
        -------
        list of dict
            What the reader may see.
        str
            Cursor of the next page; empty after the last.
        """
        access = reader.access(noun)
        if access is None:
            return [], ""
        shown: list[dict[str, Any]] = []
        with self._desk.database.reading() as connection:
            own = self._own_trips(connection, reader)
            while True:
                found = records.page(connection, noun, after=after, limit=limit, where=where)
                seen = [item for item in found if self._sees(reader, access, item, own)]
                room = limit - len(shown)
                shown += self._shown(connection, access, seen[:room])
                after = found[-1].id if found else after
                if len(seen) > room:
                    after = seen[room - 1].id
                    break
                if len(found) < limit:
                    after = ""
                    break
                if len(shown) == limit:
                    break
        if noun == "person" and shown:
            self._note(reader, "person.list", "", f"{len(shown)} persons")
        return shown, after

    def one(self, reader: Reader, noun: str, record_id: str) -> dict[str, Any] | None:
        """
        One record.

        Parameters
        ----------
        reader : Reader
            Who looks.
        noun, record_id : str
            Which.

        Returns
        -------
        dict or None
            None where there is none, or none that the reader may see.
        """
        access = reader.access(noun)
        if access is None:
            return None
        with self._desk.database.reading() as connection:
            item = records.find(connection, f"{noun}/{record_id}")
            if item is None or not self._sees(reader, access, item, self._own_trips(connection, reader)):
                return None
            shown = self._shown(connection, access, [item])[0]
        if noun in ("person", "household", "request", "refusal", "tracing"):
            self._note(reader, f"{noun}.read", record_id, "break-glass" if reader.broke_glass else "")
        return shown

    def changes(self, reader: Reader, cursor: str, *, limit: int = 200) -> tuple[list[dict[str, Any]], str]:
        """
        Records that changed since a cursor.

        Parameters
        ----------
        reader : Reader
            Who looks.
        cursor : str
            As given before; empty for everything.
        limit : int
            How many at most are looked at.

        Returns
        -------
        list of dict
            What the reader may see, each with its noun.
        str
            Cursor for the next look.
        """
        place, _dot, key = cursor.partition(".")
        shown = []
        with self._desk.database.reading() as connection:
            position = int(place or 0)
            if position > events.last_of_chain(connection)[0]:
                # The ledger was restored from before what this reader has seen: begin anew.
                position, key, cursor = 0, "", ""
            own = self._own_trips(connection, reader)
            found = records.changed_since(connection, position, key, limit)
            for _position, changed, item in found:
                noun = changed.partition("/")[0]
                access = reader.access(noun)
                if access is not None and self._sees(reader, access, item, own):
                    shown.append({"noun": noun, **self._shown(connection, access, [item])[0]})
        if any(item["noun"] == "person" for item in shown):
            self._note(reader, "person.sync", "", f"{len(shown)} records")
        return shown, f"{found[-1][0]}.{found[-1][1]}" if found else cursor

    def some(self, reader: Reader, noun: str, record_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Records of ids, in their order, as far as the reader may see them; persons need a name left."""
        access = reader.access(noun)
        if access is None:
            return []
        with self._desk.database.reading() as connection:
            own = self._own_trips(connection, reader)
            found = {
                item.id: item
                for item in records.find_many(connection, [f"{noun}/{one}" for one in record_ids])
            }
            items = [found[one] for one in record_ids if one in found]
            items = [item for item in items if self._sees(reader, access, item, own)]
            shown = self._shown(connection, access, items)
        self._note(reader, f"{noun}.search", "", f"{len(shown)} found")
        return shown

    def found_by(self, reader: Reader, name: str, text: str) -> list[dict[str, Any]]:
        """Persons by a sealed field (phone or document), through the blind index."""
        mark = self._desk.master.blind_index(name, text)
        access = reader.access("person")
        if access is None or not reader.may(Action.SEARCH):
            return []
        with self._desk.database.reading() as connection:
            subjects = [key for key in secrets.subjects_marked(connection, mark) if key.startswith("person/")]
            items = records.find_many(connection, subjects) if subjects else []
            own = self._own_trips(connection, reader)
            shown = self._shown(
                connection, access, [item for item in items if self._sees(reader, access, item, own)]
            )
        self._note(reader, "person.search", "", f"by {name}, {len(shown)} found")
        return shown

    def _own_trips(self, connection: Connection, reader: Reader) -> frozenset[str]:
        if reader.role is not Role.DRIVER:
            return frozenset()
        trips = records.everything(connection, "trip")
        return frozenset(
            trip.id for trip in trips if isinstance(trip, Trip) and trip.driver == reader.account
        )

    def _sees(self, reader: Reader, access: Access, item: Record, own: frozenset[str]) -> bool:
        return may_see(access, item, account=reader.account, agency=reader.agency, own_trips=own)

    def _shown(self, connection: Connection, access: Access, items: Sequence[Record]) -> list[dict[str, Any]]:
        wanted = any(name.startswith("secrets") for name in access.shown)
        texts = unsealed(connection, self._desk.master, items) if wanted else {}
        return [self._document(access, item, texts) for item in items]

    def _document(self, access: Access, item: Record, texts: dict[str, str]) -> dict[str, Any]:
        release = getattr(item, "release_at_ms", None)
        released = release is not None and self._desk.now_ms() >= release
        names = access.shown | (access.once_released if released else frozenset())
        document = {
            name: value for name, value in asdict(item).items() if name in names and name != "secrets"
        }
        for name, ref in getattr(item, "secrets", ()):
            if ref in texts and ("secrets" in names or f"secrets.{name}" in names):
                document[name] = texts[ref]
        if isinstance(item, Incident):
            document["status"] = item.status(self._desk.now_ms(), STALE_AFTER_MS)
        if isinstance(item, Crew):
            document["overdue"] = item.is_overdue(self._desk.now_ms())
        return document

    def _note(self, reader: Reader, action: str, subject: str, detail: str) -> None:
        with self._desk.database.writing() as connection:
            audit.add(
                connection,
                self._desk.master.audit_mark,
                self._desk.now_ms(),
                reader.account,
                action,
                subject,
                detail,
            )
