"""The infinitely wide network: exact regression by the Gaussian process it becomes.

Neal (1996), "Priors for infinite networks"; for several layers Lee et al. (2018), "Deep neural
networks as Gaussian processes", and Matthews et al. (2018). The cost is one eigendecomposition,
n³, of n rows. The first prediction of a process makes it again, and every prediction a Cholesky
factor of the rows predicted per scale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bayesdrop.alternatives import methods_for
from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.field_checks import checked_count
from bayesdrop.infer.base import Inference
from bayesdrop.infer.function_space.nngp.kernel import KERNELS
from bayesdrop.infer.function_space.nngp.run import SCALES, run
from bayesdrop.infer.reasons import learns_nothing
from bayesdrop.likelihood import Gaussian
from bayesdrop.model import Model
from bayesdrop.network import MLP, ResNet
from bayesdrop.noise import Noise
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.progress import Progress


@dataclass(frozen=True)
class NNGP(Inference):
    """The model's own prior becomes a Gaussian process at infinite width, whose posterior is exact.

    It runs :class:`bayesdrop.MLP` and :class:`bayesdrop.ResNet` of ``relu`` (arc-cosine kernel),
    ``erf`` (arcsine kernel) or ``tanh`` (by quadrature) units, and the linear model, with a plain
    Gaussian prior and :class:`bayesdrop.Gaussian`. Weights of ``base_scale="fan_in"`` have a
    limit. A number σ₀ keeps the variance H σ₀² of the network's own width H. Outputs become
    independent.

    The noise scale has no closed form: its posterior, per output, is tabulated from the exact
    evidence and represented by ``num_scales`` quantiles. ``info["log_evidence"]`` is
    log p(y), standardised, with the scale integrated out.

    Parameters
    ----------
    num_samples
        Draws of functions that predictions average over, a multiple of 2 · ``num_scales``: equally
        many at each scale, in pairs about the exact mean. Rows beyond 1000 are drawn in blocks,
        independently of those in others. Default 1000.
    num_scales
        Quantiles of the noise scale's posterior. Default 20; a fixed scale has one.
    max_rows
        Training rows beyond which it refuses, for memory and time (n², n³). Default 5000.
    """

    revision: ClassVar[int] = 2

    num_samples: int = 1000
    num_scales: int = 20
    max_rows: int = 5000

    def __post_init__(self) -> None:
        for field in ("num_samples", "num_scales", "max_rows"):
            checked_count(self, field)
        if self.num_samples % (2 * self.num_scales):
            raise ValueError(
                f"NNGP(num_samples={self.num_samples}, num_scales={self.num_scales}): num_samples "
                "must be a multiple of 2 · num_scales: a pair at each scale"
            )

    def supports(self, model: Model) -> str | None:
        if reason := learns_nothing(model):
            return reason
        network = model.network
        if model.prior.structure != "none":
            return _no_limit(model)
        if not isinstance(network, (MLP, ResNet)) or (
            len(network.residual) > 1 and network.activation not in KERNELS
        ):
            *others, last = map(repr, KERNELS)
            known = f"{', '.join(others)} or {last}"
            return (
                f"the kernel of {network} is not known here: use a bd.MLP or bd.ResNet with "
                f"activation {known}, or bd.NUTS on a wide network"
            )
        if not isinstance(model.likelihood, Gaussian):
            return f"its likelihood is {model.likelihood}: use bd.Gaussian, or bd.NUTS"
        prior = model.likelihood.scale
        if isinstance(prior, Noise) and np.ptp(np.clip(prior.bounds, *SCALES)) == 0:
            return (
                f"it tabulates noise scales from 1e-5 to 100, and the prior of its own is {prior}. "
                f"Use {methods_for(model, 'NUTS', 'SVI')}"
            )
        return None

    def run(self, bound: BoundModel, data: TrainingData, seed: int, progress: Progress) -> Fit:
        return run(self, bound, data)


def _no_limit(model: Model) -> str:
    for noise in model.noises:
        if not math.isfinite(noise.prior.start.second_moment):
            return (
                f"{noise.name} is {noise.prior}, whose variance is infinite: the sum over units "
                "does not tend to a Gaussian. Use bd.NUTS, or run it on the catalog's "
                "gaussian_prior"
            )
    return (
        f"its prior has noise ({model.prior.structure}), and this is the limit of the plain "
        "Gaussian prior: a noise that all units of a wide layer share, as that of the inputs, "
        "leaves a mixture of Gaussian processes. Use bd.NUTS, or run it on the catalog's "
        "gaussian_prior"
    )
