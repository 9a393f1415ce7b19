"""Where a dataset comes from: what every file of this folder that defines one provides."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Literal

from bayesdrop.data.dataset import Dataset

Status = Literal["ok", "missing", "wrong hash"]


class Source(ABC):
    """A named dataset that can be loaded and checked, and downloaded if it is not embedded."""

    name: str
    description: str
    licence: str
    n_splits: int

    @abstractmethod
    def load(self) -> Dataset:
        """The dataset, checked against its SHA-256; never downloads or writes."""

    @abstractmethod
    def status(self) -> Status:
        """Return whether the data are here and are the right ones."""

    @abstractmethod
    def get(self, base_url: str | None = None) -> Path | None:
        """Download the data unless they are here; their path, or None if they are embedded."""
