"""The Laplace approximation: a Gaussian at the mode, as wide as the density is curved there.

MacKay (1992), "A practical Bayesian framework for backpropagation networks"; with the generalised
Gauss-Newton matrix of Martens (2014) in place of the Hessian and the linearised predictive of
Immer, Korzepa & Bauer (2021), "Improving predictions of Bayesian neural nets via local
linearization". After the training (as :class:`bayesdrop.MAP`) it costs one Jacobian of the network
at every training row, and for P weights P³ operations and 8 P² bytes a few times over.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from bayesdrop.family import Parameters
from bayesdrop.infer.base import FunctionSpaceInference
from bayesdrop.infer.map import PointEstimate
from bayesdrop.infer.modes import no_unconstrained_mode
from bayesdrop.infer.progress import Progress
from bayesdrop.likelihood import Categorical, Gaussian
from bayesdrop.model import Model, sites
from bayesdrop.result import Fit
from bayesdrop.spec import checked_choice, checked_count
from bayesdrop.training import TrainingData

if TYPE_CHECKING:
    from bayesdrop.posterior import Posterior


@dataclass(frozen=True)
class Laplace(PointEstimate, FunctionSpaceInference):
    __doc__ = f"""A Gaussian about the mode of weights and noises, on the unconstrained scale.

    Its precision is the prior's curvature plus the generalised Gauss-Newton matrix of the
    likelihood, which is positive definite where the Hessian of a network often is not. The mode is
    that of the unconstrained density, Jacobians included. The likelihood's own variables are
    points. A mode that is one of many is all the Gaussian knows of.
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

    def supports(self, model: Model) -> str | None:
        if reason := no_unconstrained_mode(model):
            return reason
        if self.backend == "laplace-torch" and (reason := _why_not_laplace_torch(model)):
            return reason
        return _no_fisher_information(model)

    def run(self, model: Model, data: TrainingData, seed: int, progress: Progress) -> Fit:
        if self.backend == "laplace-torch":
            from bayesdrop.infer.laplace_torch import check_import

            check_import()
        from bayesdrop.infer.laplace_run import run

        return run(self, model, data, seed, progress)

    def parameters(
        self, posterior: Posterior, X: NDArray[np.float32], rng: np.random.Generator
    ) -> Parameters:
        from bayesdrop.infer.laplace_run import linearized

        return linearized(posterior, X)


def _no_fisher_information(model: Model) -> str | None:
    """Why the likelihood's curvature is unknown, or ``None``; tried on one row of zeros."""
    likelihood = model.likelihood
    output = np.zeros((1, likelihood.network_outputs(1)))
    values = {
        name: np.full(shape, likelihood.start_of(name, prior))
        for name, (shape, prior) in likelihood.latent(1).items()
    }
    if likelihood.family.fisher_information(likelihood.parameters(output, values)) is None:
        return (
            f"{type(likelihood).__name__}'s family {likelihood.family} states no Fisher "
            "information, and the curvature at the observed target may say nothing of the width "
            "of the posterior. Use bd.NUTS or bd.SVI, or define the family's fisher_information"
        )
    return None


def _why_not_laplace_torch(model: Model) -> str | None:
    numpyro = 'Use backend="numpyro"'
    if any(site.role == "scale" for site in sites(model, 2)):
        return f"laplace-torch would fix its noise at the mean, which is another model. {numpyro}"
    if not isinstance(model.likelihood, (Gaussian, Categorical)):
        return f"laplace-torch has no {type(model.likelihood).__name__} likelihood. {numpyro}"
    if find_spec("laplace") is None:
        return f"laplace-torch is not installed: pip install 'bayesdrop[laplace]'. {numpyro}"
    return None
