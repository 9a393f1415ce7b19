"""The tables over all data sets in LaTeX, for a paper (needs booktabs and graphicx)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.report.cross_dataset_tables import cross_dataset_table, published_rows
from bayesdrop.benchmark.report.explanations import PUBLISHED_NOTE
from bayesdrop.benchmark.report.legend import DETAILS, column_legend, mark_legend
from bayesdrop.benchmark.report.published import PUBLISHED, Published
from bayesdrop.benchmark.report.words import counted
from bayesdrop.benchmark.stats.analysis import Analysis

_CAPTION = (
    "{metric} on {datasets}: mean ± standard error over splits. Lower is better. "
    "Bold: the best row that lacks no split."
)
_AT_MOST_A_LINE = r"\ifdim\width>\linewidth\linewidth\else\width\fi"
_SPLITS = "The number of splits is in the head of each column."
_ESCAPED = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_ESCAPED |= {character: f"\\{character}" for character in "&%$#_{}"}
_ESCAPED |= {
    "×": r"$\times$",
    "±": r"$\pm$",
    "°": r"$^\circ$",
    "†": r"$^\dagger$",
    "‡": r"$^\ddagger$",
    "§": r"$^\S$",
    "–": "--",
    "−": "$-$",
    "∞": r"$\infty$",
    "<": "$<$",
    ">": "$>$",
    "|": "$|$",
}


def latex(analysis: Analysis, published: Sequence[Published] = PUBLISHED) -> str:
    r"""Return a ``table`` per metric: rows × data sets, the best of each in bold.

    Each has a short caption, the label ``tab:<suite>-<metric>`` and its notes below the numbers.
    """
    tables = ["% Made by `bayesdrop report`; \\usepackage{booktabs,graphicx}"]
    tables += ["\n".join(_table(analysis, metric, published)) for metric in analysis.ranked_metrics]
    return "\n\n".join(tables) + "\n"


def _table(analysis: Analysis, metric: str, published: Sequence[Published]) -> Iterator[str]:
    rows, best = cross_dataset_table(analysis, metric)
    rows = _without_details(rows)
    beside = _without_details(published_rows(analysis, metric, published))
    heads = list(rows[0])
    datasets = counted(len(analysis.lines), "data set")
    caption = _CAPTION.format(metric=METRICS[metric].title, datasets=datasets)
    yield "\\begin{table}\n\\centering"
    yield f"\\caption{{{escaped(caption)}}}"
    yield f"\\label{{{label(analysis.name, metric)}}}"
    yield f"\\small\n\\setlength{{\\tabcolsep}}{{4pt}}\n\\resizebox{{{_AT_MOST_A_LINE}}}{{!}}{{%"
    yield f"\\begin{{tabular}}{{l{'r' * (len(heads) - 1)}}}\n\\toprule"
    yield _line(["" if head == "row" else escaped(head) for head in heads])
    yield "\\midrule"
    yield from _rows(rows, best)
    if beside:
        yield "\\midrule"
        for row in beside:
            name, *scores = map(escaped, row.values())
            yield _line([f"\\textit{{{name}}}", *scores])
    yield "\\bottomrule\n\\end{tabular}}"
    yield "\\par\\medskip\n\\parbox{\\linewidth}{\\footnotesize"
    yield "\n".join(map(escaped, _notes(rows, beside)))
    yield "}\n\\end{table}"


def _without_details(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    return [{head: text for head, text in row.items() if head not in DETAILS} for row in rows]


def label(suite: str, metric: str) -> str:
    """Return the table's label, of letters, digits and dashes alone."""
    return f"tab:{re.sub(r'[^A-Za-z0-9]+', '-', suite).strip('-')}-{metric}"


def _notes(rows: Sequence[dict[str, str]], beside: Sequence[dict[str, str]]) -> Iterator[str]:
    """What the marks and columns mean; of a column's description the first sentence."""
    yield _SPLITS
    for mark, meaning in mark_legend([*rows, *beside]).items():
        yield f"{mark} {meaning}"
    for head, meaning in column_legend(rows[0]).items():
        yield f"{head}: {meaning.partition('. ')[0].rstrip('.')}."
    if beside:
        yield f"Rows in italics: {PUBLISHED_NOTE}"


def _rows(rows: Sequence[dict[str, str]], best: Collection[tuple[int, str]]) -> Iterator[str]:
    for number, row in enumerate(rows):
        yield _line(
            f"\\textbf{{{escaped(text)}}}" if (number, head) in best else escaped(text)
            for head, text in row.items()
        )


def _line(cells: Collection[str] | Iterator[str]) -> str:
    return " & ".join(cells) + r" \\"


def escaped(text: str) -> str:
    """Escape LaTeX's special characters in ``text``, and set a minus as one."""
    plain = "".join(_ESCAPED.get(character, character) for character in text)
    return re.sub(r"(?<![\w-])-(?=\d)", "$-$", plain)
