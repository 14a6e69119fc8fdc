"""Whole copies of a ledger: one moment of it, in a file of its own, whatever database it runs on."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from sqlalchemy import Connection, select

from safepassage.errors import SafepassageError
from safepassage.operations.store.chunks import MOST_AT_ONCE
from safepassage.operations.store.database import Database
from safepassage.operations.store.rows import insert_rows
from safepassage.operations.store.tables import METADATA
from safepassage.operations.store.tables import event as event_table

_PRIVATE = 0o600


class NotEmptyError(SafepassageError):
    """A copy may only be put where nothing is yet."""


def copy_to_file(database: Database, target: Path) -> None:
    """
    Copy a ledger to a new file, whole, while others write.

    Parameters
    ----------
    database : Database
        Of either kind.
    target : Path
        A file that is not there yet; it becomes an embedded database.
    """
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    if database.is_sqlite:
        database.copy_pages_to(part)
    else:
        copy = Database.in_file(part)
        copy.prepare()
        with database.reading() as source, copy.writing() as sink:
            _copy_rows(source, sink)
        copy.close()
    part.chmod(_PRIVATE)
    # A copy that was interrupted never looks like a whole one.
    part.replace(target)


def restore_from_file(source: Path, database: Database) -> None:
    """
    Put a copy into an empty ledger.

    Parameters
    ----------
    source : Path
        Made by `copy_to_file`, by this version or an older one; it is not changed.
    database : Database
        Of either kind, with tables and without events.

    Raises
    ------
    NotEmptyError
        If the ledger holds events already.
    """
    with tempfile.TemporaryDirectory() as folder:
        working = Path(folder) / "copy.sqlite"
        shutil.copyfile(source, working)
        copy = Database.in_file(working)
        copy.prepare()
        with copy.reading() as old, database.writing() as new:
            if new.execute(select(event_table.c.position).limit(1)).first() is not None:
                raise NotEmptyError("the ledger holds events already; restore into an empty one")
            _copy_rows(old, new)
        copy.close()


def _copy_rows(source: Connection, sink: Connection) -> None:
    for table in METADATA.sorted_tables:
        rows = source.execution_options(yield_per=MOST_AT_ONCE).execute(select(table))
        for some in rows.partitions():
            insert_rows(sink, table, [tuple(row) for row in some])
