"""The data of a suite's data sets: shipped ones by name, and files of a user's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bayesdrop.catalog import Entry, is_path, load
from bayesdrop.data import Dataset, dataset_names, load_dataset
from bayesdrop.data.data_file import DataFile

OwnData = DataFile | Entry
"""A table, or an entry that defines ``DATASET``."""


def own_data(dataset: str | DataFile) -> OwnData | None:
    """Return the user's file that a data set of a suite is from; ``None`` for a shipped one.

    Raises
    ------
    ValueError
        It has the name of a shipped data set, or the file can't be run.
    FileNotFoundError
        There is no such file.
    """
    if isinstance(dataset, str):
        return load("datasets", dataset) if is_path(dataset) else None
    if dataset.name in dataset_names():
        raise ValueError(
            f"{dataset.path}: {dataset.name!r} is already a shipped data set; rename your file"
        )
    return replace(dataset, path=str(Path(dataset.path).expanduser().resolve()))


def read_data(name: str, own: OwnData | None) -> Dataset:
    """Read the user's data set, or the shipped one of that name.

    Raises
    ------
    ValueError, OSError
        There is none, or it can't be read.
    """
    match own:
        case None:
            return load_dataset(name)
        case DataFile():
            return own.load()
        case Entry():
            return own.value
