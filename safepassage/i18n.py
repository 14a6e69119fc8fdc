"""
Messages in the reader's language.

Source strings are English. `_` and `ngettext` translate when they are called, in the language of the
current context: two requests served at once may each have their own.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

DOMAIN = "safepassage"
SOURCE_LANGUAGE = "en"
LANGUAGES = (SOURCE_LANGUAGE, "uk")
LOCALE_FOLDER = Path(__file__).parent / "locale"

_language: ContextVar[str] = ContextVar("safepassage_language", default=SOURCE_LANGUAGE)


def language() -> str:
    """
    Language of the current context.

    Returns
    -------
    str
        Two-letter code, one of `LANGUAGES`.
    """
    return _language.get()


def set_language(code: str) -> None:
    """
    Choose the language of the current context.

    Parameters
    ----------
    code : str
        One of `LANGUAGES`.

    Raises
    ------
    ValueError
        If the language has no messages.
    """
    _language.set(_known(code))


@contextmanager
def use_language(code: str) -> Iterator[None]:
    """
    Speak another language for the length of a block, whatever happens in it.

    Parameters
    ----------
    code : str
        One of `LANGUAGES`.

    Raises
    ------
    ValueError
        If the language has no messages.
    """
    token = _language.set(_known(code))
    try:
        yield
    finally:
        _language.reset(token)


def _(message: str) -> str:
    """Translate a message; placeholders are filled in afterwards with ``str.format``."""
    # The empty id is the catalogue's header, not a message.
    return _translations(_language.get()).gettext(message) if message else message


def ngettext(singular: str, plural: str, number: int) -> str:
    """Translate a message that counts; Ukrainian has three forms (1, 2-4, 5 and more)."""
    return _translations(_language.get()).ngettext(singular, plural, number)


def _known(code: str) -> str:
    if code not in LANGUAGES:
        raise ValueError(f"language {code!r} has no messages; choose one of {', '.join(LANGUAGES)}")
    return code


@cache
def _translations(code: str) -> gettext.NullTranslations:
    if code == SOURCE_LANGUAGE:
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, LOCALE_FOLDER, languages=[code])
