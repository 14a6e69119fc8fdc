"""Changing the master key, so that a stop halfway leaves a ledger that opens."""

from __future__ import annotations

import os
import secrets as random_bytes
from pathlib import Path

from safepassage.operations.desk import Desk
from safepassage.operations.intake import FOUND_BY
from safepassage.operations.safety.keys import KEY_BYTES, MasterKey, unseal
from safepassage.operations.store import audit, secrets
from safepassage.operations.store.database import Connection, Database

_PRIVATE = 0o600


def rotate_master_key(desk: Desk, file: Path, *, actor: str) -> int:
    """
    Keep the keys of all records under a new master key, and make every blind mark anew.

    Parameters
    ----------
    desk : Desk
        With the present key; not to be used afterwards.
    file : Path
        The file of the key. It gets the new key, and the former ones after it, for they show that old
        lines of the audit are whole.
    actor : str
        Who does it.

    Returns
    -------
    int
        Keys of records that were wrapped anew.
    """
    new = desk.master.followed_by(random_bytes.token_bytes(KEY_BYTES))
    # Written first: after the transaction nothing but this file opens the ledger.
    _write_private(_waiting(file), new.file_content())
    with desk.database.writing() as connection:
        kept = secrets.all_wrapped_keys(connection)
        keys = {subject: desk.master.unwrapped(subject, wrapped) for subject, wrapped in kept.items()}
        for subject, key in keys.items():
            secrets.replace_key(connection, subject, new.wrapped(subject, key))
        secrets.replace_marks(connection, _marks(connection, keys, new))
        audit.add(
            connection, desk.master.audit_mark, desk.now_ms(), actor, audit.KEY_CHANGED, "", new.fingerprint
        )  # fmt: skip
    _waiting(file).replace(file)
    return len(kept)


def finish_rotation(database: Database, file: Path) -> None:
    """
    Bring a change of the master key that was stopped halfway to its end, or undo it.

    Parameters
    ----------
    database : Database
        With tables.
    file : Path
        The file of the key.
    """
    waiting = _waiting(file)
    if not waiting.exists():
        return
    with database.reading() as connection:
        done = audit.last_detail(connection, audit.KEY_CHANGED)
    if MasterKey.from_file(waiting).fingerprint == done:
        waiting.replace(file)
    else:
        waiting.unlink()


def _marks(connection: Connection, keys: dict[str, bytes], new: MasterKey) -> list[tuple[str, str]]:
    found = []
    for ref, subject, sealed in secrets.named(connection, sorted(FOUND_BY)):
        if subject in keys:
            name = FOUND_BY[ref.rpartition("/")[2]]
            found.append((new.blind_index(name, unseal(keys[subject], ref, sealed)), subject))
    return found


def _waiting(file: Path) -> Path:
    return file.with_name(f"{file.name}.new")


def _write_private(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
