"""The board on the wall: how everything stands, in numbers that name nobody, of one moment."""

from __future__ import annotations

from typing import Any

from safepassage.operations.reading import Reader
from safepassage.operations.records.movement import Crew, OperatedSite
from safepassage.operations.store import devices, events, records
from safepassage.operations.store.database import Database


def board(database: Database, reader: Reader, *, now_ms: int) -> dict[str, Any]:
    """
    Count everything at once.

    Parameters
    ----------
    database : Database
        The store.
    reader : Reader
        Who looks; crews that are late are told to those who see crews.
    now_ms : int
        The moment (ms since 1970).

    Returns
    -------
    dict
        ``events`` kept so far, ``persons`` by line of the ledger, ``states`` of records by noun,
        ``sites`` with beds and persons who stay there, ``overdue_crews``, ``open_conflicts`` and
        ``held_events``.
    """
    with database.reading() as connection:
        position, _chain = events.last_of_chain(connection)
        persons: dict[str, int] = {}
        for (_settlement, category), number in sorted(records.person_counts(connection).items()):
            persons[category] = persons.get(category, 0) + number
        states: dict[str, dict[str, int]] = {}
        for (noun, state), number in sorted(records.state_counts(connection).items()):
            if state:
                states.setdefault(noun, {})[state] = number
        staying = records.occupancy(connection)
        sites = [
            {"id": site.id, "status": site.status, "beds": site.beds, "staying": staying.pop(site.id, 0)}
            for site in records.everything(connection, "site")
            if isinstance(site, OperatedSite)
        ]
        sites += [{"id": name, "status": "", "beds": 0, "staying": staying[name]} for name in sorted(staying)]
        crews = records.everything(connection, "crew") if reader.access("crew") else []
        return {
            "events": position,
            "persons": persons,
            "states": states,
            "sites": sites,
            "overdue_crews": [
                {"id": crew.id, "agency": crew.agency, "due_ms": crew.due_ms}
                for crew in crews
                if isinstance(crew, Crew) and crew.is_overdue(now_ms)
            ],
            "open_conflicts": records.open_conflicts(connection),
            "held_events": len(devices.waiting(connection)),
        }
