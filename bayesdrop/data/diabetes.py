"""Diabetes progression of 442 patients: real data that scikit-learn ships, so no download."""

from __future__ import annotations

import numpy as np

from bayesdrop.data.dataset import Dataset
from bayesdrop.data.source import Source, Status

SHA256 = "e9c1f7559552854a24dc45b41c446ce5f79f96e5da081bcce24b57492720b3f7"


class Diabetes(Source):
    """Efron, Hastie, Johnstone & Tibshirani (2004), "Least Angle Regression".

    Ten baseline measurements (n = 442, d = 10, original units) and a quantitative measure of
    disease progression one year later. https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html
    """

    name = "diabetes"
    description = "disease progression of 442 diabetes patients after one year (needs no download)"

    def load(self) -> Dataset:
        dataset = self._read()
        if dataset.sha256 != SHA256:
            raise ValueError(
                f"scikit-learn's diabetes data have SHA-256 {dataset.sha256}, expected {SHA256}: "
                "this scikit-learn ships other numbers; install another version"
            )
        return dataset

    def status(self) -> Status:
        return "ok" if self._read().sha256 == SHA256 else "wrong hash"

    def get(self, base_url: str | None = None) -> None:
        return None

    def _read(self) -> Dataset:
        from sklearn.datasets import load_diabetes

        X, y = load_diabetes(return_X_y=True, scaled=False)
        return Dataset(
            name=self.name,
            X=np.asarray(X, dtype=np.float64),
            y=np.asarray(y, dtype=np.float64),
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
            target_name="disease progression after one year (no unit)",
        )
