"""How far a results folder is, without running any code that the folder names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from bayesdrop.benchmark.run.cell import Cell
from bayesdrop.benchmark.run.progress import describe
from bayesdrop.benchmark.run.store import Record, Store
from bayesdrop.catalog import is_path, load
from bayesdrop.data import load_dataset
from bayesdrop.suite import Suite, stem


class _Identity(NamedTuple):
    """This is what a key is made of."""

    configuration: str | None
    dataset: str
    sha256: str
    split: int


def status_lines(folder: str | Path) -> list[str]:
    """Return a line per model, method and dataset of the suite, then failures, then totals.

    A row whose model or method is a file of the user's own is shown as it was last run: the file is
    not run to find its settings, nor need it be there. Records that can't be read are named, and
    their cells are missing.

    Raises
    ------
    FileNotFoundError, ValueError
        ``folder`` is no results folder, or its suite names something that is not there.
    """
    store = Store(folder)
    name, suite = store.suite()
    noted, (found, damaged) = store.configurations(), store.scan()
    records = {_identity(record): record for record in found}
    lines, states = [f"suite {name} in {store.folder}"], {}
    for row, cells in _rows(suite, noted):
        own = {cell: records[cell]["status"] if cell in records else "missing" for cell in cells}
        lines.append(f"  {row}: {_counted(own.values())}")
        states |= own
    lines += [f"  {describe(records[cell])}" for cell in states if states[cell] == "failed"]
    lines += [f"  {error}" for error in damaged]
    if others := len(records.keys() - states.keys()):
        lines.append(f"  {others} further records are of other settings")
    return [*lines, f"total: {_counted(states.values())} of {len(states)} cells"]


def _identity(record: Record) -> _Identity:
    sha256 = record["settings"]["dataset"]["sha256"]
    return _Identity(record["configuration"], record["dataset"], sha256, record["split"])


def _rows(suite: Suite, noted: Mapping[str, str]) -> Iterator[tuple[str, list[_Identity]]]:
    """The title and the cells of each row on each dataset."""
    for name in suite.datasets:
        dataset = load_dataset(name)
        splits = [split for split in suite.splits if split < dataset.n_splits]
        pairs = [(row.model, row.inference.replace("{dataset}", name)) for row in suite.every_row]
        for model, method in dict.fromkeys(pairs):
            row = f"{stem(model)} × {stem(method)}"
            if is_path(model) or is_path(method):
                configuration = noted.get(row, "")  # no record has none
            else:
                configuration = _configuration(model, method, suite.seed)
            cells = [_Identity(configuration, name, dataset.sha256, split) for split in splits]
            yield f"{name}: {row}", cells


def _configuration(model: str, method: str, seed: int) -> str:
    """The digest of a shipped model's and a shipped method's settings."""
    entries = load("models", model), load("inference", method)
    return Cell(*entries, dataset="", sha256="", split=0, suite_seed=seed).configuration_digest


def _counted(states: Iterable[str]) -> str:
    counts, order = Counter(states), ("ok", "skipped", "failed", "missing")
    return ", ".join(f"{counts[status]} {status}" for status in order if counts[status])
