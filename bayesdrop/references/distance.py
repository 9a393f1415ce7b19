"""How far a prediction is from a reference posterior."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.posterior.prediction.predictive import Predictive
from bayesdrop.references.given import TargetDraws, as_prediction
from bayesdrop.references.integrals import between, probabilities
from bayesdrop.references.reference import Reference

Array = NDArray[np.float64]

_LEVEL = 0.9


@dataclass(frozen=True, eq=False)
class Distance:
    """A distance says how far a prediction is from a reference, at each of its inputs.

    A measure that needs more than draws of y is ``None``. A reference of 1,000 draws has errors of
    its own, so no method comes nearer than those: about 0.03 standard deviations in the mean of f.

    Attributes
    ----------
    wasserstein
        1-Wasserstein distance of the predictive distributions in the target's units, (inputs,). For
        classes it is the total variation, since they have no order.
    total_variation
        Total variation of the predictive distributions, between 0 and 1, (inputs,).
    mean_bias, sd_bias
        Mean and standard deviation of the prediction less the reference's, in the reference's
        predictive standard deviations, (inputs,); of more than two classes (inputs, classes).
    f_mean_bias, f_sd_bias
        The same of f(x), without the noise: mean and standard deviation over draws, in the
        reference's standard deviations of f(x). A standard deviation of 0 has a bias of −1.
    delta_nll
        Mean negative log-likelihood of the test rows less the reference's, in nats. It may be below
        0, as the exact posterior of a wrong model need not predict best.
    coverage_90
        The mass that the reference has in the prediction's central 90 % interval, on average over
        the inputs. Below 0.9 the prediction is overconfident. ``None`` for classes.
    reference_std
        The reference's predictive standard deviation, of the shape of ``mean_bias``.
    """

    wasserstein: Array
    total_variation: Array | None
    mean_bias: Array
    sd_bias: Array
    f_mean_bias: Array | None
    f_sd_bias: Array | None
    delta_nll: float | None
    coverage_90: float | None
    reference_std: Array

    def summary(self) -> dict[str, float]:
        """Return one number for each distance: what a table shows.

        ``wasserstein`` is in the reference's predictive standard deviations. It and
        ``total_variation`` are means over the inputs. ``mean_bias`` and ``f_mean_bias`` are root
        mean squares. So are ``sd_error`` and ``f_sd_error``, of the biases of standard deviations.
        ``sd_bias`` and ``f_sd_bias`` are the means of those biases and say their direction: below 0
        the prediction is too narrow on average. Biases of both signs cancel in them. What is
        ``None`` is left out.
        """
        scaled = self.wasserstein / _per_row(self.reference_std)
        values = {
            "wasserstein": scaled.mean(),
            "total_variation": _mean(self.total_variation),
            "mean_bias": _root_mean_square(self.mean_bias),
            "sd_error": _root_mean_square(self.sd_bias),
            "sd_bias": self.sd_bias.mean(),
            "f_mean_bias": _root_mean_square(self.f_mean_bias),
            "f_sd_error": _root_mean_square(self.f_sd_bias),
            "f_sd_bias": _mean(self.f_sd_bias),
            "delta_nll": self.delta_nll,
            "coverage_90": self.coverage_90,
        }
        return {name: float(value) for name, value in values.items() if value is not None}


def distance(
    pred: Predictive | Mapping[str, ArrayLike] | ArrayLike, reference: Reference
) -> Distance:
    """Measure how far a prediction at ``reference.X`` is from the reference posterior's.

    Parameters
    ----------
    pred
        The prediction of any method or library at the 64 inputs, in original units. It is a
        :class:`~bayesdrop.Predictive`; or draws of the likelihood's parameters by name, each
        (draws, 64), or (draws,) or one number if it is the same at every input, such as
        ``{"loc": f, "scale": sigma}`` of a Gaussian. The logits of several classes are
        (draws, 64, classes). Or draws of y, (draws, 64): numbers, counts, or classes numbered from
        0. These know no f, so that ``f_mean_bias``, ``f_sd_bias`` and ``delta_nll`` are ``None``.
        Draws of a continuous y have no density either, and no ``total_variation``.
    reference
        What :func:`bayesdrop.reference` loads.

    Raises
    ------
    TypeError
        The prediction is of another kind of target than the reference.
    ValueError
        It has other shapes, names or classes, or numbers that are not finite. Draws of counts or
        classes are not whole numbers from 0, or a count is above 10,000.

    Examples
    --------
    >>> import bayesdrop as bd
    >>> ref = bd.reference("diabetes_student_t_ard_5")  # doctest: +SKIP
    >>> rows = ref.problem.rows()  # doctest: +SKIP
    >>> post = bd.fit(ref.problem.model, rows.X_train, rows.y_train, bd.SVI())  # doctest: +SKIP
    >>> bd.distance(post.predict(ref.X), ref).summary()  # doctest: +SKIP
    """
    if not isinstance(reference, Reference):
        raise TypeError(
            f"reference is a {type(reference).__name__}, and must be what bd.reference(name) loads"
        )
    exact = reference.predictive
    given = as_prediction(pred, exact)
    wasserstein, total = between(given, exact)
    mean, std = _moments(given, exact)
    f_bias = None, None
    delta_nll = None
    if isinstance(given, Predictive):
        delta_nll = _delta_nll(given, exact, reference.y_test)
        if _same_f(given, exact):
            f_bias = _biases_of_f(given, exact)
    return Distance(
        wasserstein=wasserstein,
        total_variation=total,
        mean_bias=(mean - exact.mean) / exact.std,
        sd_bias=(std - exact.std) / exact.std,
        f_mean_bias=f_bias[0],
        f_sd_bias=f_bias[1],
        delta_nll=delta_nll,
        coverage_90=None if exact.kind == "class" else _coverage(given, exact),
        reference_std=exact.std,
    )


def _moments(given: Predictive | TargetDraws, exact: Predictive) -> tuple[Array, Array]:
    """Mean and standard deviation; of draws of several classes those of their indicators."""
    if isinstance(given, Predictive) or exact.mean.ndim == 1:
        return given.mean, given.std
    shares = probabilities(given, exact.mean.shape[-1])
    return shares, np.sqrt(shares * (1 - shares))


def _same_f(given: Predictive, exact: Predictive) -> bool:
    """Say whether f(x) of both is one thing: a location, or what one family has."""
    same = type(given.likelihood.family) is type(exact.likelihood.family)
    return same or "loc" in given.parameters.keys() & exact.parameters.keys()


def _biases_of_f(given: Predictive, exact: Predictive) -> tuple[Array, Array]:
    mean, std = _of_f(given)
    exact_mean, exact_std = _of_f(exact)
    return (mean - exact_mean) / exact_std, (std - exact_std) / exact_std


def _of_f(one: Predictive) -> tuple[Array, Array]:
    """Mean and standard deviation over draws of f(x), of the shape of the mean."""
    f = np.asarray(one.likelihood.family.location(one.parameters), dtype=np.float64)[:, :, 0]
    return f.mean(0), f.std(0)


def _delta_nll(given: Predictive, exact: Predictive, y_test: Array) -> float:
    scores = [
        replace(
            one, parameters={name: v[:, : len(y_test)] for name, v in one.parameters.items()}
        ).log_prob(y_test)
        for one in (exact, given)
    ]
    return float(np.mean(scores[0] - scores[1]))


def _coverage(given: Predictive | TargetDraws, exact: Predictive) -> float:
    """The mass of ``exact`` from the lower to the upper end; counts at the ends belong to it."""
    lower, upper = (given.quantile(q) for q in ((1 - _LEVEL) / 2, (1 + _LEVEL) / 2))
    below = lower - 1 if exact.kind == "count" else lower
    return float(np.mean(exact.cdf(upper) - exact.cdf(below)))


def _per_row(std: Array) -> Array:
    return std if std.ndim == 1 else std.mean(-1)


def _mean(values: Array | None) -> float | None:
    return None if values is None else float(values.mean())


def _root_mean_square(values: Array | None) -> float | None:
    return None if values is None else float(np.sqrt(np.mean(values**2)))
