"""What docs/trust.md says was tried."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "trust.md"


def tried_and_refused(test: str) -> tuple[int, int]:
    """The first two counts in the line of the table that names the test file."""
    line = rf"^\| [^|]+ \| `{re.escape(test)}` \| ([\d,]+) \| ([\d,]+) \|"
    (found,) = re.findall(line, PAGE.read_text(encoding="utf-8"), re.M)
    tried, refused = (int(count.replace(",", "")) for count in found)
    return tried, refused
