"""The tables over all data sets in LaTeX, for a paper (needs the package booktabs)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.report.cross_dataset_tables import published_rows, wide_table
from bayesdrop.benchmark.report.explanations import PUBLISHED_NOTE, WIDE_NOTE
from bayesdrop.benchmark.stats.analysis import Contents

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


def latex(contents: Contents) -> str:
    """A ``table`` per metric: rows × data sets, the best of each in bold."""
    tables = ["% Made by `bayesdrop report`; \\usepackage{booktabs}"]
    for metric in contents.ranked_metrics:
        rows, best = wide_table(contents, metric)
        tables.append("\n".join(_table(metric, rows, best, published_rows(contents, metric))))
    return "\n\n".join(tables) + "\n"


def _table(
    metric: str,
    rows: Sequence[dict[str, str]],
    best: Collection[tuple[int, str]],
    published: Sequence[dict[str, str]],
) -> Iterator[str]:
    heads = list(rows[0])
    yield "\\begin{table}\n\\centering"
    note = escaped(f"{WIDE_NOTE} {PUBLISHED_NOTE}" if published else WIDE_NOTE)
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
    """``text`` with LaTeX's special characters as themselves; a minus is one."""
    plain = "".join(_ESCAPED.get(character, character) for character in text)
    return re.sub(r"(?<![\w-])-(?=\d)", "$-$", plain)
