"""A cell: one model, one method, one split; its settings and the key they hash to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayesdrop.benchmark.run.suite_data import OwnData, read_data
from bayesdrop.catalog import Entry
from bayesdrop.data import Dataset
from bayesdrop.spec import digest, to_dict

PROTOCOL = 1
"""Part of every key: raise it when a cell is run or scored in another way."""


@dataclass(frozen=True)
class Cell:
    """A cell is what is run, all of it resolved.

    Attributes
    ----------
    model, inference
        Entries of the catalog.
    dataset, sha256
        The dataset's name and what identifies its bytes.
    split
        The number of the standard split.
    suite_seed
        The suite's seed.
    own_data
        The user's file that the dataset is from: a table, or an entry that defines ``DATASET``.
        ``None``: it is a shipped one.
    """

    model: Entry
    inference: Entry
    dataset: str
    sha256: str
    split: int
    suite_seed: int = 0
    own_data: OwnData | None = None

    def load_data(self) -> Dataset:
        """Read the dataset.

        Raises
        ------
        ValueError
            It is not the one that the cell was planned with.
        OSError
            Its file is not there.
        """
        found = read_data(self.dataset, self.own_data)
        if found.sha256 != self.sha256:
            raise ValueError(
                f"the data of {self.dataset} have changed since the run began: run it again"
            )
        return found

    @property
    def seed(self) -> int:
        """Return the seed of fit and prediction.

        It is the split's number in a suite of seed 0. In others it is drawn from both, so that
        suites of neighbouring seeds share none.
        """
        return self.split if self.suite_seed == 0 else _drawn(self.suite_seed, self.split)

    @property
    def revision(self) -> int:
        """Return the revision of the method's results for the model."""
        return self.inference.value.revision_for(self.model.value)

    @property
    def label(self) -> str:
        """Return the name for people."""
        return f"{self.model.name} × {self.inference.name}, {self.dataset} split {self.split}"

    @property
    def configuration(self) -> dict[str, Any]:
        """Return the resolved model, method, revision and seed, in which rows of a table differ."""
        sources = {
            "model": self.model.source_sha256,
            "inference": self.inference.source_sha256,
        }
        return {
            "protocol": PROTOCOL,
            "model": to_dict(self.model.value),
            "inference": to_dict(self.inference.value),
            "revision": self.revision,
            "seed": self.suite_seed,
            **({"seeds": "drawn"} if self.suite_seed else {}),  # they were its sum with the split
            "sources": {kind: sha256 for kind, sha256 in sources.items() if sha256},
        }

    @property
    def configuration_digest(self) -> str:
        """Return the first 12 digits of the SHA-256 of :attr:`configuration`."""
        return digest(self.configuration)[:12]

    @property
    def settings(self) -> dict[str, Any]:
        """Return all that the result depends on; :attr:`key` is its SHA-256."""
        return {**self.configuration, "dataset": self.data_settings, "split": self.split}

    @property
    def data_settings(self) -> dict[str, str]:
        """Return what says which data they are: a file that defines them may split them anyhow."""
        own = self.own_data
        source = own.source_sha256 if isinstance(own, Entry) else None
        named = {"name": self.dataset, "sha256": self.sha256}
        return named | ({"source": source} if source else {})

    @property
    def key(self) -> str:
        """Return the SHA-256 of the canonical JSON of :attr:`settings`, which names the record."""
        return digest(self.settings)


def configuration_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return :attr:`Cell.configuration` from a cell's :attr:`~Cell.settings`."""
    return {k: value for k, value in settings.items() if k not in ("dataset", "split")}


def seed_of(settings: Mapping[str, Any]) -> int:
    """Return :attr:`Cell.seed` from a cell's :attr:`~Cell.settings`, also of earlier versions.

    Before they were drawn, seeds were the sum of the suite's and the split's number.
    """
    suite_seed, split = settings["seed"], settings["split"]
    return _drawn(suite_seed, split) if "seeds" in settings else suite_seed + split


def _drawn(suite_seed: int, split: int) -> int:
    return int(np.random.SeedSequence([suite_seed, split]).generate_state(1)[0])
