"""A Bayesian neural network for classes, as a scikit-learn classifier."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_y, check_is_fitted

from bayesdrop.estimators.defaults import default_model
from bayesdrop.estimators.estimator import Estimator
from bayesdrop.missing import unmasked


class Classifier(ClassifierMixin, Estimator):
    """This classifier fits any model by any method, and states its uncertainty.

    Parameters
    ----------
    model
        A :class:`bayesdrop.Model` of classes: its likelihood is ``bd.Bernoulli()`` for two, or
        ``bd.Categorical()``. Default ``None``: a residual network with an ARD-ADD prior,
        with the likelihood that suits the target.
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
    classes_
        The labels, in order, (classes,). If the likelihood has a number of classes, as
        ``bd.Categorical(3)``, and the labels are whole numbers below it, they are all from 0.
    posterior_
        The :class:`bayesdrop.Posterior`, with diagnostics, draws and ArviZ.
    n_features_in_
        Number of columns seen in fit.
    feature_names_in_
        Their names, if ``X`` was a data frame.
    feature_importances_
        The relevance of each column, (features,).
    """

    classes_: NDArray[Any]

    def fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the model to ``X`` (rows, features) and the labels ``y`` (rows,), of any kind.

        ``X`` may be a data frame with text. ``sample_weight`` (rows,) multiplies each row's log
        likelihood, as in :func:`bayesdrop.fit`; rows of weight 0 are left out. Default ``None``:
        all are 1.

        Raises
        ------
        ValueError, TypeError
            The data are wrong, or there is one class alone; the message says how. See
            :func:`bayesdrop.fit`.
        bayesdrop.UnsupportedModelError
            The method can't run the model.
        """
        labels = self._validated(y=unmasked(y))
        check_classification_targets(labels)
        rows = self._rows(X, reset=True)
        rows, labels, weight = self._with_weight(rows, labels, sample_weight)
        found = np.unique(labels)
        if len(found) < 2:
            raise ValueError(f"y holds one class, {found.tolist()[0]!r}: give at least two classes")
        self._fitted(rows, labels, default_model(len(found)), weight)
        self.classes_ = np.array(self.posterior_.classes, dtype=labels.dtype)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable label at ``X``, (rows,)."""
        chosen = self.predict_proba(X).argmax(axis=1)
        return self.classes_[chosen]

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of every class, (rows, classes), in the order of ``classes_``."""
        check_is_fitted(self)
        return self.posterior_.predict_probabilities(self._rows(X, reset=False))

    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float:
        """Return the share of the rows of ``X`` whose most probable label is that of ``y``.

        ``sample_weight`` (rows,) weighs the rows. Default ``None``: all are 1.

        Raises
        ------
        ValueError
            ``y`` lacks a value.
        """
        labels = _check_y(unmasked(y), estimator=self)
        return super().score(X, labels, unmasked(sample_weight))
