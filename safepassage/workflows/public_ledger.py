"""Publish the ledger: figures for everyone that tell of no small group, as CSV with an HXL row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from safepassage.errors import Fault, InputError
from safepassage.formats.files import write_atomically
from safepassage.formats.hxl import LEDGER_COLUMNS, hxl_csv
from safepassage.i18n import _
from safepassage.model.ledger import LedgerRow
from safepassage.model.scenario import Scenario
from safepassage.operations.disclosure import POOL, PublicRow, Release, next_release
from safepassage.publish.wording import place_name

RELEASES_FILE = "public-releases.json"


@dataclass(frozen=True, slots=True)
class PublicLedger:
    """
    A ledger that was published.

    Attributes
    ----------
    table : Path
        The file.
    release : Release
        What it says.
    """

    table: Path
    release: Release

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        return {"table": str(self.table), "audience": "public", "rows": len(self.release.rows)}

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        if not self.release.rows:
            return [_("So few people are concerned that nothing can be published; the table is empty.")]
        return [
            _("For everyone: {path}, {count} rows.").format(path=self.table, count=len(self.release.rows)),
            _("Rows wait until ten people or more have moved, so that no two tables tell of a few."),
        ]


def publish_ledger(
    rows: Sequence[LedgerRow], at_ms: int, history: Path, table: Path, scenario: Scenario | None = None
) -> PublicLedger:
    """
    Write what the public may know, and remember that it was said.

    Parameters
    ----------
    rows : sequence of LedgerRow
        The ledger at that moment.
    at_ms : int
        The moment (ms since 1970), a day or more ago where people threaten.
    history : Path
        File of all releases so far; made where there is none.
    table : Path
        CSV file to write.
    scenario : Scenario, optional
        Gives names of settlements.

    Returns
    -------
    PublicLedger
        What was written.

    Raises
    ------
    InputError
        If the history is broken, or speaks of a later moment.
    OutputError
        If a file cannot be written.
    """
    earlier = _read_history(history)
    if earlier and at_ms < earlier[-1].at_ms:
        raise InputError(
            [
                Fault(
                    str(history), 0, "", "", _("a later moment was published already"),
                    _("publish a moment after it"),
                )
            ]
        )  # fmt: skip
    release = next_release(rows, earlier, at_ms=at_ms)
    names = {place.id: place_name(place) for place in scenario.settlements} if scenario else {}
    # The history goes first: a table that nobody remembers could be subtracted from the next.
    write_atomically(history, json.dumps([asdict(item) for item in (*earlier, release)]) + "\n")
    write_atomically(table, hxl_csv(LEDGER_COLUMNS, [_cells(row, names) for row in release.rows]))
    return PublicLedger(table, release)


def _cells(row: PublicRow, names: Mapping[str, str]) -> list[str]:
    moment = datetime.fromtimestamp(row.as_of_ms / 1000, UTC)
    if row.settlement == POOL:
        name = _("{count} smaller settlements together").format(count=len(row.members))
    else:
        name = names.get(row.settlement, row.settlement)
    return [f"{moment:%Y-%m-%d}", name, row.settlement, *map(str, row.figures)]


def _read_history(path: Path) -> list[Release]:
    if not path.exists():
        return []
    try:
        return [
            Release(
                int(item["at_ms"]),
                tuple(
                    PublicRow(
                        str(row["settlement"]),
                        tuple(row["members"]),
                        tuple(row["figures"]),
                        int(row["as_of_ms"]),
                    )
                    for row in item["rows"]
                ),
            )
            for item in json.loads(path.read_text("utf-8"))
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = _("the file is broken ({reason})").format(reason=error)
        remedy = _("restore it from a copy; without it a table could tell of a few people")
        raise InputError([Fault(str(path), 0, "", "", problem, remedy)]) from error
