"""Docstrings are written to be read as they are: |w| there is an absolute value, *shape a tuple.

In reStructuredText the one is a substitution and the other begins an emphasis. Outside of code both
are escaped.
"""

from __future__ import annotations

import re
from typing import Any

CODE = re.compile(r"(``.*?``)")
MARKUP = re.compile(r"\||(?<=[ (])\*(?=\w)")


def escape(_app: Any, _what: str, _name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
    """Escape them in every line, in place."""
    for index, line in enumerate(lines):
        parts = CODE.split(line)
        parts[::2] = [MARKUP.sub(r"\\\g<0>", text) for text in parts[::2]]
        lines[index] = "".join(parts)


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx, before numpydoc."""
    app.connect("autodoc-process-docstring", escape, priority=100)
    return {"parallel_read_safe": True}
