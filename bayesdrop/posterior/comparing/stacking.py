"""Several fits, or the chains of one, as one mixture whose weights predict best: stacking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayesdrop.posterior.comparing.comparable import check_comparable
from bayesdrop.posterior.comparing.mixture_weights import (
    apportioned,
    best_weights,
    evenly,
    log_mixture,
    log_scores_of_rows,
)
from bayesdrop.posterior.comparing.psis_loo import high_k, log_scores, psis_loo
from bayesdrop.posterior.posterior import Posterior
from bayesdrop.posterior.prediction.predictive import Predictive
from bayesdrop.posterior.results.weight_draws import WeightDraws

if TYPE_CHECKING:
    import pandas as pd

_FEW = 0.05
"""The share of rows whose leave-one-out score may be unreliable."""


@dataclass(frozen=True, eq=False, repr=False)
class Stack:
    """A stack is a mixture of fits, with the weights that :func:`bayesdrop.stack` found.

    Attributes
    ----------
    fits
        Name → fit. A chain's fit has the draws of that chain alone.
    weights
        Name → weight. They are not negative, and sum to 1.
    log_scores
        (rows, fits): the log density of each row's target under each fit, from which the weights
        were found. No fit has seen the row it is scored at.
    """

    fits: dict[str, Posterior]
    weights: dict[str, float]
    log_scores: NDArray[np.float64]

    def __repr__(self) -> str:
        return f"Stack({', '.join(f'{name}: {w:.3f}' for name, w in self.weights.items())})"

    def to_frame(self) -> pd.DataFrame:
        """Return the weight and the mean log score of each fit, and of the stack, by name."""
        import pandas as pd

        weights = np.array(list(self.weights.values()))
        own = self.log_scores.mean(0)
        whole = log_mixture(self.log_scores, weights).mean()
        return pd.DataFrame(
            {"weight": [*weights, 1.0], "mean_log_score": [*own, whole]},
            index=pd.Index([*self.fits, "stack"], name="fit"),
        )

    def predict(
        self,
        X: ArrayLike,
        seed: int = 0,
        num_draws: int | None = None,
        exposure: ArrayLike | None = None,
    ) -> Predictive:
        """Return the mixture of the fits' predictive distributions at ``X`` (rows, *input_shape).

        Each fit gives draws in proportion to its weight, so weights are rounded to multiples of
        1 / ``num_draws``.
        A fit gives evenly spaced ones of its draws, some of them several times if it has too few.

        Parameters
        ----------
        X, seed, exposure
            See :meth:`bayesdrop.Posterior.predict`.
        num_draws
            The number of draws of the mixture. Default ``None``: as many as all fits have.

        Raises
        ------
        ValueError
            ``num_draws`` is no whole number from 1; or see :meth:`bayesdrop.Posterior.predict`.
        """
        if num_draws is not None and num_draws < 1:
            raise ValueError(f"num_draws={num_draws!r}: give how many draws to mix, from 1")
        found = [post.predict(X, seed, exposure=exposure) for post in self.fits.values()]
        total = num_draws or sum(one.n_draws for one in found)
        counts = apportioned(np.array(list(self.weights.values())), total)
        used = [
            (one.parameters, evenly(one.n_draws, count))
            for one, count in zip(found, counts.tolist(), strict=True)
            if count
        ]
        parameters = {
            name: np.concatenate([own[name][chosen] for own, chosen in used])
            for name in found[0].parameters
        }
        return replace(found[0], parameters=parameters, n_chains=1)


def stack(
    fits: Posterior | Sequence[Posterior] | Mapping[str, Posterior],
    X: ArrayLike | None = None,
    y: ArrayLike | None = None,
    exposure: ArrayLike | None = None,
) -> Stack:
    """Find the mixture of fits whose predictions are the best of rows that they have not seen.

    The weights maximise the mean log score of the mixture (Yao, Vehtari, Simpson & Gelman, 2018,
    "Using stacking to average Bayesian predictive distributions"). Given one fit, it weighs its
    chains. Chains that stay in modes of their own then count by how well they predict (Yao, Vehtari
    & Gelman, 2022, "Stacking for non-mixing Bayesian computations").

    Parameters
    ----------
    fits
        Several fits of the same target, in a list or by name; or one fit by a sampler, whose
        chains are to be stacked.
    X, y, exposure
        Rows that no fit was trained on, with their target, as :func:`bayesdrop.evaluate` takes
        it, and exposure. Default ``None``: the training rows, which must be the same of all fits.
        Each is then scored as if it had been left out, by PSIS-LOO.

    Raises
    ------
    ValueError
        There are fewer than two fits or chains. The fits have targets that differ, or likelihoods
        of different families. Without ``X`` and ``y``: a fit is by no sampler, or of weighted rows,
        or of other training rows. Or leave-one-out scores can't be told from the draws, since the
        Pareto k̂ is above its threshold at more than 5 % of the rows. Or a row has the density 0
        under every fit.
    """
    named = _named(fits)
    _check_alike(named)
    if (X is None) != (y is None):
        raise ValueError("give both X and y of the rows held out, or neither")
    if X is None or y is None:
        check_comparable(named)
        scores = [_left_out(name, post) for name, post in named.items()]
    else:
        scores = [
            log_scores_of_rows(post.predict(X, exposure=exposure), y) for post in named.values()
        ]
    by_row = np.column_stack(scores)
    weights = dict(zip(named, best_weights(by_row).tolist(), strict=True))
    return Stack(named, weights, by_row)


def _named(fits: Posterior | Sequence[Posterior] | Mapping[str, Posterior]) -> dict[str, Posterior]:
    if isinstance(fits, Posterior):
        return _chains(fits)
    by_name = isinstance(fits, Mapping)
    named = dict(fits) if by_name else {f"fit_{i}": post for i, post in enumerate(fits)}
    if len(named) < 2:
        raise ValueError(f"a stack needs two fits, and {len(named)} is given")
    return named


def _chains(post: Posterior) -> dict[str, Posterior]:
    """Each chain of a sampler as a fit."""
    result = post.result
    if not isinstance(result, WeightDraws) or result.sample_stats is None or post.num_chains < 2:
        raise ValueError(
            f"the fit by {type(post.method).__name__} has no chains to be stacked: give several "
            "fits, or fit by a sampler, such as bd.NUTS(num_chains=4)"
        )
    stats = result.sample_stats
    found = {}
    for chain in range(post.num_chains):
        here = slice(chain, chain + 1)
        own = replace(
            result,
            values={name: value[here] for name, value in result.values.items()},
            sample_stats={name: value[here] for name, value in stats.items()},
        )
        found[f"chain_{chain}"] = replace(post, fit=replace(post.fit, result=own, state=None))
    return found


def _check_alike(named: dict[str, Posterior]) -> None:
    """Predictions of fits that differ in these could not be mixed."""
    name, first = next(iter(named.items()))
    for other, post in named.items():
        families = [type(p.model.likelihood.family).__name__ for p in (first, post)]
        if families[0] != families[1]:
            raise ValueError(
                f"{name!r} predicts by the family {families[0]} and {other!r} by {families[1]}: "
                "stack fits whose likelihoods have one family"
            )
        if first.target != post.target or first.bound.n_outputs != post.bound.n_outputs:
            raise ValueError(
                f"{name!r} and {other!r} were fitted to targets that differ in their outputs or "
                "classes: stack fits of one target"
            )


def _left_out(name: str, post: Posterior) -> NDArray[np.float64]:
    """The log score of each training row, as if it had been left out."""
    loo = psis_loo(post)
    if (bad := high_k(loo) / loo.n_data_points) > _FEW:
        raise ValueError(
            f"{name!r}: leave-one-out scores can't be told from its draws at {bad:.0%} of the rows "
            f"(Pareto k̂ > {loo.good_k:.2f}): hold rows out of all fits, and give them as X and y"
        )
    return log_scores(loo)
