"""Everything a page needs, placed inside it, under a strict content security policy."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

PUBLISH_FOLDER = Path(__file__).parent
# Scripts of the page share one scope and are joined in this order.
PAGE_SCRIPTS = (
    "page.js", "playback.js", "cars.js", "svg_map.js", "car_layer.js", "webgl_map.js", "curves.js",
    "player.js", "table.js", "main.js",
)  # fmt: skip
_UNSAFE_IN_SCRIPT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


def json_for_script(value: Any) -> Markup:  # noqa: ANN401 - whatever JSON can hold
    """
    JSON that cannot end the script element it stands in.

    Parameters
    ----------
    value : object
        Plain values; no NaN and no infinity.

    Returns
    -------
    Markup
        JSON text that is safe inside ``<script type="application/json">``.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character, escape in _UNSAFE_IN_SCRIPT.items():
        text = text.replace(character, escape)
    return Markup(text)  # noqa: S704 - escaped above


def content_security_policy(styles: Sequence[str], scripts: Sequence[str]) -> str:
    """
    A policy that allows the given inline texts and nothing from anywhere else.

    Parameters
    ----------
    styles, scripts : sequence of str
        Exact contents of the page's style and script elements.

    Returns
    -------
    str
        Value of the policy's meta element.
    """
    directives = {
        "default-src": ["'none'"],
        "style-src": [_digest(text) for text in styles],
        "script-src": [_digest(text) for text in scripts],
        # MapLibre starts its own worker from memory and keeps the map's symbols as images in memory.
        "worker-src": ["blob:"],
        "img-src": ["data:", "blob:"],
        "connect-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(values)}" for name, values in directives.items())


@cache
def page_templates() -> jinja2.Environment:
    """Templates of pages: every value is escaped, and one that is missing is an error."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(PUBLISH_FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page_script() -> str:
    """The page's own scripts in one scope."""
    parts = [(PUBLISH_FOLDER / "assets" / name).read_text("utf-8") for name in PAGE_SCRIPTS]
    return '(() => {\n"use strict";\n' + "\n".join(parts) + "\n})();"


@cache
def vendored(path: str) -> str:
    """
    Text of a vendored file.

    Parameters
    ----------
    path : str
        Below ``publish/vendor``.

    Returns
    -------
    str
        The file without the pointer to its source map, which a page on its own cannot follow.
    """
    return _SOURCE_MAP.sub("", (PUBLISH_FOLDER / "vendor" / path).read_text("utf-8")).replace("\r\n", "\n")


@cache
def asset(name: str) -> str:
    """Text of a file in ``publish/assets``."""
    return (PUBLISH_FOLDER / "assets" / name).read_text("utf-8")


def _digest(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
