"""The posterior: what a method found, and the predictions it makes, in NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop import out_of_memory
from bayesdrop.bound import BoundModel
from bayesdrop.data.checks import checked_feature_names
from bayesdrop.data.encoding import Encoding
from bayesdrop.data.target import Target
from bayesdrop.data.training import TrainingData
from bayesdrop.family import Parameters
from bayesdrop.model import Model
from bayesdrop.posterior.prediction.predictive import Predictive
from bayesdrop.posterior.prediction.rows_to_parameters import RowsToParameters
from bayesdrop.posterior.prediction.streamed import class_probabilities, mean_and_std
from bayesdrop.posterior.results.fit import Fit, Result
from bayesdrop.posterior.results.parameter_arrays import finite
from bayesdrop.seeds import check_seeds
from bayesdrop.sites import Site
from bayesdrop.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

    from bayesdrop.posterior.diagnosis.diagnostics import Diagnostics
    from bayesdrop.progress import Progress


@dataclass(frozen=True, eq=False, repr=False)
class Posterior:
    """A posterior is a fitted model, to predict with, to diagnose, to give to ArviZ and to save.

    Attributes
    ----------
    bound
        The model that was fitted, bound to the data's shapes.
    inference, seed
        How it was fitted, and from which seed.
    training
        The training rows, in original and in standardised units.
    fit
        What the method's run returned.
    feature_names
        One name per number of a row; ``x0``, ``x1``, … unless they were given.
    encoding
        How the columns of the data frame that was fitted became numbers; ``None`` if it was an
        array.
    target
        The names of the outputs, and the labels of classes. Default ``None``: outputs are ``y``,
        or ``y0``, ``y1``, …, and classes are numbers.
    """

    bound: BoundModel
    inference: Spec
    seed: int
    training: TrainingData
    fit: Fit
    feature_names: tuple[str, ...] = ()
    encoding: Encoding | None = None
    target: Target | None = None

    def __post_init__(self) -> None:
        count = self.training.X_original.shape[-1]
        names = checked_feature_names(self.feature_names or None, count)
        object.__setattr__(self, "feature_names", names)

    def __repr__(self) -> str:
        given = self.training.standardize
        units = "" if given is True else f", standardize={given!r}"
        return (
            f"Posterior({self.result} by {self.inference}, seed {self.seed}{units}, "
            f"of {self.model})"
        )

    @property
    def model(self) -> Model:
        """Return the model that was fitted."""
        return self.bound.model

    @property
    def result(self) -> Result:
        """Return what was found: draws of weights, stochastic passes or draws of functions."""
        return self.fit.result

    @property
    def sites(self) -> tuple[Site, ...]:
        """List the random variables of the model in the form that was fitted."""
        return self.bound.sites

    @property
    def method(self) -> Spec:
        """Return the method that made the fit: ``inference``, or the one a grid search chose."""
        return self.fit.inference or self.inference

    @property
    def draws(self) -> dict[str, NDArray] | None:
        """Map each site's name to its draws, (chain, draw, *shape).

        It is ``None`` if the method has no draws of every site.
        """
        return self.result.draws

    @property
    def sample_stats(self) -> dict[str, NDArray]:
        """Map ArviZ's names to the sampler's statistics, (chain, draw); empty for other methods."""
        return self.result.sample_stats or {}

    @property
    def learned(self) -> dict[str, float]:
        """Map the name of every noise parameter that the model says is ``Learned`` to its value."""
        return self.result.learned

    @property
    def log_evidence(self) -> float:
        """Return log p(y | X) of the standardised target, from the mean evidence of SMC's runs.

        The target's mean and scale are those of the same rows. The log evidence of the target in
        its own units is this less log ``y_scale`` for each row; :func:`bayesdrop.compare` has that.
        Where the target is not standardised, as of counts and classes, the two are the same. If the
        fit has sample weights, a row counts as often as its weight says.

        For :class:`bayesdrop.NNGP`, a network of infinite width, it is exact.
        :class:`bayesdrop.GP` gives it at the hyperparameters that maximise it.

        Raises
        ------
        ValueError
            The method does not estimate it.
        """
        runs = self._log_evidence
        return float(np.logaddexp.reduce(runs) - np.log(len(runs)))

    @property
    def log_evidence_std(self) -> float:
        """Return the standard deviation of the log evidence over SMC's runs, in nats.

        It is 0 where the evidence is exact. If the largest and the smallest log evidence of the
        runs differ by more than 1 nat, it is not known, and :meth:`diagnose` says so.

        Raises
        ------
        ValueError
            The method does not estimate it.
        """
        runs = self._log_evidence
        return float(np.std(runs, ddof=1)) if len(runs) > 1 else 0.0

    @property
    def _log_evidence(self) -> list[float]:
        if not (runs := self.fit.log_evidence):
            raise ValueError(
                f"{self.method} does not estimate the evidence: fit the model by bd.SMC"
            )
        return runs

    @property
    def classes(self) -> NDArray | None:
        """Return the labels of the classes, (classes,), in order of their numbers.

        It is ``None`` if the target is numbers.
        """
        known = None if self.target is None else self.target.classes
        return None if known is None else np.array(known)

    @property
    def num_chains(self) -> int:
        """Count the chains; it is 1 for methods without chains."""
        return self.result.num_chains or 1

    @overload
    def predict(
        self,
        X: ArrayLike,
        seed: int = 0,
        return_std: Literal[False] = False,
        passes: Literal["all", "mean"] = "all",
        exposure: ArrayLike | None = None,
    ) -> Predictive: ...

    @overload
    def predict(
        self,
        X: ArrayLike,
        seed: int = 0,
        *,
        return_std: Literal[True],
        passes: Literal["all", "mean"] = "all",
        exposure: ArrayLike | None = None,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...

    def predict(
        self,
        X: ArrayLike,
        seed: int = 0,
        return_std: bool = False,
        passes: Literal["all", "mean"] = "all",
        exposure: ArrayLike | None = None,
    ) -> Predictive | tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the predictive distribution at ``X`` (rows, *input_shape), in original units.

        ``seed`` matters only where passes are stochastic (MC dropout), or functions are drawn (GP).
        ``return_std=True`` returns its mean and standard deviation alone, two arrays of (rows,)
        or (rows, outputs), as scikit-learn's regressors do. No array then has all draws and rows.
        The defaults are 0 and ``False``.

        ``passes="all"`` (default) averages the draws, or stochastic passes. ``"mean"`` makes one
        pass of MC dropout with every noise at its mean: dropout's weight scaling (Srivastava et
        al. 2014, §2.4). It has no epistemic uncertainty. Other fits refuse it.

        A warning is logged, once for a posterior, if a feature lies below its training minimum or
        above its maximum by more than the whole range between them. It names the features. Those
        that were constant in training are left out of predictions, and a warning names those that
        differ in the new rows. Values beyond 1e15 standard deviations count as 1e15 of them.

        ``exposure`` (rows,) multiplies the rate of counts, as in :func:`bayesdrop.fit`. Default
        ``None``: all are 1, so that rates are those of one unit of exposure.

        Raises
        ------
        ValueError
            ``X`` has another number of features than the training rows, or NaN or infinity. Or it
            is a data frame with other columns than the one that was fitted, or with a level that no
            training row had. Columns may be in any order. Or ``passes`` is neither of the two, or
            ``"mean"`` where the fit has no passes. Or ``exposure`` is not positive, one for each
            row, or the target is no rate.
        TypeError
            A column holds text and held numbers in the fit, or the other way round.
        FloatingPointError
            A prediction is NaN or infinite; the message says of which rows.
        MemoryError
            The prediction asked for more memory than there is.
        """
        check_seeds([seed])
        rows, exposure = self._rows.checked(X, passes, exposure)
        parts = finite(self.parameter_chunks(rows, seed, exposure, passes))
        with out_of_memory.predicting(), np.errstate(under="ignore"):
            if not return_std:
                return self._rows.predictive(parts, len(rows), passes)
            mean, std = mean_and_std(self.model.likelihood.family, parts)
        return (mean[:, 0], std[:, 0]) if self.training.one_output else (mean, std)

    def predict_probabilities(self, X: ArrayLike, seed: int = 0) -> NDArray[np.float64]:
        """Return the probability of every class at ``X``, shaped as ``y`` and then (classes,).

        They are ``predict(X, seed).probabilities``, of which no array has all draws and rows.

        Raises
        ------
        TypeError
            The target is no class; or see :meth:`predict`.
        ValueError
            See :meth:`predict`.
        """
        check_seeds([seed])
        rows, _ = self._rows.checked(X)
        parts = finite(self.parameter_chunks(rows, seed))
        with out_of_memory.predicting(), np.errstate(under="ignore"):
            found = class_probabilities(self.model.likelihood.family, parts)
        return found[:, 0] if self.training.one_output else found

    def predict_standardised(
        self,
        X: NDArray[np.float32],
        seed: int = 0,
        exposure: NDArray[np.float64] | None = None,
    ) -> Predictive:
        """Predict at rows that are encoded and standardised, as :meth:`inputs` has them."""
        return self._rows.predictive(self.parameter_chunks(X, seed, exposure), len(X))

    def parameter_chunks(
        self,
        X: NDArray[np.float32],
        seed: int = 0,
        exposure: NDArray[np.float64] | None = None,
        passes: Literal["all", "mean"] = "all",
    ) -> Iterator[Parameters]:
        """Yield the likelihood's parameters at standardised rows, in chunks of draws.

        They are in original units. Each is (draws, rows, outputs, ...): what a :class:`Predictive`
        of them all holds.
        """
        return self._rows.chunks(X, seed, exposure, passes)

    def inputs(self, X: Any) -> NDArray[np.float32]:
        """Return the rows of ``X`` as the model takes them: encoded and standardised, (rows, …).

        Raises
        ------
        TypeError, ValueError
            See :meth:`predict`.
        """
        return self._rows.standardised(X)

    def diagnose(self, X: ArrayLike | None = None) -> Diagnostics:
        """Say whether the chains have converged, and what is wrong if not, at the training rows.

        R-hat and effective sample size of f at other rows ``X``, such as test rows, are
        ``at_X`` of the result; the verdict does not look at them. Default ``None``: there are none.
        """
        from bayesdrop.posterior.diagnosis.diagnostics import at_rows

        found = self._diagnostics
        return found if X is None else replace(found, at_X=at_rows(self, X))

    def continue_(
        self, num_samples: int, stop: Spec | None = None, progress: bool | Progress = True
    ) -> Posterior:
        """Let the chains of a sampler go on from where they are, and return all their draws.

        The draws are those of the uninterrupted run, to the last bit, on the same machine with
        the same versions. Chains that ran away stay left out. This fit stays as it is.

        Parameters
        ----------
        num_samples
            Draws per chain to add; with ``stop`` the most to add.
        stop
            A :class:`bayesdrop.Converged`, which looks at all draws, and whose budget of seconds
            begins anew. Default ``None``: the chains make all of ``num_samples``.
        progress
            See :func:`bayesdrop.fit`. Default ``True``.

        Raises
        ------
        ValueError
            The method has no chains that go on, or the fit does not hold where they are.
        FloatingPointError
            The chains diverged, as in :func:`bayesdrop.fit`.
        """
        from bayesdrop.posterior.continuing import continued

        return continued(self, num_samples, stop, progress)

    def feature_relevance(self, interval: float = 0.9) -> pd.DataFrame:
        """Say how much each feature matters to the first weight matrix, the most relevant first.

        The data frame has one row per feature, indexed by its name. ``scale_mean``, ``scale_low``
        and ``scale_high`` are the posterior mean and the central ``interval`` of |λ|, the feature's
        own noise; for Bernoulli noise the mean is the probability that the feature is included.
        ``weight_rms`` is the posterior mean of the root-mean-square of the weights that leave the
        feature, noise multiplied in, on the standardised scale. Rows are sorted by ``scale_mean``.

        Where the features have no noise of their own, or the method does not infer it (MC dropout
        draws it from its prior), only ``weight_rms`` is there, and sorts.

        Raises
        ------
        ValueError
            ``interval`` is not between 0 and 1, or the method (a GP) has no weights.
        """
        from bayesdrop.posterior.relevance import feature_relevance

        return feature_relevance(self, interval)

    def to_arviz(
        self,
        log_likelihood: bool = False,
        posterior_predictive: bool = False,
        f_at: ArrayLike | None = None,
        prior: int = 0,
    ) -> Any:
        """Return the fit as ArviZ's own object, ``InferenceData`` (0.x) or a ``DataTree`` (1.x).

        It has the groups ``posterior`` (draws of every site, on the standardised scale),
        ``sample_stats`` (of samplers), ``observed_data`` and ``constant_data`` (the training rows,
        in original units). Axes are named: ``weight_0`` is (chain, draw, feature, unit_1), with the
        features' names, and ``weight_1`` (chain, draw, unit_1, unit_2). The coordinate ``class``
        has the labels of classes, in order of their numbers, and the target ``y`` has these
        numbers. What is as large as draws times rows is there on request, and is made in chunks of
        draws.

        Parameters
        ----------
        log_likelihood
            Add the group ``log_likelihood``: the log density of each training row, ``y`` (chain,
            draw, row), which LOO needs. Default ``False``.
        posterior_predictive
            Add the group ``posterior_predictive``: a sample of each training row's target for each
            draw, ``y`` (chain, draw, row). Default ``False``.
        f_at
            Rows, as :meth:`predict` takes them. Adds ``f`` (chain, draw, point) to ``posterior``:
            the network's output there, in the target's units if that was standardised, and the log
            probabilities of several classes. The rows are ``X`` of ``predictions_constant_data``.
            Default ``None``: no ``f``.
        prior
            How many draws of the prior to add, as the groups ``prior`` (the sites, and ``f`` if it
            is asked for) and ``prior_predictive`` (``y`` at the training rows). Default 0: none.

        Raises
        ------
        ValueError
            ``prior`` is no whole number from 0, or is above 0 where the fit has a distribution over
            functions; or what :meth:`predict` raises of ``f_at``.
        """
        from bayesdrop.posterior.export.arviz import to_arviz

        return to_arviz(self, log_likelihood, posterior_predictive, f_at, prior)

    def to_numpyro_samples(self) -> dict[str, NDArray]:
        """Return the draws as NumPyro's own tools take them: site name → (draws, *shape).

        They are the ``posterior_samples`` of ``numpyro.infer.Predictive`` for
        ``bd.numpyro_model(post.model, form=post.bound.form)``, the chains one after the other. If
        there are several outputs, give that program ``n_outputs``. Noise parameters that are
        learned are there, too, with one value for all draws.

        The program knows standardised rows alone. It takes ``post.inputs(X)``, which are
        ``(X − x_shift) / x_scale``, and the ``y`` that it samples is in the target's units after
        ``y_shift + y_scale · y``. Those four are in ``post.training.scaling``. Where the target was
        not standardised, as of counts and classes, y_shift is 0 and y_scale 1.

        Raises
        ------
        ValueError
            The fit has no draws of every site: MC dropout has stochastic passes, and a Gaussian
            process draws functions.
        """
        from bayesdrop.posterior.export.numpyro_samples import numpyro_samples

        return numpyro_samples(self)

    def save(self, path: str | Path) -> None:
        """Write the fit to one netCDF file, atomically; :func:`bayesdrop.load` reads it back."""
        from bayesdrop.posterior.storage.saving import save

        save(self, path)

    @cached_property
    def _rows(self) -> RowsToParameters:
        return RowsToParameters(
            self.bound, self.training, self.result, self.feature_names, self.encoding, self.target
        )

    @cached_property
    def _diagnostics(self) -> Diagnostics:
        from bayesdrop.posterior.diagnosis.diagnostics import diagnose

        return diagnose(self)
