"""The table of methods on the terminal."""

from __future__ import annotations

from pathlib import Path

from bayesdrop.benchmark.yardstick.picture import columns_of
from bayesdrop.benchmark.yardstick.run import PICTURE, records_of
from bayesdrop.benchmark.yardstick.table import lines_of
from bayesdrop.references.suite import ReferenceSuite


def print_distances(suite: ReferenceSuite, out: Path) -> Path:
    """Print each method's errors over the references, and return the path of the picture."""
    from rich.console import Console
    from rich.table import Table

    records = records_of(suite, out)
    lines = lines_of(records)
    columns = columns_of(lines)
    table = Table("method", "references", title="Median sizes of errors on reference posteriors")
    for column in columns:
        table.add_column(column.title.partition("\n")[0], justify="right")
    for line in lines:
        errors = (line.errors.get(column.measure) for column in columns)
        shown = ("–" if error is None else str(error) for error in errors)
        table.add_row(line.method, str(line.count), *shown)
    Console(highlight=False).print(table)
    for record in records:
        if record["status"] == "failed":
            name = f"{record['inference']} on {record['reference']}"
            Console(highlight=False).print(f"{name} failed: {record['reason']}")
    return out / PICTURE
