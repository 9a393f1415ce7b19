"""The table of models on the terminal; in a pipe every row is one line, whatever its length."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from bayesdrop import catalog
from bayesdrop.show.models import ModelRow, model_row

_GAP = 2


def print_models() -> None:
    """Print the table of the catalog's models; one that can't be loaded is named below it."""
    from rich.console import Console

    methods = {name: catalog.load("inference", name).value for name in catalog.names("inference")}
    rows, broken = [], []
    for name in catalog.names("models"):
        try:
            rows.append(model_row(name, catalog.load("models", name).value, methods))
        except ValueError as error:
            broken.append(f"{name} can't be loaded: {error}")
    console = Console(highlight=False, markup=False)
    print_rows(rows, console)
    for line in broken:
        console.print(line, soft_wrap=True)


def print_rows(rows: Sequence[ModelRow], console: Any) -> None:
    """Print ``rows`` to a rich ``console``: a table that breaks lines between words alone, or a
    paragraph a row where the console is too narrow for that. Likelihoods are left out if all are
    Gaussian."""
    from rich.table import Table

    cells = [dataclasses.asdict(row) for row in rows]
    heads = [field.name for field in dataclasses.fields(ModelRow)]
    if all(row.likelihood == "Gaussian" for row in rows):
        heads.remove("likelihood")
    columns = [[head, *(row[head] for row in cells)] for head in heads]
    room = console.width if console.is_terminal else None
    widths = _widths(columns, room)
    if widths is None:
        for row in cells:
            console.print(row["model"], style="bold")
            for head in heads[1:]:
                console.print(f"  {head:10}  {row[head]}")
        return
    if room is None:
        console.width = sum(widths) + _GAP * len(widths)
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False)
    for head, width in zip(heads, widths, strict=True):
        table.add_column(head, width=width)
    for row in cells:
        table.add_row(*(row[head] for head in heads))
    console.print(table)


def _widths(columns: Sequence[Sequence[str]], room: int | None) -> list[int] | None:
    """Widths of the columns in ``room`` characters (``None``: any number): no less than the
    longest word, the rest to where most is missing. ``None`` if even the words do not fit."""
    whole = [max(map(len, column)) for column in columns]
    if room is None:
        return whole
    widths = [max(len(word) for cell in column for word in cell.split()) for column in columns]
    spare = room - sum(widths) - _GAP * (len(columns) - 1)
    if spare < 0:
        return None
    for _ in range(min(spare, sum(whole) - sum(widths))):
        missing = [full - width for full, width in zip(whole, widths, strict=True)]
        widths[missing.index(max(missing))] += 1
    return widths
