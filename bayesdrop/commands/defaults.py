"""The model and the method of a fit whose user names none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bayesdrop.commands.briefly import briefly
from bayesdrop.estimators.defaults import default_inference
from bayesdrop.likelihood import (
    Bernoulli,
    Categorical,
    Gaussian,
    HeteroscedasticGaussian,
    Likelihood,
    NegativeBinomial,
    Poisson,
    StudentT,
)
from bayesdrop.wording import some, unknown

if TYPE_CHECKING:
    from bayesdrop.infer.base import Inference
    from bayesdrop.likelihood.labels import Label
    from bayesdrop.model import Model

MODEL = "ard_add"

_LIKELIHOODS: dict[str, Likelihood] = {
    "bernoulli": Bernoulli(),
    "categorical": Categorical(),
    "gaussian": Gaussian(),
    "heteroscedastic": HeteroscedasticGaussian(),
    "negative_binomial": NegativeBinomial(),
    "poisson": Poisson(),
    "student_t": StudentT(),
}


def likelihood_name(y: NDArray[Any], labels: tuple[Label, ...] | None) -> str:
    """The likelihood that suits a target: of classes if it has labels or is 0 and 1 alone."""
    if labels is not None and len(labels) > 2:
        return "categorical"
    return "bernoulli" if labels is not None or set(np.unique(y)) == {0.0, 1.0} else "gaussian"


def likelihood_of(name: str) -> Likelihood:
    """The likelihood of that name.

    Raises
    ------
    ValueError
        There is none.
    """
    if name not in _LIKELIHOODS:
        raise ValueError(unknown("likelihood", name, tuple(_LIKELIHOODS)))
    return _LIKELIHOODS[name]


def chosen_model(
    name: str | None,
    likelihood: str | None,
    y: NDArray[Any],
    labels: tuple[Label, ...] | None,
) -> tuple[Model, str]:
    """The model, and words that say which it is.

    Parameters
    ----------
    name
        A name in the catalog or a file that defines ``MODEL``; ``None``: :data:`MODEL`.
    likelihood
        The name of a likelihood; ``None``: that of the model that was named, or else the one that
        suits the target.

    Raises
    ------
    ValueError
        There is none of that name, or the target is classes and the model's likelihood is not, or
        the likelihood is of counts and the target has others.
    """
    from bayesdrop.catalog import load

    found: Model = load("models", name or MODEL).value
    suits = likelihood_name(y, labels)
    if likelihood is not None or name is None:
        found = replace(found, likelihood=likelihood_of(likelihood or suits))
    kind = type(found.likelihood).__name__
    if labels is not None and found.likelihood.family.kind != "class":
        raise ValueError(
            f"the target is the classes {some(labels)}, and "
            f"the likelihood of the model is {kind}: give --likelihood {suits}"
        )
    if found.likelihood.family.kind == "count":
        try:
            found.likelihood.check_target(y)
        except ValueError as error:
            raise ValueError(f"{error}. Here that is --likelihood {suits}") from error
    return found, f"{name or f'{MODEL} (default)'}, {kind} likelihood"


def chosen_inference(name: str | None, model: Model, n_rows: int) -> tuple[Inference, str]:
    """The method, and words that say which it is.

    Unless it is named, it is the estimators' default:
    :func:`bayesdrop.estimators.defaults.default_inference`.

    Raises
    ------
    ValueError
        There is none of that name, or no default can run the model.
    """
    from bayesdrop.catalog import load

    if name is not None:
        return load("inference", name).value, name
    method = default_inference(model, n_rows)
    return method, briefly(method)
