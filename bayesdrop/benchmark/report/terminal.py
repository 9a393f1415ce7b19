"""The report's table on the terminal."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

from bayesdrop.benchmark.report.dataset_tables import not_run, qualified, score_table
from bayesdrop.benchmark.report.legend import DETAILS, mark_legend
from bayesdrop.benchmark.report.three_lines import three_lines
from bayesdrop.benchmark.stats.analysis import analyse

if TYPE_CHECKING:
    from rich.table import Table

_WIDTH_OF_A_FILE = 160
_NAMES, _NARROWEST_NAME = ("row", "model", "method"), 20
_LEFT_TO_FILES = ("RMSE sd", "NLL sd", "MAE")


def print_report(*folders: str | Path) -> None:
    """Print the three lines, the table of every data set, and what did not run.

    A terminal too narrow for all columns gets the first ones, without details, and a line that
    says so.
    """
    from rich.console import Console

    analysis = analyse(*folders)
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = max(console.width, _WIDTH_OF_A_FILE)
    for title, text in three_lines(analysis).items():
        console.print(f"{title}: {text}")
    console.print()
    for dataset, lines in analysis.lines.items():
        rows = score_table(lines)
        heads = [head for head in rows[0] if head not in _LEFT_TO_FILES]
        shown = _that_fit(heads, rows, console.width)
        if len(shown) < len(heads):
            important = [head for head in heads if head not in DETAILS]
            shown = _that_fit(important, rows, console.width)
        console.print(_table(dataset, shown, rows))
        if len(shown) < len(heads):
            hidden = ", ".join(head for head in heads if head not in shown)
            console.print(f"too narrow for {hidden}: see report.md")
        for mark, meaning in mark_legend(rows).items():
            console.print(f"{mark} {meaning}")
        for found in qualified(lines):
            console.print("{mark} {row}: {why} ({splits} splits)".format(**found))
        console.print()
    for status in ("skipped", "failed"):
        for line in not_run(analysis.records, analysis.names, status):
            console.print(f"{status}: {line}")


def _that_fit(heads: list[str], rows: list[dict[str, str]], width: int) -> list[str]:
    """The first heads for whose columns, padded, that is wide enough; two at least."""
    ends = itertools.accumulate(_least(head, rows) + 2 for head in heads)
    return heads[: max(2, sum(end <= width for end in ends))]


def _least(head: str, rows: list[dict[str, str]]) -> int:
    """The width a column needs: names alone can be broken."""
    longest = max(len(head), *(len(row[head]) for row in rows))
    return min(longest, _NARROWEST_NAME) if head in _NAMES else longest


def _table(title: str, heads: list[str], rows: list[dict[str, str]]) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, padding=(0, 1))
    for head in heads:
        is_name = head in _NAMES
        table.add_column(head, justify="left" if is_name else "right", no_wrap=not is_name)
    for row in rows:
        table.add_row(*(row[head] for head in heads))
    return table
