"""The table of models on the terminal, and all that is known of one of them."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from bayesdrop import catalog
from bayesdrop.show.models import ModelRow, model_row

if TYPE_CHECKING:
    from bayesdrop.infer.base import Inference

_GAP = 2
_HEADS = ("model", "structure", "prior", "noise", "likelihood")
"""The columns of the table; the last go first where there is no room."""
_LEAST = 3
_LABEL = 12


def print_models() -> None:
    """Print the table of the catalog's models; one that can't be loaded is named below it."""
    rows, broken = [], []
    for name in catalog.names("models"):
        try:
            rows.append(model_row(name, catalog.load("models", name).value, {}))
        except ValueError as error:
            broken.append(f"{name} can't be loaded: {error}")
    console = _console()
    print_rows(rows, console)
    for line in broken:
        console.print(line, soft_wrap=True)
    if console.is_terminal:
        console.print("\n`bayesdrop list models NAME` says all of one, and what can run it.")


def print_each_model(names: Iterable[str]) -> None:
    """Print all that is known of each model, and which methods can run it.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no such model, or its file can't be run.
    """
    models = {name: catalog.load("models", name).value for name in names}
    methods: dict[str, Inference] = {
        name: catalog.load("inference", name).value for name in catalog.names("inference")
    }
    console = _console()
    for name, model in models.items():
        print_row(model_row(name, model, methods), console, catalog.describe("models", name))


def print_rows(rows: Sequence[ModelRow], console: Any) -> None:
    """Print ``rows`` to a rich ``console`` as a table that breaks lines between words alone.

    In a pipe every row is one line. A terminal that is too narrow for all columns has fewer.
    """
    from rich.table import Table

    room = console.width if console.is_terminal else None
    columns = [[head, *(dataclasses.asdict(row)[head] for row in rows)] for head in _HEADS]
    while (widths := _widths(columns, room)) is None and len(columns) > _LEAST:
        columns.pop()
    if widths is None:
        for row in rows:
            print_row(row, console)
        return
    if room is None:
        console.width = sum(widths) + _GAP * len(widths)
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False)
    for (head, *_), width in zip(columns, widths, strict=True):
        table.add_column(head, width=width)
    for cells in zip(*(cells for _, *cells in columns), strict=True):
        table.add_row(*cells)
    console.print(table)


def print_row(row: ModelRow, console: Any, description: str = "") -> None:
    """Print all of ``row``, a line or a paragraph for each of its fields."""
    console.print(row.model, style="bold")
    fields = {"": description} | dataclasses.asdict(row)
    for name in ("", *_HEADS[1:], "methods"):
        if fields[name]:
            console.print(_paragraph(name, fields[name], console), soft_wrap=True)


def _paragraph(name: str, text: str, console: Any) -> str:
    """Text behind its name, broken between words on a terminal and not at all in a pipe."""
    first, rest = f"  {name:{_LABEL}}", "  " + " " * _LABEL
    if not name:
        first = rest = "  "
    if not console.is_terminal:
        return first + text
    return textwrap.fill(
        text,
        max(console.width, 2 * _LABEL),
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _console() -> Any:
    from rich.console import Console

    return Console(highlight=False, markup=False)


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
