"""The check that fits can be compared by how well they predict each row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bayesdrop.posterior.posterior import Posterior


def check_comparable(posteriors: Mapping[str, Posterior]) -> None:
    """Raise an error that names the fit that can't be compared with the first one.

    Raises
    ------
    TypeError
        It is not a mapping of names to fits.
    ValueError
        There are fewer than two fits. Or one has no draws of its posterior, has rows of different
        weights, or is of other rows or another kind of target than the first.
    """
    _check_are_fits(posteriors)
    for name, posterior in posteriors.items():
        _check_has_draws(name, posterior)
    (first, reference), *others = posteriors.items()
    for name, posterior in others:
        _check_same_target(first, reference, name, posterior)


def _check_are_fits(posteriors: Any) -> None:
    from bayesdrop.posterior.posterior import Posterior

    if not isinstance(posteriors, Mapping):
        kind = type(posteriors).__name__
        raise TypeError(f"give the fits by name, such as {{'ard': post, …}}, not a {kind}")
    for name, posterior in posteriors.items():
        if not isinstance(posterior, Posterior):
            kind = type(posterior).__name__
            raise TypeError(
                f"{name} is a {kind}, and not a fit: give what bd.fit or bd.load returns"
            )
    if len(posteriors) < 2:
        raise ValueError(
            f"there are {len(posteriors)} fits, and a comparison needs two. The LOO of one fit is "
            "arviz.loo(post.to_arviz(log_likelihood=True))"
        )


def _check_has_draws(name: str, posterior: Posterior) -> None:
    method = type(posterior.method).__name__
    if posterior.result.num_chains is None:
        raise ValueError(
            f"{name} was fitted by {method}, and PSIS-LOO weighs draws of the posterior, which a "
            "sampler alone has: fit by bd.NUTS, bd.MCLMC or bd.SMC, or compare predictions of "
            "held-out rows by bd.evaluate, or stack fits by them, as X and y of bd.stack"
        )
    if posterior.training.sample_weight is not None:
        raise ValueError(
            f"{name} was fitted with sample_weight, which tempers the likelihood of each row, so "
            "that to leave a row out is no longer defined: compare predictions of held-out rows "
            "by bd.evaluate, or stack fits by them, as X and y of bd.stack"
        )


def _check_same_target(first: str, reference: Posterior, name: str, other: Posterior) -> None:
    mine, theirs = _target_of(reference), _target_of(other)
    if mine.shape != theirs.shape:
        raise ValueError(
            f"{first} was fitted to a target of shape {mine.shape} and {name} to one of "
            f"{theirs.shape}: fits are compared on the same rows"
        )
    if differs := int(np.sum(mine != theirs)):
        raise ValueError(
            f"{first} and {name} were fitted to different targets: {differs} of {mine.size} "
            "values differ. Give the same rows in the same order, and the target in one unit"
        )
    kinds = [fit.model.likelihood.family.kind == "continuous" for fit in (reference, other)]
    if kinds[0] != kinds[1]:
        continuous, discrete = (first, name) if kinds[0] else (name, first)
        raise ValueError(
            f"{continuous} has a density of its target and {discrete} probabilities of its values, "
            "which are not in one unit: compare likelihoods of one kind"
        )


def _target_of(posterior: Posterior) -> NDArray[Any]:
    """The target of the training rows as it was given, labels of classes included."""
    target = posterior.training.target
    labels = posterior.classes
    return target if labels is None else labels[target.astype(np.intp)]
