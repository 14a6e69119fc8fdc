"""Writes files and folders whole or not at all, readable by their owner alone."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from safepassage.errors import OutputError
from safepassage.i18n import _

FILE_MODE = 0o600
FOLDER_MODE = 0o700


def write_atomically(path: Path, content: bytes | str) -> None:
    """
    Write a file so that a reader sees the old one or the new one, never a part.

    Parameters
    ----------
    path : Path
        Replaced where it exists; its folder must exist.
    content : bytes or str
        Text is written as UTF-8.

    Raises
    ------
    OutputError
        If it cannot be written; the old file is untouched.
    """
    beside = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}.tmp")
    try:
        _write_new(beside, content)
        beside.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise OutputError(_words(path, error)) from error
    finally:
        # Gone already where all went well; left over after an error or an interruption.
        with suppress(OSError):
            beside.unlink()


def write_folder(path: Path, files: Mapping[str, bytes | str | None], *, replace: bool = False) -> None:
    """
    Write a folder so that a reader sees the old one or the new one, never a part.

    Parameters
    ----------
    path : Path
        Where the folder goes.
    files : mapping of str to bytes, str or None
        Content by name, which may hold slashes; None for a file that must not be there.
    replace : bool
        Replace a folder that holds something; files that are not named in ``files`` are carried over.

    Raises
    ------
    OutputError
        If the folder holds something and is not to be replaced, or cannot be written; what was there
        is untouched.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow a link away from its place
    mark = secrets.token_hex(4)
    beside = path.with_name(f".{path.name[:40]}.{mark}.tmp")
    old = path.with_name(f".{path.name[:40]}.{mark}.old")
    try:
        if path.exists() and not path.is_dir():
            raise OutputError(_("{path}: is no folder; choose another name").format(path=path))
        if path.is_dir() and any(path.iterdir()):
            if not replace:
                raise OutputError(_("{path}: the folder holds files; choose a new one").format(path=path))
            shutil.copytree(path, beside, symlinks=True)
        else:
            beside.mkdir(mode=FOLDER_MODE)
        beside.chmod(FOLDER_MODE)
        for name, content in files.items():
            target = beside / name
            target.unlink(missing_ok=True)
            if content is not None:
                target.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
                _write_new(target, content)
        _sync_folder(beside)
        _swap(beside, path, old)
    except OSError as error:
        raise OutputError(_words(path, error)) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _swap(new: Path, path: Path, old: Path) -> None:
    try:
        if path.exists():
            path.rename(old)
        new.rename(path)
    except BaseException:
        if old.exists() and not path.exists():
            old.rename(path)
        raise
    _sync_folder(path.parent)


def _write_new(path: Path, content: bytes | str) -> None:
    data = content.encode() if isinstance(content, str) else content
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(path: Path) -> None:
    # Without this a power cut may undo the rename.
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _words(path: Path, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return _("{path}: no permission to write here; choose another folder or change its rights").format(
            path=path
        )
    if isinstance(error, FileNotFoundError):
        return _("{path}: its folder does not exist; make it first").format(path=path)
    return _("{path}: cannot be written ({reason}); free some space or choose another place").format(
        path=path, reason=error.strerror or error
    )
