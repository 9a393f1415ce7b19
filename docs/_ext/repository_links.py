"""Pages read well on a forge and on the site: links are rewritten for the site alone.

Some pages of the site are files elsewhere in the repository, such as CONTRIBUTING.md, and a link
to an example's script leads to its page of the gallery.
"""

from __future__ import annotations

import os.path
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ELSEWHERE = {
    "contributing": "CONTRIBUTING.md",
    "changelog": "CHANGELOG.md",
    "anatomy-of-a-method": "bayesdrop/infer/README.md",
}
LINK = re.compile(r"(\]\()(?!https?:|#)([^)#\s]+)")


def page_of(file: str) -> str:
    """The path, from the root, of the page that shows a file of the repository."""
    for page, shown in ELSEWHERE.items():
        if file == shown:
            return f"docs/{page}.md"
    file = file.replace("docs/examples/README.md", "docs/gallery/index.rst")
    return re.sub(r"^docs/examples/(plot_\w+)\.py$", r"docs/gallery/\1.rst", file)


def rewritten(text: str, file: str, page: str) -> str:
    """The text of ``file``, with its links as they are right on ``page``; both from the root."""

    def moved(match: re.Match[str]) -> str:
        target = os.path.normpath(os.path.join(os.path.dirname(file), match[2]))
        return match[1] + os.path.relpath(page_of(target), os.path.dirname(page))

    return LINK.sub(moved, text)


def read(app: Any, page: str, source: list[str]) -> None:
    """Put a page's text in place, with links for the site."""
    if page in ELSEWHERE:
        file = ELSEWHERE[page]
        app.env.note_dependency(str(ROOT / file))
        source[0] = rewritten((ROOT / file).read_text(encoding="utf-8"), file, f"docs/{page}.md")
    elif Path(app.env.doc2path(page)).suffix == ".md":
        source[0] = rewritten(source[0], f"docs/{page}.md", f"docs/{page}.md")


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("source-read", read)
    return {"parallel_read_safe": True}
