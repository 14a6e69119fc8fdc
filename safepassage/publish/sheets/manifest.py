"""The manifest of a trip: first names and places, for the crew that carries them and for nobody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from safepassage.formats.csv_text import csv_line, guarded
from safepassage.i18n import _, language, ngettext
from safepassage.model.people import NeedClass
from safepassage.model.policy import Audience
from safepassage.publish.sheets.document import Section, Sheet
from safepassage.publish.wording import joined, need_words

HIDDEN = "?"
BOX = "[   ]"


def manifest_sheet(trip: Mapping[str, Any], persons: Sequence[Mapping[str, Any]], *, exercise: bool) -> Sheet:
    """
    Print a manifest in the language of the context.

    Parameters
    ----------
    trip : mapping
        The trip as its reader may see it.
    persons : sequence of mapping
        Its persons as the reader may see them.
    exercise : bool
        True for an exercise.

    Returns
    -------
    Sheet
        For the crew.
    """
    seats = trip.get("manifest", ())
    counts = {need: sum(1 for seat in seats if seat["need"] == need) for need in NeedClass}
    count = len(seats)
    return Sheet(
        name=str(trip["id"]),
        audience=Audience.TEAM,
        title=_("Manifest {number}").format(number=trip.get("manifest_number") or trip["id"]),
        subtitle=joined(
            [
                _("trip {trip}").format(trip=trip["id"]),
                _("vehicle {vehicle}").format(vehicle=trip.get("vehicle", HIDDEN)),
                ngettext("{count} person", "{count} people", count).format(count=count),
                *(need_words(need, number) for need, number in counts.items() if number),
            ]
        ),
        sections=(
            Section(
                _("On board"),
                tuple(
                    (str(number), joined([name, words, _("boarded") if seat["boarded"] else BOX]))
                    for number, (seat, name, words) in enumerate(_people(seats, persons), start=1)
                ),
            ),
            Section(
                _("At the end"),
                lines=(
                    _("As many get off as got on. Write down where each was handed over, and who took over."),
                    _("Give this sheet back or destroy it: it holds names."),
                    _("Handed over by: ____________________   Taken over by: ____________________"),
                ),
            ),
        ),
        foot=_("Trip {trip}, state {state}").format(trip=trip["id"], state=trip.get("state", HIDDEN)),
        exercise=exercise,
        large_print=False,
        with_code=False,
        language=language(),
    )


def manifest_csv(trip: Mapping[str, Any], persons: Sequence[Mapping[str, Any]]) -> str:
    """
    Write a manifest as a table.

    Parameters
    ----------
    trip : mapping
        The trip as its reader may see it.
    persons : sequence of mapping
        Its persons as the reader may see them.

    Returns
    -------
    str
        CSV: number, first name, place, boarded, outcome.
    """
    lines = [csv_line(("number", "person", "first_name", "need", "boarded", "outcome"))]
    for number, (seat, name, _words) in enumerate(_people(trip.get("manifest", ()), persons), start=1):
        cells = (
            str(number), str(seat["person"]), name, str(seat["need"]), str(int(seat["boarded"])),
            str(seat["outcome"]),
        )  # fmt: skip
        lines.append(csv_line(map(guarded, cells)))
    return "".join(lines)


def _people(
    seats: Sequence[Mapping[str, Any]], persons: Sequence[Mapping[str, Any]]
) -> list[tuple[Mapping[str, Any], str, str]]:
    """Seats with the first name, where the reader may see it, and the class of place in words."""
    names = {person["id"]: str(person.get("given_name") or HIDDEN) for person in persons}
    words = {
        NeedClass.SEAT: _("seat"),
        NeedClass.WHEELCHAIR: _("wheelchair"),
        NeedClass.STRETCHER: _("stretcher"),
        NeedClass.CARER: _("carer"),
    }
    return [(seat, names.get(seat["person"], HIDDEN), words[NeedClass(seat["need"])]) for seat in seats]
