"""Real data that scikit-learn ships, so no download: one regression set, two of classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesdrop.data.dataset import Dataset
from bayesdrop.data.source import Source, Status


@dataclass(frozen=True)
class EmbeddedSet(Source):
    """A dataset of scikit-learn's, in original units, checked by the digest of its numbers.

    Parameters
    ----------
    name, description
        The name in commands and lists.
    loader
        The function of ``sklearn.datasets``.
    target_name
        What ``y`` is, with its unit or its classes.
    sha256
        The SHA-256 of the bytes of ``X`` and ``y`` as float64.
    options
        Further arguments of the loader.
    feature_names
        One per column; empty for scikit-learn's own.
    """

    name: str
    description: str
    loader: str
    target_name: str
    sha256: str
    options: tuple[tuple[str, bool], ...] = ()
    feature_names: tuple[str, ...] = ()

    def load(self) -> Dataset:
        dataset = self._read()
        if dataset.sha256 != self.sha256:
            raise ValueError(
                f"scikit-learn's {self.name} data have SHA-256 {dataset.sha256}, expected "
                f"{self.sha256}: this scikit-learn ships other numbers; install another version"
            )
        return dataset

    def status(self) -> Status:
        return "ok" if self._read().sha256 == self.sha256 else "wrong hash"

    def get(self, base_url: str | None = None) -> None:
        return None

    def _read(self) -> Dataset:
        from sklearn import datasets

        bunch = getattr(datasets, self.loader)(**dict(self.options))
        return Dataset(
            name=self.name,
            X=np.asarray(bunch.data, dtype=np.float64),
            y=np.asarray(bunch.target, dtype=np.float64),
            feature_names=self.feature_names or tuple(map(str, bunch.feature_names)),
            target_name=self.target_name,
        )


EMBEDDED_SETS = (
    # Efron, Hastie, Johnstone & Tibshirani (2004), "Least Angle Regression"
    # https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html
    EmbeddedSet(
        name="diabetes",
        description=(
            "disease progression of 442 diabetes patients after one year (needs no download)"
        ),
        loader="load_diabetes",
        options=(("scaled", False),),
        target_name="disease progression after one year (no unit)",
        sha256="e9c1f7559552854a24dc45b41c446ce5f79f96e5da081bcce24b57492720b3f7",
        feature_names=(
            "age",
            "sex",
            "body mass index",
            "average blood pressure",
            "total cholesterol",
            "low-density lipoproteins",
            "high-density lipoproteins",
            "total cholesterol / HDL",
            "log triglycerides",
            "blood sugar",
        ),
    ),
    # Street, Wolberg & Mangasarian (1993), "Nuclear feature extraction for breast tumor diagnosis"
    # https://archive.ics.uci.edu/dataset/17
    EmbeddedSet(
        name="breast_cancer",
        description="diagnosis of 569 breast tumours, 2 classes (30 features, needs no download)",
        loader="load_breast_cancer",
        target_name="diagnosis: 0 malignant, 1 benign",
        sha256="cdd5f37c36cbdfc2e5ee074cec7540fac54340874afb25917a673e446270d0d0",
    ),
    # Aeberhard, Coomans & de Vel (1992), "Comparison of classifiers in high dimensional settings"
    # https://archive.ics.uci.edu/dataset/109
    EmbeddedSet(
        name="wine_cultivars",
        description="cultivar of 178 Italian wines, 3 classes (13 features, needs no download)",
        loader="load_wine",
        target_name="cultivar: 0, 1 or 2",
        sha256="c7e84e8e03b2b5a354287416d84d08945318450658a22a63c39973d8306c2ca4",
    ),
)
