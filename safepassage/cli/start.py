"""Entry of the command: the language is known before the first help text is made."""

from __future__ import annotations

import gettext
import itertools
import os
import sys
from collections.abc import Mapping, Sequence

from safepassage.i18n import DOMAIN, LANGUAGES, LOCALE_FOLDER, SOURCE_LANGUAGE, _, set_language

# The help pages' own headings: typer asks for them, this names them to the catalogue.
HEADINGS = (
    _("Arguments"),
    _("Options"),
    _("Commands"),
    _("Error"),
    _("[required]"),
    _("[default: {}]"),
    _("Try [blue]'{command_path} {help_option}'[/] for help."),
)


def chosen_language(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """
    Find the reader's language.

    Parameters
    ----------
    arguments : sequence of str
        Words of the command line.
    environment : mapping
        ``SAFEPASSAGE_LANG`` goes before the locale of the system.

    Returns
    -------
    str
        One of `LANGUAGES`; English where nothing else is asked for.
    """
    wishes = [following for word, following in itertools.pairwise(arguments) if word == "--lang"]
    wishes += [word.partition("=")[2] for word in arguments if word.startswith("--lang=")]
    wishes.append(environment.get("SAFEPASSAGE_LANG", ""))
    wishes.append(
        next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(name))), "")
    )
    return next((wish[:2] for wish in wishes if wish[:2] in LANGUAGES), SOURCE_LANGUAGE)


def run() -> None:
    """Run the command line in the reader's language."""
    language = chosen_language(sys.argv[1:], os.environ)
    set_language(language)
    if language != SOURCE_LANGUAGE:
        # The help pages' own headings come from the standard library's gettext, by domain and environment.
        gettext.bindtextdomain(DOMAIN, str(LOCALE_FOLDER))
        gettext.textdomain(DOMAIN)
        os.environ["LANGUAGE"] = language
    from safepassage.cli.main import app

    app()
