"""scikit-learn's own checks of an estimator, with few steps. One is not passed, which says why.

The defaults take minutes for a check. They pass those on which settings bear: what is learned, the
same twice, and what is saved.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

import bayesdrop as bd

_DROPOUT = bd.MCDropout(num_epochs=40, learning_rate=0.02, num_passes=20, mask_sharing="shared")
_MODEL = bd.Model(bd.MLP((20,)), bd.ARD(bd.noise.Bernoulli(0.95)))
_CLASSES = bd.Model(_MODEL.network, _MODEL.prior, bd.Categorical())
_EXEMPT = {
    "check_sample_weight_equivalence_on_dense_data": "a weight multiplies a row's log likelihood; "
    "inputs and target are standardised without it, and a repeated row draws noise of its own",
}


_ON_SETTINGS = re.compile(
    "_train|_classes|idempotent|invariance|pickle|memmap|regressors_int|1feature"
)
"""Checks whose outcome depends on how well, or how, an estimator is fitted."""


def _checks(estimator: Any, quick: str = "") -> list[Any]:
    """All checks; those without this word in their names are slow."""
    found = estimator_checks_generator(estimator, expected_failed_checks=_EXEMPT, mark="skip")
    return [
        pytest.param(
            *pair,
            id=f"{_name(pair[1])}-{k}",
            marks=() if quick in _name(pair[1]) else pytest.mark.slow,
        )
        for k, pair in enumerate(found)
    ]


def _name(check: Any) -> str:
    return getattr(check, "func", check).__name__


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        *_checks(bd.Regressor(_MODEL, _DROPOUT)),
        *_checks(bd.Classifier(_CLASSES, _DROPOUT), quick="classifier"),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_few_steps_of_mc_dropout(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        pair
        for pair in (*_checks(bd.Regressor()), *_checks(bd.Classifier()))
        if _ON_SETTINGS.search(pair.id)
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_the_defaults(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)
