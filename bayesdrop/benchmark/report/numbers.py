"""Numbers as text, and a Markdown table of texts."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from bayesdrop.benchmark.stats.paired_tests import Summary


def plus_minus(score: Summary) -> str:
    """``mean ± se`` with two significant digits of the standard error."""
    if not math.isfinite(score.se) or score.se == 0:
        return number(score.mean)
    digits = max(0, 1 - math.floor(math.log10(score.se)))
    return f"{score.mean:.{digits}f} ± {score.se:.{digits}f}"


def number(value: float | None, digits: int = 4) -> str:
    """Significant digits, without an exponent where that reads well; a dash for none."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == int(value):
        return f"{value:.0f}"
    if not 1e-4 <= abs(value) < 1e6:
        return f"{value:.{digits - 1}e}"
    return f"{value:.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"


def percent(value: float | None) -> str:
    """A share in whole percent; a dash for none."""
    return "–" if value is None else f"{100 * value:.0f} %"


def one_line(text: str) -> str:
    """All white space as single spaces."""
    return " ".join(text.split())


def markdown_table(rows: Sequence[dict[str, str]], best: Collection[tuple[int, str]] = ()) -> str:
    """A Markdown table, its best cells bold; the first column is text, the others numbers."""
    heads = list(rows[0])
    shown = [
        [f"**{text}**" if (k, head) in best else text for head, text in row.items()]
        for k, row in enumerate(rows)
    ]
    lines = [heads, ["---"] + ["--:"] * (len(heads) - 1), *shown]
    return "\n".join("| " + " | ".join(map(_escape, line)) + " |" for line in lines)


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
