"""The report on paper: A4, with plan, seed, hash and page number on every page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

from safepassage.i18n import _, use_language
from safepassage.model.outcome import Outcome
from safepassage.model.plan import Plan
from safepassage.model.policy import Audience
from safepassage.model.scenario import Scenario
from safepassage.publish.embedding import PUBLISH_FOLDER, asset
from safepassage.publish.report import report_content
from safepassage.publish.sheets.document import audience_words, sheet_foot
from safepassage.publish.wording import Bilingual, figure, number, place_name

TEMPLATE = "report.typ"
_OTHER_TEXT = re.compile(r'<text [^>]*lang="(\w+)"[^>]*>.*?</text>', re.DOTALL)


def report_pdf(
    scenario: Scenario, plan: Plan, outcome: Outcome, naive: Outcome | None, *, language: str
) -> bytes:
    """
    Print the report of a plan.

    Parameters
    ----------
    scenario : Scenario
        What was planned for.
    plan : Plan
        The plan.
    outcome, naive : Outcome
        The plan and the baseline, played; the second may be None.
    language : str
        Language of the paper.

    Returns
    -------
    bytes
        PDF; the same bytes for the same plan.
    """
    # Loading typst takes longer than many a command.
    import typst  # noqa: PLC0415

    curves = [curve for played in (outcome, naive) if played and (curve := played.curve("all"))]
    end_s = max((float(curve.times_s[-1]) for curve in curves if len(curve.times_s)), default=3600.0)
    with use_language(language):
        content = report_content(scenario, plan, outcome, naive, end_s)
        paper = _paper(scenario, plan, content, language)
    source = (PUBLISH_FOLDER / "templates" / TEMPLATE).read_bytes()
    pdf: bytes = typst.compile(
        source, sys_inputs={"report": json.dumps(paper, ensure_ascii=False)}, ignore_system_fonts=True
    )
    return pdf


def _paper(scenario: Scenario, plan: Plan, content: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Everything the paper says, in one language."""
    hero_clock, hero_day = content["hero"]
    facts = [fact for key, fact in content["facts"].items() if key != "all"]
    return {
        "language": language,
        "title": str(content["name"]),
        "banner": content["exercise_banner"] if plan.exercise else "",
        "audience_words": audience_words(Audience.COMMISSION),
        "foot": sheet_foot(plan),
        "page_words": _("page {page} of {pages}").format(page="\u0001", pages="\u0002"),
        "start": str(content["start_words"]),
        "hero": [str(content["facts"]["all"].label), hero_clock, str(hero_day)],
        "facts": [[str(fact.label), str(fact.value), str(fact.note)] for fact in facts],
        "map": _svg(content["map_drawing"], language),
        "curves": _svg(content["curves_drawing"], language),
        "map_title": _("Map"),
        "map_note": _("Width: vehicles on the road in the whole plan. {attribution}").format(
            attribution=content["attribution"]
        ),
        "curves_title": _("People out"),
        "curves_note": _(
            "Thick: everyone; blue: by car; green: by bus, van, train; dots: all at once by the nearest way;"
            " dashes: no plan is faster."
        ),
        "tables": list(_tables(scenario, plan, content)),
        "lists": [
            [_("What it does not know"), [str(line) for line in content["limits"]]],
            [_("Decisions of people"), [str(line) for line in content["pins"]]],
        ],
    }


def _tables(scenario: Scenario, plan: Plan, content: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    yield _table(
        _("What to do first"),
        [_("Time"), _("Where"), _("What")],
        [[step.clock, step.place, step.action] for step in content["steps"]],
        [1.0, 2.0, 6.0],
    )
    yield _table(
        _("Cannot be served"),
        [_("Settlement"), _("Who"), _("Why"), _("What would help")],
        [[part.place, part.who, part.reason, part.remedy] for part in content["behind"]],
        [2.0, 2.0, 3.0, 3.0],
    )
    yield _table(
        _("Last to be safe"),
        [_("Settlement"), _("Last one safe"), _("How they go")],
        [[place_name(late.settlement), late.last_out, late.why] for late in content["late"]],
        [2.0, 1.6, 5.0],
    )
    yield _table(
        _("Certificate"),
        [_("Who"), _("People"), _("No plan is faster than"), _("This plan"), _("Gap"), _("What limits")],
        [
            [row["who"], number(row["people"]), row["bound"], row["value"], row["gap"], row["binding"]]
            for row in content["bounds"]
        ],
        [2.4, 1.0, 1.6, 1.2, 1.8, 3.0],
    )
    yield _table(
        _("Settlements"),
        [str(title) for _key, title, _kind in content["columns"]],
        [
            [
                row.name, number(row.people), row.destination, row.route, row.waves, row.trips,
                number(row.unserved), row.last_out,
            ]
            for row in content["rows"]
        ],
        [2.2, 0.9, 2.4, 2.4, 2.4, 2.4, 1.1, 1.2],
    )  # fmt: skip
    yield _table(
        _("What is assumed"),
        [_("Figure"), _("Value"), _("Range"), _("Reason")],
        [
            [
                item.id.replace("_", " "),
                f"{figure(item.value)} {item.unit}",
                f"{figure(item.low)} - {figure(item.high)}",
                item.reason,
            ]
            for item in scenario.assumptions
            if not plan.certificate
            or item.id in plan.certificate.assumptions
            or not plan.certificate.assumptions
        ],
        [2.0, 1.6, 1.4, 5.0],
    )


def _table(
    title: str, columns: list[str], rows: list[list[str | Bilingual]], widths: list[float]
) -> dict[str, Any]:
    return {
        "title": title,
        "columns": columns,
        "rows": [[str(cell) for cell in row] for row in rows],
        "widths": widths,
    }


def _svg(drawing: Markup, language: str) -> str:
    """A drawing of the page as a file of its own: one language, own colours and symbols."""
    symbols = (PUBLISH_FOLDER / "templates" / "symbols.svg").read_text("utf-8")
    inner = symbols[symbols.index("<symbol") : symbols.rindex("</svg>")]
    text = _OTHER_TEXT.sub(lambda found: found[0] if found[1] == language else "", str(drawing))
    head, rest = text.split(">", 1)
    return f'{head} xmlns="http://www.w3.org/2000/svg"><style>{asset("print.css")}</style><defs>{inner}</defs>{rest}'
