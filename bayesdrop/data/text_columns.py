"""Columns of text that are no categories: dates, numbers as people write them, names of rows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bayesdrop.wording import DATES_AS_NUMBERS, some

_FEWEST_IDENTIFIERS = 10
"""From so many rows on, text that differs in every row is taken for a name of the row."""

_DATE = re.compile(r"(\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4})([ T]\d{1,2}:\d{2}\S*)?")
"""A day, and a time or none, as files have them."""

_SEPARATED = re.compile(r"[+-]?(\d{1,3}([,' ]\d{3})+(\.\d+)?|\d{1,3}(\.\d{3})+(,\d+)?|\d+,\d+)")
"""A number with separators of thousands, or with a decimal comma."""


def check_levels(present: Sequence[str], rows: int, name: str) -> None:
    """Raise a ``ValueError`` if the text of a column is no level of a category.

    Parameters
    ----------
    present
        The text of the rows that have one.
    rows
        The number of all rows.
    name
        The column's.
    """
    if present and all(_DATE.fullmatch(value.strip()) for value in present):
        raise ValueError(
            f"column {name!r} holds dates, such as {present[0]!r}: {DATES_AS_NUMBERS}, or leave it "
            "out"
        )
    check_no_numbers(present, name)
    if rows >= _FEWEST_IDENTIFIERS and len(set(present)) == rows:
        raise ValueError(
            f"column {name!r} is text that differs in every row, such as {some(present[:2])}: a "
            "name is no feature, leave it out"
        )


def check_no_numbers(present: Sequence[str], name: str) -> None:
    """Raise a ``ValueError`` if the text is numbers: each would be a class or a level."""
    if present and all(_SEPARATED.fullmatch(value.strip()) for value in present):
        raise ValueError(
            f"column {name!r} holds numbers that are text, such as {present[0]!r}: write them "
            "without separators and with a decimal point, as pandas.read_csv does when it gets "
            'thousands="," or decimal=","'
        )
