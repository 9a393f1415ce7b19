"""A Bayesian neural network for real targets and counts, as a scikit-learn regressor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import _check_y, check_is_fitted

from bayesdrop.data.checks import check_squares
from bayesdrop.data.frames import names_of
from bayesdrop.estimators.defaults import default_model
from bayesdrop.estimators.estimator import Estimator
from bayesdrop.missing import unmasked

Values = NDArray[np.float64]


class Regressor(RegressorMixin, Estimator):
    """This regressor fits any model by any method, and states its uncertainty.

    Parameters
    ----------
    model
        A :class:`bayesdrop.Model` of real targets or counts. Default ``None``: a residual network
        with an ARD-ADD prior and Gaussian noise.
    inference
        A configured method, such as ``bd.NUTS()``. Default ``None``: MCLMC for up to 2,000 rows,
        and a deep ensemble for more. A model that these can't run gets MC dropout or SVI.
    standardize, missing
        See :func:`bayesdrop.fit`. Defaults ``True`` and ``"error"``.
    random_state
        The seed; ``None`` draws one anew for each fit. Default 0.
    progress
        Whether progress is shown. Default ``False``.

    Attributes
    ----------
    posterior_
        The :class:`bayesdrop.Posterior`, with diagnostics, draws and ArviZ.
    n_features_in_
        Number of columns seen in fit.
    feature_names_in_
        Their names, if ``X`` was a data frame.
    feature_importances_
        The relevance of each column, (features,).
    """

    def fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the model to ``X`` (rows, features) and ``y``, (rows,) or (rows, outputs).

        ``X`` may be a data frame with text. ``sample_weight`` (rows,) multiplies each row's log
        likelihood, as in :func:`bayesdrop.fit`; rows of weight 0 are left out. Default ``None``:
        all are 1.

        Raises
        ------
        ValueError, TypeError
            The data are wrong; the message says how. See :func:`bayesdrop.fit`.
        bayesdrop.UnsupportedModelError
            The method can't run the model.
        """
        target = self._validated(y=unmasked(y), multi_output=True, y_numeric=True)
        rows = self._rows(X, reset=True)
        rows, target, weight = self._with_weight(rows, target, sample_weight)
        return self._fitted(rows, target, default_model(), weight, names_of(y))

    @overload
    def predict(self, X: Any, return_std: Literal[False] = False) -> Values: ...

    @overload
    def predict(self, X: Any, return_std: Literal[True]) -> tuple[Values, Values]: ...

    def predict(self, X: Any, return_std: bool = False) -> Values | tuple[Values, Values]:
        """Return the predictive mean at ``X``, (rows,) or (rows, outputs).

        ``return_std=True`` also returns the predictive standard deviation. The default is
        ``False``.
        """
        check_is_fitted(self)
        mean, std = self.posterior_.predict(self._rows(X, reset=False), return_std=True)
        return (mean, std) if return_std else mean

    def predict_interval(self, X: Any, level: float = 0.9) -> Values:
        """Return both ends of the central interval that holds ``level``, (rows, …, 2).

        ``level`` is 0.9 by default.
        """
        return np.stack(self.predict_distribution(X).interval(level), axis=-1)

    def predict_quantiles(self, X: Any, quantiles: Sequence[float] = (0.05, 0.5, 0.95)) -> Values:
        """Return quantiles of the predictive distribution, (rows, …, quantiles).

        By default they are the median and both ends of the central 90 %.
        """
        found = self.predict_distribution(X).quantile(np.asarray(quantiles, dtype=np.float64))
        return np.moveaxis(found, 0, -1)

    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float:
        """Return R² of the predictive mean at ``X``, where ``y`` was observed.

        ``sample_weight`` (rows,) weighs the squared errors. Default ``None``: all are 1.

        Raises
        ------
        ValueError
            ``y`` lacks a value, or has a number whose square is beyond float64.
        """
        target = _check_y(unmasked(y), multi_output=True, y_numeric=True, estimator=self)
        check_squares(target, "y")
        return super().score(X, target, unmasked(sample_weight))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
