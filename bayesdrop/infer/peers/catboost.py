"""Gradient-boosted trees in the network's place, by CatBoost.

Prokhorenkova et al. (2018), "CatBoost: unbiased boosting with categorical features"; Malinin,
Prokhorenkova & Ustimenko (2021), "Uncertainty in gradient boosting via ensembles".
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.family import Parameters
from bayesdrop.field_checks import checked_choice, checked_count
from bayesdrop.infer.base import Inference, UnsupportedModelError
from bayesdrop.infer.peers.held_out_scale import held_out_scale
from bayesdrop.infer.reasons import replaces_the_network
from bayesdrop.model import Model
from bayesdrop.noise import Noise
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.function_draws import FunctionDraws, Predictor
from bayesdrop.progress import Progress, task

_MISSING = "it needs CatBoost, which is not installed: pip install 'bayesdrop[peers]'"


@dataclass(frozen=True)
class CatBoost(Inference):
    """CatBoost boosts symmetric trees with its ordered scheme and its own defaults.

    It refuses models whose prior has noise, as :class:`bayesdrop.GP` does.

    Parameters
    ----------
    iterations
        Trees. Default 1000, as CatBoost's; it chooses the learning rate from that and the rows.
    uncertainty
        ``"cross_validated"`` (default): trees for the mean, and one noise scale for all rows, that
        of errors in cross-validation unless the model fixes it. ``"virtual_ensembles"``: trees for
        mean and variance, trained by stochastic Langevin boosting; predictions average over
        truncations of the one model. It is refused where the model fixes the noise scale.
    members
        Truncations that predictions average over. Default 10, as CatBoost's.
    folds
        Folds of the cross-validation. Default 5.
    """

    iterations: int = 1000
    uncertainty: Literal["cross_validated", "virtual_ensembles"] = "cross_validated"
    members: int = 10
    folds: int = 5

    def __post_init__(self) -> None:
        checked_choice(self, "uncertainty", ("cross_validated", "virtual_ensembles"))
        checked_count(self, "folds", at_least=2)
        for field in ("iterations", "members"):
            checked_count(self, field)
        if self.uncertainty == "virtual_ensembles" and self.iterations < 2 * self.members:
            raise ValueError(
                f"CatBoost(iterations={self.iterations}, members={self.members}): give at least "
                "two iterations for each member of a virtual ensemble"
            )

    def supports(self, model: Model) -> str | None:
        if reason := replaces_the_network(model):
            return reason
        learned = isinstance(model.likelihood.scale, Noise)  # type: ignore[attr-defined]
        if self.uncertainty == "virtual_ensembles" and not learned:
            return 'the model fixes the noise scale: use uncertainty="cross_validated"'
        return _MISSING if find_spec("catboost") is None else None

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        clock = time.perf_counter()
        state = {}
        with _in_words(), task(progress, "CatBoost", data.n_outputs):
            for output, y in enumerate(data.y_standardised.T):
                trees = self._trees(seed).fit(data.X_standardised, y)
                state[f"model_{output}"] = _saved(trees)
                progress.advance(1)
            if self.uncertainty == "cross_validated":
                state["noise_scale"] = np.array(
                    [
                        self._scale(bound.model, data.X_standardised, y, seed)
                        for y in data.y_standardised.T
                    ]
                )
        return Fit(
            FunctionDraws(SavedTrees(self.members), state),
            seconds={"compile": 0.0, "run": time.perf_counter() - clock},
            info={"device": "cpu"},
        )

    def _scale(self, model: Model, X: NDArray, y: NDArray, seed: int) -> float:
        known = model.likelihood.scale  # type: ignore[attr-defined]
        if not isinstance(known, Noise):
            return known
        return held_out_scale(lambda: self._trees(seed), X, y, self.folds, seed)

    def _trees(self, seed: int) -> Any:
        from catboost import CatBoostRegressor

        settings: dict[str, Any] = {"iterations": self.iterations, "random_seed": seed}
        if self.uncertainty == "virtual_ensembles":
            settings |= {"loss_function": "RMSEWithUncertainty", "posterior_sampling": True}
        return CatBoostRegressor(**settings, verbose=False, allow_writing_files=False)


@dataclass(frozen=True)
class SavedTrees(Predictor):
    """Trees in CatBoost's own format.

    The ``state`` has their bytes as ``model_0`` and so on, one per output, and ``noise_scale`` if
    it is one for all rows.
    """

    members: int

    def prepared(self, state: Mapping[str, NDArray], bound: BoundModel) -> Mapping[str, Any]:
        from catboost import CatBoostRegressor

        trees = [CatBoostRegressor() for _ in range(bound.n_outputs)]
        for output, own in enumerate(trees):
            own.load_model(blob=state[f"model_{output}"].tobytes())
        return {"trees": trees, "noise_scale": state.get("noise_scale")}

    def parameters(
        self,
        state: Mapping[str, Any],
        bound: BoundModel,
        X: NDArray[np.float32],
        rng: np.random.Generator,
    ) -> Parameters:
        found = [
            self._predicted(trees, X, state["noise_scale"], output)
            for output, trees in enumerate(state["trees"])
        ]
        loc, scale = (np.stack(arrays, axis=-1) for arrays in zip(*found, strict=True))
        return {"loc": loc, "scale": scale}

    def _predicted(
        self, trees: Any, X: NDArray, noise_scale: NDArray | None, output: int
    ) -> tuple[NDArray, NDArray]:
        """Means and standard deviations, (draws, rows)."""
        if noise_scale is not None:
            loc = trees.predict(X)[None]
            return loc, np.full_like(loc, noise_scale[output])
        members = trees.virtual_ensembles_predict(
            X, prediction_type="VirtEnsembles", virtual_ensembles_count=self.members
        )
        return members[..., 0].T, np.sqrt(members[..., 1]).T


@contextmanager
def _in_words() -> Iterator[None]:
    """What CatBoost says of the data, without the place in its code."""
    from catboost import CatBoostError

    try:
        yield
    except CatBoostError as error:
        said = str(error).rpartition(": ")[2]
        raise UnsupportedModelError(
            f"CatBoost can't run this model on these data: {said}. Look at the rows for columns or "
            "targets that hardly vary, or use bd.HistGradientBoosting"
        ) from error


def _saved(trees: Any) -> NDArray[np.uint8]:
    """The bytes of CatBoost's own file format."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.cbm"
        trees.save_model(str(path))
        return np.frombuffer(path.read_bytes(), np.uint8)
