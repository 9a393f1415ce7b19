"""The report's table on the terminal."""

from __future__ import annotations

from pathlib import Path

from bayesdrop.benchmark.contents import joined_records
from bayesdrop.benchmark.overview import overview
from bayesdrop.benchmark.tables import not_run, notes, score_table

_WIDTH_OF_A_FILE = 160
_LEFT_TO_FILES = ("RMSE sd", "NLL sd", "MAE")


def print_report(*folders: str | Path) -> None:
    """Print the table of every dataset of the results folders, and what did not run."""
    from rich.console import Console
    from rich.table import Table

    _, suite, records = joined_records(*folders)
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = max(console.width, _WIDTH_OF_A_FILE)
    for dataset, lines in overview(records, suite).items():
        table = Table(title=dataset, title_justify="left", box=None, padding=(0, 1))
        rows = [
            {head: text for head, text in row.items() if head not in _LEFT_TO_FILES}
            for row in score_table(lines)
        ]
        for head in rows[0]:
            table.add_column(
                head, justify="left" if head in ("row", "model", "method") else "right"
            )
        for row in rows:
            table.add_row(*row.values())
        console.print(table)
        for note in notes(lines):
            console.print(note)
        console.print()
    for status in ("skipped", "failed"):
        for line in not_run(records, status):
            console.print(f"{status}: {line}")
