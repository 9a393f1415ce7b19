"""The cells that have not run yet, as a table and in words."""

from __future__ import annotations

from bayesdrop.benchmark.report.numbers import number
from bayesdrop.benchmark.report.words import listed, spans
from bayesdrop.benchmark.stats.analysis import Analysis
from bayesdrop.benchmark.stats.missing_cells import MissingCells, missing_cells


def missing_table(analysis: Analysis) -> list[dict[str, str]]:
    """Return a line for each group of cells that have not run yet."""
    return [
        {
            "data set": ", ".join(cells.datasets),
            "row": _rows(cells),
            "splits": spans(cells.splits),
            "cells": number(cells.total),
        }
        for cells in missing_cells(analysis)
    ]


def in_words(cells: MissingCells) -> str:
    """Describe a group, for example ``splits 5 to 19 of kin8nm and power, every row``."""
    noun = "split" if len(cells.splits) == 1 else "splits"
    return f"{noun} {spans(cells.splits)} of {listed(cells.datasets)}, {_rows(cells)}"


def _rows(cells: MissingCells) -> str:
    return "every row" if cells.every_row else "; ".join(cells.rows)
