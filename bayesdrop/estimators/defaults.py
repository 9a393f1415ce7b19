"""The model and the method of an estimator that was given none."""

from __future__ import annotations

from bayesdrop.infer import MCLMC, DeepEnsemble, Inference
from bayesdrop.likelihood import Bernoulli, Categorical, Gaussian, Likelihood
from bayesdrop.model import Model
from bayesdrop.network import ResNet
from bayesdrop.noise import InverseNakagami
from bayesdrop.prior import ARDADD

MOST_ROWS_SAMPLED = 2000
"""Data sets of more rows than this get an ensemble, since chains take long on them."""


def default_model(n_classes: int | None = None) -> Model:
    """A residual network of two layers of 50 units with an ARD-ADD prior (``models/ard_add``).

    ``n_classes`` is ``None`` for a real target.
    """
    noise = InverseNakagami(shape=3.0, rate=3.0)
    return Model(ResNet(), ARDADD(noise, noise), _likelihood(n_classes))


def _likelihood(n_classes: int | None) -> Likelihood:
    if n_classes is None:
        return Gaussian()
    return Bernoulli() if n_classes == 2 else Categorical(n_classes)


def default_inference(n_rows: int) -> Inference:
    """MCLMC on small data; a deep ensemble beyond :data:`MOST_ROWS_SAMPLED` rows."""
    if n_rows > MOST_ROWS_SAMPLED:
        return DeepEnsemble()
    return MCLMC(num_warmup=4000, num_samples=200, num_chains=4, steps_per_draw=30)
