"""Fitting: check, standardise, run the method."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

from numpy.typing import ArrayLike

from bayesdrop.checks import checked_data, checked_feature_names
from bayesdrop.infer.base import Inference, UnsupportedModelError
from bayesdrop.infer.progress import Progress, default_progress
from bayesdrop.model import Model
from bayesdrop.posterior import Posterior
from bayesdrop.training import TrainingData


def fit(
    model: Model,
    X: ArrayLike,
    y: ArrayLike,
    inference: Inference,
    seed: int = 0,
    progress: bool | Progress = True,
    feature_names: Sequence[str] | None = None,
) -> Posterior:
    """Fit ``model`` to data by ``inference``.

    Inputs and a real-valued target are standardised by their own mean and standard deviation;
    predictions come back in the original units. Counts and classes stay as they are.

    Parameters
    ----------
    X
        (rows, features): an array, or a data frame, whose column names are kept.
    y
        (rows,) or (rows, outputs); classes as numbers from 0.
    inference
        A configured method, for example ``bd.NUTS()``.
    seed
        The same seed and data give the same result on the same machine. Default 0.
    progress
        ``True`` (default): a bar on a terminal, a log line every 30 s elsewhere; ``False``: none.

    feature_names
        One name per column, all different. Default ``None``: the data frame's, else ``x0``,
        ``x1``, … They name the rows of :meth:`bayesdrop.Posterior.feature_relevance`.

    Raises
    ------
    UnsupportedModelError
        The method can't run the model; the message says why.
    TypeError, ValueError
        Bad data or names; see :func:`bayesdrop.checks.checked_data` and
        :func:`bayesdrop.checks.checked_feature_names`. Or a target that the likelihood can't
        have: values that are no counts or no classes, or too many columns.
    """
    _check_kinds(model, inference)
    if isinstance(seed, bool) or not isinstance(seed, numbers.Integral) or seed < 0:
        raise ValueError(f"seed must be a whole number from 0, not {seed!r}")
    reason = inference.supports(model)
    if reason is not None:
        raise UnsupportedModelError(f"{type(inference).__name__} can't run this model: {reason}")
    inputs, target = checked_data(X, y)
    names = checked_feature_names(feature_names, X, inputs.shape[1])
    model.likelihood.network_outputs(1 if target.ndim == 1 else target.shape[1])
    model.likelihood.check_target(target)
    outputs = target.reshape(len(target), -1)
    data = TrainingData.of(inputs, outputs, model.likelihood.standardises_target)
    if isinstance(progress, bool):
        progress = default_progress() if progress else Progress()
    result = inference.run(model, data, int(seed), progress)
    fitted = result.model or model
    return Posterior(fitted, inference, int(seed), inputs, target, data.scaling, result, names)


def _check_kinds(model: Any, inference: Any) -> None:
    if not isinstance(model, Model):
        raise TypeError(f"model must be a bd.Model, not {type(model).__name__}")
    if not isinstance(inference, Inference):
        hint = ": call it, for example bd.NUTS()" if isinstance(inference, type) else ""
        raise TypeError(f"inference must be a configured method, not {inference!r}{hint}")
