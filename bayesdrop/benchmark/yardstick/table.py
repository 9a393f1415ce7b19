"""What the records say: a line for each pair, and for each method its errors over references."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bayesdrop.benchmark.yardstick.pair import Record
from bayesdrop.files import replacing

MEASURES = (
    "wasserstein",
    "total_variation",
    "mean_bias",
    "sd_error",
    "sd_bias",
    "f_mean_bias",
    "f_sd_error",
    "f_sd_bias",
    "delta_nll",
    "coverage_90",
)

_SAID, _KNOWN = ("reference", "inference", "status", "reason"), ("max_rhat_f", "seconds")


_BEST = {"coverage_90": 0.9}
"""Measure → its value without an error, where that is not 0."""


class Error(NamedTuple):
    """The errors of one measure over several references.

    Attributes
    ----------
    size
        The median of their absolute values.
    sign
        ``"−"`` if all are below 0, ``"±"`` if some are, and else empty.
    """

    size: float
    sign: str

    def __str__(self) -> str:
        shown = f"{self.size:.2f}"
        return shown if float(shown) == 0 else self.sign + shown


@dataclass(frozen=True)
class Line:
    """What is known of one method.

    Attributes
    ----------
    method
        Its name.
    errors
        Measure → its errors over the references that the method could run.
    count
        The number of references with a result. It is smaller if the method can't run some, or has
        not run them yet.
    """

    method: str
    errors: dict[str, Error]
    count: int


def lines_of(records: Sequence[Record]) -> list[Line]:
    """Return a line for each method that has a result, the nearest by Wasserstein distance first.

    Methods may have run different references, of which :attr:`Line.count` is the number.
    """
    measured: dict[str, list[dict[str, float]]] = {}
    for record in records:
        if record["status"] == "ok":
            measured.setdefault(record["inference"], []).append(record["distance"])
    lines = [
        Line(
            method,
            {
                name: _error(values, _BEST.get(name, 0.0))
                for name in MEASURES
                if (values := [one[name] for one in found if one.get(name) is not None])
            },
            len(found),
        )
        for method, found in measured.items()
    ]
    return sorted(lines, key=lambda line: line.errors["wasserstein"].size)


def _error(values: Sequence[float], best: float) -> Error:
    errors = [value - best for value in values]
    below = [error < 0 for error in errors]
    sign = "−" if all(below) else "±" if any(below) else ""
    return Error(median(map(abs, errors)), sign)


def write_table(records: Sequence[Record], path: Path) -> None:
    """Write a line for each pair as CSV, whole or not at all."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*_SAID, *MEASURES, *_KNOWN))
    for record in sorted(records, key=lambda one: (one["reference"], one["inference"])):
        numbers = {**record, **record.get("distance", {}), **record.get("diagnostics", {})}
        measured = (numbers.get(name) for name in (*MEASURES, *_KNOWN))
        said = (record.get(name) for name in _SAID)
        writer.writerow((*said, *("" if x is None else f"{x:.4g}" for x in measured)))
    with replacing(path) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8")
