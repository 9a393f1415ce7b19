"""The Laplace approximation: a Gaussian at the mode, as wide as the density is curved there.

MacKay (1992), "A practical Bayesian framework for backpropagation networks"; with the generalised
Gauss-Newton matrix of Martens (2014) in place of the Hessian and the linearised predictive of
Immer, Korzepa & Bauer (2021), "Improving predictions of Bayesian neural nets via local
linearization". After the training (as :class:`bayesdrop.MAP`) it costs one Jacobian of the network
at every training row, and for P weights P³ operations and 8 P² bytes a few times over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.family import Parameters
from bayesdrop.field_checks import checked_choice, checked_count
from bayesdrop.infer.engine.imports import ONE_AT_A_TIME
from bayesdrop.infer.point.map import PointEstimate
from bayesdrop.infer.point.no_mode import no_unconstrained_mode
from bayesdrop.likelihood import Categorical, Gaussian
from bayesdrop.model import Model
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.function_draws import Predictor
from bayesdrop.progress import Progress


@dataclass(frozen=True)
class Laplace(PointEstimate):
    __doc__ = f"""A Gaussian about the mode stands for the posterior, on the unconstrained scale.

    Its precision is the prior's curvature plus the generalised Gauss-Newton matrix of the
    likelihood, which is positive definite where the Hessian of a network often is not. The mode is
    that of the unconstrained density, Jacobians included. The likelihood's own variables are
    points. The Gaussian describes one mode, even if there are many.
    {PointEstimate.__doc__}
    subset
        ``"all"`` (default), or ``"last_layer"``: the weights, bias and noises of the last matrix
        alone, all else at the mode.
    predictive
        ``"linearized"`` (default): the network is linear in what the Gaussian is over, as the
        Gauss-Newton matrix takes it to be. Its fit has a distribution over functions and no
        draws of weights. ``"sampled"``: the network itself at draws of the Gaussian, which
        underfits where there are more weights than the data determine.
    num_samples
        Draws that predictions average over. Default 1000.
    backend
        ``"numpyro"`` (default), or ``"laplace-torch"`` for the Gaussian of that library on the
        PyTorch module, of models without noise and with one target or classes: needs
        ``pip install bayesdrop[laplace]``.
    """

    subset: Literal["all", "last_layer"] = "all"
    predictive: Literal["linearized", "sampled"] = "linearized"
    num_samples: int = 1000
    backend: Literal["numpyro", "laplace-torch"] = "numpyro"

    def __post_init__(self) -> None:
        super().__post_init__()
        checked_choice(self, "subset", ("all", "last_layer"))
        checked_choice(self, "predictive", ("linearized", "sampled"))
        checked_count(self, "num_samples")
        checked_choice(self, "backend", ("numpyro", "laplace-torch"))

    def revision_for(self, model: Model) -> int:
        return super().revision_for(model) + (self.backend == "numpyro")

    def takes_row_terms(self) -> bool:
        return False  # its curvature is that of rows that count alike

    def supports(self, model: Model) -> str | None:
        if reason := no_unconstrained_mode(model) or _no_fisher_information(model):
            return reason
        return _why_not_laplace_torch(model) if self.backend == "laplace-torch" else None

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        if self.backend == "laplace-torch":
            with ONE_AT_A_TIME:
                from bayesdrop.infer.point.laplace.laplace_torch import check_import

            check_import()
        with ONE_AT_A_TIME:
            from bayesdrop.infer.point.laplace.run import run

        return run(self, bound, data, seed, progress, LinearizedNetwork())


@dataclass(frozen=True)
class LinearizedNetwork(Predictor):
    """The network, linear about a mode, at draws of what the Gaussian is over.

    The ``state`` has ``mode_`` and ``draws_`` and a site's name, unconstrained.
    """

    def parameters(
        self,
        state: Mapping[str, NDArray],
        bound: BoundModel,
        X: NDArray[np.float32],
        rng: np.random.Generator,
    ) -> Parameters:
        with ONE_AT_A_TIME:
            from bayesdrop.infer.point.laplace.run import linearized

        return linearized(state, bound, X)


def _no_fisher_information(model: Model) -> str | None:
    """Why the likelihood's curvature is unknown, or ``None``."""
    likelihood = model.likelihood
    if not likelihood.family.states_fisher_information:
        return (
            f"{type(likelihood).__name__}'s family {likelihood.family} states no Fisher "
            "information of its log_prob, and the curvature at the observed target may say nothing "
            "of the width of the posterior. Use bd.NUTS or bd.SVI, or define the family's "
            "fisher_information"
        )
    return None


def _why_not_laplace_torch(model: Model) -> str | None:
    numpyro = 'Use backend="numpyro"'
    if model.noises:
        return f"laplace-torch would fix its noise at the mean, which is another model. {numpyro}"
    if not isinstance(model.likelihood, (Gaussian, Categorical)):
        return f"laplace-torch has no {type(model.likelihood).__name__} likelihood. {numpyro}"
    if find_spec("laplace") is None:
        return f"laplace-torch is not installed: pip install 'bayesdrop[laplace]'. {numpyro}"
    return None
