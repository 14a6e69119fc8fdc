"""Texts that the page's scripts show, in every language."""

from __future__ import annotations

from collections.abc import Callable

from safepassage.i18n import LANGUAGES, _
from safepassage.publish.wording import in_all_languages


def page_strings() -> dict[str, dict[str, str]]:
    """
    Texts that the page's scripts show.

    Returns
    -------
    dict
        By language code, then by the key that the scripts use; ``{name}`` is filled in there.
    """
    sayings: dict[str, Callable[[], str]] = {
        "clockDay": lambda: _("{time}, day {day}"),
        "nowSpoken": lambda: _("{time}: {out} of {people} people out of danger"),
        "rowsShown": lambda: _("{shown} of {all} settlements"),
        "carsDrawn": lambda: _("car ({shown} of {all} cars are drawn)"),
        "map": lambda: _("Map: arrow keys move it, plus and minus zoom"),
        "zoomIn": lambda: _("Zoom in"),
        "zoomOut": lambda: _("Zoom out"),
        "scrollHelp": lambda: _("Hold Ctrl and scroll to zoom the map"),
        "scrollHelpMac": lambda: _("Hold \u2318 and scroll to zoom the map"),
        "touchHelp": lambda: _("Use two fingers to move the map"),
        "chart": lambda: _(
            "Chart of people out of danger over time; the table of settlements holds the last times"
        ),
    }
    said = {key: in_all_languages(say).as_dict() for key, say in sayings.items()}
    return {code: {key: texts[code] for key, texts in said.items()} for code in LANGUAGES}
