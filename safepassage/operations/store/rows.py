"""Many rows at once, handed to the driver as they are; converting each alone costs more than keeping it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """
    Keep new rows.

    Parameters
    ----------
    connection : Connection
        Within a transaction.
    table : Table
        Where.
    rows : sequence of tuple
        Values in the order of the table's columns; plain numbers, texts and bytes.
    """
    if not rows:
        return
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    marks = ", ".join([mark] * len(table.columns))
    # Names come from the declared tables alone; values never enter the text.
    connection.exec_driver_sql(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', list(rows))  # noqa: S608
