"""Fetches files over the network: resumed where they were left, checked by size and hash."""

from __future__ import annotations

import hashlib
import re
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

from safepassage.errors import Fault, InputError, OutputError
from safepassage.i18n import _
from safepassage.progress import NoProgress, Progress

PART_SUFFIX = ".part"
SEAL_SUFFIX = ".seal"
_LONGEST_CHECKSUM_FILE = 4096
_BLOCK_BYTES = 1 << 18
_TIMEOUT_S = 60.0
_HASHES = {32: "md5", 40: "sha1", 64: "sha256"}


def fetch(
    address: str,
    target: Path,
    *,
    checksum: str = "",
    most_bytes: int | None = None,
    progress: Progress | None = None,
) -> int:
    """
    Fetch a file.

    Parameters
    ----------
    address : str
        ``https://`` or ``http://``.
    target : Path
        Where it goes; beside it lies ``<name>.part`` until it is whole.
    checksum : str
        MD5, SHA-1 or SHA-256 in hexadecimal digits; without it the size alone is checked.
    most_bytes : int, optional
        Refuse larger files.
    progress : Progress, optional
        Told of the kilobytes.

    Returns
    -------
    int
        Bytes of the whole file.

    Raises
    ------
    InputError
        If the server refuses, or the file is not what was promised; a part that cannot become right is
        removed.
    OutputError
        If the file cannot be written.
    """
    if urlsplit(address).scheme not in ("http", "https"):
        raise _bad(address, _("this is no address of the web"), _("give one that starts with https://"))
    if checksum and len(checksum) not in _HASHES:
        raise _bad(checksum, _("this is no checksum"), _("give MD5, SHA-1 or SHA-256 in hexadecimal digits"))
    progress = progress or NoProgress()
    part = target.with_name(target.name + PART_SUFFIX)
    try:
        size = _fetch_part(address, part, most_bytes, progress)
        _check(address, part, checksum.lower())
        part.replace(target)
        part.with_name(part.name + SEAL_SUFFIX).unlink(missing_ok=True)
    except urllib.error.URLError as error:
        problem = _("the server does not answer ({reason})").format(reason=error.reason)
        remedy = _("check the address and the connection, then run it again to go on")
        raise _bad(address, problem, remedy) from error
    except HTTPException as error:
        raise _bad(address, _("the connection broke ({reason})").format(reason=error),
                   _("run it again to go on")) from error  # fmt: skip
    except OSError as error:
        raise OutputError(
            _("{path}: the file could not be fetched ({reason}); run it again to go on").format(
                path=target, reason=error.strerror or error
            )
        ) from error
    return size


def published_checksum(address: str) -> str:
    """
    The MD5 that a server publishes beside a file, as Geofabrik does.

    Parameters
    ----------
    address : str
        Of the file; ``.md5`` is added.

    Returns
    -------
    str
        Hexadecimal digits; empty where the server publishes none.
    """
    request = urllib.request.Request(f"{address}.md5", headers={"User-Agent": "safepassage"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - as the file itself
            words = answer.read(_LONGEST_CHECKSUM_FILE).decode("ascii", errors="replace").split()
    except (OSError, HTTPException):
        return ""
    return words[0] if words and re.fullmatch(r"[0-9a-fA-F]{32}", words[0]) else ""


def _fetch_part(address: str, part: Path, most_bytes: int | None, progress: Progress) -> int:
    seal = part.with_name(part.name + SEAL_SUFFIX)
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(address, headers={"User-Agent": "safepassage"})  # noqa: S310 - checked above
    if have:
        request.add_header("Range", f"bytes={have}-")
        if seal.is_file():
            # Extracts are renewed every day; half of yesterday's and half of today's is no file.
            request.add_header("If-Range", seal.read_text("ascii"))
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            _remember(answer, seal)
            return _take(address, answer, part, have, most_bytes, progress)
    except urllib.error.HTTPError as error:
        # Nothing is left to send: the part is whole.
        if error.code == 416 and error.headers.get("Content-Range", "").endswith(f"/{have}"):
            return have
        if error.code == 416:
            part.unlink()
            return _fetch_part(address, part, most_bytes, progress)
        raise


def _remember(answer: HTTPResponse, seal: Path) -> None:
    """Keep what tells this version of the file from the next one."""
    tag = answer.headers.get("ETag", "")
    word = tag if tag.startswith('"') and tag.isascii() else answer.headers.get("Last-Modified", "")
    if word and word.isascii() and word.isprintable():
        seal.write_text(word, "ascii")
    else:
        seal.unlink(missing_ok=True)


def _take(
    address: str, answer: HTTPResponse, part: Path, have: int, most_bytes: int | None, progress: Progress
) -> int:
    # A server that knows no ranges sends everything again.
    start = have if answer.status == 206 else 0
    told = answer.headers.get("Content-Length")
    whole = start + int(told) if told else None
    if most_bytes is not None and whole is not None and whole > most_bytes:
        raise _bad(address, _("the file has {size} MB").format(size=whole // 1_000_000),
                   _("choose a smaller one"))  # fmt: skip
    progress.start(_("Fetching {file}").format(file=part.name.removesuffix(PART_SUFFIX)), whole)
    progress.advance(start)
    size = start
    with part.open("r+b" if start else "wb") as sink:
        sink.seek(start)
        while block := answer.read(_BLOCK_BYTES):
            sink.write(block)
            size += len(block)
            progress.advance(len(block))
            if most_bytes is not None and size > most_bytes:
                problem = _("the file has more than {size} MB").format(size=most_bytes // 1_000_000)
                raise _bad(address, problem, _("choose a smaller one"))
    if whole is not None and size != whole:
        problem = _("{have} of {whole} bytes came").format(have=size, whole=whole)
        raise _bad(address, problem, _("run it again to go on"))
    return size


def _check(address: str, part: Path, checksum: str) -> None:
    if not checksum:
        return
    digest = hashlib.new(_HASHES[len(checksum)], usedforsecurity=False)
    with part.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
    if digest.hexdigest() != checksum:
        part.unlink()
        part.with_name(part.name + SEAL_SUFFIX).unlink(missing_ok=True)
        problem = _("the file is not the promised one: its hash is {hash}").format(hash=digest.hexdigest())
        raise _bad(address, problem, _("fetch it again, or check the checksum"))


def _bad(value: str, problem: str, remedy: str) -> InputError:
    return InputError([Fault("download", 0, "", value, problem, remedy)])
