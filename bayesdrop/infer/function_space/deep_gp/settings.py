"""Deep Gaussian processes, by GPyTorch.

Salimbeni & Deisenroth (2017), "Doubly stochastic variational inference for deep Gaussian
processes". A step costs, per layer and per unit of it, m³ of m inducing points and m² per row of
the batch; the rows of a layer are propagated by samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop.alternatives import methods_for
from bayesdrop.bound import BoundModel
from bayesdrop.data.standardization import LARGEST
from bayesdrop.data.training import TrainingData
from bayesdrop.family import Parameters
from bayesdrop.field_checks import checked_count, checked_number
from bayesdrop.infer.base import Inference
from bayesdrop.infer.engine.imports import ONE_AT_A_TIME
from bayesdrop.infer.reasons import replaces_the_network
from bayesdrop.model import Model
from bayesdrop.noise import Noise
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.function_draws import Predictor
from bayesdrop.progress import Progress
from bayesdrop.quiet import ignored

_MISSING = "needs GPyTorch, which is not installed: pip install 'bayesdrop[gp]'"


@dataclass(frozen=True)
class DeepGP(Inference):
    """Gaussian processes are fed into each other, in place of the network.

    Every hidden layer has a process per unit. Its mean is the layer's input, or the principal
    components of that, so that the first guess is a plain Gaussian process. All processes have a
    squared exponential kernel with a length scale per input, and inducing points. Models whose
    prior has noise are refused. The noise scale is learned without its prior, unless it is fixed.
    Both are as for :class:`bayesdrop.GP`. It needs GPyTorch: ``pip install 'bayesdrop[gp]'``.

    Parameters
    ----------
    num_layers
        Layers of processes, the output's included; 1 is the sparse variational GP. Default 2.
    num_units
        Processes of a hidden layer; as many as features, if these are fewer. Default 30.
    num_inducing
        Inducing points of each layer; as many as rows, if these are fewer. Default 50.
    num_steps
        Steps of Adam. Default 2000.
    learning_rate
        Adam's. Default 0.05.
    batch_size
        Rows per step, reshuffled every epoch; ``None`` uses all. Default 1000.
    num_samples
        Draws of functions that predictions average over. Rows beyond 1000 are drawn in blocks,
        independently of those in others. Default 200.
    """

    num_layers: int = 2
    num_units: int = 30
    num_inducing: int = 50
    num_steps: int = 2000
    learning_rate: float = 0.05
    batch_size: int | None = 1000
    num_samples: int = 200

    def __post_init__(self) -> None:
        for field in ("num_layers", "num_units", "num_inducing", "num_steps", "num_samples"):
            checked_count(self, field)
        checked_number(self, "learning_rate", above=0)
        if self.batch_size is not None:
            checked_count(self, "batch_size")

    def supports(self, model: Model) -> str | None:
        if reason := replaces_the_network(model):
            return reason
        scale = model.likelihood.scale  # type: ignore[attr-defined]
        if not isinstance(scale, Noise) and not 1 / LARGEST < scale < LARGEST:
            return (
                f"the noise scale is {scale:g}, and it takes those between {1 / LARGEST:g} and "
                f"{LARGEST:g}: use {methods_for(model, 'NUTS', 'SVI')}"
            )
        return f"it {_MISSING}" if find_spec("gpytorch") is None else None

    def needs_standardised(self) -> bool:
        return True

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        return implementation().run(self, bound, data, seed, progress)

    @property
    def predictor(self) -> DeepGPDraws:
        """Return what draws functions of the trained process."""
        return DeepGPDraws(self.num_layers, self.num_units, self.num_inducing, self.num_samples)


@dataclass(frozen=True)
class DeepGPDraws(Predictor):
    """Draws of a trained deep Gaussian process.

    The ``state`` has the training inputs ``X`` and GPyTorch's own tensors by name.
    """

    num_layers: int
    num_units: int
    num_inducing: int
    num_samples: int

    def parameters(
        self,
        state: Mapping[str, NDArray],
        bound: BoundModel,
        X: NDArray[np.float32],
        rng: np.random.Generator,
    ) -> Parameters:
        return implementation().parameters(self, state, bound, X, rng)


def implementation() -> Any:
    """The module that imports GPyTorch, without what PyTorch announces to its authors."""
    if find_spec("gpytorch") is None:  # a saved fit may have come here from elsewhere
        raise ModuleNotFoundError(f"DeepGP {_MISSING}")
    with ONE_AT_A_TIME, ignored(DeprecationWarning, r"`torch\.jit\.script` is deprecated"):
        from bayesdrop.infer.function_space.deep_gp import run

    return run
