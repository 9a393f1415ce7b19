"""What every fit goes through once its method is done: a check of its numbers, and warnings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from bayesdrop.posterior.diagnosis.diagnostics import warn_of
from bayesdrop.posterior.diagnosis.mixing import spread_rows
from bayesdrop.posterior.results.function_draws import FunctionDraws
from bayesdrop.posterior.results.parameter_arrays import held_once

if TYPE_CHECKING:
    from bayesdrop.posterior.posterior import Posterior

_ROWS = 20  # of the training rows, at which functions are looked at


def finished(posterior: Posterior) -> Posterior:
    """Return the fit, and log what its user should know of it.

    Raises
    ------
    FloatingPointError
        See :func:`check_numbers`.
    """
    check_numbers(posterior)
    warn_of(posterior)
    return posterior


def check_numbers(posterior: Posterior) -> None:
    """Raise a ``FloatingPointError`` if what a method found is NaN or infinite.

    It looks at the values of variables and of learned parameters, the log joint density of every
    draw, the last loss and the log evidence. A distribution over functions must predict numbers at
    its training rows. What lies on the way may be infinite: a loss before the last, and the energy
    of a divergent step.
    """
    for what, found in _found(posterior):
        values = np.asarray(found)
        if bad := int(np.sum(~np.isfinite(values))):
            left = f"{bad} value(s) of {what} NaN or infinite, of {values.size}"
            if values.ndim == 0:
                left = f"{what} at {values}"
            raise FloatingPointError(
                f"{posterior.method} left {left}: give it smaller steps, or look at the rows for "
                "values far away and at the model for huge or tiny scales"
            )


def _found(posterior: Posterior) -> Iterator[tuple[str, ArrayLike]]:
    """What must be finite, by name."""
    fit, result = posterior.fit, posterior.result
    if isinstance(result, FunctionDraws):
        training = posterior.training
        rows = training.X_standardised[spread_rows(training.rows, _ROWS)]
        for parameters in posterior.parameter_chunks(rows):
            for name, values in held_once(parameters).items():
                yield f"{name} at training rows", values
    else:
        yield from result.values.items()
    for name, value in posterior.learned.items():
        yield f"the learned {name}", value
    if "lp" in posterior.sample_stats:
        yield "lp, the log joint density,", posterior.sample_stats["lp"]
    if len(fit.losses):
        yield "the last loss", fit.losses[-1]
    if "log_evidence" in fit.info:
        yield "the log evidence", fit.info["log_evidence"]
