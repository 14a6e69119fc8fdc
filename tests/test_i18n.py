"""Messages: the language of a context, and catalogues in step with the code."""

from __future__ import annotations

import contextvars
import gettext
import importlib.util
import io
import json
from pathlib import Path
from types import ModuleType

import pytest

from safepassage.i18n import LANGUAGES, SOURCE_LANGUAGE, _, language, ngettext, set_language, use_language

REPOSITORY = Path(__file__).resolve().parent.parent
TRANSLATED = [code for code in LANGUAGES if code != SOURCE_LANGUAGE]


def load_script() -> ModuleType:
    specification = importlib.util.spec_from_file_location("messages", REPOSITORY / "scripts" / "messages.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


messages = load_script()


def test_english_is_the_source() -> None:
    assert language() == "en"
    assert _("error") == "error"
    assert [ngettext("a person", "people", count) for count in (1, 2)] == ["a person", "people"]


def test_ukrainian_speaks_and_counts_in_three_forms() -> None:
    singular, plural = (
        "{count} error in the input; nothing was written.",
        "{count} errors in the input; nothing was written.",
    )
    with use_language("uk"):
        assert _("error") == "помилка"
        forms = [ngettext(singular, plural, count) for count in (1, 2, 5, 21)]
    assert len(set(forms)) == 3
    assert forms[0] == forms[3]
    assert language() == "en"


def test_the_empty_message_is_not_the_header() -> None:
    with use_language("uk"):
        assert _("") == ""


def test_a_language_stays_in_its_context() -> None:
    contextvars.copy_context().run(set_language, "uk")
    assert language() == "en"


def test_a_block_gives_the_language_back_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), use_language("uk"):
        raise ZeroDivisionError
    assert language() == "en"


@pytest.mark.parametrize("choose", [set_language, lambda code: use_language(code).__enter__()])
def test_unknown_languages_are_refused(choose: object) -> None:
    assert callable(choose)
    with pytest.raises(ValueError, match="choose one of en, uk"):
        choose("xx")


@pytest.mark.parametrize("code", TRANSLATED)
def test_the_catalogue_holds_exactly_the_messages_of_the_code(code: str) -> None:
    wanted = {message.id for message in messages.extract() if message.id}
    held = {message.id for message in messages.read_catalogue(code) if message.id}
    assert held == wanted, "run make messages"


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_message_is_translated(code: str) -> None:
    assert messages.untranslated(messages.read_catalogue(code)) == {}


@pytest.mark.parametrize("code", TRANSLATED)
def test_placeholders_survive_translation(code: str) -> None:
    problems = [
        problem
        for message in messages.read_catalogue(code)
        if message.id and (problem := messages.placeholder_problem(message, messages.texts(message)))
    ]
    assert problems == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_the_compiled_catalogue_is_current(code: str) -> None:
    path = messages.catalogue_path(code)
    expected = gettext.GNUTranslations(io.BytesIO(messages.compiled(messages.read_catalogue(code))))
    with path.with_suffix(".mo").open("rb") as stream:
        found = gettext.GNUTranslations(stream)
    assert vars(found)["_catalog"] == vars(expected)["_catalog"], "run make messages"


def small_catalogue() -> object:
    """Two messages of a made-up package."""
    catalogue = messages.Catalog(locale="uk")
    catalogue.add("{who} left")
    catalogue.add(("{count} bus", "{count} buses"))
    return catalogue


def test_untranslated_messages_come_in_the_shape_that_is_taken_back() -> None:
    catalogue = small_catalogue()
    todo = json.loads(json.dumps(messages.untranslated(catalogue)))
    assert todo == {"{who} left": "", "{count} bus": ["", "", ""]}
    todo["{who} left"] = "{who} виїхали"
    todo["{count} bus"] = ["{count} автобус", "{count} автобуси", "{count} автобусів"]
    assert messages.apply(catalogue, todo) == []
    assert messages.untranslated(catalogue) == {}


@pytest.mark.parametrize(
    ("key", "text", "reason"),
    [
        ("{who} left", "{хто} виїхали", "placeholders"),
        ("{who} left", "{who виїхали", "cannot be filled in"),
        ("{count} bus", ["{count} автобус"], "1 forms given, 3 needed"),
        ("nobody says this", "слова", "no such message"),
    ],
)
def test_translations_that_would_break_are_refused(key: str, text: str | list[str], reason: str) -> None:
    catalogue = small_catalogue()
    (refusal,) = messages.apply(catalogue, {key: text})
    assert reason in refusal
    assert len(messages.untranslated(catalogue)) == 2


def test_templates_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('<p>{{ _("Out of danger") }}</p>', "utf-8")
    (tmp_path / "code.py").write_text('_("Stay")\nngettext("a bus", "buses", 2)\n', "utf-8")
    found = {message.id for message in messages.extract(tmp_path) if message.id}
    assert found == {"Out of danger", "Stay", ("a bus", "buses")}
