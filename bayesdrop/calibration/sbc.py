"""Simulation-based calibration."""

from __future__ import annotations

import numbers
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop import out_of_memory
from bayesdrop.alternatives import methods_for
from bayesdrop.calibration.ranked import Ranked, ranked
from bayesdrop.calibration.ranks import Calibration, Simulations
from bayesdrop.calibration.simulate import Simulated, simulated
from bayesdrop.data.checks import checked_inputs
from bayesdrop.data.standardization import Standardization
from bayesdrop.infer.base import Inference, Job, UnsupportedModelError
from bayesdrop.infer.refusals import check_kinds
from bayesdrop.model import Model
from bayesdrop.posterior.diagnosis.finished import check_numbers
from bayesdrop.posterior.posterior import Posterior
from bayesdrop.progress import Progress, progress_of, task
from bayesdrop.seeds import check_seeds
from bayesdrop.spec import digest

_TOGETHER = 25  # data sets given to a method at a time


def sbc(
    model: Model,
    inference: Inference,
    X: ArrayLike,
    n: int = 200,
    seed: int = 0,
    progress: bool | Progress = True,
    *,
    num_draws: int = 100,
    standardize: bool = True,
    n_outputs: int = 1,
    first: int = 0,
) -> Calibration:
    """Check that a method draws from the posterior of a model, by data simulated from its prior.

    For each of ``n`` data sets every variable is drawn from the prior and a target given them, at
    the rows ``X``. The method fits the model to it. If its draws are of the posterior, then the
    rank of the prior's draw among them is uniform, for any number that is computed from the
    variables and the data (Talts et al. 2018; Modrák et al. 2025). The ranked quantities are f at
    three rows, the log likelihood of all rows, the size of every scale, and the likelihood's own
    variables.

    The simulations and the fits are in one unit, so that the prior is the same in both. The target
    is never standardised.

    A method that can fits data sets of one shape as one program, as :func:`bayesdrop.fit_many`
    does. Others run one after the other in one compiled program.

    Parameters
    ----------
    model
        The model, whose prior is proper and has no ``Learned`` parameter.
    inference
        The method. Its draws should be many more than ``num_draws``, so that those that are ranked
        are nearly independent.
    X
        The rows of every data set, (rows, *input_shape).
    n
        How many data sets are simulated. Default 200.
    seed
        The same seed gives the same data sets. Default 0.
    progress
        It is that of :func:`bayesdrop.fit`. Default ``True``.
    num_draws
        The number of evenly spaced draws of a fit among which the prior's draw is ranked. Default
        100.
    standardize
        ``True`` (default) standardises ``X`` once, for simulations and fits alike, as
        :func:`bayesdrop.fit` would; ``False`` takes it as it is.
    n_outputs
        The number of target columns. Default 1.
    first
        The number of the first data set. The data sets from 100 on are those that a run of more
        would have, and :meth:`bayesdrop.Calibration.joined` puts both together. Default 0.

    Returns
    -------
    calibration
        The ranks, with p-values and bands; :func:`bayesdrop.show.rank_ecdf` draws them.

    Raises
    ------
    TypeError
        ``model`` is no model, ``inference`` is no configured method, ``standardize`` is neither
        true nor false, or ``progress`` is neither that nor a :class:`bayesdrop.Progress`.
    UnsupportedModelError
        The method can't run the model, or has a prior of its own, or a parameter is ``Learned``.
    ValueError
        ``X`` has NaN or infinity, a number is not whole or too small, or the prior allows targets
        that can't be drawn. A fit has fewer than ``num_draws`` draws.
    FloatingPointError
        A fit diverged, as in :func:`bayesdrop.fit`.

    References
    ----------
    Talts et al. (2018), "Validating Bayesian inference algorithms with simulation-based
    calibration"; Modrák et al. (2025), "Simulation-based calibration checking for Bayesian
    computation: the choice of test quantities shapes sensitivity"; Säilynoja, Bürkner & Vehtari
    (2022), "Graphical test for discrete uniformity".
    """
    _check(model, inference)
    check_seeds([seed])
    for name, value, least in (
        ("n", n, 1),
        ("num_draws", num_draws, 1),
        ("n_outputs", n_outputs, 1),
        ("first", first, 0),
    ):
        if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
            raise ValueError(f"{name}={value!r}: give a whole number from {least}")
    if standardize not in (True, False):
        raise TypeError(f"standardize={standardize!r}: give True or False")
    rows = _in_their_units(checked_inputs(X), standardize)
    bound = model.bind(rows.shape[1:], n_outputs, "expanded")
    clock, reporter = time.perf_counter(), progress_of(progress)
    found = []
    with task(reporter, "SBC", n):
        for batch in _batches(first, n):
            drawn = [simulated(bound, rows, np.random.default_rng([seed, i])) for i in batch]
            fits = _fits(inference, model, drawn)
            found += [ranked(bound, one, num_draws, post) for one, post in fits]
            reporter.advance(len(batch))
    whole = _collected(model, inference, num_draws, found, time.perf_counter() - clock)
    made = Simulations(digest([rows.tolist(), int(n_outputs)]), int(seed), int(first), int(n))
    return replace(whole, simulations=(made,))


def _check(model: Model, inference: Inference) -> None:
    check_kinds(model, inference)
    name = type(inference).__name__
    for parameter, start in model.learned.items():
        raise UnsupportedModelError(
            f"{name} can't be checked on this model: {parameter} is {start}, which has no prior to "
            "simulate data from. Give it a prior, or a number"
        )
    if reason := inference.supports(model):
        raise UnsupportedModelError(f"{name} can't be checked on this model: {reason}")
    if inference.needs_standardised():
        raise UnsupportedModelError(
            f"{name} has priors of its own, so data simulated from the model's prior do not test "
            f"it: check {methods_for(model, 'NNGP', 'NUTS')}, whose priors are the model's"
        )


def _in_their_units(X: NDArray[np.float64], standardize: bool) -> NDArray[np.float64]:
    """The rows as the simulations and the fits see them, to float32."""
    scaling = Standardization.of(X, np.zeros((len(X), 1)), target=False, inputs=standardize)
    return scaling.inputs(X).astype(np.float64)


def _batches(first: int, n: int) -> Iterator[range]:
    for begin in range(first, first + n, _TOGETHER):
        yield range(begin, min(begin + _TOGETHER, first + n))


def _fits(
    inference: Inference, model: Model, drawn: Sequence[Simulated]
) -> Iterator[tuple[Simulated, Posterior]]:
    """Each data set with the fit to it."""
    jobs = [Job.of(inference, model, one.data, one.seed) for one in drawn]
    with out_of_memory.fitting(inference, len(jobs)):
        fits = inference.run_many(jobs, progress_of(False))
    for one, job, fit in zip(drawn, jobs, fits, strict=True):
        posterior = Posterior(fit.bound or job.bound, inference, one.seed, one.data, fit)
        check_numbers(posterior)
        yield one, posterior


def _collected(
    model: Model, inference: Inference, num_draws: int, found: Sequence[Ranked], seconds: float
) -> Calibration:
    names = found[0].ranks
    return Calibration(
        str(model),
        str(inference),
        num_draws,
        {name: np.array([one.ranks[name] for one in found]) for name in names},
        np.array([one.rhat for one in found]),
        np.array([one.ess for one in found]),
        seconds,
    )
