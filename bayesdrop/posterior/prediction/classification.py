"""Classes that a mixture over draws predicts, and the parts of their uncertainty.

Every function raises ``TypeError`` unless the likelihood is one of classes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bayesdrop.family import Parameters
from bayesdrop.likelihood import Likelihood
from bayesdrop.posterior.prediction.by_rows import by_rows

Array = NDArray[np.float64]


def probabilities(likelihood: Likelihood, parameters: Parameters) -> Array:
    """The probability of every class, (rows, outputs, classes): the mean over draws."""
    return _by_rows(likelihood, parameters, lambda p: p.mean(0))


def classes_of_draws(likelihood: Likelihood, parameters: Parameters) -> NDArray[np.int64]:
    """The number of the most probable class of every draw, (draws, rows, outputs)."""
    found = _by_rows(likelihood, parameters, lambda p: np.moveaxis(p.argmax(-1), 0, -1))
    return np.moveaxis(found, -1, 0).astype(np.int64)


def expected_entropy(likelihood: Likelihood, parameters: Parameters) -> Array:
    """The mean over draws of the entropy of P(y | draw), in nats, (rows, outputs)."""
    from scipy.special import entr

    return _by_rows(likelihood, parameters, lambda p: entr(p).sum(-1).mean(0))


def _by_rows(
    likelihood: Likelihood, parameters: Parameters, summary: Callable[[NDArray], NDArray]
) -> NDArray:
    """``summary`` of the probabilities of classes, (draws, rows, outputs, classes)."""
    family = likelihood.family
    if family.kind != "class":
        raise TypeError(
            f"a {likelihood} target is no class: use mean, quantile or log_prob; "
            "bd.Bernoulli and bd.Categorical predict classes"
        )
    return by_rows(parameters, lambda part: summary(family.class_probabilities(part)))
