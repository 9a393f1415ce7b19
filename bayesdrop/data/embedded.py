"""Real data that an installed package ships, so no download."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.data.dataset import Dataset
from bayesdrop.data.source import Source, Status
from bayesdrop.data.splits import Splitter, standard_split


class Shipped(NamedTuple):
    """What a package ships: features, target, and a name per feature or channel."""

    X: ArrayLike
    y: ArrayLike
    feature_names: tuple[str, ...]


@dataclass(frozen=True)
class EmbeddedSet(Source):
    """A dataset that a package ships, in original units, checked by the digest of its numbers.

    Parameters
    ----------
    name, description
        The name in commands and lists, and one line on it.
    licence
        The licence of the data, as in :class:`~bayesdrop.Dataset`.
    package
        The package to import, which ships the data.
    read
        Reads them. It alone imports the package.
    target_name
        What ``y`` is, with its unit or its classes.
    sha256
        The SHA-256 of the bytes of ``X`` and ``y`` as float64.
    n_splits, splitter, shift
        How many splits there are, how they are made, and what is done to test rows, as in
        :class:`~bayesdrop.Dataset`.
    """

    name: str
    description: str
    licence: str
    package: str
    read: Callable[[], Shipped]
    target_name: str
    sha256: str
    n_splits: int = 20
    splitter: Splitter = standard_split
    shift: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None

    def load(self) -> Dataset:
        if find_spec(self.package) is None:
            raise ModuleNotFoundError(
                f"the dataset {self.name} is shipped by the package {self.package}, which is not "
                'installed: pip install "bayesdrop[data]"'
            )
        dataset = self._dataset()
        if dataset.sha256 != self.sha256:
            raise ValueError(
                f"{self.package}'s {self.name} data have SHA-256 {dataset.sha256}, expected "
                f"{self.sha256}: this {self.package} ships other numbers; install another version"
            )
        return dataset

    def status(self) -> Status:
        if find_spec(self.package) is None:
            return "missing"
        return "ok" if self._dataset().sha256 == self.sha256 else "wrong hash"

    def get(self, base_url: str | None = None) -> None:
        return None

    def _dataset(self) -> Dataset:
        shipped = self.read()
        return Dataset(
            name=self.name,
            X=np.asarray(shipped.X, dtype=np.float64),
            y=np.asarray(shipped.y, dtype=np.float64),
            feature_names=shipped.feature_names,
            target_name=self.target_name,
            n_splits=self.n_splits,
            splitter=self.splitter,
            shift=self.shift,
            licence=self.licence,
        )
