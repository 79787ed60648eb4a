"""How Sphinx builds these pages: `python -m sphinx -W --keep-going docs build/docs`."""

import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

project = "bci-app"
author = "the bci-app authors"
release = metadata.version("bci-app")

extensions = [
    "myst_parser",
    "sphinx.ext.apidoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_click",
    "sphinxcontrib.mermaid",
]
exclude_patterns = ["examples"]
html_theme = "furo"
html_title = "bci-app"
templates_path: list[str] = []

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
myst_fence_as_directive = ["mermaid"]

# What an analyst or a lab's engineer builds on; windows and commands are documented as such.
apidoc_modules = [
    {
        "path": f"../{package}",
        "destination": f"api/{package}",
        "automodule_options": {"members", "show-inheritance"},
    }
    for package in ("bci_app", "calibration", "devices")
]
apidoc_exclude_patterns = [f"../bci_app/{part}/**" for part in ("cli", "ui", "stimulus")]
autodoc_typehints = "none"  # the numpydoc sections say types and shapes
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_ivar = True  # an attribute that is a member, too, is described once
suppress_warnings = [
    "ref.python",  # a name that two modules have links to neither
    "ref.ref",  # docstrings that scikit-learn puts into our classes point into its own manual
    "ref.term",
]
