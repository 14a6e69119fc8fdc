"""Print the sheets of a plan: settlements after their release, drivers, police."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from safepassage.errors import Fault, InputError
from safepassage.formats.files import write_folder
from safepassage.formats.plan_folder import PlanFolder, read_plan_folder
from safepassage.i18n import _, ngettext
from safepassage.model.plan import Mode, Trip
from safepassage.model.policy import ThreatKind
from safepassage.progress import NoProgress, Progress
from safepassage.publish.sheets.document import Sheet, sheet_pdf
from safepassage.publish.sheets.driver import driver_sheet
from safepassage.publish.sheets.police import police_sheet
from safepassage.publish.sheets.settlement import settlement_sheet

SETTLEMENTS = "settlements"
DRIVERS = "drivers"
POLICE = "police"
KINDS = (SETTLEMENTS, DRIVERS, POLICE)
RELEASE_FILE = "release.json"
INDEX_FILE = "index.json"


@dataclass(frozen=True, slots=True)
class SheetsResult:
    """
    Sheets that were written.

    Attributes
    ----------
    folder : Path
        Where.
    counts : mapping of str to int
        Sheets of each kind.
    """

    folder: Path
    counts: Mapping[str, int]

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        return {"folder": str(self.folder), "sheets": dict(self.counts)}

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        words = {
            SETTLEMENTS: _("settlements"),
            DRIVERS: _("drivers"),
            POLICE: _("police"),
        }
        lines = [
            ngettext("{count} sheet: {whom}", "{count} sheets: {whom}", count).format(
                count=count, whom=words[kind]
            )
            for kind, count in self.counts.items()
        ]
        return [*lines, _("Folder: {path}").format(path=self.folder)]


def write_sheets(
    plan: Path,
    output: Path | None = None,
    *,
    kinds: Sequence[str] = (DRIVERS, POLICE),
    settlements: Sequence[str] = (),
    released_by: str = "",
    progress: Progress | None = None,
) -> SheetsResult:
    """
    Print the sheets of a plan folder, each as PDF and as plain text.

    Parameters
    ----------
    plan : Path
        The plan folder.
    output : Path, optional
        Folder to write; ``sheets`` beside the plan by default. Sheets of earlier calls are replaced.
    kinds : sequence of str
        Of `KINDS`.
    settlements : sequence of str
        Ids of the settlements whose sheets are printed; all where none is named.
    released_by : str
        Who released the sheets of settlements. Without a name they are not printed where people threaten.
    progress : Progress, optional
        Told of each sheet.

    Returns
    -------
    SheetsResult
        What was written.

    Raises
    ------
    InputError
        If the plan folder is broken, a settlement is unknown or has no part in the plan, or nobody released.
    OutputError
        If the sheets cannot be written.
    """
    progress = progress or NoProgress()
    progress.start(_("Reading the plan"))
    content = read_plan_folder(plan)
    wanted = _chosen(content, settlements) if SETTLEMENTS in kinds else []
    if wanted and not released_by and content.folder.scenario.policy.threat_kind == ThreatKind.HOSTILE:
        raise InputError(
            [
                Fault(
                    file=str(plan),
                    row=0,
                    column="",
                    value="",
                    problem=_("times of settlements are secret until somebody releases them"),
                    remedy=_(
                        "say who does: --released-by NAME, and name the settlements whose time has come"
                    ),
                )
            ]
        )
    made = _sheets(content, kinds, wanted)
    progress.start(_("Printing the sheets"), total=len(made))
    files: dict[str, bytes | str | None] = {}
    for kind, sheet in made:
        files[f"{kind}/{sheet.file_name}.pdf"] = sheet_pdf(sheet)
        files[f"{kind}/{sheet.file_name}.txt"] = sheet.as_text()
        progress.advance()
    counts = {kind: sum(1 for found, _sheet in made if found == kind) for kind in kinds}
    files[INDEX_FILE] = _as_json(
        {"plan": content.plan.id, "revision": content.plan.revision, "sheets": counts}
    )
    if wanted:
        files[RELEASE_FILE] = _as_json(
            {
                "plan": content.plan.id,
                "revision": content.plan.revision,
                "released_by": released_by,
                "released_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "settlements": wanted,
            }
        )
    folder = output or (plan if plan.is_dir() else plan.parent) / "sheets"
    write_folder(folder, files, replace=(folder / INDEX_FILE).is_file())
    return SheetsResult(folder, counts)


def _chosen(content: PlanFolder, settlements: Sequence[str]) -> list[str]:
    """Ids of settlements that somebody leaves from, in scenario order."""
    served = {part.settlement for part in content.plan.assignments}
    known = [place.id for place in content.folder.scenario.in_scope if place.id in served]
    faults = [
        Fault(
            file="settlement.csv",
            row=0,
            column="settlement_id",
            value=wish,
            problem=_("nobody leaves from {settlement} in this plan").format(settlement=wish),
            remedy=_("name one of: {ids}").format(ids=", ".join(known[:10])),
        )
        for wish in settlements
        if wish not in known
    ]
    if faults:
        raise InputError(faults)
    return [place for place in known if not settlements or place in set(settlements)]


def _sheets(content: PlanFolder, kinds: Sequence[str], wanted: Sequence[str]) -> list[tuple[str, Sheet]]:
    scenario, plan = content.folder.scenario, content.plan
    roads = _road_names(content)
    places = {place.id: place for place in scenario.settlements}
    made = [(SETTLEMENTS, settlement_sheet(scenario, plan, places[place], roads)) for place in wanted]
    if DRIVERS in kinds:
        tours: dict[str, list[Trip]] = {}
        for trip in plan.trips:
            if trip.mode == Mode.FLEET:
                tours.setdefault(trip.vehicle, []).append(trip)
        made += [
            (DRIVERS, driver_sheet(scenario, plan, vehicle, trips, roads))
            for vehicle, trips in sorted(tours.items())
        ]
    if POLICE in kinds:
        made.append((POLICE, police_sheet(scenario, plan, roads)))
    return made


def _road_names(content: PlanFolder) -> dict[str, str]:
    """Names of surveyed roads and crossings, which only people read."""
    network = content.folder.scenario.network
    names = content.folder.kept.get("link.csv", {}).get("name", ())
    crossings = {link: name for link, name in zip(network.link_id, network.crossing, strict=True) if name}
    if len(names) != network.n_links:
        return crossings
    rows = zip(network.link_id, names, network.schematic, strict=True)
    return {link: name for link, name, schematic in rows if name and not schematic} | crossings


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
