"""
Moves of vehicles as a Parquet file, written block by block while the traffic runs.

Columns: ``time_us`` (microseconds since the start, ascending), ``vehicle`` and ``link`` (numbers; -1 where a
vehicle leaves the road). What the numbers mean stands in the file's metadata under ``safepassage``, as JSON.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from safepassage.errors import Fault, InputError, OutputError
from safepassage.formats.files import FILE_MODE
from safepassage.i18n import _
from safepassage.model.events import MOVES_SCHEMA_VERSION, MoveBlock, MoveHeading, VehicleBlock, VehicleKind

_KEY = b"safepassage"
_COLUMNS = {"time_us": pa.int64(), "vehicle": pa.int32(), "link": pa.int32()}
_ENCODINGS = {"time_us": "DELTA_BINARY_PACKED", "vehicle": "PLAIN", "link": "PLAIN"}


class MoveFile:
    """
    A file of moves that is being written: whole at the end of the ``with`` block, or not there at all.

    Parameters
    ----------
    path : Path
        Replaced where it exists.
    heading : MoveHeading
        What the moves are about.

    Raises
    ------
    OutputError
        If it cannot be written.
    """

    def __init__(self, path: Path, heading: MoveHeading) -> None:
        self._path = path
        self._beside = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}.tmp")
        self._heading = heading
        self.moves = 0

    def __enter__(self) -> Self:
        about = {"schema_version": MOVES_SCHEMA_VERSION, **asdict(self._heading)}
        metadata = {_KEY: json.dumps(about, ensure_ascii=False).encode()}
        self._schema = pa.schema(list(_COLUMNS.items()), metadata=metadata)
        try:
            descriptor = os.open(self._beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
            self._stream = os.fdopen(descriptor, "wb")
            self._writer = pq.ParquetWriter(
                self._stream,
                self._schema,
                compression="zstd",
                use_dictionary=False,
                column_encoding=_ENCODINGS,
            )
        except OSError as error:
            raise OutputError(_words(self._path, error)) from error
        return self

    def __call__(self, block: MoveBlock) -> None:
        """
        Write a block of moves.

        Parameters
        ----------
        block : MoveBlock
            The next ones.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        columns = [block.time_tick, block.vehicle, block.link]
        arrays = [pa.array(values) for values in columns]
        try:
            self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))
        except OSError as error:
            raise OutputError(_words(self._path, error)) from error
        self.moves += len(block.time_tick)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        except OSError as failure:
            raise OutputError(_words(self._path, failure)) from failure
        finally:
            # Whatever happened before, nothing half-written stays behind.
            with suppress(OSError, pa.ArrowException):
                self._writer.close()
            with suppress(OSError):
                self._stream.close()
            with suppress(OSError):
                self._beside.unlink()

    def _finish(self) -> None:
        self._writer.close()
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        self._beside.replace(self._path)


class MoveReader:
    """
    Reads a file of moves, block by block.

    Parameters
    ----------
    path : Path
        As `MoveFile` wrote it.

    Raises
    ------
    InputError
        If it is no such file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with pq.ParquetFile(path) as file:
                about = (file.schema_arrow.metadata or {}).get(_KEY)
                if about is None or set(file.schema_arrow.names) != set(_COLUMNS):
                    raise self._fault(_("this is no file of moves"))
                self.heading = _heading(json.loads(about))
        except (OSError, pa.ArrowException, ValueError, KeyError, TypeError) as error:
            raise self._fault(str(error)) from error

    def blocks(self) -> Iterator[MoveBlock]:
        """
        The moves in order.

        Yields
        ------
        MoveBlock
            As many as were written together.
        """
        with pq.ParquetFile(self._path) as file:
            for k in range(file.num_row_groups):
                table = file.read_row_group(k)
                columns: list[Any] = [table.column(name).to_numpy() for name in _COLUMNS]
                yield MoveBlock(
                    columns[0].astype(np.int64), columns[1].astype(np.int32), columns[2].astype(np.int32)
                )

    def _fault(self, problem: str) -> InputError:
        remedy = _("give a file that simulate --events wrote")
        return InputError([Fault(str(self._path), 0, "", "", problem, remedy)])


def _heading(about: dict[str, Any]) -> MoveHeading:
    if about.pop("schema_version") != MOVES_SCHEMA_VERSION:
        raise ValueError(_("this version of the file is not known"))
    vehicles = tuple(
        VehicleBlock(VehicleKind(row["kind"]), row["id"], row["settlement"], int(row["count"]))
        for row in about.pop("vehicles")
    )
    return MoveHeading(**{**about, "link_id": tuple(about["link_id"])}, vehicles=vehicles)


def _words(path: Path, error: OSError) -> str:
    return _("{path}: cannot be written ({reason})").format(path=path, reason=error.strerror or error)
