"""Settings of the documentation site: ``make docs`` builds it into build/docs, readable without a network."""

from __future__ import annotations

import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS / "_ext"))

import safepassage  # noqa: E402  # after the path, so that the checkout is what is documented

project = "Safepassage"
author = "The authors of Safepassage"
copyright = "the authors of Safepassage, Apache-2.0"  # noqa: A001  # the name Sphinx reads
release = safepassage.__version__
version = release
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc", "mathml", "reference_pages"]
exclude_patterns = ["_ext", "schemas"]
root_doc = "index"

myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

html_theme = "furo"
html_title = f"Safepassage {release}"
html_math_renderer = "mathml"
html_copy_source = False
html_show_sphinx = False
html_extra_path = ["schemas"]
