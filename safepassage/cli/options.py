"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from safepassage.i18n import LANGUAGES, _

AsJson = Annotated[bool, typer.Option("--json", help=_("Print one JSON document, for machines."))]
Seed = Annotated[
    int | None,
    typer.Option("--seed", min=0, help=_("Seed of every random choice; by default that of the scenario.")),
]


def known_language(code: str | None) -> str | None:
    """A language of the program, or None where none was asked for."""
    if code is not None and code not in LANGUAGES:
        raise typer.BadParameter(_("choose one of {names}").format(names=", ".join(LANGUAGES)))
    return code
