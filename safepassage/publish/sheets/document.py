"""A sheet as sections of words, whoever it is for; printed by typst, read aloud as plain text."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise

import segno

from safepassage.formats.marking import EXERCISE_BANNER
from safepassage.i18n import _
from safepassage.model.plan import Plan
from safepassage.model.policy import Audience
from safepassage.publish.embedding import PUBLISH_FOLDER

# A phone reads a code of this many bytes from paper at arm's length; larger ones need a steady hand.
CODE_BYTES = 1300
TEMPLATE = "sheet.typ"
FILE_NAME_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Section:
    """
    A part of a sheet.

    Attributes
    ----------
    title : str
        Heading.
    rows : tuple of (str, str)
        Pairs to look up: a label or time, and what belongs to it.
    lines : tuple of str
        Sentences.
    strong : bool
        True for what must be seen first.
    in_code : bool
        True for what the code on the sheet repeats.
    """

    title: str
    rows: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    strong: bool = False
    in_code: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """
    A sheet of paper.

    Attributes
    ----------
    name : str
        Id of whom it is about.
    audience : Audience
        Who may read it.
    title, subtitle : str
        What it is and for whom.
    sections : tuple of Section
        The parts, most important first.
    foot : str
        Plan, revision, seed and hash, on every page.
    exercise : bool
        True while any road is schematic.
    large_print : bool
        True where old eyes read it.
    with_code : bool
        True where a code repeats the text for a phone without a network.
    language : str
        Language it is written in.
    """

    name: str
    audience: Audience
    title: str
    subtitle: str
    sections: tuple[Section, ...]
    foot: str
    exercise: bool
    large_print: bool
    with_code: bool
    language: str

    @property
    def file_name(self) -> str:
        """The name with nothing in it that means something to a file system."""
        plain = re.sub(r"[^\w.-]", "_", self.name).lstrip(".")[:FILE_NAME_LENGTH]
        if plain == self.name:
            return plain
        return f"{plain}-{hashlib.sha256(self.name.encode()).hexdigest()[:6]}"

    def as_text(self) -> str:
        """The whole sheet as plain text, to be read aloud or sent."""
        return self._text(self.sections, self.subtitle, self.foot)

    def code_text(self) -> str:
        """What the code holds: the marked sections, as many as a phone can read from paper."""
        marked = [section for section in self.sections if section.in_code]
        while marked:
            text = self._text(tuple(marked), "", "")
            if len(text.encode()) <= CODE_BYTES:
                return text
            marked.pop()
        return self.title

    def _text(self, sections: tuple[Section, ...], *around: str) -> str:
        subtitle, foot = around
        parts = [EXERCISE_BANNER if self.exercise else "", self.title, subtitle]
        for section in sections:
            parts += ["", section.title.upper()]
            parts += [f"{label}: {words}" for label, words in section.rows]
            parts += list(section.lines)
        if foot:
            parts += ["", foot]
        return "\n".join(parts).strip() + "\n"


def sheet_foot(plan: Plan) -> str:
    """
    What says on every page which plan a sheet belongs to.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    str
        Revision, seed and the first figures of the hash.
    """
    seed = plan.certificate.seed if plan.certificate else 0
    return _("Plan {plan}, revision {revision}, seed {seed}, {hash}").format(
        plan=plan.scenario_id, revision=plan.revision, seed=seed, hash=plan.scenario_hash[:12]
    )


def road_words(links: Iterable[str], road_names: Mapping[str, str]) -> str:
    """
    A way in words.

    Parameters
    ----------
    links : iterable of str
        Link ids in driving order.
    road_names : mapping of str to str
        Name of each link that has one.

    Returns
    -------
    str
        Names in driving order, each once in a row; empty where no link has a name.
    """
    named = [name for link in links if (name := road_names.get(link, ""))]
    turns = [name for before, name in pairwise(["", *named]) if name != before]
    return _("by {roads}").format(roads=", ".join(turns)) if turns else ""


def audience_words(audience: Audience) -> str:
    """Whom an output is for."""
    return {
        Audience.COMMISSION: _("For the commission only"),
        Audience.TEAM: _("For the team only. Do not pass on, do not photograph"),
        Audience.SETTLEMENT: _("For the people of this settlement"),
        Audience.PUBLIC: _("For everyone"),
    }[audience]


def sheet_pdf(sheet: Sheet) -> bytes:
    """
    Print a sheet on A4.

    Parameters
    ----------
    sheet : Sheet
        What to print.

    Returns
    -------
    bytes
        PDF; the same bytes for the same sheet.
    """
    # Loading typst takes longer than printing a sheet.
    import typst  # noqa: PLC0415

    content = asdict(sheet) | {
        "banner": EXERCISE_BANNER if sheet.exercise else "",
        "audience_words": audience_words(sheet.audience),
        "page_words": _("page {page} of {pages}").format(page="\u0001", pages="\u0002"),
        "code_words": _(
            "The code holds the most important words of this sheet. A phone reads it without a network."
        ),
        "code": _code(sheet.code_text()) if sheet.with_code else "",
    }
    source = (PUBLISH_FOLDER / "templates" / TEMPLATE).read_bytes()
    pdf: bytes = typst.compile(
        source, sys_inputs={"sheet": json.dumps(content, ensure_ascii=False)}, ignore_system_fonts=True
    )
    return pdf


def _code(text: str) -> str:
    """A QR code as SVG."""
    return segno.make(text, error="l", micro=False, encoding="utf-8").svg_inline(scale=4, border=2)
