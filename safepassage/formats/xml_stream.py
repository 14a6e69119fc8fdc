"""Streams XML that somebody else made: no entities, no bombs, any size that is sane."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from safepassage.errors import Fault, InputError
from safepassage.i18n import _
from safepassage.progress import NoProgress, Progress

Attributes = Mapping[str, str]
Start = Callable[[str, Attributes, int], None]
End = Callable[[str, str], None]

_BLOCK_BYTES = 1 << 20
_LARGEST_BYTES = 8 << 30
# Road networks shrink twentyfold at most; a bomb a thousandfold.
_LARGEST_RATIO = 100
_RATIO_AFTER_BYTES = 64 << 20
_DEEPEST = 64


def stream_xml(path: Path, start: Start, end: End, *, progress: Progress | None = None) -> None:
    """
    Read an XML file element by element.

    Parameters
    ----------
    path : Path
        Plain or gzip, told by its first bytes.
    start : callable
        Called with the element's name, its attributes and its line.
    end : callable
        Called with the element's name and the text in it.
    progress : Progress, optional
        Told of the megabytes read.

    Raises
    ------
    InputError
        If the file is broken, declares entities, is nested too deeply or unpacks to far more than it holds.
    """
    progress = progress or NoProgress()
    progress.start(_("Reading {file}").format(file=path.name))
    reader = _Reader(path, start, end)
    try:
        with _opened(path) as stream:
            while block := stream.read(_BLOCK_BYTES):
                reader.feed(block)
                progress.advance()
            reader.close()
    except expat.ExpatError as error:
        problem = _("the file is not valid XML ({reason})").format(reason=error)
        raise _bad(path, error.lineno, problem, _("give the whole file")) from error
    except (OSError, EOFError, zlib.error) as error:
        problem = _("the file cannot be read ({reason})").format(reason=error)
        raise _bad(path, 0, problem, _("give the whole file")) from error


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
        stream.seek(0)
        if not packed:
            yield stream
            return
        with gzip.GzipFile(fileobj=stream) as unpacked:
            yield unpacked  # type: ignore[misc]


class _Reader:
    def __init__(self, path: Path, start: Start, end: End) -> None:
        self._path = path
        self._start_element = start
        self._end_element = end
        self._depth = 0
        self._unpacked = 0
        self._text: list[str] = []
        self._packed = path.stat().st_size
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.EntityDeclHandler = self._refuse_entity
        # The document type is only named; nothing is fetched.
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self._parser = parser

    def feed(self, block: bytes) -> None:
        self._unpacked += len(block)
        too_dense = self._unpacked > _RATIO_AFTER_BYTES and self._unpacked > _LARGEST_RATIO * max(
            1, self._packed
        )
        if too_dense or self._unpacked > _LARGEST_BYTES:
            problem = _("the file unpacks to more than {size} MB").format(size=self._unpacked >> 20)
            raise _bad(self._path, 0, problem, _("give a real network file; this one may be an attack"))
        self._parser.Parse(block, False)  # noqa: FBT003 - expat takes it by position

    def close(self) -> None:
        self._parser.Parse(b"", True)  # noqa: FBT003

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            problem = _("elements are nested more than {depth} deep").format(depth=_DEEPEST)
            raise _bad(self._path, self._parser.CurrentLineNumber, problem, _("give a real network file"))
        self._text.clear()
        self._start_element(name, attributes, self._parser.CurrentLineNumber)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._end_element(name, "".join(self._text))
        self._text.clear()

    def _refuse_entity(self, *_declaration: object) -> None:
        problem = _("the file declares entities; they are not read")
        remedy = _("give a file without them; this one may be an attack")
        raise _bad(self._path, self._parser.CurrentLineNumber, problem, remedy)


def _bad(path: Path, row: int, problem: str, remedy: str) -> InputError:
    return InputError([Fault(path.name, row, "", "", problem, remedy)])
