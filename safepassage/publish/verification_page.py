"""The verification of the installed program as one page that needs no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from safepassage import __version__
from safepassage.i18n import _, use_language
from safepassage.publish.embedding import asset, content_security_policy, page_templates
from safepassage.publish.verification_drawing import picture_caption, picture_drawing
from safepassage.publish.verification_words import (
    count_words,
    group_words,
    quantity_words,
    title_words,
    verdict_words,
)
from safepassage.publish.wording import figure, in_all_languages, translated
from safepassage.simulator.verification import CaseGroup, CaseResult, CheckResult


def render_verification(results: Sequence[CaseResult], *, language: str, program: Mapping[str, str]) -> str:
    """
    Render the results of verification cases as one HTML page.

    Parameters
    ----------
    results : sequence of CaseResult
        In the order to show them within their group.
    language : str
        Language in which the page opens; it holds all of them.
    program : mapping of str to str
        What was verified: names and versions.

    Returns
    -------
    str
        The page; it loads nothing from anywhere, and is the same for the same results.
    """
    environment = page_templates()
    environment.globals.update(_=translated)
    with use_language(language):
        return environment.get_template("verification.html").render(_context(results, language, program))


def _context(results: Sequence[CaseResult], language: str, program: Mapping[str, str]) -> dict[str, Any]:
    styles = [asset("forecast.css"), asset("verification.css")]
    scripts = [asset("language.js")]
    groups = [
        (group, [case for case in results if case.group == group])
        for group in CaseGroup
        if any(case.group == group for case in results)
    ]
    return {
        "initial_language": language,
        "version": __version__,
        "program": list(program.items()),
        "policy": content_security_policy(styles, scripts),
        # Hashed above; neither holds the end tag of its element.
        "styles": [Markup(text) for text in styles],  # noqa: S704
        "scripts": [Markup(text) for text in scripts],  # noqa: S704
        "passed": all(case.passed for case in results),
        "counted": in_all_languages(_counted, results),
        "failed": [
            {"id": case.id, "title": in_all_languages(title_words, case)}
            for case in results
            if not case.passed
        ],
        "groups": [_group(group, cases) for group, cases in groups],
    }


def _counted(results: Sequence[CaseResult]) -> str:
    return count_words(
        len(results),
        sum(len(case.checks) for case in results),
        sum(not case.passed for case in results),
    )


def _group(group: CaseGroup, cases: Sequence[CaseResult]) -> dict[str, Any]:
    failed = sum(not case.passed for case in cases)
    return {
        "id": group.value,
        "name": in_all_languages(group_words, group),
        "n_cases": len(cases),
        "n_values": sum(len(case.checks) for case in cases),
        "n_failed": failed,
        "passed": failed == 0,
        "verdict": in_all_languages(verdict_words, failed == 0),
        "cases": [_case(case) for case in cases],
    }


def _case(case: CaseResult) -> dict[str, Any]:
    return {
        "id": case.id,
        "title": in_all_languages(title_words, case),
        "source": case.source,
        "note": case.note,
        "passed": case.passed,
        "verdict": in_all_languages(verdict_words, case.passed),
        "digest": case.digest,
        "checks": [_row(check) for check in case.checks],
        "pictures": [
            (picture_drawing(picture, case.title), picture_caption(picture)) for picture in case.pictures
        ],
    }


def _row(check: CheckResult) -> dict[str, Any]:
    return {
        "quantity": in_all_languages(quantity_words, check.quantity),
        "where": check.where,
        "expected": in_all_languages(figure, check.expected),
        "tolerance": in_all_languages(_tolerance, check.tolerance),
        "obtained": in_all_languages(figure, check.obtained),
        "passed": check.passed,
        "verdict": in_all_languages(verdict_words, check.passed),
    }


def _tolerance(value: float) -> str:
    return f"± {figure(value)}" if value else _("exactly")
