"""Is a file readable text? Names encodings that are not UTF-8 and what to do about them."""

from __future__ import annotations

import codecs
from pathlib import Path

from safepassage.formats.fault_list import FaultList
from safepassage.i18n import _

LARGEST_FILE_BYTES = 512 * 2**20
_BLOCK_BYTES = 2**20
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def is_readable_text(path: Path, faults: FaultList) -> bool:
    """
    Check size, encoding and NUL bytes of a file, a block at a time.

    Parameters
    ----------
    path : Path
        An existing file.
    faults : FaultList
        Receives what is wrong.

    Returns
    -------
    bool
        True where the file is UTF-8 (with or without a byte order mark) and of bearable size.
    """
    name = path.name
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE_BYTES:
            problem = _("the file has {size} MB, the limit is {limit} MB").format(
                size=size // 2**20, limit=LARGEST_FILE_BYTES // 2**20
            )
            faults.error(name, 0, "", "", problem, _("keep only the district's rows"))
            return False
        if size == 0:
            faults.error(name, 0, "", "", _("the file is empty"), _("give at least a header row"))
            return False
        return _is_utf8(path, faults)
    except OSError as error:
        problem = _("the file cannot be read ({reason})").format(reason=error.strerror)
        faults.error(name, 0, "", "", problem, _("check the file and its permissions"))
        return False


def _is_utf8(path: Path, faults: FaultList) -> bool:
    remedy = _("save it as CSV UTF-8")
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    lines = 1
    with path.open("rb") as stream:
        block = stream.read(_BLOCK_BYTES)
        if block.startswith(_UTF16_MARKS):
            faults.error(path.name, 0, "", "", _("the file is UTF-16"), remedy)
            return False
        while True:
            nul = block.find(b"\0")
            if nul >= 0:
                row = lines + block.count(b"\n", 0, nul)
                problem = _("the file holds NUL bytes: it is UTF-16 without a mark, damaged, or no text")
                faults.error(path.name, row, "", "", problem, remedy)
                return False
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                row = lines + block.count(b"\n", 0, error.start)
                faults.error(path.name, row, "", "", _encoding_problem(block), remedy)
                return False
            if not block:
                return True
            lines += block.count(b"\n")
            block = stream.read(_BLOCK_BYTES)


def _encoding_problem(block: bytes) -> str:
    # In Windows-1251 the Cyrillic letters are the bytes from 0xC0 on; a text has them in runs.
    high = sum(byte >= 0xC0 for byte in block)
    other = sum(0x80 <= byte < 0xC0 for byte in block)
    if high > 2 * other:
        return _("the file is not UTF-8; it looks like Windows-1251")
    return _("the file is not UTF-8")
