"""Gradient-boosted trees in the network's place, by scikit-learn.

Ke et al. (2017), "LightGBM: a highly efficient gradient boosting decision tree". What many would
use on a table instead of a Bayesian network; fits in seconds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.family import Parameters
from bayesdrop.field_checks import checked_count, checked_number
from bayesdrop.infer.base import Inference
from bayesdrop.infer.peers.held_out_scale import held_out_scale
from bayesdrop.infer.reasons import replaces_the_network
from bayesdrop.model import Model
from bayesdrop.noise import Noise
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.function_draws import FunctionDraws, Predictor
from bayesdrop.progress import Progress, task


@dataclass(frozen=True)
class HistGradientBoosting(Inference):
    """Histogram gradient boosting has trees for the mean, and one noise scale for all rows.

    The noise scale is that of errors in cross-validation, unless the model fixes it. There is no
    epistemic uncertainty. Models whose prior has noise are refused, as by :class:`bayesdrop.GP`.
    The first prediction of a process trains the trees, from the fit's seed.

    Parameters
    ----------
    max_iter
        Trees. Default 100, as all defaults scikit-learn's.
    learning_rate
        Shrinkage of each. Default 0.1.
    max_leaf_nodes
        Leaves of each. Default 31.
    min_samples_leaf
        Rows of a leaf. Default 20.
    folds
        Folds of the cross-validation. Default 5.
    """

    max_iter: int = 100
    learning_rate: float = 0.1
    max_leaf_nodes: int = 31
    min_samples_leaf: int = 20
    folds: int = 5

    def __post_init__(self) -> None:
        checked_count(self, "max_iter")
        checked_number(self, "learning_rate", above=0)
        checked_count(self, "min_samples_leaf")
        for field in ("max_leaf_nodes", "folds"):
            checked_count(self, field, at_least=2)

    def supports(self, model: Model) -> str | None:
        return replaces_the_network(model)

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        clock = time.perf_counter()
        prior = bound.model.likelihood.scale  # type: ignore[attr-defined]
        scales = []
        with task(progress, "gradient boosting", data.n_outputs):
            for y in data.y_standardised.T:
                fixed = not isinstance(prior, Noise)
                scales.append(
                    prior
                    if fixed
                    else held_out_scale(
                        lambda: self.settings.trees(seed), data.X_standardised, y, self.folds, seed
                    )
                )
                progress.advance(1)
        return Fit(
            FunctionDraws(
                self.settings,
                {
                    "X": data.X_standardised,
                    "y": data.y_standardised,
                    "noise_scale": np.array(scales),
                    "seed": np.array(seed),
                },
            ),
            seconds={"compile": 0.0, "run": time.perf_counter() - clock},
            info={"device": "cpu"},
        )

    @property
    def settings(self) -> BoostedTrees:
        """Return the settings of the trees."""
        return BoostedTrees(
            self.max_iter, self.learning_rate, self.max_leaf_nodes, self.min_samples_leaf
        )


@dataclass(frozen=True)
class BoostedTrees(Predictor):
    """Trees that are trained on the rows ``X`` and ``y`` of the ``state``, before they predict."""

    max_iter: int
    learning_rate: float
    max_leaf_nodes: int
    min_samples_leaf: int

    def prepared(self, state: Mapping[str, NDArray], bound: BoundModel) -> Mapping[str, Any]:
        seed = int(state["seed"])
        return {**state, "trees": [self.trees(seed).fit(state["X"], y) for y in state["y"].T]}

    def parameters(
        self,
        state: Mapping[str, Any],
        bound: BoundModel,
        X: NDArray[np.float32],
        rng: np.random.Generator,
    ) -> Parameters:
        loc = np.stack([trees.predict(X) for trees in state["trees"]], axis=-1)[None]
        return {"loc": loc, "scale": np.broadcast_to(state["noise_scale"], loc.shape)}

    def trees(self, seed: int) -> Any:
        """scikit-learn's regressor, untrained."""
        from sklearn.ensemble import HistGradientBoostingRegressor

        return HistGradientBoostingRegressor(
            max_iter=self.max_iter,
            learning_rate=self.learning_rate,
            max_leaf_nodes=self.max_leaf_nodes,
            min_samples_leaf=self.min_samples_leaf,
            random_state=seed,
        )
