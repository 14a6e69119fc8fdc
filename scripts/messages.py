"""
Keep the message catalogues in step with the code.

``messages.py`` extracts every message, merges it into ``safepassage.po``, compiles ``safepassage.mo`` and
prints the untranslated ones as a JSON object. Filled in (a text, or one text for each plural form), that
object is what ``messages.py --apply FILE`` takes.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import string
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGE = REPOSITORY / "safepassage"
DOMAIN = "safepassage"
LANGUAGES = ("uk",)
SOURCES = [("**.py", "python"), ("**.html", "jinja2"), ("**.jinja", "jinja2"), ("**.j2", "jinja2")]
# A fixed date: catalogues change only when messages do.
HEADER_DATE = datetime(2026, 1, 1, tzinfo=UTC)
HEADER_COMMENT = "# Messages of Safepassage. Updated by scripts/messages.py."

Translations = dict[str, str | list[str]]


def extract(package: Path = PACKAGE) -> Catalog:
    """
    Collect the messages of the code and the templates.

    Parameters
    ----------
    package : Path
        Folder of the Python package.

    Returns
    -------
    Catalog
        Message ids with the files that use them, without line numbers.
    """
    template = Catalog(
        project=DOMAIN,
        version="1",
        charset="utf-8",
        creation_date=HEADER_DATE,
        msgid_bugs_address="the project's issue tracker",
        fuzzy=False,
        copyright_holder=DOMAIN,
    )
    found = extract_from_dir(package, method_map=SOURCES, options_map={"**.html": {"silent": "false"}})
    for file, _line, message, _comments, context in sorted(found, key=lambda item: (item[0], item[1])):
        template.add(message, locations=[(f"{package.name}/{file}", 1)], context=context)
    return template


def catalogue_path(language: str) -> Path:
    """Catalogue of a language that translators edit; the compiled one lies beside it."""
    return PACKAGE / "locale" / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read_catalogue(language: str) -> Catalog:
    """Read the catalogue of a language, empty where there is none yet."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language, domain=DOMAIN)
    with path.open("rb") as stream:
        return read_po(stream, locale=language, domain=DOMAIN)


def merge(catalogue: Catalog, template: Catalog) -> None:
    """
    Take in new messages and drop those that the code no longer uses.

    Parameters
    ----------
    catalogue : Catalog
        Translations of one language. Modified in place.
    template : Catalog
        Messages of the code.
    """
    # A guessed translation of a safety instruction is worse than none.
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.header_comment = HEADER_COMMENT
    catalogue.project = DOMAIN
    catalogue.version = "1"
    catalogue.revision_date = HEADER_DATE
    catalogue.last_translator = "Safepassage"
    catalogue.language_team = "Safepassage"
    catalogue.fuzzy = False


def texts(message: Message) -> tuple[str, ...]:
    """Translated forms of a message."""
    return (message.string or "",) if isinstance(message.string, (str, type(None))) else tuple(message.string)


def identifier(message: Message) -> str:
    """Source text of a message, in the singular."""
    return message.id[0] if isinstance(message.id, (tuple, list)) else str(message.id)


def untranslated(catalogue: Catalog) -> Translations:
    """
    List what a translator still has to do.

    Parameters
    ----------
    catalogue : Catalog
        Translations of one language.

    Returns
    -------
    dict
        Message ids with empty texts, in the shape that ``--apply`` takes.
    """
    missing: Translations = {}
    for message in catalogue:
        if message.id and (message.fuzzy or not all(texts(message))):
            forms = [""] * catalogue.num_plurals
            missing[identifier(message)] = forms if message.pluralizable else ""
    return missing


def apply(catalogue: Catalog, translations: Translations) -> list[str]:
    """
    Write translations into a catalogue.

    Parameters
    ----------
    catalogue : Catalog
        Translations of one language. Modified in place.
    translations : dict
        Texts by message id; a list of forms where the message counts. Empty texts are left out.

    Returns
    -------
    list of str
        What could not be taken, and why.
    """
    messages = {identifier(message): message for message in catalogue if message.id}
    refused = []
    for key, text in translations.items():
        message = messages.get(key)
        if message is None:
            refused.append(f"{key!r}: the code has no such message")
            continue
        forms = tuple(text) if isinstance(text, list) else (text,)
        if not all(forms):
            continue
        needed = catalogue.num_plurals if message.pluralizable else 1
        if len(forms) != needed:
            refused.append(f"{key!r}: {len(forms)} forms given, {needed} needed")
            continue
        problem = placeholder_problem(message, forms)
        if problem:
            refused.append(f"{key!r}: {problem}")
            continue
        message.string = forms if message.pluralizable else forms[0]
        message.flags.discard("fuzzy")
    return refused


def placeholders(text: str) -> frozenset[str]:
    """Names that ``str.format`` would fill in, and those of ``trans`` blocks in templates."""
    fields = {
        name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name is not None
    }
    return frozenset(fields) | frozenset(f"%({name})s" for name in re.findall(r"%\((\w+)\)s", text))


def placeholder_problem(message: Message, forms: tuple[str, ...]) -> str:
    """
    Compare the placeholders of translations with those of their source.

    Parameters
    ----------
    message : Message
        The source.
    forms : tuple of str
        Its translations; empty ones are not looked at.

    Returns
    -------
    str
        What is wrong; empty if nothing is.
    """
    sources = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
    # English may drop the number in the singular ("one person"); Ukrainian uses the first form for 21 too.
    needed = frozenset[str]().union(*(placeholders(source) for source in sources))
    for form in filter(None, forms):
        try:
            given = placeholders(form)
        except ValueError as error:
            return f"{form!r} cannot be filled in: {error}"
        if given != needed:
            return f"{form!r} has the placeholders {sorted(given)}, the source {sorted(needed)}"
    return ""


def compiled(catalogue: Catalog) -> bytes:
    """Binary form of a catalogue."""
    stream = io.BytesIO()
    write_mo(stream, catalogue)
    return stream.getvalue()


def written(catalogue: Catalog) -> bytes:
    """Text form of a catalogue, in a stable order."""
    stream = io.BytesIO()
    write_po(stream, catalogue, sort_output=True, include_lineno=False, width=100)
    return stream.getvalue()


def save(catalogue: Catalog, language: str) -> None:
    """
    Write both forms of a catalogue.

    Parameters
    ----------
    catalogue : Catalog
        Translations of the language.
    language : str
        Two-letter code.
    """
    path = catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written(catalogue))
    # From what was written, so that both files always agree.
    path.with_suffix(".mo").write_bytes(compiled(read_catalogue(language)))


def main() -> int:
    """Update the catalogues; exit with 1 if a translation was refused."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0] if __doc__ else None)
    parser.add_argument("--apply", type=Path, metavar="FILE", help="JSON object of translations to take in")
    parser.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0])
    arguments = parser.parse_args()
    catalogue = read_catalogue(arguments.language)
    merge(catalogue, extract())
    refused = apply(catalogue, json.loads(arguments.apply.read_text("utf-8"))) if arguments.apply else []
    save(catalogue, arguments.language)
    print(json.dumps(untranslated(catalogue), ensure_ascii=False, indent=1))
    for line in refused:
        print(line, file=sys.stderr)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
