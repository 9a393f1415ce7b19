"""The site's configuration: ``make docs`` builds it, from committed outputs of the gallery."""

from __future__ import annotations

import sys
from pathlib import Path

from bayesdrop.version import __version__

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "bayesdrop"
release = version = __version__
html_title = "bayesdrop"
html_last_updated_fmt = None

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "command_line",
    "docstrings",
    "gallery_results",
    "repository_links",
]
exclude_patterns = ["examples/*.md", "examples/*.rst", "_build"]
templates_path = ["_templates"]
# the docstrings of modules, and other libraries' pages, are not on this site
nitpick_ignore_regex = [
    ("py:mod", r"bayesdrop\..*"),
    ("py:class", r"bayesdrop\.programs\..*"),
    ("py:.*", r"(numpy|scipy|torch)\..*"),
]

myst_enable_extensions = ["dollarmath", "colon_fence", "deflist", "html_image"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

html_theme = "pydata_sphinx_theme"
html_theme_options = {
    "navbar_align": "left",
    "show_toc_level": 2,
    "header_links_before_dropdown": 7,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
copybutton_exclude = ".linenos, .gp, .go"

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/plot_",
    "ignore_pattern": r"run\.py$",
    "plot_gallery": False,
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "remove_config_comments": True,
}
