"""What was built, what was dropped and who was not placed: for people and for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from safepassage.district.places import NotPlaced
from safepassage.errors import Fault
from safepassage.i18n import _, ngettext
from safepassage.model.network import LonLat

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class CutOff:
    """
    A settlement that the dropping of roads has cost something.

    Attributes
    ----------
    settlement, name : str
        Which.
    people : int
        Persons.
    kept_m, dropped_m : float
        Distance to the nearest street that was kept and that was dropped (m); ``inf`` for none near.
    connected : bool
        False where the settlement has no road in the scenario.
    """

    settlement: str
    name: str
    people: int
    kept_m: float
    dropped_m: float
    connected: bool


@dataclass(frozen=True, slots=True)
class ImportReport:
    """
    Result of a preparation.

    Attributes
    ----------
    source : str
        What the roads were made from.
    projection : str
        Metres were measured in it.
    nodes, links : int
        Size of the network.
    road_km : float
        Kilometres of road, each direction counted.
    crossings : tuple of str
        Crossings of rivers.
    left_out : mapping of str to int
        Ways that are no roads for cars, by reason.
    forbidden_km, dropped_km : float
        Road inside forbidden areas; road that does not hang together with the rest (km).
    dropped_parts : int
        Parts that were dropped.
    dropped_courses : tuple of tuple of (lon, lat)
        Where.
    cut_off : tuple of CutOff
        Settlements that this cost something.
    turns_used, turns_beside : int
        Turn restrictions obeyed; turn restrictions on roads outside the network.
    turns_unmet : tuple of int
        Relations of turn restrictions whose roads do not meet where they say.
    settlements, divided : int
        Settlements of the scenario; those divided into street groups.
    people_in, people_placed : int
        Persons in the inputs and in the scenario.
    not_placed : tuple of NotPlaced
        The others, one by one.
    unlisted : tuple of str
        Settlements of the map that the table does not name.
    unknown : tuple of str
        Settlements whose people nobody knows; they hold nobody in the scenario.
    sites : mapping of str to int
        Sites by kind.
    exits : tuple of str
        Ways out that were marked because no destination was given.
    warnings : tuple of Fault
        Doubtful cells and files.
    """

    source: str
    projection: str
    nodes: int
    links: int
    road_km: float
    crossings: tuple[str, ...]
    left_out: Mapping[str, int]
    forbidden_km: float
    dropped_km: float
    dropped_parts: int
    dropped_courses: tuple[tuple[LonLat, ...], ...]
    cut_off: tuple[CutOff, ...]
    turns_used: int
    turns_beside: int
    turns_unmet: tuple[int, ...]
    settlements: int
    divided: int
    people_in: int
    people_placed: int
    not_placed: tuple[NotPlaced, ...]
    unlisted: tuple[str, ...]
    unknown: tuple[str, ...]
    sites: Mapping[str, int]
    exits: tuple[str, ...]
    warnings: tuple[Fault, ...]

    @property
    def people_not_placed(self) -> int:
        """Persons who were given but are not in the scenario."""
        return sum(item.people for item in self.not_placed)

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        return {
            "source": self.source,
            "projection": self.projection,
            "nodes": self.nodes,
            "links": self.links,
            "road_km": round(self.road_km, 3),
            "crossings": list(self.crossings),
            "ways_left_out": dict(self.left_out),
            "forbidden_km": round(self.forbidden_km, 3),
            "dropped_km": round(self.dropped_km, 3),
            "dropped_parts": self.dropped_parts,
            "settlements_cut_off": [
                {
                    "settlement": item.settlement,
                    "name": item.name,
                    "people": item.people,
                    "kept_street_m": _metres(item.kept_m),
                    "dropped_street_m": _metres(item.dropped_m),
                    "connected": item.connected,
                }
                for item in self.cut_off
            ],
            "turn_restrictions": {
                "used": self.turns_used,
                "beside": self.turns_beside,
                "not_obeyed": list(self.turns_unmet),
            },
            "settlements": self.settlements,
            "divided_into_street_groups": self.divided,
            "people_in": self.people_in,
            "people_placed": self.people_placed,
            "people_not_placed": self.people_not_placed,
            "not_placed": [
                {"who": item.label, "where": item.where, "people": item.people, "reason": item.reason}
                for item in self.not_placed
            ],
            "settlements_of_the_map_not_in_the_table": list(self.unlisted),
            "settlements_without_a_number": list(self.unknown),
            "sites": dict(self.sites),
            "exits_marked": list(self.exits),
            "warnings": [str(fault) for fault in self.warnings],
        }

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        said = [
            _("Roads: {links} links, {nodes} nodes, {km} km; projection {projection}.").format(
                links=self.links, nodes=self.nodes, km=round(self.road_km), projection=self.projection
            )
        ]
        if self.dropped_parts:
            said.append(
                ngettext(
                    "Dropped: {count} part with {km} km that does not hang together with the rest.",
                    "Dropped: {count} parts with {km} km that do not hang together with the rest.",
                    self.dropped_parts,
                ).format(count=self.dropped_parts, km=round(self.dropped_km, 1))
            )
        said += [_cut_off_words(item) for item in self.cut_off[:_SHOWN]]
        if self.forbidden_km:
            said.append(
                _("Removed: {km} km of road in occupied or forbidden areas.").format(
                    km=round(self.forbidden_km, 1)
                )
            )
        if self.turns_unmet:
            said.append(
                _("Turn restrictions whose roads do not meet are not obeyed: relations {ids}.").format(
                    ids=", ".join(map(str, self.turns_unmet[:_SHOWN]))
                )
            )
        said.append(
            ngettext(
                "People: {given} given = {placed} in {count} settlement + {lost} not placed.",
                "People: {given} given = {placed} in {count} settlements + {lost} not placed.",
                self.settlements,
            ).format(
                given=self.people_in,
                placed=self.people_placed,
                count=self.settlements,
                lost=self.people_not_placed,
            )
        )
        said += [
            _("Not placed: {who} ({where}), {people} people: {reason}.").format(
                who=lost.label, where=lost.where, people=lost.people, reason=lost.reason
            )
            for lost in self.not_placed[:_SHOWN]
        ]
        said += self._open_questions()
        return said

    def _open_questions(self) -> list[str]:
        said = []
        if len(self.not_placed) > _SHOWN:
            more = len(self.not_placed) - _SHOWN
            said.append(_("and {count} more; the import report lists all.").format(count=more))
        if self.unknown:
            said.append(
                ngettext(
                    "Nobody knows the people of {count} settlement; it holds nobody: {names}.",
                    "Nobody knows the people of {count} settlements; they hold nobody: {names}.",
                    len(self.unknown),
                ).format(count=len(self.unknown), names=", ".join(self.unknown[:_SHOWN]))
            )
        if self.unlisted:
            said.append(
                ngettext(
                    "On the map but not in the table: {count} settlement, {names}.",
                    "On the map but not in the table: {count} settlements, such as {names}.",
                    len(self.unlisted),
                ).format(count=len(self.unlisted), names=", ".join(self.unlisted[:_SHOWN]))
            )
        if self.exits:
            said.append(
                _(
                    "No safe destination was given; people leave where main roads leave the map: {names}."
                ).format(names=", ".join(self.exits[:_SHOWN]))
            )
        return said


def _metres(value: float) -> int | None:
    return round(value) if value < float("inf") else None


def _cut_off_words(item: CutOff) -> str:
    if not item.connected:
        return _("{name} ({people} people) has no road in the scenario.").format(
            name=item.name, people=item.people
        )
    return _(
        "{name} ({people} people): its nearest street was dropped; it is connected {metres} m away."
    ).format(name=item.name, people=item.people, metres=round(item.kept_m))
