"""The model and the method of a fit whose user names none.

The estimators and ``bayesdrop fit`` share them.
"""

from __future__ import annotations

from bayesdrop.infer import MCLMC, SVI, DeepEnsemble, Inference, MCDropout, UnsupportedModelError
from bayesdrop.likelihood import Bernoulli, Categorical, Gaussian, Likelihood
from bayesdrop.model import Model
from bayesdrop.network import ResNet
from bayesdrop.noise import InverseNakagami
from bayesdrop.prior import ARDADD

MOST_ROWS_SAMPLED = 2000
"""Data sets of more rows than this get an ensemble, since chains take long on them."""

_SAMPLER = MCLMC(num_warmup=4000, num_samples=200, num_chains=4, steps_per_draw=30)
_INSTEAD = (MCDropout(), SVI())
"""What runs a model that the first choice can't run, such as one with Bernoulli noise."""


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


def default_inference(model: Model, n_rows: int) -> Inference:
    """The method for that model on that many rows.

    It is MCLMC for up to :data:`MOST_ROWS_SAMPLED` rows, and a deep ensemble for more. A model that
    this can't run gets MC dropout, or SVI where that can't run it either.

    Raises
    ------
    UnsupportedModelError
        None of them can run the model.
    """
    first = _SAMPLER if n_rows <= MOST_ROWS_SAMPLED else DeepEnsemble()
    reasons = []
    for method in (first, *_INSTEAD):
        reason = method.supports(model)
        if reason is None:
            return method
        reasons.append(f"{type(method).__name__}: {reason}")
    raise UnsupportedModelError(
        "none of the default methods can run this model, so name one. " + " ".join(reasons)
    )
