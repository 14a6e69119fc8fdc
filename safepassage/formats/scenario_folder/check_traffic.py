"""Background traffic, signals, reversed lanes, diversions and drivers that contradict themselves."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from safepassage.formats.numbers import shortest
from safepassage.formats.scenario_folder.build import directed_links
from safepassage.formats.scenario_folder.inspection import Inspection
from safepassage.i18n import _
from safepassage.model.threat import ThreatEntryKind


def check_traffic(look: Inspection) -> None:
    """
    Report what rules the roads but cannot.

    Parameters
    ----------
    look : Inspection
        The folder.
    """
    _check_ends(look)
    _check_signals(look)
    _check_threat(look)
    if look.usable("site.csv"):
        _check_diversions(look)
        _check_drivers(look)
    if look.usable("node.csv", "link.csv"):
        _check_background(look)
        _check_reversals(look)


def _check_ends(look: Inspection) -> None:
    for file in ("background.csv", "reversal.csv"):
        table = look.table(file)
        for k in np.flatnonzero(table.numbers("end") <= table.numbers("start")).tolist():
            problem, remedy = _("the entry ends before it starts"), _("exchange start and end")
            look.faults.error(file, int(table.row[k]), "end", "", problem, remedy)


def _check_signals(look: Inspection) -> None:
    table = look.table("signal.csv")
    for k in np.flatnonzero(table.numbers("green") > table.numbers("cycle")).tolist():
        problem = _("the green is longer than the cycle ({cycle} s)").format(
            cycle=shortest(table.numbers("cycle")[k])
        )
        look.error("signal.csv", k, "green", problem, _("shorten it"))
    _check_once(look, "signal.csv", "link_id", _("another signal stands at this link"))


def _check_once(look: Inspection, file: str, column: str, problem: str) -> None:
    texts = look.table(file).texts(column)
    often = {name for name, count in Counter(texts).items() if name and count > 1}
    seen: set[str] = set()
    for k, name in enumerate(texts):
        if name in often and name in seen:
            look.error(file, k, column, problem, _("remove one of them"))
        seen.add(name)


def _check_threat(look: Inspection) -> None:
    table = look.table("threat.csv")
    factor, end = table.numbers("factor"), table.numbers("end")
    for k, kind in enumerate(table.texts("kind")):
        if kind == ThreatEntryKind.SPEED and factor[k] == 0:
            problem, remedy = _("the speed would be 0"), _("give a share above 0, or close the road")
            look.error("threat.csv", k, "factor", problem, remedy)
        if kind == ThreatEntryKind.BREAKDOWN and math.isinf(end[k]):
            problem = _("a breakdown without an end shuts the road for good")
            look.warning("threat.csv", k, "end", problem, _("say when it is cleared"))


def _check_diversions(look: Inspection) -> None:
    sites = look.table("site.csv")
    onward = dict(zip(sites.ids, sites.texts("divert_to"), strict=True))
    index, safe, nodes = look.ids("site.csv"), sites.numbers("safe"), sites.texts("node_id")
    concerned = {name for name, to in onward.items() if to} | {to for to in onward.values() if to}
    shared = Counter(nodes[index[name]] for name in concerned if name in index)
    for k, (name, to) in enumerate(onward.items()):
        if not to or to not in index:
            continue
        if _goes_in_a_circle(onward, name):
            remedy = _("let the last one divert nowhere")
            look.error("site.csv", k, "divert_to", _("the diversions go in a circle"), remedy)
        elif safe[index[to]] != safe[k]:
            problem = _("one of the two sites is safe, the other is not")
            look.error("site.csv", k, "divert_to", problem, _("divert to a site of the same kind"))
        if shared[nodes[k]] > 1:
            problem = _("another site with diversions stands at the same node")
            look.error("site.csv", k, "node_id", problem, _("give each a node of its own"))
        if math.isinf(sites.numbers("capacity")[k]):
            problem, remedy = _("the site never fills up"), _("give its capacity")
            look.warning("site.csv", k, "divert_to", problem, remedy)


def _goes_in_a_circle(onward: dict[str, str], start: str) -> bool:
    at, seen = start, set()
    while at and at not in seen:
        seen.add(at)
        at = onward.get(at, "")
    return bool(at)


def _check_drivers(look: Inspection) -> None:
    rules = look.settings.single.get("drivers", {})
    known = look.ids("site.csv")
    for name in rules.get("told_at") or ():
        if name not in known:
            problem = _("{name} does not exist").format(name=repr(name))
            look.settings_fault("drivers", "told_at", name, problem, _("name sites of site.csv"))


def _check_background(look: Inspection) -> None:
    table, links = look.table("background.csv"), look.table("link.csv")
    directed = directed_links(links)
    ends = {}
    tails, heads = links.texts("from_node_id"), links.texts("to_node_id")
    if any(table.texts("route")):
        for name, record, back in zip(
            directed.ids, directed.record.tolist(), directed.is_reverse, strict=True
        ):
            ends[name] = (heads[record], tails[record]) if back else (tails[record], heads[record])
    rows = zip(*(table.texts(name) for name in ("from_node_id", "to_node_id", "route")), strict=True)
    for k, (start, goal, route) in enumerate(rows):
        names = route.split()
        unknown = [name for name in names if name not in look.directed_link_ids]
        for name in unknown:
            look.unknown("background.csv", k, "route", name, look.directed_link_ids)
        if start and start == goal and not names:
            problem, remedy = _("it enters and leaves at one node"), _("give its route")
            look.error("background.csv", k, "to_node_id", problem, remedy)
        if names and not unknown and not _joins([ends[name] for name in names], start, goal):
            problem = _("the route does not lead from one node to the other without a gap")
            look.error("background.csv", k, "route", problem, _("name its links in driving order"))


def _joins(ends: list[tuple[str, str]], start: str, goal: str) -> bool:
    at = start
    for tail, head in ends:
        if tail != at:
            return False
        at = head
    return at == goal


def _check_reversals(look: Inspection) -> None:
    table, links = look.table("reversal.csv"), look.table("link.csv")
    directed = directed_links(links)
    record = dict(zip(directed.ids, directed.record.tolist(), strict=True))
    back = dict(zip(directed.ids, directed.is_reverse.tolist(), strict=True))
    lanes = links.numbers("lanes")
    tails, heads = links.texts("from_node_id"), links.texts("to_node_id")

    def course(name: str) -> tuple[str, str]:
        tail, head = tails[record[name]], heads[record[name]]
        return (head, tail) if back[name] else (tail, head)

    pairs = zip(table.texts("losing_link_id"), table.texts("gaining_link_id"), strict=True)
    for k, (losing, gaining) in enumerate(pairs):
        if losing not in record or gaining not in record:
            continue
        if course(losing) != course(gaining)[::-1]:
            problem = _("the two links are not the two directions of one road")
            look.error("reversal.csv", k, "gaining_link_id", problem, _("name the opposite direction"))
        if table.numbers("lanes")[k] > lanes[record[losing]]:
            problem = _("the direction has {lanes} lanes").format(lanes=shortest(lanes[record[losing]]))
            look.error("reversal.csv", k, "lanes", problem, _("give at most that many"))
    for column in ("losing_link_id", "gaining_link_id"):
        _check_once(look, "reversal.csv", column, _("another reversal is about this link"))
