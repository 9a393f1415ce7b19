"""How far a results folder is, without running any code that the folder names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from bayesdrop.benchmark.run.cell import Cell
from bayesdrop.benchmark.run.progress import describe
from bayesdrop.benchmark.run.store import Store
from bayesdrop.benchmark.run.stored_record import Record
from bayesdrop.catalog import is_path, load
from bayesdrop.data import load_dataset, split_count
from bayesdrop.suite import Suite, stem


class _Identity(NamedTuple):
    """This is what a key is made of; data of the user's own have no ``sha256`` here."""

    configuration: str | None
    dataset: str
    sha256: str | None
    split: int


def status_lines(folder: str | Path) -> list[str]:
    """Return a line per model, method and dataset of the suite, then failures, then totals.

    A row whose model, method or data are a file of the user's own is shown as it was last run: the
    file is not run to find its settings, nor need it be there. Records that can't be read are
    named, and their cells are missing.

    Raises
    ------
    FileNotFoundError, ValueError
        ``folder`` is no results folder, or its suite names something that is not there.
    """
    store = Store(folder)
    name, suite = store.suite()
    noted, (found, damaged) = store.configurations(), store.scan()
    records = {_identity(record, suite): record for record in found}
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


def _identity(record: Record, suite: Suite) -> _Identity:
    is_own = record["dataset"] in suite.dataset_names and record["dataset"] not in suite.datasets
    sha256 = None if is_own else record["settings"]["dataset"]["sha256"]
    return _Identity(record["configuration"], record["dataset"], sha256, record["split"])


def _rows(suite: Suite, noted: Mapping[str, str]) -> Iterator[tuple[str, list[_Identity]]]:
    """The title and the cells of each row on each dataset."""
    for name, dataset in zip(suite.dataset_names, suite.datasets, strict=True):
        is_own = name != dataset
        sha256 = None if is_own else load_dataset(name).sha256
        there = split_count(name)
        splits = [split for split in suite.splits if there is None or split < there]
        pairs = [(row.model, row.inference.replace("{dataset}", name)) for row in suite.every_row]
        for model, method in dict.fromkeys(pairs):
            row = f"{stem(model)} × {stem(method)}"
            if is_path(model) or is_path(method):
                configuration = noted.get(row, row)  # no record has a row's title
            else:
                configuration = _configuration(model, method, suite.seed)
            cells = [_Identity(configuration, name, sha256, split) for split in splits]
            yield f"{name}: {row}", cells


def _configuration(model: str, method: str, seed: int) -> str:
    """The digest of a shipped model's and a shipped method's settings."""
    entries = load("models", model), load("inference", method)
    return Cell(*entries, dataset="", sha256="", split=0, suite_seed=seed).configuration_digest


def _counted(states: Iterable[str]) -> str:
    counts, order = Counter(states), ("ok", "skipped", "failed", "missing")
    return ", ".join(f"{counts[status]} {status}" for status in order if counts[status])
