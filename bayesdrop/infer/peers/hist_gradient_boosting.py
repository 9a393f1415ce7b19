"""Gradient-boosted trees in the network's place, by scikit-learn.

Ke et al. (2017), "LightGBM: a highly efficient gradient boosting decision tree". What many would
use on a table instead of a Bayesian network; fits in seconds.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop.data.training import TrainingData
from bayesdrop.family import Parameters
from bayesdrop.infer.base import FunctionSpaceInference
from bayesdrop.infer.function_space.gp import replaces_the_network
from bayesdrop.infer.peers.held_out_scale import held_out_scale
from bayesdrop.model import Model
from bayesdrop.noise import Noise
from bayesdrop.posterior.result import Fit
from bayesdrop.progress import Progress, task
from bayesdrop.spec import checked_count, checked_number

if TYPE_CHECKING:
    from bayesdrop.posterior.posterior import Posterior


@dataclass(frozen=True)
class HistGradientBoosting(FunctionSpaceInference):
    """Histogram gradient boosting: trees for the mean, one noise scale for all rows.

    The noise scale is that of errors in cross-validation, unless the model fixes it; there is no
    epistemic uncertainty. As with :class:`bayesdrop.GP`, models whose prior has noise are refused.
    A prediction trains the trees again, from the same seed.

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
        Of the cross-validation. Default 5.
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

    def run(self, model: Model, data: TrainingData, seed: int, progress: Progress) -> Fit:
        clock = time.perf_counter()
        prior = model.likelihood.scale  # type: ignore[attr-defined]
        scales = []
        with task(progress, "gradient boosting", data.n_outputs):
            for y in data.y.T:
                fixed = not isinstance(prior, Noise)
                scales.append(
                    prior
                    if fixed
                    else held_out_scale(lambda: self._trees(seed), data.X, y, self.folds, seed)
                )
                progress.advance(1)
        return Fit(
            values={},
            state={"noise_scale": np.array(scales), "seed": np.array(seed)},
            seconds={"compile": 0.0, "run": time.perf_counter() - clock},
            info={"device": "cpu"},
        )

    def parameters(
        self, posterior: Posterior, X: NDArray[np.float32], rng: np.random.Generator
    ) -> Parameters:
        data, state = posterior.training_data, posterior.result.state
        trees = self._trees(int(state["seed"]))
        loc = np.stack([trees.fit(data.X, y).predict(X) for y in data.y.T], axis=-1)[None]
        return {"loc": loc, "scale": np.broadcast_to(state["noise_scale"], loc.shape)}

    def _trees(self, seed: int) -> Any:
        from sklearn.ensemble import HistGradientBoostingRegressor

        return HistGradientBoostingRegressor(
            max_iter=self.max_iter,
            learning_rate=self.learning_rate,
            max_leaf_nodes=self.max_leaf_nodes,
            min_samples_leaf=self.min_samples_leaf,
            random_state=seed,
        )
