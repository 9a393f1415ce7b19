"""The table of methods on the terminal."""

from __future__ import annotations

from pathlib import Path

from bayesdrop.benchmark.yardstick.picture import COLUMNS
from bayesdrop.benchmark.yardstick.run import PICTURE, records_of
from bayesdrop.benchmark.yardstick.table import lines_of
from bayesdrop.references.suite import ReferenceSuite


def print_distances(suite: ReferenceSuite, out: Path) -> Path:
    """Print each method's medians over the references, and return the path of the picture."""
    from rich.console import Console
    from rich.table import Table

    records = records_of(suite, out)
    table = Table("method", "references", title="Medians over reference posteriors")
    for column in COLUMNS:
        table.add_column(column.title.partition("\n")[0], justify="right")
    for line in lines_of(records):
        values = (line.medians.get(column.measure) for column in COLUMNS)
        shown = ("–" if value is None else f"{value:.2f}" for value in values)
        table.add_row(line.method, str(line.count), *shown)
    Console(highlight=False).print(table)
    for record in records:
        if record["status"] == "failed":
            name = f"{record['inference']} on {record['reference']}"
            Console(highlight=False).print(f"{name} failed: {record['reason']}")
    return out / PICTURE
