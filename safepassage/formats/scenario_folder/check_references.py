"""Ids that repeat, and names of things that do not exist."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from safepassage.formats.scenario_folder.build import directed_links
from safepassage.formats.scenario_folder.columns import Column
from safepassage.formats.scenario_folder.inspection import Inspection
from safepassage.formats.scenario_folder.schema import TABLES
from safepassage.formats.scenario_folder.values import time_problem, time_remedy
from safepassage.i18n import _
from safepassage.model.plan import PinKind
from safepassage.model.threat import ThreatEntryKind

_ABOUT_LINKS = (
    ThreatEntryKind.CLOSURE,
    ThreatEntryKind.CAPACITY,
    ThreatEntryKind.BREAKDOWN,
    ThreatEntryKind.SPEED,
)


def check_references(look: Inspection) -> None:
    """
    Report ids that repeat and names of things that do not exist.

    Parameters
    ----------
    look : Inspection
        The folder.
    """
    for table in TABLES:
        _check_repeats(look, table.file)
        for column in table.columns:
            if column.refers_to and look.usable(*column.refers_to):
                _check_column(look, table.file, column)
    _check_ways_back(look)
    if look.usable("node.csv", "link.csv"):
        _check_movements(look)
    if look.usable("link.csv", "settlement.csv", "site.csv", "fleet.csv"):
        _check_threat(look)
        _check_pins(look)


def _check_repeats(look: Inspection, file: str) -> None:
    table, first = look.table(file), look.ids(file)
    if len(first) == table.n_rows:
        return
    column = table.table.id_column.name
    for k, name in enumerate(table.ids):
        if name and first[name] != k:
            problem = _("the id is given before, in row {row}").format(row=table.row[first[name]])
            look.error(file, k, column, problem, _("give every row its own"))


def _check_ways_back(look: Inspection) -> None:
    links = look.table("link.csv")
    if np.all(links.numbers("directed") != 0):
        return
    directed, rows = directed_links(links), look.ids("link.csv")
    for name, record, back in zip(directed.ids, directed.record.tolist(), directed.is_reverse, strict=True):
        if back and name in rows:
            problem = _("its way back would be named {name}, which is another road").format(name=name)
            look.error("link.csv", record, "link_id", problem, _("rename one of them"))


def _check_column(look: Inspection, file: str, column: Column) -> None:
    known: dict[str, int] = {}
    for other in column.refers_to:
        known |= look.directed_link_ids if other == "link.csv" else look.ids(other)
    for k, name in enumerate(look.table(file).texts(column.name)):
        if name and name not in known:
            look.unknown(file, k, column.name, name, known)


def _check_movements(look: Inspection) -> None:
    links, movements = look.table("link.csv"), look.table("movement.csv")
    tails, heads = links.texts("from_node_id"), links.texts("to_node_id")
    one_way = links.numbers("directed") != 0
    seen: dict[tuple[str, str, str], int] = {}

    def touches(name: str, node: str, *, coming_in: bool) -> bool:
        record = look.directed_link_ids[name]
        if not one_way[record] and name == links.ids[record]:
            return node in (tails[record], heads[record])
        back = name != links.ids[record]
        return node == (heads if coming_in != back else tails)[record]

    turns = zip(*(movements.texts(name) for name in ("node_id", "ib_link_id", "ob_link_id")), strict=True)
    for k, turn in enumerate(turns):
        node, into, out = turn
        if not {into, out} <= look.directed_link_ids.keys() or node not in look.ids("node.csv"):
            continue
        remedy = _("name the node where the two roads meet")
        if not touches(into, node, coming_in=True):
            look.error("movement.csv", k, "ib_link_id", _("the road does not end at the node"), remedy)
        if not touches(out, node, coming_in=False):
            look.error("movement.csv", k, "ob_link_id", _("the road does not start at the node"), remedy)
        if seen.setdefault(turn, k) != k:
            problem = _("the turn is given before, in row {row}").format(row=movements.row[seen[turn]])
            look.error("movement.csv", k, "ob_link_id", problem, _("remove one of them"))


def _check_threat(look: Inspection) -> None:
    threat, links = look.table("threat.csv"), look.directed_link_ids
    settlements = look.ids("settlement.csv")
    positioned = np.isfinite(threat.numbers("latitude")) & np.isfinite(threat.numbers("longitude"))
    for k, (kind, subject) in enumerate(zip(threat.texts("kind"), threat.texts("subject"), strict=True)):
        if not subject:
            needs_name = kind and kind != ThreatEntryKind.EVENT
            if needs_name or (kind and not positioned[k]):
                remedy = _("name a link, settlement or zone")
                if not needs_name:
                    remedy = _("name it or give a position")
                look.error("threat.csv", k, "subject", _("the entry is about nothing"), remedy)
        elif kind in _ABOUT_LINKS and subject not in links:
            look.unknown("threat.csv", k, "subject", subject, links)
        elif kind == ThreatEntryKind.ARRIVAL and subject not in links and subject not in settlements:
            look.unknown("threat.csv", k, "subject", subject, links | settlements)


def _check_pins(look: Inspection) -> None:
    pins = look.table("pin.csv")
    settlements, sites = look.ids("settlement.csv"), look.ids("site.csv")
    places = frozenset(settlements) | frozenset(sites)
    subjects = {
        PinKind.ROAD: frozenset(look.directed_link_ids),
        PinKind.ROUTE: frozenset(settlements),
        PinKind.DESTINATION: frozenset(settlements),
        PinKind.WAVE: frozenset(settlements),
        PinKind.VEHICLE: look.vehicle_ids,
    }
    values: dict[PinKind, Callable[[int, str], None]] = {
        PinKind.ROUTE: lambda k, value: _check_pinned_route(look, k, value),
        PinKind.DESTINATION: lambda k, value: _check_pinned_name(look, k, value, frozenset(sites)),
        PinKind.WAVE: lambda k, value: _check_pinned_time(look, k, value),
        PinKind.VEHICLE: lambda k, value: _check_pinned_name(look, k, value, places),
    }
    for k, (word, subject, value) in enumerate(
        zip(pins.texts("kind"), pins.texts("subject"), pins.texts("value"), strict=True)
    ):
        if not word:
            continue
        kind = PinKind(word)
        if subject and subject not in subjects[kind]:
            look.unknown("pin.csv", k, "subject", subject, subjects[kind])
        if kind != PinKind.ROAD:
            values[kind](k, value)


def _check_pinned_name(look: Inspection, record: int, value: str, known: frozenset[str]) -> None:
    if value not in known:
        look.unknown("pin.csv", record, "value", value, known)


def _check_pinned_route(look: Inspection, record: int, value: str) -> None:
    links = look.directed_link_ids
    for name in value.split() or [""]:
        if name not in links:
            look.unknown("pin.csv", record, "value", name, links)


def _check_pinned_time(look: Inspection, record: int, value: str) -> None:
    problem = time_problem(value)
    if problem:
        look.error("pin.csv", record, "value", problem, time_remedy())
