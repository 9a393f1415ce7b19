"""The tables over all data sets in LaTeX, for a paper (needs the package booktabs)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.report.cross_dataset_tables import cross_dataset_table, published_rows
from bayesdrop.benchmark.report.explanations import CROSS_DATASET_NOTE, PUBLISHED_NOTE
from bayesdrop.benchmark.stats.analysis import Analysis

_CAPTION = "{metric}; lower is better. {note}"
_ESCAPED = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_ESCAPED |= {character: f"\\{character}" for character in "&%$#_{}"}
_ESCAPED |= {
    "×": r"$\times$",
    "±": r"$\pm$",
    "°": r"$^\circ$",
    "†": r"$^\dagger$",
    "‡": r"$^\ddagger$",
    "–": "--",
    "−": "$-$",
    "∞": r"$\infty$",
    "<": "$<$",
    ">": "$>$",
    "|": "$|$",
}


def latex(analysis: Analysis) -> str:
    """Return a ``table`` per metric: rows × data sets, the best of each in bold."""
    tables = ["% Made by `bayesdrop report`; \\usepackage{booktabs}"]
    for metric in analysis.ranked_metrics:
        rows, best = cross_dataset_table(analysis, metric)
        tables.append("\n".join(_table(metric, rows, best, published_rows(analysis, metric))))
    return "\n\n".join(tables) + "\n"


def _table(
    metric: str,
    rows: Sequence[dict[str, str]],
    best: Collection[tuple[int, str]],
    published: Sequence[dict[str, str]],
) -> Iterator[str]:
    heads = list(rows[0])
    yield "\\begin{table}\n\\centering"
    note = escaped(f"{CROSS_DATASET_NOTE} {PUBLISHED_NOTE}" if published else CROSS_DATASET_NOTE)
    yield f"\\caption{{{_CAPTION.format(metric=METRICS[metric].title, note=note)}}}"
    yield f"\\begin{{tabular}}{{l{'r' * (len(heads) - 1)}}}\n\\toprule"
    yield _line(["" if head == "row" else escaped(head) for head in heads])
    yield "\\midrule"
    for number, row in enumerate(rows):
        yield _line(
            f"\\textbf{{{escaped(text)}}}" if (number, head) in best else escaped(text)
            for head, text in row.items()
        )
    if published:
        yield "\\midrule"
        for row in published:
            name, *scores = map(escaped, row.values())
            yield _line([f"\\textit{{{name}}}", *scores])
    yield "\\bottomrule\n\\end{tabular}\n\\end{table}"


def _line(cells: Collection[str] | Iterator[str]) -> str:
    return " & ".join(cells) + r" \\"


def escaped(text: str) -> str:
    """Escape LaTeX's special characters in ``text``, and set a minus as one."""
    plain = "".join(_ESCAPED.get(character, character) for character in text)
    return re.sub(r"(?<![\w-])-(?=\d)", "$-$", plain)
