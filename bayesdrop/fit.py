"""Fitting: check, standardise, run the method."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from bayesdrop import out_of_memory
from bayesdrop.data.encoding import Missing
from bayesdrop.data.given import Given, checked
from bayesdrop.data.standardization import Standardize
from bayesdrop.data.target import Target
from bayesdrop.infer.base import Inference, Job
from bayesdrop.infer.refusals import (
    check_kinds,
    check_one_each,
    check_row_terms,
    check_settings,
    check_supported,
)
from bayesdrop.model import Model
from bayesdrop.posterior.diagnosis.finished import finished
from bayesdrop.posterior.posterior import Posterior
from bayesdrop.progress import Progress, progress_of
from bayesdrop.seeds import check_seeds


def fit(
    model: Model,
    X: ArrayLike,
    y: ArrayLike,
    inference: Inference,
    seed: int = 0,
    progress: bool | Progress = True,
    feature_names: Sequence[str] | None = None,
    standardize: Standardize = True,
    missing: Missing = "error",
    sample_weight: ArrayLike | None = None,
    exposure: ArrayLike | None = None,
    output_names: Sequence[str] | None = None,
) -> Posterior:
    """Fit ``model`` to data by ``inference``.

    Inputs and a real-valued target are standardised by their own mean and standard deviation,
    unless ``standardize`` says otherwise; predictions come back in the original units. Counts and
    classes stay as they are. A column of ``X`` whose standard deviation is at most 1e-12 of its
    largest number is constant: it is left out of the fit and of predictions.

    What is wrong with the fit is logged, once, as warnings of the logger ``bayesdrop``: columns
    that are left out, chains that have not converged or were left out, divergent draws, a loss that
    was still falling, variance of the target that the fit misses. ``warnings`` of
    :meth:`bayesdrop.Posterior.diagnose` holds the same sentences.

    Ctrl-C while chains sample keeps the draws so far: a warning is logged, and
    ``fit.info["ended_by"]`` of the result is ``"interrupted"``. Before there are draws, and at the
    second time, it is raised.

    Parameters
    ----------
    X
        (rows, features): an array, or a data frame of pandas, polars or another library that
        narwhals reads. Names of columns are kept. Booleans count as 0 and 1. Text and categories
        become an indicator for each level, named ``column=level``. A level that no training row had
        is an error at prediction. Dates are refused, also as text. So is text that differs in every
        row, from 10 rows on.
    y
        (rows,) or (rows, outputs): an array, a list, or a series or data frame, whose names the
        outputs get. Classes have labels of any kind: text, booleans or whole numbers. They are
        sorted, and ``post.classes`` has them.
    inference
        A configured method, for example ``bd.NUTS()``.
    seed
        The same seed and data give the same result on the same machine; below 2³². Default 0.
    progress
        ``True`` (default): a bar on a terminal and in a notebook, elsewhere a line at once and then
        at most every 30 s. Lines go to the logger ``bayesdrop`` where that shows level INFO, else
        to standard error. ``False``: none; or a :class:`bayesdrop.Progress` of your own.
    feature_names
        One name per column of an array, all different, or per number that a data frame's columns
        become. Default ``None``: the data frame's, else ``x0``, ``x1``, … They name the rows of
        :meth:`bayesdrop.Posterior.feature_relevance`.
    standardize
        What is standardised: ``True`` (default), inputs and target; ``False``, neither; ``"X"``,
        the inputs alone; ``"y"``, the target alone. The model's priors, a known noise scale and
        the draws are in the units that come of it. Methods that optimise or step through weights
        are tuned for standardised rows, and may take longer on others.
    missing
        What is done where ``X`` lacks a value: ``"error"`` (default) refuses it and names the
        column. ``"indicator"`` puts the training rows' mean there, or no level, and adds a column
        that says so, named ``column missing``. A column that was complete in training must be
        complete at prediction. NaN and None are missing values, and so is what a masked array
        hides.
    sample_weight
        Positive factors of the rows' log likelihoods, (rows,). A row of weight 2 counts as two
        such rows. They are taken as they are, and not made to sum to anything. In general the
        weighted likelihood is a tempered one, of which no data could be drawn: predictions are
        those of a row of weight 1. A row whose noise standard deviation s is known, in units of
        ``y``, has the weight (y.std() / s)² under ``bd.Gaussian(scale=1.0)``; it is 1/s² where the
        target is not standardised. Default ``None``: all are 1.
    exposure
        How long or how large each row was observed, (rows,), positive: its count has ``exposure``
        times the rate that the network gives (the offset log ``exposure`` of a log-linear model).
        Choose its unit so that rates are about 1, where the prior expects them. For
        ``bd.Poisson`` and ``bd.NegativeBinomial``. Default ``None``: all are 1.
    output_names
        One name per output, all different. Default ``None``: those of the series or frame, else
        ``y``, or ``y0``, ``y1``, … They name the scores of :func:`bayesdrop.evaluate`.

    Raises
    ------
    UnsupportedModelError
        The method can't run the model, or has priors of its own for standardised rows and was
        given others, or can't use weights or exposures; the message says why.
    TypeError, ValueError
        Data or settings are wrong. The message says which, and what to do. These are refused:

        * data and names that :func:`bayesdrop.data.encoding.encoding_of`,
          :func:`bayesdrop.data.target.target_of` or :func:`bayesdrop.data.checks.checked_names`
          refuses;
        * a target that the likelihood can't have: values that are no counts or no labels, or too
          many columns;
        * a target that is constant, by the same rule as columns of ``X``, or beyond 1e100, or whose
          standard deviation is below 1e-100;
        * weights or exposures that are not positive, or not one for each row;
        * an exposure of a target that is no rate;
        * another ``standardize`` than those above, or ``"y"`` where the target is counts or
          classes;
        * a column that stays in its own units, and that float32 can't hold.
    FloatingPointError
        The fit diverged: values, learned parameters, the log joint density of a draw, the last loss
        or the log evidence are NaN or infinite, or predictions at training rows are.
    MemoryError
        The fit asked for more memory than there is; the message says which settings to lower.
    """
    return fit_many(
        model,
        [(X, y)],
        inference,
        [seed],
        progress,
        None if feature_names is None else [feature_names],
        standardize,
        missing,
        None if sample_weight is None else [sample_weight],
        None if exposure is None else [exposure],
        None if output_names is None else [output_names],
    )[0]


def fit_many(
    model: Model,
    data: Iterable[tuple[ArrayLike, ArrayLike]],
    inference: Inference,
    seeds: Sequence[int] | None = None,
    progress: bool | Progress = True,
    feature_names: Sequence[Sequence[str]] | None = None,
    standardize: Standardize = True,
    missing: Missing = "error",
    sample_weight: Sequence[ArrayLike] | None = None,
    exposure: Sequence[ArrayLike] | None = None,
    output_names: Sequence[Sequence[str]] | None = None,
) -> list[Posterior]:
    """Fit several data sets, such as the splits of one, by the same method.

    Each is what :func:`fit` gives. A method that can (MC dropout, and a grid search over it)
    trains all that have one shape as one program, which takes a fraction of the time. Ctrl-C ends
    all of them.

    Parameters
    ----------
    data
        Pairs of X and y.
    seeds
        One per pair. Default ``None``: 0 for each.
    feature_names, sample_weight, exposure, output_names
        One sequence per pair. Default ``None``: as for :func:`fit`.
    standardize, missing
        They go to :func:`fit` for every pair. Defaults ``True`` and ``"error"``.

    Raises
    ------
    ValueError
        There are not as many seeds, names, weights or exposures as data sets; else what
        :func:`fit` raises.
    """
    check_kinds(model, inference)
    check_settings(model, inference, standardize, missing)
    data = list(data)
    seeds = [0] * len(data) if seeds is None else list(seeds)
    columns = {
        "feature_names": feature_names,
        "sample_weight": sample_weight,
        "exposure": exposure,
        "output_names": output_names,
    }
    check_one_each(len(data), {"seeds": seeds, **columns})
    check_seeds(seeds)
    check_supported(model, inference)
    given = [
        Given(X, y, **{name: values[i] for name, values in columns.items() if values is not None})
        for i, (X, y) in enumerate(data)
    ]
    found = [checked(rows, model.likelihood, standardize, missing) for rows in given]
    for rows in found:
        check_row_terms(model, inference, rows.training)
    jobs = [
        Job.of(inference, _of_classes(model, rows.target), rows.training, int(seed))
        for rows, seed in zip(found, seeds, strict=True)
    ]
    with out_of_memory.fitting(inference, len(jobs)), np.errstate(under="ignore"):
        fits = inference.run_many(jobs, progress_of(progress))
    posteriors = [
        Posterior(fit.bound or job.bound, inference, job.seed, rows.training, fit, *rows[1:])
        for rows, job, fit in zip(found, jobs, fits, strict=True)
    ]
    return [finished(posterior) for posterior in posteriors]


def _of_classes(model: Model, target: Target) -> Model:
    """The model for as many classes as the target has."""
    return model if target.classes is None else model.with_classes(len(target.classes))
