"""What the regressor and the classifier share: parameters, rows and the fit."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, is_classifier
from sklearn.utils import Tags, _safe_indexing, check_random_state
from sklearn.utils.validation import (
    _check_feature_names,
    _check_n_features,
    _check_sample_weight,
    check_consistent_length,
    check_is_fitted,
    validate_data,
)

from bayesdrop.data.encoding import Missing
from bayesdrop.data.frames import frame_of
from bayesdrop.data.standardization import Standardize
from bayesdrop.estimators.defaults import default_inference
from bayesdrop.estimators.parameters import nested
from bayesdrop.fit import fit
from bayesdrop.infer import Inference
from bayesdrop.infer.refusals import check_model
from bayesdrop.missing import unmasked
from bayesdrop.model import Model
from bayesdrop.posterior.posterior import Posterior
from bayesdrop.posterior.prediction.predictive import Predictive
from bayesdrop.spec import replaced


class Estimator(BaseEstimator):
    """This is the base of :class:`bayesdrop.Regressor` and :class:`bayesdrop.Classifier`."""

    posterior_: Posterior
    n_features_in_: int
    standardize: Standardize
    missing: Missing

    def __init__(
        self,
        model: Model | None = None,
        inference: Inference | None = None,
        *,
        standardize: Standardize = True,
        missing: Missing = "error",
        random_state: int | np.random.RandomState | None = 0,
        progress: bool = False,
    ) -> None:
        self.model = model
        self.inference = inference
        self.standardize = standardize
        self.missing = missing
        self.random_state = random_state
        self.progress = progress

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters. With ``deep`` they include the fields of model and inference.

        A field is named by its path, such as ``model__network__depth``. ``deep`` is ``True`` by
        default.
        """
        own = super().get_params(deep=False)
        return nested(own) if deep else own

    def set_params(self, **params: Any) -> Self:
        """Set parameters, and fields of model and inference by their path.

        Raises
        ------
        ValueError
            There is no such parameter, or a field of a default is to be set.
        """
        names = super().get_params(deep=False)
        for path in sorted(params, key=lambda path: path.count("__")):
            name, *rest = path.split("__")
            if name not in names:
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {self}. Valid parameters are: "
                    f"{sorted(names)!r}."
                )
            own = vars(self)[name]
            if own is None and rest:
                raise ValueError(
                    f"{path}: {name} is None, its default, and has no fields: give one first, as "
                    f"in {type(self).__name__}({name}=...), and then change its fields"
                )
            setattr(self, name, replaced(own, rest, params[path]))
        return self

    def predict_distribution(self, X: Any) -> Predictive:
        """Return the predictive distribution at ``X`` (rows, features), in the target's units.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            There was no fit before.
        ValueError
            ``X`` has other columns than the training rows.
        """
        check_is_fitted(self)
        return self.posterior_.predict(self._rows(X, reset=False))

    @property
    def feature_importances_(self) -> NDArray[np.float64]:
        """Return the relevance of each column of ``X``, (features,). They sum to 1.

        It is the posterior mean of the feature's noise scale |λ| where the model has one per
        feature, else the size of the weights that leave it
        (:meth:`bayesdrop.Posterior.feature_relevance`). A column of text has that of all its
        levels.

        Raises
        ------
        AttributeError
            There was no fit before, or the method has no weights.
        """
        if "posterior_" not in vars(self):
            raise AttributeError("feature_importances_ is there after fit")
        post = self.posterior_
        try:
            relevance = post.feature_relevance().iloc[:, 0]
        except ValueError as error:
            raise AttributeError(str(error)) from error
        numbers_of = (
            [[name] for name in post.feature_names]
            if post.encoding is None
            else [column.feature_names for column in post.encoding.columns]
        )
        found = np.array([relevance[list(names)].sum() for names in numbers_of])
        return found / found.sum()

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = self.missing == "indicator"
        return tags

    def _with_weight(
        self, rows: Any, y: NDArray[Any], sample_weight: ArrayLike | None
    ) -> tuple[Any, NDArray[Any], NDArray[np.float64] | None]:
        """The rows whose weight is not 0, their target and their weights."""
        check_consistent_length(rows, y)
        if sample_weight is None:
            return rows, y, None
        weight = _check_sample_weight(unmasked(sample_weight), y, ensure_non_negative=True)
        kept = np.flatnonzero(weight)
        return _safe_indexing(rows, kept), y[kept], weight[kept]

    def _fitted(
        self,
        rows: Any,
        y: NDArray[Any],
        default: Model,
        sample_weight: NDArray[np.float64] | None,
        output_names: Sequence[str] | None = None,
    ) -> Self:
        """Fit the model, or the default one."""
        model = default if self.model is None else self.model
        check_model(model)
        self._check_kind(model)
        inference = self.inference
        if inference is None:
            inference = default_inference(model, len(y))
        self.posterior_ = fit(
            model,
            rows,
            y,
            inference,
            seed=self._seed(),
            progress=self.progress,
            standardize=self.standardize,
            missing=self.missing,
            sample_weight=sample_weight,
            output_names=output_names,
        )
        return self

    def _check_kind(self, model: Model) -> None:
        """Raise a ``ValueError`` if the model is for the other estimator's targets."""
        of_classes = model.likelihood.family.kind == "class"
        if of_classes != is_classifier(self):
            targets, other = ("classes", "Classifier") if of_classes else ("numbers", "Regressor")
            raise ValueError(
                f"{type(self).__name__} got a model of {targets}, whose likelihood is "
                f"{model.likelihood}: use bd.{other}, or another likelihood"
            )

    def _seed(self) -> int:
        """The seed of a fit: ``random_state`` itself if it is a whole number."""
        if isinstance(self.random_state, numbers.Integral):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _rows(self, X: Any, reset: bool) -> Any:
        """``X`` after scikit-learn's checks of names and shape; a data frame stays one.

        ``reset`` says that these are the training rows.
        """
        if frame_of(X) is not None:
            _check_feature_names(self, X, reset=reset)
            _check_n_features(self, X, reset=reset)
            return X
        finite = "allow-nan" if self.missing == "indicator" else True
        return self._validated(
            X=unmasked(X),
            reset=reset,
            dtype=np.float64,
            allow_nd=True,
            ensure_all_finite=finite,
            ensure_min_samples=2 if reset else 1,
        )

    def _validated(self, **arguments: Any) -> Any:
        """What scikit-learn's checks return; they sum all numbers, which may overflow."""
        with np.errstate(over="ignore", invalid="ignore"):
            return validate_data(self, **arguments)
